"""Kill a run at random moments with SIGKILL: resumed, it ends in the same table and repeats only what was in flight.

Runs are forked from a process that has imported the libraries already, so that a start costs no seconds.
"""

import json
import multiprocessing
import os
import random
import secrets
import shutil
import sys
import threading
import time
from collections import Counter

import pandas as pd
import pytest
import small

from llamax_kit.models import loading
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks.translation import translate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
DIRECTIONS = [("en", "de"), ("de", "sw"), ("sw", "en")]
LINES = 30


def work(model, ledger, out, log=os.devnull, fresh=False):
    """Translate; log each batch's prompts before they are generated, as one line."""
    import torch
    from tqdm import tqdm

    torch.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own, between processes, would outlive a kill and be complained of
    engine = open_engine(str(model), dtype="float32", device="cpu", batch_tokens=4000)
    load = loading.load_model

    def watched(*asked, **how):
        loaded = load(*asked, **how)
        generate = loaded.generate

        def logged(input_ids, **options):
            with open(log, "a") as file:
                file.write(json.dumps(input_ids.tolist()) + "\n")
            return generate(input_ids=input_ids, **options)

        loaded.generate = logged
        return loaded

    corpus = small.corpus(LINES, ("en", "de", "sw"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_model", watched)
        table = translate(engine, corpus, DIRECTIONS, decoding="paper max_new_tokens=40", ledger=ledger, fresh=fresh)
    table.to_parquet(out)


@pytest.fixture(scope="module")
def start():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["transformers.models.llama.modeling_llama", "pandas", "llamax_kit.models.loading"])

    def start(*args):
        process = context.Process(target=work, args=args)
        process.start()
        return process

    return start


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small.llama(tmp_path_factory.mktemp("model") / "tiny", context=512)


@pytest.fixture(scope="module")
def whole(start, model, tmp_path_factory):
    """A run that nothing interrupted: its table, ledger, batches, and the seconds between the first and the last."""
    folder = tmp_path_factory.mktemp("whole")
    run = start(model, folder / "ledger", folder / "table.parquet", folder / "log")
    begin = wait_for(folder / "log", run)
    run.join()
    assert run.exitcode == 0
    table = pd.read_parquet(folder / "table.parquet")
    assert set(table.finish) == {"stop", "length"} and len(table) == 3 * LINES
    done, seconds = batches(folder / "log"), time.monotonic() - begin
    print(f"uninterrupted: {len(done)} batches, {seconds:.1f} s")
    return table, folder / "ledger", done, seconds


def wait_for(file, run):
    while not file.exists() and run.is_alive():
        time.sleep(0.005)
    return time.monotonic()


def batches(log):
    return [tuple(map(tuple, json.loads(line))) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("fresh", [False, "run"])
def test_killed_five_times_at_random_moments_and_resumed(start, model, whole, tmp_path, fresh):
    expected, kept, planned, seconds = whole
    if fresh:
        shutil.copytree(kept, tmp_path / "ledger")
    seed = secrets.randbelow(10**6)
    print(f"seed of the moments: {seed}")
    moments = [random.Random(seed).uniform(0, seconds / 8) for _ in range(5)]
    ledger, out, logs = tmp_path / "ledger", tmp_path / "table.parquet", []
    for at, moment in enumerate(moments):
        logs.append(tmp_path / f"log{at}")
        run = start(model, ledger, out, logs[-1], fresh)
        wait_for(logs[-1], run)
        time.sleep(moment)
        run.kill()
        run.join()
        assert run.exitcode == -9 and not out.exists()
    logs.append(tmp_path / "log")
    run = start(model, ledger, out, logs[-1], fresh)
    run.join()
    assert run.exitcode == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out), expected)
    done = [batches(log) for log in logs]
    assert set(sum(done, [])) == set(planned)  # every batch, each time, with the mates it has in the whole run
    in_flight = Counter(each[-1] for each in done[:-1])
    repeated = Counter(sum(done, [])) - Counter(planned)
    assert repeated <= in_flight, "a batch was generated again that was not in flight at a kill"


def test_finished_and_run_again_no_weights_are_loaded(model, whole, tmp_path, monkeypatch):
    expected, ledger, *_ = whole
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: pytest.fail("loaded weights"))
    begin = time.monotonic()
    work(model, ledger, tmp_path / "again.parquet")
    assert time.monotonic() - begin < 10
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "again.parquet"), expected)


def test_two_runs_on_one_ledger_at_once_both_finish(start, model, whole, tmp_path):
    runs = [start(model, tmp_path / "ledger", tmp_path / f"{name}.parquet") for name in "ab"]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    for name in "ab":
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), whole[0])
