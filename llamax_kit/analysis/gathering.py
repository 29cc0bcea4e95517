"""Any number of finished runs in one table, if they may be compared, and which systems are in it.

Refuses to mix (see `comparability`). Tests no gain (see `gains`), names no difference (see `comparison`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data.language_table import recall
from llamax_kit.data.translations import DIRECTION, KEYS, labels
from llamax_kit.runs import provenance, storage
from llamax_kit.runs.storage import SavedRun
from llamax_kit.scoring import accuracy, comparability, sacrebleu_metrics, spbleu
from llamax_kit.tasks import defaults
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame


class Gathered(NamedTuple):
    """Runs that may be in one table.

    runs: by name. systems: one row per run and system: system (its name in the tables here), run, name (in its run),
    spec ("run:system", as `gains.pair` takes it), beside (True for the copied source that a run scores with its
    systems), directions (how many). scores: the score table, with run. translations: the translations table, with run,
    of the runs that kept theirs. lacking: what a system has no score of: system, metric, n, directions ("en-de en-sw").
    rescored: the runs whose scores.csv lacks the metric that was asked for, so that their translations were scored.
    """

    runs: dict[str, SavedRun]
    systems: "DataFrame"
    scores: "DataFrame"
    translations: "DataFrame"
    lacking: "DataFrame"
    rescored: tuple[str, ...] = ()

    @property
    def metric(self) -> str:
        """The metric that the runs are compared by, as in "chrF++"; of spBLEU that of all runs, as in "spBLEU-cldr"."""
        return next((name for name in self.scores["metric"] if name.startswith("spBLEU")), self.scores["metric"][0])

    @property
    def origins(self) -> "DataFrame":
        """The runs: run, corpus.release, git.dirty, written, git.commit (ten digits); missing where not recorded."""
        import pandas as pd

        table = pd.json_normalize([each.record for each in self.runs.values()]).assign(run=list(self.runs))
        table = table.reindex(columns=["run", "corpus.release", "git.dirty", "written", "git.commit"])
        commits = table["git.commit"].astype("str")  # a column of nothing is of numbers; missing stays missing
        return table.assign(**{"git.commit": commits.str[:10]})

    @property
    def cuts(self) -> list[str]:
        """What a reader must know where runs took only a part of their corpus (see `provenance.cuts`)."""
        return provenance.cuts({name: each.record for name, each in self.runs.items()})


def gather(names: str | Iterable[str], *, metric: str = defaults.AUTO, baseline: str = "") -> Gathered:
    """Read finished runs as one.

    A system whose name is in two runs is called "system (run)"; only the baseline `copy`, where its scores are equal in
    all runs, is there once.

    Parameters
    ----------
    names : str or iterable of str
        Runs by name or folder, or some of their systems, as run:system; name=run:system to show one by a name, in
        quotation marks where it has blanks, as in "'Our own'=05_mine:a 05_mozilla".
    metric : str
        What they are compared by: spBLEU (then all their scores are kept), or chrF++ or BLEU alone. A run whose
        scores.csv lacks it is scored again, from its translations. Of answers to questions one of `accuracy.METRICS`.
        "auto": as `defaults.metric` says.
    baseline : str
        One of these systems, which may be given its name here too.

    Returns
    -------
    Gathered
        The runs' tables, together.

    Raises
    ------
    KitError
        For no run, the same one twice, an unfinished one, or one without scores; for one that has no score by the
        metric, and no translations to score; for a name of two systems, or of a run that holds several.
    UnknownName
        For an unknown run, system or metric, or a metric of the other kind.
    NotComparable
        For answers and translations, different corpora, signatures, or sentences in a shared direction.

    Examples
    --------
    `gather("05_mozilla 05_mine")`, or some systems of a run: `gather("05_mozilla:google 05_mozilla:nllb")`.
    """
    import pandas as pd

    names = storage.listed(names) if isinstance(names, str) else list(names)
    found, given = _load(names)
    comparability.same_kind({run: each.scores for run, each in found.items()})
    metric = defaults.metric(metric, next(iter(found.values())).scores)
    comparability.same_corpus({run: each.record for run, each in found.items()})
    held = {run: {*each.scores["metric"]} for run, each in found.items()}
    found = {run: _scored(run, each, metric=metric) for run, each in found.items()}
    rescored = tuple(run for run, each in found.items() if not held[run] & {*each.scores["metric"]})
    comparability.same_signatures({run: each.scores for run, each in found.items()})
    scores = _labelled({run: each.scores for run, each in found.items()})
    comparability.same_counts(scores)
    kept = _labelled({run: each.translations for run, each in found.items() if each.translations is not None})
    if len(kept):
        comparability.same_sentences(kept)
    systems = _systems(scores, given, called=called([*names, baseline]))
    shown = dict(zip(systems["run"] + ":" + systems["name"], systems["system"], strict=True))
    scores, kept = (
        table.assign(system=table["label"].map(shown)).drop(columns="label") if len(table) else table
        for table in (scores, kept)
    )
    scores = scores.drop_duplicates(["system", *DIRECTION, "metric"], ignore_index=True)
    kept = kept.drop_duplicates(["system", *DIRECTION, "index"], ignore_index=True) if len(kept) else pd.DataFrame()
    return Gathered(found, systems, scores, kept, _lacking(scores), rescored)


def find(gathered: Gathered, name: str = "") -> str:
    """Return the spec of a system, "run:system": by that, by its run if it has one of its own, or by its name here.

    Without a name, the first. `find(gathered, "demo_mini_llama")` is "demo_mini_llama:mini-llama-alpaca".

    Raises UnknownName for what is none of these, or a run of several systems.
    """
    systems, name = gathered.systems.sort_values("beside", kind="stable"), storage.named(name)[1]
    of_run = systems[(systems["run"] == name) & ~systems["beside"]]
    named = systems[(systems["spec"] == name) | (systems["system"] == name)]
    chosen = systems if not name else of_run if len(of_run) == 1 else named
    if chosen.empty:
        raise UnknownName("system of these runs", given=name, choices=systems["spec"], remedy="name it as run:system")
    return chosen["spec"].iloc[0]


def _load(names: list[str]) -> tuple[dict[str, SavedRun], dict[str, str]]:
    """Load runs by the names of their folders; return them, and the name under which each was asked for."""
    found: dict[str, SavedRun] = {}
    given: dict[str, str] = {}
    for name, systems in asked(names).items():
        _finished(name)
        run = storage.load(name)
        recall(run.record)
        key = run.folder.resolve().name
        if key in found:
            raise KitError(f"run {key!r} is named twice. To mend: name each once; rename a folder that is another run")
        if run.scores is None or run.scores.empty:
            raise _without_scores(name)
        storage.check_scores(name, run.scores)
        found[key], given[key] = _only(systems, run, name), name
    return found, given


def _scored(run: str, found: SavedRun, *, metric: str) -> SavedRun:
    """Keep a run's scores by a metric, with spBLEU the others too; without any, score its translations."""
    own = found.scores["metric"].map(accuracy.family) == metric
    if own.any():
        return found if metric == "spBLEU" else found._replace(scores=found.scores[own])
    tokenize, answered = defaults.of_runs(defaults.AUTO, [found.record]), metric in accuracy.METRICS
    if not answered:
        sacrebleu_metrics.named(metric, tokenize=tokenize)  # which raises for an unknown one
    if answered or found.translations is None:
        raise KitError(
            f"run {run!r} has no {metric}: its scores.csv has only {', '.join(dict.fromkeys(found.scores['metric']))}"
            f"{'' if answered else ', and it kept no translations to score'}. "
            f"To mend: compare by a metric that every run has"
        )
    table = spbleu.score_table(found.translations, tokenize, metrics=metric)
    return found._replace(scores=found.scores[KEYS].drop_duplicates().merge(table))  # in the order of its scores


def asked(names: list[str]) -> dict[str, list[str]]:
    """Split "run:system" into runs and, for each, the systems asked for; an empty list means all.

    Raises KitError for no name at all, and for the same run or system twice.
    """
    if not names:
        raise KitError('no runs are named. To mend: name some, as in "demo_mini_llama demo_mini_llamax"')
    asked: dict[str, list[str]] = {}
    for name in names:
        run, system = storage.parted(name)
        if run in asked and (not system or not asked[run] or system in asked[run]):
            raise KitError(f"run {name!r} is named twice. To mend: name each once, whole or by some of its systems")
        asked.setdefault(run, []).extend([system] * bool(system))
    return asked


def called(names: Iterable[str]) -> dict[tuple[str, str], str]:
    """List the names that systems are shown by, by the run (as it was written) and the system ("": its only one).

    Raises KitError for a name of two systems, and for two names of one.
    """
    found: dict[tuple[str, str], str] = {}
    for spec in filter(storage.behind, names):
        name, of = storage.shown(spec), storage.parted(spec)
        if found.setdefault(of, name) != name:
            raise KitError(f"{storage.behind(spec)} has two names, {found[of]!r} and {name!r}. To mend: give it one")
    for name in found.values():
        if len(same := [":".join(filter(None, of)) for of, each in found.items() if each == name]) > 1:
            raise _one_name(name, specs=same)
    return found


def _one_name(name: str, *, specs: Iterable[str]) -> KitError:
    return KitError(
        f"{' and '.join(specs)} would be shown by one name, {name!r}. To mend: give one another before the sign ="
    )


def _only(systems: list[str], run: SavedRun, name: str) -> SavedRun:
    """Keep some systems of a run, in the order asked; all, where none is named."""
    import pandas as pd

    _all_held(systems, held=list(dict.fromkeys(run.scores["system"])), name=name)
    tables = {"scores": run.scores, "translations": run.translations}
    chosen = {
        kind: pd.concat([table[table["system"] == each] for each in systems], ignore_index=True)
        for kind, table in tables.items()
        if systems and table is not None
    }
    return run._replace(**chosen)


def check(names: Iterable[str], *, others: Iterable[str] = ()) -> None:
    """Check that runs and systems exist, as `gather` does, reading only the names of their systems.

    Raises as it does, except NotComparable. The nearest names of a run are also looked for among `others`.
    """
    for name, systems in asked(list(names)).items():
        held = storage.scored(_finished(name, others))
        if not held:
            raise _without_scores(name)
        _all_held(systems, held=held, name=name)


def _finished(name: str, others: Iterable[str] = ()) -> Path:
    place = storage.place(name)
    if place.is_dir() and not (place / "run.json").is_file():
        raise KitError(
            f"run {name!r} is not finished: its folder has no run.json, which a notebook writes last. "
            f"To mend: run its notebook again; it goes on where it stopped"
        )
    return storage.finished(name, others)


def _without_scores(name: str) -> KitError:
    return KitError(
        f"run {name!r} holds no scores (scores.csv). To mend: name a run of notebook 04 or 05, or of 11, or score its "
        f"outputs with notebook 05"
    )


def _all_held(systems: list[str], *, held: list[str], name: str) -> None:
    for unknown in (each for each in systems if each not in held):
        raise UnknownName(
            f"system in the run {name}",
            given=unknown,
            choices=held,
            remedy=f"name one of these, as in {name}:{held[0]}",
        )


def _labelled(tables: "dict[str, DataFrame]") -> "DataFrame":
    """Concatenate tables of several runs; the column run names the run of a row, label also its system."""
    import pandas as pd

    each = [table.assign(run=run, label=f"{run}:" + table["system"]) for run, table in tables.items()]
    return pd.concat(each, ignore_index=True) if each else pd.DataFrame()


def _systems(scores: "DataFrame", given: dict[str, str], *, called: dict[tuple[str, str], str]) -> "DataFrame":
    """List the systems of all runs, each with a name that is unique."""
    counts = scores.drop_duplicates(["run", "system", *DIRECTION]).groupby(["run", "system"], sort=False).size()
    systems = counts.rename("directions").reset_index().rename(columns={"system": "name"})
    copy = systems["name"] == "copy"
    systems["beside"] = copy & systems["run"].isin(systems["run"][~copy])
    systems["spec"] = systems["run"].map(given) + ":" + systems["name"]
    copies = scores[scores["system"] == "copy"].groupby([*DIRECTION, "metric"])["score"].nunique()
    alike = copy & bool((copies <= 1).all())
    shown = _shown(systems, called)
    plain = [name for at, name in systems["name"].items() if at not in shown]
    apart = (systems["name"].map(plain.count) > 1) & ~alike
    own = systems["name"].where(~apart, systems["name"] + " (" + systems["run"] + ")")
    systems["system"] = [shown.get(at, name) for at, name in own.items()]
    twice = systems[systems["system"].duplicated(keep=False) & (systems.index.isin(list(shown)) | ~alike)]
    if len(twice):
        same = systems[systems["system"] == twice["system"].iloc[0]]
        raise _one_name(same["system"].iloc[0], specs=same["spec"])
    return systems[["system", "run", "name", "spec", "beside", "directions"]]


def _shown(systems: "DataFrame", called: dict[tuple[str, str], str]) -> dict[int, str]:
    """Return the names that systems were given to be shown by, by row."""
    shown = {}
    for (run, system), name in called.items():
        of_run = systems[systems["spec"].map(lambda spec: storage.parted(spec)[0]) == run]
        chosen = of_run[of_run["name"] == system] if system else of_run[~of_run["beside"]]
        if len(chosen) != 1:
            raise KitError(
                f"expected one system to be shown as {name!r}, but {run} holds {len(chosen)} of these runs' systems. "
                f"To mend: name one, as in {name}={systems['spec'].iloc[0]}"
            )
        shown[chosen.index[0]] = name
    return shown


def _lacking(scores: "DataFrame") -> "DataFrame":
    import pandas as pd

    named, rows = labels(scores), []
    for metric in dict.fromkeys(scores["metric"]):
        for system in dict.fromkeys(scores["system"]):
            has = set(named[(scores["system"] == system) & (scores["metric"] == metric)])
            missing = [direction for direction in dict.fromkeys(named) if direction not in has]
            if missing:
                rows.append((system, metric, len(missing), " ".join(missing)))
    return pd.DataFrame(rows, columns=["system", "metric", "n", "directions"])
