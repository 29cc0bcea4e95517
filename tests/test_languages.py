"""The language table against the published files and real FLORES text, and lookups by any code."""

import csv
import json
import subprocess
import sys
from importlib.resources import files

import pytest
import regex

from llamax_kit.data import languages
from llamax_kit.data.languages import all_languages, directions, find
from llamax_kit.utils.errors import KitError, UnknownName

TRAINED = [language for language in all_languages() if language.trained]
CODES = [language.code for language in TRAINED]
UNSEEN = [language for language in all_languages() if not language.trained]

# ISO 15924 code -> the Unicode scripts it is written in
UNICODE = {
    "Arab": "Arabic", "Armn": "Armenian", "Beng": "Bengali", "Cyrl": "Cyrillic", "Deva": "Devanagari",
    "Ethi": "Ethiopic", "Geor": "Georgian", "Grek": "Greek", "Gujr": "Gujarati", "Guru": "Gurmukhi",
    "Hang": "Hangul", "Hans": "Han", "Hant": "Han", "Hebr": "Hebrew", "Jpan": "Hiragana", "Khmr": "Khmer",
    "Knda": "Kannada", "Laoo": "Lao", "Latn": "Latin", "Mlym": "Malayalam", "Mymr": "Myanmar", "Olck": "Ol_Chiki",
    "Orya": "Oriya", "Sinh": "Sinhala", "Taml": "Tamil", "Telu": "Telugu", "Tfng": "Tifinagh", "Thai": "Thai",
    "Tibt": "Tibetan",
}  # fmt: skip


def test_counts_and_sums_are_the_published_ones():
    assert (len(TRAINED), len(UNSEEN)) == (102, 102)
    split = [language.split for language in TRAINED]
    assert (split.count("high"), split.count("low")) == (26, 76)
    assert sum(language.avg85 for language in TRAINED) == 87
    assert sum(language.para_lines for language in TRAINED) == 387_781_042
    assert sum(language.mono_blocks for language in TRAINED) == 55_081_793
    assert sum(language.mono_blocks > 0 for language in TRAINED) == 94
    assert {language.code: language.para_lines for language in TRAINED if language.para_lines < 100} == {
        "kea": 0, "kam": 8, "umb": 54, "luo": 91
    }  # fmt: skip


def test_unseen_languages_claim_nothing_of_the_training():
    for language in UNSEEN:
        assert not (language.llamax or language.flores101 or language.split or language.avg85), language
        assert language.mono_blocks == language.para_lines == 0
        assert language.code == language.flores200


@pytest.mark.parametrize("column", ["code", "llamax", "flores101", "flores200", "flores_plus", "name", "cldr"])
def test_every_code_names_one_language(column):
    values = [getattr(language, column) for language in all_languages() if getattr(language, column)]
    assert len(values) == len(set(values))
    assert len(values) == {"llamax": 102, "flores101": 102, "cldr": 154}.get(column, 204)


def test_every_cell_that_must_be_filled_is():
    for row in csv.DictReader(files("llamax_kit.data").joinpath("languages.csv").read_text("utf-8").splitlines()):
        assert all(row[column] for column in ("name", "prompt_name", "script", "family_1", "family_2", "source")), row
        assert {row["avg85"], row["trained"]} <= {"True", "False"}
        assert all(cell == cell.strip() for cell in row.values()), row


def test_scripts_are_those_of_the_flores200_code():
    for language in all_languages():
        assert language.script == language.flores200.split("_")[1] == language.flores_plus.split("_")[1]


def test_flores_plus_codes_are_relabelled_as_its_changelog_says():
    changed = {row.flores200: row.flores_plus for row in all_languages() if row.flores200 != row.flores_plus}
    assert changed == {
        "zho_Hans": "cmn_Hans", "zho_Hant": "cmn_Hant", "tgl_Latn": "fil_Latn", "tzm_Tfng": "zgh_Tfng",
        "est_Latn": "ekk_Latn", "grn_Latn": "gug_Latn", "kon_Latn": "ktu_Latn", "ajp_Arab": "apc_Arab_sout3123",
        "apc_Arab": "apc_Arab_nort3139", "aka_Latn": "twi_Latn_asan1239", "twi_Latn": "twi_Latn_akua1239",
    }  # fmt: skip


def test_names_and_codes_equal_the_authors_file(data):
    with open(data / "llamax_results" / "language_name_code_pair.csv", encoding="utf-8-sig") as file:
        pairs = list(csv.DictReader(file))
    published = {row["language_code"]: (row["language_en"], row["language_code_flores"]) for row in pairs}
    assert {row.code: (row.prompt_name, row.flores101) for row in TRAINED} == {c: published[c] for c in CODES}
    beyond = {row["language_en"] for row in pairs} - {language.prompt_name for language in TRAINED}
    assert beyond == {"Esperanto", "Basque", "Albanian", find("no").name}  # their four names beyond the 102
    assert {find("epo_Latn").prompt_name, find("eus_Latn").prompt_name, find("als_Latn").prompt_name} < beyond


def test_data_sizes_and_split_equal_the_published_files(data):
    results = data / "llamax_results"
    with open(results / "corpus_merge.csv", encoding="utf-8-sig") as file:
        sizes = {row["lang"]: (int(row["mono"]), int(row["para"])) for row in csv.DictReader(file)}
    assert {row.code: (row.mono_blocks, row.para_lines) for row in TRAINED} == sizes
    recovered = json.loads((results / "language_split.json").read_text())
    assert [row.code for row in TRAINED if row.split == "high"] == recovered["high_26"]
    assert [row.code for row in TRAINED if row.avg85] == recovered["set_87_used_by_summary_85"]


def test_families_equal_the_published_file_but_for_two_corrections(data):
    with open(data / "llamax_results" / "final_language_info.csv", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            published = (row["family_1"], row["family_2"], row["family_3"].replace("Volta-Congo", "Volta–Congo"))
            language = find(row["ISO"])
            given = (language.family_1, language.family_2, language.family_3)
            assert given == (published if language.code != "bn" else ("Indo-European", "Indo-Iranian", "Indo-Aryan"))
            assert language.source.startswith("paper")


def dominant_script(path):
    text = path.read_text(encoding="utf-8")
    return max(set(UNICODE.values()), key=lambda name: len(regex.findall(rf"\p{{Script={name}}}", text)))


def test_every_flores101_file_exists_and_is_in_its_script(data):
    folder = data / "flores101_dataset" / "devtest"
    assert {path.stem for path in folder.iterdir()} == {language.flores101 for language in TRAINED}
    wrong = {
        language.code: found
        for language in TRAINED
        if (found := dominant_script(folder / f"{language.flores101}.devtest")) != UNICODE[language.script]
    }
    assert not wrong


def test_every_flores200_file_is_in_its_script(data):
    paths = sorted((data / "flores200_dataset" / "devtest").iterdir())
    assert len(paths) >= 54
    assert not {path.stem for path in paths if dominant_script(path) != UNICODE[find(path.stem).script]}


@pytest.mark.parametrize("release", ["flores101", "flores200"])
def test_simplified_and_traditional_chinese_are_not_swapped(data, release):
    for code, ours, other in (("zh", "这们国", "這們國"), ("zhtrad", "這們國", "这们国")):
        folder = data / f"{release}_dataset" / "devtest"
        text = (folder / f"{getattr(find(code), release)}.devtest").read_text(encoding="utf-8")
        assert all(text.count(here) > 50 * text.count(there) for here, there in zip(ours, other, strict=True))


def test_cldr_locales_have_data_of_their_own():
    # a fresh process: Babel gives merged data for a locale that was once loaded merged
    program = """
from babel import localedata
from llamax_kit.data.languages import all_languages
for language in all_languages():
    if language.cldr:
        own = localedata.load(language.cldr, merge_inherited=False)
        wide = own["months"].get("format", {}).get("wide")
        if not isinstance(wide, dict) and len(own["territories"]) < 30:
            print(language.cldr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert [language.code for language in TRAINED if not language.cldr] == ["umb"]
    assert {c: find(c).cldr for c in ("no", "tl", "ku", "ns", "zh", "zhtrad", "kmr_Latn", "nno_Latn", "tzm_Tfng")} == {
        "no": "no", "tl": "fil", "ku": "ckb", "ns": "nso", "zh": "zh", "zhtrad": "zh_Hant", "kmr_Latn": "ku",
        "nno_Latn": "nn", "tzm_Tfng": "zgh",
    }  # fmt: skip


@pytest.mark.parametrize(
    "given, code",
    [("ara", "ar"), ("arb_Arab", "ar"), ("ar", "ar"), ("Arabic", "ar"), ("zho_simpl", "zh"), ("zho_Hans", "zh"),
     ("cmn_Hans", "zh"), ("cmn_hant", "zhtrad"), ("Chinese Trad", "zhtrad"), ("Akrikaans", "af"), ("Afrikaans", "af"),
     ("ku", "ku"), ("ckb", "ku"), ("Northern Kurdish (Kurmanji)", "kmr_Latn"), ("EN", "en"), ("swahili", "sw"),
     (" de ", "de"), ("twi_Latn_asan1239", "aka_Latn"), ("twi_Latn", "twi_Latn"), ("eu", "eus_Latn"),
     ("Norwegian", "no"), ("Norwegian Bokmål", "no"), ("nno_Latn", "nno_Latn"), ("Oriya", "or"), ("fil", "tl")],
)  # fmt: skip
def test_find_takes_any_code_and_name(given, code):
    assert find(given).code == code


def test_only_kurdish_has_a_code_that_means_two_languages():
    meant = {}
    for language in all_languages():
        for column in languages.LOOKED_UP:
            meant.setdefault(getattr(language, column).casefold(), set()).add(language.code)
    del meant[""]
    assert {key: codes for key, codes in meant.items() if len(codes) > 1} == {"ku": {"ku", "kmr_Latn"}}
    assert find("ku").flores200 == "ckb_Arab"


def test_an_unknown_language_names_its_nearest():
    with pytest.raises(UnknownName, match=r"'Swahilli'.*Swahili, .*llamax-kit languages") as e:
        find("Swahilli")
    assert e.value.given == "Swahilli"
    with pytest.raises(UnknownName, match="'deu_Lat'.*deu_Latn, .*llamax-kit languages"):
        find("deu_Lat")


def test_directions_expand_over_what_is_available():
    assert directions("en-de sw-en", ["en", "de", "sw"]) == [("en", "de"), ("sw", "en")]
    assert directions("en-X", ["de", "en", "sw"]) == [("en", "de"), ("en", "sw")]
    assert directions("X-en", ["de", "en", "sw"]) == [("de", "en"), ("sw", "en")]
    assert directions("eng_Latn-deu, en-de,\n en-X ", ["eng", "deu", "swh"]) == [("en", "de"), ("en", "sw")]
    assert len(directions("en-X X-en", CODES)) == 2 * 101
    assert len(directions("X-X", CODES)) == 102 * 101


@pytest.mark.parametrize(
    "text, message",
    [("en-en", "'en-en' does not go between two different languages.*: name two of the 2 that have text here"),
     ("eng-en", "'eng-en' does not go between two different"),
     ("en-umb", r"'en-umb': there is no text in Umbundu \(umb\) here.*among the 2 languages that have text: en de$"),
     ("ende", "source-target, as in en-de, en-X or X-en, got 'ende'"),
     ("en-de-fr", "got 'en-de-fr'"), ("en-", "got 'en-'"), ("", "got ''"),
     ("en-swahilli", "unknown language 'swahilli'. Nearest: Swahili"), ("en-x", "unknown language 'x'")],
)  # fmt: skip
def test_bad_directions_say_what_to_do(text, message):
    with pytest.raises(KitError, match=message):
        directions(text, ["en", "de"])


def test_a_language_into_itself_does_not_print_the_whole_list():
    with pytest.raises(KitError) as caught:
        directions("en-en", CODES)
    assert len(str(caught.value)) < 200 and "102 that have text" in str(caught.value)


def test_directions_of_nothing_are_refused():
    with pytest.raises(KitError, match="'X-X'.*name two of the 0 "):
        directions("X-X", [])


def test_table_is_the_same_as_the_languages():
    table = languages.table()
    assert table.shape == (204, len(languages.Language._fields))
    assert table.loc[table.trained, "para_lines"].sum() == 387_781_042
    assert (table.trained.dtype, table.avg85.dtype, table.mono_blocks.dtype) == ("bool", "bool", "int64")


def test_looking_up_needs_the_standard_library_only():
    program = "import sys; from llamax_kit.data.languages import find; find('sw'); print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
