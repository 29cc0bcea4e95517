"""Measure how often the 95 % intervals of accuracies hold the truth: of one (Wilson), and of a difference (paired).

    python tests/benchmarks/proportions.py [--draws 20000] [--sizes 10 20 50 100 250 1000]

The truth is a share of right answers, or the shares of questions that both systems have right, only the first, only the
second; draws are multinomial. Prints a line a number of questions: the mean share of draws whose interval holds the
truth, over all truths of a grid, and that of the truth with the fewest. Exact sums over what can happen stand in for
draws where one share decides.
"""

import argparse
from itertools import product

import numpy as np
from scipy import stats

from llamax_kit.scoring import significance

SIZES = (10, 20, 50, 100, 250, 1000)
RIGHT = np.arange(0.02, 1, 0.02)
ONLY = (0.01, 0.03, 0.06, 0.1, 0.2, 0.3)  # of the questions that one of the systems alone has right


def wilson(n: int) -> list[float]:
    """Return for each share of RIGHT how probable an interval is that holds it."""
    ends = [stats.binomtest(right, n).proportion_ci(method="wilson") for right in range(n + 1)]
    low, high = np.array(ends).T
    return [float(stats.binom.pmf(np.flatnonzero((low <= p) & (p <= high)), n, p).sum()) for p in RIGHT]


def paired(n: int, draws: int, seed: int = 2407) -> list[float]:
    """Return for each pair of shares of ONLY how many of the draws have an interval that holds their difference."""
    draw, held = np.random.default_rng([seed, n]), []
    for one, other in product(ONLY, ONLY):
        counts, times = np.unique(draw.multinomial(n, [one, other, 1 - one - other], size=draws), axis=0,
                                  return_counts=True)  # fmt: skip
        hits = 0
        for (ours, theirs, both), many in zip(counts.tolist(), times.tolist(), strict=True):
            a = np.repeat([True, False, True], [ours, theirs, both])
            b = np.repeat([False, True, True], [ours, theirs, both])
            low, high = significance.difference_interval(a, b)
            hits += many * (low <= 100 * (one - other) <= high)
        held.append(hits / draws)
    return held


def main(draws: int, sizes: list[int]) -> None:
    print("    n   one accuracy (least)   a difference (least)")
    for n in sizes:
        one, two = wilson(n), paired(n, draws)
        print(f"{n:5}   {np.mean(one):.3f} ({min(one):.3f})          {np.mean(two):.3f} ({min(two):.3f})", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    main(**vars(parser.parse_args()))
