"""Parallel text by name: FLORES folders, the gated FLORES+ of the hub, phrases from CLDR, or a folder of one's own.

A corpus has a release and the hash of what was read, since scores compare only within one release. It is named "cldr",
"flores101", "flores200" or "flores_plus", with ":dev" or ":devtest" (the default); "flores_plus@4b0c2d1:dev" fixes a
commit of the hub. Text of one's own (see `folder`) is named by its path: a folder of one text file a language,
"texts/my-set", a table, "texts/test.tsv", or how text files begin, "texts/test"; one called like a corpus is "./cldr".
In Python it may be lists of sentences by language. Only "cldr" needs no download. Text is returned as it is.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from llamax_kit.data import downloads
from llamax_kit.data.corpora import cldr, flores, flores_plus
from llamax_kit.data.corpora import folder as folder_corpus
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.tables import ENDINGS
from llamax_kit.data.language_table import add_beside
from llamax_kit.data.languages import directions, find
from llamax_kit.utils.errors import KitError, UnknownName

SPLITS = {
    "cldr": ("train", "dev", "devtest"),
    "flores101": ("dev", "devtest"),
    "flores200": ("dev", "devtest"),
    "flores_plus": ("dev", "devtest"),
}


def corpus_languages(spec: str) -> list[str]:
    """List the kit codes of the languages that a corpus has here: `corpus_languages("flores200:dev")`.

    Raises UnknownName for another corpus or split, and KitError when the corpus is not here.
    """
    if folder := _own(spec):
        return folder_corpus.available(folder)
    name, split, revision = _parse(spec)
    if name == "cldr":
        return cldr.available()
    if name == "flores_plus":
        return flores_plus.available(split, revision=revision)
    return flores.available(name, split=split)


def offline_languages(spec: str) -> list[str] | None:
    """List as `corpus_languages` does, but ask no hub: None where only that knows. Raises as it does."""
    if not _own(spec):
        name, split, revision = _parse(spec)
        if name == "flores_plus" and not flores_plus.is_local(split, revision=revision):
            return None
    return corpus_languages(spec)


def load_corpus(spec: str | Path | Mapping[str, list[str]], languages: Iterable[str] | str | None = None) -> Corpus:
    """Read parallel text.

    Parameters
    ----------
    spec : str, Path or dict
        - cldr (in the kit), flores101, flores200, flores_plus, each with :dev or :devtest (the default)
        - your own folder with one text file per language (en.txt, or test.en), or saved by `datasets`; or how its files
          begin, as in my-set/test
        - your own table (.tsv, .csv, .jsonl, .parquet) with one column per language, named by its code
        - sentences by language: {"en": ["Good day."], "sw": ["Habari."]}
    languages : iterable of str, or str
        Codes of any release, ["en", "swh", "zho_simpl"]; or directions, "en-de en-sw". All languages where not given;
        of sentences given as a dict always all.

    Returns
    -------
    Corpus
        Its `texts` by code, aligned by position, with `release`, `sha256` and `pairs(src, tgt)`.

    Raises
    ------
    UnknownName, KitError
        For another corpus, split or language; where it is not here, or its files are not as they should be.
    """
    if isinstance(spec, Mapping):
        return folder_corpus.of_lists(spec)
    spec = str(spec)
    own = _own(spec)
    named = corpus_languages(spec) if languages is None else languages
    if isinstance(named, str):
        available = corpus_languages(spec)
        spoken = {code for pair in directions(named, available) for code in pair}
        named = [code for code in available if code in spoken]
    codes = list(dict.fromkeys(find(code).code for code in named))
    if own:
        return folder_corpus.load(own, codes)
    name, split, revision = _parse(spec)
    if name == "cldr":
        return cldr.load(split, codes)
    if name == "flores_plus":
        return flores_plus.load(split, codes, revision)
    return flores.load(name, split=split, codes=codes)


def _own(spec: str) -> Path | None:
    """Return the user's text that a spec names, if it does, and add the languages of the table that lies beside it.

    It is asked before a split is cut off, as a path may hold ":" too.
    """
    if not spec or re.split("[:@]", spec)[0] in SPLITS:
        return None
    place = Path(spec).expanduser()
    if not folder_corpus.exists(place):
        return None
    add_beside(place if place.is_dir() else place.parent)
    if folder_corpus.is_one(place):
        return place
    if place.is_file():
        raise KitError(f"{place} is neither a folder nor a table. To mend: {folder_corpus.REMEDY}{folder_corpus.ALSO}")
    return None


def files(spec: str) -> list[Path]:
    """List the files that a corpus may be read from here; none of one in the kit, or on the hub. Raises as above."""
    if place := _own(spec):
        beginning = place.parent.glob(f"{place.name}.*")
        found = [place] if place.is_file() else place.rglob("*") if place.is_dir() else beginning
        return sorted(path for path in found if path.is_file())
    name, split, revision = _parse(spec)
    if name == "cldr" or (name == "flores_plus" and not flores_plus.is_local(split, revision=revision)):
        return []
    root = downloads.folder() / (name if name == "flores_plus" else f"{name}_dataset")
    return sorted(path for path in (root / split).glob("*") if path.is_file())


def add_languages(spec: str) -> None:
    """Add the languages of the table that lies beside a corpus, if the corpus is one's own and has such a table."""
    _own(spec)


def _parse(spec: str) -> tuple[str, str, str]:
    release, _, split = spec.partition(":")
    name, _, revision = release.partition("@")
    if name not in SPLITS:
        own = f"a folder of your own, one file a language, or a table ({' '.join(ENDINGS)})"
        remedy = f"write for example flores101 or flores200:dev, or name {own}"
        raise UnknownName("corpus", given=spec if re.search(r"[/\\]", spec) else name, choices=SPLITS, remedy=remedy)
    split = split or "devtest"
    if split not in SPLITS[name]:
        raise UnknownName(
            f"split of {name}", given=split, choices=SPLITS[name], remedy=f"use one of these, as in {name}:dev"
        )
    if revision and name != "flores_plus":
        raise KitError(f"{spec}: only flores_plus comes in revisions. To mend: write {name}:{split}")
    return name, split, revision
