"""Answers to questions in, accuracy with its interval and signature out: the share that is right, in points (0-100).

An answer is right where it is the reference, letter by letter: who made the table (`tasks`) wrote both in one form. It
may have been read in several ways, each with a column and a metric: what was generated, or the option of the highest
likelihood. Reads no answer and asks no model.
"""

import json
from typing import TYPE_CHECKING

from llamax_kit import __version__
from llamax_kit.data.translations import KEYS, check, labels
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame, Series

COLUMNS = {"accuracy": "hypothesis", "likelihood": "likeliest", "by_length": "likeliest_by_length"}
METRICS = tuple(COLUMNS)  # what a notebook calls them
READINGS = dict(zip(METRICS, ("exact", "likelihood", "likelihood-by-length"), strict=True))  # in a signature
NAMES = dict(zip(METRICS, ("accuracy", "accuracy (likelihood)", "accuracy (likelihood by length)"), strict=True))


def score_table(answers: "DataFrame", task: str, *, split: str) -> "DataFrame":
    """Score a table of answers by each way in which they were read.

    Parameters
    ----------
    answers : DataFrame
        A translations table with src == tgt, and likeliest, likeliest_by_length where options were scored.
    task, split : str
        What was asked, for the signature: "XNLI", "test".

    Returns
    -------
    DataFrame
        The columns of `spbleu.score_table`, a row per system, language and metric: "accuracy" (of the answer as
        generated), "accuracy (likelihood)" and "accuracy (likelihood by length)". score in points; ci_low, ci_high:
        Wilson's 95 % interval (1927), which also holds for few questions, and at 0 and 100; n: questions.

    Raises
    ------
    KitError
        For a table that cannot be scored (`translations.check`), or an answer that is missing and not "".
    """
    import pandas as pd

    held = [metric for metric in METRICS if COLUMNS[metric] in answers]
    rows = [
        (*keys, NAMES[metric], *_wilson(right(part, metric)), len(part), signature(metric, task=task, split=split))
        for keys, part in check(answers).groupby(KEYS, sort=False)
        for metric in held
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "metric", "score", "ci_low", "ci_high", "n", "signature"])


def right(answers: "DataFrame", metric: str = "accuracy") -> "np.ndarray":
    """Return of each answer whether it is right, by one way of reading it, one of METRICS.

    Raises KitError for a table that lacks this way, or has no answer in a row: "" is one that is wrong.
    """
    column = COLUMNS[metric]
    if column not in answers:
        raise KitError(
            f"there is no {NAMES[metric]}: expected a column {column}, which a run has where options were scored by "
            f"their likelihood. To mend: compare by accuracy, of the answers as they were generated"
        )
    if (missing := answers[column].isna()).any():
        row = answers[missing].iloc[0]
        raise KitError(
            f"question {row['index']} in {labels(answers[missing]).iloc[0]}, system {row['system']}, has no {column} "
            f'({int(missing.sum())} of {len(answers)} rows). To mend: write "" for an answer that is missing'
        )
    return (answers[column] == answers["reference"]).to_numpy(dtype=bool)


def signature(metric: str, *, task: str, split: str) -> str:
    """Return what makes two accuracies compare: "task:XNLI|split:test|reading:exact|kit:0.1.0"."""
    return f"task:{task}|split:{split}|reading:{READINGS[metric]}|kit:{__version__}"


def part(signature: str, *, name: str) -> str:
    """Return a part of a signature: of "task:XNLI|split:test|…" the part "task" is "XNLI"; "" where it has none."""
    return dict(each.partition(":")[::2] for each in signature.split("|")).get(name, "")


def family(name: str) -> str:
    """Return the metric that a table's name belongs to: of "accuracy (likelihood)" "likelihood", else sacreBLEU's."""
    return next((metric for metric, each in NAMES.items() if each == name), sacrebleu_metrics.family(name))


def statistics(right: "np.ndarray") -> "np.ndarray":
    """Return what `significance` resamples and shuffles: a row a question, whether it is right and 1."""
    import numpy as np

    return np.stack([right, np.ones_like(right)], axis=1).astype(np.int64)


def points(sums: "np.ndarray") -> "np.ndarray":
    """Turn summed `statistics` into points."""
    return 100 * sums[:, 0] / sums[:, 1]


def majority(answers: "DataFrame") -> "Series":
    """Return by language the points of one who always says its commonest right answer."""
    gold = answers.groupby("tgt", sort=False)["reference"]
    return 100 * gold.agg(lambda right: right.value_counts(normalize=True).max())


def chance(answers: "DataFrame") -> "Series":
    """Return by language the points of one who guesses: the mean of 1 / options, as many as log_likelihoods has."""
    options = answers["log_likelihoods"].map(lambda scored: len(json.loads(scored)))
    shares = 1 / options[options > 0]  # "[]" where an item did not fit into the model's context
    return 100 * shares.groupby(answers["tgt"], sort=False).mean()


def replies(answers: "DataFrame") -> "DataFrame":
    """Describe what was answered, as generated: a row per system and language, shares in percent of its n questions.

    Columns: system, tgt, unanswered (nothing could be read), endless (cut by the limit of new tokens), commonest (the
    answer that was read most often), its share, right (how often that answer is right), n.
    """
    import pandas as pd

    rows = []
    for (system, code), part in answers.groupby(["system", "tgt"], sort=False):
        read = part["hypothesis"]
        common = next(iter(read[read != ""].value_counts().index), "")
        shares = [read == "", part["finish"] == "length", (read == common) & (read != ""), part["reference"] == common]
        unanswered, endless, share, right = (100 * each.mean() for each in shares)
        rows.append((system, code, unanswered, endless, common, share, right, len(part)))
    columns = ["system", "tgt", "unanswered", "endless", "commonest", "share", "right", "n"]
    return pd.DataFrame(rows, columns=columns)


def _wilson(right: "np.ndarray") -> tuple[float, float, float]:
    from scipy.stats import binomtest

    ends = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return 100 * right.sum() / len(right), 100 * ends.low, 100 * ends.high
