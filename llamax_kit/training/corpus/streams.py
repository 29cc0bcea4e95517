"""Text of any size, line by line, refused where lines would shift or change; no line is kept in memory.

A line ends at "\\n" and nowhere else. White space around a line is no part of it. Blank lines are passed over; of a
pair of lines both, where one is blank. Does not know languages; files that fit into memory are read by `text_files`.
"""

from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path

from llamax_kit.data.corpora.text_files import BOM
from llamax_kit.utils.errors import KitError


def lines(path: Path, most: int = 0) -> Iterator[str]:
    """Yield the lines of a file that hold text, one by one; `most`: only so many, 0 for all.

    Raises KitError when none does, and at the line where it is seen: a byte order mark, Windows line ends, not UTF-8.
    """
    text = None
    for text in islice(filter(None, every(path)), most or None):
        yield text
    if text is None:
        raise KitError(
            f"{path} holds no text: expected one sentence a line. To mend: fill it, or delete it and leave it out"
        )


def aligned(one: Path, other: Path, most: int = 0) -> Iterator[tuple[str, str]]:
    """Yield pairs of lines, one by one, where both sides hold text; `most`: only so many, 0 for all.

    Raises KitError, at the end of the shorter file, when the files have unequal numbers of lines; and as `lines` does.
    """
    left, right = every(one), every(other)
    given = 0
    for number, (first, second) in enumerate(zip_longest(left, right)):
        if first is None or second is None:
            long = number + 1 + sum(1 for _ in (right if first is None else left))
            counts = (number, long) if first is None else (long, number)
            raise KitError(
                f"expected as many lines in both files of a pair, but {one} has {counts[0]:,} and {other} has "
                f"{counts[1]:,}: they are no translations of each other line by line. To mend: align them again, or "
                f"fetch them again in case one was cut off"
            )
        if first and second:
            yield first, second
            given += 1
            if given == most:
                return


def size(one: Path, other: Path) -> int:
    """Count the pairs of lines where both sides hold text, reading both files to their ends.

    Raises KitError when there is none, and as `aligned` does.
    """
    if count := sum(1 for _ in aligned(one, other)):
        return count
    raise KitError(f"no line of {one} and {other} holds text on both sides. To mend: fill them, or delete both")


def every(path: Path) -> Iterator[str]:
    """Yield each line without the white space around it; a line ends at "\\n" and nowhere else."""
    try:
        file = open(path, "rb")
    except OSError as error:
        raise KitError(f"could not read {path}: {error.strerror}. To mend: name a text file in UTF-8") from error
    with file:
        for number, line in enumerate(file, 1):
            if number == 1 and line.startswith(BOM):
                raise KitError(
                    f"{path} begins with a byte order mark, which would become part of its first line. "
                    f"To mend: save it as UTF-8 without BOM"
                )
            if line.endswith(b"\r\n"):
                raise KitError(
                    f"{path} has Windows line ends (CR LF, the first in line {number:,}). "
                    f"To mend: convert it with `dos2unix {path}`"
                )
            try:
                yield line.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise KitError(
                    f"{path} is not UTF-8: byte {line[error.start]:#04x} in line {number:,}. "
                    f"To mend: find out its encoding and convert it (iconv -f ENCODING -t UTF-8)"
                ) from error
