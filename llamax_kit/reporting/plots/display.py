"""Shows a figure with an alt text for those who cannot see it, and saves it as PNG and PDF. Draws nothing."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.fonts import cover
from llamax_kit.reporting.plots.style import fit
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def show(figure: "Figure", path: Path | str, alt: str) -> None:
    """Save a figure as PNG and PDF, put it on the page with its alt text, and close it.

    Parameters
    ----------
    figure : Figure
        Of matplotlib.
    path : path
        Without an ending.
    alt : str
        What the picture shows, in words.

    Raises
    ------
    KitError
        For an empty alt text, or a file that cannot be written.

    Examples
    --------
    ::

        plots.show(figure, folder / "scores", "spBLEU by direction: …")  # scores.png, scores.pdf
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if not alt.strip():
        raise KitError(f"the picture {Path(path).name} has no alt text. To mend: say in a sentence what it shows")
    paths = [Path(path).with_name(Path(path).name.removesuffix(".png") + ending) for ending in (".png", ".pdf")]
    cover(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # `cover` says it, with the remedy
        fit(figure)
    for target in paths:  # publishers refuse fonts of type 3
        with whole(target) as scratch, plt.rc_context({"pdf.fonttype": 42}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # `cover` says it, with the remedy
            figure.savefig(scratch, dpi=192, bbox_inches="tight", metadata={"Title": alt[:200]})
    plt.close(figure)  # before IPython draws it a second time, without its alt text
    display(_bundle(paths[0].read_bytes(), alt), raw=True, metadata={"image/png": {"alt": alt}})


def _bundle(png: bytes, alt: str) -> dict:
    """Return a picture in both forms that pages read: JupyterLab takes no alt text from metadata, only from HTML."""
    import base64
    import html
    import struct

    data = base64.b64encode(png).decode()
    width = struct.unpack(">I", png[16:20])[0] // 2  # saved at twice the size it is shown at, for sharp screens
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" width="{width}" style="max-width:100%">'
    return {"text/html": f'<div class="picture" tabindex="0">{image}</div>', "image/png": data, "text/plain": alt}
