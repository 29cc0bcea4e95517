"""Tables and sentences as HTML: escaped, never typeset, each in its writing direction; they scroll, and print whole.

What a table says is the business of `tables` and `examples`.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

from llamax_kit.data import scripts

WORD = 9  # characters; a longer one may break in print
UNTYPESET = "mathjax_ignore tex2jax_ignore"  # classes in which pages of Jupyter leave two `$` alone
# its rule for `pre`: JupyterLab breaks printed lines inside words
STYLE = """<style>
figure.llamax { margin: 1em 0; container-type: inline-size; }
.llamax .box { overflow: auto; }
.llamax .tall { max-height: 50em; }
.llamax table.cells { margin: 0; }
.llamax caption { contain: inline-size; padding: 0; text-align: start; color: inherit; }
.llamax caption div { position: sticky; left: 0; width: calc(100cqw - 2em); padding: 0 0 .4em; font-weight: 600; }
.llamax figcaption { padding: 0 0 .4em; font-weight: 600; }
.llamax table.cells :is(th, td) { text-align: start; vertical-align: top; white-space: nowrap; }
.llamax table.cells th { position: sticky; top: 0; z-index: 1; background: var(--jp-layout-color0, white); }
.llamax table.cells .long { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 16em; }
.llamax table.cells .number { text-align: end; font-variant-numeric: tabular-nums; }
.llamax table.sentences { table-layout: fixed; width: 100%; min-width: 44em; }
.llamax table.sentences :is(th, td) { white-space: pre-wrap; overflow-wrap: anywhere; padding: .4em .6em; }
.jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }
.llamax summary { cursor: pointer; padding: .3em 0; }
@media print {
  .llamax .box { max-height: none; overflow: visible; }
  .llamax table.cells { min-width: 0; max-width: 100%; font-size: 7pt; }
  .llamax table.cells :is(th, td) { min-width: 0; padding: 1pt 3pt; white-space: pre-wrap; }
  .llamax table.cells td.number { white-space: nowrap; }
  .llamax table.cells :is(.long, .wide) { overflow-wrap: anywhere; }
  .llamax table.cells th { position: static; }
  .llamax tr { break-inside: avoid; }
  .llamax details::details-content { content-visibility: visible; }
}
</style>"""


def framed(content: str, *, tall: bool = False) -> str:
    """Return what scrolls in a frame of its own on a screen, from `tall` on also downwards, and is whole in print."""
    box = f'<div class="box{" tall" * tall}" tabindex="0">{content}</div>'
    return f'<figure class="llamax {UNTYPESET}">{STYLE}{box}</figure>'


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]], kinds: Iterable[str]) -> str:
    """Return a table of texts; kinds: each column's, "number", "long" (it wraps), "wide" (it breaks in print) or ""."""
    kinds = list(kinds)
    head = "".join(map(_head, heads, kinds))
    body = "\n".join(f"<tr>{''.join(map(_cell, row, kinds))}</tr>" for row in rows)
    title = f"<caption><div>{html.escape(caption)}</div></caption>"
    return f'<table class="cells">{title}<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>'


def way(text: str) -> str:
    """Return the attribute `dir` of what holds a text; "" where all of it runs from left to right.

    >>> way("score"), way("السعر من $12"), way("א 12")
    ('', ' dir="rtl"', ' dir="auto"')
    """
    if text.isascii() or not any(unicodedata.bidirectional(each) in ("R", "AL") for each in text):
        return ""
    return f' dir="{scripts.direction(text)}"'


def wide(text: str) -> bool:
    """Return whether a text has a word so long that it may break in print, where all columns have to fit."""
    return any(len(word) > WORD for word in re.split(r"[\s-]", text))


def _head(name: str, kind) -> str:
    kinds = " ".join(filter(None, (kind, "wide" * wide(name.replace("_", " ")))))
    return f'<th scope="col"{_class(kinds)}>{html.escape(name).replace("_", "_<wbr>")}</th>'


def _cell(text: str, kind) -> str:
    return f"<td{_class(kind)}{way(text)}>{html.escape(text)}</td>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
