"""Recipes: the kit's own are what transformers and accelerate take; a small one is done from texts to model."""

import argparse
import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from small import sentence

from llamax_kit.app.cli import main
from llamax_kit.training import prepare, recipe, settings, stage
from llamax_kit.training.corpus import texts
from llamax_kit.training.examples import dataset
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils import files
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import sha256

TRAINING = Path(__file__).parents[2] / "params/training"
RECIPES = [TRAINING / "llamax2_7b.yml", TRAINING / "instruct_7b.yml"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_kits_recipes_are_what_transformers_takes(path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", "/data")
    read = recipe.read(path)
    chosen = settings.arguments(read["trainer"])
    assert chosen["learning_rate"] == 2e-5 and chosen["bf16"] is True and read["examples"]["block"] == 512
    assert (path.parent / read["launch"]).is_file()


def test_the_recipe_of_llamax_is_the_papers(monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", "/data")
    read = recipe.read(RECIPES[0])
    assert len(texts.codes(read["mixture"]["languages"])) == 102
    assert read["mixture"]["texts"] == "/data/training"
    trainer = read["trainer"]
    assert trainer["per_device_train_batch_size"] == 32 and trainer["num_train_epochs"] == 1
    gpus = yaml.safe_load((TRAINING / "fsdp.yml").read_text())["num_processes"]
    assert gpus * trainer["gradient_accumulation_steps"] == 24
    instruct = recipe.read(RECIPES[1])["trainer"]
    assert gpus * instruct["per_device_train_batch_size"] == 128 and instruct["num_train_epochs"] == 2


def test_accelerate_takes_the_configurations():
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    sharded, plain = (load_config_from_file(str(TRAINING / name)) for name in ("fsdp.yml", "two_cpus.yml"))
    parser = launch_command_parser()
    known = {action.dest for action in parser._actions if not isinstance(action, argparse._HelpAction)}
    assert set(sharded.fsdp_config) <= known
    assert sharded.distributed_type == "FSDP" and plain.num_processes == 2 and plain.use_cpu


def test_fsdp_wraps_the_layers_of_a_llama():
    from accelerate.utils import FullyShardedDataParallelPlugin
    from transformers import LlamaConfig, LlamaForCausalLM

    given = yaml.safe_load((TRAINING / "fsdp.yml").read_text())["fsdp_config"]
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=given["fsdp_version"],
        auto_wrap_policy=given["fsdp_auto_wrap_policy"],
        transformer_cls_names_to_wrap=[given["fsdp_transformer_layer_cls_to_wrap"]],
        state_dict_type=given["fsdp_state_dict_type"],
        reshard_after_forward=given["fsdp_reshard_after_forward"],
        activation_checkpointing=given["fsdp_activation_checkpointing"],
    )
    shape = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1, "num_hidden_layers": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=10, **shape))
    plugin.set_auto_wrap_policy(model)
    wrapped = [name for name, each in model.named_modules() if plugin.auto_wrap_policy(each, False, 0)]
    assert wrapped == ["model.layers.0", "model.layers.1"]
    assert "FULL_STATE_DICT" in str(plugin.state_dict_type)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A small recipe, with its texts and base."""
    monkeypatch.setenv("HERE", str(tmp_path))
    random_llama.make(tmp_path / "base", tokenizer=random_llama.TOKENIZER, seed=1, hidden_size=16, num_hidden_layers=1)
    for name, first in {"mono/sw.txt": 0, "pairs/en-sw.en": 50, "pairs/en-sw.sw": 90}.items():
        (tmp_path / "texts" / name).parent.mkdir(parents=True, exist_ok=True)
        lines = [sentence(first + at, 9) for at in range(12)]
        (tmp_path / "texts" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    small = {
        "folder": str(tmp_path / "made"),
        "mixture": {"texts": "${HERE}/texts", "languages": "en sw", "augment": False, "repeat": 1},
        "examples": {"block": 48},
        "plan": {"base": str(tmp_path / "base"), "seed": 3},
        "trainer": {"max_steps": 2, "per_device_train_batch_size": 2, "learning_rate": "1e-3"},
    }
    path = tmp_path / "small.yml"
    path.write_text(yaml.safe_dump(small))
    return path


def changed(file, **sections):
    content = yaml.safe_load(file.read_text())
    content = {name: value for name, value in {**content, **sections}.items() if value != "gone"}
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_recipe_is_done_once(file, tmp_path, monkeypatch):
    done = CliRunner().invoke(main, ["train", str(file)])
    assert done.exit_code == 0, done.output
    model, note = tmp_path / "made/model", tmp_path / "made/examples.made.json"
    assert f"The model: {model}" in done.output
    assert dataset.facts(tmp_path / "made/examples")["block"] == 48
    before = sha256(model / "model.safetensors")
    monkeypatch.setattr(dataset, "save", None)  # neither made nor trained again
    monkeypatch.setattr(stage, "_train", None)
    assert recipe.run(file) == model and sha256(model / "model.safetensors") == before
    told = json.loads(note.read_text())["files"]
    assert told["mono/sw.txt"][-1] == sha256(tmp_path / "texts/mono/sw.txt") and len(told) == 3
    read = []
    monkeypatch.setattr(files, "sha256", lambda path: read.append(path) or sha256(path))
    assert recipe.run(file) == model
    assert not [path for path in read if tmp_path / "texts" in path.parents], "a text that is as it was is not read"


def planned(file, monkeypatch) -> dict:
    """Do a recipe but for the training itself, and give what its examples' folder then holds."""
    with monkeypatch.context() as patch:
        patch.setattr(stage, "_train", lambda *_, **__: None)
        recipe.run(file)
    return held(file)


def held(file) -> dict:
    place = file.parent / "made"
    found = [*place.glob("examples/*"), *place.glob("*.json")]
    return {path.name: (sha256(path), path.stat().st_mtime_ns) for path in found}


def test_the_examples_of_a_begun_training_are_never_written_over(file, tmp_path, monkeypatch):
    before = planned(file, monkeypatch)
    assert {"examples.arrow", "settings.json", "examples.made.json"} <= before.keys()
    whole = yaml.safe_load(file.read_text())
    go_on = r"To mend: go on with the examples that are there, by `python -m llamax_kit.training .*/made`; or give"

    def refused(said):
        with pytest.raises(KitError, match=rf"the training in .*/made were made of, but changed are: {said}. {go_on}"):
            recipe.run(file)
        assert held(file) == before
        file.write_text(yaml.safe_dump(whole))

    changed(file, examples={"block": 64}, mixture=whole["mixture"] | {"languages": "sw", "parallel": "split"})
    gone = r"pairs/en-sw.en \(gone\), pairs/en-sw.sw \(gone\)"
    refused(f"mixture.languages −en, mixture.parallel connected → split, examples.block 48 → 64, {gone}")
    changed(file, mixture=whole["mixture"] | {"languages": "sw en", "texts": str(tmp_path / "texts")})
    refused("mixture.languages in another order")
    with open(tmp_path / "texts/mono/sw.txt", "a", encoding="utf-8") as text:
        text.write("Mstari mpya.\n")
    (tmp_path / "texts/mono/en.txt").write_text("A new line.\n", encoding="utf-8")
    refused(r"mono/en.txt \(new\), mono/sw.txt \(its text\)")
    random_llama.make(tmp_path / "other", tokenizer=random_llama.TOKENIZER, seed=2, hidden_size=16, num_hidden_layers=1)
    changed(file, plan={"base": str(tmp_path / "other"), "seed": 3})
    refused(r"base sha256:\w+ → sha256:\w+, mono/en.txt .*")
    (tmp_path / "texts").rename(tmp_path / "away")
    with pytest.raises(KitError, match="expected a folder of texts at .*; or go on with the examples that are there"):
        recipe.run(file)
    (tmp_path / "made/examples.made.json").write_text("[]")
    (tmp_path / "away").rename(tmp_path / "texts")
    before = held(file)
    refused("examples.made.json, which does not say what they were")


def test_texts_that_only_moved_and_words_that_mean_the_same_are_no_change(file, tmp_path, monkeypatch):
    before = planned(file, monkeypatch)
    shutil.copytree(tmp_path / "texts", tmp_path / "copied", copy_function=shutil.copyfile)  # with new times
    (tmp_path / "copied/README.md").write_text("Of two languages.")
    (tmp_path / "copied/mono/tr.txt").write_text("Bir.\n")  # of no language of the recipe
    mixture = {"texts": str(tmp_path / "copied"), "languages": "eng, swh_Latn", "augment": False, "repeat": 1}
    changed(file, mixture=mixture | {"mono": 0}, examples={"block": 48, "packed": True})
    kit = prepare.__version__
    monkeypatch.setattr(prepare, "__version__", "9.9")  # of another kit what was begun goes on with what it has
    after = planned(file, monkeypatch)
    assert {name for name in after if after[name] != before[name]} <= {"examples.made.json", "settings.json"}
    noted = json.loads((tmp_path / "made/examples.made.json").read_text())
    assert (noted["root"], noted["kit"]) == (str(tmp_path / "copied"), kit)


def test_examples_that_no_training_has_begun_with_are_made_anew_when_anything_changed(file, tmp_path, monkeypatch):
    def made():
        monkeypatch.setattr(stage, "plan", lambda folder, **_: folder)  # nothing is laid down
        monkeypatch.setattr(stage, "train", lambda *_, **__: None)
        recipe.run(file)
        return held(file)["examples.arrow"]

    first = made()
    assert made() == first
    monkeypatch.setattr(prepare, "__version__", "9.9")  # which may make others of the same texts
    again = made()
    assert again[0] == first[0] and again[1] > first[1] and made() == again
    changed(file, examples={"block": 64})
    assert made()[0] != first[0]


def test_examples_of_a_begun_training_that_are_gone_are_made_again(file, tmp_path, monkeypatch):
    before = planned(file, monkeypatch)
    shutil.rmtree(tmp_path / "made/examples")
    assert planned(file, monkeypatch)["examples.arrow"][0] == before["examples.arrow"][0]


def test_values_may_name_the_environment_and_an_unset_name_is_told(file, tmp_path, monkeypatch):
    monkeypatch.setenv("SEED", "7")
    monkeypatch.setenv("RATE", "1e-3")
    monkeypatch.setenv("BF16", "false")
    trainer = {"max_steps": "${SEED}", "learning_rate": "${RATE}", "bf16": "${BF16}", "lr_scheduler_type": "$RATE"}
    text = yaml.safe_dump(yaml.safe_load(changed(file, trainer=trainer).read_text()))
    file.write_text(f"# ${{LLAMAX_KIT_NOSUCH}} in a comment is nobody's\n{text}", encoding="utf-8")
    read = recipe.read(file)
    assert read["mixture"]["texts"] == f"{tmp_path}/texts"
    assert read["trainer"] == {"max_steps": 7, "learning_rate": "1e-3", "bf16": False, "lr_scheduler_type": "$RATE"}
    monkeypatch.delenv("HERE")
    with pytest.raises(KitError, match=r"small.yml: '\$\{HERE\}/texts': the environment has no HERE. To mend: export"):
        recipe.run(file)


def test_instructions_of_ones_own_tune_a_model(file, tmp_path):
    (tmp_path / "mine.jsonl").write_text('{"instruction": "Say one.", "output": "One."}\n' * 4, encoding="utf-8")
    changed(file, mixture="gone", instructions={"path": str(tmp_path / "mine.jsonl")}, examples={"packed": False})
    assert (recipe.run(file) / "model.safetensors").is_file()


def test_a_wrong_recipe_is_told_before_texts_are_read(file, tmp_path):
    def refused(kind, said, **sections):
        before = file.read_text()
        with pytest.raises(kind, match=said):
            recipe.run(changed(file, **sections))
        file.write_text(before)

    refused(UnknownName, "unknown section of the recipe .*small.yml 'trainr'. One of: folder, mixture, ", trainr={})
    refused(
        UnknownName,
        "unknown argument of mixture in the recipe .* 'treshold'. Nearest: threshold",
        mixture={"treshold": 1},
    )
    refused(UnknownName, "unknown argument of examples in the recipe .* 'folder'", examples={"folder": "x"})
    refused(UnknownName, "unknown argument of a training 'max_step'", trainer={"max_step": 1})
    refused(KitError, "expected mixture or instructions in the recipe .*, got both", instructions={"path": "x"})
    refused(KitError, "expected mixture or instructions in the recipe .*, got none", mixture="gone")
    refused(KitError, "expected folder, and base under plan, in the recipe", plan={"seed": 1})
    refused(KitError, "expected languages under mixture in the recipe", mixture={"texts": "nosuch"})
    refused(KitError, "expected path under instructions in the recipe", mixture="gone", instructions={})
    texts = {"texts": "texts", "languages": "en"}
    for name, value, kind in (
        ("threshold", "many", "a whole number"), ("threshold", "25,000", "a whole number"),
        ("share", "half", "a number"),
        ("augment", "false", "a truth value"), ("mono", True, "a whole number"), ("languages", 7, "text"),
        ("held_out", False, r"text for .*, got False \(YAML reads the word no as that: write 'no'\)"),
        ("languages", ["en", False], r"text for .*, got False \(YAML reads the word no as that: write 'no'\)"),
    ):  # fmt: skip
        refused(KitError, f"expected {kind}.*To mend: write ", mixture=texts | {name: value})
    refused(KitError, "expected a whole number for block under examples in the recipe", examples={"block": "long"})
    refused(KitError, "expected a whole number for seed under plan", plan={"base": "x", "seed": "one"})
    refused(KitError, "expected arguments under trainer in the recipe .*, got 'fast'", trainer="fast")
    refused(KitError, "expected a folder of texts at .*nosuch", mixture={"texts": "nosuch", "languages": "en"})
    with pytest.raises(KitError, match="expected a recipe of a training in nosuch.yml: .*No such file"):
        recipe.run("nosuch.yml")
    file.write_text("folder: [")
    with pytest.raises(KitError, match="expected a recipe of a training in .*small.yml"):
        recipe.run(file)
