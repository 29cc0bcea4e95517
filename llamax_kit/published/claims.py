"""What the paper and its README claim, and what their own figures say to it: a verdict for each, by a stated yardstick.

A claim of degree ("on par", "significantly") says nothing that can be checked until somebody says what would count, so
each row names its yardstick; with another one the verdict may differ, and the figures stand beside it. Judges neither
method nor significance: no figure of the paper has an interval, and no sentence of its outputs was released.
"""

from typing import TYPE_CHECKING

from llamax_kit.published import printed, release, shown
from llamax_kit.published.recompute import BASELINE as BASE
from llamax_kit.published.recompute import MODEL as OURS

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ENCODER_DECODERS = ("M2M-100", "Lego-MT", "NLLB-200", "MADLAD-400", "Aya-101")  # as Table 3 groups them
MARGIN = 1.0  # points: a smaller lead is not called significant here, a smaller lag is called on par
COLUMNS = ["claim", "where", "yardstick", "found", "n", "verdict"]


def claims(released: bool) -> "DataFrame":
    """Judge the claims: claim, where, yardstick, found (the figures), n (how many figures were compared), verdict.

    released: take the averages from the authors' release, and look at single directions and at the 86 languages of
    M2M-100 too; otherwise from the printed tables. "over 10 points" is found "mean +12.17 spBLEU points; …", n 14.

    Raises KitError when the release is asked for and not there.
    """
    import pandas as pd

    means = _means(released)
    rows = [
        *_over_the_baseline(means, _gains_by_direction(means.columns) if released else None),
        *_other_llms(means, "" if released else "; its X-zh and X-de as printed, exchanged"),
        _m2m(released, means),
        *(_on_par(means.loc[OURS], means.loc[system], system) for system in ("NLLB-200", "MADLAD-400-7B-MT")),
        _supported(),
        _unseen(),
        _general(),
        _downstream(),
        _pivoting(),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _over_the_baseline(means: "DataFrame", single: "Series | None") -> list[tuple]:
    gain = means.loc[OURS] - means.loc[BASE]
    alone = ""
    if single is not None:
        alone = f"; single directions: {_share(single > 10)} above +10, {_share(single > 0)} above 0"
    return [
        ("more than 10 spBLEU points over LLaMA2-Alpaca", "README", "each average of Table 3 gains over 10",
         f"mean {gain.mean():+.2f}; {_share(gain > 10)} above +10, not {_few(gain[gain <= 10])}{alone}",
         len(gain), _verdict(gain > 10, gain.mean() > 10)),
    ]  # fmt: skip


def _other_llms(means: "DataFrame", exchanged: str) -> list[tuple]:
    """Against decoder-only LLMs, as Section 4 says; against Aya-101 too, an LLM that Table 3 lists with the others."""
    ours = means.loc[OURS]
    others = means[[not name.startswith(("LLaMAX", *ENCODER_DECODERS)) for name in means.index]]
    lead = ours - others.max()
    least = lead.idxmin()
    leads = (ours - others).mean(axis=1)  # over the averages that a system has
    aya = ours - means.loc["Aya-101"]
    near = leads[leads <= 10].sort_values()
    return [
        ("higher than other LLMs", "README; Section 4",
         f"each average more than {MARGIN:g} point above the best other decoder-only LLM of Table 3",
         f"{_share(lead > MARGIN)}, {_share(lead > 0)} above at all; mean lead {lead.mean():+.2f}, least "
         f"{lead[least]:+.2f} ({least}, {others[least].idxmax()})", len(lead),
         _verdict(lead > MARGIN, lead.mean() > MARGIN)),
        ("higher than other LLMs", "README", f"each average above Aya-101 (13B, encoder-decoder){exchanged}",
         f"{_share(aya > 0)} above, mean {aya.mean():+.2f}, from {_few(aya[[aya.idxmin()]])} to "
         f"{_few(aya[[aya.idxmax()]])}", len(aya), _verdict(aya > 0, aya.mean() > 0, " against Aya-101")),
        ("more than 10 spBLEU points above existing open-source LLMs", "abstract",
         "mean lead over 10 against each decoder-only LLM",
         f"{_share(leads > 10)} LLMs; not {_few(near)}" if len(near) else f"{_share(leads > 10)} LLMs", len(leads),
         _verdict(leads > 10, False, f" against {len(near)} of {len(leads)} LLMs")),
    ]  # fmt: skip


def _m2m(released: bool, means: "DataFrame") -> tuple:
    where, system = "abstract; Section 4", "M2M-100-12B"
    if released:
        both = shown.over_86(system).set_index("direction")
        return _on_par(both[OURS], both[system], system, where, " over the same 86 languages")
    theirs = printed.table("table3").query("metric == 'spBLEU' and system == @system").set_index("direction")["score"]
    return (f"on par with {system}", where, "the same languages on both sides",
            f"mean {(means.loc[OURS] - theirs).mean():+.2f} as printed, over 101 languages for one, 86 for the other",
            len(theirs), "cannot be told from the printed table; the release can")  # fmt: skip


def _on_par(ours: "Series", theirs: "Series", system: str, where: str = "README", note: str = "") -> tuple:
    lead = ours - theirs
    return (f"on par with {'the strongest translation models: ' * (not note)}{system}", where,
            f"each average at most {MARGIN:g} point behind{note}",
            f"{_share(lead > 0)} above, {_share(lead < -MARGIN)} more than {MARGIN:g} behind; mean {lead.mean():+.2f}, "
            f"from {_few(lead[[lead.idxmin()]])} to {_few(lead[[lead.idxmax()]])}", len(lead),
            _verdict(lead >= -MARGIN, lead.mean() >= -MARGIN, f" against {system}"))  # fmt: skip


def _supported() -> tuple:
    counts = printed.table("figure1").query("system == @OURS").set_index("direction")["count"]
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    return ("translation among more than 100 languages", "abstract",
            "above 10 spBLEU, the threshold of Figure 1, in each of 101 directions", f"{said} of 101", len(counts),
            _verdict(counts == 101, counts.mean() > 101 / 2))  # fmt: skip


def _unseen() -> tuple:
    table = printed.table("figure4").query("languages == 'unseen'")
    wide = table.pivot_table("score", "direction", "system", sort=False)
    gain = wide[OURS] - wide[BASE]
    return ("gains on languages not seen in training", "README; Section 4", "both averages of Figure 4 gain",
            f"{_few(gain)}; which languages, and how many, was not published", len(gain),
            _verdict(gain > 0, gain.mean() > 0))  # fmt: skip


def _general() -> tuple:
    wide = printed.table("table5").pivot_table("score", "test", "system", sort=False)
    change = (wide[OURS] - wide[BASE]).drop("average")
    lost = change[change < -MARGIN]
    return ("general ability is not lost", "README; abstract; Section 4",
            f"no English task of Table 5 loses more than {MARGIN:g} point",
            f"mean {wide.loc['average', BASE]:.2f} to {wide.loc['average', OURS]:.2f}; lost {_few(lost)}",
            len(change), _verdict(change >= -MARGIN, change.mean() >= -MARGIN))  # fmt: skip


def _downstream() -> tuple:
    table = printed.table("figure3").query("language == 'average' and system in ('LLaMA2-Task', 'LLaMAX2-Task')")
    wide = table.pivot_table("accuracy", "task", "system", sort=False)
    gain = wide["LLaMAX2-Task"] - wide["LLaMA2-Task"]
    return ("5 points more than LLaMA2 on average after tuning on English task data", "Section 1",
            "mean gain of the three tasks of Figure 3 at least 5",
            f"mean {gain.mean():+.2f}: {_few(gain)}; English is in these averages", len(gain),
            "holds" if gain.mean() >= 5 else "does not hold")  # fmt: skip


def _pivoting() -> tuple:
    table = printed.table("table6").query("metric == 'spBLEU' and direction != 'average'")
    wide = table.pivot_table("score", "direction", ["system", "route"], sort=False)
    lead = wide[OURS]["direct"] - wide["LLaMA3-8B-Alpaca"]["through English"]
    return ("LLaMA3-Alpaca through English falls short of LLaMAX2-Alpaca directly", "Section 4, Table 6",
            "each average of Table 6", f"{_share(lead > 0)}, mean {lead.mean():+.2f}; not "
            f"{_few(lead[lead <= 0])}", len(lead), _verdict(lead > 0, lead.mean() > 0))  # fmt: skip


def _verdict(parts: "Series", on_average: bool, against: str = "") -> str:
    """Say "holds" when all parts do, "holds on average, not everywhere" when their mean does, else "does not hold"."""
    if parts.all():
        return "holds"
    return "holds on average, not everywhere" if on_average else f"does not hold{against}"


def _share(true: "Series") -> str:
    return f"{int(true.sum()):,} of {len(true):,}"


def _few(figures: "Series") -> str:
    """Write figures with their names: "X-zh +9.07, X-az +9.64"."""
    return ", ".join(f"{name} {figure:+.2f}" for name, figure in figures.items())


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
