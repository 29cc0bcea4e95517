"""Reasoning in a model's output, as in `<think>…</think>`: its markers, and what stands beside it. Scores nothing."""

import re

WORDS = "think|thinking|thoughts?|reasoning|reason|reflection|scratchpad|analysis|seed:think"
OPEN = rf"<\s*(?:{WORDS})(?:\s+[\w:-]+\s*=[^<>]*)?\s*>|\[think\]|◁think▷|<\|begin_of_thought\|>|<\|start_thinking\|>"
CLOSE = rf"<\s*/\s*(?:{WORDS})\s*>|\[/think\]|◁/think▷|<\|end_of_thought\|>|<\|end_thinking\|>"
CHANNEL = r"<\|channel\|>\s*analysis\s*<\|message\|>"  # gpt-oss; the answer is in the channel "final"
FINAL = r"(?:<\|end\|>)?\s*(?:<\|start\|>\s*assistant)?\s*<\|channel\|>\s*final\s*<\|message\|>"
MARKER = re.compile(f"(?P<open>{OPEN}|{CHANNEL})|(?P<close>{CLOSE}|{FINAL})", re.IGNORECASE)
TOKEN = re.compile(rf"{OPEN}|{CLOSE}|<\|(?:channel|message)\|>", re.IGNORECASE)


def is_marker(token: str) -> bool:
    """Return whether a token of a vocabulary is a marker, or a part of one: is_marker("<think>") is True."""
    return TOKEN.fullmatch(token) is not None


def markers(text: str) -> list[str]:
    """Return the markers in a text, without blanks and attributes: markers('<Think x="1">so</think>') has 2."""
    return [_kind(hit) for hit in MARKER.finditer(text)]


def _kind(hit: re.Match) -> str:
    return re.sub(r"\s", "", re.sub(r"\s+[\w:-]+\s*=[^<>]*", "", hit[0])).lower()


def begins_at_the_end(prompt: str) -> bool:
    """Return whether a prompt ends in an opening marker, which its template wrote: the answer begins with reasoning."""
    hits = [hit for hit in MARKER.finditer(prompt) if hit["open"] and hit.end() == len(prompt.rstrip())]
    protected = getattr(prompt, "protected", ())
    return any(not any(start <= hit.start() < end for start, end in protected) for hit in hits)


def reasons(text: str) -> bool:
    """Return whether a text holds a marker of reasoning. reasons("<think>so</think>Nzuri") is True."""
    return MARKER.search(text) is not None


def parted(completion: str, *, opened: bool = False, source: str = "") -> tuple[str, str]:
    """Part a completion into reasoning ("" for none) and hypothesis, white space around each removed.

    >>> parted("<think>plan: yes</think>Nzuri"), parted(" Um 10:30 Uhr.\\n")
    (('plan: yes', 'Nzuri'), ('', 'Um 10:30 Uhr.'))

    Reasoning is what is between an opening and a closing marker, before a closing one that nothing opened, and behind
    an opening one that nothing closes. opened: the prompt itself ended in an opening marker. source: the sentence that
    was to be translated; markers that it holds are text, but for a block that the completion begins with.
    """
    if not opened and markers(completion) == markers(source):  # none, or a translation that keeps those of its source
        return "", completion.strip()
    held = set(markers(source))
    first = MARKER.match(completion.lstrip())
    begins = opened or bool(first and first["open"])
    parts: tuple[list[str], list[str]] = ([], [])  # reasoning, answer
    depth, at = int(opened), 0
    for hit in MARKER.finditer(completion):
        if _kind(hit) in held and not begins:
            continue
        part = completion[at : hit.start()]
        if hit["open"]:
            parts[depth == 0].append(part)
            depth += 1
        else:
            if depth == 0:  # nothing opened it: all before it was reasoning
                parts[0].extend(parts[1])
                parts[1].clear()
            parts[0].append(part)
            depth = max(0, depth - 1)
            begins = begins and depth > 0
        at = hit.end()
    parts[depth == 0].append(completion[at:])
    reasoning, answer = (" ".join(filter(None, map(str.strip, each))) for each in parts)
    return reasoning, answer
