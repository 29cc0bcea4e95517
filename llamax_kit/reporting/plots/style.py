"""What all pictures share: colours with different markers, room for every row, one look. Draws nothing itself."""

from textwrap import fill
from typing import TYPE_CHECKING

from llamax_kit.data.translations import DIRECTION
from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

MARKERS = "osD^vPX*<>"
PALETTE = "colorblind"  # seaborn's; markers differ too, so that nobody depends on colour


def direction(table: "DataFrame"):
    """Return each row's direction, as in "en-sw"."""
    return table["src"] + "-" + table["tgt"]


def only(table: "DataFrame", column: str | None) -> str:
    """Check that there is something to draw, and return the only value of a column.

    Raises KitError for no rows, or several values.
    """
    if table.empty:
        raise KitError("there is nothing to draw: the table has no rows. To mend: choose directions that it holds")
    values = list(dict.fromkeys(table[column])) if column else [""]
    if len(values) > 1:
        raise KitError(
            f"one picture shows one {column}, got {', '.join(map(str, values))}. "
            f"To mend: draw table[table.{column} == {values[0]!r}]"
        )
    return values[0]


def styles(count: int) -> list[dict]:
    """Return `count` styles for dots with error bars: a colour and a marker each."""
    import seaborn as sns

    colours, markers = sns.color_palette(PALETTE, count), len(MARKERS)  # beyond ten, colours repeat with other markers
    return [
        {"fmt": MARKERS[(i + i // 10) % markers], "color": colour, "markersize": 5, "elinewidth": 1.3, "capsize": 2}
        for i, colour in enumerate(colours)
    ]


def sizes(table: "DataFrame") -> str:
    """Return how many sentences a direction has, from the column n: "n = 1,012 sentences per direction".

    Where n is not known, as for published scores, return the number of directions.
    """
    if table["n"].isna().all():
        count = len(table.drop_duplicates(DIRECTION))
        return f"n = {count:,} direction{'s' * (count != 1)}"
    few, many = int(table["n"].min()), int(table["n"].max())
    return f"n = {few:,}{f'–{many:,}' * (few != many)} sentence{'s' * (many != 1)} per direction"


def few_sentences(table: "DataFrame") -> str:
    """Return the last line of a title: what intervals of few sentences are worth (see `caveat`); "" for enough."""
    note = significance.caveat(table["n"], table["ci_low"])
    return note and "\n" + fill(note, 75)


def grow(ax: "Axes", rows: int, *, systems: int) -> None:
    """Make a figure with one pair of axes tall enough for its rows."""
    if len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(7.2, max(2.2, 1.3 + rows * (0.2 + 0.06 * systems)))


def finish(ax: "Axes", systems: int) -> None:
    """Remove what is not needed, and put the legend beside the axes if there is more than one system."""
    import seaborn as sns

    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    if systems > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0)


def signed(points: float, digits: int = 2) -> str:
    """Return a difference with its sign: "+12.17", "−1.11" with the minus sign of the axes, "0.00" for zero."""
    rounded = round(points, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
