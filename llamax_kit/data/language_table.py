"""The table of languages: the kit's own 204, and those that a user adds by a table beside the data. Looks nothing up.

languages.csv has one row a language; README and `languages` say what each column means. A user's table has the same
name and columns, of which code and name must be filled; it lies in the data folder, where every process finds it, or in
the folder of a corpus, and counts when that is read. The record of a run keeps what was added, so that its outputs are
understood without the corpus. A row of the kit is never replaced.
"""

import csv
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from llamax_kit.data import downloads
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import csv_rows, sha256

NAME = "languages.csv"
LOOKED_UP = ("code", "llamax", "flores101", "flores200", "flores_plus", "name", "prompt_name", "cldr")  # first wins
OF_LLAMAX = ("llamax", "split", "avg85", "trained", "mono_blocks", "para_lines")  # facts of its training, of no other
REMEDY = "write a CSV file in UTF-8 with the columns code and name, and others of the kit's table if known"


class Language(NamedTuple):
    """A row of languages.csv; the docstring of `languages` says what each column means."""

    code: str
    llamax: str = ""
    flores101: str = ""
    flores200: str = ""
    flores_plus: str = ""
    name: str = ""
    prompt_name: str = ""
    script: str = ""
    family_1: str = ""
    family_2: str = ""
    family_3: str = ""
    split: str = ""
    avg85: bool = False
    trained: bool = False
    mono_blocks: int = 0
    para_lines: int = 0
    cldr: str = ""
    source: str = ""


class Table(NamedTuple):
    """What one table adds: its name ("my-set/languages.csv"), its hash, and its languages."""

    name: str
    sha256: str
    languages: tuple[Language, ...]


_tables: dict[Path, Table] = {}  # of the corpora that this process has read
_recorded: dict[str, Table] = {}  # of the runs that it has read, by hash


@cache
def kit() -> tuple[Language, ...]:
    """Read the kit's own 204: the 102 that LLaMAX was trained on first, each half in order of its codes."""
    text = files("llamax_kit.data").joinpath(NAME).read_text(encoding="utf-8")
    return tuple(_language(row) for row in csv.DictReader(text.splitlines()))


@cache
def all_languages() -> tuple[Language, ...]:
    """List the kit's 204 languages, then those that were added. Raises KitError for a table that cannot be added."""
    return (*kit(), *(language for table in added() for language in table.languages))


@cache
def added() -> tuple[Table, ...]:
    """List the tables that add languages: the data folder's, those of corpora, those of records; none adds one twice.

    Raises KitError for a table that cannot be added.
    """
    home = downloads.folder() / NAME
    own = ({home: _read(home)} if home.is_file() else {}) | _tables
    taken, found = {key: (language, "the kit's table") for key, language in index(kit())[1].items()}, []
    for path, table in own.items():
        found.append(table._replace(languages=tuple(_new(table.languages, taken, str(path)))))
    for table in _recorded.values():
        fresh = [each for each in table.languages if not taken.keys() & _keys(each)]
        taken |= {key: (each, table.name) for each in fresh for key in _keys(each)}
        found.append(table._replace(languages=tuple(fresh)))
    return tuple(table for table in found if table.languages)


def add_beside(folder: Path) -> None:
    """Add the table that lies in the folder of a corpus, as it is now. Raises KitError if it cannot be added."""
    path = (folder / NAME).absolute()
    table = _read(path) if path.is_file() else None
    if _tables.get(path) == table:
        return
    before = _tables.pop(path, None)
    if table:
        _tables[path] = table
    _changed()
    try:
        added()
    except KitError:
        _tables.pop(path)  # what is refused does not stay
        if before:
            _tables[path] = before
        _changed()
        raise


def recall(record: dict) -> None:
    """Add the languages that a run's record holds (`facts`), where no table names them."""
    for each in record.get("added_languages") or ():
        try:
            named = Table(each["table"], each["sha256"], tuple(map(_language, each["rows"])))
            known = named.sha256 in _recorded
        except (TypeError, LookupError, AttributeError, ValueError) as error:
            raise KitError(
                f"expected tables of languages in added_languages of a run's record (run.json), got {each!r:.60} "
                f"({error}). To mend: run its notebook again"
            ) from error
        if not known:
            _recorded[named.sha256] = named
            _changed()


def facts() -> dict[str, list[dict]]:
    """Return what a run's record says of the languages that were added: the table, its hash, and its filled cells."""
    said = [{"table": table.name, "sha256": table.sha256, "rows": [
        {column: str(cell) for column, cell in each._asdict().items() if cell} for each in table.languages
    ]} for table in added()]  # fmt: skip
    return {"added_languages": said} if said else {}


def index(languages: tuple[Language, ...]) -> tuple[dict[str, Language], dict[str, Language]]:
    """Return languages by each of their codes and names, as written and without capitals; a code of LLaMAX wins."""
    exact: dict[str, Language] = {}
    folded: dict[str, Language] = {}
    for column in LOOKED_UP:
        for language in languages:
            if key := getattr(language, column):
                exact.setdefault(key, language)
                folded.setdefault(key.casefold(), language)
    return exact, folded


@cache
def known() -> tuple[dict[str, Language], dict[str, Language]]:
    """Return the `index` of all languages, which `languages.find` asks. Raises as `all_languages` does."""
    return index(all_languages())


def _changed() -> None:
    for kept in (added, all_languages, known):
        kept.cache_clear()


def _language(row: dict[str, str]) -> Language:
    """Make a language of a row's cells. Raises ValueError for a count that is none."""
    kinds = Language.__annotations__
    cells = {column: cell.strip() for column, cell in row.items() if cell and cell.strip()}
    return Language(**{column: cell == "True" if kinds[column] is bool else kinds[column](cell)
                       for column, cell in cells.items()})  # fmt: skip


def _read(path: Path) -> Table:
    """Read a user's table. Raises KitError, with the line."""
    columns, rows = csv_rows(path, REMEDY)
    strange = [column for column in columns if column not in Language._fields]
    if not {"code", "name"} <= {*columns} or len({*columns}) < len(columns):
        raise KitError(f"{path}: expected columns among {', '.join(Language._fields)}, code and name at least, "
                       f"found {', '.join(map(repr, columns)) or 'none'}. To mend: {REMEDY}")  # fmt: skip
    if strange:
        raise UnknownName(f"column of {path}", given=strange[0], choices=Language._fields, remedy=REMEDY)
    named = tuple(_checked(row, f"{path}, row {number}") for number, row in enumerate(rows, 2))
    return Table(f"{path.parent.name}/{NAME}", sha256(path), named)


def _checked(row: dict, where: str) -> Language:
    """Make a language of a user's row. Raises KitError for one without code or name, or with too many cells."""
    if None in row:
        raise KitError(f"{where} has more cells than the table has columns. To mend: put a text with commas in quotes")
    try:
        language = _language(row)
    except (ValueError, TypeError) as error:  # a count that is none; a row without code
        raise KitError(f"{where}: expected a code, and whole numbers as counts ({error}). To mend: {REMEDY}") from error
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", language.code) or language.code == "X":
        raise KitError(f"{where}: expected a code of letters a to z, digits and _, and not X, got {language.code!r}. "
                       f"To mend: write it as in swh or swh_Latn, without hyphens: en-swh is a direction")  # fmt: skip
    if not language.name:
        raise KitError(f"{where}: {language.code} has no name. To mend: fill in its English name, as prompts have it")
    return language


def _new(languages: tuple[Language, ...], taken: dict[str, tuple[Language, str]], where: str) -> list[Language]:
    """List the languages that are new, and take their codes and names; a row that repeats what is known is none.

    Raises KitError for one that would replace or be mistaken for another, or claims to be LLaMAX's.
    """
    found = []
    for language in languages:
        given = {column: cell for column, cell in language._asdict().items() if cell}
        same, _ = taken.get(language.code.casefold(), (None, ""))
        if same and all(getattr(same, column) == cell for column, cell in given.items()):
            continue
        for key in sorted(_keys(language) & taken.keys()):
            other, owner = taken[key]
            raise KitError(f"{where}: the row {language.code} ({language.name}) has {key!r} in common with "
                           f"{other.code} ({other.name}) of {owner}, which is not replaced. To mend: leave the row "
                           f"out, or give it a code and a name of its own")  # fmt: skip
        if wrong := [column for column in OF_LLAMAX if column in given]:
            raise KitError(
                f"{where}: {', '.join(wrong)} of {language.code} must be empty: they are about the training of LLaMAX. "
                f"To mend: empty them; the parameter trained_on names another model's languages"
            )
        taken |= {key: (language, where) for key in _keys(language)}
        found.append(language)
    return found


def _keys(language: Language) -> set[str]:
    return {key.casefold() for column in LOOKED_UP if (key := getattr(language, column))}
