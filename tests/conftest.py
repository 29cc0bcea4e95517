"""What tests share: the real data where it is, and the reason for skipping where it is not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    # each worker, and what it starts, has its share of the processors: more threads than these wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of the many processes that tests start compiles the kit


# what takes long; before all others, the demo, which lends its runs to them
FIRST = ("whole/test_demo.py", "whole/test_train", "whole/", "test_readme", "test_training")


def pytest_configure(config):
    """Hand files to workers in their order here, and not those of many tests first, which are the quick ones."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Begin with what takes long, so that at the end no worker waits for another."""

    def rank(item):
        return next((at for at, name in enumerate(FIRST) if f"tests/{name}" in item.nodeid), len(FIRST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data (FLORES, tokenizers, system outputs), or a skip that says how to get it."""
    folder = os.environ.get("LLAMAX_KIT_DATA")
    if not folder or not (Path(folder) / "flores101_dataset").is_dir():
        pytest.skip("needs the real data: set LLAMAX_KIT_DATA to a folder that holds flores101_dataset/ and the rest")
    return Path(folder)


@pytest.fixture(scope="session")
def released(data) -> Path:
    """The folder of the authors' released scores, or a skip that says how to get it."""
    if not (data / "llamax_results").is_dir():
        pytest.skip("needs the authors' released scores: llamax-kit fetch llamax_results")
    return data / "llamax_results"


@pytest.fixture(scope="session")
def example_place(tmp_path_factory) -> Path:
    """Where the example's two runs are kept for all tests, workers' too."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "example"


@pytest.fixture(scope="session")
def lend_example(example_place) -> Callable[[Path], Path]:
    """Put the example's two runs into a folder of outputs; they are the demo's, or translated once."""
    from llamax_kit.app import demo

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(example_place))
        demo.make(*demo.RUNS)  # raises where a miniature is missing: nothing that needs one may pass without

    def lend(outputs: Path) -> Path:
        for run in demo.RUNS:
            shutil.copytree(example_place / run, outputs / run)
        return outputs

    return lend
