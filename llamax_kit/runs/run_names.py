"""What a run may be called, and what its system's folder is called, on any system. Touches no file."""

import hashlib
import re

from llamax_kit.utils.errors import KitError

LONGEST = 150  # bytes of a run's name; most disks take 255, of which scratch files beside it need some


def check_name(run: str) -> None:
    """Raise KitError for a run's name that is not one plain folder name, is too long, or means something else."""
    size = len(run.encode("utf-8", "replace"))
    if not re.fullmatch(r"[\w][\w .@+=,-]*", run) or run.endswith((".", " ")):
        fault = f"a run's name must be one plain folder name, got {run!r}"
    elif size > LONGEST:
        fault = f"a run's name may have {LONGEST} bytes, got {size}: {run[:40]!r}…"
    elif run.casefold() == "ledger":  # on many disks "Ledger" is the same folder
        fault = f"a run cannot be called {run!r}: outputs/ledger keeps the completions of all runs"
    else:
        return
    raise KitError(
        f"{fault}. To mend: give it another, of letters, digits and . _ - @ + = , that begins with a letter or digit, "
        f"as in 'sw-greedy'"
    )


def path_name(system: str) -> str:
    """Make one folder name of a system's name: a plain name stays, `hub/id` becomes `hub--id-` and 8 hex digits.

    The digits (of the name's SHA-256) keep two systems apart whose names differ only in what a path cannot hold.
    """
    plain = re.fullmatch(r"\w[\w.@+=-]*", system) and not system.endswith(".")
    if plain and len(system.encode("utf-8")) <= LONGEST:
        return system
    stem = re.sub(r"[^\w.@+=-]+", "_", system.strip("/").replace("/", "--"))[-80:].lstrip(".-_") or "system"
    return f"{stem}-{hashlib.sha256(system.encode()).hexdigest()[:8]}"
