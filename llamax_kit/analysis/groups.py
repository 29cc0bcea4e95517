"""Mean gains over groups of languages, as the paper averages, always with n, and with what was left out and why.

The group of a direction is that of the language on the other side of its pivot: of en-sw and sw-en it is sw's. Every
language counts once (macro averages). The interval of a mean is over languages, not over sentences (see `by_group`).
Groups of one's own are a CSV file with the columns code and group. Scores and tests nothing.
"""

from bisect import bisect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.analysis import own_groups
from llamax_kit.analysis.pivots import ANSWERS, by_pivot
from llamax_kit.data import relatedness
from llamax_kit.data.languages import Language, find
from llamax_kit.data.training_languages import LLAMAX, Trained
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
AVERAGES = ["system", "direction", "metric", "low", "n_low", "high", "n_high", "all", "n", "signature"]
OF_ANSWERS = ["system", "metric", "low", "n_low", "high", "n_high", "without_english", "n_without_english", "all", "n",
              "signature"]  # fmt: skip
MGSM_LOW = ("bn", "th", "sw")  # called low by the model card: 25.6 is their mean, 52.3 that of the seven others
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


def averages(scores: "DataFrame") -> "DataFrame":
    """Average a score table over the languages on the other side of a pivot: "en-X" over targets, "X-en" over sources.

    Every language counts once (macro averages). Pivots are those of `pivots.by_pivot`; one direction alone has no
    average.

    Parameters
    ----------
    scores : DataFrame
        A score table.

    Returns
    -------
    DataFrame
        One row per system, metric and pivot. low, high: means over the two halves of the paper's split, in points
        (n_low and n_high languages; a language LLaMAX never saw is in neither); all: the mean over all n.

    Raises
    ------
    KitError
        When rows of one metric have different signatures: they have no common mean.

    Examples
    --------
    With scores of en-de 30 and en-sw 20, en-X has high 30, low 20, all 25.
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


def of_answers(scores: "DataFrame", averaged: Collection[str] = (), *, low: Collection[str] = ()) -> "DataFrame":
    """Average accuracies over languages, with and without English.

    Every language counts once. The averages of the paper's Figure 3 have English in them, though its text speaks of
    "non-English" gains; that of MGSM is over ten languages, without te.

    Parameters
    ----------
    scores : DataFrame
        A score table of answers.
    averaged : collection of str
        The languages that count; (): all.
    low : collection of str
        The languages that count as low, all others as high; (): the paper's split. MGSM_LOW are those of the paper's
        model card for MGSM.

    Returns
    -------
    DataFrame
        One row per system and metric: low, high, without_english, all (points), and over how many languages each is:
        n_low, n_high, n_without_english, n.

    Raises
    ------
    KitError
        When rows of one metric have different signatures, or a system lacks a language that counts.
    """
    import pandas as pd

    rows = []
    for (system, metric), group in scores.groupby(["system", "metric"], sort=False):
        points = group.set_index("tgt")["score"]
        if missing := [code for code in averaged if code not in points]:
            raise KitError(
                f"{metric} of {system}: expected a score in {', '.join(averaged)}, found none in {', '.join(missing)}. "
                f"To mend: ask it in these too, or leave them out of what is averaged"
            )
        points = points[list(averaged or points.index)]
        half = [("low" if code in low else "high") if low else find(code).split for code in points.index]
        parts = [*(points[[each == name for each in half]] for name in ("low", "high")),
                 points.drop("en", errors="ignore"), points]  # fmt: skip
        means = [value for part in parts for value in (part.mean(), len(part))]
        rows.append((system, metric, *means, _signature(group, ANSWERS)))
    return pd.DataFrame(rows, columns=OF_ANSWERS)


def by_training(scores: "DataFrame", trained: Mapping[str, Trained | None]) -> "DataFrame":
    """Average accuracies by which of several models was trained on a language, English apart.

    Parameters
    ----------
    scores : DataFrame
        A score table of answers.
    trained : mapping
        The languages of each model, by its name, as an engine's `training_languages` has them; None: not known.

    Returns
    -------
    DataFrame
        One row per system, metric and kind of language: trained ("English", the names of the models that were trained
        on it, or "none"; "not known" where no model's files say), accuracy (mean, points), n (languages).
    """
    known = {name: each.codes for name, each in trained.items() if each}

    def who(code: str) -> str:
        names = ", ".join(name for name, codes in known.items() if code in codes)
        return "English" if code == "en" else names or ("none" if known else "not known")

    found = scores.assign(trained=scores["tgt"].map(who)).groupby(["system", "metric", "trained"], sort=False)["score"]
    return found.agg(accuracy="mean", n="size").reset_index()


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


def _signature(group: "DataFrame", direction: str) -> str:
    signatures = sorted(set(group["signature"]))
    if len(signatures) > 1:
        raise KitError(
            f"{direction}: scores of {group['metric'].iloc[0]} with different signatures have no common mean: "
            f"{' and '.join(signatures)}. To mend: score all directions with one tokenizer and one sacreBLEU"
        )
    return signatures[0]
