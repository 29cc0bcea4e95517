"""What the authors' release contradicts, and what is odd in it: the findings of `detectors`, a line each, in words.

A contradiction: two published figures, or a figure and its name, cannot both be right. An oddity: a figure that one
would not expect, which may be right. Detects nothing itself and types no figure: each line says what was found and how
far it reaches, not why it happened. `looked` says where each was looked for: some rest not on the release, but on the
paper and its model cards. Needs the release (see `release`).
"""

from typing import TYPE_CHECKING

from llamax_kit.paper import detectors, recompute, release, tables

if TYPE_CHECKING:
    from pandas import DataFrame, Series

WORST = 3  # outliers that a line names
CONTRADICTION, ODDITY = "contradiction", "oddity"
KINDS = {
    "columns swapped": CONTRADICTION, "cell off": CONTRADICTION, "another system drawn": CONTRADICTION,
    "average off": CONTRADICTION, "average misnamed": CONTRADICTION, "two scores for one direction": CONTRADICTION,
    "average unlike the model card": ODDITY, "scores rounded before averaging": ODDITY, "spBLEU of 0.00": ODDITY,
    "score far below its row and column": ODDITY, "language never detected": ODDITY,
}  # fmt: skip


def table() -> "DataFrame":
    """List all findings: kind, what, where, evidence (in words), figures (how many; of zeros and outliers, directions).

    Contradictions first, then oddities. The first: "contradiction", "columns swapped", "Table 3, Aya-101, X-de and
    X-zh", the values printed and released, 4.
    """
    import pandas as pd

    parts = (_swapped, _cells, _mislabelled, _averages, _miscounted, _inconsistent, _rounded, _zeros, _outliers,
             _undetectable)  # fmt: skip
    lines = pd.DataFrame([line for part in parts for line in part()], columns=["what", "where", "evidence", "figures"])
    lines.insert(0, "kind", lines["what"].map(KINDS))
    return lines.sort_values("kind", kind="stable", ignore_index=True)


def counted(found: "DataFrame") -> str:
    """Count the findings of `table` by kind: "5 contradictions and 26 oddities"."""
    contradictions, oddities = (int((found["kind"] == kind).sum()) for kind in (CONTRADICTION, ODDITY))
    return (
        f"{contradictions} contradiction{'s' * (contradictions != 1)} and "
        f"{oddities} {'oddity' if oddities == 1 else 'oddities'}"
    )


def looked(found: "DataFrame") -> "DataFrame":
    """List where each was looked for, how many `table` has: kind, what, looked_in, looked_at, findings."""
    import pandas as pd

    cells, scores = detectors.cells(), sum(len(release.scores(metric)) for metric in release.FILES)
    averages = detectors.averages()["source"].value_counts()
    printed = f"printed figures that the release has too: {', '.join(dict.fromkeys(cells['place']))}"
    rows = [
        ("columns swapped", printed, len(cells)),
        ("cell off", printed, len(cells)),
        ("another system drawn", "rows and curves of the same", len(cells.drop_duplicates(detectors.ROW))),
        ("average off", "averages of Tables 5 and 6 beside their own cells", averages[detectors.CELLS]),
        ("average misnamed", "the release's own averages, over all languages", len(release.summaries())),
        ("two scores for one direction", "directions between two pivots, which stand in two rows of the release",
         detectors.inconsistent()[0]),
        ("average unlike the model card", "averages of Figure 3 beside the model cards, the paper alone",
         averages[detectors.CARDS]),
        ("scores rounded before averaging", "spBLEU and COMET of the release, by system and direction", scores // 101),
        ("spBLEU of 0.00", "spBLEU of the release", len(release.scores())),
        ("score far below its row and column", "spBLEU of the release, systems with more than two rows out of or into "
         "pivots", len(detectors.expected())),
        ("language never detected", "Tables 12 and 13, the paper alone", len(tables.shares())),
    ]  # fmt: skip
    counts = found["what"].value_counts()
    return pd.DataFrame([(KINDS[row[0]], *row, int(counts.get(row[0], 0))) for row in rows],
                        columns=["kind", "what", "looked_in", "looked_at", "findings"])  # fmt: skip


def _swapped() -> list[tuple]:
    lines, by = [], ["place", "system", "one", "other"]
    for (place, system, one, other), pair in detectors.swapped().groupby(by, sort=False):
        values = "; ".join(
            f"{each.metric} printed {each.printed_one:.2f} and {each.printed_other:.2f}, "
            f"released {each.released_one:.2f} and {each.released_other:.2f}"
            for each in pair.itertuples()
        )
        lines.append(("columns swapped", f"{place}, {system}, {one} and {other}", values, 2 * len(pair)))
    return lines


def _cells() -> list[tuple]:
    crossed = detectors.swapped()
    known = {(each.place, each.system, each.metric, side) for each in crossed.itertuples()
             for side in (each.one, each.other)}  # fmt: skip
    return [
        ("cell off", f"{each.place}, {each.system}, {each.cell}, {each.metric}",
         f"printed {each.printed:.2f}, released {each.recomputed:.2f}", 1)
        for each in detectors.differing().itertuples()
        if (each.place, each.system, each.metric, each.cell) not in known
    ]  # fmt: skip


def _averages() -> list[tuple]:
    """A card may describe another run than the paper, so an average unlike it contradicts nothing."""
    whose = {detectors.CELLS: ("average off", ""),
             detectors.CARDS: ("average unlike the model card", "; the card may be of another run")}  # fmt: skip
    return [
        (whose[each.source][0], f"{each.place}, {each.system}",
         f"printed {each.printed:.2f}, the {each.n} {each.source} give {each.mean:.2f}{whose[each.source][1]}", 1)
        for each in detectors.averages().itertuples() if each.said == "differs"
    ]  # fmt: skip


def _mislabelled() -> list[tuple]:
    return [
        ("another system drawn", ", ".join(filter(None, [each.place, each.row, each.system])),
         f"{each.same} of {each.n} scores are those of {each.true}: their mean is {each.printed_mean:.2f}, "
         f"that of {each.system} {each.system_mean:.2f}", each.n)
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
        ("scores rounded before averaging", f"{metric}, {system}",
         f"whole numbers are {_range(rows['share'])} of the scores in {len(rows)} rows: {' '.join(rows['direction'])}",
         int(rows["n"].sum()))
        for metric in release.FILES for system, rows in detectors.rounded(metric).groupby("system", sort=False)
    ]  # fmt: skip


def _inconsistent() -> list[tuple]:
    differing = detectors.inconsistent()[1]
    return [
        ("two scores for one direction", f"{metric}, {system}",
         "; ".join(f"{each.src}-{each.tgt} {each.min:.2f} and {each.max:.2f}" for each in rows.itertuples()), len(rows))
        for (system, metric), rows in differing.groupby(["system", "metric"], sort=False)
    ]  # fmt: skip


def _undetectable() -> list[tuple]:
    lost = tables.undetectable()
    if not lost:
        return []
    shares = tables.shares()
    ours = recompute.scores().query("system == @recompute.MODEL and direction == 'zh-X'").set_index("partner")["score"]
    evidence = (
        f"0 % of the outputs of all {shares['system'].nunique()} systems, though {recompute.MODEL} reaches "
        f"{ours[lost].max():.2f} spBLEU there (zh-{ours[lost].idxmax()}): {' '.join(lost)}"
    )
    return [("language never detected", "Tables 12 and 13", evidence, int(shares["tgt"].isin(lost).sum()))]


def _zeros() -> list[tuple]:
    return [
        ("spBLEU of 0.00", f"spBLEU, {system}", f"into {' '.join(sorted(set(rows['tgt'])))}", len(rows))
        for system, rows in detectors.zeros().drop_duplicates(["system", "src", "tgt"]).groupby("system", sort=False)
    ]


def _outliers() -> list[tuple]:
    lines = []
    for system, rows in detectors.outliers().drop_duplicates(["system", "src", "tgt"]).groupby("system"):
        worst = "; ".join(
            f"{each.src}-{each.tgt} {each.score:.2f} where {each.expected:.1f} is expected"
            for each in rows.head(WORST).itertuples()
        )
        lines.append(("score far below its row and column", f"spBLEU, {system}", worst, len(rows)))
    return lines


def _range(shares: "Series") -> str:
    low, high = f"{shares.min():.0%}", f"{shares.max():.0%}"
    return low if low == high else f"{low} to {high}"
