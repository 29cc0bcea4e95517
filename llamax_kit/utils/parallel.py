"""Does independent pieces of work on all processors, from a notebook as from a script. Keeps no process, knows no work.

Each processor gets a Python of its own, which imports the function and nothing of the caller's script: that needs no
`if __name__ == "__main__"`, and takes over no threads of a notebook's kernel. This process waits meanwhile, for its
linear algebra would keep threads spinning on the others' processors.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

WORTH = 2.0  # seconds of work that pay for starting one more Python
ONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # threads of each


def map(function: Callable[[Any], Any], items: Iterable[Any], work: float) -> list:
    """Apply a function to each item, results in the items' order: `map(len, ["a", "bc"], work=0.1)` is [1, 2].

    function: of one argument, at the top of a module, so that another Python can import it; what it takes and gives is
    pickled. work: about how many seconds all items together take on one processor; little work stays in this process.
    What another process could not do, whatever the reason, is done here: an error is raised as if there were no other.
    """
    items = list(items)
    shares = min(processors(), len(items), int(work / WORTH))
    if shares < 2:
        return [function(item) for item in items]
    results: list = [None] * len(items)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        others = [_start(function, items[share::shares], Path(folder) / str(share)) for share in range(shares)]
        try:
            for share, (process, path) in enumerate(others):
                done = pickle.loads(path.read_bytes()) if process.wait() == 0 else None
                results[share::shares] = done or [function(item) for item in items[share::shares]]
        finally:
            for process, _ in others:
                process.kill()
                process.wait()
    return results


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(function: Callable, items: list, path: Path) -> tuple[subprocess.Popen, Path]:
    """Set another Python to work on some items, which it finds in a file and whose results it leaves there."""
    path.write_bytes(pickle.dumps((function, items)))
    work = f"from llamax_kit.utils import parallel; parallel._work({str(path)!r})"
    code = f"import sys; sys.path[:] = {sys.path!r}; {work}"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", code], env=os.environ | ONE, **quiet), path


def _work(path: str) -> None:
    function, items = pickle.loads(Path(path).read_bytes())
    Path(path).write_bytes(pickle.dumps([function(item) for item in items]))
