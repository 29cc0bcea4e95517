"""ngram_counts: sacreBLEU's integers, every one, in any script and with any white space; its score of any sums."""

import json
import random

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF

from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import ngram_counts, sacrebleu_metrics

ODD_SPACES = "\u0085\u2028\u2029\u3000\u00a0\u200b\u202f\u1680\x1c\x1f\x0b\x0c\t"
MOZILLA = "en-hy/nllb en-ml/google en-th/microsoft en-ar/opusmt en-vi/google cy-en/nllb".split()


def theirs(metric, hypotheses, references):
    return np.array(metric._extract_corpus_statistics(hypotheses, [references]))


def agree(tokenize, systems, references):
    metric = sacrebleu_metrics.spbleu(tokenize).metric
    ours = ngram_counts.count(metric.tokenizer.encode, systems, references)
    for rows, hypotheses in zip(ours, systems, strict=True):
        expected = theirs(metric, hypotheses, references)
        assert rows.dtype == np.int64 and rows.shape == (len(references), 10)
        assert np.array_equal(rows, expected), np.flatnonzero((rows != expected).any(axis=1))
    return ours


def garble(texts, seed=1):
    """Lose, repeat and swap words, so that n-grams of every order match here and there."""
    draw, found = random.Random(seed), []
    for text in texts:
        words = [word for word in text.split(" ") for _ in range(draw.choice([0, 1, 1, 1, 1, 2]))]
        if draw.random() < 0.2:
            draw.shuffle(words)
        found.append(" ".join(words) if draw.random() > 0.05 else "")
    return found


def nonsense(n, seed):
    """Texts of a few words in several scripts, unknown characters and every white space that Python splits at."""
    draw = random.Random(seed)
    parts = [*"aab ะ世界ሰላם🏽\ufeff\ue000\U0001f9ff\x01▁", "das", "<unk>", "<s>", "▁das", *ODD_SPACES]
    return ["".join(draw.choices(parts, k=draw.randint(0, 40))) for _ in range(n)]


@pytest.mark.parametrize("seed", range(5))
def test_random_texts_with_odd_white_space(seed):
    references = [*nonsense(150, seed), "", "   ", "a", "\u2028", ""]
    systems = [nonsense(155, seed + 50), garble(references, seed), references, [""] * 155]
    rows = agree("cldr", systems, references)
    assert rows[2][:, 2:6].tolist() == rows[2][:, 6:].tolist()
    assert rows[3][:, 1].sum() > 0 == rows[3][:, 2:].sum()
    assert rows[1][:, 5].sum() > 100


def test_a_piece_that_holds_white_space_is_what_sacrebleu_splits():
    metric = BLEU(tokenize="none", force=True)
    metric.tokenizer = lambda text: text.replace("_", "\u2028")

    def encode(texts, out_type, num_threads):
        return [text.replace("_", "\u2028").split(" ") for text in texts]

    hypotheses, references = ["a_b c a_b c", "x _ y", "_"], ["a b c a b", "x y _", "a"]
    ours = ngram_counts.count(encode, [hypotheses], references)[0]
    assert ours.tolist() == theirs(metric, hypotheses, references).tolist()
    assert ours[0].tolist() == [6, 5, 5, 4, 3, 2, 6, 5, 4, 3]


def test_the_example_of_the_docstring():
    encode = lambda texts, **_: [text.split() for text in texts]  # noqa: E731
    assert ngram_counts.count(encode, [["a a b"]], ["a b b"])[0].tolist() == [[3, 3, 2, 1, 0, 0, 3, 2, 1, 0]]


def test_repeated_ngrams_are_clipped_within_their_sentence():
    references = ["da da da da", "da", "nein", "ja ja nein ja ja"]
    hypotheses = ["da da", "da da da da da da", "da da", "ja ja ja ja ja nein"]
    agree("cldr", [hypotheses, references], references)


def test_every_language_of_the_embedded_text():
    text = load_corpus("cldr")
    for phrases in text.texts.values():
        references = [phrase for phrase in phrases if phrase is not None][:40]
        agree("cldr", [garble(references), references[::-1]], references)


@pytest.mark.parametrize("tokenize", ["flores101", "flores200"])
def test_real_outputs_of_many_scripts(data, tokenize):
    folder = data / "system_outputs"
    for path in sorted((folder / "chatgpt_flores200").glob("*.jsonl")):
        outputs = [json.loads(line) or "" for line in text_files.read(path)][:70]
        references = text_files.read(data / f"flores200_dataset/devtest/{path.stem}.devtest")[:70]
        agree(tokenize, [outputs], references)
    text = load_corpus("flores101", ["en", *(name[3:5] for name in MOZILLA if name[:2] == "en")])
    for name in MOZILLA:
        outputs = text_files.read(folder / "mozilla_flores101" / f"{name}.txt")
        references = text.texts[name[3:5]]
        part = slice(100, 250)
        agree(tokenize, [outputs[part], garble(references[part])], references[part])


def sums(seed=3):
    """Sums of statistics as they come, and such as seldom come: no match, no 4-gram, nothing at all."""
    draw = np.random.default_rng(seed)
    found = np.zeros((4000, 10), dtype=np.int64)
    found[:, 0] = draw.integers(0, draw.choice([3, 8, 100, 40_000], 4000) + 1)
    found[:, 1] = np.maximum(0, found[:, 0] + draw.integers(-9, 40, 4000))
    found[:, 6:] = np.maximum(found[:, :1] - draw.integers(1, 4, (4000, 1)) * np.arange(4), 0)
    found[:, 2:6] = found[:, 6:] * draw.random((4000, 4)) * draw.choice([0, 1], (4000, 4), p=[0.2, 0.8])
    return found


def test_points_are_sacrebleus_of_any_sums():
    rows, metric = sums(), sacrebleu_metrics.spbleu("cldr").metric
    expected = [metric._compute_score_from_stats(row).score for row in rows.tolist()]
    assert ngram_counts.points(rows).tolist() == pytest.approx(expected, rel=1e-13, abs=0)
    assert ngram_counts.points(rows.astype(float)).tolist() == ngram_counts.points(rows).tolist()
    assert 300 < sum(score == 0 for score in expected) < 3000
    assert ngram_counts.points(np.zeros((0, 10))).tolist() == []


def chrf_sums(seed=4):
    """Sums as they come, and such as seldom come: an order that one side lacks, no match, nothing at all."""
    draw = np.random.default_rng(seed)
    sides = draw.integers(1, 200_000, (4000, 8, 2)) * draw.choice([0, 1], (4000, 8, 2), p=[0.1, 0.9])
    sides[:200] = 0
    match = (sides.min(axis=2) * draw.random((4000, 8)) * draw.choice([0, 1], (4000, 1), p=[0.2, 0.8])).astype(int)
    return np.concatenate([sides, match[:, :, None]], axis=2).reshape(4000, 24)


@pytest.mark.parametrize("kind", [int, float, "fractions"])
def test_points_of_chrf_are_sacrebleus_to_the_last_digit_of_any_sums(kind):
    rows, metric = chrf_sums(), CHRF(word_order=2)
    rows = rows / 3 if kind == "fractions" else rows.astype(kind)
    expected = [metric._compute_score_from_stats(row).score for row in rows.tolist()]
    assert ngram_counts.chrf_points(rows).tolist() == expected
    assert 200 < sum(score == 0 for score in expected) < 2000
    assert ngram_counts.chrf_points(np.zeros((0, 24))).tolist() == []


def test_words_of_13a_are_counted_as_sacrebleu_counts_them():
    references = [*nonsense(150, 3), "", "  ", "a", "1,000.5 km/h (fast)!", "&quot;x&quot; &lt;skipped>"]
    systems = [nonsense(155, 4), garble(references), references, [""] * 155]
    for rows, hypotheses in zip(sacrebleu_metrics.bleu().count(systems, references), systems, strict=True):
        assert rows.tolist() == theirs(BLEU(), hypotheses, references).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_characters_and_words_of_chrf_are_counted_as_sacrebleu_counts_them(seed):
    references = [*nonsense(150, seed), "", "  ", "a", "(hi) 'x' --", "ja, ja! ja"]
    systems = [nonsense(155, seed + 50), garble(references, seed), references, [""] * 155]
    for rows, hypotheses in zip(sacrebleu_metrics.chrf().count(systems, references), systems, strict=True):
        assert rows.dtype == np.int64 and rows.tolist() == theirs(CHRF(word_order=2), hypotheses, references).tolist()


def test_chrf_of_real_outputs_of_many_scripts_is_counted_as_sacrebleu_counts_it(data):
    text = load_corpus("flores101", ["en", *(name[3:5] for name in MOZILLA if name[:2] == "en")])
    for name in MOZILLA:
        outputs = text_files.read(data / "system_outputs/mozilla_flores101" / f"{name}.txt")[100:250]
        references = text.texts[name[3:5]][100:250]
        systems = [outputs, garble(references)]
        for rows, hypotheses in zip(sacrebleu_metrics.chrf().count(systems, references), systems, strict=True):
            assert rows.tolist() == theirs(CHRF(word_order=2), hypotheses, references).tolist()
