"""The published systems: every released LLaMAX model, its LLaMA baselines, and the kit's own miniatures and stand-ins.

All facts stand in catalogue.csv, one row a system (paper, Sections 3 and 4; the models' pages on the hub):

- hub: its id there, "" where none was published; folder: where it lies in the kit itself, "" where it does not ship
  with it; base: what it was trained from
- kind: base (continues text), alpaca (tuned on instructions), task (tuned for one task), random, copy
- template: the prompt it is asked to translate with; layout: its files as published, which the loader must take

Systems known to have trained on FLORES stand in trained_on_flores.csv, with the evidence. Loads nothing (see `models`).
"""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """A row of catalogue.csv; the module's docstring says what each column means."""

    name: str
    hub: str
    folder: str
    base: str
    kind: str
    template: str
    layout: str
    licence: str
    note: str


@cache
def catalogue() -> tuple[Entry, ...]:
    """Read the catalogue: the seven LLaMAX models first."""
    with open(Path(__file__).with_name("catalogue.csv"), encoding="utf-8", newline="") as file:
        return tuple(Entry(**row) for row in csv.DictReader(file))


def trained_on_flores(system: str) -> bool:
    """Tell whether a system is known to have trained on FLORES, the test set too, by a word of its name or hub id.

    >>> [trained_on_flores(name) for name in ("bigscience/mt0-xxl", "my_run:BLOOMZ-7b1", "bloomz-p3", "LLaMAX2-7B")]
    [True, True, False, False]

    Its scores there are no measure of translation. False means "not known to", never "clean".

    Source: trained_on_flores.csv names the evidence.
    """
    words = set(re.split(r"[\W_]+", system.lower()))
    return any(row["word"] in words and row["not_with"] not in words for row in _trained_on_flores())


@cache
def _trained_on_flores() -> tuple[dict[str, str], ...]:
    with open(Path(__file__).parents[1] / "data" / "trained_on_flores.csv", encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
