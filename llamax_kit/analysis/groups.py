"""Mean gains over groups of languages, as the paper averages, always with n and with what was left out, and why.

The group of a direction is that of the language on the other side of its pivot: of en-sw and sw-en it is sw's. Every
language counts once (macro averages). The interval of a mean answers a question about languages, not sentences (see
`by_group`). Scores and tests nothing.
"""

from bisect import bisect
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from llamax_kit.data import relatedness
from llamax_kit.data.languages import Language, find
from llamax_kit.data.training_languages import LLAMAX
from llamax_kit.scoring.corrections import GAINED, LOST, UNCLEAR
from llamax_kit.scoring.pivots import by_pivot
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame, Series

BINS = (  # the lower bound, in lines, and the name, which has both; LLaMAX's 102 languages fall 5, 7, 12, 25 and 53
    (0, "under 0.1 M lines"), (100_000, "0.1 to 1 M lines"), (1_000_000, "1 to 3 M lines"),
    (3_000_000, "3 to 4 M lines"), (4_000_000, "4 M lines or more"),
)  # fmt: skip
COUNTED = {"gained": GAINED, "lost": LOST, "unclear": UNCLEAR}
COLUMNS = ["group", "value", "direction", "n", "score", "baseline_score", "gain", "ci_low", "ci_high", "least", "most",
           *COUNTED]  # fmt: skip
AVERAGES = ["system", "direction", "metric", "low", "n_low", "high", "n_high", "all", "n", "signature"]
ALL = "all"
FEWEST = 5  # languages for the interval of a mean; of three, one came from −79.7 to 33.0


def _data(language: Language) -> str:
    """Name the bin of a language's parallel lines in LLaMAX's training data (paper, Table 7), by its bounds."""
    return BINS[bisect([lower for lower, _ in BINS], language.para_lines) - 1][1] if language.trained else ""


GROUPS: dict[str, Callable[[Language, Collection[str]], str]] = {
    "split": lambda language, _: language.split,
    "trained": lambda language, trained: "trained" if language.code in trained else "unseen",
    "relatedness": lambda language, trained: relatedness.kind(language.code, trained),
    "script": lambda language, _: language.script,
    "family": lambda language, _: language.family_1,
    "data": lambda language, _: _data(language),
}
ORDER = ["high", "low", "trained", "unseen", "unseen, related", "unseen, unrelated",
         *(name for _, name in reversed(BINS))]  # fmt: skip  # other values: by size
NOT_IN = {
    "split": "in neither half of the paper's split: not one of LLaMAX's 102 languages",
    "data": "no training data to count: not one of LLaMAX's 102 languages",
}


def assign(gains: "DataFrame", group: str, trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """Give each direction its pivot's name, language and group: the columns `direction`, `language` and `value` more.

    en-sw stands under "en-X" with the language sw, or under "en-X" and "X-sw", as `averages.by_pivot` says, so that
    these means and those of `averages` are over the same directions. value: "" for a language in no group.
    group: split ("high", "low"), trained ("trained" if its code is among `trained`, else "unseen"), relatedness
    (likewise, the unseen ones by whether a trained one is of their branch: `relatedness.kind`), script, family (the
    broadest level), or data (parallel lines in LLaMAX's training data, the bins named by their bounds).

    Raises UnknownName for another group.
    """
    if group not in GROUPS:
        raise UnknownName("grouping", given=group, choices=GROUPS, remedy="name one of these")
    found = by_pivot(gains)
    return found.assign(value=found["language"].map(lambda code: GROUPS[group](find(code), trained)))


def by_group(gains: "DataFrame", group: str, trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """Average gains by group, for each pivot and direction, and over all of it: a row each.

    n: languages; score, baseline_score, gain: means over them, in points; least, most: the smallest and the largest
    gain; gained, lost, unclear: directions by verdict (none where nothing was tested). ci_low, ci_high: the 95 %
    interval of the mean gain over languages (Student's t, n - 1 degrees of freedom): where the mean of other languages
    like these might lie. It is missing below five, where it may be wider than the scale of the score itself, too narrow
    where the languages are relatives, and says nothing of other sentences. group: see `assign`; what is in no group
    counts in "all", and is listed by `left_out`.

    Raises UnknownName for another group; KitError for several systems, metrics or signatures, which have no mean.
    """
    import pandas as pd

    _one(gains)
    rows = []
    for direction, part in assign(gains, group, trained).groupby("direction", sort=False):
        for value in [*ranked(part["value"]), ALL]:
            inside = part if value == ALL else part[part["value"] == value]
            rows.append((group, value, direction, *_summary(inside)))
    return pd.DataFrame(rows, columns=COLUMNS)


def ranked(values: "Series") -> list[str]:
    """Order groups: high before low, trained before unseen, much data before little, all others by size."""
    sizes = values[values != ""].value_counts()
    return sorted(sizes.index, key=lambda each: (ORDER.index(each) if each in ORDER else -sizes[each], each))


def left_out(gains: "DataFrame", group: str) -> "DataFrame":
    """List the directions that are in no group, as src, tgt, why. Raises UnknownName for another group."""
    import pandas as pd

    grouped = assign(gains, group)
    ungrouped = grouped[grouped["value"] == ""]
    why = NOT_IN.get(group, "the language table does not say")
    out = [(src, tgt, why) for src, tgt in zip(ungrouped["src"], ungrouped["tgt"], strict=True)]
    inside = set(zip(grouped["src"], grouped["tgt"], strict=True))
    neither = "no pivot: neither side is in another direction, so whose group it is cannot be said"
    out += [(*each, neither) for each in zip(gains["src"], gains["tgt"], strict=True) if each not in inside]
    return pd.DataFrame(out, columns=["src", "tgt", "why"]).drop_duplicates(ignore_index=True)


def _summary(rows: "DataFrame") -> tuple:
    gain, n = rows["gain"], len(rows)
    means = rows["score"].mean(), rows["baseline_score"].mean(), gain.mean()
    verdicts = [(rows["verdict"] == verdict).sum() for verdict in COUNTED.values()] if "verdict" in rows else [0] * 3
    return n, *means, *_interval(gain), gain.min(), gain.max(), *map(int, verdicts)


def averages(scores: "DataFrame") -> "DataFrame":
    """Average a score table over the languages on the other side of a pivot: "en-X" over targets, "X-en" over sources.

    low, high: the means over the two halves of the paper's split (n_low and n_high languages; a language LLaMAX never
    saw is in neither); all: over all n. Plain means of scores in points, every language counting once (macro averages):
    with scores of en-de 30 and en-sw 20, en-X has high 30, low 20, all 25. Pivots are those of `by_pivot`; of a single
    direction there is no average.

    Raises KitError when rows of one metric have different signatures: their mean would be of nothing.
    """
    import pandas as pd

    rows = []
    for (system, metric, name), group in by_pivot(scores).groupby(["system", "metric", "direction"], sort=False):
        if len(group) > 1:
            halves = group["language"].map(lambda code: find(code).split)
            low, high = (group["score"][halves == half] for half in ("low", "high"))
            means = (low.mean(), len(low), high.mean(), len(high), group["score"].mean(), len(group))
            rows.append((system, name, metric, *means, _signature(group, name)))
    return pd.DataFrame(rows, columns=AVERAGES)


def _interval(gain) -> tuple[float, float]:
    """Give Student's 95 % interval of a mean; none where there are too few values."""
    from scipy import stats

    n = len(gain)
    if n < FEWEST:
        return float("nan"), float("nan")
    half = stats.t.ppf(0.975, n - 1) * gain.std(ddof=1) / n**0.5
    return gain.mean() - half, gain.mean() + half


def _one(gains: "DataFrame") -> None:
    for column in ("system", "baseline", "metric", "signature"):
        if gains[column].nunique() > 1:
            raise KitError(
                f"gains of {gains[column].nunique()} values of {column} have no common mean: "
                f"{', '.join(sorted(gains[column].unique())[:4])}. To mend: average gains[gains.{column} == …] each"
            )
    if gains["gain"].isna().any():
        raise KitError("a gain is missing (NaN), so no mean holds. To mend: leave out what was not scored")


def _signature(group: "DataFrame", direction: str) -> str:
    signatures = sorted(set(group["signature"]))
    if len(signatures) > 1:
        raise KitError(
            f"{direction}: scores of {group['metric'].iloc[0]} with different signatures have no common mean: "
            f"{' and '.join(signatures)}. To mend: score all directions with one tokenizer and one sacreBLEU"
        )
    return signatures[0]
