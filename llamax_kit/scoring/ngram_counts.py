"""What sacreBLEU counts for BLEU and chrF++, sentence by sentence, many times faster: the very same integers.

All systems of a direction and their references are counted at once: pieces become numbers, an n-gram is the number of
its first n - 1 pieces with that of its last; nothing is hashed. And the scores of summed counts, of BLEU and of chrF++.
Tests compare both with sacreBLEU's own functions.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ORDER = 4  # the longest n-gram of BLEU


def count(encode: Callable, systems: Sequence[Sequence[str]], references: Sequence[str]) -> "list[np.ndarray]":
    """Return each system's statistics, (n sentences, 10) integers, tokenising every text once.

    Columns, in sacreBLEU's order: pieces of the hypothesis, pieces of the reference, matching n-grams of order 1 to 4
    (clipped), n-grams of the hypothesis of order 1 to 4. With encode splitting at spaces, "a a b" against "a b b" is
    3, 3, 2, 1, 0, 0, 3, 2, 1, 0. encode: that of a SentencePiece model, a list of texts in, lists of pieces out.

    Source: Papineni et al. (2002), as sacreBLEU counts; one reference a sentence.
    """
    import numpy as np

    n, texts = len(references), [text.rstrip() for side in (*systems, references) for text in side]
    codes, lengths = _codes(encode(texts, out_type=str, num_threads=1))
    lengths = lengths.reshape(-1, n)
    matches = _matches(codes, lengths=lengths)
    totals = np.maximum(lengths[:-1, :, None] - np.arange(ORDER), 0)
    both = [np.stack([own, lengths[-1]], axis=1) for own in lengths[:-1]]
    return [np.hstack(parts) for parts in zip(both, matches, totals, strict=True)]


def chrf_count(words: Callable, systems: Sequence[Sequence[str]], references: Sequence[str]) -> "list[np.ndarray]":
    """Return each system's statistics for chrF++, (n sentences, 24) integers: the columns of `chrf_points`.

    words: what cuts a text into words, which is `CHRF._remove_punctuation`; white space is no character.
    """
    import numpy as np
    import pandas as pd

    n, texts = len(references), [text for side in (*systems, references) for text in side]
    dense = ["".join(text.split()) for text in texts]
    points = np.frombuffer("".join(dense).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    characters = pd.factorize(points)[0], np.array([len(text) for text in dense])
    found = []
    for order, (codes, lengths) in ((6, characters), (2, _codes([words(text) for text in texts]))):
        lengths = lengths.reshape(-1, n)
        totals = np.maximum(lengths[:, :, None] - np.arange(order), 0)
        matches = _matches(codes, lengths=lengths, longest=order)
        own = totals[:-1] * (totals[-1] > 0)  # sacreBLEU counts no n-gram of an order that the reference lacks
        counts = np.stack([own, np.broadcast_to(totals[-1], own.shape), matches], axis=3)
        found.append(counts.reshape(len(systems), n, 3 * order))
    return list(np.concatenate(found, axis=2))


def points(sums: "np.ndarray") -> "np.ndarray":
    """Compute corpus BLEU (points, 0–100) from m rows of summed statistics: (m, 10) in, (m,) out.

    Exponential smoothing, no effective order: sacreBLEU's points of each row, up to the rounding of numpy's logarithm.
    """
    import numpy as np

    system, reference = sums[:, 0], sums[:, 1]
    correct, total = sums[:, 2 : 2 + ORDER], sums[:, 2 + ORDER :]
    halvings = np.cumsum(correct == 0, axis=1)  # each order without a match counts as 1/2, 1/4, … of one
    with np.errstate(divide="ignore", invalid="ignore"):
        precisions = np.where(correct > 0, 100.0 * correct / total, 100.0 / (2.0**halvings * total))
        penalty = np.where(system < reference, np.exp(1 - reference / system), 1.0)
        logs = np.log(precisions)
        score = penalty * np.exp((logs[:, 0] + logs[:, 1] + logs[:, 2] + logs[:, 3]) / ORDER)
    return np.where((total > 0).all(axis=1) & (correct > 0).any(axis=1), score, 0.0)


def chrf_points(sums: "np.ndarray") -> "np.ndarray":
    """Compute corpus chrF++ (points, 0–100) from m rows of summed statistics: (m, 24) in, (m,) out.

    Columns: n-grams of the hypothesis, of the reference and in both, for characters of order 1 to 6 and words of order
    1 and 2. Recall counts twice as much as precision; each is a mean over the orders that both texts have. The very
    points of sacreBLEU, which does the same sums in the same order.

    Source: Popović (2017), chrF++: words helping character n-grams.
    """
    import numpy as np

    system, reference, match = (sums[:, column::3].astype(float) for column in range(3))
    there = (system > 0) & (reference > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # a cumulative sum adds one order after the other, as sacreBLEU does; numpy's sum adds them in pairs
        means = [np.where(there, match / each, 0).cumsum(axis=1)[:, -1] / there.sum(axis=1)
                 for each in (system, reference)]  # fmt: skip
        score = 5 * means[0] * means[1] / (4 * means[0] + means[1])
    return np.nan_to_num(100 * score, nan=0.0)


def _codes(pieces: list[list[str]]) -> "tuple[np.ndarray, np.ndarray]":
    """Number the tokens of all texts, equal tokens alike, and count the tokens of each text.

    A token is what sacreBLEU sees: it joins pieces by spaces and splits at any white space, which a piece may hold.
    """
    import numpy as np
    import pandas as pd

    tokens, everything = pieces, "".join(chain.from_iterable(pieces))
    if everything.split() != [everything]:
        tokens = [" ".join(text).split() for text in pieces]
    flat = np.array(list(chain.from_iterable(tokens)), dtype=object)
    return pd.factorize(flat)[0], np.array([len(text) for text in tokens])


def _matches(codes: "np.ndarray", *, lengths: "np.ndarray", longest: int = ORDER) -> "np.ndarray":
    """Count clipped matches with the last side: all tokens and (sides, n) lengths in, (sides - 1, n, longest) out."""
    import numpy as np
    import pandas as pd

    sides, n = lengths.shape
    text = np.repeat(np.arange(sides * n), lengths.ravel())
    left = np.repeat(np.cumsum(lengths.ravel()), lengths.ravel()) - np.arange(len(codes))  # tokens from here on
    vocabulary = int(codes.max(initial=0)) + 1
    starts, grams, owner = np.arange(len(codes)), text % n, np.arange(n)  # a 0-gram is its sentence, and owned by it
    matches = np.zeros((sides - 1, n, longest), dtype=np.int64)
    for order in range(longest):
        grams, keys = pd.factorize(grams * vocabulary + codes[starts + order])
        owner = owner[keys // vocabulary]
        found = np.bincount(text[starts] // n * len(keys) + grams, minlength=sides * len(keys))
        clipped = np.minimum(*np.split(found.reshape(sides, len(keys)), [-1]))
        for system, counted in enumerate(clipped):
            matches[system, :, order] = np.bincount(owner, weights=counted, minlength=n)
        match = clipped.any(axis=0)[grams] & (left[starts] > order + 1)  # what does not match, nothing longer will
        starts, grams = starts[match], grams[match]
    return matches
