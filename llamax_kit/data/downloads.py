"""The data folder: what is there, and fetching what may be fetched.

`$LLAMAX_KIT_DATA`, else the user's cache folder, in the owners' own layout:

    flores101_dataset/{dev,devtest}/eng.devtest …        flores200_dataset/{dev,devtest}/eng_Latn.devtest …
    sacrebleu/models/sacrebleu_tokenizer_spm.model       sacrebleu/models/flores200sacrebleuspm
    llamax_results/<system>/{spBLEU_score,comet_score}/{…_score,summary_101,summary_85}.csv
    mgsm/mgsm_bn.tsv …    xnli/XNLI-1.0/xnli.test.tsv    xcsqa/X-CSR_datasets/X-CSQA/sw/dev.jsonl …    msvamp/ (`tasks`)

Reads no corpus (see `corpora.loading`). sacreBLEU itself would download a missing model unchecked and not atomically;
the kit never lets it: `tokenizer` returns a file that was checked.
"""

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from llamax_kit.data import fetching
from llamax_kit.data.sources import COMMIT, KNOWN, MGSM, SOURCES, Source, fault, score_files
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import sha256


class Found(NamedTuple):
    """A line of the inventory: `where` it lies or belongs, and `how` to get it."""

    name: str
    kind: str
    found: bool
    where: Path
    how: str


def folder() -> Path:
    """Name the data folder: $LLAMAX_KIT_DATA, else the user's cache folder. It need not exist."""
    if named := os.environ.get("LLAMAX_KIT_DATA"):
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("llamax-kit", appauthor=False)


def tokenizer(name: str) -> Path:
    """Find the SentencePiece model behind spBLEU, `flores101` or `flores200`, and fetch it once where it is missing.

    Looks where sacreBLEU does ($SACREBLEU/models), in the data folder, and in ~/.sacrebleu/models.

    Raises UnknownName for another name, KitError when a model is damaged, or missing and not to be had.
    """
    if f"spm-{name}" not in KNOWN:
        raise UnknownName("tokenizer", given=name, choices=["flores101", "flores200"], remedy="flores101 or flores200")
    source = find(f"spm-{name}")
    try:
        path = next((place for place in _places(source) if place.is_file()), None) or fetch(source.name)
    except KitError as error:
        error.args = (f"{error}; or, without network, score by pieces that are in the kit: tokenize cldr",)
        raise
    return _sound(source, path)


def fetch(name: str) -> Path:
    """Bring one thing into the data folder, once, checked, whole or not at all, and return its path.

    Raises UnknownName, or KitError when it may not be fetched, cannot be, or something else lies in its place.
    """
    source = find(name)
    place = folder() / source.place
    if place.exists():
        return _sound(source, place)
    if not source.addresses:
        why = "gated: nobody may fetch it for you" if source.kind == "corpus" else "not fetched: no checksum is known"
        raise KitError(f"{name} is {why}. To mend: {how(source)}")
    try:
        if source.kind == "tokenizer":
            fetching.download(source.addresses, place, source.sha256, partial(fault, source))
        elif source.kind == "scores":
            _fetch_files(source, place, score_files())
        elif name == "mgsm":
            _fetch_files(source, place, {f"mgsm_{code}.tsv": expected for code, expected in MGSM.items()})
        else:
            _fetch_archive(source, place)
    except KitError as error:
        raise KitError(f"could not fetch {name}: {error}. To mend: {how(source)}") from error
    return place


def find(name: str) -> Source:
    """Look up what can be fetched by its name. Raises UnknownName."""
    sources = {source.name: source for source in SOURCES}
    if name not in sources:
        raise UnknownName("data", given=name, choices=sources, remedy=f"one of {', '.join(sources)}")
    return sources[name]


def inventory() -> list[Found]:
    """List all that the data folder can hold, found or not; looks at no contents, so it is quick."""
    rows = []
    for source in SOURCES:
        places = _places(source)
        where = next((place for place in places if place.exists()), None)
        rows.append(Found(source.name, source.kind, where is not None, where or folder() / source.place, how(source)))
    return rows


def _places(source: Source) -> list[Path]:
    places = [folder() / source.place]
    if source.kind == "tokenizer":
        models = [os.environ["SACREBLEU"]] if os.environ.get("SACREBLEU") else []
        file = Path(source.place).name
        places = [*(Path(root) / "models" / file for root in models), *places, Path.home() / ".sacrebleu/models" / file]
    return places


def how(source: Source) -> str:
    """Describe how to get a source, where it may be fetched and where not."""
    place = folder() / source.place
    if source.name == "flores_plus":
        return (
            "accept the terms at https://huggingface.co/datasets/openlanguagedata/flores_plus, then run "
            f"`hf auth login`, and try again; or get its dev/ and devtest/ elsewhere and put them in {place}"
        )
    if source.kind == "scores":
        return (
            f"llamax-kit fetch {source.name}; or get the folder experiment_results of github.com/CONE-MT/LLaMAX "
            f"at commit {COMMIT} on another machine and save it as {place}"
        )
    if source.name == "msvamp":
        return f"get test_<language>.json of huggingface.co/datasets/Mathoctopus/MSVAMP, and save them in {place}"
    if source.name == "mgsm":
        return f"llamax-kit fetch mgsm; or get mgsm_<code>.tsv of {source.addresses[0]}/ and save them in {place}"
    inside = "unpack it" if source.kind in ("corpus", "questions") else "save it"
    return f"llamax-kit fetch {source.name}; or get {source.addresses[-1]} on another machine and {inside} as {place}"


def _fetch_archive(source: Source, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent)
    except OSError as error:
        raise KitError(f"the data folder {place.parent} cannot be written ({error.strerror})") from error
    with scratch as name:
        archive = Path(name) / "archive"
        fetching.download(source.addresses, archive, source.sha256)
        fetching.unpack(archive, place=place, fault=partial(fault, source))


def _fetch_files(source: Source, place: Path, files: dict[str, str]) -> None:
    """Fetch the files that are missing into a folder beside `place`, which takes its place when it is whole."""
    part = place.with_name(f".{place.name}.part")
    for name, expected in files.items():
        file = part / name
        if not (file.is_file() and sha256(file) == expected):
            fetching.download(tuple(f"{address}/{name}" for address in source.addresses), file, expected)
    try:
        part.rename(place)
    except OSError as error:
        raise KitError(f"all files came, but {part} cannot take its place as {place} ({error.strerror})") from error


def _sound(source: Source, path: Path) -> Path:
    """Return the path if what lies there is what it should be; else raise KitError."""
    if wrong := fault(source, path):
        raise KitError(f"{path} is not {source.name}: {wrong}. To mend: move it away, then {how(source)}")
    return path
