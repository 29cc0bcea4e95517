"""The finished runs of notebook 10 side by side: their gains, how far these range over seeds, and which is the control.

Reads run.json and groups.csv of every run in outputs/; computes no gain.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.runs import storage
from llamax_kit.utils.files import sound

if TYPE_CHECKING:
    from pandas import DataFrame

WHOSE = "pretrain_pairs"  # a parameter that notebook 10 alone has
LIKE = ("size", "base", "added", "held_out", "pretrain_pairs", "asked", "sentences")
VARIED = ("parallel", "augment", "continue_pairs")  # by what ablations differ
SHARED = ("size", "base", "pretrain_pairs", "asked", "sentences", "seed")  # with the control


def like(parameters: Mapping) -> "DataFrame":
    """Gather the gains of all finished runs whose parameters are these but for seed, run and the `VARIED`.

    A row a run, group and direction: run, seed, parallel, augment, continue_pairs, tokens (of continual pre-training),
    value (the group), direction, n (languages), score, baseline_score, gain (means over languages, in points).
    `parameters`: those of one run.

    Raises KitError for a run that is damaged.
    """
    import pandas as pd

    found = []
    for path, theirs, tokens in _finished():
        if all(theirs.get(name) == parameters[name] for name in LIKE):
            groups = sound(path, pd.read_csv, "run its notebook again")
            told = {name: theirs[name] for name in ("run", "seed", *VARIED)}
            found.append(groups.assign(**told, tokens=tokens))
    columns = ["run", "seed", *VARIED, "tokens", "value", "direction", "n", "score", "baseline_score", "gain"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def control(parameters: Mapping, tokens: int) -> tuple[str, int]:
    """Find the run whose continual pre-training added no language: its name, and the tokens of that stage.

    It shares first weights, pre-training and instructions with the run of these `parameters`, and is tested on all of
    its languages. Of several the one whose tokens are nearest to `tokens`, those of this run; ("", 0) where there is
    none, or this run adds none itself.

    Raises KitError for a run that is damaged.
    """
    asked = {*parameters["added"].split(), *parameters["held_out"].split()}
    found = [
        (abs(each - tokens), theirs["run"], each)
        for _, theirs, each in _finished()
        if all(theirs.get(name) == parameters[name] for name in SHARED)
        and not theirs["added"].split()
        and asked <= set(theirs["held_out"].split())
    ]
    _, name, its = min(found, default=(0, "", 0))
    return (name, its) if parameters["added"].split() else ("", 0)


def _finished() -> Iterator[tuple[Path, dict, int]]:
    """Yield groups.csv, parameters and tokens of continual pre-training of each finished run of notebook 10."""
    for path in sorted(storage.outputs().glob("*/groups.csv")):
        record = path.with_name("run.json")
        if record.is_file():
            known = sound(record, lambda path: json.loads(path.read_text(encoding="utf-8")), "run its notebook again")
            if WHOSE in known.get("parameters", {}):
                yield path, known["parameters"], known["stages"]["mini-llamax"]["tokens"]


def over_seeds(table: "DataFrame") -> "DataFrame":
    """Return the mean and the range of the gain over runs that differ in their seed alone, in points.

    table: of `like`; of two runs with one seed, which are the same, one counts. A row a way of training, group and
    direction: parallel, augment, continue_pairs, value, direction, languages, tokens (of continual pre-training, their
    mean), seeds (how many), gain (their mean), least, most.
    """
    by = [*VARIED, "value", "direction"]
    found = table.drop_duplicates(["seed", *by]).groupby(by, sort=False).agg(
        languages=("n", "first"), tokens=("tokens", "mean"), seeds=("seed", "nunique"), mean=("gain", "mean"),
        least=("gain", "min"), most=("gain", "max"),
    )  # fmt: skip
    return found.rename(columns={"mean": "gain"}).astype({"tokens": int}).reset_index()
