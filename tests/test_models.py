"""Every published layout loads and generates alike alone and in a batch; what is not whole or not safe is refused."""

import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import fake_hub
import pytest
import torch
import twins
from transformers import GenerationConfig, LlamaForCausalLM

from llamax_kit.models import checkpoints, loading
from llamax_kit.models.catalogue import catalogue
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils import files, network
from llamax_kit.utils.errors import KitError, UnknownName

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft's call, not ours


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """One twin of each layout: {layout: folder}."""
    root = tmp_path_factory.mktemp("twins")
    pieces, ranks = twins.train_sentencepiece(root / "pieces.model"), twins.train_ranks(root / "ranks")
    return {
        layout: twins.make(layout, root / layout, pieces if layout in twins.LLAMA2 else ranks)
        for layout in twins.LAYOUTS
    }


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A user cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/llamax-kit"


@pytest.fixture
def twin(made, tmp_path):
    """A copy of the sharded twin, to break."""
    return shutil.copytree(made["float32 shards"], tmp_path / "twin")


def generate(model, tokenizer, prompts: list[str]) -> list[str]:
    """Greedy continuations of one batch, padded on the left."""
    ids = [tokenizer.encode(prompt) for prompt in prompts]
    width = max(map(len, ids))
    padded = torch.tensor([[tokenizer.pad_id] * (width - len(row)) + row for row in ids])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids])
    config = GenerationConfig(
        max_new_tokens=24, do_sample=False, eos_token_id=tokenizer.eos_ids, pad_token_id=tokenizer.pad_id
    )
    with torch.inference_mode():
        output = model.generate(input_ids=padded, attention_mask=mask, generation_config=config)
    return [tokenizer.decode(row) for row in output[:, width:].tolist()]


def test_the_catalogue_has_every_released_model_in_a_layout_that_is_tested():
    entries = {entry.name: entry for entry in catalogue()}
    assert {name for names in twins.LAYOUTS.values() for name in names} == {
        name for name, entry in entries.items() if entry.hub.startswith("LLaMAX/")
    }
    assert entries["LLaMAX2-7B-Alpaca"].base == "LLaMAX2-7B" and entries["LLaMAX2-7B-Alpaca"].kind == "alpaca"
    assert entries["Llama-2-7b-hf"].hub == "meta-llama/Llama-2-7b-hf"
    assert {entry.kind for entry in catalogue()} == {"base", "alpaca", "task", "copy"}
    assert {entry.base for entry in catalogue()} <= {"", *entries}


@pytest.mark.parametrize("layout", twins.LAYOUTS)
def test_each_layout_generates_the_same_alone_and_in_a_batch(made, layout):
    resolved = loading.resolve(made[layout])
    model, tokenizer = loading.load_model(resolved, device="cpu"), loading.load_tokenizer(resolved)
    assert model.dtype == torch.float32 and not model.training
    assert model.get_input_embeddings().num_embeddings > max(tokenizer.pad_id, *tokenizer.special.values())
    alone = [generate(model, tokenizer, [text])[0] for text in twins.TEXT]
    assert generate(model, tokenizer, twins.TEXT) == alone
    assert len(set(alone)) > 5 and all(alone)


def test_the_real_checkpoint_tells_its_story(data):
    folder = data / "checkpoints/stories260K"
    resolved = loading.resolve(str(folder))
    model, tokenizer = loading.load_model(resolved, device="cpu"), loading.load_tokenizer(resolved)
    story = generate(model, tokenizer, [""])[0]
    assert len(story) > 50 and (folder / "expected_greedy.txt").read_text().startswith(story.strip())


def test_nothing_of_the_models_own_generation_config_is_left(made):
    own = json.loads((made["no pad"] / "generation_config.json").read_text())
    assert own["repetition_penalty"] == 9.0  # would change every text
    model = loading.load_model(loading.resolve(made["no pad"]), device="cpu")
    assert model.generation_config == GenerationConfig()


def test_dtypes_and_devices(made):
    resolved = loading.resolve(made["bare pickle"])
    assert loading.load_model(resolved, dtype="bfloat16", device="cpu").dtype == torch.bfloat16
    assert loading.placement(device="cpu") == ("float32", "cpu")
    assert loading.placement() == (("bfloat16", "cuda") if torch.cuda.is_available() else ("float32", "cpu"))
    with pytest.raises(UnknownName, match="'bf16'.*auto, float32, bfloat16, float16"):
        loading.placement(dtype="bf16")
    for device in ("cuda:99", "gpu"):
        with pytest.raises(KitError, match=f"device .*'{device}'.*To mend: use"):
            loading.placement(device=device)


def test_looking_models_up_loads_nothing_heavy():
    code = (
        "import sys; from llamax_kit.models import loading; loading.catalogue();"
        "print({'torch', 'transformers', 'huggingface_hub', 'sentencepiece', 'peft'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


# Names


def test_names_that_lead_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName, match="'LLaMAX2-7B-Alpac'.*LLaMAX2-7B-Alpaca, "):
        loading.resolve("LLaMAX2-7B-Alpac")
    for nothing in ("", "/no/such/folder", "LLaMAX2-7B\n"):
        with pytest.raises(UnknownName, match="unknown model"):
            loading.resolve(nothing)
    with pytest.raises(KitError, match="LLaMA2-7B-Alpaca.*never published.*tune Llama-2-7b-hf"):
        loading.resolve("LLaMA2-7B-Alpaca")
    with pytest.raises(KitError, match="copy .*no weights.*To mend: name one"):
        loading.resolve("copy")
    with pytest.raises(KitError, match="config.json.*To mend: name one"):
        loading.resolve(str(tmp_path))


def test_a_folder_named_like_a_hub_id_is_a_model_only_with_a_config(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "LLaMAX/LLaMAX2-7B-Alpaca/flores101"
    results.mkdir(parents=True)  # as the authors' scripts leave it
    (results / "spBLEU_summary.csv").write_text("en-de 1.0\n")
    with hub(monkeypatch, tmp_path, {"LLaMAX/LLaMAX2-7B-Alpaca": made["float32 shards"]}):
        assert loading.resolve("LLaMAX/LLaMAX2-7B-Alpaca").revision == fake_hub.COMMIT
        shutil.copytree(made["bare pickle"], results.parent, dirs_exist_ok=True)
        found = loading.resolve("LLaMAX/LLaMAX2-7B-Alpaca")
        assert found.hub == "" and found.revision.startswith("sha256:") and found.folder == results.parent


# The hub


@contextmanager
def hub(monkeypatch, tmp_path, repositories, gated=frozenset()):
    """Make the real client of the hub talk to a hub on loopback, with a cache of the test's own."""
    from huggingface_hub import constants

    with fake_hub.serve(repositories, gated) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        yield asked


def test_from_the_hub_at_a_commit_without_weights_until_they_are_needed(made, tmp_path, monkeypatch):
    both = shutil.copytree(made["float32 shards"], tmp_path / "both")
    shutil.copyfile(made["bare pickle"] / "pytorch_model.bin", both / "pytorch_model.bin")
    (both / "modeling_mine.py").write_text("raise SystemExit")
    served = {"LLaMAX/LLaMAX2-7B": both, "LLaMAX/LLaMAX2-7B-XNLI": made["bare pickle"]}
    with hub(monkeypatch, tmp_path, served) as asked:
        found = loading.resolve("LLaMAX2-7B@v1")
        assert (found.name, found.hub, found.revision) == ("LLaMAX2-7B", "LLaMAX/LLaMAX2-7B", fake_hub.COMMIT)
        assert loading.load_tokenizer(found).encode("x")[0] == 1
        assert not [name for name in asked if name.startswith(("model", "pytorch"))]
        loading.load_model(found, device="cpu")
        assert "model-00001-of-00003.safetensors" in asked  # safetensors, and neither the pickle nor code
        assert not {"pytorch_model.bin", "modeling_mine.py"} & set(asked)
        asked.clear()
        bare = loading.resolve("LLaMAX/LLaMAX2-7B-XNLI")
        loading.load_model(bare, device="cpu")
        assert set(asked) == {"config.json", "tokenizer.model", "pytorch_model.bin"}
    # offline: what was fetched is found again, at the same commit
    assert loading.resolve("LLaMAX2-7B@v1") == found
    loading.load_model(found, device="cpu")
    with pytest.raises(KitError, match="LLaMAX/LLaMAX3-8B at v9.*connect to the network"):
        loading.resolve("LLaMAX3-8B@v9")


@pytest.mark.parametrize("revision", ["", fake_hub.COMMIT])
def test_a_hub_that_never_answers_is_given_up(made, tmp_path, monkeypatch, revision):
    """Accepting and then saying nothing, it would hold the client for ever; what is cached is used all the same."""
    from huggingface_hub import constants

    monkeypatch.setattr(loading.hub, "READ", 0.2)
    monkeypatch.setattr(network, "READ", 0.2)
    with hub(monkeypatch, tmp_path, {"LLaMAX/LLaMAX2-7B": made["bare pickle"]}):
        found = loading.resolve("LLaMAX2-7B")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        message = r"LLaMAX/LLaMAX3-8B .*ReadTimeout.*HF_HUB_OFFLINE=1"
        with pytest.raises(KitError, match=message):
            loading.resolve(f"LLaMAX3-8B@{revision}".rstrip("@"))
        assert loading.resolve(f"LLaMAX2-7B@{revision}".rstrip("@")) == found
        assert time.monotonic() - start < 4


def test_what_the_hub_refuses(made, tmp_path, monkeypatch):
    (tmp_path / "gguf").mkdir()
    (tmp_path / "gguf/model.gguf").write_bytes(b"GGUF")
    served = {"meta-llama/Llama-2-7b-hf": made["no pad"], "LLaMAX/LLaMAX3-8B": made["no pad"], "a/b": tmp_path / "gguf"}
    with hub(monkeypatch, tmp_path, served, gated={"meta-llama/Llama-2-7b-hf"}):
        with pytest.raises(KitError, match="gated.*https://huggingface.co/meta-llama/Llama-2-7b-hf.*hf auth login"):
            loading.resolve("Llama-2-7b-hf")
        with pytest.raises(UnknownName, match="'LLaMAX/LLaMAX3-7B'.*LLaMAX/LLaMAX3-8B, .*hf auth login"):
            loading.resolve("LLaMAX/LLaMAX3-7B")
        with pytest.raises(
            KitError, match="LLaMAX/LLaMAX3-8B .*'v7'.*https://huggingface.co/LLaMAX/LLaMAX3-8B/commits"
        ):
            loading.resolve("LLaMAX3-8B@v7")
        with pytest.raises(KitError, match="in a/b, but it holds model.gguf.*GGUF.*To mend"):
            loading.resolve("a/b")


# Folders that are not whole, or not safe


def broken(twin, message):
    with pytest.raises(KitError, match=f"(?s){message}") as caught:
        loading.load_model(loading.resolve(twin), device="cpu")
    assert "To mend: " in str(caught.value)


def test_a_folder_without_weights_or_with_a_missing_shard(twin):
    (twin / "model-00002-of-00003.safetensors").unlink()
    broken(twin, " 3 .* 1 .*model-00002-of-00003.safetensors")
    (twin / "model.safetensors.index.json").unlink()
    broken(twin, "model.safetensors, .*pytorch_model.bin.*none")


@pytest.mark.parametrize("length", [0, 5, 100, -1, -4000])
def test_a_truncated_safetensors_file(twin, length):
    path = twin / "model-00001-of-00003.safetensors"
    size = path.stat().st_size
    os.truncate(path, length if length >= 0 else size + length)
    with pytest.raises(KitError, match=r"[\d,]+ bytes in .*-00001-of-00003.safetensors.* found [\d,]+.*copy it again"):
        loading.resolve(twin)


def test_other_damage_to_safetensors(twin):
    path = twin / "model-00001-of-00003.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    broken(twin, "-00001-of-00003.safetensors.* found [\\d,]+")
    path.write_bytes(whole[:20] + b"\xff\xff" + whole[22:])
    broken(twin, "header of .*-00001-of-00003.safetensors")
    path.write_bytes(whole[:8] + b"[1]".ljust(int.from_bytes(whole[:8], "little")) + whole[-8:])
    broken(twin, "header of .*-00001-of-00003.safetensors")


def test_remote_code_is_never_run(twin):
    config = json.loads((twin / "config.json").read_text())
    (twin / "modeling_mine.py").write_text("raise SystemExit('ran')")
    mapped = config | {"auto_map": {"AutoModelForCausalLM": "modeling_mine.Mine"}}
    for changed, message in (
        (mapped, "code .*modeling_mine.Mine.*To mend: .*remove auto_map"),
        (mapped | {"model_type": "mine"}, "code .*modeling_mine.Mine"),
        (config | {"model_type": "mine"}, "model_type 'mine'"),
        (config | {"model_type": "mt5"}, "model_type 'mt5'"),
    ):
        (twin / "config.json").write_text(json.dumps(changed))
        broken(twin, message)
    (twin / "config.json").write_text("{")
    broken(twin, "JSON.*config.json")


class Wicked:
    """Unpickled, it would leave a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_pickle_that_does_more_than_hold_tensors_is_refused(made, tmp_path):
    twin = shutil.copytree(made["bare pickle"], tmp_path / "twin")
    torch.save({"model.norm.weight": Wicked(tmp_path / "ran")}, twin / "pytorch_model.bin")
    broken(twin, "weights of .*UnpicklingError")
    (twin / "pytorch_model.bin").write_bytes(pickle.dumps(Wicked(tmp_path / "ran")))
    broken(twin, "weights of .*twin")
    assert not (tmp_path / "ran").exists()


def test_safetensors_come_before_a_pickle(made, twin, tmp_path):
    torch.save({"x": Wicked(tmp_path / "ran")}, twin / "pytorch_model.bin")
    loading.load_model(loading.resolve(twin), device="cpu")
    assert not (tmp_path / "ran").exists()


def test_weights_that_do_not_fit_the_config(twin):
    config = json.loads((twin / "config.json").read_text())
    for changed, message in (
        ({"num_hidden_layers": 3}, "config.json.* 9 .*missing, 0 .*layers.2"),
        ({"num_hidden_layers": 1}, "config.json.* 0 .*missing, 9 .*layers.1"),
        ({"vocab_size": 601}, "weights of .*embed_tokens.weight has the shape 600 × 32, .* asks for 601 × 32 .2 such"),
    ):
        (twin / "config.json").write_text(json.dumps(config | changed))
        broken(twin, message)


# What identifies a folder


def test_the_content_hash_follows_all_that_matters_and_nothing_else(twin):
    first = loading.resolve(twin).revision
    (twin / "README.md").write_text("x")
    (twin / "training_args.bin").write_bytes(b"x")
    assert loading.resolve(twin).revision == first == loading.resolve(shutil.copytree(twin, twin / "copy")).revision
    seen = {first}
    for name in ("config.json", "generation_config.json", "tokenizer.json", "special_tokens_map.json"):
        path = twin / name
        path.write_text(path.read_text() + "\n")
        seen.add(loading.resolve(twin).revision)
    weights = bytearray((twin / "model-00001-of-00003.safetensors").read_bytes())
    weights[-1] ^= 1
    (twin / "model-00001-of-00003.safetensors").write_bytes(weights)
    seen.add(loading.resolve(twin).revision)
    assert len(seen) == 6


def test_large_files_are_hashed_once(twin, cache, monkeypatch):
    hashed = []
    monkeypatch.setattr(files, "LARGE", 10_000)
    monkeypatch.setattr(files, "SETTLED", 0)
    monkeypatch.setattr(files, "sha256", lambda path: hashed.append(path.name) or f"{len(hashed):064}")
    first = loading.resolve(twin).revision
    assert "model-00001-of-00003.safetensors" in hashed and any(cache.rglob("*"))
    hashed.clear()
    assert loading.resolve(twin).revision != first  # the small files, hashed again, have other hashes here
    assert not [name for name in hashed if name.endswith(".safetensors")]
    os.utime(twin / "model-00001-of-00003.safetensors", ns=(1, 1))
    loading.resolve(twin)
    assert "model-00001-of-00003.safetensors" in hashed


def test_a_cache_that_cannot_be_written_or_is_damaged_stops_nothing(twin, cache, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 10_000)
    monkeypatch.setattr(files, "SETTLED", 0)
    first = loading.resolve(twin).revision
    for note in (cache / "hashes").iterdir():
        note.write_text("cut")
    assert loading.resolve(twin).revision == first
    shutil.rmtree(cache)
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file in its place")
    assert loading.resolve(twin).revision == first


# LoRA


@pytest.fixture(scope="session")
def adapter(made, tmp_path_factory):
    """An adapter that changes what the sharded twin says."""
    import peft

    base = LlamaForCausalLM.from_pretrained(made["float32 shards"])
    torch.manual_seed(3)
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    folder = tmp_path_factory.mktemp("lora") / "my-lora"
    peft.get_peft_model(base, config).save_pretrained(folder)
    saved = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(saved | {"base_model_name_or_path": "LLaMAX/LLaMAX2-7B"}))
    return folder


def test_an_adapter_changes_the_answers_and_the_identity(made, adapter):
    plain = loading.resolve(made["float32 shards"])
    with_it = loading.resolve(made["float32 shards"], adapter=str(adapter))
    assert with_it.name == "float32 shards+my-lora" and with_it.revision == plain.revision
    assert with_it.adapter_revision.startswith("sha256:") and plain.adapter_revision == ""
    tokenizer = loading.load_tokenizer(with_it)
    model = loading.load_model(with_it, device="cpu")
    assert not model.training
    texts = [
        generate(loading.load_model(plain, device="cpu"), tokenizer, twins.TEXT),
        generate(model, tokenizer, twins.TEXT),
    ]
    assert texts[0] != texts[1]
    assert [generate(model, tokenizer, [text])[0] for text in twins.TEXT] == texts[1]


def test_an_adapter_of_another_base_is_refused(made, adapter, tmp_path, monkeypatch):
    served = {"LLaMAX/LLaMAX2-7B": made["float32 shards"], "LLaMAX/LLaMAX2-7B-Alpaca": made["float32 shards"]}
    with hub(monkeypatch, tmp_path, served | {"me/my-lora": adapter}):
        found = loading.resolve("LLaMAX2-7B", adapter="me/my-lora@main")
        assert found.adapter_revision == fake_hub.COMMIT and found.name == "LLaMAX2-7B+my-lora"
        loading.load_model(found, device="cpu")
        with pytest.raises(
            KitError, match="LLaMAX/LLaMAX2-7B, not on LLaMAX/LLaMAX2-7B-Alpaca.*load it on LLaMAX/LLaMAX2-7B"
        ):
            loading.resolve("LLaMAX2-7B-Alpaca", adapter=str(adapter))
        with pytest.raises(KitError, match="LLaMAX/LLaMAX2-7B.*adapter_config.json.*To mend"):
            loading.resolve("LLaMAX2-7B", adapter="LLaMAX/LLaMAX2-7B")


def test_an_adapter_of_another_shape_is_refused(made, adapter, tmp_path):
    pieces = made["float32 shards"] / "tokenizer.model"
    for number, shape in enumerate(({"hidden_size": 16}, {"num_hidden_layers": 1}, {"num_hidden_layers": 3})):
        other = twins.make("bare pickle", tmp_path / f"other{number}", pieces, **shape)
        with pytest.raises(KitError, match="my-lora .*load it on the model it was trained on"):
            loading.load_model(loading.resolve(other, adapter=str(adapter)), device="cpu")


def test_adapters_that_are_none(made, adapter, tmp_path):
    model = made["float32 shards"]
    with pytest.raises(KitError, match="adapter_config.json.*save_pretrained"):
        loading.resolve(model, adapter=str(tmp_path))
    empty = shutil.copytree(adapter, tmp_path / "empty")
    (empty / "adapter_model.safetensors").unlink()
    with pytest.raises(KitError, match="empty .*adapter_model.safetensors.*copy"):
        loading.resolve(model, adapter=str(empty))
    torch.save({"x": Wicked(tmp_path / "ran")}, empty / "adapter_model.bin")
    with pytest.raises(KitError, match="empty .*load it on the model"):
        loading.load_model(loading.resolve(model, adapter=str(empty)), device="cpu")
    assert not (tmp_path / "ran").exists()
    cut = shutil.copytree(adapter, tmp_path / "cut")
    os.truncate(cut / "adapter_model.safetensors", 500)
    with pytest.raises(KitError, match="1,016 bytes in .*adapter_model.safetensors.* 500.*copy it again"):
        loading.resolve(model, adapter=str(cut))


# Models that ship with the kit


@pytest.fixture
def kit(tmp_path, monkeypatch) -> Path:
    """An installed kit, in whose folder `models/miniatures` tests put what they like."""
    monkeypatch.setattr(loading, "files", lambda package: tmp_path / package)
    return tmp_path / "llamax_kit"


SHIPPED = [f"mini-llama{x}{kind}" for kind in ("", "-alpaca", "-facts") for x in ("", "x")]


def test_a_model_that_ships_with_the_kit_goes_by_its_name_and_needs_no_hub(kit):
    entries = {entry.name: entry for entry in catalogue() if entry.folder}
    assert list(entries) == SHIPPED and {entry.hub for entry in entries.values()} == {""}
    assert [entry.kind for entry in entries.values()] == ["base", "base", "alpaca", "alpaca", "task", "task"]
    folder = kit / "models/miniatures/mini-llamax-alpaca"
    random_llama.make(folder, tokenizer=random_llama.TOKENIZER)
    LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
    found = loading.resolve("mini-llamax-alpaca")
    assert found == ("mini-llamax-alpaca", folder, checkpoints.content_hash(folder), "", None, "")
    model = loading.load_model(found, device="cpu")
    assert model.dtype == torch.float32 and generate(model, loading.load_tokenizer(found), twins.TEXT[:2])
    assert loading.load_model(found, dtype="bfloat16", device="cpu").dtype == torch.bfloat16


def test_a_shipped_model_that_is_not_there_or_asked_for_by_revision_is_refused(kit):
    with pytest.raises(KitError, match="mini-llama.*config.json.*To mend: install the kit again"):
        loading.resolve("mini-llama")
    with pytest.raises(KitError, match="mini-llama .*revision.*name mini-llama alone"):
        loading.resolve("mini-llama@main")
    with pytest.raises(UnknownName, match="Nearest: .*mini-llamax-alpaca"):
        loading.resolve("mini-llamax-alpacca")


def test_all_that_ships_beside_code_is_in_the_package_that_is_installed():
    package = Path(loading.__file__).parents[1]
    lines = (package.parent / "pyproject.toml").read_text(encoding="utf-8")
    data = tomllib.loads(lines)["tool"]["setuptools"]["package-data"]
    shipped = {path for name, globs in data.items() for each in globs
               for path in (package.parent / name.replace(".", "/")).glob(each)}  # fmt: skip
    present = {path for path in package.rglob("*.*") if path.suffix not in (".py", ".pyc") and path.is_file()}
    assert "miniatures/*/*" in data["llamax_kit.models"] and present - shipped == set()


def test_the_random_llama_is_refused_with_what_takes_its_place():
    with pytest.raises(KitError, match="random-llama.*To mend: name mini-llama"):
        loading.resolve("random-llama")
