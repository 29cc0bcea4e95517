"""Which pivot a direction counts under, and means over its directions, as the paper takes them, always with n.

Compares no systems; `analysis.groups` averages gains over the very same directions.
"""

from typing import TYPE_CHECKING

from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["system", "direction", "metric", "low", "n_low", "high", "n_high", "all", "n", "signature"]


def averages(scores: "DataFrame") -> "DataFrame":
    """Average a score table over the languages on the other side of a pivot: "en-X" over targets, "X-en" over sources.

    low, high: the means over the two halves of the paper's split (n_low and n_high languages; a language LLaMAX never
    saw is in neither); all: over all n. Plain means of scores in points: with scores of en-de 30 and en-sw 20, en-X has
    high 30, low 20, all 25. Pivots are those of `by_pivot`; of a single direction there is no average.

    Raises KitError when rows of one metric have different signatures: their mean would be of nothing.
    """
    import pandas as pd

    rows = []
    for (system, metric, name), group in by_pivot(scores).groupby(["system", "metric", "direction"], sort=False):
        if len(group) > 1:
            split = group["language"].map(lambda code: find(code).split)
            low, high = (group["score"][split == half] for half in ("low", "high"))
            means = (low.mean(), len(low), high.mean(), len(high), group["score"].mean(), len(group))
            rows.append((system, name, metric, *means, _signature(group, name)))
    return pd.DataFrame(rows, columns=COLUMNS)


def by_pivot(table: "DataFrame") -> "DataFrame":
    """Put each direction under its pivot: the columns `direction` ("en-X") and `language` (of the other side) more.

    A pivot has two directions at least, and is the larger side of one of them; then all of its directions count under
    it. Seven sources into sw make no X-sw where each has a hundred targets. Where both sides are pivots, a direction
    has two rows, under "en-X" and "X-sw". A single direction is under English, if English is in it; else it has no row.
    table: scores or gains, or src and tgt alone; each system and metric by itself.
    """
    import pandas as pd

    table = table.reset_index(drop=True)
    whose = [table[name] for name in ("system", "baseline", "metric") if name in table]
    size = {side: table.groupby([*whose, table[side]])["tgt"].transform("size") for side in ("src", "tgt")}
    parts = []
    for pivot, other, name in (("src", "tgt", "{}-X"), ("tgt", "src", "X-{}")):
        leads = (size[pivot] > 1) & (size[pivot] >= size[other])
        alone = (size[pivot] == 1) & (size[other] == 1) & (table[pivot] == "en")
        part = table[leads.groupby([*whose, table[pivot]]).transform("any") | alone]
        parts.append(part.assign(direction=part[pivot].map(name.format), language=part[other]))
    return pd.concat(parts, ignore_index=True)


def _signature(group: "DataFrame", direction: str) -> str:
    signatures = sorted(set(group["signature"]))
    if len(signatures) > 1:
        raise KitError(
            f"{direction}: scores of {group['metric'].iloc[0]} with different signatures have no common mean: "
            f"{' and '.join(signatures)}. To mend: score all directions with one tokenizer and one sacreBLEU"
        )
    return signatures[0]
