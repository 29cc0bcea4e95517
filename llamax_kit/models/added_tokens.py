"""Tokens that were added to a tokenizer after its training: which there are, and where they stand in a text.

A special one (`<|im_start|>`) is control: it is read as a token where a prompt's own text has it, and leaves no text.
A plain one (`special: false`) is a word: it is read as one token wherever it stands, and kept in answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from llamax_kit.models.checkpoints import read_json
from llamax_kit.utils.errors import KitError

Span = tuple[int, int]  # start and end, in characters
CONTROL = re.compile(  # how control tokens are written, whatever a file says of them
    r"<[|｜][^\s<>|｜]{1,40}[|｜]>|</?s>|<(?i:bos|eos|pad|unk|im_start|im_end|(?:start|end)_of_\w+)>"
    r"|\[(?:BOS|EOS|CLS|SEP|PAD|MASK|/?SYSTEM_PROMPT)\]"
)


class AddedToken(NamedTuple):
    """One added token, with the flags that transformers and tokenizers give it."""

    id: int
    content: str
    special: bool = False
    lstrip: bool = False  # takes the white space before it
    rstrip: bool = False  # takes the white space after it
    single_word: bool = False  # only between spaces
    normalized: bool = False  # the tokenizers library looks for it in the normalised text


class Piece(NamedTuple):
    """A part of a text: an added token (`token`), or what stands between two (`text`, never empty)."""

    text: str
    token: AddedToken | None = None


def read(folder: Path, settings: Mapping) -> dict[str, AddedToken]:
    """Return the added tokens of a model folder by their text, from all files that may name them.

    settings: tokenizer_config.json, over special_tokens_map.json; its flags come before tokenizer.json's. A token
    with a role (`eos_token`, …), in `additional_special_tokens`, or written like `CONTROL` is special in any case.

    Raises KitError when an entry is not as it should be, or two tokens have one id.
    """
    roles = [settings.get(f"{role}_token") for role in ("bos", "eos", "unk", "pad", "sep", "cls", "mask")]
    extra = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or []
    try:
        named = {content(each) for each in (*roles, *(extra.values() if isinstance(extra, dict) else extra))}
        bare = read_json(folder / "added_tokens.json").items()
        found = {text: _described(id, {"content": text}) for text, id in bare}
        listed = read_json(folder / "tokenizer.json").get("added_tokens") or []
        found |= {each["content"]: _described(each["id"], each) for each in listed}
        described = (settings.get("added_tokens_decoder") or {}).items()
        found |= {each["content"]: _described(id, each) for id, each in described}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KitError(
            f"expected added tokens as a text and a whole number from 0 on in added_tokens.json, tokenizer.json and "
            f"tokenizer_config.json in {folder}, but one is not: {error!r}. To mend: fetch these files again"
        ) from error
    found.pop("", None)
    by_id: dict[int, AddedToken] = {}
    for text, token in found.items():
        token = token._replace(special=token.special or text in named or bool(CONTROL.fullmatch(text)))
        earlier = by_id.setdefault(token.id, token)
        if earlier is not token and not earlier.special:  # a control token may be renamed by a later file
            raise KitError(
                f"expected one token for each id in {folder}, but {earlier.content!r} and {text!r} both have "
                f"{token.id}. To mend: fetch added_tokens.json and tokenizer_config.json again, from one model"
            )
        by_id[token.id] = token
    return {token.content: token for token in by_id.values()}


def _described(id: int | str, facts: Mapping) -> AddedToken:
    flags = {name: bool(facts.get(name)) for name in ("special", "lstrip", "rstrip", "single_word", "normalized")}
    if isinstance(id, bool) or int(id) < 0 or not isinstance(facts["content"], str):
        raise ValueError(f"{facts['content']!r}: {id!r}")
    return AddedToken(int(id), facts["content"], **flags)


def content(token: str | Mapping | None) -> str | None:
    """Return the text of a token as a settings file has it: alone, or as one of several facts."""
    return token["content"] if isinstance(token, Mapping) else token


class Splitter:
    """Finds added tokens in texts as transformers does: leftmost and longest first, white space by their flags."""

    def __init__(self, tokens: Sequence[AddedToken]):
        self._tokens = sorted((each for each in tokens if each.content), key=lambda each: -len(each.content))
        self._pattern = re.compile(_beginning(self._tokens) + f"(?:{'|'.join(map(_pattern, self._tokens))})")

    def split(self, text: str, protected: Sequence[Span]) -> Iterator[Piece]:
        """Part a text. A special token that begins inside a `protected` span is text.

        >>> habari = AddedToken(9, "habari")
        >>> [piece.text for piece in Splitter([habari]).split("nasema habari ya", protected=[])]
        ['nasema ', 'habari', ' ya']
        """
        done = at = 0
        while self._tokens and (hit := self._pattern.search(text, at)):
            token = self._tokens[hit.lastindex - 1]
            start = hit.start(hit.lastindex)
            if token.special and any(first <= start < last for first, last in protected):
                at = start + 1
                continue
            if hit.start() > done:
                yield Piece(text[done : hit.start()])
            yield Piece(token.content, token)
            done = at = hit.end()
        if text[done:]:
            yield Piece(text[done:])


def _beginning(tokens: Sequence[AddedToken]) -> str:
    """Look ahead for a first sign of tokens, so that most places fail at once, and not for each of Llama 3's 256."""
    signs = {re.escape(token.content[0]) for token in tokens} | {r"\s" for token in tokens if token.lstrip}
    return f"(?=[{''.join(sorted(signs))}])" if tokens else ""


def _pattern(token: AddedToken) -> str:
    inside = f"({re.escape(token.content)})"
    if token.single_word:
        inside = f"(?<![^ ]){inside}(?![^ ])"
    return rf"\s*{inside}" * token.lstrip + inside * (not token.lstrip) + r"\s*" * token.rstrip
