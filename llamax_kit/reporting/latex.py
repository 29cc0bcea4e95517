"""A text and a finished table in LaTeX, fit for a paper: every sign escaped, nothing wider or longer than a page.

Writes no file and rounds no number: cells are texts (see `tables.formatted`). Made for lines of 16 cm in 10 pt.
"""

import re
from collections.abc import Collection
from math import ceil
from typing import TYPE_CHECKING

from llamax_kit.utils.terminal import visible

if TYPE_CHECKING:
    from pandas import DataFrame

PACKAGES = "% needs \\usepackage{array,booktabs,longtable}\n"
SCRIPTS = "% has letters that pdfLaTeX lacks: needs LuaLaTeX or XeLaTeX, and a font that has them\n"
SHEET = 45  # lines; a longer table runs over several pages
WRAPPED = 27  # characters of a cell that is wrapped
LINE = 88  # characters of small type in a line
SIZES = {92: r"\scriptsize", 74: r"\footnotesize", 66: r"\small"}  # above so many characters of unwrapped columns
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


def text(plain: str) -> str:
    r"""Write a text for LaTeX, in any font encoding: `text("a_b | 5 %")` is `a\_b \textbar{} 5 \%`."""
    plain = re.sub(r'(?<!\S)"|(?<=[(\[])"', "“", visible(re.sub(r"\s", " ", str(plain)))).replace('"', "”")
    return re.sub(r"([-,'])(?=\1)", "\\1\u2060", plain).translate(ESCAPES)  # two of these would print as one sign


def table(cells: "DataFrame", numbers: Collection[str], caption: str) -> str:
    """Write a table of texts as a float, or, where it is longer than a page, as one that runs over several.

    numbers: the columns set to the right. A column without an entry is left out; long texts are in columns that wrap; a
    table without rows has the entry "none".
    """
    if cells.empty:
        cells, numbers = cells.reindex([0]).fillna(""), ()
        cells.iloc[0, 0] = "none"
    else:
        cells = cells.loc[:, cells.ne("").any()]
    widths = {name: max(*map(len, _lines(name)), cells[name].str.len().max()) for name in cells}
    rest = sum(width + 2 for width in widths.values() if width <= WRAPPED)
    parts = _parts(widths, rest)
    sheets = _height(cells, parts) > SHEET
    written = _body(cells, numbers, parts).style.hide(axis="index").to_latex(
        hrules=True, caption=text(caption), column_format="".join(_layout(name, numbers, parts) for name in cells),
        environment="longtable" if sheets else None, position_float=None if sheets else "centering",
    )  # fmt: skip
    size = next((size for width, size in SIZES.items() if rest > width), r"\small" if parts else "")
    if size:
        size += r"\setlength{\tabcolsep}{3pt}"
        written = f"{{{size}\n{written}}}\n" if sheets else written.replace("\\centering\n", f"\\centering{size}\n", 1)
    return PACKAGES + SCRIPTS * any(each.isalpha() and each > "\u024f" for each in written) + written


def _parts(widths: dict[str, int], rest: int) -> dict[str, float]:
    """Divide what is left of a line among the columns that wrap; one four times as long has twice the width."""
    long = {name: width**0.5 for name, width in widths.items() if width > WRAPPED}
    return {name: max(0.3, 0.97 - rest / LINE) * width / sum(long.values()) for name, width in long.items()}


def _height(cells: "DataFrame", parts: dict[str, float]) -> int:
    """Return how many lines the rows will have."""
    rows = cells[list(parts)].itertuples(index=False)
    return sum(max((ceil(len(cell) / (LINE * part)) for cell, part in zip(row, parts.values(), strict=True)), default=1)
               for row in rows)  # fmt: skip


def _layout(name: str, numbers: Collection[str], parts: dict[str, float]) -> str:
    if name in parts:
        return rf">{{\raggedright\arraybackslash}}p{{{parts[name]:.2f}\linewidth}}"
    return "r" if name in numbers else "l"


def _body(cells: "DataFrame", numbers: Collection[str], parts: dict[str, float]) -> "DataFrame":
    """Escape cells and heads; a missing number is a dash."""
    body = cells.apply(lambda column: column.map(_broken if column.name in parts else text))
    body = body.apply(lambda column: column.replace("", "--") if column.name in numbers else column)
    return body.set_axis([_head(name, side="r" if name in numbers else "l") for name in cells], axis="columns")


def _lines(name: str) -> list[str]:
    """Split a column's name that is longer than a number: "baseline_score" is in two lines."""
    return re.split(r"(?<=_)", str(name)) if len(str(name)) > 8 else [str(name)]


def _head(name: str, *, side: str) -> str:
    lines = r"\\".join(map(text, _lines(name)))
    return rf"\shortstack[{side}]{{{lines}}}" if r"\\" in lines else lines


def _broken(plain: str) -> str:
    """Write a text that may also break inside a signature, a path or a hash, but not inside a number."""
    parts = re.split(r"(?<=[|/_:=])(?=\S)|(?<=[,.])(?=[a-z])|(?<=[0-9a-f]{16})(?=[0-9a-f]{16})", plain)
    return r"\allowbreak{}".join(map(text, parts))
