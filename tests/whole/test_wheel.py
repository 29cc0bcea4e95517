"""The kit as a user installs it: a wheel, in an environment without a checkout, runs the demo and has its notebooks."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
ALONE["JUPYTER_PATH"] = str(Path(sys.prefix) / "share/jupyter")  # nbconvert's templates lie beside the libraries


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The bin folder of an environment that holds the wheel, beside the libraries that the tests have."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"  # a build in the checkout would take up what an earlier one left there
    source.mkdir()
    for name in ("llamax_kit", "notebooks"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", place, source], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "env"], check=True)
    (wheel,) = place.glob("*.whl")
    python = place / "env/bin/python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], env=ALONE, check=True)
    site = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                          env=ALONE, capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib"))  # but not the checkout, which is editable
    return place / "env/bin"


def test_it_runs_the_demo_and_lists_its_notebooks(installed, tmp_path, lend_example):
    (tmp_path / "out").mkdir()
    environment = ALONE | {"LLAMAX_KIT_OUTPUTS": str(lend_example(tmp_path / "out"))}

    def kit(*words):
        command = [installed / "llamax-kit", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import llamax_kit; print(llamax_kit.__file__)"
    found = subprocess.run([installed / "python", "-c", where], cwd=tmp_path, env=environment,
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert str(installed.parent) in found.stdout
    assert "mini-llamax-alpaca is mini-llama-alpaca after continual pre-training" in kit("demo")
    record = json.loads((tmp_path / "out/demo_gains/run.json").read_text(encoding="utf-8"))
    assert record["git"] is None and (tmp_path / "out/demo_gains/06_see_language_gains.html").is_file()
    assert kit("run", "04", "--help-notebook").startswith("parameter")
