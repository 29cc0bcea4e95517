"""What the tests of Learn notebooks share: one executed without data or network, its exercises, its refusals."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import executed
import nbformat
import pytest

ALONE = (  # read by every Python that starts where it lies; the kernel speaks to 127.0.0.1
    "import socket\n"
    "def refuse(*args, **kwargs): raise OSError('no network in this test')\n"
    "socket.getaddrinfo, socket.create_connection = refuse, refuse\n"
)


def execute(notebook: Path, folder: Path) -> Path:
    """Run a notebook by papermill from another folder, without data or a way to the network; return `folder`."""
    (folder / "sitecustomize.py").write_text(ALONE)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    places = {"LLAMAX_KIT_OUTPUTS": folder / "outputs", "LLAMAX_KIT_DATA": folder / "no", "PYTHONPATH": path}
    environment = {name: value for name, value in os.environ.items() if name != "SACREBLEU"} | {
        name: str(place) for name, place in places.items()
    }
    command = [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", "-k", "python3", "--no-progress-bar"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def outputs(folder: Path) -> list:
    """All outputs of the notebook that `execute` ran in a folder."""
    return [each for cell in cells(folder / "out.ipynb") for each in cell.get("outputs", [])]


def said(outputs: list) -> str:
    """All that was printed or shown as text."""
    return "\n".join(each.get("text") or each.get("data", {}).get("text/plain", "") for each in outputs)


def cells(notebook: Path) -> list:
    return nbformat.read(notebook, 4).cells


def check_exercise(notebook: Path, cell: str, answers: tuple, of_another_kind: tuple, known: dict, write, capsys):
    """Check that an exercise takes what is right, and refuses what is wrong or of another kind, each with a hint.

    answers: (variable, right, wrong); of_another_kind: (what is asked for, answers that are none); known: the kernel's
    names before the exercise; write: an answer as it is written into the cell.
    """
    variable, right, wrong = answers
    source = next(one.source for one in cells(notebook) if one.id == cell)
    assert source.startswith(f"{variable} = None  # ") and len(source.splitlines()) == 2

    def answered(answer) -> str:
        exec(source.replace(f"{variable} = None", f"{variable} = {write(answer)}"), dict(known))
        return capsys.readouterr().out

    assert answered(None) == "not answered yet\n"
    for answer in right:
        assert answered(answer) == "right\n"
    for answer in wrong:
        with pytest.raises(AssertionError) as hint:
            answered(answer)
        assert len(str(hint.value)) > 20
    kind, others = of_another_kind
    for answer in others:
        with pytest.raises(AssertionError) as hint:
            answered(answer)
        assert str(hint.value).startswith(f"this asks for {kind}") and repr(answer) in str(hint.value)


def answers_folded(notebook: Path) -> list[bool]:
    """Whether each cell that knows the answers is folded until somebody opens it."""
    return [cell.metadata["jupyter"]["source_hidden"] for cell in cells(notebook) if "known = {" in cell.source]


def check_refusal(notebook: Path, given: dict, told: str) -> None:
    """Check that a notebook stops at parameters that cannot be, saying `told`."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as outputs:
        patch.setenv("LLAMAX_KIT_OUTPUTS", outputs)
        with pytest.raises(AssertionError, match=told):
            executed.cells(notebook, **given)
