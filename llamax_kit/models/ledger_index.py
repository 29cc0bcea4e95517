"""Where completions stand in a file that nobody appends to, so that a run reads the lines alone that it needs.

`<file>.keys` holds the file's size, and for each key 16 bytes of its hash, the place of the last line that has it, and
a checksum, in order. Lines have their own: a damaged index costs time, or makes generate again, and nothing else.
"""

import hashlib
import mmap
import struct
from bisect import bisect_left
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from llamax_kit.utils.files import whole

ENTRY, CHECK, SIZE = struct.Struct(">16sQ"), struct.Struct(">I"), struct.Struct(">Q")
WIDTH = ENTRY.size + CHECK.size


def entry(key: str, place: int) -> bytes:
    """Return what the index holds of a key whose line begins at this byte."""
    packed = ENTRY.pack(_hash(key), place)
    return packed + CHECK.pack(crc32(packed))


def write(file: Path, entries: Iterable[bytes], size: int) -> None:
    """Write the index of a file of this size in bytes, whole or not at all. Raises KitError when that fails."""
    ordered = sorted(entries)
    last = (one for one, after in zip(ordered, [*ordered[1:], b""], strict=True) if one[:16] != after[:16])
    with whole(path(file)) as scratch:
        scratch.write_bytes(SIZE.pack(size) + b"".join(last))


def path(file: Path) -> Path:
    """Return where the index of a file is."""
    return file.with_suffix(".keys")


def lines(file: Path, keys: Iterable[str]) -> list[tuple[bytes, set[str]]] | None:
    """Return the last lines that hold these keys, each with its keys; None where no index is, or a damaged one."""
    with suppress(OSError, ValueError, struct.error), open(path(file), "rb") as index, open(file, "rb") as source:
        found: dict[int, set[str]] = {}
        with mmap.mmap(index.fileno(), 0, access=mmap.ACCESS_READ) as held:
            if SIZE.unpack_from(held)[0] != source.seek(0, 2) or (len(held) - SIZE.size) % WIDTH:
                return None
            for key in keys:
                if (place := _place(held, _hash(key))) is not None:
                    found.setdefault(place, set()).add(key)
        return [(source.readline(), found[place]) for place in sorted(found) if source.seek(place) == place]
    return None


def _place(held: mmap.mmap, wanted: bytes) -> int | None:
    """Return the place of a key's line, None where the index has none. Raises ValueError when it is damaged there."""
    count = (len(held) - SIZE.size) // WIDTH
    at = bisect_left(range(count), wanted, key=lambda at: _at(held, at)[:16])
    packed = _at(held, at)
    if packed[:16] != wanted:
        return None
    if crc32(packed[: ENTRY.size]) != CHECK.unpack_from(packed, ENTRY.size)[0]:
        raise ValueError("a damaged index")
    return ENTRY.unpack_from(packed)[1]


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]


def _at(held: mmap.mmap, at: int) -> bytes:
    return held[SIZE.size + at * WIDTH : SIZE.size + (at + 1) * WIDTH]
