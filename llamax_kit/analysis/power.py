"""How small a gain is found with how many sentences: the test run on samples of two real systems' sentences.

A pair of systems with a smaller gain is made from two real ones by exchanging their outputs in a share of the
sentences. In every sentence the two still differ as much as the real ones do; with half of the sentences exchanged
neither is better. So a gain of 0 is a true null, where 5 % of the trials are found by chance. (Had the better system's
outputs replaced the other's instead, a small gain would have come with few differing sentences, and been found too
easily.) The result holds only for pairs that differ as these two do, and is cautious where the two are far apart:
systems of similar quality answer best. It does not say what a gain is worth.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llamax_kit.analysis.pairs import Pair
from llamax_kit.data.translations import DIRECTION, label
from llamax_kit.scoring import accuracy, ngram_counts, significance, spbleu
from llamax_kit.scoring.corrections import ALPHA, EACH
from llamax_kit.utils import parallel
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame, Series

SIZES = (100, 250, 1012)  # sentences; 1012 are FLORES' devtest
FOUND = 0.8  # the usual power
STEPS = (0, 0.3, 0.6, 0.8, 1, 1.2, 1.5)  # gains to try, in shares of the one expected to be found with power 0.8
COLUMNS = ["n", "gain", "power", "trials", "directions"]
Z = 1.959964  # of a 95 % interval
SECONDS = 3e-9  # per coin of a trial; estimates the work


def power(
    a: "np.ndarray",
    b: "np.ndarray",
    sizes: Sequence[int] = (),
    directions: int = 1,
    *,
    trials: int = 200,
    seed: int = significance.SEED,
    score: significance.Points = ngram_counts.points,
) -> "DataFrame":
    """Simulate how often gains of several sizes are found with n sentences, from the statistics of two systems.

    Parameters
    ----------
    a, b : array, sentences × statistics
        `spbleu.statistics` of two systems on the same sentences; samples of n are drawn from them, with replacement.
    sizes : sequence of int
        Numbers of sentences; empty: 100, 250, 1012, and as many as there are.
    directions : int
        How many directions are tested together.
    trials : int
        Trials per size and gain; with 200, a power of 0.8 is known to ± 0.06.
    seed : int
        Of the random numbers.
    score : function
        What turns sums of these statistics into points (`spbleu.points`).

    Returns
    -------
    DataFrame
        One row per size and gain: n (sentences); gain (points) of the population, from 0 to one that a test hardly
        misses, or to the whole gain of the two if less; power: the share of trials with p < 0.05 / directions by
        approximate randomisation; trials; directions. With several directions that is Holm's first step, which one
        direction must pass alone: the power of a direction in the worst case.

    Raises
    ------
    KitError
        When the systems have different numbers of sentences or none, or a number is below 1.
    """
    import numpy as np
    import pandas as pd

    a, b = np.asarray(a), np.asarray(b)
    sizes = sorted(set(sizes or (*SIZES, len(a))))
    if a.shape != b.shape or min(len(a), *sizes, directions, trials) < 1:
        raise KitError(
            f"power needs two systems on the same sentences, and numbers from 1: got {len(a)} and {len(b)} sentences, "
            f"sizes {', '.join(map(str, sizes))}, {directions} directions, {trials} trials. To mend: keep the "
            f"sentences that both systems translated, and leave out what is below 1"
        )
    shares = np.linspace(0, 1, 201)
    gains = _gains(a, b, score, shares=shares)
    alpha, samples = ALPHA / directions, max(1000, EACH * directions)
    jobs = [
        (a, b, n, gain, float(np.interp(gain, gains, shares)), alpha, samples, trials, seed, score)
        for n in sizes
        for gain in _grid(a, b, n, alpha, score, whole=float(gains[-1]))
    ]
    found = parallel.map(_found, jobs, work=SECONDS * trials * samples * sum(job[2] for job in jobs))
    rows = [(job[2], job[3], share, trials, directions) for job, share in zip(jobs, found, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def of_pair(pair: Pair, gains: "DataFrame", tokenize: str = "", trials: int = 200) -> "DataFrame":
    """Simulate power for one direction of a pair.

    The direction is that whose gain is larger, in absolute size, than three quarters of the others', which leaves room
    for smaller ones.

    Parameters
    ----------
    pair : Pair
        Two systems, as `gains.pair` returns them.
    gains : DataFrame
        The table that `gains.gains` made of the pair.
    tokenize : str
        The pieces of spBLEU, as `gains.gains` takes them; the metric is that of its table.
    trials : int
        Trials per size and gain.

    Returns
    -------
    DataFrame
        A table of `power` with src, tgt and metric before it; empty where there is no gain.
    """
    import pandas as pd

    moved = gains[gains["gain"] != 0]
    if moved.empty:
        return pd.DataFrame(columns=[*DIRECTION, "metric", *COLUMNS])
    src, tgt = moved.iloc[moved["gain"].abs().argsort().iloc[3 * len(moved) // 4]][DIRECTION]
    here = (pair.system["src"] == src) & (pair.system["tgt"] == tgt)
    named = moved["metric"].iloc[0]
    metric = accuracy.family(named)
    if metric in accuracy.METRICS:  # by shuffles, whose limit is McNemar's test
        rows = [accuracy.statistics(accuracy.right(side[here], metric)) for side in (pair.system, pair.baseline)]
        score = accuracy.points
    else:
        outputs = [side.loc[here, "hypothesis"].tolist() for side in (pair.system, pair.baseline)]
        references, tokenize = pair.system.loc[here, "reference"].tolist(), tokenize or pair.tokenize
        rows = spbleu.statistics(outputs, references, tokenize, where=label(src, tgt), metric=metric)
        score = spbleu.points(metric)
    table = power(*rows, sizes=SIZES, trials=trials, score=score)
    return pd.concat([pd.DataFrame({"src": src, "tgt": tgt, "metric": named}, index=table.index), table], axis=1)


def smallest(table: "DataFrame", power: float = FOUND) -> "DataFrame":
    """Find in a table of `power` the smallest gain that is found with a given power, and how well it is known.

    Parameters
    ----------
    table : DataFrame
        A table of `power`.
    power : float
        Share of trials, 0 to 1.

    Returns
    -------
    DataFrame
        One row per size: n (sentences); gain (points), interpolated between two gains of the table, missing where even
        the largest is found less often; ci_low, ci_high: the same of the upper and the lower ends of the powers' 95 %
        intervals (`wilson`), for a power is a share of few trials; largest: the largest gain of the table, in points;
        power; directions.
    """
    import pandas as pd

    rows = []
    for (n, directions), part in table.sort_values("gain").groupby(["n", "directions"]):
        gains, (low, high) = part["gain"].to_numpy(), wilson(part["power"], trials=part["trials"])
        reached = (_reached(gains, powers=powers, power=power) for powers in (part["power"].to_numpy(), high, low))
        rows.append((n, *reached, gains[-1], power, directions))
    return pd.DataFrame(rows, columns=["n", "gain", "ci_low", "ci_high", "largest", "power", "directions"])


def wilson(share: "Series", *, trials: "Series") -> "tuple[np.ndarray, np.ndarray]":
    """Return the ends of Wilson's 95 % interval (1927) of shares of trials: of 0.8 of 100, 0.711 and 0.867."""
    import numpy as np

    share, trials = np.asarray(share, dtype=float), np.asarray(trials, dtype=float)
    middle, half = share + Z**2 / (2 * trials), Z * np.sqrt(share * (1 - share) / trials + (Z / (2 * trials)) ** 2)
    return (middle - half) / (1 + Z**2 / trials), (middle + half) / (1 + Z**2 / trials)


def _reached(gains: "np.ndarray", *, powers: "np.ndarray", power: float) -> float:
    """Return the gain at which a line of powers, never falling, first reaches `power`; not-a-number: nowhere."""
    import numpy as np

    powers = np.maximum.accumulate(powers)
    first = int(np.argmax(powers >= power))
    near = slice(max(0, first - 1), first + 1)
    return float(np.interp(power, powers[near], gains[near])) if powers[first] >= power else float("nan")


def _gains(a: "np.ndarray", b: "np.ndarray", score: significance.Points, *, shares: "np.ndarray") -> "np.ndarray":
    """Return the population's gain, never negative, for each share: 0 exchanges half of the sentences, 1 none."""
    import numpy as np

    first, second = a.sum(axis=0), b.sum(axis=0)
    kept = (1 + shares[:, None]) / 2
    return np.abs(score(kept * first + (1 - kept) * second) - score(kept * second + (1 - kept) * first))


def _grid(
    a: "np.ndarray", b: "np.ndarray", n: int, alpha: float, score: significance.Points, *, whole: float
) -> list[float]:
    """Choose gains to try with n sentences, around the one that a normal approximation expects to find."""
    import numpy as np
    from scipy.stats import norm

    first, second = _exchanged(a, b, kept=np.random.default_rng(significance.SEED).random(len(a)) < 0.5)
    spread = (significance.bootstrap(first, score) - significance.bootstrap(second, score)).std()
    expected = (norm.isf(alpha / 2) + norm.ppf(FOUND)) * spread * (len(a) / n) ** 0.5
    return sorted({float(min(step * expected, whole)) for step in STEPS})


def _exchanged(a: "np.ndarray", b: "np.ndarray", *, kept: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Exchange the outputs of two systems in the sentences that are not kept."""
    import numpy as np

    return np.where(kept[:, None], a, b), np.where(kept[:, None], b, a)


def _found(job: tuple) -> float:
    """Return the share of trials in which the test finds the gain, possibly in another process."""
    import numpy as np

    a, b, n, _, share, alpha, samples, trials, seed, score = job
    draw, found = np.random.default_rng([seed, n]), 0
    for _ in range(trials):  # every gain is tried on the same samples
        drawn, kept = draw.integers(len(a), size=n), draw.random(n) < (1 + share) / 2
        pair = _exchanged(a[drawn], b[drawn], kept=kept)
        found += significance.randomisation(*pair, score, samples) < alpha
    return found / trials
