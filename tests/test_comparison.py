"""comparison, comparability, run_differences: runs in one table only where they may be; messages name both."""

import json

import pandas as pd
import pytest
from finished import CLDR, copied, rows, save, worse

from llamax_kit.analysis import comparison, gains, gathering
from llamax_kit.analysis.comparison import NOTHING, changes, effects
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics, spbleu
from llamax_kit.scoring.comparability import NotComparable
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return tmp_path


def change(run, **facts):
    path = storage.outputs() / run / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_runs_become_one_table_with_names_that_tell_systems_apart():
    save("a", rows("model", answer=worse), copied())
    save("b", rows("model"), rows("other"), copied())
    found = comparison.gather("a b")
    assert dict.fromkeys(found.scores["system"]) == dict.fromkeys(["model (a)", "copy", "model (b)", "other"])
    assert list(found.runs) == ["a", "b"] and found.metric == "spBLEU-cldr"
    known = found.scores.set_index(["system", "src", "tgt"])["score"]
    for run in "ab":
        own = storage.load(run).scores
        assert known[f"model ({run})", "en", "de"] == own[own["system"] == "model"]["score"].iloc[0]
    assert known["model (b)", "en", "de"] == pytest.approx(100) and len(known) == 4 * 2
    assert len(found.translations) == 4 * 2 * 4
    assert found.lacking.empty
    assert list(found.systems.loc[found.systems["beside"], "spec"]) == ["a:copy", "b:copy"]


def test_a_copy_that_is_no_copy_is_told_apart():
    save("a", copied())
    save("b", rows("copy"))
    assert set(comparison.gather("a b").scores["system"]) == {"copy (a)", "copy (b)"}


def test_what_a_system_lacks_is_listed():
    save("a", rows("one", "en-de en-sw sw-en"))
    save("b", rows("two", "en-sw"))
    found = comparison.gather(["a", "b"])
    assert found.lacking.values.tolist() == [["two", "spBLEU-cldr", 2, "en-de sw-en"]]
    assert len(found.scores) == 4


def test_a_system_is_found_by_spec_run_or_name_and_the_first_is_never_the_copy():
    save("a", copied(), rows("one"))
    save("b", rows("two"), rows("three"))
    found = comparison.gather("a b")
    assert gathering.find(found) == gathering.find(found, "a") == gathering.find(found, "one") == "a:one"
    assert gathering.find(found, "copy") == gathering.find(found, "a:copy") == "a:copy"
    with pytest.raises(UnknownName, match="unknown system of these runs 'b'. One of: .*b:two, b:three.*run:system"):
        gathering.find(found, "b")


def test_a_run_of_only_the_baseline_is_a_system_like_others():
    save("a", copied())
    save("b", rows("two"))
    assert gathering.find(comparison.gather("a b")) == "a:copy"


def test_different_releases_or_splits_are_refused():
    save("a", rows("one"))
    save("b", rows("two"), corpus=CLDR | {"release": "FLORES-101 devtest"})
    save("c", rows("two"), corpus=CLDR | {"split": "dev"})
    save("d", rows("two"), corpus=CLDR | {"sha256": "cd"})  # another hash: other languages were read
    with pytest.raises(NotComparable, match="a has CLDR 47, devtest; b has FLORES-101 devtest. To mend: .*one release"):
        comparison.gather("a b")
    with pytest.raises(NotComparable, match="split.*a has devtest; c has dev. To mend") as refused:
        comparison.gather("a d c")
    assert refused.value.told == {"a": "devtest", "c": "dev"}


def test_different_signatures_are_refused_by_name_and_by_value():
    save("a", rows("one"))
    save("b", rows("two"))
    table = storage.load("b").scores
    path = storage.outputs() / "b/scores.csv"
    other = table["signature"].str.replace("2.6.0", "2.5.1")
    storage.save_table(table.assign(signature=other), path)
    with pytest.raises(NotComparable, match=r"a has .*version:2.6.0; b has .*version:2.5.1. To mend: score again"):
        comparison.gather("a b")
    storage.save_table(table.assign(metric="spBLEU", signature="tok:flores101"), path)
    with pytest.raises(NotComparable, match="a has spBLEU-cldr .*; b has spBLEU tok:flores101. .*notebook 05"):
        comparison.gather("a b")
    storage.save_table(table.assign(signature=["x", "y"]), path)
    with pytest.raises(NotComparable, match="spBLEU-cldr differs.*b has x and y"):
        comparison.gather("b")


def test_another_metric_is_compared_where_both_have_it():
    for run, signature in (("a", "chrf|2.6"), ("b", "chrf|2.5")):
        save(run, rows(run))
        table = storage.load(run).scores
        more = table.assign(metric="chrF++", signature=signature)
        storage.save_table(pd.concat([table, more]), storage.outputs() / run / "scores.csv")
    save("c", rows("c"))
    with pytest.raises(NotComparable, match=r"signature of chrF\+\+ differs.*a has chrf\|2.6; b has chrf\|2.5"):
        comparison.gather("a b")
    assert comparison.gather("a c").lacking.values.tolist() == [["c", "chrF++", 2, "en-de en-sw"]]


@pytest.mark.parametrize("metric", ["chrF++", "BLEU"])
def test_by_a_metric_that_a_run_lacks_it_is_scored_again_from_its_translations(metric):
    save("a", rows("one", "sw-en en-de", answer=worse, sentences=12))
    save("b", rows("two", "en-de sw-en", sentences=12), tokenize=str(sacrebleu_metrics.CLDR))  # other pieces, no matter
    path = storage.outputs() / "b/scores.csv"
    table = spbleu.score_table(storage.load("b").translations, "cldr", metrics=f"{metric} spBLEU")
    storage.save_table(table, path)
    found = comparison.gather("a b", metric=metric)
    assert (found.metric, found.rescored, set(found.scores["metric"])) == (metric, ("a",), {metric})
    assert list(found.scores["src"] + found.scores["tgt"])[:2] == ["swen", "ende"]  # in the order of its scores.csv
    gained = comparison.gains_over(found)
    pair = gains.gains(gains.pair("b", "a", metric=metric), metric=metric).sort_values("src", ascending=False)
    same = ["score", "gain", "ci_low", "p"]
    assert gained[same].values.tolist() == pair[same].values.tolist()
    said = " ".join(comparison.method(found, gained))
    assert f"corpus-level {metric}, signature {table['signature'].iloc[0]}" in said
    assert "Those of a were computed here, from the hypotheses that were kept." in said


def test_by_a_metric_that_only_published_scores_lack_it_is_said():
    save("a", rows("one"))
    save("b", rows("two"), keep=False)
    with pytest.raises(KitError, match=r"'b' has no chrF\+\+: .* only spBLEU-cldr, .*no translations.*To mend"):
        comparison.gather("a b", metric="chrF++")
    table = spbleu.score_table(rows("two"), "cldr")
    storage.save_table(table, storage.outputs() / "b/scores.csv")
    gained = comparison.gains_over(comparison.gather("a b", metric="chrF++"))
    assert set(gained["metric"]) == {"chrF++"} and set(gained["note"]) == {"no translations kept, no test"}
    with pytest.raises(UnknownName, match="unknown metric 'chrF2'"):
        comparison.gather("a", metric="chrF2")


def test_a_run_that_was_scored_by_chrf_alone_has_spbleu_from_its_translations():
    save("a", rows("one"))
    kept = storage.load("a").scores
    storage.save_table(spbleu.score_table(rows("one"), metrics="chrF++"), storage.outputs() / "a/scores.csv")
    found = comparison.gather("a")
    assert found.rescored == ("a",) and found.scores[kept.columns].equals(kept)


@pytest.mark.parametrize("keep", [True, False])
def test_different_numbers_of_sentences_are_refused(keep):
    save("a", rows("one"), keep=keep)
    save("b", rows("two", "en-de"), rows("two", "en-sw", sentences=3), keep=keep)
    with pytest.raises(NotComparable, match="of en-sw differs.*a:one has 4; b:two has 3. To mend: .*`sentences`"):
        comparison.gather("a b")


def test_other_sentences_in_equal_number_are_refused():
    save("a", rows("one"))
    save("b", rows("two").assign(index=lambda table: table["index"] + 2))
    with pytest.raises(NotComparable, match="sentences of en-de differs.*a:one has 4; b:two has 4, of which 2 in both"):
        comparison.gather("a b")


@pytest.mark.parametrize("text", ["source", "reference"])
def test_another_text_under_the_same_release_is_refused(text):
    other = rows("two")
    other.loc[6, text] = "corrected"
    save("a", rows("one"))
    save("b", other)
    with pytest.raises(NotComparable, match=rf"the {text} of 1 of 4 .* of en-sw \(here: 2\).*b:two has 'correct"):
        comparison.gather("a b")


def test_some_systems_of_a_run_may_be_named_alone():
    save("a", rows("one"), rows("two"), rows("three"))
    save("b", rows("one"))
    some = comparison.gather("a:three a:one b")
    assert list(some.systems["spec"]) == ["a:three", "a:one", "b:one"]
    assert set(some.scores["system"]) == set(some.translations["system"]) == {"one (a)", "three", "one (b)"}
    assert list(some.runs) == ["a", "b"]
    whole = comparison.gather("a b")
    kept = whole.scores[whole.scores["system"] != "two"].sort_values(list(some.scores))
    assert some.scores.sort_values(list(some.scores)).reset_index(drop=True).equals(kept.reset_index(drop=True))
    with pytest.raises(UnknownName, match="unknown system in the run a 'tow'. One of: one, two, three"):
        comparison.gather("a:tow")
    for twice in ("a a:one", "a:one a", "a:one a:one"):
        with pytest.raises(KitError, match="is named twice. To mend: name each once, whole or by some of its systems"):
            comparison.gather(twice)


def test_what_is_no_run_to_compare_is_said(outputs):
    save("a", rows("one"))
    (outputs / "half/translations").mkdir(parents=True)
    storage.record(storage.folder("bare"))
    said = {"": "no runs are named. To mend", "a a": "'a' is named twice. To mend",
            "a half": "'half' is not finished: .*no run.json.*run its notebook again",
            "a bare": "'bare' holds no scores .*notebook 04 or 05"}  # fmt: skip
    for names, message in said.items():
        with pytest.raises(KitError, match=message):
            comparison.gather(names)
    with pytest.raises(UnknownName, match="unknown run 'b'"):
        comparison.gather("a b")
    with pytest.raises(KitError, match="'a' is named twice"):
        comparison.gather(["a", str(outputs / "a")])


def test_changes_flatten_records_and_leave_time_out():
    save("a", rows("one"), decoding={"num_beams": 1, "early_stopping": False}, timing={"seconds": 1}, model={"m": "x"})
    save("b", rows("one"), decoding={"num_beams": 4, "early_stopping": False}, timing={"seconds": 9})
    change("b", git={"commit": "f00", "dirty": True}, process_seconds=1e6, written="later")
    change("a", git={"commit": "f00", "dirty": False}, corpus=CLDR | {"files": []})
    told = changes(*(storage.load(run).record for run in "ab"))
    assert list(told) == ["what", "a", "b"]
    assert told.values.tolist() == [
        ["corpus.files", "none", "not recorded"],
        ["model.m", "x", "not recorded"],
        ["decoding.num_beams", "1", "4"],
        ["git.dirty", "false", "true"],
    ]


def test_the_origins_of_runs_without_a_commit_are_shown():
    """As of a kit that is installed from a wheel."""
    for run, git in (("a", None), ("b", {"commit": "0123456789abcdef", "dirty": False})):
        save(run, rows("one"))
        change(run, git=git)
    assert comparison.gather("a").origins["git.commit"].isna().all()
    commits = comparison.gather("a b").origins["git.commit"]
    assert commits.isna().tolist() == [True, False] and commits[1] == "0123456789"


def test_hashes_are_compared_whole_and_shown_short():
    for run, last in (("a", "0"), ("b", "1")):
        save(run, rows("one"), model={"model": "sha256:" + "0123456789abcdef" * 3 + last * 16})
    told = changes(*(storage.load(run).record for run in "ab"))
    assert told.values.tolist() == [["model.model", "sha256:0123456789ab…", "sha256:0123456789ab…"]]


def test_changes_of_runs_of_several_models_are_told_by_system():
    def systems(revision, codes):
        return {"model.v1": {"model": {"model": revision}, "training_languages": {"whose": "m", "codes": codes}}}

    save("a", rows("one"), systems=systems("x", ["en"]), stages={"m": 1})
    save("b", rows("one"), systems=systems("y", ["en", "sw"]), stages={"m": 2})
    told = changes(*(storage.load(run).record for run in "ab"))
    assert told.values.tolist() == [
        ["systems.model.v1.model.model", "x", "y"],
        ["systems.model.v1.training_languages.codes", "1 language", "2 languages"], ["stages.m", "1", "2"],
    ]  # fmt: skip


def test_equal_runs_changed_nothing_that_determines_a_score():
    save("a", rows("one"))
    record = storage.load("a").record
    told = changes(record, record | {"written": "later", "process_seconds": 0.1})
    assert told["what"].tolist() == [NOTHING] and list(told) == ["what", "a", "a (2)"]
    assert changes(record).empty


def test_effects_count_hypotheses_and_subtract_scores():
    save("a", rows("model"), copied())
    half = rows("model")
    half.loc[[0, 1, 5], "hypothesis"] = "nothing"
    save("b", half, copied())
    found = comparison.gather("a b")
    table = effects(found)
    assert table[["system", "run", "against", "src", "tgt", "n", "differ"]].values.tolist() == [
        ["model", "b", "a", "en", "de", 4, 2], ["model", "b", "a", "en", "sw", 4, 1]]  # fmt: skip
    scores = found.scores.set_index(["system", "tgt"])["score"]
    assert table["difference"].tolist() == [scores["model (b)", tgt] - scores["model (a)", tgt] for tgt in ("de", "sw")]
    assert (table["difference"] < 0).all()


def test_effects_need_no_hypotheses_and_no_shared_system():
    save("a", rows("model"), keep=False)
    save("b", rows("model", answer=worse))
    assert effects(comparison.gather("a b"))["differ"].isna().all()
    save("c", rows("other"))
    assert effects(comparison.gather("a c")).empty
