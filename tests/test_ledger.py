"""The ledger: what was written is found, whatever a kill, a full disk or a bad disk leaves of a file."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from llamax_kit.models.engines.base import Completion, Decoding, read_decoding
from llamax_kit.models.ledger import Ledger, key
from llamax_kit.utils.errors import KitError

WHO = {"engine": "test", "model": "m"}
BATCHES = [
    [("a", Completion("Zürich\n\r\u2028\u0085\0 ሰላም 😀", "stop", 5)), ("b", Completion("", "unfit", 0))],
    [("c", Completion("two", "length", 256))],
    [("d", Completion('"}]\\', "stop", 2)), ("e", Completion("\ud83d", "stop", 1))],
]
ALL = {name: completion for batch in BATCHES for name, completion in batch}
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/full and file-size limits")


@pytest.fixture
def file(tmp_path) -> Path:
    """A ledger file with three batches."""
    ledger = Ledger(tmp_path, WHO)
    for batch in BATCHES:
        ledger.add(batch)
    (file,) = ledger.folder.glob("*.jsonl")
    return file


def test_what_was_added_is_found_by_another_process_and_nothing_else(file, tmp_path):
    assert Ledger(tmp_path, WHO).find([*ALL, "z"]) == ALL
    assert Ledger(tmp_path, WHO).find(["c"]) == {"c": ALL["c"]}
    assert Ledger(tmp_path, WHO | {"model": "n"}).find(ALL) == {}
    assert len(file.read_bytes().splitlines()) == 3
    assert '"model": "m"' in (file.parent / "identity.json").read_text()


def test_looking_writes_nothing(tmp_path):
    assert Ledger(tmp_path / "none", WHO).find(["a"]) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_key_changes_with_all_that_determines_a_completion():
    same = key(WHO, read_decoding("greedy"), [1, 2, 3])
    assert same == key(dict(reversed(WHO.items())), Decoding(), [1, 2, 3])
    others = [
        key(WHO | {"dtype": "bfloat16"}, Decoding(), [1, 2, 3]),
        key(WHO, read_decoding("greedy max_new_tokens=255"), [1, 2, 3]),
        key(WHO, read_decoding("paper"), [1, 2, 3]),
        key(WHO, Decoding(), [1, 2, 4]),
        key(WHO, Decoding(), "123"),
    ]
    assert len({same, *others}) == 6


def test_a_line_torn_by_a_kill_costs_its_batch_alone_and_is_no_damage(file, tmp_path):
    whole = file.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last + 1, len(whole)):
        file.write_bytes(whole[:cut])
        ledger = Ledger(tmp_path, WHO)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert ledger.find(ALL) == {name: ALL[name] for name in "abc"}
        assert (ledger.torn, ledger.damaged) == (1, [])


@pytest.mark.filterwarnings("ignore:the ledger file")
@pytest.mark.parametrize("byte", [b"\n", b"\0", b"x", b'"', b"\xff"])
def test_no_damaged_byte_ever_gives_another_completion(file, tmp_path, byte):
    whole, name = file.read_bytes(), file.name
    first, last = whole.index(b"\n"), whole.rindex(b"\n", 0, -1) + 1
    for at in range(first + 1, last - 1):
        if whole[at : at + 1] == byte:
            continue
        for old in file.parent.glob("2*"):
            old.unlink()
        file.write_bytes(whole[:at] + byte + whole[at + 1 :])
        ledger = Ledger(tmp_path, WHO)
        assert ledger.find(ALL) == {name: ALL[name] for name in "abde"}
        assert [each.name for each in ledger.damaged] == [name.replace("jsonl", "damaged")]


def test_damage_is_said_set_aside_and_mended_once(file, tmp_path):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + b"\0" * 512 + b"\n" + lines[2])
    with pytest.warns(UserWarning, match=rf"{file.name}.*\.damaged.* 2 intact"):
        assert set(Ledger(tmp_path, WHO).find(ALL)) == set("abde")
    assert not file.exists()
    assert file.with_suffix(".damaged").read_bytes() == lines[0] + b"\0" * 512 + b"\n" + lines[2]
    (mended,) = file.parent.glob("*.jsonl")
    assert mended.read_bytes() == lines[0] + lines[2]
    again = Ledger(tmp_path, WHO)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(again.find(ALL)) == set("abde") and again.damaged == []


@pytest.mark.filterwarnings("ignore:the ledger file")
def test_a_process_whose_file_was_set_aside_goes_on_in_another(tmp_path):
    writer = Ledger(tmp_path, WHO)
    writer.add(BATCHES[0])
    (file,) = writer.folder.glob("*.jsonl")
    file.write_bytes(b"garbage\n" + file.read_bytes())
    assert set(Ledger(tmp_path, WHO).find(ALL)) == set("ab")
    writer.add(BATCHES[1])
    assert set(Ledger(tmp_path, WHO).find(ALL)) == set("abc")


def test_the_later_record_of_a_key_wins(tmp_path):
    for text in ("old", "new"):
        ledger = Ledger(tmp_path, WHO)
        ledger.add([("a", Completion("before", "stop", 1))])
        ledger.add([("a", Completion(text, "stop", 1))])
    assert Ledger(tmp_path, WHO).find("a") == {"a": Completion("new", "stop", 1)}


def test_two_processes_write_at_once(tmp_path):
    code = (
        "import sys; from llamax_kit.models.ledger import *; ledger = Ledger(sys.argv[1], {'engine': 'test'})\n"
        "for at in range(40): ledger.add([(f'{sys.argv[2]}{at}', Completion(sys.argv[2] * 999, 'stop', at))])"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, tmp_path, letter]) for letter in "xy"]
    assert [run.wait() for run in runs] == [0, 0]
    ledger = Ledger(tmp_path, {"engine": "test"})
    found = ledger.find(f"{letter}{at}" for letter in "xy" for at in range(40))
    assert len(found) == 80 and len(list(ledger.folder.glob("*.jsonl"))) == 2
    assert found["y7"] == Completion("y" * 999, "stop", 7)


@posix
def test_a_full_disk_is_said(tmp_path):
    ledger = Ledger(tmp_path, WHO)
    ledger.add(BATCHES[0])
    (file,) = ledger.folder.glob("*.jsonl")
    kept = file.rename(tmp_path / "kept")
    file.symlink_to("/dev/full")
    with pytest.raises(KitError, match=f"{ledger.folder.name}.*No space left on device.*To mend: free some space"):
        ledger.add(BATCHES[1])
    kept.replace(file)
    ledger.add(BATCHES[2])  # elsewhere, for behind a torn line nothing is written
    assert len(file.read_bytes().splitlines()) == 1 and set(ledger.find(ALL)) == set("abde")


@posix
def test_a_batch_that_does_not_fit_leaves_nothing_half_written(tmp_path):
    code = (
        "import resource, sys; from llamax_kit.models.ledger import *; from llamax_kit.utils.errors import KitError\n"
        "ledger = Ledger(sys.argv[1], {'engine': 'test'}); ledger.add([('a', Completion('kept', 'stop', 1))])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: ledger.add([('b', Completion('x' * 9999, 'stop', 1))])\n"
        "except KitError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert "File too large. All batches before it are kept" in run.stdout
    ledger = Ledger(tmp_path, {"engine": "test"})
    assert ledger.find("ab") == {"a": Completion("kept", "stop", 1)} and ledger.torn == 0


def test_a_file_in_the_folders_place_is_said(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(KitError, match="ledger .*taken.*To mend: .*name a ledger folder"):
        Ledger(tmp_path / "taken", WHO).add(BATCHES[0])
