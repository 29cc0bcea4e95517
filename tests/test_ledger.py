"""The ledger: what was written is found, whatever a kill, a full disk or a bad disk leaves of a file."""

import json
import os
import platform
import random
import re
import secrets
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from llamax_kit.app import cli
from llamax_kit.models import ledger_files
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
HERE = platform.node()
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


# What was altered by hand is damage, too


@pytest.mark.filterwarnings("ignore:the ledger file")
@pytest.mark.parametrize("text", [
    "[" * 100_000 + "]" * 100_000, "[]", "7", "null", '"rows"', "{}", '{"rows":[],"sha256":7}',
    *(json.dumps({"sha256": ledger_files.digest(rows), "rows": rows}, separators=(",", ":")) for rows in (
        5, None, "a", {"a": 1}, [5], [[]], ["abcd"], [["a", "text", "stop"]], [["a", "text", "stop", 1, 2]],
        [["a", 7, "stop", 1]], [[7, "text", "stop", 1]], [["a", "text", "stop", "1"]], [["a", "text", None, 1]],
        [["a", ["text"], "stop", 1]], [["a", "text", "stop", 1.5]], [["a", "text", "stop", True]])),
    '{"sha256":"' + "0" * 64 + '","rows":[["a","text","stop",1]]}',
])  # fmt: skip
def test_a_line_of_another_shape_is_damaged_and_the_others_are_kept(file, tmp_path, text):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + text.encode() + b"\n" + lines[2])
    ledger = Ledger(tmp_path, WHO)
    assert set(ledger.find(ALL)) == set("abde") and len(ledger.damaged) == 1


# Many files become one


def begun(ledger: Ledger, batches, moment: int, host=HERE, number=10**9, start="7", tag="") -> Path:
    """Write a file as a process of that host and number did; the default is a dead one of this machine."""
    ledger.folder.mkdir(exist_ok=True, parents=True)
    name = f"20260501T120000{moment:06d}_{secrets.token_hex(4)}_{host}-{number}-{start}{tag}.jsonl"
    lines = [ledger_files.line([[key, *completion] for key, completion in rows]) for rows in batches]
    (ledger.folder / name).write_bytes(b"".join(lines))
    return ledger.folder / name


def said(text: str) -> Completion:
    return Completion(text, "stop", len(text))


def many(folder: Path, seed: int = 0) -> tuple[Ledger, dict[str, Completion]]:
    """Forty files of dead processes, in which keys come again, and what a reader must find."""
    draw, ledger, expected = random.Random(seed), Ledger(folder, WHO), {}
    for moment in range(40):
        batches = [[(f"k{draw.randrange(60)}", said(f"{moment} {at} ü")) for _ in range(5)] for at in range(3)]
        begun(ledger, batches, moment)
        expected |= {name: completion for rows in batches for name, completion in rows}
    return ledger, expected


def files(ledger: Ledger) -> list[Path]:
    return sorted(ledger.folder.glob("*.jsonl"))


def test_many_files_of_dead_processes_become_one_that_says_the_same(tmp_path):
    ledger, expected = many(tmp_path)
    torn = files(ledger)[3]
    torn.write_bytes(torn.read_bytes() + b'{"sha256":"')
    assert ledger.find(expected) == expected and ledger.torn == 1
    assert len(files(ledger)) == 1
    again = Ledger(tmp_path, WHO)
    assert again.find(expected) == expected and again.torn == 0


def test_a_file_of_a_living_process_of_another_machine_or_unknown_stays_in_its_place(tmp_path):
    ledger, expected = many(tmp_path)
    late = [("k1", said("late"))]
    kept = [
        begun(ledger, [late], 20, number=os.getppid(), start=ledger_files.processes._start(os.getppid())),
        begun(ledger, [late], 21, host="elsewhere"),
        begun(ledger, [late], 22, tag=".fresh-0123456789abcdef"),
        (ledger.folder / "20260501T120000000023-copied.jsonl"),
        ledger.folder / f"20260501T120000000024-{HERE}-{os.getppid()}-0a1b2c3d.jsonl",  # an older kit's, of one alive
    ]
    kept[3].write_bytes(kept[0].read_bytes())
    kept[4].write_bytes(kept[0].read_bytes())
    expected = Ledger(tmp_path, WHO).find(expected)
    assert set(kept) < set(files(ledger)) and len(files(ledger)) < 20
    assert Ledger(tmp_path, WHO).find(expected) == expected


@pytest.mark.parametrize("name", ["20260501T120000{:06d}-{}-1000000000-0a1b2c3d.jsonl"])
def test_files_of_an_older_kit_become_one_too(tmp_path, name):
    ledger, expected = many(tmp_path)
    for at, file in enumerate(files(ledger)):
        file.rename(ledger.folder / name.format(at, HERE))
    assert ledger.find(expected) == expected and len(files(ledger)) == 1
    assert Ledger(tmp_path, WHO).find(expected) == expected


def test_what_is_large_is_not_copied_for_what_is_small(tmp_path):
    ledger, expected = many(tmp_path)
    large = begun(ledger, [[(f"x{at}", said("long" * 9999))] for at in range(9)], 0).rename(
        ledger.folder / f"20260101T000000000000_00000000_{HERE}-1000000000-7.jsonl")  # fmt: skip
    assert ledger.find(expected) == expected
    assert large in files(ledger) and len(files(ledger)) == 2


def indexed(folder: Path) -> tuple[Ledger, dict[str, Completion], Path]:
    """A ledger of one file that was made of many, and its index."""
    ledger, expected = many(folder)
    ledger_files.compact(ledger.folder)
    (index,) = ledger.folder.glob("*.keys")
    return ledger, expected, index


def test_of_a_file_with_an_index_only_lines_that_are_needed_are_read(tmp_path, monkeypatch):
    ledger, expected, _ = indexed(tmp_path)
    parsed, rows = [], ledger_files.rows
    monkeypatch.setattr(ledger_files, "rows", lambda line, wanted: parsed.append(line) or rows(line, wanted))
    assert ledger.find(["k1", "k2", "nosuch"]) == {name: expected[name] for name in ("k1", "k2")}
    assert 1 <= len(parsed) <= 2


@pytest.mark.filterwarnings("ignore:the ledger file")
@pytest.mark.parametrize("seed", range(40))
def test_no_damage_of_an_index_gives_another_completion(tmp_path, seed):
    ledger, expected, index = indexed(tmp_path)
    draw, whole = random.Random(seed), index.read_bytes()
    at, byte = draw.randrange(len(whole)), draw.randrange(256)
    index.write_bytes([whole[:at], whole[:at] + bytes([byte]) + whole[at + 1 :]][seed % 2])
    found = ledger.find(expected)
    assert found.items() <= expected.items() and len(found) > len(expected) // 4
    index.unlink(missing_ok=True)
    assert Ledger(tmp_path, WHO).find(expected) == expected


@pytest.mark.filterwarnings("ignore:the ledger file")
def test_a_damaged_file_that_has_an_index_is_set_aside_and_the_rest_of_it_is_read(tmp_path):
    ledger, expected, index = indexed(tmp_path)
    (file,) = files(ledger)
    text = file.read_bytes().replace(b'"k1","', b'"k1","x', 1)
    file.write_bytes(text.replace(b"\xc3\xbc", b"\xc3\xbd", 1)[: file.stat().st_size - 1] + b"\n")
    found = ledger.find(expected)
    assert ledger.damaged and found.items() <= (expected | found).items() and len(found) > 50
    ledger_files.compact(ledger.folder)
    assert not index.exists()


def test_a_damaged_file_is_never_made_part_of_another(tmp_path):
    ledger, expected = many(tmp_path)
    files(ledger)[5].write_bytes(b"garbage\n")
    with pytest.raises(OSError, match="is damaged"):
        ledger_files.compact(ledger.folder)
    assert len(files(ledger)) == 40 and not list(ledger.folder.glob(".*"))


@posix
def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path):
    """Before one of the calls that change the folder or put it on disk, the first ones and some of the removals."""
    import multiprocessing

    def killed(folder: Path, after: int) -> None:
        real, left = {name: getattr(os, name) for name in ("replace", "unlink", "fsync")}, [after]

        def dying(name):
            def call(*given, **named):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), 9)
                return real[name](*given, **named)

            return call

        for name in real:
            setattr(os, name, dying(name))
        ledger_files.compact(folder)

    context, codes = multiprocessing.get_context("fork"), []
    for after in (1, 2, 3, 4, 5, 6, 20, 41, 42, 43, 99):
        ledger, expected = many(tmp_path / str(after), seed=after)
        process = context.Process(target=killed, args=(ledger.folder, after))
        process.start()
        process.join()
        codes.append(process.exitcode)
        assert Ledger(tmp_path / str(after), WHO).find(expected) == expected
        size = sum(len(file.read_bytes().splitlines()) for file in files(ledger))
        while len(files(ledger)) >= ledger_files.MANY:
            ledger_files.compact(ledger.folder)
        assert Ledger(tmp_path / str(after), WHO).find(expected) == expected
        assert not list(ledger.folder.glob(".*")) and size <= 2 * 120
    assert codes.count(-9) > 5 and codes[-1] == 0


@posix
def test_killed_at_random_moments_and_read_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_files, "MANY", 10**6)  # of the reader
    code = (
        "import pathlib, sys; from llamax_kit.models import ledger_files; print('ready', flush=True)\n"
        "sys.stdin.readline(); ledger_files.compact(pathlib.Path(sys.argv[1]))"
    )
    draw = random.Random(secrets.randbelow(10**6))
    for at in range(6):
        ledger, expected = many(tmp_path / str(at), seed=at)
        process = subprocess.Popen([sys.executable, "-c", code, ledger.folder], stdin=-1, stdout=-1, text=True)
        process.stdout.readline()
        process.stdin.write("go\n")
        process.stdin.flush()
        end = time.monotonic() + draw.uniform(0, 0.05)
        while time.monotonic() < end:
            assert Ledger(tmp_path / str(at), WHO).find(expected) == expected
        process.kill()
        process.communicate()
        assert Ledger(tmp_path / str(at), WHO).find(expected) == expected


def test_the_later_record_wins_though_the_clock_was_set_back(tmp_path):
    begun(Ledger(tmp_path, WHO), [[("a", said("old"))]], 1).rename(
        Ledger(tmp_path, WHO).folder / f"20990101T000000000000_00000000_{HERE}-1000000000-7.jsonl")  # fmt: skip
    Ledger(tmp_path, WHO).add([("a", said("new"))])
    assert Ledger(tmp_path, WHO).find("a") == {"a": said("new")}


# The command


def command(*words: str) -> str:
    done = CliRunner().invoke(cli.main, ["ledger", *words])
    return done.output if done.exit_code == 0 else f"{done.exit_code}: {done.output}"


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    for name, days in (("small", 0), ("large", 100)):
        ledger = Ledger(tmp_path / "ledger", WHO | {"model": "sha256:" + name * 9, "dtype": "float32"}, name)
        ledger._begin()
        file = begun(ledger, BATCHES, 1)
        for path in (file, ledger.folder / "identity.json", ledger.folder):
            os.utime(path, (time.time() - days * 86_400,) * 2)
    return tmp_path


def test_the_command_lists_what_is_kept_the_last_used_first(outputs):
    lines = command().splitlines()
    assert lines[0].split() == "model engine dtype files completions MB used folder".split()
    assert [line.split()[:5] for line in lines[1:3]] == [
        [f"{name}@{(name * 9)[:12]}", "test", "float32", "1", "5"] for name in ("small", "large")]  # fmt: skip
    assert "2 of " in lines[-1] and "To remove" not in command()
    assert "small@" in command("--model", "SMALL") and "large@" not in command("--model", "SMALL")
    assert "large@" in command("--older-than", "90") and "small@" not in command("--older-than", "90")


def test_the_command_removes_only_when_asked_and_only_what_is_chosen(outputs):
    assert "To remove these: the same with --remove" in command("--older-than", "90")
    assert re.match("1: expected what to remove, got all of it. To mend: name it", command("--remove"))
    assert len(list(outputs.glob("ledger/*"))) == 2
    assert command("--older-than", "90", "--remove").endswith("Files removed: 1\n")
    assert len(list(outputs.glob("ledger/*"))) == 1 and "small@" in command()


def test_the_command_never_removes_what_a_living_process_writes_to(outputs):
    ledger = Ledger(outputs / "ledger", WHO | {"model": "mine"}, "mine")
    ledger.add(BATCHES[0])
    begun(ledger, BATCHES[1:], 1), begun(ledger, BATCHES[1:], 2, host="elsewhere")
    assert "Files removed: 1; not removed, as a process that lives, or may, writes to them: 2" in command(
        "--model", "mine", "--remove")  # fmt: skip
    ledger.add(BATCHES[1])
    assert set(Ledger(outputs / "ledger", WHO | {"model": "mine"}).find("abc")) == set("abc")


def test_an_identity_that_cannot_be_read_is_listed(outputs):
    next(outputs.glob("ledger/*/identity.json")).write_text("[")
    assert "?" in command() and "2 of " in command()
