"""The libraries that read tokenizers: SentencePiece, and Hugging Face's tokenizers, each as `Tokenizer` asks for it.

Does not know a model's settings, where its prompts begin and end, or its chat template (see `tokenizer_files`).
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from llamax_kit.data.reasoning import is_marker
from llamax_kit.models.added_tokens import CONTROL, AddedToken, Span, Splitter
from llamax_kit.utils.errors import KitError

LLAMA3_SPECIAL = [  # Meta's release: the control tokens after the 128,000 ranks, in the order of their ids
    "<|begin_of_text|>", "<|end_of_text|>", *(f"<|reserved_special_token_{number}|>" for number in range(4)),
    "<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>",
    *(f"<|reserved_special_token_{number}|>" for number in range(5, 251)),
]  # fmt: skip
Decode = Callable[[list[int]], str]
FLAGS = ("lstrip", "rstrip", "single_word", "normalized")


class Library(NamedTuple):
    """What a tokenizer library does, as `Tokenizer` takes it, and the BOS that the library itself would add."""

    read: Callable[[str, Sequence[Span]], list[int]]
    text: Decode
    piece: Callable[[int], str]
    special: dict[str, int]
    own_bos: str | None


def sentencepiece(path: Path, added: dict[str, AddedToken], settings: Mapping, prepends: bool) -> Library:
    """Read as transformers' tokenizers on SentencePiece do: a text is parted at its added tokens first.

    By default SentencePiece puts its dummy prefix "▁" before each part; with `legacy: false` before the text alone,
    unless the tokenizer.json beside it `prepends` one to each, as Llama 2's does whatever its settings say.
    transformers 5 has no such tokenizer for Llama any more: it converts the file, and some ids become others.
    """
    import sentencepiece

    try:
        library = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise KitError(
            f"expected a SentencePiece model in {path}, which cannot be read: {error}. To mend: fetch the file again"
        ) from error
    library, size = _with_control(library), library.get_piece_size()
    control = {library.id_to_piece(id): id for id in range(size) if library.is_control(id) or library.is_unknown(id)}
    tokens = {text: AddedToken(id, text, special=True) for text, id in control.items()} | added
    special = {text: each.id for text, each in tokens.items() if each.special}
    splitter, legacy = Splitter(list(tokens.values())), prepends or settings.get("legacy") is not False
    prefix = "" if settings.get("add_prefix_space") is False else "▁"
    inner = library.encode if legacy else _without_dummy_prefix(library)

    def read(text: str, protected: Sequence[Span]) -> list[int]:
        if not legacy and text:
            text = prefix + text.replace("▁", " ")
            protected = [(start + len(prefix), end + len(prefix)) for start, end in protected]
        parts = splitter.split(text, protected)
        ids = [id for part, token in parts for id in ([token.id] if token else inner(part))]
        alone = not legacy and len(ids) > 1 and ids[0] == library.piece_to_id("▁") and ids[1] in special.values()
        return ids[1:] if alone else ids

    def decode(ids: list[int]) -> str:
        return library.decode([id for id in ids if id < size])  # a vocabulary may be padded

    anchor = library.encode("a")
    later = decode if legacy else lambda ids: decode([*anchor, *ids])[1:]
    words = [(text, each.id) for text, each in tokens.items() if not each.special or is_marker(text)]
    text = _joining({id: text.replace("▁", " ") for text, id in words}, decode, later=later)
    piece = _named(tokens, lambda id: library.id_to_piece(id) if id < size else "")
    bos = library.id_to_piece(library.bos_id()) if library.bos_id() >= 0 else None
    return Library(read, text, piece, special, bos)


def _with_control(library):
    """Return the tokenizer with its user-defined pieces that are control tokens (Gemma's) as such, not as words."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    pieces = [library.id_to_piece(id) for id in range(library.get_piece_size()) if not library.is_control(id)]
    if not any(map(CONTROL.fullmatch, pieces)):
        return library
    model = sentencepiece_model_pb2.ModelProto.FromString(library.serialized_model_proto())
    for piece in model.pieces:
        if piece.type == piece.USER_DEFINED and CONTROL.fullmatch(piece.piece):
            piece.type = piece.CONTROL
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())


def _without_dummy_prefix(library) -> Callable[[str], list[int]]:
    """Return the encoding of a part that follows a token. Without the prefix, SentencePiece drops a first space."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto.FromString(library.serialized_model_proto())
    model.normalizer_spec.add_dummy_prefix = False
    bare = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    guard = library.id_to_piece(library.unk_id())  # as text; keeps the space behind it
    skipped = len(bare.encode(guard))
    return lambda text: bare.encode(guard + text)[skipped:] if text.startswith((" ", "▁")) else bare.encode(text)


def fast(path: Path, added: dict[str, AddedToken]) -> Library:
    """Read a tokenizer.json. Raises KitError for one that cannot be read, or has another id for an added token."""
    import tokenizers

    try:
        library = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise KitError(
            f"expected a tokenizer of the tokenizers library in {path}, which cannot be read: {error}. "
            f"To mend: fetch the file again"
        ) from error
    return _fast(library, path, added)


def ranks(path: Path, added: dict[str, AddedToken]) -> Library:
    """Read Llama 3's tiktoken ranks, converted by transformers (3 seconds). Raises KitError for those of others."""
    from tokenizers.processors import TemplateProcessing
    from transformers.convert_slow_tokenizer import TikTokenConverter

    library = TikTokenConverter(str(path), extra_special_tokens=LLAMA3_SPECIAL).converted()
    if (found := library.get_vocab_size(with_added_tokens=False)) != 128_000:
        raise KitError(
            f"expected Llama 3's 128,000 tiktoken ranks in {path}, found {found:,}; how others split their text "
            f"is not in such a file. To mend: put the model's tokenizer.json beside it"
        )
    begin = LLAMA3_SPECIAL[0]
    library.post_processor = TemplateProcessing(single=f"{begin} $0", special_tokens=[(begin, 128_000)])
    return _fast(library, path, added)


def _fast(library, path: Path, added: dict[str, AddedToken]) -> Library:
    """Read by the tokenizers library, which knows its added tokens itself; those it lacks are added to it."""
    import tokenizers

    library.encode_special_tokens = True  # "<|eot_id|>" in a sentence is text
    library.no_truncation()
    library.no_padding()
    begins = library.encode("", add_special_tokens=True).tokens
    for token in sorted(added.values()):
        if library.token_to_id(token.content) is None:
            flags = {name: getattr(token, name) for name in FLAGS}
            library.add_tokens([tokenizers.AddedToken(token.content, special=token.special, **flags)])
        if library.token_to_id(token.content) != token.id:
            raise KitError(
                f"expected the added token {token.content!r} to have the id {token.id}, as the files beside {path} "
                f"write, but there it has {library.token_to_id(token.content)}. To mend: fetch the folder again"
            )
    known = library.get_added_tokens_decoder()
    special = {token.content: id for id, token in known.items() if token.special}
    special |= {text: token.id for text, token in added.items() if token.special}
    plain = [token for token in known.values() if not token.special and token.content in special]
    library.add_special_tokens([tokenizers.AddedToken(token.content, special=True) for token in plain])
    control = _Aliases(library, known, special)

    def decode(ids: list[int]) -> str:
        return library.decode(ids, skip_special_tokens=True)

    anchor, spelt = library.encode("a", add_special_tokens=False).ids, "ByteLevel" in repr(library.decoder)
    kept = {id: text for text, id in special.items() if is_marker(text)}
    text = _joining(kept, decode, later=lambda ids: decode([*anchor, *ids])[len(decode(anchor)) :])
    piece = _named({}, lambda id: _readable(library, id) if spelt else library.id_to_token(id) or "")
    return Library(control.read, text, piece, special, begins[0] if begins else None)


class _Aliases:
    """Control tokens for parts of a text alone, which the tokenizers library knows for all of it or nowhere.

    Each has an alias, a plain token with its flags that no text holds, put in its place where it is to count.
    """

    def __init__(self, library, known: dict, special: dict[str, int]):
        self._library = library
        self._special = {id: token for id, token in known.items() if token.content in special}
        self._splitter = Splitter([AddedToken(id, each.content, id in self._special) for id, each in known.items()])
        self._aliases: dict[int, str] = {}
        self._ids: dict[int, int] = {}

    def read(self, text: str, protected: Sequence[Span]) -> list[int]:
        parts = list(self._splitter.split(text, protected))
        if any(part.token and part.token.special for part in parts):
            self._add()
            text = "".join(self._aliases.get(part.token.id, part.text) if part.token else part.text for part in parts)
        return [self._ids.get(id, id) for id in self._library.encode(text, add_special_tokens=False).ids]

    def _add(self) -> None:
        from tokenizers import AddedToken as Plain

        if self._aliases:
            return
        nonce = secrets.token_hex(8)
        self._aliases = {id: f"\U000f0000{nonce}{id}\U000f0001" for id in self._special}
        for id, token in self._special.items():
            flags = {name: getattr(token, name) for name in FLAGS}
            self._library.add_tokens([Plain(self._aliases[id], **flags)])
            self._ids[self._library.token_to_id(self._aliases[id])] = id


def _readable(library, id: int) -> str:
    """Write a token of bytes as text, where its bytes are whole characters."""
    token = library.id_to_token(id) or ""
    text = library.decoder.decode([token])
    return token if "\ufffd" in text else text or token


def _joining(kept: dict[int, str], first: Decode, *, later: Decode) -> Decode:
    """Return the decoding of ids: `kept` tokens by their text, what is before them by `first`, behind by `later`."""

    def text(ids: list[int]) -> str:
        parts, decode = [], first
        for is_kept, group in groupby(ids, lambda id: id in kept):
            run = list(group)
            parts.append("".join(kept[id] for id in run) if is_kept else decode(run))
            decode = later
        return "".join(parts)

    return text


def _named(tokens: dict[str, AddedToken], piece: Callable[[int], str]) -> Callable[[int], str]:
    names = {each.id: text for text, each in tokens.items()}
    return lambda id: names.get(id) or piece(id) or f"[{id}]"
