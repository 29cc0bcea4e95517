"""Time gains with their intervals and tests by each metric, over 17 directions of 1012 sentences: ratios to spBLEU.

    python tests/benchmarks/metrics.py

Needs the real data (LLAMAX_KIT_DATA): two systems of the Mozilla outputs in each direction, FLORES-101 devtest. For
each metric, by one process: statistics, both scores, the paired interval (1000 resamples) and the p-value (10,000
shuffles), as `gains.gains` computes them. Random draws, which all metrics share, are made before the clock starts.
"""

from paired import TOKENIZE, material, timed

from llamax_kit.scoring import sacrebleu_metrics, significance, spbleu


def gain(job: tuple, metric: str) -> None:
    """Score two systems, and test the gain of the second."""
    _, first, second, references = job
    a, b = spbleu.statistics([second, first], references, TOKENIZE, metric=metric)
    for rows in (a, b):
        spbleu.from_statistics(rows, TOKENIZE, interval=False, metric=metric)
    significance.paired_interval(a, b, spbleu.points(metric))
    significance.randomisation(a, b, spbleu.points(metric))


def main() -> None:
    jobs = material(17)
    for metric in sacrebleu_metrics.METRICS:
        gain(jobs[0], metric)  # the draws, and the model of spBLEU
    seconds = {metric: timed(lambda metric=metric: [gain(job, metric) for job in jobs])[0]
               for metric in sacrebleu_metrics.METRICS}  # fmt: skip
    print(f"{len(jobs)} directions, {sum(len(job[3]) for job in jobs)} sentences, two systems, one process")
    for metric, taken in seconds.items():
        print(f"{metric:7} {taken:6.1f} s   {taken / seconds['spBLEU']:4.2f} times spBLEU")


if __name__ == "__main__":
    main()
