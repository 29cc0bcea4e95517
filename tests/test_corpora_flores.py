"""FLORES folders: the real ones are read as they are, and each way in which a file can be wrong is said."""

import hashlib

import pytest

from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.data.languages import all_languages
from llamax_kit.utils.errors import KitError, UnknownName


def test_flores101_has_102_languages_of_1012_lines(data):
    corpus = load_corpus("flores101")
    assert len(corpus.languages) == 102 and {len(text) for text in corpus.texts.values()} == {1012}
    assert set(corpus.languages) == {language.code for language in all_languages() if language.trained}
    assert corpus.release == "FLORES-101 devtest"
    for code, file in corpus.files.items():
        with open(file, "rb") as published:
            assert corpus.hashes[code] == hashlib.sha256(published.read()).hexdigest()


def test_spaces_at_the_end_of_a_line_are_kept(data):
    texts = load_corpus("flores101", ["ast", "da", "tl", "de"]).texts
    counts = {code: sum(line.endswith(" ") for line in text) for code, text in texts.items()}
    assert counts == {"ast": 295, "da": 317, "tl": 306, "de": 0}  # grep -c ' $' of the published files


def test_the_two_releases_are_not_one(data):
    common = sorted(set(corpus_languages("flores200")) & set(corpus_languages("flores101")))
    old, new = load_corpus("flores101", common), load_corpus("flores200", common)
    assert {code for code in common if old.texts[code] != new.texts[code]} == {"ar", "ku"}
    assert (old.release, new.release) == ("FLORES-101 devtest", "FLORES-200 devtest")
    assert old.sha256 != new.sha256


def test_dev_of_flores200_has_997_lines(data):
    corpus = load_corpus("flores200:dev")
    assert {len(text) for text in corpus.texts.values()} == {997} and "als_Latn" in corpus.languages


def test_pairs_are_aligned_and_limited(data):
    corpus = load_corpus("flores101", ["swh", "eng_Latn"])  # any code of any release
    assert corpus.languages == ["sw", "en"]
    pairs = corpus.pairs("en", "sw", 3)
    assert [index for index, _, _ in pairs] == [0, 1, 2]
    assert pairs == corpus.pairs("eng", "swh")[:3] and len(corpus.pairs("en", "sw")) == 1012
    assert pairs[0][1:] == (corpus.texts["en"][0], corpus.texts["sw"][0])


LINES = [f"Sentence {number}. " for number in range(1, 1013)]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A data folder with an English and a German file, both as they should be."""
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    folder = tmp_path / "flores101_dataset" / "devtest"
    folder.mkdir(parents=True)
    for name in ("eng", "deu"):
        (folder / f"{name}.devtest").write_bytes("\n".join([*LINES, ""]).encode())
    return folder


def test_what_looks_like_a_line_end_is_text(place):
    lines = ["a\u2028b", "c\x85d", "e\x0bf\x0c", "g\u2029h", "i\rj", "k  ", "\u00a0 l", *LINES[7:]]
    (place / "deu.devtest").write_bytes("\n".join(lines).encode())  # nor need the last line end
    assert load_corpus("flores101", ["en", "de"]).texts["de"] == lines


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", r"deu\.devtest.* empty"),
        ("\n".join(LINES[:-1]).encode(), r"1012.*1011.*deu\.devtest"),
        ("\n".join([*LINES, "one more"]).encode(), r"1012.*1013.*deu\.devtest"),
        ("\n".join([*LINES, "", ""]).encode(), r"1012.*1013.*line 1013.*blank"),
        ("\n".join([*LINES[:6], " ", *LINES[7:]]).encode(), r"line 7 of .*deu\.devtest is blank"),
        ("\r\n".join(LINES).encode(), r"line 1.*dos2unix"),
        ("\ufeff".encode() + "\n".join(LINES).encode(), r"byte order mark.*without BOM"),
        (b"ok\nna\xefve\n" + "\n".join(LINES[2:]).encode(), r"UTF-8.*0xef.* 5.*line 2.*iconv"),
        ("\n".join(LINES).encode("utf-16"), r"UTF-8.*0xff.* 0.*line 1.*iconv"),
    ],
    ids=["empty", "missing", "extra", "blank-end", "blank", "crlf", "bom", "latin1", "utf16"],
)
def test_a_file_that_is_not_as_published_is_refused_with_the_remedy(place, content, message):
    (place / "deu.devtest").write_bytes(content)
    assert load_corpus("flores101", ["en"]).languages == ["en"]
    with pytest.raises(KitError, match=message) as caught:
        load_corpus("flores101", ["en", "de"])
    assert "To mend: " in str(caught.value) and "llamax-kit fetch flores101" in str(caught.value)


def test_a_missing_file_is_named_and_how_to_get_it(place):
    with pytest.raises(KitError, match=r"Swahili.*swh\.devtest.*llamax-kit fetch flores101"):
        load_corpus("flores101", ["en", "sw"])
    with pytest.raises(KitError, match=r"FLORES-200 dev.*flores200_dataset.dev.*llamax-kit fetch flores200"):
        load_corpus("flores200:dev")
    with pytest.raises(KitError, match=r"FLORES-101.*Basque \(eus_Latn\).*llamax-kit languages"):
        load_corpus("flores101", ["eus_Latn"])


def test_languages_of_unequal_length_name_both_counts_and_files():
    texts, files = {"en": ["a", "b"], "de": ["a"]}, {"en": "/x/eng.devtest", "de": "/x/deu.devtest"}
    message = "en.* 2 .*/x/eng.devtest.*de.* 1 .*/x/deu.devtest.*To mend: take both"
    with pytest.raises(KitError, match=message):
        Corpus("flores101", "devtest", "FLORES-101 devtest", texts, files)


def test_unknown_names_come_with_the_nearest(place):
    with pytest.raises(
        UnknownName,
        match="'flores100'.*cldr, flores101, flores200, flores_plus.*a folder of your own",
    ):
        load_corpus("flores100")
    with pytest.raises(UnknownName, match="'devtst'.*dev, devtest.*flores101:dev"):
        corpus_languages("flores101:devtst")
    with pytest.raises(UnknownName, match="'swahilli'.*Swahili.*llamax-kit languages"):
        load_corpus("flores101", ["swahilli"])
    with pytest.raises(KitError, match="flores101@main.*write flores101:devtest"):
        load_corpus("flores101@main")


def test_pairs_refuse_what_was_not_read(place):
    corpus = load_corpus("flores101", ["en", "de"])
    with pytest.raises(KitError, match="sw .*FLORES-101 devtest: en, de.*name it"):
        corpus.pairs("en", "sw")
    with pytest.raises(KitError, match="got -1.*To mend: write 0"):
        corpus.pairs("en", "de", -1)


def test_the_hash_is_of_the_text_not_of_the_order_of_languages(place):
    one, other = load_corpus("flores101", ["en", "de"]), load_corpus("flores101", ["de", "en"])
    assert one.sha256 == other.sha256
    (place / "deu.devtest").write_text("\n".join(["Changed.", *LINES[1:]]))
    assert load_corpus("flores101", ["en", "de"]).sha256 != one.sha256
