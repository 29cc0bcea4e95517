"""The authors' own reading of numbers, with all that it loses; golden values are of their function, run apart."""

import pandas as pd
import pytest

from llamax_kit.data.sources import MGSM
from llamax_kit.paper.authors_numbers import last_number, reread
from llamax_kit.scoring import numbers

GOLDEN = [
    ("The answer is: 18", 18.0), ("It is -18.", 18.0), ("1,234,567 eggs", 1234567.0), ("1,2,3", 3.0),
    ("3.50 dollars.", 3.5),
    ("1.234,5", 1.2345), ("½", 0.0), ("3/4", 4.0), ("১৮টি", 18.0), ("১,২৩৪.৫", 1234.5), ("no number", 0.0), ("", 0.0),
    ("1 234", 234.0), ("50%", 50.0), ("10:30", 30.0), ("2.5e3", 3.0), ("-0.5", 0.5), ("x.5", 5.0), ("1.2.3", 3.0),
    ("#### 18\n2 more", 2.0), ("9,,1", 1.0), ("114,200", 114200.0), ("１８", 18.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), GOLDEN)
def test_a_number_is_read_as_the_authors_do(text, number):
    assert last_number(text) == number


def test_a_run_is_counted_their_way():
    """Only the first is read alike by both; three are counted otherwise."""
    completions = ["so 18.", "It is -5.", "No idea.", "#### 7\n2 more", "1/3"]
    answers = pd.DataFrame({
        "system": "mini", "completion": completions, "hypothesis": [numbers.read(each) for each in completions],
        "reference": ["18", "5", "0", "7", "1/3"],
    })  # fmt: skip
    theirs = reread(answers)
    assert list(answers["hypothesis"] == answers["reference"]) == [True, False, False, True, True]
    assert list(theirs["hypothesis"]) == ["18.0", "5.0", "0.0", "2.0", "3.0"]
    assert list(theirs["reference"]) == ["18.0", "5.0", "0.0", "7.0", "3.0"]
    assert list(theirs["hypothesis"] == theirs["reference"]) == [True, True, True, False, True]
    assert theirs.attrs == {"read_differently": 4, "counted_differently": 3}
    assert set(theirs["system"]) == {"mini (authors' numbers)"}
    assert list(theirs["completion"]) == completions and list(answers["system"]) == ["mini"] * 5


def test_no_number_counts_as_zero_to_them_and_as_nothing_here():
    assert last_number("I do not know.") == last_number("0") == 0.0
    assert numbers.read("I do not know.") == "" != numbers.read("0")


def test_the_golds_of_mgsm_are_read_alike(data):
    if not (data / "mgsm").is_dir():
        pytest.skip("needs mgsm in the data folder")
    for code in MGSM:
        for line in (data / "mgsm" / f"mgsm_{code}.tsv").read_text(encoding="utf-8").splitlines():
            gold = line.rsplit("\t", 1)[1]
            assert last_number(gold) == float(numbers.read(gold)), gold
