"""Example sentences on the page: source, reference and hypothesis beside each other, each in its own writing direction.

Everything that a model or a file says is escaped. Picks no sentences (see `scoring.output_checks`).
"""

import html
from typing import TYPE_CHECKING

from llamax_kit.data.languages import find
from llamax_kit.data.scripts import direction
from llamax_kit.data.translations import KEYS, label
from llamax_kit.reporting import markup
from llamax_kit.utils.errors import UnknownName

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas import DataFrame


def show_examples(examples: "DataFrame") -> "HTML":
    """Return examples as HTML: one part per system and direction, which opens on a click.

    Parameters
    ----------
    examples : DataFrame
        What `output_checks.examples` picked.

    Returns
    -------
    HTML
        The last line of a cell puts it on the page.
    """
    from IPython.display import HTML

    parts = [_part(keys, rows) for keys, rows in examples.groupby(KEYS, sort=False)]
    opened = "".join(parts).replace("<details", "<details open", 1)
    return HTML(markup.framed(opened, tall=True))


def _part(keys: tuple[str, str, str], rows: "DataFrame") -> str:
    system, src, tgt = keys
    metric = html.escape(rows["metric"].iloc[0])
    heads = (f"{metric} of the sentence", f"source: {_named(src)[1]}", f"reference: {_named(tgt)[1]}", "hypothesis")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(_row(row, src, tgt) for row in rows.itertuples())
    scores = f"{label(src, tgt)}, {rows['score'].min():.1f} to {rows['score'].max():.1f}"
    return (
        f"<details><summary><b>{html.escape(system)}</b> {html.escape(scores)}</summary>"
        f'<table class="cells sentences"><caption hidden>{html.escape(system)}, {html.escape(scores)}</caption>'
        f'<colgroup><col style="width: 8.5em"></colgroup>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _row(row, src: str, tgt: str) -> str:
    cells = [
        f"<td><b>{row.score:.1f}</b> {row.rank}\nindex {row.index}</td>",
        _cell(row.source, code=src),
        _cell(row.reference, code=tgt),
        _cell(row.hypothesis, code=tgt, reasoning=getattr(row, "reasoning", "")),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, *, code: str, reasoning: object = "") -> str:
    has = isinstance(reasoning, str) and reasoning  # of two systems in one table, only one may reason
    cut = f"<details><summary>reasoning, cut</summary>{html.escape(reasoning)}</details>" if has else ""
    if not text.strip():
        return f"<td><i>(empty)</i>{cut}</td>"
    return f'<td lang="{_named(code)[0]}" dir="{direction(text)}">{html.escape(text)}{cut}</td>'


def _named(code: str) -> tuple[str, str]:
    """Return the BCP 47 tag and the name of a language; no tag, and the code, for one that is not known."""
    try:
        language = find(code)
    except UnknownName:
        return "", html.escape(code)
    tag = (language.cldr or language.flores200 or language.code).replace("_", "-")
    return html.escape(tag), html.escape(language.name)
