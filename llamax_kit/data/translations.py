"""The translations table: its columns, and the check that one can be scored. Makes none and changes none.

One row a sentence: system, src, tgt, index (position in the corpus), source, hypothesis, reference, finish ("stop",
"length" or "unfit"; "" for outputs from files), tokens (generated; missing for outputs from files).

A table of answers to questions has the same columns, with src == tgt, the language of the question: source is the
question, hypothesis the answer as read ("" for none), reference the right one.
"""

from typing import TYPE_CHECKING

from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

DIRECTION = ["src", "tgt"]
KEYS = ["system", *DIRECTION]
COLUMNS = [*KEYS, "index", "source", "hypothesis", "reference", "finish", "tokens"]
TEXTS = ["source", "hypothesis", "reference"]


def answers(table: "DataFrame") -> bool:
    """Return whether a table is of answers to questions: in every row src is tgt. A table of no rows is not."""
    return {*DIRECTION} <= {*table} and len(table) > 0 and bool((table["src"] == table["tgt"]).all())


def label(src: str, tgt: str) -> str:
    """Return how people read a direction: `label("en", "sw")` is "en-sw", `label("sw", "sw")`, of answers, "sw"."""
    return src if src == tgt else f"{src}-{tgt}"


def labels(table: "DataFrame") -> "Series":
    """Return the `label` of each row."""
    return (table["src"] + "-" + table["tgt"]).where(table["src"] != table["tgt"], table["src"])


def nouns(table: "DataFrame") -> tuple[str, str]:
    """Return what a row of scores is of, and of how many of what: ("direction", "sentence"), ("language", "question").

    table: any with src and tgt.
    """
    return ("language", "question") if answers(table) else ("direction", "sentence")


def check(translations: "DataFrame") -> "DataFrame":
    """Return the table if it can be scored, its rows in order of index.

    Raises KitError for a missing column, no rows, a missing value, a sentence that a system has twice in a direction,
    or one with two sources or references: two runs, or two releases of a corpus, in one table.
    """
    needed = [*KEYS, "index", *TEXTS]
    if missing := [name for name in needed if name not in translations]:
        raise KitError(
            f"expected a translations table with the columns {', '.join(needed)}; missing: {', '.join(missing)}. "
            f"To mend: make it with translation.translate or system_outputs.read_outputs"
        )
    if translations.empty:
        raise KitError("the translations table has no rows: no sentences to score. To mend: choose directions it holds")
    for column in needed:
        remedy = 'write "" for an output that is missing'
        _refuse(translations[column].isna(), translations, f"has no {column}", remedy=remedy)
    remedy = "score the two runs one by one, or give their systems different names"
    twice = translations.duplicated([*KEYS, "index"])
    _refuse(twice, translations, "stands twice in the translations table", remedy=remedy)
    for column in ("source", "reference"):
        remedy = "score outputs on two releases of a corpus in two tables"
        first = translations.groupby([*DIRECTION, "index"], sort=False)[column].transform("first")
        fault = f"has another {column} than the same sentence of another system"
        _refuse(translations[column] != first, translations, fault, remedy=remedy)
    return translations.sort_values("index", kind="stable")


def _refuse(wrong, translations: "DataFrame", fault: str, *, remedy: str) -> None:
    """Raise KitError for the first row where `wrong` holds."""
    if wrong.any():
        row = translations[wrong].iloc[0]
        raise KitError(
            f"{nouns(translations)[1]} {row['index']} of {label(row['src'], row['tgt'])}, system {row['system']}, "
            f"{fault} ({int(wrong.sum())} of {len(translations)} rows). To mend: {remedy}"
        )
