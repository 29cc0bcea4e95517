"""Makes trained miniatures what the kit ships: 16 bits, no more files than are needed, a record and a model card.

    python -m llamax_kit.training.miniature.shipped outputs/mini llamax_kit/models/miniatures

copies the models of a finished run of notebook 10 by its mini.yml, from its folder models/. Trains and scores nothing.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from llamax_kit.models.weights import progress_bar
from llamax_kit.training import stage
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole

NAMES = ("mini-llama", "mini-llamax", "mini-llama-alpaca", "mini-llamax-alpaca")
FILES = ("config.json", "model.safetensors", "tokenizer.model", "training.json", "README.md")


def to_float16(trained: Path, *, place: Path, facts: Mapping) -> Path:
    """Write a trained model into `place` with its weights in float16, and `facts` as training.json; return it.

    Float16 keeps 11 bits of a weight's precision, bfloat16 only 8; no weight of a model this small leaves its range.

    Raises KitError when a weight is too large for it, or the folder cannot be written.
    """
    import torch
    from transformers import LlamaForCausalLM

    if place.exists() and not place.is_dir():
        raise KitError(f"could not write {place}: it is a file. To mend: name a folder that can be written")
    with progress_bar(False):
        model = LlamaForCausalLM.from_pretrained(trained, dtype=torch.float32)
        if not all(torch.isfinite(weights.half()).all() for weights in model.parameters()):
            raise KitError(f"expected weights below 65,504 in {trained}, as float16 holds. To mend: train with a decay")
        model.half().save_pretrained(place)
    (place / "generation_config.json").unlink(missing_ok=True)
    shutil.copyfile(trained / "tokenizer.model", place / "tokenizer.model")
    with whole(place / "training.json") as scratch:
        scratch.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return place


def stage_facts(folder: Path) -> dict:
    """Sum a finished stage up: tokens (seen; of packed rows with their padding), steps, learning_rate (its highest),
    batch (rows a step, of all processes), seconds, versions.

    Raises KitError when it was not trained to its end.
    """
    if not (folder / "model" / "config.json").is_file() or not (folder / "settings.json").is_file():
        lacks = "model/" if (folder / "settings.json").is_file() else "settings.json"
        raise KitError(f"expected a finished training in {folder}, but it has no {lacks}. To mend: train it to its end")
    laid, log = json.loads((folder / "settings.json").read_text(encoding="utf-8")), stage.log(folder)
    last, given = log.iloc[-1], laid["trainer"]
    rate, rows = given.get("learning_rate", 5e-5), given.get("per_device_train_batch_size", 8)  # transformers' own
    batch = rows * given.get("gradient_accumulation_steps", 1) * laid.get("processes", 1)
    known = {"learning_rate": rate, "batch": batch, "seconds": float(last["seconds"])}
    known["versions"] = {name: laid["determines"][name] for name in ("torch", "transformers", "accelerate")}
    return {"tokens": int(last["tokens"]), "steps": int(last["step"])} | known


def ship(run: Path, *, place: Path) -> list[Path]:
    """Copy the four models of a finished run into `place`; return their folders.

    Raises KitError, before anything is copied, when one of them lacks a file, or is smaller than those that are there.
    """
    lacking = [run / "models" / name / file for name in NAMES for file in FILES]
    if lacking := [path for path in lacking if not path.is_file()]:
        raise KitError(f"expected {lacking[0]}, but it is not there. To mend: run notebook 10 to its end first")
    for name in NAMES:
        new, old = ((where / name / "model.safetensors") for where in (run / "models", place))
        if old.is_file() and new.stat().st_size < old.stat().st_size:
            raise KitError(
                f"expected weights of {old.stat().st_size:,} bytes or more, as in {place}, but {new} has "
                f"{new.stat().st_size:,}: it is of a smaller run. To mend: name the run of mini.yml, or empty {place}"
            )
    for name in NAMES:
        for file in FILES:
            (place / name).mkdir(parents=True, exist_ok=True)
            with whole(place / name / file) as scratch:
                shutil.copyfile(run / "models" / name / file, scratch)
    return [place / name for name in NAMES]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(
            "usage: python -m llamax_kit.training.miniature.shipped RUN PLACE, "
            "such as outputs/mini llamax_kit/models/miniatures"
        )
    try:
        for folder in ship(Path(sys.argv[1]), place=Path(sys.argv[2])):
            print(folder, sum(path.stat().st_size for path in folder.iterdir()), "bytes")
    except KitError as error:
        sys.exit(str(error))
