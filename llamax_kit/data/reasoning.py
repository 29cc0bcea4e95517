"""Reasoning in a model's output, as in `<think>…</think>`: its markers, and what stands behind it. Scores nothing."""

MARKERS = ("<think>", "</think>", "<thinking>", "</thinking>", "<thought>", "</thought>", "[THINK]", "[/THINK]",
           "<seed:think>", "</seed:think>", "<reasoning>", "</reasoning>", "◁think▷", "◁/think▷")  # fmt: skip


def parted(completion: str, *, prompt: str = "") -> tuple[str, str]:
    """Part a completion into reasoning ("" for none) and hypothesis, white space around each removed.

    >>> parted("<think>plan: yes</think>Nzuri"), parted(" Um 10:30 Uhr.\\n")
    (('plan: yes', 'Nzuri'), ('', 'Um 10:30 Uhr.'))

    All up to the last closing marker is reasoning; so is all behind an opening one that nothing closes, as when the
    limit of new tokens cut it, and then the hypothesis is empty. `prompt`: reasoning may begin at its end. Markers are
    MARKERS.
    """
    opens, closes = MARKERS[::2], MARKERS[1::2]
    end = max((completion.rfind(close) + len(close) for close in closes if close in completion), default=0)
    reasoning, answer = completion[:end], completion[end:]
    if not end and prompt.rstrip().endswith(opens):
        reasoning, answer = completion, ""
    if begins := [answer.find(each) for each in opens if each in answer]:
        reasoning, answer = reasoning + answer[min(begins) :], answer[: min(begins)]
    for marker in MARKERS:
        reasoning = reasoning.replace(marker, " ")
    return reasoning.strip(), answer.strip()


def reasons(text: str) -> bool:
    """Return whether a text holds a marker of reasoning. reasons("<think>so</think>Nzuri") is True."""
    return any(marker in text for marker in MARKERS)
