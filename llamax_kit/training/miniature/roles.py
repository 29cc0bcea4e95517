"""The role of each language in the experiment of notebook 10: pre-trained, added by continual pre-training, held out.

What is checked here is also what `llamax-kit run 10` refuses before it starts.
"""

from collections.abc import Mapping

from llamax_kit.data import languages
from llamax_kit.utils.errors import KitError

ROLES = BASE, ADDED, HELD_OUT = "pre-trained", "added", "held out"


def roles(base: str, *, added: str = "", held_out: str = "") -> dict[str, str]:
    """Return the role of each language by its kit code, in the order given: "pre-trained", "added" or "held out".

    >>> roles("en de", added="swh_Latn")
    {'en': 'pre-trained', 'de': 'pre-trained', 'sw': 'added'}

    Raises KitError where English is not the first of two languages or more of `base`, and for a language named
    twice; UnknownName for an unknown one.
    """
    parts = [languages.codes(each) for each in (base, added, held_out)]
    if parts[0][:1] != ["en"] or len(parts[0]) < 2:
        raise KitError(f"base is English first, then others, got {base!r}. To mend: write for example en de")
    every = [code for part in parts for code in part]
    if twice := sorted({code for code in every if every.count(code) > 1}):
        raise KitError(
            f"expected each language once, in base, added or held_out, got {' '.join(twice)} more than once. "
            f"To mend: leave it in one of the three"
        )
    return {code: role for role, part in zip(ROLES, parts, strict=True) for code in part}


def codes(role: Mapping[str, str], *wanted: str) -> list[str]:
    """List the languages that have one of these roles; of `codes(role)` those that training reads."""
    return [code for code, each in role.items() if each in (wanted or (BASE, ADDED))]
