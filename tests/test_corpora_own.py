"""Text of one's own in the forms in which people have it: moses files, tables, saved data sets, lists of sentences."""

import json

import datasets
import pandas as pd
import pytest

from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.utils.errors import KitError, UnknownName

EN, SW = ['He said "no".', "NA", 'Two, "and"\u2028three'], ["Alisema hapana.", "null", "Mbili 2.0"]
TEXTS = {"en": EN, "sw": SW}
ROWS = [{"id": number, "eng_Latn": one, "swh": other, "domain": "news"}
        for number, (one, other) in enumerate(zip(EN, SW, strict=True))]  # fmt: skip


def text(lines):
    return "".join(f"{line}\n" for line in lines)


def put(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def tsv(folder):
    lines = ["\t".join(map(str, row.values())) for row in ROWS]
    return put(folder, {"test.tsv": text(["\t".join(ROWS[0]), *lines])}) / "test.tsv"


def csv(folder):
    pd.DataFrame(ROWS).to_csv(folder / "test.csv", index=False)
    return folder / "test.csv"


def bom(folder):
    pd.DataFrame(ROWS).to_csv(folder / "test.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return folder / "test.csv"


def jsonl(folder):
    return put(folder, {"test.jsonl": text(map(json.dumps, ROWS))}) / "test.jsonl"


def parquet(folder):
    pd.DataFrame(ROWS).to_parquet(folder / "test.parquet")
    return folder / "test.parquet"


def hub(folder):
    """A column that holds one text a language, as opus100 and wmt19 have it."""
    pd.DataFrame({"translation": [{"en": row["eng_Latn"], "sw": row["swh"]} for row in ROWS]}).to_parquet(
        folder / "test.parquet")  # fmt: skip
    return folder


def saved(folder):
    datasets.Dataset.from_list([*ROWS, ROWS[0]]).select([0, 1, 2]).save_to_disk(folder / "kept")
    return folder / "kept"


def split(folder):
    datasets.DatasetDict({"test": datasets.Dataset.from_list(ROWS)}).save_to_disk(folder / "kept")
    return folder / "kept"


def moses(folder):
    return put(folder, {"test.en": text(EN), "test.sw": text(SW), "README.md": "by hand"})


def opus(folder):
    return put(folder, {"Tatoeba.en-sw.en": text(EN), "Tatoeba.en-sw.sw": text(SW), "LICENSE": "MIT"})


def begun(folder):
    return put(folder, {"dev.en": "a\n", "dev.sw": "b\n", "mt.en": text(EN), "mt.swh": text(SW)}) / "mt"


@pytest.mark.parametrize("form", [tsv, csv, bom, jsonl, parquet, hub, saved, split, moses, opus, begun])
def test_the_same_text_in_any_form_is_the_same_corpus(tmp_path, form):
    place = form(tmp_path)
    assert corpus_languages(str(place)) == ["en", "sw"]
    corpus = load_corpus(str(place), "en-sw")
    assert corpus.texts == TEXTS and corpus.release == f'own text "{place.name}"'
    assert corpus.sha256 == load_corpus(TEXTS).sha256
    assert load_corpus(place, ["swh_Latn"]).languages == ["sw"]
    with pytest.raises(KitError, match="French.*there is text in e?n? ?(sw)?.*column fr"):
        load_corpus(place, ["fr"])


def test_a_table_alone_in_a_folder_is_found_and_one_of_several_must_be_named(tmp_path):
    folder = tsv(tmp_path).parent
    assert load_corpus(folder).texts == TEXTS
    csv(tmp_path)
    with pytest.raises(KitError, match=r"2 tables: test\.csv, test\.tsv\. To mend: name one.*test\.tsv"):
        load_corpus(folder)
    datasets.DatasetDict({each: datasets.Dataset.from_list(ROWS) for each in ("dev", "test")}).save_to_disk(
        tmp_path / "kept")  # fmt: skip
    with pytest.raises(KitError, match="2 tables: dev, test.*kept/test"):
        load_corpus(tmp_path / "kept")
    assert load_corpus(tmp_path / "kept" / "test").texts == TEXTS


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.tsv", "source\ttarget\nx\ty\n", "named by two languages.*'source', 'target', of which none.*as in en, swh"),
    ("a.csv", "en;sw\nx;y\n", "found 'en;sw'"),
    ("a.csv", "en,target\nx,y\n", "found 'en', 'target', of which en is"),
    ("a.csv", "en,eng_Latn,sw\nx,y,z\n", "two columns of English: 'en' and 'eng_Latn'"),
    ("a.csv", "en,en\nx,y\n", "two columns of English: 'en' and 'en'"),
    ("a.csv", "en,sw\nx,y\nz,\n", r"row 2 in column 'sw' of .*a\.csv is blank.*fill it in"),
    ("a.tsv", "en\tsw\nx\t \n", "row 1 in column 'sw'.*is blank"),
    ("a.csv", "en,sw\nx,y\nz\n", r"a\.csv is not as \.csv.*Row #3: Expected 2 columns, got 1"),
    ("a.csv", "en,sw\nx,y,z\n", "Expected 2 columns, got 3"),
    ("a.csv", b"en,sw\ncaf\xe9,y\n", "UTF-?8"),
    ("a.csv", "", "Empty CSV"),
    ("a.tsv", 'en\tsw\n"He said ""no""."\ty\n', "row 1.*quoted as in CSV.*save the table as .csv"),
    ("a.csv", "id,en,sw\ndoc-1,x,y\n", "'id' Indonesian, or the rows' names.*ind_Latn.*number"),
    ("a.jsonl", '{"en": "x", "sw": "y"}\n{"en": "z"}\n', "row 2 in column 'sw'.*is blank"),
    ("a.jsonl", '{"en": "x", "sw": "y"}\n{"en": "z", "sw": 5}\n', "row 2 in column 'sw'.*is no text: 5"),
    ("a.jsonl", '["x", "y"]\n', "line 1: expected an object.*one object a line"),
    ("a.jsonl", '{"en": "x", "sw": "y"}\n\n', "line 2: expected an object.*got ''.*one object a line"),
    ("a.csv", "en,sw\n", "a.csv has columns, but no rows"),
    ("a.jsonl", '{"en": \n', r"a\.jsonl is not as \.jsonl should be"),
    ("a.parquet", "version https://git-lfs", r"a\.parquet is not as \.parquet should be"),
    ("a.xlsx", "x", r"neither a folder nor a table.*\.tsv \.csv \.jsonl \.parquet"),
    ("en.txt", "x\n", "neither a folder nor a table.*one file named by its code"),
])  # fmt: skip
def test_a_table_that_is_not_understood_is_refused_with_what_it_has(tmp_path, name, content, message):
    with pytest.raises(KitError, match=message):
        load_corpus(put(tmp_path, {name: content}) / name)


def test_an_id_that_holds_sentences_is_indonesian_and_one_that_holds_numbers_is_none(tmp_path):
    put(tmp_path, {"a.csv": "id,en\nSelamat pagi.,Good morning.\n", "b.csv": "id,no,en,sw\n1,7,x,y\n2,8,x,y\n"})
    assert corpus_languages(str(tmp_path / "a.csv")) == ["en", "id"]
    assert corpus_languages(str(tmp_path / "b.csv")) == ["en", "sw"]


@pytest.mark.parametrize(("files", "place", "message"), [
    ({"dev.en": "a\n", "test.en": "b\n"}, "", "two files of English: dev.en and test.en.*/test$"),
    ({"x.en.sw": "a\n"}, "", "x.en.sw: is it English or Swahili.*en.txt"),
    ({"x.en": "a\nb\n", "x.sw": "a\n"}, "x", "en has 2 lines.*x.en.*sw has 1.*x.sw"),
    ({"clean.py": "a\n", "x.txt": "b\n"}, "", "found clean.py, x.txt.*a column for each"),
])  # fmt: skip
def test_moses_files_that_are_not_understood_are_refused(tmp_path, files, place, message):
    with pytest.raises(KitError, match=message):
        load_corpus(put(tmp_path, files) / place)


def test_a_first_part_that_names_a_language_is_taken_alone(tmp_path):
    put(tmp_path, {"en.txt": "a\n", "sw.txt": "b\n", "clean.pl": "#!perl\n", "notes.en": "c\nd\n"})
    assert load_corpus(tmp_path).texts == {"en": ["a"], "sw": ["b"]}


def test_the_beginning_of_no_file_is_an_unknown_corpus(tmp_path):
    with pytest.raises(UnknownName, match=r"one file a language, or a table \(\.tsv"):
        load_corpus(put(tmp_path, {"test.py": "", "test.en": "a\n"}) / "tes")


@pytest.mark.parametrize(("given", "message"), [
    ({"en": "Good day."}, "a list of sentences in 'en', got str 'Good day.'"),
    ({"en": ["a"], "eng": ["b"]}, "English is given twice, also as 'eng'"),
    ({"en": ["a", " "]}, "row 2 in the list 'en' is blank"),
    ({"en": ["a", None]}, "row 2 in the list 'en' is blank"),
    ({"en": [1]}, "row 1 in the list 'en' is no text: 1"),
    ({"en": ["a"], "sw": ["b", "c"]}, "en has 1 line, sw has 2"),
    ({"english!": ["a"]}, "unknown language 'english!'"),
    ({}, "empty mapping"),
])  # fmt: skip
def test_lists_of_sentences_are_held_to_the_same(given, message):
    with pytest.raises(KitError, match=message):
        load_corpus(given)


def test_lists_of_sentences_make_a_corpus():
    corpus = load_corpus({"eng_Latn": ("Good day.",), "Swahili": ["Habari."]})
    assert corpus.pairs("en", "sw") == [(0, "Good day.", "Habari.")]
    assert corpus.facts() == {"name": "own", "split": "", "release": "own text", "sha256": corpus.sha256, "cut": ""}
