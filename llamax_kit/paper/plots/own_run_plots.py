"""Draws a run of your own beside the authors' figures, on given axes, and says it in words. Computes nothing."""

from typing import TYPE_CHECKING

from llamax_kit.paper.tables import TASK_BASELINE, TASK_MODEL
from llamax_kit.reporting.plots.style import (
    PALETTE,
    direction,
    entry,
    few_sentences,
    finish,
    signed,
    size,
    sizes,
    styles,
    verbatim,
)
from llamax_kit.scoring import significance
from llamax_kit.scoring.accuracy import part
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


@verbatim
def beside(table: "DataFrame", ax: "Axes", mine: str, *, theirs: str) -> str:
    """Draw my score with its interval, in the clean and the paper reading, and the authors' figure, a row a direction.

    mine: its name with what keeps it from being compared (`own_run.named`). The furthest behind theirs comes first.
    The alt text says how far mine is from theirs in the clean reading.
    """
    order = table[table["reading"] == "clean"].sort_values("difference", kind="stable")
    names = list(direction(order))
    size(ax, max(2.4, 1.5 + min(0.26, max(0.17, 13 / len(names))) * len(names)))
    for shift, (reading, style) in zip((-0.16, 0.16), zip(("clean", "paper"), styles(2), strict=True), strict=True):
        rows = table[table["reading"] == reading]
        y = [names.index(name) + shift for name in direction(rows)]
        below, above = rows["score"] - rows["ci_low"], rows["ci_high"] - rows["score"]
        error = [below.fillna(0).clip(0), above.fillna(0).clip(0)]
        ax.errorbar(rows["score"], y, xerr=error, label=f"mine, {reading} reading", **style)
    released = entry(f"{theirs}, as released")
    ax.scatter(order["authors"], range(len(names)), marker="|", s=130, color="black", label=released)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    bars = "; bars: 95 % interval of mine" * bool(table["ci_low"].notna().any())
    ax.set(xlabel=f"spBLEU (points, 0–100{bars})")
    said = f"{mine} and {theirs}, {sizes(table)}\nby difference, the furthest behind first{few_sentences(table)}"
    ax.set_title(said)
    finish(ax, 3)
    low, high = order.iloc[0], order.iloc[-1]
    return (
        f"{mine} less {theirs} in {counted(len(order), 'direction')}: mean {signed(order['difference'].mean())} spBLEU "
        f"points, from {signed(low.difference)} ({low.src}-{low.tgt}) to {signed(high.difference)} "
        f"({high.src}-{high.tgt}).{significance.caveat_of(order, sentence=True)}"
    )


@verbatim
def answers(table: "DataFrame", ax: "Axes", mine: str) -> str:
    """Draw my accuracy with its interval and the two published ones, a row a language, in the order of the card.

    table: of `own_answers.beside`; mine: its name with what keeps it from being compared (`own_answers.named`).
    """
    import seaborn as sns

    blue, orange = sns.color_palette(PALETTE, 2)
    size(ax, 1.6 + 0.27 * len(table))
    y = range(len(table))
    above, below = ([at + by for at in y] for by in (-0.16, 0.16))
    ax.hlines(above, table[TASK_BASELINE], table[TASK_MODEL], color="0.75", zorder=1)
    for system, marker, colour in ((TASK_BASELINE, "o", orange), (TASK_MODEL, "D", blue)):
        ax.scatter(table[system], above, marker=marker, s=28, color=colour, label=f"{system}, as published", zorder=2)
    error = [table["score"] - table["ci_low"], table["ci_high"] - table["score"]]
    ax.errorbar(table["score"], below, xerr=error, label=entry(mine), fmt="s", color="black", markerfacecolor="white",
                markersize=5, elinewidth=1.3, capsize=2, zorder=3)  # fmt: skip
    ax.set_yticks(y, table["tgt"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    task = part(table["signature"].iloc[0], name="task")
    ax.set_xlabel("accuracy (points, 0–100; bars: 95 % interval of mine)")
    ax.set_title(f"{task}: {mine} and the published accuracies\n{sizes(table)}")
    finish(ax, 3)
    rows = table[["tgt", "score", TASK_BASELINE, TASK_MODEL]].itertuples(index=False)
    said = "; ".join(f"{code} {' '.join(f'{each:.1f}' for each in points)}" for code, *points in rows)
    return f"{task}, accuracy of {mine}, {TASK_BASELINE} and {TASK_MODEL} as published: {said}."
