"""The miniatures' tokenizer and first weights: pieces, bytes, digits; shapes counted by hand; the seed, and no more."""

import re

import pytest

from llamax_kit.analysis import fertility
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.data.languages import all_languages
from llamax_kit.models import checkpoints, loading, tokenizer_files
from llamax_kit.tasks import prompts
from llamax_kit.training import settings
from llamax_kit.training.miniature import model as miniature
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import sha256

BASE = ["en", "de", "ru"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A folder of texts with phrases of `BASE`, and of Bengali, which is not in it."""
    place = tmp_path_factory.mktemp("texts")
    (place / "mono").mkdir()
    for code, lines in load_corpus("cldr:dev", [*BASE, "bn"]).texts.items():
        text = "".join(f"{line}\n" for line in lines if line)
        (place / "mono" / f"{code}.txt").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def made(texts, tmp_path_factory):
    """A tiny miniature with its tokenizer, in a folder."""
    place = tmp_path_factory.mktemp("made")
    pieces = miniature.train_tokenizer(place / "pieces/tokenizer.model", folder=texts, base=BASE)
    return miniature.initialise(place / "tiny", tokenizer=pieces, size="tiny")


@pytest.fixture(scope="module")
def tokenizer(made):
    return tokenizer_files.load(made)


@pytest.fixture(scope="module")
def library(made):
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_file=str(made / "tokenizer.model"))


def test_it_has_two_thousand_pieces_and_all_bytes_among_them(library):
    assert miniature.PIECES == library.get_piece_size() == 2_000
    assert [library.id_to_piece(at) for at in range(3)] == ["<unk>", "<s>", "</s>"]
    assert [library.id_to_piece(3 + at) for at in range(256)] == [f"<0x{at:02X}>" for at in range(256)]
    assert all(library.is_byte(3 + at) for at in range(256))


def test_letters_without_a_piece_are_their_bytes_as_in_bengali(tokenizer, library):
    text = "জানুয়ারি"
    ids = [id for id in tokenizer.ordinary(text) if library.id_to_piece(id) != "▁"]
    assert bytes(id - 3 for id in ids) == text.encode() and len(ids) == 3 * len(text)
    assert tokenizer.text(ids) == text
    assert not [id for id in tokenizer.ordinary("Январь January") if library.is_byte(id)]


def test_digits_stand_one_by_one(tokenizer, library):
    pieces = [library.id_to_piece(id) for id in tokenizer.ordinary("On 31.12.1987")]
    assert [piece for piece in pieces if any(map(str.isdigit, piece))] == list("31121987")
    held = [library.id_to_piece(at) for at in range(259, 2_000)]
    assert {piece for piece in held if any(map(str.isdecimal, piece))} <= set("0123456789")


@pytest.mark.parametrize(
    "text",
    ["one\ntwo\n\nthree\n", "  two  spaces  ", "a\ttab", "Приве́т, мир – 世界 🙂", "জানুয়ারি", "</s> is text", "\n", ""],
)
def test_every_text_comes_back_as_it_was(tokenizer, library, text):
    ids = tokenizer.ordinary(text)
    assert ids == library.encode(text)
    assert tokenizer.text(ids) == text and tokenizer.decode(ids[:0]) == ""
    assert tokenizer.encode(text) == [1, *ids] and not {1, 2} & set(ids)


def test_a_line_end_is_one_byte(tokenizer):
    assert tokenizer.ordinary("a\nb") == [*tokenizer.ordinary("a"), 3 + 0x0A, tokenizer.ordinary("a\nb")[-1]]


def test_the_prompt_leaves_room_as_its_words_are_whole_pieces(tokenizer, library):
    base = [(src, tgt) for src in BASE for tgt in BASE if src != tgt]
    assert max(len(tokenizer.encode(prompts.build("alpaca", source="", src=src, tgt=tgt))) for src, tgt in base) < 70
    assert (
        max(
            len(tokenizer.encode(prompts.build("alpaca", source="", src="en", tgt=each.code)))
            for each in all_languages()
        )
        < 80
    )
    pieces = [library.id_to_piece(id) for id in tokenizer.ordinary(prompts.PREAMBLE)]
    assert pieces == [f"▁{word}" if word[0].isalnum() else word for word in re.findall(r"\w+|[,.]", prompts.PREAMBLE)]


def test_its_own_languages_take_fewest_tokens(tokenizer):
    texts = load_corpus("cldr", [*BASE, "sw", "bn"]).texts
    found = fertility.fertility(tokenizer.ordinary, texts).set_index("code")["relative_to_english"]
    assert found["en"] == 1 and max(found["de"], found["ru"]) < found["sw"] < found["bn"] / 2


def test_the_same_lines_give_the_same_bytes_and_other_languages_in_the_folder_none(made, texts, tmp_path):
    (texts / "mono/sw.txt").write_text("Habari ya dunia\n" * 500, encoding="utf-8")
    again = miniature.train_tokenizer(tmp_path / "tokenizer.model", folder=texts, base=["eng_Latn", *BASE[1:]])
    assert sha256(again) == sha256(made / "tokenizer.model")
    other = miniature.train_tokenizer(tmp_path / "other.model", folder=texts, base=[*BASE, "sw"])
    assert sha256(other) != sha256(again)


def test_texts_that_lack_a_language_are_told_and_nothing_is_written(texts, tmp_path):
    with pytest.raises(KitError, match=r"^could not read .*mono[/\\]fr\.txt: No such file or directory\. To mend: "):
        miniature.train_tokenizer(tmp_path / "tokenizer.model", folder=texts, base=[*BASE, "fr"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("size", "hidden", "inner", "parameters"), [
    ("tiny", 64, 192, 234_816), ("small", 128, 384, 682_624), ("mini", 256, 768, 2_217_216),
])  # fmt: skip
def test_each_size_has_its_number_of_parameters(made, tmp_path, size, hidden, inner, parameters):
    layer = 4 * hidden**2 + 3 * hidden * inner + 2 * hidden  # q, k, v, o; gate, up, down; two norms
    assert 2_000 * hidden + 2 * layer + hidden == parameters
    place = miniature.initialise(tmp_path / size, tokenizer=made / "tokenizer.model", size=size)
    model = loading.load_model(loading.resolve(str(place)), dtype="float32")
    assert model.num_parameters() == settings.count(place) == parameters
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert (place / "model.safetensors").stat().st_size < 4 * parameters + 5_000  # the embeddings once
    config = checkpoints.read_json(place / "config.json")
    known = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_size": hidden}
    known |= {"intermediate_size": inner, "vocab_size": 2_000, "max_position_embeddings": 2_048}
    known |= {"tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "architectures": ["LlamaForCausalLM"]}
    assert {name: config[name] for name in known} == known
    assert sha256(place / "tokenizer.model") == sha256(made / "tokenizer.model")


def test_the_seed_alone_decides_the_weights(made, tmp_path):
    import torch

    def weights(name, seed):
        place = miniature.initialise(tmp_path / name, tokenizer=made / "tokenizer.model", size="tiny", seed=seed)
        return sha256(place / "model.safetensors")

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    assert weights("one", 1) == sha256(made / "model.safetensors") != weights("two", 2)
    assert torch.equal(torch.rand(3), expected)  # the caller's random numbers stay as they were


def test_the_first_weights_spread_as_llamas_do(made):
    state = loading.load_model(loading.resolve(str(made)), dtype="float32").state_dict()
    drawn = [weights for name, weights in state.items() if "norm" not in name]
    assert all(abs(weights.mean()) < 1e-3 and 0.0195 < weights.std() < 0.0205 for weights in drawn)
    assert all((weights == 1).all() for name, weights in state.items() if "norm" in name)


@pytest.mark.parametrize(("gpu", "processor", "fast"), [
    (False, "AVX512", True), (False, "AVX2", False), (False, "DEFAULT", False), (True, "AVX2", True),
])  # fmt: skip
def test_bfloat16_is_for_machines_that_are_fast_with_it_and_never_for_the_smallest(monkeypatch, gpu, processor, fast):
    import torch

    monkeypatch.setattr(torch.accelerator, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    assert miniature.bf16("mini") is miniature.bf16("small") is fast and miniature.bf16("tiny") is False


def test_another_size_is_refused(made, tmp_path):
    with pytest.raises(UnknownName) as raised:
        miniature.initialise(tmp_path / "huge", tokenizer=made / "tokenizer.model", size="huge")
    assert str(raised.value) == "unknown size 'huge'. One of: tiny, small, mini. To mend: use one of these"
    assert not (tmp_path / "huge").exists()
