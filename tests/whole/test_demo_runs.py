"""The built-in example: two runs of the miniatures that are what they say, made once, by the same text."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from llamax_kit.analysis import gains
from llamax_kit.app import demo as example
from llamax_kit.data import relatedness
from llamax_kit.models import loading
from llamax_kit.models.training_languages import of_folder, training_languages_of
from llamax_kit.runs import owners, storage
from llamax_kit.tasks import system_outputs
from llamax_kit.utils.errors import KitError

BASELINE, SYSTEM = example.RUNS
SMALL = (  # in another Python: two directions of three phrases, each run in that Python itself
    "import sys; from llamax_kit.app import demo as example; from llamax_kit.runs import owners, storage as runs\n"
    "example.DEMO, example.MORE, example.SENTENCES, example.SECONDS = 'de sw', '', 3, 0\n"
    "owners.check_kernel = lambda folder: owners.check(folder, '06_see_language_gains', {'run'})\n"
    "print(*example.make(*example.RUNS))\n"
    "for run in example.RUNS: runs.load(run)\n"
)


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def lent(outputs, lend_example):
    """A folder of outputs with both runs."""
    return lend_example(outputs)


def start(outputs) -> subprocess.Popen:
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(outputs)}
    return subprocess.Popen([sys.executable, "-c", SMALL], env=environment, stdout=-1, stderr=-1, text=True)


def test_both_runs_answer_the_same_sentences_in_every_direction_and_say_by_which_model(lent):
    before, after = (storage.load(run) for run in example.RUNS)
    keys = ["src", "tgt", "index", "source", "reference"]
    assert before.translations[keys].equals(after.translations[keys])
    assert before.record["corpus"] == after.record["corpus"] and before.record["prompt"] == after.record["prompt"]
    for run, model in example.RUNS.items():
        record = storage.load(run).record
        resolved = loading.resolve(model)
        assert (record["model"]["model"], record["parameters"]["model"]) == (resolved.revision, model)
        told = of_folder(resolved.folder)
        assert training_languages_of("", record) == told
    languages = example.directions(f"{example.DEMO} {example.MORE}").split()
    assert len(languages) == len(set(languages)) == before.scores.shape[0]
    assert set(before.scores["n"]) == {example.SENTENCES} and before.scores["signature"].nunique() == 1


def test_the_demo_has_twelve_directions_trained_and_held_out_by_the_model_itself(lent):
    demo = example.directions(example.DEMO).split()
    assert len(demo) == 12 and demo[:2] == ["en-de", "de-en"]
    trained = training_languages_of("", storage.load(SYSTEM).record).codes
    kinds = [relatedness.kind(code, trained) for code in example.DEMO.split()]
    assert kinds.count(relatedness.TRAINED) == 3 and {relatedness.RELATED, relatedness.UNRELATED} <= set(kinds)
    held_out = loading.checkpoints.read_json(loading.resolve("mini-llamax").folder / "training.json")["held_out"]
    everything = f"{example.DEMO} {example.MORE}".split()
    unseen = [code for code in everything if code not in trained]
    assert set(unseen) <= set(held_out)  # of nothing else it is known that it was held out
    assert (
        min(
            map(
                [relatedness.kind(code, trained) for code in unseen].count, (relatedness.RELATED, relatedness.UNRELATED)
            )
        )
        >= 5
    )


def test_what_the_demo_prints_are_the_runs_scores_and_the_gains_largest_first(lent):
    table = gains.gains(gains.pair(SYSTEM, BASELINE, directions="en-de en-gl gl-en"), samples=200)
    scores, gained = example.printed_tables(table)
    assert list(gained["gain"]) == sorted(table["gain"], reverse=True)
    assert set(zip(gained["language"], gained["training"], strict=True)) == {
        ("German", relatedness.TRAINED), ("Galician", relatedness.RELATED),
    }  # fmt: skip
    assert list(scores["system"]) == list(example.RUNS.values()) * 3
    both = scores.pivot(index=["src", "tgt"], columns="system", values="score")
    difference = both[example.RUNS[SYSTEM]] - both[example.RUNS[BASELINE]]
    expected = gained.set_index(["src", "tgt"])["gain"].rename(None)
    pd.testing.assert_series_equal(difference.sort_index(), expected.sort_index())


def test_notebook_05_gets_the_demos_answers_as_files_of_the_embedded_text_alone(lent):
    place, n = example.hypotheses(lent / "mine", "cldr", 0)
    found = system_outputs.find_outputs(place)
    assert {(each.src, each.tgt) for each in found} == {tuple(each.split("-")) for each in
                                                        example.directions(example.DEMO).split()}  # fmt: skip
    assert len(found) == 24 and n == example.SENTENCES == len(found[0].path.read_text("utf-8").splitlines())
    assert example.hypotheses(lent / "mine", "cldr", 7)[1] == 7
    assert example.hypotheses(lent / "mine", "cldr", 700)[1] == example.SENTENCES
    with pytest.raises(KitError, match="the example's outputs are of the corpus cldr, got 'flores101'"):
        example.hypotheses(lent / "mine", "flores101", 0)


def test_it_makes_what_is_missing_alone_and_leaves_a_users_runs_to_him(lent):
    before = (lent / SYSTEM / "run.json").stat().st_mtime_ns
    assert example.make(SYSTEM, f"{BASELINE}:mini-llama-alpaca", "mine:google") == []
    assert (lent / SYSTEM / "run.json").stat().st_mtime_ns == before and not (lent / "mine").exists()
    for text in ("not json", "[]", '{"notebook": "04_translate_and_score"}'):
        (lent / SYSTEM / "run.json").write_text(text)
        assert example.make(SYSTEM) == [] and (lent / SYSTEM / "run.json").read_text() == text


def test_a_run_of_other_weights_or_directions_is_made_again(lent, monkeypatch):
    made = []
    monkeypatch.setattr(example, "_made", lambda run: made.append(run) or True)
    monkeypatch.setattr(example, "SECONDS", 0)
    record = json.loads((lent / SYSTEM / "run.json").read_text())
    other = record | {"model": record["model"] | {"model": "sha256:0"}}, record | {"parameters": {}}
    for stale in other:
        (lent / SYSTEM / "run.json").write_text(json.dumps(stale))
        assert example.make(SYSTEM, BASELINE) == [SYSTEM]
    assert made == [SYSTEM] * 2


def test_processes_that_need_it_at_once_make_it_once_as_kernels_of_notebooks_do(outputs):
    """Three begin together: each is given both runs whole, and each run is made once."""
    started = [start(outputs) for _ in range(3)]
    said = [process.communicate() for process in started]
    assert [err for _, err in said] == [""] * 3
    assert sorted(name for out, _ in said for name in out.split()) == [*example.RUNS]
    for run in example.RUNS:
        assert sorted(path.name for path in (outputs / run).iterdir()) == ["run.json", "scores.csv", "translations"]
        assert json.loads((outputs / run / "run.json").read_text())["notebook"] == "llamax_kit.example"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_it_goes_on_from_the_ledger_and_a_second_one_generates_nothing(outputs):
    process = start(outputs)
    while not list((outputs / "ledger").glob("*/*.jsonl")):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    started = start(outputs)
    assert started.communicate()[1] == ""
    timing = storage.load(BASELINE).record["timing"]
    assert timing["kept"] > 0 and timing["kept"] + timing["generated"] == 4 * 3
    (outputs / BASELINE / "run.json").unlink()
    again = start(outputs)
    assert again.communicate() == (f"{BASELINE}\n", "")
    assert storage.load(BASELINE).record["timing"]["generated"] == 0


def test_the_examples_runs_are_no_notebooks(tmp_path, monkeypatch, lend_example):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(lend_example(tmp_path)))
    monkeypatch.setattr(owners, "notebook", lambda: "06_gains")  # which asked for it
    ours = {"system", "baseline", "samples", "run"}
    assert owners.other(tmp_path / "demo_mini_llama", "06_gains", ours) == "llamax_kit.example"
    folder = storage.folder("mine")
    assert json.loads(storage.record(folder).read_text())["notebook"] == "06_gains"
