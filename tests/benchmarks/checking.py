"""Check a sweep of a hundred jobs and one of a single job, in turns: what does a job more cost?

    python tests/benchmarks/checking.py [rounds]

Prints the ratio of seconds of `llamax-kit sweep FILE --status`, a hundred jobs to one, and what one job more costs.
Each is a Python of its own, as a user starts it; both take turns, so that whatever else the machine does meets both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANY = """
notebook: 04_translate_and_score
grid:
  directions: [en-de, en-fr, en-es, en-sw, en-gl, en-ja, en-ru, en-hi, en-af, en-ka]
  decoding: [{}]
run: "{{directions}}_{{decoding}}"
"""
ONE = "notebook: 04_translate_and_score\nvalues: {directions: en-de, run: one}\n"


def seconds(file: Path) -> float:
    """Return the seconds that the status of this sweep takes, and see that its jobs are told as missing."""
    command = [sys.executable, "-m", "llamax_kit.app.cli", "sweep", str(file), "--status"]
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(file.parent / "outputs")}
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - start
    jobs = 100 if file.stem == "many" else 1
    assert done.stdout.splitlines()[-1].endswith(f"{jobs} missing"), done.stdout[-500:] + done.stderr[-500:]
    return taken


def main() -> None:
    rounds, ratios, more = int(sys.argv[1]) if len(sys.argv) > 1 else 5, [], []
    with tempfile.TemporaryDirectory() as place:
        many, one = Path(place, "many.yml"), Path(place, "one.yml")
        many.write_text(MANY.format(", ".join(f"greedy max_new_tokens={most}" for most in range(10, 20))))
        one.write_text(ONE)
        for _ in range(rounds):
            a, b = seconds(many), seconds(one)
            ratios.append(a / b)
            more.append((a - b) / 99)
            print(f"a hundred jobs {a:5.2f} s   one job {b:5.2f} s   ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); "
          f"{1000 * statistics.median(more):.1f} ms for one job more")  # fmt: skip


if __name__ == "__main__":
    main()
