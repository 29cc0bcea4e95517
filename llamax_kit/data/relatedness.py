"""Which trained languages a language is related to: those of the same branch, the second level of its family.

"Branch" is the pair of family_1 and family_2 in the language table. Levels are those of the paper's file and uneven:
Malayo-Polynesian holds hundreds of languages, Albanian one; Estonian and Finnish are in two branches; creoles are
families of their own. So relatedness is a coarse yes or no. Trained are LLaMAX's 102 where none are named.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from llamax_kit.data.languages import all_languages, find
from llamax_kit.data.training_languages import LLAMAX

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["code", "name", "trained", "family", "branch", "relatives", "relatedness"]
KINDS = TRAINED, RELATED, UNRELATED, UNKNOWN = "trained", "unseen, related", "unseen, unrelated", "unseen, unclassified"


def branch(code: str) -> str:
    """Name the first two family levels: `branch("als_Latn")` is "Indo-European > Albanian"; "" if one is not known."""
    language = find(code)
    return f"{language.family_1} > {language.family_2}" if language.family_1 and language.family_2 else ""


def relatives(code: str, trained: Collection[str] = LLAMAX.codes) -> list[str]:
    """List the trained languages of the same branch, without itself: `relatives("yue_Hant")` is ["zh", "zhtrad"].

    An empty list where the branch is not known. Raises UnknownName.
    """
    own = find(code)
    if not branch(code):
        return []
    others = [each for each in all_languages() if each.code in trained and each != own]
    return [each.code for each in others if (each.family_1, each.family_2) == (own.family_1, own.family_2)]


def kind(code: str, trained: Collection[str] = LLAMAX.codes) -> str:
    """Return how a language stands to the training data: TRAINED, RELATED, UNRELATED or UNKNOWN.

    >>> kind("sw"), kind("fao_Latn"), kind("eus_Latn"), kind("sw", ["en", "pt"]), kind("gl", ["en", "pt"])
    ('trained', 'unseen, related', 'unseen, unrelated', 'unseen, unrelated', 'unseen, related')

    Raises UnknownName.
    """
    if find(code).code in trained:
        return TRAINED
    return (RELATED if relatives(code, trained) else UNRELATED) if branch(code) else UNKNOWN


def relatedness(codes: Iterable[str], trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """Return a table: code, name, trained, family, branch, relatives (how many are trained), relatedness (the `kind`).

    Raises UnknownName.
    """
    import pandas as pd

    rows = []
    for language in map(find, codes):
        row = language.name, language.code in trained, language.family_1, branch(language.code)
        rows.append((language.code, *row, len(relatives(language.code, trained)), kind(language.code, trained)))
    return pd.DataFrame(rows, columns=COLUMNS)
