"""The numbers that the authors' evaluation reads from answers, with all that it loses, to count a run their way.

MindMerger's `extract_last_num` deletes commas between two digits and takes the last number, digits with perhaps a
point and digits. It knows no minus sign, fraction, mark of a final answer, or sign of any other language; where there
is no number it gives 0.0, so that an empty answer is right where the right one is 0. Answers and right answers are read
alike, and compared as floating-point numbers. The kit itself reads by `scoring.numbers`.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

COMMA = re.compile(r"(\d),(\d)")  # spends the digit behind it, so that of 1,2,3 one comma stays
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def reread(answers: "DataFrame") -> "DataFrame":
    """Return a table of answers with the numbers that the authors read, from its column `completion`.

    `hypothesis` and `reference` are replaced ("18.0"), and the systems named "… (authors' numbers)". `attrs` counts the
    rows `read_differently`, whose number is another one, and `counted_differently`, where right has become wrong or
    wrong right.
    """
    read = [last_number(text) for text in answers["completion"]]
    gold = [last_number(text) for text in answers["reference"]]
    before = list(zip(answers["hypothesis"], answers["reference"], strict=True))
    table = answers.assign(hypothesis=[str(each) for each in read], reference=[str(each) for each in gold],
                           system=answers["system"] + " (authors' numbers)")  # fmt: skip
    right = [hypothesis == reference for hypothesis, reference in before]
    here = [float(each) if each and "/" not in each else None for each, _ in before]
    table.attrs["read_differently"] = sum(one != other for one, other in zip(here, read, strict=True))
    now = [one == other for one, other in zip(read, gold, strict=True)]
    table.attrs["counted_differently"] = sum(one != other for one, other in zip(right, now, strict=True))
    return table


def last_number(text: str) -> float:
    """Return the number that the authors read: last_number("It is -1,234.") is 1234.0, last_number("none") is 0.0."""
    found = NUMBER.findall(COMMA.sub(r"\1\2", text))
    return float(found[-1]) if found else 0.0
