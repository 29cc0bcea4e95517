"""Notebook 04 by plain papermill, on FLORES-101 with a real checkpoint: what it saves is what sacreBLEU finds in it."""

import json
import subprocess
import sys
from pathlib import Path

import executed
import pandas as pd
import pytest

from llamax_kit.app import html_page
from llamax_kit.app.html_page import export
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.utils.errors import UnknownName

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "04_translate_and_score.ipynb"
N = 6


def papermill(outputs: Path, **values) -> None:
    """Execute the notebook as an operator without the kit's command line would."""
    given = [word for name, value in values.items() for word in ("-p", name, str(value))]
    executed.papermill(NOTEBOOK, outputs, *given, output="executed.ipynb", LLAMAX_KIT_OUTPUTS=str(outputs))


@pytest.fixture(scope="module")
def run(data, tmp_path_factory) -> Path:
    """The outputs folder after the notebook was executed twice: its cells in this process, and by papermill."""
    outputs = tmp_path_factory.mktemp("outputs")
    values = {
        "model": data / "checkpoints" / "stories260K", "corpus": "flores101", "directions": "en-de en-am",
        "sentences": N, "tokenize": "flores101", "decoding": "greedy max_new_tokens:24", "run": "stories",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(outputs))
        executed.cells(NOTEBOOK, **values | {"model": str(values["model"])})
    (outputs / "first.csv").write_bytes((outputs / "stories" / "scores.csv").read_bytes())
    papermill(outputs, **values)
    (outputs / "second.csv").write_bytes((outputs / "stories" / "scores.csv").read_bytes())
    return outputs


def test_each_score_is_what_sacrebleus_command_line_finds_in_the_saved_translations(run, data, tmp_path):
    scores = pd.read_csv(run / "stories" / "scores.csv")
    for tgt, flores in (("de", "deu"), ("am", "amh")):
        saved = pd.read_parquet(run / "stories" / "translations" / "stories260K" / f"en-{tgt}.parquet")
        assert list(saved["index"]) == list(range(N))
        lines = (data / "flores101_dataset" / "devtest" / f"{flores}.devtest").read_bytes().decode().split("\n")
        (tmp_path / "ref").write_text("\n".join(lines[:N]) + "\n", encoding="utf-8")
        hypotheses = [text.replace("\n", " ") for text in saved["hypothesis"]]
        (tmp_path / "hyp").write_text("\n".join(hypotheses) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "sacrebleu", tmp_path / "ref", "-i", tmp_path / "hyp", "-w", "10"]
        found = json.loads(subprocess.check_output([*command, "-m", "bleu", "-tok", "flores101"], text=True))
        row = scores[(scores["system"] == "stories260K") & (scores["tgt"] == tgt) & (scores["metric"] == "spBLEU")]
        assert round(row["score"].item(), 10) == found["score"]
        assert row["signature"].item() == found["signature"]


def test_running_it_again_generates_nothing_and_changes_no_score(run):
    record = json.loads((run / "stories" / "run.json").read_text(encoding="utf-8"))
    assert (record["timing"]["kept"], record["timing"]["generated"]) == (2 * N, 0)
    assert (run / "first.csv").read_bytes() == (run / "second.csv").read_bytes()


def test_each_average_is_the_mean_of_its_scores(run):
    scores, means = pd.read_csv(run / "second.csv"), pd.read_csv(run / "stories" / "averages.csv")
    for system in ("stories260K", "copy"):
        own = scores[(scores["system"] == system) & (scores["metric"] == "spBLEU")]["score"]
        row = means[means["system"] == system].iloc[0]
        assert (row["direction"], row["n"], row["n_high"], row["n_low"]) == ("en-X", 2, 1, 1)
        assert row["all"] == pytest.approx(own.mean(), rel=1e-12)


def test_a_tokenizer_that_is_not_there_is_said_before_anything_is_translated(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    with pytest.raises(UnknownName, match="unknown tokenizer 'flores1001'.*flores101"):
        executed.cells(NOTEBOOK, tokenize="flores1001", run="early")
    assert not (tmp_path / "ledger").exists()


def test_the_record_says_what_was_run_and_asked_and_names_no_place_of_this_machine(run, data):
    text = (run / "stories" / "run.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert record["corpus"]["release"] == "FLORES-101 devtest"
    assert record["corpus"]["sha256"] == load_corpus("flores101", ["en", "de", "am"]).sha256
    assert record["decoding"]["max_new_tokens"] == 24
    assert record["model"]["model"].startswith("sha256:")
    assert record["parameters"]["sentences"] == N
    assert record["prompt"].endswith("### Input:\n{source}\n### Response:")
    assert str(data) not in text and str(Path.home()) + "/" not in text


def test_its_page_needs_no_network_and_every_picture_says_what_it_shows(run):
    html = export(run / "executed.ipynb").read_text(encoding="utf-8")
    assert html_page.loads(html) == [] and html_page.without_alt(html) == 0 and html.count("<img") == 2
