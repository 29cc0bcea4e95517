"""Draws a run of your own beside the authors' figures, on given axes, and says it in words. Computes nothing."""

from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.style import (
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
