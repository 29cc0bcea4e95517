"""The published systems: every released LLaMAX model, its LLaMA baselines, and the kit's own miniatures and stand-ins.

All facts stand in catalogue.csv, one row a system (paper, Sections 3 and 4; the models' pages on the hub):

- hub: its id there, "" where none was published; folder: where it lies in the kit itself, "" where it does not ship
  with it; base: what it was trained from
- kind: base (continues text), alpaca (tuned on instructions), task (tuned for one task), copy
- template: the prompt it is asked to translate with; layout: its files as published, which the loader must take
"""

import csv
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
