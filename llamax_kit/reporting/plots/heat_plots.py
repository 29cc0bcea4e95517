"""Draws gains by direction as a heat map, and describes it in words. Computes nothing.

Gains are blue, losses red, no difference white: colours that colour-blind readers can distinguish. Each cell has its
number, in brackets where no difference was shown.
"""

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.analysis.groups import assign
from llamax_kit.data.translations import DIRECTION, answers
from llamax_kit.reporting.plots.gain_plots import names, one
from llamax_kit.reporting.plots.style import (
    COLUMN,
    LANDSCAPE,
    PAGE,
    SMALL,
    ink,
    least,
    shrink,
    size,
    sizes,
    verbatim,
)
from llamax_kit.scoring.corrections import UNCLEAR
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame, Series

MAP = "RdBu"
NARROW, BROAD, WIDE = 5, 16, 24  # columns that a number still fits into, for a column, a page, a page in landscape
LABELS = 110  # names at most across
FAINT = 1  # point that the scale reaches at least, so that tiny gains look tiny


class Cells(NamedTuple):
    """The cells: gains, what is written, the names of the two sides, and the only pivot ("" for several)."""

    values: "DataFrame"
    written: "DataFrame"
    sides: tuple[str, str]
    pivot: str


@verbatim
def heatmap(table: "DataFrame", ax: "Axes") -> str:
    """Draw gains as colours: sources × targets, languages × pivots, or one tile per language where there is one pivot.

    Many-to-many directions make a matrix of sources and targets. Where half of that would be empty, as for pivots both
    ways, rows are languages and columns "en-X", "X-en"; with one such column each tile is one language. Best first.

    Parameters
    ----------
    table : DataFrame
        A table of `gains.gains`, of one comparison.
    ax : Axes
        Of matplotlib.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty or holds two comparisons.
    """
    import seaborn as sns

    metric, cells = one(table), _cells(table.drop_duplicates(DIRECTION))
    height, width = cells.values.shape
    most, numbers = max(FAINT, table["gain"].abs().max()), width <= WIDE
    across = COLUMN if width <= NARROW + bool(cells.pivot) else PAGE if width <= BROAD else LANDSCAPE
    rise = 0.46 if cells.pivot else min(0.25, max(0.17, 14 / height) if across == COLUMN else max(0.11, 10.4 / height))
    size(ax, max(2.6, 1.6 + rise * height), width=across)
    ticks = not cells.pivot
    sns.heatmap(cells.values, ax=ax, cmap=MAP, center=0, vmin=-most, vmax=most, annot=numbers and cells.written, fmt="",
                annot_kws={"fontsize": SMALL}, linewidths=0.5, linecolor="white",
                xticklabels=ticks and ceil(width / LABELS), yticklabels=ticks,
                cbar_kws={"label": f"gain in {metric}\n(points)", "pad": 0.03, "anchor": (0, 1),
                          "shrink": min(1, 20 / height), "aspect": 20 * min(1, 20 / height)})  # fmt: skip
    if numbers:
        ink(ax)
    notes = [sizes(table)]
    if numbers and UNCLEAR in set(table["verdict"]):
        notes.append("in brackets: not shown to differ")
    if not cells.pivot and cells.values.isna().any(axis=None):
        ax.set_facecolor("0.85")
        notes.append("grey: no such direction")
    ax.set(ylabel=cells.sides[0], xlabel=cells.sides[1])
    ax.set_title(f"{names(table)}: gains{cells.pivot and f', {cells.pivot}'}\n{'; '.join(notes)}")
    letters = max(least(ax.figure), min(SMALL, 0.85 * 72 * rise))
    ax.tick_params(length=0, labelrotation=0, labeltop=ticks and height > 30, labelsize=letters)
    if width > WIDE:
        ax.tick_params(axis="x", labelrotation=90)
    if numbers:
        shrink(ax, width, rows=height)
    return describe_heatmap(table)


def describe_heatmap(table: "DataFrame") -> str:
    """Describe the cells, for the picture's alt text; the numbers are in the table and in `describe_gains`."""
    one(table)
    cells = _cells(table.drop_duplicates(DIRECTION))
    height, width = cells.values.shape
    layout = (
        f"each tile is one language, {cells.pivot}"
        if cells.pivot
        else f"{counted(height, 'row')}, {counted(width, 'column')}"
    )
    above = (table.drop_duplicates(DIRECTION)["gain"] > 0).sum()
    return f"Heat map of the gains of {names(table)}: {layout}; {above} above zero."


def _cells(table: "DataFrame") -> Cells:
    count = {side: table[side].nunique() for side in DIRECTION}
    if min(count.values()) > 1 and not answers(table) and len(table) >= 0.5 * count["src"] * count["tgt"]:
        sides = ("src", "tgt") if count["src"] >= count["tgt"] else ("tgt", "src")
        labels = tuple({"src": "from", "tgt": "into"}[side] for side in sides)
    else:
        table, sides, labels = assign(table, "trained"), ("language", "direction"), ("language", "")
        if table["direction"].nunique() == 1:
            return _tiles(table)
    table = table.assign(written=_written(table))
    values, written = (table.pivot(index=sides[0], columns=sides[1], values=each) for each in ("gain", "written"))
    order = values.mean(axis=1).sort_values(ascending=False, kind="stable").index
    columns = list(dict.fromkeys(table[sides[1]]))
    return Cells(values.loc[order, columns], written.loc[order, columns].fillna(""), labels, "")


def _tiles(table: "DataFrame") -> Cells:
    """Set the languages in lines, the largest gain first, with a code and a number in each tile."""
    import numpy as np
    import pandas as pd

    ranked = table.sort_values("gain", ascending=False, kind="stable")
    width = min(14, max(5, ceil((1.2 * len(ranked)) ** 0.5)))
    size = width * ceil(len(ranked) / width)
    values, written = np.full(size, np.nan), np.full(size, "", dtype=object)
    values[: len(ranked)] = ranked["gain"]
    written[: len(ranked)] = ranked["language"].str.replace("_", "\n", n=1) + "\n" + _written(ranked)
    grids = (pd.DataFrame(each.reshape(-1, width)) for each in (values, written))
    return Cells(*grids, ("", ""), table["direction"].iloc[0])


def _written(table: "DataFrame") -> "Series":
    """Write gains with a true minus sign, in brackets where no difference was shown."""
    numbers = (table["gain"].round(1) + 0.0).map("{:+.1f}".format).str.replace("-", "−").replace("+0.0", "0.0")
    return numbers.where(table["verdict"] != UNCLEAR, "(" + numbers + ")")
