"""Two runs at once on one machine: torch's threads asleep while they wait, as the kit sets it, or spinning.

    python tests/benchmarks/waiting.py [rounds]

Prints the ratio of seconds, spinning to asleep, of generating with the random Llama in two processes side by side.
Both policies take turns within one call, so that whatever else the machine does meets both alike.
"""

import os
import statistics
import subprocess
import sys

WORK = """
import torch  # first, so that it reads the environment as it was given
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks.translation import translate
text, engine = load_corpus("cldr", ["en", "de"]), open_engine("mini-llama")
pairs = [("en", "de")]
translate(engine, text, pairs, "alpaca", "greedy max_new_tokens=2", 8, progress=False)
done = translate(engine, text, pairs, "alpaca", "greedy max_new_tokens=32", 64, progress=False)
print(done.attrs["timing"]["seconds"])
"""


def seconds(policy: dict[str, str]) -> float:
    """Mean seconds of two processes that generate at the same time."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | policy
    command = [sys.executable, "-c", WORK]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return statistics.mean(float(process.communicate()[0]) for process in both)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    ratios = []
    for _ in range(rounds):
        spinning, asleep = seconds({}), seconds({"OMP_WAIT_POLICY": "PASSIVE"})
        ratios.append(spinning / asleep)
        print(f"spinning {spinning:6.2f} s   asleep {asleep:6.2f} s   ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
