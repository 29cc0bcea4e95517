"""Errors that say what was expected, what came, where, and what to do. Does not decide how they are shown."""

from collections.abc import Iterable
from difflib import get_close_matches


class KitError(Exception):
    """Anything a user can mend. The command line prints it without a traceback."""


class UnknownName(KitError):
    """A name that is in no list. Carries `what`, `given`, `choices` and the `nearest` of them.

    >>> print(UnknownName("language", "swa", ["sw", "swh", "de"], "see them with: llamax-kit languages"))
    unknown language 'swa'. Nearest: swh, sw. To mend: see them with: llamax-kit languages
    """

    def __init__(self, what: str, given: str, choices: Iterable[str], remedy: str):
        self.what, self.given, self.choices = what, given, list(choices)
        lower = {choice.lower(): choice for choice in self.choices}
        self.nearest = [lower[hit] for hit in get_close_matches(str(given).lower(), lower, n=5, cutoff=0.5)]
        nearest = ", ".join(self.nearest) or "none is near"
        super().__init__(f"unknown {what} {given!r}. Nearest: {nearest}. To mend: {remedy}")
