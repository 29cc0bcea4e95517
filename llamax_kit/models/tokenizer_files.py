"""Which tokenizer a model folder holds, and all that its files say about it.

A SentencePiece `tokenizer.model` (Llama 2) goes to SentencePiece, tiktoken ranks (Llama 3's original file) to tiktoken,
`tokenizer.json` to the tokenizers library. AutoTokenizer of transformers 5 is not asked: it reads a bare
`tokenizer.model` wrong without a word, and adds no BOS. Encodes nothing itself (see `tokenizers`).
"""

import re
from pathlib import Path

from llamax_kit.errors import KitError
from llamax_kit.models.checkpoints import read_json
from llamax_kit.models.tokenizers import Tokenizer

# Llama 3 (Meta's release): how text is split before its ranks are applied, and the control tokens after the 128,000.
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3_SPECIAL = {
    "<|begin_of_text|>": 128000,
    "<|end_of_text|>": 128001,
    "<|start_header_id|>": 128006,
    "<|end_header_id|>": 128007,
    "<|eot_id|>": 128009,
}


def load(folder: Path | str) -> Tokenizer:
    """Tokenizer of a model folder in any of the published layouts.

    Raises KitError when the folder holds neither `tokenizer.model` nor `tokenizer.json`, or one that cannot be read.
    """
    folder = Path(folder)
    model, fast = folder / "tokenizer.model", folder / "tokenizer.json"
    if model.is_file() and not _is_ranks(model):
        ordinary, text, special, bos = _sentencepiece(model)
    elif fast.is_file():
        ordinary, text, special, bos = _fast(fast)
    elif model.is_file():
        ordinary, text, special, bos = _ranks(model)
    else:
        raise KitError(
            f"expected tokenizer.model or tokenizer.json in {folder}, but it holds neither. To mend: copy the "
            f"tokenizer files of the base model there"
        )
    return _finish(folder, ordinary, text, special, bos)


def _is_ranks(path: Path) -> bool:
    """Whether a tokenizer.model is tiktoken's list of "base64 rank" lines, not a SentencePiece model."""
    with open(path, "rb") as file:
        return re.match(rb"[A-Za-z0-9+/]+=* \d+\r?\n", file.read(400)) is not None


def _sentencepiece(path: Path):
    import sentencepiece

    try:
        library = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise KitError(
            f"expected a SentencePiece model in {path}, which cannot be read: {error}. To mend: fetch the file again"
        ) from error
    size = library.get_piece_size()
    special = {library.id_to_piece(id): id for id in range(size) if library.is_control(id) or library.is_unknown(id)}
    bos = library.id_to_piece(library.bos_id()) if library.bos_id() >= 0 else None
    return library.encode, lambda ids: library.decode([id for id in ids if id < size]), special, bos


def _fast(path: Path):
    import tokenizers

    try:
        library = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise KitError(
            f"expected a tokenizer of the tokenizers library in {path}, which cannot be read: {error}. "
            f"To mend: fetch the file again"
        ) from error
    library.encode_special_tokens = True  # "<|eot_id|>" in a sentence is text
    library.no_truncation()
    library.no_padding()
    special = {token.content: id for id, token in library.get_added_tokens_decoder().items() if token.special}
    added = library.encode("", add_special_tokens=True).tokens
    return (
        lambda text: library.encode(text, add_special_tokens=False).ids,
        lambda ids: library.decode(ids, skip_special_tokens=True),
        special,
        added[0] if added else None,
    )


def _ranks(path: Path):
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(str(path))
    if len(ranks) != 128_000:
        raise KitError(
            f"expected Llama 3's 128,000 tiktoken ranks in {path}, found {len(ranks):,}; how others split their text "
            f"is not in such a file. To mend: put the model's tokenizer.json beside it"
        )
    library = tiktoken.Encoding("llama3", pat_str=LLAMA3_SPLIT, mergeable_ranks=ranks, special_tokens=LLAMA3_SPECIAL)
    return (
        library.encode_ordinary,
        lambda ids: library.decode([id for id in ids if id < len(ranks)]),
        dict(LLAMA3_SPECIAL),
        "<|begin_of_text|>",
    )


def _finish(folder: Path, ordinary, text, special: dict[str, int], own_bos: str | None) -> Tokenizer:
    """Add what the folder's JSON files say: added tokens, which token begins, ends and pads, the chat template."""
    settings = read_json(folder / "special_tokens_map.json") | read_json(folder / "tokenizer_config.json")
    config, generation = read_json(folder / "config.json"), read_json(folder / "generation_config.json")
    special = special | read_json(folder / "added_tokens.json")
    for id, token in settings.get("added_tokens_decoder", {}).items():
        if token.get("special"):
            special[token["content"]] = int(id)
    names = {name: _content(settings.get(name)) for name in ("bos_token", "eos_token", "pad_token")}
    bos = _bos(names["bos_token"], own_bos, settings, config)
    eos = [*_many(generation.get("eos_token_id")), *_many(config.get("eos_token_id"))]
    eos += [special[name] for name in (names["eos_token"], "</s>", "<|end_of_text|>") if name in special]
    eos = sorted(set(eos))
    if not eos:
        raise KitError(
            f"expected an eos_token_id in config.json or generation_config.json of {folder}, or an eos_token in its "
            f"tokenizer files, but found none: nothing would ever end. To mend: write it into config.json"
        )
    rows = config.get("vocab_size", float("inf"))
    pads = [special.get(names["pad_token"]), special.get("[PAD]"), config.get("pad_token_id")]
    pad = next((id for id in pads if id is not None and 0 <= id < rows), eos[0])
    return Tokenizer(
        ordinary=ordinary,
        text=text,
        special=special,
        bos_id=special.get(bos),
        eos_ids=eos,
        pad_id=pad,
        template=_template(folder, settings),
        names={name: token for name, token in (names | {"bos_token": names["bos_token"] or own_bos}).items() if token},
    )


def _bos(named: str | None, own: str | None, settings: dict, config: dict) -> str | None:
    """The token every prompt begins with; Llamas were trained with one, whatever tokenizer.json adds by itself."""
    if settings.get("add_bos_token") is False:
        return None
    return own or (named if config.get("model_type") == "llama" else None)


def _content(token: str | dict | None) -> str | None:
    return token["content"] if isinstance(token, dict) else token


def _many(ids: int | list[int] | None) -> list[int]:
    return ids if isinstance(ids, list) else [] if ids is None else [ids]


def _template(folder: Path, settings: dict) -> str:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    template = settings.get("chat_template") or ""
    if isinstance(template, list):  # several by name; "default" is the one for plain chat
        template = next((each["template"] for each in template if each["name"] == "default"), "")
    return template
