"""Seeds and ablations side by side: which runs belong to one, and the mean and range of their gains."""

import json

import pandas as pd
import pytest

from llamax_kit.training.miniature import seeds
from llamax_kit.utils.errors import KitError

ONE = {
    "size": "small", "base": "en de", "added": "sw tr", "held_out": "gl", "pretrain_pairs": 10, "continue_pairs": 20,
    "asked": 5, "sentences": 40, "parallel": "connected", "augment": True, "seed": 1, "run": "one", "tokenize": "cldr",
}  # fmt: skip
TOLD = ["size", "base", "added", "held_out", "pretrain_pairs", "asked", "sentences"]
GAINS = {"added": 10.0, "related": -1.5}


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return tmp_path


def finished(outputs, run, more=0.0, **changed):
    """A run as notebook 10 leaves it, with gains that are `more` than those of the others."""
    folder = outputs / run
    folder.mkdir()
    known = {"parameters": ONE | {"run": run} | changed, "stages": {"mini-llamax": {"tokens": 5_000 + int(10 * more)}}}
    (folder / "run.json").write_text(json.dumps(known), encoding="utf-8")
    rows = [
        {"value": value, "direction": direction, "n": 2, "score": 30 + gain + more, "baseline_score": 30.0,
         "gain": gain + more, "ci_low": 0.0, "ci_high": 1.0}
        for value, gain in GAINS.items() for direction in ("en-X", "X-en")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "groups.csv", index=False)
    return folder


def test_three_seeds_give_their_mean_and_their_range(outputs):
    for seed, more in ((1, 0.0), (2, 1.5), (3, 3.0)):
        finished(outputs, f"seed_{seed}", more, seed=seed)
    found = seeds.like(ONE)
    assert len(found) == 3 * 4 and set(found.run) == {"seed_1", "seed_2", "seed_3"}
    table = seeds.over_seeds(found).set_index(["value", "direction"])
    assert len(table) == 4 and set(table.seeds) == {3} and set(table.languages) == {2} and set(table.tokens) == {5_015}
    assert table.loc[("added", "en-X"), ["gain", "least", "most"]].tolist() == [11.5, 10.0, 13.0]
    assert table.loc[("related", "X-en"), ["gain", "least", "most"]].tolist() == [0.0, -1.5, 1.5]


def test_the_same_seed_counts_once(outputs):
    for run, seed, more in (("small", 1, 0.0), ("small_seed_1", 1, 0.0), ("small_seed_2", 2, 6.0)):
        finished(outputs, run, more, seed=seed)
    table = seeds.over_seeds(seeds.like(ONE)).set_index(["value", "direction"])
    assert table.loc[("added", "en-X"), ["seeds", "gain"]].tolist() == [2, 13.0]


def test_ablations_have_rows_of_their_own(outputs):
    finished(outputs, "one")
    finished(outputs, "another", 2.0, seed=2)
    finished(outputs, "none", -5.0, parallel="none")
    finished(outputs, "plain", -1.0, augment=False)
    finished(outputs, "longer", 5.0, continue_pairs=99)
    table = seeds.over_seeds(seeds.like(ONE))
    added = table[(table.value == "added") & (table.direction == "en-X")].set_index([*seeds.VARIED])
    assert {at: (row.seeds, row.gain) for at, row in added.iterrows()} == {
        ("connected", True, 20): (2, 11.0), ("none", True, 20): (1, 5.0), ("connected", False, 20): (1, 9.0),
        ("connected", True, 99): (1, 15.0),
    }  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_was_trained_or_tested_otherwise_is_passed_over(outputs, name):
    finished(outputs, "one")
    finished(outputs, "other", **{name: ONE[name] * 2})
    assert set(seeds.like(ONE).run) == {"one"}


def test_runs_of_other_notebooks_and_unfinished_ones_are_passed_over(outputs):
    finished(outputs, "one")
    others = finished(outputs, "gains")
    (others / "run.json").write_text(json.dumps({"parameters": {"system": "one", "run": "gains"}}), encoding="utf-8")
    (finished(outputs, "at_work") / "run.json").unlink()
    (finished(outputs, "begun") / "groups.csv").unlink()
    assert set(seeds.like(ONE).run) == {"one"}


def test_the_control_shares_all_but_the_languages_that_were_added(outputs):
    finished(outputs, "one")
    assert seeds.control(ONE, 5_000) == ("", 0)
    finished(outputs, "control", added="", held_out="gl tr nl sw", continue_pairs=99)
    finished(outputs, "longer", 3.0, added="", held_out="gl tr nl sw", continue_pairs=999)
    finished(outputs, "too_few", 9.0, added="", held_out="gl sw")
    for name in ("size", "base", "pretrain_pairs", "asked", "sentences", "seed"):
        finished(outputs, f"other_{name}", 9.0, added="", held_out="gl tr nl sw", **{name: ONE[name] * 2})
    assert seeds.control(ONE, 5_000) == ("control", 5_000) and seeds.control(ONE, 6_000) == ("longer", 5_030)
    assert seeds.control(ONE | {"added": "", "held_out": "gl"}, 5_000) == ("", 0)


def test_where_nothing_is_finished_the_tables_are_empty(outputs):
    assert seeds.like(ONE).empty and seeds.over_seeds(seeds.like(ONE)).empty


def test_a_damaged_record_is_named(outputs):
    finished(outputs, "one")
    path = finished(outputs, "two") / "run.json"
    path.write_text('{"parameters": {"si', encoding="utf-8")
    with pytest.raises(KitError, match="run its notebook again") as raised:
        seeds.like(ONE)
    assert str(path) in str(raised.value)
