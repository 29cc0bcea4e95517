"""Measure how often the 95 % intervals of few sentences hold the truth: of a score, and of a gain.

    python tests/benchmarks/coverage.py [--trials 300] [--sizes 2 3 5 8 10 15 20 30 40 80]

The population is a direction's sentences, the truth its whole score or gain; a trial draws n of them with replacement
and asks whether the bootstrap interval of these holds the truth. Prints a line a number of sentences: the share of all
trials in which it does, and that of the direction and system (or pair) with the fewest. FEWEST and COVERED of
`significance` are taken from this table. Where the real data are (LLAMAX_KIT_DATA): spBLEU of the four
systems of the Mozilla outputs over 17 directions, FLORES-101 devtest, 1012 sentences each. Everywhere: spBLEU-cldr of
two answers on the embedded phrases in four languages, a related language's own phrases and the English source.
"""

import argparse
import os
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import ngram_counts, significance, spbleu
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs

DATA = Path(os.environ.get("LLAMAX_KIT_DATA", "none"))
SIZES = (2, 3, 5, 8, 10, 15, 20, 30, 40, 80)
RELATIVES = {"gl": "es", "cs": "sk", "sv": "da", "uk": "ru"}


def real() -> dict[str, dict[str, np.ndarray]]:
    """Return the statistics of every system by direction."""
    found = find_outputs(DATA / "system_outputs" / "mozilla_flores101")
    rows = read_outputs(found, load_corpus("flores101", dict.fromkeys(code for each in found for code in each[1:3])))
    directions = {}
    for (src, tgt), part in rows.groupby(["src", "tgt"], sort=False):
        texts = part.groupby("system", sort=False)["hypothesis"].agg(list)
        references = part["reference"][part["system"] == texts.index[0]].tolist()
        counted = spbleu.statistics(list(texts), references, "flores101")
        directions[f"{src}-{tgt}"] = dict(zip(texts.index, counted, strict=True))
    return directions


def embedded() -> dict[str, dict[str, np.ndarray]]:
    """The same of the phrases that ship with the kit."""
    directions = {}
    for code, relative in RELATIVES.items():
        text = load_corpus("cldr", ["en", code, relative])
        rows = [row for row in text.pairs("en", code) if text.texts[relative][row[0]]]
        answers = [[text.texts[relative][index] for index, *_ in rows], [source for _, source, _ in rows]]
        counted = spbleu.statistics(answers, [reference for *_, reference in rows], "cldr")
        directions[f"en-{code}"] = dict(zip((relative, "copy"), counted, strict=True))
    return directions


def covered(systems: dict[str, np.ndarray], n: int, trials: int, seed: int = 2407) -> tuple[dict, dict]:
    """Count the trials whose interval holds the truth: of each system's score, and of each pair's gain."""
    draw, scores, gains = np.random.default_rng([seed, n]), defaultdict(int), defaultdict(int)
    truth = {name: ngram_counts.points(rows.sum(axis=0, keepdims=True))[0] for name, rows in systems.items()}
    size = len(next(iter(systems.values())))
    for _ in range(trials):
        drawn = draw.integers(size, size=n)
        points = {name: significance.bootstrap(rows[drawn], ngram_counts.points) for name, rows in systems.items()}
        for name in systems:
            low, high = significance.interval(points[name])
            scores[name] += low <= truth[name] <= high
        for a, b in combinations(systems, 2):
            low, high = significance.interval(points[a] - points[b])
            gains[a, b] += low <= truth[a] - truth[b] <= high
    return scores, gains


def main(trials: int, sizes: list[int]) -> None:
    for what, directions in (("spBLEU, FLORES-101", real() if DATA.is_dir() else {}), ("spBLEU-cldr", embedded())):
        if not directions:
            continue
        print(f"{what}: {len(directions)} directions, {trials} trials each")
        print("    n   score (least)   gain (least)", flush=True)
        for n in sizes:
            each = [covered(systems, n, trials) for systems in directions.values()]
            told = [np.array([hits for found in kind for hits in found.values()]) / trials
                    for kind in zip(*each, strict=True)]  # fmt: skip
            print(f"{n:5}   {told[0].mean():.3f} ({told[0].min():.2f})    {told[1].mean():.3f} ({told[1].min():.2f})",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    main(**vars(parser.parse_args()))
