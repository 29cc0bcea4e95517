"""What a file of outputs is called: whose it is, and from which language into which. Reads no file.

    en-tr/google.txt        google/en-tr.txt        en-tr.txt: the folder's name is the system's
    set.en-tr.google.tr     newstest2023.en-de.hyp.google.de        newstest2019.google.6862.en-de: as WMT names them
    tr.txt                  google/tr.txt           tr/google.txt: where the source language is said apart

A direction is two codes of any release with "-", "_" or "2" between: en-tr, eng_Latn_tur_Latn, en2tr. Endings are .txt,
.hyp, .jsonl, the target language's code, or none behind a direction. WMT's sources and references are no outputs.
"""

import re
from pathlib import Path

from llamax_kit.data.languages import find, lookup

ENDINGS = (".txt", ".jsonl", ".hyp")
NAMING = (
    "<src>-<tgt>/<system>.txt, <system>/<src>-<tgt>.txt, or <src>-<tgt>.txt for one system (.hyp, .jsonl likewise; "
    "<src>_<tgt>, <src>2<tgt>; or <set>.<src>-<tgt>.<system>.<tgt>), as in en-sw/google.txt"
)
SET = re.compile(r"(dev|test|valid|set|flores|ntrex|newstest|newsdev|generaltest|wmt)[\w-]*", re.IGNORECASE)
NO_OUTPUT = re.compile(r"(src|source|ref)\w*", re.IGNORECASE)


def readings(path: Path, *, folder: Path, source: str) -> list[tuple[str, str, str]]:
    """List what a file may be, (system, source, target) in kit codes; nothing for a file that is no output.

    `source` is the language of files that are named by their target alone, or "".
    """
    parent = "" if path.parent == folder else path.parent.name
    ended = path.suffix in ENDINGS
    parts = (path.stem if ended else path.name).split(".")
    outer = directions_in(parent, source=source)
    found = {}
    for at, part in enumerate(parts):
        for src, tgt in directions_in(part, source=source if len(parts) == 1 else ""):
            before, after = parts[:at], _without_target(parts[at + 1 :], tgt=tgt, ended=ended)
            if after is not None and not is_beside(path):
                own = parent if parent and (src, tgt) not in outer else folder.resolve().name
                found[_system(before, after=after) or own, src, tgt] = None
    for src, tgt in outer:
        system = _without_target(parts, tgt=tgt, ended=ended)
        if system and (src, tgt) not in {each[1:] for each in found}:
            found[".".join(system), src, tgt] = None
    return list(found)


def is_beside(path: Path) -> bool:
    """Return whether a file is a source or a reference, by a word between dots: newstest2023.en-de.ref.refA.de."""
    return any(NO_OUTPUT.fullmatch(part) for part in path.stem.split(".")[1:])


def directions_in(text: str, *, source: str = "") -> list[tuple[str, str]]:
    """List the directions that a text may name, as kit codes.

    >>> directions_in("eng_Latn_tur_Latn"), directions_in("en2tr"), directions_in("tr", source="en"), directions_in("x")
    ([('en', 'tr')], [('en', 'tr')], [('en', 'tr')], [])
    """
    halves = [(text[: sign.start()], text[sign.end() :]) for sign in re.finditer(r"[-_2]", text)]
    sides = [(lookup(one), lookup(other)) for one, other in halves]
    found = {(one.code, other.code): None for one, other in sides if one and other and one != other}
    if not found and source and (only := lookup(text)) and only != find(source):
        found[find(source).code, only.code] = None
    return list(found)


def _without_target(parts: list[str], *, tgt: str, ended: bool) -> list[str] | None:
    """Take the target's code off the end, where it stands for an ending; None where there is neither."""
    if ended or not parts:
        return parts
    last = lookup(parts[-1])
    return parts[:-1] if last and last.code == tgt else None


def _system(before: list[str], *, after: list[str]) -> str:
    """Return the system among the parts on both sides of a direction: behind it, else before it, less the set."""
    if behind := after[1:] if after[:1] == ["hyp"] else after:
        return ".".join(behind)
    return ".".join(before[1:] if before and SET.fullmatch(before[0]) else before)
