"""locks: a folder is one living process's; the dead and the far hold nobody up."""

import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from llamax_kit.utils import locks, processes

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


def test_of_two_at_one_moment_both_step_back_and_one_goes_on(tmp_path):
    """Each enters, alone, though all come at once: one that is refused tries again, and none waits for ever."""
    code = (
        "import sys, pathlib, time; from llamax_kit.utils import locks; folder = pathlib.Path(sys.argv[1])\n"
        "for _ in range(4):\n"
        "  with locks.awaited(folder, 60):\n"
        "    (folder / 'alone').mkdir(); time.sleep(.01); (folder / 'alone').rmdir()"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", [0, 4_000_000_000])
def test_whatever_the_time_of_its_mark_who_is_there_keeps_the_folder(tmp_path, other, moment):
    """The clock was ahead, or behind, when the other came."""
    (mark,) = tmp_path.iterdir()
    os.utime(mark, (moment, moment))
    with pytest.raises(locks.Busy), locks.held(tmp_path):
        pytest.fail("two at work")
    assert list(tmp_path.iterdir()) == [mark]


@pytest.mark.parametrize("step", [-86_400, 7, 86_400])
def test_a_clock_that_is_set_declares_no_living_process_dead(tmp_path, other, monkeypatch, step):
    """psutil computes the time of creation from that of the machine's start, which is set with the clock."""
    create_time, now = psutil.Process.create_time, time.time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) + step)
    monkeypatch.setattr(time, "time", lambda: now() + step)
    with pytest.raises(locks.Busy), locks.held(tmp_path):
        pytest.fail("two at work")


def test_a_mark_of_an_older_kit_is_understood(tmp_path):
    parent = psutil.Process(os.getppid())
    mark = tmp_path / f".running-{platform.node()}-{parent.pid}-{int(parent.create_time())}"
    mark.touch()
    with pytest.raises(locks.Busy, match=f"process {parent.pid} "), locks.held(tmp_path):
        pytest.fail("two at work")
    assert mark.exists()


def test_a_block_within_a_block_leaves_the_mark_of_the_outer_one(tmp_path):
    with locks.held(tmp_path):
        with locks.held(tmp_path):
            pass
        assert locks.holder(tmp_path).process == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["a-b-7-12", "node-1.example-4711-89fb7264_2755237"])
def test_the_words_of_a_process_are_read_back(words):
    assert str(processes.read(words)) == words
    assert str(processes.read(str(processes.own()))) == str(processes.own()) and processes.own().lives()
    assert processes.read("no-process") is None


@pytest.mark.parametrize("number", [10**9, 10**30])
def test_a_number_that_no_process_can_have_is_dead(number):
    assert not processes.Process(platform.node(), number, "1").lives()


def test_a_folder_that_is_not_there_is_nobodys(tmp_path):
    assert locks.holder(tmp_path / "none") is None
