"""Draws accuracies by language, with the levels that they have to pass, and says them in words. Computes nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.score_plots import scores
from llamax_kit.reporting.plots.style import legend, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame, Series

LOOKS = ("--", ":", "-.")


@verbatim
def accuracies(table: "DataFrame", ax: "Axes", levels: "Mapping[str, Series] | None" = None) -> str:
    """Draw accuracies: each dot is one system, or one way of reading it, in one language, with its Wilson interval.

    Languages run downwards, the best first.

    Parameters
    ----------
    table : DataFrame
        A score table of answers; several metrics stand beside each other, as in "mine (likelihood)".
    ax : Axes
        Of matplotlib.
    levels : mapping, optional
        Points by language, drawn as lines: ``{"chance": accuracy.chance(answers)}``.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty.

    Examples
    --------
    ::

        results.plot("accuracy", plots.accuracies, scores, {"majority": accuracy.majority(answers)})
    """
    if table["metric"].nunique() > 1:
        readings = table["metric"].str.removeprefix("accuracy").replace("", " (as generated)")
        table = table.assign(system=table["system"] + readings, metric="accuracy")
    alt = scores(table, ax)
    rows, drawn = [text.get_text() for text in ax.get_yticklabels()], ax.containers[:]
    for (name, points), look in zip((levels or {}).items(), LOOKS, strict=False):
        by = points.reindex(rows)
        drawn.append(ax.vlines(by, [y - 0.5 for y in range(len(rows))], [y + 0.5 for y in range(len(rows))],
                               color="0.35", linestyle=look, linewidth=1.1, label=name, zorder=1))  # fmt: skip
        ends = "–".join(dict.fromkeys(f"{each:.1f}" for each in (by.min(), by.max())))
        alt += f" {name.capitalize()}: {ends}."
    if levels:
        ax.set_xlim(right=max(ax.get_xlim()[1], 1.05 * max(points.max() for points in levels.values())))
        legend(ax, drawn)
    return alt
