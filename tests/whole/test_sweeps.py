"""Sweeps of real notebooks: killed and resumed they end in the same tables; one process generates for all of them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from llamax_kit.data.corpora.loading import load_corpus

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and process groups")
SCORES = """\
notebook: "05"
values: {hypotheses: "${MINE}", metrics: spBLEU, examples: 0}
grid: {sentences: [5, 8, 11]}
run: "first_{sentences}"
"""
TRANSLATIONS = """\
notebook: "04"
values: {dtype: float32, device: cpu, sentences: 3, decoding: "greedy max_new_tokens:6"}
grid: {directions: [en-de, en-de en-sw]}
run: "{directions}"
"""


def start(folder: Path, text: str, *words: str) -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    (folder / "s.yml").write_text(text, encoding="utf-8")
    environment = os.environ | {"LLAMAX_KIT_OUTPUTS": str(folder / "out")}
    command = [sys.executable, "-m", "llamax_kit.app.cli", "sweep", str(folder / "s.yml"), *words]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
                            preexec_fn=_hears_ctrl_c)  # fmt: skip


def _hears_ctrl_c() -> None:
    """Undo what a shell's `&` did to the tests: it makes a process, and all that it starts, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def sweep(folder: Path, text: str, *words: str) -> str:
    process = start(folder, text, *words)
    _, err = process.communicate()
    assert process.returncode == 0, err
    return err


def tables(folder: Path) -> dict[str, bytes]:
    """Read the tables of all runs; the records also hold times."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("out/*/*.csv"))}


@pytest.fixture(scope="module", autouse=True)
def mine(tmp_path_factory):
    """Let sweeps find a folder of hypotheses in the environment: Dutch where German is asked for."""
    text, folder = load_corpus("cldr", ["en", "de", "nl"]), tmp_path_factory.mktemp("mine")
    lines = [f"{text.texts['nl'][at] or ''}\n" for at, _, _ in text.pairs("en", "de")]
    (folder / "en-de").mkdir()
    (folder / "en-de/dutch.txt").write_text("".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINE", str(folder))
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A sweep that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    assert sweep(folder, SCORES, "-j", "2").endswith("3 done (3 new)\n")
    return folder


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_its_second_job_it_leaves_no_process_and_runs_just_the_missing(whole, tmp_path, by):
    folder = tmp_path / "stopped"
    process = start(folder, SCORES)
    wait_for(folder / "out" / "first_8" / "05_score_hypotheses.partial.ipynb", process)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, by) if by == signal.SIGINT else process.kill()  # Ctrl-C reaches all of the terminal
    _, said = process.communicate(timeout=60)
    assert len(family) >= 2 and psutil.wait_procs(family, timeout=20)[1] == []
    if by == signal.SIGINT:
        assert process.returncode == 1 and "Traceback" not in said
        assert "1 done (1 new), 2 missing" in said
    first = folder / "out" / "first_5" / "05_score_hypotheses.ipynb"
    written = first.stat().st_mtime_ns
    said = sweep(folder, SCORES, "-j", "2")
    assert [line.split()[-1] for line in said.splitlines() if " start " in line] == ["first_8", "first_11"]
    assert said.endswith("3 done (2 new)\n")
    assert first.stat().st_mtime_ns == written
    assert tables(folder) == tables(whole) and len(tables(whole)) >= 6


def test_two_sweeps_of_one_file_at_once_share_the_jobs(whole, tmp_path):
    folder = tmp_path / "two"
    first = start(folder, SCORES)
    wait_for(folder / "out" / "first_5" / "05_score_hypotheses.partial.ipynb", first)
    second = start(folder, SCORES)
    said = [process.communicate()[1] for process in (first, second)]
    assert "skip    first_5: running by process" in said[1] and "Traceback" not in said[0] + said[1]
    assert sweep(folder, SCORES).endswith("3 done (0 new)\n")
    assert tables(folder) == tables(whole)
    assert list(folder.glob("out/*/.running*")) == []


def wait_for(file: Path, process) -> None:
    end = time.monotonic() + 120
    while not file.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert file.exists(), process.communicate()[1]


def test_the_ledger_is_filled_by_one_process_and_each_notebook_generates_nothing(tmp_path):
    said = sweep(tmp_path, TRANSLATIONS, "-j", "2")
    assert said.count(" fill ") == 1 and said.endswith("2 done (2 new)\n")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(tmp_path.glob("out/*/run.json"))]
    assert [each["run"] for each in records] == ["en-de", "en-de-en-sw"]
    assert [each["timing"]["generated"] for each in records] == [0, 0]
    assert [each["timing"]["kept"] for each in records] == [3, 6]
    writers = {path.stem.split("-")[-2] for path in tmp_path.glob("out/ledger/*/*.jsonl")}  # …-host-process-random
    assert len(writers) == 1


def test_of_a_folder_the_ledger_is_filled_with_what_the_notebook_will_ask_for(tmp_path, monkeypatch, data):
    """With every default: directions, sentences and decoding follow the corpus in the sweep as in the notebook."""
    monkeypatch.setenv("MY_TEXT", str(tmp_path / "text"))
    (tmp_path / "text").mkdir()
    for code in ("en", "sw"):
        lines = "".join(f"{at} {code}\n" for at in range(42))  # more than the embedded text's share
        (tmp_path / "text" / f"{code}.txt").write_text(lines, encoding="utf-8")
    said = sweep(tmp_path, 'notebook: "04"\nvalues: {corpus: "${MY_TEXT}"}\nrun: "own_{sentences}_{tokenize}"')
    assert said.count(" filled ") == 1 and "unfilled" not in said and said.endswith("1 done (1 new)\n")
    record = json.loads((tmp_path / "out/own_0_flores101/run.json").read_text(encoding="utf-8"))
    assert (record["timing"]["kept"], record["timing"]["generated"]) == (84, 0)
    assert record["parameters"]["sentences"] == 0 and record["decoding"]["max_new_tokens"] == 256
