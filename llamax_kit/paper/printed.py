"""The figures that the paper printed, as tables of facts in the kit: they need no network and no data folder.

Reads the CSV files beside it: as printed, with the errors that `recompute` and `contradictions` find. Holds no sentence
of the paper. Sections and numbers are those of version 2 of arXiv 2407.05975 (12 October 2024).

Systems go by the names of the release where it holds them ("LLaMA2-7B-Alpaca" for the paper's "LLaMA2-Alpaca, 7B").
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.utils.errors import UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

FOLDER = Path(__file__).parent


def tables() -> "DataFrame":
    """List what is here: name ("table3"), what (in words), section, and source, where the figures were read."""
    return _index().copy()


def table(name: str) -> "DataFrame":
    """Return the figures of one table or figure, a row a figure, with the section and the source of each.

    table3: system, size, direction, metric, score, partners (86 in the rows marked with a star, which say 85)
    figure1: system, direction, count                       figure3: task, system, language, accuracy
    figure4: system, direction, languages, metric, score    table4: system, test, direction, metric, score
    table5: system, test, kind, score                       table6: system, route, direction, metric, score
    figure6: src, tgt, gpt4, llamax2, gap                   figure7: system, direction, partner, score
    table12, table13: system, src, tgt, source_share, target_share

    spBLEU and COMET are points, 0 to 100; accuracies and shares are percent.

    Raises UnknownName for what `tables` does not list.
    """
    import pandas as pd

    about = _index().set_index("name")
    if name not in about.index:
        raise UnknownName("printed table", given=name, choices=about.index, remedy="see them with: printed.tables()")
    figures = pd.read_csv(FOLDER / f"{name}.csv", keep_default_na=False, na_values=[""])
    return figures.assign(section=about.loc[name, "section"], source=figures.get("source", about.loc[name, "source"]))


@cache
def _index() -> "DataFrame":
    import pandas as pd

    return pd.read_csv(FOLDER / "printed.csv")
