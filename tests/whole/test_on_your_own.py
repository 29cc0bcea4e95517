"""Every "On your own" that changes parameters is carried out, and what it promises to show is there."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from executed import cells

from llamax_kit.app import demo
from llamax_kit.scoring.comparability import NotComparable
from llamax_kit.scoring.spbleu import UnequalCounts

NOTEBOOKS = {path.name[:2]: path for path in (Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9]*.ipynb")}


@pytest.fixture(scope="module", autouse=True)
def outputs(tmp_path_factory, lend_example):
    """One outputs folder for all of this file, with the example's two runs."""
    place = tmp_path_factory.mktemp("outputs")
    lend_example(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place))
        yield place


def table(outputs: Path, run: str, name: str) -> pd.DataFrame:
    return pd.read_csv(outputs / run / f"{name}.csv")


def translate(run: str, **parameters) -> None:
    cells(NOTEBOOKS["04"], **{"directions": "en-de de-en", "sentences": 12, "run": run} | parameters)


def test_00_runs_in_other_languages(outputs):
    cells(NOTEBOOKS["00"], directions="fr-es es-fr", sentences=12, run="tour_fr")
    assert {*table(outputs, "tour_fr", "scores")["src"]} == {"fr", "es"}


def test_01_looks_at_other_languages_and_other_bounds():
    cells(NOTEBOOKS["01"], closer="yo quy_Latn", few=1_000_000, run="closer")


def test_04_more_sentences_make_narrower_intervals(outputs):
    widths = []
    for sentences in (10, 200):
        translate("widths", model="copy", sentences=sentences)
        scores = table(outputs, "widths", "scores")
        widths.append((scores["ci_high"] - scores["ci_low"]).mean())
    assert widths[1] < widths[0] / 2


def test_04_another_decoding_generates_anew_and_the_same_one_does_not(outputs):
    generated = []
    for decoding in ("greedy max_new_tokens:32", "paper max_new_tokens:32", "greedy max_new_tokens:32"):
        translate("decoded", sentences=2, decoding=decoding)
        generated.append(json.loads((outputs / "decoded/run.json").read_text())["timing"]["generated"])
    assert generated == [4, 4, 0]


def test_04_copying_scores_more_from_a_language_in_the_same_script(outputs):
    translate("copied", model="copy", directions="de-en ja-en")
    score = table(outputs, "copied", "scores").query("metric == 'spBLEU-cldr'").set_index("src")["score"]
    assert score["de"] > score["ja"]


def test_04_and_06_a_second_model_under_another_name_is_compared(outputs):
    translate("second", model="mini-llama-alpaca")
    translate("first")
    cells(NOTEBOOKS["06"], system="first", baseline="second", run="compared")
    assert len(table(outputs, "compared", "gains")) == 2


def test_05_a_lost_line_is_named_with_both_counts(outputs):
    cells(NOTEBOOKS["05"], run="scored")
    shutil.copytree(outputs / "scored/hypotheses", outputs / "scored/copy")
    file = next((outputs / "scored/copy").glob("*/*.txt"))
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    folder = str(outputs / "scored/copy")
    with pytest.raises(UnequalCounts, match=rf"{file.name}.*{demo.SENTENCES - 1} hypotheses"):
        cells(NOTEBOOKS["05"], hypotheses=folder, sentences=demo.SENTENCES, run="lost")


def test_05_fewer_sentences_widen_the_intervals_about_by_the_root_of_the_ratio(outputs):
    widths = []
    for sentences in (10, demo.SENTENCES):
        cells(NOTEBOOKS["05"], sentences=sentences, examples=0, run="fewer")
        scores = table(outputs, "fewer", "scores")
        widths.append((scores["ci_high"] - scores["ci_low"]).mean())
    assert 1.2 < widths[0] / widths[1] < 2.5  # √3 is 1.7


def test_06_fewer_tests_make_smaller_corrected_p_values_of_the_same_gains(outputs):
    cells(NOTEBOOKS["06"], group="family", run="all")
    cells(NOTEBOOKS["06"], directions="en-it en-sw", run="two")
    every, two = (table(outputs, run, "gains").set_index("tgt") for run in ("all", "two"))
    every = every[every["src"] == "en"].loc[["it", "sw"]]
    assert every["gain"].tolist() == two.loc[["it", "sw"], "gain"].tolist()
    assert (two.loc[["it", "sw"], "p_holm"] < every["p_holm"]).all()


def test_06_another_correction_finds_more_and_the_other_way_round_the_signs_change(outputs):
    cells(NOTEBOOKS["06"], correction="bh", run="bh")
    cells(NOTEBOOKS["06"], system="demo_mini_llama", baseline="demo_mini_llamax", run="reverse")
    holm, bh, back = (table(outputs, run, "gains") for run in ("all", "bh", "reverse"))
    assert (bh["verdict"] != "not shown to differ").sum() > (holm["verdict"] != "not shown to differ").sum()
    assert back["gain"].tolist() == [-gain for gain in holm["gain"]] and back["p"].tolist() == holm["p"].tolist()


def test_07_other_tokens_other_languages_and_other_training_languages(outputs):
    cells(NOTEBOOKS["07"], run="own")
    cells(NOTEBOOKS["07"], tokenizer="cldr", run="pieces")
    cells(NOTEBOOKS["07"], directions="en-de en-sw en-gl en-be en-cy en-el en-it en-sk", run="some")
    cells(NOTEBOOKS["07"], trained_on="mini-llama", run="six")
    cells(NOTEBOOKS["07"], trained_on="LLaMAX", run="paper")
    assert not table(outputs, "own", "fertility").equals(table(outputs, "pieces", "fertility"))
    assert len(table(outputs, "some", "languages")) == 8
    counts = {}
    for run in ("six", "own", "paper"):
        means = table(outputs, run, "trained_unseen")
        counts[run] = means[means["value"] == "trained"]["n"].iloc[0]
    assert counts["six"] < min(counts["own"], counts["paper"])


def test_09_two_decodings_are_set_side_by_side_and_other_sentences_are_refused(outputs):
    translate("greedy", decoding="greedy max_new_tokens:32")
    translate("beams", decoding="paper max_new_tokens:32", sentences=12)
    cells(NOTEBOOKS["09"], runs="greedy beams", run="decodings")
    changed = pd.read_csv(outputs / "decodings/changes.csv")["what"]
    assert "decoding.num_beams" in set(changed) and len(table(outputs, "decodings", "effects")) == 2
    translate("fewer_sentences", decoding="greedy max_new_tokens:32", sentences=11)
    with pytest.raises(NotComparable, match="greedy:mini-llamax-alpaca has 12.*fewer_sentences"):
        cells(NOTEBOOKS["09"], runs="greedy fewer_sentences", run="refused")
