"""CLDR phrases: each language speaks for itself, splits share no content, and the text is the same everywhere."""

import re
import unicodedata
from datetime import date

import pytest
from babel import Locale, dates, localedata

from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.data.languages import all_languages, find
from llamax_kit.training.cldr import build
from llamax_kit.training.cldr.entries import entries, raw
from llamax_kit.training.cldr.phrases import SIZES, contents, say, split_of
from llamax_kit.utils.errors import KitError

DOZEN = ["am", "ar", "de", "en", "hi", "ja", "km", "ku", "ru", "sw", "ur", "zh"]


@pytest.fixture(scope="module")
def devtest():
    return load_corpus("cldr")


@pytest.fixture(scope="module")
def coverage():
    return build.coverage().set_index("code")


def test_nearly_all_languages_of_llamax_have_phrases(coverage):
    trained = coverage[coverage.trained]
    enough = (trained[["dates", "territories", "units", "spans", "currencies"]] >= 14).sum()
    assert enough.to_dict() == {"dates": 99, "territories": 92, "units": 87, "spans": 87, "currencies": 94}
    assert enough.dates >= 95 and enough.territories >= 88 and enough.units >= 80
    unseen = coverage[~coverage.trained & (coverage.devtest >= build.FEWEST)]
    assert len(unseen) == 43 and {"eus_Latn", "sin_Sinh", "tir_Ethi", "ydd_Hebr"} <= set(unseen.index)


def test_what_ships_is_what_cldr_makes():
    for split in ("dev", "devtest"):
        shipped, made = load_corpus(f"cldr:{split}", DOZEN), build.corpus(split, DOZEN)
        assert (shipped.texts, shipped.sha256, shipped.release) == (made.texts, made.sha256, made.release)


def test_the_text_to_train_on_is_not_shipped_and_the_message_says_how_to_make_it():
    with pytest.raises(KitError, match="cldr:train.*build.corpus"):
        load_corpus("cldr:train", ["en"])


def test_available_are_those_with_phrases_enough(coverage, devtest):
    assert devtest.languages == corpus_languages("cldr") == list(coverage.index[coverage.devtest >= build.FEWEST])
    counts = {code: sum(text is not None for text in texts) for code, texts in devtest.texts.items()}
    assert counts == coverage.devtest[devtest.languages].to_dict()
    assert counts["en"] == counts["de"] == SIZES["devtest"]
    with pytest.raises(KitError, match=r"Umbundu \(umb\).* 0 .*devtest.* 30.*leave it out"):
        load_corpus("cldr", ["en", "umb"])


@pytest.mark.parametrize(
    "code, content, text",
    [  # looked up in CLDR's own survey charts, or known to readers of the language
        ("de", ("territory", "FR"), "Frankreich"),
        ("sw", ("territory", "EG"), "Misri"),
        ("zh", ("territory", "US"), "美国"),
        ("zhtrad", ("territory", "US"), "美國"),
        ("he", ("list", "standard", (("territory", "FR"), ("territory", "ES"))), "צרפת וספרד"),
        ("de", ("list", "or", (("territory", "FR"), ("territory", "ES"))), "Frankreich oder Spanien"),
        ("en", ("date", "2000-02-29"), "Tuesday, February 29, 2000"),
        ("ja", ("date", "2000-02-29"), "2000年2月29日火曜日"),
        ("th", ("date", "2000-02-29"), "วันอังคารที่ 29 กุมภาพันธ์ ค.ศ. 2000"),
        ("ru", ("amount", "length-kilometer", 1), "1 километр"),
        ("ru", ("amount", "length-kilometer", 3), "3 километра"),
        ("ru", ("amount", "length-kilometer", 5), "5 километров"),
        ("ar", ("amount", "duration-day", 2), "يومان"),
        ("nl", ("amount", "duration-day", 5), "5 dagen"),  # only as a short form, which long inherits from
        ("fr", ("span", "week", "past", 3), "il y a 3 semaines"),
        ("ro", ("money", "EUR", 25), "25 de euro"),
        ("es", ("together", (("territory", "JP"), ("money", "JPY", 7))), "Japón – 7 yenes japoneses"),
    ],
)  # fmt: skip
def test_phrases_known_by_hand(code, content, text):
    assert say(content, entries(code)) == text


@pytest.mark.parametrize("code", ["de", "no", "ku", "tl", "ns", "zhtrad", "als_Latn", "tzm_Tfng"])
def test_dates_and_territories_are_babels(code):
    own, locale = entries(code), Locale.parse(find(code).cldr)
    for kind, day in (content for content in contents("devtest")[:40] if content[0] == "date"):
        value = date.fromisoformat(day)
        assert say((kind, day), own) == dates.format_date(value, "full", locale)
    assert all(locale.territories[key] == forms["other"] for key, forms in own.territories.items())


def test_what_another_language_says_is_no_entry():
    merged = localedata.load("nn")  # from here on Babel gives merged data, whatever it is asked for
    assert merged["months"]["format"]["wide"][1] == "januar"
    assert localedata.load("nn", merge_inherited=False)["months"]["format"]["wide"][1] == "januar"
    assert "months" not in raw("nn") or not raw("nn")["months"].get("format", {}).get("wide")
    nynorsk = entries("nno_Latn")
    assert not nynorsk.date_pattern and not nynorsk.lists and "FR" not in nynorsk.territories
    assert nynorsk.territories["AT"]["other"] == "Austerrike"  # Bokmål: Østerrike
    assert not entries("prs_Arab").date_pattern  # its weekdays are Persian's


def test_english_lists_are_dropped():
    for code in ("luo", "sn", "ceb", "ig", "tl", "ms", "vi"):
        names, english = raw(find(code).cldr)["territories"], raw("en")["territories"]
        assert sum(names[key] == english.get(key) for key in names) > len(names) / 2
        assert not entries(code).territories
    assert not entries("wo").currencies and not entries("ceb").currencies
    assert raw("ug")["list_patterns"]["standard"]["2"] == "{0} and {1}" and not entries("uig_Arab").lists
    assert entries("no").territories["DE"]["other"] == "Tyskland"


def test_no_list_is_mostly_english_and_other_scripts_have_no_english_entry():
    english = entries("en")
    for language in all_languages():
        own = entries(language.code)
        if not language.cldr or language.code == "en":
            continue
        for kind in ("territories", "units", "spans", "currencies"):
            theirs, ours = getattr(own, kind), getattr(english, kind)
            same = [key for key in theirs if key in ours and theirs[key]["other"] == ours[key]["other"]]
            assert len(same) <= len(theirs) / 2, (language.code, kind)
            assert language.script == "Latn" or not same, (language.code, kind)
        if own.date_pattern:
            names, theirs = (
                {*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values()}
                for locale in (own.locale, english.locale)
            )
            assert len(names & theirs) <= 9, language.code


def test_no_raw_keys_no_placeholders_no_line_ends(devtest):
    keys = re.compile("|".join([r"[\n\r{}]", r"M0\d", *raw("en")["unit_patterns"]]))
    for code, texts in devtest.texts.items():
        own = entries(code)
        for kind in (own.territories, own.units, own.currencies):
            assert not [key for key, forms in kind.items() if key in forms.values()], code
        for text in filter(None, texts):
            assert text.strip() and not keys.search(text), (code, text)
            assert unicodedata.normalize("NFC", text) == text, (code, text)


def test_texts_are_in_the_script_of_the_language(devtest):
    names = {"Arab": "ARABIC", "Cyrl": "CYRILLIC", "Deva": "DEVANAGARI", "Ethi": "ETHIOPIC", "Hebr": "HEBREW"}
    names |= {"Latn": "LATIN", "Tibt": "TIBETAN", "Tfng": "TIFINAGH", "Olck": "OL CHIKI"}
    for language in (find(code) for code in devtest.languages):
        letters = [char for text in devtest.texts[language.code] for char in text or "" if char.isalpha()]
        if language.script in names:
            own = sum(unicodedata.name(char).startswith(names[language.script]) for char in letters)
            assert own / len(letters) > 0.97, language.code


def parts(content):
    """The combinations that a content is made of: its dates, amounts, sums, spans and lists; the whole territory."""
    kind = content[0]
    inner = content[1] if kind == "together" else content[2] if kind == "list" else ()
    for part in inner:
        if part[0] != "territory":
            yield from parts(part)
    if kind == "list" and inner[0][0] == "territory":
        yield ("list", tuple(sorted(inner)))
    elif kind not in ("together", "list"):
        yield content


def test_no_content_of_one_split_occurs_in_another_whole_or_as_a_part():
    whole = {split: set(contents(split)) for split in SIZES}
    inner = {split: {part for content in whole[split] for part in parts(content)} for split in SIZES}
    assert {split: len(found) for split, found in whole.items()} == SIZES
    for one, other in (("train", "dev"), ("train", "devtest"), ("dev", "devtest")):
        assert whole[one].isdisjoint(whole[other]) and inner[one].isdisjoint(inner[other])
    assert split_of(("list", "or", ("b", "a"))) == split_of(("list", "standard", ("a", "b")))


def names(content):
    """The names that a content uses: territories, units, currencies, fields, months, weekdays."""
    kind, *values = content
    if kind in ("together", "list"):
        for part in values[-1]:
            yield from names(part)
    elif kind == "date":
        day = date.fromisoformat(values[0])
        yield from (("month", day.month), ("weekday", day.weekday()), ("year", day.year))
    else:
        yield (kind, *(value for value in values if isinstance(value, str)))


def test_all_names_of_dev_and_devtest_are_learnable_from_training():
    known = {split: {name for content in contents(split) for name in names(content)} for split in SIZES}
    assert known["devtest"] | known["dev"] <= known["train"]
    assert len([name for name in known["train"] if name[0] == "territory"]) > 280


def test_training_text_does_not_give_devtest_away():
    train, devtest = build.corpus("train", DOZEN), load_corpus("cldr", DOZEN)
    for code in DOZEN:
        seen = set(train.texts[code])
        assert not [text for text in devtest.texts[code] if text is not None and text in seen]
    assert len(train.pairs("en", "de")) == SIZES["train"]


def test_the_first_lines_are_as_mixed_as_all(devtest):
    kinds = [
        tuple(part[0] for part in content[1]) if content[0] == "together" else content[0]
        for content in contents("devtest")
    ]
    assert set(kinds[:20]) == set(kinds) and len(set(kinds)) == 16


def test_a_direction_uses_the_positions_that_both_sides_have(devtest):
    pairs = devtest.pairs("ns", "am")
    assert 60 < len(pairs) < 80 and all(source and reference for _, source, reference in pairs)
    assert [index for index, *_ in pairs] == sorted(index for index, *_ in pairs)
    assert devtest.pairs("ns", "am", 5) == pairs[:5]
    with pytest.raises(KitError, match="nno_Latn and ns.*leave the direction nno_Latn-ns out"):
        devtest.pairs("nno_Latn", "ns")


def test_the_text_is_the_same_on_every_machine():
    corpus = load_corpus("cldr", DOZEN)
    assert corpus.release == "CLDR 47 via Babel 2.18.0, devtest"
    assert corpus.sha256 == "dc4640d89bc21a04ab139caefc4a3800237d097ccee47cb5409ac7182380626c"


def test_other_splits_have_their_names():
    assert load_corpus("cldr:dev", ["en"]).release.endswith(", dev")
    with pytest.raises(KitError, match="'test'.*train, dev, devtest.*cldr:dev"):
        load_corpus("cldr:test")
