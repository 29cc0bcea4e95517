"""output_checks and scripts: shares against rows counted by hand; texts escaped, each in its own direction."""

import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from llamax_kit.data.scripts import SCRIPTS, direction, script
from llamax_kit.data.translations import COLUMNS
from llamax_kit.reporting import tables
from llamax_kit.reporting.plots import score_plots
from llamax_kit.scoring import output_checks, sacrebleu_metrics, spbleu
from llamax_kit.utils.errors import KitError


@pytest.mark.parametrize(("text", "name"), [
    ("The capital of Россия", "Latn"), ("Столица Russia", "Cyrl"), ("東京タワー", "Hani"), ("ひらがな", "Hani"),
    ("漢字とかな mix", "Hani"), ("서울특별시", "Hang"), ("नमस्ते दुनिया", "Deva"), ("ሰላም ለዓለም", "Ethi"),
    ("ꯃꯤꯇꯩꯂꯣꯟ", "Mtei"), ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "Tfng"), ("ᱥᱟᱱᱛᱟᱲᱤ", "Olck"), ("3 км", ""),
    ("12:30 — 5,4 %", ""), ("", ""), ("ªµ", ""),
])  # fmt: skip
def test_script_is_that_of_most_letters(text, name):
    assert script(text) == name


def test_every_script_of_flores_200_is_known():
    from llamax_kit.data.languages import all_languages

    assert {language.script for language in all_languages()} - set(SCRIPTS) == {"Hans", "Hant", "Jpan"}


def test_direction_is_that_of_most_letters():
    assert direction("BBC أعلنت اليوم عن") == "rtl"  # `dir="auto"` would look at the first letter alone
    assert direction("the word שלום means peace") == "ltr"
    assert direction("12:30") == "auto"


def table(rows, system="s", src="en", tgt="ru"):
    """Rows (source, hypothesis, reference, finish) as a translations table."""
    full = [(system, src, tgt, i, s, h, r, finish, 3) for i, (s, h, r, finish) in enumerate(rows)]
    return pd.DataFrame(full, columns=COLUMNS)


ROWS = [
    ("A house", "Дом", "Дом", "stop"),
    ("A house", "A  house", "Дом", "stop"),  # a copy, white space aside, and in another script
    ("A house", " \u2003", "Дом", "length"),  # empty, though it was cut: it generated white space to the limit
    ("A house", "Дом дом дом", "Дом", "length"),
    ("A house", "house дом дома", "Дом", "stop"),
    ("3 km", "3 km", "3 км", "stop"),  # a copy; too few letters to tell the script
    ("", "", "Дом", "unfit"),  # empty, not a copy
    ("A house", "дом", "Дом", "stop"),
]


def test_shares_count_what_the_outputs_are():
    shares = output_checks.shares(table(ROWS))
    assert list(shares.columns) == ["system", "src", "tgt", "n", "empty", "copy", "length", "other_script"]
    assert shares.iloc[0].tolist() == ["s", "en", "ru", 8, 2 / 8, 2 / 8, 2 / 8, 1 / 8]


def test_shares_keep_the_order_and_count_each_direction():
    both = pd.concat([table(ROWS, "z"), table(ROWS[:2], "a"), table(ROWS[:1], "z", tgt="de")])
    shares = output_checks.shares(both)
    assert shares[["system", "tgt", "n"]].to_numpy().tolist() == [["z", "ru", 8], ["a", "ru", 2], ["z", "de", 1]]
    assert shares["copy"].tolist() == [2 / 8, 1 / 2, 0]


def test_what_a_system_did_not_say_is_missing():
    silent = table([(*row[:3], "") for row in ROWS])
    assert output_checks.shares(silent)["length"].isna().all()
    assert output_checks.shares(silent.drop(columns=["finish", "tokens"]))["length"].isna().all()


def test_script_of_the_reference_decides():
    serbian = [("x", "Главни град", "Glavni grad", "stop"), ("x", "Glavni grad", "Glavni grad", "stop")]
    assert output_checks.shares(table(serbian))["other_script"].tolist() == [0.5]


def test_shares_refuse_what_cannot_be_scored():
    with pytest.raises(KitError, match="no rows.*choose directions"):
        output_checks.shares(table([]))


@pytest.fixture
def words(monkeypatch):
    """Sentence scores without a model: words in common."""
    monkeypatch.setattr(
        spbleu, "sentence_scores",
        lambda hypotheses, references, tokenize: [
            100.0 * len(set(h.split()) & set(r.split())) / max(len(r.split()), 1)
            for h, r in zip(hypotheses, references, strict=True)
        ],
    )  # fmt: skip
    monkeypatch.setattr(
        sacrebleu_metrics, "spbleu", lambda tokenize: sacrebleu_metrics.Named(f"spBLEU-{tokenize}", None)
    )


def test_examples_are_the_extremes(words):
    rows = [("x", " ".join("abcdefgh"[:k]), "a b c d e f g h", "stop") for k in (3, 8, 0, 5, 1, 8)]
    found = output_checks.examples(table(rows), best=2, worst=2, tokenize="w")
    assert found["index"].tolist() == [1, 5, 4, 2]
    assert found["rank"].tolist() == ["best", "best", "worst", "worst"]
    assert found["score"].tolist() == [100, 100, 12.5, 0]
    assert set(found["metric"]) == {"spBLEU-w"}


def test_examples_show_no_sentence_twice(words):
    found = output_checks.examples(pd.concat([table(ROWS[:3]), table(ROWS[:2], "t")]), tokenize="w")
    assert found.groupby("system")["index"].apply(sorted).to_dict() == {"s": [0, 1, 2], "t": [0, 1]}
    with pytest.raises(KitError, match="best=-1.*0 or more"):
        output_checks.examples(table(ROWS), best=-1)


def shown(rows, **kind):
    examples = table(rows, **kind).assign(rank="best", score=12.345, metric="spBLEU")
    return tables.show_examples(examples).data


def test_texts_are_escaped():
    page = shown([("<script>a</script>", '<img src=x onerror="b">', "a & b", "stop")], system="<b>me</b>", tgt="x<y")
    assert not re.search(r"<(script|img|b>me)", page)
    assert "&lt;img src=x onerror=&quot;b&quot;&gt;" in page and "a &amp; b" in page


def test_each_text_has_its_language_and_direction():
    page = shown([("Hello there", "שלום wrote", "مرحبا بالعالم", "stop")], tgt="ar")
    assert re.search(r'<td lang="en" dir="ltr"[^>]*>Hello there', page)
    assert re.search(r'<td lang="ar" dir="rtl"[^>]*>مرحبا', page)
    assert re.search(r'<td lang="ar" dir="ltr"[^>]*>שלום wrote', page)  # it is mostly Latin
    assert "reference: Arabic" in page


def test_nothing_is_typeset_and_all_of_it_is_printed():
    rows = table([("$1 to $2", "$a$", "$b$", "stop")], "$s$").assign(
        rank="best", score=1.0, metric="m", reasoning="$r$"
    )
    soup = BeautifulSoup(tables.show_examples(rows).data, "html.parser")
    for text in ("$1 to $2", "$a$", "$b$", "$s$", "$r$"):
        assert "mathjax_ignore" in soup.find(string=text).find_parent("figure")["class"]
    printed = soup.style.get_text().partition("@media print {")[2]
    assert "details::details-content { content-visibility: visible; }" in printed and "max-height: none" in printed
    assert [each["scope"] for each in soup.find_all("th")] == ["col"] * 4 and soup.table.caption.get_text()


def test_languages_are_named_as_pages_name_them():
    assert 'lang="zh-Hant"' in shown([("a b c", "中文字", "中文字", "stop")], tgt="zhtrad")
    assert 'lang="ace-Arab"' in shown([("a b c", "x", "x", "stop")], tgt="ace_Arab")


def test_an_empty_output_is_said_and_only_the_first_part_is_open():
    examples = pd.concat([table([("a", " ", "b", "stop")]), table([("a", "c\nd", "b", "stop")], "t")])
    page = tables.show_examples(examples.assign(rank="worst", score=0.0, metric="spBLEU")).data
    assert "<i>(empty)</i>" in page and "white-space: pre-wrap" in page
    assert page.count("<details") == 2 and page.count("<details open") == 1


def test_reasoning_is_counted_and_shown_apart_from_the_hypothesis():
    assert "reasoning" not in output_checks.shares(table(ROWS))
    cut = table(ROWS).assign(reasoning=["why <b>", *[""] * 6, float("nan")])
    cut.loc[5, "hypothesis"] = "<think>3 km"  # still there
    shares = output_checks.shares(cut)
    assert shares["reasoning"].tolist() == [2 / 8]
    assert "with reasoning at most 25 % (s en-ru)" in score_plots.describe_shares(shares)
    page = tables.show_examples(output_checks.examples(cut, tokenize="cldr", best=8)).data
    assert page.count("<summary>reasoning, cut</summary>") == 1 and "why &lt;b&gt;" in page
