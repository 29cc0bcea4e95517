"""Notebooks as tests run them: by papermill on a kernel, or their cells in this process."""

from pathlib import Path

import nbformat
import pytest


def papermill(notebook: Path, folder: Path, *options: str, output: str = "out.ipynb", **environment: str) -> Path:
    """Execute a notebook by papermill's command line, here, for it takes seconds to import; return the executed one.

    It runs in `folder`; outputs go to `folder`/outputs, unless the environment says another place.
    """
    from papermill.cli import papermill

    given = {"LLAMAX_KIT_OUTPUTS": str(folder / "outputs")} | environment
    command = [str(notebook), str(folder / output), "-k", "python3", "--no-progress-bar", "--cwd", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        papermill.main([*command, *options], standalone_mode=False)
    return folder / output


def cells(notebook: Path, /, *changes: tuple[str, str], until: str = "", **parameters) -> dict:
    """Execute a notebook's cells here with these parameters, as papermill gives them: behind those of the notebook.

    changes: lines of code and what a reader writes in their place; until: the id of the last cell. Return its names.
    """
    import torch

    known: dict = {}
    left = dict(changes)
    with torch.set_grad_enabled(torch.is_grad_enabled()):  # one notebook switches them off, for its own process
        for cell in nbformat.read(notebook, 4).cells:
            if cell.cell_type == "code":
                source = cell.source
                for old in [old for old in left if old in source]:
                    source = source.replace(old, left.pop(old))
                exec(source, known)
                if "parameters" in cell.metadata.get("tags", []):
                    assert parameters.keys() <= known.keys()
                    known |= parameters
                if cell.id == until:
                    break
    assert not left, f"no cell has {left}"
    return known
