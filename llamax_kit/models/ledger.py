r"""Every completion, kept once under what determines it. Resuming, caching and cheap re-runs all fall out of it.

A ledger is a folder for each identity (identity.json), in it one file of JSON lines for each process that wrote, in it
one line for each batch, with a checksum. Where two records of a key differ (two runs at once on a GPU), the later file
by name, which begins with the time, wins; in a file the later line.

Lines, since SQLite relies on locks that network file systems do not keep, and a Parquet file is whole only once closed.
One line a batch makes a batch whole or absent: a resumed run generates it again with the same batch mates.
"""

import hashlib
import json
import os
import secrets
import socket
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from llamax_kit.models.engines.base import Completion, Decoding
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer, whole

Row = tuple[str, Completion]


def key(identity: Mapping[str, str], decoding: Decoding, material: list[int] | str) -> str:
    """Hash all that determines a completion to 32 hex digits.

    identity: an engine's; material: what it says of a request, for a model the ids of the prompt's tokens.
    """
    return _hash([dict(identity), decoding._asdict(), material])[:32]


class Ledger:
    """The completions of one identity under `folder`.

    damaged: files that were set aside, their intact lines kept
    torn: last lines without an end, as a killed process leaves; their batches are generated again
    """

    def __init__(self, folder: Path | str, identity: Mapping[str, str]):
        self.identity = dict(identity)
        self.folder = Path(folder) / _hash(self.identity)[:16]
        self.damaged: list[Path] = []
        self.torn = 0
        self._file: Path | None = None

    def find(self, keys: Iterable[str]) -> dict[str, Completion]:
        """Read what is kept under these keys; the others are left unread, so memory grows with the run alone.

        Raises KitError when the folder cannot be read. Warns of each damaged file.
        """
        wanted, read = set(keys), {}
        try:
            while new := set(self.folder.glob("*.jsonl")) - read.keys():  # mending a file adds one
                read.update((file, self._read(file, wanted)) for file in new)
        except OSError as error:
            raise KitError(f"could not read the ledger {self.folder}: {error}. To mend: check the folder") from error
        return {name: completion for file in sorted(read) for name, completion in read[file].items()}

    def add(self, rows: Iterable[Row]) -> None:
        """Append one batch as one line, on disk when this returns.

        Raises KitError when it cannot be written; nothing of the batch is then kept, all before it is.
        """
        line = _line([[name, *completion] for name, completion in rows])
        try:
            self._append(line)
        except OSError as error:
            raise KitError(
                f"could not record a batch in the ledger {self._file or self.folder}: {error.strerror or error}. "
                f"All batches before it are kept. To mend: free some space, or name a ledger folder that can be "
                f"written, and run again: it goes on from there"
            ) from error

    def _append(self, line: bytes) -> None:
        if self._file is None or not self._file.exists():  # set aside by a reader that found it damaged
            self._file = self._begin()
        with open(self._file, "ab", buffering=0) as file:
            good = file.tell()
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(good)
                self._file = None  # should that have failed too, nothing is written behind a torn line
                raise

    def _begin(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "identity.json").exists():
            with whole(self.folder / "identity.json") as scratch:
                scratch.write_text(json.dumps(self.identity, indent=1) + "\n", encoding="utf-8", newline="\n")
        now = datetime.now(UTC)
        return self.folder / f"{now:%Y%m%dT%H%M%S%f}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"

    def _read(self, file: Path, wanted: set[str]) -> dict[str, Completion]:
        """Return what a file holds of `wanted`; nothing when it is damaged: its intact lines are then in a new file."""
        found = {}
        with suppress(FileNotFoundError):  # set aside meanwhile by another reader
            refuse_pointer(file)
        with suppress(FileNotFoundError), open(file, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    self.torn += 1
                elif (rows := _rows(line)) is None:
                    return self._set_aside(file)
                else:
                    found.update((name, Completion(*rest)) for name, *rest in rows if name in wanted)
        return found

    def _set_aside(self, file: Path) -> dict:
        with open(file, "rb") as lines:
            intact = [line for line in lines if line.endswith(b"\n") and _rows(line) is not None]
        if intact:
            text = b"".join(intact)
            mended = file.with_name(f"{file.name.split('.')[0]}.{hashlib.sha256(text).hexdigest()[:8]}.jsonl")
            with whole(mended) as scratch:
                scratch.write_bytes(text)
        aside = file.with_suffix(".damaged")
        file.rename(aside)
        self.damaged.append(aside)
        warnings.warn(
            f"the ledger file {file} is damaged: set aside as {aside.name}; its {len(intact)} intact batches are kept, "
            f"the others will be generated again",
            stacklevel=2,
        )
        return {}


def _hash(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _line(rows: list[list]) -> bytes:
    text = json.dumps({"sha256": _hash(rows), "rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _rows(line: bytes) -> list[list] | None:
    """Return the rows of a line, or None when it is not what was written."""
    try:
        record = json.loads(line)
        return record["rows"] if record["sha256"] == _hash(record["rows"]) else None
    except (ValueError, TypeError, KeyError):
        return None
