"""The finished runs of notebook 10 side by side: what their gains were, and how far they range over seeds.

Reads run.json and groups.csv of every run in outputs/; computes no gain.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from llamax_kit import runs
from llamax_kit.files import sound

if TYPE_CHECKING:
    from pandas import DataFrame

WHOSE = "pretrain_pairs"  # a parameter that notebook 10 alone has
LIKE = ("size", "base", "added", "held_out", "pretrain_pairs", "continue_pairs", "asked", "sentences")
VARIED = ("parallel", "augment")  # by what ablations differ


def like(parameters: Mapping) -> "DataFrame":
    """Gather the gains of all finished runs whose parameters are these but for seed, run and the `VARIED`.

    A row a run, group and direction: run, seed, parallel, augment, tokens (of continual pre-training), value (the
    group), direction, n (languages), score, baseline_score, gain (means over languages, in points). `parameters`: those
    of one run.

    Raises KitError for a run that is damaged.
    """
    import pandas as pd

    found = []
    for path in sorted(runs.outputs().glob("*/groups.csv")):
        record = path.with_name("run.json")
        if not record.is_file():
            continue
        known = sound(record, lambda path: json.loads(path.read_text(encoding="utf-8")), "run its notebook again")
        theirs = known.get("parameters", {})
        if WHOSE in theirs and all(theirs.get(name) == parameters[name] for name in LIKE):
            groups = sound(path, pd.read_csv, "run its notebook again")
            told = {name: theirs[name] for name in ("run", "seed", *VARIED)}
            found.append(groups.assign(**told, tokens=known["stages"]["mini-llamax"]["tokens"]))
    columns = ["run", "seed", *VARIED, "tokens", "value", "direction", "n", "score", "baseline_score", "gain"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def over_seeds(table: "DataFrame") -> "DataFrame":
    """Say the mean and the range of the gain over runs that differ in their seed alone, in points.

    table: of `like`; of two runs with one seed, which are the same, one counts. A row a way of training, group and direction: parallel, augment, value, direction, languages,
    tokens (of continual pre-training, their mean), seeds (how many), gain (their mean), least, most.
    """
    by = [*VARIED, "value", "direction"]
    found = table.drop_duplicates(["seed", *by]).groupby(by, sort=False).agg(
        languages=("n", "first"), tokens=("tokens", "mean"), seeds=("seed", "nunique"), mean=("gain", "mean"), least=("gain", "min"),
        most=("gain", "max"),
    )  # fmt: skip
    return found.rename(columns={"mean": "gain"}).astype({"tokens": int}).reset_index()
