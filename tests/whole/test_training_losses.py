"""Bits per byte: equal to a sum by hand, to the identity with loss and tokens, and the same in batches of any size."""

import math

import pytest
import small

from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.training import losses
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils.errors import KitError

COLUMNS = ["code", "name", "bits_per_byte", "loss", "tokens_per_byte", "n"]
TEXTS = {
    "en": [small.sentence(at, 12) for at in range(9)],
    "sw": ["Habari ya dunia", None, "31 Januari 2001", "", None, "wiki 3 zilizopita", "Kenya", "saa 1", None],
    "bn": [None, "জানুয়ারি", *[None] * 7],
}


def corpus(texts):
    return Corpus("made", "", "made up", texts)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A random Llama of 320 pieces, far from uniform."""
    return small.llama(tmp_path_factory.mktemp("losses") / "tiny", eos=(2,))


@pytest.fixture(scope="module")
def measured(model):
    return losses.by_language(model, corpus(TEXTS)).set_index("code")


def by_hand(folder, text, heading=""):
    """Nats, tokens and bytes of a text, by torch alone: -log p of each token behind the BOS, or behind a heading."""
    import sentencepiece
    import torch
    from transformers import LlamaForCausalLM

    network = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    head, own = [network.config.bos_token_id, *pieces.encode(heading)], pieces.encode(text)
    with torch.no_grad():
        likely = network(torch.tensor([head + own])).logits[0].double().log_softmax(-1)
    return -sum(likely[at, id].item() for at, id in enumerate(own, len(head) - 1)), len(own), len(text.encode())


def test_one_phrase_is_as_by_hand(model, measured):
    nats, tokens, size = by_hand(model, "জানুয়ারি")
    assert (tokens, size) == (28, 27)  # 27 bytes, and a piece for the word's beginning
    row = measured.loc["bn"]
    assert row.loss == pytest.approx(nats / tokens, abs=1e-5)
    assert row.bits_per_byte == pytest.approx(nats / size / math.log(2), abs=1e-5)
    assert (row.tokens_per_byte, row.n, row["name"]) == (28 / 27, 1, "Bengali")


def test_a_language_is_the_sum_of_its_phrases_none_and_empty_ones_passed_over(model, measured):
    found = [by_hand(model, text) for text in TEXTS["sw"] if text]
    nats, tokens, size = (sum(each) for each in zip(*found, strict=True))
    row = measured.loc["sw"]
    assert row.n == len(found) == 5
    assert row.bits_per_byte == pytest.approx(nats / math.log(2) / size, abs=1e-5)
    assert row.loss == pytest.approx(nats / tokens, abs=1e-5) and row.tokens_per_byte == tokens / size


def test_behind_its_name_a_text_is_judged_as_in_training_and_the_name_itself_is_not(model, measured):
    found = losses.by_language(model, corpus(TEXTS), names=True).set_index("code")
    assert found.tokens_per_byte.equals(measured.tokens_per_byte) and found.n.equals(measured.n)
    for code, heading in (("bn", "Bengali:"), ("sw", "Swahili:")):
        each = [by_hand(model, text, heading) for text in TEXTS[code] if text]
        nats, _, size = (sum(part) for part in zip(*each, strict=True))
        assert found.loc[code, "bits_per_byte"] == pytest.approx(nats / math.log(2) / size, abs=1e-5)
        assert abs(found.loc[code, "bits_per_byte"] - measured.loc[code, "bits_per_byte"]) > 1e-3


def test_the_three_figures_belong_together(measured):
    assert measured.reset_index().columns.tolist() == COLUMNS
    assert measured.index.tolist() == ["en", "sw", "bn"] and measured.n.tolist() == [9, 5, 1]
    together = measured.loss / math.log(2) * measured.tokens_per_byte
    assert measured.bits_per_byte.tolist() == pytest.approx(together.tolist(), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_batches_do_not_matter(model, measured, monkeypatch, rows):
    monkeypatch.setattr(losses, "BATCH", rows)
    again = losses.by_language(model, corpus(TEXTS)).set_index("code")
    for column in COLUMNS[2:]:
        assert again[column].tolist() == pytest.approx(measured[column].tolist(), rel=1e-6)  # float32


def test_only_the_first_phrases_are_read(model):
    few = losses.by_language(model, corpus(TEXTS), 2).set_index("code")
    assert few.n.tolist() == [2, 2, 1]
    first = losses.by_language(model, corpus({"sw": [TEXTS["sw"][0], TEXTS["sw"][2]]})).set_index("code")
    assert few.loc["sw", "bits_per_byte"] == pytest.approx(first.loc["sw", "bits_per_byte"], rel=1e-6)


def test_a_model_that_knows_nothing_loses_the_logarithm_of_its_vocabulary(tmp_path):
    random_llama.make(tmp_path, tokenizer=random_llama.TOKENIZER, seed=1, initializer_range=0.02)
    size = loading.load_model(loading.resolve(str(tmp_path)), dtype="float32").config.vocab_size
    found = losses.by_language(str(tmp_path), load_corpus("cldr", ["en", "sw", "bn"]), 20)
    assert found.loss.tolist() == pytest.approx([math.log(size)] * 3, rel=0.01)
    assert found.n.tolist() == [20] * 3
    assert found.tokens_per_byte.between(0.1, 1.1).all()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(KitError, match="To mend: "):
        losses.by_language(tmp_path, corpus(TEXTS))
