"""Time two systems' scores, intervals and paired test over many directions: the kit against sacreBLEU, side by side.

    python tests/benchmarks/paired.py [--directions 60]

Needs the real data (LLAMAX_KIT_DATA): pairs of the four systems of the Mozilla outputs over 17 directions, FLORES-101
devtest, 1012 sentences each. No text is tokenised before the clock starts, and none is remembered from one direction
to the next. For each direction

- sacreBLEU: one BLEU(tokenize="flores101") object; corpus_score(hypotheses, [references], n_bootstrap=1000) for each of
  the two systems, and PairedTest(…, "ar", n_samples=10_000). One process: it has nothing to share among several with
  one system and its baseline (its n_jobs counts systems).
- the kit: spbleu.statistics, spbleu.from_statistics with its interval for each system, randomisation with 10,000
  shuffles, and paired_interval with 1000 resamples, which sacreBLEU has no counterpart of. Directions are shared
  among the processors by parallel.map, and, for comparison, done by one process.

Scores and p-values must be equal, intervals up to rounding. The kit runs before and after sacreBLEU; the slower counts.
"""

import argparse
import os
import time
from itertools import combinations
from pathlib import Path

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import ngram_counts, significance, spbleu
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs
from llamax_kit.utils import parallel

DATA = Path(os.environ.get("LLAMAX_KIT_DATA", "none"))
TOKENIZE = "flores101"


def material(directions: int) -> list[tuple[str, list[str], list[str], list[str]]]:
    """Return (name, outputs of one system, of another, references), going round the directions before a second pair."""
    found = find_outputs(DATA / "system_outputs" / "mozilla_flores101")
    codes = dict.fromkeys(code for output in found for code in output[1:3])
    rows = read_outputs(found, load_corpus("flores101", codes))
    jobs = []
    for (src, tgt), part in rows.groupby(["src", "tgt"], sort=False):
        texts = part.groupby("system", sort=False)["hypothesis"].agg(list)
        references = part["reference"][part["system"] == texts.index[0]].tolist()
        for turn, (a, b) in enumerate(combinations(texts.index, 2)):
            jobs.append((turn, (f"{src}-{tgt} {a}/{b}", texts[a], texts[b], references)))
    return [job for _, job in sorted(jobs, key=lambda each: each[0])][:directions]


def kit(job: tuple) -> list[tuple]:
    """Return (score, half the interval) of both systems, and (p, paired interval) of the second against the first."""
    _, *texts, references = job
    rows = spbleu.statistics(texts, references, TOKENIZE)
    scores = [spbleu.from_statistics(each, TOKENIZE) for each in rows]
    p = significance.randomisation(rows[1], rows[0], ngram_counts.points, samples=10_000)
    gain = significance.paired_interval(rows[1], rows[0], ngram_counts.points, samples=1000)
    return [*((each.score, (each.ci_high - each.ci_low) / 2) for each in scores), (p, gain)]


def sacrebleu(job: tuple, bleu) -> list[tuple]:
    """Return the same figures, without the paired interval."""
    from sacrebleu.significance import PairedTest
    from sacrebleu.tokenizers.tokenizer_spm import TokenizerSPM

    name, first, second, references = job
    TokenizerSPM.__call__.cache_clear()
    scores = [bleu.corpus_score(texts, [references], n_bootstrap=1000) for texts in (first, second)]
    test = PairedTest([("first", first), ("second", second)], {"BLEU": bleu}, [references], "ar", n_samples=10_000)
    result = test()[1]["BLEU"][1]
    assert result.score == scores[1].score, name
    return [*((each.score, each._ci) for each in scores), (result.p_value, None)]


def check(name: str, ours: list[tuple], theirs: list[tuple]) -> None:
    for (score, half), (expected, width) in zip(ours[:2], theirs[:2], strict=True):
        assert score == expected, (name, score, expected)
        assert abs(half - width) < 1e-6 * expected, (name, half, width)
    assert ours[2][0] == theirs[2][0], (name, ours[2][0], theirs[2][0])


def timed(work) -> tuple[float, list]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def main(directions: int) -> None:
    from paired import kit as task  # by the name under which another process can import it
    from sacrebleu.metrics import BLEU

    jobs, bleu = material(directions), BLEU(tokenize=TOKENIZE)
    bleu.corpus_score(["warm"], [["warm"]])  # both have loaded their model
    task(("warm", ["warm"], ["up"], ["warm"]))
    several = [timed(lambda: parallel.map(task, jobs, work=1e9))]
    theirs, found = timed(lambda: [sacrebleu(job, bleu) for job in jobs])
    several.append(timed(lambda: parallel.map(task, jobs, work=1e9)))
    one, alone = timed(lambda: [task(job) for job in jobs])
    for job, *ours, expected in zip(jobs, several[0][1], several[1][1], alone, found, strict=True):
        assert ours[0] == ours[1] == ours[2], job[0]
        check(job[0], ours[0], expected)
    slower = max(seconds for seconds, _ in several)
    print(f"{len(jobs)} directions, {sum(len(job[3]) for job in jobs)} sentences, two systems: all figures equal")
    print(f"sacreBLEU, one process      {theirs:7.1f} s")
    print(f"the kit, one process        {one:7.1f} s   {theirs / one:5.1f} times as fast")
    told = ", ".join(f"{seconds:.1f} s" for seconds, _ in several)
    ratio = f"{theirs / slower:5.1f} times as fast"
    print(f"the kit, {parallel.processors()} processors       {slower:7.1f} s   {ratio} ({told})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directions", type=int, default=60, help="pairs of systems, 91 at most")
    main(parser.parse_args().directions)
