"""Averages that the paper printed beside those of its own printed figures; needs neither the release nor a network.

Gives the columns of `recompute` (printed, recomputed, difference, verdict) and its verdicts; here "recomputed" is what
the printed single figures give. Says nothing of whether these are right: the release holds none of them.
"""

from typing import TYPE_CHECKING

from llamax_kit.paper import printed
from llamax_kit.paper.recompute import MISSING, beside

if TYPE_CHECKING:
    from pandas import DataFrame

ONE_DECIMAL = 0.055  # points: an average printed to 0.01 of figures printed to 0.1


def figure3() -> "DataFrame":
    """Set Figure 3's averages beside the model cards' figures by language: task, system, printed, n, from_cards, ….

    Accuracies in percent, on the cards with one decimal. LLaMAX2's MGSM is 43.70 in the figure, and 44.28 by its card.
    beside_cards: what `recompute.beside` says of the two; verdict: that of the figure, which the release does not hold.
    """
    table = printed.table("figure3")
    single = table[table["language"] != "average"]
    drawn = table[(table["language"] == "average") & (table["source"] == "Figure 3")]
    groups = single.groupby(["task", "system"], sort=False)["accuracy"]
    ours = groups.agg(n="size", recomputed="mean").reset_index()
    others = single[single["language"] != "en"].groupby(["task", "system"], sort=False)["accuracy"].mean()
    ours = ours.merge(others.rename("without_english").reset_index(), on=["task", "system"])
    drawn = drawn[["task", "system", "accuracy"]].rename(columns={"accuracy": "printed"})
    table = beside(drawn.merge(ours, how="left", on=["task", "system"]), ONE_DECIMAL)
    return table.rename(columns={"recomputed": "from_cards", "verdict": "beside_cards"}).assign(verdict=MISSING)


def table5() -> "DataFrame":
    """Set Table 5's averages beside the means of its nine tests: system, n, printed, …."""
    return _averages(printed.table("table5"), "test", ["system"])


def table6() -> "DataFrame":
    """Set the last row of Table 6 beside the means of its twelve directions: system, route, metric, n, printed, …."""
    return _averages(printed.table("table6"), "direction", ["system", "route", "metric"])


def detected() -> "DataFrame":
    """Average Tables 12 and 13: table, system, languages, n, source_share, target_share (percent), verdict.

    languages: "all"; "detectable" leaves out the `undetectable` languages. The paper prints no averages of these,
    and the outputs were not released.
    """
    import pandas as pd

    both, lost = shares(), undetectable()
    parts = [both.assign(languages="all"), both[~both["tgt"].isin(lost)].assign(languages="detectable")]
    groups = pd.concat(parts).groupby(["table", "system", "languages"], sort=False)
    averages = groups.agg(
        n=("tgt", "size"), source_share=("source_share", "mean"), target_share=("target_share", "mean")
    )
    return averages.reset_index().assign(verdict=MISSING)


def undetectable() -> list[str]:
    """Find the targets that no system's output was ever identified as, in either table: 18, as "ha", "zu", "zhtrad".

    That three or more systems never once, in 1,012 lines each, wrote what was taken for Hausa or Zulu speaks of the
    identifier: fastText's lid.176 has no such labels.
    """
    best = shares().groupby("tgt", sort=False)["target_share"].max()
    return sorted(best.index[best == 0])


def shares() -> "DataFrame":
    """Put Tables 12 and 13 together: table, system, src, tgt, source_share, target_share (percent of 1,012 outputs)."""
    import pandas as pd

    return pd.concat([printed.table(name).assign(table=name) for name in ("table12", "table13")])


def _averages(table: "DataFrame", over: str, by: list[str]) -> "DataFrame":
    average = table[over] == "average"
    ours = table[~average].groupby(by, sort=False)["score"].agg(n="size", recomputed="mean").reset_index()
    theirs = table[average][[*by, "score"]].rename(columns={"score": "printed"})
    return beside(theirs.merge(ours, how="left", on=by))
