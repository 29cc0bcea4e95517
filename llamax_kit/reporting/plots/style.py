"""What all pictures share: names as they stand, colours with different markers, room for every row, one look.

Draws nothing itself.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from textwrap import fill
from typing import TYPE_CHECKING

from llamax_kit.data.translations import DIRECTION
from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

HIDDEN = "\u200b"  # before a label that begins with "_": matplotlib leaves those out of a legend
MARKERS = "osD^vPX*<>"
PALETTE = "colorblind"  # seaborn's; markers differ too, so that nobody depends on colour


def verbatim(draw: Callable[..., str]) -> Callable[..., str]:
    """Make a function draw every text as it stands: two `$` in a name are no mathematics (see also `entry`)."""

    @wraps(draw)
    def drawn(table: "DataFrame", ax: "Axes", *options, **named) -> str:
        from matplotlib import rc_context

        figure = ax.figure
        with rc_context({"text.parse_math": False}):
            _as_written(figure)  # for what is rendered in order to be measured
            alt = draw(table, ax, *options, **named)
            _as_written(figure)
        return alt

    return drawn


def entry(name: object) -> str:
    """Return a name as the label of something drawn, so that `verbatim` gives also "_base" its entry in the legend."""
    return f"{HIDDEN}{name}" if str(name).startswith("_") else str(name)


def _as_written(figure: "Figure") -> None:
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter

    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        axis.get_ticklabels(), axis.get_ticklabels(minor=True)  # makes them
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text(text.get_text().removeprefix(HIDDEN))
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(axis.get_major_formatter(), LogFormatter):  # its powers of ten are mathematics
            for text in (*axis.get_ticklabels(), *axis.get_ticklabels(minor=True)):
                text.set_parse_math(True)


def ink(ax: "Axes") -> None:
    """Write each number of a heat map in black or white, whichever has more contrast to its tile (WCAG)."""
    import numpy as np
    from seaborn.utils import relative_luminance

    mesh = ax.collections[0]
    here = ~np.ma.getmaskarray(mesh.get_array()).ravel()
    for text, face in zip(ax.texts, mesh.get_facecolors()[here], strict=True):
        text.set_color("black" if relative_luminance(face) > 0.179 else "white")  # there both have a contrast of 4.6


def name_tiles(ax: "Axes", columns: Iterable[str], *, rows: Iterable[str]) -> None:
    """Name the tiles of a heat map. Seaborn would measure each name, and render the whole picture every time."""
    for axis, names in ((ax.xaxis, list(columns)), (ax.yaxis, list(rows))):
        axis.set_ticks([place + 0.5 for place in range(len(names))], names)


def direction(table: "DataFrame"):
    """Return each row's direction, as in "en-sw"."""
    return table["src"] + "-" + table["tgt"]


def only(table: "DataFrame", column: str | None) -> str:
    """Check that there is something to draw, and return the only value of a column.

    Raises KitError for no rows, or several values.
    """
    if table.empty:
        raise KitError("there is nothing to draw: the table has no rows. To mend: choose directions that it holds")
    values = list(dict.fromkeys(table[column])) if column else [""]
    if len(values) > 1:
        raise KitError(
            f"one picture shows one {column}, got {', '.join(map(str, values))}. "
            f"To mend: draw table[table.{column} == {values[0]!r}]"
        )
    return values[0]


def styles(count: int) -> list[dict]:
    """Return `count` styles for dots with error bars: a colour and a marker each."""
    import seaborn as sns

    colours, markers = sns.color_palette(PALETTE, count), len(MARKERS)  # beyond ten, colours repeat with other markers
    return [
        {"fmt": MARKERS[(i + i // 10) % markers], "color": colour, "markersize": 5, "elinewidth": 1.3, "capsize": 2}
        for i, colour in enumerate(colours)
    ]


def counted(count: int, thing: str) -> str:
    """Return a number of things: "1 sentence", "1,012 sentences"."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def sizes(table: "DataFrame") -> str:
    """Return how many sentences a direction has, from the column n: "n = 1,012 sentences per direction".

    Where n is not known, as for published scores, return the number of directions.
    """
    if table["n"].isna().all():
        return f"n = {counted(len(table.drop_duplicates(DIRECTION)), 'direction')}"
    few, many = int(table["n"].min()), int(table["n"].max())
    return f"n = {few:,}{f'–{many:,}' * (few != many)} sentence{'s' * (many != 1)} per direction"


def few_sentences(table: "DataFrame") -> str:
    """Return the last line of a title: what intervals of few sentences are worth (see `caveat`); "" for enough."""
    note = significance.caveat(table["n"], table["ci_low"])
    return note and "\n" + fill(note, 75)


def grow(ax: "Axes", rows: int, *, systems: int) -> None:
    """Make a figure with one pair of axes tall enough for its rows."""
    if len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(7.2, max(2.2, 1.3 + rows * (0.2 + 0.06 * systems)))


def finish(ax: "Axes", systems: int) -> None:
    """Remove what is not needed, and put the legend beside the axes if there is more than one system."""
    import seaborn as sns

    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    if systems > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0)


def signed(points: float, digits: int = 2) -> str:
    """Return a difference with its sign: "+12.17", "−1.11" with the minus sign of the axes, "0.00" for zero."""
    rounded = round(points, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
