"""The authors' released scores: spBLEU and COMET of 18 systems, direction by direction, and their averages.

Reads `<data folder>/llamax_results` as it was published (`llamax-kit fetch llamax_results`), after comparing each file
with its SHA-256. Corrects nothing and averages nothing: see `recompute` and `contradictions`.

Systems go by the names of their folders, "LLaMAX2-7B-Alpaca", "NLLB-200"; languages by LLaMAX's codes, the kit's own.
M2M-100, Lego-MT and GPT-4, which the paper compares with, are not in the release.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data import downloads
from llamax_kit.data.sources import score_files
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer

if TYPE_CHECKING:
    from pandas import DataFrame

FILES = {"spBLEU": "spBLEU_score/spBLEU_score.csv", "COMET": "comet_score/comet_score.csv"}
PARTNERS = (101, 85)  # as their summaries are called; the "85" are 86
NONE = "/"  # how a score file writes a pivot's own cell


def systems() -> list[str]:
    """List the 18 systems of the release: ["Aya-101", "Aya-23", …, "Yayi2-30B"]."""
    return list(dict.fromkeys(path.split("/")[0] for path in score_files()))


def check() -> Path:
    """Compare all 108 files with their SHA-256, and return the folder that holds them.

    Raises KitError naming a missing or altered file, and the cell that is no number where it has one.
    """
    source = downloads.find("llamax_results")
    folder = downloads.folder() / source.place
    if not folder.is_dir():
        raise KitError(f"the authors' released scores are not in {folder}. To mend: llamax-kit fetch {source.name}")
    try:
        return downloads.fetch(source.name)
    except KitError:
        for path in score_files():
            if (folder / path).is_file():
                read(folder / path)  # which says more of a cell than a hash can
        raise


def scores(metric: str = "spBLEU") -> "DataFrame":
    """Return the scores of all systems: system, direction ("en-X", "X-en"), src, tgt, metric, score (points).

    23,432 rows, a language pair of two pivots standing in two of them, as in the release; COMET is times 100.

    Raises UnknownName for a metric other than spBLEU and COMET, KitError for what `check` refuses.
    """
    return _scores(check(), known(metric)).copy()


@lru_cache(maxsize=4)
def _scores(folder: Path, metric: str) -> "DataFrame":
    """Read the files once they were found unaltered; there is nothing else that they could hold later."""
    import pandas as pd

    parts = []
    for system in systems():
        cells = read(folder / system / FILES[metric]).stack().dropna()
        long = cells.rename_axis(["direction", "partner"]).rename("score").reset_index()
        pivot = long["direction"].str.replace(r"^x-|-x$", "", regex=True)
        out = long["direction"].str.endswith("-x")
        sides = {"src": pivot.where(out, long["partner"]), "tgt": long["partner"].where(out, pivot)}
        parts.append(long.assign(system=system, metric=metric, direction=long["direction"].map(direction), **sides))
    return pd.concat(parts, ignore_index=True)[["system", "direction", "src", "tgt", "metric", "score"]]


def summaries() -> "DataFrame":
    """Return the authors' averages: system, metric, partners (101 or 85, as they call it), direction, low, high, all.

    928 rows: 232 of each metric over all languages and as many over those of M2M-100.

    Raises KitError for what `check` refuses.
    """
    import pandas as pd

    folder = check()
    parts = [
        read(folder / system / Path(file).with_name(f"summary_{partners}.csv"))
        .rename_axis("direction").reset_index().assign(system=system, metric=metric, partners=partners)
        for metric, file in FILES.items() for partners in PARTNERS for system in systems()
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    table["direction"] = table["direction"].map(direction)
    return table[["system", "metric", "partners", "direction", "low", "high", "all"]]


def read(path: Path) -> "DataFrame":
    """Read a file of the release as it is: a row a direction ("en-x"), a column a language or an average.

    A pivot's own cell is missing (NaN). Raises KitError naming file, row and column of another cell that is no number.
    """
    import pandas as pd

    refuse_pointer(path)
    cells = pd.read_csv(path, dtype=str, keep_default_na=False, index_col="direct").stack()
    numbers = pd.to_numeric(cells, errors="coerce")
    for row, column in numbers.index[~(numbers.abs() < float("inf"))]:
        if cells[row, column] != NONE or column not in row.split("-"):
            raise KitError(
                f"{path}: expected a number in row {row}, column {column}, came {cells[row, column]!r}. "
                f"To mend: move {downloads.folder() / 'llamax_results'} away, then llamax-kit fetch llamax_results"
            )
    return numbers.unstack()


def direction(written: str) -> str:
    """Write a direction as the paper does: "en-x" is en-X, "x-en" is X-en."""
    return "-".join("X" if side == "x" else side for side in written.split("-"))


def known_system(name: str) -> str:
    """Return the name of a system of the release, which need not be here. Raises UnknownName for another."""
    if name not in systems():
        remedy = "write one as in LLaMAX2-7B-Alpaca, NLLB-200"
        raise UnknownName("system of the authors' release", given=name, choices=systems(), remedy=remedy)
    return name


def known(metric: str) -> str:
    """Return the name of a metric of the release. Raises UnknownName for another."""
    if metric not in FILES:
        raise UnknownName("metric", given=metric, choices=FILES, remedy="one of spBLEU, COMET")
    return metric
