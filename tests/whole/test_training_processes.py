"""Trainings in processes of their own: killed at any moment and resumed; shared by two; told when they cannot go on."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest
from small import sentence

from llamax_kit.models import tokenizer_files
from llamax_kit.training import stage, trainers
from llamax_kit.training.corpus.mixture import Record
from llamax_kit.training.examples import dataset
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sha256

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
TWO = Path(__file__).parents[2] / "params/training/two_cpus.yml"
STEPS = {"max_steps": 60, "learning_rate": 1e-3, "save_steps": 6, "logging_steps": 3}
LOGGED = ["step", "tokens", "loss", "learning_rate", "grad_norm"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A model, base/, and examples: 96 rows packed/, and the same padded/; 12 steps of 8 an epoch."""
    place = tmp_path_factory.mktemp("house")
    random_llama.make(place / "base", tokenizer=random_llama.TOKENIZER, seed=1)
    tokenizer = tokenizer_files.load(place / "base")
    records = [Record("instruction", "en", "sw", sentence(at, 8), sentence(at + 500, 12)) for at in range(96)]
    dataset.save(records, tokenizer, place / "padded", packed=False)
    longer = [each._replace(text=" ".join([each.text] * 99)) for each in records]  # fills a block of 128
    dataset.save(longer, tokenizer, place / "packed", block=128)
    assert dataset.facts(place / "packed")["rows"] == 96
    return place


def plan(folder, house, kind, rows):
    shutil.rmtree(folder, ignore_errors=True)
    return stage.plan(
        folder, base=house / "base", examples=house / kind, trainer=STEPS | {"per_device_train_batch_size": rows}
    )


@pytest.fixture(scope="module")
def unbroken(house):
    """Return finished trainings by kind and number of processes, each trained once: batches of 8 in all."""
    found = {}

    def give(kind, processes):
        if (kind, processes) not in found:
            folder = plan(house / f"unbroken-{kind}-{processes}", house, kind, 8 // processes)
            stage.train(folder, launch=TWO if processes == 2 else "")
            found[kind, processes] = folder
        return found[kind, processes]

    return give


def killed(folder, launch=""):
    """Train in a process and kill all of it at a random moment after its next checkpoint."""
    before = {path.name for path in folder.glob("checkpoints/*")}
    program = f"from llamax_kit.training import stage; stage.train({str(folder)!r}, launch={str(launch)!r})"
    process = psutil.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    while not {path.name for path in folder.glob("checkpoints/*")} - before:
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.4))
    for each in [*process.children(recursive=True), process]:
        each.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "model").exists()
    print("killed with", sorted(path.name for path in folder.glob("checkpoints/*")))


def by_hand(folder, **environment):
    """Train in a process as accelerate starts it; return its status and the lines that it said aside."""
    command = [sys.executable, "-m", "llamax_kit.training", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    return done.returncode, done.stderr.splitlines()


def ends_as(whole, folder):
    assert sha256(folder / "model/model.safetensors") == sha256(whole / "model/model.safetensors")
    assert stage.log(folder)[LOGGED].equals(stage.log(whole)[LOGGED])


def test_a_training_killed_twice_ends_with_the_same_weights(house, unbroken):
    folder = plan(house / "killed-packed", house, "packed", 8)
    killed(folder)
    killed(folder)
    status, said = by_hand(folder)
    assert status == 0, said
    ends_as(unbroken("packed", 1), folder)


def test_two_processes_killed_end_with_the_same_weights(house, unbroken):
    folder = plan(house / "killed-padded", house, "padded", 4)
    killed(folder, TWO)
    stage.train(folder, launch=TWO)
    ends_as(unbroken("padded", 2), folder)


@pytest.mark.parametrize("kind", ["packed", "padded"])
def test_two_processes_have_the_losses_of_one(unbroken, kind):
    assert '"processes": 2' in (unbroken(kind, 2) / "settings.json").read_text()
    alone, shared = stage.log(unbroken(kind, 1)), stage.log(unbroken(kind, 2))
    assert alone.step.equals(shared.step) and alone.tokens.equals(shared.tokens)
    difference = (alone.loss - shared.loss).abs().max()
    print(f"{kind}: losses {alone.loss.iloc[0]:.4f} to {alone.loss.iloc[-1]:.4f}, apart at most {difference:.1e}")
    assert difference < 1e-4


def test_begun_by_one_process_two_are_told_in_one_line_what_can_be_mended(house, capfd, monkeypatch):
    folder = plan(house / "begun", house, "packed", 8)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainers.Log, "on_save", Mock(side_effect=KeyboardInterrupt))
        stage.train(folder)
    with pytest.raises(KitError, match="^expected 1 process, as the training in .*begun was begun with, got 2"):
        stage.train(folder, launch=TWO)
    assert "Traceback" not in capfd.readouterr().err
    status, (line,) = by_hand(folder, WORLD_SIZE="2")
    assert status == 1 and line.startswith("llamax_kit.training: expected 1 process")
    assert [path.name for path in folder.glob("checkpoints/*")] == ["checkpoint-6"]  # from which one may go on
