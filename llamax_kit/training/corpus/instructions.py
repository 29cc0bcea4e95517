"""Instructions with their answers, from JSON, as records whose prompts are the paper's; for tuning on one's own.

Reads JSON lines, or one JSON list in a file that ends in .json, as Alpaca is published. Masks and tokenises nothing.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from llamax_kit.data.languages import find
from llamax_kit.tasks import prompts
from llamax_kit.training.corpus.mixture import Record
from llamax_kit.training.corpus.streams import every
from llamax_kit.utils.errors import KitError

KEYS = ("instruction", "input", "output", "src", "tgt", "prompt")
OWN = "prompt"  # of a record that brings all that stands before the answer, and has no instruction
WITH_INPUT = prompts.ALPACA.replace(prompts.INSTRUCTION, "{instruction}").replace("{source}", "{input}")
WITHOUT = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    "\n### Instruction:\n{instruction}\n### Response:"
)


def records(path: Path | str) -> Iterator[Record]:
    """Read each instruction as a record: `given` is the prompt up to "### Response:", `text` the output.

    {"instruction": "Add.", "input": "1 1", "output": "2"} is given as the authors' Alpaca prompt, with single newlines
    (see `prompts`); one whose input is missing or blank, as their prompt without input. White space around each text
    goes. {"prompt": "1 + 1 =", "output": "2"}, without an instruction, is given as it stands, for a test set's own
    prompts. src and tgt, codes of any kind, may stand beside them, where it is a translation; other keys are passed
    over, blank lines too. An output may be empty, as some of Alpaca's are.

    Raises KitError, with the line (in a list: the record), for what is not JSON, no record or lacks a text, and when
    there is no record; UnknownName for a language.
    """
    path, place = Path(path), ""
    for place, found in _list(path) if path.suffix == ".json" else _lines(path):
        _check(found, place, path)
        instruction, given, output, src, tgt, prompt = (found.get(key, "").strip() for key in KEYS)
        if instruction:
            prompt = (WITH_INPUT if given else WITHOUT).format(instruction=instruction, input=given)
        yield Record("instruction", src and find(src).code, tgt and find(tgt).code, prompt, output)
    if not place:
        raise KitError(f"{path} holds no instruction. To mend: write one JSON record a line, or name another file")


def _check(found: object, place: str, path: Path) -> None:
    if isinstance(found, dict):
        needed = (OWN if OWN in found and KEYS[0] not in found else KEYS[0], "output")
        wrong = [key for key in KEYS if not isinstance(found.get(key, None if key in needed else ""), str)]
        if not wrong and found[needed[0]].strip():
            return
        said = f"no text under {(wrong or needed)[0]!r}"
    else:
        said = json.dumps(found, ensure_ascii=False)[:60]
    raise KitError(
        f'expected {{"instruction": "...", "input": "...", "output": "..."}} (input may be missing) in {place} of '
        f"{path}, but found {said}. To mend: write it there, or take the record out"
    )


def _lines(path: Path) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(every(path), 1):
        if line:
            yield f"line {number:,}", _json(line, path, number)


def _list(path: Path) -> Iterator[tuple[str, object]]:
    found = _json("\n".join(every(path)), path)
    if not isinstance(found, list):
        raise KitError(f"expected a JSON list in {path}. To mend: name a file of JSON lines .jsonl")
    yield from ((f"record {number:,}", each) for number, each in enumerate(found, 1))


def _json(text: str, path: Path, line: int = 0) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise KitError(
            f"line {line or error.lineno:,} of {path} is not JSON: {error.msg}. To mend: correct it; "
            f"JSON lines (.jsonl) have one whole record a line, a list (.json) stands in brackets"
        ) from error
