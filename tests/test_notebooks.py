"""The notebooks as they are committed: clean, their kind said first, choices in one cell, short cells, prose before."""

import ast
import json
import re
from pathlib import Path

import pytest

from llamax_kit.analysis import groups
from llamax_kit.app.parameters import cells, check, choices, given_values, parameters
from llamax_kit.models import weights
from llamax_kit.paper import tables
from llamax_kit.reporting import latex_layout
from llamax_kit.scoring import accuracy, corrections, sacrebleu_metrics
from llamax_kit.training.corpus import mixture
from llamax_kit.training.miniature import model

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OTHERS = ("sweeps", "training")  # folders of params/ whose files are no notebook's
PARAMS = sorted(path for path in (ROOT / "params").glob("*/*.y*ml") if path.parent.name not in OTHERS)


PAPER = ("05", "06", "07", "09", "12")  # whose tables go to papers; 04 has twelve parameters already
CLOSED = {
    ("04_translate_and_score", "dtype"): weights.DTYPES,
    ("11_answer_in_many_languages", "dtype"): weights.DTYPES,
    ("06_see_language_gains", "correction"): corrections.CORRECTIONS,
    ("06_see_language_gains", "metric"): (*sacrebleu_metrics.METRICS, *accuracy.METRICS, "auto"),
    ("09_compare_runs", "metric"): (*sacrebleu_metrics.METRICS, *accuracy.METRICS, "auto"),
    ("10_train_a_miniature", "size"): model.SHAPES,
    ("10_train_a_miniature", "parallel"): mixture.PARALLEL,
    ("12_reproduce_the_paper", "release"): tables.CHOICES,
    **{(notebook.stem, "latex"): latex_layout.LAYOUTS for notebook in NOTEBOOKS if notebook.stem[:2] in PAPER},
}  # parameters with no other values than those that the package takes by name


def code(notebook: Path) -> list[str]:
    return [cell["source"] for cell in cells(notebook) if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert {"00_take_the_tour", "04_translate_and_score"} <= {path.stem for path in NOTEBOOKS}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> Path:
    return request.param


def kind(notebook: Path) -> str:
    """Run or Learn: "# Run: …", or "**Run.** …" as the line under the title."""
    found = re.match(r"# (?:.+\n+\*\*)?(Run|Learn)(?:: \w|\.\*\* \w)", cells(notebook)[0]["source"])
    return found[1] if found else ""


def test_it_is_committed_without_outputs_for_the_kernel_python3(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"] == {"name": "python3", "language": "python", "display_name": "Python 3"}
    assert not {"widgets", "papermill"} & content["metadata"].keys()
    for cell in content["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell["source"]


def test_its_first_line_says_its_kind(notebook):
    assert kind(notebook) in ("Run", "Learn")


def test_its_parameters_are_typed_explained_and_at_most_twelve(notebook):
    (cell,) = [cell for cell in cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    assert all(isinstance(line, ast.AnnAssign) for line in ast.parse(cell["source"]).body)
    found = parameters(notebook)
    assert 1 <= len(found) <= 12
    assert all(parameter.help for parameter in found)
    check(notebook, {parameter.name: parameter.default for parameter in found})


def test_a_parameter_without_other_values_names_all_that_the_package_takes():
    said = {(notebook.stem, each.name): choices(each) for notebook in NOTEBOOKS for each in parameters(notebook)}
    assert {which: named for which, named in said.items() if named} == {key: [*legal] for key, legal in CLOSED.items()}


def test_a_parameter_that_also_takes_a_file_names_all_that_the_package_takes():
    (group,) = [each for each in parameters(ROOT / "notebooks/06_see_language_gains.ipynb") if each.name == "group"]
    assert set(groups.GROUPS) <= {*re.findall(r"\w+", group.help)} and "or a CSV file" in group.help


def test_a_parameter_is_assigned_again_only_to_resolve_it(notebook):
    """The record reads parameters when it is written: a loop over `system` would write its last value."""
    names, foreign = {each.name for each in parameters(notebook)}, []
    for cell in cells(notebook):
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
            tree = ast.parse(cell["source"])
            resolved = {node for each in ast.walk(tree) if isinstance(each, ast.Assign) for node in ast.walk(each)
                        if isinstance(node, ast.Name) and node.id in {name.id for name in ast.walk(each.value)
                                                                      if isinstance(name, ast.Name)}}  # fmt: skip
            stored = {node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            foreign += [node.id for node in stored - resolved if node.id in names]
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)], cell["source"]
    assert foreign == []


def test_a_run_notebook_defines_nothing(notebook):
    defines = [source for source in code(notebook) if re.search(r"^\s*(def|class|async def) ", source, re.MULTILINE)]
    assert kind(notebook) == "Learn" or not defines


def test_its_cells_are_short_and_parse(notebook):
    for source in code(notebook):
        ast.parse(source)
    lengths = [len(source.strip().splitlines()) for source in code(notebook)]
    assert max(lengths[1:]) <= 20 and lengths[0] <= 28  # the first cell imports


def test_no_cell_names_a_machine_or_a_secret(notebook):
    for cell in cells(notebook):
        assert not re.search(r"/home/|/root|/Users/|hf_[A-Za-z0-9]{10}", cell["source"]), cell["source"]


@pytest.mark.parametrize("path", PARAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_parameter_file_fits_its_notebook(path):
    values = given_values(parameters_file=[path])
    assert values
    check(ROOT / "notebooks" / f"{path.parent.name}.ipynb", values)
