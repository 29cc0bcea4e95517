"""parallel: results in order, another process where there is work for it, its errors raised here, nothing twice."""

import os
import signal
import subprocess
import sys

import pytest

from llamax_kit.utils import parallel
from llamax_kit.utils.errors import KitError, UnknownName

MINE = os.getpid()


def where(item: int) -> tuple[int, int]:
    return item, os.getpid()


def refuse_odd(item: int) -> int:
    if item % 2:
        raise UnknownName("number", given=str(item), choices=["2", "4"], remedy="give an even one")
    return item


def leave(item: int) -> None:
    sys.exit(0)


def unpicklable(item: int):
    return lambda: item


def die(process: int) -> None:
    assert os.getpid() != process, "done a second time, here"
    os.kill(os.getpid(), signal.SIGKILL)  # as the system does when memory runs out


class Unpicklable(Exception):
    def __init__(self, first: int, second: int):
        super().__init__(f"{first} and {second}")


def refuse_oddly(item: int) -> None:
    raise Unpicklable(item, item)


@pytest.fixture(autouse=True)
def two(monkeypatch):
    monkeypatch.setattr(parallel, "processors", lambda: 2)


def test_much_work_is_done_by_two_processes_in_order():
    done = parallel.map(where, range(5), work=100)
    assert [item for item, _ in done] == list(range(5))
    pids = [pid for _, pid in done]
    assert pids[0] == pids[2] == pids[4] != pids[1] == pids[3] and MINE not in pids


@pytest.mark.parametrize(("items", "work"), [(range(3), 1.0), ([7], 100.0), ([], 100.0)])
def test_little_work_stays_here(items, work):
    assert parallel.map(where, items, work) == [(item, MINE) for item in items]


def test_an_error_is_raised_here_as_it_is_with_the_other_process_traceback():
    with pytest.raises(UnknownName, match="'1'.*2, 4.*give an even one") as error:
        parallel.map(refuse_odd, range(4), work=100)
    assert (error.value.given, error.value.choices) == ("1", ["2", "4"])
    assert any("In another process" in note and "refuse_odd" in note for note in error.value.__notes__)


def test_an_error_that_cannot_be_pickled_is_raised_by_its_name():
    with pytest.raises(KitError, match="exit status 1.*Unpicklable.*To mend"):
        parallel.map(refuse_oddly, range(4), work=100)


@pytest.mark.parametrize("function, words", [(leave, "exit status 0: it wrote no message"), (unpicklable, "pickle")])
def test_a_process_without_a_result_is_an_error(function, words):
    with pytest.raises(KitError, match=f"{words}.*To mend"):
        parallel.map(function, range(4), work=100)


def test_a_process_that_is_killed_is_an_error_and_its_work_is_not_done_again():
    with pytest.raises(KitError, match="exit status -9.*taskset"):
        parallel.map(die, [MINE] * 4, work=100)


def test_a_script_without_a_guard_is_run_once(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from llamax_kit.utils import parallel\nprint('once')\nparallel.processors = lambda: 2\n"
        "print(parallel.map(len, ['a', 'bc'], work=100))\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert said.stdout == "once\n[1, 2]\n"
