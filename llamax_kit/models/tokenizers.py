"""Text to token ids and back, exactly as a model's own tokenizer library does it, and chat prompts.

Does not read files (see `tokenizer_files`), batch or pad: it only says which id pads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from llamax_kit.errors import KitError


class ChatPrompt(str):
    """A rendered chat prompt: its control tokens are read as such, except inside the messages it was made of.

    `contents`: those of the messages in which control tokens are written.
    """

    contents: tuple[str, ...] = ()

    def protected(self) -> list[tuple[int, int]]:
        """Where `contents` stand: [(start, end)], in characters."""
        spans, at = [], 0
        for content in self.contents:
            found = self.find(content, at)
            if found >= 0:
                spans.append((found, found + len(content)))
                at = found + len(content)
        return spans


@dataclass(frozen=True)
class Tokenizer:
    """One model's tokenizer. `ordinary` and `text` are its own library's, without any control token."""

    ordinary: Callable[[str], list[int]]
    text: Callable[[list[int]], str]
    special: dict[str, int]
    bos_id: int | None
    eos_ids: list[int]
    pad_id: int
    template: str = ""
    names: dict[str, str] = field(default_factory=dict)  # what the chat template calls bos_token, eos_token, …

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt: one BOS (where the model was trained with one), then what the tokenizer's own library gives.

        With Llama 2's: encode("Hallo Welt") == [1, 8142, 417, 7633]. Control tokens written in `text` ("</s>") are
        ordinary characters, unless it is a ChatPrompt, where those of the template are control tokens.
        """
        ids = self._chat_ids(text) if isinstance(text, ChatPrompt) else self.ordinary(text)
        if self.bos_id is None:
            return ids
        return [self.bos_id, *(ids[1:] if isinstance(text, ChatPrompt) and ids[:1] == [self.bos_id] else ids)]

    def decode(self, ids: list[int]) -> str:
        """Text of generated ids as it continues a prompt: a leading space is kept, control tokens are left out."""
        anchor = self.ordinary("a")  # SentencePiece drops the first space of what it decodes
        control = set(self.special.values())
        return self.text(anchor + [id for id in ids if id not in control])[len(self.text(anchor)) :]

    def chat(self, messages: list[dict[str, str]]) -> ChatPrompt:
        """Prompt of [{"role": "user", "content": …}] by the model's own chat template, up to where the answer begins.

        Raises KitError when the model has no chat template.
        """
        if not self.template:
            raise KitError(
                "expected a chat template in tokenizer_config.json or chat_template.jinja, but this model has none: "
                "it was not tuned for chat. To mend: use the prompt template 'alpaca'"
            )
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            rendered, _ = render_jinja_template(
                [messages], chat_template=self.template, add_generation_prompt=True, **self.names
            )
        except TemplateError as error:
            raise KitError(
                f"the model's chat template does not take this conversation: {error}. To mend: use the prompt "
                f"template 'alpaca', or a text file of your own"
            ) from error
        prompt = ChatPrompt(rendered[0])
        contents = (message["content"].strip() for message in messages)
        prompt.contents = tuple(each for each in contents if any(token in each for token in self.special))
        return prompt

    def _chat_ids(self, prompt: ChatPrompt) -> list[int]:
        ids, at, protected = [], 0, prompt.protected()
        pattern = "|".join(re.escape(token) for token in sorted(self.special, key=len, reverse=True))
        for hit in re.finditer(pattern, prompt) if pattern else ():
            if not any(start <= hit.start() < end for start, end in protected):
                between = str(prompt[at : hit.start()])
                ids += self.ordinary(between) if between else []
                ids.append(self.special[hit.group()])
                at = hit.end()
        return ids + (self.ordinary(str(prompt[at:])) if prompt[at:] else [])
