"""Files written whole or not at all, read soundly or refused, and hashes of files. Does not know what they mean."""

import csv
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from llamax_kit.utils.errors import KitError

ABANDONED = 3600  # seconds without a change, after which a scratch file is a killed process's
LARGE = 1_000_000  # bytes; smaller files are hashed every time
SETTLED = 2_000_000_000  # nanoseconds; what was changed so lately may change again within one tick of its clock
POINTER = re.compile(rb"(?:\xef\xbb\xbf)?version https://(?:git-lfs|hawser)\.github\.com/spec/v\d\s")


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Yield a scratch path beside `path`; when the block ends well it takes `path`'s place, otherwise nothing changes.

    Raises KitError when the folder cannot be written or the disk is full; `path` is then as it was.
    """
    path = Path(path)
    scratch = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        scratch = Path(name)
        yield scratch
        with open(scratch, "rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner reads
        os.replace(scratch, path)
    except OSError as error:
        raise KitError(
            f"could not write {path}: {error}. Nothing of it was kept. "
            f"To mend: free some space, or name an output folder that can be written"
        ) from error
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)


def abandoned(scratch: Path) -> bool:
    """Return whether a scratch path of `whole` is a killed process's: nobody has written to it lately."""
    try:
        return time.time() - scratch.stat().st_mtime > ABANDONED
    except FileNotFoundError:  # it has just become a file
        return False


def refuse_pointer(path: Path | str) -> None:
    """Raise KitError for a Git LFS pointer: three lines of text that stand for a file until it is downloaded.

    Asked by whatever reads a file of a user's: as text, a pointer would be three sentences. Raises OSError as `open`.
    """
    with open(path, "rb") as file:
        start = file.read(1024)  # as long as a pointer may be
    if POINTER.match(start) and (told := re.search(rb"^size (\d+)", start, re.MULTILINE)):
        raise KitError(
            f"{path} is a Git LFS pointer, not the file itself: it stands for {int(told[1]):,} bytes that were not "
            f"downloaded. To mend: run `git lfs install` and `git lfs pull` in the git clone that it is from, or "
            f"download the file itself (a ZIP of a repository holds pointers, too)"
        )


def sound(path: Path, read: Callable, remedy: str):
    """Return `read(path)`. Raises KitError, with the remedy, for a file that is damaged: JSON, CSV or Parquet."""
    try:
        refuse_pointer(path)
        return read(path)
    except (ValueError, OSError) as error:
        fault = (str(error).splitlines() or ["it cannot be read"])[0]
        raise KitError(f"{path} is damaged: {fault}. To mend: {remedy}") from error


def csv_rows(path: Path, remedy: str) -> tuple[list[str], list[dict]]:
    """Read a CSV file that somebody wrote: its columns, and each row by column; None for cells that a short row lacks.

    Raises KitError, with the remedy, for a file that cannot be read, is not UTF-8, or breaks off inside quotes.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            return list(reader.fieldnames or []), list(reader)
    except (OSError, ValueError, csv.Error) as error:  # what is not UTF-8 is a ValueError
        raise KitError(f"{path} cannot be read as CSV: {error}. To mend: {remedy}") from error


def sha256(path: Path | str) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identity(path: Path | str) -> list[int]:
    """Return what changes when a file does, without reading it: size, times of change of content and status, inode.

    The time of the content alone is kept by `cp -p`, `rsync -t` and `tar`: another file with it may take a path.
    """
    stat = os.stat(path)
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def kept_sha256(path: Path | str) -> str:
    """Return the hex SHA-256 of a file's bytes; that of a large one is kept for its `identity`: 27 GB take a minute."""
    before = identity(path)
    if before[0] < LARGE:
        return sha256(path)
    from platformdirs import user_cache_path

    facts = f"{os.fspath(Path(path).resolve())} {before}"
    note = user_cache_path("llamax-kit") / "hashes" / hashlib.sha256(facts.encode()).hexdigest()
    if note.is_file() and len(kept := note.read_text()) == 64:
        return kept
    digest = sha256(path)
    if identity(path) == before and time.time_ns() - before[2] > SETTLED:  # else it may be being written
        with suppress(KitError), whole(note) as scratch:  # a cache that cannot be written costs time, nothing else
            scratch.write_text(digest, encoding="ascii", newline="\n")
    return digest


def hashes(root: Path, files: Iterable[Path], known: Mapping[str, list]) -> dict[str, list]:
    """Return each file's `identity` and SHA-256 by its name in `root`: {"mono/sw.txt": [9, 17…, 17…, 4711, "ab…"]}.

    known: an earlier result for the files of this folder; one of the same identity is not read again.

    Raises KitError for a file that cannot be read.
    """
    found = {}
    for path in files:
        name = path.relative_to(root).as_posix()
        try:
            now, before = identity(path), known.get(name, [""])
            found[name] = [*now, before[-1] if before[:-1] == now else sha256(path)]
        except OSError as error:
            raise KitError(f"could not read {path}: {error.strerror}. To mend: name a file that can be read") from error
    return found
