"""Describes in sentences, for a paper, how the figures of several runs were made. Uses only what is on record."""

from typing import TYPE_CHECKING

from llamax_kit.analysis.gains import ADJUSTED_WALD, MCNEMAR
from llamax_kit.analysis.gathering import Gathered
from llamax_kit.data.translations import DIRECTION, answers, nouns
from llamax_kit.runs import provenance, storage
from llamax_kit.scoring import corrections, significance
from llamax_kit.tasks import prompts
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from pandas import DataFrame


def method(gathered: Gathered, gains: "DataFrame | None" = None) -> list[str]:
    """Describe what was compared, and how it was generated, scored and tested, and by which version of the kit.

    Parameters
    ----------
    gathered : Gathered
        The runs, as `gather` returns them.
    gains : DataFrame, optional
        A table of `comparison.gains_over`; without it the tests are not described.

    Returns
    -------
    list of str
        One or two sentences for each.
    """
    sentences = [_compared(gathered), *_generated(gathered), _scored(gathered)]
    if gains is not None and len(gains):
        sentences.append(_tested(gains))
    return [*sentences, _kit(gathered)]


def _compared(gathered: Gathered) -> str:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    directions = scores[DIRECTION].drop_duplicates()
    few, many = int(scores["n"].min()), int(scores["n"].max())
    size = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    record = next(iter(gathered.runs.values())).record
    release = provenance.release(record) or "a corpus not on record"
    cut = (record.get("corpus") or {}).get("cut")
    systems = list(dict.fromkeys(scores["system"]))
    what, thing = nouns(scores)
    compared = (
        f"We compare {_listed(systems)} in {counted(len(directions), what)} of {release}, {size} "
        f"{thing}{'s' * (many != 1)} per {what}{f' ({cut})' if cut else ''}."
    )
    lacking = gathered.lacking[gathered.lacking["metric"] == gathered.metric]
    lacks = [f"{row.system} lacks {row.n} of them ({_short(row.directions)})" for row in lacking.itertuples()]
    return f"{compared} {_listed(lacks)}." if lacks else compared


def _generated(gathered: Gathered) -> list[str]:
    """Describe how each run's hypotheses were made, one sentence per model, and what the copied source is."""
    sentences = []
    for run, each in gathered.runs.items():
        own = gathered.systems[(gathered.systems["run"] == run) & (gathered.systems["name"] != "copy")]
        answered = answers(each.scores)
        together = [own] if not provenance.apart(each.record) else [own[at : at + 1] for at in range(len(own))]
        for rows in together if len(own) else []:
            record = provenance.of_system(each.record, rows["name"].iloc[0])
            sentences.append(
                _generation(_listed(list(rows["system"])), run=run, record=record, answered=answered,
                            apart=provenance.apart(each.record))  # fmt: skip
            )
    copied = dict.fromkeys(gathered.systems["system"][gathered.systems["name"] == "copy"])
    return [*sentences, *(f"{name} repeats the source." for name in copied)]


def _generation(systems: str, *, run: str, record: dict, apart: bool, answered: bool) -> str:
    model, chosen, decoding = (record.get(key) or {} for key in ("model", "parameters", "decoding"))
    texts = "answers" if answered else "hypotheses"
    if not model and apart:
        return f"How the {texts} of {systems} were made is not on record (run {run})."
    if not model:
        return f"The {texts} of {systems} were read from files (run {run}), with no record of how they were made."
    if "model" not in model:
        return f"{systems} is a baseline of the kit that translates nothing (run {run})."
    revision = model["model"].removeprefix("sha256:")[:12]
    kind = "content hash" if model["model"].startswith("sha256:") else "revision"
    adapter = f", adapter {model['adapter'][:19]}" if model.get("adapter") else ""
    beams = decoding.get("num_beams", 1)
    search = "greedily" if beams == 1 else f"by beam search ({beams} beams)"
    limit = f", at most {decoding.get('max_new_tokens')} new tokens"
    searched = search + limit if decoding else "by a decoding not on record"
    named, text = str(chosen.get("prompt") or "").rpartition("/")[2], record.get("prompt")
    prompt = named or (prompts.called(text) if text else "not on record")
    return (
        f"{systems} ({kind} {revision}{adapter}; {model.get('dtype')}, transformers {model.get('transformers')}) "
        f"{'answered' if answered else 'translated'} {searched}, prompt {_short(prompt)}."
    )


def _scored(gathered: Gathered) -> str:
    scores = gathered.scores[gathered.scores["metric"] == gathered.metric]
    own = " (not to be compared with spBLEU)" * gathered.metric.startswith("spBLEU-")
    intervals = f", with 95 % intervals from {significance.SAMPLES:,} bootstrap resamples"
    level = "corpus-level "
    if answers(scores):
        level, intervals = "", ", with Wilson's 95 % intervals (1927)"
    scored = f"Scores are {level}{gathered.metric}{own}, signature {scores['signature'].iloc[0]}"
    note = significance.caveat_of(scores, sentence=True)
    runs = _listed(list(gathered.rescored))
    here = f" Those of {runs} were computed here, from the hypotheses that were kept." * bool(runs)
    return f"{scored}{intervals if scores['ci_low'].notna().any() else ''}.{here}{note}"


def _tested(gains: "DataFrame") -> str:
    over, tests = _listed(list(dict.fromkeys(gains["baseline"]))), int(gains["p"].notna().sum())
    kept = "answers" if answers(gains) else "sentences"
    if not tests:
        return f"Gains over {over} are differences of scores, not tested, because no {kept} were kept."
    rest = len(gains) - tests
    untested = f" {counted(rest, 'further gain')}: not tested, because no {kept} were kept." if rest else ""
    kind, seed = "corpus scores", f"; seed {significance.SEED}"
    intervals = f"95 % intervals by paired bootstrap ({significance.SAMPLES:,} resamples; Koehn, 2004) and "
    how = f"approximate randomisation ({corrections.shuffles(tests):,} shuffles; Riezler and Maxwell, 2005)"
    if answers(gains):
        kind, seed, intervals, how = "accuracies", "", f"95 % intervals {ADJUSTED_WALD} and ", MCNEMAR
    return (
        f"Gains over {over} are differences of {kind}, with {intervals * bool(gains['ci_low'].notna().any())}"
        f"two-sided p-values by {how}, corrected by Holm's method (1979) "
        f"over all {counted(tests, 'test')} together and significant below {corrections.ALPHA}{seed}."
        f"{untested}{significance.caveat_of(gains, sentence=True)}"
    )


def _kit(gathered: Gathered) -> str:
    """Name the versions and commits of the kit that made the runs, and this one where it is another."""
    made = dict.fromkeys(_version(each.record) for each in gathered.runs.values())
    now = _version(provenance.automatic(storage.PROJECT))
    if set(made) == {now}:
        return f"Computed with llamax-kit {now}."
    return f"Scores were computed with llamax-kit {_listed(list(made))}, the comparison with {now}."


def _version(record: dict) -> str:
    """Return the version that wrote a record: "0.1.0 (commit 02a087c with uncommitted changes)"."""
    version, git = (record.get("versions") or {}).get("llamax-kit"), record.get("git") or {}
    dirty = " with uncommitted changes" if git.get("dirty") else ""
    return f"{version or 'of no version on record'} (commit {git.get('commit', 'not on record')[:13]}{dirty})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]} …"
