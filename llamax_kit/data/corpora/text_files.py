"""Read a text file, one sentence a line, and refuse what would silently shift or change lines.

A line ends at "\\n" and nowhere else: U+2028, U+0085 and their like inside a line are text, and so are spaces at its
end. Does not know how many lines there should be.
"""

from pathlib import Path

from llamax_kit.utils.errors import KitError

BOM = b"\xef\xbb\xbf"


def read(path: Path | str, remedy: str = "name a text file in UTF-8, one sentence a line") -> list[str]:
    """List the lines of a file as they are; `remedy` ends each message.

    Raises KitError for a missing or empty file, a byte order mark, Windows line ends, or bytes that are not UTF-8.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise KitError(f"could not read {path}: {error.strerror}. To mend: {remedy}") from error
    if not data:
        raise KitError(f"{path} is empty: expected one sentence a line. To mend: {remedy}")
    if data.startswith(BOM):
        raise KitError(
            f"{path} begins with a byte order mark, which would become part of its first sentence. "
            f"To mend: save it as UTF-8 without BOM; or {remedy}"
        )
    if (end := data.find(b"\r\n")) >= 0:
        first = data[:end].count(b"\n") + 1
        raise KitError(
            f"{path} has Windows line ends (CR LF, the first in line {first}), "
            f"which would add a character to each sentence. To mend: convert it with `dos2unix {path}`; or {remedy}"
        )
    return split(_decode(data, path, remedy))


def split(text: str) -> list[str]:
    """Split text at newlines only; the last one ends the last line: split("a\\x0b \\nb\\n") is ["a\\x0b ", "b"]."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def refuse_blank(text: list[str], release: str, path: Path | str, remedy: str) -> None:
    """Raise KitError when a line is blank: an empty reference scores nothing, an empty source asks for nothing."""
    if numbers := blank(text):
        raise KitError(f"{release}: line {numbers[0]} of {path} is blank. To mend: {remedy}")


def blank(text: list[str]) -> list[int]:
    """Number the lines of nothing but white space, from 1: blank(["a", " "]) is [2]."""
    return [number for number, line in enumerate(text, 1) if not line.strip()]


def _decode(data: bytes, path: Path | str, remedy: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise KitError(
            f"{path} is not UTF-8: byte {data[error.start]:#04x} at offset {error.start}, in line {line}. "
            f"To mend: find out its encoding and convert it (iconv -f ENCODING -t UTF-8); or {remedy}"
        ) from error


def one_line(text: str) -> str:
    """Put a text on one line for a file of hypotheses: each line end becomes a space; U+2028 and U+0085 are none."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
