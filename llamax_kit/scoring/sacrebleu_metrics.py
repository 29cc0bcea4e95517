"""sacreBLEU's metric objects, one of each kept: BLEU over SentencePiece pieces, and chrF++.

sacreBLEU itself would download the two SentencePiece models that it knows. Here it gets a model that was checked (see
`downloads`), so that the kit's own model and a user's go the same way. Computes no score.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import downloads
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer, sha256

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

NAMES = ("flores101", "flores200", "cldr")
CLDR = Path(__file__).with_name("cldr.model")  # trained on the kit's own CLDR phrases


class Named(NamedTuple):
    """A metric of sacreBLEU and the name under which its scores go into tables."""

    name: str
    metric: "Metric"
    pieces: "Pieces | None" = None  # BLEU's, whose sentences `counts` counts fast; without, sacreBLEU counts itself


class Pieces:
    """What sacreBLEU asks of a tokenizer, by a SentencePiece model."""

    def __init__(self, path: Path, signature: str):
        from sentencepiece import SentencePieceProcessor

        refuse_pointer(path)
        try:
            self.encode = SentencePieceProcessor(model_file=str(path)).encode
        except (OSError, RuntimeError) as error:
            raise KitError(
                f"{path} is no SentencePiece model: its {path.stat().st_size} bytes cannot be loaded. "
                f"To mend: name a .model file that SentencePiece wrote, or one of {', '.join(NAMES)}"
            ) from error
        self._signature = signature

    def __call__(self, line: str) -> str:
        return " ".join(self.encode(line, out_type=str))

    def signature(self) -> str:
        return self._signature


def spbleu(tokenize: str) -> Named:
    """Return BLEU over the pieces of a model: "flores101" is spBLEU; any other name or path is in its metric's name.

    "flores200" gives spBLEU-flores200, "cldr" gives spBLEU-cldr with `tok:cldr-<8 digits of its SHA-256>`, and
    "my/swahili.model" gives spBLEU-swahili with `tok:swahili-<8 digits>`: models differ under one file name.

    Raises UnknownName for what is neither a name nor a file, KitError for a file that is no model.
    """
    path = _own(tokenize) or downloads.tokenizer(tokenize)
    status = path.stat()
    return _spbleu(str(tokenize), path.resolve(), status.st_size, changed=status.st_mtime_ns)


def available() -> list[str]:
    """List the named tokenizers that are on this machine: "cldr" always, the others where they were fetched."""
    here = {each.name for each in downloads.inventory() if each.found}
    return [name for name in NAMES if name == "cldr" or f"spm-{name}" in here]


def check(tokenize: str) -> None:
    """Check that `spbleu` takes this, without sacreBLEU and without fetching. Raises as it does."""
    if path := _own(tokenize):
        Pieces(path, "")


def tokenizer(signature: str) -> str:
    """Return the tokenizer that a signature names, as `spbleu` takes it: of "…|tok:flores101|…" it is "flores101".

    A model of one's own is named as in the signature, "swahili-0a1b2c3d"; other metrics than BLEU name none, "".
    """
    found = re.search(r"\btok:([^|]*)\|smooth:", signature)
    named = found[1] if found else ""
    return "cldr" if named == f"cldr-{sha256(CLDR)[:8]}" else named


@lru_cache
def chrf() -> Named:
    """Return chrF++: character n-grams up to 6 and word n-grams up to 2 (Popović, 2017)."""
    from sacrebleu.metrics import CHRF

    return Named("chrF++", CHRF(word_order=2))


@lru_cache(maxsize=8)  # a second object for the same model costs its memory again
def _spbleu(tokenize: str, path: Path, size: int, *, changed: int) -> Named:
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize="none", force=True)
    name, signature = _names(tokenize, path)
    metric.tokenizer = Pieces(path, signature)
    metric.tokenizer_signature = metric.tokenizer.signature()
    metric.num_refs = 1  # for the signature: sacreBLEU itself notes it when it reads references
    return Named(name, metric, metric.tokenizer)


def _own(tokenize: str) -> Path | None:
    """Find a model that is the kit's or the user's; None for those that sacreBLEU knows."""
    if tokenize in ("flores101", "flores200"):
        return None
    path = CLDR if tokenize == "cldr" else Path(tokenize).expanduser()
    if not path.is_file():
        remedy = f"one of {', '.join(NAMES)}, or a SentencePiece .model file"
        raise UnknownName("tokenizer", given=tokenize, choices=NAMES, remedy=remedy)
    return path


def _names(tokenize: str, path: Path) -> tuple[str, str]:
    """Name the metric and its tokenizer; only sacreBLEU's own models may go without a hash."""
    if tokenize in ("flores101", "flores200"):
        return ("spBLEU" if tokenize == "flores101" else "spBLEU-flores200"), tokenize
    stem = re.sub(r"[^\w.+-]+", "_", path.stem)  # "|" and ":" part a signature
    signature = f"{stem}-{sha256(path)[:8]}"
    taken = stem in NAMES and path != CLDR.resolve()
    return f"spBLEU-{signature if taken else stem}", signature
