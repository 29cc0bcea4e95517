"""Two systems of finished runs, side by side, once they are seen to be comparable. Scores nothing.

A system is named `run` where its run holds no other than "copy", the baseline, and `run:system` where it does: with
google and nllb in the run 05_mozilla, "05_mozilla:nllb". The two may be of one run.
"""

from typing import TYPE_CHECKING, NamedTuple

from llamax_kit import languages, runs, translations
from llamax_kit.errors import KitError, UnknownName
from llamax_kit.models.catalogue import trained_on_flores

if TYPE_CHECKING:
    from pandas import DataFrame

SIDES = ("src", "tgt")
PLACE, TOLD = [*SIDES, "index"], ("source", "reference")


class Pair(NamedTuple):
    """Two translations tables on the same sentences, row by row, and the directions that only one of them has.

    The column `system` of each holds its name as it was asked for, "05_mozilla:nllb". left_out: src, tgt, lacks;
    records: the two runs' run.json; trained_on_flores: the names of those that are known to.
    """

    system: "DataFrame"
    baseline: "DataFrame"
    left_out: "DataFrame"
    records: tuple[dict, dict]
    trained_on_flores: list[str]

    @property
    def names(self) -> tuple[str, str]:
        return self.system["system"].iloc[0], self.baseline["system"].iloc[0]

    @property
    def tokenize(self) -> str:
        """The tokenizer by whose pieces both runs were scored, "" where a record does not say or they differ."""
        said = {record.get("parameters", {}).get("tokenize") or "" for record in self.records}
        return said.pop() if len(said) == 1 else ""


def pair(system: str, baseline: str, directions: str = "") -> Pair:
    """Pair two systems of runs: `pair("05_mozilla:nllb", "05_mozilla:google", "en-X")`; directions: "", all of them.

    Raises KitError when they are one system, have no direction in common, or cannot be compared: another release of
    the corpus, other sentences, sources or references in a direction, scores of different signatures; UnknownName for a
    run or system that is not there.
    """
    loaded = {name: runs.load(name) for name in dict.fromkeys(each.partition(":")[0] for each in (system, baseline))}
    sides = [_rows(loaded[name.partition(":")[0]], name) for name in (system, baseline)]
    first, second = ((run, rows["system"].iloc[0]) for run, rows in sides)
    if first[0].folder == second[0].folder and first[1] == second[1]:
        raise KitError(f"{system} and {baseline} are one system of one run. To mend: name two systems to compare")
    _same_release((system, baseline), [run.record for run, _ in sides])
    tables = [rows.assign(system=name) for (_, rows), name in zip(sides, (system, baseline), strict=True)]
    tables = [_chosen(table, directions, tables) for table in tables]
    left_out = lacking(*tables)
    ours, theirs = (_shared(table, left_out) for table in tables)
    _same_signatures((system, baseline), [_signatures(run, name, ours) for run, name in (first, second)])
    _same_sentences(ours, theirs, (system, baseline))
    records = first[0].record, second[0].record
    known_as = [(system, first[1]), (baseline, second[1])]
    asked = zip((system, baseline), known_as, records, strict=True)
    marked = [name for name, names, record in asked if any(map(trained_on_flores, (*names, _model(record))))]
    return Pair(ours, theirs, left_out, records, marked)


def lacking(system: "DataFrame", baseline: "DataFrame") -> "DataFrame":
    """List the directions that one of two tables lacks, as src, tgt, lacks (the name of the one that lacks it).

    Takes translations or scores: anything with the columns system, src, tgt.

    Raises KitError when no direction is in both.
    """
    import pandas as pd

    names = [table["system"].iloc[0] for table in (system, baseline)]
    ours, theirs = (dict.fromkeys(zip(table["src"], table["tgt"], strict=True)) for table in (system, baseline))
    if not ours.keys() & theirs.keys():
        raise KitError(
            f"no direction is in both: {names[0]} has {_few(ours)}, {names[1]} has {_few(theirs)}. "
            f"To mend: translate with both into and from the same languages"
        )
    rows = [(*each, names[1]) for each in ours if each not in theirs]
    rows += [(*each, names[0]) for each in theirs if each not in ours]
    return pd.DataFrame(rows, columns=[*SIDES, "lacks"])


def _rows(run: runs.Run, name: str) -> "tuple[runs.Run, DataFrame]":
    """Find a system's rows in its run, in order of index."""
    run_name, _, system = name.partition(":")
    if run.translations is None:
        raise KitError(
            f"the run {run_name} kept no translations, so its sentences cannot be paired. "
            f"To mend: run it again, or compare the two score tables with gains.from_scores, which has no intervals"
        )
    systems = list(dict.fromkeys(run.translations["system"]))
    if not system:
        named = [each for each in systems if each != "copy"] or systems
        if len(named) > 1:
            choices = ", ".join(f"{run_name}:{each}" for each in systems)
            raise KitError(f"the run {run_name} holds {len(systems)} systems. To mend: name one of {choices}")
        system = named[0]
    if system not in systems:
        remedy = f"name one of these, as in {run_name}:{systems[0]}"
        raise UnknownName(f"system in the run {run_name}", system, systems, remedy)
    return run, translations.check(run.translations[run.translations["system"] == system])


def _chosen(table: "DataFrame", directions: str, tables: "list[DataFrame]") -> "DataFrame":
    if not directions:
        return table
    spoken = {code for each in tables for side in SIDES for code in each[side]}
    wanted = set(languages.directions(directions, sorted(spoken)))
    kept = table[[each in wanted for each in zip(table["src"], table["tgt"], strict=True)]]
    if kept.empty:
        raise KitError(
            f"{table['system'].iloc[0]} has none of the directions {directions}. "
            f"To mend: choose among its {_few(dict.fromkeys(zip(table['src'], table['tgt'], strict=True)))}"
        )
    return kept


def _shared(table: "DataFrame", left_out: "DataFrame") -> "DataFrame":
    """Keep the directions that both have, by source, target and index."""
    out = set(zip(left_out["src"], left_out["tgt"], strict=True))
    kept = table[[each not in out for each in zip(table["src"], table["tgt"], strict=True)]]
    return kept.sort_values(PLACE, kind="stable", ignore_index=True)


def _model(record: dict) -> str:
    return str(record.get("parameters", {}).get("model") or "")


def _same_release(names: tuple[str, str], records: list[dict]) -> None:
    releases = [record.get("corpus", {}).get("release", "no corpus") for record in records]
    if releases[0] != releases[1]:
        raise KitError(
            f"{names[0]} translates {releases[0]}, {names[1]} translates {releases[1]}: sentences are corrected and "
            f"languages relabelled from one release to the next, so no gain can be told. "
            f"To mend: run both on one release and split"
        )


def _signatures(run: runs.Run, system: str, shared: "DataFrame") -> set[str]:
    """Gather the signatures of a system's spBLEU scores as its run kept them, none where it kept no scores."""
    if run.scores is None:
        return set()
    kept = set(zip(shared["src"], shared["tgt"], strict=True))
    own = run.scores[(run.scores["system"] == system) & run.scores["metric"].str.startswith("spBLEU")]
    return {each.signature for each in own.itertuples() if (each.src, each.tgt) in kept}


def _same_signatures(names: tuple[str, str], signatures: list[set[str]]) -> None:
    if all(signatures) and signatures[0] != signatures[1]:
        told = [" and ".join(sorted(each)) for each in signatures]
        raise KitError(
            f"{names[0]} was scored with {told[0]}, {names[1]} with {told[1]}: points of different signatures do not "
            f"compare. To mend: run one of them again with the other's tokenize, in the same environment "
            f"(what is translated already is not translated again)"
        )


def _same_sentences(system: "DataFrame", baseline: "DataFrame", names: tuple[str, str]) -> None:
    """Refuse two tables, both in order of direction and index, that do not hold the same sentences."""
    if all(system[column].equals(baseline[column]) for column in [*PLACE, *TOLD]):
        return
    both = system.merge(baseline, how="outer", on=PLACE, suffixes=("", "_b"), indicator="where")
    both["fault"] = ""
    for told in reversed(TOLD):
        both.loc[both[told] != both[f"{told}_b"], "fault"] = f"has another {told}"
    for side, name in (("left_only", names[1]), ("right_only", names[0])):
        both.loc[both["where"] == side, "fault"] = f"is not in {name}"
    wrong = both[both["fault"] != ""]
    first = wrong.iloc[0]
    count, of = (sum((table["src"] == first["src"]) & (table["tgt"] == first["tgt"])) for table in (wrong, both))
    raise KitError(
        f"{first['src']}-{first['tgt']}: {count} of {of} sentences are not the same in {names[0]} and {names[1]}; the "
        f"first, index {first['index']}, {first['fault']}. Directions with such sentences: "
        f"{len(wrong[list(SIDES)].drop_duplicates())}. To mend: run both on the same sentences of one corpus"
    )


def _few(directions: dict) -> str:
    told = ", ".join(f"{src}-{tgt}" for src, tgt in list(directions)[:3])
    return f"{len(directions)} ({told}{', …' if len(directions) > 3 else ''})" if directions else "none"
