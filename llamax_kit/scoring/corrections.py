"""What many tests at once allow one to say of each direction: gained, lost, or not shown to differ. Tests nothing.

Takes a table of gains with uncorrected p-values, a row a direction; corrects over all of its rows.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

GAINED, LOST, UNCLEAR, UNTESTED = "gained", "lost", "not shown to differ", "not tested"
ALPHA = 0.05


class Correction(NamedTuple):
    """A correction of p-values for the number of tests: its column, the function of p, and how a paper names it."""

    column: str
    function: Callable
    cited: str


CORRECTIONS = {
    "holm": Correction("p_holm", significance.holm, "Holm's method (1979)"),
    "bh": Correction("q", significance.benjamini_hochberg, "Benjamini and Hochberg's method (1995)"),
}
EACH = 200  # shuffles a direction; see `shuffles`


def corrected(table: "DataFrame") -> "DataFrame":
    """Add the column of each correction of p over all rows, and the verdicts by Holm; a missing p is no test."""
    return verdicts(table.assign(**{each.column: each.function(table["p"]) for each in CORRECTIONS.values()}))


def verdicts(table: "DataFrame", correction: str = "holm") -> "DataFrame":
    """Add the verdicts of a correction, at 0.05, in the column `verdict`.

    "gained", "lost", "not shown to differ" (which is not "equal"), or "not tested" where there is no p. correction:
    "holm" bounds the chance of a single false finding, "bh" the expected share of false ones among the findings.

    Raises UnknownName for another correction.
    """
    import numpy as np

    p = table[find(correction).column]
    found = [p.isna(), (p < ALPHA) & (table["gain"] > 0), (p < ALPHA) & (table["gain"] < 0)]
    return table.assign(verdict=np.select(found, [UNTESTED, GAINED, LOST], UNCLEAR))


def find(correction: str) -> Correction:
    """Find a correction by name: `find("holm").column` is "p_holm". Raises UnknownName for another."""
    if correction not in CORRECTIONS:
        remedy = "holm to claim each finding, bh to screen many"
        raise UnknownName("correction", given=correction, choices=CORRECTIONS, remedy=remedy)
    return CORRECTIONS[correction]


def shuffles(directions: int, *, asked: int = 0) -> int:
    """Return how many shuffles each test needs: 10,000, but 200 a direction, so 274,400 for the paper's 1,372.

    No p is below 1 / (shuffles + 1), and Holm multiplies the smallest by the number of tests: with 10,000 shuffles and
    more than 500 directions nothing could come below 0.05. And p is an estimate: of d directions the first must have p
    below 0.05 / d. One whose true p is half of that is found with 97 of 100 seeds (with 40 shuffles a direction: 74).
    asked: how many the user wants; 0: as many as are needed. 274,400 take 0.4 s for 1,012 sentences.

    Raises KitError for fewer than none, and when nothing could be found with as few as asked.
    """
    enough = max(significance.SHUFFLES, EACH * directions)
    if asked < 0:
        raise KitError(
            f"samples must be a number of shuffles, or 0 for as many as are needed, got {asked}. "
            f"To mend: leave it at 0, which takes {enough:,} here"
        )
    if asked and directions / (asked + 1) >= ALPHA:
        raise KitError(
            f"{asked:,} shuffles give no p below {1 / (asked + 1):.2g}, and Holm multiplies it by the {directions} "
            f"directions: nothing could be found at {ALPHA}. To mend: take samples={enough}, or 0 for what is needed"
        )
    return asked or enough
