"""Small stand-ins for tests: a Llama made in a second, an engine without a model, a corpus of made-up text."""

import io
import random
from collections import Counter
from types import SimpleNamespace

from llamax_kit.models.engines.base import Completion

WORDS = "one two three river mountain bread water house green small walks sings opens under seven because".split()


def sentence(seed: int, most: int = 30) -> str:
    """A made-up sentence of 1 to `most` words, always the same for a seed."""
    choose = random.Random(seed)
    return " ".join(choose.choices(WORDS, k=choose.randint(1, most))).capitalize() + "."


def llama(folder, context=128, eos=tuple(range(40, 60))):
    """Write a random Llama into `folder` that stops at any of the ids `eos`: some of its sentences do, some do not."""
    import sentencepiece
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(sentence(seed) for seed in range(200)),
        model_writer=model,
        vocab_size=320,
        model_type="bpe",
        byte_fallback=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=320)
    config = LlamaConfig(
        **shape, bos_token_id=1, eos_token_id=list(eos), max_position_embeddings=context, initializer_range=0.4
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def corpus(lines=20, languages=("en", "de", "sw")):
    """Made-up lines with the interface of `corpus.Corpus`, as far as translating needs it."""
    texts = {code: [f"{sentence(at)} {code}" for at in range(lines)] for code in languages}

    def pairs(src, tgt, sentences=0):
        rows = list(zip(range(lines), texts[src], texts[tgt], strict=True))
        return rows[: sentences or None]

    return SimpleNamespace(texts=texts, pairs=pairs)


class Fake:
    """An engine without a model: says the source backwards, four sentences a batch, and counts what it was asked."""

    name = "fake"

    def __init__(self, **identity):
        self.identity = {"engine": "fake", **identity}
        self.asked: Counter = Counter()
        self.fail_after = None  # batches until a KeyboardInterrupt

    def material(self, request):
        return request.prompt

    def complete(self, requests, decoding, skip=frozenset()):
        for start in range(0, len(requests), 4):
            batch = [at for at in range(start, min(start + 4, len(requests))) if at not in skip]
            if not batch:
                continue
            if self.fail_after == 0:
                raise KeyboardInterrupt
            if self.fail_after is not None:
                self.fail_after -= 1
            self.asked.update(requests[at].prompt for at in batch)
            yield [(at, Completion(f" {requests[at].source[::-1]}\n", "stop", 3)) for at in batch]
