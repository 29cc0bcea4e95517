"""What tests share: the real data where it is, and the reason for skipping where it is not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


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
def lend_example(tmp_path_factory) -> Callable[[Path], Path]:
    """Put the example's two runs into a folder of outputs; they are translated once for all tests, workers' too."""
    from llamax_kit import example

    own = tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "example"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place))
        example.make(*example.RUNS)  # raises where a miniature is missing: nothing that needs one may pass without

    def lend(outputs: Path) -> Path:
        for run in example.RUNS:
            shutil.copytree(place / run, outputs / run)
        return outputs

    return lend
