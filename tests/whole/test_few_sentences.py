"""Few sentences: no interval below the floor, and below forty what it covers, wherever an interval is shown."""

import json
import math

import matplotlib
import numpy as np
import pandas as pd
import pytest
from benchmarks import coverage
from bs4 import BeautifulSoup
from click.testing import CliRunner
from finished import rows, save, worse
from matplotlib.figure import Figure

from llamax_kit.analysis import comparison, gains, groups, method_text, power
from llamax_kit.analysis.comparison import gains_over, summary
from llamax_kit.app.cli import main
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.paper import own_run, release, sentences
from llamax_kit.paper import plots as paper_plots
from llamax_kit.reporting import plots, report, tables
from llamax_kit.reporting.plots import gain_plots, score_plots
from llamax_kit.runs import storage
from llamax_kit.scoring import corrections, ngram_counts, significance, spbleu

matplotlib.use("Agg")
FLOOR = significance.FEWEST
SIZES = {1: "no interval: 1 sentence is too few (10 at least)", 9: "no interval: 9 sentences are too few (10 at least)",
         10: "with 10 sentences, 88 of 100 such intervals of spBLEU held the truth when measured",
         39: "with 39 sentences, 92 of 100 such intervals of spBLEU held the truth when measured", 40: ""}  # fmt: skip


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))


@pytest.fixture(params=SIZES)
def n(request) -> int:
    return request.param


@pytest.fixture
def note(n) -> str:
    return SIZES[n]


@pytest.fixture
def pair(n):
    """Two finished runs of n sentences in two directions."""
    save("mine", rows("good", sentences=n))
    save("theirs", rows("bad", answer=worse, sentences=n))
    return gains.pair("mine", "theirs")


def spoken(note: str) -> str:
    return note and f"{note[0].upper()}{note[1:]}."


def drawn(function, *given, **named):
    ax = Figure().subplots()
    function(given[0], ax, *given[1:], **named)
    ax.figure.canvas.draw()
    panel = next((each for each in ax.figure.axes if each.containers), ax)
    return ax.get_title().replace("\n", " "), panel.get_xlabel(), panel


@pytest.mark.parametrize("sizes, said", [
    ([], ""), ([1012], ""), ([3, 9], "no interval: 3–9 sentences are too few (10 at least)"),
    ([12, 35, 1012], "with 12–35 sentences, 88–92 of 100 such intervals of spBLEU held the truth when measured"),
    ([5, 20], "no interval: 5 sentences are too few (10 at least); "
              "with 20 sentences, 91 of 100 such intervals of spBLEU held the truth when measured"),
])  # fmt: skip
def test_a_caveat_names_how_many_sentences_and_what_was_measured(sizes, said):
    assert significance.caveat(sizes) == said
    assert significance.caveat_sentence(sizes) == (said and f" {said[0].upper()}{said[1:]}.")


def test_what_has_no_interval_for_another_reason_has_no_caveat():
    none = float("nan")
    assert significance.caveat([20, 1012, none], [none, none, none]) == ""
    assert significance.caveat([20, 5], [none, none]) == SIZES[9].replace("9", "5")


def test_intervals_of_the_floor_cover_what_is_claimed_and_those_of_two_do_not():
    """On the embedded phrases, 3,200 intervals of scores and 1,600 of gains: shares are known to 0.01 and 0.02."""
    directions = coverage.embedded()
    claims = {2: (0.45, 0.55), FLOOR: (significance.COVERED[FLOOR] / 100 - 0.01, 0.95)}
    for n, (least, most) in claims.items():
        found = [coverage.covered(systems, n, 400) for systems in directions.values()]
        for kind in zip(*found, strict=True):
            share = np.mean([hits for each in kind for hits in each.values()]) / 400
            assert least <= share <= most, (n, share)


def test_the_claims_rise_with_the_sentences_and_end_where_none_is_made():
    assert min(significance.COVERED) == FLOOR and max(significance.COVERED) < significance.ENOUGH
    assert (
        list(significance.COVERED.values()) == sorted(significance.COVERED.values())
        and max(significance.COVERED.values()) < 95
    )


def test_an_interval_is_there_from_the_floor_on(n, note):
    ours, theirs = ([f"a b c d {at % 7} e" if lost and at % 3 else f"a b c d {at % 7} e f" for at in range(n)]
                    for lost in (False, True))  # fmt: skip
    a, b = spbleu.statistics([ours, theirs], ours, "cldr")
    there = [spbleu.score(theirs, ours, "cldr"), spbleu.chrf(theirs, ours), spbleu.from_statistics(b, "cldr")]
    ends = [(each.ci_low, each.ci_high) for each in there] + [significance.paired_interval(a, b, ngram_counts.points)]
    assert [math.isnan(each) for pair in ends for each in pair] == [n < FLOOR] * 8
    assert there[0].score == there[2].score > 0 and significance.randomisation(a, b, ngram_counts.points) > 0
    assert bool(note) == (n < significance.ENOUGH)


def test_the_command_line_says_it_in_words_and_in_json(n, note, tmp_path):
    for name, answer in (("ref", str), ("hyp", worse)):
        lines = list(rows("m", "en-de", answer, n)["hypothesis"])
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("hyp", "ref")]
    asked = ["score", "--hypotheses", files[0], "--references", files[1], "--tokenize", "cldr"]
    said = CliRunner().invoke(main, asked).output.splitlines()[1]
    found = json.loads(CliRunner().invoke(main, [*asked, "--json"]).output)
    assert found["note"] == note and (found["ci_low"] is None) == (found["ci_high"] is None) == (n < FLOOR)
    if n < FLOOR:
        assert said == f"interval   {note}"
    else:
        assert said == f"interval   {found['ci_low']:.2f} to {found['ci_high']:.2f} (95 %{note and f'; {note}'})"


def test_gains_without_an_interval_keep_their_test_and_verdict(pair, n, note):
    table = gains.gains(pair, samples=500)
    assert table["ci_low"].isna().tolist() == table["ci_high"].isna().tolist() == [n < FLOOR] * 2
    assert table["p"].notna().all() and set(table["verdict"]) == {corrections.UNCLEAR if n == 1 else "gained"}
    said = gains.method(table, "CLDR 47")
    assert ("paired bootstrap" in said) == (n >= FLOOR) and said.endswith(f"seed 12345{note and f'; {note}'}.")
    means = groups.by_group(table, "split")
    assert set(means["n"]) == {1, 2} and means["gain"].notna().all()


def test_captions_on_the_page_and_in_latex_say_it(pair, n, note, tmp_path):
    table = gains.gains(pair, samples=500)
    scores = storage.load("mine").scores
    for shown in (table, scores, scores[["metric", "score", "ci_low", "ci_high", "n"]]):
        caption = f"Caption; {note}" if note else "Caption"
        assert tables.captioned(shown, "Caption") == caption
        assert f"<caption><div>{caption}</div></caption>" in tables.show(shown, "Caption").data
        tex = tables.save(shown, tmp_path / "t", "Caption", columns=["score", "n"])[1].read_text(encoding="utf-8")
        assert r"\caption{" + caption.replace("–", "--") + "}" in tex
    assert (tables.formatted(table["ci_low"][0]) == "") == (n < FLOOR)


def test_what_counts_languages_keeps_its_caption(pair):
    means = groups.by_group(gains.gains(pair, samples=500), "split")
    rho = pd.DataFrame({"direction": ["en-X"], "rho": [0.3], "ci_low": [-0.2], "ci_high": [0.6], "n": [12]})
    halves = pd.DataFrame({"system": ["a"], "metric": ["b"], "low": [1.0], "high": [2.0], "all": [1.5], "n": [12]})
    for table in (means, means.drop(columns="group"), rho, halves):
        assert tables.captioned(table, "Caption") == "Caption"


def test_pictures_and_their_words_say_it(pair, n, note):
    table, scores = gains.gains(pair, samples=500), storage.load("mine").scores
    for function, describe, given in ((plots.scores, score_plots.describe_scores, scores),
                                      (plots.gains, gain_plots.describe_gains, table)):  # fmt: skip
        title, label, panel = drawn(function, given)
        assert title.endswith(f" per direction{note and f' {note}'}"), title
        assert ("95 % interval" in label) == (n >= FLOOR) and "nan" not in label and "no test" not in label
        assert len(panel.containers[0].lines[0].get_xdata()) == 2
        assert describe(given).endswith(spoken(note) or ".") and ("interval" in describe(given)) == bool(note)


def test_the_report_says_it_in_its_method_and_captions(pair, n, note, tmp_path):
    gathered = comparison.gather("mine theirs")
    gained = gains_over(gathered, "theirs")
    said = method_text.method(gathered, gained)
    assert [(spoken(note) in each) for each in said if "spBLEU-cldr" in each or "Gains over" in each] == [True, True]
    assert any("paired bootstrap" in each for each in said) == (n >= FLOOR)
    assert any("bootstrap resamples" in each for each in said) == (n >= FLOOR)
    assert all("p-values by approximate randomisation" in each for each in said if "Gains over" in each)
    part = report.Table("gains", gained, "Gains", ("system", "gain", "ci_low"))
    page = report.write(tmp_path / "report", "Title", gathered, said, [part]).read_text(encoding="utf-8")
    captions = [each.get_text() for each in BeautifulSoup(page, "html.parser").find_all(["caption", "figcaption"])]
    assert any(each.strip() == (f"Gains; {note}" if note else "Gains") for each in captions)
    assert summary(gained)["mean_gain"].notna().all()


def test_mine_beside_the_authors_is_within_no_interval_where_there_is_none(n, note, monkeypatch):
    figures = pd.DataFrame([("NLLB-200", "en-X", "en", code, "spBLEU", 50.0) for code in ("de", "sw")],
                           columns=["system", "direction", "src", "tgt", "metric", "score"])  # fmt: skip
    monkeypatch.setattr(release, "scores", lambda metric="spBLEU": figures)
    monkeypatch.setattr(own_run, "TOKENIZE", "cldr")
    flores = {"name": "flores101", "split": "devtest", "release": "FLORES-101 devtest"}
    run = storage.SavedRun(storage.outputs(), None, None, {"corpus": flores})
    mine = storage.SavedSystem("mine:good", run, "good", rows("good", answer=worse, sentences=n))
    table = own_run.beside(mine, "NLLB-200")
    assert table["inside"].isna().tolist() == table["ci_low_difference"].isna().tolist() == [n < FLOOR] * 4
    said = sentences.yours(table, "theirs")
    assert ("lie within the interval" in said) == (n >= FLOOR) and (spoken(note) in said)
    shown = table.drop(columns=["signature", "ci_low", "ci_high"])
    assert tables.captioned(shown, "Mine") == (f"Mine; {note}" if note else "Mine")
    assert ("True" in tables.show(shown, "Mine").data or "False" in tables.show(shown, "Mine").data) == (n >= FLOOR)
    title, label, _ = drawn(paper_plots.beside, table, "mine", theirs="theirs")
    assert title.endswith(f"first{note and f' {note}'}") and ("interval" in label) == (n >= FLOOR)
    assert paper_plots.beside(table, Figure().subplots(), "mine", theirs="theirs").endswith(spoken(note) or ".")


def test_power_is_simulated_from_any_number_of_sentences(pair):
    table = power.of_pair(pair, gains.gains(pair, samples=500), trials=5)
    assert set(table["n"]) == {*power.SIZES} and table["power"].between(0, 1).all()


def test_the_embedded_text_is_the_corpus_that_was_measured():
    assert len(load_corpus("cldr", ["en", "gl"]).pairs("en", "gl")) > 200
