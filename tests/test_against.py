"""against: gains of many systems over one, each as `gains` finds it, corrected together, of the runs' own scores."""

import pandas as pd
import pytest
from finished import copied, rows, save, worse

from llamax_kit.analysis import comparison, gains, method_text
from llamax_kit.analysis.comparison import gains_over, summary
from llamax_kit.runs import storage
from llamax_kit.scoring import corrections, significance
from llamax_kit.scoring.comparability import NotComparable
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))


def test_gains_are_those_of_each_pair_corrected_over_all_together():
    save("a", rows("model", answer=worse, sentences=12), copied(sentences=12))
    other = rows("other", "en-sw sw-en", answer=str.lower, sentences=12)
    save("b", rows("model", sentences=12), other, copied(sentences=12))
    found = comparison.gather("a b")
    table = gains_over(found, "a")
    assert table[["system", "baseline", "src", "tgt"]].values.tolist() == [
        ["model (b)", "model (a)", "en", "de"], ["model (b)", "model (a)", "en", "sw"],
        ["other", "model (a)", "en", "sw"]]  # fmt: skip
    pair = gains.gains(gains.pair("b:model", "a:model"))
    same = ["gain", "ci_low", "ci_high", "p"]
    assert table.loc[:1, same].values.tolist() == pair[same].values.tolist()
    assert table["p_holm"].tolist() == significance.holm(table["p"]).tolist()
    assert set(gains_over(found, "b:copy")["system"]) == {"model (a)", "model (b)", "other"}


def test_a_run_without_translations_has_gains_without_tests():
    save("a", rows("one", answer=worse), keep=False)
    save("b", rows("two"))
    save("c", rows("three"))
    table = gains_over(comparison.gather("b c a"))
    assert table["p"].notna().tolist() == [True, True, False, False]
    assert set(table["note"][2:]) == {"no translations kept, no test"} and (table["gain"][2:] < 0).all()


def test_who_trained_on_flores_is_marked_though_no_translations_were_kept():
    save("a", rows("mt0-xxl"), keep=False)
    save("b", rows("two"))
    save("c", rows("plain"), keep=False)
    record = storage.outputs() / "c/run.json"
    record.write_text(record.read_text().replace('"tokenize": "cldr"', '"tokenize": "cldr", "model": "x/bloomz-7b1"'))
    table = gains_over(comparison.gather("b a c"))
    assert table["note"].tolist() == [
        f"no translations kept, no test; {name} trained on FLORES" for name in ("mt0-xxl", "plain") for _ in range(2)
    ]


def test_shuffles_are_counted_over_the_gains_that_are_tested_and_the_method_says_so(monkeypatch):
    monkeypatch.setattr(corrections, "EACH", 8000)
    save("a", rows("one"))
    save("b", rows("two", answer=worse))
    save("c", rows("three"), keep=False)
    asked, real = [], gains.gains
    monkeypatch.setattr(gains, "gains", lambda *given, **more: asked.append(given[2]) or real(*given, **more))
    found = comparison.gather("a b c")
    table = gains_over(found)
    said = " ".join(method_text.method(found, table))
    assert asked == [16_000] and "(16,000 shuffles; " in said and "over all 2 tests together" in said
    assert "2 further gains: not tested, because no sentences were kept." in said
    assert "untested" not in " ".join(method_text.method(found, table[table["p"].notna()]))


def test_no_run_is_read_again(monkeypatch):
    save("a", rows("one"), rows("other", answer=worse))
    save("b", rows("two", answer=worse))
    found = comparison.gather("a b")
    monkeypatch.setattr(storage, "load", lambda name: pytest.fail(f"{name} is read again"))
    assert len(gains_over(found)) == 4


def test_a_system_that_shares_no_direction_is_left_out_and_listed():
    save("a", rows("one", "en-de"))
    save("b", rows("two", "en-de"))
    save("c", rows("three", "en-sw"))
    found = comparison.gather("a b c")
    assert set(gains_over(found)["system"]) == {"two"}
    assert "three" in set(found.lacking["system"])
    with pytest.raises(KitError, match="c:three.*To mend: name another"):
        gains_over(found, "c")


def test_wrong_names_wrong_tokenizers_and_stale_scores_are_refused(monkeypatch):
    save("a", rows("one", answer=worse))
    save("b", rows("two"))
    with pytest.raises(UnknownName, match="'nobody'.*run:system"):
        gains_over(comparison.gather("a b"), "nobody")
    real = gains.gains
    with monkeypatch.context() as patch, pytest.raises(NotComparable, match="the gains has spBLEU tok:flores101"):
        other = {"metric": "spBLEU", "signature": "tok:flores101"}
        patch.setattr(gains, "gains", lambda *given, **more: real(*given, **more).assign(**other))
        gains_over(comparison.gather("a b"))
    scores = storage.load("b").scores
    storage.save_table(scores.assign(score=scores["score"] - 1), storage.outputs() / "b/scores.csv")
    with pytest.raises(KitError, match=r"b: scores.csv.*99\.0000.*100\.0000 \(2 of 2.*run its notebook again"):
        gains_over(comparison.gather("a b"))


def test_directions_stand_in_the_order_of_the_scores():
    for run, answer in (("a", worse), ("b", str)):
        save(run, rows("one", "en-sw en-de", answer=answer), copied("en-sw en-de"))
        table = storage.load(run).scores
        storage.save_table(table.sort_values("tgt", ascending=False), storage.outputs() / run / "scores.csv")
    found = comparison.gather("a b")
    assert gains_over(found, "a")["tgt"].tolist() == list(dict.fromkeys(found.scores["tgt"])) == ["sw", "de"]


def test_means_that_compare_are_over_the_directions_that_all_have():
    gained = pd.DataFrame({
        "system": ["x", "x", "x", "y", "y"], "src": "en", "tgt": ["de", "sw", "ar", "sw", "fr"],
        "gain": [1.0, 2.0, 6.0, -4.0, -8.0],
        "verdict": ["gained", "gained", "not shown to differ", "lost", "lost"],
    })  # fmt: skip
    table = summary(gained)
    assert list(table)[:5] == ["system", "mean_gain", "directions", "shared_gain", "shared_directions"]
    assert table.iloc[:, :5].values.tolist() == [["x", 3.0, 3, 2.0, 1], ["y", -6.0, 2, -4.0, 1]]
    assert table[["gained", "lost", "not shown to differ"]].values.tolist() == [[2, 0, 1], [0, 2, 0]]
    apart = summary(gained[gained["tgt"] != "sw"])
    assert apart["shared_gain"].isna().all() and apart["shared_directions"].tolist() == [0, 0]
