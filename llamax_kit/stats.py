"""Intervals from sentence-level statistics, by sacreBLEU's own bootstrap. Knows no metric: it is given the function.

Does not tokenise, does not compare systems.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llamax_kit.errors import KitError

if TYPE_CHECKING:
    import numpy as np

SAMPLES, SEED = 1000, 12345  # what `sacrebleu --confidence` uses when nobody says otherwise


def resampled_sums(statistics: "np.ndarray", samples: int = SAMPLES, seed: int = SEED) -> "np.ndarray":
    """Sum the statistics of bootstrap resamples: (n sentences, k) integers in, (samples, k) out.

    Sample i draws the very sentences that sacreBLEU's sample i draws. How often each was drawn, times the statistics,
    is the sum: a matrix product instead of copying n rows a thousand times, exact up to 2**53.

    Raises KitError when there is no sentence.
    """
    import numpy as np

    statistics = np.asarray(statistics, dtype=np.float64)
    n = len(statistics)
    if n == 0:
        raise KitError("there is nothing to resample: 0 sentences. To mend: score at least one sentence")
    draw = np.random.default_rng(seed)
    sums = np.empty((samples, statistics.shape[1]))
    block = max(1, 2**22 // n)  # rows drawn at a time: 32 MiB of counts, however long the corpus
    for start in range(0, samples, block):
        drawn = draw.choice(n, size=(min(block, samples - start), n), replace=True)
        sums[start : start + len(drawn)] = np.stack([np.bincount(row, minlength=n) for row in drawn]) @ statistics
    return sums


def bootstrap(
    statistics: "np.ndarray", score: Callable[[Sequence[float]], float], samples: int = SAMPLES, seed: int = SEED
) -> "np.ndarray":
    """Score `samples` bootstrap resamples of a corpus, unsorted; `score` turns one summed row into points.

    Source: Koehn (2004), Statistical significance tests for machine translation evaluation.

    Raises KitError when there is no sentence.
    """
    import numpy as np

    return np.array([score(row) for row in resampled_sums(statistics, samples, seed).tolist()])


def interval(scores: "np.ndarray") -> tuple[float, float]:
    """Give the 95 % percentile interval: of 1000 scores the 26th smallest and the 26th largest, as sacreBLEU does.

    >>> interval(range(1000))
    (25.0, 974.0)

    Raises KitError when there are no scores.
    """
    ordered = sorted(map(float, scores))
    if not ordered:
        raise KitError("an interval needs scores of resamples, got none. To mend: draw at least one sample")
    tail = len(ordered) // 40
    return ordered[tail], ordered[-tail - 1]
