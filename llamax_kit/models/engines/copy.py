"""The baseline that every table should carry: the hypothesis is the source. Loads nothing, uses no prompt."""

from collections.abc import Iterator, Sequence, Set

from llamax_kit.models.engines.base import Completion, Decoding, Request
from llamax_kit.models.tokenizers import Prompt


class Copy:
    """An engine (see `llamax_kit.models.engines.base`) whose completion is the source, with 0 tokens generated."""

    name = "copy"
    identity = {"engine": "copy", "version": "1"}

    def material(self, request: Request) -> str:
        """Return what determines the completion: the source, whatever the prompt is."""
        return request.source

    def chat(self, messages: list[dict[str, str]], **_) -> Prompt:
        """Return a chat's text without any markup, so that chat prompts work here too; it is not used."""
        return Prompt("\n".join(message["content"] for message in messages))

    def complete(
        self, requests: Sequence[Request], decoding: Decoding, skip: Set[int] = frozenset()
    ) -> Iterator[list[tuple[int, Completion]]]:
        """Yield all copies as one batch."""
        yield [(at, Completion(each.source, "stop", 0)) for at, each in enumerate(requests) if at not in skip]
