"""A finished table on the page (numbers in line, a head that stays, scrolling instead of cutting rows), or in files.

Computes nothing.
"""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit import runs
from llamax_kit.errors import KitError
from llamax_kit.files import whole

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas import DataFrame

HEIGHT = "50em"  # about twenty rows of a page; a longer table scrolls
LONG = 50  # characters of words that are wrapped


def show(table: "DataFrame", caption: str, digits: int = 2) -> "HTML":
    """Give a table as HTML that scrolls within the page; `digits` after the point, empty cells for what is missing.

    `show(scores, "spBLEU by direction")` in the last line of a cell puts it on the page.
    """
    from IPython.display import HTML

    table = table.reset_index(drop=True)  # two tables put together have row labels twice
    styled = (
        table.style.format(precision=digits, na_rep="", thousands=",", escape="html")
        .hide(axis="index")
        .set_caption(html.escape(caption))
        .set_table_attributes('class="dataframe"')
        .set_table_styles([
            {"selector": "caption", "props": "text-align: left; font-weight: 600; padding: 0 0 .4em"},
            {"selector": "caption", "props": "white-space: nowrap"},
            {"selector": "th", "props": "text-align: left; background: var(--jp-layout-color0, white)"},
            {"selector": "td", "props": "text-align: left; vertical-align: top; white-space: nowrap"},
            {"selector": "td.long", "props": "white-space: pre-wrap; overflow-wrap: anywhere; min-width: 16em"},
            {"selector": "td.number", "props": "text-align: right; font-variant-numeric: tabular-nums"},
            *({"selector": f"th.col{at}", "props": "text-align: right"} for at in _numbers(table)),
        ])
        .set_sticky(axis="columns")
        .set_td_classes(_classes(table))
    )  # fmt: skip
    return HTML(f'<div tabindex="0" style="max-height: {HEIGHT}; overflow: auto">{styled.to_html()}</div>')


def save(table: "DataFrame", path: Path | str, caption: str, digits: int = 2) -> list[Path]:
    """Save a table as CSV, every digit of it, and as LaTeX (booktabs) to print, `digits` after the point.

    `save(gains, folder / "gains", "Gains in spBLEU points")` writes gains.csv and gains.tex, and gives the two paths.

    Raises KitError for a table without a caption, or when a file cannot be written.
    """
    if not caption.strip():
        raise KitError(f"the table {Path(path).name} has no caption. To mend: say in a sentence what it shows")
    plain = table.reset_index(drop=True)
    printed = plain.style.format(precision=digits, na_rep="--", escape="latex")
    printed = printed.format_index(escape="latex", axis="columns").hide(axis="index")
    title = caption.replace("&", r"\&").replace("%", r"\%").replace("_", r"\_").replace("#", r"\#")
    layout = "".join("r" if at in _numbers(plain) else "l" for at in range(len(plain.columns)))
    text = printed.to_latex(hrules=True, caption=title, position_float="centering", column_format=layout)
    target = Path(path).with_name(Path(path).name + ".tex")
    with whole(target) as scratch:
        scratch.write_text(text, encoding="utf-8")
    return [runs.save_table(plain, Path(path).with_name(Path(path).name + ".csv")), target]


def _numbers(table: "DataFrame") -> list[int]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return [at for at, name in enumerate(table) if is_numeric_dtype(table[name]) and not is_bool_dtype(table[name])]


def _classes(table: "DataFrame") -> "DataFrame":
    """Name the cells of each column: "number" is set to the right, "long" text (words, not a signature) is wrapped."""
    numbers = _numbers(table)
    kinds = {
        name: "number" if at in numbers else "long" if table[name].astype(str).map(_is_long).any() else ""
        for at, name in enumerate(table)
    }
    return table.astype(object).assign(**kinds)


def _is_long(text: str) -> bool:
    return len(text) > LONG and " " in text
