"""Tiny twins of the published models: the same files in the same layout, with small random weights.

`make(layout, folder)` builds one; with the real tokenizer files its vocabulary is the real one, otherwise tokenizers
are trained here. Seven models were published in five layouts, LAYOUTS says which; none of the text is FLORES.
"""

import base64
import json
import shutil
from functools import cache
from pathlib import Path

LAYOUTS = {
    "float32 shards": ("LLaMAX2-7B", "LLaMAX2-7B-Alpaca"),
    "bare pickle": ("LLaMAX2-7B-X-CSQA", "LLaMAX2-7B-XNLI"),
    "added pad": ("LLaMAX2-7B-MetaMath",),
    "no pad": ("LLaMAX3-8B",),
    "special tokens": ("LLaMAX3-8B-Alpaca",),
}
LLAMA2, LLAMA3 = ("float32 shards", "bare pickle", "added pad"), ("no pad", "special tokens")
TEXT = [
    "The ferry leaves at 10:30 from the old harbour, and the tickets are sold on board.",
    "Die Fähre fährt um 10:30 Uhr vom alten Hafen ab, Fahrkarten gibt es an Bord.",
    "Паром отходит в половине одиннадцатого от старой пристани.",
    "渡轮十点半从旧码头开出，船上售票。",
    "フェリーは十時半に古い港から出ます。",
    "تغادر العبارة من الميناء القديم في العاشرة والنصف.",
    "घाट पुराने बंदरगाह से साढ़े दस बजे छूटती है।",
    "ጀልባው ከአሮጌው ወደብ በአራት ሰዓት ተኩል ይነሳል።",
    "เรือข้ามฟากออกจากท่าเรือเก่าเวลาสิบโมงครึ่ง",
    "Feri inaondoka bandari ya zamani saa nne na nusu.",
]
# Llama 3's 256 control tokens, in order, from id 128,000 on.
CONTROL = ["<|begin_of_text|>", "<|end_of_text|>", *(f"<|reserved_special_token_{n}|>" for n in range(4))]
CONTROL += ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
CONTROL += [f"<|reserved_special_token_{n}|>" for n in range(5, 251)]
ENDS = {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}


def train_sentencepiece(path: Path, vocab_size: int = 600, **changes) -> Path:
    """Train a small SentencePiece model of Llama 2's kind (BPE, byte fallback, no normalisation) on TEXT."""
    import sentencepiece

    with open(path, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(TEXT),
            model_writer=file,
            model_type="bpe",
            vocab_size=vocab_size,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            hard_vocab_limit=False,
            num_threads=1,
            minloglevel=2,
            **changes,
        )
    return path


def train_ranks(path: Path, vocab_size: int = 400) -> Path:
    """Train small tiktoken ranks of Llama 3's kind on TEXT: lines of a token in base64 and its rank."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False)
    library.train_from_iterator(TEXT, trainer)
    byte = {char: number for number, char in bytes_to_unicode().items()}
    tokens = sorted(library.get_vocab().items(), key=lambda item: item[1])
    lines = (f"{base64.b64encode(bytes(byte[char] for char in token)).decode()} {rank}\n" for token, rank in tokens)
    path.write_text("".join(lines))
    return path


def make(layout: str, folder: Path, tokenizer: Path, **changes) -> Path:
    """Build a twin in `folder`: `tokenizer` is a SentencePiece model, or tiktoken ranks for the layouts of Llama 3.

    `changes` go to its LlamaConfig.
    """
    folder.mkdir(parents=True)
    if layout in LLAMA2:
        size = _llama2_tokenizer(layout, folder, tokenizer)
        ends = {"bos_token_id": 1, "eos_token_id": 2}
    else:
        size = _llama3_tokenizer(layout, folder, tokenizer)
        ends = {"bos_token_id": size - 256, "eos_token_id": size - 255}
    model = _random_llama(size, **(ends | changes))
    if layout == "bare pickle":
        import torch

        model.config.save_pretrained(folder)
        parts = {name: part.bfloat16() for name, part in model.state_dict().items()}
        for layer in range(model.config.num_hidden_layers):  # transformers of that time saved this buffer too
            parts[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = model.model.rotary_emb.inv_freq
        torch.save(parts, folder / "pytorch_model.bin")
        return folder
    model.save_pretrained(folder, max_shard_size=max(part.nbytes for part in model.state_dict().values()))
    # Llama 2's own generation_config samples; nothing of it may reach a greedy run
    settings = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 9.0, **ends}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    return folder


def _random_llama(vocab_size: int, **changes):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2)
    config = LlamaConfig(vocab_size=vocab_size, max_position_embeddings=1024, **(shape | changes))
    config.initializer_range = 0.3  # far from ties, and not the same token for ever
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return LlamaForCausalLM(config)


def _llama2_tokenizer(layout: str, folder: Path, tokenizer: Path) -> int:
    import sentencepiece

    shutil.copyfile(tokenizer, folder / "tokenizer.model")
    size = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer)).get_piece_size()
    ends = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    if layout == "float32 shards":
        # published beside tokenizer.model; what transformers 5 makes of it is not what is read
        from transformers import LlamaTokenizer

        LlamaTokenizer.from_pretrained(folder).save_pretrained(folder)
        _write(folder / "tokenizer_config.json", ends | {"add_bos_token": True, "add_eos_token": False})
        _write(folder / "special_tokens_map.json", ends)
    if layout == "added pad":
        _write(folder / "added_tokens.json", {"[PAD]": size})
        _write(folder / "tokenizer_config.json", {name: {"content": text} for name, text in ends.items()})
        _write(folder / "special_tokens_map.json", ends | {"pad_token": "[PAD]"})
        size += 1
    return size


def _llama3_tokenizer(layout: str, folder: Path, ranks: Path) -> int:
    text, size = _converted(ranks, ranks.stat().st_mtime_ns)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    ends = ENDS if layout == "no pad" else ENDS | {"pad_token": "<|end_of_text|>"}
    _write(folder / "special_tokens_map.json", ends)
    _write(folder / "tokenizer_config.json", ends | {"tokenizer_class": "PreTrainedTokenizerFast"})
    return size


@cache
def _converted(ranks: Path, changed: int) -> tuple[str, int]:
    """tokenizer.json of tiktoken ranks as published for Llama 3, and how many tokens it has."""
    from tokenizers import processors
    from transformers.convert_slow_tokenizer import TikTokenConverter

    library = TikTokenConverter(str(ranks), extra_special_tokens=CONTROL).converted()
    first = ("<|begin_of_text|>", library.token_to_id("<|begin_of_text|>"))
    library.post_processor = processors.TemplateProcessing(
        single=f"{first[0]} $A", pair=f"{first[0]} $A {first[0]} $B", special_tokens=[first]
    )
    return library.to_str(), library.get_vocab_size()


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
