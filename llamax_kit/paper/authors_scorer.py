"""The hypotheses that the authors' own scorer read back from its file of prompts and answers, with all that it lost.

Their figures can be reproduced with it; the kit itself never searches for an answer in a text.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.tasks.prompts import ALPACA, PREAMBLE

if TYPE_CHECKING:
    from pandas import DataFrame


def reread(translations: "DataFrame") -> "DataFrame":
    """Return a translations table with the hypotheses that the authors' scorer read; see `paper_extraction`.

    The systems are named "… (paper extraction)". `attrs["shifted"]` counts the sentences at which the scorer would have
    lost its place; see `paper_shifts`.
    """
    answers, sources = translations["hypothesis"], translations["source"]
    extracted = [paper_extraction(answer, source=source) for answer, source in zip(answers, sources, strict=True)]
    table = translations.assign(hypothesis=extracted, system=translations["system"] + " (paper extraction)")
    table.attrs["shifted"] = paper_shifts(answers, sources=sources)
    return table


def paper_extraction(completion: str, *, source: str) -> str:
    """Find the hypothesis that the authors' scorer found for one sentence, with all that it loses.

    It read back the file of prompts with answers: lines glued without a space, cut at "###", the part after the Input
    that looks like the source, and of that what stands between its first and second colon.

    >>> paper_extraction(" Um 10:30 Uhr: Start.", source="At 10:30: start.")
    'Um 10'
    >>> paper_extraction(" Erster\\nSatz.", source="First sentence.")
    'ErsterSatz.'

    A source that contains "###" gives "" or a piece of itself. Sentences are kept apart: where the authors' file would
    have shifted all later ones, `paper_shifts` counts it.
    """
    return _scan(_parts(completion, source=source)[0], source=source.strip())[0]


def paper_shifts(completions: Iterable[str], *, sources: Iterable[str]) -> int:
    """Count the sentences at which the authors' scorer would have lost its place (or stopped with an error).

    A sentence that repeats the preamble of the prompt counts as one more, and every later hypothesis is compared with
    the wrong reference; an "### Input" without a colon ends it. 0 means that sentence by sentence is what they did.
    """
    shifts = 0
    for completion, source in zip(completions, sources, strict=True):
        parts = _parts(completion, source=source)
        shifts += len(parts) > 1 or _scan(parts[0], source=source.strip())[1]
    return shifts


def _parts(completion: str, *, source: str) -> list[str]:
    """A sentence's prompt and answer as the scorer cut them up: one part, or more where the preamble comes again."""
    text = ALPACA.format(source=source.strip(), src="English", tgt="English") + completion  # names do not matter here
    glued = "".join(line.strip() for line in text.replace("\r", "\n").split("\n"))
    return [part for part in glued.split(PREAMBLE) if part]


def _scan(part: str, *, source: str) -> tuple[str, bool]:
    """The hypothesis in a part, and whether the scorer would have stopped with an error on the way to it."""
    segments = part.split("###")
    for segment, following in zip(segments, [*segments[1:], ""], strict=True):
        if not segment.startswith(" Input") or segment == " Input":
            continue
        if ":" not in segment:
            return "", True
        if _looks_like(segment.split(":")[1].strip(), source=source):
            hypothesis = (following.split(":") + [""])[1].strip()
            if hypothesis:
                return hypothesis, False
    return "", False


def _looks_like(shown: str, *, source: str) -> bool:
    """Whether the scorer took `shown` for the source: a prefix of it, or any resemblance (spBLEU above 0.9 of 100)."""
    if source.startswith(shown):
        return True
    from sacrebleu import sentence_bleu

    pieces = sacrebleu_metrics.spbleu("flores101").metric.tokenizer
    return sentence_bleu(pieces(shown), [pieces(source)], tokenize="none").score > 0.9
