"""`python -m llamax_kit.app.gallery`: every notebook executed on its defaults, as files that a code host renders.

    outputs/gallery/<notebook>.ipynb   with outputs; each picture once, as PNG; no path, time or name of a machine
    outputs/gallery/<notebook>.png     its best picture, small, for README

Executes in an outputs folder of its own, so that every notebook starts without earlier results, as for a new user.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.app import notebooks
from llamax_kit.runs import storage
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEST = {
    "00_take_the_tour": "scores", "01_meet_the_languages": "training_data", "02_prompt_and_generate": "languages",
    "03_understand_spbleu": "paired", "04_translate_and_score": "scores", "05_score_hypotheses": "scores",
    "06_see_language_gains": "heatmap", "07_test_unseen_languages": "figure4", "09_compare_runs": "scores",
    "10_train_a_miniature": "bits", "11_answer_in_many_languages": "accuracy", "12_reproduce_the_paper": "gains",
}  # fmt: skip
WIDTH = 800  # pixels of a picture


def make(gallery: Path) -> None:
    """Execute all notebooks on their defaults and write their cleaned copies and best pictures into `gallery`.

    Raises NotebookFailed where one fails, KitError where a file cannot be written.
    """
    import nbformat
    from PIL import Image

    with tempfile.TemporaryDirectory() as scratch:
        os.environ["LLAMAX_KIT_OUTPUTS"] = scratch
        for notebook in notebooks.notebooks():
            page = notebooks.execute(notebook)
            with whole(gallery / notebook.name) as target:
                nbformat.write(clean(nbformat.read(page.with_suffix(".ipynb"), 4)), target)
            with whole(gallery / f"{notebook.stem}.png") as target:
                _reduced(Image.open(page.parent / f"{BEST[notebook.stem]}.png")).save(target, "PNG", optimize=True)
            print(f"{notebook.stem}: {(gallery / notebook.name).stat().st_size / 1e6:.2f} MB", flush=True)


def clean(notebook: "NotebookNode") -> "NotebookNode":
    """Remove what another execution or machine would change: papermill's notes, kernel versions, doubled pictures."""
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec",) if key in notebook.metadata}
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data.pop("text/html", None)  # the same picture once more, for pages
                output.data["image/png"] = _small(output.data["image/png"])
    return notebook


def _small(data: str) -> str:
    """Reduce a picture, in base64, to WIDTH pixels."""
    import base64
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(data)))
    file = io.BytesIO()
    _reduced(image).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def _reduced(image):
    """Return a picture of WIDTH pixels at most, in 256 colours, which takes half the bytes."""
    height = round(image.height * min(1, WIDTH / image.width))
    return image.convert("RGB").resize((min(WIDTH, image.width), height)).quantize(256)


if __name__ == "__main__":
    place = storage.PROJECT / "outputs" / "gallery"
    shutil.rmtree(place, ignore_errors=True)
    make(place)
