"""What every system of several runs gained over one of them, in one table, corrected over all of its tests together.

Tests nothing itself: each pair goes to `gains`. A pair tested alone, as in notebook 06, has fewer tests to correct for.
"""

from typing import TYPE_CHECKING

from llamax_kit.analysis import gains
from llamax_kit.analysis.comparison import Gathered, find
from llamax_kit.scoring import comparability, corrections
from llamax_kit.scoring.comparability import DIRECTION
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame


def against(gathered: Gathered, baseline: str = "", *, tokenize: str = "") -> "DataFrame":
    """Measure gains over `baseline` (see `comparison.find`): the columns of `gains.gains`, systems named as in
    `gathered`, directions in the order of its scores.

    The copied source is measured where it is a run's only system. A system without a direction of the baseline's is
    left out, as `gathered.lacking` lists; one whose run kept no translations is not tested. tokenize: what the runs
    were scored with, where their records do not say.

    Raises UnknownName for the baseline, KitError when there is nothing to compare it with, or scores.csv is not of the
    translations beside it; NotComparable for a tokenizer that the scores do not have.
    """
    import pandas as pd

    spec = find(gathered, baseline)
    names = dict(zip(gathered.systems["spec"], gathered.systems["system"], strict=True))
    own = gathered.systems[~gathered.systems["beside"]].drop_duplicates("system")
    has = _directions(gathered)
    others = [each for each in own["spec"] if names[each] != names[spec] and has[names[each]] & has[names[spec]]]
    if not others:
        raise KitError(
            f"no other system has a direction of {spec}, so there is no gain to measure. "
            f"To mend: name another run, or another baseline"
        )
    baseline, *systems = (_side(gathered, each) for each in (spec, *others))
    tested = [each.name for each in systems if each.rows is not None and baseline.rows is not None]
    samples = corrections.shuffles(sum(len(has[name] & has[baseline.name]) for name in tested))
    tables = []
    for each in systems:
        pair = gains.beside(each, baseline) if each.name in tested else None
        table = gains.gains(pair, tokenize, samples) if pair else _untested(gathered, each, baseline)
        tables.append(_in_order(table, gathered))
    table = corrections.corrected(pd.concat(tables, ignore_index=True))
    _same_scores(gathered, table)
    return table


def brief(gained: "DataFrame") -> "DataFrame":
    """Sum up what `against` gave: a row a system, each direction counting once.

    mean_gain (points) over all its directions; shared_gain over those that every system has, the only means that
    compare with each other, missing where there are none; how many directions each is over; and the counts of verdicts.
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


def _side(gathered: Gathered, spec: str) -> gains.Side:
    """Take a system's translations from the runs that are loaded; none where its run kept none."""
    told = gathered.systems.set_index("spec").loc[spec]
    run, own = gathered.runs[told["run"]], told["name"]
    rows = None if run.translations is None else run.translations[run.translations["system"] == own]
    return gains.Side(told["system"], run, own, rows)


def _untested(gathered: Gathered, system: gains.Side, baseline: gains.Side) -> "DataFrame":
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    tables = (scores[scores["system"] == each.name] for each in (system, baseline))
    known = [each.name for each in (system, baseline) if each.trained_on_flores]
    return gains.from_scores(*tables, note="no translations kept, no test", trained=known)


def _in_order(table: "DataFrame", gathered: Gathered) -> "DataFrame":
    """Sort directions as they stand in the runs' scores; gains come in the order of files."""
    named, known = (each["src"] + "-" + each["tgt"] for each in (table, gathered.scores))
    place = {direction: at for at, direction in enumerate(dict.fromkeys(known))}
    return table.iloc[named.map(place).argsort(kind="stable")]


def _directions(gathered: Gathered) -> dict[str, set]:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    named = scores["src"] + "-" + scores["tgt"]
    return named.groupby(scores["system"]).agg(set).to_dict()


def _same_scores(gathered: Gathered, table: "DataFrame") -> None:
    """Check that the gains are differences of the very scores that the runs hold."""
    scores = gathered.scores[gathered.scores["metric"].str.startswith("spBLEU")]
    comparability.same_signatures({"the runs' scores.csv": scores, "the gains": table})
    both = table.merge(scores, on=["system", *DIRECTION, "metric"], suffixes=("", "_kept"))
    odd = both[(both["score"] - both["score_kept"]).abs() > 1e-9]
    if len(odd):
        row = odd.iloc[0]
        raise KitError(
            f"run {row['run']}: scores.csv says {row['score_kept']:.4f} for {row['system']} {row['src']}-{row['tgt']}, "
            f"but its translations score {row['score']:.4f} ({len(odd)} of {len(both)} differ), so one of them is of "
            f"another time. To mend: run its notebook again"
        )
