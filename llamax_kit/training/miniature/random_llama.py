"""A small Llama with random weights, made on the spot: the whole pipeline without a download. Translates nothing."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from llamax_kit.models.weights import progress_bar
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import sha256

TOKENIZER = Path(__file__).parents[2] / "scoring" / "cldr.model"
SEED = 20240706  # the day LLaMAX came out
SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 176,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "initializer_range": 0.1,  # with Llama's own 0.02 it says the same few words whatever it reads
}


def folder(tokenizer: Path | None = None) -> Path:
    """Give the model's folder in the user cache, making it the first time: 2 layers, hidden 64, context 2048 tokens.

    Raises KitError when the user cache cannot be written.
    """
    from platformdirs import user_cache_path
    from safetensors import SafetensorError

    tokenizer = tokenizer or TOKENIZER
    recipe = hashlib.sha256(f"{sha256(tokenizer)} {SEED} {SHAPE}".encode()).hexdigest()
    place = user_cache_path("llamax-kit") / f"random-llama-{recipe[:12]}"
    if (place / "config.json").is_file():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".random-llama-", dir=place.parent) as scratch:
            whole = Path(scratch) / place.name
            make(whole, tokenizer=tokenizer)
            _move(whole, place=place)
    except (OSError, SafetensorError) as error:
        raise KitError(
            f"could not make the random Llama in {place.parent}: {error}. To mend: free some space, or let "
            f"XDG_CACHE_HOME name a folder that can be written"
        ) from error
    return place


def _move(whole: Path, *, place: Path) -> None:
    try:
        whole.rename(place)
    except OSError:
        if not (place / "config.json").is_file():  # otherwise another process was first, with the same content
            raise


def make(place: Path, *, tokenizer: Path, seed: int = SEED, **changes) -> None:
    """Write a random Llama of the SentencePiece model `tokenizer` into `place`; `changes` go to its LlamaConfig."""
    import sentencepiece
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
    config = LlamaConfig(
        vocab_size=pieces.get_piece_size(),
        bos_token_id=pieces.bos_id(),
        eos_token_id=pieces.eos_id(),
        **(SHAPE | changes),
    )
    with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig()
    with progress_bar(False):
        model.save_pretrained(place)
    shutil.copyfile(tokenizer, place / "tokenizer.model")
