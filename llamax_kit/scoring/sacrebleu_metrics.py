"""sacreBLEU's metrics by name, one object of each kept: spBLEU (BLEU over SentencePiece pieces), chrF++, BLEU.

sacreBLEU itself would download the two SentencePiece models that it knows. Here it gets a model that was checked (see
`downloads`), so that the kit's own model and a user's go the same way. Computes no score.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llamax_kit.data import downloads
from llamax_kit.scoring import ngram_counts
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import refuse_pointer, sha256

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

METRICS = ("spBLEU", "chrF++", "BLEU")  # what a notebook, a table and `named` call them
NAMES = ("flores101", "flores200", "cldr")
CLDR = Path(__file__).with_name("cldr.model")  # trained on the kit's own CLDR phrases


class Named(NamedTuple):
    """A metric of sacreBLEU and the name under which its scores go into tables."""

    name: str
    metric: "Metric"
    count: Callable | None = None  # (systems, references) to each system's statistics; without, sacreBLEU counts
    points: Callable | None = None  # rows of sums to points, all at once; without, sacreBLEU scores row by row


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


def named(metric: str, *, tokenize: str = "flores101") -> Named:
    """Return a metric by its name, one of METRICS; `tokenize` is for spBLEU alone, and goes to `spbleu`.

    Raises UnknownName for another name, and as `spbleu` does.
    """
    return spbleu(tokenize) if _known(metric) == "spBLEU" else chrf() if metric == "chrF++" else bleu()


def listed(metrics: str, *, tokenize: str = "flores101") -> list[Named]:
    """Return several metrics by their names, "spBLEU chrF++", each once. Raises as `check_names` and `spbleu` do."""
    return [named(each, tokenize=tokenize) for each in check_names(metrics)]


def check_names(metrics: str) -> list[str]:
    """Return the names in "spBLEU chrF++", each once. Raises KitError for none, UnknownName for one not in METRICS."""
    if not (names := list(dict.fromkeys(metrics.split()))):
        raise KitError(f"no metric is named. To mend: name some of {', '.join(METRICS)}, with spaces between them")
    return [_known(each) for each in names]


def _known(metric: str) -> str:
    if metric not in METRICS:
        remedy = "use one of these; where several may stand, part them by spaces"
        raise UnknownName("metric", given=metric, choices=METRICS, remedy=remedy)
    return metric


def family(name: str) -> str:
    """Return the metric that a table's name belongs to: of "spBLEU-cldr" it is "spBLEU", of "chrF++" itself."""
    return "spBLEU" if name.startswith("spBLEU") else name


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

    A model of one's own is named as in the signature, "swahili-0a1b2c3d"; other metrics than spBLEU name none, "".
    """
    found = re.search(r"\btok:([^|]*)\|smooth:", signature)
    named = found[1] if found and found[1] != "13a" else ""
    return "cldr" if named == f"cldr-{sha256(CLDR)[:8]}" else named


@lru_cache
def chrf() -> Named:
    """Return chrF++: character n-grams up to 6 and word n-grams up to 2 (Popović, 2017)."""
    from sacrebleu.metrics import CHRF

    metric = CHRF(word_order=2)
    metric.num_refs = 1  # as in `_spbleu`
    count = partial(ngram_counts.chrf_count, metric._remove_punctuation)
    return Named("chrF++", metric, count, ngram_counts.chrf_points)


@lru_cache
def bleu() -> Named:
    """Return BLEU over words (Papineni et al., 2002), cut by sacreBLEU's 13a: at white space and punctuation.

    It says little of languages that write no spaces, where most of a sentence is one word.
    """
    from sacrebleu.metrics import BLEU

    metric = BLEU(force=True)
    metric.num_refs = 1  # as in `_spbleu`

    def encode(texts: list[str], **_) -> list[list[str]]:
        return [metric.tokenizer(text).split() for text in texts]

    return Named("BLEU", metric, partial(ngram_counts.count, encode), ngram_counts.points)


@lru_cache(maxsize=8)  # a second object for the same model costs its memory again
def _spbleu(tokenize: str, path: Path, size: int, *, changed: int) -> Named:
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize="none", force=True)
    name, signature = _names(tokenize, path)
    metric.tokenizer = Pieces(path, signature)
    metric.tokenizer_signature = metric.tokenizer.signature()
    metric.num_refs = 1  # for the signature: sacreBLEU itself notes it when it reads references

    def encode(texts: list[str], **how) -> list[list[str]]:
        return metric.tokenizer.encode(texts, **how)

    return Named(name, metric, partial(ngram_counts.count, encode), ngram_counts.points)


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
