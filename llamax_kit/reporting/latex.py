"""A text and a finished table in LaTeX, fit for a paper of one column or two: every sign escaped, nothing too wide.

Writes no file and rounds no number: cells are texts (see `tables.formatted`). A table is as high as a page at most: the
rest follows in further ones. `latex_layout` finds how it is set.
"""

import re
import unicodedata
from collections.abc import Sequence
from math import ceil

from llamax_kit.reporting import latex_layout
from llamax_kit.reporting.latex_layout import AUTO, COLUMN, ROOM, Column, Setting, Size, check
from llamax_kit.utils.terminal import visible

WORDS = {"src": "from", "tgt": "into", "p": "p", "p_holm": "p (Holm)", "q": "q (BH)", "ci_low": "95 % CI low",
         "ci_high": "95 % CI high", "ci_low_difference": "95 % CI of it low",
         "ci_high_difference": "95 % CI of it high", "lacks": "missing from"}  # fmt: skip
SCRIPTS = "% has letters that pdfLaTeX lacks: needs LuaLaTeX or XeLaTeX, and a font that has them\n"
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
    parts = latex_layout.parts(columns, check(layout))
    floats = [each for part, setting in parts for each in latex_layout.floats(part, setting, caption)]
    written = [_float(*each, caption=caption, label=label, first=not at) for at, each in enumerate(floats)]
    wrapped = any(setting.wrapped for _, setting in parts)
    notes = f"% needs \\usepackage{{booktabs{',tabularx' * wrapped}}}\n"
    notes += SCRIPTS * any(map(_foreign, "".join(written)))
    page = "; latex: page gives it the width of both columns" * (layout == COLUMN)
    if len(parts) > 1:
        notes += f"% too wide for one: its columns stand in {len(parts)} tables{page}\n"
    for part, setting in parts:
        if (over := latex_layout.width(part, setting) - ROOM[setting.where]) > 1:
            notes += f"% about {ceil(over)} pt wider than its line, and cannot be narrower without cutting{page}\n"
    return notes + "".join(each + "\\clearpage\n" * (at % 16 == 15) for at, each in enumerate(written))


def broken(plain: str) -> str:
    """Write a text that may break wherever `_pieces` parts it."""
    return re.sub(r"([ -])\\allowbreak\{\}", r"\1", r"\allowbreak{}".join(map(text, latex_layout.pieces(plain))))


def _float(
    columns: Sequence[Column], setting: Setting, rows: list[int], *, caption: str, label: str, first: bool
) -> str:
    """Write a float with some rows; all but the first have the number of the first."""
    kind = "table" if setting.where == COLUMN else "table*"
    size, wrapped = setting.size, setting.wrapped
    spec = "".join(_spec(at, each, wrapped) for at, each in enumerate(columns))
    body = [[_cell(each.cells[row], each, at in wrapped) for at, each in enumerate(columns)] for row in rows]
    between = r" \\" + r"\addlinespace[2pt]" * bool(wrapped) + "\n"
    kept = [f"\\caption{{{broken(caption)}}}", f"\\label{{{label}}}"][: 2 if label else 1]
    again = ["\\addtocounter{table}{-1}", f"\\caption{{{broken(caption)} (continued)}}"]
    wide = latex_layout.width(columns, setting)
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
    return broken(plain) if wraps else text(plain) or "--" * column.number


def _heads(columns: Sequence[Column], setting: Setting) -> list[str]:
    """Write the heads; over the two ends of an interval stands one, above theirs."""
    names, above, rules = [each.head for each in columns], [], []
    for at, (low, high) in enumerate(zip(names, names[1:], strict=False)):
        if latex_layout.ends(low, high=high):
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
    room = (width or latex_layout.natural(column, size)) / size.wide
    lines = [""]
    for piece in latex_layout.words(name):
        if lines[-1] and latex_layout.points(lines[-1] + piece.rstrip()) > room:
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
