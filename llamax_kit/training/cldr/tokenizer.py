"""Make the kit's own small SentencePiece model, scoring/cldr.model, from the CLDR phrases of the training split.

    python -m llamax_kit.training.cldr.tokenizer cldr.model

It cuts text for spBLEU-cldr, and is the tokenizer of `random-llama`: hence Llama's special tokens
(<unk> 0, <s> 1, </s> 2) and bytes for what it has no piece for. Every language gives the same number of lines, so that
small languages get their share of the pieces. Trains on nothing else, and evaluates nothing.
"""

import io
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from llamax_kit.data.corpora import cldr
from llamax_kit.training.cldr import build
from llamax_kit.utils.files import whole

PIECES = 8_000
LINES = 2_000  # of each language; one that has fewer gives the same ones again


def train() -> bytes:
    """Train the model, in about a minute on one core; the same input in the same order gives the same bytes."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_lines(),
        model_writer=model,
        vocab_size=PIECES,
        model_type="unigram",
        normalization_rule_name="nfkc",  # not nmt_nfkc, which turns newlines into spaces: prompts have newlines
        byte_fallback=True,
        character_coverage=1.0,
        split_digits=True,
        num_threads=1,  # more would add up in another order
        minloglevel=1,
    )
    return model.getvalue()


def _lines() -> Iterator[str]:
    for code in sorted(cldr.available()):
        texts = [text for text in build.corpus("train", [code]).texts[code] if text is not None]
        yield from islice(cycle(texts), LINES)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m llamax_kit.training.cldr.tokenizer FILE, such as cldr.model")
    with whole(Path(sys.argv[1])) as path:
        path.write_bytes(train())
