"""06_see_language_gains, executed: the built-in example, real systems of one run, and pairs that cannot be compared."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "06_see_language_gains.ipynb"
NAME = NOTEBOOK.stem


def papermill(folder, *options, notebook=NOTEBOOK):
    """Execute a notebook by plain papermill; outputs go to `folder`/outputs."""
    command = [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", "-k", "python3", "--no-progress-bar"]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "outputs")}
    return subprocess.run([*command, *options], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    folder = tmp_path_factory.mktemp("default")
    done = papermill(folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_the_example_gains_where_a_language_is_close_to_spanish(default):
    table = pd.read_csv(default / "outputs" / NAME / "gains.csv").sort_values("gain", ascending=False)
    assert len(table) == 140
    assert list(table["tgt"][:3]) == ["gl", "ast", "pt"]  # "Galician, Asturian and Portuguese", says the notebook
    assert set(table["verdict"][:3]) == {"gained"}
    assert table["signature"].str.contains("tok:cldr-").all()
    for run, column in (("demo_spanish", "score"), ("demo_copy", "baseline_score")):
        own = pd.read_csv(default / "outputs" / run / "scores.csv").set_index("tgt")["score"]
        assert list(table[column]) == list(own[table["tgt"]])
    p = table["p"]
    assert (p < 0.05).sum() > (table["q"] < 0.05).sum() > (table["p_holm"] < 0.05).sum() > 20


def test_each_picture_lies_there_twice_with_its_table_and_has_a_text(default):
    folder = default / "outputs" / NAME
    names = {path.name for path in folder.iterdir()}
    for picture in ("gains", "heatmap", "significance", "groups", "trained", "power"):
        assert {f"{picture}.png", f"{picture}.pdf", f"{picture}.csv"} <= names
    printed = ("gains_printed", "heatmap", "significance", "groups", "trained", "left_out", "power")
    assert {f"{table}.tex" for table in printed} <= names
    outputs = [each for cell in nbformat.read(default / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == len(set(alts)) == 6 and alts[0].startswith("Gain of demo_spanish over demo_copy")
    assert not [each for each in outputs if each.get("name") == "stderr"]


def test_the_record_names_both_runs_and_all_that_makes_a_figure(default):
    record = json.loads((default / "outputs" / NAME / "run.json").read_text())
    assert record["parameters"]["system"] == "demo_spanish"
    assert set(record["compared"]) == {"demo_spanish", "demo_copy"}
    for name, each in record["compared"].items():
        assert each["run"] == name and each["corpus"]["release"] == record["release"] and "git" in each
    assert record["samples"] == {"bootstrap": 1000, "shuffles": 10000} and record["seed"] == 12345
    assert record["signatures"][0] in record["method"] and "Holm" in record["method"]


def test_more_sentences_find_smaller_gains_and_no_gain_is_rarely_found(default):
    powers = pd.read_csv(default / "outputs" / NAME / "power.csv")
    assert set(powers["n"]) == {100, 250, 1012} and (powers.query("gain == 0")["power"] < 0.15).all()
    enough = powers[powers["power"] > 0.8].groupby("n")["gain"].min()
    assert enough[1012] < enough[250] < enough[100]


def test_one_direction_is_enough(default):
    done = papermill(default, "-p", "directions", "en-pt", "-p", "group", "family", "-p", "run", "one")
    assert done.returncode == 0, done.stderr[-3000:]
    row = pd.read_csv(default / "outputs/one/gains.csv").iloc[0]
    assert row.p == row.p_holm == row.q
    assert list(pd.read_csv(default / "outputs/one/groups.csv")["n"]) == [1, 1]
    assert "corrected over 1 test" in json.loads((default / "outputs/one/run.json").read_text())["method"]


def test_a_misspelt_group_stops_it_before_anything_is_tested(default):
    done = papermill(default, "-p", "group", "families", "-p", "run", "wrong")
    assert done.returncode != 0 and "unknown grouping 'families'. One of: split, trained, script" in done.stderr
    assert list((default / "outputs/wrong").glob("*.csv")) == []


def test_two_real_systems_of_one_run_and_the_direction_that_one_lacks(data, tmp_path):
    scored = PROJECT / "params/05_score_hypotheses/mozilla.yml"
    options = ("-f", str(scored), "-p", "hypotheses", str(data / "system_outputs/mozilla_flores101"))
    quick = "-p sentences 150 -p chrf False -p examples 0".split()
    done = papermill(tmp_path, *options, *quick, notebook=PROJECT / "notebooks/05_score_hypotheses.ipynb")
    assert done.returncode == 0, done.stderr[-3000:]
    done = papermill(tmp_path, "-f", str(PROJECT / "params" / NAME / "google_nllb.yml"))
    assert done.returncode == 0, done.stderr[-3000:]
    folder = tmp_path / "outputs/06_google_nllb"
    table = pd.read_csv(folder / "gains.csv")
    assert len(table) == 16 and set(table["n"]) == {150} and set(table["metric"]) == {"spBLEU"}
    left_out = pd.read_csv(folder / "left_out.csv")
    assert left_out.to_numpy().tolist() == [["is", "en", "05_mozilla:nllb"]]
    scores = pd.read_csv(tmp_path / "outputs/05_mozilla/scores.csv").set_index(["system", "src", "tgt"])["score"]
    for row in table.itertuples():
        theirs = (scores[system, row.src, row.tgt] for system in ("google", "nllb"))
        assert (row.score, row.baseline_score) == tuple(theirs)
    assert (table.query("tgt == 'cy'")["verdict"] == "gained").all()  # 24 points on the whole devtest
