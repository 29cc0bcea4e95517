"""A folder of one's own text: read by any codes, refused where it is not aligned text, never taken for a release."""

import re

import pytest

from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture
def place(tmp_path):
    """A folder of three languages, each named by another kind of code, and two files that are none."""
    folder = tmp_path / "my-set"
    folder.mkdir()
    for name in ("deu_Latn.txt", "en.txt", "swh"):
        (folder / name).write_text(f"{name} one \n{name} two\n", encoding="utf-8")
    (folder / "README.md").write_text("by hand")
    (folder / "fr").mkdir()
    return folder


def test_a_folder_is_read_by_any_code(place):
    assert corpus_languages(str(place)) == ["de", "en", "sw"]
    corpus = load_corpus(str(place))
    assert (corpus.name, corpus.split, corpus.release) == ("my-set", "", 'own text "my-set"')
    assert corpus.pairs("en", "de") == [(0, "en.txt one ", "deu_Latn.txt one "), (1, "en.txt two", "deu_Latn.txt two")]
    assert corpus.files["sw"] == str(place / "swh")
    assert load_corpus(str(place), ["swh_Latn"]).languages == ["sw"]


def test_a_path_may_be_relative_and_hold_a_colon(place, monkeypatch):
    place.rename(place.with_name("C:my@set"))
    monkeypatch.chdir(place.parent)
    assert load_corpus("C:my@set", ["en"]).name == "C:my@set"
    monkeypatch.chdir("C:my@set")
    assert load_corpus(".", ["en"]).release == 'own text "C:my@set"'


def test_a_release_comes_before_a_folder_of_its_name(place, monkeypatch):
    place.rename(place.with_name("cldr"))
    monkeypatch.chdir(place.parent)
    assert load_corpus("cldr", ["en"]).release.startswith("CLDR")
    assert load_corpus("./cldr", ["en"]).release == 'own text "cldr"'


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("sw.txt", b"one\ntwo\n", r"Swahili.*sw\.txt and swh.*To mend: leave one"),
        ("en.txt", b"one\n", r"my-set.*de .*2.*deu_Latn\.txt.*en .*1.*en\.txt.*To mend: take both"),
        ("en.txt", b"one\n \n", r"line 2 .*my-set/en\.txt.*To mend: fill"),
        ("en.txt", b"one\r\ntwo\r\n", r"en\.txt.*dos2unix"),
        ("en.txt", b"", r"en\.txt.* empty.*To mend"),
        ("en.txt", b"caf\xe9\ntwo\n", r"en\.txt.*UTF-8.*line 1.*iconv"),
    ],
    ids=["twice", "short", "blank", "crlf", "empty", "latin1"],
)
def test_what_is_not_aligned_text_is_refused(place, name, content, message):
    (place / name).write_bytes(content)
    with pytest.raises(KitError, match=message):
        load_corpus(str(place))


def test_a_language_or_folder_without_text_is_said(place, tmp_path):
    with pytest.raises(KitError, match=r"my-set.*French \(fr\).*de en sw.*add fr\.txt"):
        load_corpus(str(place), ["fr"])
    for name in ("deu_Latn.txt", "en.txt", "swh"):
        (place / name).unlink()
    with pytest.raises(KitError, match=r"my-set.*README\.md.*To mend: .*en\.txt"):
        corpus_languages(str(place))
    (tmp_path / "bare").mkdir()
    with pytest.raises(KitError, match="bare.*no file.*To mend: .*en.txt"):
        load_corpus(str(tmp_path / "bare"))


def test_a_folder_that_is_not_there_is_an_unknown_corpus(tmp_path):
    missing = str(tmp_path / "my-st")
    with pytest.raises(UnknownName, match=f"'{re.escape(missing)}'.*a folder of your own"):
        load_corpus(missing)
    with pytest.raises(UnknownName, match="corpus ''.*a folder of your own"):
        corpus_languages("")
