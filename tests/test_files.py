"""Files are whole or untouched, whatever goes wrong; errors teach."""

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llamax_kit.utils import files
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer, sha256, sound, whole


def test_a_block_that_fails_leaves_the_old_file_and_no_scratch(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole(path) as scratch:
        scratch.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_a_block_that_ends_well_replaces_the_file_and_makes_its_folder(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with whole(path) as scratch:
        scratch.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]


def test_a_file_in_the_folders_place_is_said_with_the_path_and_a_remedy(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(KitError, match=r"taken/table\.csv.*To mend: free some space"):
        with whole(tmp_path / "taken" / "table.csv"):
            pass


def test_a_full_disk_writes_nothing(tmp_path):
    """A file-size limit stands in for a full disk: as root, permissions stop nothing."""
    path = tmp_path / "table.csv"
    path.write_text("old")
    code = (
        "import sys; from llamax_kit.utils.files import whole\n"
        "with whole(sys.argv[1]) as scratch: scratch.write_bytes(b'x' * 100_000)"
    )

    def small_files_only():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], preexec_fn=small_files_only, capture_output=True, text=True
    )
    assert "KitError: could not write" in done.stderr and "File too large" in done.stderr
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


WRITE = """\
import pathlib, sys
from llamax_kit.utils.files import whole
with whole(sys.argv[1]) as scratch:
    scratch.write_text("half")
    print(scratch, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_cleared_at_once_and_never_what_a_living_one_writes(tmp_path):
    path = tmp_path / "below" / ("é" * 100 + ".table.csv")
    with subprocess.Popen([sys.executable, "-c", WRITE, path], stdin=-1, stdout=-1, text=True) as process:
        left = Path(process.stdout.readline().strip())
        os.utime(left, (0, 0))  # whatever the clock says
        files.clear(tmp_path)
        assert left.exists() and left.parent == path.parent and left.suffix == ".csv"
        process.kill()
    files.clear(tmp_path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", [".a.csv.writing-far.example-4711-ab12_7-x_yz1234.csv", ".a.csv.a1b2c3d4.csv"])
def test_of_an_unknown_process_the_time_decides_and_one_to_come_is_none(tmp_path, name):
    left = tmp_path / name
    for ahead, there in ((-30, True), (30, True), (-files.ABANDONED - 60, False), (10**8, False)):
        left.touch()
        os.utime(left, (time.time() + ahead,) * 2)
        files.clear(tmp_path)
        assert left.exists() == there


@pytest.mark.parametrize("name", [".gitignore", ".config.settings", ".my.notes.txt", ".a.csv.a1b2c3d4.txt", "a.csv"])
def test_what_is_no_scratch_file_is_never_cleared(tmp_path, name):
    (tmp_path / name).touch()
    os.utime(tmp_path / name, (0, 0))
    files.clear(tmp_path)
    assert (tmp_path / name).exists()


def test_sha256_is_hashlibs(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()


def test_an_unknown_name_carries_its_data_and_names_the_nearest():
    error = UnknownName(
        "language",
        given="swe_latn",
        choices=["swe_Latn", "deu_Latn", *"abcdefg"],
        remedy="see them with: llamax-kit languages",
    )
    assert (error.what, error.given, error.nearest[0]) == ("language", "swe_latn", "swe_Latn")
    assert "unknown language 'swe_latn'. Nearest: swe_Latn" in str(error)
    assert "llamax-kit languages" in str(error)


def test_hashes_of_files_that_are_as_they_were_are_taken_as_known(tmp_path, monkeypatch):
    (tmp_path / "mono").mkdir()
    one, other = tmp_path / "mono/sw.txt", tmp_path / "tr.txt"
    one.write_text("moja\n"), other.write_text("bir\n")
    known = files.hashes(tmp_path, [one, other], {})
    assert known["mono/sw.txt"] == [*files.identity(one), sha256(one)] and list(known) == ["mono/sw.txt", "tr.txt"]
    os.utime(one, ns=(0, 0))
    other.write_text("iki\n")
    os.utime(other, ns=(0, known["tr.txt"][1] + 1))
    read = []
    monkeypatch.setattr(files, "sha256", lambda path: read.append(path) or sha256(path))
    again = files.hashes(tmp_path, [one, other], known)
    assert read == [one, other] and again["mono/sw.txt"] == [*files.identity(one), known["mono/sw.txt"][-1]]
    assert again["tr.txt"][-1] == hashlib.sha256(b"iki\n").hexdigest() != known["tr.txt"][-1]
    assert files.hashes(tmp_path, [one, other], again) == again and len(read) == 2
    with pytest.raises(KitError, match="none.txt.*To mend: name a file"):
        files.hashes(tmp_path, [tmp_path / "none.txt"], {})


@pytest.mark.parametrize("way", ["replaced", "written over", "copied over"])
def test_another_file_of_equal_size_and_time_is_hashed_anew(way, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(files, "SETTLED", 0)
    kept, other = tmp_path / "model.safetensors", tmp_path / "other.safetensors"
    kept.write_bytes(b"a" * files.LARGE), other.write_bytes(b"b" * files.LARGE)
    stamp = kept.stat()
    assert files.kept_sha256(kept) == sha256(kept)
    assert list((tmp_path / "cache").rglob("hashes/*")), "it was kept"
    noted = files.hashes(tmp_path, [kept], {})
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    if way == "replaced":
        other.replace(kept)
    elif way == "written over":
        kept.write_bytes(other.read_bytes())
        os.utime(kept, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    else:
        shutil.copy2(other, kept)
    assert (kept.stat().st_size, kept.stat().st_mtime_ns) == (stamp.st_size, stamp.st_mtime_ns)
    expected = hashlib.sha256(b"b" * files.LARGE).hexdigest()
    assert files.kept_sha256(kept) == expected == files.hashes(tmp_path, [kept], noted)[kept.name][-1]


def test_a_file_that_was_changed_just_now_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"a" * files.LARGE)
    assert files.kept_sha256(path) == sha256(path) and not list((tmp_path / "cache").rglob("hashes/*"))


def test_a_short_list_of_choices_is_named_whole():
    error = UnknownName("prompt", given="alpacca", choices=["alpaca", "paper", "chat"], remedy="use one of these")
    assert str(error) == "unknown prompt 'alpacca'. One of: alpaca, paper, chat. To mend: use one of these"
    assert error.nearest == ["alpaca"]
    assert "One of: a, b, c, d, e, f, g, h. To" in str(
        UnknownName("letter", given="z", choices="abcdefgh", remedy="use one of these")
    )
    assert (
        str(UnknownName("run", given="99", choices="abcdefghi", remedy="x"))
        == "unknown run '99'. No name is like it. To mend: x"
    )
    assert "unknown run 'z'. There is none yet." in str(UnknownName("run", given="z", choices=[], remedy="make one"))


def test_the_package_itself_imports_nothing_heavy():
    code = "import sys, llamax_kit; print([m for m in ('torch', 'pandas', 'numpy', 'sacrebleu') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# Git LFS pointers, as https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md has them

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a2146' * 8}\nsize 12345\n"
POINTERS = {
    "plain": POINTER,
    "with an extension": POINTER.replace("oid", f"ext-0-foo sha256:{'ab' * 32}\noid", 1),
    "before its release": POINTER.replace("git-lfs", "hawser"),
    "Windows": POINTER.replace("\n", "\r\n"),
    "without an end": POINTER.removesuffix("\n"),
}
TEXTS = {
    "empty": "",
    "about one": f"A pointer begins so:\n{POINTER}",
    "first line alone": "version https://git-lfs.github.com/spec/v1\nSo begins a pointer.\n",
    "another version": "version 1\noid sha256:ab\nsize 3\n",
}


@pytest.mark.parametrize("text", POINTERS.values(), ids=POINTERS)
def test_a_git_lfs_pointer_is_refused(text, tmp_path):
    (tmp_path / "en.txt").write_bytes(text.encode())
    told = r"en\.txt is a Git LFS pointer.* 12,345 bytes .*To mend: .*`git lfs pull`"
    with pytest.raises(KitError, match=told):
        refuse_pointer(tmp_path / "en.txt")
    with pytest.raises(KitError, match=told):
        sound(tmp_path / "en.txt", lambda path: path.read_text(), "fetch it again")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_only_looks_like_a_pointer_is_not_refused(text, tmp_path):
    (tmp_path / "en.txt").write_text(text)
    refuse_pointer(tmp_path / "en.txt")
