"""A stage: Trainer's loss is the loss, a broken training ends as an unbroken one, bad input is told before it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from small import sentence

from llamax_kit.models import tokenizer_files, weights
from llamax_kit.training import resume, settings, stage, trainers
from llamax_kit.training.corpus.mixture import Record
from llamax_kit.training.examples import dataset
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import sha256

SHAPE = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
STEPS = {"max_steps": 13, "per_device_train_batch_size": 4, "learning_rate": 1e-2, "save_steps": 5, "logging_steps": 2}
# up to 20 rows, 5 steps an epoch: step 13 lies in the third


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder with a model, base/, and the same examples packed/ and padded/."""
    place = tmp_path_factory.mktemp("house")
    random_llama.make(place / "base", tokenizer=random_llama.TOKENIZER, seed=1, **SHAPE)
    tokenizer = tokenizer_files.load(place / "base")
    records = [Record("pair", "en", "sw", "", sentence(at, 12)) for at in range(20)]
    dataset.save(records, tokenizer, place / "padded", packed=False)
    dataset.save([each for each in records for _ in "ab"], tokenizer, place / "packed", block=64)
    return place


def trained(folder, house, kind="packed", seed=1, **changes):
    return stage.train(
        stage.plan(folder, base=house / "base", examples=house / kind, trainer=STEPS | changes, seed=seed)
    )


@pytest.fixture(scope="module")
def unbroken(house):
    """Two finished trainings, by the kind of their examples."""
    for kind in ("packed", "padded"):
        trained(house / f"unbroken-{kind}", house, kind)
    return {kind: house / f"unbroken-{kind}" for kind in ("packed", "padded")}


def breaking(monkeypatch, at):
    """Let trainings break off after step `at`, as Ctrl-C would."""
    step_end = trainers.Log.on_step_end

    def broken(self, args, state, control, **kwargs):
        step_end(self, args, state, control, **kwargs)
        if state.global_step == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(trainers.Log, "on_step_end", broken)


def broken_off(folder, house, monkeypatch, kind="packed", at=12):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        breaking(patch, at)
        trained(folder, house, kind)
    return folder


def alone(folder):
    """Ids and labels of each example of a folder, also of those that share a row."""
    import torch

    for row in dataset.load(folder):
        ids, labels = (torch.as_tensor(row[name]).long() for name in ("input_ids", "labels"))
        starts = [at for at, position in enumerate(row.get("position_ids", [0])) if position == 0]
        for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
            if any(labels[start:end] != -100):  # else it is padding
                yield ids[start:end], labels[start:end]


def digest(model):
    return sha256(model / "model.safetensors")


def test_the_first_loss_is_that_of_plain_torch_and_it_falls(house, unbroken):
    import torch

    model = weights.load(house / "base", dtype="float32", device="cpu")
    for kind in ("padded", "packed"):  # each example by itself, as if there were no other
        total, count = 0.0, 0
        with torch.no_grad():
            for ids, labels in alone(house / kind):
                logits = model(ids[None]).logits[0, :-1]
                total += torch.nn.functional.cross_entropy(logits, labels[1:], reduction="sum").item()
                count += int((labels[1:] != -100).sum())
        stage.train(
            stage.plan(
                house / f"first-{kind}", base=house / "base", examples=house / kind,
                trainer={"max_steps": 1, "per_device_train_batch_size": 5, "gradient_accumulation_steps": 4,
                 "logging_steps": 1},
            )
        )  # fmt: skip
        assert stage.log(house / f"first-{kind}").loss[0] == pytest.approx(total / count, abs=1e-5)
        log = stage.log(unbroken[kind])
        assert log.loss.iloc[-1] < log.loss.iloc[0] - 1


def test_the_log_counts_tokens_and_seconds(unbroken):
    packed, padded = stage.log(unbroken["packed"]), stage.log(unbroken["padded"])
    assert packed.step.tolist() == [2, 4, 5, 6, 8, 10, 12, 13]  # each checkpoint has a row of its own
    epoch = dataset.facts(unbroken["packed"].parent / "packed")["tokens"]
    assert packed.tokens.tolist()[:3] == [2 * 4 * 64, 4 * 4 * 64, epoch] and packed.tokens[5] == 2 * epoch
    assert (
        0
        < padded.tokens.iloc[-1]
        < 13 * 4 * max(row["length"] for row in dataset.load(unbroken["padded"].parent / "padded"))
    )
    for log in (packed, padded):
        assert log.seconds.is_monotonic_increasing and (log.tokens_per_second > 0).all()
        assert set(log) == {"step", "tokens", "loss", "learning_rate", "grad_norm", "seconds", "tokens_per_second"}


def test_the_model_is_whole_with_the_bases_own_tokenizer_and_any_engine_loads_it(house, unbroken):
    model = unbroken["packed"] / "model"
    assert sha256(model / "tokenizer.model") == sha256(house / "base/tokenizer.model")
    assert {path.name for path in model.iterdir()} == {path.name for path in (house / "base").iterdir()}
    assert json.loads((model / "config.json").read_text())["use_cache"] is True
    assert (model / "model.safetensors").stat().st_mode & 0o444 == (model / "config.json").stat().st_mode & 0o444
    assert weights.load(model, dtype="float32", device="cpu").num_parameters() == settings.count(house / "base")
    assert sorted(path.name for path in unbroken["packed"].iterdir()) == ["log.csv", "model", "settings.json"]


@pytest.mark.parametrize("kind", ["packed", "padded"])
def test_a_training_broken_off_in_a_later_epoch_ends_as_an_unbroken_one(house, unbroken, tmp_path, monkeypatch, kind):
    broken_off(tmp_path / "t", house, monkeypatch, kind, at=7)
    broken_off(tmp_path / "t", house, monkeypatch, kind, at=12)
    assert resume.last_whole(tmp_path / "t/checkpoints").name == "checkpoint-10"
    assert digest(trained(tmp_path / "t", house, kind)) == digest(unbroken[kind] / "model")
    columns = ["step", "tokens", "loss", "learning_rate", "grad_norm"]
    assert stage.log(tmp_path / "t")[columns].equals(stage.log(unbroken[kind])[columns])


def test_the_same_seed_gives_the_same_weights_and_another_others(house, unbroken, tmp_path):
    assert digest(trained(tmp_path / "same", house)) == digest(unbroken["packed"] / "model")
    for kind in ("packed", "padded"):
        assert digest(trained(tmp_path / kind, house, kind, seed=2)) != digest(unbroken[kind] / "model")


def test_a_checkpoint_cut_in_half_is_passed_over(house, unbroken, tmp_path, monkeypatch):
    saved = broken_off(tmp_path / "t", house, monkeypatch) / "checkpoints"
    names = [path.name for path in (saved / "checkpoint-10").iterdir()]
    assert {"model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"} <= {*names}
    for name in names:
        shutil.copytree(saved / "checkpoint-10", tmp_path / "checkpoint-10")
        content = (tmp_path / "checkpoint-10" / name).read_bytes()
        (tmp_path / "checkpoint-10" / name).write_bytes(content[: len(content) // 2])
        assert not resume.is_whole(tmp_path / "checkpoint-10"), name
        (tmp_path / "checkpoint-10" / name).unlink()
        assert resume.is_whole(tmp_path / "checkpoint-10") == (name == resume.SEAL)
        shutil.rmtree(tmp_path / "checkpoint-10")
    assert resume.is_whole(saved / "checkpoint-10") and not resume.is_whole(saved / "checkpoint-10", processes=2)
    two = shutil.copytree(saved / "checkpoint-10", tmp_path / "checkpoint-10")
    (two / "rng_state.pth").rename(two / "rng_state_0.pth")
    resume.seal(two)
    assert not resume.is_whole(two, processes=2)  # the other process had not come to it
    shutil.copy(two / "rng_state_0.pth", two / "rng_state_1.pth")
    assert resume.is_whole(two, processes=2) and not resume.is_whole(two, processes=3)
    assert not resume.is_whole(two, processes=2, sharded=True)
    (two / resume.SEAL).unlink()
    (two / "optimizer.pt").rename(two / "optimizer.bin")  # FSDP's: a plain training cannot go on with it
    assert not resume.is_whole(two, processes=2) and not resume.is_whole(two, processes=2, sharded=True)
    shutil.copy(two / "optimizer.bin", two / "pytorch_model_fsdp.bin")  # nor FSDP without weights of its own
    assert not resume.is_whole(two, processes=2) and resume.is_whole(two, processes=2, sharded=True)
    with open(saved / "checkpoint-10/optimizer.pt", "rb+") as file:
        file.truncate(1000)
    assert resume.last_whole(saved).name == "checkpoint-5"
    assert digest(trained(tmp_path / "t", house)) == digest(unbroken["packed"] / "model")


def test_a_checkpoint_whose_bytes_changed_without_its_length_is_passed_over(house, unbroken, tmp_path, monkeypatch):
    saved = broken_off(tmp_path / "t", house, monkeypatch) / "checkpoints"
    for name in ("model.safetensors", "optimizer.pt", "scheduler.pt"):
        copy = shutil.copytree(saved / "checkpoint-10", tmp_path / "checkpoint-10")
        with open(copy / name, "rb+") as file:  # as a file system leaves pages that a power failure kept from the disk
            file.seek(file.seek(0, os.SEEK_END) // 2)
            file.write(bytes(16))
        assert not resume.is_whole(copy), name
        shutil.rmtree(copy)
    shutil.copytree(saved / "checkpoint-10", tmp_path / "kept")
    with open(saved / "checkpoint-10/optimizer.pt", "rb+") as file:
        file.seek(4096)
        file.write(bytes(16))
    assert resume.last_whole(saved).name == "checkpoint-5"
    assert digest(trained(tmp_path / "t", house)) == digest(unbroken["packed"] / "model")


def test_a_finished_folder_trains_nothing(house, unbroken, monkeypatch):
    monkeypatch.setattr(weights, "load", None)
    assert trained(unbroken["packed"], house) == unbroken["packed"] / "model"


def test_changed_settings_are_refused_by_name(house, unbroken, tmp_path, monkeypatch):
    folder = broken_off(tmp_path / "t", house, monkeypatch)
    with pytest.raises(
        KitError, match=r"changed are: seed 1 → 2, learning_rate 0.01 → 0.02, weight_decay not set → 0.1"
    ):
        trained(folder, house, seed=2, learning_rate=0.02, weight_decay=0.1)
    with pytest.raises(
        KitError, match=r"changed are: examples \w+ → \w+, train_sampling_strategy not set → group_by_len"
    ):
        trained(folder, house, "padded")
    random_llama.make(tmp_path / "other", tokenizer=random_llama.TOKENIZER, seed=2, **SHAPE)
    with pytest.raises(KitError, match=r"changed are: base sha256:\w+ → sha256:\w+\. To mend: go on with those"):
        stage.plan(folder, base=tmp_path / "other", examples=house / "packed", trainer=STEPS)
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "2")
    with pytest.raises(KitError, match="expected 1 process, as the training in .* was begun with, got 2"):
        stage.train(folder)
    monkeypatch.delitem(os.environ, "WORLD_SIZE")
    again = trained(folder, house, save_steps=4, logging_steps=3, save_total_limit=1)  # these may change
    assert digest(again) == digest(unbroken["packed"] / "model")
    with pytest.raises(KitError, match="seed 1 → 2"):  # a finished one too
        trained(folder, house, seed=2)


CHANGED = {
    "per_device_train_batch_size": 8, "gradient_accumulation_steps": 2, "learning_rate": 2e-2, "max_steps": 14,
    "num_train_epochs": 4, "bf16": True, "max_grad_norm": 0.5, "weight_decay": 0.1, "adam_beta2": 0.9,
    "lr_scheduler_type": "cosine", "warmup_steps": 3, "label_smoothing_factor": 0.1,
}  # fmt: skip


class Begun(Exception):
    """What a stand-in raises where a training would begin."""


@pytest.fixture(scope="module")
def planned(house):
    return stage.plan(house / "planned", base=house / "base", examples=house / "packed", trainer=STEPS)


@pytest.mark.parametrize("name", CHANGED)
def test_every_argument_that_moves_the_weights_is_held_to(planned, house, name):
    with pytest.raises(KitError, match=f"changed are: {name} .* → {CHANGED[name]}[.] To mend"):
        stage.plan(planned, base=house / "base", examples=house / "packed", trainer=STEPS | {name: CHANGED[name]})


@pytest.mark.parametrize("library", ["torch", "transformers", "accelerate"])
def test_another_version_of_what_computes_is_named(planned, house, monkeypatch, library):
    known = settings.metadata.version
    version = lambda name: "0.1" if name == library else known(name)  # noqa: E731
    monkeypatch.setattr(settings, "metadata", SimpleNamespace(version=version))
    with pytest.raises(KitError, match=f"changed are: {library} {re.escape(known(library))} → 0.1[.] To mend"):
        stage.plan(planned, base=house / "base", examples=house / "packed", trainer=STEPS)


def test_a_base_that_changed_after_it_was_planned_is_named(house, tmp_path):
    shutil.copytree(house / "base", tmp_path / "base")
    folder = stage.plan(tmp_path / "t", base=tmp_path / "base", examples=house / "packed", trainer=STEPS)
    random_llama.make(tmp_path / "base", tokenizer=random_llama.TOKENIZER, seed=2, **SHAPE)
    with pytest.raises(KitError, match=r"changed are: base sha256:\w+ → sha256:\w+[.] To mend"):
        stage.train(folder)


def test_planned_again_it_keeps_the_processes_it_was_begun_with(house, tmp_path):
    folder = stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=STEPS)
    laid = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(laid | {"processes": 2}))
    stage.plan(folder, base=house / "base", examples=house / "packed", trainer=STEPS | {"save_steps": 7})
    again = json.loads((folder / "settings.json").read_text())
    assert again["processes"] == 2 and again["trainer"]["save_steps"] == 7


def test_examples_of_like_lengths_come_in_another_order_each_epoch():
    trainer = SimpleNamespace(state=SimpleNamespace(epoch=0.0), args=SimpleNamespace(seed=1))
    lengths = [1 + at % 17 for at in range(100)]
    sampler = trainers._ByLength(4, lengths, trainer)
    orders = {}
    for seed, epoch in ((1, 0.0), (1, 1.0), (1, 2.0), (4, 0.0), (1, 1.5)):
        trainer.state.epoch, trainer.args.seed = epoch, seed
        orders[seed, epoch] = list(sampler)
        assert sorted(orders[seed, epoch]) == list(range(100))
    assert orders.pop((1, 1.5)) == orders[1, 1.0]  # a resume inside an epoch draws that epoch's order
    assert len({tuple(order) for order in orders.values()}) == 4


def test_another_precision_or_parallelism_is_refused_by_name_once_there_is_a_checkpoint(house, tmp_path, monkeypatch):
    folder = broken_off(tmp_path / "t", house, monkeypatch, at=6)
    laid = json.loads((folder / "settings.json").read_text())
    assert (laid["processes"], laid["mixed_precision"], laid["parallelism"]) == (1, "no", "data")
    with monkeypatch.context() as patch:  # as `accelerate launch` says what its configuration has
        patch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
        with pytest.raises(KitError, match="changed are: mixed_precision no → bf16. To mend"):
            stage.train(folder)
    with monkeypatch.context() as patch:
        patch.setattr(trainers, "launched", lambda trainer: {"mixed_precision": "no", "parallelism": "FSDP"})
        with pytest.raises(KitError, match="changed are: parallelism data → FSDP. To mend"):
            stage.train(folder)
    assert json.loads((folder / "settings.json").read_text()) == laid
    (folder / "settings.json").write_text(json.dumps(laid | {"parallelism": "FSDP"}))  # its checkpoints are not these
    assert trainers.sharded(laid | {"parallelism": "FSDP"}) and not trainers.sharded(laid)
    assert resume.last_whole(folder / "checkpoints", 1, sharded=True) is None
    fresh = {"trainer": {}}
    assert not trainers.sharded(fresh) and trainers.sharded({"trainer": {"fsdp": "full_shard"}})
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert trainers.sharded(fresh) and not trainers.sharded(laid)


@pytest.mark.parametrize("order", ["group_by_length", "batch_rebalance"])
def test_packed_rows_have_no_lengths_to_order_them_by(house, tmp_path, order):
    with pytest.raises(KitError, match=f"expected packed examples in an order .*{order}.* one length, 64 tokens. To m"):
        stage.plan(
            tmp_path / "t",
            base=house / "base",
            examples=house / "packed",
            trainer=STEPS | {"train_sampling_strategy": order},
        )
    assert not (tmp_path / "t").exists()
    stage.plan(
        tmp_path / "t",
        base=house / "base",
        examples=house / "packed",
        trainer=STEPS | {"train_sampling_strategy": "sequential"},
    )


@pytest.mark.parametrize("asked", ["flash_attention_2", "eager"])
def test_a_model_is_trained_by_the_attention_that_sees_where_examples_begin(house, tmp_path, monkeypatch, asked):
    shutil.copytree(house / "base", tmp_path / "base")
    config = json.loads((tmp_path / "base/config.json").read_text())
    (tmp_path / "base/config.json").write_text(json.dumps(config | {"attn_implementation": asked}))
    folder = stage.plan(tmp_path / "t", base=tmp_path / "base", examples=house / "packed", trainer=STEPS)
    models = []

    def stop(model, *_, **__):
        models.append(model)
        raise Begun

    monkeypatch.setattr(trainers, "make", stop)
    with pytest.raises(Begun):
        stage.train(folder)
    assert models[0].config._attn_implementation == "sdpa"


FSDP = {
    "ACCELERATE_USE_CPU": "true", "ACCELERATE_USE_FSDP": "true", "FSDP_CPU_RAM_EFFICIENT_LOADING": "true",
    "FSDP_VERSION": "2", "WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1",
}  # fmt: skip


def test_under_fsdp_processes_are_joined_before_weights_are_read_and_the_second_gets_them_whole(house, tmp_path):
    """As far as that goes without a GPU: one process, which then takes itself for the second."""
    folder = stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=STEPS)
    program = (
        "import os, sys, torch\n"
        "from transformers.distributed.fsdp import is_fsdp_enabled\n"
        "from llamax_kit.models import weights\n"
        "from llamax_kit.training import stage, trainers\n"
        "arguments, load = trainers.arguments, weights.load\n"
        "def joined(*given, **named):\n"
        "    made = arguments(*given, **named)\n"
        "    torch.distributed.is_initialized() or torch.distributed.init_process_group('gloo', rank=0, world_size=1)\n"
        "    os.environ['LOCAL_RANK'] = '1'\n"
        "    return made\n"
        "def read(*given, **named):\n"
        "    print(is_fsdp_enabled())\n"
        "    return load(*given, **named)\n"
        "def made(model, *_, **__):\n"
        "    print(sum(each.numel() for each in model.parameters()))\n"
        "    torch.distributed.destroy_process_group()\n"
        "    sys.exit()\n"
        "trainers.arguments, trainers.make, weights.load = joined, made, read\n"
        "stage.train(sys.argv[1])"
    )
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    environment = os.environ | FSDP | {"MASTER_PORT": port}
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout.split() == ["True", str(settings.count(house / "base"))], done.stderr[-2000:]


def test_another_architecture_is_refused(house, tmp_path):
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

    BertForMaskedLM(
        BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    ).save_pretrained(tmp_path / "bert")
    GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=8, n_layer=1, n_head=1)).save_pretrained(tmp_path / "gpt2")
    for name, said in (
        ("bert", r"BertForMaskedLM \(model_type 'bert'\)"),
        ("gpt2", r"GPT2LMHeadModel \(model_type 'gpt2'\)"),
    ):
        with pytest.raises(KitError, match=f"expected LlamaForCausalLM in .*{name}.config.json, but it says {said}"):
            stage.plan(tmp_path / "t", base=tmp_path / name, examples=house / "packed", trainer=STEPS)
    assert not (tmp_path / "t").exists()


def test_examples_that_do_not_fit_the_model_are_refused(house, tmp_path):
    from small import llama

    other = llama(tmp_path / "small")
    with pytest.raises(
        KitError, match=r"expected ids below 320, the vocabulary of .*small, but the examples .* up to \d,"
    ):
        stage.plan(tmp_path / "t", base=other, examples=house / "packed", trainer=STEPS)
    dataset.save([Record("mono", "en", "", "", "One.")], tokenizer_files.load(other), tmp_path / "made", block=64)
    with pytest.raises(KitError, match="expected examples made with the tokenizer of .*base, but those in .*made"):
        stage.plan(tmp_path / "t", base=house / "base", examples=tmp_path / "made", trainer=STEPS)
    random_llama.make(
        tmp_path / "short", tokenizer=random_llama.TOKENIZER, seed=1, **(SHAPE | {"max_position_embeddings": 32})
    )
    with pytest.raises(KitError, match="expected blocks of at most 32 tokens, the context of .*short, but .* have 64"):
        stage.plan(tmp_path / "t", base=tmp_path / "short", examples=house / "packed", trainer=STEPS)
    with pytest.raises(KitError, match=f"{house.name} has no examples.json"):
        stage.plan(tmp_path / "t", base=house / "base", examples=house, trainer=STEPS)


def test_arguments_are_checked_before_it_begins(house, tmp_path):
    def plan(**given):
        stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=given)

    with pytest.raises(UnknownName, match="unknown argument of a training 'learning_rat'. Nearest: learning_rate"):
        plan(learning_rat=1e-3)
    with pytest.raises(KitError, match="arguments that a training leaves open, got seed: 3, which it sets itself"):
        plan(seed=3)
    with pytest.raises(KitError, match="does not take these arguments: .*cosinus.* is not a valid SchedulerType"):
        plan(lr_scheduler_type="cosinus")
    for name, value, expected in (
        ("learning_rate", "fast", "a number"), ("learning_rate", -1e-3, "a number from 0"),
        ("bf16", "maybe", "a truth value"), ("max_steps", 1.5, "a whole number"), ("num_train_epochs", -1, "a number"),
        ("per_device_train_batch_size", True, "a whole number"),
    ):  # fmt: skip
        with pytest.raises(KitError, match=f"expected {expected}.* for the argument {name} of a training, got "):
            plan(**{name: value})
    with pytest.raises(KitError, match="expected a training of a step or more, got num_train_epochs 0"):
        plan(num_train_epochs=0)
    assert settings.arguments({"learning_rate": "2e-5", "max_steps": "7", "bf16": True})["learning_rate"] == 2e-5
    assert not (tmp_path / "t").exists()


def test_a_full_disk_is_told_and_the_training_goes_on_from_the_last_whole_checkpoint(house, unbroken, tmp_path,
                                                                                    monkeypatch):  # fmt: skip
    folder = stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=STEPS)
    save, free = torch.save, []

    def full(what, path, **given):
        if "checkpoint-10" in str(path):
            free.append(0)
            Path(path).write_bytes(b"half")
            raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")
        save(what, path, **given)

    usage, has = namedtuple("usage", "total used free"), shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(has, 0, 0 if free else has))
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(KitError, match=r"the disk of .*t is full \(0\.0 MB are free\): Pytorch.*To mend: free"):
            stage.train(folder)
    assert not (folder / "model").exists() and (folder / "checkpoints/checkpoint-10").is_dir()
    free.clear()
    assert digest(stage.train(folder)) == digest(unbroken["packed"] / "model")


def test_a_folder_is_one_process_s_at_a_time(house, tmp_path):
    import psutil

    folder = stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=STEPS)
    parent = psutil.Process(os.getppid())
    mark = folder / f".running-{os.uname().nodename}-{parent.pid}-{int(parent.create_time())}"
    mark.touch()
    with pytest.raises(locks.Busy, match=f"is being run by process {parent.pid}"):
        stage.train(folder)
    mark.unlink()


def test_what_is_not_there_is_told(tmp_path, house):
    with pytest.raises(KitError, match="expected a planned training in .*, but it has no settings.json"):
        stage.train(tmp_path)
    with pytest.raises(KitError, match="expected log.csv in .*, but nothing was logged yet"):
        stage.log(tmp_path)
    folder = stage.plan(tmp_path / "t", base=house / "base", examples=house / "packed", trainer=STEPS)
    with pytest.raises(KitError, match="expected an accelerate configuration in nosuch.yml"):
        stage.train(folder, launch="nosuch.yml")
