"""Where progress is written: on a notebook's page as plain text, where stderr is red, else on stderr."""

import re
import sys
import time

LINE = re.compile(r"\d\d:\d\d:\d\d ")  # how a line of progress begins; an operator's log has those of a notebook


def say(text: str) -> None:
    """Write a line of progress, with the time before it."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stdout if kernel() else sys.stderr, flush=True)


def repeat(line: str) -> None:
    """Write a line that another process wrote to its stderr: progress as here, anything else to stderr."""
    print(line, end="", file=sys.stdout if kernel() and LINE.match(line) else sys.stderr, flush=True)


def kernel():
    """Return the kernel of the notebook that runs this, or None."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None)


class Lines:
    """A file for a progress bar: what it draws in place becomes a line each time."""

    def write(self, text: str) -> None:
        for line in filter(str.strip, re.split(r"[\r\n]+", text)):
            say(line.strip())

    def flush(self) -> None:
        """Do nothing: `say` has flushed."""
