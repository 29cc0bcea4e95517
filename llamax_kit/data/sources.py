"""What the owners publish, where, and how to know it when it came. Fetches nothing.

FLORES, and the SentencePiece models behind spBLEU at sacreBLEU's own addresses: Goyal et al. (2022), NLLB Team (2022),
CC-BY-SA 4.0. LLaMAX's scores: Lu et al. (2024), MIT, 18 systems at one commit (llamax_results.csv: SHA-256 of each).
"""

import csv
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from llamax_kit.utils.files import sha256

META = "https://dl.fbaipublicfiles.com"
COMMIT = "f3dc61e00b0aa9a42467167c3a729e7228a3f830"  # of github.com/CONE-MT/LLaMAX
LINES = {"dev": 997, "devtest": 1012}  # of every language, in FLORES-101 and FLORES-200
PIECES = 256_000  # in either SentencePiece model behind spBLEU
SAMPLE = "Hello, world! Привет, мир. こんにちは世界。 नमस्ते"  # which the two models cut differently
KNOWN = {  # how each cuts it, piece by piece
    "spm-flores101": "▁Hello , ▁world ! ▁Привет , ▁мир . ▁こんにちは 世界 。 ▁नम स्ते",
    "spm-flores200": "▁Hello , ▁world ! ▁При вет , ▁мир . ▁こ んに ち は世界 。 ▁नम स्ते",
}


class Source(NamedTuple):
    """One thing that the data folder can hold; `sha256` is of what the addresses give, "" where it is not known."""

    name: str
    kind: str  # "corpus", "tokenizer" or "scores"
    place: str  # in the data folder
    addresses: tuple[str, ...]  # none: it may not be fetched without its owner's leave; of "scores": of their folder
    sha256: str
    languages: int = 0  # files in each split of a corpus


SOURCES = (
    Source("flores101", "corpus", "flores101_dataset", (f"{META}/flores101/dataset/flores101_dataset.tar.gz",),
           "49fa80207b09fcc0eca8253ed13303b3a0ae0f16081af862601c73ac76f2cba6", 102),
    Source("flores200", "corpus", "flores200_dataset", (f"{META}/nllb/flores200_dataset.tar.gz",),
           "b8b0b76783024b85797e5cc75064eb83fc5288b41e9654dabc7be6ae944011f6", 204),
    Source("flores_plus", "corpus", "flores_plus", (), ""),
    Source("spm-flores101", "tokenizer", "sacrebleu/models/sacrebleu_tokenizer_spm.model",
           (f"{META}/fairseq/models/flores/sacrebleu_tokenizer_spm.model",), ""),
    Source("spm-flores200", "tokenizer", "sacrebleu/models/flores200sacrebleuspm",
           ("https://tinyurl.com/flores200sacrebleuspm",
            f"{META}/large_objects/nllb/models/spm_200/flores200_sacrebleu_tokenizer_spm.model",
            "https://huggingface.co/facebook/nllb-200-distilled-600M/resolve/main/sentencepiece.bpe.model"),
           "14bb8dfb35c0ffdea7bc01e56cea38b9e3d5efcdcb9c251d6b40538e1aab555a"),
    Source("llamax_results", "scores", "llamax_results",
           (f"https://raw.githubusercontent.com/CONE-MT/LLaMAX/{COMMIT}/experiment_results",), ""),
)  # fmt: skip


def fault(source: Source, path: Path) -> str:
    """Describe what is wrong with what lies at `path`, taken for `source`; "" when nothing is."""
    if source.kind == "tokenizer":
        status = path.stat()
        return _model_fault(source.name, path, status.st_size, changed=status.st_mtime_ns)
    if source.kind == "scores":
        return _scores_fault(path)
    return _release_fault(path, source.languages) if source.languages else ""


@lru_cache
def _model_fault(name: str, path: Path, size: int, *, changed: int) -> str:
    """Describe what is wrong with a SentencePiece file; kept by its `size` and the time it `changed`."""
    import sentencepiece

    try:
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError):
        return f"SentencePiece cannot load its {size} bytes (a cut download?)"
    if pieces.get_piece_size() != PIECES:
        return f"expected {PIECES} pieces, found {pieces.get_piece_size()}"
    cut = " ".join(pieces.encode(SAMPLE, out_type=str))
    return "" if cut == KNOWN[name] else f"it cuts {SAMPLE!r} into {cut!r}, expected {KNOWN[name]!r}"


def _release_fault(path: Path, languages: int) -> str:
    for split, lines in LINES.items():
        files = sorted(path.glob(f"{split}/*.{split}"))
        if len(files) != languages:
            return f"expected {languages} files in {split}/, found {len(files)}"
        for file in files:
            if (came := file.read_bytes().count(b"\n")) != lines:
                return f"expected {lines} lines in {split}/{file.name}, found {came}"
    return ""


@cache
def score_files() -> dict[str, str]:
    """Read which files the authors' scores are: {"Aya-101/comet_score/comet_score.csv": SHA-256, …}, 108 of them."""
    with open(Path(__file__).with_name("llamax_results.csv"), encoding="utf-8", newline="") as file:
        return {row["path"]: row["sha256"] for row in csv.DictReader(file)}


def _scores_fault(path: Path) -> str:
    files = score_files()
    if missing := [name for name in files if not (path / name).is_file()]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return f"expected {len(files)} files, missing is {missing[0]}{more}"
    for name, expected in files.items():
        if (came := sha256(path / name)) != expected:
            return f"{name} is altered: expected SHA-256 {expected[:12]}…, came {came[:12]}…"
    return ""
