"""Weights from a checked folder into a torch model, and a LoRA adapter onto it. Downloads and generates nothing.

Safetensors come before a pickle, which transformers reads by torch.load(weights_only=True); remote code is never run.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import llamax_kit
from llamax_kit.models import runnable
from llamax_kit.models.checkpoints import weight_files
from llamax_kit.utils.errors import KitError, UnknownName

DTYPES = ("auto", "float32", "bfloat16", "float16")
SMALL = 20e6  # parameters; one thread computes a smaller model about as fast as several
DEVICES = ("auto", "cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla")  # torch's kinds that a model can be run on


def placement(*, dtype: str = "auto", device: str = "auto") -> tuple[str, str]:
    """Return what "auto" means here: ("float32", "cpu"), or ("bfloat16", "cuda") where there is a GPU.

    Raises UnknownName for another dtype, KitError for a device that is not there.
    """
    import torch

    check_dtype(dtype)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise KitError(
            f"expected a device that torch can use here, got {device!r}: {_first_line(error)}. To mend: {_usable()}"
        ) from error
    if dtype == "auto":
        dtype = "float32" if device == "cpu" else "bfloat16"
    return dtype, device


def check_dtype(dtype: str) -> None:
    """Raise UnknownName for a dtype that is none of DTYPES."""
    if dtype not in DTYPES:
        raise UnknownName("dtype", given=dtype, choices=DTYPES, remedy="use one of these; auto suits the device")


def check_device(device: str) -> None:
    """Raise UnknownName for what is no device, as "cpu" and "cuda:1" are; `placement` finds out whether it is here."""
    if not re.fullmatch(rf"auto|({'|'.join(DEVICES[1:])})(:\d+)?", device):
        raise UnknownName("device", given=device, choices=DEVICES, remedy="use one of these; a second GPU is cuda:1")


def _usable() -> str:
    """Name the devices that there are, and how a GPU that torch does not see would become one of them."""
    import torch

    if count := torch.cuda.device_count():
        return f"use one of auto, cpu, cuda, {', '.join(f'cuda:{at}' for at in range(count))}"
    if not (torch.version.cuda or torch.version.hip):
        return "use auto or cpu; this torch was built without CUDA: for a GPU, install a build with it (pytorch.org)"
    return "use auto or cpu; torch finds no GPU here: for one, see whether `nvidia-smi` lists it"


def load(folder: Path, *, dtype: str, device: str, attention: str | None = None):
    """Load a folder's weights into a torch model: `dtype` and `device` as `placement` gives them.

    attention: transformers' attn_implementation; None is its own choice for the architecture, and never that of
    config.json, which may name a kernel to be fetched from a hub and run.

    Raises KitError when weights are missing, cut off, unsafe, or do not fit the config.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    runnable.check_architecture(folder)
    runnable.check_shapes(folder)
    files = weight_files(folder)
    try:
        with progress_bar(sum(file.stat().st_size for file in files) > 2**30):  # where it takes a while
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=getattr(torch, dtype),
                device_map=None if device == "cpu" else {"": device},  # straight to the GPU, not by way of memory
                use_safetensors=files[0].suffix == ".safetensors",
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # which are refused below, with their shapes
                config=_config(folder, attention),
                attn_implementation=attention,
            )
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise KitError(
            f"{folder} does not fit into the memory of {device} as {dtype}: {_first_line(error)}. To mend: use "
            f"bfloat16, a larger device, or a smaller model"
        ) from error
    except ImportError as error:  # of a quantised model: a library that is too old, or needs another
        raise KitError(
            f"could not load the weights of {folder}: {_first_line(error)}. To mend: install what it names; or "
            f"{runnable.PLAIN}"
        ) from error
    except Exception as error:  # transformers, safetensors and pickle each raise their own
        raise KitError(
            f"could not load the weights of {folder}: {type(error).__name__}: {_first_line(error)}. "
            f"To mend: download or copy the folder again; a pickle that holds more than tensors is refused"
        ) from error
    sizes = sorted((name, tuple(came), tuple(asked)) for name, came, asked in report["mismatched_keys"])
    runnable.refuse_misfits(folder, sizes)
    missing, strange = sorted(report["missing_keys"]), sorted(report["unexpected_keys"])
    if missing or strange:  # transformers fills in random weights, or leaves them out, and goes on
        raise KitError(
            f"the weights of {folder} do not fit its config.json: {len(missing)} tensors are missing, {len(strange)} "
            f"are not expected, {(missing + strange)[0]} first. To mend: use the config.json that belongs to them"
        )
    model.generation_config = GenerationConfig()  # the model's own would fill in whatever a caller leaves out
    if llamax_kit.SPINNING and device == "cpu":
        _calm(model.num_parameters() < SMALL)
    return model


def _config(folder: Path, attention: str | None):
    """Read config.json, but for which code computes attention and experts, under whatever key it is named there."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    config._attn_implementation, config._experts_implementation = attention, None
    return config


def _calm(small: bool) -> None:
    """Set torch to one thread for a small model, where its threads spin (see llamax_kit/__init__.py).

    Beside other work two such threads are ten times slower than one, with the same text. A larger model gets all
    threads back, and its user a warning.
    """
    import torch

    before = _threads()
    torch.set_num_threads(1 if small else before)
    if not small and before > 1:
        warnings.warn(
            "torch was imported before llamax_kit, so its threads spin while they wait: slow where anything else uses "
            "the CPU. To mend: restart the kernel and import llamax_kit first, or set OMP_WAIT_POLICY=PASSIVE",
            stacklevel=3,
        )


@cache
def _threads() -> int:
    """Return how many threads torch had before the kit first set them."""
    import torch

    return torch.get_num_threads()


def with_adapter(model, folder: Path):
    """Put a LoRA adapter on a model, not merged: merging would round its small changes away in bfloat16.

    Raises KitError when it is no LoRA adapter, or was not made for a model of this shape.
    """
    import peft

    runnable.check_adapter(folder, None)
    try:
        config = peft.PeftConfig.from_pretrained(str(folder))
        config.inference_mode = True
        held = {name: tuple(part.shape) for name, part in peft.load_peft_weights(str(folder), device="cpu").items()}
        if not getattr(model, "is_quantized", False):
            base = {name: tuple(part.shape) for name, part in model.named_parameters()}
            runnable.refuse_adapter_misfits(folder, held=held, base=base)
        if rows := runnable.adapter_rows(held):  # it was trained with tokens added, or taken away
            model.resize_token_embeddings(rows, mean_resizing=False)
        model = peft.PeftModelForCausalLM(model, config)
        report = model.load_adapter(str(folder), "default")
        lost = [*report.missing_keys, *report.unexpected_keys]  # of these peft says at most a warning
        # beside a resized embedding it saves copies of it under these names, and reads none of them
        if lost := [name for name in lost if not re.search(r"\.(modules_to_save|original_module)\.weight$", name)]:
            raise ValueError(f"{len(lost)} tensors have no counterpart, {lost[0]} first")
    except KitError:
        raise
    except Exception as error:  # peft, safetensors and pickle each raise their own
        raise KitError(
            f"the adapter {folder} does not fit the model: {_first_line(error)}. "
            f"To mend: load it on the model it was trained on"
        ) from error
    return model


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def progress_bar(shown: bool) -> Iterator[None]:
    """Show transformers' bar of loading and saving, or not: for a small model it only fills logs."""
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled()
    if not shown:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        if before:
            logging.enable_progress_bar()
