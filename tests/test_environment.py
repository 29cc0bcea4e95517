"""The environment: one lock serves pip, conda and the package, names versions only, and is what runs here."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

from llamax_kit.app import doctor

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


def test_other_systems_have_in_the_lock_what_they_need_besides():
    """As `uv pip compile --python-platform` finds: a terminal in JupyterLab on Windows, a kernel on macOS."""
    besides = {Requirement(line).name: str(Requirement(line).marker) for line in lock() if ";" in line}
    assert besides == {"pywinpty": 'sys_platform == "win32"', "appnope": 'sys_platform == "darwin"'}
    assert not besides.keys() & doctor.locked().keys() or sys.platform != "linux"


HERE = [line for line in lock() if (Requirement(line).marker or Marker("python_version > '3'")).evaluate()]


@pytest.mark.parametrize("line", HERE)
def test_what_is_installed_is_what_the_lock_says(line):
    package, version = re.match(r"([^=]+)==([^ ;]+)", line).groups()
    assert metadata.version(package).split("+")[0] == version  # torch's own builds add +cpu, +cu126, …


def imported() -> set[str]:
    """The packages that the kit imports, of each name one; Python's own and the kit itself aside."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "llamax_kit").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    others = {name.split(".")[0] for name in names} - {*sys.stdlib_module_names, "llamax_kit"}
    locked = {re.sub("[-_.]+", "-", line.split("==")[0]).lower() for line in lock()}
    owners = metadata.packages_distributions()
    found = {name: [each for each in owners.get(name, []) if re.sub("[-_.]+", "-", each).lower() in locked]
             for name in others}  # fmt: skip
    assert all(found.values()), found
    return {each[0] for each in found.values()}


def test_all_that_the_kit_imports_is_in_the_lock():
    assert {"torch", "sacrebleu"} <= imported()


def required() -> dict[str, str]:
    """The packages that an installation of the kit asks for, each with the lowest version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(line.split(">=") for line in project["dependencies"])


def test_an_installation_asks_for_few_packages_and_pins_none():
    """Pins of everything would shut the kit out of an environment with vLLM, or with a torch for CUDA."""
    assert len(required()) <= 20


@pytest.mark.parametrize(("package", "lowest"), required().items())
def test_the_lock_holds_what_an_installation_asks_for(package, lowest):
    locked = dict(line.split(" ;")[0].split("==") for line in lock())
    assert Version(locked[package]) >= Version(lowest)


def test_what_the_kit_imports_comes_with_what_an_installation_asks_for():
    """Directly, or as a requirement of one of them that no extra asks for."""
    wanted, found = [*required()], set()
    while wanted:
        name = re.sub("[-_.]+", "-", wanted.pop()).lower()
        if name not in found:
            found.add(name)
            lines = [Requirement(line) for line in metadata.requires(name) or ()]
            wanted += [line.name for line in lines if line.marker is None or line.marker.evaluate({"extra": ""})]
    assert {re.sub("[-_.]+", "-", name).lower() for name in imported()} <= found
