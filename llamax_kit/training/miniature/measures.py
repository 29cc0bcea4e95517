"""What the four models of notebook 10 can do: bits per byte, translations, mean scores, gains, a control, seeds.

Trains nothing. Every function that asks for `role` takes what `roles.roles` returns.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.analysis import gains, groups
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks.translation import translate
from llamax_kit.training import losses
from llamax_kit.training.cldr.phrases import SIZES
from llamax_kit.training.corpus import mixture
from llamax_kit.training.miniature.roles import ADDED, BASE, HELD_OUT, codes
from llamax_kit.training.miniature.seeds import control, like, over_seeds
from llamax_kit.training.miniature.shipped import NAMES

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["answers", "asked_of_all", "beside_copying", "between", "bits", "control", "directions", "like", "mean_bits",
           "means", "over_control", "over_seeds", "record", "summary", "within_base"]  # fmt: skip

DECODING = "greedy max_new_tokens:160"
BEFORE, AFTER = NAMES[:2]
TO_ENGLISH = "en-X", "X-en"


def bits(models: Mapping[str, Path], corpus: Corpus, role: Mapping[str, str]) -> "DataFrame":
    """Measure the bits per byte of each language before and after continual pre-training: a row a language.

    Columns: language, mini-llama, mini-llamax, group (its role), trained, n (phrases).
    """
    import pandas as pd

    tables = [losses.by_language(models[name], corpus, names=True).set_index("code") for name in (BEFORE, AFTER)]
    group = [role[code] for code in tables[0].index]
    values = {name: each.bits_per_byte for name, each in zip((BEFORE, AFTER), tables, strict=True)}
    known = {"group": group, "trained": [each != HELD_OUT for each in group], "n": tables[0].n}
    return pd.DataFrame({"language": tables[0].index} | values | known)


def mean_bits(bits: "DataFrame") -> "DataFrame":
    """Average the bits per byte over each role's languages; English, which is also among its own, has a row first."""
    import pandas as pd

    means = bits.groupby("group", sort=False)[[BEFORE, AFTER]].mean().reset_index()
    english = bits[bits.language == "en"].assign(group="English")[means.columns]
    return pd.concat([english, means])


def directions(role: Mapping[str, str]) -> list[tuple[str, str]]:
    """List the directions of the test: from English into every other language, and back."""
    return [pair for code in [*role][1:] for pair in (("en", code), (code, "en"))]


def between(role: Mapping[str, str]) -> list[tuple[str, str]]:
    """List the directions between the second language of `base` and each added one."""
    second = codes(role, BASE)[1]
    return [pair for code in codes(role, ADDED) for pair in ((second, code), (code, second))]


def answers(
    folder: Path, models: Mapping[str, Path], corpus: Corpus, role: Mapping[str, str], *, sentences: int, ledger: Path
) -> "dict[str, DataFrame]":
    """Translate with all four models and with `copy`: tables of translations, by name.

    Tuned models get the Alpaca prompt, and the directions `between` as well; the others a quarter of the phrases, each
    begun as a pair begins in training (written to folder/pair.txt). sentences: of each direction, 0 for all.
    """
    pair = folder / "pair.txt"
    pair.write_text(mixture.NAMED_PAIR + "{source}\n", encoding="utf-8", newline="\n")
    english, more, few = directions(role), between(role), -(-(sentences or SIZES["devtest"]) // 4)
    found = {}
    for name, place in models.items():
        ways, prompt, most = (english + more, "alpaca", sentences) if _tuned(name) else (english, str(pair), few)
        engine = open_engine(str(place))
        found[name] = translate(engine, corpus, ways, prompt, DECODING, most, ledger, progress=False)
    copied = translate(open_engine("copy"), corpus, english + more, "alpaca", sentences=sentences, progress=False)
    return found | {"copy": copied}


def _tuned(name: str) -> bool:
    return name.endswith("alpaca")


def record(answers: "Mapping[str, DataFrame]") -> dict:
    """Return what the run's record says of its four models: model, prompt and training languages of each, decoding."""
    told = {name: each.attrs["record"] for name, each in answers.items() if name in NAMES}
    own = ("model", "prompt", "training_languages")
    systems = {name: {fact: each[fact] for fact in own} for name, each in told.items()}
    return {"systems": systems, "decoding": told[BEFORE]["decoding"]}


def asked_of_all(translations: "DataFrame") -> "DataFrame":
    """Keep the phrases that every model was asked for: those of the untuned ones."""
    return translations.merge(translations[translations.system == BEFORE][["src", "tgt", "index"]])


def means(scores: "DataFrame", role: Mapping[str, str]) -> "DataFrame":
    """Average scores from and into English over each role's languages, with a column a model; points."""
    table = _placed(scores, role)
    table = table.pivot_table(index=["languages", "direction"], columns="system", values="score", sort=False)
    return table[["copy", *NAMES]].reset_index()


def beside_copying(scores: "DataFrame", role: Mapping[str, str]) -> "DataFrame":
    """Count where the tuned models score below copying the source, which translates nothing: a row a role and way.

    Columns: languages (a role), direction, n (languages), and for both models how many of them are below. Directions
    without English are left out.
    """
    table, rows = _placed(scores[scores.src.eq("en") | scores.tgt.eq("en")], role), ["languages", "direction"]
    wide = table.pivot_table(index=[*rows, "src", "tgt"], columns="system", values="score", sort=False)
    below = wide[[*NAMES[2:]]].lt(wide["copy"], axis="index")
    counts = below.groupby(rows, sort=False).agg(["size", "sum"])
    counts = counts.loc[:, [(NAMES[2], "size"), *((name, "sum") for name in NAMES[2:])]]
    return counts.set_axis(["n", *NAMES[2:]], axis="columns").reset_index()


def _placed(scores: "DataFrame", role: Mapping[str, str]) -> "DataFrame":
    """Add the role of the language on English's other side, and the direction."""
    other = scores.src.where(scores.src != "en", scores.tgt)
    return scores.assign(languages=other.map(dict(role)), direction=[TO_ENGLISH[src != "en"] for src in scores.src])


def within_base(table: "DataFrame", role: Mapping[str, str]) -> "Series":
    """Return for each row (src, tgt) whether both of its languages were pre-trained."""
    base = codes(role, BASE)
    return table.src.isin(base) & table.tgt.isin(base)


def summary(systems: Sequence[str], new: "DataFrame", role: Mapping[str, str]) -> "DataFrame":
    """Average gains by relatedness, as `groups.by_group`: those of `new`, and of the added languages in `between`.

    systems: the tuned model and its baseline, as `gains.pair` takes them; new: gains from and into English.
    """
    import pandas as pd

    second, ways = codes(role, BASE)[1], between(role)
    parts = [groups.by_group(new, "relatedness", codes(role))]
    if ways:
        others = gains.gains(gains.pair(*systems, directions=" ".join(map("-".join, ways))))
        others = groups.by_group(gains.verdicts(others), "relatedness", codes(role))
        parts.append(others.query("value == 'trained'"))
    found = pd.concat(parts, ignore_index=True)
    return found[found.direction.isin([*TO_ENGLISH, f"{second}-X", f"X-{second}"])]


def over_control(system: str, new: "DataFrame", *, control: str, role: Mapping[str, str]) -> "DataFrame":
    """Average what a tuned model gained over that of the run `control`, in the directions of `new`, by relatedness."""
    table = gains.gains(gains.pair(system, f"{control}:{NAMES[3]}")).merge(new[["src", "tgt"]])
    found = groups.by_group(gains.verdicts(table), "relatedness", codes(role))
    found = found.drop(columns=["group", "least", "most"])
    return found[found.direction.isin(TO_ENGLISH)]
