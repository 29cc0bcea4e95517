"""Several runs side by side: what changed between them, what effect it had, and what each system gained.

Tests nothing itself: each pair goes to `gains`. A pair tested alone, as in notebook 06, has fewer tests to correct for.
"""

import re
from typing import TYPE_CHECKING

from llamax_kit.analysis import gains
from llamax_kit.analysis.gathering import Gathered, find, gather
from llamax_kit.analysis.method_text import method
from llamax_kit.analysis.pairs import trained_on_flores
from llamax_kit.data.translations import DIRECTION, answers, label, labels, nouns
from llamax_kit.runs.storage import SavedSystem, listed
from llamax_kit.scoring import accuracy, comparability, corrections
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Gathered", "changes", "effects", "gains_over", "gather", "listed", "method", "summary"]

NOISE = ("run", "notebook", "written", "process_seconds", "seconds", "timing", "parameters.run", "parameters.fresh")
LONG = "training_languages.codes"  # of a record or one of its systems: shown as their number
ORDER = ("parameters", "corpus", "model", "decoding", "prompt", "systems", "signatures", "versions", "git", "platform")
NOTHING = "nothing that determines a score"


def changes(*records: dict) -> "DataFrame":
    """List what changed between runs, from their records.

    Time spent and the run's own name are left out, hashes are shortened, and of lists of languages the length is shown.

    Parameters
    ----------
    *records : dict
        The runs' records (run.json).

    Returns
    -------
    DataFrame
        One row per fact that differs: what, and one column per run. The only row of equal runs is "nothing that
        determines a score".

    Examples
    --------
    `changes(a, b)` of a greedy and a beam run has the rows parameters.decoding and decoding.num_beams.
    """
    import pandas as pd

    facts = [_flat(record) for record in records]
    rows = []
    for what in sorted(dict.fromkeys(key for each in facts for key in each), key=_place):
        values = [each.get(what, "not recorded") for each in facts]
        if len(set(values)) > 1 and not _noise(what):
            rows.append((what, *map(_short, values)))
    names = _apart([str(record.get("run", "run")) for record in records])
    if not rows and len(records) > 1:
        rows = [(NOTHING, *[""] * len(records))]
    return pd.DataFrame(rows, columns=pd.Index(["what", *names], name="run"))  # names, not words


def effects(gathered: Gathered) -> "DataFrame":
    """Measure what a change did to a system that two runs hold: how many hypotheses differ, and by how much its score.

    Parameters
    ----------
    gathered : Gathered
        The runs, as `gather` returns them.

    Returns
    -------
    DataFrame
        One row per direction that both runs have, without the baseline `copy`: system, run, against (an earlier run),
        src, tgt, n, differ (hypotheses; missing where a run kept none), difference (points), score, score_against,
        metric.
    """
    import pandas as pd

    held = gathered.systems[gathered.systems["name"] != "copy"]
    tables = [
        _effect(gathered, name, run=run, against=against)
        for name, each in held.groupby("name", sort=False)
        for place, run in enumerate(each["run"])
        for against in each["run"][:place]
    ]
    columns = ["system", "run", "against", *DIRECTION, "n", "differ", "difference", "score", "score_against", "metric"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return table[columns]


def _flat(fact, name: str = "") -> dict[str, str]:
    """Flatten a record: {"git": {"dirty": True}, "signatures": ["a", "b"]} to git.dirty "true", signatures "a, b".

    Empty mappings and lists, and None, become "none".
    """
    if isinstance(fact, dict) and fact:
        flat = [_flat(each, f"{name}.{part}".strip(".")) for part, each in fact.items()]
        return {key: text for each in flat for key, text in each.items()}
    if isinstance(fact, list):
        fact = counted(len(fact), "language") if f".{name}".endswith(f".{LONG}") else ", ".join(map(str, fact))
    return {name: str(fact).lower() if isinstance(fact, bool) else "none" if fact in (None, {}, "") else str(fact)}


def _noise(what: str) -> bool:
    return any(what == noise or what.startswith(f"{noise}.") for noise in NOISE)


def _short(text: str) -> str:
    """Shorten a hash as git does, and leave any other text: twelve digits of "sha256:0a1b…" remain."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1…", text)


def _place(what: str) -> int:
    head = what.split(".")[0]
    return ORDER.index(head) if head in ORDER else len(ORDER)


def _apart(names: list[str]) -> list[str]:
    """Number names that are repeated: "a", "a" become "a", "a (2)"."""
    counts = [names[: at + 1].count(name) for at, name in enumerate(names)]
    return [name if count == 1 else f"{name} ({count})" for name, count in zip(names, counts, strict=True)]


def _effect(gathered: Gathered, name: str, *, run: str, against: str) -> "DataFrame":
    """Join one system's scores and hypotheses in two runs."""
    one, other = (gathered.runs[each] for each in (run, against))
    mine, theirs = (each.scores[each.scores["system"] == name] for each in (one, other))
    table = mine.merge(theirs, on=[*DIRECTION, "metric", "n"], suffixes=("", "_against"))
    table = table[table["metric"] == gathered.metric]
    table = table.assign(difference=table["score"] - table["score_against"], system=name, run=run, against=against)
    if one.translations is None or other.translations is None:
        return table.assign(differ=float("nan"))
    texts = [each.translations[each.translations["system"] == name] for each in (one, other)]
    both = texts[0].merge(texts[1], on=[*DIRECTION, "index"])
    differ = (both["hypothesis_x"] != both["hypothesis_y"]).groupby([both["src"], both["tgt"]]).sum()
    return table.join(differ.rename("differ"), on=DIRECTION)


def gains_over(gathered: Gathered, baseline: str = "", *, tokenize: str = "") -> "DataFrame":
    """Measure gains over a baseline, over all runs.

    The copied source is measured where it is a run's only system. A system that shares no direction with the baseline
    is left out, as `gathered.lacking` lists; one whose run kept no translations is not tested.

    Parameters
    ----------
    gathered : Gathered
        The runs, as `gather` returns them; their metric is that of the gains.
    baseline : str
        A system, as `gathering.find` takes it; "": the first.
    tokenize : str
        What the runs were scored with, where their records do not say.

    Returns
    -------
    DataFrame
        The columns of `gains.gains`, systems named as in `gathered`, directions in the order of its scores.

    Raises
    ------
    UnknownName
        For an unknown baseline.
    KitError
        When there is nothing to compare it with, or scores.csv does not match the translations beside it.
    NotComparable
        For a tokenizer that the scores do not have.
    """
    import pandas as pd

    spec = find(gathered, baseline)
    names = dict(zip(gathered.systems["spec"], gathered.systems["system"], strict=True))
    own = gathered.systems[~gathered.systems["beside"]].drop_duplicates("system")
    has = _directions(gathered)
    others = [each for each in own["spec"] if names[each] != names[spec] and has[names[each]] & has[names[spec]]]
    if not others:
        raise KitError(
            f"no other system has a {nouns(gathered.scores)[0]} of {spec}, so there is no gain to measure. "
            f"To mend: name another run, or another baseline"
        )
    baseline, *systems = (_side(gathered, each) for each in (spec, *others))
    tested = [each.name for each in systems if each.translations is not None and baseline.translations is not None]
    samples = corrections.shuffles(sum(len(has[name] & has[baseline.name]) for name in tested))
    tables, metric = [], accuracy.family(gathered.metric)
    for each in systems:
        pair = gains.beside(each, baseline, metric=metric) if each.name in tested else None
        table = gains.gains(pair, tokenize, samples, metric=metric) if pair else _untested(gathered, each, baseline)
        tables.append(_in_order(table, gathered))
    table = corrections.corrected(pd.concat(tables, ignore_index=True))
    _same_scores(gathered, table)
    return table


def summary(gained: "DataFrame") -> "DataFrame":
    """Summarise what `gains_over` returns, each direction counting once.

    Parameters
    ----------
    gained : DataFrame
        A table of `gains_over`.

    Returns
    -------
    DataFrame
        One row per system: mean_gain (points) over all its directions; shared_gain over those that every system has,
        the only means that compare with each other, missing where there are none; directions and shared_directions: how
        many; and the counts of verdicts.
    """
    import pandas as pd

    have = gained.groupby(DIRECTION)["system"].transform("nunique")
    shared = gained[have == gained["system"].nunique()]
    means = [
        rows.groupby("system", sort=False)["gain"].agg([(mean, "mean"), (count, "size")])
        for rows, mean, count in ((gained, "mean_gain", "directions"), (shared, "shared_gain", "shared_directions"))
    ]
    table = means[0].join([means[1], pd.crosstab(gained["system"], gained["verdict"])]).reset_index()
    return table.fillna({"shared_directions": 0}).astype({"shared_directions": int})


def _side(gathered: Gathered, spec: str) -> SavedSystem:
    """Return a system's translations from the loaded runs; none where its run kept none."""
    row = gathered.systems.set_index("spec").loc[spec]
    run, own = gathered.runs[row["run"]], row["name"]
    rows = None if run.translations is None else run.translations[run.translations["system"] == own]
    plain = row["system"] in (own, f"{own} ({row['run']})")
    return SavedSystem(row["system"], run, own, rows, "" if plain else spec)


def _untested(gathered: Gathered, system: SavedSystem, baseline: SavedSystem) -> "DataFrame":
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    tables = (scores[scores["system"] == each.name] for each in (system, baseline))
    known = [each.name for each in (system, baseline) if trained_on_flores(each)]
    kept = "answers" if answers(scores) else "translations"
    return gains.from_scores(*tables, note=f"no {kept} kept, no test", trained=known)


def _in_order(table: "DataFrame", gathered: Gathered) -> "DataFrame":
    """Sort directions as in the runs' scores; gains come in the order of files."""
    named, known = (labels(each) for each in (table, gathered.scores))
    place = {direction: at for at, direction in enumerate(dict.fromkeys(known))}
    return table.iloc[named.map(place).argsort(kind="stable")]


def _directions(gathered: Gathered) -> dict[str, set]:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    named = labels(scores)
    return named.groupby(scores["system"]).agg(set).to_dict()


def _same_scores(gathered: Gathered, table: "DataFrame") -> None:
    """Check that the gains are differences of the very scores that the runs hold."""
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    comparability.same_signatures({"the runs' scores.csv": scores, "the gains": table})
    both = table.merge(scores, on=["system", *DIRECTION, "metric"], suffixes=("", "_kept"))
    odd = both[(both["score"] - both["score_kept"]).abs() > 1e-9]
    if len(odd):
        row = odd.iloc[0]
        raise KitError(
            f"run {row['run']}: scores.csv has {row['score_kept']:.4f} for {row['system']} {label(*row[DIRECTION])}, "
            f"but what it kept scores {row['score']:.4f} ({len(odd)} of {len(both)} differ), so they are of "
            f"different times. To mend: run its notebook again"
        )
