"""A question asked by a named template or one's own, and a label taken from a completion; for all test sets.

Knows none of them: each brings its own templates (`PROMPTS`).
"""

from collections.abc import Mapping

from llamax_kit.data.questions import Item
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.tasks import prompts
from llamax_kit.utils.errors import KitError, UnknownName


def template(prompt: str, known: Mapping[str, str]) -> str:
    """Return the text of a prompt, a name of `known` or a text with {fields}. Raises UnknownName for another name."""
    if prompt not in known and "{" not in prompt:
        remedy = "use one of these, or write a text with {fields}"
        raise UnknownName("prompt", given=prompt, choices=known, remedy=remedy)
    return known.get(prompt, prompt)


def fields(text: str) -> set[str]:
    """Name the fields of a template: fields("{a} or {b}?") is {"a", "b"}. Raises KitError for a brace left open."""
    try:
        return set(prompts.fields(text))
    except ValueError as error:
        raise KitError(f"the prompt {text!r} cannot be read: {error}. "
                       "To mend: write {{ and }} for plain braces") from error  # fmt: skip


def ask(item: Item, prompt: str, known: Mapping[str, str]) -> Prompt:
    """Write the prompt that asks an item; what is filled in is protected.

    Raises UnknownName for a name that is none, KitError for a field that the item does not have, or a text with none.
    """
    text = template(prompt, known)
    strange = fields(text) - {*item.fields}
    if strange or not fields(text):
        names = ", ".join(f"{{{name}}}" for name in item.fields)
        came = ", ".join(f"{{{name}}}" for name in sorted(strange)) or "none"
        raise KitError(f"expected fields among {names} in the prompt {text!r}, found {came}. "
                       "To mend: write these, and {{ and }} for plain braces")  # fmt: skip
    return prompts.filled(text, dict(item.fields))


def label(completion: str, item: Item) -> str:
    """Return the label that a completion is, white space around it left out, as the authors compare; else ""."""
    return completion.strip() if completion.strip() in item.labels else ""
