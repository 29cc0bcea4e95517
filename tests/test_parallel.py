"""parallel: results in order, another process where there is work for it, errors as if there were none."""

import os
import subprocess
import sys

import pytest

from llamax_kit.utils import parallel
from llamax_kit.utils.errors import UnknownName

MINE = os.getpid()


def where(item: int) -> tuple[int, int]:
    return item, os.getpid()


def refuse_odd(item: int) -> int:
    if item % 2:
        raise UnknownName("number", given=str(item), choices=["2", "4"], remedy="give an even one")
    return item


def only_in(process: int) -> int:
    if os.getpid() != process:
        os._exit(3)  # as one that ran out of memory
    return process


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


def test_an_error_is_raised_here_as_it_is():
    with pytest.raises(UnknownName, match="unknown number '1'") as error:
        parallel.map(refuse_odd, range(4), work=100)
    assert error.value.given == "1"


def test_what_another_process_could_not_do_is_done_here():
    assert parallel.map(only_in, [MINE] * 4, work=100) == [MINE] * 4


def test_a_script_without_a_guard_is_run_once(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from llamax_kit.utils import parallel\nprint('once')\nparallel.processors = lambda: 2\n"
        "print(parallel.map(len, ['a', 'bc'], work=100))\n"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert said.stdout == "once\n[1, 2]\n"
