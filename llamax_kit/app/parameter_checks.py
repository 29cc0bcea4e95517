"""What the values of a notebook's parameters mean, checked before any kernel starts: names, numbers, files, runs.

A parameter means the same in every notebook that has it, so it goes by its name. What is wrong is said in the words of
the function that the notebook would call. Asks no hub and no torch, loads no weights and hashes none: whether a hub has
a model, a device is here, or two runs may be runs, the notebook's first cells say. What type a value is of, and
whether it is one of a closed list, `parameters` has checked before.
"""

import os
from collections.abc import Callable, Mapping
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
LEAST_BY_HAND = {"sentences": 20, "max_new_tokens": 8}  # in notebook 02, which decodes by hand
MOST = 2**32 - 1  # the largest seed that numpy takes; of anything counted here there are fewer
NAMES = ("model", "before", "adapter", "prompt", "corpus", "source", "hypotheses", "system", "baseline", "mine",
         "theirs", "report", "src", "tgt", "target", "relative", "tokenize", "tokenizer")  # one name each  # fmt: skip


def check(
    stem: str,
    defaults: dict[str, Any],
    *,
    values: dict[str, Any],
    made: Mapping[str, dict] | None = None,
    seen: set | None = None,
) -> None:
    """Check what the parameters of a notebook mean, those given and its defaults; an empty default stands for nothing.

    made: runs that will be there when the notebook starts, though they may not be now, each with the parameters that
    the kit's notebook makes it with, or {} where these tell nothing. seen: kept from one notebook of many to the next,
    so that equal values are looked at once.

    Raises KitError, or its UnknownName with the nearest names, each with the parameter's name in front.
    """
    given, made, seen = defaults | values, made or {}, set() if seen is None else seen
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
            _trimmed(name, value=value)
            rule(made, value, **asked)
        except KitError as error:
            error.args = (f"parameter {name!r} of {stem}: {error}",)  # it keeps its kind and what it carries
            raise
        except (OSError, ValueError, RuntimeError) as error:  # a path no disk takes, a folder not to be read, ~nobody
            raise KitError(
                f"parameter {name!r} of {stem}: could not look at {value!r:.80}: {error}. "
                f"To mend: give a value such as the default {defaults.get(name)!r}"
            ) from error
        seen.add(key)


def _least(name: str) -> Callable:
    def rule(made: Mapping, value: int | str, before: str | None) -> None:
        least = LEAST[name] if before is None else LEAST_BY_HAND.get(name, LEAST[name])
        if isinstance(value, str):
            raise KitError(f"{name} must be a whole number, got {value!r}. To mend: write {least} or more")
        if value < least:
            every = " (all)" if name == "sentences" and not least else ""
            raise KitError(f"{name} must be {least}{every} or more, got {value}. To mend: write {least} or more")
        if value > MOST:
            raise KitError(f"{name} must be {MOST} or less, got {value}. To mend: write a smaller number")

    return rule


def _trimmed(name: str, *, value: int | str) -> None:
    """Refuse blanks around a name, unless a file is called so: a hub, or a kernel, would not find it."""
    if name in NAMES and isinstance(value, str) and value.strip() not in ("", value) and not Path(value).exists():
        raise KitError(f"expected a name without blanks around it, got {value!r}. To mend: write {value.strip()!r}")


def _of_file(check: Callable) -> Callable:
    """Make a rule of a check, which is left to the notebook where an earlier run is still to write the file."""
    return lambda made, value, **others: _within(made, value) or check(value, **others)


def _model(value: str) -> None:
    if value != "copy":
        loading.check(value)


def _by_hand(made: Mapping, value: str, before: str | None) -> None:
    """Check the two models of notebook 02, of which it takes the first apart."""
    if before is None or _within(made, value):
        return
    remedy = "To mend: name a model such as mini-llamax-alpaca"
    if value == "copy":
        raise KitError(f"this notebook looks into a model, and copy, which copies the source, has none. {remedy}")
    name, folder, *_ = loading.locate(value)
    if folder and not (folder / "tokenizer.model").is_file():
        raise KitError(f"expected tokenizer.model in {folder}, since this notebook cuts text by it. {remedy}")
    if value == before or (before != "copy" and not _within(made, before) and loading.locate(before).name == name):
        raise KitError(f"model and before are both called {name}, expected two. To mend: name another model for one")


def _adapter(made: Mapping, value: str, model: str | None) -> None:
    if not _within(made, value):
        loading.check_adapter(value, model="mini-llama" if model in (None, "copy") or _within(made, model) else model)


def _prompt(made: Mapping, value: str, model: str | None) -> None:
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
    load_corpus("cldr", languages.codes(value))


def _target(made, value: str, src: str | None, *, others: str | None) -> None:
    """Check the languages that notebook 02 asks for together; each is known by now."""
    one = languages.find(src or "").code
    if one in languages.codes(f"{value} {others}"):
        raise KitError(f"{one} is src, and among tgt and others too. To mend: take it out of one of the two")


def _relative(made, value: str, target: str | None) -> None:
    if (one := languages.find(value).code) == languages.find(target or "").code:
        raise KitError(f"target and relative are both {one}. To mend: name another language for one, as in es")


def _rule(made, value: str) -> None:
    if len(value.split()) != 2:
        raise KitError(f"expected two words, one and its translation, got {value!r}. To mend: write for example 'y e'")


def _positions(made, value: str, target: str | None, *, relative: str | None) -> None:
    if not value.split() or not all(number.isdecimal() for number in value.split()):
        raise KitError(
            f"expected whole numbers from 0 with spaces between them, got {value!r}. To mend: write for example '0 4 7'"
        )
    last = len(load_corpus("cldr", [target or "", relative or ""]).pairs(str(relative), str(target))) - 1
    if (most := max(map(int, value.split()))) > last:
        raise KitError(f"there are {last + 1} phrases, 0 to {last}, but no {most}. To mend: write {last} or less")


def _base(made, value: str, added: str | None, *, held_out: str | None) -> None:
    codes = load_corpus("cldr", languages.codes(value)).languages
    if codes[:1] != ["en"] or len(codes) < 2:
        raise KitError(f"base is English first, then others, got {value!r}. To mend: write for example en de")
    every = languages.codes(f"{value} {added or ''} {held_out or ''}")
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
    maker = _maker(made, run)
    if maker is None:
        own_run.on_flores(run, storage.read_record(storage.check_system(value, made)))
    elif _to_come(made, value) and (corpus := maker.get("corpus")):
        named, _, split = corpus.partition(":")
        of_job = {"name": named.partition("@")[0], "split": split or "devtest", "release": corpus}
        own_run.on_flores(run, {"corpus": of_job})


def _runs(made, value: str) -> None:
    folders = [storage.place(run).resolve().name for run in comparison.asked(value.split())]
    for twice in (name for name in folders if folders.count(name) > 1):
        raise KitError(f"run {twice!r} is named twice, also by a path. To mend: name each once")
    if there := [name for name in value.split() if not _to_come(made, name)]:
        comparison.check(there, others={*made, *demo.RUNS})


def _several(made, value: str, baseline: str | None) -> None:
    """Check that notebook 09 has two systems to compare; `copy` counts where a run holds no other, or as baseline."""
    found, beside = set(), False
    for run, systems in comparison.asked(value.split()).items():
        held = systems or _systems(made, run)
        if not held:  # only a run to come will tell
            return
        own = [each for each in held if each != "copy"]
        found |= {(run, each) for each in own} or {("", "copy")}
        beside |= bool(own) and "copy" in held
    if len(found) < 2 and not (beside and "copy" in (baseline, storage.parted(baseline or "")[1])):
        raise KitError(
            f"expected two systems or more, but {value} holds {next(iter(found))[1]} alone, so there is no gain to "
            f"measure. To mend: name another run beside it, with a space between them"
        )


def _baseline(made, value: str, theirs: str | None, *, runs: str | None, system: str | None) -> None:
    if runs is None:
        _system(made, value, theirs)
        if theirs is not None:
            tables.check_names(str(system), value, theirs=value)
        elif _are_one(made, value, system=str(system)):
            raise KitError(f"{system} and {value} are one system of one run. To mend: name two systems to compare")
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
    held = _will_hold(made, run)
    if held is None:
        return False
    if held and system not in ("", *held):
        raise UnknownName(
            f"system in the run {run}", given=system, choices=held, remedy=f"name one of these, as in {run}:{held[0]}"
        )
    return True


def _systems(made, spec: str) -> list[str]:
    """List the systems that "run" or "run:system" stands for; none where only a run to come will tell."""
    run, system = storage.parted(spec)
    if system:
        return [system]
    held = _will_hold(made, run)
    return storage.scored(storage.finished(run)) if held is None else held


def _will_hold(made, run: str) -> list[str] | None:
    """List the systems of a run to come, none where only it will tell; None for a run that is not to come."""
    maker = _maker(made, run)
    if maker is None:
        shipped = run in demo.RUNS and not (storage.outputs() / run / "run.json").is_file()
        return [demo.RUNS[run]] if shipped else None
    model = maker.get("model")
    if model is None or maker.get("adapter") != "":  # notebook 04 has both
        return []
    name = model if model == "copy" else Path(model).name if _within(made, model) else loading.locate(model).name
    return list(dict.fromkeys([name, "copy"]))


def _are_one(made, baseline: str, *, system: str) -> bool:
    """Tell whether two specs mean one system; a run alone means its only one besides `copy`."""
    (run, one), (other, two) = storage.parted(system), storage.parted(baseline)
    if storage.place(run).resolve() != storage.place(other).resolve():
        return False
    return one == two or (not (one and two) and ("copy" not in (one, two) or _systems(made, run) == ["copy"]))


def _maker(made, run: str) -> dict | None:
    """Give the parameters that a run to come is made with (see `check`); None for any other run."""
    place = storage.place(run).absolute()
    return made.get(place.name) if place.parent == storage.outputs() else None


def _within(made, value: str) -> bool:
    """Tell whether a path lies in the folder of a run that is still to be made."""
    return run_of(value) in made


def run_of(path: str) -> str:
    """Name the run in whose folder a path lies; "" for any other."""
    place, outputs = Path(os.path.expanduser(path)).absolute(), storage.outputs()
    return place.relative_to(outputs).parts[0] if outputs in place.parents else ""


def _spoken(made, *specs: str | None) -> list[str]:
    """List the languages of runs that are there, by the names of their files; none where one is still to come."""
    found = []
    for run in (storage.parted(spec)[0] for spec in specs if spec):
        if _maker(made, run) is not None or not (storage.place(run) / "run.json").is_file():
            return []
        found += [code for path in storage.translation_files(storage.place(run)) for code in path.stem.split("-")]
    return found


def _every_language() -> list[str]:
    return [language.code for language in languages.all_languages()]


RULES: tuple[tuple, ...] = (  # a parameter's name, the rule, and the other parameters that it asks for; in this order
    ("model", _of_file(_model)),
    ("before", _of_file(_model)),
    ("model", _by_hand, "before"),
    ("adapter", _adapter, "model"),
    ("device", lambda made, value: weights.check_device(value)),
    ("dtype", lambda made, value: weights.check_dtype(value)),
    ("corpus", _corpus, "hypotheses"),
    ("source", lambda made, value: languages.find(value)),
    ("hypotheses", _of_file(find_outputs), "source"),
    ("system", _system, "theirs"),
    ("runs", _runs),
    ("runs", _several, "baseline"),
    ("baseline", _baseline, "theirs", "runs", "system"),
    ("report", _report, "run"),
    ("mine", _mine),
    ("theirs", lambda made, value: release.known_system(value)),
    ("release", lambda made, value: tables.read_release(value)),
    ("directions", _directions, "corpus", "hypotheses", "source", "system", "baseline"),
    ("corpus", _texts, "directions", "hypotheses", "source"),
    ("src", _code),
    ("tgt", _code),
    ("others", _codes),
    ("tgt", _target, "src", "others"),
    ("neighbours", _codes),
    ("target", _code),
    ("relative", _code),
    ("relative", _relative, "target"),
    ("rule", _rule),
    ("positions", _positions, "target", "relative"),
    ("added", _codes),
    ("held_out", _codes),
    ("base", _base, "added", "held_out"),
    ("closer", lambda made, value: languages.codes(value) or languages.find("")),
    ("prompt", _prompt, "model"),
    ("decoding", lambda made, value: read_decoding(value)),
    ("tokenize", _of_file(sacrebleu_metrics.check)),
    ("tokenizer", _of_file(fertility.check)),
    ("trained_on", _of_file(lambda value: training_languages_of(value, {}))),
    *((name, _least(name), "before") for name in LEAST),
)
