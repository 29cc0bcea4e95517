"""Draws how a training went and what it changed, and describes it in words. Computes only running medians."""

from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.labels import label
from llamax_kit.reporting.plots.style import entry, finish, legend, only, size, styles, verbatim
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

SMOOTH = 9  # rows of the log that a line is the median of


@verbatim
def curves(log: "DataFrame", ax: "Axes") -> str:
    """Draw the loss of each stage over the tokens it has seen: a thin line as logged, a thick one its running median.

    Tokens are on a logarithmic axis, as tuning sees a hundredth of what pre-training does.

    Parameters
    ----------
    log : DataFrame
        Rows of `training.stage.log` with a column `stage`; loss in nats per token.
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
    only(log, None)
    size(ax, 3.6)
    stages = list(log.groupby("stage", sort=False))
    for (stage, rows), style in zip(stages, styles(len(stages)), strict=True):
        ax.plot(rows["tokens"], rows["loss"], color=style["color"], linewidth=0.6, alpha=0.45)
        calm = rows["loss"].rolling(SMOOTH, center=True, min_periods=1).median()
        seen = f"{stage} ({rows['tokens'].max() / 1e6:.1f} M tokens)"
        ax.plot(rows["tokens"], calm, color=style["color"], linewidth=1.8, label=entry(seen))
    ax.set(xlabel="tokens seen in the stage", ylabel="loss (nats per token)", xscale="log",
           title=f"Loss of {counted(len(stages), 'stage')}; thick: running median",
           ylim=(0, None))  # fmt: skip
    finish(ax, 2)
    return describe_curves(log)


@verbatim
def before_after(table: "DataFrame", ax: "Axes", before: str, after: str, *, unit: str) -> str:
    """Draw each language as a dot: its value before, and after; on the line nothing changed.

    Parameters
    ----------
    table : DataFrame
        Columns language, trained (bool), group (its name in the legend), and those named `before` and `after`.
    ax : Axes
        Of matplotlib.
    before, after : str
        Columns with the two values, and the labels of the axes.
    unit : str
        Of both values.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty.
    """
    only(table, None)
    size(ax, 4.8)
    parts = list(table.groupby("group", sort=False))
    for (name, rows), style in zip(parts, styles(len(parts)), strict=True):
        ax.scatter(rows[before], rows[after], s=30, marker=style["fmt"], color=style["color"], alpha=0.8, linewidths=0,
                   label=entry(f"{name} (n = {len(rows)})"), zorder=3)  # fmt: skip
    ends = [min(0, table[[before, after]].min().min()), table[[before, after]].max().max() * 1.06]
    ax.set(xlim=ends, ylim=ends, xlabel=f"{before} ({unit})", ylabel=f"{after} ({unit})",
           title=f"{unit.capitalize()} of {counted(len(table), 'language')}, before and after")  # fmt: skip
    finish(ax, 1)
    legend(ax)
    label(table, ax, table[before], table[after], ["x", "y"])
    ax.plot(ends, ends, color="0.4", linewidth=0.8, zorder=1)  # drawn last, as names keep clear of the box of a line
    return describe_before_after(table, before, after, unit=unit)


def describe_curves(log: "DataFrame") -> str:
    """Describe where the loss of each stage begins and ends, for the picture's alt text.

    "Loss in nats per token. pre-training: from 6.33 to 1.79 over 2.4 M tokens."
    """
    parts = []
    for stage, rows in log.groupby("stage", sort=False):
        ends = rows["loss"].iloc[0], rows["loss"].tail(SMOOTH).median()
        parts.append(f"{stage}: from {ends[0]:.2f} to {ends[1]:.2f} over {rows['tokens'].max() / 1e6:.1f} M tokens.")
    return "Loss in nats per token. " + " ".join(parts)


def describe_before_after(table: "DataFrame", before: str, after: str, *, unit: str) -> str:
    """Describe the means of each group before and after, for the picture's alt text."""
    averages = table.groupby("group", sort=False)[[before, after]].mean()
    means = [f"{name}: from {row[before]:.2f} to {row[after]:.2f}" for name, row in averages.iterrows()]
    return f"{unit.capitalize()}, {before} against {after}, each dot is one language. Means: " + "; ".join(means) + "."
