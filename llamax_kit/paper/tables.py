"""Each table of the paper as a notebook shows it: recomputed beside printed where the release is here, else as printed.

Adds one column to what `recompute` gives: `value`, the recomputed figure, or the printed one where there is none. Reads
and averages nothing itself.
"""

from typing import TYPE_CHECKING

from llamax_kit.analysis.gains import from_scores
from llamax_kit.data import downloads
from llamax_kit.paper import printed, recompute, release
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

CHOICES = ("auto", "yes", "no")
NOT_READ = "printed; the release was not read"
RENAMED = {"score": "printed", "count": "printed", "llamax2": "printed", "gap": "printed_gap"}


def read_release(choice: str) -> bool:
    """Say whether to read the authors' release: "auto" where it is in the data folder, "yes" always, "no" never.

    Raises UnknownName for another word, KitError where it is missing and "yes" was said, or a file of it was altered.
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


def table(name: str, released: bool) -> "DataFrame":
    """Give "table3", "table6", "figure1", "figure4", "figure6" or "figure7": as `recompute` has it, and value.

    Without the release, recomputed and difference are missing and the verdict says so.
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


def gains(table3: "DataFrame", system: str = recompute.MODEL, baseline: str = recompute.BASELINE) -> "DataFrame":
    """Give a row a direction of Table 3: direction, spBLEU under the systems' names, gain, printed_gain (points)."""
    rows = table3[(table3["metric"] == "spBLEU") & table3["system"].isin([system, baseline])]
    wide = rows.pivot_table(["value", "printed"], "direction", "system", sort=False)
    table = wide["value"][[baseline, system]].rename_axis(columns=None)
    gain, printed_gain = (wide[which][system] - wide[which][baseline] for which in ("value", "printed"))
    return table.assign(gain=gain, printed_gain=printed_gain).reset_index()


def marked(table: "DataFrame", column: str = "system") -> "DataFrame":
    """Put a star behind the names, in a column, of the figures that the release, if it was read, does not have."""
    return table.assign(**{column: table[column] + (table["verdict"] == recompute.MISSING).map({True: "*", False: ""})})


def by_language(system: str, baseline: str) -> "DataFrame":
    """Give the gain of one released system over another in every direction of both, as `gains.from_scores` does.

    A direction between two pivots, which stands in two rows of the release, is taken once. No sentence was released:
    there is no interval and no test, and `verdict` and `note` say so. What one of them lacks: see `lacking`.

    Raises UnknownName for a system that is not in the release, KitError when the release is not here.
    """
    released = release.scores().drop_duplicates(["system", "src", "tgt"])
    pair = [released[released["system"] == release.known_system(name)] for name in (system, baseline)]
    return from_scores(*pair)


def lacking(system: str, baseline: str) -> "DataFrame":
    """Say what `by_language` leaves out: lacks (the system that has no score), directions ("ja-X X-ja"), n of them.

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
    """Keep the directions from and into English; for systems not scored there, into and from the pivot they have most.

    Swallow, released for Japanese alone, keeps ja-X and X-ja.
    """
    sides = {code: (table["src"] == code) | (table["tgt"] == code) for code in dict.fromkeys(["en", *table["src"]])}
    return table[max(sides.values(), key=sum)]


def over_86(system: str = "M2M-100-12B") -> "DataFrame":
    """Set LLaMAX2 over the 86 languages of M2M-100 beside a system that Table 3 prints over these: direction, the two.

    The table prints LLaMAX2 over 101, where M2M-100-12B seems further ahead than it is.

    Raises KitError when the release is not here.
    """
    theirs = printed.table("table3").query("metric == 'spBLEU' and system == @system").set_index("direction")["score"]
    means = recompute.means("spBLEU", 85).query("system == @recompute.MODEL and average == 'all'")
    ours = means.set_index("direction")["recomputed"].reindex(theirs.index)
    return theirs.to_frame(system).assign(**{recompute.MODEL: ours}).reset_index()


def sides(figure1: "DataFrame") -> "DataFrame":
    """Give Figure 1's dots: system, language (English, Arabic), into_it and from_it (directions above 10, of 101)."""
    pivot = figure1["direction"].str.replace(r"-?X-?", "", regex=True).map({"en": "English", "ar": "Arabic"})
    side = figure1["direction"].str.startswith("X-").map({True: "into_it", False: "from_it"})
    wide = figure1.assign(language=pivot, side=side).pivot_table("value", ["system", "language"], "side", sort=False)
    return wide.astype(int).rename_axis(columns=None).reset_index()


def means(figure7: "DataFrame") -> "DataFrame":
    """Average Figure 7 as plotted and as recomputed: system, direction, n, printed, recomputed, difference (points)."""
    groups = figure7.groupby(["system", "direction"], sort=False)
    found = groups.agg(n=("printed", "size"), printed=("printed", "mean"), recomputed=("recomputed", "mean"))
    return found.assign(difference=found["printed"] - found["recomputed"]).reset_index()


def verdicts(table: "DataFrame") -> "DataFrame":
    """Count the verdicts of a table: verdict, cells, largest (absolute difference in points)."""
    groups = table.assign(largest=table["difference"].abs()).groupby("verdict", sort=False)["largest"]
    return groups.agg(cells="size", largest="max").reset_index()


def _with_value(table: "DataFrame") -> "DataFrame":
    return table.assign(value=table["recomputed"].fillna(table["printed"]))
