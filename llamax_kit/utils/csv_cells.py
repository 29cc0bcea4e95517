"""Cells of a CSV that a spreadsheet would compute: kept as text by an apostrophe before them. Opens no file."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")  # what a spreadsheet takes as the beginning of one
GUARDED = re.compile(r"'+" + FORMULA.pattern)


def guarded(cell):
    """Return a cell as it is written: a text that begins like a formula, and is no number, behind an apostrophe.

    >>> [guarded(each) for each in ("=1+1", "-5.2", "- Yes", "'=1", "it's", -5)]
    ["'=1+1", '-5.2', "'- Yes", "''=1", "it's", -5]
    """
    meant = isinstance(cell, str) and (FORMULA.match(cell) and not _number(cell) or GUARDED.match(cell))
    return f"'{cell}" if meant else cell


def read(cell):
    """Return a cell that `guarded` wrote as it was: `read("'=1+1")` is "=1+1"."""
    return cell[1:] if isinstance(cell, str) and GUARDED.match(cell) else cell


def each(table: "DataFrame", change) -> "DataFrame":
    """Change the names and the cells of a table, but for its numbers."""
    table = table.rename(columns=change)
    for at, kind in enumerate(table.dtypes):
        if kind.kind not in "biufcmM":
            table.isetitem(at, table.iloc[:, at].map(change))
    return table


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text.strip(), re.IGNORECASE))
