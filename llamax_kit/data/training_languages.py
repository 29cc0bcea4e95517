"""Which languages a system was trained on: LLaMAX's 102, or a set that somebody named; and who trained on FLORES."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from llamax_kit.data.language_table import kit
from llamax_kit.utils.words import counted


class Trained(NamedTuple):
    """The kit codes of the languages that a model was trained on, and the model's name, "" where nobody named one.

    >>> str(Trained("mini-llama", frozenset(["en", "fr"]))), str(Trained("", frozenset(["sw"])))
    ('the 2 training languages of mini-llama', 'the 1 language named as trained')
    """

    whose: str
    codes: frozenset[str]

    def __str__(self) -> str:
        if self.whose:
            return f"the {len(self.codes)} training languages of {self.whose}"
        return f"the {counted(len(self.codes), 'language')} named as trained"


LLAMAX = Trained("LLaMAX", frozenset(language.code for language in kit() if language.trained))


def trained_on_flores(system: str) -> bool:
    """Return whether a system is known to have trained on FLORES, the test set too, by a word of its name or hub id.

    >>> [trained_on_flores(name) for name in ("bigscience/mt0-xxl", "my_run:BLOOMZ-7b1", "bloomz-p3", "LLaMAX2-7B")]
    [True, True, False, False]

    Its scores there do not measure translation. False means "not known to", never "clean". trained_on_flores.csv names
    the evidence.
    """
    words = set(re.split(r"[\W_]+", system.lower()))
    return any(row["word"] in words and row["not_with"] not in words for row in _trained_on_flores())


@cache
def _trained_on_flores() -> tuple[dict[str, str], ...]:
    with open(Path(__file__).with_name("trained_on_flores.csv"), encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
