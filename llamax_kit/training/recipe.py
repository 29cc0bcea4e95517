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

from llamax_kit import models
from llamax_kit.errors import KitError, UnknownName
from llamax_kit.files import whole
from llamax_kit.parameters import from_environment
from llamax_kit.training import examples, instructions, mixture, settings, stage

SECTIONS = {
    "mixture": (mixture.records, ()),
    "instructions": (instructions.records, ()),
    "examples": (examples.save, ("records", "tokenizer", "folder")),
    "plan": (stage.plan, ("folder", "examples", "trainer")),
}
TOP = ("folder", *SECTIONS, "trainer", "launch")


def run(file: Path | str) -> Path:
    """Do what a recipe says, or what is left of it, and give the model's folder.

    Names of arguments, the base and the disk are checked before texts are read. Examples that were made by the same
    recipe from the same files (their sizes and times of change) are taken as they are.

    Raises KitError for what is no recipe, UnknownName for a section or argument that there is not, and what the
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
    made = _examples(recipe, folder, models.load_tokenizer(base), base.revision)
    stage.plan(folder, examples=made, trainer=recipe.get("trainer", {}), **recipe["plan"])
    launch = recipe.get("launch", "")
    return stage.train(folder, file.parent / launch if launch else "")


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
    if not isinstance(recipe, dict) or "base" not in (recipe.get("plan") or {}) or "folder" not in recipe:
        raise KitError(f"expected folder, and base under plan, in the recipe {file}. To mend: {see}")
    if ("mixture" in recipe) == ("instructions" in recipe):
        raise KitError(f"expected mixture or instructions, one of them, in the recipe {file}. To mend: {see}")
    for name, content in recipe.items():
        if name not in TOP:
            raise UnknownName(f"section of the recipe {file}", name, TOP, see)
        if name in SECTIONS:
            function, ours = SECTIONS[name]
            known = [each for each in inspect.signature(function).parameters if each not in ours]
            for each in content or {}:
                if each not in known:
                    raise UnknownName(f"argument of {name} in the recipe {file}", each, known, see)
    try:
        return {name: {} if content is None else _filled(content) for name, content in recipe.items()}
    except KitError as error:
        raise KitError(f"{file}: {error}") from None


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


def _examples(recipe: dict, folder: Path, tokenizer, base: str) -> Path:
    """Give the folder of examples, making them unless this recipe has made them from the same files."""
    place, note = folder / "examples", folder / "examples.made.json"
    section, source = ("mixture", mixture) if "mixture" in recipe else ("instructions", instructions)
    root = Path(str(recipe[section].get("texts") or recipe[section].get("path", "")))
    files = sorted(path for path in root.rglob("*") if path.is_file()) or [path for path in [root] if path.is_file()]
    stats = [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    made_of = json.dumps([recipe[section], recipe.get("examples", {}), base, stats], ensure_ascii=False)
    if note.is_file() and note.read_text(encoding="utf-8") == made_of and (place / "examples.json").is_file():
        return place
    records = source.records(**recipe[section])
    folder.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)
    examples.save(records, tokenizer, place, **recipe.get("examples", {}))
    with whole(note) as scratch:
        scratch.write_text(made_of, encoding="utf-8")
    return place
