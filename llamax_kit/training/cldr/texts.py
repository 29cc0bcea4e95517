"""The CLDR phrases as the plain files that training reads: what the miniatures are made of, and nothing else.

Positions of the training split are divided once and for all: the first for pairs, then those for text of one language,
the last for instructions, which no other stage reads. Pre-training and continual pre-training read the same pairs
within `base`, and a language of `base` has the positions of pairs in its own text, too, behind those of its own.

What devtest or dev says as a whole is the content of no training phrase (see `cldr.phrases`). The names and
numbers that it is made of do occur in training, in other combinations: a territory that devtest asks for by itself
stands inside lists there. The dictionaries hold no territory that devtest or dev asks for by itself.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, count, permutations
from pathlib import Path

from llamax_kit.data.languages import find
from llamax_kit.tasks.prompts import INSTRUCTION
from llamax_kit.training.cldr import build
from llamax_kit.training.cldr.entries import Entries, entries
from llamax_kit.training.cldr.phrases import split_of
from llamax_kit.utils.files import whole

PAIRS, MONO, INSTRUCTIONS = range(0, 16_000), range(16_000, 21_000), range(21_000, 24_000)  # positions
PIVOT = "en"
STRIDE = 101  # positions from where one direction of instructions begins to where the next does


def write(
    folder: Path, base: Sequence[str], *, others: Sequence[str], few: int = 50, instructions: int = 8_000
) -> Path:
    """Write mono/, pairs/, dictionaries/ and instructions.jsonl for the languages `base` and `others`; return `folder`.

    mono: what no pair says; in `base`, whose pre-training reads more, all that no instruction says. pairs: all that two
    languages of `base` have in common, all that English has in common with each other language, and only `few` lines
    of each other language with each of the rest of `base`. instructions: so many translations between English and the
    rest of `base`, and among these, by the Alpaca prompt's own instruction; none of `others`.

    Raises KitError for a language that CLDR has too little of, or a folder that cannot be written.
    """
    base = list(dict.fromkeys(find(code).code for code in base))
    codes = list(dict.fromkeys([*base, *(find(code).code for code in others)]))
    texts = build.corpus("train", codes).texts
    for code in codes:
        positions = [*MONO, *PAIRS] if code in base else MONO
        _lines(folder / "mono" / f"{code}.txt", (texts[code][at] for at in positions))
    for src, tgt in _pairs(base, others=codes[len(base) :]):
        both = ((texts[src][at], texts[tgt][at]) for at in PAIRS)
        both = [pair for pair in both if None not in pair]
        both = both if PIVOT in (src, tgt) or tgt in base else both[:few]
        for code, side in ((src, 0), (tgt, 1)):
            _lines(folder / "pairs" / f"{src}-{tgt}.{code}", (pair[side] for pair in both))
    for code in codes:
        if code != PIVOT:
            entry = (f"{english}\t{word}" for english, word in _dictionary(code))
            _lines(folder / "dictionaries" / f"{PIVOT}-{code}.txt", entry)
    asked = _instructions(base, texts, instructions)
    _lines(folder / "instructions.jsonl", (json.dumps(each, ensure_ascii=False) for each in asked))
    return folder


def _pairs(base: list[str], *, others: list[str]) -> Iterator[tuple[str, str]]:
    for at, src in enumerate(base):
        for tgt in [*base[at + 1 :], *others]:
            yield src, tgt


def _lines(path: Path, lines) -> None:
    with whole(path) as scratch:
        scratch.write_text("".join(f"{line}\n" for line in lines if line is not None), encoding="utf-8", newline="\n")


def _instructions(base: list[str], texts: dict, most: int) -> list[dict[str, str]]:
    """Make instructions in turn from English, into English, and between two others; every direction of a kind as often.

    A direction uses each position once, and each direction begins at another one; when one is used up, no more come.
    """
    others = [code for code in base if code != PIVOT]
    kinds = [[(PIVOT, code) for code in others], [(code, PIVOT) for code in others], list(permutations(others, 2))]
    kinds = [kind for kind in kinds if kind]
    starts = {pair: STRIDE * at for at, pair in enumerate(chain(*kinds))}
    used: Counter = Counter()
    found: list[dict[str, str]] = []
    for turn in count():
        kind = kinds[turn % len(kinds)]
        pair = kind[turn // len(kinds) % len(kind)]
        if len(found) == most or used[pair] == len(INSTRUCTIONS):
            return found
        at = INSTRUCTIONS[(starts[pair] + used[pair]) % len(INSTRUCTIONS)]
        used[pair] += 1
        source, target = (texts[code][at] for code in pair)
        if source is not None and target is not None:
            src, tgt = (find(code).name for code in pair)
            found.append({"instruction": INSTRUCTION.format(src=src, tgt=tgt), "input": source, "output": target})


def _dictionary(code: str) -> list[tuple[str, str]]:
    """List words in English and a language: months, weekdays, territories of the training split, units, money."""
    english, own = entries(PIVOT), entries(code)
    pairs = list(_names(english, own=own))
    pairs += [
        (forms["other"], own.territories[key]["other"])
        for key, forms in english.territories.items()
        if key in own.territories and split_of(("territory", key)) == "train"
    ]
    for kind in ("units", "currencies"):
        theirs = getattr(own, kind)
        pairs += [
            (_bare(forms["other"]), _bare(theirs[key]["other"]))
            for key, forms in getattr(english, kind).items()
            if key in theirs
        ]
    single = (pair for pair in pairs if all(re.fullmatch(r"[^\s\d{}()–-]{2,}", word) for word in pair))
    return list(dict.fromkeys(single))


def _names(english: Entries, *, own: Entries) -> Iterator[tuple[str, str]]:
    if own.date_pattern:
        for kind in ("months", "days"):
            ours, theirs = (getattr(each.locale, kind)["format"]["wide"] for each in (english, own))
            yield from ((ours[key], theirs[key]) for key in ours)


def _bare(form: str) -> str:
    return form.replace("{0}", "").strip()
