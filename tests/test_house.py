"""The house: eleven rooms, imports that only fall, no cycle between files; every import is counted."""

import ast
import doctest
import importlib
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "llamax_kit"
# from the ground up: a file imports from its own room and from those before it
ROOMS = ("utils", "runs", "data", "scoring", "models", "tasks", "analysis", "reporting", "training", "paper", "app")


def name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name(path): path for path in sorted(PACKAGE.rglob("*.py")) if name(path)}


def imports(source: str, modules=MODULES) -> set[str]:
    """Name the kit's modules that a file imports, at its top or inside functions; what only type checkers read is not.

    Importing a.b.c runs the `__init__` of a and of a.b, too; these are held empty by a test of their own.
    """
    tree = ast.parse(source)
    typed = {node for each in ast.walk(tree) if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.unparse(each.test)
             for node in ast.walk(each)}  # fmt: skip
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "llamax_kit" and node not in typed:
            base = node.module.removeprefix("llamax_kit").removeprefix(".")
            named = [f"{base}.{alias.name}".strip(".") for alias in node.names]
            found |= {each if each in modules else base for each in named}
        if isinstance(node, ast.Import):
            ours = [each.name for each in node.names if each.name.startswith("llamax_kit.")]
            found |= {each.removeprefix("llamax_kit.") for each in ours}
    return found - {""}


GRAPH = {module: imports(path.read_text(encoding="utf-8")) - {module} for module, path in MODULES.items()}


def room(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_the_init_of_a_room_holds_no_code(room):
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
    assert [node for node in tree.body if not isinstance(node, ast.Expr)] == []


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_fall(module):
    assert room(module) in ROOMS
    above = ROOMS[ROOMS.index(room(module)) + 1 :]
    assert {each for each in GRAPH[module] if room(each) in above} == set()


@pytest.mark.parametrize("module", MODULES)
def test_paper_and_training_are_imported_by_the_app_and_by_notebooks_alone(module):
    others = {"paper", "training"} - {room(module)}
    assert room(module) == "app" or {each for each in GRAPH[module] if room(each) in others} == set()


def test_no_file_leads_back_to_itself():
    assert len(list(TopologicalSorter(GRAPH).static_order())) == len(MODULES)


def test_a_cycle_that_is_added_is_found():
    """Two files that import each other, one of them inside a function."""
    added = GRAPH | {"utils.errors": imports("def f():\n    from llamax_kit.runs import storage")}
    with pytest.raises(CycleError):
        list(TopologicalSorter(added).static_order())


INSIDE = {"training.trainers"}  # its classes are transformers' own, so that it needs torch when it is imported


@pytest.mark.parametrize("module", MODULES)
def test_the_kits_own_modules_are_imported_at_the_top(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    top = imports("\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)))
    assert GRAPH[module] - top <= INSIDE


@pytest.mark.parametrize("module", [each for each in MODULES if room(each) != "app"])
def test_nothing_below_the_app_knows_papermill(module):
    tree = ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    assert "papermill" not in {each.module.split(".")[0] for each in tree if isinstance(each, ast.ImportFrom)}


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
