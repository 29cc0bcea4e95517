"""Detectors of faults in published scores: each looks for one kind everywhere, and knows no answer beforehand.

Each gives a table, empty where there is nothing, and says what it found, not why it happened; `contradictions` puts the
findings in words. Needs the release (see `release`).
"""

from typing import TYPE_CHECKING

from llamax_kit.published import recompute, release
from llamax_kit.published.recompute import ROUNDING

if TYPE_CHECKING:
    from pandas import DataFrame

WHOLE = 0.5  # share of integer scores in a row above which it had been rounded; two true decimals give 0.01
LOST = -0.6  # log residual: the score is at most 55 % of what its row and its column let expect
NOTABLE = 5  # points of spBLEU that row and column let expect


def differing() -> "DataFrame":
    """Give the cells of Table 3 that differ from the release: system, direction, metric, printed, recomputed, …."""
    found = recompute.table3()
    return found[found["verdict"] == "differs"].reset_index(drop=True)


def swapped() -> "DataFrame":
    """Find two differing cells of a system that each hold the other's released value: Table 3, either metric.

    system, metric, one, other (directions), printed_one, printed_other, released_one, released_other.
    """
    cells = differing()[["system", "metric", "direction", "printed", "recomputed"]]
    pairs = cells.merge(cells, on=["system", "metric"], suffixes=("_one", "_other"))
    pairs = pairs[pairs["direction_one"] < pairs["direction_other"]]
    crossed = [(pairs[f"printed_{a}"] - pairs[f"recomputed_{b}"]).abs() <= ROUNDING
               for a, b in (("one", "other"), ("other", "one"))]  # fmt: skip
    names = {"direction_one": "one", "direction_other": "other"}
    names |= {f"recomputed_{side}": f"released_{side}" for side in ("one", "other")}
    return pairs[crossed[0] & crossed[1]].rename(columns=names).reset_index(drop=True)


def mislabelled() -> "DataFrame":
    """Find curves of Figure 7 that are not their system's scores, and the system whose they are.

    direction, labelled, true, drawn_mean, labelled_mean, same (scores drawn that are those of `true`), n.
    """
    import pandas as pd

    rows, ours = [], recompute.scores()
    for (label, direction), plotted in recompute.figure7().groupby(["system", "direction"], sort=False):
        if (plotted["verdict"] == "differs").mean() < WHOLE:
            continue
        there = ours[ours["direction"] == direction].pivot(index="partner", columns="system", values="score")
        same = there.sub(plotted.set_index("partner")["printed"], axis="index").abs().le(ROUNDING).sum()
        means = plotted["printed"].mean(), plotted["recomputed"].mean()
        rows.append((direction, label, same.idxmax(), *means, same.max(), len(plotted)))
    return pd.DataFrame(rows, columns=["direction", "labelled", "true", "drawn_mean", "labelled_mean", "same", "n"])


def miscounted() -> "DataFrame":
    """Find averages named for another number of languages than they are over: partners, n, rows, farthest (points).

    The languages are those whose averages reproduce the summaries, at most `farthest` away from any of their figures.
    """
    table = recompute.summaries().assign(apart=lambda each: each["difference"].abs())
    table = table[(table["average"] == "all") & (table["partners"] != table["n"])]
    return table.groupby(["partners", "n"])["apart"].agg(rows="size", farthest="max").reset_index()


def rounded(metric: str = "COMET") -> "DataFrame":
    """Find rows most of whose scores are whole numbers, rounded before averaging: system, direction, share, n."""
    scores = release.scores(metric)
    whole = scores.assign(share=scores["score"] % 1 == 0).groupby(["system", "direction"], sort=False)["share"]
    rows = whole.agg(share="mean", n="size").reset_index()
    return rows[rows["share"] > WHOLE].reset_index(drop=True)


def inconsistent() -> tuple[int, "DataFrame"]:
    """Count the directions that stand in two rows (zh-X and X-en hold zh-en), and give those whose scores differ."""
    import pandas as pd

    scores = pd.concat([release.scores(metric) for metric in release.FILES])
    pairs = scores.groupby(["system", "metric", "src", "tgt"], sort=False)["score"].agg(["size", "min", "max"])
    pairs = pairs[pairs["size"] == 2]
    return len(pairs), pairs[pairs["min"] != pairs["max"]].reset_index()


def zeros() -> "DataFrame":
    """Find directions with a spBLEU of 0.00, where no output can have been a translation: rows of the release."""
    scores = release.scores()
    return scores[scores["score"] == 0].reset_index(drop=True)


def outliers() -> "DataFrame":
    """Find scores far below what their system's other scores let expect: off-target output, or answers misread.

    A score's expectation is the fit of log(score) = pivot + partner, for each system, out of and into the pivots apart.
    Gives the rows of the release with expected (spBLEU points, at least 5) and residual (log, below -0.6), worst first.
    """
    import numpy as np

    scores = recompute.scores().assign(side=lambda each: each["direction"].str.startswith("X-"))
    scores["log"] = np.log(scores["score"].clip(lower=0.01))
    by = [scores["system"], scores["side"]]
    rest = scores["log"] - scores.groupby(["system", "side", "direction"])["log"].transform("mean")
    rest -= rest.groupby([*by, scores["partner"]]).transform("mean")
    table = scores.assign(expected=np.exp(scores["log"] - rest), residual=rest)
    many = scores.groupby(["system", "side"])["direction"].transform("nunique") > 2  # with two rows, who is far off?
    table = table[many & (rest < LOST) & (table["expected"] >= NOTABLE)].sort_values("residual")
    return table[["system", "direction", "src", "tgt", "score", "expected", "residual"]].reset_index(drop=True)
