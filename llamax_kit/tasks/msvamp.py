"""MSVAMP: word problems of one or two steps with a number as answer, in ten languages; read, asked, answered.

Chen et al. (2023), MathOctopus: SVAMP translated. Files, in `msvamp` of the data folder: `test_<English name>.json` or
`.jsonl`, as in test_Bengali.json (huggingface.co/datasets/Mathoctopus/MSVAMP; the authors of LLaMAX name them .jsonl),
or `<code>/test*.parquet`, with the fields m_query and response. Not established: whether the published .json is one
list or an object a line (both are read), and whether response is a bare number (the number in it is read, as the
authors do). Problems are named by their row. Asked as MGSM is.
"""

from pathlib import Path

from llamax_kit.data import languages, question_files
from llamax_kit.data.questions import Item
from llamax_kit.tasks import mgsm, question_numbers

NAME, SPLIT = "MSVAMP", "test"
LANGUAGES = tuple("bn th sw ja zh de fr ru es en".split())
AVERAGED = LANGUAGES
PROMPTS, NEW_TOKENS = mgsm.PROMPTS, mgsm.NEW_TOKENS
ask, options, answer = mgsm.ask, mgsm.options, mgsm.answer
FILES = ("test_{code}.json", "test_{code}.jsonl", "{code}/test*.parquet", "{code}/test/*.parquet")


def files(folder: Path, language: str) -> list[Path]:
    """List the files of a language, by its plain English name or its code; none where it is not here."""
    return question_files.matching(folder, FILES, spellings=(languages.find(language).name.split(" (")[0], language))


def read_items(folder: Path, language: str) -> list[Item]:
    """Read the problems of a language that has files. Raises KitError for what is not as published, or no number."""
    return question_numbers.items(files(folder, language), language, folder, question="m_query", gold=("response",))
