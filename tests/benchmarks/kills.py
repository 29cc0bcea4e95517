"""Kill translating, training and a sweep at random moments: in the end the results are those of an unbroken run.

    python tests/benchmarks/kills.py --kills 200

Each is started, killed with all its processes (SIGKILL) after a random time, and started again, until it has ended; the
results are compared to the byte, and then it begins anew, until so many kills were done. Prints one line for each kind.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KIT = [sys.executable, "-m", "llamax_kit.app.cli"]
SHORT = {"directions": "en-de de-en", "sentences": 12, "decoding": "greedy max_new_tokens:32"}
SWEEP = [
    {"notebook": "04_translate_and_score", "values": SHORT, "each": [{"model": name, "run": name} for name in (
        "mini-llama-alpaca", "mini-llamax-alpaca")]},
    {"notebook": "06_see_language_gains", "each": [{"system": "mini-llamax-alpaca", "baseline": "mini-llama-alpaca",
                                                    "samples": 1000, "run": "gains"}]},
]  # fmt: skip
RECIPE = {
    "folder": "training", "instructions": {"path": "lines.jsonl"}, "examples": {"block": 256, "packed": False},
    "plan": {"base": "mini-llama", "seed": 1},
    "trainer": {"max_steps": 24, "save_steps": 4, "per_device_train_batch_size": 4, "logging_steps": 4},
}  # fmt: skip


def prepare(place: Path) -> dict[str, list[str]]:
    """Write the files that the commands read, and return the commands."""
    place.mkdir()
    (place / "sweep.yml").write_text(json.dumps(SWEEP))  # JSON is YAML
    (place / "recipe.yml").write_text(json.dumps(RECIPE))
    lines = [{"instruction": "Count.", "input": str(at), "output": str(at + 1)} for at in range(200)]
    (place / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = [word for name, value in SHORT.items() for word in ("-p", name, str(value))]
    return {
        "translate": [*KIT, "run", "04", *options, "-p", "run", "translated"],
        "train": [*KIT, "train", "recipe.yml"],
        "sweep": [*KIT, "sweep", "sweep.yml", "--jobs", "2"],
    }


def ended(command: list[str], place: Path, seconds: float | None) -> bool:
    """Run a command; kill it and all its processes after some seconds. Return whether it ended by itself."""
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(place / "outputs"), "OMP_NUM_THREADS": "1"}
    environment.pop("LLAMAX_KIT_DATA", None)
    with open(place / "log", "ab") as log:
        process = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    if code:
        sys.exit(f"{' '.join(command)} failed; see {place / 'log'}")
    return True


def results(place: Path) -> dict[str, str]:
    """Hash the tables, the translations and the weights that a command has left."""
    kinds = ("outputs/*/*.csv", "outputs/*/translations/*/*.parquet", "training/model/*.safetensors")
    found = [path for kind in kinds for path in sorted(place.glob(kind))]
    return {str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--kills", type=int, default=200, help="in all, a third of each kind")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    chance = random.Random(given.seed)
    root = Path(tempfile.mkdtemp())
    for kind in ("translate", "train", "sweep"):
        start = time.monotonic()
        command = prepare(root / f"{kind}-whole")[kind]
        ended(command, root / f"{kind}-whole", None)
        seconds, whole = time.monotonic() - start, results(root / f"{kind}-whole")
        kills = runs = different = 0
        while kills < given.kills / 3:
            place = root / f"{kind}-killed"
            shutil.rmtree(place, ignore_errors=True)
            prepare(place)
            while not ended(command, place, chance.uniform(0, 1.2 * seconds)):
                kills += 1
            runs += 1
            different += results(place) != whole
        print(f"{kind}: {kills} kills in {runs} runs, {len(whole)} files compared, {different} runs differ", flush=True)


if __name__ == "__main__":
    main()
