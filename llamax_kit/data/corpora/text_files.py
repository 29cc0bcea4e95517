"""Read a text file, one sentence a line, and refuse what would silently shift or change lines.

A line ends at "\\n" and nowhere else: U+2028, U+0085 and their like inside a line are text, and so are spaces at its
end. Does not know how many lines there should be.
"""

from collections.abc import Iterator
from pathlib import Path

from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import refuse_pointer

REMEDY = "name a text file in UTF-8, one sentence a line"


def read(path: Path | str, remedy: str = REMEDY) -> list[str]:
    """List the lines of a file as they are; `remedy` ends each message. Raises as `lines`, and if it is empty."""
    if text := list(lines(path, remedy)):
        return text
    raise KitError(f"{path} is empty: expected one sentence a line. To mend: {remedy}")


def lines(path: Path | str, remedy: str = REMEDY) -> Iterator[str]:
    """Yield the lines of a file of any size as they are, one by one; `remedy` ends each message.

    Raises KitError for a missing file or a Git LFS pointer, and at its line for a byte order mark, Windows line ends or
    what is not UTF-8.
    """
    start = 0
    try:
        refuse_pointer(path)
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield _text(line, path, remedy, number=number, start=start)
                start += len(line)
    except OSError as error:
        raise KitError(f"could not read {path}: {error.strerror}. To mend: {remedy}") from error


def _text(line: bytes, path: Path | str, remedy: str, *, number: int, start: int) -> str:
    """Decode a line that begins at byte `start`. Raises KitError as `lines` does."""
    if number == 1 and line.startswith(b"\xef\xbb\xbf"):
        fault = "begins with a byte order mark, which would become part of its first sentence"
        raise KitError(f"{path} {fault}. To mend: save it as UTF-8 without BOM; or {remedy}")
    if line.endswith(b"\r\n"):
        fault = (
            f"has Windows line ends (CR LF, the first in line {number}), which would add a character to each sentence"
        )
        raise KitError(f"{path} {fault}. To mend: convert it with `dos2unix {path}`; or {remedy}")
    try:
        return line.decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        fault = f"byte {line[error.start]:#04x} at offset {start + error.start}, in line {number}"
        mend = f"find out its encoding and convert it (iconv -f ENCODING -t UTF-8); or {remedy}"
        raise KitError(f"{path} is not UTF-8: {fault}. To mend: {mend}") from error


def refuse_blank(text: list[str], release: str, path: Path | str, remedy: str) -> None:
    """Raise KitError when a line is blank: an empty reference scores nothing, an empty source asks for nothing."""
    if numbers := blank(text):
        raise KitError(f"{release}: line {numbers[0]} of {path} is blank. To mend: {remedy}")


def blank(text: list[str]) -> list[int]:
    """Return the numbers of the lines of nothing but white space, from 1: blank(["a", " "]) is [2]."""
    return [number for number, line in enumerate(text, 1) if not line.strip()]


def one_line(text: str) -> str:
    """Put a text on one line for a file of hypotheses: each line end becomes a space; U+2028 and U+0085 are none."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
