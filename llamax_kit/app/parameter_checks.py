"""What the values of a notebook's parameters mean, checked before any kernel starts: names, numbers, files, runs.

A parameter means the same in every notebook that has it, so it goes by its name. What is wrong is said in the words of
the function that the notebook would call. Asks no hub and no torch, loads no weights and hashes none: whether a hub has
a model, a device is here, or two runs may be runs, the notebook's first cells say. What type a value is of, and
whether it is one of a closed list, `parameters` has checked before.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

from llamax_kit.analysis import comparison, fertility
from llamax_kit.app import demo
from llamax_kit.data import languages
from llamax_kit.data.corpora.loading import load_corpus, offline_languages
from llamax_kit.models import loading, tokenizer_files, weights
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.paper import own_run, release, tables
from llamax_kit.reporting import report
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.tasks import prompts
from llamax_kit.tasks.defaults import AUTO
from llamax_kit.tasks.system_outputs import find_outputs
from llamax_kit.utils.errors import KitError, UnknownName

FOLLOW = ("tokenize", "tokenizer", "sentences", "decoding", "directions")  # "auto": as the corpus or the runs decide
LEAST = {"sentences": 0, "samples": 0, "examples": 0, "few": 0, "max_new_tokens": 1, "pretrain_pairs": 0,
         "continue_pairs": 0, "asked": 1, "seed": 0}  # fmt: skip


def check(
    stem: str,
    defaults: dict[str, Any],
    *,
    values: dict[str, Any],
    made: Collection[str] = (),
    seen: set | None = None,
) -> None:
    """Check what the parameters of a notebook mean, those given and its defaults; an empty default stands for nothing.

    made: runs that will be there when the notebook starts, though they may not be now. seen: kept from one notebook of
    many to the next, so that equal values are looked at once.

    Raises KitError, or its UnknownName with the nearest names, each with the parameter's name in front.
    """
    given, seen = defaults | values, set() if seen is None else seen
    for name, rule, *others in RULES:
        value = given.get(name)
        kinds = (str, int) if name in LEAST else str
        if not isinstance(value, kinds) or value == "" == defaults.get(name) or (value == AUTO and name in FOLLOW):
            continue
        asked = {other: given.get(other) for other in others}
        key = (name, rule, repr([value, *asked.values()]), frozenset(made))
        if key in seen:
            continue
        try:
            rule(made, value, **asked)
        except KitError as error:
            error.args = (f"parameter {name!r} of {stem}: {error}",)  # it keeps its kind and what it carries
            raise
        except (OSError, ValueError) as error:  # a path that no disk takes, a folder that may not be read
            raise KitError(
                f"parameter {name!r} of {stem}: could not look at {value!r:.80}: {error}. "
                f"To mend: give a value such as the default {defaults.get(name)!r}"
            ) from error
        seen.add(key)


def _least(name: str) -> Callable:
    def rule(made: Collection[str], value: int | str) -> None:
        least = LEAST[name]
        if isinstance(value, str):
            raise KitError(f"{name} must be a whole number, got {value!r}. To mend: write {least} or more")
        if value < least:
            every = " (all)" if name == "sentences" else ""
            raise KitError(f"{name} must be {least}{every} or more, got {value}. To mend: write {least} or more")

    return rule


def _of_file(check: Callable) -> Callable:
    """Make a rule of a check, which is left to the notebook where an earlier run is still to write the file."""
    return lambda made, value, **others: _within(made, value) or check(value, **others)


def _model(value: str) -> None:
    if value != "copy":
        loading.check(value)


def _adapter(made: Collection[str], value: str, model: str | None) -> None:
    if not _within(made, value):
        loading.check_adapter(value, model="mini-llama" if model in (None, "copy") or _within(made, model) else model)


def _prompt(made: Collection[str], value: str, model: str | None) -> None:
    if _within(made, value):
        return
    prompts.template_text(value)
    if value in prompts.CHATS and model not in (None, "copy") and not _within(made, model):
        folder = loading.locate(model).folder
        if folder and not (tokenizer := tokenizer_files.load(folder)).template:
            tokenizer.chat([])  # which says so


def _directions(made, value, corpus, hypotheses, source, system, baseline) -> None:
    if hypotheses:
        if not _within(made, hypotheses):
            find_outputs(hypotheses, source or "", directions=value)
    elif hypotheses == "":
        languages.directions(value, ["en", *demo.DEMO.split()])
    elif system is not None:
        languages.directions(value, _spoken(made, system, baseline) or _every_language())
    else:
        languages.directions(value, _here(made, corpus or "cldr") or _every_language())


def _corpus(made, value: str, hypotheses: str | None) -> None:
    _here(made, value)
    if hypotheses == "":
        demo.check_corpus(value)


def _texts(made, value: str, directions: str | None, *, hypotheses: str | None, source: str | None) -> None:
    """Read the texts themselves, where they are files: as many lines in each language, none of them blank."""
    here = _here(made, value)
    if hypotheses and not _within(made, hypotheses):
        pairs = [output[1:3] for output in find_outputs(hypotheses, source or "", directions=directions or "")]
    else:
        pairs = languages.directions(directions, here) if directions not in (None, "", AUTO) and here else []
    if here and pairs and value.partition(":")[0] != "cldr":
        _read(value, frozenset(code for pair in pairs for code in pair))


@lru_cache
def _read(corpus: str, codes: frozenset[str]) -> None:
    """Read texts once, however many directions ask for the same languages; what is refused is read again."""
    load_corpus(corpus, sorted(codes))


def _here(made, corpus: str) -> list[str] | None:
    """List the languages of a corpus; None where it is still to be made, or only a hub knows."""
    return None if _within(made, corpus) else offline_languages(corpus)


def _code(made, value: str) -> None:
    load_corpus("cldr", [value])


def _codes(made, value: str) -> None:
    load_corpus("cldr", value.split())


def _base(made, value: str, added: str | None, *, held_out: str | None) -> None:
    codes = load_corpus("cldr", value.split()).languages
    if codes[:1] != ["en"] or len(codes) < 2:
        raise KitError(f"base is English first, then others, got {value!r}. To mend: write for example en de")
    every = [languages.find(code).code for each in (value, added, held_out) for code in str(each or "").split()]
    if twice := sorted({code for code in every if every.count(code) > 1}):
        raise KitError(
            f"each language stands once, in base, added or held_out, but {' '.join(twice)} more than once. "
            f"To mend: leave it in one of the three"
        )


def _system(made, value: str, theirs: str | None) -> None:
    if theirs is not None:  # notebook 12, where it is one of the authors' release
        release.known_system(value)
    elif not _to_come(made, value):
        storage.check_system(value, {*made, *demo.RUNS})


def _mine(made, value: str) -> None:
    run, _ = storage.parted(value)
    if not _is_made(made, run):
        own_run.on_flores(run, storage.read_record(storage.check_system(value, made)))


def _runs(made, value: str) -> None:
    comparison.asked(value.split())
    if there := [name for name in value.split() if not _to_come(made, name)]:
        comparison.check(there, others={*made, *demo.RUNS})


def _baseline(made, value: str, theirs: str | None, *, runs: str | None) -> None:
    if runs is None:
        _system(made, value, theirs)
        return
    held = {each: _systems(made, each) for each in runs.split()}
    coming = {storage.parted(each)[0] for each, systems in held.items() if not systems}
    if storage.parted(value)[0] in coming or (coming and ":" not in value):  # maybe a system's name, of a run to come
        return
    pairs = [(storage.parted(each)[0], system) for each, systems in held.items() for system in systems]
    specs = {f"{run}:{system}": (system, f"{system} ({run})") for run, system in pairs}
    alone = [run for run, system in pairs if system != "copy"].count(value) == 1
    if not alone and value not in (*specs, *(name for names in specs.values() for name in names)):
        raise UnknownName("system of these runs", given=value, choices=specs, remedy="name it as run:system")


def _report(made, value: str, run: str | None) -> None:
    report.place(storage.outputs() / str(run), value)


def _to_come(made, spec: str) -> bool:
    """Tell whether a run or a system of one is made before the notebook needs it, as far as anyone can know."""
    run, system = storage.parted(spec)
    if _is_made(made, run):
        return True
    if run not in demo.RUNS or (storage.outputs() / run / "run.json").is_file():
        return False
    if system not in ("", demo.RUNS[run]):
        held = [demo.RUNS[run]]
        raise UnknownName(
            f"system in the run {run}", given=system, choices=held, remedy=f"name one of these, as in {run}:{held[0]}"
        )
    return True


def _systems(made, spec: str) -> list[str]:
    """List the systems that "run" or "run:system" stands for; none where only a run to come will tell."""
    run, system = storage.parted(spec)
    if system or _is_made(made, run):
        return [system] * bool(system)
    return [demo.RUNS[run]] if _to_come(made, spec) else storage.scored(storage.finished(run))


def _is_made(made, run: str) -> bool:
    place = storage.place(run).absolute()
    return place.name in made and place.parent == storage.outputs()


def _within(made, value: str) -> bool:
    """Tell whether a path lies in the folder of a run that is still to be made."""
    place, outputs = Path(value).expanduser().absolute(), storage.outputs()
    return outputs in place.parents and place.relative_to(outputs).parts[0] in made


def _spoken(made, *specs: str | None) -> list[str]:
    """List the languages of runs that are there, by the names of their files; none where one is still to come."""
    found = []
    for run in (storage.parted(spec)[0] for spec in specs if spec):
        if _is_made(made, run) or not (storage.place(run) / "run.json").is_file():
            return []
        found += [code for path in storage.translation_files(storage.place(run)) for code in path.stem.split("-")]
    return found


def _every_language() -> list[str]:
    return [language.code for language in languages.all_languages()]


RULES: tuple[tuple, ...] = (  # a parameter's name, the rule, and the other parameters that it asks for; in this order
    ("model", _of_file(_model)),
    ("before", _of_file(_model)),
    ("adapter", _adapter, "model"),
    ("device", lambda made, value: weights.check_device(value)),
    ("dtype", lambda made, value: weights.check_dtype(value)),
    ("corpus", _corpus, "hypotheses"),
    ("source", lambda made, value: languages.find(value)),
    ("hypotheses", _of_file(find_outputs), "source"),
    ("system", _system, "theirs"),
    ("runs", _runs),
    ("baseline", _baseline, "theirs", "runs"),
    ("report", _report, "run"),
    ("mine", _mine),
    ("theirs", lambda made, value: release.known_system(value)),
    ("release", lambda made, value: tables.read_release(value)),
    ("directions", _directions, "corpus", "hypotheses", "source", "system", "baseline"),
    ("corpus", _texts, "directions", "hypotheses", "source"),
    ("src", _code),
    ("tgt", _code),
    ("others", _codes),
    ("neighbours", _codes),
    ("target", _code),
    ("relative", _code),
    ("added", _codes),
    ("held_out", _codes),
    ("base", _base, "added", "held_out"),
    ("closer", lambda made, value: [languages.find(code) for code in value.split() or [value]]),
    ("prompt", _prompt, "model"),
    ("decoding", lambda made, value: read_decoding(value)),
    ("tokenize", _of_file(sacrebleu_metrics.check)),
    ("tokenizer", _of_file(fertility.check)),
    ("trained_on", _of_file(lambda value: training_languages_of(value, {}))),
    *((name, _least(name)) for name in LEAST),
)
