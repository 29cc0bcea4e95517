"""The paper's figures beside those computed from the authors' scores by language.

Each function returns a table with the columns printed, recomputed, difference (printed - recomputed) and verdict:

- equal: the recomputed figure rounds to the printed one, a tie either way
- rounding: the two are at most 0.0101 apart, which rounding can explain: the scores were rounded before averaging
- differs: they are further apart
- printed, not recomputable: the release does not hold what the figure was made from

spBLEU and COMET are points, 0 to 100. Means are plain means over the languages on the other side of a pivot. What the
differences mean is for `contradictions`; averages of other printed figures are in `tables` and `detectors`.
"""

from typing import TYPE_CHECKING

from llamax_kit.data import languages
from llamax_kit.paper import printed, release

if TYPE_CHECKING:
    from pandas import DataFrame

TIE = 0.005 + 1e-9  # points, from a figure to its rounding to two decimals
ROUNDING = 0.0101
MISSING = "printed, not recomputable"
MODEL, BASELINE = "LLaMAX2-7B-Alpaca", "LLaMA2-7B-Alpaca"


def beside(table: "DataFrame", rounding: float = ROUNDING) -> "DataFrame":
    """Add difference and verdict to a table with the columns printed and recomputed (missing where it cannot be).

    rounding: points up to which a difference is of rounding; more than 0.0101 where the scores have fewer decimals.
    """
    apart = table["printed"] - table["recomputed"]
    return table.assign(difference=apart, verdict=[_verdict(abs(each), rounding=rounding) for each in apart])


def scores(metric: str = "spBLEU") -> "DataFrame":
    """Return the released scores with one more column: partner, the language X of the direction."""
    table = release.scores(metric)
    return table.assign(partner=table["tgt"].where(table["direction"].str.endswith("-X"), table["src"]))


def means(metric: str = "spBLEU", partners: int = 101) -> "DataFrame":
    """Average the released scores: system, direction, average ("low", "high", "all"), n, recomputed.

    partners: 101, all others; 85, only those that the authors' second summary counts (they are 86).
    """
    import pandas as pd

    facts, table = languages.table().set_index("code"), scores(metric)
    if partners == 85:
        table = table[table["partner"].map(facts["avg85"])]
    parts = [table.assign(average=table["partner"].map(facts["split"])), table.assign(average="all")]
    groups = pd.concat(parts).groupby(["system", "direction", "average"], sort=False)["score"]
    return groups.agg(n="size", recomputed="mean").reset_index()


def summaries() -> "DataFrame":
    """Compare each cell of the authors' averages with ours: system, metric, partners, direction, average, n, ….

    Which languages are "low" and "high" was never published; the split of `languages` reproduces all 2,784 cells.
    """
    import pandas as pd

    theirs = release.summaries().melt(
        ["system", "metric", "partners", "direction"], var_name="average", value_name="printed"
    )
    ours = [
        means(metric, partners).assign(metric=metric, partners=partners)
        for metric in release.FILES for partners in release.PARTNERS
    ]  # fmt: skip
    return beside(theirs.merge(pd.concat(ours), how="left", on=[*theirs.columns[:4], "average"]))


def table3() -> "DataFrame":
    """Compare Table 3 with our averages over 101 languages: system, size, direction, metric, partners, printed, ….

    M2M-100 and Lego-MT are not in the release.
    """
    table = printed.table("table3").rename(columns={"score": "printed"}).drop(columns=["section", "source"])
    return beside(table.merge(_over_all(), how="left", on=["system", "direction", "metric"]))


def figure1(threshold: float = 10) -> "DataFrame":
    """Count the directions with spBLEU above a threshold, in points: system, direction, n, recomputed, drawn.

    Figure 1 draws eight of the systems ("drawn") and prints no number to compare with.
    """
    table = scores()
    table = table[table["direction"].isin(["en-X", "X-en", "ar-X", "X-ar"])]
    groups = table.groupby(["system", "direction"], sort=False)["score"]
    counts = groups.agg(n="size", recomputed=lambda each: (each > threshold).sum()).reset_index()
    return counts.assign(drawn=counts["system"].isin(printed.table("figure1")["system"]))


def figure4() -> "DataFrame":
    """Compare Figure 4 with our averages: "seen" is the mean over FLORES-101; the others were never released."""
    table = printed.table("figure4").rename(columns={"score": "printed"}).drop(columns=["section", "source"])
    table = table.merge(_over_all(), how="left", on=["system", "direction", "metric"])
    return beside(table.assign(recomputed=table["recomputed"].where(table["languages"] == "seen")))


def figure6() -> "DataFrame":
    """Compare LLaMAX2's 42 scores of Figure 6 with the release: src, tgt, gpt4, gap (to GPT-4, ours), printed_gap, ….

    GPT-4's scores are not in the release, and its version and prompt are not given.
    """
    table = printed.table("figure6").rename(columns={"llamax2": "printed", "gap": "printed_gap"})
    ours = scores().query("system == @MODEL").drop_duplicates(["src", "tgt"])[["src", "tgt", "score"]]
    table = table.drop(columns=["section", "source"]).merge(ours, how="left", on=["src", "tgt"])
    table = table.rename(columns={"score": "recomputed"})
    return beside(table.assign(gap=table["recomputed"] - table["gpt4"]))


def figure7() -> "DataFrame":
    """Compare the scores plotted in Figure 7 with the release: system, direction, partner, printed, … (1,212 rows)."""
    table = printed.table("figure7").rename(columns={"score": "printed"}).drop(columns=["section", "source"])
    ours = scores()[["system", "direction", "partner", "score"]].rename(columns={"score": "recomputed"})
    return beside(table.merge(ours, how="left", on=["system", "direction", "partner"]))


def table6() -> "DataFrame":
    """Compare Table 6 with our averages: system, route, direction, metric, …; its "through English" is not released."""
    table = printed.table("table6").rename(columns={"score": "printed"}).drop(columns=["section", "source"])
    table = table[table["direction"] != "average"]
    table = table.merge(_over_all(), how="left", on=["system", "direction", "metric"])
    return beside(table.assign(recomputed=table["recomputed"].where(table["route"] == "direct")))


def _over_all() -> "DataFrame":
    import pandas as pd

    parts = [means(metric).query("average == 'all'").assign(metric=metric) for metric in release.FILES]
    return pd.concat(parts)[["system", "direction", "metric", "recomputed"]]


def _verdict(apart: float, *, rounding: float) -> str:
    if apart <= TIE:
        return "equal"
    if apart <= rounding:
        return "rounding"
    return "differs" if apart > rounding else MISSING  # a missing figure is neither
