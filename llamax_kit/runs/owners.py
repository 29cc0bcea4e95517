"""Which notebook a run's folder belongs to, so that no other writes over it. Writes nothing; changes no folder.

A notebook goes by its file's name, where whoever starts its kernel says it: `notebooks.execute` does, and Jupyter's
server; plain papermill does not. A folder's notebook is the one in its record, or in the copies that papermill left
there; failing these, the names of the recorded parameters tell.
"""

import json
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from llamax_kit.utils.errors import KitError

SAID = ("LLAMAX_KIT_NOTEBOOK", "JPY_SESSION_NAME")  # set by `notebooks.execute` and by Jupyter's server


def notebook() -> str | None:
    """Name the notebook that this process is the kernel of, "04_translate_and_score"; None where nobody says."""
    import psutil

    try:
        inherited = psutil.Process().parent().environ()
    except (psutil.Error, OSError, AttributeError):
        return None
    for variable in SAID:
        value = os.environ.get(variable, "")
        if value.endswith(".ipynb") and inherited.get(variable) != value:  # else it was said to the parent, of another
            return _stem(value)
    return None


@contextmanager
def said(name: str) -> Iterator[None]:
    """Let kernels that are started meanwhile know that theirs is the notebook file `name`."""
    before = os.environ.get(SAID[0])
    os.environ[SAID[0]] = name
    try:
        yield
    finally:
        os.environ.pop(SAID[0])
        if before is not None:
            os.environ[SAID[0]] = before


def other(folder: Path, notebook: str | None, names: Collection[str]) -> str:
    """Name the other notebook that a folder is the run of; "" when there is none, or nothing tells.

    notebook: the one that asks, where it is known; names: of its parameters, or of all its variables. One that got a
    new parameter, or was executed with another output, is still the same.
    """
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        owner, recorded = record.get("notebook"), set(record.get("parameters") or ())
    except (OSError, ValueError, TypeError, AttributeError):
        owner, recorded = None, set()
    if notebook == owner and owner:
        return ""
    copies = [name for path in sorted(folder.glob("[!.]*.ipynb")) for name in _copied(path)]
    owners = [owner] * bool(owner) + copies
    if notebook and owners:
        return "" if notebook in owners else owners[0]
    foreign = sorted(recorded - set(names))
    return next(iter(owners), f"one with the parameters {', '.join(foreign)}") if foreign else ""


def check(folder: Path, notebook: str | None, names: Collection[str]) -> None:
    """Raise KitError when a folder is the run of another notebook (see `other`)."""
    if theirs := other(folder, notebook, names):
        raise KitError(
            f"{folder} is the run of another notebook ({theirs}), and {notebook or 'this one'} would write over it. "
            f"To mend: give this one another name, or remove that folder; to read it, storage.load({folder.name!r})"
        )


def check_kernel(folder: Path) -> None:
    """Do the same for the notebook that this process is the kernel of; in another process, do nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):
        check(folder, notebook(), shell.user_ns)


def _stem(path: str) -> str:
    return Path(path).stem.removesuffix(".failed").removesuffix(".partial")


def _copied(path: Path) -> list[str]:
    """Name what papermill executed into `path`, and `path` itself, which may be executed by hand; else nothing."""
    try:
        source = json.loads(path.read_text(encoding="utf-8"))["metadata"]["papermill"]["input_path"]
        return [_stem(source), _stem(path.name)]
    except (OSError, ValueError, KeyError, TypeError):
        return []
