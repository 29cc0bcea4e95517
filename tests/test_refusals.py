"""What is no model here, or not the file itself, is refused with the true reason, before a kernel starts where it can.

Each advice is followed where it can be, and then it works.
"""

import json
import re
import shlex
import shutil
from contextlib import contextmanager
from pathlib import Path

import fake_hub
import pytest
import small
import torch
from click.testing import CliRunner

from llamax_kit.app import cli, notebooks, parameter_checks, parameters
from llamax_kit.app.sweep import jobs
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading, runnable, tokenizer_files
from llamax_kit.models.engines.base import Completion
from llamax_kit.models.engines.transformers import Transformers
from llamax_kit.models.ledger import Ledger
from llamax_kit.paper import release
from llamax_kit.runs import storage
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs
from llamax_kit.training import recipe
from llamax_kit.training.corpus import streams
from llamax_kit.utils.errors import KitError

WARNINGS = "ignore:.is_gradient_checkpointing:FutureWarning", "ignore:Setting .save_embedding_layers:UserWarning"
pytestmark = [pytest.mark.filterwarnings(each) for each in WARNINGS]  # what peft says and does, not the kit


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


# What is no model that the kit runs

SMALL = dict(vocab_size=320, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
             decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16)  # fmt: skip
T5 = dict(vocab_size=320, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)


@pytest.mark.parametrize(("name", "shape"), [("M2M100", SMALL), ("Marian", SMALL), ("MBart", SMALL), ("T5", T5)])
def test_an_encoder_decoder_is_refused_as_one(name, shape, base, tmp_path, monkeypatch):
    import transformers

    config = getattr(transformers, f"{name}Config")(**shape, pad_token_id=1)
    kind = "MarianMTModel" if name == "Marian" else f"{name}ForConditionalGeneration"
    getattr(transformers, kind)(config).save_pretrained(tmp_path / "other")
    shutil.copyfile(base / "tokenizer.model", tmp_path / "other/tokenizer.model")
    for act in (lambda: early("04", model="other"), lambda: load("other")):
        message = told(act)
        assert f"other/config.json describes {kind} (model_type '{config.model_type}'), an encoder–decoder" in message
        assert "llamax-kit run 05 -p hypotheses" in message
    early("07", tokenizer="other")  # its tokenizer is one like others
    with hub(monkeypatch, tmp_path, {"me/other": tmp_path / "other"}) as asked:
        assert "an encoder–decoder" in told(Transformers, "me/other", device="cpu")
    assert "config.json" in asked and "model.safetensors" not in asked


def test_what_config_json_says_of_an_architecture_decides(base):
    for changes, message in (
        ({"model_type": "nllb-moe", "architectures": None}, "a model (model_type 'nllb-moe'), an encoder–decoder"),
        ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, "BertForMaskedLM, which has another head"),
        ({"architectures": ["LlamaForSequenceClassification"]}, "LlamaForSequenceClassification, which has another"),
    ):
        config = json.loads((base / "config.json").read_text())
        rewrite(base / "config.json", **changes)
        assert message in told(early, "04", model="base")
        (base / "config.json").write_text(json.dumps(config))
    for changes in ({"is_encoder_decoder": False, "model_type": "mbart", "architectures": ["MBartForCausalLM"]},
                    {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"}):  # fmt: skip
        rewrite(base / "config.json", **changes)
        early("04", model="base")


@pytest.fixture
def lora(base):
    """An adapter beside its base; it names the base's folder."""
    return adapter(base, base.parent / "lora")


def adapter(base: Path, folder: Path, rows: int = 0, **config) -> Path:
    """Make a LoRA adapter that changes what the base says; `rows`: with as many tokens in its embedding."""
    import peft
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(base)
    torch.manual_seed(3)
    if rows:
        model.resize_token_embeddings(rows)
    chosen = dict(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights=False) | config
    model = peft.get_peft_model(model, peft.LoraConfig(**chosen))
    with torch.no_grad():
        for part in (model.get_input_embeddings(), model.get_output_embeddings()):
            part.weight[320:] = torch.randn_like(part.weight[320:])
    model.save_pretrained(folder, save_embedding_layers=bool(rows) and "auto")
    rewrite(folder / "adapter_config.json", base_model_name_or_path=str(base))
    return folder


@pytest.mark.parametrize("beside", [[], ["config.json"], ["config.json", "model.safetensors"]])
def test_an_adapter_given_as_the_model_names_its_base_and_how_to_give_both(beside, lora, base):
    for name in beside:
        shutil.copyfile(base / name, lora / name)
    for act in (lambda: early("04", model="lora"), lambda: load("lora")):
        message = told(act)
        assert f"lora is an adapter, not a model (it holds adapter_config.json): it only changes {base}" in message
        assert f"llamax-kit run 04 -p model {base} -p adapter lora" in message.replace(f"{lora}", "lora")
    early("04", model=str(base), adapter="lora")
    load(base, adapter="lora")
    rewrite(lora / "adapter_config.json", base_model_name_or_path="LLaMAX/LLaMAX2-7B")
    assert "-p model LLaMAX/LLaMAX2-7B -p adapter lora" in told(early, "04", model="lora").replace(str(lora), "lora")
    rewrite(lora / "adapter_config.json", base_model_name_or_path="/home/somebody/llama")
    assert "-p model BASE -p adapter" in told(early, "04", model="lora")


def test_a_model_given_as_the_adapter_and_another_kind_of_adapter_are_told(base, lora):
    assert "expected a LoRA adapter, but base is a model. To mend: give it as the model" in told(
        early, "04", adapter="base"
    )
    rewrite(lora / "adapter_config.json", peft_type="PREFIX_TUNING")
    for act in (lambda: early("04", model="base", adapter="lora"), lambda: load(base, adapter="lora")):
        assert "lora, but its adapter_config.json says PREFIX_TUNING" in told(act)


@pytest.mark.parametrize(("name", "form"), [("x.Q4_K_M.gguf", "GGUF"), ("consolidated.00.pth", "Meta"),
                                            ("tf_model.h5", "TensorFlow"), ("flax_model.msgpack", "Flax")])  # fmt: skip
def test_weights_in_another_form_are_told(name, form, base):
    (base / "model.safetensors").rename(base / name)
    for config in (True, False):
        message = told(early, "04", model="base")
        assert f"base, but it holds {name}: its form is " in message and form in message
        assert "name the model that it was made from" in message
        if config:
            (base / "config.json").unlink()


def test_one_file_is_no_model(base):
    (base / "x.gguf").write_bytes(b"GGUF")
    assert "it holds x.gguf: its form is GGUF" in told(early, "04", model="base/x.gguf")
    for name in ("owner/x.gguf", "./none.GGUF"):  # not here, and no hub id
        message = told(early, "04", model=name)
        assert f"got {name}: the name of a GGUF file, and there is none" in message and "it holds" not in message
    message = told(early, "04", model="base/model.safetensors")
    assert message.endswith("base/model.safetensors is one file. To mend: name base")


@contextmanager
def hub(monkeypatch, tmp_path, repositories):
    """Make the hub's client talk to a hub of the test's own."""
    from huggingface_hub import constants

    with fake_hub.serve(repositories) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        yield asked


def test_an_adapter_and_a_gguf_on_the_hub_are_told(lora, tmp_path, monkeypatch):
    (tmp_path / "gguf").mkdir()
    (tmp_path / "gguf/x.gguf").write_bytes(b"GGUF")
    with hub(monkeypatch, tmp_path, {"me/lora": lora, "me/GGUF": tmp_path / "gguf"}):
        assert "me/lora is an adapter, not a model" in told(loading.resolve, "me/lora")
        assert "me/GGUF, but it holds x.gguf: its form is GGUF" in told(loading.resolve, "me/GGUF")


# Quantised checkpoints

QUANTISED = [
    ({"quant_method": "gptq", "bits": 4}, "optimum gptqmodel"),
    ({"quant_method": "awq", "bits": 4}, "gptqmodel"),
    ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "bitsandbytes"),
    ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, "bitsandbytes"),
    ({"quant_method": "compressed-tensors", "config_groups": {}}, "compressed-tensors"),
    ({"quant_method": "torchao"}, "torchao"),
    ({"quant_method": "quanto"}, "optimum-quanto"),
]


@pytest.mark.parametrize(("given", "packages"), QUANTISED, ids=lambda each: each if isinstance(each, str) else "")
def test_a_quantised_checkpoint_without_its_library_names_it(given, packages, base, monkeypatch):
    monkeypatch.setattr(runnable, "find_spec", lambda module: None)
    plain = {"quantization_config": None, "text_config": None}
    for changes in ({"quantization_config": given}, {"text_config": {"quantization_config": given}}):
        rewrite(base / "config.json", **plain | changes)
        for act in (lambda: early("04", model="base"), lambda: load(base)):
            message = told(act)
            assert "quantization_config in config.json" in message and "not installed here" in message
            assert f"To mend: pip install {packages}; or name the unquantised model" in message
    monkeypatch.setattr(runnable, "find_spec", lambda module: object())
    early("04", model="base")


def test_the_libraries_are_those_that_transformers_asks_for():
    from transformers.quantizers.auto import AUTO_QUANTIZER_MAPPING

    known = {name.removesuffix("_4bit").removesuffix("_8bit") for name in AUTO_QUANTIZER_MAPPING}
    assert set(runnable.LIBRARIES) <= known
    assert all(re.fullmatch(r"[\w.]+(=[\w-]+)?( [\w.]+(=[\w-]+)?)*", each) for each in runnable.LIBRARIES.values())


def test_a_quantisation_that_nobody_knows_or_that_config_json_does_not_name_is_told(base):
    from safetensors.torch import load_file, save_file

    rewrite(base / "config.json", quantization_config={"quant_method": "exl9"})
    assert "quantised by 'exl9'" in told(load, base)
    rewrite(base / "config.json", quantization_config={"bits": 4})
    assert "expected a quant_method in the quantization_config" in told(early, "04", model="base")
    rewrite(base / "config.json", quantization_config=None)
    early("04", model="base")
    tensors = load_file(base / "model.safetensors")
    tensors["model.layers.0.mlp.up_proj.qweight"] = tensors.pop("model.layers.0.mlp.up_proj.weight")
    save_file(tensors, base / "model.safetensors", {"format": "pt"})
    for act in (lambda: early("04", model="base"), lambda: load(base)):
        message = told(act)
        assert "are quantised (model.layers.0.mlp.up_proj.qweight" in message and "no quantization_config" in message


# Shapes


@pytest.mark.parametrize(("changes", "tensor", "came", "asked"), [
    ({"vocab_size": 401}, "lm_head.weight", "320 × 32", "401 × 32"),
    ({"intermediate_size": 48}, "model.layers.0.mlp.down_proj.weight", "32 × 64", "32 × 48"),
    ({"num_key_value_heads": 2}, "model.layers.0.self_attn.k_proj.weight", "32 × 32", "16 × 32"),
    ({"head_dim": 4}, "model.layers.0.self_attn.k_proj.weight", "32 × 32", "16 × 32"),
    ({"hidden_size": 64}, "lm_head.weight", "320 × 32", "320 × 64"),
])  # fmt: skip
def test_weights_of_another_shape_are_named_with_both(changes, tensor, came, asked, base):
    rewrite(base / "config.json", **changes)
    message = f"base do not fit its config.json: {tensor} has the shape {came}, but config.json asks for {asked}"
    for act in (lambda: early("04", model="base"), lambda: load(base)):
        assert message in told(act)
    torch.save(tensors_of(base), base / "pytorch_model.bin")
    (base / "model.safetensors").unlink()
    assert message in told(load, base)  # of a pickle torch alone can tell


def tensors_of(folder: Path) -> dict:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_the_shapes_that_are_expected_are_those_of_transformers():
    from transformers import LlamaConfig, LlamaForCausalLM

    for changes in ({}, {"num_key_value_heads": 2}, {"head_dim": 4}, {"num_key_value_heads": 1, "head_dim": 6}):
        shape = dict(vocab_size=70, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
        model = LlamaForCausalLM(LlamaConfig(**shape | changes))
        held = {name: tuple(part.shape) for name, part in model.named_parameters()}
        asked = runnable._asked(model.config.to_dict())
        assert list(runnable._misfits(held, asked=asked)) == []
        assert len(asked) == len({name.split("layers.1.")[-1] for name in held if "layers.0." not in name}) - 2


@pytest.mark.parametrize(("changes", "came", "has"), [
    ({"hidden_size": 48}, "2 × 32", "48 × 48"), ({"num_key_value_heads": 2}, "32 × 2", "16 × 32"),
])  # fmt: skip
def test_an_adapter_of_another_shape_is_named_with_both(changes, came, has, base, lora, tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    other = shutil.copytree(base, tmp_path / "other")
    config = LlamaConfig.from_pretrained(base)
    LlamaForCausalLM(LlamaConfig(**config.to_dict() | {"head_dim": None} | changes)).save_pretrained(other)
    for act in (lambda: early("04", model="other", adapter="lora"), lambda: load(other, adapter="lora")):
        message = told(act)
        assert re.search(
            f"lora does not fit the model: its base_model.*has the shape {came}, but model.* {has}", message
        )
        assert "load it on the model it was trained on" in message
    early("04", model="base", adapter="lora")


# What an adapter brings of its own

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TURN = [{"role": "user", "content": "river mountain"}]
ADDED = {"<|im_start|>": 320, "<|im_end|>": 321}


def with_tokenizer(folder: Path, base: Path) -> Path:
    """Put a tokenizer of an adapter's own beside it: two tokens more than the base's, and a chat template."""
    shutil.copyfile(base / "tokenizer.model", folder / "tokenizer.model")
    (folder / "added_tokens.json").write_text(json.dumps(ADDED))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>", "bos_token": "<s>"}))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


@pytest.mark.parametrize("config", [{}, {"modules_to_save": ["embed_tokens", "lm_head"]},
                                    {"target_modules": ["q_proj", "embed_tokens", "lm_head"]}])  # fmt: skip
def test_an_adapters_own_tokens_template_and_embedding_are_used(config, base):
    import peft
    from transformers import LlamaForCausalLM

    folder = with_tokenizer(adapter(base, base.parent / "lora", rows=322, **config), base)
    early("04", model="base", adapter="lora", prompt="chat")
    found = loading.resolve(base, adapter="lora")
    tokenizer = loading.load_tokenizer(found)
    prompt = tokenizer.chat(TURN)
    ids = tokenizer.encode(prompt)
    assert prompt == "<|im_start|>user\nriver mountain<|im_end|>\n<|im_start|>assistant\n"
    assert ids[:2] == [1, 320] and ids.count(320) == 2 and ids.count(321) == 1 and 321 in tokenizer.eos_ids
    assert set(range(40, 60)) <= set(tokenizer.eos_ids)  # those of the base's config.json
    model = loading.load_model(found, device="cpu")
    expected = LlamaForCausalLM.from_pretrained(base)
    expected.resize_token_embeddings(322, mean_resizing=False)
    expected = peft.PeftModel.from_pretrained(expected, folder).eval()
    with torch.inference_mode():
        came, wanted = (each(torch.tensor([ids])).logits for each in (model, expected))
    assert came.shape[-1] == 322 and torch.equal(came, wanted)


def test_without_its_own_files_an_adapter_has_the_bases_tokenizer_and_identity(base, lora):
    found = loading.resolve(base, adapter="lora")
    alone = loading.load_tokenizer(loading.resolve(base))
    for text in ("river mountain", "<|im_start|>"):
        assert loading.load_tokenizer(found).encode(text) == alone.encode(text)
    seen = {found.adapter_revision}
    (lora / "README.md").write_text("x")
    seen.add(loading.resolve(base, adapter="lora").adapter_revision)
    assert len(seen) == 1
    with_tokenizer(lora, base)
    for name in ("added_tokens.json", "chat_template.jinja", "tokenizer_config.json"):
        seen.add(loading.resolve(base, adapter="lora").adapter_revision)
        (lora / name).write_text((lora / name).read_text() + "\n")
    assert len(seen) == 4


def test_a_template_alone_goes_with_the_bases_tokenizer(base, lora):
    assert "chat template" in told(early, "04", model="base", adapter="lora", prompt="chat")
    (lora / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages[0].content }}!"}))
    early("04", model="base", adapter="lora", prompt="chat")
    tokenizer = loading.load_tokenizer(loading.resolve(base, adapter="lora"))
    assert tokenizer.chat(TURN) == "river mountain!" and tokenizer.encode("river")[0] == 1
    (base / "chat_template.jinja").write_text("of the base")
    assert loading.load_tokenizer(loading.resolve(base, adapter="lora")).chat(TURN) == "river mountain!"


def test_tokens_that_an_adapter_adds_without_their_embedding_are_refused_where_they_are_used(base, lora):
    tokenizer = tokenizer_files.load(base, adapter=with_tokenizer(lora, base))
    assert tokenizer.encode("river") == tokenizer_files.load(base).encode("river")
    message = told(tokenizer.encode, tokenizer.chat(TURN))
    assert "expected ids below 320" in message and "save_embedding_layers=True" in message
    assert tokenizer.pad_id < 320


def test_an_engine_says_whose_tokenizer_it_is_and_keeps_answers_apart(base, lora):
    plain = Transformers(str(base), adapter="lora", device="cpu")
    assert plain.notes == []
    with_tokenizer(lora, base)
    own = Transformers(str(base), adapter="lora", device="cpu")
    assert own.notes == ["The tokenizer and the chat template are those of the adapter"]
    assert own.identity != plain.identity


def test_a_damaged_tokenizer_of_an_adapter_is_told_before_a_kernel(base, lora):
    (lora / "tokenizer.json").write_text("{}")
    assert "lora/tokenizer.json, which cannot be read" in told(early, "04", model="base", adapter="lora")


def test_an_adapter_of_the_hub_brings_its_tokenizer(base, lora, tmp_path, monkeypatch):
    with_tokenizer(lora, base)
    rewrite(lora / "adapter_config.json", base_model_name_or_path="me/base")
    with hub(monkeypatch, tmp_path, {"me/lora": lora, "me/base": base}):
        found = loading.resolve("me/base", adapter="me/lora")
        assert loading.load_tokenizer(found).chat(TURN).startswith("<|im_start|>user")


# Text that YAML, or -p, reads as something else

WRITTEN = ["no", "off", "NO", "on", "yes", "True", "007", "0x1F", "0b11", "1_000", "+7", "-5", "1.50", ".5", "1.0e+3",
           "1e3", ".inf", "null", "None", "2024", "2024-01-05", "0o17", "inf", "nan"]  # fmt: skip


def given(*options: str) -> str:
    """Return the run's name as `llamax-kit run` takes it from these options, or the refusal's remedy."""
    seen, context = {}, cli.run.make_context("run", ["04", *options])
    chosen = {name: context.params[name] for name in OPTIONS}
    values = parameters.given_values(**chosen, written=seen)
    try:
        parameters.check(notebooks.find("04"), values, seen)
    except KitError as error:
        return f"refused: {error}"
    return values["run"]


OPTIONS = ("parameters", "parameters_raw", "parameters_file", "parameters_yaml", "parameters_base64")


@pytest.mark.parametrize("text", WRITTEN)
def test_the_advice_for_text_that_is_read_as_something_else_works(text, base):
    Path("values.yml").write_text(f"run: {text}\n")
    for options in (["-p", "run", text], ["-y", f"run: {text}"], ["-f", "values.yml"]):
        came = given(*options)
        if not came.startswith("refused"):
            assert came == text
            continue
        remedy = came.rpartition("To mend: ")[2]
        raw = re.search(r"-r run \S+?(?= |$)", remedy)[0]
        yaml = re.search(r'-y "(run: .*?)"', remedy)[1]
        assert given(*shlex.split(raw)) == given("-y", yaml) == text


def test_text_that_is_empty_or_no_plain_yaml_is_told_how_to_be_written(base):
    assert "write run: '' for an empty text, or leave it out for the default" in given("-y", "run:")
    for text in ("=", "a: b", "@x", "*x", "%x"):
        assert "in quotes" in told(given, "-y", f"run: {text}")
        assert given("-y", f"run: '{text}'") == text


def test_the_command_line_tells_it(base):
    for options, remedy in (
        (["run", "05", "-y", "source: no"], "as in source: 'no'"),
        (["run", "05", "-y", "source: off"], "as in source: 'off'"),
        (["run", "04", "-p", "run", "007"], "give it as text: -r run 007"),
    ):
        done = CliRunner().invoke(cli.main, options)
        assert done.exit_code == 1 and remedy in done.output


@pytest.mark.parametrize("block", [
    "values: {run: 007}", "each: [{run: 007}]", "grid: {run: [a, 007]}", "files: [values.yml]", "run: 007",
])  # fmt: skip
def test_a_sweep_tells_it_wherever_it_is_written(block, base):
    Path("values.yml").write_text("run: 007\n")
    Path("sweep.yml").write_text(f"- notebook: 04\n  {block}\n")
    assert "run: '007'" in told(jobs.read, "sweep.yml")
    Path("values.yml").write_text("run: '007'\n")
    Path("sweep.yml").write_text(Path("sweep.yml").read_text().replace("007", "'007'"))
    assert jobs.read("sweep.yml")[-1].run == "007"
