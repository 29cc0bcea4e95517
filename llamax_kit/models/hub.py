"""Model files from the Hugging Face hub, at a known commit, with errors that say what to do. Loads nothing.

The hub's client sets no time limit for most of what it asks; here a hub that does not answer is given up soon.
"""

import re
from pathlib import Path

from llamax_kit.models.catalogue import catalogue
from llamax_kit.models.checkpoints import TEXTS, TOKENIZER, check_form, read_json
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.network import READ, limit_waiting

SAFETENSORS = ("model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin")


def looks_like_id(name: str) -> bool:
    """Return whether a name has the form owner/model: looks_like_id("LLaMAX/LLaMAX2-7B"), not "./models/mine"."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*", name) is not None


def texts(repository: str, *, revision: str = "") -> Path:
    """Fetch config and tokenizer, without weights; the folder's name is the commit that `revision` stands for.

    Raises KitError when the model is not there, is gated, or the hub cannot be reached and nothing is cached.
    """
    folder = _fetch(repository, revision=revision, patterns=list(TEXTS))
    if not (folder / "config.json").is_file():
        _check_form(repository, revision=revision)
        raise KitError(
            f"expected config.json in {repository}, but it has none: it is no model that transformers loads (GGUF "
            f"files, or an adapter?). To mend: name the model itself, and an adapter as the adapter"
        )
    return folder


def weights(repository: str, *, revision: str) -> Path:
    """Fetch the weights too: safetensors, or where there are none the pickle. Raises as `texts` does."""
    for patterns in (SAFETENSORS, PICKLES):
        folder = _fetch(repository, revision=revision, patterns=[*TEXTS, *patterns], progress=True)
        if any((folder / pattern).is_file() for pattern in patterns):
            return folder
    _check_form(repository, revision=revision)
    return folder


def adapter(repository: str, *, revision: str = "") -> Path:
    """Fetch a LoRA adapter. Raises as `texts` does, and KitError when the repository holds none."""
    texts = ["adapter_config.json", *TOKENIZER]
    folder = _fetch(repository, revision=revision, patterns=[*texts, "adapter_model.safetensors"])
    if not (folder / "adapter_config.json").is_file():
        raise KitError(
            f"expected a LoRA adapter in {repository}, but it has no adapter_config.json. To mend: name an adapter's "
            f"hub id, or give {repository} as the model"
        )
    if not (folder / "adapter_model.safetensors").is_file():
        folder = _fetch(repository, revision=revision, patterns=[*texts, "adapter_model.bin"])
    return folder


def _check_form(repository: str, *, revision: str) -> None:
    """Raise KitError when the files of a repository are not a model's (see `checkpoints.check_form`)."""
    from huggingface_hub import HfApi

    folder = _fetch(repository, revision=revision, patterns=["adapter_config.json"])
    adapter = read_json(folder / "adapter_config.json")
    try:
        names = HfApi().list_repo_files(repository, revision=revision or None)
    except Exception:  # the transport's errors, as below; what is here already is still known
        names = ["adapter_config.json"] * bool(adapter)
    check_form(repository, names, adapter)


def _fetch(repository: str, *, revision: str, patterns: list[str], progress: bool = False) -> Path:
    from huggingface_hub import errors, snapshot_download
    from huggingface_hub.utils import tqdm

    class Silent(tqdm):  # a bar for a few small files says nothing but fills logs
        def __init__(self, *args, **options):
            super().__init__(*args, **(options | {"disable": True}))

    unreachable = _unreachable(repository, revision=revision)
    place = f"https://huggingface.co/{repository}"
    by_hand = "or download its files elsewhere and name their folder"
    try:
        folder = snapshot_download(
            repository, revision=revision or None, allow_patterns=patterns, tqdm_class=tqdm if progress else Silent,
            local_files_only=bool(unreachable), etag_timeout=READ,
        )  # fmt: skip
        return Path(folder)
    except errors.GatedRepoError as error:
        raise KitError(
            f"{repository} is gated: its owner asks you to accept a licence. To mend: accept it at {place}, run "
            f"`hf auth login`, and try again; {by_hand}"
        ) from error
    except (errors.RevisionNotFoundError, _unresolved()) as error:
        raise KitError(
            f"{repository} has no revision {revision!r}. To mend: see its commits and tags at {place}/commits/main"
        ) from error
    except errors.RepositoryNotFoundError as error:
        known = [entry.hub for entry in catalogue() if entry.hub]
        remedy = f"check the name at {place}, run `hf auth login` if it is private, {by_hand}"
        raise UnknownName("model on the hub", given=repository, choices=known, remedy=remedy) from error
    except (errors.EntryNotFoundError, errors.HfHubHTTPError, OSError) as error:
        raise KitError(
            f"could not fetch {repository}{f' at {revision}' if revision else ''} from the hub "
            f"({unreachable or type(error).__name__}); it is not in the local cache, and no folder of that name holds "
            f"its files. To mend: connect to the network once and run again, or fetch it elsewhere (hf download "
            f"{repository} --local-dir FOLDER) and name the folder. HF_HUB_OFFLINE=1 saves the waiting for a model "
            f"that is in the cache"
        ) from error


def _unreachable(repository: str, *, revision: str) -> str:
    """Return the name of the error if the hub does not answer when asked once for the model, else ""."""
    from huggingface_hub import HfApi, errors

    limit_waiting()
    try:
        HfApi().model_info(repository, revision=revision or "main")
    except errors.HfHubHTTPError:
        return ""  # an answer, if a refusal: what to make of it is decided where the files are asked for
    except Exception as error:  # the transport's errors, of a library that is the client's own business
        return type(error).__name__
    return ""


def _unresolved() -> type[Exception]:
    """Return what huggingface_hub raises for a revision that no name resolves to; version 1 has one error for both."""
    from huggingface_hub import errors

    return getattr(errors, "RevisionResolutionError", errors.RevisionNotFoundError)
