"""Bilingual dictionaries merged over their shared English word, and sentences switched word by word into languages.

Reads dictionaries as MUSE publishes them, in both column orders. A line is two words with a tab between; where it has
no tab, "target @ source", the word on the right being of the language that the file's name has first; or else two
words with a space between. Words are lower-cased. One hop only: what shares an English word, not what those
share with others (in the paper's Table 9 a second hop gained nothing). Does not segment text without spaces.
"""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from llamax_kit.data.corpora import text_files
from llamax_kit.training.corpus.texts import sides
from llamax_kit.utils.errors import KitError

FORMS = 'two words with a tab or a space between, or "target @ source"'
MARKS = ".,;:!?¿¡…\"'“”„‘’«»()[]–—、。，；：！？「」।॥،؛؟"
SHARE = 0.5  # of the words that have an entry; ours: the paper does not say its own


class Entry(NamedTuple):
    """A word of a language; the paper writes it {entity}_{language}."""

    word: str
    language: str


class Lexicon(NamedTuple):
    """english: of each entry, the English words it shares; entries: of each English word, all that share it."""

    english: dict[Entry, list[str]]
    entries: dict[str, list[Entry]]

    def others(self, word: str, *, src: str) -> list[Entry]:
        """List the words of other languages for a word of `src`, without what is spelt as it is, each once."""
        words = self.english.get(Entry(word, src), [])
        found = (entry for english in words for entry in self.entries[english])
        return list(dict.fromkeys(entry for entry in found if entry.language != src and entry.word != word))


def read(path: Path) -> list[tuple[str, str]]:
    """Read a dictionary as (English word, word of the other language), lower-cased, in the order of its lines.

    Raises KitError for a line without two words, naming it, and as `text_files.read` and `texts.sides` do.
    """
    one, _ = sides(path)
    found = []
    for number, line in enumerate(text_files.read(path, f"give {FORMS} a line"), 1):
        first, second = _columns(line)
        if not first or not second:
            raise KitError(
                f"expected {FORMS} in line {number:,} of {path}, but found {line!r}. To mend: correct the line, or "
                f"delete it"
            )
        found.append((first, second) if one == "en" else (second, first))
    return found


def _columns(line: str) -> tuple[str, str]:
    """Return the words of the language that the file's name has first, and of the other; "" for what is missing."""
    if "\t" in line:
        first, _, second = line.partition("\t")
    elif " @ " in line:
        second, _, first = line.partition(" @ ")
    else:
        first, _, second = line.strip().partition(" ")
    return first.strip().lower(), second.strip().lower()


def merge(paths: Iterable[Path], languages: Iterable[str]) -> Lexicon:
    """Merge dictionaries over their shared English words; only words of `languages` (kit codes) are entries.

    Of en-de.txt (house, Haus), fr-en.txt (maison, house) and the languages en, de, fr one entry of three words comes
    about: `others("haus", "de")` is [Entry("house", "en"), Entry("maison", "fr")]. Without en among the languages
    English is the bridge, and no entry. Both orders of one dictionary (en-sw.txt, sw-en.txt) count as one.

    Raises KitError and UnknownName as `read` does.
    """
    wanted = set(languages)
    english: dict[Entry, dict[str, None]] = {}
    entries: dict[str, dict[Entry, None]] = {}
    for path in sorted(paths):
        other = next(code for code in sides(path) if code != "en")
        for word, translation in read(path):
            for entry in (Entry(word, "en"), Entry(translation, other)):
                if entry.language in wanted:
                    english.setdefault(entry, {})[word] = None
                    entries.setdefault(word, {})[entry] = None
    return Lexicon({each: list(of) for each, of in english.items()}, {each: list(of) for each, of in entries.items()})


def switch(sentence: str, *, src: str, lexicon: Lexicon, generator: Random, share: float = SHARE) -> str:
    """Replace words of a sentence at random by entries of other languages (paper, section 3.1 and appendix E).

    Lower-cases it and splits it on spaces, as the paper says. Of the words that have an entry in another language each
    is replaced with probability `share`, at least one of them in any case, by any of its entries alike. Punctuation at
    a word's ends stays where it is. Chinese the paper segments first; here a text without spaces is one word.

    >>> house = Lexicon({Entry("house", "en"): ["house"]}, {"house": [Entry("house", "en"), Entry("haus", "de")]})
    >>> switch("The house, too", src="en", lexicon=house, generator=Random(1))
    'the haus, too'

    Where no word has an entry it is only lower-cased. Not known of the paper: the share (here a half), what it does
    with punctuation, and whether a sentence may stay as it is.
    """
    words = sentence.lower().split(" ")
    able = [
        (at, bare, others) for at, word in enumerate(words) for bare, others in _found(word, src=src, lexicon=lexicon)
    ]
    chosen = [each for each in able if generator.random() < share]
    for at, bare, others in chosen or able and [_pick(able, generator)]:
        before, _, after = words[at].partition(bare)
        words[at] = before + _pick(others, generator).word + after
    return " ".join(words)


def _found(word: str, *, src: str, lexicon: Lexicon) -> list[tuple[str, list[Entry]]]:
    """Return the part of a word that has entries, and these: all of it, or else what its punctuation leaves."""
    for bare in dict.fromkeys((word, word.strip(MARKS))):
        if others := lexicon.others(bare, src=src):
            return [(bare, others)]
    return []


def _pick(values: list, generator: Random):
    """Draw one of the values; `random()` is the one sequence that Python promises to keep."""
    return values[int(generator.random() * len(values))]
