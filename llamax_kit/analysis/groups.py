"""Mean gains over groups of languages, as the paper averages, always with n, and with what was left out and why.

The group of a direction is that of the language on the other side of its pivot: of en-sw and sw-en it is sw's. Every
language counts once (macro averages). The interval of a mean is over languages, not over sentences (see `by_group`).
Groups of one's own are a CSV file with the columns code and group. Scores and tests nothing.
"""

from bisect import bisect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.analysis import own_groups
from llamax_kit.analysis.averages import MGSM_LOW as MGSM_LOW
from llamax_kit.analysis.averages import averages as averages
from llamax_kit.analysis.averages import by_training as by_training
from llamax_kit.analysis.averages import of_answers as of_answers
from llamax_kit.analysis.pivots import by_pivot
from llamax_kit.data import relatedness
from llamax_kit.data.languages import Language, find
from llamax_kit.data.training_languages import LLAMAX
from llamax_kit.data.translations import DIRECTION
from llamax_kit.scoring.corrections import GAINED, LOST, UNCLEAR
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import sha256

if TYPE_CHECKING:
    from pandas import DataFrame, Series

BINS = (  # the lower bound, in lines, and the name, which has both; LLaMAX's 102 languages fall 5, 7, 12, 25 and 53
    (0, "under 0.1 M lines"), (100_000, "0.1 to 1 M lines"), (1_000_000, "1 to 3 M lines"),
    (3_000_000, "3 to 4 M lines"), (4_000_000, "4 M lines or more"),
)  # fmt: skip
COUNTED = {"gained": GAINED, "lost": LOST, "unclear": UNCLEAR}
COLUMNS = ["group", "value", "direction", "n", "score", "baseline_score", "gain", "ci_low", "ci_high", "least", "most",
           *COUNTED]  # fmt: skip
ALL = "all"
FEWEST = 5  # languages for the interval of a mean; with three, one was −79.7 to 33.0


def _data(language: Language) -> str:
    """Return the name of the bin of a language's parallel lines in LLaMAX's training data (paper, Table 7)."""
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
    """Add to each direction the columns direction, language and value: its pivot's name, its language, its group.

    en-sw is in "en-X" with the language sw, or in "en-X" and "X-sw", as `pivots.by_pivot` decides, so that these means
    and those of `averages` are over the same directions.

    Parameters
    ----------
    gains : DataFrame
        A table with src and tgt.
    group : str
        - split: "high", "low", the paper's halves
        - trained: "trained" or "unseen"
        - relatedness: the same, with "unseen" split by whether a trained language is of its branch (`relatedness.kind`)
        - script
        - family: the broadest level
        - data: parallel lines in LLaMAX's training data, in bins named by their bounds
        - a CSV file of your own with the columns code and group; a language that it does not name is in no group
    trained : collection of str
        Codes of the languages that count as trained.

    Returns
    -------
    DataFrame
        `gains` with the three columns; value is "" for a language in no group.

    Raises
    ------
    UnknownName
        For another group, and a language in your file that is not known.
    KitError
        For a file of your own that does not say which group each of its languages is in.
    """
    value, found = _grouping(group), by_pivot(gains)
    return found.assign(value=found["language"].map(lambda code: value(find(code), trained)))


def check(group: str) -> None:
    """Check a grouping, as `assign` takes it. Raises as it does."""
    _grouping(group)


def called(group: str) -> str:
    """Name a grouping in tables: a file of one's own by its name alone, `called("my/sizes.csv")` is "sizes"."""
    return group if group in GROUPS else Path(group).stem


def facts(group: str) -> dict[str, dict[str, str]]:
    """Return what a run's record says of a grouping beside its name: of a file of one's own its name and hash."""
    return {} if group in GROUPS else {"grouping": {"file": Path(group).name, "sha256": sha256(_path(group))}}


def _path(group: str) -> Path:
    return Path(group).expanduser()


def _grouping(group: str) -> Callable[[Language, Collection[str]], str]:
    if group in GROUPS:
        return GROUPS[group]
    if not _path(group).is_file():
        remedy = "name one of these, or a CSV file with the columns code and group"
        raise UnknownName("grouping", given=group, choices=GROUPS, remedy=remedy)
    own = own_groups.read(_path(group), reserved=ALL)
    return lambda language, _: own.get(language.code, "")


def by_group(gains: "DataFrame", group: str, trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """Average gains by group, for each pivot and direction, and over all groups.

    Parameters
    ----------
    gains : DataFrame
        A table of gains, of one system over one baseline.
    group : str
        A grouping, as `assign` takes it.
    trained : collection of str
        Codes of the languages that count as trained.

    Returns
    -------
    DataFrame
        One row per direction and group. What is in no group counts in "all", and `left_out` lists it.

        - n: languages
        - score, baseline_score, gain: means over them, in points; least, most: the smallest and the largest gain
        - ci_low, ci_high: 95 % interval of the mean gain over languages (Student's t, n - 1 degrees of freedom): where
          the mean of other languages like these might be, not of other sentences. Missing below five languages, where
          it may be wider than the scale of the score; too narrow where the languages are related.
        - gained, lost, unclear: directions by verdict (0 where nothing was tested)

    Raises
    ------
    UnknownName
        For another group.
    KitError
        For several systems, metrics or signatures: they have no common mean.
    """
    import pandas as pd

    _one(gains)
    rows = []
    for direction, part in assign(gains, group, trained).groupby("direction", sort=False):
        for value in [*ranked(part["value"]), ALL]:
            inside = part if value == ALL else part[part["value"] == value]
            rows.append((called(group), value, direction, *_summary(inside)))
    return pd.DataFrame(rows, columns=COLUMNS)


def ranked(values: "Series") -> list[str]:
    """Return the names of groups in order: high before low, trained before unseen, much data first, others by size.

    Parameters
    ----------
    values : Series
        The group of each language; "" for none.

    Returns
    -------
    list of str
        Each group once.
    """
    sizes = values[values != ""].value_counts()
    return sorted(sizes.index, key=lambda each: (ORDER.index(each) if each in ORDER else -sizes[each], each))


def left_out(gains: "DataFrame", group: str) -> "DataFrame":
    """List the directions that are in no group.

    Parameters
    ----------
    gains : DataFrame
        A table with src and tgt.
    group : str
        A grouping, as `assign` takes it.

    Returns
    -------
    DataFrame
        src, tgt, why.

    Raises
    ------
    UnknownName
        For another group.
    """
    import pandas as pd

    grouped = assign(gains, group)
    ungrouped = grouped[grouped["value"] == ""]
    silent = "the language table does not say" if group in GROUPS else f"{Path(group).name} does not name it"
    why = NOT_IN.get(group, silent)
    out = [(src, tgt, why) for src, tgt in zip(ungrouped["src"], ungrouped["tgt"], strict=True)]
    inside = set(zip(grouped["src"], grouped["tgt"], strict=True))
    neither = "no pivot: neither side is in another direction, so no language decides its group"
    out += [(*each, neither) for each in zip(gains["src"], gains["tgt"], strict=True) if each not in inside]
    return pd.DataFrame(out, columns=[*DIRECTION, "why"]).drop_duplicates(ignore_index=True)


def _summary(rows: "DataFrame") -> tuple:
    gain, n = rows["gain"], len(rows)
    means = rows["score"].mean(), rows["baseline_score"].mean(), gain.mean()
    verdicts = [(rows["verdict"] == verdict).sum() for verdict in COUNTED.values()] if "verdict" in rows else [0] * 3
    return n, *means, *_interval(gain), gain.min(), gain.max(), *map(int, verdicts)


def _interval(gain) -> tuple[float, float]:
    """Return Student's 95 % interval of a mean; missing for too few values."""
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
