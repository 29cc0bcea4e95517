"""Prompts in, answers out: what is asked of a model, and the hypothesis in what it generated.

Prompts by name: "alpaca" (the authors' prompt with clean language names), "paper" (with their spellings), "chat" (the
model's own chat template), "chat_no_thinking" (the same with reasoning switched off), or a text file of one's own. An
answer is what was generated, behind the reasoning if the model reasons first. Generates and scores nothing.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter

from llamax_kit.data import languages, reasoning
from llamax_kit.models.added_tokens import CONTROL
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer

CHATS = ("chat", "chat_no_thinking")
FIELDS = ("source", "src", "tgt")
PREAMBLE = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request."
)
INSTRUCTION = "Translate the following sentences from {src} to {tgt}."
ALPACA = PREAMBLE + "\n### Instruction:\n" + INSTRUCTION + "\n### Input:\n{source}\n### Response:"
CHAT = INSTRUCTION + " Answer with the translation only.\n{source}"
NAMED = {"alpaca": ALPACA, "paper": ALPACA, "chat": CHAT, "chat_no_thinking": CHAT}  # a prompt by its name


def build(template: str, *, source: str, src: str, tgt: str, chat: Callable[..., Prompt] | None = None) -> Prompt:
    """Write the prompt that asks for a translation of `source` from `src` to `tgt` (codes or names of any kind).

    build("paper", source="Good morning.", src="en", tgt="af") ends in "from English to Akrikaans.\\n### Input:\\nGood
    morning.\\n### Response:": single newlines, no space after the last colon, white space around the source removed, as
    in the authors' evaluation (paper, Table 14 and code). chat: renders messages (`Tokenizer.chat`). In a file of one's
    own {source} is needed, {src} and {tgt} are the language names, {{ and }} are braces, and the newline at its end
    does not count. Control tokens (`<|im_start|>`) of the template are control tokens; those of a source are text.

    Raises UnknownName for a language or template, KitError for a template file that cannot be filled in.
    """
    one, other = languages.find(src), languages.find(tgt)
    names = {"src": one.name, "tgt": other.name}
    if template == "paper":
        names = {"src": one.prompt_name or one.name, "tgt": other.prompt_name or other.name}
    prompt = filled(template_text(template), {"source": source.strip(), **names})
    return asked_in_chat(template, chat, text=str(prompt)) if template in CHATS else prompt


def asked_in_chat(template: str, chat: Callable[..., Prompt] | None, *, text: str, plain: str = "alpaca") -> Prompt:
    """Return the prompt of a user's message as the chat template of a model writes it; `template`: one of CHATS.

    Raises KitError where there is no chat template, and names a `plain` prompt to use instead.
    """
    if chat is None:
        raise KitError(
            f"the prompt template {template!r} needs a model that has a chat template, and this one brought none. "
            f"To mend: use the prompt template {plain!r}"
        )
    return chat([{"role": "user", "content": text}], **({} if template == "chat" else {"thinking": False}))


def rendered(engine, template: str, *, src: str, tgt: str) -> str:
    """Return a prompt as an engine's model sees it, with {source} in place of the sentence, for a run's record."""
    return str(build(template, source="{source}", src=src, tgt=tgt, chat=engine.chat))


def filled(template: str, values: Mapping[str, str]) -> Prompt:
    """Fill in a template; what is filled in is text, also where it looks like a control token."""
    text, protected = "", []
    for literal, field, _, _ in Formatter().parse(template):
        text += literal
        if field is not None:
            protected.append((len(text), len(text) + len(values[field])))
            text += values[field]
    return Prompt.of(text, protected)


def template_text(
    template: str,
    named: Mapping[str, str] = NAMED,
    *,
    fields: tuple[str, ...] = FIELDS,
    needed: tuple[str, ...] = ("source",),
) -> str:
    """Return the text of a template with {source}, {src} and {tgt} left in, for the record of a run.

    template_text("chat") begins "Translate the following sentences from {src} to {tgt}."; "alpaca" and "paper" are one
    text, and differ in the names of languages only. Raises as `build` does. Another task has other prompts that are
    `named`, and other `fields` that a file may have, some of them `needed`.
    """
    if template in named:
        return named[template]
    path = Path(template).expanduser()
    if not path.is_file():
        remedy = f"use one of these, or name a text file with {_braced(needed or fields)}"
        raise UnknownName("prompt template", given=template, choices=named, remedy=remedy)
    return _template(path, path.stat().st_mtime_ns, fields, needed=needed)


def fields(template: str) -> list[str]:
    """List the fields of a template, in order: fields("{premise} {{x}} {label}") is ["premise", "label"]."""
    return list(dict.fromkeys(field for _, field, _, _ in Formatter().parse(template) if field is not None))


def _braced(fields: Sequence[str]) -> str:
    """Write fields as a template has them: "{source}, {src} and {tgt}"."""
    *first, last = [f"{{{field}}}" for field in fields]
    return f"{', '.join(first)} and {last}" if first else last


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
    found = [hit for hit in CONTROL.finditer(prompt) if not any(a <= hit.start() < b for a, b in protected)]
    return list(dict.fromkeys(hit[0] for hit in found if hit[0] not in known))


def seen(engine, prompt: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return what an engine's model sees of a prompt, for the page: its tokens (`Tokenizer.pieces`), and notes.

    Notes are about control tokens that the model lacks, and where answers stop. An engine without tokens has neither.
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


def answer(completion: str) -> str:
    """Return the hypothesis of a completion: what is behind its reasoning, and all of it where there is none."""
    return reasoning.parted(completion)[1]


@cache
def _template(path: Path, changed: int, known: tuple[str, ...], *, needed: tuple[str, ...]) -> str:
    """Return a user's template, checked; read again when the file has `changed`."""
    refuse_pointer(path)
    try:
        text = path.read_text(encoding="utf-8-sig").removesuffix("\n")
        found = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except UnicodeDecodeError as error:
        raise KitError(f"expected UTF-8 in the prompt template {path}: {error}. To mend: save it as UTF-8") from error
    except ValueError as error:
        raise KitError(
            f"the prompt template {path} cannot be read: {error}. To mend: write {{{{ and }}}} for plain braces"
        ) from error
    for field, spec, conversion in found:
        if field not in known or spec or conversion:
            raise KitError(
                f"expected only {_braced(known)} in the prompt template {path}, found {{{field}}}"
                f"{' with a format' if spec or conversion else ''}. To mend: remove it, or write {{{{ and }}}} for "
                f"plain braces"
            )
    if missing := [field for field in needed if field not in {field for field, _, _ in found}]:
        raise KitError(
            f"expected {_braced(missing)} in the prompt template {path}: without it the model never sees what it is "
            f"asked. To mend: write {_braced(missing)} where it belongs"
        )
    return text
