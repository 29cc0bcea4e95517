"""Run: what a notebook shows is saved in the same call; its record holds the notebook's parameters."""

import json

import pandas as pd
import pytest
from matplotlib.figure import Figure

from llamax_kit.reporting import plots, run
from llamax_kit.utils.errors import KitError, UnknownName

SCORES = pd.DataFrame({"system": "one", "src": "en", "tgt": ["de", "sw"], "metric": "spBLEU", "score": [30.0, 20.0],
                       "ci_low": [28.0, 18.0], "ci_high": [32.0, 22.0], "n": 100,
                       "signature": "tok:flores101"})  # fmt: skip


def namespace(**values) -> dict:
    """The variables of a notebook whose parameters cell was run."""
    scope: dict = {}
    exec('sentences: int | str = "auto"\nrun: str = "here"', scope)
    return scope | values


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    return run.Run("here", namespace(sentences=40))


@pytest.fixture
def shown(monkeypatch):
    """What is displayed on the page."""
    pages: list = []
    monkeypatch.setattr("IPython.display.display", lambda each, **_: pages.append(each))
    return pages


def names(results) -> set[str]:
    return {path.name for path in results.folder.iterdir()}


def test_a_table_is_saved_whole_and_shown_with_some_columns(results, shown):
    results.table("scores", SCORES, "spBLEU by direction", columns=["src", "tgt", "score"])
    assert names(results) == {"scores.csv", "scores.tex"}
    assert list(pd.read_csv(results.folder / "scores.csv")) == list(SCORES)
    (page,) = (each.data for each in shown)
    assert "spBLEU by direction" in page and "30.00" in page and "tok:flores101" not in page


def test_a_picture_is_drawn_saved_and_shown_with_the_text_that_its_function_returns(results, shown):
    results.plot("scores", plots.scores, SCORES)
    assert names(results) == {"scores.png", "scores.pdf"}
    assert shown[0]["text/plain"] == plots.scores(SCORES, Figure().subplots())
    assert "en-de" in shown[0]["text/plain"]


def test_a_picture_without_a_text_is_refused(results):
    with pytest.raises(KitError, match="own.*alt text"):
        results.picture("own", Figure(), " ")
    assert names(results) == set()


def test_the_record_holds_the_parameters_as_they_are_when_it_is_written(results, tmp_path):
    scope = namespace()
    late = run.Run("late", scope)
    scope["sentences"] = 7
    assert late.record(seed=1) == "late/run.json"
    record = json.loads((tmp_path / "late/run.json").read_text())
    assert record["parameters"] == {"sentences": 7, "run": "here"} and record["seed"] == 1
    assert results.parameters == {"sentences": 40, "run": "here"}


def test_a_notebook_whose_parameters_cell_was_not_run_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    with pytest.raises(KitError, match="parameters cell"):
        run.Run("here", {})
    assert not list(tmp_path.iterdir())


def test_a_cell_that_is_run_again_replaces_its_part_of_the_report(results, shown):
    for title in ("first", "second"):
        results.table("scores", SCORES, title)
        results.plot("scores", plots.scores, SCORES, drawn_from="scores")
    assert [(type(part).__name__, getattr(part, "caption", "")) for part in results.parts] == [
        ("Table", "second"), ("Picture", "")]  # fmt: skip


def test_a_name_that_no_file_may_have_becomes_one(results, shown):
    results.table("gains of owner/model", SCORES, "Gains")
    assert len(names(results)) == 2 and all("/" not in name and "owner" in name for name in names(results))


def test_the_record_holds_a_hash_of_the_cells_as_they_were_executed(tmp_path, monkeypatch):
    """Parameters do not count, whoever sets them; a changed cell does, and so does the order."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))

    def recorded(*cells):
        run.Run("here", namespace(In=["", *cells])).record()
        return json.loads((tmp_path / "here/run.json").read_text())["cells"]

    first = recorded('sentences: int | str = "auto"  # how many', "a = 1", "a")
    assert first == recorded("sentences: int | str = 7", "# Parameters\nsentences = 3", "a = 1", "a")
    assert len({first, recorded("a = 2", "a"), recorded("a", "a = 1"), recorded("%time a", "a = 1", "a")}) == 4
    run.Run("here", namespace()).record()
    assert json.loads((tmp_path / "here/run.json").read_text())["cells"] is None


def latex_namespace(value: str) -> dict:
    scope: dict = {}
    exec('run: str = "here"\nlatex: str = ""', scope)
    return scope | {"latex": value}


def test_the_parameter_latex_lays_out_the_tables(tmp_path, monkeypatch, shown):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    for layout, begins in (("page", r"\begin{table*}"), ("column", r"\begin{table}")):
        results = run.Run(layout, latex_namespace(layout))
        results.table("scores", SCORES, "spBLEU by direction", columns=["src", "tgt", "score"])
        results.save("more", SCORES[["src", "score"]], "spBLEU")
        assert begins in (results.folder / "scores.tex").read_text() and results.parts[0].layout == layout
        assert begins in (results.folder / "more.tex").read_text()


def test_another_value_of_latex_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    with pytest.raises(UnknownName, match="'colum'.*column"):
        run.Run("here", latex_namespace("colum"))


def test_a_variable_that_is_no_parameter_lays_out_nothing(tmp_path, monkeypatch, shown):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    results = run.Run("here", namespace() | {"latex": pd})
    results.table("scores", SCORES, "spBLEU by direction", columns=["src", "tgt", "score"])
    assert r"\begin{table}" in (results.folder / "scores.tex").read_text()
