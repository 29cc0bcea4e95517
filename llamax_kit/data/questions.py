"""Questions of a test set: what an item is, and the check that a language's items can be asked and counted. Reads none.

A test set is items by language. An item's `gold` is one of the labels of its options, or, without options, a number.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from llamax_kit.utils.errors import KitError


class Item(NamedTuple):
    """One question in one language.

    id: as the file has it, else its line, "1", "2", …; the same question has one id in all languages
    language: the kit's code
    fields: what a prompt is made of, by name: {"premise": …, "hypothesis": …}, {"question": …}
    gold: the label of the right option, or a number in digits as `scoring.numbers` writes it
    options: (label, text) of each, in order: (("A", "to bed"), …); of fixed labels both are equal; () for a number
    """

    id: str
    language: str
    fields: Mapping[str, str]
    gold: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can be answered; () where the answer is a number."""
        return tuple(label for label, _ in self.options)


def check(items: Sequence[Item], where: str) -> Sequence[Item]:
    """Return the items of one language if they can be asked and counted; `where` is their file, for messages.

    Raises KitError for none, an id that stands twice, an empty field, fewer than two options, a label that stands
    twice, or a gold that is none of the labels.
    """
    if not items:
        raise KitError(f"expected questions in {where}, found none. To mend: see that the file is whole")
    seen: dict[str, int] = {}
    for at, item in enumerate(items, 1):
        here = f"{where}, item {at} (id {item.id!r})"
        if item.id in seen:
            raise KitError(
                f"{here}: its id is that of item {seen[item.id]}, too, and each is counted once. "
                f"To mend: remove one of them, or give it another id"
            )
        seen[item.id] = at
        if empty := [name for name, text in item.fields.items() if not str(text).strip()]:
            raise KitError(f"{here}: expected a text in {empty[0]}, found none. To mend: write it, or remove the item")
        if not item.options:
            continue
        labels = item.labels
        if len(labels) < 2 or len(set(labels)) < len(labels):
            raise KitError(
                f"{here}: expected two different options at least, got {', '.join(labels) or 'none'}. "
                f"To mend: write all of its options, each with a label of its own"
            )
        if item.gold not in labels:
            raise KitError(
                f"{here}: expected the right answer to be one of {', '.join(labels)}, got {item.gold!r}. "
                f"To mend: write one of these; test splits without answers cannot be scored"
            )
    return items
