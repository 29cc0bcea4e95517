"""Works on many items in processes, a few at a time; none outlives the sweep. Knows nothing of the work."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection, get_all_start_methods, get_context, parent_process

LIBRARIES = [
    "llamax_kit.app.notebooks",
    "papermill",
    "nbconvert.exporters",
]  # seconds to import, once for all processes


def in_processes(work: Callable, items: Iterable, most: int, begin=lambda item: None) -> Iterator[tuple]:
    """Do `work(item)` in a process for each item, `most` at a time; yield (item, exit code, seconds) as each ends."""
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    if hasattr(context, "set_forkserver_preload"):
        context.set_forkserver_preload(LIBRARIES)
    waiting, running = list(items), {}
    try:
        while waiting or running:
            while waiting and len(running) < most:
                item = waiting.pop(0)
                child = context.Process(target=_work, args=(work, item, dict(os.environ), os.getcwd()), daemon=True)
                begin(item)
                child.start()
                running[child.sentinel] = child, item, time.monotonic()
            for sentinel in connection.wait(list(running)):
                child, item, start = running.pop(sentinel)
                child.join()
                yield item, child.exitcode, time.monotonic() - start
    finally:
        for child, *_ in running.values():
            child.terminate()
            child.join()


def _work(work: Callable, item, environment: dict, folder: str) -> None:
    """Start a process: with the present environment, without Ctrl-C, which is for the sweep, and ended with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)  # the server that forks processes has its own, as old as the first of them
    os.chdir(folder)
    threading.Thread(target=_end_with, args=[parent_process().sentinel], daemon=True).start()
    work(item)


def _end_with(sentinel) -> None:
    """End this process when the sweep's does, in whatever way: else it would write into the next sweep's folders."""
    connection.wait([sentinel])
    os._exit(1)
