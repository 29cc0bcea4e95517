"""Each table of the paper as a notebook shows it: as printed, and beside it as recomputed where the release is read.

`as_printed` has every table and figure. `table` has those that the release can recompute; what follows from printed
figures alone has functions of its own. `verdict` says of each figure whether it comes out again (`recompute`).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from llamax_kit.analysis.gains import from_scores
from llamax_kit.data import downloads, sources
from llamax_kit.paper import printed, recompute, release
from llamax_kit.paper.recompute import BASELINE, MISSING, MODEL
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

TASK_SYSTEMS = TASK_BASELINE, TASK_MODEL = "LLaMA2-Task", "LLaMAX2-Task"
CHOICES = ("auto", "yes", "no")
NOT_READ = "printed; the release was not read"
RECOMPUTED = ("table3", "table6", "figure1", "figure4", "figure6", "figure7")  # by `recompute`, at least in part
ONE_DECIMAL = 0.055  # points: an average printed to 0.01 of figures printed to 0.1
RENAMED = {"score": "printed", "count": "printed", "llamax2": "printed", "gap": "printed_gap"}


def read_release(choice: str) -> bool:
    """Return whether to read the authors' release: "auto" where it is in the data folder, "yes" always, "no" never.

    Raises UnknownName for another word; KitError for "yes" where it is missing, or for a file of it that was altered.
    """
    if choice not in CHOICES:
        raise UnknownName(
            "choice of `release`", given=choice, choices=CHOICES, remedy='write "auto" to read it where it is'
        )
    if choice == "no" or (choice == "auto" and not (downloads.folder() / "llamax_results").is_dir()):
        return False
    release.check()
    return True


def check_names(system: str, baseline: str, *, theirs: str) -> None:
    """Check the systems that the notebook's parameters name, before anything is read; the release need not be here.

    Raises UnknownName for one that is not in the release, KitError for gains of a system over itself.
    """
    for name in (system, baseline, theirs):
        release.known_system(name)
    if system == baseline:
        raise KitError(f"system and baseline are both {system}. To mend: name another system of the release for one")


def seen_unseen() -> "DataFrame":
    """Return the paper's Figure 4 as printed, in the columns of `groups.by_group`: LLaMAX2-7B-Alpaca over LLaMA2.

    Columns: value ("seen", "unseen"), direction, n (languages; not published for the unseen), score, baseline_score
    and gain (spBLEU points).
    """
    table = printed.table("figure4").pivot(index=["direction", "languages"], columns="system", values="score")
    table = table.rename(columns={"LLaMA2-7B-Alpaca": "baseline_score", "LLaMAX2-7B-Alpaca": "score"}).reset_index()
    table = table.sort_values(["direction", "languages"], ascending=[False, True], ignore_index=True)
    table = table.assign(n=table["languages"].map({"seen": 101}).astype("Int64"))
    table = table.assign(value=table["languages"], gain=table["score"] - table["baseline_score"])
    return table[["value", "direction", "n", "score", "baseline_score", "gain"]].rename_axis(columns=None)


def published(released: bool) -> dict[str, str | None]:
    """Return what a record says of the figures: the paper's version, and the commit of the release if it was read."""
    return {"printed": "arXiv 2407.05975v2", "release": sources.COMMIT if released else None}


def as_printed(name: str) -> "DataFrame":
    """Return a table or figure as the paper prints it, a row for each figure (columns: `printed.table`), and verdict.

    `as_printed("figure4")` has system, direction, languages, metric, score. verdict: whether the release, which is not
    read here, holds any of it.

    Raises UnknownName for a table that the kit does not have.
    """
    return printed.table(name).assign(verdict=NOT_READ if name in RECOMPUTED else MISSING)


def table(name: str, released: bool) -> "DataFrame":
    """Return a table of `RECOMPUTED` as `recompute` has it, or "summaries", the authors' averages; with value.

    value: the recomputed figure, or the printed one where there is none. Without the release, recomputed and difference
    are missing, and the verdict says so; "summaries" need it.
    """
    if released and name == "figure1":  # which prints no number: what the kit holds was counted in the release
        counted = printed.table(name)[["system", "direction", "count"]].rename(columns=RENAMED)
        return _with_value(recompute.beside(counted.merge(recompute.figure1(), on=["system", "direction"])))
    if released:
        return _with_value(getattr(recompute, name)())
    plain = printed.table(name).drop(columns=["section", "source"]).rename(columns=RENAMED)
    if name == "table6":
        plain = plain[plain["direction"] != "average"].reset_index(drop=True)
    if name == "figure6":
        plain = plain.assign(gap=plain["printed"] - plain["gpt4"])
    return _with_value(recompute.beside(plain.assign(recomputed=float("nan"))).assign(verdict=NOT_READ))


def filled(table: "DataFrame") -> list[str]:
    """Return the columns of a table to show: those with entries, and `verdict` only if the release was read.

    value is not among them, because it stands in printed or recomputed too.
    """
    unread = "verdict" in table and set(table["verdict"]) == {NOT_READ}
    hidden = {"value", "verdict"} if unread else {"value"}
    return [name for name in table if name not in hidden and table[name].notna().any()]


def matrix(means: "DataFrame") -> "DataFrame":
    """Lay out means of one metric as Table 3 does: system, languages (in its means), and a column for each direction.

    means: a row a system and direction: system, direction, score (points), partners (languages).
    """
    wide = means.pivot_table("score", "system", "direction", sort=False).rename_axis(columns=None)
    counts = means.groupby("system")["partners"].agg(lambda n: "–".join(dict.fromkeys([f"{n.min()}", f"{n.max()}"])))
    wide.insert(0, "languages", counts.reindex(wide.index))
    return wide.reset_index()


def gains(table3: "DataFrame", system: str = MODEL, baseline: str = BASELINE) -> "DataFrame":
    """Return the gains in Table 3: direction, spBLEU under the systems' names, gain, printed_gain (points)."""
    rows = table3[(table3["metric"] == "spBLEU") & table3["system"].isin([system, baseline])]
    wide = rows.pivot_table(["value", "printed"], "direction", "system", sort=False)
    table = wide["value"][[baseline, system]].rename_axis(columns=None)
    gain, printed_gain = (wide[which][system] - wide[which][baseline] for which in ("value", "printed"))
    return table.assign(gain=gain, printed_gain=printed_gain).reset_index()


def marked(table: "DataFrame", column: str = "system") -> "DataFrame":
    """Mark names in a column by a star: those of figures that the release, if it was read, does not have."""
    return table.assign(**{column: table[column] + (table["verdict"] == MISSING).map({True: "*", False: ""})})


def by_language(system: str, baseline: str) -> "DataFrame":
    """Return the gain of one released system over another in every direction of both, as `gains.from_scores` does.

    A direction between two pivots, which stands in two rows of the release, is taken once. No sentence was released, so
    there is no interval and no test: `verdict` and `note` say so. What one of them lacks: see `lacking`.

    Raises UnknownName for a system that is not in the release, KitError when the release is not here.
    """
    released = release.scores().drop_duplicates(["system", "src", "tgt"])
    pair = [released[released["system"] == release.known_system(name)] for name in (system, baseline)]
    return from_scores(*pair)


def lacking(system: str, baseline: str) -> "DataFrame":
    """List what `by_language` leaves out: lacks (the system that has no score), directions ("ja-X X-ja"), n of them.

    Raises as `by_language` does.
    """
    import pandas as pd

    table, rows = release.scores(), []
    sides = {name: table[table["system"] == release.known_system(name)] for name in (system, baseline)}
    for one, other in ((system, baseline), (baseline, system)):
        mine, theirs = sides[one], sides[other].set_index(["src", "tgt"]).index
        out = mine[~mine.set_index(["src", "tgt"]).index.isin(theirs)].drop_duplicates(["src", "tgt"])
        if len(out):
            rows.append((other, " ".join(dict.fromkeys(out["direction"])), len(out)))
    return pd.DataFrame(rows, columns=["lacks", "directions", "n"])


def around_one_pivot(table: "DataFrame") -> "DataFrame":
    """Keep the directions from and into English, or, if there are none, those around the most frequent pivot.

    Swallow, released for Japanese alone, keeps ja-X and X-ja.
    """
    sides = {code: (table["src"] == code) | (table["tgt"] == code) for code in dict.fromkeys(["en", *table["src"]])}
    return table[max(sides.values(), key=sum)]


def over_86(system: str = "M2M-100-12B") -> "DataFrame":
    """Compare LLaMAX2 over 86 languages with a system that Table 3 prints over these: direction, the two (points).

    Table 3 prints LLaMAX2 over 101 languages.

    Raises KitError when the release is not here.
    """
    theirs = printed.table("table3").query("metric == 'spBLEU' and system == @system").set_index("direction")["score"]
    means = recompute.means("spBLEU", 85).query("system == @MODEL and average == 'all'")
    ours = means.set_index("direction")["recomputed"].reindex(theirs.index)
    return theirs.to_frame(system).assign(**{MODEL: ours}).reset_index()


def sides(figure1: "DataFrame") -> "DataFrame":
    """Return Figure 1: system, language (English, Arabic), into_it and from_it (directions above 10, of 101)."""
    pivot = figure1["direction"].str.replace(r"-?X-?", "", regex=True).map({"en": "English", "ar": "Arabic"})
    side = figure1["direction"].str.startswith("X-").map({True: "into_it", False: "from_it"})
    wide = figure1.assign(language=pivot, side=side).pivot_table("value", ["system", "language"], "side", sort=False)
    return wide.astype(int).rename_axis(columns=None).reset_index()


def means(figure7: "DataFrame") -> "DataFrame":
    """Average Figure 7 as plotted and as recomputed: system, direction, n, printed, recomputed, difference (points)."""
    groups = figure7.groupby(["system", "direction"], sort=False)
    found = groups.agg(n=("printed", "size"), printed=("printed", "mean"), recomputed=("recomputed", "mean"))
    return found.assign(difference=found["printed"] - found["recomputed"]).reset_index()


def verdicts(table: "DataFrame", by: Iterable[str] = ()) -> "DataFrame":
    """Count the verdicts of a table by these columns: verdict, cells, largest (absolute difference in points)."""
    groups = table.assign(largest=table["difference"].abs()).groupby([*by, "verdict"], sort=False)["largest"]
    return groups.agg(cells="size", largest="max").reset_index().sort_values([*by], kind="stable")


def figure3() -> "DataFrame":
    """Compare the averages of Figure 3 with the model cards' figures by language: task, system, printed, n, from_cards.

    Accuracies in percent, on the cards with one decimal. without_english: the mean of the others; beside_cards: what
    `recompute.beside` says of printed and from_cards; verdict: that of the figure, which the release does not hold.
    """
    table = as_printed("figure3")
    single = table[table["language"] != "average"]
    drawn = table[(table["language"] == "average") & (table["source"] == "Figure 3")]
    cards = single.groupby(["task", "system"], sort=False)["accuracy"].agg(n="size", recomputed="mean").reset_index()
    others = single[single["language"] != "en"].groupby(["task", "system"], sort=False)["accuracy"].mean()
    cards = cards.merge(others.rename("without_english").reset_index(), on=["task", "system"])
    drawn = drawn[["task", "system", "accuracy"]].rename(columns={"accuracy": "printed"})
    table = recompute.beside(drawn.merge(cards, how="left", on=["task", "system"]), ONE_DECIMAL)
    return table.rename(columns={"recomputed": "from_cards", "verdict": "beside_cards"}).assign(verdict=MISSING)


def task_accuracies(task: str) -> "DataFrame":
    """Return the accuracies by language on the card of a task's model, as a score table of the two of TASK_SYSTEMS.

    task: X-CSQA, XNLI or MGSM. score in points, printed with one decimal; ci_low, ci_high and n are missing, as the
    cards have none; signature names the card. The languages come in the card's order, low resources first.

    Raises UnknownName for another task.
    """
    table = printed.table("figure3")
    tasks = dict.fromkeys(table["task"])
    if task not in tasks:
        raise UnknownName("task of Figure 3", given=task, choices=tasks, remedy="use one of these")
    rows = table[(table["task"] == task) & table["system"].isin(TASK_SYSTEMS) & (table["language"] != "average")]
    unknown = dict.fromkeys(("ci_low", "ci_high", "n"), float("nan"))
    rows = rows.assign(src=rows["language"], tgt=rows["language"], metric="accuracy", **unknown)
    rows = rows.rename(columns={"accuracy": "score", "source": "signature"})
    return rows[["system", "src", "tgt", "metric", "score", *unknown, "signature"]].reset_index(drop=True)


def task_gains() -> "DataFrame":
    """Return what LLaMAX2-Task gains over LLaMA2-Task, by task, in points: printed, from_cards, without_english.

    printed: from the averages of Figure 3, which have English in them, though the paper's text speaks of non-English
    gains; the others are of the cards' figures by language.
    """
    import pandas as pd

    table = figure3().set_index("system")[["task", "printed", "from_cards", "without_english"]]
    ours, theirs = (table.loc[system].set_index("task") for system in (TASK_MODEL, TASK_BASELINE))
    return pd.DataFrame(ours - theirs).reset_index()


def shares() -> "DataFrame":
    """Return Tables 12 and 13 as printed: system, src, tgt, source_share, target_share (percent of 1,012 outputs), ….

    label: "zh-X  LLaMA2-7B-Alpaca"; counted: False for targets that no output of any system was identified as. Three
    or more systems never wrote a line that was taken for Hausa or Zulu, because fastText's lid.176 has no such labels.
    """
    import pandas as pd

    both = pd.concat([as_printed(name).assign(table=name) for name in ("table12", "table13")])
    best = both.groupby("tgt")["target_share"].transform("max")
    return both.assign(label=both["src"] + "-X  " + both["system"], counted=best > 0)


def undetectable() -> list[str]:
    """List the targets that `shares` does not count: 18, as "ha", "zu", "zhtrad"."""
    table = shares()
    return sorted({*table["tgt"][~table["counted"]]})


def detected() -> "DataFrame":
    """Average `shares`: table, system, languages, n, source_share, target_share (percent), verdict.

    languages: "all"; "detectable" leaves out the `undetectable` ones. The paper prints no such averages.
    """
    import pandas as pd

    both = shares()
    parts = [both.assign(languages="all"), both[both["counted"]].assign(languages="detectable")]
    groups = pd.concat(parts).groupby(["table", "system", "languages"], sort=False)
    means = groups.agg(n=("tgt", "size"), source_share=("source_share", "mean"), target_share=("target_share", "mean"))
    return means.reset_index().assign(verdict=MISSING)


def _with_value(table: "DataFrame") -> "DataFrame":
    return table.assign(value=table["recomputed"].fillna(table["printed"]))
