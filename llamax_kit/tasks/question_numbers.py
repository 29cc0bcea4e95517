"""What test sets with a number as answer share: items from files, no options, and the number of a completion."""

from collections.abc import Sequence
from pathlib import Path

from llamax_kit.data import question_files, questions
from llamax_kit.data.questions import Item
from llamax_kit.scoring import numbers
from llamax_kit.utils.errors import KitError


def items(paths: list[Path], language: str, folder: Path, *, question: str, gold: Sequence[str]) -> list[Item]:
    """Read problems, named by their row; `gold` names the columns that may hold the number, the first that is there.

    Raises KitError for a row without a column, or whose gold is no number.
    """
    found = []
    for path in paths:
        for place, row in question_files.rows(path, (question, gold[-1])):
            column = next((name for name in gold if row.get(name) is not None), gold[-1])
            held = str(question_files.cell(row, column, where=place))
            if not (number := numbers.read(held)):
                raise KitError(f"{place}: expected a number in {column!r}, got {held[:60]!r}. "
                               f"To mend: {question_files.REMEDY}")  # fmt: skip
            text = str(question_files.cell(row, question, where=place))
            found.append(Item(str(len(found) + 1), language, {"question": text}, number))
    return list(questions.check(found, question_files.named(paths, folder)))


def options(item: Item, prompt: str) -> tuple[str, ...]:
    """Return (): a number may be of any size, and no texts are compared."""
    return ()


def answer(completion: str, item: Item) -> str:
    """Return the number of a completion, with signs as in the item's language; "" for none."""
    return numbers.read(completion, language=item.language)
