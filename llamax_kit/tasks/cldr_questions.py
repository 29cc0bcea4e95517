"""Questions over the embedded text: on which day of the week is a date? Five options, in 141 languages; no download.

The dates that stand alone in the corpus `cldr`, 75 of devtest to test and 76 of dev to train on, the same in every
language. The date is in the language of the question; question and options are in English, as are the labels of XNLI.
So the answer to an English item stands in its date, and for another language the name of the day must be known. The
prompt names the language, in the words that the miniatures' pairs begin with; "plain" does without. It is a miniature
of X-CSQA and no evidence about a large model.
"""

import hashlib
import re
from pathlib import Path

from llamax_kit.data import questions
from llamax_kit.data.corpora import cldr
from llamax_kit.data.languages import find
from llamax_kit.data.questions import Item
from llamax_kit.tasks import question_prompts
from llamax_kit.utils.errors import KitError

NAME, SPLIT = "CLDR", "devtest"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DATE = re.compile(f"({'|'.join(DAYS)}), [A-Z][a-z]+ \\d+, \\d+")  # a date in English, and nothing else
LANGUAGES = tuple(code for code in cldr.available() if code != "nno_Latn")  # which has no names of days of its own
AVERAGED = LANGUAGES
PROMPTS = {
    "named": "Which day of the week is it?\nfrom {language} to English.\n{date}",
    "plain": "Which day of the week is it?\n{date}",
}
NEW_TOKENS = 8
OPTIONS = 5
FEW = 40  # questions of each language, where no number is set
SOME = "en de fr es pt ru nl sv it id tr fi hu sw hi fa zh ja gl sk eus_Latn ka".split()  # where none is named; in the
# order of those that both miniatures have read, that the second has, and that neither has
FOLDER = Path(cldr.__file__).parent


def files(folder: Path | None, language: str) -> list[Path]:
    """List the file that holds a language: that of the embedded text, wherever `folder` is."""
    return [FOLDER / f"cldr_{SPLIT}.parquet"] if language in LANGUAGES else []


def read_items(folder: Path | None, language: str, *, split: str = SPLIT) -> list[Item]:
    """Make the questions of a language: the same ids, options and answers in all. split: "dev" is to train on.

    The right option stands in each of the five places in turn; the others are drawn by a hash of the id.

    Raises KitError for a language without dates.
    """
    items = []
    for turn, (at, gold, fields) in enumerate(dates(language, split=split)):
        drawn = others(gold, seed=f"{split} {at}")
        place = turn % OPTIONS
        options = [*drawn[:place], gold, *drawn[place : OPTIONS - 1]]
        items.append(Item(str(at + 1), find(language).code, fields, gold, tuple((day, day) for day in options)))
    return list(questions.check(items, f"the embedded text, {split}, {language}"))


def dates(language: str, *, split: str) -> list[tuple[int, str, dict[str, str]]]:
    """Return the dates of a language: its place, the same in all, the day in English, and the fields of a prompt.

    Raises KitError for a language without dates.
    """
    code = find(language).code
    if code not in LANGUAGES:
        raise KitError(f"CLDR has no dates of {find(code).name} ({code}). To mend: choose another language")
    texts = cldr.load(split, list(dict.fromkeys(["en", code]))).texts
    return [
        (at, found[1], {"language": find(code).name, "date": texts[code][at]})
        for at, text in enumerate(texts["en"]) if text and (found := DATE.fullmatch(text))
    ]  # fmt: skip


def others(day: str, *, seed: str) -> list[str]:
    """Return the other six days in an order of their own for each seed."""
    return sorted(set(DAYS) - {day}, key=lambda each: hashlib.sha256(f"{seed} {each}".encode()).digest())


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {date} and, if need be, {language}."""
    return question_prompts.ask(item, prompt, PROMPTS)


def options(item: Item, prompt: str) -> tuple[str, ...]:
    """Return what may follow the prompt, one text a label: " Friday", " Tuesday", …"""
    return tuple(f" {label}" for label in item.labels)


def answer(completion: str, item: Item) -> str:
    """Return the day that a completion is, if it is one of the options; else ""."""
    return question_prompts.label(completion, item)
