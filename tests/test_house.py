"""The house as README shows it: every module is named there, arrows point down, no module leads back to itself."""

import ast
import doctest
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "llamax_kit"
ANNEXES = {"sweep", "training"}
UPPER = {"translate", "execute", "parameters", "meanings", "page", "cli", "doctor", "example", "published",
         "report", "compare", *ANNEXES}  # fmt: skip


def name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name(path): path for path in sorted(PACKAGE.rglob("*.py")) if name(path)}


def imports(path: Path, at_start_only: bool = False) -> set[str]:
    """Name the kit's modules that a file imports, anywhere or when it is itself imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typed = [node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    nodes = [node for node in (tree.body if at_start_only else ast.walk(tree)) if node not in typed]
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "llamax_kit":
            base = node.module.removeprefix("llamax_kit").removeprefix(".")
            found |= {f"{base}.{alias.name}".strip(".") for alias in node.names} | {base}
    return {each for each in found if each in MODULES}


def test_readme_names_every_module():
    house = (ROOT / "README.md").read_text(encoding="utf-8").split("## The house")[1]
    named = set(re.findall(r"`(\w+)/?`", house))
    assert {module.split(".")[-1] for module in MODULES} - named == set()


@pytest.mark.parametrize("module", [each for each in MODULES if each.split(".")[0] not in UPPER])
def test_the_ground_floor_does_not_import_the_upper(module):
    assert {each for each in imports(MODULES[module]) if each.split(".")[0] in UPPER} == set()


@pytest.mark.parametrize("module", [each for each in MODULES if each.split(".")[0] not in {*ANNEXES, "cli"}])
def test_the_house_does_not_import_its_annexes(module):
    """But for the command line, which names them all."""
    assert {each for each in imports(MODULES[module]) if each.split(".")[0] in ANNEXES} == set()


def test_no_module_leads_back_to_itself_while_it_is_imported():
    graph = {module: imports(path, at_start_only=True) - {module} for module, path in MODULES.items()}
    for module in graph:  # what a package is made of may ask the package's own page
        graph[module] -= {module.rpartition(".")[0]}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


@pytest.mark.parametrize("path", [*MODULES.values()], ids=[*MODULES])
def test_every_module_begins_by_saying_what_it_does(path):
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said and len(said) > 40


@pytest.mark.parametrize("module", [each for each, path in MODULES.items() if ">>> " in path.read_text("utf-8")])
def test_worked_values_hold(module):
    done = doctest.testmod(importlib.import_module(f"llamax_kit.{module}"))
    assert done.attempted > 0 and done.failed == 0


def test_the_project_names_no_place_of_one_machine():
    """Neither a path that exists on one machine only, nor the address of a package mirror."""
    wrong = re.compile(r"(?<![\w.$~}])/(?:work|root|mnt|scratch)/[\w.-]+|--index-url|--find-links")
    endings = (".py", ".md", ".ipynb", ".yml", ".toml", ".cff", ".txt")
    files = [path for path in ROOT.rglob("*.*") if path.suffix in endings and path.is_file()]
    ours = [path for path in files if not {".venv", "outputs", ".git"} & set(path.relative_to(ROOT).parts)]
    found = {str(path.relative_to(ROOT)) for path in ours if wrong.search(path.read_text(encoding="utf-8"))}
    assert found - {"tests/test_house.py"} == set()


ORDERED = {("a", "b"), ("x", "y"), ("src", "tgt"), ("hypotheses", "references"), ("before", "after"),  # by custom
           ("system", "baseline"), ("scores", "baseline_scores"), ("one", "other")}  # fmt: skip


@pytest.mark.parametrize("path", [*MODULES.values()], ids=[*MODULES])
def test_neighbours_of_one_type_are_given_by_name(path):
    """dtype and device were exchanged once, and a sweep filled no ledger: two of one type are given by name."""
    mixed = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            kinds = [each.annotation and ast.unparse(each.annotation).strip("'\"") for each in node.args.args]
            known = [(each.arg, kind) for each, kind in zip(node.args.args, kinds, strict=True)]
            for (one, kind), (other, its) in zip(known, known[1:], strict=False):
                if kind and kind == its and (one, other) not in ORDERED and node.name != "write":  # papermill's
                    mixed.append(f"{node.name}({one}, {other}): {kind}")
    assert mixed == []
