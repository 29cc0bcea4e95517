"""Tokens that were added to a tokenizer after its training: which there are, and where they stand in a text.

A special one (`<|im_start|>`) is control: it is read as a token where a prompt's own text has it, and leaves no text.
A plain one (`special: false`) is a word: it is read as one token wherever it stands, and kept in answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from llamax_kit.models.checkpoints import read_json

Span = tuple[int, int]  # start and end, in characters


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

    settings: tokenizer_config.json, over special_tokens_map.json. The flags of `added_tokens_decoder` come before those
    of tokenizer.json. A token that only added_tokens.json names is special if a role (`eos_token`, …) or
    `additional_special_tokens` names it, or if it is `[PAD]`; so reads transformers, too.
    """
    roles = [settings.get(f"{role}_token") for role in ("bos", "eos", "unk", "pad", "sep", "cls", "mask")]
    extra = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or []
    named = {_content(each) for each in (*roles, *(extra.values() if isinstance(extra, dict) else extra))} | {"[PAD]"}
    bare = read_json(folder / "added_tokens.json")
    found = {content: AddedToken(int(id), content, special=content in named) for content, id in bare.items()}
    listed = read_json(folder / "tokenizer.json").get("added_tokens") or []
    found |= {each["content"]: _described(each["id"], each) for each in listed}
    described = settings.get("added_tokens_decoder") or {}
    return found | {each["content"]: _described(id, each) for id, each in described.items()}


def _described(id: int | str, facts: Mapping) -> AddedToken:
    flags = {name: bool(facts.get(name)) for name in ("special", "lstrip", "rstrip", "single_word", "normalized")}
    return AddedToken(int(id), facts["content"], **flags)


def _content(token: str | Mapping | None) -> str | None:
    return token["content"] if isinstance(token, Mapping) else token


class Splitter:
    """Finds added tokens in texts as transformers does: leftmost and longest first, white space by their flags."""

    def __init__(self, tokens: Sequence[AddedToken]):
        self._tokens = sorted((each for each in tokens if each.content), key=lambda each: -len(each.content))
        self._pattern = re.compile("|".join(map(_pattern, self._tokens))) if self._tokens else None

    def split(self, text: str, protected: Sequence[Span]) -> Iterator[Piece]:
        """Part a text. A special token that begins inside a `protected` span is text.

        >>> habari = AddedToken(9, "habari")
        >>> [piece.text for piece in Splitter([habari]).split("nasema habari ya", protected=[])]
        ['nasema ', 'habari', ' ya']
        """
        done = at = 0
        while self._pattern and (hit := self._pattern.search(text, at)):
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


def _pattern(token: AddedToken) -> str:
    inside = f"({re.escape(token.content)})"
    if token.single_word:
        inside = f"(?<![^ ]){inside}(?![^ ])"
    return rf"\s*{inside}" * token.lstrip + inside * (not token.lstrip) + r"\s*" * token.rstrip
