"""Progress: plain text on the page of a notebook, where stderr is red; on stderr elsewhere."""

import sys
from types import SimpleNamespace

import pytest
from tqdm.std import tqdm

from llamax_kit.utils import progress

STEP = "12:34:56 step 1 of 2\n"


@pytest.fixture(params=[True, False])
def page(request, monkeypatch):
    shell = SimpleNamespace(kernel="there") if request.param else None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return request.param


def test_it_is_plain_text_on_a_page_and_on_stderr_elsewhere(page, capsys):
    progress.say("step 1 of 2")
    said = capsys.readouterr()
    plain, red = (said.out, said.err) if page else (said.err, said.out)
    assert progress.LINE.match(plain) and plain.endswith(" step 1 of 2\n") and not red


def test_of_other_processes_only_progress_is_plain(page, capsys):
    progress.repeat(STEP)
    progress.repeat("a warning\n")
    said = capsys.readouterr()
    assert (said.out, said.err) == ((STEP, "a warning\n") if page else ("", f"{STEP}a warning\n"))


def test_a_bar_becomes_lines(page, capsys):
    for _ in tqdm(range(3), file=progress.Lines(), mininterval=0, ascii=True, desc="model"):
        pass
    said = capsys.readouterr()
    lines = (said.out if page else said.err).splitlines()
    assert all(progress.LINE.match(line) for line in lines) and "model: 100%" in lines[-1]
