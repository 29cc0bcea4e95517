"""Files of others that would take all memory, all time, or code from a hub are refused before they do."""

import json
import shutil
import time
from pathlib import Path

import hostile
import pytest
import small
import yaml

from llamax_kit.analysis import gathering
from llamax_kit.app import notebooks, parameters
from llamax_kit.app.sweep import jobs
from llamax_kit.models import loading, template_bounds, weights
from llamax_kit.runs import storage
from llamax_kit.utils import yaml_text
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small.llama(tmp_path_factory.mktemp("made") / "model")


@pytest.fixture
def folder(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "mine"))


def rewrite(path: Path, **changes) -> None:
    path.write_text(json.dumps((json.loads(path.read_text()) if path.is_file() else {}) | changes))


def told(act, *arguments) -> str:
    with pytest.raises(KitError) as caught:
        act(*arguments)
    assert "To mend: " in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["attn_implementation", "_attn_implementation", "_attn_implementation_internal",
                                  "experts_implementation"])  # fmt: skip
def test_no_kernel_that_a_config_names_is_fetched(folder, name):
    """transformers would fetch and run it: "org/repository:function" is a kernel of the hub."""
    rewrite(folder / "config.json", **{name: "kernels-community/flash-attn2"})
    model = weights.load(folder, dtype="float32", device="cpu")
    assert model.config._attn_implementation == "sdpa"
    assert "kernels" not in str(model.config._experts_implementation)


@pytest.mark.parametrize("named", ["../other/x.safetensors", "/other/x.safetensors", "a/../../x", "C:\\x", "..\\x", ""])
def test_weights_outside_of_the_folder_are_refused(folder, named):
    (folder.parent / "other").mkdir()
    shutil.copyfile(folder / "model.safetensors", folder.parent / "other/x.safetensors")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"lm_head.weight": named}}))
    assert "outside of it" in told(loading.resolve, str(folder))


def test_links_out_of_a_folder_are_what_a_hubs_cache_has(folder):
    (folder.parent / "blobs").mkdir()
    (folder / "model.safetensors").rename(folder.parent / "blobs/0a1b")
    (folder / "model.safetensors").symlink_to("../blobs/0a1b")
    loading.load_model(loading.resolve(str(folder)), device="cpu")


@pytest.mark.parametrize("changes", [
    {"num_hidden_layers": 10**9}, {"num_hidden_layers": 9_999}, {"vocab_size": 10**12}, {"vocab_size": 99_999_999},
    {"max_position_embeddings": 10**18}, {"head_dim": 0}, {"hidden_size": 0}, {"num_attention_heads": -4},
    {"hidden_size": "32"}, {"vocab_size": None}, {"num_key_value_heads": [4, 4]}, {"rms_norm_eps": "x"},
    {"rope_scaling": "linear"}, {"rope_parameters": [1]}, {"architectures": "LlamaForCausalLM"}, {"model_type": 5},
    {"architectures": [None]}, {"eos_token_id": "2"}, {"eos_token_id": [[2]]}, {"quantization_config": 4},
    {"text_config": {"vocab_size": 10**12}}, {"rms_norm_eps": float("nan")},
    {"rope_parameters": {"rope_type": "weird", "rope_theta": 10000.0}},
])  # fmt: skip
def test_a_malformed_or_absurd_config_names_the_folder(folder, changes):
    rewrite(folder / "config.json", **changes)
    begun = time.perf_counter()
    assert str(folder) in told(lambda: loading.load_model(loading.resolve(str(folder)), device="cpu"))
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize("content", ["[]", "5", "null", '"x"', "", "{", "[" * 5000, '{"a":' * 5000])
def test_a_config_that_is_no_mapping_names_the_file(folder, content):
    (folder / "config.json").write_text(content)
    assert str(folder) in told(loading.check, str(folder))


@pytest.mark.parametrize("template", [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in 'abcdefghij' %}" * 11 + "{% endfor %}" * 11,
    "{{ 'a' * 10**11 }}",
])  # fmt: skip
def test_an_endless_chat_template_is_refused(folder, monkeypatch, template):
    monkeypatch.setattr(template_bounds, "SECONDS", 4)
    (folder / "chat_template.jinja").write_text(template)
    assert "chat template" in told(loading.check, str(folder))


def test_a_template_that_only_fails_or_nobody_uses_is_none_of_this(folder):
    """`range(10**9)` is refused by jinja's sandbox itself, when a prompt is written."""
    refused = "{% for i in range(10**9) %}{% endfor %}"
    for template in (refused, "{{ raise_exception('no') }}", "{% if %}", "{{ a.b.c }}"):
        (folder / "chat_template.jinja").write_text(template)
        loading.check(str(folder))
        told(loading.offline_tokenizer(str(folder)).chat, [{"role": "user", "content": "a"}])


@pytest.mark.parametrize("text", [hostile.BOMB, "&a [*a]", "a: &a {b: *a}", "[" * 5000])
def test_yaml_that_unfolds_without_end_is_refused(tmp_path, text):
    with pytest.raises(yaml.YAMLError):
        yaml_text.load(text)
    (tmp_path / "given.yml").write_text(text)
    begun = time.perf_counter()
    told(jobs.read, tmp_path / "given.yml")
    assert time.perf_counter() - begun < 5


def test_yaml_with_aliases_is_read_as_before():
    text = "base: &base {a: 1, b: [x, y]}\nother:\n  <<: *base\n  c: *base\n"
    assert yaml_text.load(text) == yaml.safe_load(text)


def test_a_grid_is_counted_before_it_is_made(tmp_path):
    values = {f"p{at}": list(range(40)) for at in range(5)}
    (tmp_path / "grid.yml").write_text(yaml.safe_dump({"notebook": "04", "grid": values}))
    assert "102,400,000 (40 × 40 × 40 × 40 × 40)" in told(jobs.read, tmp_path / "grid.yml")


@pytest.mark.parametrize("source", ["sentences: int = ", "def f(:", "'''", "x = (", "x = 1\0", "(" * 900 + ")" * 900])
def test_a_slip_in_a_parameters_cell_names_the_notebook(tmp_path, source):
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}, "outputs": []}
    (tmp_path / "own.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    assert "own" in told(parameters.parameters, tmp_path / "own.ipynb")


def test_an_output_that_is_a_folder_is_refused_before_anything_is_executed(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "_papermill", None)
    (tmp_path / "out.ipynb").mkdir()
    assert "it is a folder" in told(notebooks.execute, "00", tmp_path / "out.ipynb")


def test_a_device_is_no_file():
    assert "a pipe or a device" in told(refuse_pointer, "/dev/zero")


@pytest.mark.parametrize("name, content", [
    ("run.json", "[]"), ("run.json", '{"parameters": 5}'), ("run.json", '{"corpus": "x"}'), ("run.json", "[" * 5000),
    ("run.json", '{"training_languages": {}}'), ("run.json", '{"signatures": [5]}'), ("scores.csv", "a,b\n1,2\n"),
    ("run.json", '{"added_languages": [5]}'), ("scores.csv", ""), ("scores.csv", "system,score\na,x\n"),
    ("translations/a/en-sw.parquet", b""), ("translations/a/en-sw.parquet", {}),
    ("translations/a/en-sw.parquet", {"a": [1]}),
])  # fmt: skip
def test_a_spoilt_run_folder_is_named(tmp_path, monkeypatch, name, content):
    import pandas as pd

    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    run = storage.folder("spoilt")
    storage.record(run, "05_score_hypotheses")
    (run / "scores.csv").write_text("system,src,tgt,metric,score,ci_low,ci_high,n,signature\na,en,sw,BLEU,1,1,1,9,s\n")
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        pd.DataFrame(content).to_parquet(run / name)
    else:
        (run / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "spoilt" in told(gathering.gather, "spoilt") or name == "run.json"
