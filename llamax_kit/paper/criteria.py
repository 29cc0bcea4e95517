"""One rule for every claim: what is measured, a bound, and the verdict that these two and the figures leave.

- holds: every figure passes the bound
- holds on average, not everywhere: their mean passes it, some of them do not
- does not hold: their mean does not pass it

Knows no claim (see `claims`), and tests nothing: the figures have no sentences.
"""

from operator import ge, gt
from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.style import signed

if TYPE_CHECKING:
    from pandas import Series

PASSES = {"above": gt, "at least": ge}
MANY = 6  # figures that are no longer named one by one


def row(
    claim: str, *, words: str, where: str, measured: str, word: str, bound: float, figures: "Series", also: str = ""
) -> tuple:
    """Return a row of `claims`, made from one bound, so that the yardstick printed is the yardstick used.

    words: the authors', as quoted.
    also: what else is worth knowing. Without it a few figures that fail are named, or else the ends of all.
    """
    passed = PASSES[word](figures, bound)
    failed = figures[~passed].sort_values()
    also = also or (f"not {few(failed)}" if 0 < len(failed) < MANY else ends(figures))
    found = f"{share(passed)} pass, mean {signed(figures.mean())}" if len(figures) > 1 else few(figures)
    yardstick = f"{measured}: {word} {bound}".replace(" -", " −")
    return claim, words, where, yardstick, f"{found}; {also}", len(figures), verdict(figures, word, bound)


def verdict(figures: "Series", word: str, bound: float) -> str:
    """Judge figures by a bound: `verdict(pd.Series([9.0, 12.0]), "above", 10)` "holds on average, not everywhere"."""
    passes = PASSES[word]
    if passes(figures, bound).all():
        return "holds"
    return "holds on average, not everywhere" if passes(figures.mean(), bound) else "does not hold"


def share(true: "Series") -> str:
    """Count what is true: "11 of 14"."""
    return f"{int(true.sum()):,} of {len(true):,}"


def ends(figures: "Series") -> str:
    """Write the lowest and the highest: "from X-zh +9.07 to X-ne +14.44"."""
    return f"from {few(figures.nsmallest(1))} to {few(figures.nlargest(1))}"


def few(figures: "Series") -> str:
    """Write figures with their names: "X-zh +9.07, X-az +9.64"; counts are whole, and have no sign: "languages 102"."""
    whole = figures.dtype.kind == "i"
    return ", ".join(f"{name} {figure if whole else signed(figure)}" for name, figure in figures.items())
