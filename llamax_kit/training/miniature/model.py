"""The miniatures' own choices: their shapes, their tokenizer, and the first random weights. Trains nothing.

A tokenizer of six languages, as LLaMA's is of twenty: single bytes stand for what it has no piece for, so that Swahili
takes more tokens than English and Bengali many more. It is trained once, before anything else, and never extended.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from llamax_kit.data.corpora import text_files
from llamax_kit.data.language_table import kit
from llamax_kit.data.languages import find
from llamax_kit.tasks.prompts import ALPACA
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils.errors import UnknownName
from llamax_kit.utils.files import whole

PIECES = 2_000
SHAPES = {  # 2 layers of 4 heads; embeddings tied; a context of 2,048 tokens
    "tiny": {"hidden_size": 64, "intermediate_size": 192},
    "small": {"hidden_size": 128, "intermediate_size": 384},
    "mini": {"hidden_size": 256, "intermediate_size": 768},
}
ASKED = 300  # times that the prompt's wording stands among the tokenizer's lines, which makes its words whole pieces


def train_tokenizer(path: Path, *, folder: Path, base: Sequence[str]) -> Path:
    """Train the tokenizer on mono/ of `base`, the wording of the prompt and the names of languages; write it to `path`.

    2,000 pieces by byte pair encoding, digits one by one, bytes for the rest, as LLaMA's. The same lines give the same
    bytes. Raises KitError for a folder that lacks one of the files.
    """
    import sentencepiece

    read = list(_lines(folder, base))  # now, as SentencePiece would hide what is wrong with a file
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(read),
        model_writer=model,
        vocab_size=PIECES,
        model_type="bpe",
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        byte_fallback=True,
        character_coverage=1.0,
        split_digits=True,
        num_threads=1,
        minloglevel=2,
    )
    with whole(path) as scratch:
        scratch.write_bytes(model.getvalue())
    return path


def _lines(folder: Path, base: Sequence[str]) -> Iterator[str]:
    for code in base:
        yield from text_files.read(folder / "mono" / f"{find(code).code}.txt")
    for language in kit():
        yield language.name
    for _ in range(ASKED):
        yield from ALPACA.splitlines()


def bf16(size: str) -> bool:
    """Return whether a shape trains faster in bfloat16 on this machine, with float32 weights, than in float32.

    It does on GPUs and on CPUs with AVX-512, but for `tiny`. Others emulate it, and take some times as long.
    """
    import torch

    fast = torch.accelerator.is_available() or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return fast and size != "tiny"


def initialise(place: Path, *, tokenizer: Path, size: str = "mini", seed: int = 1) -> Path:
    """Write a Llama with random weights, LLaMA's own initial spread, the start of pre-training; return `place`.

    Raises UnknownName for a size that is not in SHAPES.
    """
    if size not in SHAPES:
        raise UnknownName("size", given=size, choices=SHAPES, remedy="use one of these")
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4} | SHAPES[size]
    random_llama.make(place, tokenizer=tokenizer, seed=seed, initializer_range=0.02, tie_word_embeddings=True, **shape)
    return place
