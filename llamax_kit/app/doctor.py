"""Reports what is installed, which data and tokenizers are found, which GPU, and how to get what is missing.

Changes nothing, loads no model, needs no network.
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from importlib import metadata

from llamax_kit.app.notebooks import notebooks
from llamax_kit.data import downloads
from llamax_kit.data.sources import fault
from llamax_kit.models import loading
from llamax_kit.models.catalogue import catalogue
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.utils.errors import KitError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def report() -> Iterator[str]:
    """Yield the lines of the report; those that begin with `missing` or `damaged` end with what to do."""
    yield from _section("Installed", _installed())
    yield from _section("Machine", _machine())
    yield from _section("Notebooks", _notebooks())
    yield from _section("Data", _data())
    yield from _section("Hub", _hub())


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"\n{title}"
    yield from (f"  {line}" for line in lines)


def _installed() -> Iterator[str]:
    yield f"found    Python {platform.python_version()}"
    for package, wanted in locked().items():
        try:
            have = metadata.version(package).split("+")[0]  # torch's own builds are 2.13.0+cpu, +cu126, …
        except metadata.PackageNotFoundError:
            yield f"missing  {package} {wanted}: pip install -r requirements.txt"
            continue
        if have != wanted:
            yield f"differs  {package} {have}, the lock says {wanted}: pip install -r requirements.txt"
        elif package in ("torch", "transformers", "sacrebleu", "sentencepiece", "papermill", "jupyterlab"):
            yield f"found    {package} {have}"


def locked() -> dict[str, str]:
    """Read the versions locked for this system: {"torch": "2.13.0", …}; without a checkout, those that are required."""
    from packaging.requirements import Requirement

    lock = storage.PROJECT / "requirements.txt"
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.exists() else metadata.requires("llamax-kit") or []
    here = [line for line in lines if not (marker := Requirement(line).marker) or marker.evaluate()]
    return dict(found.groups() for line in here if (found := re.match(r"([\w.-]+)==([\w.]+)", line)))


def _machine() -> Iterator[str]:
    import psutil
    import torch

    memory = psutil.virtual_memory().total / 2**30
    yield f"found    {platform.machine()}, {os.cpu_count()} CPUs, {memory:.0f} GiB of memory"
    if torch.cuda.is_available():
        for place in range(torch.cuda.device_count()):
            card = torch.cuda.get_device_properties(place)
            yield f"found    GPU {card.name}, {card.total_memory / 2**30:.0f} GiB"
    elif torch.backends.mps.is_available():
        yield "found    GPU of Apple (mps)"
    else:
        yield "none     GPU: the defaults do not need one; a 7B model does"


def _notebooks() -> Iterator[str]:
    from jupyter_client.kernelspec import KernelSpecManager

    kernels = KernelSpecManager().find_kernel_specs()
    yield "found    kernel python3" if "python3" in kernels else "missing  kernel python3: pip install ipykernel"
    found = [path.stem for path in notebooks()]
    yield f"found    {', '.join(found)}" if found else f"missing  notebooks: none in {storage.PROJECT / 'notebooks'}"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        yield f"found    {browser}, for the browser test"
    else:
        yield "none     Chromium, for the browser test only: apt-get install chromium"
    yield f"results  go to {storage.outputs()}"


def _data() -> Iterator[str]:

    if sacrebleu_metrics.CLDR.is_file():
        yield "found    built in: CLDR phrases, spBLEU-cldr"
    else:
        yield f"missing  {sacrebleu_metrics.CLDR}, of the kit itself: install it again"
    for entry in catalogue():
        try:
            if entry.folder and loading.resolve(entry.name):
                yield f"found    built in: the model {entry.name}"
        except KitError as error:
            yield f"missing  {error}"
    yield f"folder   {downloads.folder()}"
    for row in downloads.inventory():
        if not row.found:
            yield f"missing  {row.kind} {row.name}: {row.how}"
        elif row.kind in ("corpus", "questions"):  # which may be incomplete: it needs only the languages that are used
            yield f"found    {row.kind} {row.name}, not checked (each file is when it is read): {row.where}"
        elif wrong := fault(downloads.find(row.name), row.where):
            yield f"damaged  {row.kind} {row.name}: {row.where}: {wrong}. Move it away, then {row.how}"
        else:
            yield f"found    {row.kind} {row.name}, checked: {row.where}"


def _hub() -> Iterator[str]:
    """List the models of the catalogue in the hub's cache, how much of each, and whether someone is logged in."""
    import huggingface_hub
    from huggingface_hub import constants

    try:
        repositories = huggingface_hub.scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (huggingface_hub.CacheNotFound, OSError):
        repositories = ()
    sizes = {each.repo_id: each.size_on_disk_str for each in repositories if each.repo_type == "model"}
    known = [entry for entry in catalogue() if entry.hub]
    for entry in known:
        if entry.hub in sizes:
            yield f"found    {entry.name}: {sizes[entry.hub]} in {constants.HF_HUB_CACHE}"
    if not sizes.keys() & {entry.hub for entry in known}:
        yield f"none     of the {len(known)} models of the catalogue in {constants.HF_HUB_CACHE}: fetched when named"
    if huggingface_hub.get_token() is not None:
        yield "found    a login, for gated models and FLORES+"
    else:
        yield "none     login, which only gated models and FLORES+ need: hf auth login"
