"""Inference over the embedded text: does a date entail a sentence, contradict it, or neither? No download.

The dates and languages of `cldr_questions`, each with an English hypothesis: that it is late in the week, from Thursday
on, or that it is on a continent, of which no date says anything, so that it is neutral. The labels are XNLI's. Neutral
shows in the hypothesis alone: who reads no date is right in two of three. Unlike XNLI's, an answer says first, in
English, what it goes by, "Friday: Entailment", and what stands behind the last colon is read.
"""

from collections.abc import Mapping
from pathlib import Path

from llamax_kit.data import questions
from llamax_kit.data.languages import find
from llamax_kit.data.questions import Item
from llamax_kit.tasks import cldr_questions, question_prompts, xnli
from llamax_kit.tasks.cldr_questions import DAYS

NAME, SPLIT = "CLDR-NLI", cldr_questions.SPLIT
LANGUAGES = AVERAGED = cldr_questions.LANGUAGES
LABELS = xnli.LABELS
PROMPTS = {"named": "{hypothesis}\nfrom {language} to English.\n{date}", "plain": "{hypothesis}\n{date}"}
NEW_TOKENS = 16
OPTIONS, FEW, SOME = len(LABELS), cldr_questions.FEW, cldr_questions.SOME
FOLDER, files = cldr_questions.FOLDER, cldr_questions.files
LATE, PLACES = "It is late in the week.", ("It is in Africa.", "It is in Asia.", "It is in Europe.")


def read_items(folder: Path | None, language: str, *, split: str = SPLIT) -> list[Item]:
    """Make the pairs of a language, the same in all: a date each, and the three labels in turn.

    split: "dev" is to train on. Raises as `dates` does.
    """
    dates, items, code = cldr_questions.dates(language, split=split), [], find(language).code
    early, late = ([date for date in dates if (date[1] in DAYS[3:]) == wanted] for wanted in (False, True))
    third = len(dates) // 3
    for trio in zip(late[:third], early[third:] + late[third:], early[:third], strict=False):
        for label, (at, day, fields) in zip(LABELS, trio, strict=True):
            pair = fields | {"hypothesis": PLACES[at % 3] if label == LABELS[1] else LATE}
            items.append(Item(str(at + 1), code, pair, follows(day, pair), tuple((each, each) for each in LABELS)))
    return list(questions.check(items, f"the embedded text, {split}, {code}"))


def follows(day: str, fields: Mapping[str, str]) -> str:
    """Return the label of a hypothesis about a date with this day of the week."""
    return LABELS[1 if fields["hypothesis"] in PLACES else 0 if day in DAYS[3:] else 2]


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {hypothesis}, {date} and {language}."""
    return question_prompts.ask(item, prompt, PROMPTS)


def options(item: Item, prompt: str) -> tuple[str, ...]:
    """Return (): a label stands behind its reason, and no texts are compared."""
    return ()


def answer(completion: str, item: Item) -> str:
    """Return the label behind the last colon of a completion; "" for none."""
    return question_prompts.label(completion.rpartition(":")[2], item)


def worked(item: Item) -> str:
    """Return the answer to train on, of an English item: "Friday: Entailment"."""
    return f"{item.fields['date'].split(',')[0]}: {item.gold}"
