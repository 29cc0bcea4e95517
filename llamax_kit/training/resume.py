"""Which checkpoint a training goes on from: the last that is whole. Reads no tensors.

Trainer writes the weights first, then optimizer, schedule and random numbers, `trainer_state.json` last; with several
processes each writes its own random numbers, whenever it comes to it. With FSDP it writes weights and optimizer under
other names, too. A process killed meanwhile leaves a part.
"""

import json
import re
import shutil
import zipfile
from pathlib import Path

from llamax_kit.models.checkpoints import weight_files
from llamax_kit.utils.errors import KitError


def last_whole(folder: Path, processes: int = 1, sharded: bool = False) -> Path | None:
    """Find the last whole checkpoint-<step> in a folder; None if there is none."""
    return next((each for each in reversed(_steps(folder)) if is_whole(each, processes, sharded)), None)


def drop_parts(folder: Path, processes: int = 1, sharded: bool = False) -> None:
    """Remove the checkpoints that are not whole."""
    for each in _steps(folder):
        if not is_whole(each, processes, sharded):
            shutil.rmtree(each, ignore_errors=True)


def is_whole(checkpoint: Path, processes: int = 1, sharded: bool = False) -> bool:
    """Return whether a checkpoint holds all that Trainer wrote there, each file to its end; `sharded`: with FSDP."""
    single = processes == 1
    random = ["rng_state.pth"] if single else [f"rng_state_{process}.pth" for process in range(processes)]
    try:
        read = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in checkpoint.glob("*.json")}
        weight_files(checkpoint)
        saved = [path for path in checkpoint.iterdir() if path.suffix in (".pt", ".pth", ".bin")]
        archives = {path.name: zipfile.is_zipfile(path) for path in saved}  # their table of contents stands at the end
    except (OSError, ValueError, KitError):
        return False
    own = {"optimizer.bin", "pytorch_model_fsdp.bin"} if sharded else {"optimizer.pt"}
    written = {*random, *own, "scheduler.pt"} <= archives.keys()
    step = read.get("trainer_state.json", {}).get("global_step")
    return written and all(archives.values()) and checkpoint.name == f"checkpoint-{step}"


def _steps(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name.partition("-")[2]))
