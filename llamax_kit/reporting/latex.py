"""A text and a finished table in LaTeX, fit for a paper of one column or two: every sign escaped, nothing too wide.

Writes no file and rounds no number: cells are texts (see `tables.formatted`). Widths are those of Computer Modern in
10 pt, which is wider than Times. A table is as high as a page at most: the rest follows in further ones.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

from llamax_kit.utils.errors import UnknownName
from llamax_kit.utils.terminal import visible

AUTO, COLUMN, PAGE = LAYOUTS = ("auto", "column", "page")
ROOM = {COLUMN: 216.0, PAGE: 452.0}  # points, of a column of 7.7 cm and a line of 16 cm; a little is left over
HEIGHT, LONG = 540, 35  # points of a page for a table and its caption; rows that ask for small type
SCRIPTS = "% has letters that pdfLaTeX lacks: needs LuaLaTeX or XeLaTeX, and a font that has them\n"
WORDS = {"src": "from", "tgt": "into", "p": "p", "p_holm": "p (Holm)", "q": "q (BH)", "ci_low": "95 % CI low",
         "ci_high": "95 % CI high", "ci_low_difference": "95 % CI of it low",
         "ci_high_difference": "95 % CI of it high", "lacks": "missing from"}  # fmt: skip
SIGNS = (("ijl.,:;'|!`", 2.8), ("-f() []/\u2060", 3.5), ("rstI", 3.95), ("acegoz0123456789", 5.0),
         ("mwMW%−+<>=×≥≤→—", 8.4))  # points of a sign  # fmt: skip
ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in "{}$&#%_"}
    | {sign: f"{{{sign}}}" for sign in "[]*"}  # after the end of a row they would be its options
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "|": r"\textbar{}",
       "<": r"\textless{}", ">": r"\textgreater{}", "`": r"\textasciigrave{}", "\u2060": "{}", "\u200b": "",
       "\u00ad": r"\-"}
    | {"−": "$-$", "×": r"$\times$", "·": r"$\cdot$", "≥": r"$\geq$", "≤": r"$\leq$", "≠": r"$\neq$", "≈": r"$\approx$",
       "→": r"$\rightarrow$"}
    | {"–": "--", "—": "---", "…": r"\dots{}", "“": "``", "”": "''", "‘": "`", "’": "'", "\u00a0": "~"}
)  # fmt: skip


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


def text(plain: str) -> str:
    r"""Write a text for LaTeX, in any font encoding: `text("a_b | 5 %")` is `a\_b \textbar{} 5 \%`."""
    plain = re.sub(r'(?<!\S)"|(?<=[(\[])"', "“", visible(re.sub(r"\s", " ", str(plain)))).replace('"', "”")
    return re.sub(r"([-,'])(?=\1)", "\\1\u2060", plain).translate(ESCAPES)  # two of these would print as one sign


def heads(names: Sequence[str], *, data: bool = False, layout: str = AUTO) -> list[str]:
    """Write names of columns as words: "baseline_score" is "baseline score"; data: names of systems stay as they are.

    n counts sentences in a table of directions or languages, and languages in one of groups or means; it stays n where
    a table is to fit a column.
    """
    counted = "sentences" if {"src", "language", "trials"} & {*names} else ""
    counted = counted or ("languages" if {"direction", "value", "relatedness"} & {*names} else "n")
    counted = "n" if counted in names or layout == COLUMN else counted
    words = WORDS | {"n": counted, "value": "value" if "group" in names else "group"}
    return [words.get(name) or (name if data else name.strip("_").replace("_", " ")) for name in map(str, names)]


def table(columns: Sequence[Column], caption: str, *, layout: str = AUTO, label: str = "") -> str:
    """Write a table as a float, or as several where it is longer than a page, or wider than any size of type allows.

    A column without an entry is left out; a table without rows has the entry "none". layout: "column" fits it into a
    column of a paper of two, "page" is `table*`, "auto" the first where that needs no small type, else the second.
    """
    columns = [each for each in columns if any(each.cells)] or [Column(columns[0].head, ["none"], False)]
    parts = _parts(columns, check(layout))
    floats = [each for part, setting in parts for each in _floats(part, setting, caption)]
    written = [_float(*each, caption=caption, label=label, first=not at) for at, each in enumerate(floats)]
    wrapped = any(setting.wrapped for _, setting in parts)
    notes = f"% needs \\usepackage{{booktabs{',tabularx' * wrapped}}}\n"
    notes += SCRIPTS * any(map(_foreign, "".join(written)))
    page = "; latex: page gives it the width of both columns" * (layout == COLUMN)
    if len(parts) > 1:
        notes += f"% too wide for one: its columns stand in {len(parts)} tables{page}\n"
    for part, setting in parts:
        if (over := _width(part, setting) - ROOM[setting.where]) > 1:
            notes += f"% about {ceil(over)} pt wider than its line, and cannot be narrower without cutting{page}\n"
    return notes + "".join(each + "\\clearpage\n" * (at % 16 == 15) for at, each in enumerate(written))


def _parts(columns: Sequence[Column], layout: str) -> list[tuple[Sequence[Column], Setting]]:
    """Find how a table is set; one that fits in no way is parted, each part with the texts that begin its rows."""
    if setting := _setting(columns, layout):
        return [(columns, setting)]
    texts = next((at for at, each in enumerate(columns) if each.number), 1)
    fixed, rest = columns[:texts], _together(columns[texts:])
    for count in range(2, len(rest) + 1):
        each = ceil(len(rest) / count)
        parts = [[*fixed, *sum(rest[at : at + each], [])] for at in range(0, len(rest), each)]
        settings = [_setting(part, COLUMN if layout == COLUMN else PAGE) for part in parts]
        if all(settings):
            return list(zip(parts, settings, strict=True))
    where, size, least = TRIED[layout][-1]
    return [(columns, Setting(where, size, {at: _least(each, size, least) for at, each in _texts(columns)}))]


def _together(columns: Sequence[Column]) -> list[list[Column]]:
    """List columns, the two ends of an interval as one."""
    found: list[list[Column]] = []
    for each in columns:
        if found and _ends(found[-1][-1].head, high=each.head):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _ends(low: str, *, high: str) -> bool:
    return low.endswith(" low") and high == f"{low.removesuffix('low')}high"


def _setting(columns: Sequence[Column], layout: str) -> Setting | None:
    """Return the first way to set a table in which it is not too wide; None where there is none."""
    for where, size, least in TRIED[layout]:
        if len(columns[0].cells) > LONG and size.line > FOOTNOTE.line:
            continue
        wrapped: dict[int, float] = {}
        texts = sorted(_texts(columns), key=lambda each: _natural(each[1], size), reverse=True) if least else []
        while (over := _width(columns, Setting(where, size, wrapped)) - ROOM[where]) > 0 and texts:
            at, column = texts.pop(0)
            if (narrow := _least(column, size, least)) >= _natural(column, size):
                continue
            wrapped[at] = narrow
        if over <= 0:
            return Setting(where, size, _shared(columns, wrapped, size, -over))
    return None


def _shared(columns: Sequence[Column], wrapped: dict[int, float], size: Size, left: float) -> dict[int, float]:
    """Divide what is left of a line among the columns that wrap; one four times as long gets twice as much."""
    parts = {at: _natural(columns[at], size) ** 0.5 for at in wrapped}
    return {at: width + left * parts[at] / sum(parts.values()) for at, width in wrapped.items()}


def _texts(columns: Sequence[Column]) -> list[tuple[int, Column]]:
    return [(at, each) for at, each in enumerate(columns) if not each.number]


def _width(columns: Sequence[Column], setting: Setting) -> float:
    """Return the points that a table takes."""
    widths = [setting.wrapped.get(at) or _natural(each, setting.size) for at, each in enumerate(columns)]
    return sum(widths) + 2 * setting.size.space * (len(columns) - 1)


def _natural(column: Column, size: Size) -> float:
    """Return the width of a column that does not wrap; its head may be in several lines."""
    return max(*map(_points, _words(column.head)), *map(_points, column.cells)) * size.wide


def _least(column: Column, size: Size, least: float) -> float:
    """Return the smallest width of a column that wraps."""
    pieces = {*_words(column.head), *(piece for cell in column.cells for piece in _pieces(cell))}
    return max(least, *(_points(piece.strip()) * size.wide for piece in pieces))


def _points(plain: str) -> float:
    """Return about how wide a text is in 10 pt."""
    return sum(map(_sign, plain)) + 0.5


def _sign(sign: str) -> float:
    if not sign.isascii() and unicodedata.east_asian_width(sign) in "WF":
        return 10
    usual = 5.3 if sign < "\u0250" and not sign.isupper() else 7.4
    return next((width for signs, width in SIGNS if sign in signs), usual)


def _pieces(plain: str) -> list[str]:
    """Part a text where a line may end: at spaces and hyphens, in a signature, a path, a hash, not in a number."""
    found = re.split(r"(?<=[ |/_:=])(?=\S)|(?<=\w-)(?=\w)|(?<=[,.])(?=[a-z])|(?<=[0-9a-f]{16})(?=[0-9a-f]{16})", plain)
    return [part for piece in found for part in (_chopped(piece) if len(piece) > 20 else [piece])]


def _words(head: str) -> list[str]:
    """Part a head where its lines may end: as a text, but a short word such as "ceb-X" is whole."""
    words = re.split(r"(?<= )(?=\S)", head)
    return [piece for word in words for piece in ([word] if len(word) <= 6 else _pieces(word))]


def _chopped(word: str) -> list[str]:
    """Part a word that no line holds, never before a mark that stands on a letter."""
    return re.findall(r"(?:.[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e]*){1,10}", word)


def _broken(plain: str) -> str:
    """Write a text that may break wherever `_pieces` parts it."""
    return re.sub(r"( )\\allowbreak\{\}", r"\1", r"\allowbreak{}".join(map(text, _pieces(plain))))


def _floats(
    columns: Sequence[Column], setting: Setting, caption: str
) -> Iterator[tuple[Sequence[Column], Setting, list[int]]]:
    """Divide the rows among floats that are no higher than a page, about equally."""
    size = setting.size
    room = max(100, HEIGHT - 30 - 12 * ceil(_points(caption) / ROOM[setting.where]) - 3 * size.line)
    heights = [max((2 + size.line * ceil(1.15 * _points(columns[at].cells[row]) * size.wide / width)
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


def _float(
    columns: Sequence[Column], setting: Setting, rows: list[int], *, caption: str, label: str, first: bool
) -> str:
    """Write a float with some rows; all but the first have the number of the first."""
    kind = "table" if setting.where == COLUMN else "table*"
    size, wrapped = setting.size, setting.wrapped
    spec = "".join(_spec(at, each, wrapped) for at, each in enumerate(columns))
    body = [[_cell(each.cells[row], each, at in wrapped) for at, each in enumerate(columns)] for row in rows]
    between = r" \\" + r"\addlinespace[2pt]" * bool(wrapped) + "\n"
    kept = [f"\\caption{{{_broken(caption)}}}", f"\\label{{{label}}}"][: 2 if label else 1]
    again = ["\\addtocounter{table}{-1}", f"\\caption{{{_broken(caption)} (continued)}}"]
    wide = _width(columns, setting)
    width = "\\linewidth" if wide <= ROOM[setting.where] + 0.1 else f"{ceil(wide)}pt"
    tabular, width = ("tabularx", f"{{{width}}}") if wrapped else ("tabular", "")
    return "\n".join([
        f"\\begin{{{kind}}}", "\\centering", *(kept if first else again),
        f"\\smallskip{size.command}\\setlength{{\\tabcolsep}}{{{size.space}pt}}",
        f"\\begin{{{tabular}}}{width}{{@{{}}{spec}@{{}}}}", "\\toprule", *_heads(columns, setting), "\\midrule",
        between.join(map(" & ".join, body)) + r" \\", "\\bottomrule", f"\\end{{{tabular}}}", f"\\end{{{kind}}}\n",
    ])  # fmt: skip


def _spec(at: int, column: Column, wrapped: dict[int, float]) -> str:
    if at not in wrapped:
        return "r" if column.number else "l"
    share = wrapped[at] * len(wrapped) / sum(wrapped.values())
    return rf">{{\hsize={share:.2f}\hsize\raggedright\arraybackslash}}X"


def _cell(plain: str, column: Column, wraps: bool) -> str:
    """Write a cell; a missing number is a dash."""
    return _broken(plain) if wraps else text(plain) or "--" * column.number


def _heads(columns: Sequence[Column], setting: Setting) -> list[str]:
    """Write the heads; over the two ends of an interval stands one, above theirs."""
    names, above, rules = [each.head for each in columns], [], []
    for at, (low, high) in enumerate(zip(names, names[1:], strict=False)):
        if _ends(low, high=high):
            names[at : at + 2] = ["low", "high"]
            above.append((at, rf"\multicolumn{{2}}{{c}}{{{text(low.removesuffix(' low'))}}}"))
            rules.append(rf"\cmidrule(lr){{{at + 1}-{at + 2}}}")
    lines = [_head(name, each, setting.wrapped.get(at), setting.size)
             for at, (name, each) in enumerate(zip(names, columns, strict=True))]  # fmt: skip
    cells = [[cell for start, cell in above if start == at] or [""] * (at - 1 not in dict(above))
             for at in range(len(columns))]  # fmt: skip
    over = [" & ".join(cell for each in cells for cell in each) + r" \\", "".join(rules)] if above else []
    return [*over, " & ".join(lines) + r" \\"]


def _head(name: str, column: Column, width: float | None, size: Size) -> str:
    """Write a head in as many lines as its column is narrow."""
    room = (width or _natural(column, size)) / size.wide
    lines = [""]
    for piece in _words(name):
        if lines[-1] and _points(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    written = [re.sub(r"^[npq](?=$| \()", r"$\g<0>$", text(line.strip())) for line in lines]
    stacked = r"\\".join(written)
    return rf"\shortstack[{'r' if column.number else 'l'}]{{{stacked}}}" if len(written) > 1 else stacked


def _foreign(sign: str) -> bool:
    """Check whether a sign is none that pdfLaTeX sets in every font encoding, with no package."""
    if sign.isascii() or sign in "€™†‡•‰æÆœŒøØłŁßıªºȘșȚț":
        return False
    base, *marks = unicodedata.normalize("NFD", sign)
    accented = base.isascii() and set(marks) <= set(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327"
    )
    return sign >= "\u0180" or sign in "«»" or (sign.isalpha() and not accented)
