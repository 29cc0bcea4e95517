"""Accuracy: the share that is right, with Wilson's interval, McNemar's test and a paired interval, as others have."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from finished import answers, rows, save, save_answers
from matplotlib.text import Text
from scipy import stats

from llamax_kit.analysis import comparison, gains, groups, pivots, power
from llamax_kit.data import translations
from llamax_kit.data.training_languages import Trained
from llamax_kit.paper import printed
from llamax_kit.reporting import plots
from llamax_kit.reporting.run import Run
from llamax_kit.runs import storage
from llamax_kit.runs.run_names import path_name
from llamax_kit.scoring import accuracy, comparability, corrections, significance
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return tmp_path


def table(right, wrong=0, code="sw"):
    """Answers of which so many are right."""
    said = ["A"] * right + ["B"] * wrong
    made = {"system": "m", "src": code, "tgt": code, "index": range(right + wrong), "source": "?", "hypothesis": said,
            "reference": "A", "finish": "stop", "tokens": 1}  # fmt: skip
    return pd.DataFrame(made)


def paired(both=0, ours=0, theirs=0, neither=0):
    """Two systems' answers, right or not, by how many only the first has right, and so on."""
    counts = ((1, 1, both), (1, 0, ours), (0, 1, theirs), (0, 0, neither))
    return tuple(np.array([each[side] for each in counts for _ in range(each[2])], dtype=bool) for side in (0, 1))


@pytest.mark.parametrize(("right", "n", "ends"), [
    (81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))])
def test_the_interval_is_wilsons_as_printed(right, n, ends):
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    row = accuracy.score_table(table(right, n - right), "XNLI", split="test").iloc[0]
    assert (row.score, row.n) == (pytest.approx(100 * right / n), n)
    assert (row.ci_low / 100, row.ci_high / 100) == pytest.approx(ends, abs=6e-5)


def test_each_reading_is_a_metric_with_its_own_signature():
    made = answers("m", "en sw")
    scores = accuracy.score_table(made, "X-CSQA", split="dev")
    assert list(scores.columns) == ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
    assert list(scores["metric"]) == 2 * ["accuracy", "accuracy (likelihood)", "accuracy (likelihood by length)"]
    assert scores["signature"][0] == "task:X-CSQA|split:dev|reading:exact|kit:0.1.0"
    assert scores["signature"].nunique() == 3
    for row in scores.itertuples():
        part = made[made["tgt"] == row.tgt]
        column = accuracy.COLUMNS[accuracy.family(row.metric)]
        assert row.score == 100 * sum(part[column] == part["reference"]) / 40
    plain = made.drop(columns=["likeliest", "likeliest_by_length", "log_likelihoods"])
    assert set(accuracy.score_table(plain, "MGSM", split="test")["metric"]) == {"accuracy"}


def test_an_answer_is_the_reference_letter_by_letter_and_none_is_wrong():
    made = table(4).assign(hypothesis=["A", "a", "A ", ""])
    assert accuracy.right(made).tolist() == [True, False, False, False]
    with pytest.raises(KitError, match=r"question 1 in sw, system m, has no hypothesis \(1 of 4 rows\)"):
        accuracy.right(made.assign(hypothesis=["A", None, "A", ""]))
    with pytest.raises(KitError, match="no accuracy .likelihood.: expected a column likeliest.*To mend: compare by"):
        accuracy.right(made, "likelihood")
    with pytest.raises(KitError, match="question 0 of sw, system m, stands twice"):
        accuracy.score_table(pd.concat([made, made]), "XNLI", split="test")


def test_baselines_of_one_who_always_says_the_same_and_of_one_who_guesses():
    made = table(3, 1).assign(reference=["A", "A", "B", "C"], log_likelihoods=json.dumps([-1.0, -2.0, -3.0]))
    assert accuracy.majority(made).to_dict() == {"sw": 50}
    assert accuracy.chance(made).to_dict() == {"sw": pytest.approx(100 / 3)}


@pytest.mark.parametrize("seed", range(5))
def test_mcnemar_is_the_binomial_of_the_discordant_pairs(seed):
    draw = np.random.default_rng(seed)
    a, b = draw.random((2, 60)) < 0.5
    only = [int((a > b).sum()), int((a < b).sum())]
    assert significance.mcnemar(a, b) == stats.binomtest(only[0], sum(only), 0.5).pvalue
    shuffled = significance.randomisation(*map(accuracy.statistics, (a, b)), accuracy.points, 40_000)
    assert significance.mcnemar(a, b) == pytest.approx(shuffled, abs=0.01)


def test_chance_is_of_the_questions_whose_options_were_scored():
    made = answers("m", "sw", questions=10)
    made.loc[:3, "log_likelihoods"] = "[]"  # these did not fit into the context
    assert accuracy.chance(made)["sw"] == 20


def test_what_was_answered_by_language_with_what_could_not_be_read():
    made = table(right=3, wrong=1).assign(finish=["stop", "length", "stop", "stop"])
    made.loc[0, "hypothesis"] = ""
    row = accuracy.replies(made).iloc[0]
    common = made["hypothesis"][1:].mode()[0]
    assert (row["tgt"], row["n"], row["unanswered"], row["endless"]) == ("sw", 4, 25, 25)
    assert (row["commonest"], row["share"]) == (common, 100 * (made["hypothesis"] == common).mean())
    assert row["right"] == 100 * (made["reference"] == common).mean()


def test_mcnemar_as_printed_and_where_nothing_differs():
    """Bentur et al. (2009), 1 and 7 of 21 pairs: Fagerland, Lydersen and Laake (2013) print an exact p of 0.0703."""
    assert significance.mcnemar(*paired(1, 1, 7, 12)) == pytest.approx(0.0703, abs=5e-5)
    assert significance.mcnemar(*paired(10, neither=5)) == 1
    with pytest.raises(KitError, match="a paired test needs two systems on the same sentences"):
        significance.mcnemar([True], [])


@pytest.mark.parametrize(("counts", "difference", "error", "ends"), [  # R's statpsych 1.6: ci.prop.ps, ci.pairs.prop1
    ((6, 26, 4, 12), 0.44, 0.09448809, (0.2548067, 0.6251933)),
    ((0, 125, 82, 92), 0.14285714, 0.04731825, (0.05011508, 0.23559920)),
    ((0, 125, 92, 82), 0.10963455, 0.04875715, (0.01407230, 0.20519680)),
    ((0, 82, 92, 125), -0.03322259, 0.04403313, (-0.11952594, 0.05308076))])  # fmt: skip
def test_the_paired_interval_is_bonett_and_prices_as_others_compute_it(counts, difference, error, ends):
    found = significance.difference_interval(*paired(*counts))
    assert found == pytest.approx([100 * each for each in ends], abs=2e-5)
    assert sum(found) / 200 == pytest.approx(difference, abs=2e-8)
    assert (found[1] - found[0]) / 200 / stats.norm.ppf(0.975) == pytest.approx(error, abs=2e-8)


@pytest.mark.parametrize(("n", "cells"), [(10, (0.3, 0.1, 0.1)), (50, (0.2, 0.25, 0.1)), (250, (0.05, 0.2, 0.02))])
def test_at_least_95_of_100_paired_intervals_hold_the_truth(n, cells):
    """4,000 draws know a share of 0.95 to 0.007. With 10 questions, of which 2 are told apart, nearly all do."""
    draw = np.random.default_rng(n)
    counts = draw.multinomial(n, [*cells, 1 - sum(cells)], size=4000)
    ends = np.array([significance.difference_interval(*paired(*each)) for each in counts.tolist()])
    truth = 100 * (cells[1] - cells[2])
    held = ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean()
    assert 0.94 < held < (0.96 if n > 10 else 1)


def test_answers_are_kept_one_file_a_language_with_all_columns(outputs):
    made = answers("mine/7B", "en sw")
    folder = storage.folder("asked")
    paths = storage.save_answers(folder, made)
    assert [path.relative_to(folder).as_posix() for path in paths] == [f"answers/{path_name('mine/7B')}/{code}.parquet"
                                                                       for code in ("en", "sw")]  # fmt: skip
    save_answers("asked", made)
    assert storage.translation_files(folder) == paths
    assert storage.check_system("asked:mine/7B") == folder
    pd.testing.assert_frame_equal(storage.system("asked").translations, made)
    storage.save_answers(folder, made[made["tgt"] == "sw"])
    assert storage.translation_files(folder) == paths[1:]


def test_a_notebooks_run_keeps_answers(outputs):
    made = answers("m", "sw")
    results = Run("asked", {"__annotations__": {"run": str}, "run": "asked"})
    results.save_answers(made)
    assert storage.translation_files(outputs / "asked") == [outputs / "asked/answers/m/sw.parquet"]


def test_scores_of_answers_that_were_not_kept_are_compared_without_a_test(outputs):
    compared()
    shutil.rmtree(outputs / "theirs/answers")
    both = comparison.gather("mine theirs")
    found = comparison.gains_over(both, "theirs")
    assert set(found["note"]) == {"no answers kept, no test"} and set(found["verdict"]) == {corrections.UNTESTED}
    assert any("not tested, because no answers were kept." in each for each in comparison.method(both, found))


def test_a_direction_of_one_language_is_called_by_it():
    one, both = answers("m", "sw"), rows("m", "en-de")
    assert (translations.label("sw", "sw"), translations.label("en", "sw")) == ("sw", "en-sw")
    assert set(translations.labels(one)) == {"sw"} and set(translations.labels(both)) == {"en-de"}
    assert translations.nouns(one) == ("language", "question") and translations.nouns(both) == ("direction", "sentence")
    assert not translations.answers(one[:0]) and not translations.answers(pd.concat([one, both]))


def compared(**options):
    save_answers("mine", answers("m", "en sw zh", right=0.8))
    save_answers("theirs", answers("t", "en sw zh", right=0.2))
    return gains.pair("mine", "theirs", **options)


@pytest.mark.parametrize("metric", [*accuracy.METRICS, "auto"])
def test_gains_of_answers_are_differences_of_accuracy_tested_by_mcnemar_and_corrected(metric):
    pair = compared()
    found = gains.gains(pair, metric=metric)
    asked = "accuracy" if metric == "auto" else metric
    column = accuracy.COLUMNS[asked]
    assert list(found.columns) == gains.COLUMNS and list(found["tgt"]) == ["en", "sw", "zh"]
    for row in found.itertuples():
        a, b = ((side["reference"] == side[column])[side["tgt"] == row.tgt] for side in (pair.system, pair.baseline))
        only = (a & ~b).sum(), (b & ~a).sum()
        assert row.gain == 100 * (only[0] - only[1]) / 40 == pytest.approx(row.score - row.baseline_score)
        assert row.p == stats.binomtest(only[0], sum(only)).pvalue
        assert (row.ci_low, row.ci_high) == significance.difference_interval(a.to_numpy(), b.to_numpy())
    assert list(found["p_holm"]) == list(significance.holm(found["p"]))
    assert list(found["q"]) == list(stats.false_discovery_control(found["p"]))
    assert set(found["verdict"]) == {corrections.GAINED}
    reading = accuracy.READINGS[asked]
    assert set(found["signature"]) == {f"task:X-CSQA|split:dev|reading:{reading}|kit:0.1.0"}
    assert gains.resampling(found) == {}
    assert gains.method(found, pair.release) == (
        f"{accuracy.NAMES[asked].capitalize()} (task:X-CSQA|split:dev|reading:{reading}|kit:0.1.0) on X-CSQA dev, "
        "3 languages of 40 questions. Gains of mine over theirs: 95 % intervals of the paired difference (adjusted "
        "Wald; Bonett and Price, 2012); two-sided p-values by McNemar's exact test (1947), corrected over 3 tests "
        "by Holm's method (1979), significant below 0.05."
    )


def test_languages_are_chosen_by_their_codes_and_notes_name_them():
    pair = compared(directions="sw, zho_Hans")
    assert list(gains.gains(pair)["tgt"]) == ["sw", "zh"] and pair.size == "2 languages of 40 questions"
    with pytest.raises(KitError, match="has none of the languages de. To mend: choose among its 3 .en, sw, zh."):
        compared(directions="de")
    silent = answers("m").assign(hypothesis=lambda all: all["hypothesis"].where(all["index"] > 9, ""))
    save_answers("mine", silent)
    assert gains.notes(gains.gains(gains.pair("mine", "theirs"))) == [
        "Note: 25 % of the answers of mine are empty (no answer) in all 3 languages."]  # fmt: skip
    same = gains.gains(gains.beside(storage.system("mine"), storage.system("mine=mine")._replace(own="x", name="x")))
    assert set(same["p"]) == {1.0} and "identical answers" in same["note"][0]


def test_answers_and_translations_are_never_compared():
    pair = compared()
    save("translated", rows("t", "en-de en-sw"))
    for other in (lambda: gains.pair("mine", "translated"), lambda: comparison.gather("mine translated")):
        with pytest.raises(comparability.NotComparable, match="what was asked differs.*answers.*translations.*11"):
            other()
    with pytest.raises(UnknownName, match="unknown metric of answers to questions 'spBLEU'. One of: accuracy, like"):
        gains.gains(pair, metric="spBLEU")
    with pytest.raises(UnknownName, match="unknown metric of translations 'accuracy'. One of: spBLEU, chrF"):
        comparison.gather("translated", metric="accuracy")


def test_runs_of_two_splits_versions_or_other_questions_are_refused(monkeypatch):
    compared()
    save_answers("other", answers("o"), split="test")
    with pytest.raises(comparability.NotComparable, match="the release of the corpus differs"):
        gains.pair("mine", "other")
    with monkeypatch.context() as patch:
        patch.setattr(accuracy, "__version__", "0.2.0")
        save_answers("other", answers("o"))
    for other in (lambda: gains.pair("mine", "other"), lambda: comparison.gather("mine other")):
        with pytest.raises(comparability.NotComparable, match="signature of accuracy differs.*To mend: answer again"):
            other()
    save_answers("other", answers("o", questions=30))
    with pytest.raises(comparability.NotComparable, match="the set of questions of en differs"):
        gains.pair("mine", "other")


def test_power_of_answers_is_that_of_the_test_on_them():
    pair = compared()
    table = power.of_pair(pair, gains.gains(pair), trials=20)
    assert set(table["metric"]) == {"accuracy"} and table["power"].between(0, 1).all()
    assert table.groupby("n")["gain"].max().max() <= gains.gains(pair)["gain"].max() + 1e-9


def test_answers_have_one_group_of_directions_and_means_with_and_without_english():
    scores = accuracy.score_table(answers("m", "en sw zh bn"), "MGSM", split="test").query("metric == 'accuracy'")
    assert set(pivots.by_pivot(scores)["direction"]) == {"answers"}
    row = groups.averages(scores).iloc[0]
    by = scores.set_index("tgt")["score"]
    assert (row.direction, row.high, row.n_high) == ("answers", by["en"], 1)
    assert (row.low, row.n_low) == (pytest.approx(by[["sw", "zh", "bn"]].mean()), 3)


def published(system):
    """The model card's accuracies on MGSM as a score table."""
    rows = printed.table("figure3").query("task == 'MGSM' and system == @system and language != 'average'")
    return pd.DataFrame({"system": system, "src": rows["language"], "tgt": rows["language"], "metric": "accuracy",
                         "score": rows["accuracy"], "signature": "printed"})  # fmt: skip


@pytest.mark.parametrize(("system", "means"), [  # avg, low and high of the card's table for maths
    ("LLaMA2-Task", (38.32, 6.9, 51.8)), ("MetaMath-7B reproduced", (38.08, 6.8, 51.5)),
    ("LLaMAX2-Task", (44.28, 25.6, 52.3))])  # fmt: skip
def test_the_means_that_the_model_card_prints_for_mgsm_come_out_again(system, means):
    """Its low are bn, th and sw, not the paper's split: there ja and zh are low too."""
    scores = published(system)
    row = groups.of_answers(scores, low=groups.MGSM_LOW).iloc[0]
    assert (round(row["all"], 2), round(row["low"], 1), round(row["high"], 1)) == means
    assert (row["n"], row["n_low"], row["n_high"], row["n_without_english"]) == (10, 3, 7, 9)
    assert groups.of_answers(scores).iloc[0]["n_low"] == 5


def test_a_language_outside_the_average_is_left_out_and_one_that_is_missing_refused():
    scores = published("LLaMAX2-Task")
    more = pd.concat([scores, scores[:1].assign(src="te", tgt="te", score=1.0)])
    assert groups.of_answers(more, list(scores["tgt"])).equals(groups.of_answers(scores))
    assert groups.of_answers(more).iloc[0]["n"] == 11
    with pytest.raises(KitError, match="expected a score in en, te, found none in te. To mend: ask it in these too"):
        groups.of_answers(scores, ["en", "te"])


def test_means_by_who_was_trained_on_a_language_leave_english_apart():
    points = {"en": 90.0, "sw": 40.0, "de": 60.0, "zh": 8.0}
    made = [("m", code, code, "accuracy", score) for code, score in points.items()]
    scores = pd.DataFrame(made, columns=["system", "src", "tgt", "metric", "score"])
    known = {"one": Trained("one", frozenset({"en", "de"})), "two": Trained("two", frozenset({"en", "de", "sw"}))}
    found = groups.by_training(scores, known).set_index("trained")
    assert found["accuracy"].to_dict() == {"English": 90, "two": 40, "one, two": 60, "none": 8}
    unknown = groups.by_training(scores, {"one": None}).set_index("trained")
    assert unknown["accuracy"].to_dict() == {"English": 90, "not known": 36} and unknown.loc["not known", "n"] == 3


def test_a_level_that_no_accuracy_reaches_is_in_the_picture():
    scores = accuracy.score_table(table(right=0, wrong=40), "X-CSQA", split="dev").query("metric == 'accuracy'")
    ax = plots.axes(1)
    plots.accuracies(scores, ax, {"chance": pd.Series({"sw": 50.0})})
    assert ax.get_xlim()[1] > 50


def test_pictures_of_accuracies_say_languages_questions_and_what_is_to_be_passed(tmp_path):
    made = answers("m", "en sw zh", right=0.8)
    scores = accuracy.score_table(made, "X-CSQA", split="dev")
    levels = {"chance": accuracy.chance(made), "majority": accuracy.majority(made)}
    ax = plots.axes(3)
    alt = plots.accuracies(scores[scores["metric"] == "accuracy"], ax, levels)
    least, most = scores.query("metric == 'accuracy'")["score"].agg(["min", "max"])
    assert alt.startswith(f"accuracy by language. m: 3 languages, from {least:.1f} (") and f"to {most:.1f} (" in alt
    assert alt.endswith(f"Chance: 20.0. Majority: {levels['majority']['sw']:.1f}.")
    assert ax.get_title().split() == "accuracy by language, highest first, n = 40 questions per language".split()
    assert "accuracy (points, 0–100; bars: 95 % interval)" in ax.get_xlabel()
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"m", "chance", "majority"}
    ax = plots.axes(3)
    plots.accuracies(scores, ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "m (as generated)", "m (likelihood)", "m (likelihood by length)"]  # fmt: skip
    assert {text.get_text() for text in ax.get_yticklabels()} == {"en", "sw", "zh"}


def test_pictures_of_gains_of_answers_name_languages_alone():
    pair = compared()
    table = groups.assign(gains.gains(pair), "split")
    for draw in (plots.gains, plots.heatmap, plots.by_group):
        ax = plots.axes(3)
        said = draw(table, ax) + " ".join(text.get_text() for text in ax.figure.findobj(Text))
        assert "sw-sw" not in said and "sentence" not in said and "direction" not in said
    assert "n = 40 questions per language" in ax.get_title()
