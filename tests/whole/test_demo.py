"""The demo as a user runs it: without network, from nothing to a score table and a page with pictures."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from llamax_kit.app import demo as example
from llamax_kit.app import html_page

NOWHERE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "all")}  # any download would fail


@pytest.fixture(scope="module")
def demo(tmp_path_factory, example_place) -> tuple[list[str], Path]:
    """What the demo printed, and the folder of its run. Its two runs are lent to other tests, if none made them yet."""
    outputs, empty = tmp_path_factory.mktemp("outputs"), tmp_path_factory.mktemp("data")
    places = {"LLAMAX_KIT_OUTPUTS": str(outputs), "LLAMAX_KIT_DATA": str(empty), "SACREBLEU": str(empty)}
    command = [sys.executable, "-m", "llamax_kit.app.cli", "demo"]
    done = subprocess.run(command, env=os.environ | places | NOWHERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if not example_place.exists():
        shutil.copytree(outputs, outputs.with_name("lent"), ignore=shutil.ignore_patterns("demo_gains"))
        with contextlib.suppress(OSError):  # another worker began to make them meanwhile
            outputs.with_name("lent").rename(example_place)
    return done.stdout.splitlines(), outputs / "demo_gains"


def test_it_ends_with_scores_gains_and_the_page(demo):
    said, folder = demo
    assert said[-1] == f"The page with pictures: {folder / '06_see_language_gains.html'}"
    rows = [line.split() for line in said if "spBLEU-cldr" in line]
    assert len(rows) == 24 and {row[0] for row in rows} == set(example.RUNS.values())
    for *_, score, low, high, n in rows:
        assert float(low) <= float(score) <= float(high)
        assert int(n) == example.SENTENCES
    gains = pd.read_csv(folder / "gains.csv")
    assert {f"{row.src}-{row.tgt}" for row in gains.itertuples()} == {*example.directions(example.DEMO).split()}
    printed = [line.split() for line in said if line.endswith(("gained", "lost", "not shown to differ"))]
    assert [tuple(row[:2]) for row in printed] == [
        (row.src, row.tgt) for row in gains.sort_values("gain", ascending=False, kind="stable").itertuples()
    ]
    assert sum("unseen, " in line for line in said) == 6


def test_continual_pre_training_gained_more_than_ten_points_both_ways_in_swahili(demo):
    gains = pd.read_csv(demo[1] / "gains.csv").set_index(["src", "tgt"])["gain"]
    assert gains["en", "sw"] > 10 and gains["sw", "en"] > 10


def test_its_page_needs_no_network_and_each_picture_has_its_own_text(demo):
    _, folder = demo
    text = (folder / "06_see_language_gains.html").read_text(encoding="utf-8")
    assert html_page.loads(text) == []
    assert text.count("<img") >= 5
    assert html_page.without_alt(text) == 0


def test_its_runs_are_complete(demo):
    _, folder = demo
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["run"] == "demo_gains" and record["signatures"]
    for path in ("gains.csv", "gains.png", "gains.pdf", "06_see_language_gains.ipynb"):
        assert (folder / path).stat().st_size > 0
    for run, model in example.RUNS.items():
        own = json.loads((folder.parent / run / "run.json").read_text(encoding="utf-8"))
        assert own["parameters"]["model"] == model and own["versions"]["torch"]
        files = list((folder.parent / run / "translations" / model).glob("*.parquet"))
        assert len(files) == len(example.directions(f"{example.DEMO} {example.MORE}").split())
