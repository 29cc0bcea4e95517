"""Text to token ids and back, exactly as a model's own tokenizer library does it, and chat prompts.

Does not read files (see `tokenizer_files`), batch or pad: it only says which id pads.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from llamax_kit.data import reasoning
from llamax_kit.models.added_tokens import Span
from llamax_kit.utils.errors import KitError

DATE = date(2024, 7, 26)  # on every day, so that a run can be repeated; that of Llama 3.1's template without a clock
PROBE = "kit-probe-7"  # an answer that no chat template writes itself


class Prompt(str):
    """A prompt whose control tokens are read as such, except in `protected` spans: what was filled in is text."""

    protected: tuple[Span, ...] = ()

    @classmethod
    def of(cls, text: str, protected: Sequence[Span] = ()) -> "Prompt":
        prompt = cls(text)
        prompt.protected = tuple(protected)
        return prompt


@dataclass(frozen=True)
class Tokenizer:
    """One model's tokenizer.

    read: (text, protected spans) -> ids, by its own library; text: ids -> text, by the same; piece: id -> how the
    library writes it; special: control tokens by their text.
    """

    read: Callable[[str, Sequence[Span]], list[int]]
    text: Callable[[list[int]], str]
    piece: Callable[[int], str]
    special: dict[str, int]
    bos_id: int | None
    eos_ids: list[int]
    pad_id: int
    words: bool = False  # whether an answer may hold added tokens
    rows: float = float("inf")  # of the model's embedding: ids from here on have none
    template: str = ""
    names: dict[str, str] = field(default_factory=dict)  # what the chat template calls bos_token, eos_token, …

    def ordinary(self, text: str) -> list[int]:
        """Return the ids of a text without BOS; control tokens written in it are ordinary characters."""
        return self.read(text, [(0, len(text))])

    def encode(self, text: str) -> list[int]:
        """Return the ids of a prompt: one BOS (where the model was trained with one), then those of its own library.

        With Llama 2's: encode("Hallo Welt") == [1, 8142, 417, 7633]. Control tokens written in `text` ("</s>") are
        ordinary characters, unless it is a `Prompt`, where those of its unprotected parts are control tokens.
        """
        ids = self.read(str(text), text.protected) if isinstance(text, Prompt) else self.ordinary(text)
        if ids and max(ids) >= self.rows:
            raise KitError(
                f"expected ids below {self.rows:.0f}, the vocab_size in config.json, but the token "
                f"{self.piece(max(ids))!r} has {max(ids)}: the model was never trained with it. To mend: take the "
                f"tokenizer files that belong to the model; an adapter that adds tokens must hold their embedding "
                f"(peft: save_embedding_layers=True)"
            )
        if self.bos_id is None:
            return ids
        return [self.bos_id, *(ids[1:] if isinstance(text, Prompt) and ids[:1] == [self.bos_id] else ids)]

    def decode(self, ids: list[int]) -> str:
        """Return the text of generated ids as it continues a prompt: a leading space is kept, control tokens are not.

        Markers of reasoning (`<think>`) are kept even where they are control tokens.
        """
        anchor = self.ordinary("a")  # SentencePiece drops the first space of what it decodes
        return self.text(anchor + [id for id in ids if id not in self._silent])[len(self.text(anchor)) :]

    def pieces(self, text: str) -> list[tuple[str, bool]]:
        """Return what the model sees of a prompt: for each token how it is written, and whether it is control."""
        return [(self.piece(id), id in self._control) for id in self.encode(text)]

    @cached_property
    def end_of_turn(self) -> int | None:
        """The id of the control token with which the chat template ends an answer; None where there is no such."""
        try:
            turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": PROBE}]
            rendered = self._render(turns, add_generation_prompt=False)
        except KitError:  # no template, or one that takes no such conversation
            return None
        rest = rendered.rpartition(PROBE)[2].lstrip()
        ends = (token for token in sorted(self.special, key=len, reverse=True) if rest.startswith(token))
        return self.special.get(next(ends, ""))

    def chat(self, messages: list[dict[str, str]], *, thinking: bool = True) -> Prompt:
        """Return the prompt of [{"role": "user", "content": …}] by the chat template, up to where the answer begins.

        thinking: False asks the template to switch reasoning off (`enable_thinking`, as Qwen and others call it).

        Raises KitError when the model has no chat template, or one without this switch.
        """
        rendered = self._render(messages, add_generation_prompt=True)
        if not thinking:
            without = self._render(messages, add_generation_prompt=True, enable_thinking=False)
            if without == rendered:
                raise KitError(
                    "the model's chat template has no switch `enable_thinking`, so reasoning cannot be switched off. "
                    "To mend: use the prompt template 'chat'; reasoning is then cut from answers, and counted"
                )
            rendered = without
        marked = [message | {"content": f"{PROBE}-{at}-"} for at, message in enumerate(messages)]
        around = re.split(rf"{PROBE}-(\d+)-", self._render(marked, add_generation_prompt=True), flags=re.IGNORECASE)
        contents = [messages[int(at)]["content"] for at in around[1::2]]
        spans = _spans(rendered, contents, around=around[::2])
        if not contents and any(token in message["content"] for message in messages for token in self.special):
            raise KitError(
                "the model's chat template rewrites what is asked, and a sentence holds one of the model's control "
                "tokens, so that nobody can tell the two apart. To mend: leave the sentence out, or use a text file "
                "as the prompt"
            )
        return Prompt.of(rendered, spans)

    def _render(self, messages: list[dict[str, str]], **options) -> str:
        if not self.template:
            raise KitError(
                "expected a chat template in tokenizer_config.json or chat_template.jinja, but this model has none: "
                "it was not tuned for chat. To mend: use the prompt template 'alpaca'"
            )
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            template = _dated(self.template)
            rendered, _ = render_jinja_template([messages], chat_template=template, **options, **self.names)
        except Exception as error:  # a template is a program of its own: jinja's errors, and any of Python's
            raise KitError(
                f"the model's chat template does not take this conversation: {error}. To mend: use the prompt "
                f"template 'alpaca', or a text file of your own"
            ) from error
        return rendered[0]

    @cached_property
    def _control(self) -> set[int]:
        return set(self.special.values())

    @cached_property
    def _silent(self) -> set[int]:
        return self._control - {id for token, id in self.special.items() if reasoning.is_marker(token)}


def _dated(template: str) -> str:
    """Write `DATE` into a chat template in place of the clock: `strftime_now("%d %b %Y")` becomes `"26 Jul 2024"`."""
    dated = re.sub(r"""\bstrftime_now\(\s*(["'])(.*?)\1\s*\)""", lambda call: repr(DATE.strftime(call[2])), template)
    if re.search(r"\bstrftime_now\s*\(", dated):
        raise ValueError("it asks for the date in a form that it computes, so that its prompts change from day to day")
    return dated


def _spans(text: str, contents: Sequence[str], *, around: Sequence[str]) -> list[Span]:
    """Return where contents are in a rendered text, one after another, also changed; `around` them is the template."""
    spans, at = [], len(around[0])
    for number, (content, behind) in enumerate(zip(contents, around[1:], strict=True), 1):
        ways = (content, content.strip(), content.rstrip(), content.lstrip())
        whole = next((way for way in ways if text.startswith(way + behind, at)), None)
        last = number == len(contents)
        end = len(text) - len(behind) if last else text.find(behind, at) if whole is None else at + len(whole)
        spans.append((at, max(at, end)))
        at = max(at, end) + len(behind)
    return spans
