"""owners: a run is refused to another notebook, and to none of its own in whatever way that was run before."""

import json
import os
import subprocess
import sys

import pytest

from llamax_kit.runs import owners
from llamax_kit.utils.errors import KitError

OURS = {"system", "baseline", "samples", "run"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def record(folder, *parameters, **facts):
    (folder / "run.json").write_text(json.dumps({"parameters": dict.fromkeys(parameters), **facts}))


def copy(folder, name, source):
    (folder / name).write_text(json.dumps({"cells": [], "metadata": {"papermill": {"input_path": source}}}))


def test_a_record_that_names_its_notebook_settles_it(folder):
    record(folder, "system", "model", notebook="06_gains")
    assert owners.other(folder, "06_gains", OURS) == ""  # of which a parameter was renamed since
    assert owners.other(folder, "06_gains-Copy1", OURS) == "06_gains"


def test_the_copies_of_papermill_tell_what_the_record_does_not(folder):
    record(folder, "system", "run", notebook=None)
    copy(folder, "out.ipynb", "elsewhere/06_gains.ipynb")
    assert owners.other(folder, "06_gains", OURS) == ""
    assert owners.other(folder, "out", OURS) == ""  # opened by hand, where it lies
    assert owners.other(folder, "04_translate", OURS) == "06_gains"


@pytest.mark.parametrize("ending", ["partial", "failed"])
def test_a_first_execution_that_did_not_end_has_the_folder_too(folder, ending):
    copy(folder, f"04_translate.{ending}.ipynb", "notebooks/04_translate.ipynb")
    assert owners.other(folder, "06_gains", OURS) == "04_translate"
    assert owners.other(folder, "04_translate", OURS) == ""


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


ASK = "from llamax_kit.runs import owners; print(owners.notebook())"
PASS_ON = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ASK!r}])"


@pytest.mark.parametrize("code, name", [(ASK, "06_gains"), (PASS_ON, "None")])
@pytest.mark.parametrize("variable", owners.SAID)
def test_a_notebook_is_named_by_who_started_its_kernel_and_not_by_an_outer_one(code, name, variable):
    """What runs below a notebook's kernel inherits its environment: it may be papermill, with another notebook."""
    environment = {key: value for key, value in os.environ.items() if key not in owners.SAID}
    environment[variable] = "work/06_gains.ipynb"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == name


def test_what_is_said_to_a_kernel_is_unsaid_after(monkeypatch):
    monkeypatch.setenv(owners.SAID[0], "outer.ipynb")
    with owners.said("06.ipynb"):
        assert os.environ[owners.SAID[0]] == "06.ipynb"
    assert os.environ[owners.SAID[0]] == "outer.ipynb"
    monkeypatch.delenv(owners.SAID[0])
    with owners.said("06.ipynb"):
        pass
    assert owners.SAID[0] not in os.environ
