"""Draws how often gains are found with how many sentences, and describes it in words. Computes nothing."""

from typing import TYPE_CHECKING

from llamax_kit.analysis.power import FOUND, smallest, wilson
from llamax_kit.data.translations import DIRECTION, nouns
from llamax_kit.reporting.plots.style import SMALL, direction, finish, only, size, styles, verbatim
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

USUAL = round(100 * FOUND)  # per cent


@verbatim
def power(table: "DataFrame", ax: "Axes", compared: str = "") -> str:
    """Draw the share of trials that find a gain, by the gain: a line per number of sentences, its 95 % interval shaded.

    Parameters
    ----------
    table : DataFrame
        A table of `power.power`.
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
        When the table is empty or was made for two numbers of directions.
    """
    threshold = _threshold(only(table, "directions"))
    sizes = list(table.groupby("n"))
    size(ax, 4)
    for (n, rows), style in zip(sizes, styles(len(sizes)), strict=True):
        rows = rows.sort_values("gain")
        ax.plot(rows["gain"], 100 * rows["power"], style["fmt"] + "-", color=style["color"], markersize=5,
                label=counted(n, nouns(table)[1]))  # fmt: skip
        low, high = wilson(rows["power"], trials=rows["trials"])
        ax.fill_between(rows["gain"], 100 * low, 100 * high, color=style["color"], alpha=0.12, linewidth=0)
    ax.axhline(USUAL, color="0.4", linestyle="--", linewidth=1)
    ax.annotate(f"{USUAL} %", (1, USUAL), xycoords=("axes fraction", "data"), xytext=(-2, 3),
                textcoords="offset points", ha="right", color="0.4", fontsize=SMALL)  # fmt: skip
    metric = f"{only(table, 'metric')} " if "metric" in table else ""
    ax.set(ylim=(-2, 102), xlabel=f"gain between the two systems ({metric}points)",
           ylabel=f"trials with p < {threshold} (per cent)",
           title=_of(table, compared) + f"How small a gain is found, {_trials(table)} trials per dot")  # fmt: skip
    finish(ax, len(sizes))
    return describe_power(table, compared)


def describe_power(table: "DataFrame", compared: str = "") -> str:
    """Describe a table of power in words, for the picture's alt text.

    "Share of trials with p < 0.05, by gain in points. 100 sentences: from 5 % at 0.0 to 94 % at 5.1; 80 % reached at
    3.82 (3.55 to 4.10)." Where 80 % are reached is read off the line, and in brackets off the ends of its interval, as
    `power.smallest` tabulates it.
    """
    parts, enough = [], smallest(table).set_index("n")
    for n, rows in table.groupby("n"):
        rows = rows.sort_values("gain")
        first, last = rows.iloc[0], rows.iloc[-1]
        gain, low, high = enough.loc[n, ["gain", "ci_low", "ci_high"]]
        ends = f"{low:.2f} to {high:.2f}" if high == high else f"from {low:.2f}"
        reached = f"{USUAL} % not reached" if gain != gain else f"{USUAL} % reached at {gain:.2f} ({ends})"
        ends = f"from {100 * first.power:.0f} % at {first.gain:.1f} to {100 * last.power:.0f} % at {last.gain:.1f}"
        parts.append(f"{counted(n, nouns(table)[1])}: {ends}; {reached}.")
    said = f"Share of trials with p < {_threshold(only(table, 'directions'))}, by gain in points. " + " ".join(parts)
    of = _of(table, compared)
    return f"{of.strip()}. {said}" if of else said


def _of(table: "DataFrame", compared: str) -> str:
    """Return the first line of a title: whose gain is found, and in which direction, where the table has it."""
    where = only(table.assign(direction=direction(table)), "direction") if {*DIRECTION} <= {*table} else ""
    named = ", ".join(filter(None, (compared, where)))
    return named and f"{named}\n"


def _threshold(directions: int) -> str:
    return "0.05" if directions == 1 else f"0.05 / {directions}"


def _trials(table: "DataFrame") -> str:
    few, many = int(table["trials"].min()), int(table["trials"].max())
    return f"{few}" if few == many else f"{few}–{many}"
