"""What "auto" stands for in a notebook's parameters: the value that fits the corpus, or the runs that are compared.

The embedded text is of short phrases, for laptops: a part of it is enough, and its pieces are its own. Any other corpus
is real text, taken whole, with room for long answers, and scored as in the paper. A value that is set stays. Sweeps ask
here as notebooks do, so that they fill the ledger with what notebooks look up.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llamax_kit.data.corpora.loading import SPLITS, corpus_languages
from llamax_kit.data.translations import answers
from llamax_kit.scoring import accuracy, sacrebleu_metrics
from llamax_kit.utils.errors import UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

AUTO = "auto"
DIRECTIONS = "en-de en-sw en-gl en-eus_Latn de-en sw-en"  # trained and unseen, from English and into it


def tokenize(value: str, *, corpus: str) -> str:
    """Return by which pieces a corpus is scored: `tokenize("auto", corpus="flores200")` is "flores101", the paper's."""
    return value if value != AUTO else "cldr" if _embedded(corpus) else "flores101"


def sentences(value: int | str, *, corpus: str) -> int:
    """Return how many sentences of each direction are translated: `sentences("auto", corpus="cldr")` is 40, else 0."""
    return value if value != AUTO else 40 if _embedded(corpus) else 0


def decoding(value: str, *, corpus: str) -> str:
    """Return how text is searched for: greedily, with 256 new tokens, of which the phrases of cldr need 96 at most."""
    return value if value != AUTO else "greedy max_new_tokens:96" if _embedded(corpus) else "greedy"


def directions(value: str, *, corpus: str) -> str:
    """Return which directions are translated: for `("auto", corpus="flores101")` "en-de en-sw en-gl de-en sw-en".

    Of a published corpus they are those of DIRECTIONS that are here, for all would take days. Of one's own folder they
    are all from English and into it. Where that leaves none, they are between any two languages.

    Raises as `corpus_languages` does.
    """
    if value != AUTO or _embedded(corpus):
        return DIRECTIONS if value == AUTO else value
    here = corpus_languages(corpus)
    if _name(corpus) in SPLITS:
        return " ".join(pair for pair in DIRECTIONS.split() if set(pair.split("-")) <= {*here}) or "X-X"
    return "en-X X-en" if "en" in here else "X-X"


def resolved(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a job's parameters as its notebook takes them; where none of them is the corpus, unchanged.

    >>> resolved({"corpus": "cldr", "sentences": "auto", "decoding": "paper", "device": "auto"})
    {'corpus': 'cldr', 'sentences': 40, 'decoding': 'paper', 'device': 'auto'}

    Raises as `corpus_languages` does.
    """
    if "corpus" not in parameters:
        return parameters
    rules = {"directions": directions, "sentences": sentences, "decoding": decoding, "tokenize": tokenize}
    corpus, known = parameters["corpus"], [name for name in rules if name in parameters]
    return parameters | {name: rules[name](parameters[name], corpus=corpus) for name in known}


def of_runs(value: str, records: Iterable[dict]) -> str:
    """Return by which pieces runs are compared, from their records: as all of them were scored.

    That is what their parameters name, else the signatures of their scores, else what fits their corpus; "" where they
    were scored by several, or nothing is known: those who compare refuse it. Answers to questions are not cut: "".
    """
    if value != AUTO:
        return value
    records = list(records)
    if any(accuracy.part(each, name="task") for record in records for each in record.get("signatures") or ()):
        return ""
    found = {_scored_by(record) for record in records} - {""}
    found = found or {_fitting(record.get("corpus") or {}) for record in records}
    return found.pop() if len(found) == 1 else ""


def metric(value: str, table: "DataFrame") -> str:
    """Return by what systems are compared: for "auto" accuracy, if they answered questions, or else spBLEU.

    table: src and tgt of their translations, answers or scores. Raises UnknownName for a metric of the other kind.
    """
    answered = answers(table)
    fitting, others = accuracy.METRICS, sacrebleu_metrics.METRICS
    fitting, others = (fitting, others) if answered else (others, fitting)
    if value != AUTO and value not in fitting and (answered or value in others):
        kind = "answers to questions" if answered else "translations"
        remedy = f"use one of these, or auto, in notebook 06 or 09: the runs hold {kind}"
        raise UnknownName(f"metric of {kind}", given=value, choices=fitting, remedy=remedy)
    return fitting[0] if value == AUTO else value


def _name(corpus: str) -> str:
    return re.split("[:@]", corpus)[0]


def _embedded(corpus: str) -> bool:
    return _name(corpus) == "cldr"  # a folder of that name is "./cldr"


def _scored_by(record: dict) -> str:
    named = map(sacrebleu_metrics.tokenizer, record.get("signatures") or ())
    return (record.get("parameters") or {}).get("tokenize") or next(filter(None, named), "")


def _fitting(recorded: dict) -> str:
    """Return what fits a corpus on record; one's own folder has no split, and may have any name."""
    name = recorded.get("name")
    return tokenize(AUTO, corpus=name if recorded.get("split") else f"./{name}") if name else ""
