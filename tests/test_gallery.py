"""outputs/gallery: every notebook as it was executed on its defaults; `make gallery` makes it anew."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from llamax_kit.app import gallery
from llamax_kit.app.parameters import cells

ROOT = Path(__file__).resolve().parents[1]
GALLERY = ROOT / "outputs" / "gallery"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_gallery_shows_each_notebook_as_it_is_now(notebook):
    shown = nbformat.read(GALLERY / notebook.name, 4)
    now = [cell["source"] for cell in cells(notebook)]
    assert [cell.source for cell in shown.cells] == now, "the notebook changed. To mend: make gallery"
    outputs = [output for cell in shown.cells for output in cell.get("outputs", [])]
    assert outputs and not [output for output in outputs if output.output_type == "error"]
    assert (GALLERY / f"{notebook.stem}.png").is_file() and f"outputs/gallery/{notebook.name}" in readme()


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_gallery_is_small_and_names_no_machine():
    files = [path for path in GALLERY.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8e6
    for path in GALLERY.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        seen = json.dumps(sources_aside(text))
        assert not re.search(r"(?<![\w.$~}/])/(?:tmp|home|root|work|Users)/\w|papermill", seen)


def sources_aside(text: str) -> list:
    """The outputs and metadata of a notebook, without what its author wrote."""
    notebook = json.loads(text)
    return [notebook["metadata"], *(cell["metadata"] for cell in notebook["cells"]),
            *(cell.get("outputs", []) for cell in notebook["cells"])]  # fmt: skip


def test_a_copy_keeps_values_and_loses_what_another_execution_would_change():
    table = new_output("display_data", {"text/html": "<table>7</table>"})
    cell = new_code_cell("1", outputs=[table], metadata={"papermill": {"duration": 3}, "tags": ["parameters"]})
    made = gallery.clean(new_notebook(cells=[cell], metadata={"papermill": {"output_path": "/tmp/x"}}))
    assert made.cells[0].outputs[0].data["text/html"] == "<table>7</table>"
    assert made.cells[0].metadata == {"tags": ["parameters"]} and made.metadata == {}
