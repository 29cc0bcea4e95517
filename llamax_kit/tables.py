"""Shows a finished table on the page: numbers in line, a head that stays, scrolling instead of cutting rows out.

Computes nothing and saves nothing.
"""

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas import DataFrame

HEIGHT = "26em"  # about twenty rows


def show(table: "DataFrame", caption: str, digits: int = 2) -> "HTML":
    """Give a table as HTML that scrolls within the page; `digits` after the point, empty cells for what is missing.

    `show(scores, "spBLEU by direction")` in the last line of a cell puts it on the page.
    """
    from IPython.display import HTML

    styled = (
        table.style.format(precision=digits, na_rep="", thousands=",", escape="html")
        .hide(axis="index")
        .set_caption(html.escape(caption))
        .set_table_attributes('class="dataframe"')
        .set_table_styles([
            {"selector": "caption", "props": "text-align: left; font-weight: 600; padding: 0 0 .4em"},
            {"selector": "th", "props": "text-align: left; background: var(--jp-layout-color0, white)"},
            {"selector": "td", "props": "text-align: left; white-space: nowrap"},
            {"selector": "td.number", "props": "text-align: right; font-variant-numeric: tabular-nums"},
        ])
        .set_sticky(axis="columns")
        .set_td_classes(_number_cells(table))
    )  # fmt: skip
    return HTML(f'<div tabindex="0" style="max-height: {HEIGHT}; overflow: auto">{styled.to_html()}</div>')


def _number_cells(table: "DataFrame") -> "DataFrame":
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    number = {name: is_numeric_dtype(table[name]) and not is_bool_dtype(table[name]) for name in table}
    return table.astype(object).assign(**{name: "number" if number[name] else "" for name in table})
