"""Rows of a file of questions: .tsv, .jsonl, .json or .parquet, each with the place that a message names. No test set.

Quotes in .tsv are text, as everywhere here. Which columns there should be, the test sets say (`tasks`).
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from llamax_kit.data.corpora import text_files
from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sound

Row = tuple[str, dict[str, Any]]  # where it stands, as in "mgsm_sw.tsv, line 3"; its cells by column
REMEDY = "get the file anew as its owner publishes it"


def rows(path: Path, columns: Sequence[str] = ()) -> list[Row]:
    """Read the rows of a file. columns: of a .tsv without a header; else its first line names them.

    Raises KitError for a missing or empty file, what is not UTF-8 or not as its ending says, with the line.
    """
    if path.suffix == ".parquet":
        found = [(f"{path}, row {at}", row) for at, row in enumerate(sound(path, _parquet, REMEDY), 1)]
    elif path.suffix == ".tsv":
        found = list(_separated(path, columns))
    else:
        found = list(_objects(path))
    if not found:
        raise KitError(f"{path} is empty: expected a question in each row. To mend: {REMEDY}")
    return found


def cell(row: dict[str, Any], column: str, *, where: str) -> Any:
    """Return a row's cell as it is. Raises KitError where the row has no such column, or is none."""
    if not isinstance(row, dict):
        raise KitError(f"{where}: expected an object with the field {column!r}, got {row!r:.60}. To mend: {REMEDY}")
    if row.get(column) is None:
        state = "is empty" if column in row else f"is missing: there are {', '.join(map(str, row)) or 'none'}"
        raise KitError(f"{where}: expected the column or field {column!r}, which {state}. To mend: {REMEDY}")
    return row[column]


def matching(folder: Path, names: Iterable[str], *, spellings: Iterable[str]) -> list[Path]:
    """List the files of a language: those of the first name, with {code} spelled in the first way, that there are any.

    names: paths in the folder, perhaps with a star, as in "{code}/test*.parquet"
    """
    for name in names:
        for code in spellings:
            if found := sorted(folder.glob(name.replace("{code}", code))):
                return found
    return []


def named(paths: Sequence[Path], folder: Path) -> str:
    """Name files for a message; the folder where there are none."""
    return " and ".join(map(str, paths)) or str(folder)


def missing(name: str, *, code: str, folder: Path, file: str, here: Iterable[str]) -> KitError:
    """Return the error for a language of a test set that has no file: what is here, and what it should be called."""
    return KitError(
        f"expected {name} in {find(code).name} ({code}) in {folder}, found no file of it; languages here: "
        f"{' '.join(here) or 'none'}. To mend: put it there as {file}, or leave {code} out"
    )


def _parquet(path: Path) -> list[dict]:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path).read().to_pylist()
    except pyarrow.ArrowException as error:  # of which some kinds are none of Python's
        raise ValueError(str(error)) from error


def _separated(path: Path, columns: Sequence[str]) -> Iterable[Row]:
    """Yield the rows of a .tsv; of cells behind the last column there may be none."""
    for number, line in enumerate(text_files.read(path, REMEDY), 1):
        cells = line.split("\t")
        if number == 1 and not columns:
            columns = cells
            continue
        if len(cells) != len(columns):
            raise KitError(
                f"{path}, line {number}: expected {len(columns)} cells parted by tabs ({', '.join(columns[:8])}), got "
                f"{len(cells)}: {line[:60]!r}. To mend: {REMEDY}; it may have been cut, or saved with other separators"
            )
        yield f"{path}, line {number}", dict(zip(columns, cells, strict=True))


def _objects(path: Path) -> Iterable[Row]:
    """Yield the objects of JSON: one a line, or one list, alone or as `data`; a .json may be either."""
    lines = text_files.read(path, REMEDY)
    if path.suffix == ".json":
        try:
            held = json.loads("\n".join(lines))
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":  # one object a line
                raise _broken(path, error.lineno, lines[error.lineno - 1], fault=error.msg) from error
        else:
            held = held.get("data", [held]) if isinstance(held, dict) else held
            for at, row in enumerate(held if isinstance(held, list) else [held], 1):
                if not isinstance(row, dict):
                    raise KitError(f"{path}, item {at}: expected an object, got {row!r:.60}. To mend: {REMEDY}")
                yield f"{path}, item {at}", row
            return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise _broken(path, number, line, fault=error.msg) from error
        if not isinstance(row, dict):
            raise _broken(path, number, line, fault="it is no object")
        yield f"{path}, line {number}", row


def _broken(path: Path, number: int, line: str, *, fault: str) -> KitError:
    return KitError(f"{path}, line {number}: expected JSON, an object a line, got {line[:60]!r} ({fault}). "
                    f"To mend: {REMEDY}; a cut download ends in such a line")  # fmt: skip
