"""The shipped SentencePiece model: the file that was recorded, loss-free in every language, and fair to most."""

import unicodedata
from pathlib import Path

import pytest
import sentencepiece

import llamax_kit
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.utils import files

MODEL = Path(llamax_kit.__file__).parent / "scoring/cldr.model"


@pytest.fixture(scope="module")
def tokenizer():
    return sentencepiece.SentencePieceProcessor(model_file=str(MODEL))


@pytest.fixture(scope="module")
def devtest():
    return load_corpus("cldr")


def test_it_is_the_recorded_file():
    assert files.sha256(MODEL) == "1e12e6621a027bcf61737a72abd8c7a16c3187a88d1cfe3cbc1fd38442725428"
    assert MODEL.stat().st_size < 400_000


def test_special_tokens_are_llamas(tokenizer):
    assert (tokenizer.unk_id(), tokenizer.bos_id(), tokenizer.eos_id(), tokenizer.pad_id()) == (0, 1, 2, -1)
    assert [tokenizer.id_to_piece(number) for number in range(3)] == ["<unk>", "<s>", "</s>"]
    assert tokenizer.get_piece_size() == 8000


def test_every_language_comes_back_as_it_went_in(tokenizer, devtest):
    for code, texts in devtest.texts.items():
        for text in filter(None, texts):
            expected = " ".join(unicodedata.normalize("NFKC", text).split())
            assert tokenizer.decode(tokenizer.encode(text)) == expected, code


def test_what_it_never_saw_comes_back_by_bytes(tokenizer):
    prompt = "### Input:\nᚠᛇᚻ 🙂\n\n### Response:"
    assert tokenizer.decode(tokenizer.encode(prompt)) == prompt
    assert "<0x0A>" in tokenizer.encode(prompt, out_type=str)
    assert 0 not in tokenizer.encode(prompt)


def test_no_language_costs_much_more_than_a_piece_a_character(tokenizer, devtest):
    fertility = {}
    for code, texts in devtest.texts.items():
        said = [text for text in texts if text is not None]
        fertility[code] = sum(map(len, tokenizer.encode(said))) / sum(map(len, said))
    assert max(fertility.values()) < 1.06 and fertility["en"] < 0.5  # pieces a character
    assert max(fertility, key=fertility.get) in ("zh", "zhtrad", "yue_Hant")  # a character is a word or half a word
