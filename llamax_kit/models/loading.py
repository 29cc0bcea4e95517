"""The catalogue of published systems, and loading any of them or a model of one's own. Generates nothing.

A model is named by the catalogue, by a hub id, either with "@revision", or by a folder that holds config.json (the
authors' scripts write results into folders named like hub ids). The miniatures are in the kit and need no download.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from llamax_kit.models import checkpoints, hub, runnable, tokenizer_files, weights
from llamax_kit.models.catalogue import Entry, catalogue
from llamax_kit.models.tokenizers import Tokenizer
from llamax_kit.models.weights import placement
from llamax_kit.utils.errors import KitError, UnknownName

LOADABLE = ", ".join(entry.name for entry in catalogue() if entry.hub or entry.folder)
REMEDY = f"name one of {LOADABLE}; or a hub id such as LLaMAX/LLaMAX2-7B-Alpaca, or a folder that holds config.json"


class Resolved(NamedTuple):
    """A model found: where its files are and what identifies them. `hub` is "" for a folder.

    `revision`: the hub's commit, or "sha256:…" of a folder's content; `adapter_revision` likewise. By `locate` alone
    `folder` is None for a model of the hub, and `revision` what was asked for.
    """

    name: str
    folder: Path | None
    revision: str = ""
    hub: str = ""
    adapter: Path | None = None
    adapter_revision: str = ""


@checkpoints.understood
def resolve(spec: str, *, adapter: str = "") -> Resolved:
    """Find a model, and the LoRA adapter to put on it, without loading weights.

    From the hub only config and tokenizer are fetched. A folder's weights are checked and hashed (27 GB: a minute).

    Raises KitError, or its UnknownName, when the model or adapter is not found, is not whole, or needs remote code.
    """
    found = locate(str(spec))
    if found.hub:
        folder = hub.texts(found.hub, revision=found.revision)
        checkpoints.check_config(folder)
        found = found._replace(folder=folder, revision=folder.name)
    else:
        found = found._replace(revision=checkpoints.content_hash(found.folder))
    return _with_adapter(found, str(adapter)) if adapter else found


@checkpoints.understood
def check(spec: str) -> None:
    """Check a model as `resolve` and `load_tokenizer` do, but ask no hub and hash nothing: milliseconds for a folder.

    Raises KitError, or its UnknownName, when the model is not found or not whole; a hub id need only look like one.
    """
    if folder := locate(spec).folder:
        runnable.check(folder)
        runnable.check_shapes(folder)
        tokenizer_files.load(folder)


@checkpoints.understood
def check_adapter(spec: str, *, model: str) -> None:
    """Check a LoRA adapter as `resolve` does, but ask no hub and hash nothing; model: "" where it is still to be made.

    Raises KitError as it does, and when a tensor does not fit the model.
    """
    if folder := _adapter_folder(spec):
        checkpoints.adapter_weights(folder)
        found = locate(model) if model else None
        if found:
            _same_base(spec, folder, found.hub)
        runnable.check_adapter(folder, found and found.folder)
        if found and found.folder:
            tokenizer_files.load(found.folder, adapter=folder)


@checkpoints.understood
def offline_tokenizer(spec: str, *, adapter: str = "") -> Tokenizer | None:
    """Load the tokenizer of a model, with an adapter, but ask no hub: None where only that knows."""
    folder, own = locate(spec).folder, _adapter_folder(adapter) if adapter else None
    return tokenizer_files.load(folder, adapter=own) if folder and bool(adapter) == bool(own) else None


@checkpoints.understood
def load_tokenizer(resolved: Resolved) -> Tokenizer:
    """Load the model's tokenizer, or the adapter's own. Raises KitError when there is none that can be read."""
    return tokenizer_files.load(resolved.folder, adapter=resolved.adapter)


def load_model(resolved: Resolved, *, dtype: str = "auto", device: str = "auto"):
    """Load the weights (and the adapter) into a torch model in eval mode, with a neutral generation_config.

    Safetensors are preferred; a pickle is read by torch.load(weights_only=True); no remote code is ever run.

    Raises KitError when weights are missing, cut off, unsafe, or do not fit the config.
    """
    dtype, device = placement(dtype=dtype, device=device)
    runnable.check(resolved.folder)
    folder = hub.weights(resolved.hub, revision=resolved.revision) if resolved.hub else resolved.folder
    model = weights.load(folder, dtype=dtype, device=device)
    return (weights.with_adapter(model, resolved.adapter) if resolved.adapter else model).eval()


@checkpoints.understood
def locate(spec: str) -> Resolved:
    """Find a model by its name alone: no hub is asked, nothing is hashed or made.

    Raises KitError, or its UnknownName, for what cannot be a model's name, or a folder without a fit config.json.
    """
    if spec == "random-llama":
        raise KitError("random-llama is no longer part of the kit. To mend: name mini-llama, the smallest that ships")
    folder = Path(spec).expanduser()
    if folder.suffix.lower() == ".gguf" and not folder.exists():
        raise KitError(
            f"expected a model, got {spec}: the name of a GGUF file, and there is none. Such files are not read here. "
            f"To mend: name the folder or the hub id of the model that such files are made from"
        )
    if spec and folder.is_file():
        checkpoints.check_form(folder.parent, [folder.name], {})
        raise KitError(f"expected the folder of a model, but {folder} is one file. To mend: name {folder.parent}")
    if spec and (folder / "adapter_config.json").is_file():
        checkpoints.check_folder(folder)
    if spec and (folder / "config.json").is_file():
        checkpoints.check_config(folder)
        return Resolved(folder.resolve().name, folder.resolve())
    name, _, revision = spec.partition("@")
    entry = next((entry for entry in catalogue() if name in (entry.name, entry.hub) and name), None)
    if entry and entry.folder:
        return _shipped(entry, revision)
    if entry and not entry.hub:
        raise KitError(f"{entry.name} has no weights to load: {entry.note}. To mend: {REMEDY}")
    if entry is None and spec:
        checkpoints.check_folder(folder)
    if entry is None and spec and folder.is_dir() and not hub.looks_like_id(name):
        raise KitError(f"expected config.json in the model folder {folder}, but it has none. To mend: {REMEDY}")
    if entry is None and not hub.looks_like_id(name):
        raise UnknownName("model", given=spec, choices=[entry.name for entry in catalogue()], remedy=REMEDY)
    repository = entry.hub if entry else name
    return Resolved(repository.rpartition("/")[2], None, revision, repository)


def _shipped(entry: Entry, revision: str) -> Resolved:
    """Find a model that ships with the kit."""
    if revision:
        raise KitError(f"{entry.name} ships with the kit, in no revision but its own. To mend: name {entry.name} alone")
    folder = Path(str(files("llamax_kit"))) / entry.folder
    if not (folder / "config.json").is_file():
        raise KitError(
            f"expected the model {entry.name}, which ships with the kit, in {folder}, but there is no config.json. "
            f"To mend: install the kit again, whole; in a checkout, git restore llamax_kit/{entry.folder}"
        )
    return Resolved(entry.name, folder)


def _with_adapter(model: Resolved, spec: str) -> Resolved:
    if folder := _adapter_folder(spec):
        name, revision = folder.resolve().name, checkpoints.adapter_hash(folder)
    else:
        repository, _, revision = spec.partition("@")
        folder = hub.adapter(repository, revision=revision)
        name, revision = repository.rpartition("/")[2], folder.name
    _same_base(spec, folder, model.hub)
    return model._replace(name=f"{model.name}+{name}", adapter=folder.resolve(), adapter_revision=revision)


def _adapter_folder(spec: str) -> Path | None:
    """Find an adapter's folder; None where it is on the hub. Raises KitError for what is neither."""
    folder = Path(spec).expanduser()
    if (folder / "adapter_config.json").is_file():
        return folder
    if hub.looks_like_id(spec.partition("@")[0]):
        return None
    if (folder / "config.json").is_file():
        raise KitError(
            f"expected a LoRA adapter, but {spec} is a model. To mend: give it as the model, with no adapter"
        )
    raise KitError(
        f"expected a LoRA adapter, a folder that holds adapter_config.json or a hub id, but {spec!r} is neither. "
        f"To mend: name the folder that peft's save_pretrained wrote"
    )


def _same_base(spec: str, folder: Path, repository: str) -> None:
    base = checkpoints.read_json(folder / "adapter_config.json").get("base_model_name_or_path") or ""
    if repository and base != repository and hub.looks_like_id(base):
        raise KitError(
            f"the adapter {spec} was trained on {base}, not on {repository}: on another base it would change the "
            f"answers without being what was trained. To mend: load it on {base}"
        )
