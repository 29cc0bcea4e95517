"""How a table is set in LaTeX: in a column or over the page, in which size of type, which texts wrap, which rows part.

Writes nothing. Widths are those of Computer Modern in 10 pt, which is wider than Times; a paper of two columns has 7.7
cm each, one of a single column 16 cm.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from llamax_kit.utils.errors import UnknownName

AUTO, COLUMN, PAGE = LAYOUTS = ("auto", "column", "page")
ROOM = {COLUMN: 216.0, PAGE: 452.0}  # points, of a column of 7.7 cm and a line of 16 cm; a little is left over
HEIGHT, LONG = 540, 35  # points of a page for a table and its caption; rows that ask for small type
SIGNS = (("ijl.,:;'|!`", 2.8), ("-f() []/\u2060", 3.5), ("rstI", 3.95), ("acegoz0123456789", 5.0),
         ("mwMW%−+<>=×≥≤→—", 8.4))  # points of a sign  # fmt: skip


class Column(NamedTuple):
    """A column of a table: its head in words, its cells, and whether they are numbers."""

    head: str
    cells: Sequence[str]
    number: bool


class Size(NamedTuple):
    """A size of type: its command, how wide it is beside 10 pt, a line's height and the space beside a column."""

    command: str
    wide: float
    line: float
    space: float


NORMAL, SMALL, FOOTNOTE, SCRIPT, SIX = (
    Size("", 1, 12, 6), Size(r"\small", 0.93, 11, 4), Size(r"\footnotesize", 0.86, 9.5, 3),
    Size(r"\scriptsize", 0.81, 8, 2.5), Size(r"\fontsize{6}{7}\selectfont", 0.74, 7, 1.5),
)  # fmt: skip
# what is tried, in this order: where, in which size, and from which width on a column of text may wrap (0: it may not)
IN_COLUMN = tuple((COLUMN, size, 0) for size in (NORMAL, SMALL, FOOTNOTE))
WRAPPED_IN_COLUMN = tuple((COLUMN, *each) for each in ((SMALL, 70), (FOOTNOTE, 60), (SCRIPT, 45), (SIX, 20)))
ON_PAGE = (*((PAGE, size, 0) for size in (NORMAL, SMALL, FOOTNOTE)), (PAGE, SMALL, 110), (PAGE, FOOTNOTE, 90),
           (PAGE, SCRIPT, 0), (PAGE, SCRIPT, 60), (PAGE, SCRIPT, 25))  # fmt: skip
TRIED = {AUTO: (*IN_COLUMN, *ON_PAGE), COLUMN: (*IN_COLUMN, *WRAPPED_IN_COLUMN), PAGE: ON_PAGE}


class Setting(NamedTuple):
    """How a table is set: where, in which size, and the width of each column of text that wraps, in points."""

    where: str
    size: Size
    wrapped: dict[int, float]


def check(layout: str) -> str:
    """Return a layout: "auto", "column" or "page". Raises UnknownName for another."""
    if layout not in LAYOUTS:
        raise UnknownName("layout of LaTeX tables (latex)", given=layout, choices=LAYOUTS, remedy='write "auto"')
    return layout


def parts(columns: Sequence[Column], layout: str) -> list[tuple[Sequence[Column], Setting]]:
    """Find how a table is set; one that fits in no way is parted, each part with the texts that begin its rows."""
    if setting := _setting(columns, layout):
        return [(columns, setting)]
    texts = next((at for at, each in enumerate(columns) if each.number), 1)
    fixed, rest = columns[:texts], _together(columns[texts:])
    for count in range(2, len(rest) + 1):
        each = ceil(len(rest) / count)
        found = [[*fixed, *sum(rest[at : at + each], [])] for at in range(0, len(rest), each)]
        settings = [_setting(part, COLUMN if layout == COLUMN else PAGE) for part in found]
        if all(settings):
            return list(zip(found, settings, strict=True))
    where, size, least = TRIED[layout][-1]
    return [(columns, Setting(where, size, {at: _least(each, size, least) for at, each in _texts(columns)}))]


def _together(columns: Sequence[Column]) -> list[list[Column]]:
    """List columns, the two ends of an interval as one."""
    found: list[list[Column]] = []
    for each in columns:
        if found and ends(found[-1][-1].head, high=each.head):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def ends(low: str, *, high: str) -> bool:
    return low.endswith(" low") and high == f"{low.removesuffix('low')}high"


def _setting(columns: Sequence[Column], layout: str) -> Setting | None:
    """Return the first way to set a table in which it is not too wide; None where there is none."""
    for where, size, least in TRIED[layout]:
        if len(columns[0].cells) > LONG and size.line > FOOTNOTE.line:
            continue
        wrapped: dict[int, float] = {}
        texts = sorted(_texts(columns), key=lambda each: natural(each[1], size), reverse=True) if least else []
        while (over := width(columns, Setting(where, size, wrapped)) - ROOM[where]) > 0 and texts:
            at, column = texts.pop(0)
            if (narrow := _least(column, size, least)) >= natural(column, size):
                continue
            wrapped[at] = narrow
        if over <= 0:
            return Setting(where, size, _shared(columns, wrapped, size, -over))
    return None


def _shared(columns: Sequence[Column], wrapped: dict[int, float], size: Size, left: float) -> dict[int, float]:
    """Divide what is left of a line among the columns that wrap; one four times as long gets twice as much."""
    shares = {at: natural(columns[at], size) ** 0.5 for at in wrapped}
    return {at: least + left * shares[at] / sum(shares.values()) for at, least in wrapped.items()}


def _texts(columns: Sequence[Column]) -> list[tuple[int, Column]]:
    return [(at, each) for at, each in enumerate(columns) if not each.number]


def width(columns: Sequence[Column], setting: Setting) -> float:
    """Return the points that a table takes."""
    widths = [setting.wrapped.get(at) or natural(each, setting.size) for at, each in enumerate(columns)]
    return sum(widths) + 2 * setting.size.space * (len(columns) - 1)


def natural(column: Column, size: Size) -> float:
    """Return the width of a column that does not wrap; its head may be in several lines."""
    return max(*map(points, words(column.head)), *map(points, column.cells)) * size.wide


def _least(column: Column, size: Size, least: float) -> float:
    """Return the smallest width of a column that wraps."""
    unbroken = {*words(column.head), *(piece for cell in column.cells for piece in pieces(cell))}
    return max(least, *(points(piece.strip()) * size.wide for piece in unbroken))


@lru_cache(maxsize=2**16)
def points(plain: str) -> float:
    """Return about how wide a text is in 10 pt."""
    return sum(map(_sign, plain)) + 0.5


def _sign(sign: str) -> float:
    if not sign.isascii() and unicodedata.east_asian_width(sign) in "WF":
        return 10
    usual = 5.3 if sign < "\u0250" and not sign.isupper() else 7.4
    return next((width for signs, width in SIGNS if sign in signs), usual)


@lru_cache(maxsize=2**12)
def pieces(plain: str) -> list[str]:
    """Part a text where a line may end: at spaces and hyphens, in a signature, a path, a hash, not in a number."""
    found = re.split(r"(?<=[ |/_:=])(?=\S)|(?<=\w-)(?=\w)|(?<=[,.])(?=[a-z])|(?<=[0-9a-f]{16})(?=[0-9a-f]{16})", plain)
    return [part for piece in found for part in (_chopped(piece) if len(piece) > 20 else [piece])]


def words(head: str) -> list[str]:
    """Part a head where its lines may end: as a text, but a short word such as "ceb-X" is whole."""
    found = re.split(r"(?<= )(?=\S)", head)
    return [piece for word in found for piece in ([word] if len(word) <= 6 else pieces(word))]


def _chopped(word: str) -> list[str]:
    """Part a word that no line holds, never before a mark that stands on a letter."""
    return re.findall(r"(?:.[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e]*){1,10}", word)


def floats(
    columns: Sequence[Column], setting: Setting, caption: str
) -> Iterator[tuple[Sequence[Column], Setting, list[int]]]:
    """Divide the rows among floats that are no higher than a page, about equally."""
    size = setting.size
    room = max(100, HEIGHT - 30 - 12 * ceil(points(caption) / ROOM[setting.where]) - 3 * size.line)
    heights = [max((2 + size.line * ceil(1.15 * points(columns[at].cells[row]) * size.wide / width)
                    for at, width in setting.wrapped.items()), default=size.line)
               for row in range(len(columns[0].cells))]  # fmt: skip
    count = ceil(sum(heights) / room)
    rows: list[int] = []
    for row, height in enumerate(heights):
        filled = sum(heights[each] for each in rows)
        if rows and (filled + height > room or filled >= sum(heights) / count):
            yield columns, setting, rows
            rows = []
        rows.append(row)
    yield columns, setting, rows
