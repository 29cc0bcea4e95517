"""The model card of a miniature: data, recipe, departures from the paper, scores, seed, the command that rebuilds it.

The text stands in card.md.j2, in the form that the hub reads (README.md with YAML in front). Computes nothing.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data.languages import find
from llamax_kit.models.checkpoints import read_json
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from pandas import DataFrame

STAGES = {  # of each model, in order
    "mini-llama": ["mini-llama"],
    "mini-llamax": ["mini-llama", "mini-llamax"],
    "mini-llama-alpaca": ["mini-llama", "mini-llama-alpaca"],
    "mini-llamax-alpaca": ["mini-llama", "mini-llamax", "mini-llamax-alpaca"],
}
WHAT = {
    "mini-llama": "pre-trained from random weights on a handful of languages",
    "mini-llamax": "`mini-llama` after continual pre-training, its vocabulary unchanged",
    "mini-llama-alpaca": "`mini-llama` after instruction tuning on translations among its own languages",
    "mini-llamax-alpaca": "`mini-llamax` after the very instruction tuning of `mini-llama-alpaca`, in which no "
    "language occurs that `mini-llama` was not pre-trained on",
}


def write(place: Path, scores: "DataFrame", parameters: Mapping) -> Path:
    """Write README.md into a model's folder; return its path.

    Its training.json holds name, base_languages, trained, held_out, seed, parameters (how many), release, threshold,
    block, sentences, and stages by name (tokens, steps, learning_rate, batch, seconds). scores: of `groups.by_group`.
    parameters: those of notebook 10, for the command that makes the model again.
    """
    import jinja2

    loader = jinja2.PackageLoader("llamax_kit.training.miniature", "")
    here = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    here.filters["name"] = lambda code: find(code).name
    facts = read_json(place / "training.json")
    added = [code for code in facts["trained"] if code not in facts["base_languages"]]
    stages = {stage: facts["stages"][stage] for stage in STAGES[facts["name"]]}
    known = {**facts, "stages": stages, "added": added, "what": WHAT[facts["name"]], "command": command(parameters)}
    known |= {name: parameters[name] for name in ("parallel", "augment")}
    with whole(place / "README.md") as scratch:
        text = here.get_template("card.md.j2").render(known, scores=scores.to_dict("records"))
        scratch.write_text(text + "\n", encoding="utf-8", newline="\n")
    return place / "README.md"


def command(parameters: Mapping) -> str:
    """Write the command that runs notebook 10 with these parameters, a line each, as a shell takes it.

    >>> print(command({"size": "tiny", "added": "sw tr"}))
    llamax-kit run 10 \\
        -p size tiny \\
        -p added 'sw tr'
    """
    given = (f"-p {name} {shlex.quote(str(value))}" for name, value in parameters.items())
    return " \\\n    ".join(["llamax-kit run 10", *given])
