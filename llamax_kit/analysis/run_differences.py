"""What changed between runs of the same thing, by their records, and what it did to hypotheses and scores.

Does not judge whether a difference is more than chance: that is `gains`.
"""

import re
from typing import TYPE_CHECKING

from llamax_kit.analysis.comparison import Gathered
from llamax_kit.scoring.comparability import DIRECTION

if TYPE_CHECKING:
    from pandas import DataFrame

NOISE = ("run", "notebook", "written", "process_seconds", "seconds", "timing", "parameters.run", "parameters.fresh")
LONG = "training_languages.codes"  # a record's, or one of its systems': whose they are is said, and how many
ORDER = ("parameters", "corpus", "model", "decoding", "prompt", "systems", "signatures", "versions", "git", "platform")
NOTHING = "nothing that determines a score"


def changes(*records: dict) -> "DataFrame":
    """Say what changed between runs, from their records: what, and a column a run, a row for each fact that differs.

    `changes(a, b)` of a greedy and a beam run gives the rows parameters.decoding and decoding.num_beams. Time spent and
    the run's own name are left out, hashes are shortened, of lists of languages the length is told; of equal runs the
    only row is "nothing that determines a score".
    """
    import pandas as pd

    facts = [_flat(record) for record in records]
    rows = []
    for what in sorted(dict.fromkeys(key for each in facts for key in each), key=_place):
        told = [each.get(what, "not recorded") for each in facts]
        if len(set(told)) > 1 and not _noise(what):
            rows.append((what, *map(_short, told)))
    names = _apart([str(record.get("run", "run")) for record in records])
    if not rows and len(records) > 1:
        rows = [(NOTHING, *[""] * len(records))]
    return pd.DataFrame(rows, columns=["what", *names])


def effects(gathered: Gathered) -> "DataFrame":
    """Say what a change did to a system that two runs hold: how many hypotheses differ, and by how much its score.

    Columns: system, run, against (an earlier run), src, tgt, n, differ (hypotheses; missing where a run kept none),
    difference (points), score, score_against, metric. A row a direction that both runs have; none of the baseline.
    """
    import pandas as pd

    held = gathered.systems[gathered.systems["name"] != "copy"]
    tables = [
        _effect(gathered, name, run=run, against=against)
        for name, each in held.groupby("name", sort=False)
        for place, run in enumerate(each["run"])
        for against in each["run"][:place]
    ]
    columns = ["system", "run", "against", *DIRECTION, "n", "differ", "difference", "score", "score_against", "metric"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return table[columns]


def _flat(fact, name: str = "") -> dict[str, str]:
    """Flatten a record: `{"git": {"dirty": True}, "signatures": ["a", "b"]}` gives git.dirty "true", signatures "a, b".

    Empty mappings and lists, and None, are "none".
    """
    if isinstance(fact, dict) and fact:
        flat = [_flat(each, f"{name}.{part}".strip(".")) for part, each in fact.items()]
        return {key: text for each in flat for key, text in each.items()}
    if isinstance(fact, list):
        told = f"{len(fact)} language{'s' * (len(fact) > 1)}"
        fact = told if f".{name}".endswith(f".{LONG}") else ", ".join(map(str, fact))
    return {name: str(fact).lower() if isinstance(fact, bool) else "none" if fact in (None, {}, "") else str(fact)}


def _noise(what: str) -> bool:
    return any(what == noise or what.startswith(f"{noise}.") for noise in NOISE)


def _short(text: str) -> str:
    """Shorten a hash as git does, and leave what is none: "sha256:0a1b…" has twelve digits left."""
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1…", text)


def _place(what: str) -> int:
    head = what.split(".")[0]
    return ORDER.index(head) if head in ORDER else len(ORDER)


def _apart(names: list[str]) -> list[str]:
    """Number names that come again: "a", "a" are "a", "a (2)"."""
    counts = [names[: at + 1].count(name) for at, name in enumerate(names)]
    return [name if count == 1 else f"{name} ({count})" for name, count in zip(names, counts, strict=True)]


def _effect(gathered: Gathered, name: str, *, run: str, against: str) -> "DataFrame":
    """Set one system's scores and hypotheses in two runs beside each other."""
    one, other = (gathered.runs[each] for each in (run, against))
    mine, theirs = (each.scores[each.scores["system"] == name] for each in (one, other))
    table = mine.merge(theirs, on=[*DIRECTION, "metric", "n"], suffixes=("", "_against"))
    table = table[table["metric"] == gathered.metric]
    table = table.assign(difference=table["score"] - table["score_against"], system=name, run=run, against=against)
    if one.translations is None or other.translations is None:
        return table.assign(differ=float("nan"))
    texts = [each.translations[each.translations["system"] == name] for each in (one, other)]
    both = texts[0].merge(texts[1], on=[*DIRECTION, "index"])
    differ = (both["hypothesis_x"] != both["hypothesis_y"]).groupby([both["src"], both["tgt"]]).sum()
    return table.join(differ.rename("differ"), on=DIRECTION)
