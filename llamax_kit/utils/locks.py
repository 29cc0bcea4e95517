"""Which process is at work in a run's folder, so that no second one begins. Says nothing of what is done there.

A process marks the folder by an empty file whose name says who it is, `.running-<host>-<process>-<its start>`. Nothing
is locked: a lock of a network disk is not to be relied on, and a mark whose process is dead holds nobody up. No two
times are compared: a clock may be set.
"""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from llamax_kit.utils import processes
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import clear
from llamax_kit.utils.terminal import visible


class Holder(NamedTuple):
    """A process that marked a folder; whether one of another host still lives cannot be seen from here."""

    process: int
    host: str
    since: datetime
    here: bool

    def __str__(self) -> str:
        where = "this machine" if self.here else f"another machine, {self.host},"
        return f"process {self.process} of {where} since {self.since:%Y-%m-%d %H:%M:%S}"


class Busy(KitError):
    """A run that another process of this machine is executing. Carries `holder`."""

    def __init__(self, folder: Path, holder: Holder):
        self.holder = holder
        super().__init__(
            f"{folder} is being run by {holder}. To mend: wait until that has ended, or give this one another name"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Mark a folder as this process's for as long as the block lasts, and remove what dead processes left in it.

    A mark of another machine is named on stderr and removed too: nobody here can see whether its process still lives.

    Raises Busy when a living process of this machine was there first; of two that come at one moment both step back.
    """
    own = folder / f".running-{processes.own()}"
    if own.exists():  # by a block around this one
        yield
        return
    try:
        own.touch()
        while others := _living(folder).keys() - {own}:
            own.unlink()
            time.sleep(random.uniform(0.05, 0.3))  # one that came at this moment steps back, too
            for mark, other in _living(folder).items():
                if mark in others:
                    raise Busy(folder, other)
            own.touch()
        for mark, other in _marks(folder):
            if other and not other.here:
                unseen = f"{folder} was being run by {other}: whether it still is cannot be seen here"
                print(visible(unseen), file=sys.stderr)
                mark.unlink(missing_ok=True)
        tidy(folder)
        yield
    finally:
        own.unlink(missing_ok=True)


@contextmanager
def awaited(folder: Path, seconds: float) -> Iterator[None]:
    """Mark a folder as `held` does, but wait `seconds` for another process. Raises Busy when that takes longer."""
    end = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(held(folder))
                break
            except Busy:
                if time.monotonic() > end:
                    raise
                time.sleep(random.uniform(0.1, 0.5))  # two that came at one moment come apart
        yield


def tidy(folder: Path) -> None:
    """Remove what dead processes of this machine left in a folder: their marks, and files they had not finished."""
    for mark, other in _marks(folder):
        if other is None:
            mark.unlink(missing_ok=True)
    clear(folder)


def holder(folder: Path) -> Holder | None:
    """Return the process that is at work in a folder, or may be: one of this machine before one of another."""
    found = [each for _, each in _marks(folder) if each]
    return max(found, key=lambda each: each.here, default=None)


def _living(folder: Path) -> dict[Path, Holder]:
    return {mark: other for mark, other in _marks(folder) if other and other.here}


def _marks(folder: Path) -> Iterator[tuple[Path, Holder | None]]:
    """Yield each mark and its process; None for a dead one of this machine."""
    for mark in sorted(folder.glob(".running-*")):
        try:
            since = datetime.fromtimestamp(mark.stat().st_mtime)
        except FileNotFoundError:  # it has just ended
            continue
        if found := processes.read(mark.name.removeprefix(".running-")):
            living = not found.here or found.lives()
            yield mark, Holder(found.number, found.host, since, found.here) if living else None
