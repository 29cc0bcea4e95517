"""Draws scores and shares of outputs, on given axes, and describes them in words. Computes nothing."""

from math import ceil
from textwrap import fill
from typing import TYPE_CHECKING

from llamax_kit.data.translations import label, nouns
from llamax_kit.reporting.plots.style import (
    COLUMN,
    PAGE,
    SMALL,
    between,
    direction,
    entry,
    few_sentences,
    finish,
    ink,
    legend,
    name_tiles,
    only,
    size,
    sizes,
    styles,
    verbatim,
)
from llamax_kit.scoring import significance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame, Index


FOLD, COLUMNS = 50, 3  # rows in one column of dots; more are set side by side, in up to three columns
MOST = 300  # directions in one picture; of more, the first
LONG = 16  # letters of a row's name; longer ones need the width of a page
ROWS = 30  # rows of shares in one picture; of more, those with the largest
KINDS = {"empty": "empty", "copy": "copies of the source", "length": "cut at the limit",
         "other_script": "in another script", "reasoning": "with reasoning"}  # fmt: skip


@verbatim
def scores(table: "DataFrame", ax: "Axes") -> str:
    """Draw a score table of one metric: each dot is one system and direction, with its 95 % interval if known.

    Directions run downwards, the best first; more than fifty are set in several columns, on one scale. Of more than
    three hundred only the first of the table are drawn, and the title says so.

    Parameters
    ----------
    table : DataFrame
        A score table of one metric.
    ax : Axes
        Of matplotlib.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty or holds two metrics.
    """
    metric = only(table, "metric")
    table, part = _drawn(table)
    order = table.groupby(direction(table))["score"].max().sort_values(ascending=False, kind="stable").index
    systems = list(dict.fromkeys(table["system"]))
    columns = min(COLUMNS, ceil(len(order) / FOLD))
    rows = ceil(len(order) / columns)
    panels = _panels(ax, columns, rows=rows, systems=len(systems), letters=max(map(len, order)))
    most = max(1.0, table[["score", "ci_high"]].max(axis=None))
    for at, panel in enumerate(panels):
        _dots(table, panel, order[at * rows : (at + 1) * rows], systems)
        panel.set_ylim(rows - 0.5, -0.5)
        panel.set_xlim(-0.015 * most, 1.03 * most)  # a dot at zero is not cut
        panel.tick_params(axis="x", labeltop=rows > 30, length=0)
        panel.tick_params(axis="y", labelsize=SMALL if columns == 1 else 8)
        panel.locator_params(axis="x", nbins=7 if columns == 1 else 4)
        finish(panel, len(systems) if columns == 1 else 1)
    bars = "; bars: 95 % interval" * bool(table["ci_low"].notna().any())
    panels[columns // 2].set_xlabel(f"{metric} (points, 0–100{bars})")
    in_order = ", highest first" * (len(order) > 1)
    title = f"{metric} by {nouns(table)[0]}{part}{in_order}, {sizes(table)}{few_sentences(table)}"
    ax.set_title(title, pad=6 if columns == 1 else 24)
    if columns > 1 and len(systems) > 1:
        legend(ax, panels[0].containers[:])
    return describe_scores(table)


@verbatim
def shares(table: "DataFrame", ax: "Axes") -> str:
    """Draw shares of outputs (per cent of a direction's outputs) as a small heat map.

    The rows with the largest shares come first; of more than thirty only these are drawn, and the title says so.

    Parameters
    ----------
    table : DataFrame
        A table of `output_checks.shares`.
    ax : Axes
        Of matplotlib.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty.
    """
    import seaborn as sns

    only(table, None)
    columns = {name: fill(kind, 10) for name, kind in KINDS.items() if name in table}
    part = f", the {ROWS} largest of {len(table):,}" if len(table) > ROWS else ""
    table = table.loc[table[list(columns)].astype(float).max(axis=1).nlargest(ROWS).index]
    several = table["system"].nunique() > 1
    labels = table["system"] + "  " + direction(table) if several else direction(table)
    percent = 100 * table[list(columns)].astype(float).set_axis(labels)
    size(ax, _height(len(percent), systems=1), width=PAGE if max(map(len, labels)) > LONG else COLUMN)
    sns.heatmap(percent, ax=ax, vmin=0, vmax=100, cmap="Blues", annot=True, fmt=".0f", annot_kws={"size": SMALL},
                linewidths=0.5, linecolor="0.85", cbar=False, xticklabels=False, yticklabels=False)  # fmt: skip
    name_tiles(ax, columns.values(), rows=labels)
    ink(ax)
    ax.set(ylabel="", title=f"Outputs that are …, in per cent{part}, {sizes(table)}")
    ax.tick_params(axis="y", labelrotation=0, length=0, labelsize=SMALL)
    ax.tick_params(axis="x", length=0, labelsize=SMALL, labeltop=len(percent) > 30)
    if percent.isna().any(axis=None):  # it is not known how the outputs of a system ended
        ax.set_facecolor("0.9")
        ax.set_xlabel("grey: not known")
    return describe_shares(table)


def describe_scores(table: "DataFrame") -> str:
    """Describe a score table of one metric, one sentence per system, for the picture's alt text.

    "spBLEU by direction. copy: 5 directions, from 0.4 (en-am) to 6.2 (en-de)."
    """
    (table, part), what, sentences = _drawn(table), nouns(table)[0], []
    for system, rows in table.groupby("system", sort=False):
        rows = rows.reset_index(drop=True)
        worst, best = rows.loc[rows["score"].idxmin()], rows.loc[rows["score"].idxmax()]
        if len(rows) == 1:
            sentences.append(f"{system}: {best.score:.1f} ({label(best.src, best.tgt)}).")
        else:
            sentences.append(f"{system}: {len(rows)} {what}s, from {worst.score:.1f} ({label(worst.src, worst.tgt)}) "
                             f"to {best.score:.1f} ({label(best.src, best.tgt)}).")  # fmt: skip
    sentences.append(significance.caveat_of(table, sentence=True).strip())
    return f"{only(table, 'metric')} by {what}{part}. {' '.join(sentences).strip()}"


def describe_shares(table: "DataFrame") -> str:
    """Describe in a sentence how large each share gets, for the picture's alt text.

    "Shares of outputs by direction: none empty; copies of the source at most 4 % (opusmt en-vi); cut …"
    """
    only(table, None)
    parts = [_most(table, name, kind=kind) for name, kind in KINDS.items() if name in table]
    return f"Shares of outputs by direction: {'; '.join(parts)}."


def _most(table: "DataFrame", column: str, *, kind: str) -> str:
    if table[column].isna().all():
        return f"{kind}: not known"
    most = table.loc[table[column].astype(float).idxmax()]
    percent = f"{100 * most[column]:.0f}" if most[column] >= 0.01 else "1"
    return f"{kind} at most {percent} % ({most.system} {label(most.src, most.tgt)})" if most[column] else f"none {kind}"


def _drawn(table: "DataFrame") -> "tuple[DataFrame, str]":
    """Return what one picture has room for, and a note where it is not all: ", the first 300 of 1,372"."""
    named = direction(table)
    first = list(dict.fromkeys(named))
    part = f", the first {MOST} of {len(first):,}" if len(first) > MOST else ""
    return table[named.isin(first[:MOST])], part


def _height(rows: int, *, systems: int) -> float:
    return max(2.2, 1.3 + rows * (0.2 + 0.06 * systems))


def _panels(ax: "Axes", columns: int, *, rows: int, systems: int, letters: int) -> "list[Axes]":
    """Make room for rows of dots, in one column or several side by side, within the width of a page."""
    size(ax, _height(rows, systems=systems), width=PAGE if columns > 1 else COLUMN)
    if columns == 1:
        return [ax]
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(1, columns, wspace=between(columns, letters=letters))
    return [ax.figure.add_subplot(grid[0, at]) for at in range(columns)]


def _dots(table: "DataFrame", ax: "Axes", order: "Index", systems: list[str]) -> None:
    table = table[direction(table).isin(order)]
    for place, (system, style) in enumerate(zip(systems, styles(len(systems)), strict=True)):
        rows = table[table["system"] == system]
        y = order.get_indexer(direction(rows)) + 0.6 * ((place + 0.5) / len(systems) - 0.5)
        below, above = (rows["score"] - rows["ci_low"]).fillna(0), (rows["ci_high"] - rows["score"]).fillna(0)
        ax.errorbar(rows["score"], y, xerr=[below.clip(0), above.clip(0)], label=entry(system), **style)
    ax.set_yticks(range(len(order)), order)
