"""The language table: the 102 languages of LLaMAX, and the 102 varieties of FLORES-200 that it never saw.

Looks languages and directions up by any of their codes. Does not identify the language of a text. languages.csv has one
row a language; one's own, beside one's text or in the data folder, adds rows (`language_table`) with these columns:

- code: the kit's own id: LLaMAX's code for its 102 (`sw`, `zhtrad`), FLORES-200's for the others (`als_Latn`)
- llamax, flores101, flores200, flores_plus: the codes elsewhere; empty where a release does not have the language
- name, prompt_name: a clean English name, and the authors' spelling of it ("Akrikaans"), which their prompt contains
- script: ISO 15924; family_1 to family_3: from the broadest to the narrowest, as in the paper's family file
- split: the paper's "high" and "low", which is no measure of data; avg85: counted by its "85-language" average. Both
  were published only as averages, and recovered from these (they are 26, 76, and 87 languages)
- trained; mono_blocks: of 512 tokens; para_lines: each pair counted once for each of its languages (paper, Table 7)
- cldr: the Babel locale that has data of its own in this language and script: `no`, not `nb`, which only inherits
- source: where the row is from; "paper" is the paper and its released files
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from llamax_kit.data.language_table import LOOKED_UP, Language, all_languages, known
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LOOKED_UP", "Language", "all_languages", "codes", "directions", "find", "lookup", "table"]
REMEDY = "see all codes and names with: llamax-kit languages; languages.csv in your corpus or data folder adds one"


def table() -> "DataFrame":
    """Return the language table as a DataFrame, one row a language, its columns the fields of `Language`."""
    import pandas as pd

    return pd.DataFrame(all_languages(), columns=Language._fields)


def find(code: str) -> Language:
    """Look a language up by its code in any release, or by its English name; capitals matter only if they must.

    >>> find("swh_Latn").code, find("Akrikaans").name, find("cmn_hant").code, find("ku").name
    ('sw', 'Afrikaans', 'zhtrad', 'Central Kurdish (Sorani)')

    A code of LLaMAX comes before the same code elsewhere: `ku` is its Sorani, though CLDR's `ku` is Kurmanji.

    Raises UnknownName, with the nearest codes and names.
    """
    found, code = lookup(code), str(code).strip()
    if found is None:
        raise UnknownName("language", given=code, choices=known()[0], remedy=REMEDY)
    return found


def lookup(code: str) -> Language | None:
    """Look a language up as `find` does; None, at once, for what is none: `lookup("google")`."""
    exact, folded = known()
    code = str(code).strip()
    return exact.get(code) or folded.get(code.casefold())


def codes(text: str) -> list[str]:
    """Read languages, by `find`, that spaces or commas part.

    >>> codes("eng, swh_Latn de")
    ['en', 'sw', 'de']

    Raises UnknownName as `find` does.
    """
    return [find(word).code for word in re.split(r"[\s,]+", text) if word]


def directions(text: str, available: Iterable[str]) -> list[tuple[str, str]]:
    """Read directions, source first, in the paper's notation, where X stands for every other available language.

    >>> directions("en-de, X-swh", ["en", "de", "sw"])
    [('en', 'de'), ('en', 'sw'), ('de', 'sw')]

    Raises KitError for a text that is no list of directions, a language into itself, or one that is not available;
    UnknownName for an unknown language.
    """
    available = list(dict.fromkeys(find(code).code for code in available))
    found: dict[tuple[str, str], None] = {}
    for item in re.split(r"[\s,]+", text.strip(" \t\n,")):
        sides = item.split("-")
        if len(sides) != 2 or not all(sides):
            raise KitError(
                f"a direction is source-target, as in en-de, en-X or X-en, got {item!r} in {text!r}. "
                f"To mend: separate directions by spaces or commas, and write codes of languages, not names with spaces"
            )
        sources, targets = (_expand(side, item=item, available=available) for side in sides)
        pairs = [(src, tgt) for src in sources for tgt in targets if src != tgt]
        if not pairs:
            raise KitError(
                f"direction {item!r} does not go between two different languages. "
                f"To mend: name two of the {len(available)} that have text here, as in en-de, or en-X for all of them"
            )
        found.update(dict.fromkeys(pairs))
    return list(found)


def _expand(side: str, *, item: str, available: list[str]) -> list[str]:
    if side == "X":
        return available
    language = find(side)
    if language.code not in available:
        raise KitError(
            f"direction {item!r}: there is no text in {language.name} ({language.code}) here. "
            f"To mend: choose among the {len(available)} languages that have text: {' '.join(available) or 'none'}"
        )
    return [language.code]
