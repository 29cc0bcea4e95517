"""06_see_language_gains, executed: the built-in example, real systems of one run, and pairs that cannot be compared."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from finished import CLDR, save

from llamax_kit import corpora, hypotheses, spbleu
from llamax_kit.errors import UnknownName

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "06_see_language_gains.ipynb"
NAME = NOTEBOOK.stem


def papermill(folder, *options, output="out.ipynb"):
    """Execute the notebook by plain papermill; outputs go to `folder`/outputs."""
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), output, "-k", "python3", "--no-progress-bar"]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "outputs")}
    return subprocess.run([*command, *options], cwd=folder, env=environment, capture_output=True, text=True)


def said(notebook) -> str:
    """What an executed notebook printed."""
    outputs = [each for cell in nbformat.read(notebook, 4).cells for each in cell.get("outputs", [])]
    return "".join(each["text"] for each in outputs if each.get("name") == "stdout")


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
    printed = said(default / "out.ipynb")
    assert "140 directions of 57–60 sentences\n" in printed and "Note:" not in printed


def test_the_record_names_both_runs_and_all_that_makes_a_figure(default):
    record = json.loads((default / "outputs" / NAME / "run.json").read_text())
    assert record["parameters"]["system"] == "demo_spanish"
    assert set(record["compared"]) == {"demo_spanish", "demo_copy"}
    for name, each in record["compared"].items():
        assert each["run"] == name and each["corpus"]["release"] == record["release"] and "git" in each
    assert record["samples"] == {"bootstrap": 1000, "shuffles": 28000} and record["seed"] == 12345
    assert record["signatures"][0] in record["method"] and "Holm" in record["method"]


def test_more_sentences_find_smaller_gains_and_no_gain_is_rarely_found(default):
    powers = pd.read_csv(default / "outputs" / NAME / "power.csv")
    assert set(powers["n"]) == {100, 250, 1012} and (powers.query("gain == 0")["power"] < 0.15).all()
    enough = powers[powers["power"] > 0.8].groupby("n")["gain"].min()
    assert enough[1012] < enough[250] < enough[100]


def test_one_direction_without_any_difference_is_enough_and_is_said_to_be_that(default):
    shutil.copytree(default / "outputs/demo_copy", default / "outputs/same")
    options = "-p system demo_copy -p baseline same -p directions en-pt -p group family -p run one".split()
    done = papermill(default, *options, output="one.ipynb")
    assert done.returncode == 0, done.stderr[-3000:]
    row = pd.read_csv(default / "outputs/one/gains.csv").iloc[0]
    assert row.p == row.p_holm == row.q == 1 and row.note == "identical outputs"
    assert list(pd.read_csv(default / "outputs/one/groups.csv")["n"]) == [1, 1]
    assert "corrected over 1 test" in json.loads((default / "outputs/one/run.json").read_text())["method"]
    printed = said(default / "one.ipynb")
    assert "1 direction of 60 sentences\n" in printed and "Note: identical outputs in the only direction.\n" in printed
    assert "no heat map" in printed and "No direction has a gain: power is not simulated." in printed
    assert not list((default / "outputs/one").glob("heatmap.*")) + list((default / "outputs/one").glob("power.*"))


def test_a_misspelt_group_stops_it_before_anything_is_tested(default, monkeypatch):
    """Its cells in this process, for the notebook takes no longer to stop than to begin."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(default / "outputs"))
    code = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code")
    for given, wrong in (('group: str = "split"', 'group = "families"'), (f'run: str = "{NAME}"', 'run = "wrong"')):
        assert code.count(given) == 1
        code = code.replace(given, wrong)
    with pytest.raises(UnknownName, match="unknown grouping 'families'. One of: split, trained, script"):
        exec(code, {})
    assert list((default / "outputs/wrong").glob("*.csv")) == []


def test_two_real_systems_of_one_run_and_the_direction_that_one_lacks(data, tmp_path, monkeypatch):
    """Scored by another tokenizer than they are compared by, as `tokenize` allows."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    outputs = hypotheses.find_outputs(data / "system_outputs/mozilla_flores101")
    text = corpora.load("flores101", sorted({code for each in outputs for code in (each.src, each.tgt)}))
    table = hypotheses.read_outputs([each for each in outputs if each.system in ("google", "nllb")], text, 150)
    save("05_mozilla", table, tokenize="cldr", corpus=CLDR | {"release": text.release})
    done = papermill(tmp_path, "-f", str(PROJECT / "params" / NAME / "google_nllb.yml"))
    assert done.returncode == 0, done.stderr[-3000:]
    folder = tmp_path / "outputs/06_google_nllb"
    found = pd.read_csv(folder / "gains.csv")
    assert len(found) == 16 and set(found["n"]) == {150} and set(found["metric"]) == {"spBLEU"}
    left_out = pd.read_csv(folder / "left_out.csv")
    assert left_out.to_numpy().tolist() == [["is", "en", "05_mozilla:nllb"]]
    scores = spbleu.score_table(table, "flores101", chrf=False).set_index(["system", "src", "tgt"])["score"]
    for row in found.itertuples():
        theirs = (scores[system, row.src, row.tgt] for system in ("google", "nllb"))
        assert (row.score, row.baseline_score) == tuple(theirs)
    assert (found.query("tgt == 'cy'")["verdict"] == "gained").all()  # 24 points on the whole devtest
    assert "16 directions of 150 sentences\n" in said(tmp_path / "out.ipynb")
