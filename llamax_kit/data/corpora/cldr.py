"""The embedded default: parallel phrases in 142 languages from the Unicode CLDR, shipped as data (see cldr.md).

Dates, territories, amounts with units, money, spans of time, and combinations; None where a language has no entry. Good
for showing and testing a pipeline, no evidence of how well a model translates. `training.cldr.build` makes the files.
"""

import csv
from functools import cache
from pathlib import Path

from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError

FEWEST = 30  # positions of devtest; with fewer, a score would say nothing
HERE = Path(__file__).parent


@cache
def counts() -> dict[str, int]:
    """Return how many positions of devtest each language has of which CLDR knows anything, by kit code."""
    with open(HERE / "cldr_coverage.csv", encoding="utf-8", newline="") as file:
        return {row["code"]: int(row["devtest"]) for row in csv.DictReader(file)}


def available() -> list[str]:
    """Return the kit codes of the languages with phrases enough; they have them in every split."""
    return [code for code, count in counts().items() if count >= FEWEST]


def load(split: str, codes: list[str]) -> Corpus:
    """Read a split ("dev", "devtest") in the given languages.

    Raises KitError for a language that CLDR has too little of, and for the split "train".
    """
    from pyarrow import parquet

    if split == "train":
        raise KitError(
            "cldr:train is text to train on, and is not shipped. To mend: name cldr (devtest) or cldr:dev; in Python, "
            'llamax_kit.training.cldr.build.corpus("train", ["en", "sw"]) makes it'
        )
    for code in codes:
        if (found := counts().get(code, 0)) < FEWEST:
            raise KitError(
                f"CLDR has too little of {find(code).name} ({code}): {found} phrases in devtest, expected {FEWEST}. "
                f"To mend: leave it out; llamax_kit/data/corpora/cldr_coverage.csv lists what each language has"
            )
    path = HERE / f"cldr_{split}.parquet"
    release = parquet.read_schema(path).metadata[b"release"].decode()
    texts = parquet.read_table(path, columns=codes).to_pydict()
    return Corpus("cldr", split, f"{release}, {split}", {code: texts[code] for code in codes})
