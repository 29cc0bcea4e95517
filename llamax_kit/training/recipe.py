"""One YAML file → a trained model: texts → mixture → examples → plan → train. Decides nothing: keys are arguments.

    folder: outputs/training/mine      # everything goes there; paths begin at the working folder
    mixture: {texts: texts, languages: en de sw}         # arguments of mixture.records
    instructions: {path: texts/instructions.jsonl}       # or these, of instructions.records
    examples: {block: 512}             # of dataset.save
    plan: {base: meta-llama/Llama-2-7b-hf, seed: 1}      # of stage.plan
    trainer: {learning_rate: 2.0e-5}   # of transformers' TrainingArguments
    launch: fsdp.yml                   # of stage.train: an accelerate configuration, beside the YAML file

`${NAME}` in a value is the environment variable; one that is a number or a truth value counts as such.
"""

import inspect
from pathlib import Path

from llamax_kit.models import loading
from llamax_kit.training import prepare, settings, stage
from llamax_kit.utils import yaml_text
from llamax_kit.utils.environment import from_environment
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer

SECTIONS = prepare.MAKERS | {"plan": (stage.plan, ("folder", "examples", "trainer"))}
TOP = ("folder", *SECTIONS, "trainer", "launch")


def run(file: Path | str) -> Path:
    """Do what a recipe says, or what is left of it, and give the model's folder.

    Names of arguments and the base are checked before texts are read. Examples that were made by the same
    arguments, kit and base from files of the same content are taken as they are; those of a training that was begun
    are never written over.

    Raises KitError for what is no recipe, and, naming what changed, for another recipe or other files than those that
    the training in its folder was begun with; UnknownName for a section or argument that there is not; and what the
    functions of its sections raise.
    """
    file = Path(file)
    recipe = read(file)
    folder = Path(str(recipe["folder"]))
    base = loading.resolve(str(recipe["plan"]["base"]))
    settings.arguments(recipe.get("trainer", {}))
    settings.check_architecture(base)
    launch = file.parent / recipe["launch"] if recipe.get("launch") else ""
    program = f"accelerate launch --config_file {launch}" if launch else "python"
    go_on = f"go on with the examples that are there, by `{program} -m llamax_kit.training {folder}`"
    prepare.make(recipe, base, go_on)
    stage.plan(folder, examples=folder / "examples", trainer=recipe.get("trainer", {}), **recipe["plan"])
    return stage.train(folder, launch=launch)


def read(file: Path | str) -> dict:
    """Read a recipe and check its names.

    Raises KitError for a file that is no YAML of sections, lacks folder, base, or one of mixture and instructions, or
    names a variable that the environment does not have; UnknownName for a section or argument that there is not.
    """
    import yaml

    see = "see params/training/ for how one looks"
    try:
        refuse_pointer(file)
        recipe = yaml_text.load(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise KitError(f"expected a recipe of a training in {file}: {error}. To mend: {see}") from error
    if not isinstance(recipe, dict):
        raise KitError(f"expected sections in the recipe {file}, got {str(recipe)[:60]!r}. To mend: {see}")
    for name, content in recipe.items():
        if name not in TOP:
            raise UnknownName(f"section of the recipe {file}", given=name, choices=TOP, remedy=see)
        if name in (*SECTIONS, "trainer") and not isinstance(content, dict | None):
            raise KitError(f"expected arguments under {name} in the recipe {file}, got {content!r}. To mend: {see}")
        if name in ("folder", "launch") and not isinstance(content, str | None):
            raise KitError(f"expected a path as {name} in the recipe {file}, got {content!r}. To mend: {see}")
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
                    raise UnknownName(f"argument of {name} in the recipe {file}", given=each, choices=known, remedy=see)
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
    parts = value if isinstance(value, list) else [value]
    wrong = value
    expected = settings.misfit(value, argument.annotation)
    if argument.annotation not in (int, float, bool) and not all(isinstance(part, str) for part in parts):
        expected, wrong = "text", next(part for part in parts if not isinstance(part, str))
    if expected and value != argument.default:
        quoted = " (YAML reads the word no as that: write 'no')" if wrong is False and expected == "text" else ""
        raise KitError(f"expected {expected} for {what}, got {wrong!r}{quoted}. To mend: write {expected}")


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
