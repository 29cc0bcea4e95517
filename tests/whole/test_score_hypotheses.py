"""05_score_hypotheses, executed: baselines without any data, real systems' outputs, and files that are not in order."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "05_score_hypotheses.ipynb"


def papermill(folder, *options):
    """Execute the notebook by plain papermill; outputs go to `folder`/outputs."""
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), "out.ipynb", "-k", "python3", "--no-progress-bar"]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "outputs")}
    return subprocess.run([*command, *options], cwd=folder, env=environment, capture_output=True, text=True)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    folder = tmp_path_factory.mktemp("default")
    done = papermill(folder, "-p", "sentences", "200")
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_without_outputs_it_scores_two_baselines(default):
    scores = {(row["system"], row["tgt"]): row for row in rows(default / "outputs/05_score_hypotheses/scores.csv")
              if row["metric"] == "spBLEU-cldr"}  # fmt: skip
    assert {system for system, _ in scores} == {"copy", "only-es"}
    points = {key: float(row["score"]) for key, row in scores.items()}
    assert points["only-es", "es"] == pytest.approx(100)
    assert 35 < points["only-es", "pt"] < 55  # "nearly half", says the notebook
    assert all(15 < points[system, tgt] < 27 for system in ("copy", "only-es") for tgt in ("ru", "ja"))  # "a fifth"
    assert {row["n"] for row in scores.values()} == {"200"}


def test_it_keeps_tables_pictures_and_record(default):
    run = default / "outputs/05_score_hypotheses"
    assert {path.name for path in run.iterdir()} == {
        "scores.csv", "shares.csv", "examples.csv", "scores.png", "scores.pdf", "shares.png", "shares.pdf",
        "hypotheses", "translations", "run.json",
    }  # fmt: skip
    shares = {(row["system"], row["tgt"]): row for row in rows(run / "shares.csv")}
    assert float(shares["copy", "ru"]["copy"]) == 1 and float(shares["only-es", "ru"]["other_script"]) > 0.9
    record = json.loads((run / "run.json").read_text())
    assert record["parameters"]["sentences"] == 200 and record["corpus"]["name"] == "cldr"
    assert any("tok:cldr-" in signature for signature in record["signatures"])
    assert len(pd.read_parquet(run / "translations")) == 2 * 4 * 200


def test_pictures_have_texts_of_their_own_and_nothing_is_said_aside(default):
    outputs = [each for cell in nbformat.read(default / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == 2 and alts[0].startswith("spBLEU-cldr by direction. copy: 4 directions")
    assert "cut at the limit: not known" in alts[1]
    assert not [each for each in outputs if each.get("name") == "stderr"]


def test_the_64_outputs_that_mozilla_published_are_one_table(data, tmp_path):
    folder = data / "system_outputs/mozilla_flores101"
    variant = PROJECT / "params" / NOTEBOOK.stem / "mozilla.yml"
    quick = "-p sentences 60 -p chrf False -p examples 1".split()
    done = papermill(tmp_path, "-f", str(variant), "-p", "hypotheses", str(folder), *quick)
    assert done.returncode == 0, done.stderr[-3000:]
    scores = rows(tmp_path / "outputs/05_mozilla/scores.csv")
    published = [row["file"] for row in csv.DictReader(open(folder / "manifest.tsv"), delimiter="\t")]
    files = [f"{row['src']}-{row['tgt']}/{row['system']}.txt" for row in scores if row["system"] != "copy"]
    assert sorted(files) == sorted(published)
    assert sum(row["system"] == "copy" for row in scores) == 17
    assert len(scores) == 64 + 17
    assert {row["signature"].split("|")[3] for row in scores} == {"tok:flores101"}
    assert all(float(row["low"]) <= float(row["score"]) <= float(row["high"]) for row in scores)


def test_a_file_with_a_line_too_few_stops_it_with_both_counts(default, tmp_path):
    (tmp_path / "mine/en-es").mkdir(parents=True)
    whole = (default / "outputs/05_score_hypotheses/hypotheses/en-es/copy.txt").read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    (tmp_path / "mine/en-es/copy.txt").write_text("".join(lines[:-1]), encoding="utf-8")
    done = papermill(tmp_path, "-p", "hypotheses", "mine")
    assert done.returncode != 0
    assert re.search(rf"copy.txt on CLDR.*: {len(lines) - 1} hypotheses, but {len(lines)} references", done.stderr)
