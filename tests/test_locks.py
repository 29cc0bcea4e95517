"""locks: a folder is one living process's; the dead and the far hold nobody up."""

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

import psutil
import pytest

from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError

HOLD = """\
import sys, pathlib
from llamax_kit.utils import locks
with locks.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """A process that is at work in the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_was_there_first_keeps_it(tmp_path, other):
    with pytest.raises(locks.Busy, match=f"process {other.pid} of this machine since 20.*To mend: wait"):
        with locks.held(tmp_path):
            pytest.fail("two at work")
    assert locks.holder(tmp_path).process == other.pid
    other.communicate("")
    assert locks.holder(tmp_path) is None and list(tmp_path.iterdir()) == []
    with locks.held(tmp_path):
        assert locks.holder(tmp_path).process == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_one_may_wait_for_who_was_first_but_not_for_ever(tmp_path, other):
    with pytest.raises(locks.Busy), locks.awaited(tmp_path, 0):
        pytest.fail("two at work")
    with ThreadPoolExecutor() as later:
        later.submit(other.communicate, "")  # which ends it
        with locks.awaited(tmp_path, 60):
            assert locks.holder(tmp_path).process == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reaped", [True, False])
def test_a_process_that_was_killed_holds_nobody_up(tmp_path, other, reaped):
    other.kill()
    if reaped:
        other.wait()
    else:
        while psutil.Process(other.pid).status() != psutil.STATUS_ZOMBIE:
            pass
    assert len(list(tmp_path.iterdir())) == 1 and locks.holder(tmp_path) is None
    with locks.held(tmp_path):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_another_process_has_now_is_no_sign_of_life(tmp_path):
    (tmp_path / f".running-{platform.node()}-{os.getppid()}-1000").touch()
    assert locks.holder(tmp_path) is None


def test_a_mark_of_another_machine_is_told_and_holds_nobody_up(tmp_path, capsys):
    (tmp_path / ".running-node-7.example-4711-1777777777").touch()
    assert locks.holder(tmp_path)[:2] == (4711, "node-7.example") and not locks.holder(tmp_path).here
    with locks.held(tmp_path):
        said = capsys.readouterr().err
        assert "was being run by process 4711 of another machine, node-7.example, since" in said
    assert list(tmp_path.iterdir()) == []


def test_of_two_at_one_moment_none_goes_on_and_of_two_marks_the_later_gives_way(tmp_path, monkeypatch):
    then, later = datetime(2026, 5, 1, 12), datetime(2026, 5, 1, 13)
    for mine, theirs, refused in ((then, then, True), (then, later, False), (later, then, True)):
        found = {tmp_path / "theirs": locks.Holder(1, "here", theirs, True)}
        own = locks.Holder(2, "here", mine, True)
        monkeypatch.setattr(locks, "_marks", lambda folder, found=found, own=own: {
            **found, next(folder.glob(".running-*")): own}.items())  # fmt: skip
        with ExitStack() as stack:
            if refused:
                stack.enter_context(pytest.raises(KitError, match="process 1 of this machine.*To mend: wait"))
            with locks.held(tmp_path):
                assert not refused


def test_a_folder_that_is_not_there_is_nobodys(tmp_path):
    assert locks.holder(tmp_path / "none") is None
