"""Which tokenizer a model folder holds, and all that its files say about it.

`tokenizer.model` (Llama 2) goes to SentencePiece; `tokenizer.json`, and tiktoken ranks (Llama 3's original file), to
the tokenizers library. AutoTokenizer of transformers 5 reads a bare `tokenizer.model` wrong, and adds no BOS.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from llamax_kit.data.reasoning import is_marker
from llamax_kit.models import added_tokens, template_bounds, tokenizer_libraries
from llamax_kit.models.added_tokens import AddedToken
from llamax_kit.models.checkpoints import adapter_weights, read_json, shapes, understood
from llamax_kit.models.runnable import adapter_rows
from llamax_kit.models.tokenizer_libraries import Library
from llamax_kit.models.tokenizers import Tokenizer
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer


@understood
def load(folder: Path | str, *, adapter: Path | None = None) -> Tokenizer:
    """Return the tokenizer of a model folder in any of the published layouts, or the adapter's own, if it has one.

    An adapter may also bring a chat template alone, and rows of the embedding for tokens that it adds.

    Raises KitError when the folder holds neither `tokenizer.model` nor `tokenizer.json`, or one that cannot be read.
    """
    base = Path(folder)
    folder = adapter if adapter and "tokenizer" in owned(adapter) else base
    model, fast = folder / "tokenizer.model", folder / "tokenizer.json"
    settings = _settings(folder)
    added = added_tokens.read(folder, settings)
    for file in filter(Path.is_file, (model, fast)):
        refuse_pointer(file)
    if model.is_file() and not _is_ranks(model):
        prepends = '"Prepend"' in json.dumps(read_json(fast).get("normalizer"))
        return _finish(
            base, adapter, settings, added, tokenizer_libraries.sentencepiece(model, added, settings, prepends)
        )
    if fast.is_file():
        return _finish(base, adapter, settings, added, tokenizer_libraries.fast(fast, added))
    if model.is_file():
        return _finish(base, adapter, settings, added, tokenizer_libraries.ranks(model, added))
    raise KitError(
        f"expected tokenizer.model or tokenizer.json in {folder}, but it holds neither. To mend: copy the "
        f"tokenizer files of the base model there"
    )


def _is_ranks(path: Path) -> bool:
    """Return whether a tokenizer.model is tiktoken's list of "base64 rank" lines, not a SentencePiece model."""
    with open(path, "rb") as file:
        return re.match(rb"[A-Za-z0-9+/]+=* \d+\r?\n", file.read(400)) is not None


def _finish(
    folder: Path, adapter: Path | None, settings: Mapping, added: dict[str, AddedToken], library: Library
) -> Tokenizer:
    """Add what the model's JSON files say: which token begins, ends and pads, and the chat template."""
    config, generation = read_json(folder / "config.json"), read_json(folder / "generation_config.json")
    special = library.special
    names = {name: added_tokens.content(settings.get(name)) for name in ("bos_token", "eos_token", "pad_token")}
    # Llamas were trained with a BOS, whatever tokenizer.json adds by itself.
    bos = library.own_bos or (names["bos_token"] if config.get("model_type") == "llama" else None)
    eos = [*_many(generation.get("eos_token_id")), *_many(config.get("eos_token_id"))]
    eos += [special[name] for name in (names["eos_token"], "</s>", "<|end_of_text|>") if name in special]
    eos = sorted(set(eos))
    if not eos:
        raise KitError(
            f"expected an eos_token_id in config.json or generation_config.json of {folder}, or an eos_token in its "
            f"tokenizer files, but found none: nothing would ever end. To mend: write it into config.json"
        )
    rows = (adapter and adapter_rows(shapes([adapter_weights(adapter)]))) or config.get("vocab_size", float("inf"))
    pads = [special.get(names["pad_token"]), special.get("[PAD]"), config.get("pad_token_id")]
    pad = next((id for id in pads if id is not None and 0 <= id < rows), eos[0])
    names["bos_token"] = names["bos_token"] or library.own_bos
    template = (adapter and _template(adapter)) or _template(folder)
    if template:
        template_bounds.check(template, place=str(adapter if adapter and _template(adapter) else folder))
    return Tokenizer(
        read=library.read,
        text=library.text,
        piece=library.piece,
        special=special,
        bos_id=None if settings.get("add_bos_token") is False else special.get(bos),
        eos_ids=eos,
        pad_id=pad,
        rows=rows,
        words=any(not each.special for each in added.values()) or any(map(is_marker, special)),
        template=template,
        names={name: token for name, token in names.items() if token},
    )


def _many(ids: int | list[int] | None) -> list[int]:
    return ids if isinstance(ids, list) else [] if ids is None else [ids]


def owned(adapter: Path) -> list[str]:
    """List what an adapter brings of its own: "tokenizer", "chat template"."""
    own = any((adapter / name).is_file() for name in ("tokenizer.model", "tokenizer.json"))
    return ["tokenizer"] * own + ["chat template"] * bool(_template(adapter))


def _settings(folder: Path) -> dict:
    return read_json(folder / "special_tokens_map.json") | read_json(folder / "tokenizer_config.json")


def _template(folder: Path) -> str:
    path, settings = folder / "chat_template.jinja", _settings(folder)
    if path.is_file():
        refuse_pointer(path)
        return path.read_text(encoding="utf-8")
    template = settings.get("chat_template") or ""
    if isinstance(template, dict):
        template = template.get("default", "")
    if isinstance(template, list):  # several by name; "default" is the one for plain chat
        template = next((each["template"] for each in template if each["name"] == "default"), "")
    if not isinstance(template, str):
        raise KitError(
            f"expected a text as the chat template in tokenizer_config.json of {folder}, got {template!r:.60}. "
            f"To mend: fetch the file again"
        )
    return template
