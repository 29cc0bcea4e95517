"""Runs a notebook with parameters by papermill: checked before, kept when it fails, exported to HTML at the end.

Does no work of a notebook's own, and changes no results: plain papermill has the same ones. While `04.ipynb` is
executed it is `04.partial.ipynb`; if it fails, it becomes `04.failed.ipynb` with `04.failed.html`, and the `04.ipynb`
and `04.html` of an earlier execution stay, with the scores that belong to them.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from llamax_kit.app import inputs, parameter_checks
from llamax_kit.app.html_page import cleaned_text, export
from llamax_kit.app.parameters import cells, check, parameters
from llamax_kit.app.yaml_values import Written
from llamax_kit.runs import manifest, owners, provenance, run_names, storage
from llamax_kit.utils import locks, progress
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import MALFORMED, is_file, whole

START_TIMEOUT = 180  # seconds until a kernel must answer; a busy machine needs more than papermill's 60
EXECUTION_TIMEOUT = 14 * 24 * 3600  # seconds per cell; enough for a sweep's days, and a hang ends
STARTS = 3  # a kernel's ports can be taken by another between choosing and using them


class NotebookFailed(KitError):
    """A cell that failed. Has `notebook` (up to that cell), `html`, `cell` (as in `In [5]`), `name`, `value`."""

    def __init__(self, notebook: Path, cell: int, name: str, *, value: str):
        self.notebook, self.html, self.cell, self.name, self.value = notebook, export(notebook), cell, name, value
        super().__init__(
            f"{notebook.stem.removesuffix('.failed')} failed at In [{cell}] with {name}: {value}\n"
            f"Kept up to that cell: {notebook}\nTo read: {self.html}"
        )


def notebooks() -> list[Path]:
    """List the kit's notebooks: of the checkout, else of `./notebooks`, else those installed with it."""
    for folder in (storage.PROJECT / "notebooks", Path.cwd() / "notebooks"):
        if folder.is_dir():
            return sorted(folder.glob("[0-9]*.ipynb"))
    installed = (Path(str(file.locate())) for file in metadata.files("llamax-kit") or () if file.suffix == ".ipynb")
    return sorted(path.resolve() for path in installed)


def find(notebook: str | Path) -> Path:
    """Find a notebook by number, name or path: "04", "04_translate_and_score", "my/own.ipynb".

    Raises UnknownName with the nearest names.
    """
    if is_file(notebook):
        return Path(notebook).absolute()
    wanted = Path(notebook).name.removesuffix(".ipynb")
    number = wanted.zfill(2) if wanted.isdigit() else None
    for path in notebooks():
        if path.stem == wanted or path.stem.split("_")[0] == number:
            return path
    choices = [path.stem for path in notebooks()]
    listed = ", ".join(choices) or "none is in notebooks/"
    raise UnknownName(
        "notebook",
        given=str(notebook),
        choices=choices,
        remedy=f"name one of {listed}, or give the path of an .ipynb file",
    )


def execute(
    notebook: str | Path,
    output: str | Path | None = None,
    values: dict[str, Any] | None = None,
    kernel: str | None = None,
    start_timeout: int = START_TIMEOUT,
    *,
    execution_timeout: int = EXECUTION_TIMEOUT,
    checked: bool = False,
    written: Written | None = None,
) -> Path:
    """Execute a notebook with parameter values and return the path of the HTML beside the executed copy.

    `output` defaults to `outputs/<the parameter run>/<notebook>.ipynb`. Times in seconds; `execution_timeout` is for a
    cell. checked: the meaning of the values was checked before, as a sweep does for all its jobs at once. written: how
    values were written (see `parameters.given_values`). What the notebook writes to stderr, and its lines of
    progress, are written to stderr here at once.

    Raises UnknownName, WrongValue or KitError (a value that `parameter_checks` refuses, a run's name that is no folder
    name, or another notebook's run) before a kernel starts, Busy for a run that another process is executing,
    NotebookFailed when a cell raises (the copy is kept up to that cell, beside `output`, with HTML), KitError when no
    kernel starts or the output cannot be written.
    """
    source, values = find(notebook), dict(values or {})
    check(source, values, written)
    run = run_name(source, values, "" if output else source.stem)
    defaults = {each.name: each.default for each in parameters(source)}
    if not checked:
        parameter_checks.check(source.stem, defaults, values=values)
    output = Path(output).absolute() if output else storage.outputs() / run / source.name
    own = bool(run) and output.parent == storage.outputs() / run
    partial = _beside(output, "partial")
    _prepare(output, partial=partial)
    try:
        with ExitStack() as stack:
            if run:
                stack.enter_context(locks.held(storage.folder(run)))
            before = inputs.of(defaults | values) if own else {}
            if own:
                manifest.path(output).unlink(missing_ok=True)
            stack.enter_context(naming(source.name))
            _papermill(
                source, output=partial, values=values, kernel=kernel, start=start_timeout, cell=execution_timeout
            )
            partial.replace(output)
            for stale in (_beside(output, "failed"), _beside(output, "failed").with_suffix(".html")):
                stale.unlink(missing_ok=True)  # of an earlier execution, and would be taken for this one
            page = export(output)
            if own:  # last, for it means that all is there; what the notebook has fetched counts as it is now
                read = inputs.of(defaults | values) | before
                manifest.write(output, provenance.clean_texts(read, storage.PROJECT))
    except OSError as error:
        raise KitError(
            f"could not write {output}: {error.strerror or error}. To mend: free some space, or name another output"
        ) from error
    return page


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Name the notebook file in the environment of kernels that are started meanwhile."""
    before = os.environ.get(owners.VARIABLES[0])
    os.environ[owners.VARIABLES[0]] = name
    try:
        yield
    finally:
        os.environ.pop(owners.VARIABLES[0])
        if before is not None:
            os.environ[owners.VARIABLES[0]] = before


def _papermill(source: Path, *, output: Path, values: dict, kernel: str | None, start: int, cell: int) -> None:
    """Execute `source` into `output`, which is renamed to `.failed` when a cell fails."""
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from nbformat import ValidationError
    from traitlets.config import Config

    config = Config({"KernelManager": {"transport_encryption": "auto"}})  # else each start warns of plain TCP
    for attempt in range(1, STARTS + 1):
        try:
            papermill.execute_notebook(
                _literal(source), _literal(output), parameters=values, kernel_name=kernel, cwd=Path.cwd(),
                start_timeout=start, execution_timeout=cell, progress_bar=_progress(), config=config,
                stderr_file=_Log(), stdout_file=_Log(progress.LINE),
            )  # fmt: skip
            return
        except papermill.PapermillExecutionError as error:
            raise NotebookFailed(_set_aside(output), error.exec_count, error.ename, value=error.evalue) from None
        except CellTimeoutError as error:
            reason = f"it took longer than {cell} seconds (--execution-timeout)"
            failed = _set_aside(output)
            raise NotebookFailed(failed, _running(failed), "CellTimeoutError", value=reason) from error
        except DeadKernelError as error:
            reason = "the kernel's process ended; often the memory was full"
            failed = _set_aside(output)
            raise NotebookFailed(failed, _running(failed), "DeadKernelError", value=reason) from error
        except NoSuchKernel as error:
            output.unlink(missing_ok=True)  # nothing of it was executed
            raise KitError(f"no Jupyter kernel {error.name!r}. To mend: pip install ipykernel, or -k NAME") from error
        except (*MALFORMED, ValidationError) as error:  # of the file: what a cell raises is papermill's own error
            output.unlink(missing_ok=True)
            raise KitError(
                f"papermill does not take {source}: {(str(error) or repr(error)).splitlines()[0]}. To mend: open "
                f"it in JupyterLab, choose its kernel, and save it"
            ) from error
        except RuntimeError as error:
            if not re.search("before replying|didn't respond", str(error)):  # then cells may have been executed
                raise
            if attempt == STARTS:
                output.unlink(missing_ok=True)
                raise KitError(f"no kernel started in {STARTS} tries: {error}. To mend: llamax-kit doctor") from error


def _literal(path: Path) -> str:
    return str(path).replace("{", "{{").replace("}", "}}")  # papermill fills parameters into paths


def _running(output: Path) -> int:
    """Return the number of the code cell that was being executed, as in `In [5]`, when it did not answer."""
    states = [cell["metadata"]["papermill"]["status"] for cell in cells(output) if cell["cell_type"] == "code"]
    return next((number for number, state in enumerate(states, 1) if state != "completed"), len(states))


def run_name(source: Path, values: dict[str, Any], otherwise: str = "") -> str:
    """Return the run's name: the parameter `run`, checked here and not late in a cell, else `otherwise`."""
    known = {each.name: each.default for each in parameters(source)} | values
    run = otherwise if known.get("run") is None else str(known["run"])
    if run or "run" in known:
        run_names.check_name(run)
        owners.check(storage.outputs() / run, source.stem, known)
    return run


def _beside(output: Path, state: str) -> Path:
    return output.with_suffix(f".{state}.ipynb")


def _set_aside(partial: Path) -> Path:
    return partial.replace(partial.with_name(partial.name.removesuffix(".partial.ipynb") + ".failed.ipynb"))


class _Log:
    """What cells write, for the operator: each line whole, as carriage returns of a progress bar make one line.

    Of their stdout only lines of progress.
    """

    def __init__(self, only: re.Pattern = re.compile("")):
        self.only = only

    def write(self, text: str) -> None:
        from tqdm import tqdm

        for line in filter(self.only.match, filter(str.strip, re.split(r"[\r\n]+", text))):
            tqdm.write(line, file=sys.stderr)  # it does not break papermill's own bar

    def flush(self) -> None:
        sys.stderr.flush()


def _prepare(output: Path, *, partial: Path) -> None:
    """Make papermill save whole or not at all, and without tokens; hide its warnings of what `check` has checked."""
    from papermill.iorw import LocalHandler, papermill_io

    if output.suffix != ".ipynb":
        raise KitError(f"an executed notebook is an .ipynb file, got {output.name!r}. To mend: end OUTPUT with .ipynb")
    if output.is_dir():
        raise KitError(f"could not write {output}: it is a folder. To mend: move it away, or name another output")

    class Whole(LocalHandler):
        def write(self, text: str, path: str) -> None:
            with whole(path) as scratch:
                scratch.write_text(cleaned_text(text), encoding="utf-8", newline="\n")

    papermill_io.register(str(partial), Whole())
    for name in ("papermill", "papermill.translators"):
        logging.getLogger(name).addFilter(_is_news)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the kernel's debugger warns of frozen modules


def _is_news(message: logging.LogRecord) -> bool:
    return not message.getMessage().startswith(("Unable to parse line", "Passed unknown parameter"))


def _progress() -> bool:
    return sys.stderr.isatty() and not re.fullmatch("1|true", os.environ.get("CI", ""))
