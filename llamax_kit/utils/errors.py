"""Errors that say what was expected, what came, where, and what to do. Does not decide how they are shown."""

import copyreg
from collections.abc import Iterable
from difflib import get_close_matches

FEW = 8  # choices that a message names whole


class KitError(Exception):
    """Anything a user can mend. The command line prints it without a traceback."""

    def __reduce__(self):  # pickled whole, although a subclass is made from other things than its message
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__


class UnknownName(KitError):
    """A name that is in no list. Carries `what`, `given`, `choices` and the `nearest` of them.

    A short list of choices is named whole, so that a remedy may say "use one of these"; of a long one the nearest are.

    >>> print(UnknownName("prompt", given="alpacca", choices=["alpaca", "paper", "chat"], remedy="use one"))
    unknown prompt 'alpacca'. One of: alpaca, paper, chat. To mend: use one
    >>> codes = ["sw", "swh", "de", "fr", "pt", "ja", "zh", "ru", "yo"]
    >>> print(UnknownName("language", given="swa", choices=codes, remedy="see them with: llamax-kit languages"))
    unknown language 'swa'. Nearest: sw, swh. To mend: see them with: llamax-kit languages
    """

    def __init__(self, what: str, *, given: str, choices: Iterable[str], remedy: str):
        self.what, self.given, self.choices = what, given, list(choices)
        lower = {choice.lower(): choice for choice in self.choices}
        self.nearest = [lower[hit] for hit in get_close_matches(str(given).lower(), lower, n=5, cutoff=0.5)]
        if 0 < len(self.choices) <= FEW:
            known = f"One of: {', '.join(self.choices)}"
        elif self.nearest:
            known = f"Nearest: {', '.join(self.nearest)}"
        else:
            known = "No name is like it" if self.choices else "There is none yet"
        super().__init__(f"unknown {what} {given!r}. {known}. To mend: {remedy}")
