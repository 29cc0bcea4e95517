"""Two systems of finished runs, side by side, once they are seen to be comparable. Scores nothing.

A system is named `run` where its run holds no other than "copy", the baseline, and `run:system` where it does: with
google and nllb in the run 05_mozilla, "05_mozilla:nllb". The two may be of one run.
"""

from typing import TYPE_CHECKING, NamedTuple

from llamax_kit import comparable, languages, runs, translations
from llamax_kit.errors import KitError
from llamax_kit.models.catalogue import trained_on_flores

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SIDES = ("src", "tgt")
RESCORE = "score both again here, by one tokenizer: -p tokenize flores101 for spBLEU as in the paper"


class Pair(NamedTuple):
    """Two translations tables on the same sentences, row by row, and the directions that only one of them has.

    The column `system` of each holds its name as it was asked for, "05_mozilla:nllb". left_out: src, tgt, lacks;
    records: the two runs' run.json; trained_on_flores: the names of those that are known to.
    """

    system: "DataFrame"
    baseline: "DataFrame"
    left_out: "DataFrame"
    records: tuple[dict, dict]
    trained_on_flores: list[str]

    @property
    def names(self) -> tuple[str, str]:
        return self.system["system"].iloc[0], self.baseline["system"].iloc[0]

    @property
    def tokenize(self) -> str:
        """The tokenizer by whose pieces both runs were scored, "" where a record does not say or they differ."""
        said = {record.get("parameters", {}).get("tokenize") or "" for record in self.records}
        return said.pop() if len(said) == 1 else ""

    @property
    def size(self) -> str:
        """How many directions of how many sentences, in words: "17 directions of 1,012 sentences"."""
        return size(self.system.groupby(list(SIDES)).size())


def pair(system: str, baseline: str, directions: str = "", tokenize: str = "") -> Pair:
    """Pair two systems of runs: `pair("05_mozilla:nllb", "05_mozilla:google", "en-X")`; directions: "", all of them.

    tokenize: by whose pieces both are to be scored again, as `gains.gains` takes it; the scores that the runs kept may
    then be of any signature, for nothing reads them.

    Raises KitError when they are one system, have no direction in common, or cannot be compared: another release of
    the corpus, other sentences, sources or references in a direction, scores of different signatures; UnknownName for a
    run or system that is not there.
    """
    import pandas as pd

    names = system, baseline
    sides = [runs.system(name) for name in names]
    first, second = ((run, own) for run, own, _ in sides)
    if first[0].folder == second[0].folder and first[1] == second[1]:
        raise KitError(f"{system} and {baseline} are one system of one run. To mend: name two systems to compare")
    comparable.same_corpus({name: run.record for name, (run, *_) in zip(names, sides, strict=True)})
    tables = [translations.check(rows).assign(system=name) for (*_, rows), name in zip(sides, names, strict=True)]
    tables = [_chosen(table, directions, tables) for table in tables]
    left_out = lacking(*tables)
    ours, theirs = (_shared(table, left_out) for table in tables)
    if not tokenize:
        _same_signatures({system: _scores(*first, ours), baseline: _scores(*second, theirs)})
    comparable.same_sentences(pd.concat([table.assign(label=table["system"]) for table in (ours, theirs)]))
    records = first[0].record, second[0].record
    known_as = [(system, first[1]), (baseline, second[1])]
    asked = zip((system, baseline), known_as, records, strict=True)
    marked = [name for name, names, record in asked if any(map(trained_on_flores, (*names, _model(record))))]
    return Pair(ours, theirs, left_out, records, marked)


def lacking(system: "DataFrame", baseline: "DataFrame") -> "DataFrame":
    """List the directions that one of two tables lacks, as src, tgt, lacks (the name of the one that lacks it).

    Takes translations or scores: anything with the columns system, src, tgt.

    Raises KitError when no direction is in both.
    """
    import pandas as pd

    names = [table["system"].iloc[0] for table in (system, baseline)]
    ours, theirs = (dict.fromkeys(zip(table["src"], table["tgt"], strict=True)) for table in (system, baseline))
    if not ours.keys() & theirs.keys():
        raise KitError(
            f"no direction is in both: {names[0]} has {_few(ours)}, {names[1]} has {_few(theirs)}. "
            f"To mend: translate with both into and from the same languages"
        )
    rows = [(*each, names[1]) for each in ours if each not in theirs]
    rows += [(*each, names[0]) for each in theirs if each not in ours]
    return pd.DataFrame(rows, columns=[*SIDES, "lacks"])


def size(n: "Series") -> str:
    """Say how many directions of how many sentences, from n of each: of 57 and 60 "2 directions of 57–60 sentences"."""
    sentences = "–".join(dict.fromkeys(f"{each:,.0f}" for each in (n.min(), n.max())))
    return f"{len(n):,} direction{'s' * (len(n) > 1)} of {sentences} sentences"


def _chosen(table: "DataFrame", directions: str, tables: "list[DataFrame]") -> "DataFrame":
    if not directions:
        return table
    spoken = {code for each in tables for side in SIDES for code in each[side]}
    wanted = set(languages.directions(directions, sorted(spoken)))
    kept = table[[each in wanted for each in zip(table["src"], table["tgt"], strict=True)]]
    if kept.empty:
        raise KitError(
            f"{table['system'].iloc[0]} has none of the directions {directions}. "
            f"To mend: choose among its {_few(dict.fromkeys(zip(table['src'], table['tgt'], strict=True)))}"
        )
    return kept


def _shared(table: "DataFrame", left_out: "DataFrame") -> "DataFrame":
    """Keep the directions that both have, by source, target and index."""
    out = set(zip(left_out["src"], left_out["tgt"], strict=True))
    kept = table[[each not in out for each in zip(table["src"], table["tgt"], strict=True)]]
    return kept.sort_values([*SIDES, "index"], kind="stable", ignore_index=True)


def _model(record: dict) -> str:
    return str(record.get("parameters", {}).get("model") or "")


def _same_signatures(scores: "dict[str, DataFrame | None]") -> None:
    """Refuse two systems whose kept scores are of different signatures; what kept no scores is scored here alone."""
    if any(table is None or table.empty for table in scores.values()):
        return
    try:
        comparable.same_signatures(scores)
    except comparable.NotComparable as error:
        remedy = f"{RESCORE}; or {comparable.RESCORE}"
        raise comparable.NotComparable(error.what, error.told, remedy) from None


def _scores(run: runs.Run, system: str, shared: "DataFrame") -> "DataFrame | None":
    """Keep a system's scores in the shared directions, as its run has them; None where it kept no scores."""
    if run.scores is None:
        return None
    kept = set(zip(shared["src"], shared["tgt"], strict=True))
    own = run.scores[run.scores["system"] == system]
    return own[[each in kept for each in zip(own["src"], own["tgt"], strict=True)]]


def _few(directions: dict) -> str:
    told = ", ".join(f"{src}-{tgt}" for src, tgt in list(directions)[:3])
    return f"{len(directions)} ({told}{', …' if len(directions) > 3 else ''})" if directions else "none"
