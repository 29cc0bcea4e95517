"""MGSM: word problems of grade-school maths with a number as answer, in 11 languages; read, asked, answered.

Shi et al. (2022): 250 problems of GSM8K's test split, translated by people. Files, in `mgsm` of the data folder:

- as published: `mgsm_<code>.tsv`, question TAB answer, without a header (github.com/google-research/url-nlp)
- of the hub (juletxara/mgsm): `<code>/test*.parquet` with the columns question and answer_number; its worked `answer`
  is empty in this split

Problems are named by their line: the same one in all languages. The paper averages ten languages, without Telugu.
The prompt "authors" is MindMerger's, with empty lines between its parts; the model card's spelling is not known.
"""

from pathlib import Path

from llamax_kit.data import question_files
from llamax_kit.data.questions import Item
from llamax_kit.tasks import question_numbers, question_prompts

NAME, SPLIT = "MGSM", "test"
LANGUAGES = tuple("bn th sw ja zh de fr ru es en te".split())
AVERAGED = LANGUAGES[:-1]
PROMPTS = {
    "authors": (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\n{question}\n\n### Response: Let's think step by step."
    ),
}
NEW_TOKENS = 512  # as the authors: an answer explains itself first
options, answer = question_numbers.options, question_numbers.answer
FILES = ("mgsm_{code}.tsv", "{code}/test*.parquet", "{code}/test/*.parquet", "{code}/*-test.parquet")


def files(folder: Path, language: str) -> list[Path]:
    """List the files of a language; none where it is not here."""
    return question_files.matching(folder, FILES, spellings=(language,))


def read_items(folder: Path, language: str) -> list[Item]:
    """Read the problems of a language that has files. Raises KitError for what is not as published, or no number."""
    gold = ("answer_number", "answer")
    return question_numbers.items(files(folder, language), language, folder, question="question", gold=gold)


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {question}."""
    return question_prompts.ask(item, prompt, PROMPTS)
