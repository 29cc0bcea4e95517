"""Two systems of finished runs, side by side, once they are seen to be comparable. Scores nothing.

A system is named `run` where its run holds no other than "copy", the baseline, and `run:system` where it does: with
google and nllb in the run 05_mozilla, "05_mozilla:nllb". The two may be of one run.
"""

from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import languages, translations
from llamax_kit.data.training_languages import Trained, trained_on_flores
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.runs import provenance, storage
from llamax_kit.scoring import comparability
from llamax_kit.tasks import defaults
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SIDES = ("src", "tgt")
FACTS = ("run", "written", "git", "corpus", "model", "decoding", "signatures")
RESCORE = "score both again here, by one tokenizer: -p tokenize flores101 for spBLEU as in the paper"


class Side(NamedTuple):
    """A system of a run as it was asked for: `Side("a:nllb", *runs.system("a:nllb"))`."""

    name: str
    run: storage.SavedRun
    own: str  # its name in the run
    rows: "DataFrame | None"  # of the translations table; none where its run kept none

    @property
    def record(self) -> dict:
        """The run's record, as it is for this system."""
        return provenance.of_system(self.run.record, self.own)

    @property
    def trained_on_flores(self) -> bool:
        """Whether it is known to have trained on FLORES, by its names or by the model on its run's record."""
        model = str(self.record.get("parameters", {}).get("model") or "")
        return any(map(trained_on_flores, (self.name, self.own, model)))


class Pair(NamedTuple):
    """Two translations tables on the same sentences, row by row, and the directions that only one of them has.

    The column `system` of each holds its name as it was asked for, "05_mozilla:nllb". left_out: src, tgt, lacks;
    records: the two runs' run.json, each as it is for its system; trained_on_flores: the names of those known to.
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
        """The tokenizer by whose pieces both runs are compared unless another is named: see `defaults.of_runs`."""
        return defaults.of_runs(defaults.AUTO, self.records)

    @property
    def release(self) -> str:
        """The corpus that both answered: "FLORES-101 devtest"."""
        return (self.records[0].get("corpus") or {}).get("release", "a corpus not on record")

    @property
    def facts(self) -> dict[str, dict]:
        """What the record of a comparison holds of each of the two: run, time, commit, corpus, model, decoding."""
        both = zip(self.names, self.records, strict=True)
        return {name: {fact: record.get(fact) for fact in FACTS} for name, record in both}

    def training_languages(self, spec: str = "") -> Trained:
        """Return the languages that count as "trained": as `spec` names them, or as the system's run records them."""
        return training_languages_of(spec, self.records[0])

    @property
    def cuts(self) -> list[str]:
        """What a reader must know where the two took only a part of their corpus (see `provenance.cuts`)."""
        return provenance.cuts(dict(zip(self.names, self.records, strict=True)))

    @property
    def size(self) -> str:
        """How many directions of how many sentences, in words: "17 directions of 1,012 sentences"."""
        return size(self.system.groupby(list(SIDES)).size())


def pair(system: str, baseline: str, *, directions: str = "", tokenize: str = "") -> Pair:
    """Pair two systems of runs: `pair("05_mozilla:nllb", "05_mozilla:google", "en-X")`; directions: "", all of them.

    tokenize: by whose pieces both are to be scored again, as `gains.gains` takes it; the scores that the runs kept may
    then be of any signature, for nothing reads them. "auto", or "": as both were scored.

    Raises KitError when they are one system, have no direction in common, or cannot be compared: another release of
    the corpus, other sentences, sources or references in a direction, scores of different signatures; UnknownName for a
    run or system that is not there.
    """
    ours = Side(system, *storage.system(system))
    return beside(ours, _other(baseline, ours), directions, tokenize=tokenize)


def beside(system: Side, baseline: Side, directions: str = "", *, tokenize: str = "") -> Pair:
    """Pair two systems whose runs are loaded already, as `pair` does. Raises as it does."""
    import pandas as pd

    sides = system, baseline
    if system.run.folder == baseline.run.folder and system.own == baseline.own:
        both = f"{system.name} and {baseline.name}"
        raise KitError(f"{both} are one system of one run. To mend: name two systems to compare")
    comparability.same_corpus({each.name: each.run.record for each in sides})
    tables = [translations.check(each.rows).assign(system=each.name) for each in sides]
    tables = [_chosen(table, directions, tables) for table in tables]
    left_out = lacking(*tables)
    shared = [_shared(table, left_out=left_out) for table in tables]
    if tokenize in ("", defaults.AUTO):
        _same_signatures({each.name: _scores(each, rows) for each, rows in zip(sides, shared, strict=True)})
    comparability.same_sentences(pd.concat([table.assign(label=table["system"]) for table in shared]))
    known = [each.name for each in sides if each.trained_on_flores]
    return Pair(*shared, left_out, (system.record, baseline.record), known)


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
    return f"{len(n):,} direction{'s' * (len(n) > 1)} of {sentences} sentence{'s' * int(n.max() != 1)}"


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


def _other(name: str, first: Side) -> Side:
    """Find a second system, in the run that is loaded already where it names the same."""
    run, own = storage.parted(name)
    rows = first.run.translations[first.run.translations["system"] == own].reset_index(drop=True)
    same = run == storage.parted(first.name)[0] and len(rows)
    return Side(name, first.run, own, rows) if same else Side(name, *storage.system(name))


def _shared(table: "DataFrame", *, left_out: "DataFrame") -> "DataFrame":
    """Keep the directions that both have, by source, target and index."""
    out = set(zip(left_out["src"], left_out["tgt"], strict=True))
    kept = table[[each not in out for each in zip(table["src"], table["tgt"], strict=True)]]
    return kept.sort_values([*SIDES, "index"], kind="stable", ignore_index=True)


def _same_signatures(scores: "dict[str, DataFrame | None]") -> None:
    """Refuse two systems whose kept scores are of different signatures; what kept no scores is scored here alone."""
    if any(table is None or table.empty for table in scores.values()):
        return
    try:
        comparability.same_signatures(scores)
    except comparability.NotComparable as error:
        remedy = f"{RESCORE}; or {comparability.RESCORE}"
        raise comparability.NotComparable(error.what, error.told, remedy) from None


def _scores(side: Side, shared: "DataFrame") -> "DataFrame | None":
    """Keep a system's scores in the shared directions, as its run has them; None where it kept no scores."""
    if side.run.scores is None:
        return None
    kept = set(zip(shared["src"], shared["tgt"], strict=True))
    own = side.run.scores[side.run.scores["system"] == side.own]
    return own[[each in kept for each in zip(own["src"], own["tgt"], strict=True)]]


def _few(directions: dict) -> str:
    told = ", ".join(f"{src}-{tgt}" for src, tgt in list(directions)[:3])
    return f"{len(directions)} ({told}{', …' if len(directions) > 3 else ''})" if directions else "none"
