"""How well a model predicts text of each language: its loss in bits per byte, whatever its tokenizer."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit import models
from llamax_kit.languages import find

if TYPE_CHECKING:
    from pandas import DataFrame

    from llamax_kit.corpora import Corpus

BATCH = 32  # sentences


def by_language(model: Path | str, corpus: "Corpus", sentences: int = 100) -> "DataFrame":
    """Measure the loss on the first `sentences` (0: all) of each language of a corpus, each sentence alone, in float32.

    Columns: code, name, bits_per_byte (the whole loss in bits over the bytes of UTF-8), loss (nats a token, what
    training curves show), tokens_per_byte, n (sentences). The three figures belong together:
    bits_per_byte = loss / ln 2 × tokens_per_byte. A model that gives every byte the same chance would need 8 bits.

    Raises KitError for a model that cannot be loaded.
    """
    import pandas as pd

    found = models.resolve(str(model))
    network, tokenizer = models.load_model(found, "float32"), models.load_tokenizer(found)
    rows = []
    for code, texts in corpus.texts.items():
        lines = [text for text in texts if text][: sentences or None]
        ids = [[*tokenizer.encode(line), tokenizer.eos_ids[0]] for line in lines]
        nats, tokens = _nats(network, ids)
        size = sum(len(line.encode()) for line in lines)
        per_byte = nats / math.log(2) / size
        rows.append((code, find(code).name, per_byte, nats / tokens, tokens / size, len(lines)))
    return pd.DataFrame(rows, columns=["code", "name", "bits_per_byte", "loss", "tokens_per_byte", "n"])


def _nats(network, ids: list[list[int]]) -> tuple[float, int]:
    """Sum the loss of all tokens but the first of each row, and count them."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.nn.utils.rnn import pad_sequence

    nats = 0.0
    for at in range(0, len(ids), BATCH):
        rows = [torch.tensor(row) for row in ids[at : at + BATCH]]
        batch = pad_sequence(rows, batch_first=True).to(network.device)
        targets = pad_sequence([row[1:] for row in rows], batch_first=True, padding_value=-100).to(network.device)
        with torch.inference_mode():
            logits = network(input_ids=batch).logits[:, :-1].float()
        nats += cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum").item()
    return nats, sum(len(row) - 1 for row in ids)
