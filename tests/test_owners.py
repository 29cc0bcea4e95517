"""owners: a run is refused to another notebook, and to none of its own in whatever way that was run before."""

import json
import os

import pytest

from llamax_kit.app import notebooks
from llamax_kit.runs import owners
from llamax_kit.utils.errors import KitError

OURS = {"system", "baseline", "samples", "run"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def record(folder, *parameters, **facts):
    (folder / "run.json").write_text(json.dumps({"parameters": dict.fromkeys(parameters), **facts}))


def test_a_record_that_names_its_notebook_settles_it(folder):
    record(folder, "system", "model", notebook="06_gains")
    assert owners.other(folder, "06_gains", OURS) == ""  # of which a parameter was renamed since
    assert owners.other(folder, "06_gains-Copy1", OURS) == "06_gains"


@pytest.mark.parametrize("notebook", ["06_gains", None])
def test_where_no_name_is_known_the_recorded_parameters_tell(folder, notebook):
    assert owners.other(folder, notebook, OURS) == ""
    record(folder, "system", "baseline", "run")  # before it got `samples`
    assert owners.other(folder, notebook, OURS) == ""
    record(folder, "run", "model", "corpus")
    assert owners.other(folder, notebook, OURS) == "one with the parameters corpus, model"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"parameters": 5}', '{"parameters": null}', "{}"])
def test_a_record_that_says_nothing_refuses_nothing(folder, text):
    (folder / "run.json").write_text(text)
    (folder / "notes.ipynb").write_text('{"cells": [], "metadata": {}}')
    assert owners.other(folder, "06_gains", OURS) == ""


def test_the_refusal_says_whose_it_is_and_what_to_do(folder):
    record(folder, notebook="04_translate")
    with pytest.raises(KitError) as raised:
        owners.check(folder, "06_gains", OURS)
    assert "is the run of another notebook (04_translate), and 06_gains would write over it" in str(raised.value)
    assert "To mend: give this one another name, or remove that folder" in str(raised.value)


@pytest.mark.parametrize("variable", owners.VARIABLES)
@pytest.mark.parametrize("name", ["06_gains.ipynb", "work/06_gains.ipynb", "/a/06_gains.failed.ipynb"])
def test_a_notebook_is_named_by_its_kernels_environment(monkeypatch, variable, name):
    for each in owners.VARIABLES:
        monkeypatch.delenv(each, raising=False)
    assert owners.notebook() is None
    monkeypatch.setenv(owners.VARIABLES[1], "Console 1")  # what Jupyter's server says to a console
    assert owners.notebook() is None
    monkeypatch.setenv(variable, name)
    assert owners.notebook() == "06_gains"


def test_who_executes_a_notebook_names_it_before_the_server_does(monkeypatch):
    """A cell of a notebook in JupyterLab may run `llamax-kit run`: its kernel inherits the server's variable."""
    monkeypatch.setenv("LLAMAX_KIT_NOTEBOOK", "06_gains.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "outer.ipynb")
    assert owners.notebook() == "06_gains"


def test_what_is_said_to_a_kernel_is_unsaid_after(monkeypatch):
    monkeypatch.setenv(owners.VARIABLES[0], "outer.ipynb")
    with notebooks.naming("06.ipynb"):
        assert os.environ[owners.VARIABLES[0]] == "06.ipynb"
    assert os.environ[owners.VARIABLES[0]] == "outer.ipynb"
    monkeypatch.delenv(owners.VARIABLES[0])
    with notebooks.naming("06.ipynb"):
        pass
    assert owners.VARIABLES[0] not in os.environ
