"""Draws gains on trained and on unseen languages: the paper's Figure 4, by any group of languages, by fertility.

Computes only the means of what it draws, as bars: gains are in the table of `unseen.by_language`, means in those of
`groups`.
"""

from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.gain_plots import names
from llamax_kit.reporting.plots.labels import LABELLED, aside, label
from llamax_kit.reporting.plots.style import (
    COLUMN,
    MARGIN,
    PALETTE,
    SMALL,
    legend,
    only,
    size,
    sizes,
    verbatim,
)
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

TICKS = (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100)
LOOKS = {"trained": ("o", 0), "unseen": ("s", 1)}  # marker, place in the palette
AXES = {
    "relative_to_english": "tokens, relative to the same sentences in English",
    "tokens_per_word": "tokens per word",
    "tokens_per_character": "tokens per character",
}
BY = dict(zip(AXES, ("tokens relative to English", "tokens per word", "tokens per character"), strict=True))


@verbatim
def seen_unseen(table: "DataFrame", ax: "Axes", title: str, *, metric: str = "spBLEU") -> str:
    """Draw what the paper's Figure 4 shows: one row per group, its mean scores by baseline and system, joined.

    The axis begins at 0; two such pictures with one axis (`sharex`) show their gains on one scale.

    Parameters
    ----------
    table : DataFrame
        Of `groups.by_group(gains, "trained")`: direction, value, baseline_score, score, gain (points), ci_low, ci_high
        (if any: the bar at the system's score) and n (missing: not known) are read. Rows "all" are not drawn.
    ax : Axes
        Of matplotlib.
    title : str
        The picture's title.
    metric : str
        The name of the score.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty.
    """
    rows = table[table["value"] != "all"].reset_index(drop=True)
    only(rows, None)
    known = rows["ci_low"].notna() if "ci_low" in rows else [False] * len(rows)
    for y, row in rows.iterrows():
        marker, colour = _look(row["value"])
        ends = row["baseline_score"], row["score"]
        ax.plot(ends, [y, y], color=colour, linewidth=2, alpha=0.5)
        ax.plot(ends[0], y, marker, color=colour, markerfacecolor="white", markersize=7)
        ax.plot(ends[1], y, marker, color=colour, markersize=7)
        if known[y]:
            reach = [[row["gain"] - row["ci_low"]], [row["ci_high"] - row["gain"]]]
            ax.errorbar(ends[1], y, xerr=reach, color=colour, elinewidth=1.3, capsize=3)
        value = f"{row['gain']:+.2f}".replace("-", "−")
        ax.annotate(value, (sum(ends) / 2, y), (0, 5), textcoords="offset points", ha="center", fontsize=SMALL)
    counts = rows["n"].map(lambda n: f"n = {n:.0f}", na_action="ignore").fillna("n not published")
    ax.set_yticks(range(len(rows)), rows["direction"] + ", " + rows["value"] + "\n" + counts)
    ax.set_ylim(len(rows) - 0.5, -0.6)
    ax.set_xlim(0, max(ax.get_xlim()[1], ax.dataLim.x1 * 1.05))
    bars = ", bar: 95 % interval of the mean gain" if any(known) else ""
    ax.set_xlabel(f"mean {metric} (points)\nopen: baseline, filled: system{bars}")
    ax.set_title(title)
    _finish(ax)
    return describe_seen_unseen(table)


@verbatim
def beside_figure4(table: "DataFrame", ax: "Axes", paper: "DataFrame", title: str, *, metric: str = "spBLEU") -> str:
    """Draw `seen_unseen` twice on one axis: the paper's Figure 4 above, a table of your own below.

    Parameters
    ----------
    table : DataFrame
        Your own, as `seen_unseen` takes it.
    ax : Axes
        Its figure is cleared and drawn anew.
    paper : DataFrame
        The paper's Figure 4, in the same columns.
    title : str
        Of your own picture.
    metric : str
        The name of your score.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When a table is empty.
    """
    figure, rows = ax.figure, [len(paper), sum(table["value"] != "all")]
    figure.clear()
    figure.set_size_inches(COLUMN, 1.8 + 0.55 * sum(rows))
    figure.set_layout_engine("constrained", h_pad=0.12, w_pad=MARGIN)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=rows)
    theirs = seen_unseen(paper, above, "The paper: LLaMAX2-7B-Alpaca over LLaMA2-7B-Alpaca")
    ours = seen_unseen(table, below, title, metric=metric)
    above.tick_params(labelbottom=True)
    return f"Above, the paper: {theirs} Below, {title}: {ours}"


@verbatim
def languages_by_group(table: "DataFrame", ax: "Axes", column: str) -> str:
    """Draw each language's gain, one row per group of `column`; a bar is the mean of a group of two or more.

    Groups are in their own order where the column is categorical, else the largest mean first. Up to thirty languages
    have their codes beside them, of more only the first and last few.

    Parameters
    ----------
    table : DataFrame
        Of `unseen.by_language`, one direction.
    ax : Axes
        Of matplotlib.
    column : str
        The column that holds the group.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty or holds two directions.
    """
    only(table, "direction")
    ordered = table[column].dtype == "category"
    if not ordered:  # a language that a user added need have neither script nor family
        table = table.assign(**{column: table[column].replace("", "not known")})
    means = table.groupby(column, observed=True)["gain"].agg(["mean", "size"])
    if not ordered:
        means = means.sort_values("mean", ascending=False, kind="stable")
    rows, named = range(len(means)), len(table) <= LABELLED
    places = means.index.get_indexer(table[column])
    size(ax, 1.5 + len(means) * (0.85 if len(means) < 6 else 0.46 if named else 0.34))
    ax.axvline(0, color="0.4", linewidth=0.8)
    bars = [(mean, y) for y, (mean, size) in zip(rows, means.itertuples(index=False), strict=True) if size > 1]
    for mean, y in bars:
        ax.plot([mean, mean], [y - 0.38, y + 0.38], color="0.2", linewidth=1.5, zorder=2)
    ax.set_yticks(rows, [f"{name} (n = {size})" for name, size in means["size"].items()])
    ax.set_ylim(len(means) - 0.5, -0.5)
    ax.set_xlabel(f"gain in {table['metric'].iloc[0]} (points); bar: mean of a group")
    y = places + aside(table["gain"], places, 25 if named else 50)
    _dots(table, ax, table["gain"], y, f"gain by {column}")
    label(table, ax, table["gain"], y, ["x"], groups=table[column])
    return describe_languages_by_group(table, column)


@verbatim
def languages_by_fertility(table: "DataFrame", ax: "Axes", measure: str = "relative_to_english") -> str:
    """Draw each language's gain against its number of tokens, on a logarithmic axis.

    Up to thirty languages have their codes beside them, of more only those farthest out.

    Parameters
    ----------
    table : DataFrame
        Of `unseen.by_language` with a fertility table, one direction.
    ax : Axes
        Of matplotlib.
    measure : str
        relative_to_english, tokens_per_word (languages of the unit "word" only) or tokens_per_character.

    Returns
    -------
    str
        The picture's alt text.

    Raises
    ------
    KitError
        When the table is empty or holds two directions, or no language has the measure.
    """
    shown = _having(table, measure)
    only(shown, "direction")
    size(ax, 4.6)
    ax.axhline(0, color="0.4", linewidth=0.8)
    _dots(shown, ax, shown[measure], shown["gain"], f"gain by {BY[measure]}")
    ax.set_xscale("log")
    ax.set_xticks([tick for tick in TICKS if shown[measure].min() <= tick <= shown[measure].max()])
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set(xlabel=f"{AXES[measure]} (logarithmic)", ylabel=f"gain in {shown['metric'].iloc[0]} (points)")
    label(shown, ax, shown[measure], shown["gain"], ["x", "y"])
    return describe_languages_by_fertility(table, measure)


def describe_seen_unseen(table: "DataFrame") -> str:
    """Describe in words what `seen_unseen` draws, for the picture's alt text."""
    rows = table[table["value"] != "all"].itertuples()
    parts = [f"{row.direction}, {row.value}: {row.baseline_score:.1f} to {row.score:.1f}" for row in rows]
    return "Mean scores, baseline to system, in points. " + "; ".join(parts) + "."


def describe_languages_by_group(table: "DataFrame", column: str) -> str:
    """Describe in a sentence the mean gains of the first and the last groups, for the picture's alt text."""
    means = table.groupby(column, observed=True)["gain"].mean().sort_values(ascending=False, kind="stable")
    ends = means if len(means) < 5 else means.iloc[[0, 1, -1]]
    values = ", ".join(f"{name} {gain:+.1f}" for name, gain in ends.items())
    what = f"Gain of {counted(len(table), 'language')}, {only(table, 'direction')}, in {counted(len(means), 'group')}"
    return f"{what}; mean gains in points: {values}."


def describe_languages_by_fertility(table: "DataFrame", measure: str = "relative_to_english") -> str:
    """Describe in a sentence the range of the dots, for the picture's alt text."""
    shown = _having(table, measure)
    return (
        f"Gain against {AXES[measure]}, {only(shown, 'direction')}, {counted(len(shown), 'language')}: gains from "
        f"{shown['gain'].min():.1f} to {shown['gain'].max():.1f} points, {shown[measure].min():.2f} to "
        f"{shown[measure].max():.2f} tokens."
    )


def _having(table: "DataFrame", measure: str) -> "DataFrame":
    """Return the languages whose measure compares; tokens per word only where spaces separate words."""
    return table[table[measure].notna() & ((table["unit"] == "word") | (measure != "tokens_per_word"))]


def _look(languages: str) -> tuple[str, tuple]:
    import seaborn as sns

    marker, place = LOOKS["unseen" if languages.startswith("unseen") else "trained"]
    return marker, sns.color_palette(PALETTE)[place]


def _dots(table: "DataFrame", ax: "Axes", x, y, title: str) -> None:
    """Draw one dot per language; trained and unseen ones differ in colour and marker."""
    for name in LOOKS:
        here = (table["trained"] == (name == "trained")).to_numpy()
        marker, colour = _look(name)
        if here.any():
            ax.scatter(x[here], y[here], s=28, marker=marker, color=colour, alpha=0.75, linewidths=0,
                       label=f"{name} (n = {here.sum()})", zorder=3)  # fmt: skip
    legend(ax)
    heading = f"{names(table)}\n{title}, {table['direction'].iloc[0]}, {sizes(table)}"
    ax.set_title(heading)
    ax.margins(x=0.14)
    _finish(ax)


def _finish(ax: "Axes") -> None:
    import seaborn as sns

    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    sns.despine(ax=ax)
