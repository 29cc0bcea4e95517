"""Parallel text of several languages, aligned by position, with its release and hash. Reads no file (see `loading`)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.words import counted


@dataclass(frozen=True)
class Corpus:
    """Sentences of several languages, aligned by position; `texts` by kit code, None where cldr lacks a position.

    Raises KitError when two languages have unequal numbers of positions.
    """

    name: str
    split: str
    release: str  # "FLORES-101 devtest", "CLDR 47 via Babel 2.18.0, devtest"
    texts: dict[str, list[str | None]] = field(repr=False)
    files: dict[str, str] = field(default_factory=dict, repr=False)  # where each text was read; empty for cldr

    def __post_init__(self) -> None:
        counts = {code: len(text) for code, text in self.texts.items()}
        for code, count in counts.items():
            first = next(iter(counts))
            if count != counts[first]:
                raise KitError(
                    f"{self.release}: {first} has {counted(counts[first], 'line')}{self._place(first)}, "
                    f"{code} has {count}{self._place(code)}, so lines of the same number do not translate each other. "
                    f"To mend: take both from the same release and split, line for line"
                )

    def _place(self, code: str) -> str:
        return f" ({self.files[code]})" if code in self.files else ""

    @property
    def languages(self) -> list[str]:
        """The kit codes of the languages that were read."""
        return list(self.texts)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Return the hex SHA-256 of each language's lines, each ended by a newline, as sha256sum prints of a file."""
        return {code: _sha256(f"{line or ''}\n" for line in text) for code, text in self.texts.items()}

    @property
    def sha256(self) -> str:
        """Return the hex SHA-256 of all that was read, whatever the order of the languages."""
        return _sha256(f"{code} {digest}\n" for code, digest in sorted(self.hashes.items()))

    def pairs(self, src: str, tgt: str, sentences: int = 0) -> list[tuple[int, str, str]]:
        """List (index, source, reference) of the positions that both sides have, or of the first `sentences` of them.

        >>> Corpus("tiny", "dev", "tiny", {"en": ["Good day.", None], "de": ["Guten Tag.", "Ja."]}).pairs("en", "de")
        [(0, 'Good day.', 'Guten Tag.')]

        Raises KitError for a language that was not read, a negative number, or two sides with no position in common.
        """
        if sentences < 0:
            raise KitError(f"sentences must be 0 (all) or more, got {sentences}. To mend: write 0, or how many to take")
        sides = enumerate(zip(self._text(src), self._text(tgt), strict=True))
        both = [(index, source, reference) for index, (source, reference) in sides if None not in (source, reference)]
        if not both:
            raise KitError(
                f"{self.release} has no position in both {src} and {tgt}. To mend: leave the direction {src}-{tgt} out"
            )
        return both[:sentences] if sentences else both

    def cut(self, directions: Iterable[tuple[str, str]], sentences: int) -> str:
        """Describe the part that `sentences` leaves: "the first 40 of 500 sentences of each direction"; "" for all."""
        counts = [len(self.pairs(src, tgt)) for src, tgt in directions] if sentences > 0 else []
        more = [count for count in counts if count > sentences]
        if not more:
            return ""
        of = "–".join(dict.fromkeys(f"{count:,}" for count in (min(more), max(more))))
        where = "each direction" if len(more) == len(counts) else f"{len(more):,} of {len(counts):,} directions"
        return f"the first {sentences:,} of {of} sentences of {where}"

    def facts(self, directions: Iterable[tuple[str, str]] = (), sentences: int = 0) -> dict[str, str]:
        """Return what a run's record says of its text: name, split, release, sha256, and what was left out (`cut`)."""
        cut = self.cut(directions, sentences)
        return dict(name=self.name, split=self.split, release=self.release, sha256=self.sha256, cut=cut)

    def _text(self, code: str) -> list[str | None]:
        known = find(code).code
        if known not in self.texts:
            raise KitError(
                f"{code} was not read from {self.release}; read were {' '.join(self.texts)}. "
                f"To mend: name it when the corpus is loaded"
            )
        return self.texts[known]


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()
