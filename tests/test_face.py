"""llamax_kit: the names that notebooks and scripts use, loaded when they are first used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import llamax_kit
from llamax_kit.app.parameters import cells

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def imported(notebook: Path) -> dict[str, set[str]]:
    """The names that a notebook imports from the kit, by module."""
    code = "\n".join(cell["source"] for cell in cells(notebook) if cell["cell_type"] == "code")
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "llamax_kit":
            found.setdefault(node.module, set()).update(alias.name for alias in node.names)
        if isinstance(node, ast.Import):
            found |= {each.name: set() for each in node.names if each.name.startswith("llamax_kit")}
    return found


def test_every_name_of_the_face_is_there_and_described():
    assert len(llamax_kit.__all__) <= 25
    for name in llamax_kit.__all__:
        assert getattr(llamax_kit, name).__doc__, name
        assert f"\n    {name} " in llamax_kit.__doc__
    assert {*llamax_kit.__all__} <= {*dir(llamax_kit)}


def test_a_name_that_is_not_there_points_to_the_page_of_those_that_are():
    with pytest.raises(AttributeError, match=r"spblue.*help\(llamax_kit\)"):
        llamax_kit.spblue  # noqa: B018


def test_importing_the_kit_loads_nothing_of_it():
    """What `import llamax_kit` costs is what it loads: the standard library's pkgutil and nothing else of weight."""
    code = "import llamax_kit, sys; print(*(m for m in sys.modules if m.startswith('llamax_kit.') or m in ('pandas', "
    code += "'numpy', 'torch', 'transformers')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_the_example_on_its_page_runs():
    lines = llamax_kit.__doc__.split("A first example:")[1].split("\nThe text and the models")[0]
    scope: dict = {}
    exec("\n".join(line[4:] for line in lines.splitlines()), scope)
    assert len(scope["answers"]) == 40 and list(scope["scores"]["n"]) == [20] * 4


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_takes_names_of_the_face_and_of_paper_and_training_alone(notebook):
    assert {tuple(module.split(".")[:2]) for module in imported(notebook)} <= {
        ("llamax_kit",), ("llamax_kit", "paper"), ("llamax_kit", "training")}  # fmt: skip


def test_all_notebooks_together_take_few_names():
    found = [imported(notebook) for notebook in NOTEBOOKS]
    face = {name for each in found for name in each.get("llamax_kit", ())}
    own = {(module, name) for each in found for module, names in each.items() for name in names} - {
        ("llamax_kit", name) for name in face}  # fmt: skip
    assert len(face) <= 23 and len(own) <= 12, (sorted(face), sorted(own))
