"""X-CSQA: which of five options answers a question of common sense, in 16 languages; read, asked, answered.

Lin et al. (2021), Common Sense Beyond English; translated by machine from CommonsenseQA. The dev split, 1,000 questions
a language, is scored, as by the authors: the labels of the test split are hidden. Files, in `xcsqa` of the data folder:

- as published: `<code>/dev.jsonl`, also in `X-CSR_datasets/X-CSQA/` as its archive has it; Japanese is `jap` there. A
  line is {"id", "lang", "question": {"stem", "choices": [{"label", "text"}, …]}, "answerKey"}, the id of all languages
- of the hub (INK-USC/xcsr): `X-CSQA-<code>/validation*.parquet`, where choices are {"label": […], "text": […]}; copies
  by its converter are `X-CSQA-<code>/validation/0000.parquet` and `X-CSQA-<code>/xcsr-validation.parquet`

The prompt "authors" is MindMerger's (tools/prompts.py): options parted by tabs, nothing behind "Options:". "card" is
the model card's as far as it is known: how it goes on behind "B. " is by analogy. "cloze" lists no options; what may
follow is the text of one, of any length, so that likelihoods are to be compared per character.
"""

from pathlib import Path

from llamax_kit.data import question_files, questions
from llamax_kit.data.question_files import cell
from llamax_kit.data.questions import Item
from llamax_kit.tasks import question_prompts
from llamax_kit.utils.errors import KitError

NAME, SPLIT = "X-CSQA", "dev"
LANGUAGES = tuple("sw ur hi ar vi ja pl zh nl ru it de pt fr es en".split())
AVERAGED = LANGUAGES
LABELS = ("A", "B", "C", "D", "E")
PROMPTS = {
    "authors": "{stem}\nOptions:A. {a}\tB. {b}\tC. {c}\tD. {d}\tE. {e}\nAnswer:",
    "card": "{stem} \n Options: A.{a} \t B. {b} \t C. {c} \t D. {d} \t E. {e} \n Answer:",
    "cloze": "{stem}\nAnswer:",
}
NEW_TOKENS = 4  # a letter is one token, its end another; two more for a space or a line end before it
FILES = (
    "{code}/dev.jsonl", "X-CSR_datasets/X-CSQA/{code}/dev.jsonl", "X-CSQA/{code}/dev.jsonl",
    "X-CSQA-{code}/validation*.parquet", "X-CSQA-{code}/validation/*.parquet", "X-CSQA-{code}/*-validation.parquet",
)  # fmt: skip


def files(folder: Path, language: str) -> list[Path]:
    """List the files of a language; none where it is not here."""
    return question_files.matching(folder, FILES, spellings=("ja", "jap") if language == "ja" else (language,))


def read_items(folder: Path, language: str) -> list[Item]:
    """Read the questions of a language that has files. Raises KitError for what is not as published, or hidden."""
    items = []
    for path in files(folder, language):
        for where, row in question_files.rows(path):
            question = cell(row, "question", where=where)
            stem, options = cell(question, "stem", where=where), _options(question, where)
            texts = {label.lower(): text for label, text in options}
            key = str(row.get("answerKey") or "")
            number = str(cell(row, "id", where=where))
            items.append(Item(number, language, {"stem": str(stem), **texts}, key, options))
    return list(questions.check(items, question_files.named(files(folder, language), folder)))


def _options(question: dict, where: str) -> tuple[tuple[str, str], ...]:
    """Return the options of a question: the file has a list of pairs, the hub a pair of lists."""
    held = cell(question, "choices", where=where)
    if isinstance(held, dict):
        labels, texts = (cell(held, name, where=where) for name in ("label", "text"))
        if len(labels) != len(texts):
            raise KitError(f"{where}: expected as many texts as labels, got {len(texts)} and {len(labels)}. "
                           f"To mend: {question_files.REMEDY}")  # fmt: skip
        held = [{"label": label, "text": text} for label, text in zip(labels, texts, strict=True)]
    held = held if isinstance(held, list) else []
    options = tuple(tuple(str(cell(each, name, where=where)) for name in ("label", "text")) for each in held)
    if tuple(label for label, _ in options) != LABELS:
        came = ", ".join(label for label, _ in options) or "none"
        raise KitError(f"{where}: expected the options A, B, C, D, E, got {came}. To mend: {question_files.REMEDY}")
    return options


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {stem} and {a} to {e}."""
    return question_prompts.ask(item, prompt, PROMPTS)


def options(item: Item, prompt: str) -> tuple[str, ...]:
    """Return what may follow the prompt: labels where it lists the options, " A", else their texts, " to bed"."""
    listed = "a" in question_prompts.fields(question_prompts.template(prompt, PROMPTS))
    return tuple(f" {label if listed else text}" for label, text in item.options)


def answer(completion: str, item: Item) -> str:
    """Return the label that a completion is, as the authors compare it: answer(" B\\n", item) is "B"; else ""."""
    return question_prompts.label(completion, item)
