"""Which jobs of a sweep are done, running, missing or failed, and why. Starts nothing.

A job is done when all that its execution left is there as it was written (see `runs.manifest`), the notebook has the
same code and parameters, what it read is unchanged (see `app.inputs`), no later attempt was interrupted or failed, and
every run of the sweep that it reads is done. Changed prose makes nothing missing; nor does another version of the kit,
which is named, unless it is asked for.
"""

import json
import reprlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from llamax_kit.app import inputs
from llamax_kit.app.sweep.jobs import Job
from llamax_kit.runs import manifest, owners, provenance, storage
from llamax_kit.utils import locks

OTHER_KIT = "by another version of the kit; --again makes it anew"
TRANSLATES = {"model", "adapter", "device", "dtype", "corpus", "directions", "sentences", "prompt", "decoding", "fresh"}
ANSWERS = {"model", "adapter", "device", "dtype", "task", "codes", "items", "prompt", "decoding", "fresh"}


class State(NamedTuple):
    """The state of a job."""

    job: Job
    state: str  # "done", "running" (by a living process of this machine), "missing" or "failed"
    why: str  # one line; of a done job empty, or OTHER_KIT
    needs: str  # the run of an earlier block that is not done and that this job reads, or ""


def states(jobs: Sequence[Job], *, again: bool = False) -> list[State]:
    """Find the state of each job, in order; takes milliseconds per job.

    again: what another version of the kit has made is missing.
    """
    known: dict[str, State] = {}
    for job in jobs:
        state, why = _state(job)
        if again and why == OTHER_KIT:
            state, why = "missing", "made by another version of the kit"
        named = [known[run] for run in _read_runs(job) if run in known and known[run].job.block < job.block]
        awaited = next((each for each in named if each.state != "done"), None)
        if awaited:
            state, why = "missing", f"needs {awaited.job.run}, which is {awaited.state}"
        known[job.run] = State(job, state, why, awaited.job.run if awaited else "")
    return list(known.values())


def asks(job: Job) -> bool:
    """Check whether a notebook passes its parameters to a model as 04 (`translate`) or 11 (`answer`): it has theirs."""
    return TRANSLATES <= job.parameters.keys() or ANSWERS <= job.parameters.keys()


def summary(found: Sequence[State], new: int | None = None) -> str:
    """Return counts: "12 done (3 new), 1 failed: 06_nllb, 2 missing"."""
    states = [each.state for each in found]
    failed = [each.job.run for each in found if each.state == "failed"]
    done = f"{states.count('done')} done" + ("" if new is None else f" ({new} new)")
    parts = [f"{len(failed)} failed: {' '.join(failed)}"] * bool(failed)
    if older := sum(each.why == OTHER_KIT for each in found):
        done += f" ({older} {OTHER_KIT})"
    parts += [f"{states.count(state)} {state}" for state in ("running", "missing") if state in states]
    return ", ".join([done, *parts])


def _state(job: Job) -> tuple[str, str]:
    if theirs := owners.other(job.folder, job.notebook.stem, job.defaults):
        return "missing", f"{job.folder} is the run of another notebook ({theirs}): give this one another name"
    if (holder := locks.holder(job.folder)) and holder.here:
        return "running", f"by {holder}"
    if job.output.with_suffix(".partial.ipynb").exists():
        return "missing", f"begun, not finished: {f'run by {holder}, or ' if holder else ''}interrupted"
    failed = job.output.with_suffix(".failed.ipynb")  # a later execution that succeeds takes it away
    last = failed if failed.exists() else job.output
    if not last.exists():
        return "missing", "not run yet"
    try:
        executed = json.loads(last.read_text(encoding="utf-8"))
        changed = _changed(job, executed)
        why = _error(executed) if last is failed else ""
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "missing", f"{last.name} was not made by papermill, or is damaged"
    if changed:
        return "missing", changed
    if last is failed:
        return "failed", f"{why}; to read: {failed.with_suffix('.html')}"
    return _kept(job)


def _kept(job: Job) -> tuple[str, str]:
    """Return the state of a job that was executed to its end, by what that left and what it had read."""
    made = manifest.read(job.output)
    if made is None:
        return "missing", "its page was not written, or by a kit that kept no manifest"
    if fault := manifest.fault(job.output, made):
        return "missing", fault
    now, kept = inputs.of(job.parameters), _cleaned(made.inputs)
    if changed := inputs.changed({label: kept.get(_cleaned(label), "") for label in now}, now=now):
        return "missing", f"changed since: {', '.join(changed)}"
    return "done", OTHER_KIT * (made.kit != manifest.kit())


def _changed(job: Job, executed: dict) -> str:
    """Return how an execution differs from the job, or ""."""
    if _code(executed) != _code(json.loads(job.notebook.read_text(encoding="utf-8"))):
        return "notebook changed"
    given = executed["metadata"]["papermill"]["parameters"]
    had, now = (_cleaned(each) for each in (job.defaults | given, job.parameters))  # the same code: the same defaults
    differ = [f"{name} was {reprlib.repr(had[name])}" for name, value in now.items() if had[name] != value]
    return f"parameters changed: {', '.join(differ)}" if differ else ""


def _code(notebook: dict) -> list[str]:
    """Return the sources of the code cells except the one that papermill adds."""
    ours = [cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])]
    return _cleaned(["".join(cell["source"]) for cell in ours if cell["cell_type"] == "code"])


def _cleaned(value):
    """Return a value as an executed notebook holds it: without names of homes."""
    return provenance.clean_texts(value, storage.PROJECT)


def _read_runs(job: Job) -> list[str]:
    """List the runs that a job may read; one that asks a model reads none, though the model may be called like one."""
    return [] if asks(job) else [run for run in inputs.runs(job.parameters) if run != job.run]


def _error(executed: dict) -> str:
    """Return the failed cell's error: its kind and its message's last line."""
    outputs: list[dict[str, Any]] = [each for cell in executed["cells"] for each in cell.get("outputs", [])]
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {(output['evalue'].strip().splitlines() or [''])[-1]}"
    return "a cell did not end: out of time, or the kernel's process ended (often the memory was full)"
