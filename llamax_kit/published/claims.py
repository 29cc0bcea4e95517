"""What the paper and its README claim, and what their own figures say to it: a verdict for each, by a stated yardstick.

A claim of degree ("on par", "significantly") says nothing that can be checked until somebody says what would count, so
each row names its yardstick, and one rule judges them all (see `yardsticks`). With another yardstick the verdict may
differ. Judges neither method nor significance: no figure of the paper has an interval, and no sentence of its outputs
was released.
"""

from typing import TYPE_CHECKING

from llamax_kit.published import printed, release, shown
from llamax_kit.published.recompute import BASELINE as BASE
from llamax_kit.published.recompute import MODEL as OURS
from llamax_kit.published.yardsticks import ends, few, row, share

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ENCODER_DECODERS = ("M2M-100", "Lego-MT", "NLLB-200", "MADLAD-400", "Aya-101")  # as Table 3 groups them
MARGIN = 1  # point: a smaller lead is not called significant here, a smaller lag is called on par
COLUMNS = ["claim", "where", "yardstick", "found", "n", "verdict"]


def claims(released: bool) -> "DataFrame":
    """Judge the claims: claim, where, yardstick, found (in words), n (figures judged), verdict.

    released: take the averages from the authors' release, and look at single directions and at the 86 languages of
    M2M-100 too; otherwise from the printed tables. The yardstick "gain in each average of Table 3: above 10" finds
    "11 of 14 pass, mean +12.17; not X-zh +9.07, X-az +9.64, az-X +9.98": it holds on average, not everywhere.

    Raises KitError when the release is asked for and not there.
    """
    import pandas as pd

    means = _means(released)
    rows = [
        *_over_the_baseline(means, _gains_by_direction(means.columns) if released else None),
        *_other_llms(means, "" if released else "; its X-zh and X-de as printed, exchanged"),
        _m2m(released, means),
        *(_on_par(means.loc[OURS] - means.loc[system], f"{system}, one of the strongest translation models", "README")
          for system in ("NLLB-200", "MADLAD-400-7B-MT")),
        _supported(),
        _unseen(),
        _general(),
        _downstream(),
        _pivoting(),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _over_the_baseline(means: "DataFrame", single: "Series | None") -> list[tuple]:
    """The README speaks of an average, which is one figure; each direction is a stricter reading."""
    import pandas as pd

    gain = means.loc[OURS] - means.loc[BASE]
    over = "over 10 spBLEU points more than LLaMA2-Alpaca"
    alone = "single directions were not printed"
    if single is not None:
        alone = f"of single directions {share(single > 10)} gain more than 10, {share(single > 0)} gain at all"
    mean = pd.Series({"mean": gain.mean()})
    return [
        row(f"{over}, on average", "README", "mean gain over the 14 averages of Table 3", "above", 10, mean, alone),
        row(f"{over}", "README, read strictly", "gain in each average of Table 3", "above", 10, gain),
    ]


def _other_llms(means: "DataFrame", exchanged: str) -> list[tuple]:
    """Against decoder-only LLMs, as Section 4 says; against Aya-101 too, an LLM that Table 3 lists with the others."""
    ours = means.loc[OURS]
    others = means[[not name.startswith(("LLaMAX", *ENCODER_DECODERS)) for name in means.index]]
    lead, leads = ours - others.max(), (ours - others).mean(axis=1)  # the latter over the averages that a system has
    best = "lead over the best other decoder-only LLM in each average of Table 3"
    least = f"least {few(lead.nsmallest(1))} ({others[lead.idxmin()].idxmax()})"
    return [
        row("higher than other LLMs", "README; Section 4", best, "above", 0, lead, least),
        row("significantly higher than other LLMs", "README; abstract; Section 4", f"no test can be made, so: {best}",
             "above", MARGIN, lead, least),
        row("higher than other LLMs, Aya-101 among them", "README",
             f"lead over Aya-101 (13B, encoder-decoder) in each average of Table 3{exchanged}", "above", 0,
             ours - means.loc["Aya-101"]),
        row("more than 10 spBLEU points above existing open-source LLMs", "abstract",
             "mean lead over each decoder-only LLM of Table 3", "above", 10, leads),
    ]  # fmt: skip


def _m2m(released: bool, means: "DataFrame") -> tuple:
    where, system = "abstract; Section 4", "M2M-100-12B"
    if released:
        both = shown.over_86(system).set_index("direction")
        return _on_par(both[OURS] - both[system], system, where, " over the same 86 languages")
    theirs = printed.table("table3").query("metric == 'spBLEU' and system == @system").set_index("direction")["score"]
    return (f"on par with {system}", where, "lead in each average over the same languages, which Table 3 does not have",
            f"mean {(means.loc[OURS] - theirs).mean():+.2f} as printed, over 101 languages for one, 86 for the other",
            len(theirs), "cannot be told without the release")  # fmt: skip


def _on_par(lead: "Series", system: str, where: str, over: str = " of Table 3") -> tuple:
    also = f"{share(lead > 0)} above 0, {ends(lead)}"
    return row(f"on par with {system}", where, f"lead in each average{over}", "at least", -MARGIN, lead, also)


def _supported() -> tuple:
    counts = printed.table("figure1").query("system == @OURS").set_index("direction")["count"]
    named = ", ".join(f"{name} {count}" for name, count in counts.items())
    measured = "languages of 101 above 10 spBLEU, the threshold of Figure 1, from and into English and Arabic"
    return row(
        "translation among more than 100 languages", "abstract", measured, "above", 100, counts, named, counts=True
    )


def _unseen() -> tuple:
    table = printed.table("figure4").query("languages == 'unseen'")
    wide = table.pivot_table("score", "direction", "system", sort=False)
    gain = wide[OURS] - wide[BASE]
    return row("significant gains on languages not seen in training", "README; Sections 1 and 4",
                "no test can be made, so: gain in both averages of Figure 4", "above", MARGIN, gain,
                f"{few(gain)}; which languages, and how many, was not published")  # fmt: skip


def _general() -> tuple:
    wide = printed.table("table5").pivot_table("score", "test", "system", sort=False)
    change = (wide[OURS] - wide[BASE]).drop("average")
    return row("general ability is not lost", "README; abstract; Section 4", "change in each English task of Table 5",
                "at least", -MARGIN, change)  # fmt: skip


def _downstream() -> tuple:
    import pandas as pd

    table = printed.table("figure3").query("language == 'average' and system in ('LLaMA2-Task', 'LLaMAX2-Task')")
    wide = table.pivot_table("accuracy", "task", "system", sort=False)
    gain = wide["LLaMAX2-Task"] - wide["LLaMA2-Task"]
    return row("5 points more than LLaMA2, on average, after tuning on English task data", "Section 1",
                "mean gain over the three tasks of Figure 3", "at least", 5, pd.Series({"mean": gain.mean()}),
                f"{few(gain)}; English is in these averages")  # fmt: skip


def _pivoting() -> tuple:
    table = printed.table("table6").query("metric == 'spBLEU' and direction != 'average'")
    wide = table.pivot_table("score", "direction", ["system", "route"], sort=False)
    lead = wide[OURS]["direct"] - wide["LLaMA3-8B-Alpaca"]["through English"]
    return row("LLaMAX2-Alpaca directly is better than LLaMA3-Alpaca through English", "Section 4, Table 6",
                "lead in each average of Table 6", "above", 0, lead)  # fmt: skip


def _means(released: bool) -> "DataFrame":
    """Mean spBLEU over 101 languages, a row a system of Table 3, a column a direction."""
    table = printed.table("table3").query("metric == 'spBLEU' and partners == 101")
    means = table.pivot_table("score", "system", "direction", sort=False)
    if released:
        theirs = release.summaries().query("metric == 'spBLEU' and partners == 101")
        own = theirs.pivot_table("all", "system", "direction", sort=False)
        means = own.reindex(index=means.index, columns=means.columns)
    return means


def _gains_by_direction(directions) -> "Series":
    """Gain over the baseline in each single direction of these averages; one of two pivots counts once."""
    scores = release.scores("spBLEU")
    scores = scores[scores["direction"].isin(directions)].drop_duplicates(["system", "src", "tgt"])
    wide = scores.pivot_table("score", ["src", "tgt"], "system", sort=False)
    return (wide[OURS] - wide[BASE]).dropna()
