"""A model folder before it is loaded: is it whole, is it safe, and the hash of what is in it. Loads no weights."""

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from functools import wraps
from pathlib import Path, PureWindowsPath

from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import MALFORMED, kept_sha256, refuse_pointer

TOKENIZER = ("tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
             "added_tokens.json", "chat_template.jinja")  # fmt: skip
TEXTS = ("config.json", "generation_config.json", *TOKENIZER)
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
FORMS = {  # what else weights come as, by a file's name
    "*.gguf": "GGUF, which llama.cpp reads", "*.onnx": "ONNX", "*.nemo": "NeMo's", "tf_model*.h5": "TensorFlow's",
    "flax_model*.msgpack": "Flax's", "consolidated.*.pth": "that of Meta's release",
}  # fmt: skip
SIZES = {  # of config.json, and the largest that can be meant: far above every model that there is
    "vocab_size": 10**8, "hidden_size": 10**6, "intermediate_size": 10**7, "num_hidden_layers": 10**4,
    "num_attention_heads": 10**4, "num_key_value_heads": 10**4, "head_dim": 10**5, "max_position_embeddings": 2**31,
}  # fmt: skip
OPTIONAL = ("head_dim", "num_key_value_heads", "intermediate_size", "max_position_embeddings")
KINDS = (
    ("rope_theta rms_norm_eps initializer_range attention_dropout", (int, float), "a number"),
    ("rope_scaling rope_parameters quantization_config text_config", dict, "a mapping of names to values"),
    ("model_type hidden_act", str, "a name"),
    ("is_encoder_decoder tie_word_embeddings attention_bias mlp_bias", bool, "true or false"),
    ("architectures", list, "a list of names"),
)
Shape = tuple[int, ...]


def understood(function):
    """Make a function that reads a model's files raise KitError for what Python stumbles over in them.

    There is no end to what a file may hold in place of what is read: a text for a number, null for a list.
    """

    @wraps(function)
    def guarded(given, /, *arguments, **named):
        try:
            return function(given, *arguments, **named)
        except MALFORMED as error:
            place = getattr(given, "folder", given)
            raise KitError(
                f"the files of the model {place} are not as they should be: {type(error).__name__}: {error!s:.200}. "
                f"To mend: fetch config.json and the tokenizer's files again, from the page of the model"
            ) from error

    return guarded


def read_json(path: Path) -> dict:
    """Return what a JSON file holds; {} where there is no file. Raises KitError when it is not a JSON object."""
    if not path.is_file():
        return {}
    refuse_pointer(path)
    try:
        read = json.loads(path.read_text(encoding="utf-8"), parse_constant=_constant)
        if not isinstance(read, dict):
            raise ValueError(f"it is no object of names and values, but {read!r:.40}")
        return read
    except (ValueError, OSError, RecursionError) as error:
        raise KitError(f"expected JSON in {path}: {error}. To mend: fetch the file again") from error


def _constant(name: str) -> float:
    """Read Infinity, which files hold on purpose. Raises ValueError for NaN, which says that something went wrong."""
    if name == "NaN":
        raise ValueError("it holds NaN (not a number)")
    return float(name.replace("Infinity", "inf"))


def check_form(place: Path | str, names: Iterable[str], adapter: Mapping) -> None:
    """Raise KitError when the files of a folder or repository are an adapter's, or a model's in a form not read here.

    adapter: what its adapter_config.json holds, or {}.
    """
    names = sorted(names)
    if "adapter_config.json" in names:
        base = str(adapter.get("base_model_name_or_path") or "")
        named = f"{base}, the model that it was trained on" if base else "the model that it was trained on"
        known = base if base.count("/") == 1 or Path(base).is_dir() else ""
        both = f"-p model {shlex.quote(known or 'BASE')} -p adapter {shlex.quote(str(place))}"
        mixed = "put it into a folder of its own, and " if {*WEIGHTS} & {*names} else ""
        raise KitError(
            f"{place} is an adapter, not a model (it holds adapter_config.json): it only changes {named}. "
            f"To mend: {mixed}give both, as in llamax-kit run 04 {both}"
        )
    others = [(name, form) for name in names for pattern, form in FORMS.items() if fnmatch(name.lower(), pattern)]
    if others and not {*WEIGHTS} & {*names}:
        name, form = others[0]
        raise KitError(
            f"expected weights as safetensors in {place}, but it holds {name}: its form is {form}, and the kit does "
            f"not read it. To mend: name the model that it was made from, which its page on the hub names; or let a "
            f"program that reads it translate, and score what it wrote: llamax-kit run 05 -p hypotheses FOLDER"
        )


def check_folder(folder: Path) -> None:
    """Raise KitError as `check_form`, for a folder that is here."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    check_form(folder, names, read_json(folder / "adapter_config.json"))


def check_config(folder: Path) -> None:
    """Raise KitError when the folder has no config.json, or one that needs code from the folder."""
    config = read_json(folder / "config.json")
    if not config:
        raise KitError(
            f"expected a model folder with config.json, but {folder} has none. To mend: name the folder that "
            f"save_pretrained wrote, or a name of the catalogue (llamax-kit doctor)"
        )
    if "auto_map" in config:
        raise KitError(
            f"{folder / 'config.json'} asks for code of its own (auto_map: {config['auto_map']}), which is never run. "
            f"To mend: use a model that transformers loads by itself, or, if it knows {config.get('model_type')!r}, "
            f"remove auto_map from a copy of config.json"
        )
    for part in (config, config.get("text_config") or {}):
        for name, expected in _faults(part):
            raise KitError(
                f"expected {expected} as {name} in {folder / 'config.json'}, got {part[name]!r:.60}. To mend: fetch "
                f"config.json again, or write what belongs to the weights"
            )


def _faults(config: Mapping) -> Iterator[tuple[str, str]]:
    """List what in a config.json is of another kind than can be, or absurd: its name, and what was expected."""
    for name, most in SIZES.items():
        value = config.get(name, 1)
        by_layer = isinstance(value, list) and value and config.get("model_type") != "llama"
        optional = value is None and name in OPTIONAL
        sizes = value if by_layer else [value]
        if not optional and not all(type(each) is int and 0 < each <= most for each in sizes):
            yield name, f"a whole number from 1 to {most:,}"
    for names, kinds, expected in KINDS:
        for name in names.split():
            value = config.get(name)
            fits = isinstance(value, kinds) and isinstance(value, bool) is (kinds is bool)
            if value is not None and not fits:
                yield name, expected
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        ids = config.get(name) if isinstance(config.get(name), list) else [config.get(name)]
        if not all(each is None or type(each) is int for each in ids):
            yield name, "a whole number or a list of such"
    if not all(isinstance(each, str) for each in config.get("architectures") or ()):
        yield "architectures", "a list of names"


def weight_files(folder: Path) -> list[Path]:
    """List the files that weights are loaded from, whole as far as their headers say: safetensors before a pickle.

    Raises KitError when there are none, when an index names a missing shard, or when a safetensors file is cut off.
    """
    name = next((name for name in WEIGHTS if (folder / name).is_file()), None)
    if name is None:
        check_folder(folder)
        raise KitError(
            f"expected weights in {folder} (one of {', '.join(WEIGHTS)}), but found none. To mend: copy the weights "
            f"there too, or name the model by its hub id so that they are downloaded"
        )
    files = [folder / name]
    if name.endswith(".index.json"):
        listed = read_json(folder / name).get("weight_map", {})
        if not isinstance(listed, dict) or not all(isinstance(each, str) for each in listed.values()):
            raise KitError(
                f"expected a weight_map of tensors and their files in {folder / name}, got {listed!r:.60}. "
                f"To mend: download it again"
            )
        names = sorted(set(listed.values()))
        if outside := [each for each in names if _outside(each)]:
            raise KitError(
                f"expected weights within {folder}, but {folder / name} names {outside[0]!r}, outside of it, which is "
                f"not copied with the model. To mend: put the file there, and write its name alone"
            )
        missing = [each for each in names if not (folder / each).is_file()]
        if missing or not names:
            raise KitError(
                f"{folder / name} names {len(names)} weight files, of which {len(missing)} are missing: "
                f"{', '.join(missing)}. To mend: copy or download them again"
            )
        files = [folder / each for each in names]
    for file in files:
        refuse_pointer(file)
        if file.suffix == ".safetensors":
            _check_length(file)
    return files


def _outside(name: str) -> bool:
    """Return whether a name leads out of the folder that it stands in; a link, as a hub's cache has, does not count."""
    path = PureWindowsPath(name)  # which takes both separators, and drives
    return bool(path.anchor) or ".." in path.parts or not path.parts


def shapes(files: Iterable[Path]) -> dict[str, Shape]:
    """Return the shapes of tensors by their names, from the headers of whole safetensors files; pickles have none."""
    found: dict[str, Shape] = {}
    for path in (path for path in files if path.suffix == ".safetensors"):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        found |= {name: tuple(each["shape"]) for name, each in header.items() if name != "__metadata__"}
    return found


def _check_length(path: Path) -> None:
    """Raise KitError unless a safetensors file ends where its header says that its last tensor ends."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        start = file.read(8)
        expected = 8 + (int.from_bytes(start, "little") if len(start) == 8 else size)  # the header's end
        if expected <= size:
            try:
                header = json.loads(file.read(expected - 8))
                ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
                expected += max(ends, default=0)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise KitError(
                    f"expected a safetensors file, but the header of {path} cannot be read: {error}. "
                    f"To mend: download it again"
                ) from error
    if size != expected:
        raise KitError(
            f"expected {expected:,} bytes in {path} (its header says so), found {size:,}: it is cut off or damaged. "
            f"To mend: download or copy it again"
        )


def content_hash(folder: Path) -> str:
    """Return the hash of what determines a folder's answers: weights, config, tokenizer; "sha256:", 64 hex digits."""
    files = weight_files(folder) + [folder / name for name in TEXTS if (folder / name).is_file()]
    return _sha256_of(sorted(f"{file.relative_to(folder)} {kept_sha256(file)}" for file in files))


def adapter_hash(folder: Path) -> str:
    """Return the hash of a LoRA adapter's config and weights, and of its own tokenizer. Raises as `adapter_weights`."""
    own = [folder / name for name in TOKENIZER if (folder / name).is_file()]
    return _sha256_of(list(map(kept_sha256, [folder / "adapter_config.json", adapter_weights(folder), *own])))


def _sha256_of(lines: list[str]) -> str:
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def adapter_weights(folder: Path) -> Path:
    """Return the file of a LoRA adapter's weights. Raises KitError when the folder has none, or one that is cut off."""
    names = ("adapter_model.safetensors", "adapter_model.bin")
    weights = next((folder / name for name in names if (folder / name).is_file()), None)
    if weights is None:
        raise KitError(
            f"expected weights in the adapter folder {folder} ({' or '.join(names)}), but found none. "
            f"To mend: copy them there too"
        )
    refuse_pointer(weights)
    if weights.suffix == ".safetensors":
        _check_length(weights)
    return weights
