"""From an address to a file or an unpacked folder, whole and checked, or an error that lists every address tried.

Knows no data set. Tries again what a second try can mend: no connection, a busy server, a transfer that was cut.
"""

import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from llamax_kit import __version__
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sha256, whole

if TYPE_CHECKING:
    from requests import Response, Session

TIMEOUT = (6, 60)  # seconds to connect, and between two packets
CHUNK = 2**18  # bytes
Fault = Callable[[Path], str]  # looks at a file or folder and says what is wrong with it; "" when nothing is


class _Failed(Exception):
    """An address that has nothing for us."""


class _Cut(_Failed):
    """A transfer that broke off; the same address may do better."""


def download(addresses: tuple[str, ...], path: Path | str, expected: str = "", fault: Fault | None = None) -> None:
    """Write what the first good address gives to `path`; good is what has the SHA-256 `expected` and no fault.

    Raises KitError naming each address with its failure, or when `path` cannot be written; `path` is then as it was.
    """
    failures = []
    for address in addresses:
        for _ in range(2):
            try:
                with whole(path) as scratch:
                    _transfer(address, scratch)
                    _examine(scratch, expected, fault)
                return
            except _Failed as error:
                failures.append(f"{address}: {error}")
                if not isinstance(error, _Cut):
                    break
    raise KitError("no address gave the file. Tried " + "; ".join(dict.fromkeys(failures)))


def unpack(archive: Path | str, *, place: Path | str, fault: Fault) -> None:
    """Unpack a tar that holds one folder of `place`'s name, or all of a ZIP, into `place`, whole or not at all.

    Raises KitError for a damaged archive, a tar that would write elsewhere, other contents, or a place that exists.
    """
    place = Path(place)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as scratch:
            folder = Path(scratch) / place.name
            if zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as packed:  # which leaves out "..", and writes no links
                    packed.extractall(folder)
            else:
                with tarfile.open(archive) as tar:
                    safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4
                    tar.extractall(scratch, members=_plain(tar), **safe)
            if wrong := fault(folder) if folder.is_dir() else f"it holds no folder {place.name}/":
                raise KitError(f"the archive for {place} is not the expected one: {wrong}. Nothing of it was kept")
            folder.rename(place)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise KitError(f"the archive for {place} cannot be unpacked: {error}. Nothing of it was kept") from error
    except OSError as error:
        raise KitError(f"could not unpack to {place}: {error}. Nothing of it was kept") from error


def _plain(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """List a tar's members. Raises TarError unless all are files and folders inside of it."""
    members = tar.getmembers()
    for each in members:
        path = PurePosixPath(each.name)
        if not (each.isfile() or each.isdir()) or path.is_absolute() or ".." in path.parts:
            raise tarfile.TarError(f"{each.name} is no file or folder inside of it")
    return members


def _examine(file: Path, expected: str, fault: Fault | None) -> None:
    if expected and (came := sha256(file)) != expected:
        size = file.stat().st_size
        raise _Failed(f"{size} bytes came whose SHA-256 is {came[:12]}…, expected {expected[:12]}…")
    if fault and (wrong := fault(file)):
        raise _Failed(wrong)


def _transfer(address: str, scratch: Path) -> None:
    import requests

    try:
        with _session() as session, session.get(address, stream=True, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            _save(answer, scratch)
    except requests.exceptions.ChunkedEncodingError as error:
        raise _Cut("the transfer was cut") from error
    except requests.HTTPError as error:
        raise _Failed(f"HTTP {error.response.status_code} {error.response.reason}") from error
    except requests.Timeout as error:
        raise _Failed("no answer in time") from error
    except requests.RequestException as error:  # an OSError, which `whole` would take for a full disk
        raise _Failed(f"no connection ({type(error).__name__})") from error


def _session() -> "Session":
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    session = Session()
    again = Retry(total=1, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=again))
    session.headers["User-Agent"] = f"llamax-kit/{__version__}"  # some of these servers refuse Python's own
    return session


def _save(answer: "Response", scratch: Path) -> None:
    from tqdm import tqdm

    size = int(answer.headers.get("Content-Length", 0)) or None
    name = answer.url.rsplit("/", 1)[-1]
    lasting = bool(size and size > CHUNK)  # a hundred small files would fill the screen
    with (
        open(scratch, "wb") as file,  # disable=None: no bar in the logs of a batch
        tqdm.wrapattr(file, "write", total=size, desc=name, leave=lasting, disable=None) as out,
    ):
        for chunk in answer.iter_content(CHUNK):
            out.write(chunk)
