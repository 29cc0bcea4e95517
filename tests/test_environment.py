"""The environment: one lock serves pip, conda and the package, names versions only, and is what runs here."""

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def lock() -> list[str]:
    return [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines() if line.strip()]


def test_the_conda_environment_names_python_and_the_lock_and_nothing_else():
    import yaml

    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = [one for one in environment["dependencies"] if isinstance(one, str)]
    (pip,) = [one for one in environment["dependencies"] if isinstance(one, dict)]
    names = [re.match(r"[\w.-]+", one)[0] for one in conda]
    assert sorted(names) in (["pip", "python"], ["python"])
    assert list(pip) == ["pip"]
    assert pip["pip"][0] in ("-r requirements.txt", "--requirement requirements.txt")
    assert set(pip["pip"][1:]) <= {"-e .", "--no-deps -e ."}
    assert set(environment) <= {"name", "channels", "dependencies"}


def test_every_line_of_the_lock_is_one_exact_version_that_a_user_can_install():
    for line in lock():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*( *; *[\w\s.<>=!'\"]+)?", line), line
    assert {"torch", "transformers", "sacrebleu"} <= {line.split("==")[0] for line in lock()}


def test_the_lock_names_a_package_once():
    names = [re.sub("[-_.]+", "-", line.split("==")[0]).lower() for line in lock()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("line", lock())
def test_what_is_installed_is_what_the_lock_says(line):
    package, version = re.match(r"([^=]+)==([^ ;]+)", line).groups()
    assert metadata.version(package).split("+")[0] == version  # torch's own builds add +cpu, +cu126, …


def test_all_that_the_kit_imports_is_in_the_lock():
    """What an `import` in the package names is a library of the lock, of Python, or the kit itself."""
    import ast
    import sys

    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "llamax_kit").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    ours = set(sys.stdlib_module_names) | {"llamax_kit"}
    locked = {re.sub("[-_.]+", "-", line.split("==")[0]).lower() for line in lock()}
    owners = metadata.packages_distributions()
    for name in {name.split(".")[0] for name in imported} - ours:
        assert any(re.sub("[-_.]+", "-", owner).lower() in locked for owner in owners.get(name, [])), name
