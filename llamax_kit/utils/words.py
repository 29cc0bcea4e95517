"""Numbers of things in words, and long texts in lines."""

from textwrap import fill

WIDTH = 100  # letters: pages and JupyterLab break longer lines of what is printed, also inside a word


def counted(count: int, thing: str, *, things: str = "") -> str:
    """Return a number of things: "1 sentence", "1,012 sentences"; things: an irregular plural.

    >>> counted(1, "hypothesis", things="hypotheses"), counted(2, "direction")
    ('1 hypothesis', '2 directions')
    """
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"


def wrapped(text: str) -> str:
    """Return a text with its long lines broken between words; what has no space stays whole, such as a signature."""
    lines = text.splitlines()
    return "\n".join(fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines)
