"""Draws the paper's matrices, printed or recomputed, on given axes, and says them: systems or sources by targets."""

from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.style import COLUMN, PAGE, SMALL, ink, name_tiles, only, shrink, signed, size, verbatim
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

GREY = "0.9"
NARROW = 4  # directions that fit into one column of a paper


@verbatim
def systems(table: "DataFrame", ax: "Axes", title: str) -> str:
    """Draw means of systems (down) by direction (across) as a heat map, like Table 3; title: whose means.

    Columns: system, direction, metric, score, partners: the languages in the mean, written under the direction, and
    behind the name of a system that has fewer; comparable, if there: False where a mean has no place among the others.
    The best of each direction is bold, among means over as many languages as any that may be compared; what a system
    lacks is grey.

    Raises KitError when the table is empty or holds two metrics.
    """
    import seaborn as sns

    metric = only(table, "metric")
    most = table.groupby("direction", sort=False)["partners"].max()
    few = table["partners"] < table["direction"].map(most)
    names = table["system"].where(~few, table["system"] + " (" + table["partners"].astype(str) + ")")
    wide = table.assign(system=names).pivot_table("score", "system", "direction", sort=False)
    best = _best(table.assign(system=names))
    size(ax, 1.4 + 0.27 * len(wide), width=PAGE if wide.shape[1] > NARROW else COLUMN)
    ax.set_facecolor(GREY)
    sns.heatmap(wide, ax=ax, cmap="Blues", vmin=0, annot=True, fmt=".1f", annot_kws={"size": SMALL}, linewidths=0.5,
                linecolor="white", cbar=False, xticklabels=False, yticklabels=False)  # fmt: skip
    ink(ax)
    bold = {(wide.columns.get_loc(each.direction), wide.index.get_loc(each.system)) for each in best.itertuples()}
    for text in ax.texts:
        if tuple(map(int, text.get_position())) in bold:
            text.set_fontweight("bold")
    turn = sum(name.endswith("-X") for name in wide)
    ax.axvline(turn, color="white", linewidth=5)
    name_tiles(ax, [f"{name}\nn={most[name]}" for name in wide], rows=wide.index)
    ax.set(xlabel="", ylabel="")
    fair = "" if "comparable" not in table or table["comparable"].all() else " that may be compared"
    ax.set_title(f"{title}\nmean {metric} (points) over n languages; bold: the best{fair} over n")
    letters = 8 if wide.shape[1] > NARROW else SMALL
    ax.tick_params(length=0, labelsize=letters, labeltop=True, labelbottom=False)
    ax.tick_params(axis="y", labelrotation=0)
    shrink(ax, wide.shape[1], rows=len(wide))
    said = "; ".join(f"{row.direction} {row.system} ({row.score:.1f})" for row in _best(table).itertuples())
    return f"{title}: mean {metric} of {counted(table['system'].nunique(), 'system')}. Best: {said}."


@verbatim
def differences(table: "DataFrame", ax: "Axes", column: str, *, title: str) -> str:
    """Draw differences of all pairs of languages as a heat map, targets down and sources across: Figure 6.

    Columns src, tgt and the one that is named; blue is above zero, red below, and the two are equally strong.
    """
    import seaborn as sns

    only(table, None)
    wide = table.pivot_table(column, "tgt", "src", sort=False)
    order = list(dict.fromkeys([*table["tgt"], *table["src"]]))
    wide = wide.reindex(index=order, columns=order)
    most = wide.abs().max(axis=None)
    size(ax, 1.0 + 0.5 * len(order), width=PAGE if len(order) > 2 * NARROW else COLUMN)
    ax.set_facecolor(GREY)
    sns.heatmap(wide, ax=ax, cmap="RdBu", vmin=-most, vmax=most, annot=wide.map(signed), fmt="", cbar=False,
                annot_kws={"size": SMALL}, linewidths=0.5, linecolor="white", xticklabels=False,
                yticklabels=False)  # fmt: skip
    ink(ax)
    name_tiles(ax, order, rows=order)
    ax.set(xlabel="from", ylabel="into", title=title)
    ax.tick_params(length=0)
    ax.tick_params(axis="y", labelrotation=0)
    shrink(ax, len(order), rows=len(order))
    low, high = table.loc[table[column].idxmin()], table.loc[table[column].idxmax()]
    least, most = (f"{signed(row[column], 1)} ({row.src}-{row.tgt})" for row in (low, high))
    above, mean = int((table[column] > 0).sum()), signed(table[column].mean())
    return f"{above} of {len(table)} differences above zero, mean {mean}; lowest {least}, highest {most}."


def _best(table: "DataFrame") -> "DataFrame":
    """Keep the best mean of each direction, among those over as many languages that may be compared."""
    same = table["partners"] == table.groupby("direction")["partners"].transform("max")
    fair = table[same & table["comparable"]] if "comparable" in table else table[same]
    return fair.loc[fair.groupby("direction", sort=False)["score"].idxmax()]
