"""What the ledger keeps, by model as it was run, for the command line; and its removal."""

import json
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from llamax_kit.models import ledger_files
from llamax_kit.runs import storage
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import clear

DAY = 86_400  # seconds


class Kept(NamedTuple):
    """The completions of one identity: all that determines them, by name. `size` in bytes; `used`: read or written."""

    folder: Path
    identity: dict[str, str]
    files: list[Path]
    completions: int
    size: int
    used: datetime

    @property
    def facts(self) -> tuple[str, str, str]:
        """The model (its name, and the beginning of its revision), its engine and version, dtype and device."""
        of = self.identity.get
        engine, revision = of("engine", "?"), (of("model") or "").removeprefix("sha256:")[:12]
        model = [of("name") or engine, f"@{revision}" * bool(revision), f"+{of('adapter')}" * bool(of("adapter"))]
        version = of(engine) or of("version") or ""
        return "".join(model), f"{engine} {version}".strip(), f"{of('dtype', '')} {of('device', '')}".strip() or "–"


def place() -> Path:
    """Return the folder of all ledgers."""
    return storage.outputs() / "ledger"


def kept(model: str = "", days: int | None = None) -> list[Kept]:
    """List what is kept, last used first: of models whose name, folder or revision contains `model`, unused for `days`.

    Raises KitError when it cannot be read.
    """
    try:
        every = [_kept(folder) for folder in place().glob("*/") if folder.is_dir()]
    except OSError as error:
        raise KitError(f"could not read the ledger {place()}: {error}. To mend: check the folder") from error
    named = [(each, " ".join([*each.facts, *each.identity.values(), each.folder.name])) for each in every]
    found = [each for each, words in named if model.casefold() in words.casefold()]
    old = [each for each in found if days is None or time.time() - each.used.timestamp() >= days * DAY]
    return sorted(old, key=lambda each: each.used, reverse=True)


def remove(found: list[Kept]) -> str:
    """Remove the files of these, but those that a living process may write, and return what was done.

    Of a process of another machine that cannot be seen: its file is left for a day after its last change. Raises
    KitError when a file cannot be removed.
    """
    files = [file for each in found for file in each.files]
    left = [file for file in files if _written(file)]
    try:
        for each in found:
            for file in each.files:
                if file not in left:
                    ledger_files.remove(file)
            if not any(each.folder.glob("*.jsonl")):
                clear(each.folder)
                (each.folder / "identity.json").unlink(missing_ok=True)
                with suppress(OSError):  # something else lies there
                    each.folder.rmdir()
    except OSError as error:
        raise KitError(f"could not remove {error.filename}: {error.strerror}. To mend: check the folder") from error
    kept = f"; not removed, as a process that lives, or may, writes to them: {len(left)}" if left else ""
    return f"Files removed: {len(files) - len(left)}{kept}"


def _kept(folder: Path) -> Kept:
    try:
        identity = json.loads((folder / "identity.json").read_text(encoding="utf-8"))
        told = {name: str(value) for name, value in identity.items() if value}
    except (OSError, ValueError, AttributeError):
        told = {}
    files = [*sorted(folder.glob("*.jsonl")), *sorted(folder.glob("*.damaged"))]
    counts = [ledger_files.count(file) for file in files]
    times = [path.stat().st_mtime for path in (*files, folder / "identity.json", folder) if path.exists()]
    used = datetime.fromtimestamp(max(times[:-1] or times))
    return Kept(folder, told, files, len(set().union(*(keys for keys, _ in counts))), sum(s for _, s in counts), used)


def _written(file: Path) -> bool:
    of = ledger_files.writer(file)
    if of and of.here:
        return of.lives()
    return file.suffix == ".jsonl" and abs(time.time() - file.stat().st_mtime) < DAY
