"""XNLI: does a premise entail a hypothesis, contradict it, or neither; in 15 languages; read, asked, answered.

Conneau et al. (2018); the test split, 5,010 pairs a language, translated by people. Files, in `xnli` of the data
folder:

- one a language: `test-<code>.tsv`, premise TAB hypothesis TAB label, without a header
- of the hub (facebook/xnli): `<code>/test*.parquet`, whose labels are 0, 1, 2: entailment, neutral, contradiction
- of all languages, as published: `xnli.test.tsv` or `.jsonl` (language, gold_label, sentence1, sentence2, pairID), also
  in `XNLI-1.0/`; the authors' `test.json` (sentence1, sentence2, label, language by its English name, as their code
  looks it up); the hub's `all_languages/`

Labels are asked for as the authors' models were trained to write them, "Entailment"; files write them in small letters.
The prompt "authors" is MindMerger's, "card" the model card's, in one line.
"""

from functools import cache, lru_cache
from pathlib import Path

from llamax_kit.data import languages, question_files, questions
from llamax_kit.data.question_files import Row, cell
from llamax_kit.data.questions import Item
from llamax_kit.tasks import question_prompts
from llamax_kit.utils.errors import KitError

NAME, SPLIT = "XNLI", "test"
LANGUAGES = tuple("sw ur hi th ar tr el vi zh ru bg de fr es en".split())
AVERAGED = LANGUAGES
LABELS = ("Entailment", "Neutral", "Contradiction")  # in the order of the hub's numbers
PROMPTS = {
    "authors": "Premise: {premise}\nHypothesis: {hypothesis}\nLabel:",
    "card": "Premise: {premise} Hypothesis: {hypothesis} Label:",
}
NEW_TOKENS = 8  # the longest label is 3 pieces of Llama 2 and an end; a tokenizer that cuts finer needs some more
COLUMNS = ("premise", "hypothesis", "label")
FILES = ("test-{code}.tsv", "{code}/test*.parquet", "{code}/test/*.parquet", "{code}/*-test.parquet")
TOGETHER = ("xnli.test.tsv", "XNLI-1.0/xnli.test.tsv", "xnli.test.jsonl", "XNLI-1.0/xnli.test.jsonl", "test.json",
            "all_languages/test*.parquet", "all_languages/*-test.parquet")  # fmt: skip


def files(folder: Path, language: str) -> list[Path]:
    """List the files that hold a language, its own or that of all; none where it is not here."""
    if own := question_files.matching(folder, FILES, spellings=(language,)):
        return own
    of_all = question_files.matching(folder, TOGETHER, spellings=("",))
    return [path for path in of_all if language in _together(path)]


def read_items(folder: Path, language: str) -> list[Item]:
    """Read the pairs of a language that has files. Raises KitError for what is not as published, and a hidden label."""
    items, own = [], question_files.matching(folder, FILES, spellings=(language,))
    for path in files(folder, language):
        for at, (where, row) in enumerate(question_files.rows(path, COLUMNS) if own else _together(path)[language], 1):
            names = COLUMNS[:2] if "premise" in row else ("sentence1", "sentence2")
            texts = (str(cell(row, name, where=where)) for name in names)
            fields = dict(zip(COLUMNS[:2], texts, strict=True))
            gold = _label(cell(row, "gold_label" if "gold_label" in row else "label", where=where), where)
            number = str(row.get("pairID") or at)
            items.append(Item(number, language, fields, gold, tuple((label, label) for label in LABELS)))
    return list(questions.check(items, question_files.named(files(folder, language), folder)))


def _label(held: str | int, where: str) -> str:
    """Return a label as it is asked for, from the file's word or the hub's number."""
    known = {str(at): label for at, label in enumerate(LABELS)} | {label.lower(): label for label in LABELS}
    if found := known.get(str(held).strip().lower()):
        return found
    what = "which means that it is hidden" if str(held) in ("-1", "-", "hidden") else "which is none"
    raise KitError(f"{where}: expected a label, entailment, neutral or contradiction (0, 1, 2), got {held!r}, {what}. "
                   f"To mend: {question_files.REMEDY}; a split whose labels are hidden cannot be scored")  # fmt: skip


def _together(path: Path) -> dict[str, list[Row]]:
    return _kept(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _kept(path: Path, changed: int) -> dict[str, list[Row]]:
    """Read a file of all languages: its rows by kit code; read again when it has `changed`."""
    found: dict[str, list[Row]] = {}
    for where, row in question_files.rows(path):
        if path.suffix == ".parquet":
            for code, one in _unfolded(row, where).items():
                found.setdefault(code, []).append((f"{where}, {code}", one))
        else:
            name = str(cell(row, "language", where=where))
            found.setdefault(_codes().get(name, name), []).append((where, row))
    return found


def _unfolded(row: dict, where: str) -> dict[str, dict]:
    """Part a row of the hub's: premise {"ar": …, …}, hypothesis {"language": ["ar", …], "translation": […]}, label."""
    held = cell(row, "hypothesis", where=where)
    said = dict(zip(cell(held, "language", where=where), cell(held, "translation", where=where), strict=True))
    premises = cell(row, "premise", where=where).items()
    return {code: {"premise": text, "hypothesis": said.get(code), "label": row.get("label")} for code, text in premises}


def ask(item: Item, prompt: str) -> str:
    """Write the prompt that asks an item: a name of PROMPTS, or a text with {premise} and {hypothesis}."""
    return question_prompts.ask(item, prompt, PROMPTS)


def options(item: Item, prompt: str) -> tuple[str, ...]:
    """Return what may follow the prompt, one text a label: " Entailment", " Neutral", " Contradiction"."""
    return tuple(f" {label}" for label in item.labels)


def answer(completion: str, item: Item) -> str:
    """Return the label that a completion is, as the authors compare it; "" for "entailment" or "Entailment."."""
    return question_prompts.label(completion, item)


@cache
def _codes() -> dict[str, str]:
    """Return the codes of the languages by the names that MindMerger's file has: "Chinese", "Spanish"."""
    return {languages.find(code).name.split(" (")[0]: code for code in LANGUAGES}
