"""terminal: what a run prints when it begins and ends."""

import pandas as pd
import pytest

from llamax_kit.app import terminal
from llamax_kit.runs import storage

SCORES = pd.DataFrame({"system": "a", "src": "en", "tgt": ["de", "sw"], "metric": "spBLEU", "score": [30.128, 2.0],
                       "ci_low": [28.0, None], "ci_high": [32.0, None], "n": [100, 5],
                       "signature": "nrefs:1|tok:flores101"})  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return storage.folder("mine")


def test_a_run_ends_with_its_scores_in_columns_and_their_signature(folder):
    storage.save_table(SCORES, folder / "scores.csv")
    lines = terminal.scores(folder).split("\n")
    assert lines[1].split() == ["a", "en", "de", "spBLEU", "30.13", "28.00", "32.00", "100"]
    assert lines[2].split() == ["a", "en", "sw", "spBLEU", "2.00", "5"]
    assert lines[3] == "spBLEU: nrefs:1|tok:flores101"


def test_of_many_scores_the_first_are_printed_and_the_others_counted(folder):
    storage.save_table(pd.concat([SCORES] * 30), folder / "scores.csv")
    assert "… and 20 rows more, in mine/scores.csv" in terminal.scores(folder)


@pytest.mark.parametrize(("values", "found"), [
    ({"model": "copy", "sentences": "auto"}, "model 'mini-llama'"),
    ({"model": "mini-llama", "sentences": "auto"}, ""),
    ({"model": "mini-llama", "sentences": 5}, "sentences 40"),
    ({"model": "mini-llama", "sentences": 0}, ""),  # notebook 05 records how many all are
    ({"model": "mini-llama", "new": 1}, ""),
])  # fmt: skip
def test_a_run_that_will_be_replaced_is_described_by_what_it_has_otherwise(folder, values, found):
    storage.record(folder, "04_translate_and_score", parameters={"model": "mini-llama", "sentences": 40})
    said = terminal.replaced(folder, values)
    assert (found in said and "-p run NAME" in said) if found else said == ""


def test_a_first_run_replaces_none(folder):
    assert terminal.replaced(folder, {"model": "copy"}) == ""
