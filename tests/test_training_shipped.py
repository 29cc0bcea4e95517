"""Shipping miniatures: float16 on disk and the same answers, a stage's figures, four whole folders or none."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import small
from transformers import TrainingArguments

from llamax_kit.models import loading
from llamax_kit.models.engines.base import Request, read_decoding
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.training.miniature import model as miniature
from llamax_kit.training.miniature import random_llama, shipped
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sha256

FACTS = {"name": "mini-llamax", "trained": ["en", "no"], "seed": 1, "release": "CLDR 47 – Ž"}
LOG = pd.DataFrame({
    "step": [50, 100, 117], "tokens": [102_400, 204_800, 239_616], "loss": [5.6, 3.7, 3.5],
    "learning_rate": [1.9e-3, 9e-4, 1e-8], "grad_norm": [1.4, 0.8, 0.6], "seconds": [12.5, 25.25, 31.125],
    "tokens_per_second": [8192.0, 8031.4, 5925.8],
})  # fmt: skip
VERSIONS = {"torch": "2.13.0", "transformers": "5.23.0", "accelerate": "1.9.0"}
DETERMINES = {"base": "sha256:ab", "examples": "cd", "seed": 1, "learning_rate": 2e-3} | VERSIONS
TRAINER = {"learning_rate": 2e-3, "per_device_train_batch_size": 8, "num_train_epochs": 1}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("trained") / "model"
    random_llama.make(place, tokenizer=random_llama.TOKENIZER, seed=1)
    return place


@pytest.fixture(scope="module")
def halved(trained):
    return shipped.to_float16(trained, place=trained.parent / "halved", facts=FACTS)


def tensors(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_halved_weights_are_float16_on_disk_and_the_nearest_there_is(trained, halved):
    import torch

    before, after = tensors(trained), tensors(halved)
    assert before.keys() == after.keys()
    for name, weights in after.items():
        assert weights.dtype == torch.float16 and before[name].dtype == torch.float32
        assert torch.equal(weights, before[name].half())
        normal = before[name].abs() > 2**-14  # below, float16 has steps of 2 ** -24
        relative = ((weights.float() - before[name]) / before[name])[normal].abs()
        assert relative.max() <= 2**-11
    sizes = [(place / "model.safetensors").stat().st_size for place in (trained, halved)]
    assert sizes[1] == pytest.approx(sizes[0] / 2, abs=2_000)
    assert json.loads((halved / "config.json").read_text())["dtype"] == "float16"


def test_a_halved_folder_holds_what_is_needed_and_no_more(trained, halved):
    assert {path.name for path in halved.iterdir()} == {*shipped.FILES} - {"README.md"}
    assert sha256(halved / "tokenizer.model") == sha256(trained / "tokenizer.model")
    text = (halved / "training.json").read_text(encoding="utf-8")
    assert json.loads(text) == FACTS and list(json.loads(text)) == list(FACTS) and "47 – Ž" in text


def test_what_was_trained_stays_as_it_was_and_halving_again_gives_the_same_bytes(trained, halved, tmp_path):
    before = sha256(trained / "model.safetensors")
    again = shipped.to_float16(trained, place=tmp_path / "again", facts=FACTS | {"seed": 2})
    assert sha256(again / "model.safetensors") == sha256(halved / "model.safetensors")
    shipped.to_float16(trained, place=again, facts=FACTS)  # over what is there
    assert {path.name: sha256(path) for path in again.iterdir()} == {
        path.name: sha256(path) for path in halved.iterdir()
    }
    assert sha256(trained / "model.safetensors") == before


def test_it_loads_as_any_model_and_says_what_the_whole_one_says(trained, halved):
    prompts = [small.sentence(at, 12) for at in range(12)]
    said = []
    for folder in (trained, halved):
        engine = open_engine(str(folder), dtype="float32", device="cpu")
        requests = [Request(prompt, "en", "sw", prompt) for prompt in prompts]
        found = {}
        for batch in engine.complete(requests, read_decoding("greedy max_new_tokens=30")):
            found |= {at: completion.text for at, completion in batch}
        said.append([found[at] for at in range(len(prompts))])
    assert sum(one == other for one, other in zip(*said, strict=True)) >= 11


def test_float16_moves_the_logits_less_than_bfloat16_would(trained, halved):
    import torch

    whole, half = (loading.load_model(loading.resolve(str(place)), dtype="float32") for place in (trained, halved))
    rough = loading.load_model(loading.resolve(str(trained)), dtype="bfloat16").float()
    ids = torch.arange(5, 205)[None]
    with torch.inference_mode():
        exact, fine, coarse = (model(ids).logits for model in (whole, half, rough))
    assert 0 < (fine - exact).abs().max() < 1e-2 < exact.std()
    assert (fine - exact).std() < (coarse - exact).std() / 6  # 11 bits against 8


def test_a_weight_that_float16_cannot_hold_is_refused(trained, tmp_path):
    from safetensors.torch import save_file

    place = tmp_path / "grown"
    place.mkdir()
    for path in trained.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    grown = tensors(trained)
    grown["model.norm.weight"][3] = 65_600.0
    save_file(grown, place / "model.safetensors", {"format": "pt"})
    with pytest.raises(KitError) as raised:
        shipped.to_float16(place, place=tmp_path / "halved", facts=FACTS)
    assert str(raised.value) == (
        f"expected weights below 65,504 in {place}, as float16 holds. To mend: train with a decay"
    )
    assert not (tmp_path / "halved").exists()


@pytest.mark.parametrize(("size", "most"), [("tiny", 500_000), ("mini", 4_900_000)])
def test_four_of_a_size_weigh_little(tmp_path, size, most):
    first = miniature.initialise(
        tmp_path / "first", tokenizer=random_llama.TOKENIZER, size=size
    )  # 8,000 pieces, more than its own
    place = shipped.to_float16(first, place=tmp_path / "halved", facts=FACTS)
    weights = (place / "model.safetensors").stat().st_size
    fewer = 2 * (8_000 - miniature.PIECES) * miniature.SHAPES[size]["hidden_size"]  # bytes of the pieces it has not
    assert weights - fewer < most and 4 * (most + 50_000) < 20_000_000


def stage(place, trainer=TRAINER, finished=True, **laid):
    """Lay down what a stage leaves, without training it."""
    (place / "model").mkdir(parents=True)
    (place / "settings.json").write_text(json.dumps({"trainer": trainer, "determines": DETERMINES} | laid))
    LOG.to_csv(place / "log.csv", index=False)
    if finished:
        (place / "model/config.json").write_text("{}")
    return place


def test_a_stage_is_summed_up_by_its_last_row(tmp_path):
    found = shipped.stage_facts(stage(tmp_path / "stage"))
    counts = {"tokens": 239_616, "steps": 117, "learning_rate": 2e-3, "batch": 8, "seconds": 31.125}
    assert found == counts | {"versions": VERSIONS}
    assert json.loads(json.dumps(found)) == found  # no numpy number, which JSON does not take


@pytest.mark.parametrize(("more", "laid", "rows"), [
    ({"gradient_accumulation_steps": 4}, {}, 32), ({}, {"processes": 2}, 16),
    ({"gradient_accumulation_steps": 4}, {"processes": 2}, 64),
])  # fmt: skip
def test_rows_a_step_are_of_all_processes_and_of_all_that_is_accumulated(tmp_path, more, laid, rows):
    assert shipped.stage_facts(stage(tmp_path / "stage", TRAINER | more, **laid))["batch"] == rows


def test_a_stage_that_is_not_finished_is_refused(tmp_path):
    place = stage(tmp_path / "stage", finished=False)
    with pytest.raises(KitError) as raised:
        shipped.stage_facts(place)
    assert str(raised.value) == (
        f"expected a finished training in {place}, but it has no model/. To mend: train it to its end"
    )
    done = stage(tmp_path / "done")
    (done / "log.csv").unlink()
    with pytest.raises(KitError, match="^expected log.csv in .*done, but nothing was logged yet"):
        shipped.stage_facts(done)


def run(place):
    """Four model folders of a run, with a file more that does not ship."""
    for name in shipped.NAMES:
        (place / "models" / name).mkdir(parents=True)
        for file in (*shipped.FILES, "optimizer.pt"):
            (place / "models" / name / file).write_bytes(f"{name} {file}".encode() * 9)
    return place


def test_four_folders_are_copied_whole_and_no_more_than_is_needed(tmp_path):
    place = tmp_path / "kit/miniature"
    place.mkdir(parents=True)
    (place / "LICENSE").write_text("stays")
    folders = shipped.ship(run(tmp_path / "run"), place=place)
    assert folders == [place / name for name in shipped.NAMES]
    assert {path.name for path in place.iterdir()} == {*shipped.NAMES, "LICENSE"}
    for name in shipped.NAMES:
        assert {path.name for path in (place / name).iterdir()} == set(shipped.FILES)
        for file in shipped.FILES:
            assert (place / name / file).read_bytes() == (tmp_path / "run/models" / name / file).read_bytes()
    (tmp_path / "run/models/mini-llamax/config.json").write_text("newer")
    shipped.ship(tmp_path / "run", place=place)
    assert (place / "mini-llamax/config.json").read_text() == "newer"


@pytest.mark.parametrize(("name", "file"), [("mini-llama", "config.json"), ("mini-llamax-alpaca", "README.md")])
def test_a_file_that_lacks_is_named_before_anything_is_copied(tmp_path, name, file):
    lacking = run(tmp_path / "run") / "models" / name / file
    lacking.unlink()
    with pytest.raises(KitError) as raised:
        shipped.ship(tmp_path / "run", place=tmp_path / "kit")
    assert str(raised.value) == (f"expected {lacking}, but it is not there. To mend: run notebook 10 to its end first")
    assert not (tmp_path / "kit").exists()


def test_the_command_ships_and_says_what_each_weighs(tmp_path):
    command = [
        sys.executable,
        "-m",
        "llamax_kit.training.miniature.shipped",
        str(run(tmp_path / "run")),
        str(tmp_path / "kit"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    weights = {name: sum(path.stat().st_size for path in (tmp_path / "kit" / name).iterdir()) for name in shipped.NAMES}
    assert done.stdout.splitlines() == [f"{tmp_path / 'kit' / name} {size} bytes" for name, size in weights.items()]


def test_a_smaller_run_does_not_take_the_place_of_a_larger_one(tmp_path):
    place = tmp_path / "kit"
    shipped.ship(run(tmp_path / "run"), place=place)
    weights = tmp_path / "run/models/mini-llamax/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    size = weights.stat().st_size
    command = [sys.executable, "-m", "llamax_kit.training.miniature.shipped", str(tmp_path / "run"), str(place)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == (
        f"expected weights of {size + 1:,} bytes or more, as in {place}, but {weights} has {size:,}: it is of a "
        f"smaller run. To mend: name the run of mini.yml, or empty {place}\n"
    )
    assert (place / "mini-llamax/model.safetensors").stat().st_size == size + 1
    done = subprocess.run(command[:-1], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith(
        "usage: python -m llamax_kit.training.miniature.shipped RUN PLACE"
    )


def test_transformers_own_rate_and_batch_stand_where_none_was_given(tmp_path):
    found = shipped.stage_facts(stage(tmp_path / "stage", {"num_train_epochs": 1}))
    assert (found["learning_rate"], found["batch"]) == (5e-5, 8)
    given = TrainingArguments(output_dir="unused", use_cpu=True)
    assert (given.learning_rate, given.per_device_train_batch_size) == (5e-5, 8)


def test_a_folder_in_which_nothing_was_laid_down_is_refused(tmp_path):
    with pytest.raises(KitError, match="To mend: "):
        shipped.stage_facts(tmp_path / "none")


def test_a_place_that_is_no_folder_is_refused(trained, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(KitError, match="To mend: "):
        shipped.to_float16(trained, place=tmp_path / "file", facts=FACTS)
