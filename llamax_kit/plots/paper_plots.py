"""Draws the paper's tables and figures, printed or recomputed, on given axes, and says them in words.

Computes no score. A row's order in the table is its order in the picture.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llamax_kit.plots.style import PALETTE, finish, only

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

GREY = "0.9"


def signed(points: float, digits: int = 2) -> str:
    """Write a difference with its sign: "+12.17", "−1.11" with the minus of the axes, "0.00" where nothing is left."""
    rounded = round(points, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def systems(table: "DataFrame", ax: "Axes", title: str) -> None:
    """Draw means of systems (down) by direction (across) as a heat map, as Table 3 has them; title: whose means.

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
    ax.figure.set_size_inches(max(5, 1.9 + 0.56 * wide.shape[1]), 1.4 + 0.27 * len(wide))
    ax.set_facecolor(GREY)
    sns.heatmap(wide, ax=ax, cmap="Blues", vmin=0, annot=True, fmt=".1f", annot_kws={"size": 8}, linewidths=0.5,
                linecolor="white", cbar=False, xticklabels=False, yticklabels=False)  # fmt: skip
    bold = {(wide.columns.get_loc(each.direction), wide.index.get_loc(each.system)) for each in best.itertuples()}
    for text in ax.texts:
        if tuple(map(int, text.get_position())) in bold:
            text.set_fontweight("bold")
    turn = sum(name.endswith("-X") for name in wide)
    ax.axvline(turn, color="white", linewidth=5)
    _name_tiles(ax, [f"{name}\nn={most[name]}" for name in wide], wide.index)
    ax.set(xlabel="", ylabel="")
    fair = "" if "comparable" not in table or table["comparable"].all() else " that may be compared"
    ax.set_title(f"{title}\nmean {metric} (points) over n languages; bold: the best{fair} over n", fontsize="medium")
    ax.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False)
    ax.tick_params(axis="y", labelrotation=0)


def change(
    table: "DataFrame", ax: "Axes", before: str, after: str, title: str, unit: str = "spBLEU (points, 0–100)"
) -> None:
    """Draw a line a row from one figure to another, the difference beside it; columns label and the two that are named.

    `change(figure4, ax, "LLaMA2-7B-Alpaca", "LLaMAX2-7B-Alpaca", "Figure 4")` has four rows; a loss is drawn dotted.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    blue, orange = sns.color_palette(PALETTE, 2)
    ax.figure.set_size_inches(7.2, 1.5 + 0.27 * len(table))
    most = table[[before, after]].max(axis=None)
    for place, (first, last) in enumerate(zip(table[before], table[after], strict=True)):
        ax.plot([first, last], [place, place], color="0.6", linestyle="-" if last >= first else ":", zorder=1)
        ax.text(1.02 * most + 0.01, place, signed(last - first), va="center", fontsize=9)
    ax.scatter(table[before], range(len(table)), color=orange, marker="o", s=32, label=before, zorder=2)
    ax.scatter(table[after], range(len(table)), color=blue, marker="D", s=28, label=after, zorder=3)
    ax.set_yticks(range(len(table)), table["label"])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(-0.02 * most, 1.12 * most)
    ax.set_xlabel(unit)
    ax.set_title(title, pad=26)
    finish(ax, 1)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=2, borderaxespad=0)


def counts(table: "DataFrame", ax: "Axes") -> None:
    """Draw how many of 101 directions score above 10, a row a system: Figure 1's dots, laid out to be read.

    Columns: system, language, from_it, into_it. Two languages are two colours and marks; into is filled, from is open.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    order = table.groupby("system", sort=False)[["into_it", "from_it"]].sum().sum(axis=1).sort_values(ascending=False)
    ax.figure.set_size_inches(7.2, 1.5 + 0.42 * len(order))
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


def differences(table: "DataFrame", ax: "Axes", column: str, title: str) -> None:
    """Draw differences of all pairs of languages as a heat map, targets down and sources across: Figure 6.

    Columns src, tgt and the one that is named; blue is above zero, red below, and the two are equally strong.
    """
    import seaborn as sns

    only(table, None)
    wide = table.pivot_table(column, "tgt", "src", sort=False)
    order = list(dict.fromkeys([*table["tgt"], *table["src"]]))
    wide = wide.reindex(index=order, columns=order)
    most = wide.abs().max(axis=None)
    ax.figure.set_size_inches(1.2 + 0.72 * len(order), 1.0 + 0.5 * len(order))
    ax.set_facecolor(GREY)
    sns.heatmap(wide, ax=ax, cmap="RdBu", vmin=-most, vmax=most, annot=wide.map(signed), fmt="", linewidths=0.5,
                linecolor="white", cbar=False, xticklabels=False, yticklabels=False)  # fmt: skip
    _name_tiles(ax, order, order)
    ax.set(xlabel="from", ylabel="into", title=title)
    ax.tick_params(length=0)
    ax.tick_params(axis="y", labelrotation=0)


def strips(table: "DataFrame", ax: "Axes", column: str, title: str, unit: str, first: Sequence[str] = ()) -> None:
    """Draw a dot a language in a row a label, and the row's mean as a bar; columns label, system (a colour), counted.

    Languages that are not counted (which no identifier could have found) are crosses, and in no mean. first: the
    systems of the first colours, as `change` has them, after and before; others follow by name, alike in every picture.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    only(table, None)
    labels, names = list(dict.fromkeys(table["label"])), list(dict.fromkeys([*first, *sorted(set(table["system"]))]))
    colours = dict(zip(names, sns.color_palette(PALETTE, len(names)), strict=True))
    ax.figure.set_size_inches(7.2, 1.2 + 0.55 * len(labels))
    for place, label in enumerate(labels):
        rows = table[table["label"] == label].sort_values(column, kind="stable").reset_index(drop=True)
        y = place + 0.5 * ((rows.index * 7 % 11) / 10 - 0.5)  # spread, the same in every picture
        on = rows["counted"].astype(bool)
        mean = rows[column][on].mean()
        ax.scatter(rows[column][on], y[on], color=colours[rows["system"][0]], s=16, alpha=0.7, linewidths=0)
        ax.scatter(rows[column][~on], y[~on], color="0.55", s=16, marker="x", linewidths=0.8)
        ax.plot([mean, mean], [place - 0.36, place + 0.36], color="black", linewidth=2)
        ax.text(mean, place - 0.37, f"{mean:.1f}", ha="center", va="bottom", fontsize=8.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.45, -0.7)
    ax.set(xlabel=unit, title=title)
    finish(ax, 1)


def describe_systems(table: "DataFrame", title: str) -> str:
    """Say the best system of each direction: "Table 3, …: mean spBLEU of 21 systems. Best: en-X NLLB-200 (31.8); …"."""
    said = "; ".join(f"{row.direction} {row.system} ({row.score:.1f})" for row in _best(table).itertuples())
    return f"{title}: mean {only(table, 'metric')} of {table['system'].nunique()} systems. Best: {said}."


def describe_change(table: "DataFrame", before: str, after: str) -> str:
    """Say every row: "From LLaMA2-Alpaca to LLaMAX2-Alpaca: En→X seen 9.4 to 23.2; …"."""
    only(table, None)
    rows = zip(table["label"], table[before], table[after], strict=True)
    return f"From {before} to {after}: " + "; ".join(f"{name} {one:.1f} to {two:.1f}" for name, one, two in rows) + "."


def describe_counts(table: "DataFrame") -> str:
    """Say every dot: "Directions above 10 spBLEU of 101: LLaMAX2-Alpaca English 95 into, 86 from; …"."""
    rows = table.itertuples()
    said = "; ".join(f"{row.system} {row.language} {row.into_it} into, {row.from_it} from" for row in rows)
    return f"Directions above 10 spBLEU, of 101: {said}."


def describe_differences(table: "DataFrame", column: str) -> str:
    """Say how many are above zero, the mean and the extremes."""
    low, high = table.loc[table[column].idxmin()], table.loc[table[column].idxmax()]
    least, most = (f"{signed(row[column], 1)} ({row.src}-{row.tgt})" for row in (low, high))
    above, mean = int((table[column] > 0).sum()), signed(table[column].mean())
    return f"{above} of {len(table)} differences above zero, mean {mean}; lowest {least}, highest {most}."


def describe_strips(table: "DataFrame", column: str) -> str:
    """Say each row's mean over the languages that count, and how many these are."""
    counted = table[table["counted"].astype(bool)]
    means = counted.groupby("label", sort=False)[column].agg(["mean", "size"])
    return "; ".join(f"{row.Index} mean {row.mean:.1f} over {row.size} languages" for row in means.itertuples()) + "."


def _best(table: "DataFrame") -> "DataFrame":
    """Keep the best mean of each direction, among those over as many languages that may be compared."""
    same = table["partners"] == table.groupby("direction")["partners"].transform("max")
    fair = table[same & table["comparable"]] if "comparable" in table else table[same]
    return fair.loc[fair.groupby("direction", sort=False)["score"].idxmax()]


def _name_tiles(ax: "Axes", columns, rows) -> None:
    """Name the tiles of a heat map. Seaborn would measure each name, and render the whole picture every time."""
    ax.set_xticks([place + 0.5 for place in range(len(columns))], columns)
    ax.set_yticks([place + 0.5 for place in range(len(rows))], rows)
