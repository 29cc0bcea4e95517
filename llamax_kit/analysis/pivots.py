"""Under which pivot a direction counts: "en-X" or "X-en". Averages nothing (see `analysis.groups`)."""

from typing import TYPE_CHECKING

from llamax_kit.data.translations import answers

if TYPE_CHECKING:
    from pandas import DataFrame


ANSWERS = "answers"


def by_pivot(table: "DataFrame") -> "DataFrame":
    """Put each direction under its pivot: the columns `direction` ("en-X") and `language` (of the other side) more.

    A pivot has two directions at least, and is the larger side of one of them; then all of its directions count under
    it. Seven sources into sw make no X-sw where each has a hundred targets. Where both sides are pivots, as among five
    languages in all twenty directions, a direction stands twice, under "en-X" and "X-sw". A single direction stands
    under English, if English is in it; one whose two sides are in no other direction has no row. Answers to questions
    (src is tgt) have no pivot: all of them count under ANSWERS.

    table: scores or gains, or src and tgt alone; systems and metrics are looked at one by one.
    """
    import pandas as pd

    table = table.reset_index(drop=True)
    if answers(table):
        return table.assign(direction=ANSWERS, language=table["tgt"])
    whose = [table[name] for name in ("system", "baseline", "metric") if name in table]
    size = {side: table.groupby([*whose, table[side]])["tgt"].transform("size") for side in ("src", "tgt")}
    parts = []
    for pivot, other, name in (("src", "tgt", "{}-X"), ("tgt", "src", "X-{}")):
        leads = (size[pivot] > 1) & (size[pivot] >= size[other])
        alone = (size[pivot] == 1) & (size[other] == 1) & (table[pivot] == "en")
        part = table[leads.groupby([*whose, table[pivot]]).transform("any") | alone]
        parts.append(part.assign(direction=part[pivot].map(name.format), language=part[other]))
    return pd.concat(parts, ignore_index=True)
