"""A thousand hostile command lines in one process: each is refused with a message or passes; none ends otherwise.

What executes kernels, trains, or asks a network is stubbed out: a trial ends when all checks have passed.
"""

import os
import random
import signal
from collections import Counter

import hostile
import pytest
import small
from click.testing import CliRunner

from llamax_kit.analysis import gathering
from llamax_kit.app import cli, notebooks
from llamax_kit.app.sweep import execution
from llamax_kit.data import downloads
from llamax_kit.models import loading, template_bounds
from llamax_kit.runs import storage
from llamax_kit.scoring import spbleu
from llamax_kit.tasks.translation import translate
from llamax_kit.training import prepare
from llamax_kit.utils.errors import KitError

TRIALS, SEED, SECONDS = 1000, 20260101, 20


class Passed(BaseException):
    """All checks have passed."""


class Hung(BaseException):
    """A trial took longer than SECONDS."""


def passed(*_, **__):
    raise Passed


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working folder with a model, texts and a finished run, where nothing is executed."""
    root = tmp_path_factory.mktemp("fuzz")
    small.llama(root / "model")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LLAMAX_KIT_OUTPUTS": root / "outputs",
            "HOME": root,
            "LLAMAX_KIT_DATA": root / "data",
        }.items():
            patch.setenv(name, str(value))
        patch.chdir(root)
        patch.setattr(notebooks, "_papermill", passed)
        patch.setattr(execution, "run", passed)
        patch.setattr(prepare, "make", passed)
        patch.setattr(downloads, "fetch", lambda name: downloads.find(name) and passed())
        patch.setattr(template_bounds, "SECONDS", 3)
        for name in ("texts", "dir.ipynb", "data"):
            (root / name).mkdir()
        for code in ("en", "sw"):
            (root / f"texts/{code}.txt").write_text("one\ntwo\n")
        (root / "run.yml").write_text("sentences: 2\n")
        os.mkfifo(root / "fifo")
        table = translate(small.Fake(), small.corpus(3), [("en", "sw"), ("sw", "en")])
        storage.save_translations(storage.folder("good"), table)
        storage.save_table(spbleu.score_table(table, "cldr"), storage.folder("good") / "scores.csv")
        corpus = {"name": "cldr", "release": "CLDR 48", "split": "devtest"}
        storage.record(storage.folder("good"), "05_score_hypotheses", corpus=corpus, parameters={"model": "fake"})
        yield root


@pytest.fixture(scope="module")
def parameters() -> dict[str, list[str]]:
    """The parameters of each notebook."""
    return {path.stem[:2]: [each.name for each in notebooks.parameters(path)] for path in notebooks.notebooks()}


def outcome(words: list[str]) -> tuple[str, str]:
    """Run one trial: "passed", "refused", "traceback" or "hang", and its message."""

    def alarm(*_):
        raise Hung

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        if words and words[0] in ("load", "gather"):
            return _direct(*words)
        result = CliRunner().invoke(cli.main, words, catch_exceptions=True)
        if result.exception is None or (isinstance(result.exception, SystemExit) and result.exit_code == 0):
            return "passed", ""
        if isinstance(result.exception, SystemExit) and result.output.strip() and "Traceback" not in result.output:
            return "refused", result.output
        return "traceback", f"{type(result.exception).__name__}: {result.exception!s:.300}"
    except Passed:
        return "passed", ""
    except Hung:
        return "hang", ""
    except BaseException as error:  # which CliRunner does not catch: a panic of a library in Rust
        return "traceback", f"{type(error).__name__}: {error!s:.300}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _direct(kind: str, given: str) -> tuple[str, str]:
    """Load what a notebook would load: a model, or a run."""
    try:
        if kind == "gather":
            gathering.gather(f"{given} good")
        else:
            found = loading.resolve(given)
            loading.load_tokenizer(found).encode("one two")
            loading.load_model(found, device="cpu")
    except KitError as error:
        return "refused", str(error)
    except Exception as error:
        return "traceback", f"{type(error).__name__}: {error!s:.300}"
    return "passed", ""


def test_no_hostile_trial_ends_in_a_traceback_or_hangs(place, parameters, capsys):
    choose, counts, wrong, by_command = random.Random(int(os.environ.get("FUZZ_SEED", SEED))), Counter(), [], Counter()
    for number in range(int(os.environ.get("FUZZ_TRIALS", TRIALS))):
        words = hostile.command(choose, place, parameters, number)
        kind, message = outcome(words)
        counts[kind] += 1
        by_command[(words or [""])[0][:12]] += 1
        if kind in ("traceback", "hang"):
            wrong.append(f"{number} {kind}: {message}\n    {[word[:120] for word in words]}")
    with capsys.disabled():
        print(f"\n{sum(counts.values())} trials: {dict(counts)}; {dict(by_command.most_common(12))}")
    assert not wrong, "\n".join(wrong)
    assert counts["refused"] > TRIALS // 2 and counts["passed"] > TRIALS // 50


@pytest.mark.parametrize("fault, kind", [(TypeError("old"), "traceback"), (RecursionError("old"), "traceback")])
def test_the_fuzz_finds_a_fault(place, monkeypatch, fault, kind):
    def broken(*_, **__):
        raise fault

    monkeypatch.setattr(notebooks, "check", broken)
    assert outcome(["run", "04"])[0] == kind


def test_the_fuzz_finds_a_hang(place, monkeypatch):
    monkeypatch.setattr(f"{__name__}.SECONDS", 0.3)
    monkeypatch.setattr(notebooks, "check", lambda *_: [None for _ in iter(int, 1)])
    assert outcome(["run", "04"])[0] == "hang"
