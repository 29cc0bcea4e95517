"""A test set of one's own as a table: columns named by languages, a row a sentence. Knows no file of plain text.

`.tsv` (a tab parts cells, quotes are text), `.csv`, `.jsonl`, `.parquet`, or a folder that `datasets` saved; a column
`translation` that holds one text a language, as on the hub, counts as its languages. A column's name is any code of a
language, or its English name; other columns are left alone, and so is one that holds no letter (`id`: 1, 2, 3).
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from llamax_kit.data.corpora import text_files
from llamax_kit.data.language_table import NAME
from llamax_kit.data.languages import find, lookup
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer

ENDINGS = (".tsv", ".csv", ".jsonl", ".parquet")
SAVED, SPLITS = "state.json", "dataset_dict.json"  # what `save_to_disk` writes of one split, and of several
REMEDY = "name each column by its language's code, as in en, swh or deu_Latn"
QUOTED = re.compile(r'"(?:[^"]|"")*""(?:[^"]|"")*"', re.DOTALL)  # a cell as CSV writes it, in quotes, with "" for "


def at(place: Path) -> Path | None:
    """Return the table that a place is or holds; None for a place of plain text. Raises KitError where it has several.

    In a folder, languages.csv is none: it describes languages.
    """
    if place.is_file() or (place / SAVED).is_file():
        return place
    if not place.is_dir():
        return None
    if (place / SPLITS).is_file():
        found = sorted(path.parent for path in place.glob(f"*/{SAVED}"))
    else:
        found = sorted(path for path in place.glob("*.*") if path.suffix in ENDINGS and path.name != NAME)
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:8])
        raise KitError(f"{place} holds {len(found)} tables: {names}. To mend: name one of them, as in {found[-1]}")
    return found[0] if found else None


def columns(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Read the languages of a table: by kit code, the column's name and its texts.

    Raises KitError for what is no such table, with its columns; for fewer than two languages, two columns of one, and
    a cell without text.
    """
    try:
        held = _read(path)
    except KitError:
        raise
    except Exception as error:  # the libraries raise many kinds, of no common base
        fault = (str(error).splitlines() or [type(error).__name__])[0][:200]
        what, remedy = path.suffix or "a saved data set", "save it anew"
        if path.suffix in (".csv", ".tsv"):
            remedy = "save it in UTF-8, with as many cells in each row as in the first"
        raise KitError(f"{path} is not as {what} should be: {fault}. To mend: {remedy}; {REMEDY}") from error
    return named(held, str(path))


def named(held: Iterable[tuple[str, list]], where: str) -> dict[str, tuple[str, list[str]]]:
    """Choose the columns that are of languages (see `columns`)."""
    held = list(held)
    found: dict[str, tuple[str, list[str]]] = {}
    for name, cells in held:
        code = _language(name, cells, where)
        if code in found:
            raise KitError(f"{where} has two columns of {find(code).name}: {found[code][0]!r} and {name!r}. "
                           f"To mend: leave one of them")  # fmt: skip
        if code:
            found[code] = name, cells
    if len(found) < 2:
        names = ", ".join(repr(str(name)) for name, _ in held[:12]) or "none"
        raise KitError(f"{where}: expected columns named by two languages or more, found {names}, of which "
                       f"{' '.join(found) or 'none'} is a language's. To mend: {REMEDY}")  # fmt: skip
    for name, cells in found.values():
        refuse(cells, f"column {name!r} of {where}")
        if not cells:
            raise KitError(f"{where} has columns, but no rows. To mend: write a sentence of each language in each row")
    return found


def refuse(cells: list, where: str) -> None:
    """Raise KitError for a cell that is no text, or blank."""
    for row, cell in enumerate(cells, 1):
        if not isinstance(cell, str) or not cell.strip():
            fault = "is blank" if cell is None or cell == "" or str(cell).isspace() else f"is no text: {cell!r:.60}"
            raise KitError(f"row {row} in {where} {fault}. To mend: fill it in with text, or delete the row")
        if where.endswith(".tsv") and QUOTED.fullmatch(cell):
            raise KitError(f"row {row} in {where} is quoted as in CSV: {cell:.60}; in .tsv, quotes are text. "
                           f"To mend: save the table as .csv or .jsonl")  # fmt: skip


def _language(name: str, cells: list, where: str) -> str:
    """Return the language that a column is of; "" for any other. Raises KitError for an `id` that may be both."""
    language = lookup(name)
    if not language:
        return ""
    filled = [str(cell) for cell in cells if cell is not None and str(cell).strip()]
    if filled and not any(letter.isalpha() for cell in filled for letter in cell):
        return ""
    if str(name).strip().casefold() == "id" and filled and not any(" " in cell.strip() for cell in filled):
        raise KitError(f"{where}: is the column {name!r} Indonesian, or the rows' names ({filled[0]:.30})? "
                       f"To mend: call it ind_Latn if it is text, number if it is not")  # fmt: skip
    return language.code


def _read(path: Path) -> list[tuple[str, list]]:
    """Read all columns. Raises KitError for a Git LFS pointer, and what the libraries raise."""
    if path.is_file():
        refuse_pointer(path)
    if path.suffix == ".jsonl":
        return _json_lines(path)
    if path.is_dir():
        import datasets

        table = datasets.load_from_disk(str(path)).with_format("arrow")[:]
    elif path.suffix == ".parquet":
        import pyarrow.parquet

        table = pyarrow.parquet.ParquetFile(path).read()
    else:
        table = _separated(path)
    table = table.flatten()  # a column `translation` of several languages
    names = [name.removeprefix("translation.") for name in table.column_names]
    return list(zip(names, (column.to_pylist() for column in table.columns), strict=True))


def _separated(path: Path):
    """Read .csv or .tsv, every cell as the text that it is: "NA", "1.0" and "" stay."""
    import pyarrow
    from pyarrow import csv

    tabs = path.suffix == ".tsv"
    parse = csv.ParseOptions(delimiter="\t" if tabs else ",", quote_char=False if tabs else '"',
                             newlines_in_values=not tabs)  # fmt: skip
    with open(path, encoding="utf-8-sig") as file:
        head = file.readline()
    if not tabs and ";" in head and "," not in head:
        raise KitError(f"{path}: expected commas between cells, but its first line has semicolons, as some "
                       f"spreadsheets write. To mend: save it with commas, or with tabs as .tsv; {REMEDY}")  # fmt: skip
    alone = csv.ReadOptions(use_threads=False)  # so that a fault names its row
    with csv.open_csv(path, alone, parse) as file:
        kinds = dict.fromkeys(file.schema.names, pyarrow.string())
    return csv.read_csv(path, alone, parse, csv.ConvertOptions(column_types=kinds))


def _json_lines(path: Path) -> list[tuple[str, list]]:
    rows = []
    for number, line in enumerate(text_files.read(path, REMEDY), 1):
        row = json.loads(line) if line.strip().startswith("{") else None
        if row is None:
            raise KitError(f'{path}, line {number}: expected an object such as {{"en": "…", "sw": "…"}}, '
                           f"got {line[:60]!r}. To mend: write one object a line")  # fmt: skip
        inner = row.get("translation")
        rows.append(row | inner if isinstance(inner, dict) else row)
    names = dict.fromkeys(name for row in rows for name in row)
    return [(name, [row.get(name) for row in rows]) for name in names]
