"""transformers' Trainer as `stage` uses it: its arguments, its log with time and tokens, its order of like lengths.

What a step computes, how it is shared out to processes and kept in checkpoints is Trainer's own, unchanged.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_pt_utils import LengthGroupedSampler, get_length_grouped_indices
from transformers.utils import logging

from llamax_kit.training import resume, settings
from llamax_kit.training.examples import dataset
from llamax_kit.utils import progress
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole

EVERY = 10  # seconds, at least, between two lines of progress; log.csv is written with them, and with each checkpoint


@contextmanager
def quiet() -> Iterator[None]:
    """Let transformers write errors alone, as long as the block lasts: `Log` writes what else matters."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def arguments(folder: Path, laid: dict, *, facts: dict) -> TrainingArguments:
    """Make transformers' arguments for a planned training; this also joins the other processes."""
    cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true" or not torch.accelerator.is_available()
    return TrainingArguments(
        output_dir=str(folder / "checkpoints"),
        seed=laid["seed"],
        data_seed=laid["seed"],
        use_cpu=cpu,
        include_num_input_tokens_seen="all" if facts["packed"] else "non_padding",
        **({"dataloader_pin_memory": not cpu} | settings.OURS | laid["trainer"]),
    )


def make(model, arguments: TrainingArguments, folder: Path, laid: dict, *, facts: dict) -> Trainer:
    """Make the Trainer of a planned training; every process makes its own.

    Raises KitError for a kind of parallelism whose checkpoints `resume` does not know.
    """
    log = Log(folder / "log.csv")
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=dataset.load(laid["examples"]),
        data_collator=partial(dataset.collate, pad=facts["pad"]),
        callbacks=[log],
    )
    trainer.remove_callback(PrinterCallback)
    plugin = getattr(trainer.accelerator.state, "fsdp_plugin", None)
    if trainer.is_deepspeed_enabled or (plugin and "FULL_STATE_DICT" not in str(plugin.state_dict_type)):
        raise KitError(
            "expected plain data parallelism, or FSDP with fsdp_state_dict_type: FULL_STATE_DICT, whose checkpoints "
            "can be seen to be whole, but accelerate was configured for another kind. To mend: see "
            "params/training/fsdp.yml"
        )
    return trainer


def launched(trainer: Trainer) -> dict[str, str]:
    """Return what also determines the weights but depends on the launch: precision, and kind of parallelism."""
    kind = "FSDP" if trainer.is_fsdp_enabled else "data"
    return {"mixed_precision": trainer.accelerator.mixed_precision, "parallelism": kind}


def sharded(laid: dict) -> bool:
    """Return whether a training's checkpoints are FSDP's: as it was begun, or else as this process was launched."""
    now = laid["trainer"].get("fsdp") or os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"
    return laid.get("parallelism", "FSDP" if now else "data") == "FSDP"


class Log(TrainerCallback):
    """Add seconds to what Trainer logs, write it as log.csv, and report progress (see `utils.progress`).

    Each checkpoint has a row of its own, so that a training that goes on from it logs what an unbroken one logs.
    """

    def __init__(self, path: Path):
        self.path, self.first, self.begun, self.before, self.said = path, 0, 0.0, 0.0, float("-inf")

    def on_train_begin(self, args, state, control, **kwargs):
        self.begun, self.first = time.monotonic(), state.global_step
        self.before = state.log_history[-1].get("seconds", 0.0) if state.log_history else 0.0
        state.compute_steps(args, state.max_steps)  # a checkpoint brings those it was made with

    def on_step_end(self, args, state, control, **kwargs):
        if control.should_save:
            control.should_log = True

    def on_log(self, args, state, control, logs=None, **kwargs):
        row = state.log_history[-1]
        row["seconds"] = round(self.before + time.monotonic() - self.begun, 3)
        if state.is_world_process_zero and "loss" in row and time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            self._write(state)
            each = (row["seconds"] - self.before) / max(1, row["step"] - self.first)
            left = f"{each * (state.max_steps - row['step']) / 60:.1f} minutes left"
            progress.say(f"step {row['step']:,} of {state.max_steps:,}, loss {row['loss']:.3f}, {left}")

    def on_save(self, args, state, control, **kwargs):
        if state.is_world_process_zero:
            self._write(state)
            resume.seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_train_end(self, args, state, control, **kwargs):
        if state.is_world_process_zero:
            self._write(state)

    def _write(self, state) -> None:
        import pandas as pd

        rows = [row for row in state.log_history if "loss" in row]
        table = pd.DataFrame(rows).rename(columns={"num_input_tokens_seen": "tokens"})
        since = table[["tokens", "seconds"]].diff().fillna(table[["tokens", "seconds"]])
        table["tokens_per_second"] = (since.tokens / since.seconds).round(1)
        columns = ["step", "tokens", "loss", "learning_rate", "grad_norm", "seconds", "tokens_per_second"]
        with whole(self.path) as scratch:
            table[columns].to_csv(scratch, index=False, lineterminator="\n")


class _Trainer(Trainer):
    """Trainer whose order of like lengths depends on seed and epoch alone.

    Its own draws from torch's common random numbers, which after a resume in a later epoch are others.
    """

    def _get_train_sampler(self, train_dataset=None):
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        together = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        return _ByLength(together, self.train_dataset.data["length"].to_pylist(), self)


class _ByLength(LengthGroupedSampler):
    def __init__(self, together: int, lengths: list[int], trainer: Trainer):
        super().__init__(together, lengths=lengths)
        self.trainer = trainer

    def __iter__(self):
        epoch = int(self.trainer.state.epoch or 0)
        generator = torch.Generator().manual_seed(self.trainer.args.seed + epoch)
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))
