"""A folder of plain texts as users have them: which files of it are of which languages, and what is missing.

    mono/sw.txt                         one sentence or document a line
    pairs/en-sw.en, pairs/en-sw.sw      line by line translations of each other, named as OPUS does; or sw-en.en, .sw
    dictionaries/en-sw.txt              words, for `dictionaries`
    instructions.jsonl                  for `instructions`

Languages go by any code of the language table. Opens no file (`streams` does), and does not shuffle or choose.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError, UnknownName

FORMS = "txt tsv csv json jsonl parquet tmx gz bz2 xz zst zip 7z".split()  # endings that a text or a table may have
LAYOUT = "lay it out as mono/sw.txt, pairs/en-sw.en with pairs/en-sw.sw, dictionaries/en-sw.txt (any of these)"


class Texts(NamedTuple):
    """The files of some languages in a folder, by kit codes; of a pair the codes are in order of the alphabet."""

    mono: dict[str, Path]
    pairs: dict[tuple[str, str], tuple[Path, Path]]
    dictionaries: list[Path]


def codes(languages: str | Iterable[str]) -> list[str]:
    """Return kit codes in the order given, each once: codes("en, swh_Latn sw") is ["en", "sw"].

    Raises UnknownName, and KitError for what is no text: YAML takes an unquoted `no` for False.
    """
    if isinstance(languages, str):
        languages = re.split(r"[\s,]+", languages.strip(" \t\n,"))
    given = list(languages) if isinstance(languages, Iterable) else [languages]
    for each in given:
        if not isinstance(each, str):
            mend = "quote 'no', which YAML takes for False" if each is False else "write 'en de sw', or a list of codes"
            raise KitError(f"expected language codes, got {each!r}. To mend: {mend}")
    return list(dict.fromkeys(find(each).code for each in given if each))


def locate(folder: Path | str, languages: str | Iterable[str], parallel: bool = True) -> Texts:
    """Find the files of languages, and of pairs between them; dictionaries are those of English and one of them.

    parallel: whether pairs are asked for; without them each language needs lines of its own. Opens no file.

    Raises KitError for a missing folder, a language without any data, a pair with one side only, two files of one
    language, a file named as text of these languages in a form that is not read, or a dictionary without English;
    UnknownName for a file named by what is no language.
    """
    folder, wanted = Path(folder), codes(languages)
    if not folder.is_dir():
        raise KitError(f"expected a folder of texts at {folder}, but there is none. To mend: make it, and {LAYOUT}")
    mono: dict[str, Path] = {}
    for path in _files(folder / "mono", wanted, ".txt"):
        _add(mono, find_language(path.stem, path), path)
    pairs = _pairs(folder / "pairs", wanted) if parallel else {}
    words = _files(folder / "dictionaries", [*wanted, "en"], ".txt", ".dict")
    words = [path for path in words if set(sides(path)) <= {*wanted, "en"}]
    found = Texts(
        {code: mono[code] for code in wanted if code in mono},
        {pair: pairs[pair] for pair in sorted(pairs) if set(pair) <= set(wanted)},
        words,
    )
    with_data = {*found.mono, *(code for pair in found.pairs for code in pair)}
    for code in wanted:
        if code not in with_data:
            pair = f", nor a pair with another of the mixture, such as pairs/en-{code}.{code}" if parallel else ""
            raise KitError(
                f"no text of {find(code).name} ({code}), a language of the mixture, in {folder}: neither "
                f"mono/{code}.txt{pair}. There is text in: {' '.join(sorted(with_data)) or 'no language of it'}. "
                f"To mend: add one of these files, or leave {code} out of the mixture"
            )
    return found


def find_language(code: str, path: Path) -> str:
    """Return the kit code of a code in a file's name. Raises UnknownName, with the file in its remedy."""
    try:
        return find(code).code
    except UnknownName as error:
        raise UnknownName(
            "language", given=code, choices=error.choices, remedy=f"name {path} by the code of its language"
        ) from error


def sides(path: Path) -> tuple[str, str]:
    """Return the two kit codes in a dictionary's name: sides(Path("swh-en.txt")) is ("sw", "en").

    Raises KitError for a name that is no two codes, or where neither is English; UnknownName for an unknown code.
    """
    parts = path.stem.split("-")
    if len(parts) != 2:
        raise KitError(
            f"expected a dictionary named by two codes, as in en-sw.txt, but found {path}. To mend: rename or move it"
        )
    one, other = (find_language(part, path) for part in parts)
    if "en" not in (one, other) or one == other:
        raise KitError(
            f"expected a dictionary of English and another language, since entries are merged over their shared "
            f"English word, but found {path}. To mend: move it away, and give {one} and {other} one with English each"
        )
    return one, other


def _there(folder: Path) -> list[Path]:
    """List what is in a folder, but for hidden files; nothing where there is no folder."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _files(folder: Path, wanted: Iterable[str], *endings: str) -> list[Path]:
    """List the files with one of the endings; notes and licences beside them are left alone."""
    there = _there(folder)
    for path in there:
        if path.suffix not in endings:
            _refuse_unread(path, wanted, "sw.txt" if folder.name == "mono" else "en-sw.txt")
    return [path for path in there if path.suffix in endings]


def _refuse_unread(path: Path, wanted: Iterable[str], form: str) -> None:
    """Raise KitError if what is not read is named as text of wanted languages: sw.txt.gz, en-sw.tsv, en_sw.sw, sw/.

    That is: it names none but wanted languages, and ends as texts may, or names one at the end, or names nothing else.
    """
    parts = re.split(r"[.-]|_(?![A-Z][a-z]{3}(?![a-z]))", path.name)  # swh_Latn is one
    known = [_known(part) for part in parts]
    named = {code for code in known if code}
    if named and named <= set(wanted) and (parts[-1].lower() in FORMS or known[-1]):
        raise KitError(
            f"expected texts in the form of {form} in {path.parent}, but found {path.name}, which would not be read. "
            f"To mend: unpack or convert it, so that it is named as {form} is and holds a sentence or entry a line, or "
            f"move it away"
        )


def _known(code: str) -> str:
    try:
        return find(code).code
    except UnknownName:
        return ""


def _pairs(folder: Path, wanted: Iterable[str]) -> dict[tuple[str, str], tuple[Path, Path]]:
    """Find both files of each pair: en-sw.en and en-sw.sw are {("en", "sw"): (en-sw.en, en-sw.sw)}."""
    found: dict[tuple[str, str], tuple[Path, Path]] = {}
    for path in _there(folder):
        name = re.fullmatch(r"(.*\.)?([^.-]+)-([^.-]+)\.([^.-]+)", path.name)
        if not name or name[4] not in name.group(2, 3):
            _refuse_unread(path, wanted, "en-sw.en with en-sw.sw")
            continue  # README, LICENSE, en-sw.scores: no texts
        if name[1]:
            raise KitError(
                f"expected pairs named by two codes, as in en-sw.en, but found {path}. To mend: rename it; of several "
                f"corpora of one pair make one (cat a.en b.en > en-sw.en, and the same for .sw)"
            )
        files = {side: path.with_suffix(f".{side}") for side in name.group(2, 3)}
        if missing := [file for file in files.values() if not file.is_file()]:
            raise KitError(f"{path} has no other side: expected {missing[0]}. To mend: add it, or delete {path}")
        (one, first), (other, second) = sorted((find_language(side, path), file) for side, file in files.items())
        if one == other or found.setdefault((one, other), (first, second)) != (first, second):
            raise KitError(
                f"expected one pair of files of {one} and {other}, but found {path} "
                f"beside {found.get((one, other), (second,))[0]}. To mend: leave one there, or join them"
            )
    return found


def _add(mono: dict[str, Path], code: str, path: Path) -> None:
    if code in mono:
        raise KitError(
            f"two files of {find(code).name}: {mono[code]} and {path}. To mend: leave one of them there, or join them"
        )
    mono[code] = path
