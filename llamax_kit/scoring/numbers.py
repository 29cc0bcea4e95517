"""The number in an answer, in any language's digits and signs, written in one way. Compares and counts nothing.

What is read is the last number of the answer, or, where one stands right behind a mark of a final answer ("####",
`\\boxed{`, "The answer is", "答案是"), the one behind the last such mark; behind an equals sign in its line, if any.

- Digits are those of any script (১৮, ๑๘, ١٨, １８). Signs: "-", "−" and the like, but not between two things
  ("5-3", "3–5", "COVID-19"). Currency, units, percent signs and LaTeX around a number are dropped: 50 % is 50.
- Thousands: "1,234", "12,34,567" (as in India), "1.234.567", "1'234", "1 234" with a no-break or thin space; with an
  ordinary space where CLDR has a space as the language's sign for groups (fr, ru, pl, …), and elsewhere where nothing
  else can be meant: "1 234 567", "70 000".
- A comma before exactly three digits parts thousands in every language, for models mix English into what they write;
  a point there only where CLDR has the comma as the language's decimal sign: in German, "1.234" is 1234; in English,
  and where no language is named, 1.234. A leading zero settles it: "0,125" and "0.125" are decimals.
- "1 1/2", "½" and `\\frac{1}{2}` are fractions, "2.5e3" and "2.5 × 10^3" are 2500.
- Numbers in words are not read, nor words that multiply ("3 million", "3万" are 3). Times, dates and lists are several
  numbers, of which the last counts: "10:30" is 30, "12/05/2024" and "2024-05-12" are 2024 and 12, "1, 2" is 2.
"""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from llamax_kit.data.languages import lookup

LONGEST = 400  # digits, and the largest exponent; what is longer is no answer, and would take long to compute with
SPACES = "\u00a0\u2007\u2009\u202f"  # no-break, figure, thin, narrow no-break
MINUS = "-\u2212\ufe63\uff0d\u2010\u2011\u2013"
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")  # no space parts a word from a sign
RUN = rf"[0-9]+(?:(?:[.,'’٬٫]|[ {SPACES}](?=[0-9]{{3}}(?![0-9])))[0-9]+)*"
POWER = r"(?:\s?(?:[×x*·⋅]|\\times|\\cdot)\s?10\s?\^\s?\{?\s?(?P<power>[+−-]?[0-9]+)\}?|[eE](?P<e>[+−-]?[0-9]+)(?!\w))"
NUMBER = re.compile(
    rf"(?P<before>[0-9]+)?\s?\\[dt]?frac\s?\{{\s?(?P<top>{RUN})\s?\}}\s?\{{\s?(?P<bottom>{RUN})\s?\}}"
    rf"|(?<![0-9/])(?:(?P<whole>[0-9]+)[ ]{{1,2}})?(?P<over>{RUN})\s?[/⁄]\s?(?P<under>{RUN})(?![0-9]|\s?[/⁄]\s?[0-9])"
    rf"|(?P<run>{RUN}){POWER}?|(?<![\w.,])[.](?P<tail>[0-9]+)"
)
CURRENCY = r"\\?[$¢-¥৲৳؋฿៛\u20a0-\u20cf￠￡￥￦]"
COLON = "[:：]"
WORDS = (  # English, and what MGSM's own examples end with in its other languages
    rf"answers?(?:\s+is|\s+are|\s*\*{{0,2}}{COLON})|(?:Antwort|Lösung)(?:\s+ist|{COLON})|respuesta(?:\s+es|{COLON})"
    rf"|réponse(?:\s+est|\s*{COLON})|ответ\s*(?:—|–|{COLON})|答案(?:是|为|{COLON})|答え(?:は|{COLON})"
    rf"|คำตอบ(?:คือ|{COLON})|jibu(?:\s+ni|{COLON})|উত্তর(?:\s+হল|{COLON})|సమాధానం{COLON}?"
)
MARK = re.compile(rf"(?P<hashes>\#\#\#\#)|(?P<boxed>\\boxed\s?\{{)|{WORDS}", re.IGNORECASE)
BETWEEN = re.compile(rf"(?:[{MINUS} \t{SPACES}:：=*_`(\[{{~≈\\]|text\{{|[A-Z]{{0,2}}{CURRENCY})*")


def read(text: str, *, language: str = "") -> str:
    """Return the number of an answer in ASCII digits, a plain decimal or "p/q"; "" where there is none.

    >>> read("3 × 6 = 18 eggs, so #### -1,234.50"), read("১৮ টি"), read("No idea."), read("It is 1 1/2 or 1/3.")
    ('-1234.5', '18', '', '1/3')

    language: any code or name of the answer's language, or "" where it is not known; see the module for what it decides
    """
    text = _plain(text)
    space, comma = _signs(language)
    found = list(_numbers(text, space=space, comma=comma))
    for mark in reversed(list(MARK.finditer(text))):
        if (value := _marked(text, mark, found)) is not None:
            return _written(value)
    return _written(found[-1][2]) if found else ""


def _marked(text: str, mark: re.Match, found: list[tuple[int, int, Fraction]]) -> Fraction | None:
    """Return the number that a mark announces; None where none stands right behind it, or the mark is a heading.

    "Answer:" may also begin an explanation: there it announces one number only, or a sum with its result.
    """
    at = BETWEEN.match(text, mark.end()).end()
    end = text.find("\n", at) if "\n" in text[at:] else len(text)
    line = [each for each in found if mark.end() <= each[0] < end]
    if not line or line[0][0] > at or (mark["hashes"] and re.match(r"[.)]\s+[^\W\d]", text[line[0][1] : end])):
        return None
    equals = -1 if mark["boxed"] else text.rfind("=", line[0][1], end)
    result = [each for each in line if equals >= 0 and each[0] > equals]
    if not result and re.search(COLON, mark[0]) and len(line) > 1:
        return None
    return (result or line)[0][2]


@cache
def _signs(language: str) -> tuple[bool, bool]:
    """Return whether a space parts a language's thousands, and whether the comma is its decimal sign, by CLDR."""
    found = lookup(language) if language else None
    if not (found and found.cldr):
        return False, False
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_group_symbol(found.cldr).isspace(), get_decimal_symbol(found.cldr) == ","


def _plain(text: str) -> str:
    """Write digits in ASCII and what means the same alike; drop what is no part of a number, as in m² and cm^3."""
    signs = []
    for sign in re.sub("(?<=[０-９])，(?=[０-９])", ",", text):
        digit = unicodedata.decimal(sign, None)
        if digit is not None:
            signs.append(str(digit))
        elif unicodedata.decomposition(sign).startswith("<fraction> 003"):
            signs.append(" " + unicodedata.normalize("NFKC", sign))
        elif unicodedata.category(sign) != "Cf":  # marks of direction, joiners
            signs.append({"．": ".", "／": "/", "＝": "=", "＄": "$"}.get(sign, sign))
    text = "".join(signs)
    text = re.sub(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda hit: "10^" + unicodedata.normalize("NFKC", hit[1]), text)
    text = re.sub(r"(?<=[0-9])\{,\}(?=[0-9])", ",", text)
    text = re.sub(r"(?<=[0-9])\\[,;: ](?=[0-9]{3}(?![0-9]))", SPACES[2], text)  # a space of LaTeX
    return re.sub(r"(?<=[^\W\d])\^\{?[0-9]+\}?|(?<![^\W\d])([kcdm]?m)[23](?![0-9])", r"\1", text)


def _numbers(text: str, *, space: bool, comma: bool) -> Iterator[tuple[int, int, Fraction]]:
    """Yield each number: where it begins and ends, and what it is. What is too long is none."""
    for hit in NUMBER.finditer(text):
        parts = {name: part for name, part in hit.groupdict().items() if part is not None}
        exponent = int((parts.get("power") or parts.get("e") or "0").replace("−", "-")[:5])
        if max(map(len, parts.values())) > LONGEST or abs(exponent) > LONGEST:
            continue
        if "tail" in parts:
            start, value = hit.start(), Fraction(f"0.{parts['tail']}")
        elif "run" in parts:
            begin, value = _value(parts["run"], space=space, comma=comma)
            start, value = hit.start("run") + begin, value * Fraction(10) ** exponent
        else:
            top, bottom = ("top", "bottom") if "top" in parts else ("over", "under")
            begin, over = _value(parts[top], space=space, comma=comma)
            under = _value(parts[bottom], space=space, comma=comma)[1]
            start, value = hit.start(top) + begin, over / under if under else under
            whole = parts.get("before") or parts.get("whole")
            if top == "top" or (whole and over < under):
                start, value = hit.start(), value + int(whole or 0)
        yield start, hit.end(), -value if _negative(text[max(0, start - 8) : start]) else value


def _value(run: str, *, space: bool, comma: bool) -> tuple[int, Fraction]:
    """Return what a run of digits and signs is, and where in it: of several numbers the last one, as in 1,2,3."""
    signs, groups = re.findall(r"[^0-9]", run), re.split(r"[^0-9]", run)
    if not signs:
        return 0, Fraction(int(run))
    *most, final = signs
    if len(set(signs)) == 1 and _grouped(groups, final) and not _decimal(groups, final, space=space, comma=comma):
        return 0, Fraction(int("".join(groups)))
    if final in ".,٫" and final not in most and len(set(most)) <= 1:
        plain = bool(most) and most[0] == " " and _decimal(groups[:-1], " ", space=space, comma=comma)
        if not most or (_grouped(groups[:-1], most[0]) and not plain):
            return 0, Fraction("".join(groups[:-1]) + "." + groups[-1])
    kinds = [sign for sign in (" ", *SPACES, "'", "’", "٬", ",", ".", "٫") if sign in signs]
    at = run.rindex(kinds[0]) + 1
    begin, value = _value(run[at:], space=space, comma=comma)
    return at + begin, value


def _grouped(groups: list[str], sign: str) -> bool:
    """Return whether digits are parted into thousands: 1|234|567, or by a comma 12|34|567 as in India."""
    first, *middle, last = groups
    western = all(len(each) == 3 for each in middle)
    indian = sign == "," and len(first) <= 2 and all(len(each) == 2 for each in middle)
    return sign != "٫" and 1 <= len(first) <= 3 and first[0] != "0" and len(last) == 3 and (western or indian)


def _decimal(groups: list[str], sign: str, *, space: bool, comma: bool) -> bool:
    """Return whether one sign that could part thousands does not: a point where points are decimal, a plain space."""
    if len(groups) > 2:
        return False
    return (sign == "." and not comma) or (sign == " " and not space and groups[1][0] != "0")


def _negative(before: str) -> bool:
    """Return whether what stands before a number ends in a sign of its own, perhaps with its currency between."""
    before = re.sub(rf"{CURRENCY}\s?$", "", before)
    bare = before.rstrip()
    if bare[-1:] not in tuple(MINUS):
        return False
    left = bare[:-1].rstrip()
    if bare != before:  # "= - 18", but neither "5 - 3" nor the dash of a list
        return left[-1:] == "="
    if not left or (left != bare[:-1] and not (left[-1].isdigit() or left[-1] in ")%]}")):
        return True
    spoken = left[-1].isalpha() and unicodedata.name(left[-1], "").startswith(UNSPACED)
    return spoken or not (left[-1].isalnum() or left[-1] in ")%]}" or unicodedata.category(left[-1])[0] == "M")


def _written(value: Fraction) -> str:
    """Write a number as a decimal where it ends, else as "p/q": 18, -3.5, 1/3."""
    rest = value.denominator
    places = 0
    while rest % 2 == 0 or rest % 5 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 2 if rest % 2 == 0 else rest // 5
        places += 1
    if rest > 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return "-" * (value < 0) + (digits[:-places] + "." + digits[-places:] if places else digits)
