"""What CLDR says in one language in its own words: names of dates and territories, patterns of amounts and lists.

Reads the files that Babel ships for each locale as they are, before Babel merges the locales that they inherit from:
what such a file holds is the language's own. (`babel.localedata.load(locale, merge_inherited=False)` does not serve:
it returns merged data when the locale was used before in the same process.) Dropped are:

- what is inherited from another language (`nn` from `no`, `fa_AF` from `fa`) and the raw keys of the root locale;
- a list (of territories, of units ...) of which more than half is spelled as in English: nobody has translated it yet;
- an entry that is the English one, in a language that is not written in Latin letters; an English "and" or "or".

Does not compose phrases: that is phrases.py.
"""

import pickle
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from llamax_kit.data import languages
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from babel import Locale

Forms = dict[str, str]  # CLDR's plural category to pattern: {"one": "{0} Tag", "other": "{0} Tage"}
SPANS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
NAMES = {  # of the letters of date patterns (UTS #35, part 4): which names they ask for
    "E": ("days", "format"),
    "c": ("days", "stand-alone"),
    "M": ("months", "format"),
    "L": ("months", "stand-alone"),
    "G": ("eras", ""),
}
WIDTHS = {3: "abbreviated", 4: "wide"}
ENGLISH = "en"


class Entries(NamedTuple):
    """The own entries of one language; a kind that it does not have is empty."""

    locale: "Locale | None"
    date_pattern: str  # of the full date, "EEEE, d. MMMM y"; set only if all names that it needs are own
    territories: dict[str, Forms]  # a name is a pattern without a number: {"other": "Frankreich"}
    units: dict[str, Forms]
    spans: dict[tuple[str, str], Forms]  # by (field, direction): ("week", "past")
    currencies: dict[str, Forms]  # names without the number
    sums: Forms  # how number {0} and currency name {1} come together
    lists: dict[str, Forms]  # by "standard" (and) and "or": the patterns start, middle, end, 2

    @property
    def names_of_dates(self) -> int:
        """Return how many names full dates are made of: 12 months and 7 weekdays, or 0 without full dates."""
        return 19 if self.date_pattern else 0


@cache
def entries(code: str) -> Entries:
    """Read the own entries of a language, by its kit code: `entries("de").territories["FR"]["other"]` is "Frankreich".

    A language that CLDR does not know has empty entries. Raises KitError if Babel lacks the locale that
    languages.csv names.
    """
    from babel import Locale

    language = languages.find(code)
    if not language.cldr:
        return Entries(None, "", {}, {}, {}, {}, {}, {})
    data = raw(language.cldr)
    latin = language.script == "Latn"
    kinds = {kind: _translated(read(data), english=read(raw(ENGLISH)), latin=latin) for kind, read in READERS.items()}
    if language.cldr == ENGLISH:
        kinds = {kind: read(data) for kind, read in READERS.items()}
    locale = Locale.parse(language.cldr)
    sums = data.get("currency_unit_patterns") or {"other": "{0} {1}"}  # root's, which has no words
    return Entries(locale, _date_pattern(data, locale), sums=sums, lists=_lists(data), **kinds)


@cache
def raw(locale: str) -> dict[str, Any]:
    """Unpickle Babel's own file of a locale, nothing inherited. Raises KitError if there is none."""
    import babel.localedata

    try:
        with open(babel.localedata.resolve_locale_filename(locale), "rb") as file:
            return pickle.load(file)
    except FileNotFoundError as error:
        raise KitError(
            f"Babel {babel.__version__} has no locale {locale!r}, which languages.csv names. "
            f"To mend: install the Babel of requirements.txt"
        ) from error


def _territories(data: dict) -> dict[str, Forms]:
    return {code: {"other": name} for code, name in (data.get("territories") or {}).items()}


def _units(data: dict) -> dict[str, Forms]:
    """Return long patterns, or where there is none the short one, from which long inherits in CLDR, not in Babel."""
    found = {}
    for unit, lengths in (data.get("unit_patterns") or {}).items():
        for length in ("long", "short"):
            forms = lengths.get(length)
            if isinstance(forms, dict) and "other" in forms:
                found[unit] = forms
                break
    return found


def _spans(data: dict) -> dict[tuple[str, str], Forms]:
    fields = data.get("date_fields") or {}
    found = {}
    for field in SPANS:
        for direction in ("past", "future"):
            forms = fields[field].get(direction) if isinstance(fields.get(field), dict) else None
            if isinstance(forms, dict) and "other" in forms:
                found[field, direction] = forms
    return found


def _currencies(data: dict) -> dict[str, Forms]:
    names = {code: {"other": name} for code, name in (data.get("currency_names") or {}).items()}
    plurals = {code: forms for code, forms in (data.get("currency_names_plural") or {}).items() if "other" in forms}
    return names | plurals


READERS: dict[str, Callable[[dict], dict]] = {
    "territories": _territories,
    "units": _units,
    "spans": _spans,
    "currencies": _currencies,
}


def _translated(own: dict, *, english: dict, latin: bool) -> dict:
    """Drop a list that is mostly English, and from a language in another script each entry that is English."""
    same = {key for key, forms in own.items() if forms["other"] in english.get(key, {}).values()}
    if len(same) > len(own) / 2:
        return {}
    return {key: forms for key, forms in own.items() if latin or key not in same}


def _date_pattern(data: dict, locale: "Locale") -> str:
    """Return the pattern of the full date; "" unless the language has it and every name that the pattern asks for."""
    pattern = (data.get("date_formats") or {}).get("full")
    if pattern is None:
        return ""
    for field in re.findall("E+|c+|M+|L+|G", re.sub("'[^']*'", "", pattern.pattern)):
        if field in ("M", "MM"):
            continue  # a number
        kind, context = NAMES[field[0]]
        names = getattr(locale, kind)
        names = names["abbreviated"] if kind == "eras" else names[context][WIDTHS[len(field)]]
        if not set(names.values()) <= set(_strings(data.get(kind))):
            return ""
    return pattern.pattern


def _strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for branch in tree.values():
            yield from _strings(branch)


def _lists(data: dict) -> dict[str, Forms]:
    """Return the own list patterns, completed by the root's where these are punctuation only (its "or" is English)."""
    found = {}
    for style in ("standard", "or"):
        own = (data.get("list_patterns") or {}).get(style) or {}
        punctuation = {k: v for k, v in raw("root")["list_patterns"][style].items() if not re.search("[a-z]", v)}
        patterns = punctuation | own
        english = raw(ENGLISH)["list_patterns"][style]
        if "2" in own and "end" in patterns and (data["locale_id"] == ENGLISH or own["2"] != english["2"]):
            found[style] = patterns
    return found
