"""Outputs of any system, as files, to a translations table and back. Translates and scores nothing.

A folder of outputs is named in one of three ways, codes of any release (`en`, `eng`, `eng_Latn`):

    <folder>/<src>-<tgt>/<system>.txt      several systems
    <folder>/<src>-<tgt>.txt               one system, which has the folder's name
    <folder>/<tgt>.txt                     the same, where the source language is said apart

One hypothesis a line, in the order of the corpus, empty where there is none; or `.jsonl`, a JSON string a line, which
may hold line ends, or null where there is none. Other files are left alone.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import languages
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.text_files import one_line
from llamax_kit.data.reasoning import parted, reasons
from llamax_kit.data.translations import COLUMNS, KEYS
from llamax_kit.runs import run_names
from llamax_kit.scoring.spbleu import UnequalCounts
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from pandas import DataFrame

ENDINGS = (".txt", ".jsonl")
NAMING = "<src>-<tgt>/<system>.txt, or <src>-<tgt>.txt for one system (.jsonl likewise), as in en-sw/google.txt"


class Output(NamedTuple):
    """A file of hypotheses: whose, from which language into which (kit codes)."""

    system: str
    src: str
    tgt: str
    path: Path


def find_outputs(folder: Path | str, source: str = "", *, directions: str = "") -> list[Output]:
    """List the outputs in a folder, by direction and system; `directions` ("en-de X-en") keeps these alone.

    Raises KitError when there are none, a name is not understood, or two files are the same system's and direction's.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise KitError(f"no folder of outputs at {folder.absolute()}. To mend: name a folder that holds {NAMING}")
    found_paths = [*sorted(folder.glob("*")), *sorted(folder.glob("*/*"))]
    paths = [path for path in found_paths if _is_output(path, folder=folder)]
    if not paths:
        raise KitError(f"{folder} holds no outputs. To mend: name files {NAMING}")
    found: dict[tuple[str, str, str], Output] = {}
    for output in (_named(path, folder=folder, source=source) for path in paths):
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
            raise UnequalCounts(len(texts), len(pairs), f"{path} on {corpus.release}, {src}-{tgt}")
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


def _is_output(path: Path, *, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix in ENDINGS and path.is_file() and not hidden


def _named(path: Path, *, folder: Path, source: str) -> Output:
    system, direction = (folder.resolve().name, path.stem) if path.parent == folder else (path.stem, path.parent.name)
    sides = direction.split("-")
    if len(sides) == 1 and source:
        sides = [source, *sides]
    if len(sides) != 2:
        hint = " Is it a target language? Then say the source language." if len(sides) == 1 and not source else ""
        raise KitError(f"{path}: {direction!r} is no direction.{hint} To mend: name files {NAMING}")
    try:
        src, tgt = (languages.find(side).code for side in sides)
    except UnknownName as error:
        raise KitError(f"{path}: {error}; files of outputs are named {NAMING}") from error
    return Output(system, src, tgt, path)


def _texts(path: Path) -> list[str]:
    lines = text_files.read(path)
    return lines if path.suffix == ".txt" else [_json(path, number, line) for number, line in enumerate(lines, 1)]


def _json(path: Path, number: int, line: str) -> str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise KitError(f"{path}, line {number}: no JSON ({error.msg}). To mend: write a JSON string or null") from error
    if not isinstance(value, str | None):
        raise KitError(f"{path}, line {number}: expected a JSON string or null, got {line[:60]}. To mend: write one")
    return value or ""
