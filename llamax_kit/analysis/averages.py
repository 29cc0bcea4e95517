"""Mean scores over languages: by pivot, of answers to questions, by who was trained on a language. Groups no gains.

Every language counts once (macro averages). Scores and tests nothing.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from llamax_kit.analysis.pivots import ANSWERS, by_pivot
from llamax_kit.data.languages import find
from llamax_kit.data.training_languages import Trained
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

AVERAGES = ["system", "direction", "metric", "low", "n_low", "high", "n_high", "all", "n", "signature"]
OF_ANSWERS = ["system", "metric", "low", "n_low", "high", "n_high", "without_english", "n_without_english", "all", "n",
              "signature"]  # fmt: skip
MGSM_LOW = ("bn", "th", "sw")  # called low by the model card: 25.6 is their mean, 52.3 that of the seven others


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


def _signature(group: "DataFrame", direction: str) -> str:
    signatures = sorted(set(group["signature"]))
    if len(signatures) > 1:
        raise KitError(
            f"{direction}: scores of {group['metric'].iloc[0]} with different signatures have no common mean: "
            f"{' and '.join(signatures)}. To mend: score all directions with one tokenizer and one sacreBLEU"
        )
    return signatures[0]
