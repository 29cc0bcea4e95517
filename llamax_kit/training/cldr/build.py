"""Makes the embedded corpus of the Unicode CLDR that Babel ships, and the text of its training split.

    python -m llamax_kit.training.cldr.build llamax_kit/data/corpora

writes cldr_dev.parquet, cldr_devtest.parquet and cldr_coverage.csv, which the package ships. What counts as a
language's own entry: entries.py; what is said: phrases.py.
"""

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data.corpora.cldr import FEWEST
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.language_table import kit
from llamax_kit.data.languages import find
from llamax_kit.training.cldr.entries import entries
from llamax_kit.training.cldr.phrases import contents, say
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame


def _text(code: str, *, split: str) -> list[str | None]:
    return list(_devtest(code)) if split == "devtest" else _say_all(code, split=split)


@cache
def _devtest(code: str) -> tuple[str | None, ...]:
    """Make devtest once: it is needed to know whether a language has enough, and again to be read."""
    return tuple(_say_all(code, split="devtest"))


def _say_all(code: str, *, split: str) -> list[str | None]:
    own = entries(code)
    return [say(content, own) for content in contents(split)]


def _positions(code: str) -> int:
    """Count the positions of devtest that a language has."""
    return sum(text is not None for text in _devtest(code))


def release() -> str:
    """Return the name of the release: "CLDR 47 via Babel 2.18.0"."""
    import babel

    return f"CLDR {babel.core.get_global('cldr')['version']} via Babel {babel.__version__}"


def corpus(split: str, codes: Iterable[str]) -> Corpus:
    """Make all positions of a split ("train", "dev", "devtest") in the given languages.

    Raises KitError for a language that CLDR has too little of.
    """
    for code in codes:
        if (found := _positions(code)) < FEWEST:
            raise KitError(
                f"CLDR has too little of {find(code).name} ({code}): {found} phrases in devtest, expected {FEWEST}. "
                f"To mend: leave it out; llamax_kit/data/corpora/cldr_coverage.csv lists what each language has"
            )
    return Corpus("cldr", split, f"{release()}, {split}", {code: _text(code, split=split) for code in codes})


def write(folder: Path) -> None:
    """Write what the package ships of CLDR: dev and devtest of each language with phrases enough, and all counts."""
    import pyarrow
    from pyarrow import parquet

    counts = coverage()
    counts.to_csv(folder / "cldr_coverage.csv", index=False, lineterminator="\n")
    codes = list(counts["code"][counts["devtest"] >= FEWEST])
    for split in ("dev", "devtest"):
        table = pyarrow.table(corpus(split, codes).texts).replace_schema_metadata({"release": release()})
        parquet.write_table(table, folder / f"cldr_{split}.parquet", compression="zstd", compression_level=19)


def coverage() -> "DataFrame":
    """Count the own entries of each language that CLDR knows: one row a language, in the order of the language table.

    Columns: code, name, cldr (the locale), trained, then numbers of entries: dates (12 months and 7 weekdays, or 0 if
    full dates cannot be made), territories, units, spans, currencies, lists; devtest: its positions that are not None.
    """
    import pandas as pd

    rows = []
    for language in (language for language in kit() if language.cldr):
        own = entries(language.code)
        kinds = ("territories", "units", "spans", "currencies", "lists")
        counts = {"dates": own.names_of_dates} | {kind: len(getattr(own, kind)) for kind in kinds}
        known = {"code": language.code, "name": language.name, "cldr": language.cldr, "trained": language.trained}
        rows.append(known | counts | {"devtest": _positions(language.code)})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m llamax_kit.training.cldr.build FOLDER, such as llamax_kit/data/corpora")
    write(Path(sys.argv[1]))
