"""FLORES+, the living edition of FLORES-200, from the Hugging Face hub or a local copy of it (CC-BY-SA 4.0).

`openlanguagedata/flores_plus` is gated. It holds one file a language and split, with columns id, text and more:
`devtest/eng_Latn.parquet`, since version 4 `devtest/eng_Latn.jsonl`. Versions differ in sentences, so the release names
the commit. A copy of the same layout in the data folder, `flores_plus/devtest/…`, comes before the hub.
"""

import json
from pathlib import Path

from llamax_kit.data import downloads
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.flores import check
from llamax_kit.data.languages import all_languages, find
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer
from llamax_kit.utils.network import limit_waiting

HUB = "openlanguagedata/flores_plus"
FORMATS = ("parquet", "jsonl")


def available(split: str, *, revision: str = "") -> list[str]:
    """List the kit codes of the languages that the local copy has, or else the hub, whose whole split is fetched once.

    Raises KitError when neither can be read.
    """
    folder = _local() if is_local(split, revision=revision) else _fetched([f"{split}/*"], revision)
    codes = {path.stem for path in (folder / split).glob("*") if path.suffix[1:] in FORMATS}
    return [language.code for language in all_languages() if language.flores_plus in codes]


def load(split: str, codes: list[str], revision: str = "") -> Corpus:
    """Read languages of a commit of FLORES+ ("" stands for the newest), in order of their ids.

    Raises KitError when access was not granted, the hub cannot be reached, or a file is missing or not as it should be.
    """
    files = {code: find(code).flores_plus for code in codes}
    for code, name in files.items():
        if not name:
            raise KitError(f"FLORES+ has no text in {find(code).name} ({code}). To mend: leave it out")
    if is_local(split, revision=revision):
        folder, release = _local(), f"FLORES+ {split}, local copy"
    else:
        folder = _fetched([f"{split}/{name}.{kind}" for name in files.values() for kind in FORMATS], revision)
        release = f"FLORES+ {split}, commit {folder.name}"
    texts, places, ids = {}, {}, {}
    for code, name in files.items():
        path = _found(folder / split, name, release=release)
        ids[code], texts[code] = _read(path, release, split=split)
        places[code] = str(path)
        first = next(iter(ids))
        if ids[code] != ids[first]:
            raise KitError(
                f"{release}: {places[first]} and {path} have different ids, so they are not aligned. "
                f"To mend: {_remedy()}"
            )
    return Corpus("flores_plus", split, release, texts, places)


def _read(path: Path, release: str, *, split: str) -> tuple[list[int], list[str]]:
    """Read (ids, sentences) of a file, in order of the ids."""
    try:
        rows = sorted(_parquet(path) if path.suffix == ".parquet" else _jsonl(path))
        if not all(isinstance(number, int) and isinstance(text, str) for number, text in rows):
            raise ValueError("expected a number as id and a string as text in each row")
    except (ValueError, KeyError, TypeError, OSError) as error:  # pyarrow's ArrowInvalid is a ValueError
        raise KitError(f"{release}: {path} is damaged, or not of FLORES+ ({error}). To mend: {_remedy()}") from error
    check([text for _, text in rows], release, split=split, path=path, remedy=_remedy())
    ids = [number for number, _ in rows]
    if len(set(ids)) != len(ids):
        raise KitError(f"{release}: {path} has the same id more than once. To mend: {_remedy()}")
    return ids, [text for _, text in rows]


def _parquet(path: Path) -> list[tuple[int, str]]:
    import pyarrow.parquet

    refuse_pointer(path)
    table = pyarrow.parquet.ParquetFile(path).read(columns=["id", "text"]).to_pydict()
    return list(zip(table["id"], table["text"], strict=True))


def _jsonl(path: Path) -> list[tuple[int, str]]:
    return [(row["id"], row["text"]) for row in map(json.loads, text_files.read(path, _remedy()))]


def _found(folder: Path, name: str, *, release: str) -> Path:
    for kind in FORMATS:
        if (path := folder / f"{name}.{kind}").is_file():
            return path
    raise KitError(f"{release}: no {name}.parquet or {name}.jsonl in {folder}. To mend: leave it out, or {_remedy()}")


def _local() -> Path:
    return downloads.folder() / "flores_plus"


def is_local(split: str, *, revision: str) -> bool:
    """Return whether to read the local copy. Its revision is not known, so a named one is always the hub's."""
    return not revision and (_local() / split).is_dir()


def _fetched(patterns: list[str], revision: str) -> Path:
    """Fetch files from the hub, or find them in its cache; the folder's name is the commit."""
    from huggingface_hub import snapshot_download

    limit_waiting()
    try:
        return Path(snapshot_download(HUB, repo_type="dataset", revision=revision or None, allow_patterns=patterns))
    except Exception as error:  # the hub's client raises many kinds, of no common base
        raise KitError(_refused(error, revision)) from error


def _refused(error: Exception, revision: str) -> str:
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    if isinstance(error, GatedRepoError):
        what = "is gated, and this machine's account has not been granted access"
    elif isinstance(error, RevisionNotFoundError):
        what = f"has no revision {revision!r}"
    else:
        cause = (str(error).splitlines() or [""])[0][:200]
        what = f"could not be fetched, and is not in the local cache ({type(error).__name__}: {cause})"
    return f"the data set {HUB} {what}. To mend: {_remedy()}"


def _remedy() -> str:
    return downloads.how(downloads.find("flores_plus"))
