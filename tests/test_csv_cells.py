"""CSV: what a spreadsheet would compute is text there, numbers are numbers, and the kit reads back what it wrote."""

import csv

import pandas as pd
import pytest

from llamax_kit.runs import storage
from llamax_kit.utils import csv_cells

MEANT = [
    "=1+1",
    '=HYPERLINK("a";"b")',
    "@SUM(1)",
    "+cmd|' /C calc'!A0",
    "- Yes",
    "-",
    "\tx",
    "＝1",
    "'=1",
    "''@",
]
LEFT = ["-5", "+3.25", "-1e5", "it's", "'quoted'", "a=b", "en-sw", "", "NA", "−1", "–"]


@pytest.mark.parametrize("text", [*MEANT, *LEFT])
def test_it_is_read_back_as_it_was(text):
    assert csv_cells.read(csv_cells.guarded(text)) == text
    assert (csv_cells.guarded(text) != text) == (text in MEANT)


def test_no_cell_of_a_file_begins_a_formula_and_numbers_are_as_they_were(tmp_path):
    table = pd.DataFrame({"system": MEANT, "=name": MEANT, "gain": -1.5, "n": pd.array([1] * len(MEANT), "Int64")})
    table["maybe"] = [None, *MEANT[1:]]
    before = table.copy()
    with open(storage.save_table(table, tmp_path / "t.csv"), encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["system", "'=name", "gain", "n", "maybe"]
    assert [row[0] for row in rows] == [f"'{text}" for text in MEANT] and {row[2] for row in rows} == {"-1.5"}
    assert rows[0][4] == "" and {row[3] for row in rows} == {"1"}
    pd.testing.assert_frame_equal(table, before)


def test_a_run_whose_system_has_such_a_name_is_found_by_it():
    scores = [(name, "en", "sw", "spBLEU", 12.5, 10.0, 15.0, 3, "sig") for name in [*MEANT, *LEFT]]
    columns = ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
    folder = storage.folder("formulas")
    storage.save_table(pd.DataFrame(scores, columns=columns), folder / "scores.csv")
    storage.record(folder, notebook="05_score_hypotheses")
    assert storage.load("formulas").scores["system"].tolist() == [*MEANT, *LEFT]
    assert storage.scored(folder) == [*MEANT, *LEFT]
