"""05_score_hypotheses, executed: the miniatures' outputs, real systems' outputs, and files that are not in order."""

import csv
import json
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from executed import cells, papermill

from llamax_kit.scoring import spbleu
from llamax_kit.utils.errors import KitError

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "05_score_hypotheses.ipynb"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def default(tmp_path_factory, lend_example):
    folder = tmp_path_factory.mktemp("default")
    lend_example(folder / "outputs")
    papermill(NOTEBOOK, folder, "-p", "sentences", "30")
    return folder


def test_without_outputs_it_scores_those_of_the_miniatures(default):
    scores = pd.read_csv(default / "outputs/05_score_hypotheses/scores.csv").query("metric == 'spBLEU-cldr'")
    assert set(scores["system"]) == {"copy", "mini-llama-alpaca", "mini-llamax-alpaca"}
    assert len(scores) == 3 * 12 and set(scores["n"]) == {30}
    own = pd.read_parquet(default / "outputs/demo_mini_llamax/translations").query("src == 'en' and tgt == 'sw'")
    expected = spbleu.score(list(own["hypothesis"])[:30], list(own["reference"])[:30], "cldr").score
    here = scores.query("system == 'mini-llamax-alpaca' and src == 'en' and tgt == 'sw'")["score"]
    assert here.tolist() == [expected]


def test_it_keeps_tables_pictures_and_record(default):
    run = default / "outputs/05_score_hypotheses"
    assert {path.name for path in run.iterdir()} >= {
        "scores.csv", "shares.csv", "examples.csv", "scores.png", "scores.pdf", "shares.png", "shares.pdf",
        "hypotheses", "translations", "run.json",
    }  # fmt: skip
    shares = {(row["system"], row["tgt"]): row for row in rows(run / "shares.csv")}
    assert float(shares["copy", "be"]["copy"]) == 1 and float(shares["copy", "be"]["other_script"]) > 0.9
    record = json.loads((run / "run.json").read_text())
    assert record["parameters"]["sentences"] == 30 and record["corpus"]["name"] == "cldr"
    assert any("tok:cldr-" in signature for signature in record["signatures"])
    assert len(pd.read_parquet(run / "translations")) == 3 * 12 * 30


def test_pictures_have_texts_of_their_own_and_nothing_is_said_aside(default):
    outputs = [each for cell in nbformat.read(default / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == 2 and alts[0].startswith("spBLEU-cldr by direction. ")
    assert "cut at the limit: not known" in alts[1]
    assert not [each for each in outputs if each.get("name") == "stderr"]


def test_the_64_outputs_that_mozilla_published_are_one_table(data, tmp_path):
    folder = data / "system_outputs/mozilla_flores101"
    variant = PROJECT / "params" / NOTEBOOK.stem / "mozilla.yml"
    quick = "-p sentences 60 -p metrics spBLEU -p examples 1".split()
    papermill(NOTEBOOK, tmp_path, "-f", str(variant), "-p", "hypotheses", str(folder), *quick)
    scores = rows(tmp_path / "outputs/05_mozilla/scores.csv")
    published = [row["file"] for row in csv.DictReader(open(folder / "manifest.tsv"), delimiter="\t")]
    files = [f"{row['src']}-{row['tgt']}/{row['system']}.txt" for row in scores if row["system"] != "copy"]
    assert sorted(files) == sorted(published)
    assert sum(row["system"] == "copy" for row in scores) == 17
    assert len(scores) == 64 + 17
    assert {row["signature"].split("|")[3] for row in scores} == {"tok:flores101"}
    assert all(float(row["ci_low"]) <= float(row["score"]) <= float(row["ci_high"]) for row in scores)


def test_a_file_with_a_line_too_few_stops_it_with_both_counts(default, tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(default / "outputs/05_score_hypotheses/hypotheses", tmp_path / "mine")
    short = tmp_path / "mine/en-sw/mini-llama-alpaca.txt"
    lines = short.read_text(encoding="utf-8").splitlines(keepends=True)
    short.write_text("".join(lines[:-1]), encoding="utf-8")
    told = rf"alpaca.txt on CLDR.*: {len(lines) - 1} hypotheses, but \d+ references"
    with pytest.raises(KitError, match=told):
        cells(NOTEBOOK, hypotheses="mine", sentences=len(lines))
    assert list((tmp_path / "outputs").rglob("*.csv")) == []
