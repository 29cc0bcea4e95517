"""What a run record holds by itself and of one of its systems, and what it must never hold. Writes no file.

Facts that are not known (no git, no GPU library loaded) are None. No library is imported for its version.
"""

import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "llamax-kit", "torch", "transformers", "tokenizers", "sentencepiece", "safetensors", "peft",
    "sacrebleu", "babel", "pandas", "numpy", "papermill",
)  # fmt: skip
SECRET = re.compile(  # by its form; each has signs that words, hashes and signatures of scores do not have
    r"\bhf_[A-Za-z0-9]{16,}"  # Hugging Face
    r"|\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic; sk-en is a direction
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}"  # AWS, Google, Slack
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # of https://user:password@host
    r"|(?i:(?<=_SECRET_ACCESS_KEY=)|(?<=_TOKEN=)|(?<=_API_KEY=)|(?<=PASSWORD=))(?=[\w./+-]*\d)[\w./+-]{12,}"
)
# A variable of the environment by these names holds one: AWS_SECRET_ACCESS_KEY, OPENAI_KEY, GITHUB_PAT, MYSQL_PWD
SECRETIVE = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_?KEY|(?:ACCESS|PRIVATE)_?KEY)(?:_|$)"
    r"|(?:TOKEN|SECRET|PASSWORD|API_?KEY|_KEY|_PAT|_PWD|_PASS|_AUTH)$", re.IGNORECASE,
)  # fmt: skip
PLACE = re.compile(r"_(?:PATH|FILE|DIR|HOME|SOCK|NAME|ID|URL|URI)$", re.IGNORECASE)  # of a secret, and not it
PERSON = r"""[^/\\\s"'`:;,<>|*?()\[\]{}&]+"""
SOMEONES_HOME = re.compile(  # not /home/ of a page on the web
    rf"(?<![\w.:/~$}}-])(?:/[\w.-]+){{0,3}}/(?:home|Users)/{PERSON}|(?<=file://)/(?:home|Users)/{PERSON}"
    rf"|\b[A-Za-z]:[\\/]+Users[\\/]+{PERSON}"
)
PICTURE = re.compile(r"image/(?!svg)")
REMOVED = "[token removed]"


def automatic(project: Path) -> dict:
    """Gather the facts that every run has: time (UTC), seconds the process has lived, git, versions, platform."""
    import psutil

    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "process_seconds": round(time.time() - psutil.Process().create_time(), 1),
        "git": git(project),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "gpu": _gpu(),
        },
    }


def git(project: Path) -> dict | None:
    """Name the commit of the checkout and whether its tree was dirty; None where there is no git or no checkout.

    JupyterLab saves the outputs of a notebook into its file: a notebook whose cells are those of the commit is clean.
    """
    if not (project / ".git").exists():
        return None

    def ask(*words: str) -> str:
        command = ["git", "-C", str(project), *words]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout

    try:
        changes = ask("status", "--porcelain", "-z").split("\0")
        dirty = any(
            change[:2].strip() != "M" or not change.endswith(".ipynb")
            or _cells(ask("show", f"HEAD:{change[3:]}")) != _cells((project / change[3:]).read_text(encoding="utf-8"))
            for change in filter(None, changes)
        )  # fmt: skip
        return {"commit": ask("rev-parse", "HEAD").strip(), "dirty": dirty}
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _cells(notebook: str) -> list[tuple[str, str]]:
    """Return the kind and the source of each cell of a notebook file."""
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(notebook)["cells"]]


def of_system(record: dict, system: str) -> dict:
    """Return a run's record as it is for one of its systems: what `systems` holds of it over what all have in common.

    `systems` holds what each of several models has of its own; a system that is not there is what all have in common.

    >>> record = {"seed": 1, "systems": {"one": {"prompt": "{source}"}, "other": {"prompt": "{src}: {source}"}}}
    >>> of_system(record, "one"), of_system(record, "copy")
    ({'seed': 1, 'prompt': '{source}'}, {'seed': 1})
    """
    if not apart(record):
        return record
    return {name: fact for name, fact in record.items() if name != "systems"} | record["systems"].get(system, {})


def release(record: dict) -> str:
    """Return the release of a record's corpus, "FLORES-101 devtest", or name and split, "XNLI test"; "" for none."""
    corpus = record.get("corpus") or {}
    return corpus.get("release") or " ".join(filter(None, (corpus.get("name"), corpus.get("split"))))


def apart(record: dict) -> bool:
    """Return whether a record holds what each of several systems has of its own."""
    systems = record.get("systems")  # notebook 07's names two, and says nothing of them
    return isinstance(systems, dict) and bool(systems) and all(isinstance(each, dict) for each in systems.values())


def cuts(records: dict[str, dict]) -> list[str]:
    """List a note for each part of a corpus that runs took, with the names of their systems; none for the whole.

    ["Note: the first 40 of 500 sentences of each direction (one, other)."]
    """
    systems: dict[str, list[str]] = {}
    for name, record in records.items():
        systems.setdefault((record.get("corpus") or {}).get("cut") or "", []).append(name)
    return [f"Note: {cut} ({', '.join(names)})." for cut, names in systems.items() if cut]


def has_secret(text: str) -> bool:
    """Return whether a text holds an access token, by its form, or as the value of a variable that holds one here."""
    return bool(SECRET.search(text)) or any(secret in text for secret in _secrets())


def clean(value, project: Path):
    """Make a fact fit for a record that others read, whatever it is nested in.

    Tokens become `[token removed]`; the project, data and home folders `.`, `$LLAMAX_KIT_DATA` and `~`; named tuples
    mappings, numpy numbers plain ones, not-a-number None.
    """
    return _plain(value, _cleaner(project))


def clean_texts(value, project: Path):
    """Clean the texts in JSON as `clean` does, and leave all else as it is: a notebook, or values to compare with it.

    Pictures are left, too: in their letters a token could only seem to be. What was cleaned is not changed again.
    """
    return _texts(value, _cleaner(project))


def _plain(value, cleaned: Callable[[str], str]):
    if isinstance(value, dict):
        return {str(_plain(key, cleaned)): _plain(item, cleaned) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict(), cleaned)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, cleaned) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if hasattr(value, "item"):  # a number of numpy or torch
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return cleaned(str(value))


def _texts(value, cleaned: Callable[[str], str]):
    if isinstance(value, dict):
        kept = {key for key in value if isinstance(key, str) and PICTURE.match(key)}
        return {_texts(key, cleaned): item if key in kept else _texts(item, cleaned) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item, cleaned) for item in value]
    return cleaned(value) if isinstance(value, str) else value


def _cleaner(project: Path) -> Callable[[str], str]:
    """Return what cleans a text, by the environment as it is now."""
    secrets, known = tuple(sorted(_secrets(), key=len, reverse=True)), _known(project)
    return lambda text: _cleaned(text, secrets, known)


def shortened(text: str, project: Path) -> str:
    """Write the project, data and home folders of a text as `clean` does, and remove nothing."""
    return _shortened(text, _known(project))


def _shortened(text: str, known: tuple[tuple[str, str], ...]) -> str:
    for place, short in known:
        if place in text:  # a fast search; most texts end it
            text = re.sub(rf"(?<![\w.~-]){re.escape(place)}(?![\w.-])", lambda _, short=short: short, text)
    return text


def _known(project: Path) -> tuple[tuple[str, str], ...]:
    places = ((os.environ.get("LLAMAX_KIT_DATA", ""), "$LLAMAX_KIT_DATA"), (str(project), "."), (str(Path.home()), "~"))
    # a home of "/" (some containers) would shorten every path
    return tuple((each, short) for each, short in places if len(each) > 1)


@lru_cache(maxsize=20_000)  # papermill writes a notebook twice for each cell, most of its texts as they were
def _cleaned(text: str, secrets: tuple[str, ...], known: tuple[tuple[str, str], ...]) -> str:
    text = SECRET.sub(REMOVED, text)
    for secret in secrets:
        text = text.replace(secret, REMOVED)
    text = _shortened(text, known)
    return SOMEONES_HOME.sub("~", text)


def _secrets() -> list[str]:
    named = [(name, value) for name, value in os.environ.items() if SECRETIVE.search(name) and not PLACE.search(name)]
    return [value for _, value in named if len(value) >= 8 and not value.startswith(("/", "~", "."))]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _gpu() -> str | None:
    torch = sys.modules.get("torch")  # a run that never loaded torch used no GPU
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None
