"""Detectors of faults and oddities in published scores: each looks for one kind, and knows no answer beforehand.

The first three look at every printed figure that the release has too (`cells`), `averages` at printed figures alone,
the others at the release itself. Each returns a table, empty where there is nothing, and says what it found, not why it
happened; `contradictions` puts the findings in words, and says where each looked. Needs the release (see `release`).
"""

from typing import TYPE_CHECKING

from llamax_kit.paper import printed, recompute, release, tables
from llamax_kit.paper.recompute import ROUNDING
from llamax_kit.reporting.plots.style import direction

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

WHOLE = 0.5  # share of integer scores in a row above which it had been rounded; two true decimals give 0.01
LOST = -0.6  # log residual: the score is at most 55 % of what its row and its column let expect
NOTABLE = 5  # points of spBLEU that row and column let expect
ROW = ["place", "row", "system", "metric"]  # what makes a row of a printed table, or a curve of a figure
CARDS, CELLS = "languages of the model card", "cells beside it"  # what an average is compared with


def cells() -> "DataFrame":
    """Return all printed figures that the release has too: Tables 3 and 6, Figures 4, 6 and 7.

    place ("Table 3"), row ("zh-X", a curve of Figure 7; else ""), system, metric, cell ("en-X", an average, or
    "zh-af"), printed, recomputed, verdict.
    """
    import pandas as pd

    whole = {"Table 3": recompute.table3(), "Table 6": recompute.table6(), "Figure 4": recompute.figure4()}
    parts = [table.assign(place=place, row="", cell=table["direction"]) for place, table in whole.items()]
    single, drawn = recompute.figure6(), recompute.figure7()
    names = zip(drawn["direction"], drawn["partner"], strict=True)
    parts += [
        single.assign(place="Figure 6", row="", system=recompute.MODEL, metric="spBLEU", cell=direction(single)),
        drawn.assign(place="Figure 7", row=drawn["direction"], metric="spBLEU",
                     cell=[way.replace("X", partner) for way, partner in names]),
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)[[*ROW, "cell", "printed", "recomputed", "verdict"]]
    return table[table["recomputed"].notna()].reset_index(drop=True)


def differing() -> "DataFrame":
    """Return the `cells` that differ from the release, but for rows that are another system's (`mislabelled`)."""
    found = cells()
    other = found.set_index(ROW).index.isin(mislabelled().set_index(ROW).index)
    return found[(found["verdict"] == "differs") & ~other].reset_index(drop=True)


def swapped() -> "DataFrame":
    """Find two differing cells of a system, in one place, that each hold the other's released value.

    place, row, system, metric, one, other (cells), printed_one, printed_other, released_one, released_other.
    """
    found = differing().drop(columns="verdict")
    pairs = found.merge(found, on=ROW, suffixes=("_one", "_other"))
    pairs = pairs[pairs["cell_one"] < pairs["cell_other"]]
    crossed = [(pairs[f"printed_{a}"] - pairs[f"recomputed_{b}"]).abs() <= ROUNDING
               for a, b in (("one", "other"), ("other", "one"))]  # fmt: skip
    names = {"cell_one": "one", "cell_other": "other"}
    names |= {f"recomputed_{side}": f"released_{side}" for side in ("one", "other")}
    return pairs[crossed[0] & crossed[1]].rename(columns=names).reset_index(drop=True)


def mislabelled() -> "DataFrame":
    """Find rows of a table and curves of a figure that are not their system's scores, and the system whose they are.

    place, row, system, metric, true, same (figures printed that are those of `true`), n, printed_mean, system_mean.
    """
    table = cells()
    off = table["verdict"].eq("differs").groupby([table[name] for name in ROW]).transform("mean")
    odd = table[off > WHOLE]
    means = odd.groupby(ROW, sort=False).agg(
        n=("cell", "size"), printed_mean=("printed", "mean"), system_mean=("recomputed", "mean")
    )
    both = odd.merge(_released(), on=["metric", "cell"])
    both["same"] = (both["printed"] - both["score"]).abs() <= ROUNDING
    same = both.groupby([*ROW, "true"], sort=False)["same"].sum().reset_index().sort_values("same", ascending=False)
    found = same.drop_duplicates(ROW).merge(means.reset_index(), on=ROW)
    return found[found["same"] > WHOLE * found["n"]].reset_index(drop=True)


def averages() -> "DataFrame":
    """Compare printed averages with the means of printed figures: place, system, printed, n, source, mean, said.

    Those of Figure 3 with the model cards, those of Tables 5 and 6 with the cells beside them. said: the verdict.
    """
    import pandas as pd

    cards = tables.figure3().rename(columns={"from_cards": "mean", "beside_cards": "said"})
    cards = cards.assign(place="Figure 3, " + cards["task"], source=CARDS)
    parts = [cards.drop(columns="verdict")]
    for name, over, by in (("table5", "test", ["system"]), ("table6", "direction", ["system", "route", "metric"])):
        table = printed.table(name)
        average = table[over] == "average"
        cells = table[~average].groupby(by, sort=False)["score"].agg(n="size", recomputed="mean").reset_index()
        stated = table[average][[*by, "score"]].rename(columns={"score": "printed"})
        both = recompute.beside(stated.merge(cells, how="left", on=by))
        both = both.rename(columns={"recomputed": "mean", "verdict": "said"})
        parts.append(both.assign(place=name.replace("table", "Table "), source=CELLS))
    return pd.concat(parts, ignore_index=True)


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
    """Count the directions that stand in two rows (zh-X and X-en hold zh-en); return those whose scores differ."""
    import pandas as pd

    scores = pd.concat([release.scores(metric) for metric in release.FILES])
    pairs = scores.groupby(["system", "metric", "src", "tgt"], sort=False)["score"].agg(["size", "min", "max"])
    pairs = pairs[pairs["size"] == 2]
    return len(pairs), pairs[pairs["min"] != pairs["max"]].reset_index()


def zeros() -> "DataFrame":
    """Find directions with a spBLEU of 0.00: rows of the release.

    Below 0.005 as released, which does not say that nothing was translated: 50 perfect lines of 1,012 and no others
    score 0.00 too, for the brevity penalty is on the whole text.
    """
    scores = release.scores()
    return scores[scores["score"] == 0].reset_index(drop=True)


def expected() -> "DataFrame":
    """Fit log(score) = row + column by least squares for each system, out of and into the pivots apart.

    A row is a pivot's direction ("zh-X"), a column a partner; a pivot has no score with itself, so cells are missing,
    and the fit is no difference of means. Two rows fit nothing: which of the two would be far off?

    Returns rows of the release with expected (spBLEU points) and residual (log of the score less that of the expected).
    """
    import numpy as np
    import pandas as pd

    scores = recompute.scores().assign(side=lambda each: each["direction"].str.startswith("X-"))
    scores["log"] = np.log(scores["score"].clip(lower=0.01))
    parts = [part for _, part in scores.groupby(["system", "side"]) if part["direction"].nunique() > 2]
    table = pd.concat(part.assign(residual=part["log"] - _fit(part)) for part in parts).sort_index()
    table["expected"] = np.exp(table["log"] - table["residual"])
    return table[["system", "direction", "src", "tgt", "score", "expected", "residual"]]


def outliers() -> "DataFrame":
    """Find scores far below what their system's other scores let expect; why cannot be told without the outputs.

    The rows of `expected`, at least 5 points, whose residual is below -0.6, worst first.
    """
    table = expected()
    table = table[(table["residual"] < LOST) & (table["expected"] >= NOTABLE)]
    return table.sort_values("residual").reset_index(drop=True)


def _fit(part: "DataFrame") -> "ndarray":
    """Return the log scores that rows and columns explain, by least squares over the cells that are there."""
    import numpy as np
    import pandas as pd

    design = pd.get_dummies(part[["direction", "partner"]], dtype=float).to_numpy()
    effects = np.linalg.lstsq(design.T @ design, design.T @ part["log"].to_numpy(), rcond=None)[0]
    return design @ effects


def _released() -> "DataFrame":
    """Return the released averages and scores by what a cell is called: true (the system), metric, cell, score."""
    import pandas as pd

    parts = [recompute.means(metric).query("average == 'all'").assign(metric=metric) for metric in release.FILES]
    parts = [part.rename(columns={"recomputed": "score", "direction": "cell"}) for part in parts]
    single = release.scores().drop_duplicates(["system", "src", "tgt"])
    table = pd.concat([*parts, single.assign(cell=direction(single))]).rename(columns={"system": "true"})
    return table[["true", "metric", "cell", "score"]]
