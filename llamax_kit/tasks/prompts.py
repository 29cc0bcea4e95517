"""Prompts in, answers out: what is asked of a model, and the hypothesis in what it generated.

Prompts by name: "alpaca" (the authors' prompt with clean language names), "paper" (with their spellings), "chat" (the
model's own chat template), "chat_no_thinking" (the same with reasoning switched off), or a text file of one's own. An
answer is never searched for in a text: it is what was generated, behind the reasoning if the model reasons first.
`paper_extraction` alone searches, as the authors' scorer did, so that their figures can be reproduced.
Does not tokenise, generate or score a translation.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from string import Formatter

from llamax_kit.data import languages
from llamax_kit.models.tokenizers import THINKING, Prompt
from llamax_kit.scoring import sacrebleu_metrics as metrics
from llamax_kit.utils.errors import KitError, UnknownName

CHATS = ("chat", "chat_no_thinking")
NAMES = ("alpaca", "paper", *CHATS)
FIELDS = ("source", "src", "tgt")
PREAMBLE = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request."
)
INSTRUCTION = "Translate the following sentences from {src} to {tgt}."
ALPACA = PREAMBLE + "\n### Instruction:\n" + INSTRUCTION + "\n### Input:\n{source}\n### Response:"
LOOKALIKE = re.compile(r"<[|｜][^\s<>|｜]{1,40}[|｜]>|<(?:start|end)_of_turn>|</?s>")
CHAT = INSTRUCTION + " Answer with the translation only.\n{source}"


def build(template: str, *, source: str, src: str, tgt: str, chat: Callable[..., Prompt] | None = None) -> Prompt:
    """Write the prompt that asks for a translation of `source` from `src` to `tgt` (codes or names of any kind).

    build("paper", source="Good morning.", src="en", tgt="af") ends in "from English to Akrikaans.\\n### Input:\\nGood
    morning.\\n### Response:": single newlines, no space after the last colon, white space around the source removed,
    all as in the authors' evaluation (paper, Table 14 and code). `chat` renders messages by the model's chat template
    (`Tokenizer.chat`). In a file of one's own {source} is needed, {src} and {tgt} are the language names, {{ and }}
    are braces, and the newline at its very end does not count. Control tokens of the model that the template writes
    (`<|im_start|>`) are control tokens; those that a source holds are text.

    Raises UnknownName for a language or template, KitError for a template file that cannot be filled in.
    """
    one, other = languages.find(src), languages.find(tgt)
    names = {"src": one.name, "tgt": other.name}
    if template == "paper":
        names = {"src": one.prompt_name or one.name, "tgt": other.prompt_name or other.name}
    if template in CHATS and chat is None:
        raise KitError(
            f"the prompt template {template!r} needs a model that has a chat template, and this one brought none. "
            "To mend: use the prompt template 'alpaca'"
        )
    prompt = _filled(template_text(template), {"source": source.strip(), **names})
    if template in CHATS:
        options = {} if template == "chat" else {"thinking": False}
        return chat([{"role": "user", "content": str(prompt)}], **options)
    return prompt


def _filled(template: str, values: dict[str, str]) -> Prompt:
    """Fill in a template; what is filled in is protected."""
    text, protected = "", []
    for literal, field, _, _ in Formatter().parse(template):
        text += literal
        if field is not None:
            protected.append((len(text), len(text) + len(values[field])))
            text += values[field]
    return Prompt.of(text, protected)


def template_text(template: str) -> str:
    """Give the text of a template with {source}, {src} and {tgt} left in, for the record of a run.

    template_text("chat") begins "Translate the following sentences from {src} to {tgt}."; "alpaca" and "paper" are one
    text, and differ in the names of languages only. Of a file it is all but the newline at its very end.

    Raises as `build` does: UnknownName for a template, KitError for a file that cannot be filled in.
    """
    if template in NAMES:
        return CHAT if template in CHATS else ALPACA
    path = Path(template)
    if not path.is_file():
        raise UnknownName(
            "prompt template",
            given=template,
            choices=NAMES,
            remedy="use one of these, or name a text file with {source}",
        )
    return _template(path, path.stat().st_mtime_ns)


def called(text: str) -> str:
    """Name a template by its text (see `template_text`), in one line: "alpaca" and "paper" are both "Alpaca".

    >>> print(called(ALPACA), called(CHAT), called("{src}: {source}\\n{tgt}:"))
    Alpaca chat "{src}: {source}\\n{tgt}:"
    """
    escaped = text.replace("\n", "\\n")
    return {ALPACA: "Alpaca", CHAT: "chat"}.get(text, f'"{escaped}"')


def lookalikes(prompt: str, control: Iterable[str]) -> list[str]:
    """List what looks like a control token in a prompt's own text, but is none of the model's `control` tokens.

    >>> lookalikes("<|im_start|>user: Hi<|eot_id|>", control=["<|eot_id|>"])
    ['<|im_start|>']

    The model reads such as ordinary characters, and in most cases it was not trained with them.
    """
    protected, known = getattr(prompt, "protected", ()), set(control)
    found = [hit for hit in LOOKALIKE.finditer(prompt) if not any(a <= hit.start() < b for a, b in protected)]
    return list(dict.fromkeys(hit[0] for hit in found if hit[0] not in known))


def seen(engine, prompt: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return what an engine's model sees of a prompt, for the page: its tokens (`Tokenizer.pieces`), and notes.

    Notes say, in sentences, that control tokens are none of the model's, or that answers stop at more than its files
    name. An engine that reads no tokens has none of both.
    """
    if not hasattr(engine, "pieces"):
        return [], []
    strange = lookalikes(prompt, engine.control_tokens)
    notes = [_strange(engine, strange)] if strange else []
    return engine.pieces(prompt), notes + engine.notes


def warn_of_lookalikes(engine, prompt: str) -> None:
    """Warn of control tokens that the engine's model does not have, as a prompt written for another model has them."""
    if strange := lookalikes(prompt, getattr(engine, "control_tokens", ())) * hasattr(engine, "control_tokens"):
        warnings.warn(_strange(engine, strange), stacklevel=3)


def _strange(engine, found: list[str]) -> str:
    return (
        f"the prompt holds {', '.join(found)}, but {engine.name} has no such control token and reads ordinary "
        f"characters there. To mend: write the prompt with its own ({', '.join(engine.control_tokens[:8])}), or take a "
        f"model that has it"
    )


def parted(completion: str, *, prompt: str = "") -> tuple[str, str]:
    """Part a completion into reasoning ("" for none) and hypothesis, white space around each removed.

    >>> parted("<think>plan: yes</think>Nzuri"), parted(" Um 10:30 Uhr.\\n")
    (('plan: yes', 'Nzuri'), ('', 'Um 10:30 Uhr.'))

    All up to the last closing marker is reasoning; so is all behind an opening one that nothing closes, as when the
    limit of new tokens cut it, and then the hypothesis is empty. `prompt`: reasoning may begin at its end. Markers are
    those of `tokenizers.THINKING`.
    """
    opens, closes = THINKING[::2], THINKING[1::2]
    end = max((completion.rfind(close) + len(close) for close in closes if close in completion), default=0)
    reasoning, answer = completion[:end], completion[end:]
    if not end and prompt.rstrip().endswith(opens):
        reasoning, answer = completion, ""
    if begins := [answer.find(each) for each in opens if each in answer]:
        reasoning, answer = reasoning + answer[min(begins) :], answer[: min(begins)]
    for marker in THINKING:
        reasoning = reasoning.replace(marker, " ")
    return reasoning.strip(), answer.strip()


def reasons(text: str) -> bool:
    """Return whether a text holds a marker of reasoning. reasons("<think>so</think>Nzuri") is True."""
    return any(marker in text for marker in THINKING)


def answer(completion: str, *, prompt: str = "") -> str:
    """Return the hypothesis of `parted`. Without reasoning it is all but the white space around it.

    answer(" Um 10:30 Uhr.\\n") keeps the time.
    """
    return parted(completion, prompt=prompt)[1]


def one_line(text: str) -> str:
    """Put a text on one line for a file of hypotheses: each line end becomes a space; U+2028 and U+0085 are none."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


def paper_extraction(completion: str, *, source: str) -> str:
    """Find the hypothesis that the authors' scorer found for one sentence, with all that it loses.

    It read back the file of prompts with answers: lines glued without a space, cut at "###", the part after the Input
    that looks like the source, and of that what stands between its first and second colon.

    >>> paper_extraction(" Um 10:30 Uhr: Start.", source="At 10:30: start.")
    'Um 10'
    >>> paper_extraction(" Erster\\nSatz.", source="First sentence.")
    'ErsterSatz.'

    A source that contains "###" gives "" or a piece of itself. Sentences are kept apart: where the authors' file would
    have shifted all later ones, `paper_shifts` counts it.
    """
    return _scan(_parts(completion, source=source)[0], source=source.strip())[0]


def paper_shifts(completions: Iterable[str], *, sources: Iterable[str]) -> int:
    """Count the sentences at which the authors' scorer would have lost its place (or stopped with an error).

    A sentence that repeats the preamble of the prompt counts as one more, and every later hypothesis is compared with
    the wrong reference; an "### Input" without a colon ends it. 0 means that sentence by sentence is what they did.
    """
    shifts = 0
    for completion, source in zip(completions, sources, strict=True):
        parts = _parts(completion, source=source)
        shifts += len(parts) > 1 or _scan(parts[0], source=source.strip())[1]
    return shifts


def _parts(completion: str, *, source: str) -> list[str]:
    """A sentence's prompt and answer as the scorer cut them up: one part, or more where the preamble comes again."""
    text = ALPACA.format(source=source.strip(), src="English", tgt="English") + completion  # names do not matter here
    glued = "".join(line.strip() for line in text.replace("\r", "\n").split("\n"))
    return [part for part in glued.split(PREAMBLE) if part]


def _scan(part: str, *, source: str) -> tuple[str, bool]:
    """The hypothesis in a part, and whether the scorer would have stopped with an error on the way to it."""
    segments = part.split("###")
    for segment, following in zip(segments, [*segments[1:], ""], strict=True):
        if not segment.startswith(" Input") or segment == " Input":
            continue
        if ":" not in segment:
            return "", True
        if _looks_like(segment.split(":")[1].strip(), source=source):
            hypothesis = (following.split(":") + [""])[1].strip()
            if hypothesis:
                return hypothesis, False
    return "", False


def _looks_like(shown: str, *, source: str) -> bool:
    """Whether the scorer took `shown` for the source: a prefix of it, or any resemblance (spBLEU above 0.9 of 100)."""
    if source.startswith(shown):
        return True
    from sacrebleu import sentence_bleu

    pieces = metrics.spbleu("flores101").metric.tokenizer
    return sentence_bleu(pieces(shown), [pieces(source)], tokenize="none").score > 0.9


@cache
def _template(path: Path, changed: int) -> str:
    """A user's template, checked; read again when the file has `changed`."""
    try:
        text = path.read_text(encoding="utf-8-sig").removesuffix("\n")
        parts = [
            (field, spec, conversion) for _, field, spec, conversion in Formatter().parse(text) if field is not None
        ]
    except UnicodeDecodeError as error:
        raise KitError(f"expected UTF-8 in the prompt template {path}: {error}. To mend: save it as UTF-8") from error
    except ValueError as error:
        raise KitError(
            f"the prompt template {path} cannot be read: {error}. To mend: write {{{{ and }}}} for plain braces"
        ) from error
    for field, spec, conversion in parts:
        if field not in FIELDS or spec or conversion:
            raise KitError(
                f"expected only {{source}}, {{src}} and {{tgt}} in the prompt template {path}, found {{{field}}}"
                f"{' with a format' if spec or conversion else ''}. To mend: remove it, or write {{{{ and }}}} for "
                f"plain braces"
            )
    if "source" not in {field for field, _, _ in parts}:
        raise KitError(
            f"expected {{source}} in the prompt template {path}: without it the model never sees the sentence. "
            f"To mend: write {{source}} where the sentence goes"
        )
    return text
