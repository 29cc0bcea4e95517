"""What the values of a notebook's parameters mean, checked before any kernel starts: names, numbers, files, runs.

A parameter means the same in every notebook that has it, so a rule depends on its name. Messages are those of the
function that the notebook would call. Asks no hub and no torch, loads no weights and hashes none: whether a hub has a
model, a device is here, or two runs may be compared, is checked in the notebook's first cells. `parameters` has checked
before what type a value is of, and whether it is in a closed list.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from llamax_kit.analysis import fertility, groups
from llamax_kit.app import demo, run_checks
from llamax_kit.data import languages
from llamax_kit.data.corpora.loading import load_corpus, offline_languages
from llamax_kit.models import loading, weights
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.paper import release, tables
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.tasks import answering, prompts, question_sets
from llamax_kit.tasks.defaults import AUTO
from llamax_kit.tasks.system_outputs import find_outputs
from llamax_kit.training.miniature.roles import roles
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import MALFORMED, refuse_pointer

FOLLOW = ("tokenize", "tokenizer", "sentences", "decoding", "directions", "items", "codes")  # "auto": see `defaults`
LEAST = {"sentences": 0, "items": 0, "samples": 0, "examples": 0, "few": 0, "max_new_tokens": 1, "pretrain_pairs": 0,
         "continue_pairs": 0, "asked": 1, "seed": 0}  # fmt: skip
LEAST_BY_HAND = {"sentences": 20, "max_new_tokens": 8}  # in notebook 02, which decodes by hand
MOST = 2**32 - 1  # the largest seed that numpy takes; all counts here are smaller
NAMES = ("model", "before", "beside", "task", "adapter", "prompt", "corpus", "source", "hypotheses", "system",
         "baseline", "mine", "theirs", "report", "src", "tgt", "target", "relative", "tokenize",
         "tokenizer")  # one name each  # fmt: skip


def check(
    stem: str,
    defaults: dict[str, Any],
    *,
    values: dict[str, Any],
    made: Mapping[str, dict] | None = None,
    seen: set | None = None,
) -> None:
    """Check what the parameters of a notebook mean, given or by default; an empty default means nothing is asked for.

    made: runs that will exist when the notebook starts, each with the parameters that the kit's notebook makes it with,
    or {} where these are unknown. seen: kept from one notebook to the next, so that equal values are checked once.

    Raises KitError, or its UnknownName with the nearest names, each with the parameter's name in front.
    """
    given, made, seen = defaults | values, made or {}, set() if seen is None else seen
    for name, rule, *others in RULES:
        value = given.get(name)
        if value is None or value == "" == defaults.get(name) or (value == AUTO and name in FOLLOW):
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
        except (*MALFORMED, OSError, RuntimeError) as error:  # an impossible path, ~nobody, a default of another type
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
            every = " (all)" if name in ("sentences", "items") and not least else ""
            raise KitError(f"{name} must be {least}{every} or more, got {value}. To mend: write {least} or more")
        if value > MOST:
            raise KitError(f"{name} must be {MOST} or less, got {value}. To mend: write a smaller number")

    return rule


def _trimmed(name: str, *, value: int | str) -> None:
    """Raise KitError for blanks around a name, unless a file has that name: a hub, or a kernel, would not find it."""
    if name in NAMES and isinstance(value, str) and value.strip() not in ("", value) and not Path(value).exists():
        raise KitError(f"expected a name without blanks around it, got {value!r}. To mend: write {value.strip()!r}")


def _of_file(check: Callable) -> Callable:
    """Make a rule of a check; the notebook checks a file that an earlier run has still to write."""
    return lambda made, value, **others: run_checks.within(made, value) or check(value, **others)


def _model(value: str) -> None:
    if value != "copy":
        loading.check(value)


def _by_hand(made: Mapping, value: str, before: str | None) -> None:
    """Check the two models of notebook 02, which examines the first in detail."""
    if before is None or run_checks.within(made, value):
        return
    remedy = "To mend: name a model such as mini-llamax-alpaca"
    if value == "copy":
        raise KitError(f"this notebook looks into a model, and copy, which copies the source, has none. {remedy}")
    name, folder, *_ = loading.locate(value)
    if folder and not (folder / "tokenizer.model").is_file():
        raise KitError(f"expected tokenizer.model in {folder}, since this notebook cuts text by it. {remedy}")
    if value == before or (
        before != "copy" and not run_checks.within(made, before) and loading.locate(before).name == name
    ):
        raise KitError(f"model and before are both called {name}, expected two. To mend: name another model for one")


def _beside(made: Mapping, value: str, model: str | None) -> None:
    """Check that two models that are asked the same have two names."""
    if not any(run_checks.within(made, each or "") or each in ("", "copy") for each in (value, model)):
        if (name := loading.locate(value).name) == loading.locate(model or "").name:
            raise KitError(f"model and beside are both called {name}. To mend: name another model, or none, for beside")


def _questions(made: Mapping, value: str, codes: str | None, *, items: int | str | None) -> None:
    """Read the questions themselves: whole files, the same questions in each language, a right answer to each."""
    if items is None or items == AUTO or isinstance(items, int) and items >= 0:
        _asked(value, codes=codes or AUTO, items=AUTO if items is None else items)


@lru_cache
def _asked(task: str, *, codes: str, items: int | str) -> None:
    question_sets.open_set(task, codes=codes, items=items)


def _adapter(made: Mapping, value: str, model: str | None) -> None:
    if not run_checks.within(made, value):
        known = model not in (None, "copy") and not run_checks.within(made, model)
        loading.check_adapter(value, model=model if known else "")


def _prompt(made: Mapping, value: str, model: str | None, *, adapter: str | None, task: str | None) -> None:
    if run_checks.within(made, value):
        return
    if task is None:
        prompts.template_text(value)
    else:
        answering.template_text(question_sets.at(task)[0], value)
    to_come = any(run_checks.within(made, each or "") for each in (model, adapter))
    if value in prompts.CHATS and model not in (None, "copy") and not to_come:
        tokenizer = loading.offline_tokenizer(model, adapter=adapter or "")
        if tokenizer and not tokenizer.template:
            tokenizer.chat([])  # which raises


def _directions(made, value, corpus, hypotheses, source, system, baseline) -> None:
    if hypotheses:
        if not run_checks.within(made, hypotheses):
            for output in find_outputs(hypotheses, source or "", directions=value):
                refuse_pointer(output.path)
    elif hypotheses == "":
        languages.directions(value, ["en", *demo.DEMO.split()])
    elif system is not None and run_checks.answered(made, system, baseline):
        languages.codes(value)
    elif system is not None:
        languages.directions(value, run_checks.spoken(made, system, baseline) or _every_language())
    else:
        languages.directions(value, _here(made, corpus or "cldr") or _every_language())


def _corpus(made, value: str, hypotheses: str | None) -> None:
    _here(made, value)
    if hypotheses == "":
        demo.check_corpus(value)


def _texts(made, value: str, directions: str | None, *, hypotheses: str | None, source: str | None) -> None:
    """Read the texts themselves, where they are files: as many lines in each language, none of them blank."""
    here = _here(made, value)
    if hypotheses and not run_checks.within(made, hypotheses):
        pairs = [output[1:3] for output in find_outputs(hypotheses, source or "", directions=directions or "")]
    else:
        pairs = languages.directions(directions, here) if directions not in (None, "", AUTO) and here else []
    if here and pairs and value.partition(":")[0] != "cldr":
        _read(value, frozenset(code for pair in pairs for code in pair))


@lru_cache
def _read(corpus: str, codes: frozenset[str]) -> None:
    """Read texts once, however many directions use the same languages; what is refused is read again."""
    load_corpus(corpus, sorted(codes))


def _here(made, corpus: str) -> list[str] | None:
    """List the languages of a corpus; None where it is still to be made, or only a hub knows."""
    return None if run_checks.within(made, corpus) else offline_languages(corpus)


def _outputs(value: str, source: str | None, *, directions: str | None) -> None:
    """Look whether there are outputs, and whether those that are asked for are the files themselves."""
    found = find_outputs(value, source or "")
    for output in () if directions else found:  # else `_directions` looks at those that are chosen
        refuse_pointer(output.path)


def _code(made, value: str) -> None:
    load_corpus("cldr", [value])


def _codes(made, value: str) -> None:
    load_corpus("cldr", languages.codes(value))


def _target(made, value: str, src: str | None, *, others: str | None) -> None:
    """Check the languages that notebook 02 asks for together; each is a known language here."""
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
    load_corpus("cldr", languages.codes(value))
    roles(value, added=added or "", held_out=held_out or "")


def _every_language() -> list[str]:
    return [language.code for language in languages.all_languages()]


RULES: tuple[tuple, ...] = (  # a parameter's name, the rule, and the other parameters that it asks for; in this order
    ("model", _of_file(_model)),
    ("before", _of_file(_model)),
    ("model", _by_hand, "before"),
    ("beside", _of_file(lambda value: value == "" or _model(value))),
    ("beside", _beside, "model"),
    ("adapter", _adapter, "model"),
    ("device", lambda made, value: weights.check_device(value)),
    ("dtype", lambda made, value: weights.check_dtype(value)),
    ("corpus", _corpus, "hypotheses"),
    ("source", lambda made, value: languages.find(value)),
    ("hypotheses", _of_file(_outputs), "source", "directions"),
    ("system", run_checks.check_system, "theirs"),
    ("runs", run_checks.check_runs),
    ("runs", run_checks.check_several, "baseline"),
    ("baseline", run_checks.check_baseline, "theirs", "runs", "system"),
    ("report", run_checks.check_report, "run"),
    ("group", _of_file(groups.check)),
    ("mine", run_checks.check_mine),
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
    ("task", lambda made, value: question_sets.at(value)),
    ("codes", lambda made, value, task: question_sets.chosen(*question_sets.at(task or ""), named=value), "task"),
    ("task", _questions, "codes", "items"),
    ("prompt", _prompt, "model", "adapter", "task"),
    ("decoding", lambda made, value: read_decoding(value)),
    ("metrics", lambda made, value: sacrebleu_metrics.check_names(value)),
    ("tokenize", _of_file(sacrebleu_metrics.check)),
    ("tokenizer", _of_file(fertility.check)),
    ("trained_on", _of_file(lambda value: training_languages_of(value, {}))),
    *((name, _least(name), "before") for name in LEAST),
)
