"""What determines the weights that a training gives, checked before it begins: arguments, base, examples.

Trains nothing. The names and meanings of the arguments are those of transformers' TrainingArguments.
"""

from importlib import metadata
from pathlib import Path

from llamax_kit.models import checkpoints
from llamax_kit.models.loading import Resolved, load_tokenizer
from llamax_kit.training.examples import dataset
from llamax_kit.utils.errors import KitError, UnknownName

DEFAULTS = {"save_total_limit": 2, "save_steps": 500, "logging_steps": 10, "ddp_find_unused_parameters": False}
OURS = {  # what `stage` itself sets; another value would break what it promises
    "report_to": "none",
    "disable_tqdm": True,
    "log_level": "error",
    "log_level_replica": "error",
    "use_cache": False,  # with a cache, transformers does not look where packed examples begin
    "remove_unused_columns": False,
    "save_only_model": False,
    "ignore_data_skip": False,
    "auto_find_batch_size": False,
    "push_to_hub": False,
    "load_best_model_at_end": False,
    "eval_strategy": "no",
}
THEIRS = ("output_dir", "seed", "data_seed", "include_num_input_tokens_seen", "resume_from_checkpoint", "use_cpu")
WITHOUT_WEIGHT = {  # arguments that may change while a training goes on: the weights stay as they would have been
    "logging_steps", "logging_first_step", "logging_strategy", "save_steps", "save_strategy", "save_total_limit",
    "dataloader_num_workers", "dataloader_pin_memory", "dataloader_prefetch_factor",
    "dataloader_persistent_workers", "ddp_timeout", "skip_memory_metrics",
}  # fmt: skip


def arguments(given: dict) -> dict:
    """Check arguments by transformers' own class, and return them with the kit's defaults.

    A number that YAML reads as text (2e-5; 2.0e-5 is a number to it) becomes one.

    Raises UnknownName for a name that TrainingArguments does not have, KitError for one that `stage` sets itself and
    for a value that transformers does not take.
    """
    import torch
    from transformers import TrainingArguments

    fields = TrainingArguments.__dataclass_fields__
    for name in given:
        if name not in fields:
            raise UnknownName(
                "argument of a training",
                given=name,
                choices=fields,
                remedy="take a name of transformers' TrainingArguments",
            )
        if name in (*OURS, *THEIRS):
            raise KitError(
                f"expected arguments that a training leaves open, got {name}: {given[name]!r}, which it sets itself. "
                f"To mend: leave it out"
            )
    chosen = DEFAULTS | {name: _number(value, fields[name].type) for name, value in given.items()}
    for name, value in chosen.items():
        _check_kind(name, value, fields[name].type)
    if chosen.get("max_steps", -1) < 1 and chosen.get("num_train_epochs", 3) <= 0:
        raise KitError(
            f"expected a training of a step or more, got num_train_epochs {chosen['num_train_epochs']}. To mend: train "
            f"for an epoch, or a part of one such as 0.1, or set max_steps"
        )
    try:
        TrainingArguments(output_dir="unused", use_cpu=not torch.accelerator.is_available(), **(OURS | chosen))
    except (ValueError, TypeError, KeyError, ImportError) as error:
        said = str(error).strip().splitlines()[0]
        raise KitError(f"transformers does not take these arguments: {said}. To mend: look at {chosen}") from error
    return chosen


def determining(base: Resolved, facts: dict, *, chosen: dict, seed: int) -> dict:
    """Gather all that determines the weights, by names a reader knows; the machine and the launch are not in it."""
    versions = {name: metadata.version(name) for name in ("torch", "transformers", "accelerate")}
    weighty = {name: value for name, value in chosen.items() if name not in WITHOUT_WEIGHT}
    return {"base": base.revision, "examples": facts["sha256"], "seed": seed} | weighty | versions


def compare(folder: Path, before: dict, *, now: dict) -> None:
    """Raises KitError, naming each thing that changed, when a training is to go on with other settings."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if names:
        changed = ", ".join(f"{name} {_short(before.get(name))} → {_short(now.get(name))}" for name in names)
        raise KitError(
            f"expected the settings that the training in {folder} was begun with, but changed are: {changed}. "
            f"To mend: go on with those it was begun with, or give the new training another folder"
        )


def check_architecture(base: Resolved) -> None:
    """Raises KitError for a model that is no Llama."""
    config = checkpoints.read_json(base.folder / "config.json")
    named = config.get("architectures") or ["LlamaForCausalLM"]
    if config.get("model_type") != "llama" or named != ["LlamaForCausalLM"]:
        raise KitError(
            f"expected LlamaForCausalLM in {base.folder / 'config.json'}, but it says {', '.join(named)} (model_type "
            f"{config.get('model_type')!r}). To mend: name a Llama model, such as meta-llama/Llama-2-7b-hf, or one "
            f"that llamax_kit.training made"
        )


def check_fit(base: Resolved, facts: dict, where: Path) -> None:
    """Check that examples are made for a model: vocabulary, tokenizer, context.

    Raises KitError, or the tokenizer's own.
    """
    config = checkpoints.read_json(base.folder / "config.json")
    if facts["highest"] >= config["vocab_size"]:
        raise KitError(
            f"expected ids below {config['vocab_size']:,}, the vocabulary of {base.folder}, but the examples in "
            f"{where} go up to {facts['highest']:,}: their tokenizer has more pieces than the model. To mend: make "
            f"the examples with the model's own tokenizer"
        )
    if dataset.fingerprint(load_tokenizer(base)) != facts["tokenizer"]:
        raise KitError(
            f"expected examples made with the tokenizer of {base.folder}, but those in {where} were made with another: "
            f"their ids mean other pieces. To mend: make them with loading.load_tokenizer(loading.resolve(base))"
        )
    if facts["block"] > config.get("max_position_embeddings", facts["block"]):
        raise KitError(
            f"expected blocks of at most {config['max_position_embeddings']:,} tokens, the context of {base.folder}, "
            f"but the examples in {where} have {facts['block']:,}. To mend: make them with a smaller block"
        )


def check_order(chosen: dict, *, facts: dict, where: Path) -> None:
    """Raises KitError when rows shall be ordered by lengths that packed examples do not have: all are of one length."""
    order = chosen.get("train_sampling_strategy", "random")
    if facts["packed"] and order not in ("random", "sequential"):
        raise KitError(
            f"expected packed examples in an order of random or sequential, got train_sampling_strategy: {order!r}: "
            f"the rows of {where} have one length, {facts['block']:,} tokens. To mend: leave it out, or save the "
            f"examples with packed=False"
        )


def count(folder: Path) -> int:
    """Count the parameters of a Llama by its config alone; tied embeddings count once."""
    import torch
    from transformers import AutoConfig, LlamaForCausalLM

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    config._attn_implementation = "sdpa"  # what it asks for need not be installed
    with torch.device("meta"):
        return LlamaForCausalLM(config).num_parameters()


def _number(value, kind):
    kind = {"int": int, "float": float}.get(kind, kind)
    if isinstance(value, str) and kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            pass
    return value


def misfit(value, kind: type) -> str:
    """Return what was expected of a value that is no int, float or bool where one is needed; "" where it fits.

    >>> misfit("many", int), misfit(1, float), misfit(True, int)
    ('a whole number', '', 'a whole number')
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is bool:
        return "" if isinstance(value, bool) else "a truth value (true, false)"
    if kind is int:
        return "" if number and isinstance(value, int) else "a whole number"
    return "" if kind is not float or number else "a number"


def _check_kind(name: str, value, kind: type) -> None:
    expected = misfit(value, kind)
    if not expected and kind in (int, float) and value < 0 and name != "max_steps":
        expected = "a number from 0"
    if expected:
        raise KitError(f"expected {expected} for the argument {name} of a training, got {value!r}. To mend: write one")


def _short(value) -> str:
    return "not set" if value is None else str(value)[:19] if isinstance(value, str) else repr(value)
