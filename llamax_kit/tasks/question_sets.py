"""The test sets of questions by name, and the items of several languages that are comparable. Reads no file itself."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from llamax_kit.data import downloads, languages, question_files
from llamax_kit.data.questions import Item
from llamax_kit.tasks import mgsm, msvamp, xcsqa, xnli
from llamax_kit.utils.errors import KitError, UnknownName

SETS = {task.NAME: task for task in (xcsqa, xnli, mgsm, msvamp)}


def find(name: str) -> ModuleType:
    """Look a test set up by its name, in capitals or not. Raises UnknownName."""
    known = {key.casefold(): task for key, task in SETS.items()}
    if str(name).strip().casefold() not in known:
        raise UnknownName("test set", given=name, choices=SETS, remedy=f"use one of {', '.join(SETS)}")
    return known[str(name).strip().casefold()]


def folder(name: str) -> Path:
    """Return where a test set lies in the data folder: of X-CSQA, xcsqa/."""
    return downloads.folder() / find(name).NAME.lower().replace("-", "")


def languages_here(task: ModuleType, folder: Path) -> list[str]:
    """List the languages of a test set that have files in a folder, in the paper's order."""
    return [code for code in task.LANGUAGES if task.files(folder, code)]


def load(task: ModuleType, languages: str | Iterable[str], folder: Path, items: int = 0) -> list[Item]:
    """Read the items of languages, one language after the other, each with the same ids in the same order.

    languages: "auto" for all that are here, or codes, as in "de sw". items: only the first n that all of them share.

    Raises KitError for a language that the set or the folder does not have, an id that not all languages have (unless
    `items` asks for those they share), and as the set's `read_items`.
    """
    codes = _codes(task, languages, folder)
    read = {code: {item.id: item for item in task.read_items(folder, code)} for code in codes}
    first = read[codes[0]]
    shared = [each for each in first if all(each in held for held in read.values())]
    known = set(shared)
    strange = [(code, each) for code, held in read.items() for each in held if each not in known]
    if not shared or (strange and not items):
        code, each = strange[0]
        lacks = next(other for other, held in read.items() if each not in held)
        raise KitError(
            f"{task.NAME} in {folder}: expected the same questions in all languages, but {code} has the id {each!r}, "
            f"which {lacks} lacks ({len(shared)} are in all of {' '.join(codes)}). To mend: take all files from one "
            f"source{', or ask for a number of items: of those that all share' if shared else ''}"
        )
    return [held[each] for held in read.values() for each in (shared[:items] if items else shared)]


def _codes(task: ModuleType, named: str | Iterable[str], folder: Path) -> list[str]:
    """Return the languages asked for, each with files."""
    here = languages_here(task, folder)
    if named == "auto":
        codes = here
    else:
        codes = languages.codes(named if isinstance(named, str) else " ".join(named))
    for code in codes:
        if code not in task.LANGUAGES:
            raise KitError(f"{task.NAME} is not in {languages.find(code).name} ({code}): it is in "
                           f"{' '.join(task.LANGUAGES)}. To mend: choose among these")  # fmt: skip
    for code in codes or ["en"]:
        if code not in here:
            raise question_files.missing(task.NAME, code=code, folder=folder, file=_file(task, code), here=here)
    return list(dict.fromkeys(codes))


def _file(task: ModuleType, code: str) -> str:
    """Name the file that a language's questions should be in, and how to get it where that is known."""
    name = task.NAME.lower().replace("-", "")
    called = languages.find(code).name.split(" (")[0] if task is msvamp else code
    return f"{task.FILES[0].replace('{code}', called)} ({downloads.how(downloads.find(name))})"


def facts(task: ModuleType, items: Sequence[Item], folder: Path) -> dict:
    """Return what a run's record says of its questions: name, split, sha256 of them, n and files by language."""
    content = [[item.id, item.language, dict(item.fields), item.gold, item.options] for item in items]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    counts = Counter(item.language for item in items)
    files = {code: [path.relative_to(folder).as_posix() for path in task.files(folder, code)] for code in counts}
    return {"name": task.NAME, "split": task.SPLIT, "sha256": digest, "n": dict(counts), "files": files}
