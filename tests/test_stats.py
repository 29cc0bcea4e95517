"""stats: the very resamples of sacreBLEU."""

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import _bootstrap_resample, estimate_ci

from llamax_kit import stats
from llamax_kit.errors import KitError

WORDS = "the a cat dog sat ran on under mat tree old new".split()


def corpus(n, seed=1):
    draw = np.random.default_rng(seed)
    references = [" ".join(draw.choice(WORDS, draw.integers(1, 15))) for _ in range(n)]
    hypotheses = [" ".join(w for w in line.split() if draw.random() > 0.2) for line in references]
    return hypotheses, references


@pytest.mark.parametrize("metric", [BLEU(tokenize="none"), CHRF(word_order=2)])
@pytest.mark.parametrize("n", [1, 7, 333])
def test_bootstrap_is_sacrebleus_own_distribution(metric, n):
    hypotheses, references = corpus(n)
    rows = metric._extract_corpus_statistics(hypotheses, [references])
    _, theirs = _bootstrap_resample(rows, metric)
    ours = stats.bootstrap(
        np.array(rows), lambda sums: np.array([metric._compute_score_from_stats(row).score for row in sums.tolist()])
    )
    assert ours.tolist() == pytest.approx([score.score for score in theirs], rel=1e-6)  # they sum in float32
    low, high = stats.interval(ours)
    assert (high - low) / 2 == estimate_ci(ours)[1]  # sacreBLEU prints the half of it, after a ±


def test_blocks_draw_what_one_draw_would():
    rows = np.random.default_rng(3).integers(0, 50, (2**13, 3))
    drawn = np.random.default_rng(stats.SEED).choice(len(rows), size=(600, len(rows)))
    assert np.array_equal(stats.resampled_sums(rows, samples=600), rows[drawn].sum(axis=1))


def test_the_seed_decides_the_samples():
    rows = np.arange(40).reshape(20, 2)
    assert np.array_equal(stats.resampled_sums(rows), stats.resampled_sums(rows))
    assert not np.array_equal(stats.resampled_sums(rows), stats.resampled_sums(rows, seed=1))


def test_interval_of_one_score_is_that_score():
    assert stats.interval([3.5]) == (3.5, 3.5)


def test_nothing_to_resample_is_said():
    with pytest.raises(KitError, match="0 sentences"):
        stats.resampled_sums(np.zeros((0, 10)))
    with pytest.raises(KitError, match="got none"):
        stats.interval([])
