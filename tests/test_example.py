"""The built-in example: two runs that are what they say, made once, by the same text."""

import json
import os
import subprocess
import sys

import pytest

from llamax_kit import example, runs
from llamax_kit.languages import find


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return tmp_path


def test_both_runs_answer_the_same_sentences_and_the_closest_language_gains_most(outputs):
    assert example.make("demo_copy", "demo_spanish:only-es") == ["demo_copy", "demo_spanish"]
    copied, spanish = runs.load("demo_copy"), runs.load("demo_spanish")
    keys = ["src", "tgt", "index", "source", "reference"]
    assert copied.translations[keys].equals(spanish.translations[keys])
    assert set(copied.translations["hypothesis"] == copied.translations["source"]) == {True}
    assert copied.record["corpus"] == spanish.record["corpus"]
    gain = (spanish.scores.set_index("tgt")["score"] - copied.scores.set_index("tgt")["score"])
    assert find(gain.idxmax()).family_2 == find("es").family_2


def test_it_makes_what_is_missing_alone_and_leaves_a_users_runs_to_him(outputs):
    example.make("demo_copy")
    before = (outputs / "demo_copy/run.json").stat().st_mtime_ns
    assert example.make("demo_copy", "mine:google") == []
    assert (outputs / "demo_copy/run.json").stat().st_mtime_ns == before
    assert not (outputs / "mine").exists() and not (outputs / "demo_spanish").exists()


def test_processes_that_need_it_at_once_make_it_once_as_kernels_of_notebooks_do(outputs):
    """Three begin together: each is given both runs whole, and each run is made once."""
    code = (
        "import sys; from llamax_kit import example, owners, runs\n"
        "owners.check_kernel = lambda folder: owners.check(folder, '06_see_language_gains', {'run'})\n"
        "print(*example.make('demo_copy', 'demo_spanish'))\n"
        "for run in example.RUNS: runs.load(run)\n"
    )
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(outputs)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=-1, stderr=-1, text=True)
        for _ in range(3)
    ]
    said = [process.communicate() for process in started]
    assert [err for _, err in said] == [""] * 3
    assert sorted(name for out, _ in said for name in out.split()) == ["demo_copy", "demo_spanish"]
    for run in example.RUNS:
        assert sorted(path.name for path in (outputs / run).iterdir()) == ["run.json", "scores.csv", "translations"]
        assert json.loads((outputs / run / "run.json").read_text())["notebook"] == "llamax_kit.example"
