"""Asking an engine for what the ledger does not hold: each different request once, each batch kept as it is finished.

Knows no task: it is given keys, what they ask for, and the engine's way of doing it.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from llamax_kit.models.engines.base import Completion, Decoding
from llamax_kit.models.ledger import Ledger
from llamax_kit.utils.progress import Lines, kernel

Work = Callable[[Sequence, Set[int]], Iterator[list[tuple[int, Completion]]]]


class Book(NamedTuple):
    """What a run may find and keep: the ledger of the engine `name` (None: nothing is kept), and what it holds."""

    name: str
    ledger: Ledger | None
    kept: dict[str, Completion]

    @property
    def damage(self) -> dict:
        """What a run's timing says of the ledger: its torn lines, its damaged files."""
        torn, damaged = (self.ledger.torn, self.ledger.damaged) if self.ledger else (0, [])
        return {"torn": torn, "damaged": [each.name for each in damaged]}


class Asked(NamedTuple):
    """All completions by key, and what they took.

    counts: unique (different requests), kept (found in the ledger), generated; speed: tokens (generated now), seconds
    (loading the model included), tokens_per_second
    """

    done: dict[str, Completion]
    counts: dict[str, int]
    speed: dict[str, float]


@contextmanager
def opened(engine, keys: Sequence[str], ledger: Path | str | None, fresh: bool | str) -> Iterator[Book]:
    """Open an engine's ledger and read what it holds of these keys; where nothing is raised, a fresh run has ended."""
    if ledger is None:
        yield Book(engine.name, None, {})
        return
    book, run = Ledger(ledger, engine.identity, engine.name), fresh if isinstance(fresh, str) else ""
    yield Book(engine.name, book, book.begin_fresh(keys, run) if fresh else book.find(keys))
    if fresh and not run:  # a named one is ended by its record
        book.end_fresh()


def ask(book: Book, keys: Sequence[str], requests: Sequence, work: Work, *, unit: str, progress: bool) -> Asked:
    """Have an engine do what the book does not hold, and keep each batch; `work`: the engine's `complete`, or another.

    keys: one for each request; requests of one key are one.
    """
    unique = dict(zip(keys, requests, strict=True))
    names, done = list(unique), {each: book.kept[each] for each in unique if each in book.kept}
    skip = frozenset(at for at, each in enumerate(names) if each in done)
    counts = {"unique": len(names), "kept": len(skip), "generated": len(names) - len(skip)}
    tokens, start = 0, time.perf_counter()
    if not counts["generated"]:
        return Asked(done, counts, {"tokens": 0, "seconds": 0.0, "tokens_per_second": 0.0})
    with _bar(book.name, len(names), kept=len(skip), unit=unit, show=progress) as bar:
        for batch in work(list(unique.values()), skip):
            named = [(names[at], completion) for at, completion in batch]
            if book.ledger:
                book.ledger.add(named)
            done.update(named)
            tokens += sum(each.tokens for _, each in named)
            bar.set_postfix_str(f"{tokens / (time.perf_counter() - start):.0f} tokens/s", refresh=False)
            bar.update(len(named))
    seconds = time.perf_counter() - start
    speed = {"tokens": tokens, "seconds": round(seconds, 3), "tokens_per_second": round(tokens / seconds, 1)}
    return Asked(done, counts, speed)


def completing(engine, plan: Decoding) -> Work:
    """Return an engine's `complete` with its decoding filled in."""
    return lambda requests, skip: engine.complete(requests, plan, skip)


def facts(engine, plan: Decoding, prompt: str) -> dict:
    """Return what a run's record says of an engine and of what it was asked: model, decoding, prompt, languages."""
    trained = getattr(engine, "training_languages", None)
    known = trained and {"whose": trained.whose, "codes": sorted(trained.codes)}
    return {"model": engine.identity, "decoding": plan._asdict(), "prompt": prompt, "training_languages": known}


def _bar(name: str, total: int, *, kept: int, unit: str, show: bool):
    """Return a progress bar: in the page where someone looks, else one plain line a minute in the log."""
    from tqdm.auto import tqdm as page
    from tqdm.std import tqdm as plain

    look = {"desc": name, "total": total, "initial": kept, "unit": f" {unit}", "disable": not show}
    if _watched():
        return page(**look)
    return plain(**look, file=Lines(), mininterval=60, maxinterval=60, delay=60, ascii=True)


def _watched() -> bool:
    """Return whether somebody can see the bar move: a terminal, or a notebook in a front end."""
    if page := kernel():  # papermill and nbconvert send with each cell that nobody can be asked for input
        return bool(page.get_parent().get("content", {}).get("allow_stdin"))
    return sys.stderr.isatty()
