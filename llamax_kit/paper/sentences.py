"""The result of each table in one sentence, made from its numbers. Verdicts on claims are in `claims`.

Every function takes the table that the notebook shows, recomputed or printed, so that sentence and table cannot differ.
"""

from typing import TYPE_CHECKING

from llamax_kit.paper.recompute import BASELINE, MODEL
from llamax_kit.paper.tables import TASK_BASELINE, TASK_MODEL
from llamax_kit.reporting.plots.style import signed
from llamax_kit.scoring import significance
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from pandas import DataFrame

SAID = {"equal": "equal", "rounding": "apart by rounding", "differs": "different"}


def recomputed(table: "DataFrame") -> str:
    """Describe how many figures were recomputed and agree: "452 of 564 figures recomputed: 435 equal, …"."""
    found = table["recomputed"].notna()
    if not found.any():
        return f"{len(table):,} figures as printed; the release, from which some can be recomputed, was not read."
    counts = [(int((table["verdict"] == verdict).sum()), words) for verdict, words in SAID.items()]
    said = ", ".join(f"{count:,} {words}" for count, words in counts if count)
    largest = table["difference"].abs().max()
    return (
        f"{found.sum():,} of {len(table):,} figures recomputed: {said}; the largest difference is {largest:.4f} points."
    )


def gains(table: "DataFrame") -> str:
    """Describe the mean gain of Table 3, as printed and as recomputed, and the directions at 10 or below.

    A gain is taken before rounding: 14.18 recomputed, 14.19 between the printed 30.63 and 16.44.
    """
    gain, low = table["gain"], table[table["gain"] <= 10]
    named = ", ".join(f"{row.direction} {signed(row.gain)}" for row in low.itertuples())
    mean = f"{signed(table['printed_gain'].mean())} spBLEU points over {BASELINE} in the mean of {len(gain)} printed"
    again = f", {signed(gain.mean())} from the released scores" if (gain != table["printed_gain"]).any() else ""
    return (
        f"{MODEL} gains {mean} averages{again}; from {signed(gain.min())} ({table['direction'][gain.idxmin()]}) to "
        f"{signed(gain.max())} ({table['direction'][gain.idxmax()]}); not above +10: {named or 'none'}."
    )


def by_language(table: "DataFrame") -> str:
    """Describe the gains of a released system: in how many directions, how large on average, where least and most."""
    least, most = table.loc[table["gain"].idxmin()], table.loc[table["gain"].idxmax()]
    named = table[["src", "tgt"]].stack().value_counts(sort=False)
    pivots = named.index[named > 100]  # a pivot stands in 202 directions, another language in two a pivot
    return (
        f"{most.system} is above {most.baseline} in {(table['gain'] > 0).sum():,} of the {len(table):,} directions "
        f"around {' '.join(pivots)}. The mean difference is {signed(table['gain'].mean())} points, from "
        f"{signed(least.gain)} ({least.src}-{least.tgt}) to {signed(most.gain)} ({most.src}-{most.tgt})."
    )


def left_out(table: "DataFrame") -> str:
    """Describe what `tables.lacking` found: "Left out, because NLLB-200 has no score: 188 directions, ja-X X-ja."."""
    each = (f"because {row.lacks} has no score: {row.n:,} directions, {row.directions}" for row in table.itertuples())
    return "Left out, " + "; ".join(each) + "." if len(table) else "Both systems have all of these: none is left out."


def sides(table: "DataFrame") -> str:
    """Describe who translates most directions above 10 spBLEU around Arabic, and who 20 or fewer."""
    arabic = table[table["language"] == "Arabic"].assign(both=lambda rows: rows["into_it"] + rows["from_it"])
    most = arabic["both"].max()
    best, few = " and ".join(arabic["system"][arabic["both"] == most]), arabic["system"][arabic["both"] <= 20]
    return (
        f"Around Arabic {best} {'have' if ' and ' in best else 'has'} most directions above 10 spBLEU, {most} of 202; "
        f"{len(few)} of {len(arabic)} systems have 20 or fewer ({', '.join(few)})."
    )


def seen_unseen(table: "DataFrame") -> str:
    """Describe the gains of Figure 4: a row for each direction and group, the systems in columns."""
    gains = zip(table["label"], table[MODEL] - table[BASELINE], strict=True)
    said = "; ".join(f"{label} {signed(gain)}" for label, gain in gains)
    return f"Gains in spBLEU points: {said}. The unseen languages, and their number, were never published."


def best_others(table4: "DataFrame") -> str:
    """Name for each test of Table 4, a column, the best system that is no LLaMAX, beside LLaMAX2: a line each."""
    wide = table4.set_index("system")
    others = wide[~wide.index.str.startswith("LLaMAX")]
    return "\n".join(
        f"{test}: {MODEL} {wide.loc[MODEL, test]:.2f}, the best LLM that is no LLaMAX {others[test].max():.2f} "
        f"({others[test].idxmax()})" for test in wide
    )  # fmt: skip


def gpt4(table: "DataFrame") -> str:
    """Describe how often LLaMAX2 is above GPT-4 in Figure 6, and into which languages."""
    wins = table[table["gap"] > 0]
    into = wins["tgt"].value_counts(sort=False)
    named = ", ".join(f"{count} into {code}" for code, count in into.items())
    return (
        f"{MODEL} is above GPT-4 in {len(wins)} of {len(table)} directions ({named}), "
        f"and {signed(table['gap'].mean())} spBLEU points from it on average."
    )


def language_models(table: "DataFrame") -> str:
    """Describe how far LLaMAX2 is above the models made for one language, and where Figure 7 plots others."""
    mean = table["recomputed"].fillna(table["printed"])
    rows = table.assign(mean=mean, made=~table["system"].isin([MODEL, BASELINE]))
    ours = rows[rows["system"] == MODEL].set_index("direction")["mean"]
    made = rows[rows["made"]].itertuples()
    said = "; ".join(f"{row.direction} {signed(ours[row.direction] - row.mean)} over {row.system}" for row in made)
    wrong = table[table["difference"].abs() > 0.01].itertuples()
    plotted = "; ".join(
        f" Figure 7 plots {row.direction} of {row.system} with a mean of {row.printed:.2f}, its released scores have "
        f"{row.recomputed:.2f}." for row in wrong
    )  # fmt: skip
    return f"{MODEL}, in mean spBLEU points: {said}.{plotted}"


def detected(table: "DataFrame", lost: list[str]) -> str:
    """Describe the share of outputs in the target language over all targets and over those that can be detected."""
    ours = table[table["system"] == MODEL].set_index(["table", "languages"])["target_share"]
    return (
        f"{MODEL} answers in the target language in {ours['table12', 'all']:.1f} % of outputs from Chinese and "
        f"{ours['table13', 'all']:.1f} % from Japanese as printed, and in {ours['table12', 'detectable']:.1f} % and "
        f"{ours['table13', 'detectable']:.1f} % without the {len(lost)} languages that the identifier does not know."
    )


def pivoting(table: "DataFrame") -> str:
    """Describe what going through English gains, in mean spBLEU of Table 6's directions."""
    rows = table[table["metric"] == "spBLEU"]
    wide = rows.pivot_table("value", "direction", ["system", "route"], sort=False)
    gain = {
        system: wide[system]["through English"] - wide[system]["direct"] for system in dict.fromkeys(rows["system"])
    }
    said = "; ".join(
        f"{system} {signed(each.mean())} ({(each > 0).sum()} of {len(each)})" for system, each in gain.items()
    )
    return f"Through English, in mean spBLEU and the number of directions that gain: {said}."


def change(table: "DataFrame", before: str, after: str, *, unit: str) -> str:
    """Describe in how many rows the second system is above the first, the mean difference, and both ends."""
    gain = (table[after] - table[before]).set_axis(table["label"])
    return (
        f"{after} is above {before} in {(gain > 0).sum()} of {len(gain)}. The mean difference is "
        f"{signed(gain.mean())} {unit}, from {signed(gain.min())} ({gain.idxmin()}) to {signed(gain.max())} "
        f"({gain.idxmax()})."
    )


def yours(table: "DataFrame", theirs: str) -> str:
    """Describe how far mine is from theirs by reading, and how many of their figures lie within my interval."""
    said = []
    for reading, rows in table.groupby("reading", sort=False):
        mean, known = signed(rows["difference"].mean()), rows["inside"].dropna()
        within = f", {known.sum()} of {len(known)} of the authors' figures lie within the interval of mine"
        said.append(f"{reading} reading: {mean} spBLEU points on average{within if len(known) else ''}")
    unfair = [why.removeprefix("no: ") for why in dict.fromkeys(table["comparable"]) if why != "yes"]
    note = f" Not comparable: {', or '.join(unfair)}." if unfair else ""
    return f"Mine less {theirs}. {'; '.join(said)}.{significance.caveat_of(table, sentence=True)}{note}"


def without_english(table: "DataFrame") -> str:
    """Describe the gains of `tables.task_gains` with and without English."""
    said = "; ".join(
        f"{row.task} {signed(row.printed)} as printed, {signed(row.from_cards)} from the cards, "
        f"{signed(row.without_english)} without English" for row in table.itertuples()
    )  # fmt: skip
    return (
        f"{TASK_MODEL} over {TASK_BASELINE}, in points: {said}. The text speaks of non-English gains; the averages in "
        f"Figure 3 have English in them."
    )


def your_answers(table: "DataFrame", mine: str) -> str:
    """Describe how far mine is from the published accuracies; mine: its name (`own_answers.named`)."""
    lag, low, high = table["difference"], table["difference"].idxmin(), table["difference"].idxmax()
    return (
        f"{mine} less {TASK_MODEL}: {signed(lag.mean())} points on average over {counted(len(table), 'language')}, "
        f"from {signed(lag[low])} ({table['tgt'][low]}) to {signed(lag[high])} ({table['tgt'][high]}); "
        f"{table['inside'].sum()} of the {len(table)} published accuracies lie within the interval of mine."
    )


def standing(means: "DataFrame") -> str:
    """Describe what `own_run.table3` holds, and whether mine may be compared with the others in it."""
    if means.empty:
        return "No row for Table 3: a mean takes two directions at least around one of its seven pivots."
    pivots = " ".join(dict.fromkeys(means["direction"]))
    said = f"{means['system'].nunique() - 2} systems of the release, and mine in two readings: {pivots}."
    return said if means["comparable"].all() else f"{said} Mine may not be compared with the others, as its name says."
