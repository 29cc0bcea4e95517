"""The "On your own" of notebook 10, carried out by models that a minute trains; the others' are in test_on_your_own."""

from pathlib import Path

import pandas as pd
import pytest
from executed import cells

NOTEBOOK = next((Path(__file__).resolve().parents[2] / "notebooks").glob("10*.ipynb"))
TINY = dict(pretrain_pairs=40, continue_pairs=20, asked=20, sentences=1)
LANGUAGES = dict(added="sw tr nl fr sv", held_out="eus_Latn da")  # five: fewer have no interval


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Two seeds, and the first of them without pairs and with another language held out."""
    place = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place))
        for run, values in {
            "moved": dict(added="sw tr nl fr da", held_out="eus_Latn sv", until="nb10-33"),  # as far as bits per byte
            "small": {},
            "small_2": dict(seed=2),
            "no_parallel": dict(parallel="none"),
        }.items():
            cells(NOTEBOOK, **TINY | LANGUAGES | values, run=run)
    return place


def table(outputs: Path, run: str, name: str) -> pd.DataFrame:
    return pd.read_csv(outputs / run / f"{name}.csv")


def test_10_without_pairs_the_model_reads_no_translation(outputs):
    pairs = {run: table(outputs, run, "mixture").set_index("code")["pairs"] for run in ("small", "no_parallel")}
    assert pairs["small"]["sw"] > 0 and pairs["no_parallel"].eq(0).all()
    assert len(table(outputs, "no_parallel", "gains").query("tgt == 'sw' and src == 'en'")) == 1
    beside = table(outputs, "no_parallel", "seeds").query("value == 'trained' and direction == 'en-X'")
    assert set(beside["parallel"]) == {"none", "connected"}


def test_10_a_language_that_is_held_out_is_read_by_no_stage_and_tested(outputs):
    read, gone = table(outputs, "small", "mixture"), table(outputs, "moved", "mixture")
    assert "sv" in set(read["code"]) and "sv" not in set(gone["code"])
    bits = table(outputs, "moved", "bits").set_index("language")["group"]
    assert bits["sv"] == "held out" and bits["da"] == "added"  # a relative, which can lose by it


def test_10_seeds_have_a_range_beside_the_interval_over_languages(outputs):
    ranges = table(outputs, "small_2", "seeds").query("value == 'trained'").set_index("direction")
    assert ranges.loc[["en-X", "X-en"], "seeds"].eq(2).all() and (ranges["least"] < ranges["most"]).all()
    means = table(outputs, "small_2", "groups").query("value == 'trained'").set_index("direction")
    assert (means.loc[["en-X", "X-en"], "ci_low"] <= means.loc[["en-X", "X-en"], "ci_high"]).all()
