"""Numbers over the embedded text: which day of the week is a date, as a number from 1, Monday, to 7? No download.

The dates and languages of `cldr_questions`. A miniature of MGSM: an answer reasons in English and ends with a number,
"Friday: 5", and the last number of what a model writes is read. The digits of a date do not tell it.
"""

from collections.abc import Mapping
from pathlib import Path

from llamax_kit.data import questions
from llamax_kit.data.languages import find
from llamax_kit.data.questions import Item
from llamax_kit.tasks import cldr_questions, question_numbers, question_prompts
from llamax_kit.tasks.cldr_questions import DAYS

NAME, SPLIT = "CLDR-numbers", cldr_questions.SPLIT
LANGUAGES = AVERAGED = cldr_questions.LANGUAGES
PROMPTS = {
    "named": "Which day of the week is it, as a number?\nfrom {language} to English.\n{date}",
    "plain": "Which day of the week is it, as a number?\n{date}",
}
NEW_TOKENS = 16
OPTIONS, FEW, SOME = 7, cldr_questions.FEW, cldr_questions.SOME
FOLDER, files = cldr_questions.FOLDER, cldr_questions.files
options, answer = question_numbers.options, question_numbers.answer


def read_items(folder: Path | None, language: str, *, split: str = SPLIT) -> list[Item]:
    """Make the questions of a language, the same in all. split: "dev" is to train on. Raises as `dates` does."""
    dates, code = cldr_questions.dates(language, split=split), find(language).code
    items = [Item(str(at + 1), code, fields, follows(day, fields)) for at, day, fields in dates]
    return list(questions.check(items, f"the embedded text, {split}, {code}"))


def follows(day: str, fields: Mapping[str, str]) -> str:
    """Return the number of a day of the week: "5" for Friday."""
    return str(DAYS.index(day) + 1)


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {date} and, if need be, {language}."""
    return question_prompts.ask(item, prompt, PROMPTS)


def worked(item: Item) -> str:
    """Return the answer to train on: "Friday: 5"."""
    return f"{DAYS[int(item.gold) - 1]}: {item.gold}"
