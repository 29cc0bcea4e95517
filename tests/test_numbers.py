"""numbers: the number in an answer, in many languages, digit systems and spellings; each case was written by hand."""

import csv
import sys
import unicodedata
from decimal import Decimal
from fractions import Fraction

import pytest

from llamax_kit.data.languages import all_languages
from llamax_kit.scoring.numbers import read

CASES = [
    # plain, and none
    ("18", "18"), ("The ducks lay 18 eggs.", "18"), ("18.", "18"), ("So it is 18.\n", "18"),
    ("18.Then she left.", "18"),
    ("", ""), ("No idea.", ""), ("eighteen", ""), ("十八", ""), ("0", "0"), ("-0", "0"), ("007", "7"), ("3 of 5", "5"),
    # signs
    ("-3.5", "-3.5"), ("−18", "-18"), ("－18", "-18"), ("x = -18", "-18"), ("x=−18", "-18"),
    ("It is -3 degrees", "-3"),
    ("5-3", "3"), ("5 - 3", "3"), ("5 -3", "3"), ("3–5", "5"), ("COVID-19", "19"), ("(2)-3", "3"), ("+18", "18"),
    ("- 18 eggs", "18"), ("= - 18", "-18"), ("-$18", "-18"), ("$-18", "-18"), ("−€ 18", "-18"), ("(-7)", "-7"),
    ("答案是-5", "-5"), ("答えは−5です", "-5"), ("es bleiben –5 °C", "-5"), ("\u200e-5\u200e", "-5"), ("mid-90s", "90"),
    # thousands and decimals
    ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("1\u202f234,5", "1234.5"), ("1\u00a0234\u00a0567", "1234567"),
    ("1'234", "1234"), ("1’234’567.80", "1234567.8"), ("12,34,567", "1234567"), ("1,23,456.75", "123456.75"),
    ("1,234", "1234"), ("1.234", "1.234"), ("1.234.567", "1234567"), ("1,234,567", "1234567"), ("3,5", "3.5"),
    ("0,125", "0.125"), ("0.125", "0.125"), ("1234,567", "1234.567"), ("2.50", "2.5"), ("114,200", "114200"),
    ("2,5,7", "7"), ("1, 2", "2"), ("1.2,3.4", "3.4"), ("in 2020 300 people", "300"), ("x is .5", "0.5"),
    ("Rs.18", "18"),
    ("the 2nd of them has 16 345", "345"), ("no...18", "18"), ("18.0", "18"), ("100", "100"), ("3,2,100", "100"),
    ("1 000 000 eggs", "1000000"), ("70 000", "70000"), ("1 234 567,5", "1234567.5"), ("in 16 345,5 of", "345.5"),
    # digits of other scripts
    ("উত্তর হল ১৮", "18"), ("১,২৩,৪৫৬", "123456"), ("๑๘ ฟอง", "18"), ("౧౮", "18"), ("१८", "18"), ("١٨", "18"),
    ("۱۸", "18"), ("１８", "18"), ("１，２３４", "1234"), ("١٬٢٣٤٫٥", "1234.5"), ("٣٫٥", "3.5"),
    ("၁၈", "18"), ("៣៤", "34"),    ("共18，300人", "300"), ("有2020，300人", "300"), ("共３．５元", "3.5"),
    # fractions
    ("3/4", "0.75"), ("1 1/2", "1.5"), ("1 5/2", "2.5"), ("½", "0.5"), ("1½", "1.5"), ("2 ¾ cups", "2.75"),
    ("1/3", "1/3"), ("-7/3", "-7/3"), ("14/6", "7/3"), ("36/2", "18"), (r"\frac{1}{2}", "0.5"),
    (r"-\frac{1}{3}", "-1/3"),
    (r"1\frac{1}{2}", "1.5"), (r"\dfrac{1{,}000}{4}", "250"), ("5/0", "0"), ("12/05/2024", "2024"), ("18 km/h", "18"),
    # percent, currency, units, powers
    ("50 %", "50"), ("50%", "50"), ("$18", "18"), ("18 dollars", "18"), ("৳18", "18"), ("18km", "18"),
    ("€1.234,50", "1234.5"),
    ("18 m²", "18"), ("18 cm^2", "18"), ("18 cm^{3}", "18"), ("18 m2", "18"), ("2.5e3", "2500"), ("1E-2", "0.01"),
    ("2.5 × 10^3", "2500"), (r"3 \times 10^{4}", "30000"), ("5·10²", "500"), ("2 x 10 = 20", "20"),
    ("3 million", "3"),
    ("3万", "3"), ("H2O", "2"), (r"\$18", "18"), ("1{,}234", "1234"), (r"1\,234", "1234"), ("$1,234.56.", "1234.56"),
    # times, dates, lists
    ("10:30", "30"), ("2024-05-12", "12"), ("12.05.2024", "2024"), ("2:3", "3"), ("3.14.15", "15"),
    # sums, and marks of the final answer
    ("9 * 2 = 18", "18"), ("<<9*2=18>>18", "18"), ("**18**", "18"), ("#### 18", "18"), ("####18\n\n2 more", "18"),
    ("#### $1,234", "1234"), ("#### -5\nThat took 3 steps.", "-5"), ("It is 18.\n#### Step 2", "2"),
    ("#### 2. Sum\nIt is 18", "18"),
    ("The answer is 18 because of 3 boxes of 6.", "18"), ("The answer is: **18** (3 x 6)", "18"),
    ("The answer is 9 * 2 = $18 a day, for 7 days.", "18"), ("Answer: 18", "18"), ("**Answer:** 18 eggs", "18"),
    ("Answer: 16 eggs less 3 leave 13.", "13"), ("Step-by-Step Answer: 16 - 3 = 13\nThe answer is 13.", "13"),
    ("The answer is 5. No: the answer is 6, for 2 left.", "6"), ("The answer is A.", ""),
    (r"\boxed{18}. We used 3.", "18"),
    (r"so $\boxed{\frac{1}{2}}$ of 6", "0.5"), (r"\boxed{\$1{,}234}, that is 2", "1234"),
    (r"\boxed{\text{18}} in 2 days", "18"),
    (r"\boxed{18} since x = 3", "18"), ("Die Antwort ist 18, denn 3 mal 6.", "18"), ("答案是18。共3步", "18"),
    ("答えは18です。3人", "18"), ("คำตอบคือ 18 ใน 3 วัน", "18"), ("Jibu ni 18, kwa siku 3.", "18"),
    ("La réponse est 18 en 3 jours", "18"),
    ("Ответ — 18, за 3 дня", "18"), ("The answer is\n18", "18"), ("the answer is US$18 for 2", "18"),
    ("The answer is -3, not 4", "-3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), CASES, ids=[text for text, _ in CASES])
def test_a_number_is_read(text, number):
    assert read(text) == number


LANGUAGE_CASES = [
    ("de", "1.234", "1234"), ("en", "1.234", "1.234"), ("bn", "1.234", "1.234"), ("es", "10.000", "10000"),
    ("ru", "1 234", "1234"),
    ("fr", "1 234,5", "1234.5"), ("fr", "en 2020 300 personnes", "300"), ("pl", "12 345 678", "12345678"),
    ("en", "5 600", "600"),
    ("de", "1,234", "1234"), ("de", "0.125", "0.125"), ("de", "1.234,56", "1234.56"), ("de", "3.5", "3.5"),
    ("vi", "2.125", "2125"),
    ("swh_Latn", "1.234", "1.234"), ("", "1.234", "1.234"), ("a language of nobody", "1.234", "1.234"),
    ("de", "1234.567", "1234.567"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "number"), LANGUAGE_CASES)
def test_a_language_decides_what_a_point_and_a_space_are(language, text, number):
    assert read(text, language=language) == number


def test_what_was_read_is_read_again_as_itself():
    for text, number in CASES:
        assert read(number) == number, text


@pytest.mark.parametrize("number", ["0", "7", "18", "-3.5", "0.001", "1234567", "12.345", "1/3", "-7/3", "1000000.25"])
def test_a_number_is_the_same_in_all_digits_and_signs(number):
    """In the digits of every script of Unicode, and with a typographic minus."""
    zeros = [at for at in range(sys.maxunicode) if unicodedata.decimal(chr(at), None) == 0]
    assert len(zeros) > 60
    for zero in zeros:
        assert read("".join(chr(zero + int(each)) if each.isdigit() else each for each in number)) == number
    assert read(number.replace("-", "−")) == number


def test_what_is_written_is_the_value_exactly():
    for over in range(-40, 41):
        for under in range(1, 41):
            written = read(f"{over}/{under}")
            value = Fraction(written) if "/" in written else Fraction(Decimal(written))
            assert value == Fraction(over, under)
            assert not written.endswith(".") and ("." not in written or not written.endswith("0"))


def test_babels_own_spelling_is_read_in_every_language():
    """CLDR writes 1234567.5 as each language does; where it parts by what is no sign of numbers, it is left out."""
    from babel.numbers import format_decimal

    wrong = [
        (language.code, text)
        for language in all_languages()
        if language.cldr and "،" not in (text := format_decimal(1234567.5, locale=language.cldr))
        if read(text, language=language.code) != "1234567.5"
    ]
    assert wrong == []


HOSTILE = ["1" * 100_000, "1," * 50_000, "1 " * 50_000, "-" * 100_000, "1/" * 50_000, "2e999999999", "9" * 5000,
           r"\frac{" * 10_000, "####" * 20_000, "answer is " * 10_000]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:9] for text in HOSTILE])
def test_what_is_hostile_is_read_in_time(text):
    assert len(read(text)) <= 400


def test_what_is_too_long_is_no_number():
    assert read("18 or " + "9" * 401) == "18"
    assert read("1e401") == "" and read("1e400") == "1" + "0" * 400


def test_the_golds_of_mgsm_are_read_as_themselves(data):
    if not (data / "mgsm").is_dir():
        pytest.skip("needs mgsm in the data folder")
    rows = []
    for path in sorted((data / "mgsm").glob("mgsm_*.tsv")):
        with open(path, encoding="utf-8", newline="") as file:
            rows += [row[1] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert len(rows) == 2750
    assert [read(gold) for gold in rows] == [gold.replace(",", "") for gold in rows]
