"""The page of a report: tables and pictures in order; every name of a system links to its run. Writes no file."""

import base64
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.analysis.gathering import Gathered
from llamax_kit.data.translations import answers, nouns
from llamax_kit.reporting import markup, tables
from llamax_kit.runs import provenance, storage

if TYPE_CHECKING:
    from pandas import DataFrame

TEMPLATE = Path(__file__).with_name("report.html.j2")
SHOWN = 300  # rows of a table on the page; its file has all


class Table(NamedTuple):
    """A table of a report: `Table("gains", gains, "Gains in spBLEU points")` becomes tables/gains.csv and gains.tex.

    columns: those on the page and in gains.tex, where not all; the CSV has all; layout: of gains.tex (`tables.save`).
    """

    name: str
    frame: "DataFrame"
    caption: str
    columns: tuple[str, ...] = ()
    layout: str = "auto"


class Picture(NamedTuple):
    """A picture of a report, as `plots.show` saved it: `Picture(folder / "gains", "…")` is gains.png and gains.pdf.

    alt: what it shows, in words; drawn_from: the name of the table that it shows.
    """

    path: Path
    alt: str
    drawn_from: str = ""


def render(title: str, gathered: Gathered, method: list[str], parts: list, read: "DataFrame") -> str:
    """Return the page of a report as HTML; `read` is what `report.sources` lists. Names of systems link to runs."""
    from jinja2 import Environment, FileSystemLoader

    systems = gathered.systems.iloc[::-1]  # of a name that several runs share, the first run is meant
    to = {run: run for run in gathered.runs}
    for names in (systems["spec"], systems["system"]):
        to |= dict(zip(names, systems["run"], strict=True))
    shown = [_view(part, to) if isinstance(part, Table) else _picture(part) for part in parts]
    kind = "answers" if answers(gathered.scores) else "translations"
    environment = Environment(loader=FileSystemLoader(TEMPLATE.parent), autoescape=True, trim_blocks=True)
    return environment.get_template(TEMPLATE.name).render(
        title=title, method=method, parts=shown, runs=_provenance(gathered, read),
        lacking=gathered.lacking.to_dict("records"), now=provenance.automatic(storage.PROJECT), tall=tables.TALL,
        kind=kind, what=nouns(gathered.scores)[0],
    )  # fmt: skip


def _view(part: Table, to: dict[str, str]) -> dict:
    """Return the first rows of a table as texts; each cell has its text, whether it is a number, and its run."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    frame = part.frame[list(part.columns) or list(part.frame)]
    kinds = [is_numeric_dtype(frame[name]) and not is_bool_dtype(frame[name]) for name in frame]
    head = [{"text": name, "number": kind, "run": to.get(name), "wide": markup.wide(str(name))}
            for name, kind in zip(frame, kinds, strict=True)]  # fmt: skip
    body = [
        [{"text": (text := tables.formatted(value, name)), "number": kind, "way": markup.way(text),
          "wide": markup.wide(text) and not kind, "run": to.get(value) if isinstance(value, str) else None}
         for value, name, kind in zip(row, frame, kinds, strict=True)]
        for row in frame.head(SHOWN).itertuples(index=False, name=None)
    ]  # fmt: skip
    return {"kind": "table", "name": part.name, "caption": tables.captioned(part.frame, part.caption),
            "head": head, "body": body, "rows": len(frame)}  # fmt: skip


def _picture(part: Picture) -> dict:
    image = part.path.with_name(part.path.name + ".png").read_bytes()
    width = struct.unpack(">I", image[16:20])[0] // 2  # saved at twice the size it is shown at
    return {"kind": "picture", "name": part.path.name, "alt": part.alt, "width": width, "from": part.drawn_from,
            "data": base64.b64encode(image).decode()}  # fmt: skip


def _provenance(gathered: Gathered, read: "DataFrame") -> list[dict]:
    """Describe for each run what its figures depend on."""
    entries = []
    for run, each in gathered.runs.items():
        files_read, record = read[read["run"] == run], each.record
        own = gathered.systems[gathered.systems["run"] == run]
        hashes = dict(zip(files_read["file"], files_read["sha256"], strict=True))
        parts = {key: record.get(key) or {} for key in ("corpus", "git", "versions")}
        entries.append({
            "name": run, "systems": list(own["system"]), **parts, "written": record.get("written", ""),
            "hashes": {name: hashes[name] for name in ("scores.csv", "run.json")},
            "kept": len(files_read) - 2, "signatures": record.get("signatures") or [],
        })  # fmt: skip
    return entries
