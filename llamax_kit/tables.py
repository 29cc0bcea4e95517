"""Shows a finished table on the page: numbers in line, a head that stays, scrolling instead of cutting rows out.

Computes nothing and saves nothing.
"""

import html
from typing import TYPE_CHECKING

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
