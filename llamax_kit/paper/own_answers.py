"""A run of yours that answered X-CSQA, XNLI or MGSM, beside the accuracies that the authors published, by language.

Theirs are figures of one decimal on the cards of their models (`tables.task_accuracies`), without answers, so there is
no paired test. They read an answer as it was generated, letter by letter, and so is mine read here: "accuracy", not by
likelihood. The interval is that of mine. Asks no model.
"""

from typing import TYPE_CHECKING

from llamax_kit.analysis import groups
from llamax_kit.data.translations import labels
from llamax_kit.paper import tables
from llamax_kit.paper.tables import TASK_BASELINE, TASK_MODEL
from llamax_kit.runs.storage import SavedSystem
from llamax_kit.scoring import accuracy
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

TASKS = {"X-CSQA": ("dev", 1000), "XNLI": ("test", 5010), "MGSM": ("test", 250)}  # split, questions in each language
READING = accuracy.READINGS["accuracy"]
LOW = {"MGSM": groups.MGSM_LOW}  # whose card has groups of its own


def task(record: dict | None) -> str:
    """Return the task that a run answered, by the signatures in its record: "XNLI"; "" of translations, or no run."""
    signatures = (record or {}).get("signatures") or ()
    return next(filter(None, (accuracy.part(each, name="task") for each in signatures)), "")


def check(name: str, record: dict) -> None:
    """Raise KitError where a run answered a task of which the paper has no accuracies."""
    if task(record) not in TASKS:
        raise KitError(
            f"run {name} answered {task(record)}, and the authors' accuracies are on {', '.join(TASKS)}. "
            f"To mend: name a run of notebook 11 on one of these"
        )


def beside(mine: SavedSystem) -> "DataFrame":
    """Compare mine with the published accuracies, a row for each language of both, in the order of the model's card.

    Columns: src, tgt (both the language), n, score, ci_low, ci_high (mine, points, Wilson's 95 % interval), those of
    LLaMA2-Task and LLaMAX2-Task, difference, ci_low_difference, ci_high_difference (mine less LLaMAX2-Task), inside
    (theirs lies between the ends), comparable ("yes", or why not), signature. `attrs["left_out"]` lists my languages of
    which they published no figure.

    Raises KitError for no language in common.
    """
    name = task(mine.record)
    theirs = tables.task_accuracies(name)
    wide = theirs.pivot(index="tgt", columns="system", values="score").rename_axis(columns=None)
    signed = next(each for each in mine.record["signatures"] if accuracy.part(each, name="reading") == READING)
    split = accuracy.part(signed, name="split")
    own = accuracy.score_table(mine.translations, name, split=split).query("metric == 'accuracy'")
    shared = [code for code in dict.fromkeys(theirs["tgt"]) if code in set(own["tgt"])]
    if not shared:
        raise KitError(
            f"{mine.name} and the authors share no language of {name}: the run has {' '.join(labels(own))}, they "
            f"published {' '.join(wide.index)}. To mend: ask it in one of these"
        )
    table = own.assign(signature=signed).set_index("tgt", drop=False).loc[shared].join(wide).reset_index(drop=True)
    differences = {"difference": "score", "ci_low_difference": "ci_low", "ci_high_difference": "ci_high"}
    table = table.assign(**{new: table[column] - table[TASK_MODEL] for new, column in differences.items()})
    table["inside"] = table[TASK_MODEL].between(table["ci_low"].round(1), table["ci_high"].round(1))
    table["comparable"] = [_comparable(name, n, split=split) for n in table["n"]]
    table = table[["src", "tgt", "n", "score", "ci_low", "ci_high", TASK_BASELINE, TASK_MODEL, *differences, "inside",
                   "comparable", "signature"]]  # fmt: skip
    table.attrs["left_out"] = [code for code in own["tgt"] if code not in shared]
    return table


def named(mine: SavedSystem, table: "DataFrame") -> str:
    """Return the name of mine, with what forbids a comparison: "11_mine:a (60 of 250 questions, not comparable)"."""
    why = [each.removeprefix("no: ") for each in dict.fromkeys(table["comparable"]) if each != "yes"]
    return f"{mine.name} ({'; '.join(why)}, not comparable)" if why else mine.name


def means(mine: SavedSystem, table: "DataFrame") -> "DataFrame":
    """Average what `beside` returned, over the languages in it, as `groups.of_answers` does: theirs and mine.

    Low and high are those of the paper's split; of MGSM, those of its card.
    """
    import pandas as pd

    name = task(mine.record)
    columns = {TASK_BASELINE: TASK_BASELINE, TASK_MODEL: TASK_MODEL, "score": named(mine, table)}
    rows = [table[["src", "tgt"]].assign(system=system, metric="accuracy", score=table[column], signature=name)
            for column, system in columns.items()]  # fmt: skip
    return groups.of_answers(pd.concat(rows), low=LOW.get(name, ())).drop(columns="signature")


def _comparable(name: str, n: int, *, split: str) -> str:
    theirs, questions = TASKS[name]
    reasons = [f"{split} of {name}, not {theirs}"] * (split != theirs)
    reasons += [f"{n:,} of {questions:,} questions"] * (n != questions)
    return "no: " + "; ".join(reasons) if reasons else "yes"
