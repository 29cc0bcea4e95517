"""06_see_language_gains, executed: the built-in example, real systems of one run, and pairs that cannot be compared."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from executed import cells, papermill
from finished import CLDR, save

from llamax_kit.app import demo
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.models.training_languages import of_folder
from llamax_kit.scoring import spbleu
from llamax_kit.tasks import system_outputs
from llamax_kit.utils.errors import UnknownName

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "06_see_language_gains.ipynb"
NAME = NOTEBOOK.stem
FEWER = "trials=100", "trials=10"  # where it is not the power that is looked at
N = len(demo.directions(f"{demo.DEMO} {demo.MORE}").split())


def said(notebook) -> str:
    """What an executed notebook printed."""
    outputs = [each for cell in nbformat.read(notebook, 4).cells for each in cell.get("outputs", [])]
    return "".join(each["text"] for each in outputs if each.get("name") == "stdout")


@pytest.fixture(scope="module")
def default(tmp_path_factory, lend_example):
    folder = tmp_path_factory.mktemp("default")
    lend_example(folder / "outputs")
    papermill(NOTEBOOK, folder)
    return folder


def test_the_example_is_compared_in_all_its_directions_and_trained_means_by_its_own_model(default):
    table = pd.read_csv(default / "outputs" / NAME / "gains.csv")
    assert len(table) == N and table["signature"].str.contains("tok:cldr-").all()
    for run, column in (("demo_mini_llamax", "score"), ("demo_mini_llama", "baseline_score")):
        own = pd.read_csv(default / "outputs" / run / "scores.csv").set_index(["src", "tgt"])["score"]
        assert list(table[column]) == [own[src, tgt] for src, tgt in zip(table["src"], table["tgt"], strict=True)]
    p = table["p"]
    assert (p < 0.05).sum() >= (table["q"] < 0.05).sum() >= (table["p_holm"] < 0.05).sum() > 0
    told = of_folder(loading.resolve("mini-llamax-alpaca").folder)
    means = pd.read_csv(default / "outputs" / NAME / "trained.csv").set_index(["direction", "value"])["n"]
    trained = sum(code in told.codes for code in f"{demo.DEMO} {demo.MORE}".split())
    for direction in ("en-X", "X-en"):
        assert (means[direction, "trained"], means[direction, "unseen"]) == (trained, N // 2 - trained)
    record = json.loads((default / "outputs" / NAME / "run.json").read_text())["training_languages"]
    assert record == {"whose": told.whose, "codes": sorted(told.codes)}


def test_each_picture_lies_there_twice_with_its_table_and_has_a_text(default):
    folder = default / "outputs" / NAME
    names = {path.name for path in folder.iterdir()}
    for picture in ("gains", "heatmap", "significance", "groups", "trained", "power"):
        assert {f"{picture}.png", f"{picture}.pdf", f"{picture}.csv"} <= names
    printed = ("gains", "heatmap", "significance", "groups", "trained", "left_out", "power")
    assert {f"{table}.tex" for table in printed} <= names
    outputs = [each for cell in nbformat.read(default / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == len(set(alts)) == 6 and alts[0].startswith("Gain of demo_mini_llamax over demo_mini_llama")
    assert not [each for each in outputs if each.get("name") == "stderr"]
    printed = said(default / "out.ipynb")
    assert f"{N} directions of {demo.SENTENCES} sentences\n" in printed
    cut = rf"Note: the first {demo.SENTENCES} of \d+–500 sentences of each direction \(demo_mini_llamax, demo_mini_"
    noted = pd.read_csv(folder / "gains.csv", keep_default_na=False)["note"].any()
    assert len(re.findall(cut, printed.replace("\n", " "))) == 2  # above the tables, and in the method to paste
    assert (printed.count("Note:") > 2) == noted


def test_the_record_names_both_runs_and_all_that_makes_a_figure(default):
    record = json.loads((default / "outputs" / NAME / "run.json").read_text())
    assert record["parameters"]["system"] == "demo_mini_llamax" and record["parameters"]["tokenize"] == "cldr"
    assert set(record["compared"]) == {*demo.RUNS}
    for name, each in record["compared"].items():
        assert each["run"] == name and each["corpus"]["release"] == record["release"] and "git" in each
    assert record["samples"] == {"bootstrap": 1000, "shuffles": max(10_000, 200 * N)} and record["seed"] == 12345
    assert record["signatures"][0] in record["method"] and "Holm" in record["method"]


def test_more_sentences_find_smaller_gains_and_no_gain_is_rarely_found(default):
    powers = pd.read_csv(default / "outputs" / NAME / "power.csv")
    assert set(powers["n"]) == {100, 250, 1012} and (powers.query("gain == 0")["power"] < 0.15).all()
    enough = powers[powers["power"] > 0.8].groupby("n")["gain"].min()
    assert enough[1012] < enough[250] < enough[100]


@pytest.fixture
def here(default, monkeypatch):
    """Let the notebook's cells in this process use the same outputs folder."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(default / "outputs"))


@pytest.mark.usefixtures("here")
def test_one_direction_without_any_difference_is_enough_and_is_said_to_be_that(default, capsys):
    shutil.copytree(default / "outputs/demo_mini_llama", default / "outputs/same")
    cells(NOTEBOOK, system="demo_mini_llama", baseline="same", directions="en-it", group="family", run="one")
    row = pd.read_csv(default / "outputs/one/gains.csv").iloc[0]
    assert row.p == row.p_holm == row.q == 1 and "identical outputs" in row.note
    assert list(pd.read_csv(default / "outputs/one/groups.csv")["n"]) == [1, 1]
    assert "corrected over 1 test" in json.loads((default / "outputs/one/run.json").read_text())["method"]
    printed = capsys.readouterr().out
    assert f"1 direction of {demo.SENTENCES} sentences\n" in printed
    assert "Note: identical outputs in the only direction.\n" in printed
    assert "no heat map" in printed and "No direction has a gain: power is not simulated." in printed
    assert not list((default / "outputs/one").glob("heatmap.*")) + list((default / "outputs/one").glob("power.*"))


@pytest.mark.usefixtures("here")
def test_by_chrf_the_pictures_the_captions_and_the_record_say_so(default):
    cells(NOTEBOOK, FEWER, directions="en-it en-sw en-tr", metric="chrF++", run="by_chrf")
    folder = default / "outputs/by_chrf"
    table = pd.read_csv(folder / "gains.csv")
    assert set(table["metric"]) == {"chrF++"} and table["signature"].str.contains(r"\|nc:6\|nw:2\|").all()
    for name in ("gains", "groups", "trained", "power"):
        assert "chrF++ points" in (folder / f"{name}.tex").read_text(encoding="utf-8")
    record = json.loads((folder / "run.json").read_text())
    assert record["parameters"]["metric"] == "chrF++" and record["method"].startswith("chrF++ by sacreBLEU (nrefs:1|")
    assert record["signatures"] == sorted(set(table["signature"]))


@pytest.mark.usefixtures("here")
def test_grouped_by_trained_the_same_picture_is_not_shown_twice(default, capsys):
    directions = "en-sw en-tr en-gl en-be en-eus_Latn"
    cells(NOTEBOOK, FEWER, group="trained", directions=directions, trained_on="sw tr", run="asked")
    means = pd.read_csv(default / "outputs/asked/groups.csv").set_index("value")["n"]
    assert means.to_dict() == {"trained": 2, "unseen": 3, "all": 5}
    assert "The picture above is of these two groups." in capsys.readouterr().out
    assert not (default / "outputs/asked/trained.png").exists() and (default / "outputs/asked/groups.png").exists()


@pytest.mark.usefixtures("here")
def test_a_misspelt_group_stops_it_before_anything_is_tested(default):
    with pytest.raises(UnknownName, match="unknown grouping 'families'. One of: split, trained, relatedness, script"):
        cells(NOTEBOOK, group="families", run="wrong")
    assert list((default / "outputs/wrong").glob("*.csv")) == []


def test_two_real_systems_of_one_run_and_the_direction_that_one_lacks(data, tmp_path, monkeypatch):
    """Scored by another tokenizer than they are compared by, as `tokenize` allows."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    outputs = system_outputs.find_outputs(data / "system_outputs/mozilla_flores101")
    text = load_corpus("flores101", sorted({code for each in outputs for code in (each.src, each.tgt)}))
    table = system_outputs.read_outputs([each for each in outputs if each.system in ("google", "nllb")], text, 150)
    save("05_mozilla", table, tokenize="cldr", corpus=CLDR | {"release": text.release})
    chosen = "-f", str(PROJECT / "params" / NAME / "google_nllb.yml"), "-p", "tokenize", "flores101"
    papermill(NOTEBOOK, tmp_path, *chosen)
    folder = tmp_path / "outputs/06_google_nllb"
    found = pd.read_csv(folder / "gains.csv")
    assert len(found) == 16 and set(found["n"]) == {150} and set(found["metric"]) == {"spBLEU"}
    left_out = pd.read_csv(folder / "left_out.csv")
    assert left_out.to_numpy().tolist() == [["is", "en", "05_mozilla:nllb"]]
    scores = spbleu.score_table(table, "flores101", metrics="spBLEU").set_index(["system", "src", "tgt"])["score"]
    for row in found.itertuples():
        theirs = (scores[system, row.src, row.tgt] for system in ("google", "nllb"))
        assert (row.score, row.baseline_score) == tuple(theirs)
    assert (found.query("tgt == 'cy'")["verdict"] == "gained").all()  # 24 points on the whole devtest
    assert "16 directions of 150 sentences\n" in said(tmp_path / "out.ipynb")
