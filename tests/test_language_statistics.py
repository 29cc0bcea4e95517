"""language_statistics: scipy's numbers, exact small cases, and intervals that cover what they should."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from llamax_kit.analysis import language_statistics
from llamax_kit.analysis.language_statistics import difference, rank_correlation

DRAW = np.random.default_rng(7)


def test_a_small_difference_by_hand():
    found = difference([3, 5], [1, 2, 3])
    assert (found.difference, found.n_a, found.n_b) == (2, 2, 3)
    freedom = (1 + 1 / 3) ** 2 / (1 + (1 / 3) ** 2 / 2)  # Welch's: each variance over its n is 1 and 1/3
    assert found.p == pytest.approx(2 * stats.t.sf(2 / math.sqrt(1 + 1 / 3), freedom))


def test_the_interval_is_welchs():
    a, b = DRAW.normal(3, 1, 13), DRAW.normal(1, 4, 7)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    found = difference(a, b)
    assert (found.ci_low, found.ci_high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("seed", [2, 3, 4, 9])
def test_p_is_welchs_and_agrees_with_the_interval(seed):
    """By its formula, not by permutation: the few spread wide, and 0 lies in the interval where p is above 0.05."""
    draw = np.random.default_rng(seed)
    a, b = draw.normal(2, 6, 3), draw.normal(0, 1, 6)
    va, vb = a.var(ddof=1) / 3, b.var(ddof=1) / 6
    freedom = (va + vb) ** 2 / (va**2 / 2 + vb**2 / 5)
    found = difference(a, b)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(a.mean() - b.mean()) / math.sqrt(va + vb), freedom))
    assert (found.p > 0.05) == (found.ci_low < 0 < found.ci_high)


def test_false_alarms_stay_at_five_in_a_hundred_under_threefold_spread():
    """13 and 7 languages of no true difference, the few three times as wide: permuting Welch's t found 87 to 100."""
    draw = np.random.default_rng(3)
    found = [difference(draw.normal(0, 1, 13), draw.normal(0, 3, 7)).p < 0.05 for _ in range(3000)]
    assert 0.038 < np.mean(found) < 0.062  # 0.05, 3 standard errors of 0.004


def test_the_two_groups_are_treated_alike():
    a, b = DRAW.normal(1, 1, 9), DRAW.normal(0, 2, 6)
    one, other = difference(a, b), difference(b, a)
    turned = (-other.difference, -other.ci_high, -other.ci_low)
    assert (one.difference, one.ci_low, one.ci_high) == pytest.approx(turned)
    assert one.p == pytest.approx(other.p, abs=0.01)


def test_identical_gains_do_not_differ():
    found = difference([0.0] * 5, [0.0] * 4)
    assert (found.difference, found.p) == (0, 1) and math.isnan(found.ci_low)
    assert difference([0.3] * 5, [0.3] * 3).p == 1  # equal but for rounding
    assert math.isnan(difference([0.3] * 5, [0.4] * 3).p)  # unequal, and nothing says how surely


@pytest.mark.parametrize(("a", "b"), [([1.0], [2.0, 3.0]), ([1.0, 2.0], [])])
def test_a_group_of_one_or_none_has_no_interval_and_no_p(a, b):
    found = difference(a, b)
    assert math.isnan(found.ci_low) and math.isnan(found.ci_high) and math.isnan(found.p)
    assert (found.n_a, found.n_b) == (len(a), len(b))


def test_missing_values_are_not_counted():
    assert difference([1, 2, math.nan], [3, 4]) == difference([1, 2], [3, 4, math.nan]) == difference([1, 2], [3, 4])
    assert rank_correlation([1, 2, 3, 4, math.nan], [1, 3, 2, 4, 5]).n == 4


def test_coverage_and_false_alarms_with_the_languages_at_hand():
    """13 and 7 languages, no true difference: 95 % intervals cover 0, p < 0.05 in 5 %, within what chance allows."""
    found = [difference(DRAW.normal(0, 1, 13), DRAW.normal(0, 1, 7)) for _ in range(400)]
    covered = np.mean([each.ci_low <= 0 <= each.ci_high for each in found])
    assert 0.92 < covered < 0.98  # 0.95, 3 standard errors of 0.011
    assert 0.02 < np.mean([each.p < 0.05 for each in found]) < 0.085


def test_rho_is_scipys_and_so_is_p_with_many_pairs():
    x = DRAW.normal(size=60)
    y = x + DRAW.normal(0, 3, size=60).round()
    expected, found = stats.spearmanr(x, y), rank_correlation(x, y)
    assert found.rho == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=0.02)
    assert found.ci_low < found.rho < found.ci_high and found.n == 60


@pytest.mark.parametrize("n", [5, 12, 60])
def test_the_interval_of_rho_is_bonett_and_wrights(n):
    """tanh(artanh(rho) ± 1.96 √((1 + rho²/2) / (n − 3))), Bonett & Wright (2000)."""
    x = np.arange(n)
    y = np.where(x < 4, 3 - x, x)  # the first four in reverse
    found, rho = rank_correlation_without_p(x, y), stats.spearmanr(x, y).statistic
    half = 1.959963985 * math.sqrt((1 + rho**2 / 2) / (n - 3))
    expected = math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, rel=1e-6)


def test_p_of_a_short_list_is_exact():
    x, y = [1, 2, 3, 4, 5], [2, 1, 4, 3, 5]
    reached = [stats.spearmanr(order, y).statistic >= 0.8 - 1e-9 for order in itertools.permutations(x)]
    found = rank_correlation(x, y)
    assert found.rho == pytest.approx(0.8)
    assert found.p == pytest.approx(2 * np.mean(reached))


def test_the_interval_of_rho_covers():
    """True rho by the bivariate normal: 6 / pi * asin(r / 2)."""
    true, hits = 6 / math.pi * math.asin(0.6 / 2), 0
    for _ in range(300):
        x, noise = DRAW.normal(size=(2, 40))
        y = 0.6 * x + 0.8 * noise
        rho = stats.spearmanr(x, y).statistic
        found = rank_correlation_without_p(x, y)
        assert found.rho == pytest.approx(rho)
        hits += found.ci_low <= true <= found.ci_high
    assert 0.91 < hits / 300 < 0.985


def rank_correlation_without_p(x, y):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_statistics, "SAMPLES", 1)
        return rank_correlation(x, y)


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([], [])])
def test_too_few_or_all_equal_has_no_rho(x, y):
    assert math.isnan(rank_correlation(x, y).rho) and math.isnan(rank_correlation(x, y).p)


@pytest.mark.parametrize("n", range(5, 120))
def test_a_perfect_order_has_no_interval(n):
    for order, rho in ((range(n), 1), (range(n, 0, -1), -1)):
        found = rank_correlation_without_p(range(n), order)
        assert found.rho == rho and math.isnan(found.ci_low) and math.isnan(found.ci_high)
