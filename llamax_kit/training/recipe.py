"""One YAML file → a trained model: texts → mixture → examples → plan → train. Decides nothing: keys are arguments.

    folder: outputs/training/mine      # everything goes there; paths begin at the working folder
    mixture: {texts: texts, languages: en de sw}         # arguments of mixture.records
    instructions: {path: texts/instructions.jsonl}       # or these, of instructions.records
    examples: {block: 512}             # of examples.save
    plan: {base: meta-llama/Llama-2-7b-hf, seed: 1}      # of stage.plan
    trainer: {learning_rate: 2.0e-5}   # of transformers' TrainingArguments
    launch: fsdp.yml                   # of stage.train: an accelerate configuration, beside the YAML file

`${NAME}` in a value is the environment variable; one that is a number or a truth value counts as such.
"""

import inspect
import json
from pathlib import Path

from llamax_kit import __version__, models
from llamax_kit.errors import KitError, UnknownName
from llamax_kit.files import hashes, whole
from llamax_kit.parameters import from_environment
from llamax_kit.training import examples, instructions, mixture, settings, stage, texts

SECTIONS = {
    "mixture": (mixture.records, ()),
    "instructions": (instructions.records, ()),
    "examples": (examples.save, ("records", "tokenizer", "folder")),
    "plan": (stage.plan, ("folder", "examples", "trainer")),
}
TOP = ("folder", *SECTIONS, "trainer", "launch")
PLACES = ("texts", "path")  # arguments that say where texts lie; what counts of them is their content
LANGUAGES = ("languages", "held_out", "high")


def run(file: Path | str) -> Path:
    """Do what a recipe says, or what is left of it, and give the model's folder.

    Names of arguments, the base and the disk are checked before texts are read. Examples that were made by the same
    arguments, kit and base from files of the same content are taken as they are; those of a training that was begun
    are never written over.

    Raises KitError for what is no recipe, and, naming what changed, for another recipe or other files than those that
    the training in its folder was begun with; UnknownName for a section or argument that there is not; and what the
    functions of its sections raise.
    """
    file = Path(file)
    recipe = read(file)
    folder = Path(str(recipe["folder"]))
    base = models.resolve(str(recipe["plan"]["base"]))
    chosen = settings.arguments(recipe.get("trainer", {}))
    settings.check_architecture(base)
    if not (folder / "model" / "config.json").is_file():
        settings.check_disk(folder, base, chosen)
    launch = file.parent / recipe["launch"] if recipe.get("launch") else ""
    program = f"accelerate launch --config_file {launch}" if launch else "python"
    _examples(recipe, base, f"go on with the examples that are there, by `{program} -m llamax_kit.training {folder}`")
    stage.plan(folder, examples=folder / "examples", trainer=recipe.get("trainer", {}), **recipe["plan"])
    return stage.train(folder, launch)


def read(file: Path | str) -> dict:
    """Read a recipe and check its names.

    Raises KitError for a file that is no YAML of sections, lacks folder, base, or one of mixture and instructions, or
    names a variable that the environment does not have; UnknownName for a section or argument that there is not.
    """
    import yaml

    see = "see params/training/ for how one looks"
    try:
        recipe = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise KitError(f"expected a recipe of a training in {file}: {error}. To mend: {see}") from error
    if not isinstance(recipe, dict):
        raise KitError(f"expected sections in the recipe {file}, got {str(recipe)[:60]!r}. To mend: {see}")
    for name, content in recipe.items():
        if name not in TOP:
            raise UnknownName(f"section of the recipe {file}", name, TOP, see)
        if name in (*SECTIONS, "trainer") and not isinstance(content or {}, dict):
            raise KitError(f"expected arguments under {name} in the recipe {file}, got {content!r}. To mend: {see}")
    if "base" not in (recipe.get("plan") or {}) or "folder" not in recipe:
        raise KitError(f"expected folder, and base under plan, in the recipe {file}. To mend: {see}")
    if ("mixture" in recipe) == ("instructions" in recipe):
        came = "both" if "mixture" in recipe else "none"
        raise KitError(f"expected mixture or instructions in the recipe {file}, got {came}. To mend: keep one; {see}")
    for name, content in recipe.items():
        if name in SECTIONS:
            function, ours = SECTIONS[name]
            signature = inspect.signature(function).parameters
            known = [each for each in signature if each not in ours]
            for each in content or {}:
                if each not in known:
                    raise UnknownName(f"argument of {name} in the recipe {file}", each, known, see)
            for each in known:
                if signature[each].default is inspect.Parameter.empty and each not in (content or {}):
                    raise KitError(f"expected {each} under {name} in the recipe {file}. To mend: {see}")
    try:
        filled = {name: {} if content is None else _filled(content) for name, content in recipe.items()}
    except KitError as error:
        raise KitError(f"{file}: {error}") from None
    for name, (function, _) in SECTIONS.items():
        known = inspect.signature(function).parameters
        for each, value in filled.get(name, {}).items():
            _check_kind(f"{each} under {name} in the recipe {file}", value, known[each])
    return filled


def _check_kind(what: str, value, argument: inspect.Parameter) -> None:
    """Raises KitError for a value that is no number, truth value or text where one is expected, nor the default."""
    kinds = {int: "a whole number", float: "a number", bool: "true or false"}
    kind, taken = kinds.get(argument.annotation, "text"), type(value)
    each = value if isinstance(value, list) else [value]
    if kind == "text":
        wrong = [part for part in each if not isinstance(part, str)] if value is not None else []
    else:
        wrong = [] if taken is argument.annotation or (taken, kind) == (int, "a number") else [value]
    if wrong and value != argument.default:
        quoted = " (YAML reads the word no as that: write 'no')" if wrong[0] is False and kind == "text" else ""
        raise KitError(f"expected {kind} for {what}, got {wrong[0]!r}{quoted}. To mend: write {kind}")


def _filled(value):
    """Put environment variables into the texts of a section; "${SEED}" alone becomes a number, as YAML reads it."""
    import yaml

    if isinstance(value, dict):
        return {name: _filled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    filled = from_environment(value)
    if filled == value:
        return value
    try:
        read = yaml.safe_load(filled)
    except yaml.YAMLError:
        return filled
    return read if isinstance(read, (bool, int, float)) else filled


def _examples(recipe: dict, base: models.Resolved, go_on: str) -> None:
    """Make the examples of a recipe, unless those that are there are these; see that no begun training loses its own.

    examples.made.json, beside them, says what they were made of: kit, arguments, and by name each file's size, time of
    change and hash, so that a file is read again only where one of the first two changed.
    """
    folder = Path(str(recipe["folder"]))
    place, note, begun = folder / "examples", folder / "examples.made.json", (folder / "settings.json").is_file()
    there, before = (place / "examples.json").is_file(), _noted(note)
    section, source = ("mixture", mixture) if "mixture" in recipe else ("instructions", instructions)
    try:
        root, read = _files(section, recipe[section])
        known = before["files"] if before.get("root") == str(root) else {}
        now = {"kit": __version__, "root": str(root), "files": hashes(root, read, known)}
        now["arguments"] = _arguments(section, recipe) | {"base": base.revision}
    except KitError as error:
        if begun and there:
            error.args = (f"{error}; or {go_on}",)  # it keeps its kind and what it carries
        raise
    changed = _changed(before, now) if before else [f"{note.name}, which does not say what they were"]
    if begun and changed and (before or there):
        told = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise KitError(
            f"expected what the examples of the training in {folder} were made of, but changed are: {told}. "
            f"To mend: {go_on}; or give the new training another folder"
        )
    if there and not changed and (begun or before["kit"] == now["kit"]):  # another kit may make others of the same
        now["kit"] = before["kit"]
    else:
        records = source.records(**recipe[section])
        folder.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        examples.save(records, models.load_tokenizer(base), place, **recipe.get("examples", {}))
    if now != before or not note.is_file():
        with whole(note) as scratch:
            scratch.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _noted(note: Path) -> dict:
    """Read what examples were made of; nothing where it was not kept, or by a kit that kept it otherwise."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) and {"kit", "root", "files", "arguments"} <= noted.keys() else {}


def _files(section: str, given: dict) -> tuple[Path, list[Path]]:
    """Name the folder that texts lie in, and the very files of it that the recipe reads."""
    if section == "instructions":
        path = Path(str(given["path"])).resolve()
        return path.parent, [path] * path.is_file()
    chosen = _chosen(mixture.records, given)
    root = Path(str(chosen["texts"])).resolve()
    found = texts.locate(root, chosen["languages"], chosen["parallel"] != "none")
    pairs = [path for files in found.pairs.values() for path in files]
    return root, [*found.mono.values(), *pairs, *(found.dictionaries if chosen["augment"] else [])]


def _arguments(section: str, recipe: dict) -> dict:
    """Give all arguments that examples are made by, defaults too, as they come back from a file."""
    told = {}
    for name in (section, "examples"):
        function, ours = SECTIONS[name]
        for argument, value in _chosen(function, recipe.get(name, {})).items():
            if argument not in (*ours, *PLACES):
                value = texts.codes(value) if argument in LANGUAGES and value is not None else value
                told[f"{name}.{argument}"] = value
    return json.loads(json.dumps(told))


def _chosen(function, given: dict) -> dict:
    defaults = {name: each.default for name, each in inspect.signature(function).parameters.items()}
    return defaults | given


def _changed(before: dict, now: dict) -> list[str]:
    """Name what examples would be made of otherwise: "examples.block 512 → 256", "mixture.languages −sw +tr"."""
    told = []
    for name in {**before["arguments"], **now["arguments"]}:
        one, other = (each["arguments"].get(name, "not set") for each in (before, now))
        if isinstance(one, list) and isinstance(other, list) and one != other:
            less = [f"−{each}" for each in one if each not in other]
            more = [f"+{each}" for each in other if each not in one]
            told.append(f"{name} {' '.join(less + more) or 'in another order'}")
        elif one != other:
            told.append(f"{name} {one} → {other}")
    for name in sorted({**before["files"], **now["files"]}):
        one, other = (each["files"].get(name) for each in (before, now))
        if one is None or other is None or one[-1] != other[-1]:
            told.append(f"{name} ({'new' if one is None else 'gone' if other is None else 'its text'})")
    return told
