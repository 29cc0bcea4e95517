"""Where a run lives in `outputs/`, its tables and its record, each written whole or not at all.

outputs/<run>/run.json                                   the record
outputs/<run>/scores.csv                                 the score table
outputs/<run>/translations/<system>/<src>-<tgt>.parquet  the translations table, one file a direction
outputs/<run>/answers/<system>/<language>.parquet        the same of a run that answered questions, one file a language
outputs/ledger/                                          the completions of all runs (see `ledger`)
"""

import csv
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.runs import owners, provenance
from llamax_kit.runs.run_names import check_name, path_name
from llamax_kit.utils import csv_cells
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import clear, sound, whole

if TYPE_CHECKING:
    from pandas import DataFrame

KINDS = ("translations", "answers")  # folders of a run's table, of which it has one
PROJECT = Path(__file__).resolve().parents[2]
AGAIN = "run its notebook again"
TEXTS = ("system", "src", "tgt", "source", "hypothesis", "reference")  # of a translations table, beside `index`
NUMBERS = ("score", "ci_low", "ci_high", "n")
SCORES = ("system", "src", "tgt", "metric", *NUMBERS, "signature")
MAPPINGS = ("parameters", "corpus", "decoding", "training_languages")  # facts of a record that others look into
LISTS = ("signatures", "added_languages")


class SavedRun(NamedTuple):
    """A finished run as it lies on disk; a table that was not saved is None."""

    folder: Path
    translations: "DataFrame | None"
    scores: "DataFrame | None"
    record: dict


class SavedSystem(NamedTuple):
    """A system of a finished run: `name` as it is shown, `own` as the run names it, and its translations.

    asked: what it was asked for by, where a name that is shown was given; "" else.
    """

    name: str
    run: SavedRun
    own: str
    translations: "DataFrame | None"
    asked: str = ""

    @property
    def record(self) -> dict:
        """The run's record, as it is for this system."""
        return provenance.of_system(self.run.record, self.own)


def outputs() -> Path:
    """Name the folder of all runs: $LLAMAX_KIT_OUTPUTS, else `outputs/` of the checkout, else `./outputs`."""
    if named := os.environ.get("LLAMAX_KIT_OUTPUTS"):
        return Path(named).expanduser().absolute()
    return (PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()) / "outputs"


def folder(run: str) -> Path:
    """Make the folder of a run and return its path: `folder("tour")` is `outputs/tour`.

    Raises KitError for a name that `check_name` refuses, a folder that cannot be made, and, in a notebook, one that is
    the run of another notebook (see `owners`).
    """
    check_name(run)
    owners.check_kernel(outputs() / run)
    return made(outputs() / run)


def made(path: Path) -> Path:
    """Make a folder, if it is not there, and return it. Raises KitError when it cannot be made or written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(None, "it may not be written to")
    except OSError as error:
        raise KitError(
            f"could not make the run folder {path}: {error.strerror or error}. "
            f"To mend: remove the file in its place, or set LLAMAX_KIT_OUTPUTS to a folder that can be written"
        ) from error
    return path


def save_table(table: "DataFrame", path: Path | str) -> Path:
    """Write a table as CSV or Parquet, by the path's ending, whole or not at all.

    In a CSV a text that a spreadsheet would compute ("=1+1") has an apostrophe before it (see `csv_cells`).

    Raises KitError for another ending, a full disk, or a folder that cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise KitError(f"a table is saved as .csv or .parquet, got {path.name!r}. To mend: end it with one of these")
    with whole(path) as scratch:
        if path.suffix == ".csv":
            csv_cells.each(table, csv_cells.guarded).to_csv(scratch, index=False, lineterminator="\n")
        else:
            table.to_parquet(scratch, index=False)
    return path


def save_translations(run_folder: Path | str, translations: "DataFrame") -> list[Path]:
    """Write the translations table, one Parquet file a system and direction, and return the paths.

    The run then holds exactly this table: files of an earlier execution of the run that it does not name are removed.
    """
    return _save(Path(run_folder) / "translations", translations, named="{}-{}")


def save_answers(run_folder: Path | str, answers: "DataFrame") -> list[Path]:
    """Write a table of answers to questions (see `data.translations`), one Parquet file a system and language.

    Its further columns are kept. The run then holds exactly this table, as `save_translations` says.
    """
    return _save(Path(run_folder) / "answers", answers, named="{}")


def _save(root: Path, table: "DataFrame", *, named: str) -> list[Path]:
    groups = table.groupby(["system", "src", "tgt"], sort=False)
    paths = [save_table(rows, root / path_name(system) / f"{named.format(*sides)}.parquet")
             for (system, *sides), rows in groups]  # fmt: skip
    clear(root)
    for stale in {*translation_files(root.parent)} - set(paths):
        stale.unlink(missing_ok=True)
    return paths


def translation_files(run_folder: Path | str) -> list[Path]:
    """List the files of a run's translations table, or of its answers.

    A hidden one is being written, or was when its process ended.
    """
    return sorted(path for kind in KINDS for path in Path(run_folder).glob(f"{kind}/*/[!.]*.parquet"))


def record(run_folder: Path | str, notebook: str | None = None, **known) -> Path:
    """Write `run.json`: the facts given, and those every run has (commit, versions, platform, time).

    notebook: whose run this is; not given, the notebook that is being run here, as far as anybody says (`owners`).
    `record(folder, parameters={"model": "copy"}, corpus={"name": "cldr", "sha256": "…"}, seconds={"translate": 4.2})`
    `systems={"a": {"model": …}, …}` describes each of several models (see `provenance.of_system`). Access tokens are
    left out, and paths of the home, data and project folder shortened (see `provenance.clean`).

    Raises KitError when a fact has the name of an automatic one, or the file cannot be written.
    """
    run = {"run": Path(run_folder).name, "notebook": notebook or owners.notebook()}
    automatic = run | provenance.automatic(PROJECT)
    if clash := sorted(automatic.keys() & known.keys()):
        raise KitError(f"the record finds {', '.join(clash)} by itself. To mend: give these facts another name")
    text = json.dumps(provenance.clean(automatic | known, PROJECT), indent=2, ensure_ascii=False, allow_nan=False)
    path = Path(run_folder) / "run.json"
    with whole(path) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def load(run: str) -> SavedRun:
    """Read a finished run, by its name in `outputs/` or its folder's path (see `place`).

    Returns
    -------
    SavedRun
        `folder`, `translations`, `scores` (tables, or None where the run kept none), `record` (a dict).

    Raises
    ------
    UnknownName, KitError
        Where there is none of that name; where one of its files is damaged.
    """
    import pandas as pd

    folder = finished(run)
    record = read_record(folder)
    tables = [sound(path, _read_translations, AGAIN) for path in translation_files(folder)]
    translations = pd.concat(tables, ignore_index=True) if tables else None
    scores = sound(folder / "scores.csv", _read_scores, AGAIN) if (folder / "scores.csv").is_file() else None
    return SavedRun(folder, translations, scores, record)


def finished(run: str, others: Iterable[str] = ()) -> Path:
    """Return the folder of a finished run, by its name or path; nothing of it is read.

    Raises UnknownName, with the nearest of those that there are, and of `others`, when there is none of that name.
    """
    folder = place(run)
    if not (folder / "run.json").is_file():
        runs = sorted({path.parent.name for path in outputs().glob("*/run.json")}.union(others))
        several = "; where several may stand, part them by spaces and not by commas" * ("," in str(run))
        remedy = f"a finished run has a run.json; looked in {folder}{several}"
        raise UnknownName("run", given=str(run), choices=runs, remedy=remedy)
    return folder


def read_record(folder: Path) -> dict:
    """Read a run's record. Raises KitError when it is damaged."""
    return sound(folder / "run.json", _read_record, AGAIN)


def place(run: str) -> Path:
    """Return where a run lies: `place("tour")` is `outputs/tour`; "./tour", with a separator, is a path."""
    return Path(run).expanduser() if {os.sep, os.altsep} & set(str(run)) else outputs() / run


def named(spec: str) -> tuple[str, str]:
    """Part the name that is shown from what it names: `named("Ours=05_mozilla:nllb")` is ("Ours", "05_mozilla:nllb").

    Without one the name is "". A run whose own name holds the sign is found as it stands, where it is there.

    Raises KitError for an empty name, or one of nothing.
    """
    before = spec.split(":")[0]
    if "=" not in before or os.path.isdir(place(before)):
        return "", spec
    parts = [(spec[:at].strip(), spec[at + 1 :].strip()) for at, sign in enumerate(before) if sign == "="]
    name, run = next((each for each in parts if os.path.isdir(place(each[1].split(":")[0] or "./="))), parts[0])
    if not name or not run:
        raise KitError(
            f"expected name=run:system, got {spec!r}, where the {'run' if name else 'name'} is empty. To mend: write a "
            f"name before the sign =, and a run behind it, as in Ours={run or '05_mozilla:nllb'}"
        )
    return name, run


def shown(spec: str) -> str:
    """Return how a system is called in tables and pictures: by the name before a sign =, or else as it was asked for.

    >>> shown("Ours=05_mozilla:nllb"), shown("05_mozilla:nllb")
    ('Ours', '05_mozilla:nllb')
    """
    return named(spec)[0] or spec


def behind(spec: str) -> str:
    """Return what a name stands for: `behind("Ours=05_mozilla:nllb")` is "05_mozilla:nllb"; "" where none is given."""
    return named(spec)[1] if shown(spec) != spec else ""


def listed(names: str) -> list[str]:
    """Part a list at its blanks; one that begins with a quotation mark ends behind the next, with what follows it.

    >>> listed("05_mozilla 'Our own'=05_mine:a")
    ['05_mozilla', 'Our own=05_mine:a']

    Raises KitError for a quotation mark that is not closed.
    """
    words = re.findall(r"(?:\"[^\"]*\"|'[^']*')\S*|\S+", names)
    if odd := next((word for word in words if word[0] in "\"'" and word.count(word[0]) < 2), ""):
        raise KitError(f"a quotation mark is not closed in {names!r}, before {odd[1:]}. To mend: write one behind it")
    return [word.replace(word[0], "") if word[0] in "\"'" else word for word in words]


def parted(spec: str) -> tuple[str, str]:
    """Part "run:system", or a run alone: `parted("05_mozilla:nllb")` is ("05_mozilla", "nllb").

    The run may be a path, also one that begins with a drive, as in "C:\\runs\\a:nllb", or that is there as it stands.
    A name that is shown, as in "Ours=05_mozilla:nllb", is left out (see `named`).
    """
    spec = named(spec)[1]
    drive = re.match(r"[A-Za-z]:[\\/]|", spec)[0]
    run, _, system = spec.removeprefix(drive).partition(":")
    return (spec, "") if place(spec).is_dir() else (drive + run, system)


def system(spec: str) -> SavedSystem:
    """Find a system of a run, and its translations: by "run:system", or by the run alone, if it holds no other.

    The baseline `copy` does not count as another. `system("05_mozilla:nllb").own` is "nllb"; "Ours=05_mozilla:nllb" is
    the same, and its `name` is "Ours".

    Raises UnknownName for a run or system that is not there, KitError for a run without translations, or one that holds
    several systems where none is named.
    """
    name, wanted = parted(spec)
    run = load(name)
    if run.translations is None:
        raise _without(name, run.folder)
    chosen = _chosen(name, wanted=wanted, held=list(dict.fromkeys(run.translations["system"])))
    rows = run.translations[run.translations["system"] == chosen].reset_index(drop=True)
    return SavedSystem(shown(spec), run, chosen, rows, behind(spec))


def check_system(spec: str, others: Iterable[str] = ()) -> Path:
    """Check that `system` finds this, by the names of files and scores.csv alone, and return the run's folder.

    Raises as it does; the nearest names of a run are also looked for among `others`.
    """
    name, wanted = parted(spec)
    folder = finished(name, others)
    held = list(dict.fromkeys(path.parent.name for path in translation_files(folder)))
    if not held:
        raise _without(name, folder)
    names = {path_name(system): system for system in scored(folder)}  # a folder's name may be another than its system's
    _chosen(name, wanted=wanted, held=[names.get(each, wanted if path_name(wanted) == each else each) for each in held])
    return folder


def scored(folder: Path) -> list[str]:
    """List the systems of a run's scores.csv; none where it has no such file. Raises KitError for a damaged one."""
    path = folder / "scores.csv"
    return sound(path, _read_systems, AGAIN) if path.is_file() else []


def _without(name: str, folder: Path) -> KitError:
    return KitError(
        f"the run {name} kept no translations, only {folder.name}/run.json. To mend: run it again with notebook 04 or "
        "05, or 11, which keep them; gains.from_scores compares two score tables without, but has no intervals"
    )


def _chosen(name: str, *, wanted: str, held: list[str]) -> str:
    """Choose a system of a run by its name, or the only one besides `copy` where none is `wanted`."""
    own = [each for each in held if each != "copy"] or held
    if not wanted and len(own) > 1:
        choices = ", ".join(f"{name}:{each}" for each in held)
        raise KitError(f"the run {name} holds {len(held)} systems. To mend: name one of {choices}")
    if wanted and wanted not in held:
        remedy = f"name one of these, as in {name}:{held[0]}"
        raise UnknownName(f"system in the run {name}", given=wanted, choices=held, remedy=remedy)
    return wanted or own[0]


def _read_record(path: Path) -> dict:
    record = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(record, dict):
        raise ValueError(f"expected a mapping of facts, got {record!r:.40}")
    for names, kind, called in ((MAPPINGS, dict, "a mapping"), (LISTS, list, "a list")):
        for name in names:
            if record.get(name) is not None and not isinstance(record[name], kind):
                raise ValueError(f"expected {called} as {name}, got {record[name]!r:.40}")
    whose = record.get("training_languages") or {"whose": "", "codes": []}
    if not (isinstance(whose.get("whose"), str) and isinstance(whose.get("codes"), list)):
        raise ValueError(f"expected whose and codes in training_languages, got {whose!r:.60}")
    if not all(isinstance(each, str) for each in [*(record.get("signatures") or ()), *whose["codes"]]):
        raise ValueError("expected texts in signatures and in the codes of training_languages")
    return record


def _read_translations(path: Path) -> "DataFrame":
    import pandas as pd
    from pandas.api import types

    table = pd.read_parquet(path)
    if missing := [name for name in (*TEXTS, "index") if name not in table]:
        raise ValueError(f"expected a column {missing[0]}, found {', '.join(map(str, table)) or 'none'}")
    if table.empty:
        raise ValueError("expected sentences, but it has no row")
    other = [name for name in TEXTS if not (types.is_string_dtype(table[name]) or types.is_object_dtype(table[name]))]
    if other or not types.is_integer_dtype(table["index"]):
        raise ValueError(f"expected {'text' if other else 'whole numbers'} in the column {[*other, 'index'][0]}")
    return table


def _read_systems(path: Path) -> list[str]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if "system" not in (rows.fieldnames or ()):
            raise ValueError("expected a column system")
        found = list(dict.fromkeys(csv_cells.read(row["system"]) for row in rows))
        if None in found:  # a row that was cut; a system may be without a name
            raise ValueError("expected a system in each row")
        return found


def _read_scores(path: Path) -> "DataFrame":
    import pandas as pd

    before = {"low": "ci_low", "high": "ci_high"}  # what the ends of an interval were called
    numbers = ("score", *before, *before.values(), "n")  # elsewhere an empty cell is an empty text, "NA" two letters
    read = pd.read_csv(path, keep_default_na=False, na_values={name: [""] for name in numbers})
    table = csv_cells.each(read, csv_cells.read).rename(columns=before)
    if other := [name for name in NUMBERS if name in table and len(table) and table[name].dtype.kind not in "iuf"]:
        raise ValueError(f"expected numbers in the column {other[0]}")
    return table


def check_scores(run: str, scores: "DataFrame") -> None:
    """Raise KitError for a score table that lacks what comparing systems needs; a run of one's own may keep another."""
    if missing := [name for name in SCORES if name not in scores]:
        raise KitError(
            f"expected a column {missing[0]} in scores.csv of the run {run}, found "
            f"{', '.join(map(str, scores)) or 'none'}. To mend: {AGAIN}, or score its outputs with notebook 05"
        )
