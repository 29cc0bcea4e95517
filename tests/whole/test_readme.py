"""README's code blocks: each is marked on the line before it, and runs in the order of the page where it says so.

    <!-- run -->                        it runs as it stands
    <!-- run with the real data -->     the same, where LLAMAX_KIT_DATA names them
    <!-- skip: needs a GPU -->          it does not, and why

All blocks share one folder, with the checkout's params/ and its commands; a later one finds what an earlier one made.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INDENTED = re.compile(r"(?:(?<=\n\n)|(?<=-->\n))(?: {4}[^\n]*\n)+(?:\n+(?: {4}[^\n]*\n)+)*", re.MULTILINE)
FENCED = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1$\n?", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- (run|run with the real data|skip: \S.*) -->")


def blocks(text: str) -> list[tuple[int, str, str]]:
    """Return (line, line before it, code) of each code block of a Markdown text, fenced or indented by four spaces."""
    hidden = FENCED.sub(lambda found: re.sub(r"[^\n]", "x", found[0]), text)
    found = [(each.start(), each[2]) for each in FENCED.finditer(text)]
    found += [(each.start(), textwrap.dedent(each[0])) for each in INDENTED.finditer(hidden)]
    return [(text.count("\n", 0, at) + 1, text[:at].rpartition("\n")[0].rpartition("\n")[2], code)
            for at, code in sorted(found)]  # fmt: skip


def mark(before: str) -> str:
    """Return what the line before a block says of it; where that is no mark, the test fails."""
    found = MARK.fullmatch(before)
    assert found, f"the line before this block is {before!r}, expected <!-- run --> or <!-- skip: a reason -->"
    return found[1]


BLOCKS = blocks((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, example_place) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "params", folder / "params")
    if (trained := example_place.with_name("miniature")).exists():  # of test_train_a_miniature: not trained again
        shutil.copytree(trained, folder / "outputs")
    return folder


@pytest.fixture(scope="module")
def few(released, data, tmp_path_factory) -> Path:
    """The data folder with published outputs of four directions: all 17 take a minute, and show no more here."""
    place, published = tmp_path_factory.mktemp("data"), Path("system_outputs/mozilla_flores101")
    (place / published).mkdir(parents=True)
    names = [path.name for path in data.iterdir() if path.name != published.parts[0]]
    for name in [*names, *(published / pair for pair in ("cy-en", "en-af", "en-ar", "en-is"))]:
        (place / name).symlink_to(data / name)
    return place


@pytest.mark.parametrize(("before", "code"), [each[1:] for each in BLOCKS], ids=[f"line{each[0]}" for each in BLOCKS])
def test_each_block_is_marked_and_runs_where_it_says_so(before, code, folder, request):
    said = mark(before)
    if said.startswith("skip: "):
        return
    real = {"LLAMAX_KIT_DATA": str(request.getfixturevalue("few"))} if said == "run with the real data" else {}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "LLAMAX_KIT_OUTPUTS": str(folder / "outputs")} | real
    done = subprocess.run(["bash", "-euc", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_blocks_of_both_kinds_are_found_with_the_line_before():
    text = ("# A\n\n<!-- run -->\n    make a\n\n    make b\n\nText\n    goes on\n\n    c\n"
            "<!-- skip: a part -->\n```sh\nx:\n    - y\n```\n```\nlast\n```\n\n    d\n")  # fmt: skip
    assert blocks(text) == [
        (4, "<!-- run -->", "make a\n\nmake b\n"), (11, "", "c\n"),
        (13, "<!-- skip: a part -->", "x:\n    - y\n"), (17, "```", "last\n"), (21, "", "d\n"),
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", "Text:", "<!-- skip -->", "<!-- skip: -->", "<!-- skip:  -->", "<!-- ran -->"])
def test_a_block_without_a_mark_or_a_skip_without_a_reason_fails(before):
    with pytest.raises(AssertionError, match="expected <!-- run -->"):
        mark(before)
