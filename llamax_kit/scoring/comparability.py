"""Return whether the scores of several runs may stand in one table: one release, one signature, one set of sentences.

Loads no run and changes none: it is given what they hold, and says which two differ, in what, and what to do.
"""

from typing import TYPE_CHECKING

from llamax_kit.data.translations import DIRECTION, answers, label, labels, nouns
from llamax_kit.runs import provenance
from llamax_kit.scoring import accuracy
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

SENTENCE = ["index", "source", "reference"]
RESCORE = (
    "score again with one tokenizer and one sacreBLEU, by notebook 04 (a finished run translates nothing twice) or, "
    "for outputs from files, notebook 05"
)
ASK_AGAIN = "answer again with one version of the kit, on one split, by notebook 11 (a model is asked nothing twice)"
ONE_KIND = "compare runs of notebook 11 with each other, and runs of translations with each other"
CHOOSE = "choose the same `sentences` for both (0: all) and run them again; nothing is translated twice"


class NotComparable(KitError):
    """Two runs whose scores must not stand in one table.

    Carries `what` differs, what each has, `told`, by run, and the `remedy`.
    """

    def __init__(self, what: str, values: dict[str, object], remedy: str):
        self.what, self.told, self.remedy = what, values, remedy
        each = "; ".join(f"{run} has {value}" for run, value in values.items())
        super().__init__(f"{what} differs, so these scores do not compare: {each}. To mend: {remedy}")


def agree(what: str, values: dict[str, object], remedy: str) -> None:
    """Check that all values are the same; `values` by run. Raises NotComparable for the first that differs."""
    first = next(iter(values), None)
    for run, value in values.items():
        if value != values[first]:
            raise NotComparable(what, {first: values[first], run: value}, remedy)


def same_kind(tables: "dict[str, DataFrame]") -> bool:
    """Check that tables, by run, are all of answers to questions or all of translations; return whether of answers.

    Raises NotComparable.
    """
    kinds = {run: answers(table) for run, table in tables.items()}
    told = {run: "answers to questions" if kind else "translations" for run, kind in kinds.items()}
    agree("what was asked", told, ONE_KIND)
    return any(kinds.values())


def same_corpus(records: dict[str, dict]) -> None:
    """Check that the records of several runs, by run, name one release and split of one corpus.

    The corpus's hash is no measure: it is taken over the languages that a run read. Raises NotComparable.
    """
    splits = {run: (record.get("corpus") or {}).get("split") for run, record in records.items()}
    releases = {run: provenance.release(record) for run, record in records.items()}
    for facts, what in ((releases, "the release of the corpus"), (splits, "the split of the corpus")):
        values = {run: fact or "none recorded" for run, fact in facts.items()}
        agree(what, values, "compare runs on one release and split: translate, or score, on the one you report")


def same_signatures(scores: dict[str, "DataFrame"]) -> None:
    """Check that several score tables, by run, have spBLEU of one signature, and each other metric where both have it.

    Raises NotComparable, also for a table that mixes signatures by itself.
    """
    found: dict[str, dict[str, str]] = {}
    for run, table in scores.items():
        for metric, rows in table.groupby("metric", sort=False):
            signatures = sorted(set(rows["signature"]))
            if len(signatures) > 1:
                raise NotComparable(f"the signature of {metric}", {run: " and ".join(signatures)}, _remedy(metric))
            found.setdefault(metric, {})[run] = signatures[0]
    spbleu = {run: [f"{metric} {values[run]}" for metric, values in found.items() if metric.startswith("spBLEU")
                    and run in values] for run in scores}  # fmt: skip
    agree("the signature of spBLEU", {run: ", ".join(each) or "no spBLEU" for run, each in spbleu.items()}, RESCORE)
    for metric, values in found.items():
        agree(f"the signature of {metric}", values, _remedy(metric))


def _remedy(metric: str) -> str:
    return ASK_AGAIN if accuracy.family(metric) in accuracy.METRICS else RESCORE


def same_counts(scores: "DataFrame") -> None:
    """Check in each direction that all scores are of as many sentences. Columns: label (whose), src, tgt, n.

    Raises NotComparable.
    """
    for (src, tgt), rows in scores.groupby(DIRECTION, sort=False):
        values = {label: f"{n:,.0f}" for label, n in zip(rows["label"], rows["n"], strict=True)}
        agree(f"the number of {nouns(rows)[1]}s of {label(src, tgt)}", values, CHOOSE)


def same_sentences(translations: "DataFrame") -> None:
    """Check in each direction that all answered the same sentences. Columns: label, src, tgt, index, source, reference.

    Raises NotComparable: for other positions, or for another source or reference at a position.
    """
    from pandas.util import hash_pandas_object

    marks = translations[[*DIRECTION, "label"]].assign(mark=hash_pandas_object(translations[SENTENCE], index=False))
    sums = marks.groupby([*DIRECTION, "label"], sort=False)["mark"].agg(["size", "sum"]).reset_index()
    first = sums.groupby(DIRECTION, sort=False).transform("first")
    for odd in sums[(sums[["size", "sum"]] != first[["size", "sum"]]).any(axis=1)].itertuples():
        rows = translations[(translations["src"] == odd.src) & (translations["tgt"] == odd.tgt)]
        values = {label: rows[rows["label"] == label] for label in (first["label"][odd.Index], odd.label)}
        _refuse(*values.values(), list(values))


def _refuse(one: "DataFrame", other: "DataFrame", named: list[str]) -> None:
    direction, things = labels(one).iloc[0], f"{nouns(one)[1]}s"
    both = one.merge(other, on="index")
    if not len(one) == len(other) == len(both):
        values = dict(zip(named, (f"{len(one):,}", f"{len(other):,}, of which {len(both):,} in both"), strict=True))
        raise NotComparable(f"the set of {things} of {direction}", values, CHOOSE)
    for text in ("source", "reference"):
        wrong = both[both[f"{text}_x"] != both[f"{text}_y"]]
        if len(wrong):
            row = wrong.iloc[0]
            values = dict(zip(named, (repr(row[f"{text}_x"][:60]), repr(row[f"{text}_y"][:60])), strict=True))
            where = f"the {text} of {len(wrong):,} of {len(both):,} {things} of {direction} (here: {row['index']})"
            remedy = "one name of a corpus, two texts: translate, or score, on the same files"
            raise NotComparable(where, values, remedy)
