"""FLORES-101 and FLORES-200 from the folders in which their owners publish them (CC-BY-SA 4.0).

`flores101_dataset/devtest/eng.devtest` and `flores200_dataset/devtest/eng_Latn.devtest` in the data folder, likewise
for dev. References of several languages differ (ara, ceb, ckb, fas, heb, umb, urd), so neither release stands in for
the other. Fetches nothing. Sources: Goyal et al. (2022), The FLORES-101 evaluation benchmark; NLLB Team (2022).
"""

from pathlib import Path

from llamax_kit.data import downloads
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.languages import all_languages, find
from llamax_kit.data.sources import LINES
from llamax_kit.utils.errors import KitError

TITLES = {"flores101": "FLORES-101", "flores200": "FLORES-200"}


def available(name: str, *, split: str) -> list[str]:
    """List the kit codes of the languages whose files lie in the data folder. Raises KitError when none does."""
    having = [language.code for language in all_languages() if getattr(language, name)]
    codes = [code for code in having if _path(name, split=split, code=code).is_file()]
    if not codes:
        raise KitError(f"{TITLES[name]} {split} is not in {_folder(name) / split}. To mend: {_remedy(name)}")
    return codes


def load(name: str, *, split: str, codes: list[str]) -> Corpus:
    """Read languages of "flores101" or "flores200", "dev" or "devtest".

    Raises KitError when the release has no such language, or a file is missing or not as it was published.
    """
    texts, files = {}, {}
    for code in codes:
        path = _path(name, split=split, code=code)
        if not path.is_file():
            raise KitError(f"{TITLES[name]} {split} in {find(code).name}: no file {path}. To mend: {_remedy(name)}")
        texts[code] = text_files.read(path, _remedy(name))
        files[code] = str(path)
        check(texts[code], f"{TITLES[name]} {split}", split=split, path=path, remedy=_remedy(name))
    return Corpus(name, split, f"{TITLES[name]} {split}", texts, files)


def check(text: list[str], release: str, *, split: str, path: Path, remedy: str) -> None:
    """Raise KitError unless a language has as many lines as FLORES has, none of them blank."""
    if len(text) != LINES[split]:
        hint = f" (line {blank[0]} is blank)" if (blank := text_files.blank(text)) else ""
        raise KitError(f"{release}: expected {LINES[split]} lines, got {len(text)} in {path}{hint}. To mend: {remedy}")
    text_files.refuse_blank(text, release, path, remedy)


def _folder(name: str) -> Path:
    return downloads.folder() / f"{name}_dataset"


def _path(name: str, *, split: str, code: str) -> Path:
    language = find(code)
    if not getattr(language, name):
        raise KitError(
            f"{TITLES[name]} has no text in {language.name} ({code}). "
            f"To mend: leave it out, or see which release has it with: llamax-kit languages"
        )
    return _folder(name) / split / f"{getattr(language, name)}.{split}"


def _remedy(name: str) -> str:
    return f"fetch it with `llamax-kit fetch {name}`, or put the published {name}_dataset/ at {_folder(name)}"
