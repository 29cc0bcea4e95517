"""Draws gains by group of languages, and how many gained, lost, or were not shown to differ. Computes nothing."""

from typing import TYPE_CHECKING

from llamax_kit.analysis.groups import COUNTED, ranked
from llamax_kit.reporting.plots.gain_plots import HALVES, meanings, names, one
from llamax_kit.reporting.plots.labels import FEW, name
from llamax_kit.reporting.plots.style import PALETTE, SMALL, fit, legend, only, readable, size, sizes, verbatim
from llamax_kit.scoring.corrections import UNCLEAR
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

TITLE = "Languages that gained, lost, or were not shown to differ"
BOX = FEW + 1  # languages; of fewer each is named
LONG, SPLIT = 24, (" ", "\n")  # letters of a name that leave no room for its number in the same line
GOLDEN = 0.618034  # the fractional parts of its multiples spread dots evenly, always in the same way


@verbatim
def by_group(table: "DataFrame", ax: "Axes") -> str:
    """Draw a table of `groups.assign`: one line per group and pivot, each dot is one language.

    Filled dots differ after correction, hollow ones were not shown to; the diamond is the mean. Each of up to eight
    languages is named. Of more, those at both ends are, and a box holds the middle half, its thick line the median.

    Parameters
    ----------
    table : DataFrame
        A table of `groups.assign`, of one comparison.
    ax : Axes
        Of matplotlib.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When no direction is in a group, or the table holds two comparisons.
    """
    import seaborn as sns

    metric = one(table[table["value"] != ""])
    lines = _lines(table)
    colour = sns.color_palette(PALETTE, 1)[0]
    size(ax, max(2.2, 1.4 + 0.5 * len(lines)))
    drawn = [_strip(rows.sort_values("gain", ignore_index=True), ax, y, colour) for y, (_, rows) in enumerate(lines)]
    ax.axvline(0, color="0.3", linewidth=0.8, zorder=0)
    ax.margins(x=0.13)  # for the names at both ends
    if table["gain"].abs().max() < 1:  # a tiny gain is not enlarged
        ax.set_xlim(-1, 1)
    ax.set_yticks(range(len(lines)), [f"{name}{SPLIT[len(name) > LONG]}(n = {len(rows)})" for name, rows in lines])
    ax.set_ylim(len(lines) - 0.4, -0.6)
    hollow = "\nfilled: gained or lost; hollow: not shown to differ" if (table["verdict"] == UNCLEAR).any() else ""
    ax.set_xlabel(f"gain in {metric} (points; dot: one language, diamond: mean){hollow}")
    ax.set_title(f"{names(table)}\ngains by group, {sizes(table)}")
    ax.grid(alpha=0.25, axis="x")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    sns.despine(ax=ax, left=True)
    _name(ax, drawn)
    return describe_by_group(table)


@verbatim
def significance(table: "DataFrame", ax: "Axes", compared: str = "") -> str:
    """Draw a table of `groups.by_group` as strips of languages that gained, lost, or were not shown to differ.

    Parameters
    ----------
    table : DataFrame
        A table of `groups.by_group`.
    ax : Axes
        Of matplotlib.
    compared : str
        The two systems, for the title: "mine over theirs".

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty, or nothing was tested.
    """
    import seaborn as sns

    only(table, "group")
    if not table[list(COUNTED)].to_numpy().any():
        raise KitError("nothing was tested here, as with published scores. To mend: draw gains.gains of two runs")
    blue, red = sns.color_palette(PALETTE)[0], sns.color_palette(PALETTE)[3]
    looks = {"gained": blue, "unclear": (0.88, 0.88, 0.88), "lost": red}
    size(ax, max(1.8, 1.1 + 0.36 * len(table)))
    left = [0.0] * len(table)
    for kind, face in looks.items():
        shares = (100 * table[kind] / table["n"]).tolist()
        bars = ax.barh(range(len(table)), shares, left=left, color=face, edgecolor="white", height=0.75)
        counts = [f"{count}" if count else "" for count in table[kind]]
        ax.bar_label(bars, counts, label_type="center", color=readable(face), fontweight="bold", fontsize=SMALL)
        bars.set_label(COUNTED[kind])
        left = [start + share for start, share in zip(left, shares, strict=True)]
    meaning = HALVES if set(table["group"]) == {"split"} else {}
    ax.set_yticks(range(len(table)), [f"{row.direction}, {meaning.get(row.value, row.value)} (n = {row.n})"
                                      for row in table.itertuples()])  # fmt: skip
    ax.set(xlim=(0, 100), xlabel="share of languages (%; in the bars: how many)")
    ax.set_title(compared + "\n" * bool(compared) + TITLE)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    sns.despine(ax=ax, left=True)
    legend(ax)
    return describe_significance(table, compared)


def describe_by_group(table: "DataFrame") -> str:
    """Describe each group's mean gain, its smallest and its largest, for the picture's alt text."""
    metric = one(table[table["value"] != ""])
    parts = [f"{name}: mean {rows.gain.mean():+.1f}, {rows.gain.min():+.1f} to {rows.gain.max():+.1f} (n = {len(rows)})"
             for name, rows in _lines(table)]  # fmt: skip
    return f"Gains of {names(table)} in {metric} points by group. {'; '.join(parts)}."


def describe_significance(table: "DataFrame", compared: str = "") -> str:
    """Describe how many languages of each group gained, lost, or were not shown to differ, for the alt text."""
    only(table, "group")
    rows = [f"{row.direction}, {row.value} (n = {row.n}): {row.gained} gained, {row.lost} lost, {row.unclear} not shown"
            for row in table.itertuples()]  # fmt: skip
    return f"{compared}{'. ' * bool(compared)}{TITLE}. {'; '.join(rows)}."


def _lines(table: "DataFrame") -> "list[tuple[str, DataFrame]]":
    """Split a table into the lines of the picture: by pivot, then groups in the order of `groups.by_group`."""
    several, meaning = table["direction"].nunique() > 1, meanings(table)
    return [
        (f"{direction}, " * several + meaning.get(value, value), rows[rows["value"] == value])
        for direction, rows in table.groupby("direction", sort=False)
        for value in ranked(rows["value"])
    ]


def _strip(rows: "DataFrame", ax: "Axes", y: int, colour) -> "DataFrame":
    """Draw a group's languages, in order of gain, on the line y, and return where they are."""
    few = [0.3, -0.3] * BOX if len(rows) > 1 else [0.0]
    spread = [(at * GOLDEN) % 1 - 0.5 for at in range(len(rows))] if len(rows) >= BOX else few
    heights = [y + 0.55 * each for each in spread[: len(rows)]]
    faces = ["white" if verdict == UNCLEAR else colour for verdict in rows["verdict"]]
    if len(rows) >= BOX:
        ax.boxplot(rows["gain"], positions=[y], orientation="horizontal", widths=0.7, showfliers=False, zorder=1,
                   manage_ticks=False, medianprops={"color": "0.3", "linewidth": 2},
                   **{part: {"color": "0.6"} for part in ("boxprops", "whiskerprops", "capprops")})  # fmt: skip
    ax.scatter(rows["gain"], heights, s=22, c=faces, edgecolors=[colour], linewidths=1, zorder=2)
    if len(rows) > 1:
        ax.scatter([rows["gain"].mean()], [y], marker="D", s=42, c="black", edgecolors="white", zorder=3)
    return rows.assign(code=rows["language"], x=rows["gain"], y=heights, of=len(rows), mean=y)


def _name(ax: "Axes", drawn: "list[DataFrame]") -> None:
    """Name the languages of small groups, and those at both ends of large ones, clear of means and of boxes."""
    import pandas as pd
    from matplotlib.transforms import Bbox

    fit(ax.figure)
    points, half = pd.concat(drawn, ignore_index=True), 3.5 * ax.figure.dpi / 72
    means = points[points["of"] > 1].groupby("mean")["x"].mean()
    taken = [Bbox([at - half, at + half]) for at in ax.transData.transform([*zip(means, means.index, strict=True)])]
    rank = points.groupby("mean").cumcount()
    ends = pd.concat([rank, points["of"] - 1 - rank], axis=1).min(axis=1).sort_values(kind="stable")
    name(ax, points, ends.index[(ends == 0) | (points["of"][ends.index] <= FEW)], taken=taken)
