"""What all pictures share: their width and size of letters, names as they stand, colours with different markers.

A picture is as wide as COLUMN; as PAGE or LANDSCAPE where its tiles or rows need that. PRINTED says how wide a paper
prints each: in one of two columns, across the page, or along it. No letter is then smaller than LEGIBLE.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from textwrap import wrap
from typing import TYPE_CHECKING

from llamax_kit.data.translations import DIRECTION, labels, nouns
from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox
    from pandas import DataFrame

COLUMN, PAGE, LANDSCAPE = WIDTHS = 5.0, 7.2, 10.8  # inches
PRINTED = dict(zip(WIDTHS, (7.7, 16, 24), strict=True))  # centimetres in a paper
LEGIBLE = 5.2  # points in a paper
TEXT, SMALL = 10, 9  # points: of titles and axes; of names beside dots, numbers in tiles and legends
MARGIN = 0.1  # inches, around a picture
LEAST = 0.25  # share of the width that stays with the axes, however long names are
MANY = 100  # numbers in a heat map, all of them within it: measuring each would take seconds
BELOW = "below"  # marks a legend that `fit` puts below the axes
HIDDEN = "\u200b"  # before a label that begins with "_": matplotlib leaves those out of a legend
MARKERS = "osD^vPX*<>"
PALETTE = "colorblind"  # seaborn's; markers differ too, so that nobody depends on colour


def verbatim(draw: Callable[..., str]) -> Callable[..., str]:
    """Make a function draw every text as it stands: two `$` in a name are no mathematics (see also `entry`)."""

    @wraps(draw)
    def drawn(table: "DataFrame", ax: "Axes", *options, **named) -> str:
        from matplotlib import rc_context

        figure = ax.figure
        with rc_context({"text.parse_math": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # `show` says it, with the remedy
            _as_written(figure)  # for what is rendered in order to be measured
            alt = draw(table, ax, *options, **named)
            _as_written(figure)
            fit(figure)
        return alt

    return drawn


def entry(name: object) -> str:
    """Return a name as the label of something drawn, so that `verbatim` gives also "_base" its entry in the legend."""
    return f"{HIDDEN}{name}" if str(name).startswith("_") else str(name)


def axes(height: float, *, count: int = 1):
    """Return axes in the look of all pictures; several stand side by side, in a figure as wide as a page."""
    import seaborn as sns
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PAGE if count > 1 else COLUMN, height), layout="constrained" if count > 1 else None)
    if count > 1:
        figure.get_layout_engine().set(w_pad=MARGIN)
    made = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    for ax in made:
        ax.set_prop_cycle(color=sns.color_palette(PALETTE))
        ax.grid(alpha=0.25)
        ax.set_axisbelow(True)
        sns.despine(ax=ax)
    return made if count > 1 else made[0]


def size(ax: "Axes", height: float, *, width: float = COLUMN) -> None:
    """Set the size (inches) of a figure with one pair of axes; width: one of WIDTHS."""
    if len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(width, height)


def least(figure: "Figure") -> float:
    """Return the size (points) of letters that are just legible at the width at which a paper prints a figure."""
    width = figure.get_figwidth()
    return LEGIBLE * width * 2.54 / PRINTED.get(width, 16)


def shrink(ax: "Axes", columns: int, *, rows: int) -> None:
    """Make the numbers of a heat map as small as its tiles are, while they are legible."""
    fit(ax.figure)
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    if boxes:
        wide, tall = max(box.width for box in boxes), max(box.height for box in boxes)
        share = min(1, 0.94 * ax.bbox.width / columns / wide, 0.94 * ax.bbox.height / rows / tall)
        for text in ax.texts:
            text.set_fontsize(max(least(ax.figure), share * text.get_fontsize()))


def between(columns: int, *, letters: int) -> float:
    """Return the room between axes side by side, as a share of their width, for names of so many letters on a page."""
    names = 0.07 * letters + 0.25  # inches
    return names / max(0.5, PAGE / columns - names)


def legend(ax: "Axes", handles: list | None = None) -> None:
    """Put the legend below the axes, in as many columns as the figure is wide."""
    drawn = ax.get_legend()
    handles = handles or (drawn.legend_handles if drawn else ax.get_legend_handles_labels()[0])
    for columns in range(min(len(handles), 6), 0, -1):
        made = ax.legend(handles=handles, loc="upper center", frameon=False, borderaxespad=0.6, ncols=columns,
                         fontsize=SMALL, handletextpad=0.4, columnspacing=1.2)  # fmt: skip
        made.set_gid(BELOW)
        if made.get_window_extent().width <= _width(ax.figure):
            break


def fit(figure: "Figure") -> None:
    """Fit a figure into its width: axes leave room for names beside them, titles are wrapped, legends are below."""
    from matplotlib.backend_bases import FigureCanvasBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if type(figure.canvas) is FigureCanvasBase:  # that of `Figure()`, which makes a renderer for each text it measures
        FigureCanvasAgg(figure)
    within = [text for ax in figure.axes if len(ax.texts) > MANY for text in ax.texts]
    for text in within:
        text.set_visible(False)
    texts = [(ax, text) for ax in figure.axes for text in (ax.title, ax.xaxis.label) if text.get_text()]
    for _, text in texts:
        text.set_fontsize(min(TEXT, text.get_fontsize()))
    if not figure.get_layout_engine():
        _make_room(figure, [text for _, text in texts])
    figure.draw_without_rendering()
    for ax, text in texts:
        text.set_text("\n".join(_wrapped(text, _width(figure) if _alone(ax) else ax.bbox.width)))
        text.set_x(text.get_position()[0] - _outside(text.get_window_extent(), figure) / ax.bbox.width)
    under = min((box.y0 for box in (ax.xaxis.get_tightbbox() for ax in figure.axes) if box), default=0)
    for ax, made in ((ax, ax.get_legend()) for ax in figure.axes):
        if made and made.get_gid() == BELOW:
            bottom = ax.transAxes.inverted().transform((0, under))[1]
            made.set_bbox_to_anchor((0.5, bottom), ax.transAxes)
            away = _outside(made.get_window_extent(), figure) / ax.bbox.width
            made.set_bbox_to_anchor((0.5 - away, bottom), ax.transAxes)
    for text in within:
        text.set_visible(True)


def _width(figure: "Figure") -> float:
    return figure.bbox.width - 2 * MARGIN * figure.dpi


def _alone(ax: "Axes") -> bool:
    """Return whether no other axes stand beside these, but those that were made from them."""
    spec = ax.get_subplotspec()
    return spec is None or spec.get_topmost_subplotspec().get_gridspec().ncols == 1


def _make_room(figure: "Figure", without: "list[Text]") -> None:
    """Move the sides of the axes until all but titles and legends is as wide as the figure."""
    aside = [ax.get_legend() for ax in figure.axes if ax.get_legend() and ax.get_legend().get_gid() == BELOW]
    for each in (*without, *aside):
        each.set_visible(False)
    for _ in range(2):  # again, as there may be other ticks then
        box, sides, wide = figure.get_tightbbox(), figure.subplotpars, figure.get_figwidth()
        right = sides.right + (wide - MARGIN - box.x1) / wide
        left = sides.left + (MARGIN - box.x0) / wide
        figure.subplots_adjust(left=min(left, right - LEAST), right=right)
    for each in (*without, *aside):
        each.set_visible(True)


def _wrapped(text: "Text", width: float) -> list[str]:
    """Return the lines of a text, those that are too wide in several."""
    lines, whole = [], text.get_text()
    for line in whole.split("\n"):
        text.set_text(line)
        letters = len(line)
        while (wide := text.get_window_extent().width) > width and letters > 10:
            letters = min(letters - 1, int(letters * width / wide))
            text.set_text("\n".join(_parts(line, letters)))
        lines += text.get_text().split("\n")
    text.set_text(whole)
    return lines


def _parts(line: str, letters: int) -> list[str]:
    """Break a line behind commas and semicolons, and where that is not enough or leaves a short one, between words."""
    parts = [""]
    for part in re.split(r"(?<=[,;] )", line):
        if len((parts[-1] + part).rstrip()) > letters:
            parts.append("")
        parts[-1] += part
    if min(map(len, parts)) < letters / 3:
        parts = [line]
    return [each for part in parts for each in wrap(part, letters, break_on_hyphens=False)]


def _outside(box: "Bbox", figure: "Figure") -> float:
    """Return how far something reaches out of the figure, in dots: to the right, or to the left if below zero."""
    margin = MARGIN * figure.dpi
    return max(0, box.x1 - figure.bbox.width + margin) or min(0, box.x0 - margin)


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


def readable(face: tuple) -> str:
    """Return black or white, whichever has more contrast to a colour (WCAG)."""
    from seaborn.utils import relative_luminance

    return "black" if relative_luminance(face) > 0.179 else "white"  # there both have a contrast of 4.6


def ink(ax: "Axes") -> None:
    """Write each number of a heat map in black or white, whichever has more contrast to its tile."""
    import numpy as np

    mesh = ax.collections[0]
    here = ~np.ma.getmaskarray(mesh.get_array()).ravel()
    for text, face in zip(ax.texts, mesh.get_facecolors()[here], strict=True):
        text.set_color(readable(face))


def name_tiles(ax: "Axes", columns: Iterable[str], *, rows: Iterable[str]) -> None:
    """Name the tiles of a heat map. Seaborn would measure each name, and render the whole picture every time."""
    for axis, names in ((ax.xaxis, list(columns)), (ax.yaxis, list(rows))):
        axis.set_ticks([place + 0.5 for place in range(len(names))], names)


def direction(table: "DataFrame"):
    """Return each row's direction, as in "en-sw", or its language, of answers (`translations.labels`)."""
    return labels(table)


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


def sizes(table: "DataFrame") -> str:
    """Return how many sentences a direction has, from the column n: "n = 1,012 sentences per direction".

    Of answers they are "questions per language". Where n is not known, as for published scores, return the number of
    directions.
    """
    what, thing = nouns(table)
    if table["n"].isna().all():
        return f"n = {counted(len(table.drop_duplicates(DIRECTION)), what)}"
    few, many = int(table["n"].min()), int(table["n"].max())
    return f"n = {few:,}{f'–{many:,}' * (few != many)} {thing}{'s' * (many != 1)} per {what}"


def few_sentences(table: "DataFrame") -> str:
    """Return the last line of a title: what intervals of few sentences are worth (see `caveat`); "" for enough."""
    note = significance.caveat_of(table)
    return note and f"\n{note}"


def finish(ax: "Axes", systems: int) -> None:
    """Remove what is not needed, and put a legend below the axes if there is more than one system."""
    import seaborn as sns

    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    if systems > 1:
        legend(ax)


def signed(points: float, digits: int = 2) -> str:
    """Return a difference with its sign: "+12.17", "−1.11" with the minus sign of the axes, "0.00" for zero."""
    rounded = round(points, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
