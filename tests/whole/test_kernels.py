"""Notebooks on real kernels: the kit's way and plain papermill's give the same, and a failure is kept to be read."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from llamax_kit.app import html_page, notebooks
from llamax_kit.runs import manifest, storage

PARAMETERS = 'run: str = "mine"  # the folder in outputs/\nfirst: float = 1  # a number'
WORK = """\
import matplotlib.pyplot as plt
import pandas as pd
from llamax_kit.reporting import plots
from llamax_kit.runs import storage
folder = storage.folder(run)
columns = "system src tgt metric score ci_low ci_high n signature".split()
table = pd.DataFrame([("copy", "en", "de", "spBLEU", first, 0.5, 2.5, 40, "sig")], columns=columns)
_ = storage.save_table(table, folder / "scores.csv")"""
PICTURE = 'figure, ax = plt.subplots()\nplots.scores(table, ax)\nplots.show(figure, folder / "scores", "one dot")'
RECORD = '_ = storage.record(folder, parameters={"run": run, "first": first})'


def write(path: Path, *sources: str) -> Path:
    """A Run notebook with a parameters cell and these cells, prose before each."""
    cells = [new_markdown_cell("# Run: a test"), new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    for source in sources:
        cells += [new_markdown_cell("Next."), new_code_cell(source)]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
    return path


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


def test_run_and_plain_papermill_leave_the_same_run(tmp_path, outputs):
    notebook = write(tmp_path / "some.ipynb", WORK, PICTURE, RECORD)
    kit = [sys.executable, "-m", "llamax_kit.app.cli", "run", notebook, "-p", "first", "2", "-r", "run", "kit"]
    done = subprocess.run(kit, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"The page: {outputs / 'kit' / 'some.html'}"
    assert "encryption" not in done.stderr
    plain = [sys.executable, "-m", "papermill", notebook, tmp_path / "out.ipynb"]
    subprocess.run([*plain, "-p", "first", "2", "-p", "run", "plain"], check=True, capture_output=True)
    for name in ("scores.csv", "scores.png"):
        assert (outputs / "kit" / name).read_bytes() == (outputs / "plain" / name).read_bytes()
    records = [storage.load(name).record for name in ("kit", "plain")]
    assert [record["parameters"].pop("run") for record in records] == ["kit", "plain"]
    for fact in ("parameters", "versions", "git"):
        assert records[0][fact] == records[1][fact]
    text = (outputs / "kit" / "some.html").read_text()
    assert (html_page.loads(text), html_page.without_alt(text), text.count('alt="one dot"')) == ([], 0, 1)


def test_a_notebook_that_fails_is_kept_as_far_as_it_came(tmp_path, outputs):
    refused = "print('before')\nfrom llamax_kit.data.languages import find\nfind('swahilli')"
    with pytest.raises(
        notebooks.NotebookFailed, match="failed at In .3. with UnknownName: .*Nearest: Swahili"
    ) as caught:
        notebooks.execute(write(tmp_path / "some.ipynb", "kept = 1", refused, "never = 2"))
    failed = caught.value
    assert failed.notebook == outputs / "mine" / "some.failed.ipynb"
    assert failed.html == outputs / "mine" / "some.failed.html"
    assert sorted(path.name for path in (outputs / "mine").iterdir()) == ["some.failed.html", "some.failed.ipynb"]
    cells = [cell for cell in nbformat.read(failed.notebook, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [1, 2, 3, None]
    assert "before" in str(cells[2].outputs)
    assert "swahilli" in failed.html.read_text()
    assert str(failed.notebook) in str(failed) and str(failed.html) in str(failed)


def test_a_kernel_that_is_killed_is_told_and_its_notebook_kept(tmp_path):
    dies = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    said = "failed at In .3. with DeadKernelError: .*the memory was full"
    with pytest.raises(notebooks.NotebookFailed, match=said) as caught:
        notebooks.execute(write(tmp_path / "some.ipynb", "kept = 1", dies))
    assert json.loads(caught.value.notebook.read_text())["cells"][3]["execution_count"] == 2


def test_a_cell_that_takes_too_long_is_told(tmp_path):
    said = "failed at In .2. with CellTimeoutError: it took longer than 1 seconds"
    with pytest.raises(notebooks.NotebookFailed, match=said):
        notebooks.execute(write(tmp_path / "some.ipynb", "import time; time.sleep(60)"), execution_timeout=1)


def test_a_failed_re_run_leaves_the_good_one_and_a_good_one_clears_it_away(tmp_path, outputs):
    notebook = write(tmp_path / "some.ipynb", "assert first < 2, 'too much'")
    kept = notebooks.execute(notebook)
    before = {path: path.read_bytes() for path in (kept, kept.with_suffix(".ipynb"))}
    with pytest.raises(notebooks.NotebookFailed, match="^some failed at In .3. with AssertionError: too much"):
        notebooks.execute(notebook, values={"first": 3})
    assert {path: path.read_bytes() for path in before} == before
    assert (outputs / "mine" / "some.failed.html").is_file()
    notebooks.execute(notebook)
    assert set((outputs / "mine").iterdir()) == {*before, manifest.path(kept)}


def test_progress_reaches_stderr_while_the_cell_still_runs(tmp_path):
    """The cell goes on only when its line was read here."""
    waits = """\
import sys, time
from pathlib import Path
print("\\rsystem:  5%", end="", file=sys.stderr, flush=True)
for _ in range(600):
    if Path("read").exists():
        break
    time.sleep(0.1)
else:
    raise TimeoutError"""
    notebook = write(tmp_path / "some.ipynb", waits)
    kit = [sys.executable, "-m", "llamax_kit.app.cli", "run", notebook]
    with subprocess.Popen(kit, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as run:
        assert "system:  5%\n" in iter(run.stderr.readline, "")
        (tmp_path / "read").touch()
        said = run.communicate(timeout=120)
    assert run.returncode == 0, said
