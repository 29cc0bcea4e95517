"""One YAML file → the jobs of a sweep, each checked before anything starts. Runs nothing and reads no run.

    - notebook: 05_score_hypotheses                 # number, name or path; paths start at this file's folder
      files: [../05_score_hypotheses/*.yml]         # a job for each parameter file
    - notebook: 06_see_language_gains               # begins when the block before it has ended
      values: {group: family}                       # of all the block's jobs
      each: [{system: a, baseline: b}, ...]         # a job for each mapping
      grid: {system: [a, b], baseline: [c, d]}      # a job for each combination
      run: "06_{system}_{baseline}"                 # the run's name, from its job's parameters

A file may also hold only one block. If a name is in several places, the later in this list counts: files, values,
each, grid. `${NAME}` in a value is the environment variable.
"""

import glob
import math
import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from llamax_kit.app import notebooks
from llamax_kit.app.parameters import check, parameters
from llamax_kit.app.yaml_values import Written, read_yaml
from llamax_kit.runs import run_names, storage
from llamax_kit.tasks import defaults as auto
from llamax_kit.utils.environment import from_environment
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import is_file, refuse_pointer

MOST = 10_000  # jobs of a file: of more, days go by before anything starts
KEYS = ("notebook", "files", "values", "each", "grid", "run")


class Job(NamedTuple):
    """A notebook to execute with values."""

    block: int  # a block's jobs begin when those of the block before have ended
    notebook: Path
    defaults: dict[str, Any]
    values: dict[str, Any]
    run: str  # the name of its folder

    @property
    def folder(self) -> Path:
        """The run's folder, which need not exist yet."""
        return storage.outputs() / self.run

    @property
    def output(self) -> Path:
        """The executed notebook, once it exists: `outputs/<run>/<notebook>.ipynb`."""
        return self.folder / self.notebook.name

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters of the notebook for this job, given or by default."""
        return self.defaults | self.values


def read(file: Path | str) -> list[Job]:
    """Read a sweep file into its jobs, in the order in which they are to be run.

    Raises UnknownName for an unknown notebook, parameter or key, WrongValue for a value of another type, KitError for a
    file of another form, an illegal name of a run, and two jobs that would write into one folder.
    """
    file = Path(file)
    written: Written = {}
    content = _yaml(file, written)
    if not content:
        raise KitError(
            f"{file} is empty, expected blocks of jobs, each with a `notebook:`. "
            f"To mend: begin with `- notebook: 05`, and see params/sweeps/ for more"
        )
    jobs: list[Job] = []
    for number, block in enumerate(content if isinstance(content, list) else [content], 1):
        try:
            jobs += _jobs(number, block, file.parent, written)
        except KitError as error:
            error.args = (f"{file}, block {number}: {error}",)  # it keeps its kind and what it carries
            raise
    _refuse_shared_folders(file, jobs)
    return jobs


def _jobs(number: int, block: Any, folder: Path, written: Written) -> Iterator[Job]:
    if not isinstance(block, dict) or "notebook" not in block:
        raise KitError(f"expected a block with a `notebook:`, got {block!r}. To mend: write at least notebook: 05")
    for key in block:
        if key not in KEYS:
            raise UnknownName(
                "key of a block", given=str(key), choices=KEYS, remedy="put a parameter under values, each or grid"
            )
    if not isinstance(block.get("run", ""), str):
        text = written.get(("run", repr(block["run"])), "06_{system}")
        raise KitError(f"run must be text, got {block['run']!r}. To mend: put it in quotes, as in run: '{text}'")
    own = folder / os.path.expanduser(str(block["notebook"]))
    notebook = notebooks.find(own if is_file(own) else str(block["notebook"]))
    defaults = {each.name: each.default for each in parameters(notebook)}
    for given in _combinations(block, folder, written):
        values = {name: from_environment(value) for name, value in given.items()}
        if "run" in block:
            values["run"] = _filled(block["run"], defaults | values)
        check(notebook, values, written)
        run = str((defaults | values).get("run", notebook.stem))
        run_names.check_name(run)
        yield Job(number, notebook, defaults, values, run)


def _combinations(block: dict, folder: Path, written: Written) -> Iterator[dict[str, Any]]:
    files = (
        [_mapping(path, _yaml(path, written)) for path in _files(block.get("files"), folder)]
        if "files" in block
        else [{}]
    )
    values = _mapping("values", block.get("values", {}))
    each = [_mapping("each", one) for one in _list("each", block.get("each", [{}]))]
    grid = {name: _list(f"grid: {name}", list_) for name, list_ in _mapping("grid", block.get("grid", {})).items()}
    count = len(files) * len(each) * math.prod(map(len, grid.values()))
    if count > MOST:
        sides = " × ".join(str(len(side)) for side in (files, each, *grid.values()) if len(side) > 1)
        raise KitError(
            f"expected at most {MOST:,} jobs of a block, got {count:,} ({sides}). To mend: take values out of its "
            f"grid, or write blocks that list what is needed, under each"
        )
    for file, one, chosen in product(files, each, product(*grid.values())):
        yield file | values | one | dict(zip(grid, chosen, strict=True))


def _files(patterns: Any, folder: Path) -> Iterator[Path]:
    for pattern in _list("files", patterns):
        own = os.path.expanduser(str(pattern))
        anywhere = os.path.join(glob.escape(str(folder)), own)  # an absolute pattern stands alone
        found = sorted(Path(path) for path in glob.glob(anywhere, recursive=True) if Path(path).is_file())
        if not found:
            raise KitError(
                f"files: {str(pattern)!r} names no file, looked from {folder.absolute()}. "
                f"To mend: name parameter files by their paths from the sweep file's folder, as in ../04_*/LLaMAX*.yml"
            )
        yield from found


def _filled(template: str, parameters: dict[str, Any]) -> str:
    """Fill "06_{system}" with parameters and make a legal run's name of it: `06_05_mozilla-nllb`.

    "auto" is replaced by its value for the corpus: of cldr "04_{sentences}" is `04_40`.
    """

    def value(field: re.Match) -> str:
        if field[1] not in parameters:
            raise UnknownName(
                "parameter in `run`",
                given=field[1],
                choices=parameters,
                remedy="put a parameter of the notebook in braces",
            )
        asked = {name: parameters[name] for name in ("corpus", field[1]) if name in parameters}
        return str(auto.resolved(asked)[field[1]])

    return re.sub(r"[^\w.@+=,-]+", "-", re.sub(r"\{(\w*)\}", value, template)).strip(".-")


def _refuse_shared_folders(file: Path, jobs: list[Job]) -> None:
    seen: dict[str, Job] = {}
    for job in jobs:
        other = seen.setdefault(job.run.casefold(), job)  # on many disks "A" and "a" are one folder
        if other is not job:
            differ = [name for name in job.values if job.values[name] != other.values.get(name) and name != "run"]
            named = "_".join(f"{{{name}}}" for name in differ) or "a name of its own"
            raise KitError(
                f"{file}: two jobs have the run {job.run!r}, {other.notebook.stem} and {job.notebook.stem}; one "
                f"would write over the other. To mend: give the block a `run:` that differs between them, as in {named}"
            )


def _mapping(where: Path | str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise KitError(f"{where} must map parameter names to values, got {value!r}. To mend: write {{name: value}}")
    return value


def _list(where: str, value: Any) -> list:
    if not isinstance(value, list) or not value:
        raise KitError(f"{where} must be a list with something in it, got {value!r}. To mend: write [a, b]")
    return value


def _yaml(file: Path, written: Written) -> Any:
    import yaml

    try:
        refuse_pointer(file)
        return read_yaml(file.read_text(encoding="utf-8"), written)
    except OSError as error:
        raise KitError(f"could not read {file}: {error.strerror}. To mend: name a file of YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise KitError(f"{file} is not YAML: {error}. To mend: see params/sweeps/ for how one looks") from error
