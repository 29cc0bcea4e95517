"""`Run`: the folder of one execution of a notebook. One call shows something on the page and saves it.

Computes nothing: it takes finished tables and pictures.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamax_kit.analysis.gathering import Gathered
from llamax_kit.data import language_table
from llamax_kit.models import ledger_files
from llamax_kit.reporting import latex, tables
from llamax_kit.reporting.layout import Picture, Table
from llamax_kit.reporting.plots.display import show
from llamax_kit.reporting.report import place, write
from llamax_kit.runs import run_names, storage
from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.words import wrapped

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
        when the record is written, so that "auto" may be replaced by its value. One that is called `latex` says how
        tables are set in LaTeX: "auto", "column" or "page" (see `tables.save`).

    Raises
    ------
    KitError
        For a name that is no folder name, a folder that is the run of another notebook or cannot be written, and a
        notebook without annotated parameters.
    UnknownName
        For another value of `latex`.

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
        latex.check(self._layout)
        self.name, self.folder = name, storage.folder(name)
        locks.tidy(self.folder)
        self.parts: list[Table | Picture] = []

    @property
    def ledger(self) -> Path:
        """The folder that keeps the completions of all runs, so that nothing is generated twice."""
        return storage.outputs() / "ledger"

    @property
    def _layout(self) -> str:
        return self._namespace["latex"] if "latex" in self._names else latex.AUTO

    @property
    def parameters(self) -> dict[str, Any]:
        """The notebook's parameters with their present values."""
        return {name: self._namespace[name] for name in self._names}

    def table(
        self, name: str, table: "DataFrame", caption: str, *, columns: Iterable[str] = (), digits: int = 2
    ) -> None:
        """Save a table as `name`.csv (every digit) and `name`.tex, and show it under its caption.

        In the CSV a text that a spreadsheet would compute, such as "=1+1" or "- Yes", has an apostrophe before it.

        Parameters
        ----------
        name : str
            The files' name.
        table : DataFrame
            A finished table.
        caption : str
            What it shows.
        columns : iterable of str
            The columns that are shown and printed, where not all; the CSV has all.
        digits : int
            After the point, of what is neither a count nor a probability.

        Raises
        ------
        KitError
            For a table without a caption, or a file that cannot be written.
        """
        from IPython.display import display

        columns = tuple(columns)
        tables.save(table, self._path(name), caption, digits, columns, layout=self._layout)
        display(tables.show(table[list(columns)] if columns else table, caption, digits))
        self._add(Table(name, table, caption, columns, self._layout))

    def plot(
        self, name: str, draw: Callable[..., str], table: "DataFrame", *options, drawn_from: str = "", **named
    ) -> None:
        """Draw a table, save the picture as `name`.png and `name`.pdf, and show it with its alt text.

        A picture of `plots` is made for one column of a paper (7.7 cm), those of many directions for a page (16 cm).

        Parameters
        ----------
        name : str
            The files' name.
        draw : callable
            A function of `plots`, or any `draw(table, ax, ...)`: it draws and returns the alt text.
        table : DataFrame
            A finished table.
        *options, **named
            More arguments of `draw`.
        drawn_from : str
            The name of the saved table to which a report links from the picture.

        Raises
        ------
        KitError
            As `draw` does, or for a file that cannot be written.

        Examples
        --------
        ::

            results.plot("script", plots.languages_by_group, gains, "script")
        """
        from matplotlib.figure import Figure

        ax = Figure().subplots()
        alt = draw(table, ax, *options, **named)
        self.picture(name, ax.figure, alt, drawn_from=drawn_from)

    def picture(self, name: str, figure: "Figure", alt: str, *, drawn_from: str = "") -> None:
        """Save a figure of your own as `name`.png and `name`.pdf, and show it with its alt text.

        Parameters
        ----------
        name : str
            The files' name.
        figure : Figure
            Of matplotlib.
        alt : str
            What the picture shows, in words.
        drawn_from : str
            The name of the saved table to which a report links from the picture.

        Raises
        ------
        KitError
            For an empty alt text, or a file that cannot be written.
        """
        show(figure, self._path(name), alt)
        self._add(Picture(self._path(name), alt, drawn_from))

    def say(self, *texts: object) -> None:
        """Print a text, its long lines broken between words."""
        print(wrapped(" ".join(map(str, texts))))

    def save(self, name: str, table: "DataFrame", caption: str = "") -> None:
        """Save a table as `name`.csv without showing it.

        Parameters
        ----------
        name : str
            The file's name.
        table : DataFrame
            A finished table.
        caption : str
            With a caption, `name`.tex is saved too.

        Raises
        ------
        KitError
            For a file that cannot be written.
        """
        if caption:
            tables.save(table, self._path(name), caption, layout=self._layout)
        else:
            storage.save_table(table, self.folder / f"{name}.csv")

    def save_translations(self, translations: "DataFrame") -> None:
        """Save the translations table, one Parquet file per system and direction, in place of an earlier one.

        Parameters
        ----------
        translations : DataFrame
            A translations table.

        Raises
        ------
        KitError
            For a file that cannot be written.
        """
        storage.save_translations(self.folder, translations)

    def save_answers(self, answers: "DataFrame") -> None:
        """Save a table of answers to questions, one Parquet file per system and language, in place of an earlier one.

        Parameters
        ----------
        answers : DataFrame
            A translations table with src == tgt; its further columns are kept.

        Raises
        ------
        KitError
            For a file that cannot be written.
        """
        storage.save_answers(self.folder, answers)

    def record(self, **facts) -> str:
        """Write run.json, the last file of a run: its parameters, these facts, versions, commit and time.

        What the run has translated afresh is then finished: asked again, it is translated again.

        Parameters
        ----------
        **facts
            What the record holds besides.

        Returns
        -------
        str
            Its path in `outputs/`.

        Raises
        ------
        KitError
            For a fact that the record finds by itself, or a file that cannot be written.

        Examples
        --------
        `results.record(corpus=text.facts())` is "tour/run.json".
        """
        facts |= {"cells": self._cells(), **language_table.facts()}
        path = storage.record(self.folder, parameters=self.parameters, **facts)
        ledger_files.end_run(self.ledger, self.name)
        return f"{self.name}/{path.name}"

    def check_report(self, name: str) -> None:
        """Check a report's name before any work.

        Parameters
        ----------
        name : str
            The name of its folder.

        Raises
        ------
        KitError
            Where `report` would refuse the name.
        """
        place(self.folder, name)

    def report(self, name: str, gathered: Gathered, method: list[str], *, title: str) -> str:
        """Write what this run has shown as one folder that opens without a server: see `report.write`.

        Parameters
        ----------
        name : str
            The name of its folder.
        gathered : Gathered
            The runs, as `comparison.gather` returns them.
        method : list of str
            Sentences, as `comparison.method` returns them.
        title : str
            The page's title.

        Returns
        -------
        str
            The path of its page in `outputs/`: "09_compare_runs/report/index.html".

        Raises
        ------
        KitError
            As `report.write` does.
        """
        page = write(place(self.folder, name), title, gathered, method, self.parts)
        return f"{self.name}/{name}/{page.name}"

    def _cells(self) -> str | None:
        """Return the SHA-256 of the cells executed so far, those that set parameters aside; None outside a kernel."""
        executed = [cell for cell in self._namespace.get("In", ()) if not self._sets_parameters(cell)]
        return hashlib.sha256("\0".join(executed).encode()).hexdigest() if executed else None

    def _sets_parameters(self, cell: str) -> bool:
        """Check whether a cell assigns parameters and does nothing else: the notebook's own, or papermill's."""
        try:
            nodes = ast.parse(cell).body
        except SyntaxError:  # a line of IPython's own, as "%time"
            return False
        targets = [getattr(node, "target", None) or (getattr(node, "targets", None) or [None])[0] for node in nodes]
        return all(getattr(target, "id", "") in self._names for target in targets)

    def _path(self, name: str) -> Path:
        return self.folder / run_names.path_name(name)  # a system's name may hold signs that a file's name may not

    def _add(self, part: Table | Picture) -> None:
        """Keep a part for the report; a cell that is run again replaces its own part."""
        kept = [each for each in self.parts if type(each) is not type(part) or _name(each) != _name(part)]
        self.parts = [*kept, part]


def _name(part: Table | Picture) -> str:
    return part.name if isinstance(part, Table) else part.path.name
