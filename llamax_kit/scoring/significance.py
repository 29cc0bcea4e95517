"""Intervals, paired tests and correction for many directions, from sentence-level statistics.

Resamples and shuffles are sacreBLEU's own (`resampling`). A `score` turns summed statistics (m, k) into m points.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from llamax_kit.data.translations import answers
from llamax_kit.scoring import resampling
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

SAMPLES, SHUFFLES, SEED = 1000, 10_000, 12345  # what `sacrebleu --confidence` and `--paired-ar` use unasked
TIE = 1e-9  # points: two differences closer than this differ by rounding
FEWEST = 10  # sentences: with fewer, an interval would miss the truth more than twice as often as it says
ENOUGH = 40  # sentences from which on an interval is given without a caveat
Z = 1.959963984540054  # of a 95 % interval
COVERED = {10: 88, 15: 90, 20: 91, 30: 92}  # from so many sentences on: how many of 100 intervals hold the truth

Points = Callable[["np.ndarray"], "np.ndarray"]


def resampled_sums(statistics: "np.ndarray", samples: int = SAMPLES, *, seed: int = SEED) -> "np.ndarray":
    """Sum the statistics of bootstrap resamples: (n sentences, k) integers in, (samples, k) out.

    Sample i draws the sentences that sacreBLEU's sample i draws. A sum is a matrix product of how often each was drawn
    with the statistics, exact up to 2**53. Raises KitError when there is no sentence.
    """
    import numpy as np

    rows = np.asarray(statistics, dtype=np.float64)
    if len(rows) == 0:
        raise KitError("there is nothing to resample: 0 sentences. To mend: score at least one sentence")
    draws = resampling.resamples(len(rows), samples=samples, seed=seed)
    return np.concatenate([resampling.product(each, rows=rows) for each in draws])


def bootstrap(statistics: "np.ndarray", score: Points, samples: int = SAMPLES, *, seed: int = SEED) -> "np.ndarray":
    """Score `samples` bootstrap resamples of a corpus, unsorted: (n, k) statistics in, (samples,) points out.

    Source: Koehn (2004), Statistical significance tests for MT evaluation. Raises KitError when there is no sentence.
    """
    return score(resampled_sums(statistics, samples, seed=seed))


def caveat(n: Iterable[float], low: Iterable[float] | None = None) -> str:
    """Describe what the 95 % intervals of few sentences are worth; "" from 40 sentences on.

    >>> caveat([12, 35, 1012])
    'with 12–35 sentences, 88–92 of 100 such intervals of spBLEU held the truth when measured'
    >>> caveat([3])
    'no interval: 3 sentences are too few (10 at least)'

    n: numbers of sentences, one an interval, missing where not known; low: the lower ends beside them, missing where
    there is no interval for another reason. `python tests/benchmarks/coverage.py` measured `COVERED`, for four systems
    in 17 directions of FLORES-101: 0.49 with 2 sentences, 0.73 with 3, 0.81 with 5, 0.88 with 10, 0.94 with 80. They
    are means over directions: a score near 0 is in its interval 6 times in 10 even with 80.
    """
    pairs = zip(n, n if low is None else low, strict=True)
    sizes = {int(size) for size, end in pairs if size < FEWEST or not math.isnan(size) and not math.isnan(end)}
    few, some = {size for size in sizes if size < FEWEST}, {size for size in sizes if FEWEST <= size < ENOUGH}
    notes = []
    if few:
        many = "sentence is" if few == {1} else "sentences are"
        notes.append(f"no interval: {_span(few)} {many} too few ({FEWEST} at least)")
    if some:
        held = _span({COVERED[max(least for least in COVERED if least <= size)] for size in some})
        notes.append(
            f"with {_span(some)} sentences, {held} of 100 such intervals of spBLEU held the truth when measured"
        )
    return "; ".join(notes)


def caveat_sentence(n: Iterable[float], low: Iterable[float] | None = None) -> str:
    """Return `caveat` as a sentence after others: " No interval: 3 sentences are too few (10 at least)."; or ""."""
    note = caveat(n, low)
    return note and f" {note[0].upper()}{note[1:]}."


def caveat_of(table: "DataFrame", *, end: str = "ci_low", sentence: bool = False) -> str:
    """Return the `caveat`, or `caveat_sentence`, of a table; "" of answers, whose intervals hold for few, too."""
    said = caveat_sentence if sentence else caveat
    return "" if answers(table) else said(table["n"], table[end])


def interval(scores: "np.ndarray") -> tuple[float, float]:
    """Return the 95 % percentile interval: of 1000 scores the 26th smallest and the 26th largest, as sacreBLEU does.

    >>> interval(range(1000))
    (25.0, 974.0)

    Raises KitError when there are no scores.
    """
    ordered = sorted(map(float, scores))
    if not ordered:
        raise KitError("an interval needs scores of resamples, got none. To mend: draw at least one sample")
    tail = len(ordered) // 40
    return ordered[tail], ordered[-tail - 1]


def score_interval(
    statistics: "np.ndarray", score: Points, samples: int = SAMPLES, *, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % interval of a score in points: (n, k) statistics in; not-a-number twice below 10 sentences.

    Raises KitError when there is no sentence.
    """
    return _unless_few(len(statistics), bootstrap(statistics, score, samples, seed=seed))


def paired_interval(
    a: "np.ndarray", b: "np.ndarray", score: Points, samples: int = SAMPLES, *, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % interval of the gain score(a) - score(b) in points, both scored on the same resampled sentences.

    a, b: statistics (n, k) of two systems on the same n sentences. Identical systems have (0.0, 0.0); below 10
    sentences it is not-a-number twice. Source: Koehn (2004), section 5; the percentile interval of the difference.

    Raises KitError when the systems have different numbers of sentences, or none.
    """
    a, b = _paired(a, b)
    return _unless_few(len(a), bootstrap(a, score, samples, seed=seed) - bootstrap(b, score, samples, seed=seed))


def randomisation(
    a: "np.ndarray", b: "np.ndarray", score: Points, samples: int = SHUFFLES, *, seed: int = SEED
) -> float:
    """Test by approximate randomisation whether two systems differ: the two-sided p, (c + 1) / (samples + 1).

    a, b: statistics (n, k) of two systems on the same n sentences. In each shuffle every sentence keeps or changes
    sides by a coin; c counts the shuffles whose difference is as large as the observed one, in either direction. Coins
    and p are those of sacreBLEU's `PairedTest`, but that ties count here: identical systems have p = 1, there 0.0001.

    Source: Riezler and Maxwell (2005), On some pitfalls in automatic evaluation and significance testing for MT.

    Raises KitError when the systems have different numbers of sentences, or none.
    """
    import numpy as np

    a, b = _paired(a, b)
    swap, sums = b - a, np.stack([a.sum(axis=0), b.sum(axis=0)]).astype(np.float64)
    observed = abs(np.subtract(*score(sums)))
    small = np.issubdtype(swap.dtype, np.integer) and np.abs(swap).sum(axis=0).max() < 2**24
    swap = swap.astype(np.float32 if small else np.float64)  # sums of integers below 2**24 are exact in float32
    extreme = 0
    for flips in resampling.shuffles(len(a), samples=samples, seed=seed):
        moved = resampling.product(flips, rows=swap).astype(np.float64)
        extreme += np.sum(np.abs(score(sums[0] + moved) - score(sums[1] - moved)) >= observed - TIE)
    return float((extreme + 1) / (samples + 1))


def mcnemar(a: "Sequence[bool]", b: "Sequence[bool]") -> float:
    """Test whether two systems are right equally often on the same questions: the two-sided p of McNemar's exact test.

    Of the questions that only one of them has right, each has as many under the null, by a coin; without any, p is 1.
    It is `scipy.stats.binomtest` of these, and the limit of `randomisation` for shuffles without end.

    Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions.

    Raises KitError when the systems have different numbers of questions, or none.
    """
    from scipy.stats import binomtest

    ours, theirs, _ = _discordant(a, b)
    return float(binomtest(ours, ours + theirs).pvalue) if ours + theirs else 1.0


def difference_interval(a: "Sequence[bool]", b: "Sequence[bool]") -> tuple[float, float]:
    """Return the 95 % interval of the difference in accuracy of two systems on the same questions, in points.

    Bonett and Price's adjusted Wald interval: one more question is counted that only the first has right, and one that
    only the second has. By `python tests/benchmarks/proportions.py` it holds the truth in 99 of 100 draws of 10
    questions, in 97 of 50 and in 95 of 250, on average over 36 truths; in at least 94 for each of them.

    Source: Bonett and Price (2012), Adjusted Wald confidence interval for a difference of binomial proportions based on
    paired data. Raises as `mcnemar` does.
    """
    ours, theirs, n = _discordant(a, b)
    one, other = (ours + 1) / (n + 2), (theirs + 1) / (n + 2)
    half = Z * math.sqrt((one + other - (one - other) ** 2) / (n + 2))
    return 100 * max(-1, one - other - half), 100 * min(1, one - other + half)


def holm(p: "Sequence[float]") -> "np.ndarray":
    """Adjust p-values of many directions so that 0.05 bounds the chance of even one false finding among them.

    >>> [round(each, 9) for each in holm([0.01, 0.04, float("nan"), 0.03]).tolist()]
    [0.03, 0.06, nan, 0.06]

    A missing p is no test. Source: Holm (1979), A simple sequentially rejective multiple test procedure.

    Raises KitError when a value is no probability.
    """
    import numpy as np

    adjusted, known = _probabilities(p)
    order = known[np.argsort(adjusted[known], kind="stable")]
    steps = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(steps * adjusted[order]))
    return adjusted


def benjamini_hochberg(p: "Sequence[float]") -> "np.ndarray":
    """Adjust p-values of many directions so that of those below 0.05 at most 5 % are expected to be false findings.

    >>> [round(each, 9) for each in benjamini_hochberg([0.01, 0.04, float("nan"), 0.03]).tolist()]
    [0.03, 0.04, nan, 0.04]

    A missing p is no test. Source: Benjamini and Hochberg (1995), Controlling the false discovery rate.

    Raises KitError when a value is no probability.
    """
    from scipy.stats import false_discovery_control

    adjusted, known = _probabilities(p)
    if len(known):
        adjusted[known] = false_discovery_control(adjusted[known], method="bh")
    return adjusted


def _unless_few(n: int, scores: "np.ndarray") -> tuple[float, float]:
    return (math.nan, math.nan) if n < FEWEST else interval(scores)


def _span(sizes: set[int]) -> str:
    return "–".join(f"{each:,}" for each in sorted({min(sizes), max(sizes)}))


def _paired(a, b) -> "tuple[np.ndarray, np.ndarray]":
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or len(a) == 0:
        raise KitError(
            f"a paired test needs two systems on the same sentences, at least one; got {len(a)} and {len(b)}. "
            f"To mend: keep the sentences that both systems translated"
        )
    return a, b


def _discordant(a, b) -> tuple[int, int, int]:
    """Return how many questions only the first system has right, how many only the second, and how many there are."""
    a, b = _paired(a, b)
    return int((a & ~b).sum()), int((b & ~a).sum()), len(a)


def _probabilities(p) -> "tuple[np.ndarray, np.ndarray]":
    """Return a copy of p-values, and the positions where there are any."""
    import numpy as np

    p = np.array(p, dtype=np.float64)
    wrong = p[(p < 0) | (p > 1)]
    if len(wrong):
        raise KitError(f"{wrong[0]} is no p-value: it must lie between 0 and 1. To mend: give uncorrected p-values")
    return p, np.flatnonzero(~np.isnan(p))
