"""system_outputs: any system's files, line by line as they are; refused where a line could be misplaced."""

import json
import warnings

import pandas as pd
import pytest

from llamax_kit.data import language_table
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.translations import COLUMNS
from llamax_kit.scoring import spbleu
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs, write_outputs
from llamax_kit.utils.errors import KitError

CORPUS = Corpus("cldr", "devtest", "phrases", {
    "en": ["one house", "two", None, "three houses", "four"],
    "de": ["ein Haus", "zwei", "leer", "drei Häuser", None],
    "ru": ["один дом", None, "пусто", "три дома", "четыре"],
})  # fmt: skip
DE = ["ein Haus", "", "drei\u2028Häuser \x85"]


def put(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else "".join(f"{line}\n" for line in content).encode())
    return folder


def named(outputs):
    return [output[:3] for output in outputs]


def test_several_systems_lie_in_folders_of_directions(tmp_path):
    put(tmp_path, {"eng_Latn-deu_Latn/b.txt": DE, "eng_Latn-deu_Latn/a.jsonl": DE, "en-ru/b.txt": DE,
                   "manifest.tsv": DE, "en-ru/.hidden.txt": DE, ".git/x.txt": DE, "notes/README.md": DE})  # fmt: skip
    assert named(find_outputs(tmp_path)) == [("b", "en", "ru"), ("a", "en", "de"), ("b", "en", "de")]


def test_one_system_has_its_folders_name(tmp_path):
    put(tmp_path, {"mine/en-de.txt": DE, "mine/en-ru.jsonl": DE})
    assert named(find_outputs(tmp_path / "mine")) == [("mine", "en", "de"), ("mine", "en", "ru")]


def test_files_may_be_named_by_target_alone(tmp_path):
    put(tmp_path, {"gpt/als_Latn.jsonl": DE, "gpt/scores.tsv": DE})
    assert named(find_outputs(tmp_path / "gpt", source="eng")) == [("gpt", "en", "als_Latn")]
    with pytest.raises(KitError, match="'als_Latn'.*the source language.*name files"):
        find_outputs(tmp_path / "gpt")


def test_directions_choose_among_the_files(tmp_path):
    put(tmp_path, {"en-de/a.txt": DE, "en-ru/a.txt": DE, "ru-en/a.txt": DE})
    assert named(find_outputs(tmp_path, directions="X-en eng-deu")) == [("a", "en", "de"), ("a", "ru", "en")]
    with pytest.raises(KitError, match="de-ru.*choose directions"):
        find_outputs(tmp_path, directions="de-ru")


@pytest.mark.parametrize(("files", "message"), [
    ({}, "no outputs.*To mend: name files <src>-<tgt>/<system>.txt"),
    ({"en-xx/a.txt": DE}, "en-xx/a.txt.*'xx'.*<src>-<tgt>/<system>.txt"),
    ({"de/a.txt": DE}, "a.txt.*'de'.*the source language"),
    ({"a-b-c.txt": DE}, "'a-b-c'.*name files"),
    ({"en-de/a.txt": DE, "eng-deu/a.jsonl": DE}, "en-de/a.txt.*eng-deu/a.jsonl.*keep one"),
])  # fmt: skip
def test_names_that_are_not_understood_are_said(tmp_path, files, message):
    with pytest.raises(KitError, match=message):
        find_outputs(put(tmp_path, files))


@pytest.mark.parametrize("name", [
    "google/en-de.txt", "en-de/google.txt", "google/en_de.txt", "google/en2de.hyp", "google/en-de", "google/en_de",
    "google/eng_Latn-deu_Latn.jsonl", "google/eng_Latn_deu_Latn.txt", "en_de/google.txt", "eng-deu_Latn/google.hyp",
    "set.en-de.google.de", "newstest2023.en-de.hyp.google.de", "newstest2019.google.en-de", "google.en-de.txt",
    "google/newstest2019.en-de.de", "google/flores200.en_de.txt", "en-de/newstest2023.en-de.google.de",
    "en-de/google.de", "test.eng_Latn-deu_Latn.google.deu_Latn", "en-de.google.txt", "en-de.hyp.google.de",
])  # fmt: skip
def test_a_name_in_any_of_the_usual_forms_is_understood(tmp_path, name):
    put(tmp_path, {name: DE, "scores.tsv": DE, "set.en-de.ref.refA.de": DE, "set.en-de.src.en": DE, "run.log": DE})
    assert named(find_outputs(tmp_path)) == [("google", "en", "de")]


@pytest.mark.parametrize(("name", "system"), [
    ("wmt/en_de.hyp", "wmt"), ("wmt/en2de", "wmt"), ("wmt/newstest2019.en-de.de", "wmt"), ("wmt/en-de.de", "wmt"),
    ("wmt/newstest2019.Facebook_FAIR.6862.en-de", "Facebook_FAIR.6862"), 
    ("wmt/newstest2019.online-A.0.en-de", "online-A.0"),
    ("wmt/generaltest2023.en-de.hyp.GPT4-5shot.de", "GPT4-5shot"), ("wmt/set.en-de.gpt-3.5.de", "gpt-3.5"),
    ("wmt/en-de/gpt-3.5.txt", "gpt-3.5"), ("wmt/llama.2.en-de.txt", "llama.2"), ("wmt/en-de/m2m.txt", "m2m"),
])  # fmt: skip
def test_the_system_is_behind_the_direction_or_before_it_or_the_folder(tmp_path, name, system):
    assert named(find_outputs(put(tmp_path, {name: DE}) / "wmt")) == [(system, "en", "de")]


def test_a_folder_a_system_may_name_its_files_by_target(tmp_path):
    put(tmp_path, {"google/de.txt": DE, "nllb/deu_Latn.hyp": DE, "ru/nllb.txt": DE})
    found = [("google", "en", "de"), ("nllb", "en", "de"), ("nllb", "en", "ru")]
    assert sorted(named(find_outputs(tmp_path, source="en"))) == found


@pytest.mark.parametrize(("name", "readings"), [
    ("en-de/en-ru.txt", "'en-de' from en into ru or 'en-ru' from en into de"),
    ("en-de.en-ru.txt", "'en-ru' from en into de or 'en-de' from en into ru"),
    ("en_de/mt_en.txt", "'en_de' from mt into en or 'mt_en' from en into de"),
])  # fmt: skip
def test_a_name_that_may_mean_two_things_is_refused_with_both(tmp_path, name, readings):
    with pytest.raises(KitError, match=f"{name} may be the output of {readings}.*To mend: name files <src>-<tgt>/"):
        find_outputs(put(tmp_path, {name: DE}))


@pytest.mark.parametrize(("names", "message"), [
    (["en-de.log", "google/en-de.out", "README.md"], "no outputs; found: README.md, en-de.log, google/en-de.out.*To"),
    (["en-de.txt", "google_en-de.txt", "a.tsv"], "'google_en-de' is no dir.*: google_en-de.txt; others: a.tsv"),
    ([f"s{n}.txt" for n in range(12)], r"s0\.txt.*s5\.txt and 4 more"),
    (["set.en-de.ref.txt"], "holds no outputs; found: set.en-de.ref.txt"),
])  # fmt: skip
def test_a_message_lists_what_was_found(tmp_path, names, message):
    with pytest.raises(KitError, match=message):
        find_outputs(put(tmp_path, dict.fromkeys(names, DE)))


def test_files_of_a_direction_with_another_ending_are_named_in_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="left alone.*: google/en-ru.out. To mend: name files"):
        assert named(find_outputs(put(tmp_path, {"google/en-de.txt": DE, "google/en-ru.out": DE})))
    with warnings.catch_warnings(action="error"):
        find_outputs(put(tmp_path / "other", {"google/en-de.txt": DE, "README.md": DE, "scores.csv": DE}))


@pytest.mark.parametrize("field", ["hypothesis", "translation", "output"])
def test_json_lines_may_name_the_output(tmp_path, field):
    lines = [json.dumps({"id": 1, field: "ein Haus"}), json.dumps({field: None}), '"drei"']
    table = read_outputs(find_outputs(put(tmp_path, {"en-de/a.jsonl": lines})), CORPUS)
    assert table["hypothesis"].tolist() == ["ein Haus", "", "drei"]


@pytest.mark.parametrize(("line", "message"), [
    ('{"hypothesis": "a", "output": "b"}', "line 1: hypothesis and output may each be the output"),
    ('{"text": "a"}', 'line 1.*an object with one of hypothesis, translation, output, got {"text"'),
    ('{"output": ["a"]}', "line 1: expected a JSON string"),
])  # fmt: skip
def test_json_lines_that_do_not_say_which_is_the_output_are_refused(tmp_path, line, message):
    with pytest.raises(KitError, match=message):
        read_outputs(find_outputs(put(tmp_path, {"en-de/a.jsonl": [line, line, line]})), CORPUS)


def test_a_table_of_languages_beside_outputs_or_corpus_counts(tmp_path):
    put(tmp_path, {"set/languages.csv": ["code,name", "xal,Kalmyk"], "set/en.txt": DE, "out/en-xal.txt": DE})
    try:
        with pytest.raises(KitError, match="'xal'"):
            find_outputs(tmp_path / "out")
        assert named(find_outputs(tmp_path / "out", corpus=str(tmp_path / "set"))) == [("out", "en", "xal")]
    finally:
        language_table._tables.clear()
        language_table._changed()


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(KitError, match="nowhere.*To mend: name a folder"):
        find_outputs(tmp_path / "nowhere")


def test_outputs_stand_beside_source_and_reference(tmp_path):
    put(tmp_path, {"en-de/a.txt": DE})
    table = read_outputs(find_outputs(tmp_path), CORPUS)
    assert list(table.columns) == COLUMNS
    assert table["index"].tolist() == [0, 1, 3]  # positions that both languages have
    assert table["source"].tolist() == ["one house", "two", "three houses"]
    assert table["reference"].tolist() == ["ein Haus", "zwei", "drei Häuser"]
    assert table["hypothesis"].tolist() == DE  # odd separators end no line, spaces at the end stay
    assert set(table["finish"]) == {""} and table["tokens"].isna().all()


def test_json_lines_may_hold_line_ends_and_null(tmp_path):
    lines = [json.dumps("ein\nHaus"), "null", json.dumps("дом", ensure_ascii=False)]
    table = read_outputs(find_outputs(put(tmp_path, {"en-de/a.jsonl": lines})), CORPUS)
    assert table["hypothesis"].tolist() == ["ein\nHaus", "", "дом"]


def test_a_last_line_needs_no_line_end_but_an_empty_one_counts(tmp_path):
    put(tmp_path, {"en-de/a.txt": b"a\nb\nc", "en-de/b.txt": b"a\nb\n\n"})
    table = read_outputs(find_outputs(tmp_path), CORPUS)
    assert table["hypothesis"].tolist() == ["a", "b", "c", "a", "b", ""]


def test_sentences_takes_the_first_of_a_whole_file_or_a_file_that_ends_there(tmp_path):
    put(tmp_path, {"en-de/whole.txt": DE, "en-de/first.txt": DE[:2]})
    table = read_outputs(find_outputs(tmp_path), CORPUS, sentences=2)
    assert table["index"].tolist() == [0, 1, 0, 1]
    with pytest.raises(spbleu.UnequalCounts, match="first.txt.*en-de: 2 hypotheses.* 3 references.*empty line"):
        read_outputs(find_outputs(tmp_path), CORPUS)


def test_sentences_may_be_more_than_there_are(tmp_path):
    put(tmp_path, {"en-de/a.txt": DE})
    assert len(read_outputs(find_outputs(tmp_path), CORPUS, sentences=100)) == 3


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.txt", DE[:2], "a.txt.*phrases, en-de: 2 hypotheses.* 3 references"),
    ("a.txt", [*DE, "more"], "4 hypotheses.* 3 references"),
    ("a.txt", b"", "a.txt.* empty.*To mend"),
    ("a.txt", b"a\r\nb\r\nc\r\n", "line 1.*dos2unix"),
    ("a.txt", b"\xef\xbb\xbfa\nb\nc\n", "byte order mark.*without BOM"),
    ("a.txt", b"a\nb\n\xff\n", "UTF-8.*0xff.* 4.*line 3.*iconv"),
    ("a.jsonl", ['"a"', "b", '"c"'], "a.jsonl, line 2.*write a JSON string"),
    ("a.jsonl", ['"a"', '"b"', '{"text": "c"}'], "line 3.*JSON string.*'?{"),
])  # fmt: skip
def test_a_file_that_could_shift_lines_is_refused(tmp_path, name, content, message):
    put(tmp_path, {f"en-de/{name}": content})
    with pytest.raises(KitError, match=message):
        read_outputs(find_outputs(tmp_path), CORPUS)


def copied(*directions: tuple[str, str]) -> pd.DataFrame:
    """The sources, given as answers."""
    rows = [("copy", src, tgt, index, source, source, reference, "stop", None)
            for src, tgt in directions for index, source, reference in CORPUS.pairs(src, tgt)]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS).astype({"tokens": "Int64"})


def test_what_is_written_is_read_again(tmp_path):
    table = copied(("en", "de"), ("en", "ru"))
    again = read_outputs(find_outputs(write_outputs(table, tmp_path)), CORPUS)
    keys = ["system", "src", "tgt", "index"]
    one, two = (each.sort_values(keys).reset_index(drop=True) for each in (table, again))
    assert one[[*keys, "source", "hypothesis", "reference"]].equals(two[[*keys, "source", "hypothesis", "reference"]])


def test_written_hypotheses_take_one_line_each(tmp_path):
    table = copied(("en", "de")).assign(hypothesis="a\nb\r\nc", system="hub/model")
    write_outputs(table.head(3), tmp_path)
    (path,) = tmp_path.glob("en-de/hub--model*.txt")
    assert path.read_bytes() == b"a b c\n" * 3
