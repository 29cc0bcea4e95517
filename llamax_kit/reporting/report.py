"""Writes one folder about several runs: a page, its tables and pictures, and where every figure comes from.

    index.html               the page; it loads nothing, so it opens from a disk, an e-mail or a USB stick
    method.txt, method.tex   how the figures were made, to paste into a paper
    tables/<name>.csv, .tex  each table of the page, whole; scores_and_sources.csv has every score's run, file and hash
    pictures/<name>.png, .pdf
    runs/<run>.json          the record of each run; <run>.scores.csv its score table, as it was read
    sources.csv              every file that was read: run, file, SHA-256, bytes, commit, dirty

Computes no figure: it takes finished tables and pictures. `method_text` describes how they were made, `layout` makes
the page.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.analysis.gathering import Gathered
from llamax_kit.reporting import latex, layout, tables
from llamax_kit.reporting.layout import Picture, Table
from llamax_kit.runs import provenance, run_names, storage
from llamax_kit.utils import files
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Picture", "Table", "place", "sources", "write"]

MARK = "sources.csv"  # a folder that holds it is a report, and may be replaced by another


def place(folder: Path, name: str) -> Path:
    """Return the path of a report's folder in a run's, checked before any work: `place(folder, "report")`.

    Raises KitError for what is not one plain folder name, or a folder there that holds something else.
    """
    if run_names.path_name(name) != name:
        raise KitError(
            f"the report is one folder within the run's, so its name must be one plain folder name, got {name!r}. "
            f"To mend: letters, digits and . _ - @ + = only, beginning with a letter or digit, as in 'report'"
        )
    _check(folder / name, [])
    return folder / name


def write(
    folder: Path | str, title: str, gathered: Gathered, method: list[str], parts: Iterable[Table | Picture]
) -> Path:
    """Write a report into `folder`, whole or not at all, in place of an earlier one, and return its page's path.

    method: sentences, as `comparison.method` returns them; parts: tables and pictures in the order of the page; a table
    without rows is left out.

    Raises KitError for a folder that holds something else, a picture that is missing or has no alt text, two parts of
    one name, a table without a caption, or a folder that cannot be written.
    """
    folder, parts = Path(folder), [each for each in parts if isinstance(each, Picture) or len(each.frame)]
    _check(folder, parts)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        scratch.mkdir(parents=True)
        _fill(scratch, title, gathered, method, parts)
        _swap(scratch, folder=folder)
    except OSError as error:
        raise KitError(
            f"could not write the report {folder.name}: {error.strerror or error}. Nothing of it was kept. "
            f"To mend: free some space, or name a folder that can be written"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder / "index.html"


def sources(gathered: Gathered) -> "DataFrame":
    """List every file that the runs were read from: run, file (in the run's folder), sha256, bytes, commit, dirty."""
    import pandas as pd

    rows = []
    for run, each in gathered.runs.items():
        git = each.record.get("git") or {}
        paths = [each.folder / "run.json", each.folder / "scores.csv", *storage.translation_files(each.folder)]
        rows += [
            (run, path.relative_to(each.folder).as_posix(), files.sha256(path), path.stat().st_size,
             git.get("commit", "not known"), git.get("dirty", "not known"))
            for path in paths if path.suffix in (".json", ".csv", ".parquet")
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["run", "file", "sha256", "bytes", "commit", "dirty"])


def _check(folder: Path, parts: list) -> None:
    if folder.exists() and not (folder / MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise KitError(
            f"{folder.name} holds something that is no report, and would be lost. "
            f"To mend: name another folder for the report, or empty this one"
        )
    names = [part.path.name if isinstance(part, Picture) else part.name for part in parts]
    for name, part in zip(names, parts, strict=True):
        kind = "picture" if isinstance(part, Picture) else "table"
        if kind == "picture" and not part.alt.strip():
            raise KitError(f"the picture {name} has no alt text. To mend: say in a sentence what it shows")
        if kind == "picture" and not part.path.with_name(f"{name}.png").is_file():
            raise KitError(f"there is no picture {name}.png to report. To mend: save it with plots.show before")
        if sum(type(each) is type(part) and other == name for other, each in zip(names, parts, strict=True)) > 1:
            raise KitError(f"a report has two {kind}s called {name}. To mend: give each its own name")


def _fill(place: Path, title: str, gathered: Gathered, method: list[str], parts: list) -> None:
    """Write all files of a report into an empty folder."""
    read = sources(gathered)
    storage.save_table(read, place / MARK)
    storage.save_table(_traced(gathered, read), place / "tables/scores_and_sources.csv")
    method = [_clean(sentence) for sentence in method]  # before LaTeX writes marks into paths
    for ending, lines in (("txt", method), ("tex", map(latex.broken, method))):
        (place / f"method.{ending}").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    (place / "runs").mkdir()
    for run, each in gathered.runs.items():
        record = json.dumps(_clean(each.record), indent=2, ensure_ascii=False)
        (place / f"runs/{run}.json").write_text(record + "\n", encoding="utf-8", newline="\n")
        shutil.copyfile(each.folder / "scores.csv", place / f"runs/{run}.scores.csv")
    for part in parts:
        if isinstance(part, Table):
            frame, caption = _without_secrets(part.frame), _clean(part.caption)
            tables.save(frame, place / "tables" / part.name, caption, columns=part.columns, layout=part.layout)
        else:
            (place / "pictures").mkdir(exist_ok=True)
            for name in (f"{part.path.name}.png", f"{part.path.name}.pdf"):
                shutil.copyfile(part.path.with_name(name), place / "pictures" / name)
    text = layout.render(title, gathered, method, parts, read)
    (place / "index.html").write_text(_clean(text), encoding="utf-8", newline="\n")


def _swap(scratch: Path, *, folder: Path) -> None:
    """Replace the old folder by the finished one; if that fails, the old one stays."""
    old = scratch.with_name(f"{scratch.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        scratch.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _traced(gathered: Gathered, read: "DataFrame") -> "DataFrame":
    """Return every score with its run, file and hash, and the commit that wrote it; of a run scored here, no hash."""
    source = read[read["file"] == "scores.csv"].drop(columns="bytes")
    source.loc[source["run"].isin(gathered.rescored), ["file", "sha256"]] = "translations", ""  # read has each of them
    return gathered.scores.merge(source, on="run", validate="many_to_one")


def _without_secrets(frame: "DataFrame") -> "DataFrame":
    return frame.assign(**{name: frame[name].map(_clean) for name in frame if frame[name].dtype.kind not in "biuf"})


def _clean(fact):
    return provenance.clean(fact, storage.PROJECT)
