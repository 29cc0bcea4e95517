"""Which records one epoch of continual pre-training sees: the paper's Algorithm 1 over a folder of texts.

For each language its own lines; for each pair its lines, each in one of both directions; and for small pairs more of
the same. A pair is small below `threshold` lines (the paper: 25,000). Its lines are given `repeat` times in all (the
paper: three); then, unless both languages are high-resource ones, it is filled up to the threshold with its own lines
code-switched through dictionaries. How the two remedies combine the paper does not say: here what was repeated counts.

Departure: the paper fills up with English lines that another model translated (Lego-MT), and switches words in these.
No such model is part of the kit. What one wrote is put in the folder as lines of a pair.

Order: a language's own lines together and in the order of their file, then pair by pair. It is the same on every
machine for the same files and seed, and no more: whoever trains shuffles.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data.languages import all_languages, find
from llamax_kit.training.corpus import dictionaries, streams
from llamax_kit.training.corpus import texts as plain
from llamax_kit.training.corpus.pairs import Line, epoch, missing
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

PARALLEL = ("connected", "split", "none")
THRESHOLD, REPEAT = 25_000, 3
NAMED, NAMED_PAIR = "{src}: ", "from {src} to {tgt}.\n"
KINDS = {"mono": "mono", "pair": "pairs", "augmented": "augmented", "instruction": "instructions"}


class Record(NamedTuple):
    """A text to train on: `text`, with a loss on it, after `given`, without, and one space between ("": neither).

    kind: "mono", "pair", "augmented" or "instruction"; src, tgt: kit codes, "" where there is none.
    """

    kind: str
    src: str
    tgt: str
    given: str
    text: str


def named(src: str, tgt: str = "") -> str:
    """Return a heading: named("sw") is "Swahili: ", named("en", "sw") "from English to Swahili.\\n"."""
    return (NAMED_PAIR if tgt else NAMED).format(src=find(src).name, tgt=tgt and find(tgt).name)


def records(
    texts: Path | str,
    languages: str | Iterable[str],
    *,
    held_out: str | Iterable[str] = (),
    parallel: str = "connected",
    augment: bool = True,
    threshold: int = THRESHOLD,
    repeat: int = REPEAT,
    high: str | Iterable[str] | None = None,
    mono: int = 0,
    pairs: int = 0,
    names: bool = False,
    share: float = dictionaries.SHARE,
    seed: int = 1,
) -> Iterator[Record]:
    """Return the records of one epoch; with another seed directions and switched words are drawn anew.

    texts: a folder as in `texts`. languages: all that may occur, any codes; of others nothing is read, pair or word.
    held_out: languages that must not be among them. parallel: "connected", a line and its translation with one space
    between (paper, section 3.1); "split", two texts (Table 11); "none", no pairs. augment: whether small pairs are
    filled up by switched lines, which are connected, with a loss on the target alone. high: the high-resource
    languages, by default the paper's 26. mono, pairs: only the first so many lines of each language or pair, 0 for
    all. names: whether each pair begins with `named(src, tgt)`; before blocks of a language's own lines, whoever makes
    them puts `named(src)`. share: of words switched, 0 to 1, see `dictionaries.switch`.

    Lines are streamed; of a small pair all are held in memory. Before the first record all pairs are read to their
    ends, so that a shifted one is refused at once.

    Raises KitError for a language both in the mixture and held out, for texts as `texts.locate`, `streams` and
    `dictionaries.read` do, for numbers out of bounds, and for small pairs to be filled up without any
    dictionary; UnknownName for `parallel`.
    """
    if parallel not in PARALLEL:
        raise UnknownName("way of pairs", given=parallel, choices=PARALLEL, remedy="set parallel to one of these")
    if repeat < 1 or min(threshold, mono, pairs) < 0 or not 0 <= share <= 1:
        raise KitError(
            f"expected repeat from 1, threshold, mono and pairs from 0, share from 0 to 1, but got repeat {repeat}, "
            f"threshold {threshold}, mono {mono}, pairs {pairs}, share {share}. To mend: correct what is out of bounds"
        )
    codes = _apart(languages, held_out=held_out)
    found = plain.locate(texts, codes, parallel != "none")
    for path in found.mono.values():
        next(streams.lines(path))  # an empty one is refused now
    sizes = {pair: streams.size(*files) for pair, files in found.pairs.items()}
    sizes = {pair: min(size, pairs or size) for pair, size in sizes.items()}
    rich = {each.code for each in all_languages() if each.split == "high"} if high is None else set(plain.codes(high))
    more = missing(sizes, threshold, repeat=repeat, high=rich) if augment else {}
    lexicon = _lexicon(found, Path(texts) / "dictionaries", codes, more, threshold)

    def one_by_one() -> Iterator[Record]:
        for code, path in found.mono.items():
            yield from (Record("mono", code, "", "", line) for line in streams.lines(path, mono))
        for pair, files in found.pairs.items():
            times = repeat if sizes[pair] < threshold else 1
            lines = streams.aligned(*files, pairs)
            for line in epoch(pair, lines, times, more=more.get(pair, 0), lexicon=lexicon, share=share, seed=seed):
                yield from _records(line, parallel, names)

    return one_by_one()


def _apart(languages: str | Iterable[str], *, held_out: str | Iterable[str]) -> list[str]:
    """Return the mixture's kit codes, if none of them is held out."""
    codes = plain.codes(languages)
    if not codes:
        raise KitError("expected languages of the mixture, but there is none. To mend: name some, as in 'en de sw'")
    if both := [code for code in plain.codes(held_out) if code in codes]:
        raise KitError(
            f"expected each language in the mixture or held out, but {find(both[0]).name} ({both[0]}) is in both"
            f"{f', and so are {len(both) - 1} more' if both[1:] else ''}. "
            f"To mend: take {' '.join(both)} out of languages or out of held_out"
        )
    return codes


def _lexicon(found: plain.Texts, place: Path, codes: list[str], more: dict, threshold: int) -> dictionaries.Lexicon:
    """Read the words of the mixture's languages, and no others; empty where no pair has to be filled up."""
    if more and not found.dictionaries:
        raise KitError(
            f"expected dictionaries in {place} to fill {len(more)} small pairs up to {threshold:,} lines, the first "
            f"{'-'.join(next(iter(more)))}, but there is none of these languages. "
            f"To mend: put en-sw.txt and the like there, or set augment to False"
        )
    return dictionaries.merge(found.dictionaries if more else [], codes)


def _records(line: Line, parallel: str, names: bool) -> list[Record]:
    src, tgt, source, target, changed = line
    before = named(src, tgt) if names else ""
    if changed:
        return [Record("augmented", src, tgt, before + source, target)]
    if parallel == "connected":
        return [Record("pair", src, tgt, "", f"{before}{source} {target}")]
    return [
        Record("pair", code, "", "", (named(code) if names else "") + text)
        for code, text in ((src, source), (tgt, target))
    ]


def table(records: Iterable[Record]) -> "DataFrame":
    """Count records by language, as the paper's Table 7, in the order of the language table.

    Columns: code, name, mono (lines), pairs (lines; each counts for both its languages), directions (into the language,
    which are as many as out of it: the languages it is paired with), augmented (lines, likewise), instructions, n (all
    records that the language occurs in). Records of no known language have a row of their own, code "", at the end.
    """
    import pandas as pd

    counts: Counter = Counter()
    partners: dict[str, set[str]] = {}
    for each in records:
        for code in {each.src, each.tgt} - {""} or {""}:
            counts[code, KINDS[each.kind]] += 1
        if each.src and each.tgt and each.kind != "instruction":
            partners.setdefault(each.src, set()).add(each.tgt)
            partners.setdefault(each.tgt, set()).add(each.src)
    rows = []
    for code, name in [*((each.code, each.name) for each in all_languages()), ("", "")]:
        row = {column: counts[code, column] for column in KINDS.values()}
        if n := sum(row.values()):
            rows.append({"code": code, "name": name, **row, "directions": len(partners.get(code, ())), "n": n})
    columns = ["code", "name", "mono", "pairs", "directions", "augmented", "instructions", "n"]
    return pd.DataFrame(rows, columns=columns)
