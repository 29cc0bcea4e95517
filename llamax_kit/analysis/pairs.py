"""Two systems of finished runs, side by side, after a check that they are comparable. Scores nothing.

A system is named `run` where its run holds only that one and "copy", the baseline, else `run:system`: with google and
nllb in the run 05_mozilla, "05_mozilla:nllb". Both may be of one run. "NLLB=05_mozilla:nllb" is shown as "NLLB".
"""

from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import languages, training_languages, translations
from llamax_kit.data.language_table import recall
from llamax_kit.data.training_languages import Trained
from llamax_kit.data.translations import DIRECTION, answers, label, nouns
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.runs import provenance, storage
from llamax_kit.runs.storage import SavedSystem
from llamax_kit.scoring import comparability
from llamax_kit.tasks import defaults
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

FACTS = ("run", "written", "git", "corpus", "model", "decoding", "signatures")
RESCORE = "score both again here, by one tokenizer: -p tokenize flores101 for spBLEU as in the paper"


class Pair(NamedTuple):
    """Two translations tables on the same sentences, row by row, and the directions that only one of them has.

    The column `system` of each holds its name as it is shown: "05_mozilla:nllb", or what stands before the sign = of
    "NLLB=05_mozilla:nllb". left_out: src, tgt, lacks;
    records: the two runs' run.json, each as it is for its system; trained_on_flores: the names of the systems that did.
    """

    system: "DataFrame"
    baseline: "DataFrame"
    left_out: "DataFrame"
    records: tuple[dict, dict]
    trained_on_flores: list[str]
    asked: tuple[str, str] = ("", "")

    @property
    def names(self) -> tuple[str, str]:
        return self.system["system"].iloc[0], self.baseline["system"].iloc[0]

    @property
    def tokenize(self) -> str:
        """The tokenizer that compares both runs unless another is named: see `defaults.of_runs`."""
        return defaults.of_runs(defaults.AUTO, self.records)

    @property
    def release(self) -> str:
        """The corpus that both translated: "FLORES-101 devtest"."""
        return provenance.release(self.records[0]) or "a corpus not on record"

    @property
    def facts(self) -> dict[str, dict]:
        """What the record of a comparison holds of each of the two: run, time, commit, corpus, model, decoding.

        asked: what a name that is shown stands for, where one was given.
        """
        both = zip(self.names, self.records, strict=True)
        facts = {name: {fact: record.get(fact) for fact in FACTS} for name, record in both}
        return {name: facts[name] | ({"asked": asked} if asked else {})
                for name, asked in zip(self.names, self.asked, strict=True)}  # fmt: skip

    def training_languages(self, spec: str = "") -> Trained:
        """Return the languages that count as "trained": as `spec` names them, or as the system's run records them."""
        return training_languages_of(spec, self.records[0])

    @property
    def cuts(self) -> list[str]:
        """What a reader must know where the two used only a part of their corpus (see `provenance.cuts`)."""
        return provenance.cuts(dict(zip(self.names, self.records, strict=True)))

    @property
    def size(self) -> str:
        """How many directions of how many sentences, in words: "17 directions of 1,012 sentences"."""
        return size(self.system.groupby(DIRECTION).size(), nouns(self.system))


def pair(system: str, baseline: str, *, directions: str = "", tokenize: str = "", metric: str = defaults.AUTO) -> Pair:
    """Pair two systems of runs on the same sentences.

    Parameters
    ----------
    system, baseline : str
        run, or run:system; name=run:system to show it by a name.
    directions : str
        As `languages.directions` takes them; "": all.
    tokenize : str
        A tokenizer by which both will be scored again, as `gains` takes it; the signatures of kept scores are then not
        compared. "" or "auto": as both were scored.
    metric : str
        What they will be compared by; "auto": as `defaults.metric` says. Of another metric than spBLEU the kept scores
        are not asked: `gains` scores both. Answers to questions have accuracies, and translations have none.

    Returns
    -------
    Pair
        The two translations tables, row by row, and what was left out.

    Raises
    ------
    KitError
        When they are one system, would have one name, have no direction in common, or cannot be compared: answers and
        translations, another release of the corpus, other sentences, sources or references in a direction, scores of
        different signatures, a metric of the other kind.
    UnknownName
        For an unknown run or system.

    Examples
    --------
    ::

        gains.pair("05_mozilla:nllb", "05_mozilla:google", directions="en-X")
    """
    ours = storage.system(system)
    return beside(ours, _other(baseline, ours), directions, tokenize=tokenize, metric=metric)


def beside(
    system: SavedSystem, baseline: SavedSystem, directions: str = "", *, tokenize: str = "", metric: str = defaults.AUTO
) -> Pair:
    """Pair two systems whose runs are loaded already, as `pair` does.

    Parameters
    ----------
    system, baseline : SavedSystem
        The two, with their runs.
    directions, tokenize, metric : str
        As `pair` takes them.

    Returns
    -------
    Pair
        As `pair` returns it.

    Raises
    ------
    KitError
        As `pair` does.
    """
    import pandas as pd

    sides = system, baseline
    if system.run.folder == baseline.run.folder and system.own == baseline.own:
        both = f"{system.name} and {baseline.name}"
        raise KitError(f"{both} are one system of one run. To mend: name two systems to compare")
    if system.name == baseline.name:
        raise KitError(f"both systems are to be shown as {system.name!r}. To mend: give one another name before the =")
    for each in sides:
        recall(each.run.record)
    answered = comparability.same_kind({each.name: each.translations for each in sides})
    metric = defaults.metric(metric, system.translations)
    comparability.same_corpus({each.name: each.run.record for each in sides})
    tables = [translations.check(each.translations).assign(system=each.name) for each in sides]
    tables = [_chosen(table, directions, tables) for table in tables]
    left_out = lacking(*tables)
    shared = [_shared(table, left_out=left_out) for table in tables]
    if answered or (tokenize in ("", defaults.AUTO) and metric == "spBLEU"):
        _same_signatures({each.name: _scores(each, rows) for each, rows in zip(sides, shared, strict=True)})
    comparability.same_sentences(pd.concat([table.assign(label=table["system"]) for table in shared]))
    known = [each.name for each in sides if trained_on_flores(each)]
    return Pair(*shared, left_out, (system.record, baseline.record), known, (system.asked, baseline.asked))


def trained_on_flores(system: SavedSystem) -> bool:
    """Check whether a system is known to have trained on FLORES, by its names or by the model in its run's record."""
    model = str(system.record.get("parameters", {}).get("model") or "")
    return any(map(training_languages.trained_on_flores, (system.asked or system.name, system.own, model)))


def lacking(system: "DataFrame", baseline: "DataFrame") -> "DataFrame":
    """List the directions that only one of two tables has.

    Parameters
    ----------
    system, baseline : DataFrame
        Translations or scores: any table with the columns system, src, tgt.

    Returns
    -------
    DataFrame
        src, tgt, lacks (the name of the system without it).

    Raises
    ------
    KitError
        When no direction is in both.
    """
    import pandas as pd

    names = [table["system"].iloc[0] for table in (system, baseline)]
    ours, theirs = (dict.fromkeys(zip(table["src"], table["tgt"], strict=True)) for table in (system, baseline))
    if not ours.keys() & theirs.keys():
        raise KitError(
            f"no {nouns(system)[0]} is in both: {names[0]} has {_few(ours)}, {names[1]} has {_few(theirs)}. "
            f"To mend: {'ask both in' if answers(system) else 'translate with both into and from'} the same languages"
        )
    rows = [(*each, names[1]) for each in ours if each not in theirs]
    rows += [(*each, names[0]) for each in theirs if each not in ours]
    return pd.DataFrame(rows, columns=[*DIRECTION, "lacks"])


def size(n: "Series", named: tuple[str, str] = ("direction", "sentence")) -> str:
    """Return how many directions of how many sentences, from n of each: "2 directions of 57–60 sentences".

    named: what they are called (`translations.nouns`).
    """
    what, thing = named
    things = "–".join(dict.fromkeys(f"{each:,.0f}" for each in (n.min(), n.max())))
    return f"{len(n):,} {what}{'s' * (len(n) > 1)} of {things} {thing}{'s' * int(n.max() != 1)}"


def _chosen(table: "DataFrame", directions: str, tables: "list[DataFrame]") -> "DataFrame":
    if not directions:
        return table
    spoken = {code for each in tables for side in DIRECTION for code in each[side]}
    if answers(table):  # "en sw": the languages of the questions
        wanted = {(code, code) for code in languages.codes(directions)}
    else:
        wanted = set(languages.directions(directions, sorted(spoken)))
    kept = table[[each in wanted for each in zip(table["src"], table["tgt"], strict=True)]]
    if kept.empty:
        raise KitError(
            f"{table['system'].iloc[0]} has none of the {nouns(table)[0]}s {directions}. "
            f"To mend: choose among its {_few(dict.fromkeys(zip(table['src'], table['tgt'], strict=True)))}"
        )
    return kept


def _other(name: str, first: SavedSystem) -> SavedSystem:
    """Find a second system, in the loaded run where its name is the same run."""
    run, own = storage.parted(name)
    rows = first.run.translations[first.run.translations["system"] == own].reset_index(drop=True)
    same = len(rows) and storage.place(run).resolve() == first.run.folder.resolve()
    found = storage.SavedSystem(storage.shown(name), first.run, own, rows, storage.behind(name))
    return found if same else storage.system(name)


def _shared(table: "DataFrame", *, left_out: "DataFrame") -> "DataFrame":
    """Keep the directions that both have, sorted by source, target and index."""
    out = set(zip(left_out["src"], left_out["tgt"], strict=True))
    kept = table[[each not in out for each in zip(table["src"], table["tgt"], strict=True)]]
    return kept.sort_values([*DIRECTION, "index"], kind="stable", ignore_index=True)


def _same_signatures(scores: "dict[str, DataFrame | None]") -> None:
    """Raise NotComparable for kept scores of different signatures; a system without kept scores is not checked."""
    if any(table is None or table.empty for table in scores.values()):
        return
    try:
        comparability.same_signatures(scores)
    except comparability.NotComparable as error:
        remedy = f"{RESCORE}; or {comparability.RESCORE}" if error.remedy == comparability.RESCORE else error.remedy
        raise comparability.NotComparable(error.what, error.told, remedy) from None


def _scores(side: SavedSystem, shared: "DataFrame") -> "DataFrame | None":
    """Return a system's scores in the shared directions, as its run has them; None where it kept no scores."""
    if side.run.scores is None:
        return None
    kept = set(zip(shared["src"], shared["tgt"], strict=True))
    own = side.run.scores[side.run.scores["system"] == side.own]
    return own[[each in kept for each in zip(own["src"], own["tgt"], strict=True)]]


def _few(directions: dict) -> str:
    first = ", ".join(label(*each) for each in list(directions)[:3])
    return f"{len(directions)} ({first}{', …' if len(directions) > 3 else ''})" if directions else "none"
