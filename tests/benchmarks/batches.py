"""Time the kit's batches (planned from all sentences, by token budget) against batches of 8 in the order of the corpus.

python tests/benchmarks/batches.py [sentences=256] [rounds=3]

Both run in turn in one process, so that whatever else the machine does falls on both; the ratio is what counts. The
model is stories260K on FLORES-101 where LLAMAX_KIT_DATA has them, else a random Llama on made-up sentences.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import small

from llamax_kit.models.engines.base import Request, read_decoding
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks import prompts

HOW = read_decoding("greedy max_new_tokens=64")


def material(sentences: int):
    """Return an engine and its requests, all with room for all new tokens."""
    data = Path(os.environ.get("LLAMAX_KIT_DATA", "none"))
    if (data / "checkpoints" / "stories260K").is_dir():
        folder = data / "checkpoints" / "stories260K"
        lines = (data / "flores101_dataset" / "devtest" / "eng.devtest").read_text(encoding="utf-8").split("\n")
    else:
        folder = small.llama(Path(tempfile.mkdtemp()) / "random", context=1024, eos=[2])
        lines = [small.sentence(seed) for seed in range(sentences)]
    engine = open_engine(str(folder), dtype="float32", device="cpu")
    asked = [
        Request(line, "en", "de", prompts.build("alpaca", source=line, src="en", tgt="de")) for line in lines if line
    ]
    fitting = [each for each in asked if len(engine.material(each)) + HOW.max_new_tokens <= engine.context]
    return engine, fitting[:sentences]


def planned(engine, asked) -> dict:
    return {at: each for batch in engine.complete(asked, HOW) for at, each in batch}


def naive(engine, asked) -> dict:
    planned_by, engine.batch_tokens = engine.batch_tokens, 10**9  # each call is one batch
    found = {}
    for start in range(0, len(asked), 8):
        found |= {start + at: each for at, each in planned(engine, asked[start : start + 8]).items()}
    engine.batch_tokens = planned_by
    return found


def main(sentences: int = 256, rounds: int = 3) -> None:
    engine, asked = material(sentences)
    planned(engine, asked[:8])  # loads the model
    seconds, found = {naive: [], planned: []}, {}
    for _ in range(rounds):
        for way, taken in seconds.items():
            start = time.perf_counter()
            found[way] = way(engine, asked)
            taken.append(time.perf_counter() - start)
    tokens = sum(each.tokens for each in found[planned].values())
    same = sum(found[naive][at] == found[planned][at] for at in found[naive])
    for way, taken in seconds.items():
        print(f"{way.__name__:8} {tokens / statistics.median(taken):7.0f} tokens/s")
    ratios = [slow / fast for slow, fast in zip(seconds[naive], seconds[planned], strict=True)]
    print(f"{engine.name}: {len(asked)} sentences, {tokens} tokens; {same} of {len(asked)} completions are the same")
    print(f"planned batches are {statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
