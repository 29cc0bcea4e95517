"""Gives a picture's names a font that has their letters, or says which package brings one. Draws nothing."""

import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from llamax_kit.data.scripts import script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PACKAGES = {"Hani": "fonts-noto-cjk", "Hang": "fonts-noto-cjk"}  # Debian's, by script
SYMBOLS, OTHERS = "fonts-symbola", "fonts-noto-core"
NO_GLYPH = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}  # categories of characters that are not drawn


class FontWarning(UserWarning):
    """Letters that no installed font has: a picture shows boxes instead."""


def cover(figure: "Figure") -> None:
    """Add to each text of a figure the installed fonts that have its other letters.

    Warns (FontWarning) of letters that none has, with the Debian package that brings one.
    """
    from matplotlib.font_manager import findfont
    from matplotlib.text import Text

    without = set()
    for text in figure.findobj(Text):
        drawn = {each for each in text.get_text() if unicodedata.category(each) not in NO_GLYPH}
        missing = drawn - letters(findfont(text.get_fontproperties()))
        if missing:
            names, left = _having(missing)
            text.set_fontfamily([*text.get_fontfamily(), *names])
            without |= left
    if without:
        those, brings = "".join(sorted(without)), " and ".join(sorted({*map(_package, without)}))
        warnings.warn(f"no installed font has {those}, so pictures show boxes. To mend: install one, as Debian's "
                      f"{brings}, and run the cell again", FontWarning, stacklevel=3)  # fmt: skip


@cache
def letters(path: str) -> frozenset[str]:
    """Return the characters that a font has; none for a file that matplotlib cannot draw from."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(path)
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()


def _package(letter: str) -> str:
    return SYMBOLS if unicodedata.category(letter)[0] in "SP" else PACKAGES.get(script(3 * letter), OTHERS)


def _having(missing: set[str]) -> tuple[list[str], set[str]]:
    """Return names of fonts that have these characters, as few as need be, and the characters that none has."""
    names, left = [], missing
    for name, path in _installed():
        if left & letters(path):
            names, left = [*names, name], left - letters(path)
        if not left:
            break
    return names, left


def _installed() -> Iterator[tuple[str, str]]:
    """Iterate over the names and files of upright fonts, Noto's sans serif first, also those installed since."""
    from matplotlib import font_manager

    known = font_manager.fontManager
    for path in {*font_manager.findSystemFonts()} - {each.fname for each in known.ttflist}:
        try:
            known.addfont(path)
        except (OSError, RuntimeError):  # a font that matplotlib does not read
            continue
    plain = [each for each in known.ttflist if each.style == "normal" and each.weight in (400, "normal", "regular")
             and "Last Resort" not in each.name]  # matplotlib's own: a box for every character  # fmt: skip
    ranked = sorted(plain, key=lambda each: (not each.name.startswith("Noto Sans"), each.name, each.fname))
    yield from ((each.name, each.fname) for each in ranked)
