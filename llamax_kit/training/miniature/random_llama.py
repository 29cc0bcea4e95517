"""A Llama with random weights: what the miniatures begin with. Translates nothing."""

import shutil
from pathlib import Path

from llamax_kit.models.weights import progress_bar

TOKENIZER = Path(__file__).parents[2] / "scoring" / "cldr.model"
SEED = 20240706  # the day LLaMAX came out
SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 176,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "initializer_range": 0.1,  # with Llama's own 0.02 it writes the same few words whatever it reads
}


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
