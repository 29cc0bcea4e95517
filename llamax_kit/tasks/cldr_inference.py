"""Inference over the embedded text: does a date entail a sentence, contradict it, or neither? No download.

The dates and languages of `cldr_questions`, each with an English hypothesis: that it is early in the week, from Monday
to Wednesday, or late; or that it is on a continent, of which no date says anything, so that it is neutral. The labels
are XNLI's. Neutral shows in the hypothesis alone: who reads no date is right in two of three. Unlike XNLI's, an answer
says first what it compares, "Friday, late: Entailment", and what stands behind the last colon is read.
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
NEW_TOKENS = 24
OPTIONS, FEW, SOME = len(LABELS), cldr_questions.FEW, cldr_questions.SOME
FOLDER, files = cldr_questions.FOLDER, cldr_questions.files
EARLY, LATE = "It is early in the week.", "It is late in the week."
PLACES = ("It is in Africa.", "It is in Asia.", "It is in Europe.")


def read_items(folder: Path | None, language: str, *, split: str = SPLIT) -> list[Item]:
    """Make the pairs of a language, the same in all: of a date one, with each label in turn.

    split: "dev" is to train on, and has all three of each date. Raises as `dates` does.
    """
    items, code = [], find(language).code
    for turn, (at, day, fields) in enumerate(cldr_questions.dates(language, split=split)):
        for hypothesis in (EARLY, PLACES[turn // 3 % 3], LATE):
            pair = fields | {"hypothesis": hypothesis}
            gold = follows(day, pair)
            if split != SPLIT or gold == LABELS[turn % 3]:
                items.append(Item(f"{at + 1}.{gold}", code, pair, gold, tuple((label, label) for label in LABELS)))
    return list(questions.check(items, f"the embedded text, {split}, {code}"))


def follows(day: str, fields: Mapping[str, str]) -> str:
    """Return the label of a hypothesis about a day of the week."""
    entailed = EARLY if DAYS.index(day) < 3 else LATE
    return LABELS[1 if fields["hypothesis"] in PLACES else 0 if fields["hypothesis"] == entailed else 2]


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
    """Return the answer to train on, of an English item: "Friday, late: Entailment"."""
    place = item.fields["hypothesis"] in PLACES
    word = item.fields["hypothesis"].rstrip(".").split()[3 if place else 2]
    return f"{item.fields['date'].split(',')[0]}, {word}: {item.gold}"
