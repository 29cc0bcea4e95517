"""The test sets of questions by name, and the items of several languages that are comparable. Reads no file itself.

A set is named "XNLI", which lies in the data folder, or "XNLI=my/xnli", in a folder of one's own; those of "CLDR" are
embedded.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from llamax_kit.data import downloads, languages, question_files
from llamax_kit.data.questions import Item
from llamax_kit.tasks import cldr_inference, cldr_numbers, cldr_questions, mgsm, msvamp, xcsqa, xnli
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.words import counted

AUTO = "auto"
SETS = {task.NAME: task for task in (xcsqa, xnli, mgsm, msvamp, cldr_questions, cldr_inference, cldr_numbers)}


class Questions(NamedTuple):
    """A test set in some languages: its module of `tasks`, the folder of its files, its items, language by language.

    total: the questions that each language has, of which a part may have been taken
    """

    task: ModuleType
    folder: Path
    items: list[Item]
    total: int

    @property
    def codes(self) -> list[str]:
        """The languages, in the order of the items."""
        return list(dict.fromkeys(item.language for item in self.items))

    @property
    def release(self) -> str:
        """What runs must have in common to be compared: "XNLI test"."""
        return f"{self.task.NAME} {self.task.SPLIT}"

    @property
    def cut(self) -> str:
        """The part that was taken: "the first 40 of 250 questions of each language"; "" for all."""
        each = len(self.items) // len(self.codes)
        return "" if each == self.total else f"the first {each:,} of {self.total:,} questions of each language"

    @property
    def size(self) -> str:
        """How many questions in how many languages: "250 questions in each of 11 languages"."""
        each = counted(len(self.items) // len(self.codes), "question")
        return f"{each} in {'each of ' * (len(self.codes) > 1)}{counted(len(self.codes), 'language')}"

    def facts(self) -> dict:
        """Return what a run's record says of them (see `facts`), with `release` and `cut`."""
        return facts(self.task, self.items, self.folder) | {"release": self.release, "cut": self.cut}


def open_set(named: str, *, codes: str = AUTO, items: int | str = AUTO) -> Questions:
    """Read a test set by its name, "XNLI" or "XNLI=my/folder".

    codes: languages, as in "en de sw"; "auto": all that are here, of an embedded set what it calls SOME. items: the
    first n that all of them share, the same in each language; 0: all; "auto": all of a published set, FEW of an
    embedded one.

    Raises UnknownName for another set, KitError as `load` does.

    With the data at hand, `open_set("MGSM", codes="de sw", items=2).size` is "2 questions in each of 2 languages".
    """
    task, place = at(named)
    found, total = _read(task, codes, place, items=number(task, items))
    return Questions(task, place, found, total)


def number(task: ModuleType, items: int | str) -> int:
    """Return how many items of each language "auto" stands for: 0, all, but of an embedded set what it calls FEW."""
    return getattr(task, "FEW", 0) if items == AUTO else items


def at(named: str) -> tuple[ModuleType, Path]:
    """Return the module and the folder of "XNLI", or "XNLI=my/folder".

    Raises UnknownName for another set, KitError for a folder that is not there.
    """
    name, sign, place = named.partition("=")
    task = find(name)
    if sign and not (place.strip() and Path(place).expanduser().is_dir()):
        raise KitError(
            f"expected a folder with the files of {task.NAME} behind the sign =, got {place!r}. "
            f"To mend: name one that is there, or {task.NAME} alone for that in the data folder"
        )
    return task, Path(place).expanduser() if sign else folder(name)


def find(name: str) -> ModuleType:
    """Look a test set up by its name, in capitals or not. Raises UnknownName."""
    known = {key.casefold(): task for key, task in SETS.items()}
    if str(name).strip().casefold() not in known:
        raise UnknownName("test set", given=name, choices=SETS, remedy=f"use one of {', '.join(SETS)}")
    return known[str(name).strip().casefold()]


def folder(name: str) -> Path:
    """Return where a test set lies in the data folder: of X-CSQA, xcsqa/; of an embedded one the folder of the kit."""
    task = find(name)
    return getattr(task, "FOLDER", downloads.folder() / task.NAME.lower().replace("-", ""))


def languages_here(task: ModuleType, folder: Path) -> list[str]:
    """List the languages of a test set that have files in a folder, in the paper's order."""
    return [code for code in task.LANGUAGES if task.files(folder, code)]


def load(task: ModuleType, languages: str | Iterable[str], folder: Path, items: int = 0) -> list[Item]:
    """Read the items of languages, one language after the other, each with the same ids in the same order.

    languages: "auto" for all that are here, or codes, as in "de sw". items: only the first n that all of them share.

    Raises KitError for a language that the set or the folder does not have, an id that not all languages have (unless
    `items` asks for those they share), and as the set's `read_items`.
    """
    return _read(task, languages, folder, items=items)[0]


def _read(task: ModuleType, languages: str | Iterable[str], folder: Path, *, items: int) -> tuple[list[Item], int]:
    """Return what `load` does, and how many questions the first language has."""
    codes = chosen(task, folder, languages)
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
    taken = shared[:items] if items else shared
    return [held[each] for held in read.values() for each in taken], len(first)


def chosen(task: ModuleType, folder: Path, named: str | Iterable[str]) -> list[str]:
    """Return the languages asked for, as `load` takes them, each with files. Raises KitError as it does."""
    here = languages_here(task, folder)
    if named == AUTO:
        codes = getattr(task, "SOME", here)
    else:
        codes = languages.codes(named if isinstance(named, str) else " ".join(named))
    for code in codes:
        if code not in task.LANGUAGES:
            raise KitError(f"{task.NAME} is not in {languages.find(code).name} ({code}): it is in "
                           f"{' '.join(task.LANGUAGES)}. To mend: choose among these")  # fmt: skip
    if not codes and (here or named != AUTO):
        remedy = f"name some of {' '.join(here)}, or auto"
        raise KitError(f"expected languages of {task.NAME}, got {named!r}. To mend: {remedy}")
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
