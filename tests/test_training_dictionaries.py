"""Dictionaries in every form MUSE has, merged over English, and sentences switched: what, how often, into what."""

from random import Random

import pytest

from llamax_kit.training.corpus.dictionaries import Entry, merge, read, switch
from llamax_kit.utils.errors import KitError, UnknownName

MUSE = {"de": 101_931, "es": 112_580, "fr": 113_286, "hi": 38_221, "id": 96_500, "ru": 53_186, "ta": 26_656,
        "th": 24_658, "tr": 67_799, "zh": 39_334}  # lines of each file, by wc -l  # fmt: skip


def put(folder, name, *lines):
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def lexicon(tmp_path):
    """house in four languages; home in three, in German by the same word as house; taxi spelt alike in all."""
    paths = [
        put(tmp_path, "en-de.txt", "House\tHaus", "home\tHaus", "taxi\ttaxi", "by the way\tübrigens"),
        put(tmp_path, "fr-en.txt", "maison house", "taxi taxi"),
        put(tmp_path, "en-sw.dict", "nyumba @ house", "nyumbani @ home"),
    ]
    return merge(paths, ["en", "de", "fr", "sw"])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("en-sw.txt", "the House\tNyumba"),
        ("en-sw.txt", "the House \t Nyumba "),
        ("sw-en.txt", "nyumba\tthe house"),
        ("sw-en.txt", "nyumba the house"),
        ("eng-swh.dict", "nyumba @ the house"),
        ("sw-en.dict", "the house @ nyumba"),
    ],
)
def test_each_form_and_order_reads_as_english_first_in_lower_case(tmp_path, name, line):
    assert read(put(tmp_path, name, line)) == [("the house", "nyumba")]


def test_a_tab_comes_before_an_at_and_an_at_before_a_space(tmp_path):
    path = put(tmp_path, "en-sw.txt", "a @ b\tc", "c @ a b", "a b c", "@ at")
    assert read(path) == [("a @ b", "c"), ("a b", "c"), ("a", "b c"), ("@", "at")]


@pytest.mark.parametrize("line", ["nyumba", "", "\tnyumba", "house\t ", " @ house", " house "])
def test_a_line_without_two_words_is_refused_with_file_number_line_and_forms(tmp_path, line):
    path = put(tmp_path, "en-sw.txt", "one\tmoja", line, "two\tmbili")
    with pytest.raises(KitError) as caught:
        merge([path], ["en", "sw"])
    said = 'expected two words with a tab or a space between, or "target @ source" in line 2 of'
    assert str(caught.value).startswith(f"{said} {path}, but found {line!r}. To mend:")


def test_a_dictionary_that_is_no_text_or_of_no_language_is_refused(tmp_path):
    (tmp_path / "en-sw.txt").write_bytes(b"caf\xe9\tkahawa\n")
    with pytest.raises(KitError, match=r"en-sw\.txt is not UTF-8: .* in line 1\..*or give two words"):
        read(tmp_path / "en-sw.txt")
    with pytest.raises(KitError, match=r"en-de\.txt is empty"):
        read(put(tmp_path, "en-de.txt"))
    with pytest.raises(UnknownName, match="unknown language 'xyz'"):
        read(put(tmp_path, "en-xyz.txt", "a b"))


def test_dictionaries_are_merged_over_the_shared_english_word(lexicon):
    assert lexicon.entries["house"] == [("house", "en"), ("haus", "de"), ("nyumba", "sw"), ("maison", "fr")]
    assert lexicon.others("maison", src="fr") == [("house", "en"), ("haus", "de"), ("nyumba", "sw")]
    assert lexicon.others("house", src="en") == [("haus", "de"), ("nyumba", "sw"), ("maison", "fr")]
    assert lexicon.others("maison", src="en") == [] == lexicon.others("mansion", src="en")


def test_a_word_reaches_what_shares_one_of_its_english_words_and_no_further(lexicon):
    assert {each.word for each in lexicon.others("haus", src="de")} == {"house", "home", "nyumba", "nyumbani", "maison"}
    # not home, which is two hops away
    assert {each.word for each in lexicon.others("nyumba", src="sw")} == {
        "house",
        "haus",
        "maison",
    }


def test_what_is_spelt_alike_is_no_replacement(lexicon):
    assert Entry("taxi", "fr") in lexicon.entries["taxi"]
    assert lexicon.others("taxi", src="en") == []


def test_both_orders_of_a_dictionary_are_one(tmp_path):
    one = put(tmp_path, "en-sw.txt", "one\tmoja", "two\tmbili")
    other = put(tmp_path, "sw-en.txt", "mbili\ttwo", "moja\tone", "tatu\tthree")
    both, codes = merge([one, other], ["en", "sw"]), ["en", "sw"]
    assert both.entries["one"] == merge([one], codes).entries["one"] == merge([other], codes).entries["one"]
    assert set(both.entries) == {"one", "two", "three"}


def test_words_of_other_languages_are_no_entries_and_english_may_be_a_mere_bridge(tmp_path):
    paths = [put(tmp_path, f"en-{code}.txt", f"house\t{code}-house") for code in ("de", "fr", "sw")]
    lexicon = merge(paths, ["de", "sw"])
    assert lexicon.others("de-house", src="de") == [("sw-house", "sw")]
    assert {each.language for each in lexicon.english} == {"de", "sw"}


def test_switching_lower_cases_and_changes_words_with_an_entry_only(lexicon):
    seen = {
        switch("My House, my TAXI  «home»", src="en", lexicon=lexicon, generator=Random(seed)) for seed in range(200)
    }
    houses, homes = ("house", "haus", "nyumba", "maison"), ("home", "haus", "nyumbani")
    possible = {f"my {house}, my taxi  «{home}»" for house in houses for home in homes}
    assert seen == possible - {"my house, my taxi  «home»"}  # where a word can be switched, at least one is


def test_a_sentence_without_entries_stays_but_for_capitals(lexicon):
    assert switch("Nothing Here", src="en", lexicon=lexicon, generator=Random(1)) == "nothing here"
    assert switch("House", src="fr", lexicon=lexicon, generator=Random(1)) == "house"
    assert switch("", src="en", lexicon=lexicon, generator=Random(1)) == ""


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_the_share_of_words_switched_is_the_share_asked_for(lexicon, share):
    words = switch(" ".join(["house"] * 20_000), src="en", lexicon=lexicon, generator=Random(1), share=share).split(" ")
    changed = [word for word in words if word != "house"]
    expected = max(share * 20_000, 1)  # at least one
    assert len(changed) == pytest.approx(expected, abs=4 * (20_000 * share * (1 - share)) ** 0.5)
    for word in ("haus", "nyumba", "maison"):  # alike: a third each, within four standard errors
        if share:
            assert changed.count(word) == pytest.approx(expected / 3, abs=4 * (expected * 2 / 9) ** 0.5)


def test_the_same_seed_switches_the_same(lexicon):
    sentence = " ".join(["house home"] * 6)
    first = switch(sentence, src="en", lexicon=lexicon, generator=Random(5))
    assert (
        first
        == switch(sentence, src="en", lexicon=lexicon, generator=Random(5))
        != switch(sentence, src="en", lexicon=lexicon, generator=Random(6))
    )
    assert first == "house home house home house home nyumba haus house home house nyumbani"  # on every machine


@pytest.mark.parametrize("code", MUSE)
def test_muse_reads_to_its_last_line(data, code):
    found = read(data / "muse" / f"en-{code}.dict")
    assert len(found) == len(set(found)) == MUSE[code]
    assert all(english and other and "@" != english for english, other in found)


def test_muse_merges_over_english(data):
    lexicon = merge([data / "muse" / f"en-{code}.dict" for code in ("de", "fr", "tr")], ["en", "de", "fr"])
    assert len(lexicon.entries) == 115_208  # by sed and sort -u
    assert Entry("maison", "fr") in lexicon.others("haus", src="de") and Entry("haus", "de") in lexicon.others(
        "maison", src="fr"
    )
    assert not [each for each in lexicon.english if each.language == "tr"]
