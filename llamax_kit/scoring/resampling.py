"""sacreBLEU's own random draws as matrices, kept for the next direction of the same size. Scores nothing.

The sum of a resample or a shuffle is the product of its row with the statistics of the sentences.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

KEPT = 2**24  # numbers: draws of up to so many are kept, four of them, of at most 64 MiB each
SMALL = 2**18  # multiplications: what linear algebra libraries do not share among threads


def resamples(n: int, *, samples: int, seed: int) -> "Iterable[np.ndarray]":
    """Draw how often each of n sentences is in each bootstrap resample: blocks (m, n) of `samples` rows together.

    Row i counts the sentences that sacreBLEU's resample i draws; it sums to n.
    """
    return _drawn(_resamples, n, samples=samples, seed=seed)


def shuffles(n: int, *, samples: int, seed: int) -> "Iterable[np.ndarray]":
    """Draw whether each of n sentences changes sides in each shuffle: blocks (m, n) of `samples` rows together.

    Row i is True where sacreBLEU's approximate randomisation exchanges the sentence in its shuffle i.
    """
    return _drawn(_shuffles, n, samples=samples, seed=seed)


def product(draws: "np.ndarray", *, rows: "np.ndarray") -> "np.ndarray":
    """Multiply draws (m, n) by rows (n, k), in products too small to be shared among threads.

    Such threads spin while they wait: beside other work a product takes ten times as long with them as without.
    """
    import numpy as np

    step = max(1, SMALL // rows.size)
    parts = [draws[start : start + step].astype(rows.dtype) @ rows for start in range(0, len(draws), step)]
    return np.concatenate(parts)


def _drawn(kind: Callable, n: int, *, samples: int, seed: int) -> "Iterable[np.ndarray]":
    return _kept(kind, n, samples=samples, seed=seed) if n * samples <= KEPT else kind(n, samples=samples, seed=seed)


@lru_cache(maxsize=4)
def _kept(kind: Callable, n: int, *, samples: int, seed: int) -> "tuple[np.ndarray, ...]":
    return tuple(kind(n, samples=samples, seed=seed))


def _resamples(n: int, *, samples: int, seed: int) -> "Iterator[np.ndarray]":
    import numpy as np

    draw, block = np.random.default_rng(seed), max(1, 2**22 // n)  # at most 32 MiB drawn at a time
    for start in range(0, samples, block):
        drawn = draw.choice(n, size=(min(block, samples - start), n), replace=True)
        yield np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(np.float32)


def _shuffles(n: int, *, samples: int, seed: int) -> "Iterator[np.ndarray]":
    import numpy as np

    draw, block = np.random.default_rng(seed), 32 * max(1, 2**17 // n)  # numpy takes 32 coins from a number
    for start in range(0, samples, block):
        yield draw.integers(2, size=(min(block, samples - start), n), dtype=bool)
