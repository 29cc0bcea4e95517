"""Outputs of any system, as files, to a translations table and back. Translates and scores nothing.

`output_names` says how files are named: en-tr/google.txt, google/en-tr.txt, en-tr.txt, or as WMT does.

One hypothesis a line, in the order of the corpus, empty where there is none; or `.jsonl`, JSON in each line: a string,
which may hold line ends, null where there is none, or an object that has either in one of its FIELDS. Other files are
left alone; those that seem to be meant are named in a warning.
"""

import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import languages
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.loading import add_languages
from llamax_kit.data.corpora.text_files import one_line
from llamax_kit.data.language_table import add_beside
from llamax_kit.data.reasoning import parted, reasons
from llamax_kit.data.translations import COLUMNS, KEYS
from llamax_kit.runs import run_names
from llamax_kit.scoring.spbleu import UnequalCounts
from llamax_kit.tasks.output_names import ENDINGS, NAMING, directions_in, is_beside, readings
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from pandas import DataFrame

FIELDS = ("hypothesis", "translation", "output")  # of an object in .jsonl, of which it has one
FEW = 8  # files that a message lists


class Output(NamedTuple):
    """A file of hypotheses: whose, from which language into which (kit codes)."""

    system: str
    src: str
    tgt: str
    path: Path


def find_outputs(folder: Path | str, source: str = "", *, directions: str = "", corpus: str = "") -> list[Output]:
    """List the outputs in a folder, by direction and system; `directions` ("en-de X-en") keeps these alone.

    A languages.csv in the folder or beside the corpus adds languages.

    Raises KitError when there are none, a name is not understood or means two things, or two files are the same
    system's and direction's.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise KitError(f"no folder of outputs at {folder.absolute()}. To mend: name a folder that holds {NAMING}")
    add_beside(folder)
    add_languages(corpus)
    found_paths = [*sorted(folder.glob("*")), *sorted(folder.glob("*/*"))]
    paths = [path for path in found_paths if _is_visible(path, folder=folder)]
    read = {path: readings(path, folder=folder, source=source) for path in paths}
    strange = [path for path in paths if path.suffix in ENDINGS and not read[path] and not is_beside(path)]
    if strange or not any(read.values()):
        raise _not_understood(folder, strange, others=[path for path in paths if path not in strange], source=source)
    if meant := [path for path in paths if not read[path] and directions_in(path.name.partition(".")[0])]:
        warnings.warn(f"left alone, as no ending of outputs: {_few(meant, folder)}. To mend: name files {NAMING}",
                      stacklevel=2)  # fmt: skip
    found: dict[tuple[str, str, str], Output] = {}
    for output in (Output(*_only(path, read[path]), path) for path in paths if read[path]):
        if (other := found.setdefault(output[:3], output)) is not output:
            raise KitError(f"{other.path} and {output.path} are the same system and direction. To mend: keep one")
    if not directions:
        return list(found.values())
    wanted = languages.directions(directions, [code for output in found.values() for code in output[1:3]])
    kept = [output for output in found.values() if (output.src, output.tgt) in wanted]
    if not kept:
        raise KitError(f"no outputs for {directions} in {folder}. To mend: choose directions that have a file there")
    return kept


def read_outputs(outputs: Iterable[Output], corpus: Corpus, sentences: int = 0) -> "DataFrame":
    """Read outputs beside the sources and references of a corpus: the translations table (see `translations`).

    A file has a line for each position that both languages have; with `sentences`, only the first n are taken, and a
    file may end there. Reasoning (`<think>…</think>`) is cut into the column `reasoning`, if there is any.

    Raises UnequalCounts, naming the file and both counts, and KitError for a file that is not as it should be.
    """
    import pandas as pd

    rows, reasoning = [], []
    for system, src, tgt, path in outputs:
        pairs, texts = corpus.pairs(src, tgt), _texts(path)
        if len(texts) not in (len(pairs), sentences or len(pairs)):
            where = f"{path} on {corpus.release}, {src}-{tgt}"
            raise UnequalCounts(len(texts), len(pairs), where, corpus=corpus.name)
        chosen = pairs[: sentences or None]
        for (index, text, reference), hypothesis in zip(chosen, texts[: len(chosen)], strict=True):
            cut, kept = parted(hypothesis, source=text) if reasons(hypothesis) else ("", hypothesis)
            rows.append((system, src, tgt, index, text, kept, reference, "", None))
            reasoning.append(cut)
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"tokens": "Int64"})
    return table.assign(reasoning=reasoning) if any(reasoning) else table


def write_outputs(translations: "DataFrame", folder: Path | str) -> Path:
    """Write a translations table as `<src>-<tgt>/<system>.txt`, each hypothesis on one line, and return the folder.

    Raises KitError when a file cannot be written.
    """
    for (system, src, tgt), rows in translations.groupby(KEYS, sort=False):
        with whole(Path(folder) / f"{src}-{tgt}" / f"{run_names.path_name(system)}.txt") as scratch:
            text = "".join(f"{one_line(hypothesis)}\n" for hypothesis in rows["hypothesis"])
            scratch.write_bytes(text.encode())
    return Path(folder)


def _is_visible(path: Path, *, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _only(path: Path, read: list[tuple[str, str, str]]) -> tuple[str, str, str]:
    """Return what a file is. Raises KitError where it may be several things."""
    if len(read) > 1:
        each = " or ".join(f"{system!r} from {src} into {tgt}" for system, src, tgt in read)
        raise KitError(f"{path} may be the output of {each}. To mend: name files {NAMING}")
    return read[0]


def _not_understood(folder: Path, strange: list[Path], *, others: list[Path], source: str) -> KitError:
    """Make the message that lists which files are not understood, or all where none is an output."""
    if not strange:
        return KitError(f"{folder} holds no outputs; found: {_few(others, folder)}. To mend: name files {NAMING}")
    path = strange[0]
    named = path.stem if path.parent == folder else path.parent.name
    sides = named.split("-")
    hint = ""
    if len(sides) == 1 and languages.lookup(named) and not source:
        hint = " Is it a target language? Then say the source language."
    elif len(sides) == 2:
        try:
            _ = [languages.find(side) for side in sides]
        except UnknownName as error:
            hint = f" {error}."
    return KitError(f"{path}: {named!r} is no direction.{hint} Not understood: {_few(strange, folder)}; others: "
                    f"{_few(others, folder)}. To mend: name files {NAMING}")  # fmt: skip


def _few(paths: list[Path], folder: Path) -> str:
    listed = ", ".join(path.relative_to(folder).as_posix() for path in paths[:FEW])
    return (listed + f" and {len(paths) - FEW} more" if len(paths) > FEW else listed) or "no file"


def _texts(path: Path) -> list[str]:
    lines = text_files.read(path)
    return lines if path.suffix != ".jsonl" else [_json(path, number, line) for number, line in enumerate(lines, 1)]


def _json(path: Path, number: int, line: str) -> str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise KitError(f"{path}, line {number}: no JSON ({error.msg}). To mend: write a JSON string or null") from error
    held = [field for field in FIELDS if field in value] if isinstance(value, dict) else []
    if len(held) > 1:
        raise KitError(f"{path}, line {number}: {' and '.join(held)} may each be the output. To mend: leave one")
    text = value[held[0]] if held else value
    if not isinstance(text, str | None):
        fields = ", ".join(FIELDS)
        raise KitError(f"{path}, line {number}: expected a JSON string or null, or an object with one of {fields}, "
                       f"got {line[:60]}. To mend: write one")  # fmt: skip
    return text or ""
