"""Parallel text in: FLORES folders, the gated FLORES+ of the hub, phrases from CLDR, or a folder of one's own.

A corpus says which release it is and the hash of what was read, since scores compare only within one release. It is
named "cldr", "flores101", "flores200" or "flores_plus", with ":dev", ":devtest" (the default) or, for cldr, ":train";
"flores_plus@4b0c2d1:dev" fixes a commit of the hub. A folder that holds one text file a language (`en.txt`, `sw.txt`)
is named by its path, "texts/my-set"; one called like a corpus is "./cldr". Only "cldr" needs no download and no files.
Translates, cuts and normalises nothing: text is given as it is.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError, UnknownName

SPLITS = {
    "cldr": ("train", "dev", "devtest"),
    "flores101": ("dev", "devtest"),
    "flores200": ("dev", "devtest"),
    "flores_plus": ("dev", "devtest"),
}


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
                    f"{self.release}: {first} has {counts[first]} lines{self._place(first)}, "
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
        """Hex SHA-256 of each language's lines, each ended by a newline: what sha256sum gives of such a file."""
        return {code: _sha256(f"{line or ''}\n" for line in text) for code, text in self.texts.items()}

    @property
    def sha256(self) -> str:
        """Hex SHA-256 over all that was read, whatever the order of the languages."""
        return _sha256(f"{code} {digest}\n" for code, digest in sorted(self.hashes.items()))

    def pairs(self, src: str, tgt: str, sentences: int = 0) -> list[tuple[int, str, str]]:
        """List (index, source, reference) of the positions that both sides have, or of the first `sentences` of them.

        >>> load("cldr", ["en", "de"]).pairs("en", "de", 1)
        [(0, 'Friday, December 28, 1973', 'Freitag, 28. Dezember 1973')]

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
        """Say which part `sentences` leaves: "the first 40 of 500 sentences of each direction"; "" where it is all."""
        counts = [len(self.pairs(src, tgt)) for src, tgt in directions] if sentences > 0 else []
        more = [count for count in counts if count > sentences]
        if not more:
            return ""
        of = "–".join(dict.fromkeys(f"{count:,}" for count in (min(more), max(more))))
        where = "each direction" if len(more) == len(counts) else f"{len(more):,} of {len(counts):,} directions"
        return f"the first {sentences:,} of {of} sentences of {where}"

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


def available(spec: str) -> list[str]:
    """List the kit codes of the languages that a corpus has here: `available("flores200:dev")`.

    Raises UnknownName for another corpus or split, and KitError when the corpus is not here.
    """
    if folder := _own(spec):
        from llamax_kit.data.corpora import folder as own

        return own.available(folder)
    name, split, revision = _parse(spec)
    if name == "cldr":
        from llamax_kit.training.cldr import build as cldr

        return cldr.available()
    if name == "flores_plus":
        from llamax_kit.data.corpora import flores_plus

        return flores_plus.available(split, revision=revision)
    from llamax_kit.data.corpora import flores

    return flores.available(name, split=split)


def offline(spec: str) -> list[str] | None:
    """List as `available` does, but ask no hub: None where only that knows. Raises as `available` does."""
    if not _own(spec):
        name, split, revision = _parse(spec)
        if name == "flores_plus":
            from llamax_kit.data.corpora import flores_plus

            if not flores_plus.is_local(split, revision=revision):
                return None
    return available(spec)


def load(spec: str, languages: Iterable[str] | None = None) -> Corpus:
    """Read a corpus, or only the named languages of it: `load("flores101", ["en", "swh", "zho_simpl"])`.

    Raises UnknownName for another corpus, split or language, and KitError when it is not here or not as it should be.
    """
    codes = list(dict.fromkeys(find(code).code for code in (available(spec) if languages is None else languages)))
    if folder := _own(spec):
        from llamax_kit.data.corpora import folder as own

        return own.load(folder, codes)
    name, split, revision = _parse(spec)
    if name == "cldr":
        from llamax_kit.training.cldr import build as cldr

        return cldr.load(split, codes)
    if name == "flores_plus":
        from llamax_kit.data.corpora import flores_plus

        return flores_plus.load(split, codes, revision)
    from llamax_kit.data.corpora import flores

    return flores.load(name, split=split, codes=codes)


def _own(spec: str) -> Path | None:
    """The user's folder that a spec names, if it does; asked before a split is cut off, as a path may hold ":" too."""
    if not spec or re.split("[:@]", spec)[0] in SPLITS:
        return None
    folder = Path(spec).expanduser()
    return folder if folder.is_dir() else None


def _parse(spec: str) -> tuple[str, str, str]:
    release, _, split = spec.partition(":")
    name, _, revision = release.partition("@")
    if name not in SPLITS:
        remedy = "write for example flores101 or flores200:dev, or name a folder of your own, one file a language"
        raise UnknownName("corpus", given=spec if re.search(r"[/\\]", spec) else name, choices=SPLITS, remedy=remedy)
    split = split or "devtest"
    if split not in SPLITS[name]:
        raise UnknownName(
            f"split of {name}", given=split, choices=SPLITS[name], remedy=f"use one of these, as in {name}:dev"
        )
    if revision and name != "flores_plus":
        raise KitError(f"{spec}: only flores_plus comes in revisions. To mend: write {name}:{split}")
    return name, split, revision
