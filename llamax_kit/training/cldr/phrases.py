"""Draw contents (a template with its values, whatever the language), and write a content in one language.

A content is a nested tuple, such as ("date", "1987-05-04"), ("amount", "length-meter", 5), ("list", "or", (...)) or
("together", (("territory", "FR"), ("money", "EUR", 7))). Which split a date, an amount, a sum of money, a span, a bare
territory or a list of territories belongs to is read off a hash of it, and parts of different splits never come
together: so nothing that devtest combines occurs in training, whole or as a part, while the names that it combines
(months, territories, units, currencies) do, in other combinations. All words are CLDR's; where parts come together,
an en dash stands between them. Does not decide what counts as an entry of a language: that is entries.py. A notebook
needs this module alone: `phrases.contents` are the contents, `phrases.entries` a language's entries.
"""

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from itertools import cycle
from typing import Any

from llamax_kit.training.cldr.entries import SPANS, Entries, Forms, entries

Content = tuple
Pick = Callable[[Sequence], Any]

SIZES = {"train": 24_000, "dev": 500, "devtest": 500}  # positions
SEEDS = {"train": 1, "dev": 2, "devtest": 3}
TEMPLATES = (  # used in turn, so that the first n positions are as mixed as all of them
    ("date",),
    ("territories",),
    ("territory", "money"),
    ("amount",),
    ("territories", "date"),
    ("span",),
    ("date",),
    ("territory", "amount", "span"),
    ("money",),
    ("amounts",),
    ("territory", "date"),
    ("territory",),
    ("amount", "date"),
    ("territories", "span"),
    ("money", "span"),
    ("territory", "amount"),
    ("date",),
    ("territories",),
    ("territory", "date", "money"),
    ("span", "amount"),
)
WITNESSES = ("ar", "de", "en", "fr", "hi", "ja", "ky", "ru", "sw", "ta", "zh")  # what all name, most languages name
NOTHING = {"XA", "XB", "ZZ", "XXX"}  # pseudo-locales, the unknown region, the unknown currency
DAYS = range(date(1900, 1, 1).toordinal(), date(2100, 1, 1).toordinal())


@cache
def contents(split: str) -> tuple[Content, ...]:
    """Draw the contents of "train", "dev" or "devtest", none twice, the same on every machine.

    Of Python's generator only `random()` is used: the one sequence that Python promises to keep.
    """
    generator = random.Random(SEEDS[split])

    def pick(values: Sequence) -> Any:
        return values[int(generator.random() * len(values))]

    found: dict[Content, None] = {}
    for names in cycle(TEMPLATES):
        for _ in range(20):  # what has few values (a bare territory) runs out in training, and is then passed over
            parts = tuple(_part(name, split=split, pick=pick, alone=len(names) == 1) for name in names)
            content = parts[0] if len(parts) == 1 else ("together", parts)
            if content not in found:
                found[content] = None
                break
        if len(found) == SIZES[split]:
            break
    return tuple(found)


def split_of(part: Content) -> str:
    """Return the split that a part belongs to: one in ten to devtest, one to dev. Order in a list does not matter."""
    key = sorted(part[2]) if part[0] == "list" else part
    tenth = hashlib.sha256(repr(key).encode()).digest()[0] % 10
    return {0: "devtest", 1: "dev"}.get(tenth, "train")


def _part(name: str, *, split: str, pick: Pick, alone: bool) -> Content:
    if name == "amounts":
        return (
            "list",
            "standard",
            tuple(_part("amount", split=split, pick=pick, alone=alone) for _ in range(pick((2, 3)))),
        )
    while True:
        part = DRAW[name](pick)
        if split_of(part) == split or (name == "territory" and not alone):
            return part


def _territories(pick: Pick) -> Content:
    codes: list[str] = []
    size = pick((2, 2, 3, 4))
    while len(codes) < size:
        code = pick(_named("territories"))
        if code not in codes:
            codes.append(code)
    return ("list", pick(("standard", "standard", "or")), tuple(("territory", code) for code in codes))


def _number(pick: Pick) -> int:
    """Draw a number: small ones often, as plural forms differ there; none that is written with a separator."""
    return pick(pick((range(1, 12), range(1, 1000))))


DRAW: dict[str, Callable[[Pick], Content]] = {
    "date": lambda pick: ("date", date.fromordinal(pick(DAYS)).isoformat()),
    "territory": lambda pick: ("territory", pick(_named("territories"))),
    "territories": _territories,
    "amount": lambda pick: ("amount", pick(_named("units")), _number(pick)),
    "money": lambda pick: ("money", pick(_named("currencies")), _number(pick)),
    "span": lambda pick: ("span", pick(SPANS), pick(("past", "future")), pick(range(1, 100))),
}


@cache
def _named(kind: str) -> tuple[str, ...]:
    """List what has a name in each of the witnesses, and in English one that nothing else of its kind has.

    Currencies that are named with their years ("1961–1990") have gone out of use, and are left out.
    """
    english = {key: forms["other"] for key, forms in getattr(entries("en"), kind).items()}
    once = {key for key, name in english.items() if list(english.values()).count(name) == 1}
    once = {key for key in once if not re.search("[0-9]{4}", english[key])}
    return tuple(sorted(once.intersection(*(getattr(entries(code), kind) for code in WITNESSES)) - NOTHING))


def say(content: Content, own: Entries) -> str | None:
    """Return a content as text in a language, or None where CLDR has no entry of that language for a part of it.

    >>> say(("together", (("territory", "FR"), ("amount", "duration-day", 3))), entries("de"))
    'Frankreich – 3 Tage'
    """
    return SAY[content[0]](own, *content[1:])


def _say_date(own: Entries, day: str) -> str | None:
    from babel.dates import format_date

    return format_date(date.fromisoformat(day), own.date_pattern, own.locale) if own.date_pattern else None


def _say_list(own: Entries, style: str, items: tuple[Content, ...]) -> str | None:
    from babel.lists import format_list

    texts = [say(item, own) for item in items]
    return None if None in texts or style not in own.lists else format_list(texts, style, own.locale)


def _say_together(own: Entries, parts: tuple[Content, ...]) -> str | None:
    texts = [say(part, own) for part in parts]
    return None if None in texts else " – ".join(texts)


def _say_money(own: Entries, currency: str, number: int) -> str | None:
    name = _form(own, own.currencies.get(currency), number)
    return name and _form(own, own.sums, number).replace("{0}", str(number)).replace("{1}", name)


def _say_number(own: Entries, forms: Forms | None, number: int) -> str | None:
    text = _form(own, forms, number)
    return text and text.replace("{0}", str(number))


def _form(own: Entries, forms: Forms | None, number: int) -> str | None:
    """Return the form for a number; a missing one is the same as "other" (UTS #35; Babel would return a raw key)."""
    return forms and forms.get(own.locale.plural_form(number), forms["other"])


SAY: dict[str, Callable[..., str | None]] = {
    "date": _say_date,
    "territory": lambda own, code: own.territories[code]["other"] if code in own.territories else None,
    "list": _say_list,
    "together": _say_together,
    "money": _say_money,
    "amount": lambda own, unit, number: _say_number(own, own.units.get(unit), number),
    "span": lambda own, field, direction, number: _say_number(own, own.spans.get((field, direction)), number),
}
