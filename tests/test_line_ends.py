"""Files are the same to the byte on every system: text ends its lines by \\n, and git leaves it as it is."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENDS = {"write_text": "newline", "to_csv": "lineterminator"}


@pytest.mark.parametrize("path", sorted((ROOT / "llamax_kit").rglob("*.py")), ids=lambda path: path.stem)
def test_what_writes_text_names_its_line_ends(path):
    """Without, Windows writes \\r\\n, which the kit's own reader of training texts refuses."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = [(node, ENDS[node.func.attr]) for node in calls if getattr(node.func, "attr", "") in ENDS]
    opened = [node for node in calls if getattr(node.func, "id", "") == "open" and len(node.args) > 1]
    named += [(node, "newline") for node in opened if set("wax") & set(mode(node)) and "b" not in mode(node)]
    assert [node.lineno for node, word in named if word not in {each.arg for each in node.keywords}] == []


def mode(node: ast.Call) -> str:
    return str(getattr(node.args[1], "value", ""))


def test_git_checks_files_out_as_they_are_committed_whatever_is_configured(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout: git decides about line ends")
    ask = ["git", "-C", str(ROOT)]
    listed = subprocess.run([*ask, "ls-files", "llamax_kit", "params"], capture_output=True, text=True, check=True)
    texts = [name for name in listed.stdout.splitlines() if name.endswith((".json", ".csv", ".yml", ".txt", ".md"))]
    there = [name for name in texts if (ROOT / name).is_file()]
    command = [*ask, "-c", "core.autocrlf=true", "checkout-index", "-f", f"--prefix={tmp_path}/", "--", *there]
    subprocess.run(command, check=True)
    assert len(there) > 20 and [name for name in there if b"\r\n" in (tmp_path / name).read_bytes()] == []
