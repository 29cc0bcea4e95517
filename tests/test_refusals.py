"""What is no model here, or not the file itself, is refused with the true reason, before a kernel starts where it can.

Each advice is followed where it can be, and then it works.
"""

import json
import shutil
from pathlib import Path

import pytest
import small
from click.testing import CliRunner

from llamax_kit.app import cli, notebooks, parameter_checks, parameters
from llamax_kit.app.sweep import jobs
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.models.engines.base import Completion
from llamax_kit.models.ledger import Ledger
from llamax_kit.paper import release
from llamax_kit.runs import storage
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs
from llamax_kit.training import recipe
from llamax_kit.training.corpus import streams
from llamax_kit.utils.errors import KitError


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small Llama in it."""
    return small.llama(tmp_path_factory.mktemp("refusals") / "base").parent


@pytest.fixture
def base(made, tmp_path, monkeypatch) -> Path:
    """A copy of the Llama, to change, in the folder where the test works."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(made / "base", tmp_path / "base")


def early(notebook: str, **values) -> None:
    """Check values as `run` and `sweep` do, before any kernel."""
    source = notebooks.find(notebook)
    parameters.check(source, values)
    defaults = {each.name: each.default for each in parameters.parameters(source)}
    parameter_checks.check(source.stem, defaults, values=values)


def load(model, adapter: str = "") -> None:
    """Load a model as an engine does."""
    found = loading.resolve(str(model), adapter=adapter)
    loading.load_tokenizer(found)
    loading.load_model(found, device="cpu")


def told(act, *arguments, **named) -> str:
    """Return the message of a refusal."""
    with pytest.raises(KitError) as caught:
        act(*arguments, **named)
    assert "To mend: " in str(caught.value)
    return str(caught.value)


def rewrite(path: Path, **changes) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


# Git LFS pointers

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 120000\n"


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "config.json", "generation_config.json",
                                  "tokenizer.model", "tokenizer.json", "chat_template.jinja"])  # fmt: skip
def test_a_pointer_in_a_model_folder_is_refused(name, base):
    if name == "pytorch_model.bin":
        (base / "model.safetensors").unlink()
    (base / name).write_text(POINTER)
    for act in (lambda: early("04", model="base"), lambda: load(base)):
        assert f"base/{name} is a Git LFS pointer" in told(act)


def read_hypotheses(folder: str):
    read_outputs(find_outputs(folder), load_corpus("cldr", ["en", "sw"]))


READERS = {  # a file of a user's, and what reads it
    "corpus/en.txt": lambda: load_corpus("corpus", ["en"]),
    "said/en-sw/s.txt": lambda: read_hypotheses("said"),
    "said/en-sw/s.jsonl": lambda: read_hypotheses("said"),
    "ours/swh.txt": lambda: list(streams.lines(Path("ours/swh.txt"))),
    "prompt.txt": lambda: early("04", prompt="prompt.txt"),
    "pieces.model": lambda: early("04", tokenize="pieces.model"),
    "cut.model": lambda: early("07", tokenizer="cut.model"),
    "values.yml": lambda: parameters.given_values(parameters_file=["values.yml"]),
    "sweep.yml": lambda: jobs.read("sweep.yml"),
    "recipe.yml": lambda: recipe.read("recipe.yml"),
    "own.ipynb": lambda: early("own.ipynb"),
    "scores.csv": lambda: release.read(Path("scores.csv")),
    "outputs/old/run.json": lambda: storage.load("old"),
    "outputs/old/scores.csv": lambda: storage.load("old"),
    "outputs/old/translations/s/en-sw.parquet": lambda: storage.load("old"),
    "data/flores_plus/devtest/eng_Latn.parquet": lambda: load_corpus("flores_plus", ["en"]),
    "data/flores_plus/devtest/swh_Latn.jsonl": lambda: load_corpus("flores_plus", ["sw"]),
    "data/flores101_dataset/devtest/eng.devtest": lambda: load_corpus("flores101", ["en"]),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pointer_in_place_of_a_users_file_is_refused(name, base, tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "data"))
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "outputs/old").mkdir(parents=True, exist_ok=True)
    (tmp_path / "outputs/old/run.json").write_text("{}")
    (tmp_path / name).write_text(POINTER)
    message = told(READERS[name])
    assert f"{name} is a Git LFS pointer" in message and "`git lfs pull`" in message


def test_hypotheses_and_references_that_are_pointers_get_no_score(base):
    for name in ("ours.sw", "theirs.sw"):
        Path(name).write_text(POINTER)  # three equal lines, which once were 96.43 points
    done = CliRunner().invoke(cli.main, "score --hypotheses ours.sw --references theirs.sw --tokenize cldr".split())
    assert done.exit_code == 1 and "ours.sw is a Git LFS pointer" in done.output


def test_outputs_that_are_pointers_are_told_before_a_kernel_where_they_are_asked_for(base, tmp_path):
    for name, text in {"en-sw/a.txt": "moja\n", "en-de/a.txt": POINTER}.items():
        (tmp_path / "said" / name).parent.mkdir(parents=True)
        (tmp_path / "said" / name).write_text(text)
    for chosen in ("", "en-de"):
        assert "en-de/a.txt is a Git LFS pointer" in told(early, "05", hypotheses="said", directions=chosen)
    early("05", hypotheses="said", directions="en-sw")


def test_a_ledger_that_is_pointers_is_left_as_it_is(tmp_path):
    ledger = Ledger(tmp_path, {"engine": "test"})
    ledger.add([("a", Completion("b", "stop", 1))])
    (file,) = ledger.folder.glob("*.jsonl")
    file.write_text(POINTER)
    assert "is a Git LFS pointer" in told(Ledger(tmp_path, {"engine": "test"}).find, ["a"])
    assert file.read_text() == POINTER
