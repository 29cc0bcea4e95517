"""Draws gains by direction as dots with their intervals, and describes them in words. Computes nothing.

Filled dots differ after correction (the column `verdict`), hollow ones were not shown to differ.
"""

from math import ceil
from typing import TYPE_CHECKING

from llamax_kit.data import relatedness
from llamax_kit.data.languages import find
from llamax_kit.data.translations import DIRECTION, label, nouns
from llamax_kit.reporting.plots.style import (
    COLUMN,
    MARKERS,
    PAGE,
    PALETTE,
    SMALL,
    between,
    direction,
    entry,
    few_sentences,
    finish,
    legend,
    only,
    size,
    sizes,
    verbatim,
)
from llamax_kit.scoring import significance
from llamax_kit.scoring.corrections import GAINED, LOST, UNCLEAR, UNTESTED
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame, Series

FOLD, COLUMNS = 50, 3  # rows in one column of dots; more are set side by side, in up to three columns
LOOSE = 25  # rows with room for large letters, in one column
KINDS = 6  # groups with a colour of their own; smaller ones are "other"
NONE, OTHER = "in no group", "other"
HALVES = {"high": "the paper's high half", "low": "the paper's low half"}


@verbatim
def gains(table: "DataFrame", ax: "Axes") -> str:
    """Draw a table of gains: each dot is one direction, the largest gain first, with its paired 95 % interval if known.

    With the column `value` (`groups.assign`) dots are coloured by group. More than fifty directions are set in several
    columns, on one scale, within the width of a page.

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
    metric, table = one(table), table.drop_duplicates(DIRECTION)
    ordered = table.assign(value=common(table)).sort_values("gain", ascending=False, kind="stable", ignore_index=True)
    columns = min(COLUMNS, ceil(len(ordered) / FOLD))
    rows = ceil(len(ordered) / columns)
    panels = _panels(ax, columns, rows=rows, letters=direction(ordered).str.len().max())
    ends = ordered[["gain", "ci_low", "ci_high"]]
    least, most = min(0, ends.min(axis=None)), max(0, ends.max(axis=None))
    if most - least < 2:  # a tiny gain is not enlarged
        least, most = min(least, -1), max(most, 1)
    for at, panel in enumerate(panels):
        _dots(ordered.iloc[at * rows : (at + 1) * rows], panel, colours(ordered["value"]), SMALL if columns == 1 else 8)
        panel.set_ylim(rows - 0.4, -0.6)
        panel.set_xlim(least - 0.04 * (most - least), most + 0.04 * (most - least))
        panel.tick_params(axis="x", labelsize=SMALL if columns == 1 else 8)
        finish(panel, 1)
    bars = "bars: paired 95 % interval" if ordered["ci_low"].notna().any() else "no interval"
    bars += ", no test" * (set(ordered["verdict"]) == {UNTESTED})
    panels[columns // 2].set_xlabel(f"gain in {metric} (points; {bars})")
    title = f"{names(table)}\ngain by {nouns(table)[0]}{_way(table)}, {sizes(table)}{few_sentences(table)}"
    ax.set_title(title)
    _legend(ordered, ax)
    return describe_gains(table)


def describe_gains(table: "DataFrame") -> str:
    """Describe a table of gains in words, for the picture's alt text.

    "Gain of 05_mozilla:nllb over 05_mozilla:google in spBLEU points, 16 directions: from -49.6 (cy-en) to -2.2 (en-ig);
    16 lost."
    """
    metric, rows = one(table), table.drop_duplicates(DIRECTION).reset_index(drop=True)
    worst, best = rows.loc[rows["gain"].idxmin()], rows.loc[rows["gain"].idxmax()]
    counts = rows["verdict"].value_counts()
    verdicts = ", ".join(f"{counts[each]} {each}" for each in (GAINED, LOST, UNCLEAR, UNTESTED) if each in counts)
    least, most = (f"{each.gain:+.1f} ({label(each.src, each.tgt)})" for each in (worst, best))
    reach = f"from {least} to {most}" if len(rows) > 1 else most
    count = counted(len(rows), nouns(table)[0])
    text = f"Gain of {names(table)} in {metric} points, {count}: {reach}; {verdicts}."
    return text + significance.caveat_of(rows, sentence=True)


def names(table: "DataFrame") -> str:
    """Return the names of the two systems as they were asked for: "05_mozilla:nllb over 05_mozilla:google"."""
    return f"{table['system'].iloc[0]} over {table['baseline'].iloc[0]}"


def _way(table: "DataFrame") -> str:
    """Return what several directions all share: " from English", " into English", or ""."""
    if len(table.drop_duplicates(DIRECTION)) > 1:
        for side, way in (("src", "from"), ("tgt", "into")):
            if table[side].nunique() == 1:
                return f" {way} {find(table[side].iloc[0]).name}"
    return ""


def one(table: "DataFrame") -> str:
    """Check that a table of gains is one comparison, and return its metric. Raises KitError for none or several."""
    only(table, "system")
    only(table, "baseline")
    return only(table, "metric")


def common(table: "DataFrame") -> "Series":
    """Return each row's group: the six largest as they are, the rest "other"; "" for all where there are no groups."""
    values = table.get("value", table["src"].map(lambda _: "")).fillna("")
    named = values[values != ""].value_counts().index
    kept = {*named[: KINDS if len(named) <= KINDS else KINDS - 1], ""}
    return values.where(values.isin(kept), OTHER).replace("", NONE if len(named) else "")


def meanings(table: "DataFrame") -> dict[str, str]:
    """Return what names of groups mean where they do not say it: the halves of the paper's split, "high" and "low"."""
    if not {"value", "language"} <= {*table}:
        return {}
    named = table[~table["value"].isin(["", NONE, OTHER])]
    split = all(value == find(code).split for code, value in zip(named["language"], named["value"], strict=True))
    return HALVES if split else {}


def colours(values: "Series") -> dict[str, tuple]:
    """Return a colour and a marker for each group, the largest first; grey for what is in none.

    Trained and unseen languages have the same ones in every picture.
    """
    import seaborn as sns

    there = set(values)
    ranked = [each for each in values.value_counts().index if each not in (OTHER, NONE)]
    if there & {*relatedness.KINDS}:
        ranked = [*relatedness.KINDS, *(each for each in ranked if each not in relatedness.KINDS)]
    named = zip(ranked, zip(sns.color_palette(PALETTE, KINDS), MARKERS, strict=False), strict=False)
    styles = {each: style for each, style in named if each in there}
    return styles | {each: ("0.5", "h") for each in (OTHER, NONE) if each in there}


def _panels(ax: "Axes", columns: int, *, rows: int, letters: int) -> "list[Axes]":
    """Make room for rows of dots, in one column or several side by side."""
    rise = 0.26 if rows <= LOOSE else 0.16 if columns == 1 else 0.15
    size(ax, 1.4 + rows * rise, width=PAGE if columns > 1 else COLUMN)
    if columns == 1:
        return [ax]
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(1, columns, wspace=between(columns, letters=letters))
    return [ax.figure.add_subplot(grid[0, at]) for at in range(columns)]


def _dots(rows: "DataFrame", ax: "Axes", kinds: dict[str, tuple], fontsize: int) -> None:
    rows = rows.assign(y=range(len(rows)), hollow=rows["verdict"] == UNCLEAR)
    for (value, hollow), part in rows.groupby(["value", "hollow"], sort=False):
        colour, marker = kinds[value]
        below, above = (part["gain"] - part["ci_low"]).fillna(0), (part["ci_high"] - part["gain"]).fillna(0)
        ax.errorbar(part["gain"], part["y"], xerr=[below.clip(0), above.clip(0)], fmt=marker, color=colour,
                    markerfacecolor="white" if hollow else colour, markersize=5, elinewidth=1.3, capsize=2)  # fmt: skip
    ax.axvline(0, color="0.3", linewidth=0.8, zorder=0)
    ax.set_yticks(rows["y"], direction(rows), fontsize=fontsize)


def _legend(ordered: "DataFrame", ax: "Axes") -> None:
    """Write below the axes what colours mean, with numbers of directions, and what filled and hollow mean."""
    from matplotlib.lines import Line2D

    sizes, found = ordered["value"].value_counts(), set(ordered["verdict"])
    meaning = meanings(ordered)
    entries = [(f"{meaning.get(value, value)} ({sizes[value]})", colour, colour, marker)
            for value, (colour, marker) in colours(ordered["value"]).items() if value]  # fmt: skip
    entries += [("filled: gained or lost", "0.2", "0.2", "o")] * bool({GAINED, LOST} & found)
    entries += [(f"hollow: {UNCLEAR}", "0.2", "white", "o")] * (UNCLEAR in found)
    handles = [Line2D([], [], color=edge, markerfacecolor=face, marker=marker, label=entry(label), linestyle="",
                      markersize=5) for label, edge, face, marker in entries]  # fmt: skip
    if handles:
        legend(ax, handles)
