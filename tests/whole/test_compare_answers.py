"""Notebooks 06 and 09 on runs that answered questions: what they save, and that they speak of nothing else."""

import json
from pathlib import Path

import pandas as pd
import pytest
from executed import cells
from finished import answers, save_answers

from llamax_kit.app.parameter_checks import check
from llamax_kit.paper import own_answers, own_run
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
    to_come = chosen | {"system": "to_come", "directions": "sw"}
    made = {"to_come": {"task": "XNLI", "model": "copy", "adapter": ""}}
    check("06_see_language_gains", defaults, values=to_come, made=made)
    with pytest.raises(KitError, match="parameter 'directions' of 06.*unknown language 'sw-ur'"):
        check("06_see_language_gains", defaults, values=chosen | {"directions": "sw-ur"})


def test_07_is_for_translations(outputs):
    with pytest.raises(KitError, match="unknown metric of answers to questions 'spBLEU'.*in notebook 06 or 09"):
        cells(NOTEBOOKS / "07_test_unseen_languages.ipynb", system="asked_llamax", baseline="asked_llama",
              tokenizer="mini-llama")  # fmt: skip


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


def test_12_sets_answers_beside_the_published_accuracies(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    save_answers("mine", answers("m", "bn th sw te en ru", 250, 0.4, options="1234567"), task="MGSM", split="test")
    check("12_reproduce_the_paper", {"mine": ""}, values={"mine": "mine"})
    cells(NOTEBOOKS / "12_reproduce_the_paper.ipynb", mine="mine", release="no")
    said, folder = capsys.readouterr().out, tmp_path / "12_reproduce_the_paper"
    table = pd.read_csv(folder / "yours_answers.csv")
    assert list(table["tgt"]) == ["bn", "th", "sw", "ru", "en"] and set(table["comparable"]) == {"yes"}
    assert list(table["LLaMAX2-Task"]) == [26.8, 24.0, 26.0, 53.6, 65.6]
    means = pd.read_csv(folder / "yours_task_means.csv").set_index("system")
    assert round(means.loc["LLaMAX2-Task", "low"], 1) == 25.6 and means.loc["mine:m", "n_low"] == 3
    assert means.loc["mine:m", "all"] == pytest.approx(table["score"].mean())
    assert "Left out, because no accuracy was published: te" in said and "translated nothing and answered MGSM" in said
    assert (folder / "yours_answers.png").is_file() and not (folder / "yours.csv").exists()
    record = json.loads((folder / "run.json").read_text())
    assert record["signatures"] == ["task:MGSM|split:test|reading:exact|kit:0.1.0"]


@pytest.mark.parametrize(("task", "split", "questions", "said"), [
    ("MGSM", "test", 60, "60 of 250 questions, not comparable"), ("XNLI", "dev", 5010, "dev of XNLI, not test")])
def test_a_part_of_a_test_set_or_another_split_is_marked(tmp_path, monkeypatch, task, split, questions, said):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    save_answers("mine", answers("m", "sw", questions), task=task, split=split)
    own = own_run.load("ours=mine")
    assert said in own_answers.named(own, own_answers.beside(own))


def test_what_the_authors_published_no_accuracy_of_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    save_answers("mine", answers("m", "sw", 9), task="MSVAMP")
    with pytest.raises(KitError, match="run mine answered MSVAMP, and the authors' accuracies are on X-CSQA, XNLI"):
        own_run.load("mine")
    save_answers("mine", answers("m", "am", 9))
    with pytest.raises(KitError, match="share no language of X-CSQA: the run has am, they published"):
        own_answers.beside(own_run.load("mine"))
    with pytest.raises(KitError, match="'LLaMAX2-Task' is a system of the authors'"):
        own_run.load("LLaMAX2-Task=mine")
