"""What every engine takes and gives: requests, decoding, completions.

An engine is any object with
    name            str: what tables call the system
    identity        dict[str, str]: all that determines its completions besides the prompt and the decoding
    material        (request) -> list[int] | str: the prompt as the model sees it (token ids), for the ledger's key
    complete        (requests, decoding, skip=frozenset()) -> Iterator[list[tuple[int, Completion]]]: one list for each
                    finished batch, of (position in `requests`, completion). Batches are planned from all requests,
                    in any order; positions in `skip` are then left out, so that a resumed run keeps its batches.
and, where it can say how likely a text is,
    choice_material (choice) -> list[list[int]]: the ids of the prompt and of each option, for the ledger's key
    likelihoods     (choices, skip=frozenset()) -> Iterator[list[tuple[int, Completion]]]: as `complete`; the text of a
                    completion is a JSON list, the natural logarithm of each option's probability after the prompt, its
                    finish is "scored" (or "unfit"), its tokens those that were computed, prompt and options;
and, where the model has a chat template, `chat(messages, **options) -> Prompt`; where it reads tokens, `pieces(prompt)`
and `control_tokens`, for the page; where its folder names them, `training_languages`, for a run's record.

The ledger keeps completions, `prompts.answer` cleans them.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from llamax_kit.utils.errors import KitError, UnknownName


class Request(NamedTuple):
    """One sentence to translate: its text, the kit's codes of both languages, and the prompt made of them."""

    source: str
    src: str
    tgt: str
    prompt: str


class Choice(NamedTuple):
    """A prompt and the texts that may follow it; asked is how likely each is. language: the kit's code."""

    prompt: str
    options: tuple[str, ...]
    language: str = ""


class Completion(NamedTuple):
    """What a model generated after one prompt, or how likely it found what may follow.

    finish: "stop" (it ended by itself), "length" (cut at max_new_tokens or at the end of the model's context),
            "unfit" (the prompt leaves no room in the context for one new token; text is "", tokens 0),
            "scored" (nothing was generated: text is the likelihoods of options, see above)
    tokens: new tokens generated, the end-of-text token included and padding not
    """

    text: str
    finish: str
    tokens: int


class Decoding(NamedTuple):
    """How text is searched for; never sampled. The fields are those that the paper's protocol fixes.

    Source: LLaMAX (arXiv 2407.05975) appendix A (4 beams) and the authors' generation script (256 new tokens).
    """

    num_beams: int = 1
    max_new_tokens: int = 256
    length_penalty: float = 1.0  # beam search only: the exponent of the length that a beam's score is divided by
    early_stopping: bool = False  # beam search only: stop as soon as there are num_beams finished beams
    repetition_penalty: float = 1.0  # 1.0: none; tokens of the prompt count as said already


PRESETS = {"greedy": Decoding(), "paper": Decoding(num_beams=4)}


def read_decoding(text: "str | Decoding") -> Decoding:
    """Read a preset with overrides, separated by spaces or commas, each name=value or name:value (for papermill).

    >>> read_decoding("paper")
    Decoding(num_beams=4, max_new_tokens=256, length_penalty=1.0, early_stopping=False, repetition_penalty=1.0)
    >>> [read_decoding(f"greedy max_new_tokens{sign}64").max_new_tokens for sign in "=:"]
    [64, 64]

    With one beam `length_penalty` and `early_stopping` change nothing, so they are set back: equal work, equal key.

    Raises UnknownName for an unknown preset or field, KitError for a value of the wrong type or out of range, or a
    field given twice.
    """
    if isinstance(text, Decoding):
        return _normal(text)
    preset, *overrides = text.replace(",", " ").split() or [""]
    if preset not in PRESETS:
        remedy = 'write for example "greedy" or "paper num_beams=8"'
        raise UnknownName("decoding preset", given=preset, choices=PRESETS, remedy=remedy)
    read = [_override(word) for word in overrides]
    name, times = next(iter(Counter(name for name, _ in read).most_common(1)), ("", 0))
    if times > 1:
        raise KitError(f"decoding: {name} is given {times} times in {text!r}, expected once. To mend: keep one of them")
    return _normal(PRESETS[preset]._replace(**dict(read)))


def _override(word: str) -> tuple[str, int | float | bool]:
    name, sign, value = re.match("([^=:]*)([=:]?)(.*)", word).groups()
    if not sign:
        mend = "write for example max_new_tokens=64"
        raise KitError(f"decoding: expected name=value or name:value, got {word!r}. To mend: {mend}")
    if name not in Decoding._fields:
        remedy = "leave it out, or name one of these"
        raise UnknownName("decoding field", given=name, choices=Decoding._fields, remedy=remedy)
    read, expected = _READERS[Decoding.__annotations__[name]]
    try:
        return name, read(value)
    except (ValueError, KeyError):
        raise _wrong(name, expected=expected, got=repr(value)) from None


_READERS: dict[type, tuple[Callable[[str], int | float | bool], str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
    bool: (lambda value: {"true": True, "false": False}[value.lower()], "true or false"),
}


def _normal(given: Decoding) -> Decoding:
    for name, fits, expected in (
        ("num_beams", given.num_beams >= 1, "at least 1"),
        ("max_new_tokens", given.max_new_tokens >= 1, "at least 1"),
        ("repetition_penalty", 0 < given.repetition_penalty < math.inf, "above 0 (1.0: none)"),
        ("length_penalty", math.isfinite(given.length_penalty), "a finite number"),
    ):
        if not fits:
            raise _wrong(name, expected=expected, got=str(getattr(given, name)))
    return given._replace(length_penalty=1.0, early_stopping=False) if given.num_beams == 1 else given


def _wrong(name: str, *, expected: str, got: str) -> KitError:
    default = Decoding._field_defaults[name]
    return KitError(f"decoding: {name} must be {expected}, got {got}. To mend: write for example {name}={default}")
