r"""The files of a ledger: what their names tell, what their lines hold, and how many small ones become one.

`<time>_<digits>_<host>-<process>-<start>.jsonl` is one process's; `.fresh-<digits>` before the ending, of a fresh run
that has not ended; `.<8 digits>`, made of others, so that nobody appends to it. Files are ordered by name.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from llamax_kit.models import ledger_index
from llamax_kit.utils import processes
from llamax_kit.utils.files import whole

MANY = 16  # files of dead processes that are made one
LARGEST = 1_000_000_000  # bytes of a file that is made of others: its index is made in memory, a third of that
TIME = "%Y%m%dT%H%M%S%f"
NAME = re.compile(
    r"(?P<time>\d{8}T\d{12})(?:_[0-9a-f]{8}_(?P<writer>.+?)|-(?P<older>.+-)[0-9a-f]{8})"  # an older kit noted no start
    r"(?P<fresh>\.fresh-[0-9a-f]+)?(?:\.[0-9a-f]{8})?\.jsonl"
)
LINE = re.compile(rb'\{"sha256":"([0-9a-f]{64})","rows":(.*)\}\n')
ROW = rb'\["[^"\\]++","(?:[^"\\]++|\\.)*+","\w++",\d++\]'
ROWS = re.compile(rb"\[(?:" + ROW + rb"(?:," + ROW + rb")*+)?\]")
KEY = re.compile(rb'\["([^"\\]++)","')


def begun(folder: Path, fresh: str = "") -> Path:
    """Return the name of a file that this process begins: it comes after all there are, whatever the clock says."""
    times = [found["time"] for file in folder.glob("*.jsonl") if (found := NAME.fullmatch(file.name))]
    now = f"{datetime.now(UTC):{TIME}}"
    if times and now <= (last := max(times)):
        now = f"{datetime.strptime(last, TIME) + timedelta(microseconds=1):{TIME}}"
    tag = f".fresh-{fresh}" if fresh else ""
    return folder / f"{now}_{secrets.token_hex(4)}_{processes.own()}{tag}.jsonl"


def instead(file: Path, digits: str) -> Path:
    """Return the name of a file that takes this one's place in the order; nobody appends to it."""
    return file.with_name(re.sub(r"(\.fresh-[0-9a-f]+)?(\.[0-9a-f]{8})?\.jsonl$", f".{digits}.jsonl", file.name))


def writer(file: Path) -> processes.Process | None:
    """Return the process that a file is of; None for a name that tells none."""
    found = NAME.fullmatch(file.name)
    return processes.read(found["writer"] or found["older"]) if found else None


def unfinished(folder: Path, fresh: str, *, anywhere: bool) -> list[Path]:
    """List what a fresh run that was broken off left, not what another process writes; of another machine if asked."""
    found = [(file, writer(file)) for file in sorted(folder.glob(f"*.fresh-{fresh}.jsonl"))]
    mine = processes.own()
    return [file for file, of in found if of and (of == mine or (not of.lives() if of.here else anywhere))]


def fresh_tag(run: str, keys: Iterable[str] = ()) -> str:
    """Return the digits that mark a fresh run of these keys; without keys, what those of all its keys begin with."""
    return digest(run)[:8] + (digest(sorted(keys))[:8] if keys else "")


def end(files: Iterable[Path]) -> None:
    """Make the files of a fresh run like all others: it has ended."""
    for file in files:
        with suppress(OSError):
            file.rename(file.with_name(re.sub(r"\.fresh-[0-9a-f]+", "", file.name)))


def end_run(ledger: Path, run: str) -> None:
    """End what a run of this name has translated afresh, with any model: asked again, another one begins."""
    end(list(ledger.glob(f"*/*.fresh-{fresh_tag(run)}*.jsonl")))


def line(rows: list[list]) -> bytes:
    """Return a batch as a line with its checksum."""
    text = json.dumps({"sha256": digest(rows), "rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def rows(line: bytes, wanted: Set[bytes] | None = None) -> list[list] | None:
    """Return the rows of a line, or None when it is not what was written.

    wanted: keys; the rows of an intact line without any of them are not parsed, and [] is returned.
    """
    parts = LINE.fullmatch(line)
    intact = parts and ROWS.fullmatch(parts[2]) and hashlib.sha256(parts[2]).hexdigest() == parts[1].decode()
    if intact and wanted is not None and wanted.isdisjoint(KEY.findall(parts[2])):
        return []
    try:
        record = json.loads(line)
        found = record["rows"]
        good = intact or (isinstance(found, list) and all(map(_is_row, found)) and record["sha256"] == digest(found))
        return found if good else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def count(file: Path) -> tuple[set[bytes], int]:
    """Return the keys of a file, as bytes, and its size in bytes."""
    with open(file, "rb") as lines:
        return {key for line in lines for key in KEY.findall(line)}, os.fstat(lines.fileno()).st_size


def digest(value: object) -> str:
    """Hash what JSON can hold, in its shortest form."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def compact(folder: Path) -> None:
    """Make one file of many neighbours in the order whose processes are dead, whole or not at all.

    It has an index. A file as large as all that follow it is left: so a byte is copied a few times, however many runs
    there are. Raises OSError or KitError when it cannot be done; all is then as it was.
    """
    for index in folder.glob("*.keys"):
        if not index.with_suffix(".jsonl").exists():
            index.unlink(missing_ok=True)
    for settled, group in groupby(sorted(folder.glob("*.jsonl")), _settled):
        files = list(group)
        sizes = [file.stat().st_size for file in files]
        while len(files) >= MANY and (sizes[0] > sum(sizes[1:]) or sum(sizes) > LARGEST):
            del files[0], sizes[0]
        if settled and len(files) >= MANY:
            _merge(files)


def _settled(file: Path) -> bool:
    """Return whether nobody can append to a file: its process is one of this machine, and dead; no fresh run's."""
    found, of = NAME.fullmatch(file.name), writer(file)
    return bool(found and of and not found["fresh"] and of.here and not of.lives())


def _merge(files: list[Path]) -> None:
    """Write all lines into one file, each once, where it stands last; then remove the files, the first one first.

    Killed in between, the new file is beside the last of those that it was made of: read after it, they change nothing.
    """
    last = {hashlib.sha256(line).digest(): at for at, line in enumerate(_intact(files))}
    keep, made = set(last.values()), instead(files[-1], secrets.token_hex(4))
    with whole(made) as scratch, open(scratch, "wb") as target:
        entries: list[bytes] = []
        for at, line in enumerate(_intact(files)):
            if at in keep:
                entries += [ledger_index.entry(row[0], target.tell()) for row in rows(line) or []]
                target.write(line)
        ledger_index.write(made, entries, target.tell())
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(files[0].parent, os.O_RDONLY)
        try:
            os.fsync(handle)  # the new name, before the old ones go
        finally:
            os.close(handle)
    for file in files:
        remove(file)


def remove(file: Path) -> None:
    """Remove a file and its index, where they are. Raises OSError when that fails."""
    ledger_index.path(file).unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _intact(files: Sequence[Path]) -> Iterator[bytes]:
    """Yield the lines of files, but no torn one; raise OSError at a damaged one, which a reader sets aside."""
    for file in files:
        with open(file, "rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    if rows(line, frozenset()) is None:
                        raise OSError(f"{file} is damaged")
                    yield line


def _is_row(row: object) -> bool:
    return isinstance(row, list) and list(map(type, row)) == [str, str, str, int]
