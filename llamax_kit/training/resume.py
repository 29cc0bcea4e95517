"""Which checkpoint a training goes on from: the last that is whole. Reads no tensors.

Trainer writes the weights first, then optimizer, schedule and random numbers, `trainer_state.json` last; with several
processes each writes its own random numbers, whenever it comes to it. With FSDP it writes weights and optimizer under
other names, too. A process killed meanwhile leaves a part. Once all is written, the checkpoint is sealed: its files are
on disk, with their hashes, so that bytes that a power failure changed are noticed.
"""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

from llamax_kit.models.checkpoints import weight_files
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sha256, whole

SEAL = "hashes.json"


def last_whole(folder: Path, processes: int = 1, sharded: bool = False) -> Path | None:
    """Find the last whole checkpoint-<step> in a folder; None if there is none."""
    return next((each for each in reversed(_steps(folder)) if is_whole(each, processes, sharded)), None)


def drop_parts(folder: Path, processes: int = 1, sharded: bool = False) -> None:
    """Remove the checkpoints that are not whole."""
    for each in _steps(folder):
        if not is_whole(each, processes, sharded):
            shutil.rmtree(each, ignore_errors=True)


def seal(checkpoint: Path) -> None:
    """Bring the files of a checkpoint to the disk, and note their hashes. Raises KitError when that cannot be written.

    Trainer may have removed the checkpoint before: so one that a kill left without a seal counts by its form alone.
    The random numbers of several processes are left out, as each writes its own, perhaps later.
    """
    noted = {}
    files = (path for path in checkpoint.rglob("*") if path.is_file() and path.name != SEAL)
    for path in sorted(path for path in files if not re.fullmatch(r"rng_state_\d+\.pth", path.name)):
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
        noted[path.relative_to(checkpoint).as_posix()] = sha256(path)
    with whole(checkpoint / SEAL) as scratch:
        scratch.write_text(json.dumps(noted, indent=1) + "\n", encoding="utf-8", newline="\n")


def is_whole(checkpoint: Path, processes: int = 1, sharded: bool = False) -> bool:
    """Return whether a checkpoint holds all that Trainer wrote there, unchanged since it was sealed.

    sharded: with FSDP. One without a seal counts by its form: each file to its end.
    """
    single = processes == 1
    random = ["rng_state.pth"] if single else [f"rng_state_{process}.pth" for process in range(processes)]
    try:
        read = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in checkpoint.glob("*.json")}
        weight_files(checkpoint)
        saved = [path for path in checkpoint.iterdir() if path.suffix in (".pt", ".pth", ".bin")]
        archives = {path.name: zipfile.is_zipfile(path) for path in saved}  # their table of contents stands at the end
        if any(sha256(checkpoint / name) != noted for name, noted in read.get(SEAL, {}).items()):
            return False
    except (OSError, ValueError, KitError):
        return False
    own = {"optimizer.bin", "pytorch_model_fsdp.bin"} if sharded else {"optimizer.pt"}
    written = {*random, *own, "scheduler.pt"} <= archives.keys()
    step = read.get("trainer_state.json", {}).get("global_step")
    return written and all(archives.values()) and checkpoint.name == f"checkpoint-{step}"


def _steps(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name.partition("-")[2]))
