"""Fifty hostile command lines as an operator's shell runs them: each ends in time, without a traceback.

In one process, and a thousand of them, see test_fuzz.py.
"""

import os
import random
import subprocess
import sys

import hostile
import pytest
import small

SEED, TRIALS, SECONDS = 7, 50, 120
HARMLESS = ("score", "languages", "fetch", "train", "sweep", "--version", "demo")  # they start no kernel


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("processes")
    small.llama(root / "model")
    (root / "texts").mkdir()
    for code in ("en", "sw"):
        (root / f"texts/{code}.txt").write_text("one\ntwo\n")
    (root / "outputs/good/translations/a").mkdir(parents=True)
    (root / "run.yml").write_text("sentences: 2\n")
    os.mkfifo(root / "fifo")
    return root


def trials(root) -> list[list[str]]:
    """List command lines that a shell can pass on, and that run no notebook where checks pass."""
    from llamax_kit.app import notebooks

    named = {path.stem[:2]: [each.name for each in notebooks.parameters(path)] for path in notebooks.notebooks()}
    choose, found = random.Random(SEED), []
    kinds = (hostile._sweep, hostile._train, hostile._score, hostile._small, hostile._notebook)
    while len(found) < TRIALS:
        words = choose.choice(kinds)(choose, root / str(len(found)), named)
        words += ["--status"] * (words[:1] == ["sweep"] and "--status" not in words)
        words += ["--help-notebook"] * (words[:1] == ["run"] and "--help-notebook" not in words)
        try:
            passes = all("\0" not in each and len(each.encode()) < 100_000 for each in words)
        except UnicodeEncodeError:  # half a character
            continue
        if passes and (words or [""])[0] in (*HARMLESS, "run", "", "doctor"):
            found.append(words)
    return found


def test_hostile_command_lines_end_in_time_and_without_a_traceback(place, capsys):
    offline = {"HF_HUB_OFFLINE": "1", "LLAMAX_KIT_OUTPUTS": str(place / "outputs"), "HOME": str(place)}
    wrong, codes = [], []
    for words in trials(place):
        command = [sys.executable, "-m", "llamax_kit.app.cli", *words]
        try:
            done = subprocess.run(command, cwd=place, env=os.environ | offline, capture_output=True, text=True,
                                  errors="replace", timeout=SECONDS)  # fmt: skip
        except subprocess.TimeoutExpired:
            wrong.append(f"hang: {words}")
            continue
        codes.append(done.returncode)
        if "Traceback" in done.stderr or done.returncode < 0 or (done.returncode and not done.stderr + done.stdout):
            wrong.append(f"{done.returncode}: {words}\n{done.stderr[-600:]}")
    with capsys.disabled():
        print(f"\n{len(codes)} processes: {codes.count(0)} passed, {len(codes) - codes.count(0)} refused")
    assert not wrong, "\n".join(wrong)
