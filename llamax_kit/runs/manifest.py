"""What an execution left in its run's folder and what it had read: outputs/<run>/<notebook>.manifest.json.

It is written last, when the page is there too. An execution without one, or whose files are not those of it, is not
done. Knows no notebook's parameters (see `app.inputs`).
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import hashes, sha256, whole

UNFINISHED = (".log", ".partial.ipynb", ".failed.ipynb", ".failed.html", ".manifest.json")


class Manifest(NamedTuple):
    """`files`: of each result its identity and SHA-256 (see `files.hashes`); `inputs`: a SHA-256 by what was read;
    `kit`: the SHA-256 of the package's code.
    """

    files: dict[str, list]
    inputs: dict[str, str]
    kit: str


def path(output: Path) -> Path:
    """Return where the manifest of an executed notebook is."""
    return output.with_suffix(".manifest.json")


def write(output: Path, inputs: Mapping[str, str]) -> None:
    """Write the manifest of an executed notebook, of all files in its folder. Raises KitError when that fails."""
    made = Manifest(hashes(output.parent, _results(output.parent), {}), dict(inputs), kit())
    text = json.dumps(made._asdict(), indent=1, ensure_ascii=False)
    with whole(path(output)) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8", newline="\n")


def read(output: Path) -> Manifest | None:
    """Read the manifest of an executed notebook; None where there is none, or it is damaged."""
    try:
        made = Manifest(**json.loads(path(output).read_text(encoding="utf-8")))
        whole = isinstance(made.files, dict) and isinstance(made.inputs, dict)
        listed = whole and all(isinstance(each, list) and each for each in made.files.values())
        return made if listed and not any(Path(name).is_absolute() for name in made.files) else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def fault(output: Path, made: Manifest) -> str:
    """Return which result is gone or changed, "scores.csv is gone"; "" where all are as they were written."""
    there = [output.parent / name for name in made.files]
    gone = [name for name in made.files if not (output.parent / name).is_file()]
    if gone:
        return f"{_few(gone)} {'is' if len(gone) == 1 else 'are'} gone"
    try:
        now = hashes(output.parent, there, made.files)
    except KitError as error:
        return str(error)
    changed = [name for name, known in made.files.items() if now[name][-1] != known[-1]]
    return f"{_few(changed)} {'was' if len(changed) == 1 else 'were'} changed since" if changed else ""


@cache
def kit() -> str:
    """Return the SHA-256 of the package's code: it decides, beside a notebook's cells, what results are."""
    import hashlib

    root = Path(__file__).resolve().parents[1]
    lines = [f"{file.relative_to(root).as_posix()} {sha256(file)}" for file in sorted(root.rglob("*.py"))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _results(folder: Path) -> list[Path]:
    """List the files of a run's folder; hidden ones are marks, or are being written."""
    found = [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.endswith(UNFINISHED)]
    return [file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts)]


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
