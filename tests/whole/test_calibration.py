"""What the statistics promise, held against simulations from real outputs: 5 % false findings, 95 % coverage.

Every trial calls the functions that a comparison calls; `pytest -s` shows the figures. Where the real data are: Google
and Microsoft from English into Vietnamese, 1012 sentences. Everywhere: two answers in Galician on the embedded phrases,
the English source itself and its Spanish translation.
"""

import numpy as np
import pytest
from scipy.stats import binom

from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import ngram_counts, significance, spbleu

TRIALS = 2000


@pytest.fixture(scope="module")
def embedded():
    text = load_corpus("cldr", ["en", "es", "gl"])
    rows = text.pairs("en", "gl")
    systems = [[text.texts["es"][index] or "" for index, _, _ in rows], [source for _, source, _ in rows]]
    return spbleu.statistics(systems, [reference for *_, reference in rows], "cldr")


@pytest.fixture(scope="module")
def real(data):
    folder = data / "system_outputs/mozilla_flores101/en-vi"
    systems = [text_files.read(folder / f"{name}.txt") for name in ("google", "microsoft")]
    return spbleu.statistics(systems, text_files.read(data / "flores101_dataset/devtest/vie.devtest"))


@pytest.fixture(params=["embedded", "real"])
def pair(request):
    """Statistics of two systems on the same sentences."""
    return request.getfixturevalue(request.param)


def test_systems_that_do_not_differ_are_found_different_5_times_in_100(pair):
    """Each sentence's outputs are exchanged by a coin; 2000 trials at 0.05 find 69 to 133, 999 times in 1000."""
    a, b = pair
    draw, found = np.random.default_rng(2407), 0
    for _ in range(TRIALS):
        coin = draw.random((len(a), 1)) < 0.5
        p = significance.randomisation(np.where(coin, a, b), np.where(coin, b, a), ngram_counts.points, samples=1000)
        found += p < 0.05
    least, most = binom.interval(0.999, TRIALS, 0.05)
    assert least <= found <= most, found / TRIALS
    print(f"p < 0.05 in {found / TRIALS:.2%}")


def test_the_paired_interval_covers_the_true_gain_95_times_in_100(pair):
    """The population is the pair's own sentences, its corpus gain the truth; samples have 1012 sentences."""
    a, b = pair
    truth = np.subtract(*ngram_counts.points(np.stack([a.sum(axis=0), b.sum(axis=0)])))
    draw, covered = np.random.default_rng(5975), 0
    for _ in range(TRIALS):
        drawn = draw.integers(len(a), size=1012)
        low, high = significance.paired_interval(a[drawn], b[drawn], ngram_counts.points)
        covered += low <= truth <= high
    assert 0.935 <= covered / TRIALS <= 0.965, covered / TRIALS
    print(f"covered in {covered / TRIALS:.2%}")
