"""notebooks: notebooks are found and checked before a kernel starts; papermill is given what its traps ask for."""

import os
import platform
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from llamax_kit.app import notebooks
from llamax_kit.runs import owners, storage
from llamax_kit.utils import locks, progress
from llamax_kit.utils.errors import KitError, UnknownName

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch) -> Path:
    """A checkout with two notebooks, an output folder of its own, and no kernel: papermill only copies."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(storage, "PROJECT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    for stem in ("00_take_the_tour", "04_translate_and_score"):
        cell = new_code_cell('run: str = "first"\nsentences: int = 0', metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[cell], metadata=KERNEL), tmp_path / "notebooks" / f"{stem}.ipynb")
    return tmp_path


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What papermill was asked to do, in place of doing it."""
    seen, real = [], papermill.execute_notebook

    def prepare(source, output, **asked):
        seen.append({"source": source, "output": output, **asked})
        real(source, output, asked["parameters"], prepare_only=True)

    monkeypatch.setattr(papermill, "execute_notebook", prepare)
    return seen


@pytest.mark.parametrize("name", ["4", "04", "04_translate_and_score", "04_translate_and_score.ipynb"])
def test_a_notebook_is_found_by_number_and_name(name, house):
    assert notebooks.find(name) == house / "notebooks" / "04_translate_and_score.ipynb"


def test_a_notebook_is_found_by_path(house, monkeypatch):
    monkeypatch.chdir(house)
    assert notebooks.find("notebooks/00_take_the_tour.ipynb") == house / "notebooks" / "00_take_the_tour.ipynb"


def test_an_unknown_notebook_names_those_there_are():
    with pytest.raises(UnknownName, match="'04_translate'.*, 04_translate_and_score.*name one"):
        notebooks.find("04_translate")


def test_papermill_is_given_absolute_paths_and_both_timeouts(asked, house):
    page = notebooks.execute("04", values={"sentences": 5})
    output = house / "outputs" / "first" / "04_translate_and_score.ipynb"
    assert (page, page.is_file()) == (output.with_suffix(".html"), True)
    assert Path(asked[0]["output"]) == output.with_suffix(".partial.ipynb")
    assert sorted(path.name for path in output.parent.iterdir()) == [page.name, output.name]
    assert asked[0]["start_timeout"] and asked[0]["execution_timeout"]
    assert Path(asked[0]["cwd"]).is_absolute()
    assert "sentences = 5" in nbformat.read(output, 4).cells[1].source


def test_papermill_does_not_complain_of_what_the_kit_has_checked(asked, house, caplog):
    cell = new_code_cell("n: int | None = None  # a=1", metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell], metadata=KERNEL), house / "own.ipynb")
    notebooks.execute(house / "own.ipynb", values={"n": 3})
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []


def test_the_output_goes_where_the_run_is_named_or_asked(asked, house):
    assert notebooks.execute("04", values={"run": "mine"}).parent == house / "outputs" / "mine"
    assert notebooks.execute("04", house / "{x}.ipynb") == house / "{x}.html"


@pytest.mark.parametrize("values", [{"sentence": 5}, {"sentences": "5"}, {"run": "hf_" + "x" * 34}, {"run": "../up"},
                                    {"run": ""}, {"run": "ledger"}])  # fmt: skip
@pytest.mark.parametrize("output", [None, "x.ipynb"])
def test_wrong_values_are_told_before_anything_is_done(values, output, asked, house):
    with pytest.raises(KitError):
        notebooks.execute("04", output and house / output, values=values)
    assert asked == []
    assert [path.name for path in house.iterdir()] == ["notebooks"]


@pytest.mark.parametrize("output", [None, "x.ipynb"])
def test_a_run_of_another_notebook_is_refused_before_anything_is_done(output, asked, house):
    notebooks.execute("00", values={"run": "victim"})
    storage.record(house / "outputs" / "victim", "00_take_the_tour")
    before = sorted((house / "outputs" / "victim").iterdir())
    with pytest.raises(KitError, match=r"victim.*00_take_the_tour.*04_translate_and_score.*another name"):
        notebooks.execute("04", output and house / output, values={"run": "victim"})
    assert len(asked) == 1 and sorted((house / "outputs" / "victim").iterdir()) == before
    notebooks.execute("00", values={"run": "victim", "sentences": 5})  # its own it may write again
    notebooks.execute("04", house / "y.ipynb")
    notebooks.execute("04")


def test_a_notebook_without_runs_does_not_take_the_folder_of_another_either(asked, house):
    cell = new_code_cell("n: int = 1  # n", metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell], metadata=KERNEL), house / "first.ipynb")
    notebooks.execute("04")
    storage.record(house / "outputs" / "first", "04_translate_and_score")
    with pytest.raises(KitError, match="outputs/first.*04_translate_and_score.*another name"):
        notebooks.execute(house / "first.ipynb")
    assert notebooks.execute(house / "first.ipynb", house / "x.ipynb").is_file()


def test_a_run_that_is_being_run_is_not_started_again(monkeypatch, asked, house):
    (house / "outputs" / "first").mkdir(parents=True)
    mark = house / "outputs" / "first" / f".running-{platform.node()}-1-0"
    mark.touch()
    monkeypatch.setattr(locks, "_lives", lambda process, start: True)
    with pytest.raises(locks.Busy, match="outputs/first.*process 1 .*wait"):
        notebooks.execute("04")
    assert asked == []
    monkeypatch.setattr(locks, "_lives", lambda process, start: process != 1)
    assert notebooks.execute("04").is_file()
    assert not mark.exists()


def test_a_kernel_is_told_its_notebook(monkeypatch, asked):
    seen, copies = [], papermill.execute_notebook
    monkeypatch.setattr(papermill, "execute_notebook", lambda *given, **asked: (
        seen.append(os.environ.get(owners.VARIABLES[0])), copies(*given, **asked)))  # fmt: skip
    notebooks.execute("04")
    assert seen == ["04_translate_and_score.ipynb"] and owners.VARIABLES[0] not in os.environ


def test_a_file_in_the_place_of_the_output_folder_is_told(house):
    (house / "outputs").write_text("mine")
    with pytest.raises(KitError, match="outputs/first.*LLAMAX_KIT_OUTPUTS"):
        notebooks.execute("04")
    (house / "outputs").unlink()
    (house / "taken").write_text("mine")
    with pytest.raises(KitError, match="taken/x.partial.ipynb.*To mend"):
        notebooks.execute("04", house / "taken" / "x.ipynb")


def test_an_output_that_is_no_notebook_is_told(house):
    with pytest.raises(KitError, match="'x.html'.*end OUTPUT with .ipynb"):
        notebooks.execute("04", house / "x.html")


def test_a_full_disk_leaves_the_notebook_as_it_was(asked, house):
    resource = pytest.importorskip("resource", reason="file-size limits are POSIX")
    output = house / "x.ipynb"
    output.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, limits[1]))
    try:
        with pytest.raises(KitError, match="x.partial.ipynb.*Nothing of it was kept.*To mend"):
            notebooks.execute("04", output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert output.read_text() == "old"
    assert sorted(path.name for path in house.iterdir()) == ["notebooks", "outputs", "x.ipynb"]
    assert list((house / "outputs" / "first").iterdir()) == []


def test_a_kernel_that_dies_at_its_start_is_started_again(monkeypatch, asked):
    dies, copies = [2], papermill.execute_notebook

    def start(*given, **asked):
        if dies[0]:
            dies[0] -= 1
            raise RuntimeError("Kernel died before replying to kernel_info")
        copies(*given, **asked)

    monkeypatch.setattr(papermill, "execute_notebook", start)
    assert notebooks.execute("04").is_file()
    dies[0] = 3
    with pytest.raises(KitError, match="3 tries.*Kernel died before replying.*llamax-kit doctor"):
        notebooks.execute("04")


def test_an_unknown_kernel_is_told_and_leaves_nothing(house):
    with pytest.raises(KitError, match="'nosuch'.*-k NAME"):
        notebooks.execute("04", kernel="nosuch")
    assert list((house / "outputs" / "first").iterdir()) == []


def test_what_cells_say_becomes_lines_of_the_log(capsys):
    for text in ("\rsystem: 10%", "\r", "\rsystem: 20%\n", "a warning\n\n  on two lines\n"):
        notebooks._Log().write(text)
    assert capsys.readouterr().err.splitlines() == ["system: 10%", "system: 20%", "a warning", "  on two lines"]


def test_of_what_cells_print_only_progress_becomes_lines_of_the_log(capsys):
    notebooks._Log(progress.LINE).write("a table\n12:34:56 step 1 of 2\nmore\n")
    assert capsys.readouterr().err.splitlines() == ["12:34:56 step 1 of 2"]
