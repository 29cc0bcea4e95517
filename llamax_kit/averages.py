"""Means over the directions of a pivot, as the paper takes them, always with n. Compares no systems."""

from typing import TYPE_CHECKING

from llamax_kit.errors import KitError
from llamax_kit.languages import find

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["system", "direction", "metric", "low", "n_low", "high", "n_high", "all", "n", "signature"]


def averages(scores: "DataFrame") -> "DataFrame":
    """Average a score table over the languages on the other side of a pivot: "en-X" over targets, "X-en" over sources.

    low, high: the means over the two halves of the paper's split (n_low and n_high languages; a language LLaMAX never
    saw is in neither); all: over all n. Plain means of scores in points, every language counting once (macro averages):
    with scores of en-de 30 and en-sw 20, en-X has high 30, low 20, all 25. A pivot has two directions at least, and is
    the larger group for one of them: seven sources into sw make no row X-sw where each has a hundred targets.

    Raises KitError when rows of one metric have different signatures: their mean would be of nothing.
    """
    import pandas as pd

    rows, scores = [], scores.reset_index(drop=True)
    size = {side: scores.groupby(["system", "metric", side])["score"].transform("size") for side in ("src", "tgt")}
    for pivot, other, name in (("src", "tgt", "{}-X"), ("tgt", "src", "X-{}")):
        leads = size[pivot] >= size[other]
        for (system, metric, code), group in scores.groupby(["system", "metric", pivot], sort=False):
            if len(group) > 1 and leads[group.index].any():
                low, high = (group["score"][group[other].map(_split) == half] for half in ("low", "high"))
                means = (low.mean(), len(low), high.mean(), len(high), group["score"].mean(), len(group))
                rows.append((system, name.format(code), metric, *means, _signature(group, name.format(code))))
    return pd.DataFrame(rows, columns=COLUMNS)


def _split(code: str) -> str:
    return find(code).split


def _signature(group: "DataFrame", direction: str) -> str:
    signatures = sorted(set(group["signature"]))
    if len(signatures) > 1:
        raise KitError(
            f"{direction}: scores of {group['metric'].iloc[0]} with different signatures have no common mean: "
            f"{' and '.join(signatures)}. To mend: score all directions with one tokenizer and one sacreBLEU"
        )
    return signatures[0]
