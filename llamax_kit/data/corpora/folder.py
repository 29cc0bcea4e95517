"""A test set of one's own: a folder that holds one text file a language, one sentence a line, aligned by line.

A file's name begins with any code of its language, up to the first dot: `en.txt`, `deu_Latn.txt`, `swh.devtest`. Files
whose names begin with no code are left alone. Knows no splits; which text it is, the record tells by its hash.
"""

from pathlib import Path

from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.languages import all_languages, find
from llamax_kit.utils.errors import KitError, UnknownName

REMEDY = "give each language one file named by its code, as in en.txt and deu_Latn.txt, one sentence a line in UTF-8"


def available(folder: Path) -> list[str]:
    """List the kit codes of the languages that have a file in the folder.

    Raises KitError when none has, or two files are of one language.
    """
    files = _files(folder)
    return [language.code for language in all_languages() if language.code in files]


def load(folder: Path, codes: list[str]) -> Corpus:
    """Read languages of a folder, and name the corpus like it: of texts/my-set the release is 'own text "my-set"'.

    Raises KitError when a language has no file or two, a file is no strict text, a line is blank, or counts differ.
    """
    files, name = _files(folder), folder.absolute().name
    release = f'own text "{name}"'  # not the whole path: it goes into records
    texts = {}
    for code in codes:
        if code not in files:
            raise KitError(
                f"{release}: no file of {find(code).name} ({code}) in {folder}; there is text in {' '.join(files)}. "
                f"To mend: leave it out, or add {code}.txt"
            )
        texts[code] = text_files.read(files[code], REMEDY)
        remedy = "fill the line in, or delete it in every language's file"
        text_files.refuse_blank(texts[code], release, files[code], remedy)
    return Corpus(name, "", release, texts, {code: str(files[code]) for code in codes})


def _files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    others = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        try:
            code = find(path.name.partition(".")[0]).code
        except UnknownName:
            others.append(path.name)
            continue
        if code in found:
            raise KitError(
                f"{folder} has two files of {find(code).name}: {found[code].name} and {path.name}. "
                f"To mend: leave one of them there"
            )
        found[code] = path
    if not found:
        names = ", ".join(others[:5]) + (", …" if others[5:] else "") or "no file"
        raise KitError(f"expected files named by codes of languages in {folder}, found {names}. To mend: {REMEDY}")
    return found
