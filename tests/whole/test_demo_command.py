"""What the demo prints: the scores of its two runs and the gains of the one over the other, beside the page."""

import shutil

from click.testing import CliRunner

from llamax_kit.analysis import gains
from llamax_kit.app import cli, demo, notebooks
from llamax_kit.runs import storage


def call(*words: str):
    return CliRunner().invoke(cli.main, list(words))


def test_the_demo_ends_with_scores_gains_and_the_page(monkeypatch, tmp_path, lend_example):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(lend_example(tmp_path)))
    asked = {}

    def run(notebook, values):
        asked.update(values, notebook=notebook)
        pair = gains.pair(values["system"], values["baseline"], directions="en-de en-eus_Latn")
        storage.save_table(gains.verdicts(gains.gains(pair)), storage.folder(values["run"]) / "gains.csv")
        return storage.folder(values["run"]) / f"{notebook}.html"

    monkeypatch.setattr(notebooks, "execute", run)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    lines = call("demo").output.splitlines()
    assert asked == {
        "notebook": "06", "system": "demo_mini_llamax", "baseline": "demo_mini_llama", "group": "relatedness",
        "directions": demo.directions(demo.DEMO), "run": "demo_gains",
    }  # fmt: skip
    heads = [at for at, line in enumerate(lines) if "gain" in line.split() or line.startswith("system ")]
    assert lines[heads[0]].split() == ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n"]
    assert {line.split()[0] for line in lines[heads[0] + 1 : heads[0] + 5]} == set(demo.RUNS.values())
    assert lines[heads[1]].split() == ["src", "tgt", "language", "training", "gain", "ci_low", "ci_high", "verdict"]
    assert "With 30 sentences, 92 of 100 such intervals of spBLEU held the truth when measured." in " ".join(lines)
    assert {tuple(line.split()[:3]) for line in lines[heads[1] + 1 : heads[1] + 3]} == {
        ("en", "de", "German"), ("en", "eus_Latn", "Basque"),
    }  # fmt: skip
    signature = storage.load("demo_mini_llama").scores["signature"][0]
    assert sum(line.endswith(f"Signature: {signature}") for line in lines) == 1
    assert sum(". .venv/bin/activate" in line for line in lines) == 1  # after `make demo`
    assert lines[-1] == f"The page with pictures: {tmp_path / 'demo_gains' / '06.html'}"
