"""Added tokens in prompts and answers: ids against transformers and tokenizers, plain and chat, in every layout.

`llama2_ids.json` holds what transformers 4.46.3 made of 22 texts with Llama 2's pieces and nine added tokens, by its
SentencePiece tokenizer (tokenizer.model) and its tokenizers one (tokenizer.json), with `legacy` and `add_prefix_space`
on and off. Of a single-word token that stands inside a word, its SentencePiece tokenizer splits the word all the same
("swordfish word."); the kit does not, and so this text is not among them.
"""

import json
import shutil
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
import twins

from llamax_kit.data.reasoning import parted
from llamax_kit.models import tokenizer_files
from llamax_kit.models.added_tokens import AddedToken, Splitter
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.reporting import tables
from llamax_kit.tasks import prompts
from llamax_kit.training.corpus.mixture import Record
from llamax_kit.training.examples.encoding import encode
from llamax_kit.utils.errors import KitError

GOLDEN = json.loads((Path(__file__).parent / "llama2_ids.json").read_text(encoding="utf-8"))
SETTINGS = [name for name in GOLDEN if name.startswith("legacy")]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def described(first: int) -> dict:
    """The nine added tokens of GOLDEN as tokenizer_config.json describes them, ids from `first` on."""
    tokens = [(text, {"special": True}) for text in GOLDEN["special"]]
    tokens += [(text, {"normalized": True}) for text in GOLDEN["plain"]]
    tokens += [(text, {flag: True}) for text, flag in GOLDEN["flags"].items() if text != "word"]
    return {str(first + at): {"content": text, "special": False, **flags} for at, (text, flags) in enumerate(tokens)}


def folder(root: Path, pieces: Path, setting: str, kind: str, size: int = 32000, word: int | None = None) -> Path:
    """A model folder with GOLDEN's added tokens, legacy and prefix by `setting`, as `kind` of file."""
    legacy, prefix = ("true" in part for part in setting.split(","))
    root.mkdir(parents=True)
    tokens = described(size)
    if word is not None:  # it is in the vocabulary already
        tokens[str(word)] = {"content": "word", "special": False, "single_word": True}
    config = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "legacy": legacy,
              "add_prefix_space": prefix, "added_tokens_decoder": tokens, "chat_template": CHATML}  # fmt: skip
    (root / "tokenizer_config.json").write_text(json.dumps(config))
    (root / "added_tokens.json").write_text(json.dumps({each["content"]: int(id) for id, each in tokens.items()}))
    (root / "config.json").write_text(json.dumps({"model_type": "llama", "eos_token_id": 2}))
    if kind == "tokenizer.model":
        shutil.copyfile(pieces, root / kind)
    else:
        converted(pieces, legacy, prefix, tokens).save(str(root / kind))
    return root


def converted(pieces: Path, legacy: bool, prefix: bool, tokens: dict) -> tokenizers.Tokenizer:
    """A tokenizer.json of SentencePiece pieces, built as transformers 4.46 did."""
    from tokenizers import decoders, normalizers, pre_tokenizers
    from transformers.tokenization_utils_sentencepiece import SentencePieceExtractor

    vocab, _, merges = SentencePieceExtractor(str(pieces)).extract(True)
    model = tokenizers.models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    library = tokenizers.Tokenizer(model)
    if legacy:
        first = [normalizers.Prepend("▁")] * prefix
        library.normalizer = normalizers.Sequence([*first, normalizers.Replace(" ", "▁")])
    else:
        library.pre_tokenizer = pre_tokenizers.Metaspace("▁", "first" if prefix else "never", split=False)
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    steps += [decoders.Strip(" ", 1, 0)] * prefix
    library.decoder = decoders.Sequence(steps)
    library.add_special_tokens([tokenizers.AddedToken(text, normalized=False) for text in ("<unk>", "<s>", "</s>")])
    for _, each in sorted(tokens.items(), key=lambda item: int(item[0])):
        flags = {name: each.get(name, False) for name in ("special", "lstrip", "rstrip", "single_word", "normalized")}
        library.add_tokens([tokenizers.AddedToken(each["content"], **flags)])
    return library


@pytest.fixture(scope="session")
def pieces(tmp_path_factory) -> Path:
    return twins.train_sentencepiece(tmp_path_factory.mktemp("pieces") / "tokenizer.model")


@pytest.mark.parametrize("kind", ["tokenizer.model", "tokenizer.json"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_ids_with_llama_2_are_those_of_transformers_446(data, tmp_path, setting, kind):
    model = data / "tokenizers/llama2/tokenizer.model"
    tokenizer = tokenizer_files.load(folder(tmp_path / "m", model, setting, kind, word=1742))
    for text, ids in zip(GOLDEN["texts"], GOLDEN[setting][kind], strict=True):
        assert tokenizer.read(text, []) == ids, text


@pytest.mark.parametrize("kind", ["tokenizer.model", "tokenizer.json"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_plain_added_token_is_read_and_kept_a_special_one_is_text_and_leaves_none(pieces, tmp_path, setting, kind):
    tokenizer = tokenizer_files.load(folder(tmp_path / "m", pieces, setting, kind, size=600))
    ids = tokenizer.encode("nasema habari ya asubuhi")
    assert ids.count(603) == 1  # habari
    assert "habari" in tokenizer.decode(ids[1:]) and tokenizer.words
    assert 600 not in tokenizer.encode("<|im_start|> x")
    assert "im_start" in tokenizer.decode(tokenizer.encode("<|im_start|> x")[1:])
    assert "im_start" not in tokenizer.decode([600, *ids[1:], 601])
    for text in ("habari ya asubuhi", "x habari qhubeka y", "<2swh> Good", "a\nhabari\n\nb"):
        read = tokenizer.decode(tokenizer.encode(text)[1:])
        assert read.split() == text.split(), read


@pytest.mark.parametrize("setting", SETTINGS)
def test_tokenizer_json_with_control_tokens_equals_its_library(pieces, tmp_path, setting):
    path = folder(tmp_path / "m", pieces, setting, "tokenizer.json", size=600)
    tokenizer, library = tokenizer_files.load(path), tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    for text in (*GOLDEN["texts"], *twins.TEXT):
        assert tokenizer.read(text, []) == library.encode(text, add_special_tokens=False).ids, text


def test_a_token_that_only_added_tokens_json_names(pieces, tmp_path):
    path = folder(tmp_path / "m", pieces, SETTINGS[0], "tokenizer.json", size=600)
    (path / "added_tokens.json").write_text('{"asante": 608, "<|im_end|>": 601, "<|call|>": 609}')
    config = json.loads((path / "tokenizer_config.json").read_text())
    config["additional_special_tokens"] = [{"content": "<|call|>"}]
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = tokenizer_files.load(path)
    assert 608 in tokenizer.encode("sema asante") and "asante" in tokenizer.decode([608])
    assert tokenizer.special["<|call|>"] == 609 and "asante" not in tokenizer.special
    (path / "added_tokens.json").write_text('{"asante": 700}')
    with pytest.raises(KitError, match="'asante'.*700.*608.*fetch"):
        tokenizer_files.load(path)


def test_control_tokens_of_a_template_file_count_and_those_of_a_source_do_not(pieces, tmp_path):
    template = tmp_path / "chatml.txt"
    template.write_text("<|im_start|>user\nTo {tgt}: {source}<|im_end|>\n<|im_start|>assistant\n\n")
    for kind in ("tokenizer.model", "tokenizer.json"):
        tokenizer = tokenizer_files.load(folder(tmp_path / kind, pieces, SETTINGS[2], kind, size=600))
        prompt = prompts.build(str(template), source="x<|im_end|></s> <|im_start|>y", src="en", tgt="sw")
        ids = tokenizer.encode(prompt)
        assert [id for id in ids if id in (1, 2, 600, 601)] == [1, 600, 601, 600]
        as_chat = tokenizer.encode(tokenizer.chat([{"role": "user", "content": "To Swahili: x"}]))
        assert tokenizer.encode(prompts.build(str(template), source="x", src="en", tgt="sw")) == as_chat
        shown = tables.show_prompt(prompt, tokenizer.pieces(prompt)).data
        assert shown.count('title="control token">') == 4 and f"{len(ids)} tokens, 4 of them control" in shown


def test_markers_of_reasoning_stay_in_answers_even_as_control_tokens(pieces, tmp_path):
    for kind in ("tokenizer.model", "tokenizer.json"):
        path = folder(tmp_path / kind, pieces, SETTINGS[2], kind, size=600)
        (path / "added_tokens.json").write_text('{"<think>": 608, "</think>": 609}')
        config = json.loads((path / "tokenizer_config.json").read_text())
        config["additional_special_tokens"] = ["<think>", "</think>"]
        config["chat_template"] += "{% if enable_thinking is false %}<think></think>{% endif %}"
        (path / "tokenizer_config.json").write_text(json.dumps(config))
        tokenizer = tokenizer_files.load(path)
        ids = [608, *tokenizer.ordinary("plan"), 609, *tokenizer.ordinary("Nzuri")]
        assert parted(tokenizer.decode(ids)) == ("plan", "Nzuri")
        thinks, not_ = (
            prompts.build(name, source="x", src="en", tgt="sw", chat=tokenizer.chat) for name in prompts.CHATS
        )
        assert not_ == thinks + "<think></think>" and tokenizer.encode(not_)[-2:] == [608, 609]


def test_a_template_without_the_switch_cannot_switch_reasoning_off(pieces, tmp_path):
    tokenizer = tokenizer_files.load(folder(tmp_path / "m", pieces, SETTINGS[0], "tokenizer.model", size=600))
    with pytest.raises(KitError, match="`enable_thinking`.*'chat'"):
        prompts.build("chat_no_thinking", source="x", src="en", tgt="sw", chat=tokenizer.chat)


@pytest.mark.parametrize("kind", ["tokenizer.model", "tokenizer.json"])
def test_training_reads_added_tokens_as_the_engine_does(pieces, tmp_path, kind):
    tokenizer = tokenizer_files.load(folder(tmp_path / "m", pieces, SETTINGS[2], kind, size=600))
    example = encode(Record("instruction", "", "", "say habari", "habari ya <|im_end|>"), tokenizer, 64)
    assert example.ids == [*tokenizer.encode("say habari habari ya <|im_end|>"), 2]
    assert example.ids.count(603) == 2 and 601 not in example.ids


def test_what_looks_like_a_control_token_and_is_none_is_named(pieces, tmp_path):
    tokenizer = tokenizer_files.load(folder(tmp_path / "m", pieces, SETTINGS[0], "tokenizer.model", size=600))
    prompt = Prompt.of("<|im_start|>user<|eot_id|> <|say|><start_of_turn>", [(26, 34)])
    assert prompts.lookalikes(prompt, tokenizer.special) == ["<|eot_id|>", "<start_of_turn>"]


def test_a_prompt_on_the_page_is_escaped():
    page = tables.show_prompt("<b>&", [("<b>", False), ("<i>\n", True)], ["a <u> note"]).data
    assert "&lt;b&gt;&amp;" in page and "&lt;i&gt;⏎" in page and "a &lt;u&gt; note" in page
    assert not any(tag in page for tag in ("<i>", "<u>"))


@pytest.mark.parametrize(
    ("tokens", "text", "expected"),
    [
        ([AddedToken(1, "ab"), AddedToken(2, "abc")], "xabcab", ["x", "abc", "ab"]),  # the longest
        ([AddedToken(1, "<l>", lstrip=True)], "a  <l> b", ["a", "<l>", " b"]),
        ([AddedToken(1, "<r>", rstrip=True)], "a <r>\n b", ["a ", "<r>", "b"]),
        ([AddedToken(1, "w", single_word=True)], "w aw w", ["w", " aw ", "w"]),
        ([AddedToken(1, "a.c")], "abc a.c", ["abc ", "a.c"]),  # no pattern
        ([], "abc", ["abc"]),
        ([AddedToken(1, "abc")], "", []),
    ],
)
def test_where_added_tokens_stand(tokens, text, expected):
    assert [piece.text for piece in Splitter(tokens).split(text, [])] == expected


def test_a_special_token_in_protected_text_is_text():
    splitter = Splitter([AddedToken(1, "<s>", special=True), AddedToken(2, "habari")])
    found = list(splitter.split("<s>a<s>habari<s>", [(4, 13)]))
    assert [(piece.text, bool(piece.token)) for piece in found] == [
        ("<s>", True), ("a<s>", False), ("habari", True), ("<s>", True),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["tokenizer.model", "tokenizer.json"])
def test_a_control_token_that_a_file_calls_plain_is_control(pieces, tmp_path, kind):
    """So are many ChatML models described; read as words, they end no turn and stay in answers."""
    path = folder(tmp_path / "m", pieces, SETTINGS[2], kind, size=600)
    for name, listed in (("tokenizer_config.json", "added_tokens_decoder"), ("tokenizer.json", "added_tokens")):
        if (path / name).is_file():
            content = json.loads((path / name).read_text(encoding="utf-8"))
            tokens = content[listed]
            for token in tokens.values() if isinstance(tokens, dict) else tokens:
                token["special"] = False
            (path / name).write_text(json.dumps(content))
    tokenizer = tokenizer_files.load(path)
    prompt = tokenizer.chat([{"role": "user", "content": "x<|im_end|>y"}])
    ids = tokenizer.encode(prompt)
    assert [id for id in ids if id >= 600] == [600, 601, 600] and tokenizer.end_of_turn == 601
    assert prompts.lookalikes(prompt, tokenizer.special) == []
    assert "im_end" not in tokenizer.decode([*ids, 601]).replace("x<|im_end|>y", "")
    assert 601 not in tokenizer.encode("a <|im_end|> b")


@pytest.mark.parametrize(
    "template",
    ["{{ m.content | replace('\n', ' ') }}", "{{ m.content.split() | join(' ') }}", "{{ m.content | tojson }}",
     "{{ m.content }}|{{ m.content }}", "{{ m.content | upper }}", "{{ m.content | trim }}"],
)  # fmt: skip
def test_a_source_is_protected_whatever_a_chat_template_makes_of_it(pieces, tmp_path, template):
    path = folder(tmp_path / "m", pieces, SETTINGS[2], "tokenizer.model", size=600)
    chat = "{% for m in messages %}<|im_start|>" + template + "<|im_end|>{% endfor %}<|im_start|>"
    (path / "chat_template.jinja").write_text(chat)
    tokenizer = tokenizer_files.load(path)
    ids = tokenizer.encode(prompts.build("chat", source="a <|im_end|> b", src="en", tgt="sw", chat=tokenizer.chat))
    assert [id for id in ids if id >= 600] == [600, 601, 600]


@pytest.mark.parametrize("template", ["{{ m.content + 1 }}", "{{ {[]: 1} }}", "{{ '%d' % messages }}"])
def test_a_template_that_fails_stops_chat_alone(pieces, tmp_path, template):
    path = folder(tmp_path / "m", pieces, SETTINGS[2], "tokenizer.model", size=600)
    (path / "chat_template.jinja").write_text(template)
    tokenizer = tokenizer_files.load(path)
    assert tokenizer.end_of_turn is None and tokenizer.encode("x")
    with pytest.raises(KitError, match="chat template.*To mend: .*'alpaca'"):
        tokenizer.chat([{"role": "user", "content": "x"}])


def test_user_defined_pieces_that_are_control_tokens_are_control(tmp_path):
    """As Gemma's are: SentencePiece itself finds them in any text."""
    tmp_path.joinpath("tokenizer.model").write_bytes(b"")
    twins.train_sentencepiece(tmp_path / "tokenizer.model", user_defined_symbols="<start_of_turn>,<end_of_turn>,habari")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "eos_token_id": 2}')
    (tmp_path / "chat_template.jinja").write_text("{% for m in messages %}<start_of_turn>{{ m.content }}<end_of_turn>"
                                                  "{% endfor %}")  # fmt: skip
    tokenizer = tokenizer_files.load(tmp_path)
    start, end = tokenizer.special["<start_of_turn>"], tokenizer.special["<end_of_turn>"]
    ids = tokenizer.encode(tokenizer.chat([{"role": "user", "content": "a<end_of_turn>habari"}]))
    assert [id for id in ids if id in (start, end)] == [start, end] and tokenizer.end_of_turn == end
    assert "habari" in [piece for piece, _ in tokenizer.pieces("x habari")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"added_tokens.json": {"habari": "x"}}, "'x'"),
        ({"added_tokens.json": {"habari": None}}, "NoneType"),
        ({"tokenizer_config.json": {"eos_token": {"x": 1}}}, "KeyError.*content"),
        ({"tokenizer_config.json": {"eos_token": ["</s>"]}}, "'list'"),
        ({"added_tokens.json": {"habari": -1}}, "'habari': -1"),
        ({"tokenizer_config.json": {"added_tokens_decoder": {"600": "habari"}}}, "'str'"),
        ({"added_tokens.json": {"habari": 600, "jambo": 600}}, "'habari'.*'jambo'.*600"),
    ],
)
def test_added_tokens_that_are_none(pieces, tmp_path, files, message):
    shutil.copyfile(pieces, tmp_path / "tokenizer.model")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "eos_token_id": 2}')
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(KitError, match=f"{message}.*To mend: fetch .*again"):
        tokenizer_files.load(tmp_path)


def test_a_token_beyond_the_models_vocabulary_is_named_and_padding_leaves_no_text(pieces, tmp_path):
    shutil.copyfile(pieces, tmp_path / "tokenizer.model")
    (tmp_path / "config.json").write_text('{"model_type": "llama", "eos_token_id": 2, "vocab_size": 601}')
    (tmp_path / "added_tokens.json").write_text('{"jambo": 600, "habari": 601}')
    tokenizer = tokenizer_files.load(tmp_path)
    assert tokenizer.encode("sema jambo")[-1] == 600
    with pytest.raises(KitError, match="vocab_size.*'habari' has 601.*tokenizer files"):
        tokenizer.encode("sema habari")
    assert tokenizer.decode([600, 640, 700]) == "jambo"


def test_a_tokenizer_json_that_prepends_to_each_part_decides_for_the_model_file_beside_it(pieces, tmp_path):
    """Llama 2's chat files say `legacy: false`, but their tokenizer.json, as Meta's code, has "▁[INST]" behind BOS."""
    path = folder(tmp_path / "m", pieces, SETTINGS[2], "tokenizer.model", size=600)
    assert SETTINGS[2].startswith("legacy false")
    (path / "chat_template.jinja").write_text("<s>[INST2] {{ messages[0].content }}")

    def ids():
        tokenizer = tokenizer_files.load(path)
        return tokenizer.encode(tokenizer.chat([{"role": "user", "content": "a"}]))

    bare = ids()
    converted(pieces, legacy=True, prefix=True, tokens={}).save(str(path / "tokenizer.json"))
    own = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    assert ids() == [1, *own.encode("[INST2] a")] != bare
