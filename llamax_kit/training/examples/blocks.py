"""Token ids in blocks of one length: running text cut into them, examples laid into them. Knows no tokenizer.

A block that holds several examples shows by its position ids where each begins; transformers then lets none of them see
its neighbours (no attention mask may be passed beside them). Or it does not: then it is running text.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

IGNORED = -100  # the label of a token without loss, as torch and transformers have it
OPEN = 64  # blocks that wait for an example that still fits


class Example(NamedTuple):
    """One example. `labels` are its `ids`, or IGNORED where a token has no loss; both of one length."""

    ids: list[int]
    labels: list[int]


def cut(ids: Iterable[int], head: list[int], eos: int, *, block: int) -> Iterator[Example]:
    """Cut running text into examples of `block` tokens, each behind `head` (BOS, a heading), which has no loss.

    EOS stands where the text ends, not where it is cut: a model shall not learn to stop there.

    >>> [example.ids for example in cut([5, 6, 7, 8], [1], 2, block=3)]
    [[1, 5, 6], [1, 7, 8], [1, 2]]
    """
    waiting: list[int] = []
    room = block - len(head)
    for id in ids:
        waiting.append(id)
        if len(waiting) == room:
            yield Example(head + waiting, [IGNORED] * len(head) + waiting)
            waiting = []
    waiting = [*waiting, eos]
    yield Example(head + waiting, [IGNORED] * len(head) + waiting)


def pack(examples: Iterable[Example], block: int, *, pad: int, apart: bool = True) -> Iterator[dict[str, list[int]]]:
    """Lay examples into blocks of exactly `block` tokens, each example whole, in the fullest open block that takes it.

    Yields rows of input_ids, labels and position_ids, the last beginning again with each example, or, unless `apart`,
    running through the block, whose examples then see those before them. What stays free is padded, without loss. An
    example longer than a block must not come.

    >>> rows = pack([Example([1, 5, 2], [-100, 5, 2]), Example([1, 6], [-100, 6])], block=6, pad=0)
    >>> for name, row in next(rows).items():
    ...     print(name, row)
    input_ids [1, 5, 2, 1, 6, 0]
    labels [-100, 5, 2, -100, 6, -100]
    position_ids [0, 1, 2, 0, 1, 0]
    """
    waiting: list[list[Example]] = []
    free: list[int] = []
    for example in examples:
        fits = [at for at, room in enumerate(free) if room >= len(example.ids)]
        if fits:
            at = min(fits, key=free.__getitem__)
        else:
            at = len(free)
            waiting.append([])
            free.append(block)
        waiting[at].append(example)
        free[at] -= len(example.ids)
        if len(free) > OPEN or free[at] == 0:
            at = min(range(len(free)), key=free.__getitem__)
            free.pop(at)
            yield _row(waiting.pop(at), block, pad=pad, apart=apart)
    yield from (_row(each, block, pad=pad, apart=apart) for each in waiting)


def _row(examples: list[Example], block: int, *, pad: int, apart: bool) -> dict[str, list[int]]:
    rest = block - sum(len(each.ids) for each in examples)
    parts = [*examples, Example([pad] * rest, [IGNORED] * rest)]
    return {
        "input_ids": [id for each in parts for id in each.ids],
        "labels": [label for each in parts for label in [IGNORED, *each.labels[1:]][: len(each.ids)]],
        "position_ids": [at for each in parts for at in range(len(each.ids))] if apart else list(range(block)),
    }
