"""Notebooks 06 and 09 on runs that answered questions: what they save, and that they speak of nothing else."""

import json
from pathlib import Path

import pandas as pd
import pytest
from executed import cells
from finished import answers, save_answers

from llamax_kit.app.parameter_checks import check
from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    for run, system, right in (("asked_llamax", "llamax", 0.75), ("asked_llama", "llama", 0.35)):
        save_answers(run, answers(system, "sw ur hi vi pl en", 60, right))
    return tmp_path


@pytest.mark.parametrize(("metric", "name"), [("auto", "accuracy"), ("by_length", "accuracy (likelihood by length)")])
def test_06_measures_gains_in_accuracy(outputs, capsys, metric, name):
    cells(NOTEBOOKS / "06_see_language_gains.ipynb", ("trials=100", "trials=10"), system="asked_llamax",
          baseline="asked_llama", metric=metric)  # fmt: skip
    said, folder = capsys.readouterr().out, outputs / "06_see_language_gains"
    table, record = pd.read_csv(folder / "gains.csv"), json.loads((folder / "run.json").read_text())
    assert set(table["metric"]) == {name} and (table["src"] == table["tgt"]).all() and len(table) == 6
    assert list(table["p_holm"]) == pytest.approx(list(significance.holm(table["p"])))
    assert "asked_llamax over asked_llama on X-CSQA dev: 6 languages of 60 questions" in said
    assert "sw-sw" not in said and "sentence" not in said
    assert record["parameters"]["metric"] == ("accuracy" if metric == "auto" else metric)
    assert record["parameters"]["tokenize"] == "" and "samples" not in record
    assert "McNemar" in record["method"] and "bootstrap" not in record["method"]
    assert {"gains.png", "heatmap.png", "groups.png", "significance.png", "trained.png", "power.png"} <= {
        path.name for path in folder.iterdir()}  # fmt: skip


def test_06_takes_some_of_the_languages_and_refuses_others_before_a_kernel_starts(outputs):
    defaults = {"system": "", "baseline": "", "directions": ""}
    chosen = {"system": "asked_llamax", "baseline": "asked_llama"}
    check("06_see_language_gains", defaults, values=chosen | {"directions": "sw ur"})
    with pytest.raises(KitError, match="parameter 'directions' of 06.*unknown language 'sw-ur'"):
        check("06_see_language_gains", defaults, values=chosen | {"directions": "sw-ur"})


def test_09_puts_answers_side_by_side_and_reports_them(outputs, capsys):
    cells(NOTEBOOKS / "09_compare_runs.ipynb", runs="asked_llamax asked_llama", baseline="asked_llama")
    said, folder = capsys.readouterr().out, outputs / "09_compare_runs"
    table, record = pd.read_csv(folder / "gains.csv"), json.loads((folder / "run.json").read_text())
    assert set(table["metric"]) == {"accuracy"} and len(table) == 6
    assert "We compare llamax and llama in 6 languages of X-CSQA dev, 60 questions per language." in record["method"]
    assert any("Wilson's 95 % intervals" in each for each in record["method"])
    assert any("McNemar's exact test" in each for each in record["method"])
    assert "bootstrap" not in " ".join(record["method"]) and "sw-sw" not in said
    page = (folder / "report/index.html").read_text()
    assert "accuracy" in page and "sw-sw" not in page and "answers/llamax/sw.parquet" in (
        folder / "report/sources.csv").read_text()  # fmt: skip
