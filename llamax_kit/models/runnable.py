"""Whether the kit's engine can run a checkpoint, and if it cannot, why: by its config and its tensors' shapes alone.

Loads no weights, and no library but where it says so. What no folder of a model is at all, `checkpoints` tells.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from llamax_kit.models.checkpoints import Shape, adapter_weights, read_json, shapes, weight_files
from llamax_kit.utils.errors import KitError

ENCODER_DECODERS = (  # their model_type, where config.json does not say is_encoder_decoder
    "bart bigbird_pegasus blenderbot blenderbot-small encoder-decoder fsmt led longt5 m2m_100 marian mbart mt5 mvp "
    "nllb-moe pegasus pegasus_x plbart prophetnet seamless_m4t seamless_m4t_v2 speech_to_text switch_transformers t5 "
    "t5gemma t5gemma2 umt5 whisper"
).split()
LIBRARIES = {  # what transformers needs beside itself, by quant_method; the package where it is called otherwise
    "aqlm": "aqlm", "auto-round": "auto_round=auto-round", "awq": "gptqmodel", "bitsandbytes": "bitsandbytes",
    "compressed-tensors": "compressed_tensors=compressed-tensors", "eetq": "kernels", "fp_quant": "fp_quant",
    "fbgemm_fp8": "fbgemm_gpu=fbgemm-gpu-genai", "gptq": "optimum gptqmodel", "higgs": "flute=flute-kernel",
    "hqq": "hqq", "quanto": "optimum.quanto=optimum-quanto", "quark": "quark=amd-quark", "sinq": "sinq",
    "spqr": "spqr_quant", "torchao": "torchao", "vptq": "vptq",
}  # fmt: skip
PACKED = re.compile(r"\.(qweight|qzeros|SCB|weight_packed|weight_scale(_inv)?|absmax|quant_map|quant_state\.\w+)$")
WHOLE = re.compile(r"\.(embed_tokens|wte|embed_in|word_embeddings|lm_head|embed_out)(\.base_layer)?\.weight$")
HARMLESS = 10**8  # numbers: less than a gigabyte that a config.json may ask for in vain
PLAIN = "name the unquantised model, which the page of a quantised one names as its base"


def check(folder: Path) -> None:
    """Raise KitError for a model that is no decoder, has another head, or is quantised by a library not here."""
    path = folder / "config.json"
    config = read_json(path)
    kind, named = config.get("model_type"), ", ".join(config.get("architectures") or []) or "a model"
    if config.get("is_encoder_decoder", kind in ENCODER_DECODERS):
        raise KitError(
            f"expected a decoder-only language model, but {path} describes {named} (model_type {kind!r}), an "
            f"encoder–decoder model: it translates without a prompt, and the kit does not run it. To mend: translate "
            f"with it elsewhere (transformers' AutoModelForSeq2SeqLM), one file a direction as in OUT/en-sw/NAME.txt, "
            f"and score these: llamax-kit run 05 -p hypotheses OUT"
        )
    if re.search(r"For(?!CausalLM|ConditionalGeneration)\w+$", named):
        raise KitError(
            f"expected a language model that generates, but {path} describes {named}, which has another head. "
            f"To mend: name the language model that it was made from, or one tuned to answer"
        )
    method = _quantised(config)
    if method is None:
        return
    needed = [each.partition("=") for each in LIBRARIES.get(method, "").split()]
    if lacking := [package or module for module, _, package in needed if not _installed(module)]:
        raise KitError(
            f"the weights of {folder} are quantised by {method} (quantization_config in config.json), which needs "
            f"{' and '.join(lacking)}, not installed here. To mend: pip install {' '.join(lacking)}; or {PLAIN}"
        )
    if not method:
        raise KitError(
            f"expected a quant_method in the quantization_config of {path}, but it has none, so nobody knows how its "
            f"weights are to be read. To mend: fetch config.json again; or {PLAIN}"
        )


def check_architecture(folder: Path) -> None:
    """Raise KitError when this transformers does not load the folder's kind of model or quantisation; needs torch."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING

    check(folder)
    config = read_json(folder / "config.json")
    kind, method = config.get("model_type"), _quantised(config)
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise KitError(
            f"expected a causal language model, but {folder / 'config.json'} says model_type {kind!r}, which needs "
            f"code that this transformers does not have (no remote code is run). To mend: use a Llama-like model, or "
            f"a transformers that knows it"
        )
    if method and method not in {re.sub("_[48]bit$", "", each) for each in AUTO_QUANTIZATION_CONFIG_MAPPING}:
        raise KitError(
            f"the weights of {folder} are quantised by {method!r} (quantization_config in config.json), which this "
            f"transformers does not load. To mend: {PLAIN}"
        )


def _quantised(config: Mapping) -> str | None:
    """Return by which method weights are quantised: "" if config.json does not say, None if they are not."""
    found = [each.get("quantization_config") for each in (config, config.get("text_config") or {})]
    found = next((each for each in found if each is not None), None)
    if found is None:
        return None
    packed = found.get("load_in_4bit") or found.get("load_in_8bit")
    return "bitsandbytes" if packed else str(found.get("quant_method") or "")


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a module's package
        return False


def check_shapes(folder: Path) -> None:
    """Raise KitError when tensors of safetensors files are packed though config.json names no quantisation, or a
    Llama's have other shapes than it asks for; the first is named, with both shapes."""
    config, files = read_json(folder / "config.json"), weight_files(folder)
    _check_sizes(folder, config, sum(file.stat().st_size for file in files))
    if _quantised(config) is not None:
        return
    held = shapes(files)
    if packed := [name for name in held if PACKED.search(name)]:
        raise KitError(
            f"the weights of {folder} are quantised ({packed[0]} and {len(packed) - 1} more such tensors), but "
            f"its config.json has no quantization_config, so they cannot be read. To mend: {PLAIN}"
        )
    _check_layers(folder, config, held)
    refuse_misfits(folder, list(_misfits(held, asked=_asked(config) if config.get("model_type") == "llama" else {})))


def _check_sizes(folder: Path, config: Mapping, size: int) -> None:
    """Raise KitError where config.json asks for more than its weights can hold, at one bit a number: before memory is
    taken for it."""
    counts = [config.get(name) for name in ("vocab_size", "num_hidden_layers", "intermediate_size")]
    asked = sum(count for count in counts if isinstance(count, int)) * (config.get("hidden_size") or 0)
    if asked > 8 * size + HARMLESS:
        raise KitError(
            f"expected a config.json that belongs to the weights of {folder}, {size:,} bytes, but it asks for more "
            f"than {asked:,} numbers (vocab_size, num_hidden_layers, intermediate_size {', '.join(map(str, counts))}). "
            f"To mend: use the config.json that belongs to them"
        )


def _check_layers(folder: Path, config: Mapping, held: Mapping[str, Shape]) -> None:
    """Raise KitError where a Llama's config.json asks for far more layers than there are, before one is made."""
    found = {int(layer[1]) for name in held if (layer := re.match(r"model\.layers\.(\d+)\.", name))}
    asked = config.get("num_hidden_layers")
    if config.get("model_type") == "llama" and found and isinstance(asked, int) and asked > 10 * len(found):
        raise KitError(
            f"the weights of {folder} do not fit its config.json: it asks for {asked:,} layers, and they have "
            f"{len(found):,}, so that tensors are missing. To mend: use the config.json that belongs to them"
        )


def refuse_misfits(folder: Path, found: list[tuple[str, Shape, Shape]]) -> None:
    """Raise KitError if there is a tensor whose shape in the file is not that which config.json asks for."""
    if found:
        name, came, asked = found[0]
        raise KitError(
            f"the weights of {folder} do not fit its config.json: {name} has the shape {_said(came)}, but config.json "
            f"asks for {_said(asked)} ({len(found)} such tensors). To mend: use the config.json that belongs to them"
        )


def _misfits(held: Mapping[str, Shape], *, asked: Mapping[str, Shape]) -> Iterator[tuple[str, Shape, Shape]]:
    for name, shape in held.items():
        wanted = asked.get(re.sub(r"^model\.|layers\.\d+\.", "", name), shape)
        if wanted != shape:
            yield name, shape, wanted


def _asked(config: Mapping) -> dict[str, Shape]:
    """Return the shapes of a Llama's tensors, layers alike; {} where config.json leaves a size to its default."""
    sizes = [config.get(name) for name in ("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads")]
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        return {}
    vocab, hidden, inner, heads = sizes
    head = config.get("head_dim") or hidden // heads
    one, few = heads * head, (config.get("num_key_value_heads") or heads) * head
    whole = {"embed_tokens": (vocab, hidden), "lm_head": (vocab, hidden), "norm": (hidden,)}
    attention = {"q_proj": (one, hidden), "k_proj": (few, hidden), "v_proj": (few, hidden), "o_proj": (hidden, one)}
    feed = {"gate_proj": (inner, hidden), "up_proj": (inner, hidden), "down_proj": (hidden, inner)}
    found = whole | {f"self_attn.{name}": shape for name, shape in attention.items()}
    return {f"{name}.weight": shape for name, shape in (found | {f"mlp.{name}": feed[name] for name in feed}).items()}


def check_adapter(folder: Path, base: Path | None) -> None:
    """Raise KitError for what is no LoRA adapter, or one of whose tensors does not fit the base's, if that is here.

    Of what lies in a pickle nothing is known before torch reads it.
    """
    kind = read_json(folder / "adapter_config.json").get("peft_type", "LORA")
    if kind != "LORA":
        raise KitError(
            f"expected a LoRA adapter in {folder}, but its adapter_config.json says {kind}. To mend: name one"
        )
    if base and _quantised(read_json(base / "config.json")) is None:
        held, sizes = shapes([adapter_weights(folder)]), shapes(weight_files(base))
        refuse_adapter_misfits(folder, held=held, base=sizes)


def refuse_adapter_misfits(folder: Path, *, held: Mapping[str, Shape], base: Mapping[str, Shape]) -> None:
    """Raise KitError for the first tensor of an adapter that does not fit the base, naming both shapes.

    An embedding that the adapter holds whole may have other rows: then it was trained with tokens added.
    """
    flipped, rows = read_json(folder / "adapter_config.json").get("fan_in_fan_out") is True, adapter_rows(held)
    for name, shape in held.items():
        part = re.search(r"\.lora_(embedding_)?([AB])(\.default)?(\.weight)?$", name)
        module = name.removeprefix("base_model.model.")
        target = f"{module[: part.start() - len(name)]}.weight" if part else module.replace(".base_layer.", ".")
        size = base.get(target, ())
        if len(size) != 2 or len(shape) != 2:
            continue
        if rows and WHOLE.search(f".{target}"):
            size = rows, size[1]
        into, out = size if part and (part[1] or flipped) else size[::-1]  # a Linear holds its weights by outputs
        fits = shape == size if part is None else shape[1] == into if part[2] == "A" else shape[0] == out
        if not fits:
            raise KitError(
                f"the adapter {folder} does not fit the model: its {name} has the shape {_said(shape)}, but "
                f"{target} of the model has {_said(base[target])}. To mend: load it on the model it was trained on"
            )


def adapter_rows(held: Mapping[str, Shape]) -> int:
    """Return how many tokens have a row in the embedding that an adapter holds whole; 0 where it holds none."""
    return next((shape[0] for name, shape in held.items() if len(shape) == 2 and WHOLE.search(name)), 0)


def _said(shape: Shape) -> str:
    return " × ".join(f"{size:,}" for size in shape) or "a single number"
