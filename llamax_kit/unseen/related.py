"""Which trained languages a language is related to: those of the same branch, the second level of its family.

"Branch" is the pair of family_1 and family_2 in the language table, for `Southern` or `Common` alone names several.
Levels are those of the paper's file, continued under its labels for unseen languages, and uneven: Malayo-Polynesian
holds hundreds of languages, Albanian one; Estonian and Finnish are in two branches there; creoles are families
of their own, named by the language their words come from. So relatedness is a coarse yes or no, and no distance.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from llamax_kit.languages import all_languages, find

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["code", "name", "trained", "family", "branch", "relatives", "relatedness"]
KINDS = TRAINED, RELATED, UNRELATED, UNKNOWN = "trained", "unseen, related", "unseen, unrelated", "unseen, unclassified"


def branch(code: str) -> str:
    """Name the first two family levels: `branch("als_Latn")` is "Indo-European > Albanian"; "" if one is not known."""
    language = find(code)
    return f"{language.family_1} > {language.family_2}" if language.family_1 and language.family_2 else ""


def relatives(code: str) -> list[str]:
    """List the trained languages of the same branch, without itself: `relatives("yue_Hant")` is ["zh", "zhtrad"].

    An empty list where the branch is not known. Raises UnknownName.
    """
    own = branch(code)
    return [each for each in _trained().get(own, []) if each != find(code).code] if own else []


def kind(code: str) -> str:
    """Say how a language stands to the training data: TRAINED, RELATED, UNRELATED or UNKNOWN.

    >>> kind("sw"), kind("fao_Latn"), kind("eus_Latn")
    ('trained', 'unseen, related', 'unseen, unrelated')

    Raises UnknownName.
    """
    if find(code).trained:
        return TRAINED
    return (RELATED if relatives(code) else UNRELATED) if branch(code) else UNKNOWN


def relatedness(codes: Iterable[str]) -> "DataFrame":
    """Tabulate it: code, name, trained, family, branch, relatives (number of trained ones), relatedness (the `kind`).

    Raises UnknownName.
    """
    import pandas as pd

    rows = []
    for language in map(find, codes):
        row = language.name, language.trained, language.family_1, branch(language.code)
        rows.append((language.code, *row, len(relatives(language.code)), kind(language.code)))
    return pd.DataFrame(rows, columns=COLUMNS)


@cache
def _trained() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language in all_languages():
        if language.trained:
            found.setdefault(branch(language.code), []).append(language.code)
    return found
