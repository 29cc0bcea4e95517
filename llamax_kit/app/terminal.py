"""What the command line prints: tables in columns, the scores of a run, what a run replaces. Prints nothing itself."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from llamax_kit.runs import provenance, storage
from llamax_kit.utils.terminal import visible

MOST = 40  # rows of scores; scores.csv has all


def table(rows: Iterable[Sequence]) -> str:
    """Return rows of texts as columns as wide as their widest; numbers to the right, with at most two decimals."""
    columns = [[_short(str(cell)) for cell in column] for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cells).rstrip() for cells in zip(*map(_even, columns), strict=True))


def scores(folder: Path) -> str:
    """Return the score table of a run, with the signature of each metric below it."""
    with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    columns = ("system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n")
    lines = [table([columns, *([row[name] for name in columns] for row in found[:MOST])])]
    if len(found) > MOST:
        lines.append(f"… and {len(found) - MOST:,} rows more, in {folder.name}/scores.csv")
    signatures = {row["metric"]: row["signature"] for row in found}
    return "\n".join([*lines, *(f"{metric}: {signature}" for metric, signature in signatures.items())])


def replaced(folder: Path, values: dict[str, Any]) -> str:
    """Describe the finished run that another with these parameters will replace; "" for none, or one alike.

    What is "auto" follows from the others and is not compared; nor are 0 sentences, all that there are, with their
    number on record.
    """
    if not (folder / "run.json").is_file():
        return ""
    before = storage.read_record(folder).get("parameters") or {}
    values = provenance.clean(values, storage.PROJECT)  # as the record holds them
    other = [f"{name} {before[name]!r}" for name, value in values.items()
             if name in before and before[name] != value and value != "auto"
             and (name, value) != ("sentences", 0)]  # fmt: skip
    if not other:
        return ""
    return (
        f"Note: outputs/{folder.name} holds a finished run with {', '.join(other)}, which this one replaces. "
        f"To keep both, stop here and name this one: -p run NAME"
    )


def _short(cell: str) -> str:
    return f"{float(cell):.2f}" if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell) else visible(cell)


def _even(column: list[str]) -> list[str]:
    width, figures = max(map(len, column)), all(re.fullmatch(r"[-\d.]*", cell) for cell in column[1:])
    return [cell.rjust(width) if figures else cell.ljust(width) for cell in column]
