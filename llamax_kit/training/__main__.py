"""`python -m llamax_kit.training FOLDER`: run the training planned in a folder; what `accelerate launch` runs."""

import sys

from llamax_kit.training import stage
from llamax_kit.utils.errors import KitError


def main() -> None:
    """Train, and write what can be mended in one line on stderr."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m llamax_kit.training FOLDER")
    try:
        stage.train(sys.argv[1])
    except KitError as error:
        sys.exit(f"{stage.SAID}{error}")
    finally:
        _part()


def _part() -> None:
    """Leave the other processes in order; torch complains otherwise."""
    if "torch" in sys.modules:
        import torch

        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
