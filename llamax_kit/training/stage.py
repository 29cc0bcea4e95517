"""One training of one model on one folder of examples, by transformers' Trainer, in a folder of its own.

`plan` checks and writes down what determines the weights, `train` trains: in this process, or in those that
`accelerate launch` starts. A training that was killed goes on from its last whole checkpoint and ends with the weights
of an unbroken one, bit for bit on one machine (on a GPU: with `full_determinism: true`). The model is trained in
float32; `bf16: true` computes in bfloat16 and keeps float32 weights (autocast).

A folder holds settings.json, log.csv, checkpoints/ while it is at work, and at the end model/.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import deque
from contextlib import nullcontext
from pathlib import Path

from llamax_kit.models import checkpoints, hub, loading, weights
from llamax_kit.training import resume, settings
from llamax_kit.training.examples import dataset
from llamax_kit.utils import locks, progress
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sound, whole

FULL = 2**24  # bytes free, below which a training that failed is taken to have failed by that
SAID = "llamax_kit.training: "  # what one of several processes puts before a message that a user can mend


def plan(folder: Path | str, *, base: Path | str, examples: Path | str, trainer: dict, seed: int = 1) -> Path:
    """Check a training and write its settings into `folder`, or check that they are those there; return `folder`.

    `base`: a Llama, by folder or name (see `loading.resolve`). `examples`: a folder that `dataset.save` wrote.
    `trainer`: arguments of transformers' TrainingArguments, such as {"learning_rate": 2e-5, "num_train_epochs": 1,
    "per_device_train_batch_size": 32, "bf16": True, "save_steps": 500}; what is not given is transformers' default, but
    two checkpoints are kept.

    Raises KitError, before anything is trained, for another architecture, a vocabulary, tokenizer or context that does
    not fit the examples, an argument that does not exist, is not open or does not suit the examples, and
    for settings other than those that the training in `folder` was begun with: each thing that changed is named.
    """
    folder, examples = Path(folder), Path(examples)
    chosen, known, found = settings.arguments(trainer), dataset.facts(examples), loading.resolve(str(base))
    settings.check_architecture(found)
    settings.check_fit(found, known, examples)
    if not known["packed"]:  # batches of like lengths
        chosen = {"train_sampling_strategy": "group_by_length"} | chosen
    settings.check_order(chosen, facts=known, where=examples)
    now = settings.determining(found, known, chosen=chosen, seed=seed)
    if (folder / "settings.json").is_file():
        settings.compare(folder, _laid_down(folder)["determines"], now=now)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"could not make {folder}: {error}. To mend: name a folder that can be written") from error
    laid = {
        "base": found.hub + "@" + found.revision if found.hub else str(found.folder),
        "examples": str(examples.resolve()),
        "seed": seed,
        "trainer": chosen,
        "determines": json.loads(json.dumps(now)),
    }
    _lay_down(folder, (_laid_down(folder) if (folder / "settings.json").is_file() else {}) | laid)
    return folder


def train(folder: Path | str, *, launch: Path | str = "") -> Path:
    """Train what `plan` planned, or what is left of it; return folder/model. A finished folder trains nothing.

    `launch`: the path of an accelerate configuration (see params/training/), by which `accelerate launch` then starts
    the processes; "" trains in this process. One process at a time is at work in a folder.

    Raises KitError when nothing was planned there, when base or examples are gone or changed, when a training that
    was begun with so many processes, one precision and one kind of parallelism shall go on with others, when launched
    processes fail; locks.Busy when another is at work there.
    """
    folder = Path(folder)
    if _finished(folder):
        return folder / "model"
    laid = _laid_down(folder)
    if launch:
        _launch(folder, config=Path(launch))
        return folder / "model"
    rank, processes = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    with locks.held(folder) if rank == 0 else nullcontext():
        if rank == 0:
            shutil.rmtree(folder / ".model", ignore_errors=True)
        _train(folder, laid, rank, processes=processes)
    return folder / "model"


def log(folder: Path | str):
    """Read how a training went, also while it is at work: a DataFrame, a row for each time that Trainer logged.

    step; tokens (seen so far, all processes, padding left out unless packed); loss (mean since the row before, nats a
    token); learning_rate; grad_norm; seconds (of training so far, over resumes too, without what a killed process did
    in vain); tokens_per_second (since the row before).

    Raises KitError when nothing was logged yet.
    """
    import pandas as pd

    path = Path(folder) / "log.csv"
    if not path.is_file():
        raise KitError(f"expected log.csv in {folder}, but nothing was logged yet. To mend: train it first")
    return sound(path, pd.read_csv, "train again: what is whole is kept")


def _finished(folder: Path) -> bool:
    return (folder / "model" / "config.json").is_file()


def _laid_down(folder: Path) -> dict:
    path = folder / "settings.json"
    if not path.is_file():
        raise KitError(f"expected a planned training in {folder}, but it has no settings.json. To mend: plan it")
    return sound(path, lambda path: json.loads(path.read_text(encoding="utf-8")), "remove the folder and plan it again")


def _lay_down(folder: Path, laid: dict) -> None:
    with whole(folder / "settings.json") as scratch:
        scratch.write_text(json.dumps(laid, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _train(folder: Path, laid: dict, rank: int, *, processes: int) -> None:
    from llamax_kit.training import trainers

    base = loading.resolve(laid["base"])
    known = dataset.facts(laid["examples"])
    now = settings.determining(base, known, chosen=laid["trainer"], seed=laid["seed"])
    settings.compare(folder, laid["determines"], now=json.loads(json.dumps(now)))
    saved = folder / "checkpoints"
    begun = laid.get("processes", processes)
    sharded = trainers.sharded(laid)
    last = resume.last_whole(saved, begun, sharded)
    if last and begun != processes:
        raise KitError(
            f"expected {begun} {'process' if begun == 1 else 'processes'}, as the training in {folder} was begun with, "
            f"got {processes}: its batches would have another size. To mend: launch it as it was begun, or train in "
            f"another folder"
        )
    place = hub.weights(base.hub, revision=base.revision) if base.hub else base.folder
    with weights.progress_bar(False), trainers.quiet():
        arguments = trainers.arguments(folder, laid, facts=known)  # first: loading weights asks whether this is FSDP
        # flash attention would not see where examples begin
        model = weights.load(place, dtype="float32", device="cpu", attention="sdpa")
        trainer = trainers.make(model, arguments, folder, laid, facts=known)
        launched = trainers.launched(trainer)
        if last:
            settings.compare(folder, {name: laid.get(name, launched[name]) for name in launched}, now=launched)
        if rank == 0:
            _lay_down(folder, laid | {"processes": processes} | launched)
            resume.drop_parts(saved, begun, sharded)
        try:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
            trainer.save_model(str(folder / ".model"))  # of all processes, with FSDP
        except Exception as error:
            if (free := shutil.disk_usage(folder).free) > FULL:
                raise
            raise KitError(
                f"the disk of {folder} is full ({free / 1e6:,.1f} MB are free): {str(error)[:200]}. To mend: free some "
                f"space, or keep fewer checkpoints (save_total_limit: 1), and start the same training again: it goes "
                f"on from the last whole checkpoint"
            ) from error
    if rank == 0:
        _ship(folder, base=base.folder)
    trainer.accelerator.wait_for_everyone()


def _ship(folder: Path, *, base: Path) -> None:
    """Make the saved weights a model folder, with the base's own tokenizer and other files; drop the checkpoints."""
    scratch = folder / ".model"
    for name in ("training_args.bin", "generation_config.json"):
        (scratch / name).unlink(missing_ok=True)
    config = checkpoints.read_json(scratch / "config.json")
    config["use_cache"] = checkpoints.read_json(base / "config.json").get("use_cache", True)
    (scratch / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8", newline="\n")
    for name in checkpoints.TEXTS:
        if name != "config.json" and (base / name).is_file():
            shutil.copyfile(base / name, scratch / name)
    umask = os.umask(0)
    os.umask(umask)
    for file in scratch.iterdir():
        file.chmod(0o666 & ~umask)  # safetensors makes files that only their owner reads
    scratch.rename(folder / "model")
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _launch(folder: Path, *, config: Path) -> None:
    """Train by `accelerate launch` in processes of their own; what they write to stderr is repeated here."""
    from accelerate.commands.config.config_args import load_config_from_file

    try:
        read = load_config_from_file(str(config))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise KitError(
            f"expected an accelerate configuration in {config}: {error}. To mend: write one with `accelerate config`, "
            f"or take one of params/training/"
        ) from error
    environment = dict(os.environ)
    environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // max(1, read.num_processes))))
    if read.use_cpu:  # accelerate itself says so to its processes in some cases only
        environment["ACCELERATE_USE_CPU"] = "true"
    program = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(config)]
    command = [*program, "-m", "llamax_kit.training", str(folder.resolve())]
    last: deque[str] = deque(maxlen=20)
    mended = ""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace", env=environment) as process:
        for line in process.stderr:
            mended = mended or line.startswith(SAID) and line.removeprefix(SAID).strip()
            if not mended:  # what torch says behind it, of processes that ended, hides it
                last.append(line.rstrip())
                progress.repeat(line)
    if process.returncode or not _finished(folder):
        if mended:
            raise KitError(mended)
        said = next((line for line in reversed(last) if line.strip()), "they said nothing")
        raise KitError(
            f"the processes launched by {config} did not end their training: {said}. To mend: read what they said "
            f"above; the same command goes on from the last whole checkpoint"
        )
