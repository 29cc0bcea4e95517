"""What determines a score, for a system of the paper and for a run of one's own, side by side. Compares no scores.

The paper's side is its appendix A and the authors' evaluation scripts, mine is what the run's record says.
"""

from typing import TYPE_CHECKING

from llamax_kit.models.engines.base import read_decoding
from llamax_kit.paper import own_run, printed
from llamax_kit.tasks import prompts

if TYPE_CHECKING:
    from pandas import DataFrame

NOT_SAID = "not recorded"
PAPER = read_decoding("paper")._asdict()
PLAN = "{num_beams} beam(s), {max_new_tokens} new tokens"


def protocol(mine: own_run.Mine, theirs: str, table: "DataFrame") -> "DataFrame":
    """List what determines a score, for theirs and for mine: what, paper, mine, same ("yes", "no", "not known").

    `table` is what `beside` gave for the two. What a record does not say is not guessed.
    """
    import pandas as pd

    record = {} if mine.name.endswith(":copy") else mine.record  # what it says of a model is another system's
    identity, plan, corpus = record.get("model") or {}, record.get("decoding") or {}, mine.record["corpus"]
    text = record.get("prompt")
    asked = (record.get("parameters") or {}).get("prompt") or (prompts.called(text) if text else NOT_SAID)
    counts = sorted({*table["n"]})
    tokenizer, version = (_part(table["signature"].iloc[0], name=name) for name in ("tok", "version"))
    rows = [
        ("test set", own_run.RELEASE, corpus["release"], corpus["release"] == own_run.RELEASE),
        ("sentences a direction", f"{own_run.SENTENCES}", _range(counts), counts == [own_run.SENTENCES]),
        ("tokenizer of the score", "flores101, called spm", tokenizer, tokenizer == "flores101"),
        ("sacreBLEU", "2.4.0", version, version == "2.4.0"),
        ("reading", "the authors' scorer", "clean and paper, a row each", theirs.startswith("LLaMA") or None),
        ("system", f"{theirs}{_size(theirs)}, no revision named", (identity.get("model") or NOT_SAID)[:40], None),
        ("prompt", *_prompts(theirs, asked=asked)),
        ("decoding", PLAN.format(**PAPER), PLAN.format(**plan) if plan else NOT_SAID, plan == PAPER if plan else None),
        ("number format", "bfloat16 weights, float16 autocast", identity.get("dtype", NOT_SAID),
         False if "dtype" in identity else None),
    ]  # fmt: skip
    said = {True: "yes", False: "no", None: "not known"}
    return pd.DataFrame([(*row[:3], said[row[3]]) for row in rows], columns=["what", "paper", "mine", "same"])


def _prompts(theirs: str, *, asked: str) -> tuple[str, str, bool | None]:
    if not theirs.startswith("LLaMA"):
        return "the system's own, as in Table 14", asked, None
    same = None if asked in (NOT_SAID, prompts.called(prompts.ALPACA)) else asked == "paper"
    return "Alpaca, the authors' spellings of languages", asked, same


def _range(counts: list[int]) -> str:
    return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _size(theirs: str) -> str:
    table = printed.table("table3").set_index("system")["size"]
    return f" ({table[theirs].iloc[0]})" if theirs in table.index else ""


def _part(signature: str, *, name: str) -> str:
    return dict(part.split(":", 1) for part in signature.split("|"))[name]
