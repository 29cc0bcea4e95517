"""What the values of a sweep's jobs mean, checked before anything starts, and for --status too.

A job that is done or running was checked when it began: a finished sweep is not refused because its data was moved.
"""

from collections.abc import Sequence
from pathlib import Path

from llamax_kit.app import notebooks, parameter_checks, run_checks
from llamax_kit.app.sweep.jobs import Job
from llamax_kit.app.sweep.state import State
from llamax_kit.utils.errors import KitError, UnknownName


def check(file: Path | str, found: Sequence[State]) -> None:
    """Check the values of each job that is to be run.

    A run counts as existing if a job of an earlier block will make it, or has made it without a record, as a user's own
    notebook may.

    Raises KitError, or its UnknownName, with the file, the block, the job's run and the parameter in front.
    """
    seen: set = set()
    todo = [each.job for each in found if each.state not in ("done", "running")]
    makes = [each.job for each in found if each.state != "done" or not (each.job.folder / "run.json").is_file()]
    known = set(notebooks.notebooks())  # what any other notebook makes does not follow from its parameters
    runs = [(each.block, each.run, each.parameters if each.notebook in known else {}) for each in makes]
    made = {job.block: {run: values for block, run, values in runs if block < job.block} for job in todo}
    for job in todo:
        try:
            parameter_checks.check(job.notebook.stem, job.defaults, values=job.values, made=made[job.block], seen=seen)
        except KitError as error:
            error.args = (f"{file}, block {job.block}, job {job.run}: {error}{_too_late(error, job, found)}",)
            raise


def _too_late(error: KitError, job: Job, found: Sequence[State]) -> str:
    """Return a note that this sweep makes a missing run or file, but not before it is read; "" otherwise."""
    texts = [value for value in job.parameters.values() if isinstance(value, str) and value and value in str(error)]
    given = {error.given} if isinstance(error, UnknownName) and error.what == "run" else set()
    given |= {run for run in map(run_checks.run_of, texts) if run}
    blocks = [each.job.block for each in found if each.job.run in given and each.job.block >= job.block]
    return f". This sweep makes it in block {blocks[0]}: put what reads it into a later block" if blocks else ""
