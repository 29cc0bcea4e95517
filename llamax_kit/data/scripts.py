"""In which script a text is written, by its letters. Does not identify languages.

Unicode has one script for simplified and traditional Chinese characters, and Japanese mixes them with kana: all these
count as one script here, `Hani`. Names are ISO 15924 codes.
"""

from collections import Counter
from functools import cache, lru_cache

import regex

ENOUGH = 3  # letters: below that, a unit or a name decides, not the sentence
RIGHT_TO_LEFT = {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"}
SCRIPTS = (
    "Latn Cyrl Arab Deva Hani Hang Ethi Beng Grek Hebr Thai Taml Telu Knda Mlym Gujr Guru Orya Sinh Mymr Khmr Laoo "
    "Tibt Armn Geor Olck Tfng Mtei Mong Java Bali Sund Thaa Syrc Nkoo Adlm Cher Cans Vaii Copt Goth"
).split()
SAME = {"Hira": "Hani", "Kana": "Hani", "Bopo": "Hani"}


@lru_cache(maxsize=2**15)
def script(text: str) -> str:
    """Name the script of most of a text's letters; "" for fewer than three letters.

    >>> script("Привет, world!"), script("東京タワー"), script("3 km"), script("—")
    ('Cyrl', 'Hani', '', '')
    """
    letters = Counter()
    for character, count in Counter(text).items():
        if character.isalpha() and (name := _of(character)):
            letters[name] += count
    return letters.most_common(1)[0][0] if letters.total() >= ENOUGH else ""


def direction(text: str) -> str:
    """Return the HTML `dir` of a text: "rtl", "ltr", or "auto" where its letters do not decide."""
    name = script(text)
    return "auto" if not name else "rtl" if name in RIGHT_TO_LEFT else "ltr"


@cache
def _of(character: str) -> str:
    """The script of one letter; "" for one of several or of none of these."""
    for name in (*SCRIPTS, *SAME):
        if regex.match(rf"\p{{Script={name}}}", character):
            return SAME.get(name, name)
    return ""
