"""The examples of a recipe: made once, made again when anything they are made of changed, never under a training.

Encodes nothing itself: `dataset.save` does, and `mixture` or `instructions` give the records.
"""

import inspect
import json
from pathlib import Path

from llamax_kit import __version__
from llamax_kit.models import loading
from llamax_kit.training.corpus import instructions, mixture, texts
from llamax_kit.training.examples import dataset
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import hashes, whole

MAKERS = {  # functions by section of a recipe, and the arguments that no recipe gives
    "mixture": (mixture.records, ()),
    "instructions": (instructions.records, ()),
    "examples": (dataset.save, ("records", "tokenizer", "folder")),
}
PLACES = ("texts", "path")  # arguments that say where texts lie; what counts of them is their content
LANGUAGES = ("languages", "held_out", "high")


def make(recipe: dict, base: loading.Resolved, go_on: str) -> None:
    """Make the examples of a recipe, unless those that are there are these; see that no begun training loses its own.

    examples.made.json, beside them, says what they were made of: kit, arguments, and by name each file's identity
    (see `files.identity`) and hash, so that a file is read again only where its identity changed.
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
    changed = _changed(before, now=now) if before else [f"{note.name}, which does not say what they were"]
    if begun and changed and (before or there):
        told = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise KitError(
            f"expected what the examples of the training in {folder} were made of, but changed are: {told}. "
            f"To mend: {go_on}; or give the new training another folder"
        )
    if there and not changed and (begun or before["kit"] == now["kit"]):  # another kit may make others of the same
        now["kit"] = before["kit"]
    else:
        tokenizer = loading.load_tokenizer(base)
        records = source.records(**recipe[section])
        folder.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        dataset.save(records, tokenizer, place, **recipe.get("examples", {}))
    if now != before or not note.is_file():
        with whole(note) as scratch:
            scratch.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _noted(note: Path) -> dict:
    """Read what examples were made of; nothing where it was not kept, or by a kit that kept it otherwise."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) and {"kit", "root", "files", "arguments"} <= noted.keys() else {}


def _files(section: str, given: dict) -> tuple[Path, list[Path]]:
    """Return the folder that texts lie in, and the files of it that the recipe reads."""
    if section == "instructions":
        path = Path(str(given["path"])).resolve()
        return path.parent, [path] * path.is_file()
    chosen = _chosen(mixture.records, given)
    root = Path(str(chosen["texts"])).resolve()
    found = texts.locate(root, chosen["languages"], chosen["parallel"] != "none")
    pairs = [path for files in found.pairs.values() for path in files]
    return root, [*found.mono.values(), *pairs, *(found.dictionaries if chosen["augment"] else [])]


def _arguments(section: str, recipe: dict) -> dict:
    """Return all arguments that examples are made by, defaults too, as a file keeps them."""
    told = {}
    for name in (section, "examples"):
        function, ours = MAKERS[name]
        for argument, value in _chosen(function, recipe.get(name, {})).items():
            if argument not in (*ours, *PLACES):
                value = texts.codes(value) if argument in LANGUAGES and value is not None else value
                told[f"{name}.{argument}"] = value
    return json.loads(json.dumps(told))


def _chosen(function, given: dict) -> dict:
    defaults = {name: each.default for name, each in inspect.signature(function).parameters.items()}
    return defaults | given


def _changed(before: dict, *, now: dict) -> list[str]:
    """List what has changed in what examples are made of: "examples.block 512 → 256", "mixture.languages −sw +tr"."""
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
