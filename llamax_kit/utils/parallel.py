"""Does independent pieces of work on all processors, from a notebook as from a script. Keeps no process, knows no work.

Each processor gets a Python of its own, which imports the function and nothing of the caller's script: that needs no
`if __name__ == "__main__"`. This process waits meanwhile: its linear algebra would keep threads spinning.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from llamax_kit.utils.errors import KitError

WORTH = 2.0  # seconds of work that pay for starting one more Python
ONE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # threads of each


def map(function: Callable[[Any], Any], items: Iterable[Any], work: float) -> list:
    """Apply a function to each item, results in the items' order: `map(len, ["a", "bc"], work=0.1)` is [1, 2].

    function: of one argument, at the top of a module, so that another Python can import it; its items and results are
    pickled. work: about how many seconds all items together take on one processor; little work stays in this process.

    Raises what the function raised, with the other process's traceback as a note; KitError when another process ended
    without a result, as one that ran out of memory. Nothing is done a second time.
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
                results[share::shares] = _results(process, path)
        finally:
            for process, _ in others:
                process.kill()
                process.wait()
    return results


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(function: Callable, items: list, path: Path) -> tuple[subprocess.Popen, Path]:
    """Start another Python on some items: it reads them from a file and writes its results beside it."""
    path.write_bytes(pickle.dumps((function, items)))
    work = f"from llamax_kit.utils import parallel; parallel._work({str(path)!r})"
    code = f"import sys; sys.path[:] = {sys.path!r}; {work}"
    with open(path.with_suffix(".err"), "wb") as errors:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": errors}
        return subprocess.Popen([sys.executable, "-c", code], env=os.environ | ONE, **streams), path


def _results(process: subprocess.Popen, path: Path) -> list:
    """Wait for another Python and return its results. Raises its error, or KitError when it left none."""
    done = path.with_suffix(".done")
    if (code := process.wait()) or not done.is_file():  # whoever calls exit() ends with 0 and leaves nothing
        lines = path.with_suffix(".err").read_text("utf-8", "replace").strip().splitlines() or ["it wrote no message"]
        raise KitError(
            f"a process that computed a part of this ended with exit status {code}: {lines[-1]}. To mend: "
            f"free memory (a negative status is a signal; -9 is often the system's, out of memory) and start this "
            f"again, or use one processor (Linux: taskset --cpu-list 0 before the command)"
        )
    results, error = pickle.loads(done.read_bytes())
    if error:
        raise error
    return results


def _work(path: str) -> None:
    function, items = pickle.loads(Path(path).read_bytes())
    try:
        results, error = [function(item) for item in items], None
    except Exception as raised:
        raised.add_note(f"In another process:\n{traceback.format_exc()}")
        try:
            results, error = None, pickle.loads(pickle.dumps(raised))
        except Exception:
            raise raised from None  # one that cannot cross ends this process, its name on the last line
    Path(path).with_suffix(".done").write_bytes(pickle.dumps((results, error)))
