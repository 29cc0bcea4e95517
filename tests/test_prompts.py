"""Prompts to the byte, answers as generated, and the authors' extraction against a parser of the whole file."""

import os

import pytest
from sacrebleu import sentence_bleu

from llamax_kit.data.corpora.text_files import one_line
from llamax_kit.data.reasoning import begins_at_the_end, parted
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.paper.authors_scorer import paper_extraction, paper_shifts
from llamax_kit.tasks import prompts
from llamax_kit.tasks.prompts import answer, build, template_text
from llamax_kit.utils.errors import KitError, UnknownName

PUBLISHED = (
    b"Below is an instruction that describes a task, paired with an input that provides further context. Write a "
    b"response that appropriately completes the request.\n### Instruction:\nTranslate the following sentences from "
    b"English to Akrikaans.\n### Input:\nGood morning.\n### Response:"
)


def test_the_authors_prompt_byte_for_byte():
    assert build("paper", source="Good morning.", src="en", tgt="af").encode() == PUBLISHED
    assert build("paper", source=" Good morning. \n", src="en", tgt="af").encode() == PUBLISHED  # they strip the source


def test_clean_names_by_default_and_any_code():
    assert build("alpaca", source="Good morning.", src="en", tgt="af").encode() == PUBLISHED.replace(
        b"Akrikaans", b"Afrikaans"
    )
    assert build("alpaca", source="x", src="eng_Latn", tgt="zho_simpl") == build(
        "alpaca", source="x", src="en", tgt="zh"
    )
    assert "from English to Chinese Simpl." in build("paper", source="x", src="en", tgt="zh")


def test_a_source_is_never_read_as_a_template(tmp_path):
    (tmp_path / "mine.txt").write_text("{source}|{src}>{tgt}\n")
    source = "{source} {0} {tgt!r} {{ } %s \\n ###"
    for template in ("alpaca", "paper"):
        assert f"### Input:\n{source}\n### Response:" in build(template, source=source, src="en", tgt="de")
    assert build(str(tmp_path / "mine.txt"), source=source, src="en", tgt="de") == source + "|English>German"


def test_chat_goes_through_the_models_template():
    seen = []
    assert (
        build("chat", source="Good {morning}.", src="en", tgt="sw", chat=lambda messages: seen.extend(messages) or "P")
        == "P"
    )
    (message,) = seen
    assert message["role"] == "user" and message["content"].endswith("\nGood {morning}.")
    assert "from English to Swahili." in message["content"]
    with pytest.raises(KitError, match="'chat'.*chat template.*'alpaca'"):
        build("chat", source="x", src="en", tgt="de")


def test_a_template_of_ones_own(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text('{{"from": "{src}"}}\n\n{source}\n{tgt}: \n', encoding="utf-8")
    assert build(str(path), source="é", src="en", tgt="de") == '{"from": "English"}\n\né\nGerman: '
    path.write_text("<{source}>", encoding="utf-8-sig")
    os.utime(path, ns=(1, 1))
    assert build(str(path), source="é", src="en", tgt="de") == "<é>"


def test_the_text_of_a_template_is_what_build_fills_in(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("{{}} {source}\n{src}>{tgt}: \n", encoding="utf-8-sig")
    assert template_text(str(path)) == "{{}} {source}\n{src}>{tgt}: "
    filled = {"source": "x", "src": "English", "tgt": "German"}
    for template in ("alpaca", "paper", str(path)):
        assert template_text(template).format(**filled) == build(template, source="x", src="en", tgt="de")
    chat = build("chat", source="x", src="en", tgt="de", chat=lambda messages: messages[0]["content"])
    assert template_text("chat").format(**filled) == chat
    with pytest.raises(UnknownName, match="'alpacca'.*alpaca.*text file"):
        template_text("alpacca")
    path.write_text("{tgt}")
    with pytest.raises(KitError, match=r"mine\.txt.*write \{source\}"):
        template_text(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"Translate to {tgt}:", r"mine\.txt.*write \{source\}"),
        (b"{source} {language}", r"\{source\}, \{src\} and \{tgt\}.*found \{language\}.*remove it"),
        (b"{source.__class__}", r"found \{source.__class__\}"),
        (b"{source!r:>9}", r"found \{source\} .*format"),
        (b"{source} {}", r"found \{\}"),
        (b"{source} {", r"mine\.txt.*write \{\{ and \}\}"),
        (b"{source} \xff", r"mine\.txt.*0xff.*save it as UTF-8"),
    ],
)
def test_a_template_that_cannot_be_filled_in(tmp_path, text, message):
    path = tmp_path / "mine.txt"
    path.write_bytes(text)
    with pytest.raises(KitError, match=message):
        build(str(path), source="x", src="en", tgt="de")


def test_unknown_names():
    with pytest.raises(UnknownName, match="'alpacca'.*alpaca, paper, chat, .*use one of these"):
        build("alpacca", source="x", src="en", tgt="de")
    with pytest.raises(UnknownName, match="'klingon'.*llamax-kit languages"):
        build("alpaca", source="x", src="en", tgt="klingon")


@pytest.mark.parametrize(
    ("completion", "reasoning", "hypothesis"),
    [
        ("<think>plan: yes</think>Nzuri", "plan: yes", "Nzuri"),
        ("<think>\n\n</think>\n\nNzuri ", "", "Nzuri"),  # switched off: the markers alone
        ("so, well</think>\nNzuri", "so, well", "Nzuri"),  # opened by the prompt
        ("<think>cut off by the lim", "cut off by the lim", ""),
        ("<think>a</think><think>b</think>Nzuri", "a  b", "Nzuri"),
        ("<think>a<think>b</think>c</think>Nzuri", "a  b  c", "Nzuri"),
        ("Nzuri <think>check: ok</think>", "check: ok", "Nzuri"),  # the answer first
        ("<THINK>a</Think >Nzuri", "a", "Nzuri"),
        ('<think type="x">a</think>Nzuri', "a", "Nzuri"),
        ("<|begin_of_thought|>a<|end_of_thought|>Nzuri", "a", "Nzuri"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>Nzuri", "a", "Nzuri"),
        ("Nzuri <think>more", "more", "Nzuri"),
        ("[THINK]a[/THINK]Nzuri", "a", "Nzuri"),
        ("◁think▷a◁/think▷Nzuri", "a", "Nzuri"),
        ("Um 10:30 Uhr <b>", "", "Um 10:30 Uhr <b>"),
    ],
)
def test_reasoning_is_no_part_of_the_hypothesis(completion, reasoning, hypothesis):
    assert prompts.answer(completion) == hypothesis
    found = parted(completion)
    assert ("  ".join(found[0].split()), found[1]) == ("  ".join(reasoning.split()), hypothesis)


def test_reasoning_that_the_prompt_opened_and_nothing_closed():
    assert parted("so the greeting", opened=True) == ("so the greeting", "")
    assert parted("so</think>Nzuri", opened=True) == ("so", "Nzuri")
    assert begins_at_the_end("…assistant\n<think>\n") and not begins_at_the_end("say <think> to reason: x")
    assert not begins_at_the_end(Prompt.of("to sw: <think>", [(7, 14)]))  # it is the sentence that ends so


@pytest.mark.parametrize(
    ("source", "completion", "found"),
    [
        ("Press </think> now", "Bonyeza </think> sasa", ("", "Bonyeza </think> sasa")),
        ("<think> is a tag", "<think> is a tag", ("", "<think> is a tag")),  # as the copy baseline answers
        ("Press </think> now", "<think>so</think>Bonyeza </think> sasa", ("so", "Bonyeza </think> sasa")),
        ("<analysis>A tag</analysis>", "<analysis>Lebo</analysis>", ("", "<analysis>Lebo</analysis>")),
        ("<analysis> is a tag", "<analysis> ni lebo", ("", "<analysis> ni lebo")),
        ("<reason code='2'>weather</reason>", "< reason >hali</ reason>", ("", "< reason >hali</ reason>")),
        ("<Reason for visit>: x", "<Reason for visit>: y", ("", "<Reason for visit>: y")),
        ("He said no", "<reason unknown> alisema", ("", "<reason unknown> alisema")),  # no tag: words, no attributes
    ],
)
def test_markers_that_the_source_holds_are_text(source, completion, found):
    assert parted(completion, source=source) == found


def test_an_answer_is_all_that_was_generated():
    assert answer(" Um 10:30 Uhr: Start.\n### Input:\nmehr\n") == "Um 10:30 Uhr: Start.\n### Input:\nmehr"
    assert one_line("a\r\nb\nc\rd\u2028e\x85f") == "a b c d\u2028e\x85f"


def file_parser(texts: list[str], sources: list[str]) -> list[str]:
    """The scorer as described: one pass over the whole file, knowing nothing of where a sentence ends."""
    file = "".join(text + "\n" for text in texts)
    flat = "".join(map(str.strip, file.split("\n")))
    hypotheses = []
    for block in flat.split(prompts.PREAMBLE):
        if block and len(hypotheses) < len(sources):
            pieces, source, found = block.split("###"), sources[len(hypotheses)].strip(), ""
            for number in range(len(pieces)):
                if pieces[number][:6] == " Input" and len(pieces[number]) > 6 and not found:
                    text = pieces[number].split(":")[1].strip()
                    alike = (
                        source[: len(text)] == text or sentence_bleu(text, [source], tokenize="flores101").score > 0.9
                    )
                    if alike and number + 1 < len(pieces) and ":" in pieces[number + 1]:
                        found = pieces[number + 1].split(":")[1].strip()
            hypotheses.append(found)
    return hypotheses


CASES = [
    ("Good morning.", " Guten Morgen.", "Guten Morgen."),
    ("At 10:30: start.", " Um 10:30 Uhr: Start.", "Um 10"),
    ("First sentence.", "Erster\nSatz.", "ErsterSatz."),
    ("First sentence. ", "\n\n  Erster \r\n Satz.\n", "ErsterSatz."),
    ("Fullwidth colon", "全角：冒号: x", "全角：冒号"),
    ("Note: colon first", ": leer", ""),
    ("Hashes ### inside", "Rauten", ""),
    ("Hashes ### inside: more: text", "Rauten", "more"),
    ("Stops short", "Kurz ### Input:\nStops short\n### Response:\nLang", "Kurz"),
    ("Asks itself again", "\n### Instruction:\nx\n### Input:\nAsks\n### Response: Zweite", "Zweite"),
    ("Empty", "", ""),
    ("Last Input", "\n### Input: Last", ""),
    ("Bare Input", "\n### Input", ""),
]


def test_extraction_gives_what_the_authors_scorer_gave():
    sources = [source for source, _, _ in CASES]
    texts = [build("paper", source=source, src="en", tgt="de") + completion for source, completion, _ in CASES]
    expected = [hypothesis for _, _, hypothesis in CASES]
    assert [paper_extraction(completion, source=source) for source, completion, _ in CASES] == expected
    assert file_parser(texts, sources) == expected
    assert paper_shifts([completion for _, completion, _ in CASES], sources=sources) == 0


def test_where_the_authors_file_would_shift_is_counted_not_imitated(data, monkeypatch):
    monkeypatch.setenv("SACREBLEU", str(data / "sacrebleu"))
    sources = ["First sentence.", "Second sentence.", "Third sentence."]
    again = " Erster Satz.\n" + build("paper", source="First sentence.", src="en", tgt="de")
    completions = [again, " Zweiter Satz.", " Dritter Satz."]
    texts = [build("paper", source=s, src="en", tgt="de") + c for s, c in zip(sources, completions, strict=True)]
    assert paper_shifts(completions, sources=sources) == 1
    assert [paper_extraction(c, source=s) for c, s in zip(completions, sources, strict=True)] == [
        "Erster Satz.",
        "Zweiter Satz.",
        "Dritter Satz.",
    ]
    assert file_parser(texts, sources) == ["Erster Satz.", "", "Zweiter Satz."]


def test_an_input_without_a_colon_stopped_the_authors_scorer():
    assert paper_shifts(["\n### Inputs are missing"], sources=["x"]) == 1
    assert paper_shifts(["Antwort\n### Inputs are missing"], sources=["x"]) == 0  # it never got that far
    assert paper_extraction("\n### Inputs are missing", source="x") == ""


def test_any_resemblance_made_an_input_the_source(data, monkeypatch):
    monkeypatch.setenv("SACREBLEU", str(data / "sacrebleu"))
    source = "The cat sat on the mat, and the dog slept."
    alike = "\n### Input:\nYesterday the dog slept.\n### Response:\nGestern"
    other = "\n### Input:\nΚαλημέρα\n### Response:\nMorgen"
    for completion, expected in ((alike, "Gestern"), (other, "")):
        text = build("paper", source=source, src="en", tgt="de") + completion
        assert paper_extraction(completion, source=source) == expected == file_parser([text], [source])[0]
