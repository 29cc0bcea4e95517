"""Which process is which, in words that a file's name can hold, `<host>-<number>-<start>`, and whether it lives.

The start tells it from an earlier process of its number. On Linux it is counted in ticks since the machine's start (see
proc(5)), as psutil's time of creation changes whenever the clock is set; other systems keep that time themselves.
"""

import os
import platform
import re
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process of any machine. `start`: "" where it was not noted, seconds where an older kit noted it."""

    host: str
    number: int
    start: str

    def __str__(self) -> str:
        return f"{self.host}-{self.number}-{self.start}"

    @property
    def here(self) -> bool:
        """Whether it is a process of this machine; of another one nobody can see here whether it lives."""
        return self.host == platform.node()

    def lives(self) -> bool:
        """Return whether a process of this machine lives; numbers are given again, so its start must be the same."""
        import psutil

        try:
            found = psutil.Process(self.number)
            if found.status() == psutil.STATUS_ZOMBIE:
                return False
            if self.start.isdecimal():
                return abs(found.create_time() - int(self.start)) < 3
            return self.start in ("", _start(self.number))
        except (psutil.NoSuchProcess, OverflowError):
            return False
        except psutil.AccessDenied:  # another user's
            return True


def own() -> Process:
    """Return this process."""
    return Process(platform.node(), os.getpid(), _start(os.getpid()))


def read(words: str) -> Process | None:
    """Read a process back from its words; None when they are none."""
    parts = re.fullmatch(r"(.*)-(\d+)-(\w*)", words)
    return Process(parts[1], int(parts[2]), parts[3]) if parts else None


def _start(number: int) -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        fields = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()  # a name may hold spaces
        return f"{boot}_{int(fields[19])}"
    except (OSError, ValueError, IndexError):
        import psutil

        return str(int(psutil.Process(number).create_time()))
