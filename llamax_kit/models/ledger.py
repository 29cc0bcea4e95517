r"""Every completion, kept once under what determines it. Resuming, caching and cheap re-runs all fall out of it.

A ledger is a folder for each identity (identity.json), in it one file of JSON lines for each process that wrote, in it
one line for each batch, with a checksum. Where two records of a key differ (two runs at once on a GPU), the later file
by name, which begins with the time, wins; in a file the later line. Many small files become one (`ledger_files`), in
which what a run needs is found by an index (`ledger_index`).

Lines, since SQLite relies on locks that network file systems do not keep, and a Parquet file is whole only once closed.
One line a batch makes a batch whole or absent: a resumed run generates it again with the same batch mates.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from llamax_kit.models import ledger_files, ledger_index
from llamax_kit.models.engines.base import Completion, Decoding
from llamax_kit.models.ledger_files import digest
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import clear, refuse_pointer, whole

Row = tuple[str, Completion]


def key(identity: Mapping[str, str], decoding: Decoding | str, material: list | str) -> str:
    """Hash all that determines a completion to 32 hex digits.

    identity: an engine's; decoding: a text where none is generated, that says what is asked instead ("likelihood");
    material: what the engine says of a request, for a model the ids of the prompt's tokens.
    """
    how = decoding if isinstance(decoding, str) else decoding._asdict()
    return digest([dict(identity), how, material])[:32]


class Ledger:
    """The completions of one identity under `folder`; `name` is written beside it, for people.

    damaged: files that were set aside, their intact lines kept
    torn: last lines without an end, as a killed process leaves; their batches are generated again
    """

    def __init__(self, folder: Path | str, identity: Mapping[str, str], name: str = ""):
        self.identity, self.name = dict(identity), name
        self.folder = Path(folder) / digest(self.identity)[:16]
        self.damaged: list[Path] = []
        self.torn = 0
        self._file: Path | None = None
        self._process = 0
        self._fresh, self._anywhere = "", False

    def find(self, keys: Iterable[str]) -> dict[str, Completion]:
        """Read what is kept under these keys; the others are left unread, so memory grows with the run alone.

        Makes one file of many that dead processes left. Raises KitError when the folder cannot be read. Warns of each
        damaged file.
        """
        found, files = self._found(set(keys), lambda: self.folder.glob("*.jsonl"))
        if found:
            with suppress(OSError):  # by which `llamax-kit ledger` tells when it was last used
                os.utime(self.folder / "identity.json")
        if files >= ledger_files.MANY:
            with suppress(OSError, KitError):  # a ledger that cannot be written is read all the same
                ledger_files.compact(self.folder)
        return found

    def begin_fresh(self, keys: Iterable[str], run: str = "") -> dict[str, Completion]:
        """Read what a fresh run of these keys has made that was broken off, and go on with it until `end_fresh`.

        run: its name, by which it is known on other machines too, and ended by `ledger_files.end_run`; "" for none.

        Raises KitError and warns as `find` does.
        """
        wanted = set(keys)
        self._fresh, self._anywhere = ledger_files.fresh_tag(run, wanted), bool(run)
        return self._found(wanted, self._unfinished)[0]

    def end_fresh(self) -> None:
        """End a fresh run without a name: asked again, another one begins."""
        ledger_files.end(self._unfinished())
        self._file, self._fresh = None, ""

    def _unfinished(self) -> list[Path]:
        return ledger_files.unfinished(self.folder, self._fresh, anywhere=self._anywhere)

    def _found(self, wanted: set[str], files: Callable[[], Iterable[Path]]) -> tuple[dict[str, Completion], int]:
        """Return what files hold, the later one's where two differ, and the number of files."""
        clear(self.folder)
        read: dict[Path, dict[str, Completion]] = {}
        asked = frozenset(name.encode("utf-8", "surrogatepass") for name in wanted)
        try:
            while new := set(files()) - read.keys():  # mending a file adds one, and so does compacting
                read.update((file, self._read(file, wanted, asked)) for file in new)
        except OSError as error:
            raise KitError(f"could not read the ledger {self.folder}: {error}. To mend: check the folder") from error
        return {name: completion for file in sorted(read) for name, completion in read[file].items()}, len(read)

    def add(self, rows: Iterable[Row]) -> None:
        """Append one batch as one line, on disk when this returns.

        Raises KitError when it cannot be written; nothing of the batch is then kept, all before it is.
        """
        line = ledger_files.line([[name, *completion] for name, completion in rows])
        try:
            self._append(line)
        except OSError as error:
            raise KitError(
                f"could not record a batch in the ledger {self._file or self.folder}: {error.strerror or error}. "
                f"All batches before it are kept. To mend: free some space, or name a ledger folder that can be "
                f"written, and run again: it goes on from there"
            ) from error

    def _append(self, line: bytes) -> None:
        if self._file is None or self._process != os.getpid() or not self._file.exists():  # a reader set it aside
            self._file, self._process = self._begin(), os.getpid()
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
                text = json.dumps({"name": self.name} | self.identity, indent=1)
                scratch.write_text(text + "\n", encoding="utf-8", newline="\n")
        return ledger_files.begun(self.folder, self._fresh)

    def _read(self, file: Path, wanted: set[str], asked: frozenset[bytes]) -> dict[str, Completion]:
        """Return what a file holds of `wanted`; nothing when it is damaged: its intact lines are then in a new file."""
        found = {}
        with suppress(FileNotFoundError):  # set aside meanwhile by another reader
            refuse_pointer(file)
        with suppress(FileNotFoundError), open(file, "rb") as every:
            indexed = ledger_index.lines(file, wanted)
            for line, names in ((line, wanted) for line in every) if indexed is None else indexed:
                if not line.endswith(b"\n"):
                    self.torn += 1
                elif (rows := ledger_files.rows(line, asked)) is None:
                    return self._set_aside(file)
                else:
                    found.update((name, Completion(*rest)) for name, *rest in rows if name in names)
        return found

    def _set_aside(self, file: Path) -> dict:
        with open(file, "rb") as lines:
            intact = [line for line in lines if line.endswith(b"\n") and ledger_files.rows(line) is not None]
        if intact:
            text = b"".join(intact)
            mended = ledger_files.instead(file, hashlib.sha256(text).hexdigest()[:8])
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
