"""The catalogue of published systems, and loading any of them or a model of one's own. Generates nothing.

A model is named by the catalogue, by a hub id, either with "@revision", or by a folder. A folder is taken for a model
only if it holds config.json: the authors' scripts write results into a folder named like the hub id, and then load it.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from llamax_kit import checkpoints, hub, tokenizer_files
from llamax_kit.errors import KitError, UnknownName
from llamax_kit.tokenizers import Tokenizer

DTYPES = ("auto", "float32", "bfloat16", "float16")
REMEDY = "name one of these, a hub id such as LLaMAX/LLaMAX2-7B-Alpaca, or a folder that holds config.json"


class Entry(NamedTuple):
    """One system of the catalogue. `kind`: base, alpaca, task, random or copy; `hub` is "" where none is published."""

    name: str
    hub: str
    base: str
    kind: str
    template: str
    layout: str
    licence: str
    note: str


class Resolved(NamedTuple):
    """A model found: where its files are and what identifies them. `hub` is "" for a folder.

    `revision`: the hub's commit, or "sha256:…" of a folder's content; `adapter_revision` likewise.
    """

    name: str
    folder: Path
    revision: str
    hub: str = ""
    adapter: Path | None = None
    adapter_revision: str = ""


@cache
def catalogue() -> tuple[Entry, ...]:
    """Read every released LLaMAX model, its LLaMA baselines, and the kit's own two stand-ins."""
    with open(Path(__file__).with_name("models.csv"), encoding="utf-8", newline="") as file:
        return tuple(Entry(**row) for row in csv.DictReader(file))


def resolve(spec: str, adapter: str = "") -> Resolved:
    """Find a model, and the LoRA adapter to put on it, without loading weights.

    From the hub only config and tokenizer are fetched here; weights follow in `load_model`. A folder's weights are
    checked and hashed (27 GB: about a minute, once).

    Raises KitError, or its UnknownName, when the model or adapter is not found, is not whole, or needs remote code.
    """
    found = _resolve(str(spec))
    checkpoints.check_config(found.folder)
    return _with_adapter(found, str(adapter)) if adapter else found


def load_tokenizer(resolved: Resolved) -> Tokenizer:
    """Load the model's tokenizer, by the tokenizer's own library.

    Raises KitError when the folder holds none that can be read.
    """
    return tokenizer_files.load(resolved.folder)


def placement(dtype: str = "auto", device: str = "auto") -> tuple[str, str]:
    """Say what "auto" means here: ("float32", "cpu"), or ("bfloat16", "cuda") where there is a GPU.

    Raises UnknownName for another dtype, KitError for a device that is not there.
    """
    import torch

    if dtype not in DTYPES:
        raise UnknownName("dtype", dtype, DTYPES, f"use one of {', '.join(DTYPES)}")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise KitError(
            f"expected a device that torch can use here, got {device!r}: {str(error).splitlines()[0]}. "
            f"To mend: use auto, cpu, cuda or cuda:1"
        ) from error
    if dtype == "auto":
        dtype = "float32" if device == "cpu" else "bfloat16"
    return dtype, device


def load_model(resolved: Resolved, dtype: str = "auto", device: str = "auto"):
    """Load the weights (and the adapter) into a torch model in eval mode, with a neutral generation_config.

    Safetensors are preferred; a pickle is read by torch.load(weights_only=True); no remote code is ever run.

    Raises KitError when weights are missing, cut off, unsafe, or do not fit the config.
    """
    dtype, device = placement(dtype, device)
    folder = hub.weights(resolved.hub, resolved.revision) if resolved.hub else resolved.folder
    checkpoints.check_architecture(folder)
    files = checkpoints.weight_files(folder)
    model = _from_pretrained(folder, files, dtype, device)
    if resolved.adapter:
        model = _put_on(model, resolved)
    return model.eval()


def _resolve(spec: str) -> Resolved:
    if spec == "random-llama":
        from llamax_kit import random_llama

        folder = random_llama.folder()
        return Resolved("random-llama", folder, checkpoints.content_hash(folder))
    folder = Path(spec).expanduser()
    if (folder / "config.json").is_file():
        checkpoints.check_config(folder)
        return Resolved(folder.resolve().name, folder.resolve(), checkpoints.content_hash(folder))
    name, _, revision = spec.partition("@")
    entry = next((entry for entry in catalogue() if name in (entry.name, entry.hub) and name), None)
    if entry and not entry.hub:
        raise KitError(f"{entry.name} has no weights to load: {entry.note}. To mend: {REMEDY}")
    if entry is None and folder.is_dir() and not hub.looks_like_id(name):
        raise KitError(f"expected config.json in the model folder {folder}, but it has none. To mend: {REMEDY}")
    if entry is None and not hub.looks_like_id(name):
        raise UnknownName("model", spec, [entry.name for entry in catalogue()], REMEDY)
    repository = entry.hub if entry else name
    found = hub.texts(repository, revision)
    return Resolved(repository.rpartition("/")[2], found, found.name, repository)


def _with_adapter(model: Resolved, spec: str) -> Resolved:
    folder = Path(spec).expanduser()
    if (folder / "adapter_config.json").is_file():
        name, revision = folder.resolve().name, checkpoints.adapter_hash(folder)
    elif hub.looks_like_id(spec.partition("@")[0]):
        repository, _, revision = spec.partition("@")
        folder = hub.adapter(repository, revision)
        name, revision = repository.rpartition("/")[2], folder.name
    else:
        raise KitError(
            f"expected a LoRA adapter, a folder that holds adapter_config.json or a hub id, but {spec!r} is neither. "
            f"To mend: name the folder that peft's save_pretrained wrote"
        )
    base = checkpoints.read_json(folder / "adapter_config.json").get("base_model_name_or_path") or ""
    known = {entry.hub for entry in catalogue() if entry.hub}
    if model.hub and base != model.hub and (hub.looks_like_id(base) or base in known):
        raise KitError(
            f"the adapter {spec} was trained on {base}, not on {model.hub}: on another base it would change the "
            f"answers without being what was trained. To mend: load it on {base}"
        )
    return model._replace(name=f"{model.name}+{name}", adapter=folder.resolve(), adapter_revision=revision)


def _from_pretrained(folder: Path, files: list[Path], dtype: str, device: str):
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            device_map=None if device == "cpu" else {"": device},  # straight to the GPU, not by way of the memory
            use_safetensors=files[0].suffix == ".safetensors",
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # transformers, safetensors and pickle each raise their own
        raise KitError(
            f"could not load the weights of {folder}: {type(error).__name__}: {str(error).splitlines()[0]}. "
            f"To mend: download or copy the folder again; a pickle that holds more than tensors is refused"
        ) from error
    if report["missing_keys"] or report["mismatched_keys"]:
        lost = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
        raise KitError(
            f"the weights of {folder} do not fit its config.json: {len(lost)} tensors are missing, {lost[0]} first; "
            f"they would have been random. To mend: use the config.json that belongs to these weights"
        )
    model.generation_config = GenerationConfig()  # the model's own would fill in whatever a caller leaves out
    return model


def _put_on(model, resolved: Resolved):
    import peft

    try:
        return peft.PeftModel.from_pretrained(model, str(resolved.adapter), is_trainable=False)
    except (RuntimeError, ValueError, OSError) as error:
        raise KitError(
            f"the adapter {resolved.adapter} does not fit {resolved.name}: {str(error).splitlines()[0]}. "
            f"To mend: load it on the model it was trained on"
        ) from error
