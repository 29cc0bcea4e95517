"""name=run:system: a system is found as without the name, and shown by it; a name that says nothing is refused."""

import pandas as pd
import pytest
from finished import copied, rows, save, worse

from llamax_kit.analysis import comparison, gains, pairs
from llamax_kit.app import demo, run_checks
from llamax_kit.app.sweep import state
from llamax_kit.app.sweep.jobs import Job
from llamax_kit.paper import own_run
from llamax_kit.reporting import tables
from llamax_kit.runs import storage
from llamax_kit.utils.errors import KitError, UnknownName

STRANGE = "Our_own 100 % <b>|model|</b>"


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    save("a", rows("one"), copied())
    save("b", rows("two", answer=worse), rows("three", answer=worse), copied())
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "name", "run", "system"),
    [
        ("Ours=a:one", "Ours", "a", "one"), ("Our own = a", "Our own", "a", ""), ("a:one", "", "a", "one"),
        ("a:t=0.7", "", "a", "t=0.7"), ("beam=4=a:one", "beam=4", "a", "one"), ("x=to_come:s=1", "x", "to_come", "s=1"),
        ("Ours=./a:one", "Ours", "./a", "one"), (r"Ours=C:\runs\a:one", "Ours", r"C:\runs\a", "one"),
        (f"{'長' * 200}=a", "長" * 200, "a", ""),
    ],
)  # fmt: skip
def test_a_name_is_parted_from_what_it_names(spec, name, run, system):
    assert storage.named(spec)[0] == name and storage.parted(spec) == (run, system)
    assert storage.shown(spec) == (name or spec)


def test_a_run_whose_own_name_holds_the_sign_is_found_as_it_stands(outputs):
    save("t=0.7", rows("one"))
    assert storage.named("t=0.7:one") == ("", "t=0.7:one")
    assert storage.named("Ours=t=0.7:one") == ("Ours", "t=0.7:one")


@pytest.mark.parametrize(("spec", "empty"), [("=a:one", "name"), ("  =a", "name"), ("Ours=", "run")])
def test_an_empty_name_is_refused(spec, empty):
    with pytest.raises(KitError, match=f"where the {empty} is empty. To mend: write a name before the sign ="):
        storage.system(spec)


def test_a_list_is_parted_at_blanks_but_not_within_quotation_marks():
    found = storage.listed("a  'Our own'=b:two\t\"The 'third'\"=b:three")
    assert found == ["a", "Our own=b:two", "The 'third'=b:three"]
    assert storage.listed(r"'x y=C:\runs\a:b' bob's") == [r"x y=C:\runs\a:b", "bob's"]
    with pytest.raises(KitError, match="a quotation mark is not closed"):
        storage.listed("'Our own=a b")


def test_a_pair_is_shown_by_its_names_and_its_figures_are_the_same():
    plain, named = gains.pair("a", "b:two"), gains.pair("Ours=a", "Their best=b:two")
    assert named.names == ("Ours", "Their best") and plain.names == ("a", "b:two")
    tested = [gains.gains(pair).drop(columns=["system", "baseline"]) for pair in (plain, named)]
    pd.testing.assert_frame_equal(*tested)
    assert named.facts["Ours"] == plain.facts["a"] | {"asked": "a"} and "asked" not in plain.facts["a"]
    assert "Gains of Ours over Their best" in gains.method(gains.gains(named), "x")
    assert gains.pair("x=b:two", "y=b:three").names == ("x", "y")


def test_a_name_does_not_make_a_system_one_that_trained_on_flores():
    assert gains.pair("BLOOMZ=a", "b:two").trained_on_flores == []
    save("c", rows("mt0"))
    assert gains.pair("Ours=c", "b:two").trained_on_flores == ["Ours"]


def test_two_systems_of_one_name_are_no_pair():
    with pytest.raises(KitError, match="shown as 'x'.*another name"):
        pairs.pair("x=a", "x=b:two")
    with pytest.raises(KitError, match="one system of one run"):
        pairs.pair("x=a", "y=a:one")


def test_runs_are_gathered_under_the_names_given():
    found = comparison.gather(f"'{STRANGE}'=a b:two b:three", baseline="Second=b:two")
    assert list(found.systems["system"]) == [STRANGE, "copy", "Second", "three"]
    assert set(found.scores["system"]) == set(found.translations["system"]) == {STRANGE, "copy", "Second", "three"}
    gained = comparison.gains_over(found, "Second=b:two")
    assert set(gained["system"]) == {STRANGE, "three"} and set(gained["baseline"]) == {"Second"}
    assert comparison.gains_over(found, STRANGE)["baseline"].iloc[0] == STRANGE
    assert any(STRANGE in sentence for sentence in comparison.method(found, gained))


def test_a_name_sets_apart_what_two_runs_hold():
    save("c", rows("one"), copied())
    assert list(comparison.gather("Before=a c").systems["system"]) == ["Before", "copy", "one", "copy"]
    assert list(comparison.gather("a c").systems["system"]) == ["one (a)", "copy", "one (c)", "copy"]


@pytest.mark.parametrize(
    ("runs", "baseline", "said"),
    [
        ("x=a x=b:two", "", "a and b:two would be shown by one name, 'x'"),
        ("three=a b", "", "a:one and b:three would be shown by one name, 'three'"),
        ("x=b a", "", "one system to be shown as 'x', but b holds 2"),
        ("x=a b", "y=a", "a has two names, 'x' and 'y'"),
        ("x=b:four a", "", "four"),
    ],
)
def test_a_name_that_does_not_tell_one_system_is_refused(runs, baseline, said):
    with pytest.raises(KitError, match=said):
        comparison.gather(runs, baseline=baseline)


def test_names_are_checked_before_a_notebook_starts():
    run_checks.check_runs({}, "'Our own'=a:one b")
    run_checks.check_baseline({}, "Our own", None, runs="'Our own'=a:one b", system=None)
    run_checks.check_baseline({}, "Second=b:two", None, runs="a b", system=None)
    run_checks.check_system({}, "Ours=a", None)
    for runs, said in (("x=a x=b:two", "one name"), ("x=b a", "one system, but b holds 2"), ("=a b", "is empty")):
        with pytest.raises(KitError, match=said):
            run_checks.check_runs({}, runs)
    with pytest.raises(KitError, match="one name, 'x'"):
        run_checks.check_baseline({}, "x=b:two", None, runs=None, system="x=a")
    with pytest.raises(UnknownName, match="'Theirs'"):
        run_checks.check_baseline({}, "Theirs", None, runs="Ours=a b", system=None)


def test_a_sweep_knows_the_runs_behind_names(tmp_path):
    given = {"runs": "'Our own'=first:x Second=second \"a b=third\"", "baseline": "Base=fourth:s"}
    named = state._read_runs(Job(0, tmp_path / "n.ipynb", {}, given, "run"))
    assert {"first", "second", "third", "fourth"} <= {*named}


def test_the_demo_is_made_for_a_name_too(monkeypatch):
    monkeypatch.setattr(demo, "_finished", lambda run: False)
    monkeypatch.setattr(demo.parallel, "map", lambda made, runs, seconds: [True] * len(runs))
    assert demo.make("LLaMAX, small=demo_mini_llamax", "a:one") == ["demo_mini_llamax"]


@pytest.mark.parametrize("name", ["NLLB-200", "M2M-100-12B", "Lego-MT*"])
def test_mine_cannot_be_shown_as_one_of_theirs(name):
    with pytest.raises(KitError, match="is a system of the authors'"):
        own_run.load(f"{name}=a")


def test_a_name_is_escaped_where_it_is_shown(tmp_path):
    table = gains.gains(gains.pair(f"{STRANGE}=a", "b:two"))
    text = tables.save(table, tmp_path / "t", STRANGE)[1].read_text()
    assert text.count(r"Our\_") == 3 and r"100 \%" in text and "<b>" not in text
    assert "<b>|model" not in tables.show(table, STRANGE).data and "&lt;b&gt;" in tables.show(table, STRANGE).data
