"""A test set of one's own: text files, one a language, aligned by line; or one table with a column a language.

A text file holds one sentence a line. A part of its name between dots is any code of its language: the first, as in
`en.txt`, `deu_Latn.txt`, `swh.devtest`; in a folder where no first part is one, another, as in `test.en`. Of several
such sets, `my-set/test` names one: `test.en`, `test.sw`. Files whose names hold no code are left alone. Tables are read
by `tables`. Knows no splits; which text it is, the record tells by its hash.
"""

from collections.abc import Mapping
from pathlib import Path

from llamax_kit.data.corpora import tables, text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.languages import all_languages, find, lookup
from llamax_kit.utils.errors import KitError

REMEDY = "give each language one file named by its code, as in en.txt and deu_Latn.txt, one sentence a line in UTF-8"
ALSO = f"; or one table ({' '.join(tables.ENDINGS)}) with a column for each, as in en and deu_Latn"


def exists(place: Path) -> bool:
    """Return whether a path is there, or files whose names begin with it: of set/test, set/test.en."""
    return place.exists() or bool(_paths(place))


def is_one(place: Path) -> bool:
    """Return whether what is there may be a test set: a folder, a table, or text files of languages."""
    return place.is_dir() or place.suffix in tables.ENDINGS or (not place.is_file() and bool(_named(place)[0]))


def available(place: Path) -> list[str]:
    """List the kit codes of the languages that a test set has.

    Raises KitError when it has none, or two files or columns are of one language.
    """
    texts, table = _found(place)
    codes = texts if table is None else tables.columns(table)
    return [language.code for language in all_languages() if language.code in codes]


def load(place: Path, codes: list[str]) -> Corpus:
    """Read languages of a test set, and name the corpus like it: of texts/my-set the release is 'own text "my-set"'.

    Raises KitError when a language has no file or two, a file is no strict text, a line is blank, or counts differ.
    """
    name = place.absolute().name
    release = f'own text "{name}"'  # not the whole path: it goes into records
    files, table = _found(place)
    if table is not None:
        held = tables.columns(table)
        _refuse_missing(codes, held, release=release, what=f"column of {table}")
        places = {code: f"{table}, column {held[code][0]!r}" for code in codes}
        return Corpus(name, "", release, {code: held[code][1] for code in codes}, places)
    _refuse_missing(codes, files, release=release, what=f"file in {place}")
    texts = {}
    for code in codes:
        texts[code] = text_files.read(files[code], REMEDY)
        remedy = "fill the line in, or delete it in every language's file"
        text_files.refuse_blank(texts[code], release, files[code], remedy)
    return Corpus(name, "", release, texts, {code: str(files[code]) for code in codes})


def of_lists(texts: Mapping[str, list[str]]) -> Corpus:
    """Make a corpus of lists of sentences by language. Raises KitError as `load` does, and for what is no list."""
    for code, lines in texts.items():
        if isinstance(lines, str) or not isinstance(lines, list | tuple):
            raise KitError(f"expected a list of sentences in {code!r}, got {type(lines).__name__} {lines!r:.60}. "
                           f'To mend: write {{"{code}": ["…", "…"]}}')  # fmt: skip
    found = {}
    for given, lines in texts.items():
        if (code := find(given).code) in found:
            raise KitError(f"{find(code).name} is given twice, also as {given!r}. To mend: leave one of them")
        tables.refuse(list(lines), f"the list {given!r}")
        found[code] = list(lines)
    if not found:
        raise KitError('expected sentences, got an empty mapping. To mend: write {"en": ["…"], "sw": ["…"]}')
    return Corpus("own", "", "own text", found)


def _refuse_missing(codes: list[str], held: Mapping, *, release: str, what: str) -> None:
    for code in codes:
        if code not in held:
            raise KitError(f"{release}: no {what} is in {find(code).name} ({code}); there is text in {' '.join(held)}. "
                           f"To mend: leave it out, or add {code}.txt or a column {code}")  # fmt: skip


def _found(place: Path) -> tuple[dict[str, Path], Path | None]:
    """Find the text files of a test set by language, or its table. Raises KitError where it has neither."""
    named, others = ({}, []) if place.is_file() else _named(place)
    if not named and (table := tables.at(place)):
        return {}, table
    found: dict[str, Path] = {}
    for path, codes in named.items():
        names = " or ".join(find(code).name for code in codes)
        if len(codes) > 1:
            raise KitError(f"{path}: is it {names}? To mend: name it by one language's code, as in {codes[0]}.txt")
        if (other := found.setdefault(codes[0], path)) is not path:
            raise KitError(
                f"{place} has two files of {names}: {other.name} and {path.name}. To mend: leave one of them there, or "
                f"name what belongs together by how it begins: {path.with_name(path.name.partition('.')[0])}"
            )
    if not found:
        seen = ", ".join(others[:5]) + (", …" if others[5:] else "") or "no file"
        raise KitError(f"expected files named by codes of languages in {place}, found {seen}. To mend: {REMEDY}{ALSO}")
    return found, None


def _paths(place: Path) -> list[Path]:
    """List the files in a folder, or those whose names begin with the last part of a path and a dot."""
    folder, begin = (place, "") if place.is_dir() else (place.parent, f"{place.name}.")
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return sorted(path for path in files if path.name.startswith(begin) and path.suffix not in tables.ENDINGS)


def _named(place: Path) -> tuple[dict[Path, list[str]], list[str]]:
    """List text files with the languages that their names hold, and the names of other files."""
    begin = "" if place.is_dir() else f"{place.name}."
    parts = {path: path.name.removeprefix(begin).split(".") for path in _paths(place)}
    first = {path: codes for path, names in parts.items() if (codes := _codes(names[:1]))}
    named = first or {path: codes for path, names in parts.items() if (codes := _codes(names[1:]))}
    return named, [path.name for path in parts if path not in named]


def _codes(names: list[str]) -> list[str]:
    return list(dict.fromkeys(language.code for language in map(lookup, names) if language))
