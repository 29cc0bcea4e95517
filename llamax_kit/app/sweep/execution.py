"""Runs what is missing of a sweep, here: first the ledger is filled, then each notebook is executed in a process.

Blocks run one after another, a block's jobs in several processes: papermill changes its process's working directory,
so threads are not possible. A model is loaded once for all the notebooks that ask for it (see `_fill`); these then find
each completion in the ledger. `jobs` lists the jobs, `state` finds which are missing.

A sweep may be killed: its processes end with it, a job that was being run is missing, and the next sweep runs it.
"""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from llamax_kit.app import notebooks
from llamax_kit.app.sweep.jobs import Job
from llamax_kit.app.sweep.processes import in_processes
from llamax_kit.app.sweep.state import State, asks, states, summary
from llamax_kit.data import languages
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.runs import owners, provenance, storage
from llamax_kit.tasks import defaults, question_sets
from llamax_kit.tasks.answering import answer
from llamax_kit.tasks.translation import translate
from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole
from llamax_kit.utils.terminal import visible
from llamax_kit.utils.words import counted

KILLED = "its process was ended by signal {} (9: often the memory was full)"
ENGINE = ("model", "adapter", "dtype", "device")  # which model is loaded, and how: arguments of `open_engine`


def run(jobs: Sequence[Job], processes: int = 1, *, again: bool = False) -> list[State]:
    """Run the jobs that are not done, `processes` at a time, and return the state of every job.

    again: run also what another version of the kit has made.

    Writes one line to stderr for each job as it starts and as it ends. The stderr of a job's cells goes to
    `outputs/<run>/<notebook>.log`. A job that fails stops only those that read its run. A job that another process is
    working on is left to it: two sweeps of one file at once share the jobs.

    Raises KitError, before anything starts, when a job would write over another notebook's run, or the folder of
    outputs cannot be written.
    """
    storage.made(storage.outputs())
    for job in jobs:
        owners.check(job.folder, job.notebook.stem, job.defaults)
    found = states(jobs, again=again)
    todo = [each.job for each in found if each.state not in ("done", "running")]
    done = [each for each in found if each.state == "done"]
    running = f", {others} running" if (others := len(jobs) - len(done) - len(todo)) else ""
    _say(f"{counted(len(jobs), 'job')}: {len(done)} done, {len(todo)} to do{running}")
    try:
        alone = _fill_ledger(todo)
        for block in sorted({job.block for job in jobs}):
            now = [each for each in states(jobs, again=again) if each.job.block == block]
            _run_block(now, alone, processes, again=again)
    finally:
        found = states(jobs)
        _say(summary(found, sum(each.state == "done" and each.job in todo for each in found)))
    return found


def _fill_ledger(jobs: list[Job]) -> list[Job]:
    """Fill the ledger, one engine after another, and return the jobs that must load a model themselves.

    These are jobs that ask for fresh completions, or two models, and all of an engine that could not do its work.
    """
    engines: dict[tuple, list[Job]] = {}
    asking = [job for job in jobs if asks(job)]
    for job in asking:
        if not job.parameters["fresh"] and not job.parameters.get("beside"):
            engines.setdefault(tuple(job.parameters[name] for name in ENGINE), []).append(job)
    filled = [job for served in engines.values() if _filled(served) for job in served]
    return [job for job in asking if job not in filled]


def _run_block(found: list[State], alone: list[Job], processes: int, *, again: bool) -> None:
    """Execute what is not done, several at a time; those that load a model one at a time, to save memory."""
    for each in found:
        if each.needs or each.state == "running":
            _say(f"skip    {each.job.run}: {'running ' * (not each.needs)}{each.why}")
    ready = [each.job for each in found if each.state not in ("done", "running") and not each.needs]
    _execute_all([job for job in ready if job not in alone], processes, again=again)
    _execute_all([job for job in ready if job in alone], 1, again=again)


def _filled(jobs: list[Job]) -> bool:
    """Fill the ledger for jobs of one engine, in a process that then frees its memory; return whether all went well."""
    model = f"{jobs[0].parameters['model']} for {len(jobs)} {'jobs' if len(jobs) > 1 else 'job'}"
    _say(f"fill    {model}")
    ((_, code, seconds),) = in_processes(_fill, [jobs], 1)
    _say(f"{'filled' if code == 0 else 'unfilled'}  {model}, {seconds:.0f} s")
    return code == 0


def _fill(jobs: list[Job]) -> None:
    """Have one engine do what jobs will ask it for, one pass per job.

    So a job's completions are those of the notebook alone: batches are planned in the same way, with its own prompt and
    decoding, and what an earlier pass has generated is not generated again.
    """

    engine, unfilled = None, 0
    with ExitStack() as stack:
        for job in [job for job in jobs if _marked(stack, job)]:  # all of them before the first, which may take days
            try:
                of = defaults.resolved(job.parameters)
                engine = engine or open_engine(**{name: of[name] for name in ENGINE})
                _ask(engine, of, storage.outputs() / "ledger")
            except KitError as error:  # the notebook will raise it too, and keep it
                unfilled += 1
                _say(f"unfilled  {job.run}: {error}")
    sys.exit(bool(unfilled))


def _ask(engine, of: dict, ledger: Path) -> None:
    if "task" in of:
        asked = question_sets.open_set(of["task"], codes=of["codes"], items=of["items"])
        answer(engine, asked.task, asked.items, of["prompt"], of["decoding"], ledger)
    else:
        pairs = languages.directions(of["directions"], corpus_languages(of["corpus"]))
        text = load_corpus(of["corpus"], {code for pair in pairs for code in pair})
        translate(engine, text, pairs, of["prompt"], of["decoding"], of["sentences"], ledger)


def _marked(stack: ExitStack, job: Job) -> bool:
    """Mark a job's folder until the stack is left; return whether no other process was there first."""
    try:
        stack.enter_context(locks.held(storage.folder(job.run)))
    except locks.Busy:
        return False
    return True


def _execute_all(jobs: list[Job], processes: int, *, again: bool) -> None:
    work = partial(_execute, again=again)
    for job, code, seconds in in_processes(work, jobs, processes, lambda job: _say(f"start   {job.run}")):
        _clean(_log(job))
        state = states([job])[0]
        if state.state == "done":
            _say(f"done    {job.run} in {seconds:.0f} s: {job.output.with_suffix('.html')}")
            with suppress(FileNotFoundError):  # another sweep, whose job it was, may have looked too
                if not _log(job).stat().st_size:
                    _log(job).unlink()
            continue
        if state.state == "running":
            _say(f"skip    {job.run}: running {state.why}")
            continue
        why = state.why if state.state == "failed" else _last_line(_log(job), code)
        _say(f"failed  {job.run} after {seconds:.0f} s: {why}")


def _execute(job: Job, *, again: bool) -> None:
    if states([job], again=again)[0].state in ("done", "running"):
        return  # by another process, since this sweep looked
    try:
        storage.folder(job.run)
        with open(_log(job), "wb") as log:
            for stream in (1, 2):  # of the kernel too
                os.dup2(log.fileno(), stream)
        notebooks.execute(job.notebook, values=job.values, checked=True)
    except (KitError, OSError) as error:
        sys.exit(str(error))


def _log(job: Job) -> Path:
    return job.output.with_suffix(".log")


def _clean(log: Path) -> None:
    """Remove tokens and home paths from a log, as from the notebook beside it; there may be none."""
    with suppress(OSError):
        text = log.read_text(encoding="utf-8", errors="replace")
        if (cleaned := provenance.clean(text, storage.PROJECT)) != text:
            with whole(log) as scratch:
                scratch.write_text(cleaned, encoding="utf-8", newline="\n")


def _last_line(log: Path, code: int) -> str:
    if not log.exists():
        return "it could not start; see above"
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next(filter(str.strip, reversed(lines)), "there was no message")
    return f"{last if code >= 0 else KILLED.format(-code)}; to read: {log}"


def _say(line: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {visible(line, keep=chr(10))}", file=sys.stderr, flush=True)
