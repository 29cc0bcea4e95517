"""10_train_a_miniature at its defaults: killed in the middle, gone on with, and executed again when it is finished.

The kernels have one thread, as the training here that they are compared with: sums of other threads round another way.
"""

import csv
import json
import math
import os
import random
import re
import shutil
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import yaml
from executed import papermill

from llamax_kit.models import loading
from llamax_kit.models.engines.base import Request, read_decoding
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.training import stage
from llamax_kit.training.examples import dataset
from llamax_kit.training.miniature import shipped
from llamax_kit.utils.files import sha256

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks/10_train_a_miniature.ipynb"
RUN = "outputs/10_train_a_miniature"
BASE, TRAINED, HELD_OUT = ["en", "de"], ["en", "de", "sw", "tr"], ["nl", "eus_Latn"]


def start(folder):
    """Begin the notebook by plain papermill; outputs go to `folder`/outputs."""
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), "out.ipynb", "-k", "python3", "--no-progress-bar"]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "outputs"), "OMP_NUM_THREADS": "1"}
    with open(folder / "papermill.log", "w") as said:
        return psutil.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)


def finish(folder):
    papermill(NOTEBOOK, folder, OMP_NUM_THREADS="1")


def weights(run):
    """Hashes of all weights of a run, by path: the first ones, four trained, four in 16 bits."""
    return {path.relative_to(run).as_posix(): sha256(path) for path in run.rglob("model.safetensors")}


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def times(*folders):
    """When each file was written."""
    return {path: path.stat().st_mtime_ns for place in folders for path in place.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, example_place):
    """The defaults, executed: killed in stage 2, and run again to the end. test_readme may go on with a copy."""
    begin, place = time.monotonic(), tmp_path_factory.mktemp("miniature")
    process = start(place)
    while not (place / RUN / "mini-llamax/log.csv").exists():
        assert process.poll() is None, (place / "papermill.log").read_text()[-3000:]
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.3))
    for each in [*process.children(recursive=True), process]:  # the kernel has a process group of its own
        each.kill()
    process.wait()
    assert not (place / RUN / "mini-llamax/model").exists() and not (place / RUN / "run.json").exists()
    model = place / RUN / "mini-llama/model/model.safetensors"
    finished = model.stat().st_mtime_ns
    finish(place)
    assert model.stat().st_mtime_ns == finished, "stage 1 was trained again"
    print(f"executed in {time.monotonic() - begin:.0f} s")
    shutil.copytree(place / "outputs", place / "lent")
    (place / "lent").rename(example_place.with_name("miniature"))
    return place


def test_the_loss_falls_in_both_stages_of_pre_training(folder):
    ends = {}
    for name in shipped.NAMES[:2]:
        log = stage.log(folder / RUN / name)
        assert len(log) > 20 and log.step.is_monotonic_increasing and log.tokens.is_monotonic_increasing
        first, ends[name] = log.loss.iloc[0], log.loss.tail(5).mean()
        assert ends[name] < first - 1, name
    assert stage.log(folder / RUN / "mini-llama").loss.iloc[0] == pytest.approx(math.log(2_000), abs=0.1)
    logged = [row["stage"] for row in rows(folder / RUN / "log.csv")]
    assert list(dict.fromkeys(logged)) == list(shipped.NAMES)


def test_tuning_lowers_the_loss_of_the_answers(folder):
    """On all instructions, before and after: the few batches logged are of unlike lengths, and so are their losses."""
    read = folder / RUN / "examples/alpaca"
    for name in ("mini-llama", "mini-llamax"):
        before, after = (loss(folder / RUN / each / "model", read) for each in (name, f"{name}-alpaca"))
        print(f"{name}: {before:.3f} nats a token of the answers before tuning, {after:.3f} after")
        assert after < before


def loss(model, read):
    """Mean loss (nats per token) of a model on a folder of examples."""
    import torch
    from torch.nn.functional import cross_entropy

    network = loading.load_model(loading.resolve(str(model)), dtype="float32")
    kept, nats, tokens = list(dataset.load(read)), 0.0, 0
    for at in range(0, len(kept), 50):
        batch = dataset.collate(kept[at : at + 50], pad=2)
        targets = batch.pop("labels")[:, 1:].flatten()
        with torch.inference_mode():
            logits = network(**batch).logits[:, :-1].flatten(0, 1)
        nats += cross_entropy(logits, targets, ignore_index=-100, reduction="sum").item()
        tokens += int((targets != -100).sum())
    return nats / tokens


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_model_is_whole_in_16_bits_and_says_something(folder, name):
    from safetensors.torch import load_file

    place = folder / RUN / "models" / name
    assert {path.name for path in place.iterdir()} == set(shipped.FILES)
    assert {str(each.dtype) for each in load_file(place / "model.safetensors").values()} == {"torch.float16"}
    facts = json.loads((place / "training.json").read_text())
    assert facts["trained"] == (TRAINED if "llamax" in name else BASE) and facts["held_out"] == HELD_OUT
    engine = open_engine(str(place))
    (((at, said),),) = engine.complete(
        [Request("7 days", "en", "sw", "from English to Swahili.\n7 days")],
        read_decoding("greedy max_new_tokens=8"),
    )
    assert at == 0 and said.finish in ("stop", "length") and said.tokens > 0


def test_the_four_models_differ_and_share_their_tokenizer_and_shape(folder):
    places = [folder / RUN / "models" / name for name in shipped.NAMES]
    assert len({sha256(place / "model.safetensors") for place in places}) == 4
    for file in ("config.json", "tokenizer.model"):
        assert len({sha256(place / file) for place in places}) == 1
    assert sha256(places[0] / "tokenizer.model") == sha256(folder / RUN / "tokenizer.model")


def test_no_stage_read_a_language_that_is_held_out_and_no_instruction_one_outside_base(folder):
    texts = folder / RUN / "texts"
    codes = {code for path in texts.rglob("*.*") for part in (path.stem, path.suffix[1:]) for code in part.split("-")}
    assert codes - {"txt", "jsonl", "instructions"} == set(TRAINED)
    told = (texts / "instructions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(told) == 300
    asked = {json.loads(line)["instruction"].removeprefix("Translate the following sentences ") for line in told}
    assert asked == {"from English to German.", "from German to English."}
    read = {}
    for place in (folder / RUN / "examples").iterdir():
        read[place.name] = {row[side] for row in rows(place / "counts.csv") for side in ("src", "tgt")} - {""}
    assert read["mini-llama"] == set(BASE) and read["mini-llamax"] == set(TRAINED) and read["alpaca"] <= set(BASE)
    assert {row["code"] for row in rows(folder / RUN / "mixture.csv")} == set(TRAINED)


def test_the_record_says_what_was_trained(folder):
    record = json.loads((folder / RUN / "run.json").read_text())
    told = {name: each["training_languages"] for name, each in record["systems"].items()}
    codes = {name: sorted(TRAINED if "llamax" in name else BASE) for name in shipped.NAMES}
    assert told == {name: {"whose": name, "codes": codes[name]} for name in shipped.NAMES}
    assert {each["prompt"][:8] for each in record["systems"].values()} == {"from {sr", "Below is"}
    assert record["corpus"]["name"] == "cldr" and record["corpus"]["split"] == "devtest"
    assert list(record["stages"]) == list(shipped.NAMES) and record["parameters"]["size"] == "tiny"
    for name, facts in record["stages"].items():
        assert facts["tokens"] == stage.log(folder / RUN / name).tokens.iloc[-1]


def test_every_direction_is_scored_for_each_model_and_gains_are_between_the_tuned(folder):
    others = [code for code in TRAINED + HELD_OUT if code != "en"]
    directions = {pair for code in others for pair in (("en", code), (code, "en"))}
    between = {pair for code in ("sw", "tr") for pair in (("de", code), (code, "de"))}  # whose pairs are augmented
    scores = rows(folder / RUN / "scores.csv")
    tuned = {name: name.endswith("alpaca") for name in shipped.NAMES} | {"copy": True}
    assert {(row["system"], row["src"], row["tgt"]) for row in scores} == {
        (name, *pair) for name in tuned for pair in directions | (between if tuned[name] else set())
    }
    asked = {(row["system"], row["n"]) for row in scores}  # untuned models a quarter of the phrases
    assert asked == {(name, "4" if tuned[name] else "1") for name in tuned}
    found = rows(folder / RUN / "gains.csv")
    assert {(row["src"], row["tgt"]) for row in found} == directions
    known = {row["value"]: row["n"] for row in rows(folder / RUN / "groups.csv") if row["direction"] == "en-X"}
    assert known == {"trained": "2", "unseen, related": "1", "unseen, unrelated": "1", "all": "4"}
    known = [row for row in rows(folder / RUN / "groups.csv") if "en" not in row["direction"].split("-")]
    assert [(row["value"], row["direction"], row["n"]) for row in known] == [
        ("trained", "de-X", "2"), ("trained", "X-de", "2"),
    ]  # fmt: skip
    means = rows(folder / RUN / "stages_scores.csv")  # of all on the same phrases
    assert list(means[0]) == ["languages", "direction", "copy", *shipped.NAMES] and len(means) == 6
    below = rows(folder / RUN / "below_copying.csv")  # a minute of training translates nothing, as the prose says
    assert len(below) == 6 and all(row[name] == row["n"] for row in below for name in shipped.NAMES[2:])
    bits = {row["language"]: (row["group"], float(row["mini-llama"])) for row in rows(folder / RUN / "bits.csv")}
    assert [group for group, _ in bits.values()] == ["pre-trained"] * 2 + ["added"] * 2 + ["held out"] * 2
    assert max(bits["en"][1], bits["de"][1]) < 8 < 20 > max(each for _, each in bits.values())


@pytest.mark.parametrize("name", shipped.NAMES)
def test_each_card_says_the_figures_of_this_run(folder, name):
    text = (folder / RUN / "models" / name / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(text.split("---\n")[1])["language"] == (TRAINED if "llamax" in name else BASE)
    for row in rows(folder / RUN / "stages.csv"):
        if row["stage"] == "mini-llama" or row["stage"] == name:
            assert f"| {row['stage']} | {int(row['tokens']):,} | {int(row['steps']):,} |" in text
    for row in rows(folder / RUN / "groups.csv"):
        gain = f"{float(row['baseline_score']):.1f} | {float(row['score']):.1f} | {float(row['gain']):+.1f} |"
        assert f"| {row['value']} | {row['direction']} | {row['n']} | {gain}" in text
    assert "Held out of everything: Dutch, Basque." in text and ("Added by" in text) == ("llamax" in name)
    assert "\n    llamax-kit run 10 \\\n        -p size tiny \\\n        -p base 'en de' \\\n" in text


def test_every_picture_is_said_in_words_and_progress_is_plain_text(folder):
    notebook = nbformat.read(folder / "out.ipynb", 4)
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == 4 and alts[0].startswith("Loss in nats per token. mini-llama: from 7.")
    assert alts[1].startswith("Bits per byte, mini-llama against mini-llamax") and "Means: pre-trained:" in alts[1]
    assert not [each["text"] for each in outputs if each.get("name") == "stderr"]  # which pages show in red
    plain = "".join(each["text"] for each in outputs if each.get("name") == "stdout").splitlines()
    steps = [line for line in plain if re.match(r"\d\d:\d\d:\d\d step \d+ of \d+, loss \d", line)]
    assert 3 <= len(steps) < 100  # one for each stage at least; the papermill log of a long training stays short
    for name in ("loss", "bits", "gains_en-X", "gains_X-en"):
        assert all((folder / RUN / f"{name}.{end}").is_file() for end in ("png", "pdf"))


@pytest.mark.parametrize("name", shipped.NAMES[1:])
def test_killed_in_stage_2_it_ended_with_the_weights_of_unbroken_stages(folder, name, tmp_path, one_thread):
    laid = json.loads((folder / RUN / name / "settings.json").read_text())
    again = stage.plan(tmp_path / name, **{each: laid[each] for each in ("base", "examples", "trainer", "seed")})
    model = "model/model.safetensors"
    assert sha256(stage.train(again) / "model.safetensors") == sha256(folder / RUN / name / model)
    columns = ["step", "tokens", "loss", "learning_rate", "grad_norm"]
    assert stage.log(again)[columns].equals(stage.log(folder / RUN / name)[columns])


@pytest.fixture
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_run_again_nothing_is_trained_and_the_tables_are_the_same(folder):
    """Comes last: it writes over what the others read, with the same."""
    stages = [folder / RUN / name for name in shipped.NAMES]
    kept = {path: when for path, when in times(*stages).items() if path.name != "settings.json"}
    assert len(kept) >= 4 * 4
    before = weights(folder / RUN)
    assert len(before) == 9
    tables = {path.name: path.read_text() for path in (folder / RUN).glob("*.csv")}
    begin = time.monotonic()
    finish(folder)
    print(f"executed again in {time.monotonic() - begin:.0f} s")
    after = times(*stages)
    assert {path: after[path] for path in kept} == kept
    assert weights(folder / RUN) == before
    assert {path.name: path.read_text() for path in (folder / RUN).glob("*.csv")} == tables and len(tables) > 10
