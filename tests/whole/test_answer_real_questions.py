"""Notebook 11 on real XNLI and MGSM; X-CSQA's file is not to be had without network (see its own test)."""

import json
from pathlib import Path

from executed import cells

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks/11_answer_in_many_languages.ipynb"
SMALL = {"model": "mini-llamax-alpaca", "beside": ""}


def test_real_questions_end_to_end_at_chance(data, tmp_path, monkeypatch, capsys):
    """XNLI and MGSM as they are: a miniature cannot do either, so its likelihoods lie at chance, and nothing breaks."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    known = cells(NOTEBOOK, task="XNLI", items=60, **SMALL, run="xnli")
    likely = known["likely"]
    assert len(likely) == 5 * 2 and ((likely.ci_low <= 100 / 3) & (likely.ci_high >= 100 / 3)).sum() >= 8
    record = json.loads((tmp_path / "xnli/run.json").read_text())
    assert record["corpus"]["cut"] == "the first 60 of 5,010 questions of each language"
    known = cells(NOTEBOOK, task="MGSM", items=2, **SMALL, decoding="greedy max_new_tokens:16", run="mgsm")
    assert len(known["exact"]) == 11 and len(known["likely"]) == 0
    assert set(known["answers"].finish) <= {"stop", "length"}
    assert (tmp_path / "mgsm/scores_authors.csv").is_file() and "read differently" in capsys.readouterr().out
