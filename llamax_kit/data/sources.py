"""What the owners publish, where, and how to know it when it came. Fetches nothing.

FLORES, and the SentencePiece models behind spBLEU at sacreBLEU's own addresses: Goyal et al. (2022), NLLB Team (2022),
CC-BY-SA 4.0. LLaMAX's scores: Lu et al. (2024), MIT, 18 systems at one commit (llamax_results.csv: SHA-256 of each).
Questions: MGSM, Shi et al. (2022), CC-BY 4.0; XNLI, Conneau et al. (2018), CC-BY-NC 4.0, and X-CSQA, Lin et al. (2021),
MIT, each an archive whose SHA-256 `datasets` published; MSVAMP, Chen et al. (2023), of which no checksum is known.
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
    kind: str  # "corpus", "tokenizer", "scores" or "questions"
    place: str  # in the data folder
    addresses: tuple[str, ...]  # none: the kit does not fetch it; of "scores" and of mgsm: of their folder
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
    Source("mgsm", "questions", "mgsm", ("https://raw.githubusercontent.com/google-research/url-nlp/main/mgsm",), ""),
    Source("xnli", "questions", "xnli", (f"{META}/XNLI/XNLI-1.0.zip",),
           "4ba1d5e1afdb7161f0f23c66dc787802ccfa8a25a3ddd3b165a35e50df346ab1"),
    Source("xcsqa", "questions", "xcsqa", ("https://inklab.usc.edu/XCSR/xcsr_datasets.zip",),
           "c45b29ece740643252d5402e76be1e33f96f9d6910053f79e80d39887f10c85e"),
    Source("msvamp", "questions", "msvamp", (), ""),
)  # fmt: skip

MGSM = {  # SHA-256 of each mgsm_<code>.tsv; an outsider's record of mgsm_ja.tsv has the same
    "bn": "6b00bc7cc635547e866989284afa924d789b5affa2eb8de623c385dd943ad977",
    "de": "4dfea30fede44b813e2e496f5f0534049e83c7cc8aed6e00600b30ec62053626",
    "en": "50021d0f28cc957edcb44e7806425b1c7fbd648ddcb9e0a8ec689d10e57d40fa",
    "es": "5bd27ebdf00140cec845c5298dc17715f5cd57d8edda6df1976db40bf3f0750a",
    "fr": "36207c1c03fd7cd3ea491441eb755408199f94e4a647851df531bbaedc99d606",
    "ja": "59a2b50debe77981fd784cb3b2bef1505e3abf2a37116dc9d7a366ab029b4637",
    "ru": "6bd30fd2e80c5bac23f566fb4ae0e6a55a19578401fbf9a01fb21beb3645fef8",
    "sw": "2bac828d77229e65d7c7197b1ad4a2cb5b1fe99b163f2cbdd66501de6a2115c4",
    "te": "dd6b1452c244bb2e4ba254c01ea84137f80c1cefc57d69c23b0ed88b9c0f36b7",
    "th": "f3932dc5ad8e9d0ea82b017adc1e1461dd647af861e7166d6741986602a0cfd6",
    "zh": "b2fa63151022370a0de1f4211c8c284eae74b0f5a3b003b1d5982c0d4a73f661",
}
HELD = {  # what comes of each when it is fetched; who has another layout of it has no need to
    "mgsm": tuple(f"mgsm_{code}.tsv" for code in MGSM),
    "xnli": ("XNLI-1.0/xnli.test.tsv",),
    "xcsqa": ("X-CSR_datasets/X-CSQA/en/dev.jsonl", "X-CSR_datasets/X-CSQA/jap/dev.jsonl"),
}


def fault(source: Source, path: Path) -> str:
    """Describe what is wrong with what lies at `path`, taken for `source`; "" when nothing is."""
    if source.kind == "tokenizer":
        status = path.stat()
        return _model_fault(source.name, path, status.st_size, changed=status.st_mtime_ns)
    if source.kind == "scores":
        return _scores_fault(path)
    if lacking := [name for name in HELD.get(source.name, ()) if not (path / name).is_file()]:
        return f"it holds no {lacking[0]}" + (f" and {len(lacking) - 1} others" if len(lacking) > 1 else "")
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
