"""gains: sacreBLEU's scores and its paired test, corrected over all directions; published scores without either."""

import json

import numpy as np
import pandas as pd
import pytest
from finished import CLDR, rows, save, worse
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest
from scipy.stats import binom, false_discovery_control

from llamax_kit.analysis import gains
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import corrections, sacrebleu_metrics, significance, spbleu
from llamax_kit.tasks import system_outputs
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))


def compare(mine, theirs, **options) -> pd.DataFrame:
    save("mine", mine)
    save("theirs", theirs)
    return gains.gains(gains.pair("mine", "theirs"), **options)


def test_scores_are_the_runs_own_and_the_gain_is_their_difference():
    ours, theirs = rows("m", sentences=12), rows("t", answer=worse, sentences=12)
    table = compare(ours, theirs, samples=200)
    assert list(table.columns) == gains.COLUMNS
    for side, column in ((ours, "score"), (theirs, "baseline_score")):
        assert list(table[column]) == list(spbleu.score_table(side, "cldr", metrics="spBLEU")["score"])
    assert list(table["score"]) == pytest.approx([100, 100]) and (table["baseline_score"] < 90).all()
    assert (table["gain"] == table["score"] - table["baseline_score"]).all()
    assert (table["ci_low"] <= table["gain"]).all() and (table["gain"] <= table["ci_high"]).all()
    assert set(table["n"]) == {12} and "tok:cldr-" in table["signature"].iloc[0]


def test_a_real_direction_is_sacrebleus_paired_test_to_the_last_digit(data):
    folder = data / "system_outputs/mozilla_flores101"
    text = load_corpus("flores101", ["en", "is"])
    outputs = system_outputs.find_outputs(folder, directions="en-is")
    table = system_outputs.read_outputs([each for each in outputs if each.system in ("google", "microsoft")], text)
    save("real", table, tokenize="flores101", corpus=CLDR | {"release": text.release})
    row = gains.gains(gains.pair("real:google", "real:microsoft"), samples=2000).iloc[0]
    sides = {name: list(part["hypothesis"]) for name, part in table.groupby("system")}
    references = list(text.texts["is"])
    named = [("microsoft", sides["microsoft"]), ("google", sides["google"])]
    theirs = PairedTest(named, {"": sacrebleu_metrics.spbleu("flores101").metric}, [references], "ar", 2000)()[1][
        "BLEU"
    ]
    assert (row.baseline_score, row.score) == (theirs[0].score, theirs[1].score)
    assert row.p == pytest.approx(theirs[1].p_value, abs=1e-12)
    assert (row.n, row.verdict) == (1012, corrections.UNCLEAR)


@pytest.mark.parametrize(("name", "metric"), [("chrF++", CHRF(word_order=2)), ("BLEU", BLEU())])
def test_a_real_direction_by_another_metric_is_sacrebleus_paired_test_to_the_last_digit(data, name, metric):
    """The pieces of spBLEU play no part, so the two runs need not agree about them, nor name any."""
    text = load_corpus("flores101", ["en", "is"])
    outputs = system_outputs.find_outputs(data / "system_outputs/mozilla_flores101", directions="en-is")
    sides = {each.system: system_outputs.read_outputs([each], text, 400) for each in outputs}
    for system, tokenize in (("google", "cldr"), ("microsoft", "flores101")):
        save(system, sides[system], tokenize=tokenize, corpus=CLDR | {"release": text.release})
    row = gains.gains(gains.pair("google", "microsoft", metric=name), metric=name).iloc[0]
    named = [(each, list(sides[each]["hypothesis"])) for each in ("microsoft", "google")]
    references = [list(sides["google"]["reference"])]
    theirs = PairedTest(named, {"": metric}, references, "ar")()[1]["BLEU" if name == "BLEU" else "chrF2++"]
    assert (row.metric, row.baseline_score, row.score, row.p, row.n) == (
        name, theirs[0].score, theirs[1].score, theirs[1].p_value, 400)  # fmt: skip
    rows = [np.array(metric._extract_corpus_statistics(texts, references)) for _, texts in named]
    drawn = np.random.default_rng(significance.SEED).choice(400, size=(1000, 400))
    points = [[metric._compute_score_from_stats(each.tolist()).score for each in side[drawn].sum(axis=1)]
              for side in rows]  # fmt: skip
    assert (row.ci_low, row.ci_high) == pytest.approx(significance.interval(np.subtract(*points[::-1])), abs=1e-11)
    said = gains.method(pd.DataFrame([row]), text.release)
    assert said.startswith(f"{name} by sacreBLEU ({row.signature}) on FLORES-101")
    assert ("|tok:13a|" if name == "BLEU" else "|nc:6|nw:2|") in row.signature


def test_an_unknown_metric_is_refused():
    with pytest.raises(UnknownName, match="unknown metric 'chrF'. One of: spBLEU"):
        compare(rows("m"), rows("t"), metric="chrF")


def test_swapped_systems_swap_the_gain_and_keep_p():
    one = compare(rows("m", sentences=12), rows("t", answer=worse, sentences=12), samples=200)
    other = gains.gains(gains.pair("theirs", "mine"), samples=200)
    assert list(other["gain"]) == [-each for each in one["gain"]]
    assert list(other["p"]) == list(one["p"])
    assert list(other["ci_low"]) == pytest.approx([-each for each in one["ci_high"]])


def test_identical_systems_gain_nothing_and_the_note_says_why():
    table = compare(rows("m", sentences=12), rows("t", sentences=12), samples=200)
    assert set(table["gain"]) == set(table["ci_low"]) == set(table["ci_high"]) == {0.0}
    assert set(table["p"]) == set(table["p_holm"]) == set(table["q"]) == {1.0}
    assert set(table["verdict"]) == {corrections.UNCLEAR} and set(table["note"]) == {"identical outputs"}


def test_a_system_that_said_nothing_scores_zero_and_the_note_says_so():
    table = compare(rows("m", answer=lambda text: ""), rows("t"), samples=200)
    assert set(table["score"]) == {0.0} and (table["gain"] == -table["baseline_score"]).all()
    assert set(table["note"]) == {"all outputs of mine are empty"}
    both = compare(rows("m", answer=lambda text: ""), rows("t", answer=lambda text: " "), samples=200)
    assert set(both["gain"]) == {0.0} and set(both["p"]) == {1.0}
    assert both["note"].iloc[0] == "all outputs of mine are empty; all outputs of theirs are empty"


def test_a_system_that_left_one_line_in_three_empty_has_a_note_with_the_share():
    silent = rows("m", "en-de en-sw en-fr")
    silent.loc[silent.index % 3 == 0, "hypothesis"] = " "
    table = compare(silent, rows("t", "en-de en-sw en-fr"), samples=200)
    assert table["note"].tolist() == [f"{each} % of the outputs of mine are empty" for each in (50, 25, 25)]
    assert gains.notes(table) == ["Note: 25–50 % of the outputs of mine are empty in all 3 directions."]
    some = gains.notes(table.assign(note=[*table["note"][:2], ""]))
    assert some == ["Note: 25–50 % of the outputs of mine are empty in 2 of 3 directions (en-de, en-fr)."]


@pytest.mark.parametrize(("empty", "said"), [(0, ""), (2, ""), (3, "1 %"), (29, "10 %"), (299, "99 %"), (300, "all ")])
def test_one_empty_output_in_a_hundred_is_said_whosever_it_is(empty, said):
    mine = rows("m", "en-de", answer=worse, sentences=300)
    mine.loc[: empty - 1, "hypothesis"] = ""
    (note,) = compare(mine, rows("t", "en-de", sentences=300), samples=100)["note"]
    assert note.startswith(said) and ("of mine" in note) == bool(said)


def test_notes_are_sentences_that_name_their_directions():
    table = compare(rows("m"), rows("t", answer=worse), samples=200)
    assert gains.notes(table) == []
    some = table.assign(note=["identical outputs; theirs trained on FLORES", "theirs trained on FLORES"])
    assert gains.notes(some) == [
        "Note: identical outputs in 1 of 2 directions (en-de).", "Note: theirs trained on FLORES in all 2 directions.",
    ]  # fmt: skip
    assert gains.notes(some.iloc[:1])[0] == "Note: identical outputs in the only direction."
    many = pd.concat([table] * 30).assign(note=["x", ""] * 30)
    assert gains.notes(many)[0].endswith("en-de, …).") and gains.notes(many)[0].count("en-de") == gains.NAMED


def test_a_single_direction_is_corrected_for_one():
    table = compare(rows("m", "en-de"), rows("t", "en-de", worse), samples=200)
    assert len(table) == 1 and (table["p"] == table["p_holm"]).all() and (table["p"] == table["q"]).all()
    said = gains.method(table, "CLDR 47", samples=200)
    assert "1 direction of 4 sentences" in said and "corrected over 1 test by Holm's method" in said


def test_the_correction_is_over_all_directions():
    p = pd.Series([0.001, 0.02, 0.03, 0.5])
    table = corrections.corrected(pd.DataFrame({"p": p, "gain": [1.0, -1.0, 1.0, 1.0]}))
    assert list(table["p_holm"]) == pytest.approx([0.004, 0.06, 0.06, 0.5])
    assert list(table["q"]) == pytest.approx(false_discovery_control(p))
    assert list(table["verdict"]) == ["gained", *["not shown to differ"] * 3]
    screened = corrections.verdicts(table, "bh")
    assert list(screened["verdict"]) == ["gained", "lost", "gained", "not shown to differ"]
    with pytest.raises(UnknownName, match="'bonferroni'.*holm, bh"):
        corrections.verdicts(table, "bonferroni")


def test_shuffles_are_enough_for_holm_to_find_something_or_it_is_said():
    assert [corrections.shuffles(count) for count in (1, 250, 1372)] == [10_000, 50_000, 274_400]
    for count in (1, 250, 499, 500, 1372, 10_000):
        assert count / (corrections.shuffles(count) + 1) < corrections.ALPHA
    samples, needed = corrections.shuffles(1372), corrections.ALPHA / 1372
    below = next(count for count in range(samples) if (count + 1) / (samples + 1) >= needed)
    found = [binom.cdf(below - 1, samples, share * needed) for share in (0.5, 2)]
    assert found == pytest.approx([0.97, 0.005], abs=0.005)  # as its docstring and notebook 06 say
    assert corrections.shuffles(3, asked=100) == 100
    with pytest.raises(KitError, match="10,000 .*0.0001.* 501 .*samples=100200"):
        corrections.shuffles(501, asked=10_000)
    with pytest.raises(KitError, match="samples.*got -5.*leave it at 0"):
        corrections.shuffles(3, asked=-5)


def test_at_the_boundary_nothing_is_found_and_too_few_shuffles_are_refused():
    """A corrected p of 0.05 itself is not shown; 19 shuffles give one test no p below it, 20 do."""
    p = [0.05, np.nextafter(0.05, 0), 0.05, np.nextafter(0.05, 0)]
    table = pd.DataFrame({"gain": [1.0, 1.0, -1.0, -1.0], "p_holm": p, "q": p})
    for correction in ("holm", "bh"):
        said = corrections.verdicts(table, correction)["verdict"].to_list()
        assert said == ["not shown to differ", "gained", "not shown to differ", "lost"]
    for directions, enough in ((1, 20), (3, 60), (500, 10_000)):
        assert corrections.shuffles(directions, asked=enough) == enough
        with pytest.raises(KitError, match="nothing could be found at 0.05"):
            corrections.shuffles(directions, asked=enough - 1)
    assert [corrections.shuffles(count) for count in (49, 50, 51)] == [10_000, 10_000, 10_200]



def test_without_a_tokenizer_on_record_one_must_be_named(tmp_path):
    save("mine", rows("m"))
    save("theirs", rows("t"))
    for run in ("mine", "theirs"):
        record = json.loads((tmp_path / run / "run.json").read_text())
        del record["parameters"]["tokenize"]
        (tmp_path / run / "run.json").write_text(json.dumps(record))
    assert gains.pair("mine", "theirs").tokenize == "cldr"  # the signatures say it
    for run in ("mine", "theirs"):
        (tmp_path / run / "run.json").write_text("{}")
    with pytest.raises(KitError, match="tokenizer.*To mend: name it.*flores101"):
        gains.gains(gains.pair("mine", "theirs"), samples=200)
    assert len(gains.gains(gains.pair("mine", "theirs"), "cldr", samples=200)) == 2


def test_systems_that_trained_on_flores_are_marked_in_every_row():
    table = compare(rows("m"), rows("bloomz-7b1", answer=worse), samples=200)
    assert set(table["note"]) == {"theirs trained on FLORES"}


def test_the_method_names_what_makes_a_figure():
    table = compare(rows("m", sentences=12), rows("t", answer=worse, sentences=12))
    said = gains.method(table, "CLDR 47, devtest", correction="bh")
    for part in ("spBLEU-cldr", table["signature"].iloc[0], "CLDR 47, devtest", "mine over theirs", "10,000 shuffles",
                 "1,000 resamples", "2 tests by Benjamini and Hochberg", "seed 12345"):  # fmt: skip
        assert part in said
    with pytest.raises(UnknownName, match="correction"):
        gains.method(table, "CLDR 47", correction="none")


def published(system, points, **more) -> pd.DataFrame:
    rows = [(system, "en", tgt, "spBLEU", score) for tgt, score in points.items()]
    return pd.DataFrame(rows, columns=["system", "src", "tgt", "metric", "score"]).assign(**more)


def test_published_scores_give_gains_that_say_they_are_not_tested():
    ours = published("LLaMAX2", {"de": 30.5, "sw": 20.0, "fr": 1.0})
    table = gains.from_scores(ours, published("mt0", {"sw": 5.0, "de": 28.0}))
    assert list(table.columns) == gains.COLUMNS
    assert list(zip(table["tgt"], table["gain"], strict=True)) == [("de", 2.5), ("sw", 15.0)]
    assert table[["ci_low", "ci_high", "p", "p_holm", "q", "n"]].isna().all(axis=None)
    assert set(table["verdict"]) == {corrections.UNTESTED}
    assert set(table["note"]) == {"published score, no test; mt0 trained on FLORES"}
    missing = gains.lacking(published("a", {"de": 1.0, "fr": 1.0}), published("b", {"de": 1.0}))
    assert list(missing.itertuples(index=False, name=None)) == [("en", "fr", "b")]


def test_a_signature_or_size_that_one_alone_says_is_kept_and_two_must_agree():
    one = published("a", {"de": 1.0}, signature="nrefs:1|tok:flores101", n=1012)
    assert gains.from_scores(one, published("b", {"de": 2.0})).loc[0, ["signature", "n"]].tolist() == [
        "nrefs:1|tok:flores101", 1012,
    ]  # fmt: skip
    assert gains.from_scores(published("b", {"de": 2.0}), one).loc[0, "n"] == 1012
    for more, said in (({"signature": "nrefs:1|tok:flores200", "n": 1012}, "signature nrefs:1.tok:flores101, b"),
                       ({"signature": "nrefs:1|tok:flores101", "n": 997}, "n 1012, b has 997")):  # fmt: skip
        with pytest.raises(KitError, match=f"en-de: a has {said}.*To mend: score both"):
            gains.from_scores(one, published("b", {"de": 2.0}, **more))


@pytest.mark.parametrize(
    "theirs, said",
    [
        (published("b", {"de": float("nan"), "sw": 1.0}), r"en-de.*spBLEU.* b .*NaN.*leave out"),
        (pd.concat([published("b", {"de": 1.0})] * 2), "en-de.*spBLEU.* b .*twice.*keep one"),
        (published("b", {"de": 1.0}).assign(metric="chrF++"), r"a .*spBLEU, b .*chrF\+\+.*To mend: score both"),
        (pd.concat([published("b", {"de": 1.0}), published("c", {"de": 1.0})]), "got 2: b, c.*give the rows of one"),
        (published("b", {"ja": 1.0}), r"a has 1 \(en-de\), b has 1 \(en-ja\).*To mend: translate"),
        (published("b", {"de": 1.0}).drop(columns="score"), "missing: score"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused(theirs, said):
    with pytest.raises(KitError, match=said):
        gains.from_scores(published("a", {"de": 2.0}), theirs)


def test_a_correction_is_one_entry_with_its_column_verdicts_and_citation(monkeypatch):
    """Bonferroni, added as a newcomer would: p times the number of tests."""
    own = corrections.Correction("p_bonferroni", lambda p: (p * p.notna().sum()).clip(upper=1), "Bonferroni's method")
    monkeypatch.setitem(corrections.CORRECTIONS, "bonferroni", own)
    table = corrections.corrected(compare(rows("m", "en-de en-sw"), rows("t", "en-de en-sw", answer=worse)))
    assert table["p_bonferroni"].tolist() == [min(1, 2 * p) for p in table["p"]]
    assert "by Bonferroni's method, significant" in gains.method(table, "CLDR 47", correction="bonferroni")
    assert gains.p_column("bonferroni") == "p_bonferroni"
