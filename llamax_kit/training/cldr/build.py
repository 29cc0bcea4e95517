"""The embedded default: parallel phrases in about 150 languages, made from the Unicode CLDR that Babel ships.

Full dates, territories, amounts with units, sums of money, spans of time, and combinations of these. What a language
has no entry for is None at that position. Real words, set phrases: good for showing and testing a whole pipeline
without a download, no evidence of how well a model translates sentences. `python -m llamax_kit.training.cldr.build`
prints which language has what. What counts as a language's own entry: entries.py; what is said: phrases.py.
"""

from functools import cache
from typing import TYPE_CHECKING

from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.languages import all_languages, find
from llamax_kit.training.cldr.entries import entries
from llamax_kit.training.cldr.phrases import contents, say
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame


FEWEST = 30  # positions of devtest; with fewer, a score would say nothing


def _text(code: str, *, split: str) -> list[str | None]:
    return list(_devtest(code)) if split == "devtest" else _say_all(code, split=split)


@cache
def _devtest(code: str) -> tuple[str | None, ...]:
    """Say devtest once: it is asked for to know whether a language has enough, and again to be read."""
    return tuple(_say_all(code, split="devtest"))


def _say_all(code: str, *, split: str) -> list[str | None]:
    own = entries(code)
    return [say(content, own) for content in contents(split)]


def _positions(code: str) -> int:
    """How many positions of devtest a language has."""
    return sum(text is not None for text in _devtest(code))


def available() -> list[str]:
    """List the kit codes of the languages with phrases enough; they have them in every split."""
    return [language.code for language in all_languages() if language.cldr and _positions(language.code) >= FEWEST]


def release() -> str:
    """Name the release: "CLDR 47 via Babel 2.18.0"."""
    import babel

    return f"CLDR {babel.core.get_global('cldr')['version']} via Babel {babel.__version__}"


def load(split: str, codes: list[str]) -> Corpus:
    """Say all positions of a split ("train", "dev", "devtest") in the given languages.

    Raises KitError for a language that CLDR has too little of.
    """
    for code in codes:
        if (found := _positions(code)) < FEWEST:
            raise KitError(
                f"CLDR has too little of {find(code).name} ({code}): {found} phrases in devtest, expected {FEWEST}. "
                f"To mend: leave it out; `python -m llamax_kit.training.cldr.build` lists what each language has"
            )
    return Corpus("cldr", split, f"{release()}, {split}", {code: _text(code, split=split) for code in codes})


def coverage() -> "DataFrame":
    """Count the own entries of each language that CLDR knows: one row a language, in the order of the language table.

    Columns: code, name, cldr (the locale), trained, then numbers of entries: dates (12 months and 7 weekdays, or 0 if
    full dates cannot be made), territories, units, spans, currencies, lists; devtest: its positions that are not None.
    """
    import pandas as pd

    rows = []
    for language in (language for language in all_languages() if language.cldr):
        own = entries(language.code)
        kinds = ("territories", "units", "spans", "currencies", "lists")
        counts = {"dates": own.names_of_dates} | {kind: len(getattr(own, kind)) for kind in kinds}
        known = {"code": language.code, "name": language.name, "cldr": language.cldr, "trained": language.trained}
        rows.append(known | counts | {"devtest": _positions(language.code)})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    print(coverage().to_string(index=False))
    print(release())
