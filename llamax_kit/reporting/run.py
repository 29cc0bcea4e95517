"""`Run`: the folder of one execution of a notebook. What is shown on the page is saved there in the same call.

Computes nothing: it takes finished tables and pictures.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamax_kit.analysis.gathering import Gathered
from llamax_kit.reporting import tables
from llamax_kit.reporting.layout import Picture, Table
from llamax_kit.reporting.plots.display import show
from llamax_kit.reporting.report import place, write
from llamax_kit.runs import run_names, storage
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Run:
    """The folder of one execution of a notebook, which shows and saves in one call.

    Parameters
    ----------
    name : str
        The run's name, one plain folder name: ``Run("tour", globals())`` writes into ``outputs/tour``.
    namespace : mapping
        The notebook's variables, ``globals()``. The parameters are those with a type annotation; their values are read
        when the record is written, so that "auto" may be replaced by what it stands for.

    Raises
    ------
    KitError
        For a name that is no folder name, a folder that is the run of another notebook or cannot be written, and a
        notebook without annotated parameters.

    Examples
    --------
    In a notebook, behind its parameters cell::

        results = Run(run, globals())
        results.table("scores", scores, "spBLEU by direction")   # scores.csv, scores.tex, and the table on the page
        results.plot("scores", plots.scores, scores)             # scores.png, scores.pdf, and the picture on the page
        results.record(corpus=text.facts())                      # run.json
    """

    def __init__(self, name: str, namespace: Mapping[str, Any]):
        self._names = tuple(namespace.get("__annotations__", ()))
        if not self._names:
            raise KitError(
                "expected a notebook's variables with annotated parameters, found none. "
                "To mend: run the parameters cell first (`sentences: int = 40  # how many`), then Run(run, globals())"
            )
        self._namespace = namespace
        self.name, self.folder = name, storage.folder(name)
        self.parts: list[Table | Picture] = []

    @property
    def ledger(self) -> Path:
        """The folder that keeps the completions of all runs, so that nothing is generated twice."""
        return storage.outputs() / "ledger"

    @property
    def parameters(self) -> dict[str, Any]:
        """The notebook's parameters with their present values."""
        return {name: self._namespace[name] for name in self._names}

    def table(
        self, name: str, table: "DataFrame", caption: str, *, columns: Iterable[str] = (), digits: int = 2
    ) -> None:
        """Save a table as `name`.csv (every digit) and `name`.tex, and show it under its caption.

        columns: those that are shown and printed, where not all; the CSV has all. digits: after the point, of what is
        neither a count nor a probability.

        Raises KitError for a table without a caption, or a file that cannot be written.
        """
        from IPython.display import display

        columns = tuple(columns)
        tables.save(table, self._path(name), caption, digits, columns)
        display(tables.show(table[list(columns)] if columns else table, caption, digits))
        self._add(Table(name, table, caption, columns))

    def plot(
        self, name: str, draw: Callable[..., str], table: "DataFrame", *options, drawn_from: str = "", **named
    ) -> None:
        """Draw a table, save the picture as `name`.png and `name`.pdf, and show it with its alt text.

        draw: a function of `plots`, which draws `table` on axes and returns the alt text. More arguments go to it:
        `results.plot("script", plots.languages_by_group, gains, "script")`. drawn_from: the name of the saved table
        that a report leads to from the picture.

        Raises KitError as `draw` does, or for a file that cannot be written.
        """
        from matplotlib.figure import Figure

        ax = Figure().subplots()
        alt = draw(table, ax, *options, **named)
        self.picture(name, ax.figure, alt, drawn_from=drawn_from)

    def picture(self, name: str, figure: "Figure", alt: str, *, drawn_from: str = "") -> None:
        """Save a figure of your own as `name`.png and `name`.pdf, and show it with its alt text.

        Raises KitError for an empty alt text, or a file that cannot be written.
        """
        show(figure, self._path(name), alt)
        self._add(Picture(self._path(name), alt, drawn_from))

    def save(self, name: str, table: "DataFrame", caption: str = "") -> None:
        """Save a table as `name`.csv without showing it; with a caption as `name`.tex, too.

        Raises KitError for a file that cannot be written.
        """
        if caption:
            tables.save(table, self._path(name), caption)
        else:
            storage.save_table(table, self.folder / f"{name}.csv")

    def save_translations(self, translations: "DataFrame") -> None:
        """Save the translations table, one Parquet file a system and direction, in the place of an earlier one.

        Raises KitError for a file that cannot be written.
        """
        storage.save_translations(self.folder, translations)

    def record(self, **facts) -> str:
        """Write run.json, the last file of a run: its parameters, these facts, versions, commit and time.

        Returns its path in `outputs/`: `results.record(corpus=text.facts())` is "tour/run.json".

        Raises KitError for a fact that the record finds by itself, or a file that cannot be written.
        """
        path = storage.record(self.folder, parameters=self.parameters, **facts)
        return f"{self.name}/{path.name}"

    def check_report(self, name: str) -> None:
        """Raise KitError where `report` would refuse a name, before any work is done."""
        place(self.folder, name)

    def report(self, name: str, gathered: Gathered, method: list[str], *, title: str) -> str:
        """Write what this run has shown so far as one folder that opens without a server: see `report.write`.

        Returns the path of its page in `outputs/`: "09_compare_runs/report/index.html".

        Raises KitError as `report.write` does.
        """
        page = write(place(self.folder, name), title, gathered, method, self.parts)
        return f"{self.name}/{name}/{page.name}"

    def _path(self, name: str) -> Path:
        return self.folder / run_names.path_name(name)  # a system's name may hold what no file's name may

    def _add(self, part: Table | Picture) -> None:
        """Keep a part for the report; a cell that is run again replaces its own."""
        kept = [each for each in self.parts if type(each) is not type(part) or _name(each) != _name(part)]
        self.parts = [*kept, part]


def _name(part: Table | Picture) -> str:
    return part.name if isinstance(part, Table) else part.path.name
