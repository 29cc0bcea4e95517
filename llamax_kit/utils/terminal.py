"""Text for a terminal: signs that would steer it, or turn what stands beside them, are written out. Prints nothing."""

import re

# controls, line separators, embeddings of a writing direction, halves of a character
STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: object, keep: str = "") -> str:
    r"""Return a text with its control characters written out, but for those to `keep`.

    >>> visible("a\x1b[31m\nb"), visible("a\x1b[31m\nb", keep="\n")
    ('a\\x1b[31m\\nb', 'a\\x1b[31m\nb')
    """
    return STEERING.sub(lambda found: found[0] if found[0] in keep else ascii(found[0])[1:-1], str(text))
