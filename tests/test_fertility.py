"""fertility: counted by hand, by SentencePiece itself, and as the paper printed it."""

import math
import shutil

import pandas as pd
import pytest
import sentencepiece

from llamax_kit.analysis import fertility
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.data.languages import all_languages
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.utils.errors import KitError, UnknownName

BYTES = str.encode  # a tokenizer of bytes, whose counts anyone can check


def row(table: pd.DataFrame, code: str):
    return table.set_index("code").loc[code]


def test_by_hand_on_bytes():
    table = fertility.fertility(BYTES, {"en": ["a bc", "abcdef"], "ru": ["да", "да нет"], "zh": ["中文", "文 文"]})
    english, russian, chinese = (row(table, code) for code in ("en", "ru", "zh"))
    assert english.tokens_per_word == (4 / 2 + 6 / 1) / 2  # the mean of the sentences', not 10 / 3
    assert english.tokens_per_character == 10 / 9
    assert english.relative_to_english == 1
    assert (russian.tokens, russian.n) == (4 + 11, 2)
    assert russian.relative_to_english == 15 / 10
    assert chinese.tokens_per_word == (6 / 2 + 7 / 2) / 2  # characters, without spaces
    assert list(table.unit) == ["word", "word", "character"]


def test_a_position_that_a_language_lacks_counts_for_neither_side():
    table = fertility.fertility(BYTES, {"en": ["abcd", "ab", "ab"], "de": [None, "abcd", "  "]})
    german = row(table, "de")
    assert (german.relative_to_english, german.n) == (2, 1)
    assert row(table, "en").n == 3


def test_without_english_nothing_is_relative_to_it():
    assert math.isnan(row(fertility.fertility(BYTES, {"de": ["a"]}), "de").relative_to_english)


def test_spaces_around_a_sentence_change_nothing_and_their_order_neither():
    plain = fertility.fertility(BYTES, {"en": ["a b", "c"], "de": ["d", "e f"]})
    spaced = fertility.fertility(BYTES, {"en": [" c ", "a b\n"], "de": ["e f ", " d"]})
    pd.testing.assert_frame_equal(plain, spaced)


def test_what_words_are_follows_the_script():
    units = {unit: {each.code for each in all_languages() if fertility.unit(each.code) == unit}
             for unit in ("word", "character", "phrase")}  # fmt: skip
    assert units["character"] == {"zh", "zhtrad", "ja", "yue_Hant"}
    assert units["phrase"] == {"th", "lo", "km", "my", "bod_Tibt", "dzo_Tibt", "shn_Mymr"}
    assert sum(map(len, units.values())) == 204


def test_the_default_tokenizer_counts_as_sentencepiece_does():
    processor = sentencepiece.SentencePieceProcessor(model_file=str(sacrebleu_metrics.CLDR))
    texts = load_corpus("cldr", ["en", "sw", "ja"]).texts
    table = fertility.fertility(fertility.tokenizer("cldr"), texts)
    for code, lines in texts.items():
        assert row(table, code).tokens == sum(len(processor.encode(line)) for line in lines if line)
    assert len(fertility.tokenizer("cldr")("Hallo Welt")) == 7  # as the docstring says


def test_a_tokenizer_can_be_a_file_or_a_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    shutil.copy(sacrebleu_metrics.CLDR, tmp_path / "own.model")
    shutil.copy(sacrebleu_metrics.CLDR, tmp_path / "folder/tokenizer.model")
    text = "Friday, December 28, 1973"
    names = ("cldr", tmp_path / "own.model", tmp_path / "folder")
    counts = {len(fertility.tokenizer(str(name))(text)) for name in names}
    assert counts == {
        len(sentencepiece.SentencePieceProcessor(model_file=str(sacrebleu_metrics.CLDR)).encode(text))
    }  # no BOS


def test_unasked_the_tokens_of_the_systems_own_model_are_counted_and_of_files_the_pieces_of_their_scores():
    files, made = {"parameters": {"hypotheses": "a"}}, {"parameters": {"model": "LLaMAX2-7B"}}
    assert fertility.whose("auto", made, "flores101") == "LLaMAX2-7B"
    for record in (files, {"parameters": {"model": "copy"}}, {}):
        assert fertility.whose("auto", record, "flores101") == "flores101"
    assert fertility.whose("llama2", made, "flores101") == "llama2"


def test_a_model_in_the_data_folder_is_found_as_records_name_it(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    (tmp_path / "mine").mkdir()
    shutil.copy(sacrebleu_metrics.CLDR, tmp_path / "mine" / "tokenizer.model")
    assert len(fertility.tokenizer("$LLAMAX_KIT_DATA/mine")("Hallo Welt")) == 7


def test_a_tokenizer_that_is_nowhere_is_refused_by_name(tmp_path, monkeypatch):
    with pytest.raises(UnknownName, match="'clrd'.*cldr.*a .model file"):
        fertility.tokenizer("clrd")
    with pytest.raises(UnknownName):
        fertility.tokenizer("")
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    with pytest.raises(KitError, match="tokenizers.llama2.*put it there"):
        fertility.tokenizer("llama2")


def test_a_language_without_text_is_named():
    with pytest.raises(KitError, match=" sw.*leave sw out"):
        fertility.fertility(BYTES, {"en": ["a"], "sw": ["", None]})
    with pytest.raises(UnknownName):
        fertility.fertility(BYTES, {"english?": ["a"]})


def translations(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["src", "tgt", "index", "source", "reference"])


def test_the_texts_of_a_run_are_its_sources_and_references_by_position():
    table = translations(("en", "de", 1, "Hi", "Hallo"), ("en", "sw", 3, "Cat", "Paka"), ("de", "en", 1, "Hallo", "Hi"))
    assert fertility.texts(table) == {
        "en": [None, "Hi", None, "Cat"], "de": [None, "Hallo", None, None], "sw": [None, None, None, "Paka"],
    }  # fmt: skip


def test_texts_of_two_corpora_are_not_one():
    table = translations(("en", "de", 1, "Hi", "Hallo"), ("en", "sw", 1, "Cat", "Paka"))
    with pytest.raises(KitError, match="sentence 1 of en.*one parallel corpus"):
        fertility.texts(table)


def test_table_1_and_figure_5_of_the_paper_come_out(data):
    """The authors count on FLORES-101 devtest with Llama 2's tokenizer, and average over sentences."""
    texts = load_corpus("flores101", ["en", "ro", "el", "bn", "zh", "ja"]).texts
    encode = fertility.tokenizer("llama2")
    table = fertility.fertility(encode, texts)
    printed = {code: round(row(table, code).tokens_per_word, 2) for code in ("ro", "el", "bn")}
    assert printed == {"ro": 2.25, "el": 6.52, "bn": 8.62}
    assert round(row(table, "zh").tokens_per_word, 2) == 1.48 and round(row(table, "ja").tokens_per_word, 2) == 1.23
    theirs = [len(encode(line.strip())) / len(line.split()) for line in texts["zh"]]
    assert round(sum(theirs) / len(theirs)) == 45  # what their script counts, which parts Chinese at spaces


def test_fewer_tokens_need_not_be_a_smaller_premium(data):
    """Llama 3's tokenizer makes fewer tokens of Bengali than Llama 2's, but of English far fewer still."""
    texts = load_corpus("flores101", ["en", "bn"]).texts
    few, many = (row(fertility.fertility(fertility.tokenizer(name), texts), "bn") for name in ("llama3", "llama2"))
    assert few.tokens < many.tokens and few.tokens_per_word < many.tokens_per_word
    assert few.relative_to_english > many.relative_to_english
