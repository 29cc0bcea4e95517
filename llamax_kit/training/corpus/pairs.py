"""How the lines of one language pair enter an epoch: in which direction, how often, and filled up by code-switching.

Each line goes one way only in an epoch, either way with probability 1/2. Lines are repeated, and switched, in that same
direction: for the other, and for other words, draw another epoch with another seed. Does not know what becomes of a
line in training.
"""

import hashlib
from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from llamax_kit.training.corpus.dictionaries import Lexicon, switch

Pair = tuple[str, str]  # two kit codes in order of the alphabet


class Line(NamedTuple):
    """A line of a pair in the direction that was drawn."""

    src: str
    tgt: str
    source: str
    target: str
    switched: bool = False


def missing(
    sizes: dict[Pair, int], threshold: int, *, repeat: int, high: set[str] | frozenset[str] = frozenset()
) -> dict[Pair, int]:
    """Count the lines that small pairs, once repeated, lack of the threshold; between two of `high` none is wanted.

    >>> missing({("en", "lo"): 5_000, ("en", "wo"): 9_000, ("en", "de"): 5_000}, 25_000, repeat=3, high={"en", "de"})
    {('en', 'lo'): 10000}
    """
    lack = {pair: threshold - repeat * size for pair, size in sizes.items() if not set(pair) <= high}
    return {pair: lines for pair, lines in lack.items() if lines > 0}


def epoch(
    pair: Pair,
    lines: Iterable[tuple[str, str]],
    times: int,
    *,
    more: int,
    lexicon: Lexicon,
    share: float,
    seed: int,
) -> Iterator[Line]:
    """Yield the lines of a pair `times` times, then `more` switched ones. All are held in memory if either is asked."""
    draws = generator(seed, *pair)
    drawn = directed(pair, lines, draws)
    if times == 1 and not more:
        yield from drawn
        return
    drawn = list(drawn)
    for _ in range(times):
        yield from drawn
    yield from switched(drawn, more, lexicon, share, draws)


def generator(seed: int, *names: str) -> Random:
    """Return the random numbers of one pair: the same on every machine, and whatever other pairs there are."""
    return Random(int.from_bytes(hashlib.sha256(" ".join([str(seed), *names]).encode()).digest()[:8], "big"))


def directed(pair: Pair, lines: Iterable[tuple[str, str]], draws: Random) -> Iterator[Line]:
    """Yield each line of a pair in one of its two directions, either with probability 1/2."""
    one, other = pair
    for first, second in lines:
        yield Line(one, other, first, second) if draws.random() < 0.5 else Line(other, one, second, first)


def switched(lines: Iterable[Line], wanted: int, lexicon: Lexicon, share: float, draws: Random) -> Iterator[Line]:
    """Yield `wanted` lines with words of their source in other languages, going over the lines as often as it takes.

    A line none of whose words has an entry is passed over; where that is so of all, there is none.
    """
    left = list(lines)
    while left and wanted > 0:
        able = []
        for line in left:
            source = switch(line.source, src=line.src, lexicon=lexicon, generator=draws, share=share)
            if source == line.source.lower():
                continue
            able.append(line)
            yield line._replace(source=source, switched=True)
            wanted -= 1
            if wanted <= 0:
                return
        left = able
