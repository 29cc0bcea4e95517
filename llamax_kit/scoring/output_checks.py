"""What a score does not say: how many outputs are empty, copied, cut or in another script, and what they look like.

Judges no language: text in the right script may still be in the wrong language. Draws nothing (see `reporting.plots`).
"""

import html
from typing import TYPE_CHECKING

from llamax_kit.data.languages import find
from llamax_kit.data.reasoning import reasons
from llamax_kit.data.scripts import direction, script
from llamax_kit.data.translations import KEYS, check
from llamax_kit.scoring import sacrebleu_metrics, spbleu
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas import DataFrame

HEIGHT = "34em"
CELL = "text-align: start; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; padding: .4em .6em"
SUMMARY = "cursor: pointer; padding: .3em 0"
TABLE = "table-layout: fixed; width: 100%; min-width: 44em"


def shares(translations: "DataFrame") -> "DataFrame":
    """Count what the outputs are: a row a system and direction, in the table's order, shares of its n sentences (0–1).

    Columns: system, src, tgt, n, empty (nothing but white space), copy (of the source, white space aside), length (cut
    at the limit of new tokens; missing where that is not known), other_script (most letters in another script than most
    of the reference's, from three letters on), and, where there is any, reasoning (cut, or markers of it left).

    Raises KitError for a table that cannot be scored (`translations.check`).
    """
    check(translations)
    finish = translations["finish"] if "finish" in translations else ""
    cut = translations["reasoning"].fillna("") if "reasoning" in translations else ""
    left = translations["hypothesis"].map(reasons) & ~translations["source"].map(reasons)
    reasoning = (cut != "") | left
    texts = list(translations[["hypothesis", "source", "reference"]].itertuples(index=False, name=None))
    marked = translations[KEYS].assign(
        n=1,
        empty=[not text.strip() for text, _, _ in texts],
        copy=[text.split() == source.split() != [] for text, source, _ in texts],
        length=finish == "length",
        known=finish != "",
        other_script=["" != script(text) != script(reference) != "" for text, _, reference in texts],
        **({"reasoning": reasoning} if reasoning.any() else {}),
    )
    counts = marked.groupby(KEYS, sort=False).sum().reset_index()
    counts["length"] = counts["length"].astype(float).where(counts["known"] == counts["n"])
    for name in counts.columns.difference([*KEYS, "n", "known"]):
        counts[name] = counts[name] / counts["n"]
    return counts.drop(columns="known")


def examples(translations: "DataFrame", best: int = 3, *, worst: int = 3, tokenize: str = "flores101") -> "DataFrame":
    """Pick the sentences with the best and the worst scores of each system and direction, the extremes outermost.

    Columns: system, src, tgt, rank ("best" or "worst"), index, metric, score, source, reference, hypothesis, and
    reasoning where the table has it. Scores are `spbleu.sentence_scores`; of equal ones the first are picked.

    Raises KitError for a negative number or a table that cannot be scored, UnknownName for a tokenizer.
    """
    import pandas as pd

    if min(best, worst) < 0:
        raise KitError(f"expected how many examples to pick, got best={best}, worst={worst}. To mend: 0 or more")
    ordered, parts = check(translations), []
    for _, rows in ordered.groupby(KEYS, sort=False):
        points = spbleu.sentence_scores(list(rows["hypothesis"]), list(rows["reference"]), tokenize)
        ranked = rows.reset_index(drop=True).assign(score=points, metric=sacrebleu_metrics.spbleu(tokenize).name)
        top = ranked.sort_values("score", ascending=False, kind="stable").head(best)
        bottom = ranked.drop(top.index).sort_values("score", kind="stable").head(worst)
        parts += [top.assign(rank="best"), bottom.iloc[::-1].assign(rank="worst")]
    columns = [*KEYS, "rank", "index", "metric", "score", "source", "reference", "hypothesis"]
    columns += ["reasoning"] * ("reasoning" in translations)
    return pd.concat(parts, ignore_index=True)[columns]


def show_examples(examples: "DataFrame") -> "HTML":
    """Set examples on the page, one part a system and direction that opens, each text in its own writing direction."""
    from IPython.display import HTML

    parts = [_part(keys, rows) for keys, rows in examples.groupby(KEYS, sort=False)]
    opened = "".join(parts).replace("<details", "<details open", 1)
    return HTML(f'<div tabindex="0" style="max-height: {HEIGHT}; overflow: auto">{opened}</div>')


def _part(keys: tuple[str, str, str], rows: "DataFrame") -> str:
    system, src, tgt = keys
    metric = html.escape(rows["metric"].iloc[0])
    heads = (f"{metric} of the sentence", f"source: {_named(src)[1]}", f"reference: {_named(tgt)[1]}", "hypothesis")
    head = "".join(f'<th scope="col" style="{CELL}">{text}</th>' for text in heads)
    body = "".join(_row(row, src, tgt) for row in rows.itertuples())
    scores = f"{src}-{tgt}, {rows['score'].min():.1f} to {rows['score'].max():.1f}"
    return (
        f'<details style="color: inherit"><summary style="{SUMMARY}"><b>{html.escape(system)}</b> {html.escape(scores)}'
        f'</summary><table style="{TABLE}"><colgroup><col style="width: 8.5em"></colgroup>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _row(row, src: str, tgt: str) -> str:
    cells = [
        f'<td style="{CELL}"><b>{row.score:.1f}</b> {row.rank}\nindex {row.index}</td>',
        _cell(row.source, code=src),
        _cell(row.reference, code=tgt),
        _cell(row.hypothesis, code=tgt, reasoning=getattr(row, "reasoning", "")),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, *, code: str, reasoning: object = "") -> str:
    has = isinstance(reasoning, str) and reasoning  # of two systems in one table, only one may reason
    cut = f"<details><summary>reasoning, cut</summary>{html.escape(reasoning)}</details>" if has else ""
    if not text.strip():
        return f'<td style="{CELL}"><i>(empty)</i>{cut}</td>'
    return f'<td lang="{_named(code)[0]}" dir="{direction(text)}" style="{CELL}">{html.escape(text)}{cut}</td>'


def _named(code: str) -> tuple[str, str]:
    """Return the BCP 47 tag and the name of a language; no tag, and the code, for one that is not known."""
    try:
        language = find(code)
    except UnknownName:
        return "", html.escape(code)
    return html.escape((language.cldr or language.flores200).replace("_", "-")), html.escape(language.name)
