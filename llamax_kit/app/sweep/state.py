"""Which jobs of a sweep are done, running, missing or failed, and why. Reads only the runs' folders; starts nothing.

There is no file of states that could contradict the results. A job is done when its executed notebook exists, was made
by the same code with the same parameters, no later attempt was interrupted or failed, and every run that it reads is
done and older than it. Changed prose makes nothing missing.
"""

import json
import re
import reprlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from llamax_kit.app.sweep.jobs import Job
from llamax_kit.runs import owners, storage
from llamax_kit.utils import locks

TRANSLATES = {"model", "adapter", "device", "dtype", "corpus", "directions", "sentences", "prompt", "decoding", "fresh"}


class State(NamedTuple):
    """The state of a job."""

    job: Job
    state: str  # "done", "running" (by a living process of this machine), "missing" or "failed"
    why: str  # one line; of a done job empty
    needs: str  # the run of an earlier block that is not done and that this job reads, or ""


def states(jobs: Sequence[Job]) -> list[State]:
    """Find the state of each job, in order; takes milliseconds per job."""
    known: dict[str, State] = {}
    for job in jobs:
        state, why = _state(job)
        named = [known[run] for run in _named(job) if run in known and known[run].job.block < job.block]
        awaited = next((each for each in named if each.state != "done"), None)
        if awaited:
            state, why = "missing", f"needs {awaited.job.run}, which is {awaited.state}"
        known[job.run] = State(job, state, why, awaited.job.run if awaited else "")
    return list(known.values())


def translates(job: Job) -> bool:
    """Check whether a notebook passes its parameters to `translate` as notebook 04 does: it has the same ones."""
    return TRANSLATES <= job.parameters.keys()


def summary(found: Sequence[State], new: int | None = None) -> str:
    """Return counts: "12 done (3 new), 1 failed: 06_nllb, 2 missing"."""
    states = [each.state for each in found]
    failed = [each.job.run for each in found if each.state == "failed"]
    done = f"{states.count('done')} done" + ("" if new is None else f" ({new} new)")
    parts = [f"{len(failed)} failed: {' '.join(failed)}"] * bool(failed)
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
        newer = changed or _newer(job, executed["metadata"]["papermill"]["end_time"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "missing", f"{last.name} was not made by papermill, or is damaged"
    if changed:
        return "missing", changed
    if last is failed:
        return "failed", f"{_error(executed)}; to read: {failed.with_suffix('.html')}"
    return ("missing", newer) if newer else ("done", "")


def _changed(job: Job, executed: dict) -> str:
    """Return how an execution differs from the job, or ""."""
    if _code(executed) != _code(json.loads(job.notebook.read_text(encoding="utf-8"))):
        return "notebook changed"
    had = job.defaults | executed["metadata"]["papermill"]["parameters"]  # the same code has the same defaults
    differ = [f"{name} was {reprlib.repr(had[name])}" for name, value in job.parameters.items() if had[name] != value]
    return f"parameters changed: {', '.join(differ)}" if differ else ""


def _code(notebook: dict) -> list[str]:
    """Return the sources of the code cells except the one that papermill adds."""
    ours = [cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])]
    return ["".join(cell["source"]) for cell in ours if cell["cell_type"] == "code"]


def _newer(job: Job, end: str) -> str:
    """Return which of the runs that a job reads was written after the job's end, or ""."""
    for name in _named(job):
        record = storage.outputs() / name / "run.json"
        if record.is_file() and _time(json.loads(record.read_text(encoding="utf-8"))["written"]) > _time(end):
            return f"the run {name} is newer"
    return ""


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _named(job: Job) -> list[str]:
    """List words of a job's values that may name runs: "run" and "run:system", also behind "name=", in a text."""
    if translates(job):
        return []  # its model's name may be a run's name too, and it reads no run
    texts = [value for name, value in job.parameters.items() if isinstance(value, str) and name != "run"]
    words = [word.split(":")[0] for text in texts for word in [text, *re.split(r"[\s,\"']+", text)]]
    words += [word[at + 1 :] for word in words for at, sign in enumerate(word) if sign == "="]
    return [word for word in dict.fromkeys(words) if _plain(word) and word != job.run]


def _plain(word: str) -> bool:
    return bool(re.fullmatch(r"\w[\w .@+=,-]*", word))


def _error(executed: dict) -> str:
    """Return the failed cell's error: its kind and its message's last line."""
    outputs: list[dict[str, Any]] = [each for cell in executed["cells"] for each in cell.get("outputs", [])]
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {(output['evalue'].strip().splitlines() or [''])[-1]}"
    return "a cell did not end: out of time, or the kernel's process ended (often the memory was full)"
