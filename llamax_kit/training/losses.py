"""How well a model predicts text of each language: its loss in bits per byte, whatever its tokenizer.

As in language modelling at large: what stands in front of a text (BOS, a heading) and what ends it has no loss here.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data.languages import find
from llamax_kit.models import loading
from llamax_kit.training.corpus.mixture import named

if TYPE_CHECKING:
    from pandas import DataFrame

    from llamax_kit.data.corpora.corpus import Corpus

BATCH = 32  # sentences


def by_language(model: Path | str, corpus: "Corpus", sentences: int = 100, names: bool = False) -> "DataFrame":
    """Measure the loss on the first `sentences` (0: all) of each language of a corpus, each sentence alone, in float32.

    names: for a model whose training texts say in front which language they are in, the same is said here, as
    `mixture.named` has it ("Swahili:"); without, such a model is tested on texts that begin as none that it has read.

    Columns: code, name, bits_per_byte (the whole loss in bits over the bytes of UTF-8), loss (nats a token),
    tokens_per_byte, n (sentences). The three figures belong together: bits_per_byte = loss / ln 2 × tokens_per_byte.
    A model that gives every byte the same chance would need 8 bits.

    Raises KitError for a model that cannot be loaded.
    """
    import pandas as pd

    found = loading.resolve(str(model))
    network, tokenizer = loading.load_model(found, dtype="float32"), loading.load_tokenizer(found)
    rows = []
    for code, texts in corpus.texts.items():
        lines = [text for text in texts if text][: sentences or None]
        head = tokenizer.encode(named(code).rstrip() if names else "")
        nats, tokens = _nats(network, head, [tokenizer.ordinary(line) for line in lines])
        size = sum(len(line.encode()) for line in lines)
        per_byte = nats / math.log(2) / size
        rows.append((code, find(code).name, per_byte, nats / tokens, tokens / size, len(lines)))
    return pd.DataFrame(rows, columns=["code", "name", "bits_per_byte", "loss", "tokens_per_byte", "n"])


def _nats(network, head: list[int], ids: list[list[int]]) -> tuple[float, int]:
    """Sum the loss of all tokens of each row behind `head` (where that is empty: behind its first), and count them."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.nn.utils.rnn import pad_sequence

    nats, before = 0.0, max(1, len(head))
    for at in range(0, len(ids), BATCH):
        rows = [torch.tensor([*head, *row]) for row in ids[at : at + BATCH]]
        batch = pad_sequence(rows, batch_first=True).to(network.device)
        targets = pad_sequence([row[before:] for row in rows], batch_first=True, padding_value=-100).to(network.device)
        with torch.inference_mode():
            logits = network(input_ids=batch).logits[:, before - 1 : -1].float()
        nats += cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum").item()
    return nats, sum(len(head) + len(row) - before for row in ids)
