"""Hypotheses and references in, a score with its signature out: sacreBLEU's number, to its last digit.

spBLEU is BLEU over SentencePiece pieces, corpus level, without effective order (Goyal et al., 2022). The statistics of
each sentence are counted once (`ngram_counts`) and sacreBLEU computes with their sums. The numbers of sentences are
checked before: sacreBLEU itself cuts the longer list without a warning.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data.corpora.text_files import one_line
from llamax_kit.data.translations import KEYS, check
from llamax_kit.scoring import sacrebleu_metrics, significance
from llamax_kit.scoring.sacrebleu_metrics import available as available
from llamax_kit.scoring.sacrebleu_metrics import listed as listed
from llamax_kit.scoring.sacrebleu_metrics import named as named
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.words import counted

metric = sacrebleu_metrics.spbleu

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame


References = Sequence[str] | Sequence[Sequence[str]]  # one text a hypothesis, or several lists of such texts


class Score(NamedTuple):
    """A score in points (0–100), its 95 % interval, and what makes it one.

    ci_low, ci_high: not-a-number where none was asked for, and of fewer than 10 sentences (`significance.caveat`).
    """

    metric: str
    score: float
    ci_low: float
    ci_high: float
    n: int
    signature: str


class UnequalCounts(KitError):
    """Hypotheses and references that do not pair up. Carries both counts, `hypotheses` and `references`."""

    def __init__(self, hypotheses: int, references: int, where: str = ""):
        self.hypotheses, self.references = hypotheses, references
        super().__init__(
            f"{where or 'these texts'}: {counted(hypotheses, 'hypothesis', things='hypotheses')}, but "
            f"{counted(references, 'reference')}. They pair by position, "
            f"so none may be missing. To mend: leave an empty line where a system gave nothing, and take the "
            f"references whole"
        )


def score(
    hypotheses: Sequence[str],
    references: References,
    tokenize: str = "flores101",
    interval: bool = True,
    where: str = "",
    *,
    metric: str = "spBLEU",
) -> Score:
    """Compute corpus spBLEU (Goyal et al., 2022), or another metric, equal to sacreBLEU's to the last digit.

    Parameters
    ----------
    hypotheses : sequence of str
        One per sentence; line ends inside one count as spaces.
    references : sequence of str, or several such sequences
        One text per hypothesis; of several, the score and its signature (`nrefs:2`) are sacreBLEU's of several.
    tokenize : str
        The pieces of spBLEU: flores101 (the paper's), flores200, cldr, or the path of a SentencePiece model.
    interval : bool
        Whether to bootstrap the 95 % interval.
    where : str
        The name of these texts in error messages.
    metric : str
        spBLEU, chrF++ or BLEU (over words, sacreBLEU's 13a).

    Returns
    -------
    Score
        In points, 0 to 100. Without any run of four pieces spBLEU is 0, even where the texts are equal.

    Raises
    ------
    UnequalCounts, UnknownName, KitError
        For lists of unequal length; for a tokenizer or a metric; for no sentences, or one that is no text.

    Examples
    --------
    `score(["Hallo, schöne Welt!"], ["Hallo, schöne Welt!"], "cldr").score` is 100.
    """
    return _scores(named(metric, tokenize=tokenize), [hypotheses], references, interval, where)[0]


def chrf(hypotheses: Sequence[str], references: References, interval: bool = True, where: str = "") -> Score:
    """Compute corpus chrF++ as `score` computes spBLEU. Raises UnequalCounts, KitError."""
    return score(hypotheses, references, interval=interval, where=where, metric="chrF++")


def statistics(
    systems: Sequence[Sequence[str]],
    references: Sequence[str],
    tokenize: str = "flores101",
    *,
    where: str = "",
    metric: str = "spBLEU",
) -> "list[np.ndarray]":
    """Count each system's statistics, a row a sentence; for spBLEU and BLEU (n, 10) integers, every text cut once.

    `statistics([["Hallo Welt"]], ["Hallo Welt"])[0]` is one row (see `ngram_counts.count`); chrF++ has 24 integers
    (see `ngram_counts.chrf_points`). `significance` resamples and shuffles the rows, `points` scores their sums.
    Raises as `score` does.
    """
    kind = named(metric, tokenize=tokenize)
    return _statistics(kind, [_texts(hypotheses, references, where) for hypotheses in systems], [references])


def from_statistics(
    rows: "np.ndarray", tokenize: str = "flores101", interval: bool = True, *, metric: str = "spBLEU"
) -> Score:
    """Compute the very `score` of texts whose `statistics` were counted before. Raises UnknownName as it does."""
    return _score(named(metric, tokenize=tokenize), rows, interval)


def points(metric: str = "spBLEU") -> significance.Points:
    """Return what turns summed `statistics` into points: for spBLEU and BLEU, `ngram_counts.points`.

    Raises UnknownName for another metric.
    """
    return _points(named(metric, tokenize="cldr"))


def score_table(
    translations: "DataFrame", tokenize: str = "flores101", *, metrics: str = "spBLEU chrF++", interval: bool = True
) -> "DataFrame":
    """Score a translations table.

    Parameters
    ----------
    translations : DataFrame
        Of `translate` or `system_outputs.read_outputs`.
    tokenize : str
        As `score` takes it; flores101 and flores200 have to be on this machine (`llamax-kit fetch`).
    metrics : str
        Some of spBLEU, chrF++ and BLEU, with spaces between them.
    interval : bool
        Whether to compute the 95 % intervals.

    Returns
    -------
    DataFrame
        One row per system, direction and metric: system, src, tgt, metric, score, ci_low, ci_high (points, 0 to 100), n
        (sentences), signature.

    Raises
    ------
    KitError, UnknownName
        For a table that cannot be scored (`translations.check`); for a tokenizer or a metric.
    """
    import pandas as pd

    ordered = check(translations)  # by index: an interval depends on the order
    kinds = sacrebleu_metrics.listed(metrics, tokenize=tokenize)
    found = {}
    for (src, tgt), rows in ordered.groupby(["src", "tgt"], sort=False):
        for references, systems in _by_references(rows).items():
            for kind in kinds:
                results = _scores(kind, list(systems.values()), references, interval, f"{src}-{tgt}")
                found |= {(system, src, tgt, kind.name): each for system, each in zip(systems, results, strict=True)}
    keys = translations[KEYS].drop_duplicates().itertuples(index=False, name=None)
    table = [(*key, *found[*key, kind.name]) for key in keys for kind in kinds]
    return pd.DataFrame(table, columns=[*KEYS, *Score._fields])


def sentence_scores(
    hypotheses: Sequence[str], references: Sequence[str], tokenize: str = "flores101", *, where: str = ""
) -> list[float]:
    """Score sentence by sentence, with effective order, as sacreBLEU's `sentence_score` does; to look at, not to mean.

    Raises as `score` does.
    """
    kind = named("spBLEU", tokenize=tokenize)
    rows, bleu = _statistics(kind, [_texts(hypotheses, references, where)], [references])[0], kind.metric
    more = {"smooth_method": bleu.smooth_method, "effective_order": True}
    return [bleu.compute_bleu(row[2:6], row[6:], row[0], row[1], **more).score for row in rows.tolist()]


def _scores(
    kind: sacrebleu_metrics.Named, systems: list[Sequence[str]], references, interval: bool, where: str
) -> list[Score]:
    """Score several systems against the same references, which are tokenised once."""
    several = len(references) and all(isinstance(each, (list, tuple)) for each in references)
    streams = references if several else [references]
    for at, stream in enumerate(streams, 1):
        name = where if len(streams) == 1 else f"{where or 'these texts'}, references {at} of {len(streams)}"
        texts = [_texts(each, stream, name) for each in systems]
    return [_score(kind, each, interval, len(streams)) for each in _statistics(kind, texts, streams)]


def _score(kind: sacrebleu_metrics.Named, rows: "np.ndarray", interval: bool, nrefs: int = 1) -> Score:
    """Compute a score by sacreBLEU itself, and its interval."""
    value = kind.metric._compute_score_from_stats(rows.sum(axis=0).tolist()).score
    ci_low = ci_high = float("nan")
    if interval:
        ci_low, ci_high = significance.score_interval(rows, _points(kind))
    signature = kind.metric.get_signature()
    signature.update("nrefs", nrefs)  # the metric is shared, and remembers those of whatever it read last
    return Score(kind.name, value, ci_low, ci_high, len(rows), str(signature))


def _statistics(
    kind: sacrebleu_metrics.Named, systems: list[list[str]], streams: Sequence[Sequence[str]]
) -> "list[np.ndarray]":
    """Return each system's statistics, (n sentences, k counts); `ngram_counts` does those of one reference."""
    import numpy as np

    if kind.count and len(streams) == 1:
        return kind.count(systems, streams[0])
    metric = kind.metric
    metric._ref_cache = metric._cache_references([list(stream) for stream in streams])
    try:
        return [np.array(metric._extract_corpus_statistics(texts, None)) for texts in systems]
    finally:
        metric._ref_cache = None  # the n-grams of a thousand references take tens of megabytes


def _points(kind: sacrebleu_metrics.Named) -> significance.Points:
    """Return what turns rows of sums into points: at once where the kit knows how, else row by row by sacreBLEU."""
    import numpy as np

    one = kind.metric._compute_score_from_stats
    return kind.points or (lambda sums: np.array([one(row).score for row in sums.tolist()]))


def _texts(hypotheses: Sequence[str], references: Sequence[str], where: str) -> list[str]:
    """Check that texts pair up, and return the hypotheses, each on one line."""
    if len(hypotheses) != len(references):
        raise UnequalCounts(len(hypotheses), len(references), where)
    if not len(references):
        raise KitError(f"{where or 'these texts'}: no sentences to score. To mend: check that the files are not empty")
    for kind, texts in (("hypothesis", hypotheses), ("reference", references)):
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str):
                raise KitError(
                    f"{where or 'these texts'}: {kind} {number} of {len(texts)} is {text!r}, expected a text. "
                    f'To mend: give "" for an output that is missing, and leave out sentences without a reference'
                )
    return [one_line(text) for text in hypotheses]


def _by_references(rows: "DataFrame") -> dict[tuple[str, ...], dict[str, list[str]]]:
    """Sort a direction's systems by the references they answer to: one list, unless some did fewer sentences."""
    found: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for system, outputs in rows.groupby("system", sort=False):
        found.setdefault(tuple(outputs["reference"]), {})[system] = list(outputs["hypothesis"])
    return found
