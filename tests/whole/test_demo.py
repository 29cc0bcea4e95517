"""The demo as a user runs it: without network, from nothing to a score table and a page with pictures."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llamax_kit import page

NOWHERE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "all")}  # any download would fail


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[list[str], Path]:
    """What the demo printed, and the folder of its run."""
    outputs, empty = tmp_path_factory.mktemp("outputs"), tmp_path_factory.mktemp("data")
    places = {"LLAMAX_KIT_OUTPUTS": str(outputs), "LLAMAX_KIT_DATA": str(empty), "SACREBLEU": str(empty)}
    command = [sys.executable, "-m", "llamax_kit.cli", "demo"]
    done = subprocess.run(command, env=os.environ | places | NOWHERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), outputs / "demo"


def test_it_ends_with_a_score_table_and_the_page(demo):
    said, folder = demo
    assert said[-1] == f"The page with pictures: {folder / '04_translate_and_score.html'}"
    assert "random weights" in said[0]
    rows = [line.split() for line in said if "spBLEU-cldr" in line]
    assert {row[0] for row in rows} == {"random-llama", "copy"}
    for *_, score, low, high, n in rows:
        assert float(low) <= float(score) <= float(high)
        assert int(n) > 0


def test_its_page_needs_no_network_and_each_picture_has_its_own_text(demo):
    _, folder = demo
    text = (folder / "04_translate_and_score.html").read_text(encoding="utf-8")
    assert page.loads(text) == []
    assert text.count("<img") >= 2
    assert page.without_alt(text) == 0


def test_its_run_is_complete(demo):
    _, folder = demo
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["run"] == "demo"
    assert record["parameters"]["model"] == "random-llama"
    assert record["signatures"] and record["versions"]["torch"]
    for path in ("scores.csv", "scores.png", "scores.pdf", "04_translate_and_score.ipynb"):
        assert (folder / path).stat().st_size > 0
    assert len(list((folder / "translations" / "random-llama").glob("*.parquet"))) == 6
    assert len(list((folder / "translations" / "copy").glob("*.parquet"))) == 6
