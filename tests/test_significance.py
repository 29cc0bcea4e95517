"""significance: sacreBLEU's very resamples, shuffles, intervals and p-values; corrections as R prints them."""

from itertools import product

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest, _bootstrap_resample, estimate_ci

from llamax_kit.data.corpora import text_files
from llamax_kit.scoring import ngram_counts, resampling, sacrebleu_metrics, significance, spbleu
from llamax_kit.utils.errors import KitError

WORDS = "the a cat dog sat ran on under mat tree old new".split()


def corpus(n, seed=1, lost=0.2):
    """Hypotheses that lost a share of the words of their references; the references are the same for every share."""
    draw, loses = np.random.default_rng(seed), np.random.default_rng([seed, int(100 * lost)])
    references = [" ".join(draw.choice(WORDS, draw.integers(1, 15))) for _ in range(n)]
    hypotheses = [" ".join(w for w in line.split() if loses.random() > lost) for line in references]
    return hypotheses, references


def rowwise(metric):
    return lambda sums: np.array([metric._compute_score_from_stats(row).score for row in sums.tolist()])


def bleu_rows(n, lost):
    hypotheses, references = corpus(n, lost=lost)
    return np.array(BLEU(tokenize="none")._extract_corpus_statistics(hypotheses, [references]))


@pytest.mark.parametrize("metric", [BLEU(tokenize="none"), CHRF(word_order=2)])
@pytest.mark.parametrize("n", [1, 7, 333])
def test_bootstrap_is_sacrebleus_own_distribution(metric, n):
    hypotheses, references = corpus(n)
    rows = metric._extract_corpus_statistics(hypotheses, [references])
    _, theirs = _bootstrap_resample(rows, metric)
    ours = significance.bootstrap(np.array(rows), rowwise(metric))
    assert ours.tolist() == pytest.approx([score.score for score in theirs], rel=1e-6)  # they sum in float32
    low, high = significance.interval(ours)
    assert (high - low) / 2 == estimate_ci(ours)[1]  # sacreBLEU prints the half of it, after a ±


def test_blocks_draw_what_one_draw_would():
    rows = np.random.default_rng(3).integers(0, 50, (2**13, 3))
    drawn = np.random.default_rng(significance.SEED).choice(len(rows), size=(600, len(rows)))
    assert np.array_equal(significance.resampled_sums(rows, samples=600), rows[drawn].sum(axis=1))


@pytest.mark.parametrize("n", [1, 3, 1013, 2**17 + 5])
def test_blocks_of_shuffles_are_one_draw(n):
    samples = 10_000 if n < 2**12 else 100
    blocks = list(resampling.shuffles(n, samples=samples, seed=significance.SEED))
    assert len(blocks) > 1 or n < 100
    whole = np.random.default_rng(significance.SEED).integers(2, size=(samples, n), dtype=bool)
    assert np.array_equal(np.concatenate(blocks), whole)


def test_draws_that_are_not_kept_are_the_same(monkeypatch):
    a, b = bleu_rows(80, 0.2), bleu_rows(80, 0.25)
    kept = (
        significance.randomisation(a, b, ngram_counts.points),
        significance.paired_interval(a, b, ngram_counts.points),
    )
    monkeypatch.setattr(resampling, "KEPT", 0)
    assert (
        significance.randomisation(a, b, ngram_counts.points),
        significance.paired_interval(a, b, ngram_counts.points),
    ) == kept


def test_the_seed_decides_the_samples():
    rows = np.arange(40).reshape(20, 2)
    assert np.array_equal(significance.resampled_sums(rows), significance.resampled_sums(rows))
    assert not np.array_equal(significance.resampled_sums(rows), significance.resampled_sums(rows, seed=1))
    a, b = bleu_rows(80, 0.2), bleu_rows(80, 0.25)
    assert significance.randomisation(a, b, ngram_counts.points) != significance.randomisation(
        a, b, ngram_counts.points, seed=1
    )


def test_interval_of_one_score_is_that_score():
    assert significance.interval([3.5]) == (3.5, 3.5)


def test_nothing_to_resample_is_said():
    with pytest.raises(KitError, match="0 sentences.*at least one"):
        significance.resampled_sums(np.zeros((0, 10)))
    with pytest.raises(KitError, match="none.*at least one"):
        significance.interval([])


@pytest.mark.parametrize("metric", [BLEU(tokenize="none"), CHRF(word_order=2)])
@pytest.mark.parametrize("lost", [0.18, 0.21, 0.3])
def test_p_is_that_of_sacrebleus_paired_test(metric, lost):
    (a, references), (b, _) = corpus(150), corpus(150, lost=lost)
    theirs = PairedTest([("b", b), ("a", a)], {"": metric}, [references], "ar", 2000)()[1]
    rows = [np.array(metric._extract_corpus_statistics(texts, [references])) for texts in (a, b)]
    p = significance.randomisation(*rows, rowwise(metric), samples=2000)
    assert p == theirs["BLEU" if isinstance(metric, BLEU) else "chrF2++"][1].p_value
    assert lost == 0.3 or 0.005 < p < 0.99


@pytest.mark.parametrize(("direction", "pair"), [("en-vi", ("google", "microsoft")), ("en-is", ("opusmt", "nllb"))])
def test_p_of_real_outputs_is_that_of_sacrebleus_paired_test(data, direction, pair):
    named = [
        (name, text_files.read(data / f"system_outputs/mozilla_flores101/{direction}/{name}.txt")[:400])
        for name in pair
    ]
    references = text_files.read(
        data / f"flores101_dataset/devtest/{ {'en-vi': 'vie', 'en-is': 'isl'}[direction] }.devtest"
    )
    metric = sacrebleu_metrics.spbleu("flores101").metric
    theirs = PairedTest(named, {"": metric}, [references[:400]], "ar")()[1]["BLEU"]
    b, a = spbleu.statistics([texts for _, texts in named], references[:400])
    assert spbleu.from_statistics(a, interval=False).score == theirs[1].score
    assert significance.randomisation(a, b, ngram_counts.points) == theirs[1].p_value


@pytest.mark.parametrize(("name", "metric"), [("chrF++", CHRF(word_order=2)), ("BLEU", BLEU())])
@pytest.mark.parametrize("lost", [0.18, 0.21])
def test_p_by_another_metric_is_that_of_sacrebleus_paired_test(name, metric, lost):
    (a, references), (b, _) = corpus(150), corpus(150, lost=lost)
    theirs = PairedTest([("b", b), ("a", a)], {"": metric}, [references], "ar", 2000)()[1]
    rows = spbleu.statistics([a, b], references, metric=name)
    results = theirs["BLEU" if name == "BLEU" else "chrF2++"]
    assert [spbleu.from_statistics(each, interval=False, metric=name).score for each in rows[::-1]] == [
        result.score for result in results]  # fmt: skip
    assert significance.randomisation(*rows, spbleu.points(name), samples=2000) == results[1].p_value < 0.99


def test_fractions_are_summed_as_they_are():
    """Statistics of a metric that does not count, as 0.25 edits a sentence, are no integers."""
    draw = np.random.default_rng(6)
    a, b = draw.integers(0, 8, (2, 40, 1)) / 8
    seen: list = []
    significance.randomisation(a, b, lambda sums: seen.append(sums[:, 0]) or sums[:, 0], samples=300)
    coins = np.random.default_rng(significance.SEED).integers(2, size=(300, 40), dtype=bool)
    assert np.array_equal(seen[1], a.sum() + coins @ (b - a)[:, 0])
    drawn = np.random.default_rng(significance.SEED).choice(40, size=(100, 40))
    assert np.array_equal(significance.resampled_sums(a, samples=100), a[drawn].sum(axis=1))


def test_p_of_few_sentences_is_the_share_of_all_exchanges():
    a, b = bleu_rows(9, 0.2), bleu_rows(9, 0.25)
    masks = np.array(list(product([0, 1], repeat=9)))
    moved = masks @ (b - a)
    differences = np.abs(ngram_counts.points(a.sum(axis=0) + moved) - ngram_counts.points(b.sum(axis=0) - moved))
    exact = np.mean(differences >= differences[0] - significance.TIE)
    p = significance.randomisation(a, b, ngram_counts.points)
    assert 0.05 < exact < 0.95
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000))


def test_identical_systems_gain_nothing_with_certainty():
    rows = bleu_rows(40, 0.2)
    assert significance.randomisation(rows, rows, ngram_counts.points) == 1
    assert significance.paired_interval(rows, rows, ngram_counts.points) == (0, 0)
    hypotheses, references = corpus(40)
    named = [("b", hypotheses), ("a", hypotheses)]
    theirs = PairedTest(named, {"": BLEU(tokenize="none")}, [references], "ar", 100)()[1]["BLEU"]
    assert theirs[1].p_value == 1 / 101  # a tie is no difference there


def test_one_sentence_can_never_tell():
    assert significance.randomisation(bleu_rows(1, 0.0), bleu_rows(1, 0.5), ngram_counts.points) == 1


def test_differences_that_are_equal_but_for_rounding_are_ties(monkeypatch):
    """One sentence differs, so every shuffle's difference is the observed one; sums of fractions miss it by 1e-15."""
    a = np.random.default_rng(0).random((60, 1))
    b = a.copy()
    b[7] += 1 / 3

    def score(sums):
        return 100 * sums[:, 0] / 60

    assert significance.randomisation(a, b, score) == 1
    monkeypatch.setattr(significance, "TIE", 0)
    assert significance.randomisation(a, b, score) < 0.6  # so the margin is needed


def test_exchanging_the_systems_turns_the_interval_and_keeps_p():
    a, b = bleu_rows(80, 0.2), bleu_rows(80, 0.25)
    low, high = significance.paired_interval(a, b, ngram_counts.points)
    assert significance.paired_interval(b, a, ngram_counts.points) == (-high, -low)
    assert low < ngram_counts.points(a.sum(axis=0)[None])[0] - ngram_counts.points(b.sum(axis=0)[None])[0] < high
    assert significance.randomisation(a, b, ngram_counts.points) == significance.randomisation(
        b, a, ngram_counts.points
    )


def test_the_paired_interval_takes_the_same_sentences_for_both():
    a, b = bleu_rows(80, 0.2), bleu_rows(80, 0.25)
    drawn = np.random.default_rng(significance.SEED).choice(80, size=(1000, 80))
    gains = ngram_counts.points(a[drawn].sum(axis=1)) - ngram_counts.points(b[drawn].sum(axis=1))
    assert significance.paired_interval(a, b, ngram_counts.points) == significance.interval(gains)
    low, high = significance.paired_interval(a, b, ngram_counts.points)
    alone = [np.subtract(*significance.interval(significance.bootstrap(rows, ngram_counts.points))) for rows in (a, b)]
    assert high - low < np.hypot(*alone)  # the systems find the same sentences hard


def test_statistics_too_large_for_float32_are_summed_exactly():
    draw = np.random.default_rng(5)
    a, b = draw.integers(0, 2**30, (2, 50, 1))
    seen: list = []
    significance.randomisation(a, b, lambda sums: seen.append(sums[:, 0]) or sums[:, 0], samples=500)
    coins = np.random.default_rng(significance.SEED).integers(2, size=(500, 50), dtype=bool)
    assert np.array_equal(seen[1], a.sum() + coins @ (b - a)[:, 0])
    assert a.sum() > 2**24


def test_different_sentences_are_no_pair():
    for test in (significance.randomisation, significance.paired_interval):
        with pytest.raises(KitError, match="3 and 2.*keep the sentences"):
            test(np.ones((3, 10)), np.ones((2, 10)), ngram_counts.points)
        with pytest.raises(KitError, match="0 and 0.*keep the sentences"):
            test(np.ones((0, 10)), np.ones((0, 10)), ngram_counts.points)


# what R's package multtest prints (mt.rawp2adjp), as quoted in the tests of statsmodels: raw, Holm, Benjamini–Hochberg
R = np.array([
    [5.23656777208e-05, 5.23656777208e-04, 5.23656777208e-04],
    [2.8140506198e-04, 2.53264555782e-03, 1.4070253099e-03],
    [1.498773107960e-02, 1.199018486368e-01, 4.995910359866667e-02],
    [2.027326887980e-02, 1.419128821586e-01, 5.06831721995e-02],
    [1.77096952723e-01, 1, 3.54193905446e-01],
    [6.42192393795e-01, 1, 8.95336727975e-01],
    [6.80845947633e-01, 1, 8.95336727975e-01],
    [7.1626938238e-01, 1, 8.95336727975e-01],
    [8.38541367553e-01, 1, 9.3171263061444454e-01],
    [9.67833824309e-01, 1, 9.67833824309e-01],
])  # fmt: skip
# fifteen p-values of section 4.1 of Benjamini and Hochberg (1995): Holm keeps three at 0.05, they keep four
THEIRS = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
          0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip


@pytest.mark.parametrize(("correct", "column"), [(significance.holm, 1), (significance.benjamini_hochberg, 2)])
def test_corrections_are_those_of_r_in_any_order(correct, column):
    for order in (np.arange(10), np.random.default_rng(2).permutation(10)):
        assert correct(R[order, 0]).tolist() == pytest.approx(R[order, column].tolist(), rel=1e-12)


def test_the_example_of_benjamini_and_hochberg_comes_out():
    assert (significance.holm(THEIRS) <= 0.05).sum() == 3
    assert (significance.benjamini_hochberg(THEIRS) <= 0.05).sum() == 4


def test_holm_by_hand():
    assert significance.holm([0.03, 0.01, 0.02, 0.9]).tolist() == pytest.approx(
        [0.06, 0.04, 0.06, 0.9]
    )  # 0.02 · 3 = 0.06
    assert significance.holm([0.2, 0.2]).tolist() == [0.4, 0.4]
    assert significance.holm([0.6, 0.7]).tolist() == [1, 1]
    assert significance.holm([0.04]).tolist() == [0.04]


@pytest.mark.parametrize("correct", [significance.holm, significance.benjamini_hochberg])
def test_what_was_not_tested_is_neither_corrected_nor_counted(correct):
    known = [0.01, 0.04, 0.03]
    holey = correct([0.01, np.nan, 0.04, 0.03, np.nan])
    assert np.isnan(holey).tolist() == [False, True, False, False, True]
    assert holey[[0, 2, 3]].tolist() == correct(known).tolist()
    assert np.isnan(correct([np.nan])).all() and correct([]).tolist() == []
    assert known == [0.01, 0.04, 0.03]


@pytest.mark.parametrize("correct", [significance.holm, significance.benjamini_hochberg])
def test_what_is_no_probability_is_refused(correct):
    with pytest.raises(KitError, match="1.5 .*between 0 and 1.*uncorrected"):
        correct([0.1, 1.5])
