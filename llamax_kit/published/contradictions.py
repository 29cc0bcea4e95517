"""What the authors' release contradicts in the paper and in itself: the findings of `detectors`, a line each, in words.

Detects nothing itself and types no figure: each line says what was found and how far it reaches, not why it happened.
One line rests on the authors' model cards instead (Figure 3), one on the paper alone (Tables 12 and 13).
Needs the release (see `release`).
"""

from typing import TYPE_CHECKING

from llamax_kit.published import detectors, recompute, retold

if TYPE_CHECKING:
    from pandas import DataFrame, Series

WORST = 3  # outliers that a line names


def table() -> "DataFrame":
    """List all findings: what, where, evidence (in words), figures (how many are concerned).

    The first: "columns swapped", "Table 3, Aya-101, X-de and X-zh", the values printed and released, 4.
    """
    import pandas as pd

    parts = (_swapped, _cells, _averages, _mislabelled, _miscounted, _rounded, _undetectable, _zeros, _outliers)
    return pd.DataFrame([line for part in parts for line in part()], columns=["what", "where", "evidence", "figures"])


def _swapped() -> list[tuple]:
    lines = []
    for (system, one, other), pair in detectors.swapped().groupby(["system", "one", "other"], sort=False):
        values = "; ".join(
            f"{each.metric} printed {each.printed_one:.2f} and {each.printed_other:.2f}, "
            f"released {each.released_one:.2f} and {each.released_other:.2f}"
            for each in pair.itertuples()
        )
        lines.append(("columns swapped", f"Table 3, {system}, {one} and {other}", values, 2 * len(pair)))
    return lines


def _cells() -> list[tuple]:
    crossed = detectors.swapped()
    known = {(each.system, side) for each in crossed.itertuples() for side in (each.one, each.other)}
    return [
        ("cell off", f"Table 3, {each.system}, {each.direction}, {each.metric}",
         f"printed {each.printed:.2f}, released {each.recomputed:.2f}", 1)
        for each in detectors.differing().itertuples() if (each.system, each.direction) not in known
    ]  # fmt: skip


def _averages() -> list[tuple]:
    return [
        ("average off", f"Figure 3, {each.task}, {each.system}",
         f"printed {each.printed:.2f}, the {each.n} languages of the model card give {each.recomputed:.2f}", 1)
        for each in retold.figure3().itertuples() if each.verdict == "differs"
    ]  # fmt: skip


def _mislabelled() -> list[tuple]:
    return [
        ("another system drawn", f"Figure 7, {each.direction}, {each.labelled}",
         f"{each.same} of {each.n} scores drawn are those of {each.true}: their mean is {each.drawn_mean:.2f}, "
         f"that of {each.labelled} {each.labelled_mean:.2f}", each.n)
        for each in detectors.mislabelled().itertuples()
    ]  # fmt: skip


def _miscounted() -> list[tuple]:
    return [
        ("average misnamed", f"summary_{each.partners}.csv, all systems",
         f"the mean over {each.n} languages, not {each.partners}, gives all {each.rows} averages "
         f"to within {each.farthest:.4f} points", each.rows)
        for each in detectors.miscounted().itertuples()
    ]  # fmt: skip


def _rounded() -> list[tuple]:
    return [
        ("scores rounded before averaging", f"COMET, {system}",
         f"whole numbers are {_range(rows['share'])} of the scores in {len(rows)} rows: {' '.join(rows['direction'])}",
         int(rows["n"].sum()))
        for system, rows in detectors.rounded("COMET").groupby("system", sort=False)
    ]  # fmt: skip


def _undetectable() -> list[tuple]:
    lost = retold.undetectable()
    if not lost:
        return []
    shares = retold.shares()
    ours = recompute.scores().query("system == @recompute.MODEL and direction == 'zh-X'").set_index("partner")["score"]
    evidence = (
        f"0 % of the outputs of all {shares['system'].nunique()} systems, though {recompute.MODEL} reaches "
        f"{ours[lost].max():.2f} spBLEU there (zh-{ours[lost].idxmax()}): {' '.join(lost)}"
    )
    return [("language never detected", "Tables 12 and 13", evidence, int(shares["tgt"].isin(lost).sum()))]


def _zeros() -> list[tuple]:
    return [
        ("spBLEU of 0.00", f"spBLEU, {system}", f"into {' '.join(sorted(set(rows['tgt'])))}", len(rows))
        for system, rows in detectors.zeros().groupby("system", sort=False)
    ]


def _outliers() -> list[tuple]:
    lines = []
    for system, rows in detectors.outliers().groupby("system"):
        worst = "; ".join(
            f"{each.src}-{each.tgt} {each.score:.2f} where {each.expected:.1f} is expected"
            for each in rows.head(WORST).itertuples()
        )
        lines.append(("score far below its row and column", f"spBLEU, {system}", worst, len(rows)))
    return lines


def _range(shares: "Series") -> str:
    low, high = f"{shares.min():.0%}", f"{shares.max():.0%}"
    return low if low == high else f"{low} to {high}"
