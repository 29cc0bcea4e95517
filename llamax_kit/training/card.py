"""The model card of a miniature: data, recipe, departures from the paper, scores, seed, the command that rebuilds it.

The text stands in card.md.j2, in the form that the hub reads (README.md with YAML in front). Computes nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.files import whole
from llamax_kit.languages import find

if TYPE_CHECKING:
    from pandas import DataFrame

STAGES = {  # of each model, in order
    "mini-llama": ["mini-llama"],
    "mini-llamax": ["mini-llama", "mini-llamax"],
    "mini-llama-alpaca": ["mini-llama", "mini-llama-alpaca"],
    "mini-llamax-alpaca": ["mini-llama", "mini-llamax", "mini-llamax-alpaca"],
}
WHAT = {
    "mini-llama": "pre-trained from random weights on six languages",
    "mini-llamax": "`mini-llama` after continual pre-training on many languages more, its vocabulary unchanged",
    "mini-llama-alpaca": "`mini-llama` after instruction tuning on translations among its own languages",
    "mini-llamax-alpaca": "`mini-llamax` after the very instruction tuning of `mini-llama-alpaca`, in which no "
    "language occurs that `mini-llama` was not pre-trained on",
}


def write(place: Path, facts: Mapping, scores: "DataFrame", command: str) -> Path:
    """Write README.md into a model's folder; give its path.

    facts: what training.json holds: name, base_languages, trained, held_out, seed, parameters, release, threshold,
    block, sentences, and stages by name (tokens, steps, learning_rate, batch, seconds). scores: of `groups.by_group`.
    """
    import jinja2

    loader = jinja2.PackageLoader("llamax_kit.training", "")
    here = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    here.filters["name"] = lambda code: find(code).name
    added = [code for code in facts["trained"] if code not in facts["base_languages"]]
    stages = {stage: facts["stages"][stage] for stage in STAGES[facts["name"]]}
    known = {**facts, "stages": stages, "added": added, "what": WHAT[facts["name"]], "command": command}
    with whole(place / "README.md") as scratch:
        text = here.get_template("card.md.j2").render(known, scores=scores.to_dict("records"))
        scratch.write_text(text + "\n", encoding="utf-8")
    return place / "README.md"
