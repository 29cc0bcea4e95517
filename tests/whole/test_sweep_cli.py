"""The command sweep: refuses before it starts, runs what is missing, says one line a job."""

import os
import subprocess
import sys
from pathlib import Path

import heavy
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
PARAMETERS = """\
number: int = 1  # divides 12
run: str = "small"  # the folder
"""
WORK = """\
import pathlib, sys
place = pathlib.Path("out") / run
print("number", number, "hf_" + "aB3" * 11 + "x", pathlib.Path.home() / "mine", file=sys.stderr)
(place / "result").write_text(str(12 / number))
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a notebook that needs no library and divides."""
    cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), new_code_cell(WORK)]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), tmp_path / "small.ipynb")
    return tmp_path


def sweep(folder: Path, text: str, *words: str) -> tuple[int, str, list[str]]:
    """Run a sweep of this text; return exit status, stdout, and the lines of stderr without their times."""
    (folder / "s.yml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "llamax_kit.app.cli", "sweep", str(folder / "s.yml"), *words]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "out")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, [line[20:] if line[:2] == "20" else line for line in done.stderr.splitlines()]


def test_it_is_refused_whole_when_one_name_is_misspelt(folder):
    blocks = "- {notebook: small.ipynb}\n- {notebook: small.ipynb, grid: {nmuber: [1, 2]}, run: 'x{nmuber}'}"
    for words in ([], ["--status"]):
        code, out, err = sweep(folder, blocks, *words)
        assert (code, out) == (1, "")
        (line,) = err
        assert "s.yml, block 2: unknown parameter of small 'nmuber'. One of: number, run." in line
        assert "Traceback" not in line
    assert sorted(path.name for path in folder.iterdir()) == ["s.yml", "small.ipynb"]


def test_some_fail_and_the_next_sweep_runs_those_alone(folder):
    text = ("- {notebook: small.ipynb, grid: {number: [3, 0]}, run: 'by_{number}'}\n"
            "- {notebook: small.ipynb, values: {number: 6}, run: after}")  # fmt: skip
    code, _, err = sweep(folder, text, "--jobs", "2")
    assert code == 1
    assert err[0] == "3 jobs: 0 done, 3 to do" and err[-1] == "2 done (2 new), 1 failed: by_0"
    starts = [line for line in err if line.startswith("start")]
    assert starts == ["start   by_3", "start   by_0", "start   after"]
    (failed,) = [line for line in err if line.startswith("failed")]
    assert "ZeroDivisionError: division by zero; to read: " in failed and "small.failed.html" in failed
    assert (folder / "out" / "by_3" / "result").read_text() == "4.0"
    log = (folder / "out" / "by_3" / "small.log").read_text()  # a kernel may add its end
    assert log.splitlines()[0] == "number 3 [token removed] ~/mine"  # as from the notebook beside it

    code, out, err = sweep(folder, text, "--status")
    table = [line.split(maxsplit=3) for line in out.splitlines()]
    assert (code, err) == (1, [])
    assert [row[:2] for row in table[1:4]] == [["done", "by_3"], ["failed", "by_0"], ["done", "after"]]
    assert out.splitlines()[-1] == "2 done, 1 failed: by_0"

    code, _, err = sweep(folder, text.replace("[3, 0]", "[3, 4]"))
    assert code == 0
    assert [line for line in err if line.startswith("start")] == ["start   by_4"]
    assert err[-1] == "3 done (1 new)"
    code, _, err = sweep(folder, text.replace("[3, 0]", "[3, 4]"))
    assert (code, err) == (0, ["3 jobs: 3 done, 0 to do", "3 done (0 new)"])
    code, out, err = sweep(folder, text.replace("[3, 0]", "[3, 4]"), "--status")
    assert (code, out.splitlines()[-1], err) == (0, "3 done", [])


def test_what_reads_a_run_that_failed_is_not_started(folder):
    cells = [new_code_cell('system: str = ""  # s\nrun: str = "r"  # r', metadata={"tags": ["parameters"]})]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "reads.ipynb")
    text = ("- {notebook: small.ipynb, values: {number: 0}}\n"
            "- {notebook: reads.ipynb, each: [{system: 'small:a', run: x}]}")  # fmt: skip
    code, _, err = sweep(folder, text)
    assert code == 1
    assert err[3:] == ["skip    x: needs small, which is failed", "0 done (0 new), 1 failed: small, 1 missing"]
    assert not (folder / "out" / "x").exists()


def test_a_run_without_a_record_is_there_for_later_blocks_before_and_after_it_is_made(folder):
    cells = [new_code_cell('system: str = ""  # s\nrun: str = "r"  # r', metadata={"tags": ["parameters"]})]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "reads.ipynb")
    text = "- {notebook: small.ipynb}\n- {notebook: reads.ipynb, values: {system: small, run: RUN}}"
    for run in ("x", "y"):
        code, _, err = sweep(folder, text.replace("RUN", run))
        assert (code, err[-1]) == (0, f"2 done ({2 if run == 'x' else 1} new)")


def test_a_job_whose_folder_cannot_be_made_is_told_in_words(folder):
    (folder / "out").mkdir()
    (folder / "out" / "small").write_text("a file")
    code, _, err = sweep(folder, "notebook: small.ipynb")
    assert code == 1 and "Traceback" not in "".join(err)
    assert "could not make the run folder" in err[2]
    assert "failed  small after" in err[3] and err[3].endswith("it could not start; see above")


def test_a_worker_that_dies_is_told_with_the_signal(folder):
    cell = new_code_cell("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    nbformat.write(new_notebook(cells=[cell], metadata=KERNEL), folder / "dies.ipynb")
    code, _, err = sweep(folder, "notebook: dies.ipynb")
    assert code == 1
    assert "failed  dies after" in err[2] and "ended by signal 9 (9: often the memory was full)" in err[2]


def test_the_status_loads_no_heavy_library(folder):
    (folder / "s.yml").write_text("notebook: small.ipynb\nfiles: [v.yml]")
    (folder / "v.yml").write_text("number: 3")
    assert heavy.loaded("sweep", str(folder / "s.yml"), "--status") == []
