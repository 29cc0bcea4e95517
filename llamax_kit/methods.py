"""Says in sentences, for a paper, how the figures of several runs were made. Takes it from records, guesses nothing."""

from typing import TYPE_CHECKING

from llamax_kit import stats
from llamax_kit.compare import Gathered
from llamax_kit.runs import Run

if TYPE_CHECKING:
    from pandas import DataFrame


def sentences(gathered: Gathered, gains: "DataFrame | None" = None) -> list[str]:
    """Say what was compared, how it was generated, scored and tested, and by which kit; a sentence or two each.

    gains: as `gains.gains` gives, of any number of pairs; without it nothing is said of tests.
    """
    said = [_compared(gathered), *_generated(gathered), _scored(gathered)]
    if gains is not None and len(gains):
        said.append(_tested(gains))
    return [*said, _kit(gathered)]


def _compared(gathered: Gathered) -> str:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    directions = scores[["src", "tgt"]].drop_duplicates()
    few, many = int(scores["n"].min()), int(scores["n"].max())
    size = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    release = (next(iter(gathered.runs.values())).record.get("corpus") or {}).get("release", "a corpus not on record")
    systems = list(dict.fromkeys(scores["system"]))
    told = (
        f"We compare {_listed(systems)} in {_count(len(directions), 'direction')} of {release}, {size} sentences a "
        f"direction."
    )
    lacking = gathered.lacking[gathered.lacking["metric"] == gathered.metric]
    lacks = [f"{row.system} lacks {row.n} of them ({_short(row.directions)})" for row in lacking.itertuples()]
    return f"{told} {_listed(lacks)}." if lacks else told


def _generated(gathered: Gathered) -> list[str]:
    """Say how each run's hypotheses came about, and of the copied source what it is."""
    said = []
    for run, each in gathered.runs.items():
        own = gathered.systems[(gathered.systems["run"] == run) & (gathered.systems["name"] != "copy")]
        if len(own):
            said.append(_generation(_listed(list(own["system"])), run, each))
    copied = dict.fromkeys(gathered.systems["system"][gathered.systems["name"] == "copy"])
    return [*said, *(f"{name} repeats the source." for name in copied)]


def _generation(systems: str, run: str, each: Run) -> str:
    record = each.record
    model, chosen, decoding = (record.get(key) or {} for key in ("model", "parameters", "decoding"))
    if not model:
        return f"The hypotheses of {systems} were read from files (run {run}), which do not say how they were made."
    if "model" not in model:
        return f"{systems} is a baseline of the kit that translates nothing (run {run})."
    revision = model["model"].removeprefix("sha256:")[:12]
    kind = "content hash" if model["model"].startswith("sha256:") else "revision"
    adapter = f", adapter {model['adapter'][:19]}" if model.get("adapter") else ""
    beams = decoding.get("num_beams", 1)
    search = "greedy search" if beams == 1 else f"beam search with {beams} beams"
    searched = f"{search}, at most {decoding['max_new_tokens']} new tokens" if decoding else "a decoding that is not on record"
    return (
        f"{systems} ({kind} {revision}{adapter}; {model.get('dtype')}, transformers {model.get('transformers')}) "
        f"translated with {searched}, prompt {_short(str(chosen.get('prompt', 'not on record')).rpartition('/')[2])}."
    )


def _scored(gathered: Gathered) -> str:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    own = "" if gathered.metric == "spBLEU" else " (not to be compared with spBLEU)"
    intervals = f", with 95 % intervals from {stats.SAMPLES:,} bootstrap resamples" if scores["low"].notna().any() else ""
    return f"Scores are corpus-level {gathered.metric}{own}, signature {scores['signature'].iloc[0]}{intervals}."


def _tested(gains: "DataFrame") -> str:
    sizes = sorted(set(gains.groupby(["system", "baseline"]).size()))
    tests = _count(sizes[0], "direction") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} directions"
    over = _listed(list(dict.fromkeys(gains["baseline"])))
    if gains["p"].isna().all():
        return f"Gains over {over} are differences of scores, untested for want of sentences."
    return (
        f"Gains over {over} are differences of corpus scores, with 95 % intervals by paired bootstrap ({stats.SAMPLES:,} "
        f"resamples; Koehn, 2004) and two-sided p-values by approximate randomisation ({stats.SHUFFLES:,} shuffles; "
        f"Riezler and Maxwell, 2005), corrected by Holm's method over the {tests} of each pair of systems; "
        f"seed {stats.SEED}."
    )


def _kit(gathered: Gathered) -> str:
    """Name the kit's versions and commits that made the runs, and say whether code was changed beyond them."""
    records = [each.record for each in gathered.runs.values()]
    versions = {(record.get("versions") or {}).get("llamax-kit") or "of no version on record" for record in records}
    commits = {(git["commit"][:7], git["dirty"]) for record in records if (git := record.get("git"))}
    told = [f"commit {commit}{' with uncommitted changes' * dirty}" for commit, dirty in sorted(commits)]
    return f"Computed with llamax-kit {_listed(sorted(versions))} ({_listed(told) or 'commit not on record'})."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]} …"
