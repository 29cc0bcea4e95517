"""Which notebook a run's folder belongs to, so that no other writes over it. Writes nothing; changes no folder.

A notebook goes by its file's name, which `notebooks.execute` and Jupyter's server put into its kernel's environment.
Plain papermill does not: then the names of the recorded parameters decide.
"""

import json
import os
import sys
from collections.abc import Collection
from pathlib import Path

from llamax_kit.utils.errors import KitError

VARIABLES = ("LLAMAX_KIT_NOTEBOOK", "JPY_SESSION_NAME")  # set by `notebooks.execute` and by Jupyter's server


def notebook() -> str | None:
    """Return the name of this kernel's notebook by its environment, "04_translate_and_score"; None where none is."""
    files = [os.environ[name] for name in VARIABLES if os.environ.get(name, "").endswith(".ipynb")]
    return Path(files[0]).stem.removesuffix(".failed").removesuffix(".partial") if files else None


def other(folder: Path, notebook: str | None, names: Collection[str]) -> str:
    """Return the name of the other notebook that a folder is the run of; "" when there is none, or nothing tells.

    notebook: the one that asks, where it is known; names: of its parameters, or of all its variables.
    """
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        owner, recorded = str(record.get("notebook") or ""), {*map(str, record.get("parameters") or ())}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return ""
    if notebook and owner:
        return "" if notebook == owner else owner
    foreign = ", ".join(sorted(recorded - set(names)))
    return (owner or f"one with the parameters {foreign}") if foreign else ""


def check(folder: Path, notebook: str | None, names: Collection[str]) -> None:
    """Raise KitError when a folder is the run of another notebook (see `other`)."""
    if theirs := other(folder, notebook, names):
        raise KitError(
            f"{folder} is the run of another notebook ({theirs}), and {notebook or 'this one'} would write over it. "
            f"To mend: give this one another name, or remove that folder; to read it, load_run({folder.name!r})"
        )


def check_kernel(folder: Path) -> None:
    """Raise as `check` does for the notebook that this process is the kernel of; in another process, do nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):
        check(folder, notebook(), shell.user_ns)
