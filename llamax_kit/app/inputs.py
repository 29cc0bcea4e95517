"""What on this disk a notebook with some parameters reads, each thing with the hash of its content. Judges nothing.

Found by the values alone: a text that is the path of a file or folder, the name of a corpus, a model or a run. What
only a hub has is not hashed: a model's revision is in the run's record.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from llamax_kit.data.corpora import loading as corpora
from llamax_kit.models import checkpoints, loading
from llamax_kit.runs import storage
from llamax_kit.tasks import question_sets
from llamax_kit.tasks.defaults import AUTO
from llamax_kit.tasks.system_outputs import find_outputs
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import identity, kept_sha256

MODELS = ("model", "before", "beside")
OF_A_RUN = ("parameters", "corpus", "systems", "model")  # facts of a record that do not change when it is made again


def of(parameters: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each input that is there, by parameter and value: {"corpus ./mine": "ab…", …}."""
    found = {}
    for name, value in parameters.items():
        if isinstance(value, str) and value and name != "run":
            for label, digest in _read(name, value=value, parameters=parameters):
                found[f"{name} {label}"] = digest
    return found


def changed(before: dict[str, str], *, now: dict[str, str]) -> list[str]:
    """List the inputs that are not as they were; one that is not there any more cannot be read again, and is left."""
    return [label for label in now if now[label] != before.get(label)]


def runs(parameters: dict[str, Any]) -> list[str]:
    """List words of parameters that may name runs: "run" and "run:system", also behind "name=", several in a text."""
    texts = [value for name, value in parameters.items() if isinstance(value, str) and name != "run"]
    words = [word.split(":")[0] for text in texts for word in [text, *re.split(r"[\s,\"']+", text)]]
    words += [word[at + 1 :] for word in words for at, sign in enumerate(word) if sign == "="]
    return [word for word in dict.fromkeys(words) if re.fullmatch(r"\w[\w .@+=,-]*", word)]


def _read(name: str, *, value: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a value names, and its hash; nothing for what is not there, or is refused by the notebook."""
    try:
        place = Path(value).expanduser()
        if name in MODELS:
            folder = loading.locate(value).folder if value != "copy" else None
            if folder:
                yield value, checkpoints.content_hash(folder)
        elif name == "adapter":
            if place.is_dir():
                yield value, checkpoints.adapter_hash(place)
        elif name == "corpus":
            if found := corpora.files(value):
                yield value, _content(found)
        elif name == "task":
            task, folder = question_sets.at(value)
            codes = question_sets.chosen(task, folder, parameters.get("codes", AUTO))
            yield value, _content([path for code in codes for path in task.files(folder, code)])
        elif name == "hypotheses" and place.is_dir():
            yield value, _content(_outputs(value, parameters))
        elif place.is_dir() or place.is_file():
            yield value, _content(_files(place))
        else:
            for run in runs({name: value}):
                if (folder := storage.outputs() / run).is_dir() and (folder / "run.json").is_file():
                    yield run, _of_run(folder)
    except (KitError, OSError, ValueError, RuntimeError):  # RuntimeError: of ~nobody
        return


def _of_run(folder: Path) -> str:
    """Hash what is read of a run: scores, translations, and of its record what is the same when it is made again."""
    record = storage.read_record(folder)
    facts = json.dumps({name: record.get(name) for name in OF_A_RUN}, sort_keys=True)
    tables = [path for path in (folder / "scores.csv", *storage.translation_files(folder)) if path.is_file()]
    return hashlib.sha256(f"{facts}\n{_content(tables) if tables else None}".encode()).hexdigest()


def _outputs(folder: str, parameters: dict[str, Any]) -> list[Path]:
    """List the outputs that are scored: those of the directions that are asked for."""
    source, corpus, asked = (parameters.get(name, "") for name in ("source", "corpus", "directions"))
    with warnings.catch_warnings(action="ignore"):
        found = find_outputs(folder, source, directions="" if asked == AUTO else asked, corpus=corpus)
    return sorted(each.path for each in found)


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def _content(paths: list[Path]) -> str:
    """Hash files: their names within their common folder, and their bytes."""
    root = os.path.commonpath([path.parent for path in paths])
    lines = [f"{path.relative_to(root).as_posix()} {_sha256(path, tuple(identity(path)))}" for path in paths]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def _sha256(path: Path, identity: tuple) -> str:
    """Hash a file once in this process: many jobs read the same corpus."""
    return kept_sha256(path)
