"""Statistics over a set of languages: the difference of two groups' means, and a rank correlation, with n.

The unit is the language: one number each, a gain in points for instance. These intervals and p-values show how much a
figure depends on which languages are there, not on which sentences (see `significance`). They treat languages as
independent draws. That is not so: related languages behave alike, and the truth is less sure. Nor was it random which
languages a model was trained on: a difference is no effect of training.
"""

from collections.abc import Sequence
from typing import NamedTuple

SAMPLES, SEED = 9_999, 12345  # where there are fewer permutations, all are tried
FEWEST = 5  # pairs for an interval of rho
ROUNDING = 1e-12  # a rho that is nearer to 1 or −1 is a perfect order, without interval; what differs less is equal


class Difference(NamedTuple):
    """Mean of a − mean of b, its 95 % interval, p (two-sided), and the sizes of a and b; not-a-number: unknown."""

    difference: float
    ci_low: float
    ci_high: float
    p: float
    n_a: int
    n_b: int


class Correlation(NamedTuple):
    """Spearman's rho (−1 to 1), its 95 % interval, p (two-sided), and the n pairs; not-a-number: unknown."""

    rho: float
    ci_low: float
    ci_high: float
    p: float
    n: int


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare two groups: `difference([3, 5], [1, 2, 3])` is 2.0, from −4.0 to 8.0, p = 0.25, n 2 and 3.

    Interval and p are Welch's t, which needs no equal spread. With 13 languages against 7, no true difference and
    three times the spread in the few, p < 0.05 comes in 5 % of simulations (permuting Welch's t: 9 %), and in 4 to 5 %
    where the spread is equal; with 20 against 3 and very uneven gains (exponential) in 13 %. A group of one has no
    interval and no p, and groups without any spread have none either, but p = 1 where they are equal. Missing values
    are left out and not counted.
    """
    import numpy as np
    from scipy import stats

    a, b = (np.asarray(each, dtype=float) for each in (a, b))
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    found = float(a.mean() - b.mean()) if len(a) and len(b) else float("nan")
    if min(len(a), len(b)) < 2 or max(np.ptp(a), np.ptp(b)) < ROUNDING:
        equal = min(len(a), len(b)) > 1 and abs(found) < ROUNDING
        return Difference(found, float("nan"), float("nan"), 1.0 if equal else float("nan"), len(a), len(b))
    test = stats.ttest_ind(a, b, equal_var=False)
    return Difference(found, *map(float, test.confidence_interval()), float(test.pvalue), len(a), len(b))


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Correlation:
    """Correlate ranks: `rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])` is 0.8, n = 5.

    Ties take their mean rank. The interval is Fisher's with the variance of Bonett & Wright (2000), from five pairs on,
    and rough below about twenty; p is by permuting the pairs. With fewer than three, or one side all equal, rho is
    unknown; a perfect order, rho 1 or −1, has no interval. Pairs with a missing value are not counted.
    """
    import numpy as np
    from scipy import stats

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(float("nan"), float("nan"), float("nan"), float("nan"), len(x))
    x, y = (stats.rankdata(each) - (len(each) + 1) / 2 for each in (x, y))
    rho = float(np.corrcoef(x, y)[0, 1])
    rho = rho if abs(rho) < 1 - ROUNDING else float(np.sign(rho))
    ci_low = ci_high = float("nan")
    if len(x) >= FEWEST and abs(rho) < 1:
        half = stats.norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
        ci_low, ci_high = np.tanh(np.arctanh(rho) + [-half, half])
    test = stats.permutation_test(
        (x,), lambda each, axis: (each * y).sum(axis), permutation_type="pairings", n_resamples=SAMPLES, rng=SEED
    )
    return Correlation(rho, float(ci_low), float(ci_high), float(test.pvalue), len(x))
