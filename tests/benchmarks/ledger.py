"""Find one run's completions in a ledger of two hundred runs: before and after its files are made one.

    python tests/benchmarks/ledger.py [rounds]

Prints the ratio of seconds, two hundred files to one, and what making them one takes. Both ledgers hold the same,
48,000 completions; both take turns, so that whatever else the machine does meets both alike.
"""

import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from llamax_kit.models import ledger_files
from llamax_kit.models.engines.base import Completion
from llamax_kit.models.ledger import Ledger

WHO, RUNS, BATCHES, SIZE = {"engine": "benchmark"}, 200, 15, 16


def fill(folder: Path) -> list[str]:
    """Write the files of as many processes that are dead now, and return the keys of the last one's completions."""
    ledger = Ledger(folder, WHO)
    ledger.folder.mkdir(parents=True)
    for run in range(RUNS):
        keys = [[f"{run:08x}{batch:08x}{at:016x}" for at in range(SIZE)] for batch in range(BATCHES)]
        rows = [[[key, *Completion("ein Satz mit Wörtern " * 5, "stop", 30)] for key in batch] for batch in keys]
        name = f"20260501T120000{run:06d}_00000000_{platform.node()}-1000000000-7.jsonl"
        (ledger.folder / name).write_bytes(b"".join(map(ledger_files.line, rows)))
    return sum(keys, [])


def seconds(folder: Path, keys: list[str]) -> float:
    """Return the seconds that a process takes to find these keys."""
    start = time.perf_counter()
    assert len(Ledger(folder, WHO).find(keys)) == len(keys)
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as place:
        many, one = Path(place) / "many", Path(place) / "one"
        fill(many)
        keys = fill(one)
        start = time.perf_counter()
        ledger_files.compact(Ledger(one, WHO).folder)
        print(f"{RUNS} files made one in {time.perf_counter() - start:.2f} s")
        ledger_files.MANY = 10**6  # so that reading leaves the many as they are
        ratios = []
        for _ in range(rounds):
            before, after = seconds(many, keys), seconds(one, keys)
            ratios.append(before / after)
            print(f"{RUNS} files {before:6.3f} s   one {after:6.3f} s   ratio {ratios[-1]:.1f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
