"""Texts as users have them: found by any code, streamed, and refused where something is missing or would shift."""

import json
import re
from itertools import islice

import pytest

from llamax_kit.tasks import prompts
from llamax_kit.training.corpus import instructions, streams, texts
from llamax_kit.utils.errors import KitError, UnknownName


def put(folder, name, content):
    """Write a file: lines, or bytes as they are."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else "".join(f"{line}\n" for line in content).encode()
    path.write_bytes(data)
    return path


@pytest.fixture
def place(tmp_path):
    put(tmp_path, "mono/sw.txt", ["moja ", "", "mbili\u2028tatu"])
    put(tmp_path, "mono/deu_Latn.txt", ["eins"])
    put(tmp_path, "mono/README.md", ["by hand"])
    put(tmp_path, "pairs/sw-en.sw", ["moja", "", "tatu", "nne"])
    put(tmp_path, "pairs/sw-en.en", ["one", "two", " three", " "])
    put(tmp_path, "pairs/sw-en.scores", ["0.9"])
    put(tmp_path, "pairs/LICENSE", ["CC0"])
    put(tmp_path, "dictionaries/en-sw.txt", ["one\tmoja"])
    put(tmp_path, "dictionaries/en-fr.dict", ["un @ one"])
    return tmp_path


def test_files_are_found_by_any_code_and_only_for_languages_asked_for(place):
    found = texts.locate(str(place), "swh_Latn, eng")
    assert found.mono == {"sw": place / "mono/sw.txt"}
    assert found.pairs == {("en", "sw"): (place / "pairs/sw-en.en", place / "pairs/sw-en.sw")}
    assert found.dictionaries == [place / "dictionaries/en-sw.txt"]
    assert texts.locate(place, ["de"]).mono == {"de": place / "mono/deu_Latn.txt"}
    assert texts.locate(place, ["sw", "de"], parallel=False).pairs == {}


def test_lines_are_streamed_without_white_space_around_them_and_blank_ones_passed_over(place):
    assert list(streams.lines(place / "mono/sw.txt")) == ["moja", "mbili\u2028tatu"]
    assert list(streams.lines(place / "mono/sw.txt", most=1)) == ["moja"]
    both = texts.locate(place, "en sw").pairs["en", "sw"]
    assert list(streams.aligned(*both)) == [("one", "moja"), ("three", "tatu")]
    assert list(streams.aligned(*both, most=1)) == [("one", "moja")]
    assert streams.size(*both) == 2


def test_of_a_file_larger_than_memory_only_what_is_asked_for_is_read(tmp_path):
    path = tmp_path / "endless.txt"
    with open(path, "wb") as file:
        file.write(b"one\ntwo\n")
        file.truncate(1 << 36)  # 64 GiB, sparse, whose third line does not end
    assert list(islice(streams.lines(path), 2)) == ["one", "two"]


@pytest.mark.parametrize("long, short", [("en", "sw"), ("sw", "en")])
def test_pairs_of_unequal_length_are_refused_with_both_counts_and_both_paths(tmp_path, long, short):
    files = {
        code: put(tmp_path, f"pairs/en-sw.{code}", ["x"] * (1_203 if code == long else 1_200))
        for code in "en sw".split()
    }
    with pytest.raises(KitError, match="expected as many lines in both files of a pair") as caught:
        streams.size(files[long], files[short])
    said = str(caught.value)
    assert f"{files[long]} has 1,203 and {files[short]} has 1,200" in said and "To mend: align them again" in said
    assert len(list(streams.aligned(files[long], files[short], most=1_200))) == 1_200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"sw\.txt holds no text: expected one sentence a line\. To mend"),
        (b"\n \n", r"sw\.txt holds no text"),
        (b"moja\ncaf\xe9\n", r"sw\.txt is not UTF-8: byte 0xe9 at offset 8, in line 2\. To mend: find out"),
        (b"moja\nmbili\r\n", r"sw\.txt has Windows line ends \(CR LF, the first in line 2\)"),
        (b"\xef\xbb\xbfmoja\n", r"sw\.txt begins with a byte order mark"),
    ],
    ids=["empty", "blank", "latin1", "crlf", "bom"],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    path = put(tmp_path, "sw.txt", content)
    with pytest.raises(KitError, match=message):
        list(streams.lines(path))


def test_a_file_or_a_pair_without_text_is_refused(tmp_path):
    with pytest.raises(KitError, match=r"could not read .*none\.txt: No such file.*To mend"):
        list(streams.lines(tmp_path / "none.txt"))
    both = put(tmp_path, "en-sw.en", ["one", ""]), put(tmp_path, "en-sw.sw", ["", "mbili"])
    with pytest.raises(KitError, match=r"no line of .*en-sw\.en and .*en-sw\.sw holds text on both sides"):
        streams.size(*both)


def test_a_folder_or_language_that_is_not_there_is_named_with_what_was_looked_for(place):
    with pytest.raises(
        KitError, match=r"expected a folder of texts at .*nowhere, but there is none\. To mend: make it"
    ):
        texts.locate(place / "nowhere", "en")
    message = (
        r"no text of French \(fr\), a language of the mixture, in .*: neither mono/fr\.txt, nor a pair with another of "
        r"the mixture, such as pairs/en-fr\.fr\. There is text in: en sw\. To mend: .*leave fr out"
    )
    with pytest.raises(KitError, match=message):
        texts.locate(place, "en sw fr")
    with pytest.raises(KitError, match=r"neither mono/en\.txt\. There is text in: sw\."):
        texts.locate(place, "en sw", parallel=False)
    with pytest.raises(KitError, match=r"no text of English.*There is text in: de\."):
        texts.locate(place, "en de")  # its only pair is with Swahili
    with pytest.raises(UnknownName, match="unknown language 'swaheli'"):
        texts.locate(place, "swaheli")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mono/swh.txt", r"two files of Swahili: .*sw\.txt and .*swh\.txt\. To mend"),
        ("mono/xyz.txt", r"unknown language 'xyz'.*To mend: name .*xyz\.txt by the code"),
        ("pairs/en-fr.fr", r"en-fr\.fr has no other side: expected .*en-fr\.en\. To mend: add it"),
        ("pairs/Bible.en-fr.fr", r"expected pairs named by two codes, as in en-sw\.en, but found .*Bible"),
        ("dictionaries/words.txt", r"expected a dictionary named by two codes, as in en-sw\.txt, but found .*words"),
        ("dictionaries/de-fr.txt", r"expected a dictionary of English and another.*de-fr\.txt\. To mend: move"),
    ],
)
def test_files_that_would_be_missed_or_mixed_up_are_refused(place, name, message):
    put(place, name, ["x"])
    with pytest.raises(KitError, match=message):
        texts.locate(place, "en sw")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("mono/sw.txt.gz", "sw.txt"), ("mono/swh_Latn.jsonl", "sw.txt"), ("mono/en.TXT", "sw.txt"),
        ("mono/en", "sw.txt"), ("mono/sw-2024.parquet", "sw.txt"), ("pairs/en_sw.sw", "en-sw.en with"),
        ("pairs/sw-en.en.gz", "en-sw.en with"),
        ("pairs/eng_Latn-swh_Latn.tsv", "en-sw.en with"), ("pairs/eng_Latn_swh_Latn.sw", "en-sw.en with"),
        ("pairs/en-sw/corpus.en", "en-sw.en with"), ("dictionaries/en-sw.tsv", "en-sw.txt"),
    ],
)  # fmt: skip
def test_texts_of_languages_asked_for_in_a_form_that_is_not_read_are_refused(place, name, form):
    before = texts.locate(place, "de")
    put(place, name, ["x"])
    found = name.split("/")[1]
    with pytest.raises(KitError, match=f"expected texts in the form of {form}.* in .*, but found {found},"):
        texts.locate(place, "en sw")
    assert texts.locate(place, "de") == before  # of other languages nothing is asked


@pytest.mark.parametrize(
    "name", ["mono/LICENSE.txt.gz", "mono/sw.md5", "mono/.sw.txt.gz", "pairs/en-sw.xml", "mono/fr.gz"]
)
def test_what_is_no_text_of_theirs_is_left_alone(place, name):
    before = texts.locate(place, "en sw")
    put(place, name, ["x"])
    assert texts.locate(place, "en sw") == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["en", "de", False], "got False. To mend: quote 'no', which YAML takes for False"),
        (False, "got False. To mend: quote 'no'"), (["en", 7], "got 7. To mend: write 'en de sw'"), (None, "got None"),
    ],
)  # fmt: skip
def test_codes_that_are_no_text_are_refused(given, said):
    with pytest.raises(KitError, match=f"^expected language codes, {said}"):
        texts.codes(given)


def test_two_pairs_of_the_same_languages_are_refused(place):
    put(place, "pairs/en-swh.en", ["one"]), put(place, "pairs/en-swh.swh", ["moja"])
    with pytest.raises(KitError, match=r"expected one pair of files of en and sw, but found .*To mend: leave one"):
        texts.locate(place, "en sw")
    put(place, "pairs/ru-rus.ru", ["x"]), put(place, "pairs/ru-rus.rus", ["x"])
    (place / "pairs/sw-en.en").unlink(), (place / "pairs/sw-en.sw").unlink()
    with pytest.raises(KitError, match="expected one pair of files of ru and ru"):
        texts.locate(place, "en sw")


def test_instructions_become_the_papers_prompts_to_the_byte(tmp_path):
    translate = {"instruction": prompts.INSTRUCTION.format(src="English", tgt="Swahili"), "input": " Good. "}
    lines = [
        {**translate, "output": "Nzuri. ", "src": "eng", "tgt": "swh_Latn", "id": 7},
        {"instruction": "Say {hello}.", "output": ""},
        {"instruction": "Say hello.", "input": " \n", "output": "Hi."},
    ]
    path = put(tmp_path, "instructions.jsonl", [json.dumps(each) for each in lines] + [""])
    first, second, third = instructions.records(str(path))
    assert first == ("instruction", "en", "sw", prompts.build("alpaca", source="Good.", src="en", tgt="sw"), "Nzuri.")
    preamble = (
        b"Below is an instruction that describes a task. Write a response that appropriately completes the request."
    )
    assert second.given.encode() == preamble + b"\n### Instruction:\nSay {hello}.\n### Response:"
    assert second[:3] == ("instruction", "", "") and second.text == ""
    assert third.given == second.given.replace("{hello}", "hello") and third.text == "Hi."
    as_list = put(tmp_path, "instructions.json", json.dumps(lines, indent=2).encode())
    assert list(instructions.records(as_list)) == [first, second, third]


def test_a_prompt_of_ones_own_stands_before_its_answer_as_it_is(tmp_path):
    lines = [
        {"prompt": "1 + 1 =\nIn {digits}:", "output": "2"},
        {"instruction": "Say hi.", "prompt": "-", "output": "Hi"},
    ]
    own, other = instructions.records(put(tmp_path, "own.jsonl", list(map(json.dumps, lines))))
    assert (own.given, own.text) == ("1 + 1 =\nIn {digits}:", "2")
    assert other.given.endswith("### Instruction:\nSay hi.\n### Response:")  # an instruction comes first, as before


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("a.jsonl", ['{"instruction": "x", "output": "y"}', "", "{oh"], r"line 3 of .*a\.jsonl is not JSON: .*To mend"),
        ("a.jsonl", ['{"instruction": "x"}'], r"in line 1 of .*a\.jsonl, but found no text under 'output'"),
        ("a.jsonl", ['{"instruction": " ", "output": "y"}'], "found no text under 'instruction'"),
        ("a.jsonl", ['{"instruction": "x", "input": 3, "output": "y"}'], "found no text under 'input'"),
        ("a.jsonl", ['{"prompt": " ", "output": "y"}'], "found no text under 'prompt'"),
        ("a.jsonl", ['{"prompt": "x"}'], "found no text under 'output'"),
        ("a.jsonl", ["[1, 2]"], r"in line 1 of .*, but found \[1, 2\]\. To mend"),
        ("a.jsonl", [""], r"a\.jsonl holds no instruction\. To mend"),
        ("a.json", ["[]"], r"a\.json holds no instruction"),
        ("a.json", ['[{"instruction": "x", "output": "y"},', "{}]"], r"in record 2 of .*no text under 'instruction'"),
        ("a.json", ["[", "1,", "oh]"], r"line 3 of .*a\.json is not JSON"),
        ("a.json", ["{}"], r"expected a JSON list in .*a\.json\. To mend: name a file of JSON lines \.jsonl"),
    ],
)
def test_instructions_that_are_none_are_refused_with_their_line(tmp_path, name, lines, message):
    path = put(tmp_path, name, lines)
    with pytest.raises(KitError, match=message):
        list(instructions.records(path))


def test_alpaca_as_published_reads(data):
    found = list(instructions.records(data / "alpaca" / "alpaca_small.json"))
    assert len(found) == 2_000
    assert sum("\n### Input:\n" in each.given for each in found) == 753
    assert all(each.given.endswith("\n### Response:") and "\n\n### " not in each.given for each in found)
    assert re.match("no$", found[0].text)
