"""Records to token ids and labels: which tokens an example has, where it is cut, and which of them have a loss.

The ids are those that the engine will ask with: the kit's tokenizer, one BOS in front; EOS ends an example. Writes
nothing: that is `examples`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from llamax_kit.training.corpus.mixture import named
from llamax_kit.training.examples.blocks import IGNORED, Example, cut
from llamax_kit.utils.errors import KitError

LINES = 1000  # of running text that the tokenizer takes at once


def encoded(records: Iterable, tokenizer, block: int, names: bool, counts: Counter) -> Iterator[Example]:
    """Yield the examples of records, as `dataset.save` describes them, in their order, and count them.

    counts: takes how many examples, tokens and "cut" (longer than a block) each kind, source and target has.

    Raises KitError for a block that a language's heading would fill.
    """
    for (kind, src), group in groupby(records, lambda record: (record.kind, record.src * (record.kind == "mono"))):
        if kind == "mono":
            head = _head(src, tokenizer, block, names)
            for example in cut(_running(group, tokenizer), head, tokenizer.eos_ids[0], block=block):
                counts[kind, src, "", "examples"] += 1
                counts[kind, src, "", "tokens"] += len(example.ids)
                yield example
            continue
        for record in group:
            example = encode(record, tokenizer, block)
            key = (record.kind, record.src, record.tgt)
            counts[*key, "cut"] += len(example.ids) == block and example.ids[-1] not in tokenizer.eos_ids
            if any(label != IGNORED for label in example.labels[1:]):
                counts[*key, "examples"] += 1
                counts[*key, "tokens"] += len(example.ids)
                yield example


def encode(record, tokenizer, block: int) -> Example:
    """Encode a record on its own as ids and labels: BOS, `given`, one space, `text`, EOS, at most `block` of them."""
    ids = tokenizer.encode(f"{record.given} {record.text}" if record.given else record.text) + tokenizer.eos_ids[:1]
    given = tokenizer.encode(record.given) if record.given else ids[: tokenizer.bos_id is not None]
    same = next((at for at, (one, other) in enumerate(zip(given, ids, strict=False)) if one != other), len(given))
    return Example(ids[:block], ([IGNORED] * same + ids[same:])[:block])


def _head(code: str, tokenizer, block: int, names: bool) -> list[int]:
    """Return what stands in front of each block of a language: BOS, and its name if `names`."""
    head = tokenizer.encode(named(code).rstrip() if names else "")
    if len(head) > block // 2:
        raise KitError(
            f"expected a heading of at most {block // 2} tokens in front of blocks of {block}, got {len(head)}: "
            f"{named(code)!r}. To mend: take a longer block"
        )
    return head


def _running(records: Iterable, tokenizer) -> Iterator[int]:
    """Yield the ids of lines joined by line ends, LINES at a time; each time a tokenizer may put its own "▁" first."""
    texts = (record.text for record in records)
    lines = list(islice(texts, LINES))
    while lines:
        following = list(islice(texts, LINES))
        yield from tokenizer.ordinary("\n".join(lines) + ("\n" if following else ""))
        lines = following
