"""Draws the paper's figures of dots, printed or recomputed, on given axes, and says them in words."""

from typing import TYPE_CHECKING

from llamax_kit.paper.recompute import BASELINE, MODEL
from llamax_kit.reporting.plots.style import PALETTE, SMALL, entry, finish, legend, only, signed, size, verbatim
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


@verbatim
def change(
    table: "DataFrame", ax: "Axes", before: str, after: str, *, title: str, unit: str = "spBLEU (points, 0–100)"
) -> str:
    """Draw each row as a line from one figure to another, with the difference beside it; a loss is dotted.

    Columns: label and the two that are named. `change(figure4, ax, "LLaMA2-7B-Alpaca", "LLaMAX2-7B-Alpaca",
    title="Figure 4")` has four rows.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    blue, orange = sns.color_palette(PALETTE, 2)
    size(ax, 1.5 + 0.27 * len(table))
    most = table[[before, after]].max(axis=None)
    for place, (first, last) in enumerate(zip(table[before], table[after], strict=True)):
        ax.plot([first, last], [place, place], color="0.6", linestyle="-" if last >= first else ":", zorder=1)
        ax.text(1.02, place, signed(last - first), va="center", fontsize=SMALL, transform=ax.get_yaxis_transform())
    ax.scatter(table[before], range(len(table)), color=orange, marker="o", s=32, label=entry(before), zorder=2)
    ax.scatter(table[after], range(len(table)), color=blue, marker="D", s=28, label=entry(after), zorder=3)
    ax.set_yticks(range(len(table)), table["label"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(-0.03 * most, 1.04 * most)
    ax.set_xlabel(unit)
    ax.set_title(title)
    finish(ax, 1)
    legend(ax)
    rows = zip(table["label"], table[before], table[after], strict=True)
    said = "; ".join(f"{name} {one:.1f} to {two:.1f}" for name, one, two in rows)
    return f"{title}. From {before} to {after}: {said}."


@verbatim
def counts(table: "DataFrame", ax: "Axes") -> str:
    """Draw how many of 101 directions score above 10, a row for each system: the dots of Figure 1.

    Columns: system, language, from_it, into_it. The two languages have two colours and marks; "into" is filled, "from"
    is open.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    order = table.groupby("system", sort=False)[["into_it", "from_it"]].sum().sum(axis=1).sort_values(ascending=False)
    size(ax, 1.5 + 0.42 * len(order))
    looks = zip(sns.color_palette(PALETTE), "os", (-0.14, 0.14), strict=False)
    for (language, rows), (colour, marker, shift) in zip(table.groupby("language", sort=False), looks, strict=False):
        y = order.index.get_indexer(rows["system"]) + shift
        ax.hlines(y, rows["from_it"], rows["into_it"], color="0.75", zorder=1)
        look = {"color": colour, "marker": marker, "s": 34, "zorder": 2}
        ax.scatter(rows["into_it"], y, label=f"X→{language}", **look)
        ax.scatter(rows["from_it"], y, label=f"{language}→X", **look | {"facecolor": "white"})
    ax.set_yticks(range(len(order)), order.index)
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set(xlim=(-3, 104), xlabel="directions above 10 spBLEU, of 101", title="Directions above 10 spBLEU")
    finish(ax, 4)
    rows = table.itertuples()
    said = "; ".join(f"{row.system} {row.language} {row.into_it} into, {row.from_it} from" for row in rows)
    return f"Directions above 10 spBLEU, of 101: {said}."


@verbatim
def strips(table: "DataFrame", ax: "Axes", column: str, *, title: str, unit: str) -> str:
    """Draw each language as a dot in the row of its label, and the row's mean as a bar.

    Columns: label, system (a colour, in `change` the same), counted. Languages that are not counted (the identifier
    does not know them) are crosses, and in no mean.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    labels = list(dict.fromkeys(table["label"]))
    names = list(dict.fromkeys([MODEL, BASELINE, *sorted({*table["system"]})]))
    colours = dict(zip(names, sns.color_palette(PALETTE, len(names)), strict=True))
    size(ax, 1.2 + 0.55 * len(labels))
    for place, label in enumerate(labels):
        rows = table[table["label"] == label].sort_values(column, kind="stable").reset_index(drop=True)
        y = place + 0.5 * ((rows.index * 7 % 11) / 10 - 0.5)  # spread, the same in every picture
        on = rows["counted"].astype(bool)
        mean = rows[column][on].mean()
        ax.scatter(rows[column][on], y[on], color=colours[rows["system"][0]], s=16, alpha=0.7, linewidths=0)
        ax.scatter(rows[column][~on], y[~on], color="0.55", s=16, marker="x", linewidths=0.8)
        ax.plot([mean, mean], [place - 0.36, place + 0.36], color="black", linewidth=2)
        ax.text(mean, place - 0.37, f"{mean:.1f}", ha="center", va="bottom", fontsize=SMALL)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.45, -0.7)
    ax.set(xlabel=unit, title=title)
    finish(ax, 1)
    means = table[table["counted"].astype(bool)].groupby("label", sort=False)[column].agg(["mean", "size"])
    said = (f"{row.Index} mean {row.mean:.1f} over {counted(row.size, 'language')}" for row in means.itertuples())
    return f"{'; '.join(said)}."
