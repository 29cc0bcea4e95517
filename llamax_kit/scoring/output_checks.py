"""What a score does not say: how many outputs are empty, copied, cut or in another script, and what they look like.

Judges no language: text in the right script may still be in the wrong language. Shows nothing (see `reporting`).
"""

from typing import TYPE_CHECKING

from llamax_kit.data.reasoning import reasons
from llamax_kit.data.scripts import script
from llamax_kit.data.translations import KEYS, check
from llamax_kit.scoring import sacrebleu_metrics, spbleu
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame


def shares(translations: "DataFrame") -> "DataFrame":
    """Count what the outputs are: a row a system and direction, in the table's order, shares of its n sentences (0–1).

    Columns: system, src, tgt, n, empty (nothing but white space), copy (of the source, white space aside), length (cut
    at the limit of new tokens; missing where that is not known), other_script (most letters in another script than most
    of the reference's, from three letters on), and, where there is any, reasoning (cut, or markers of it left).

    Raises KitError for a table that cannot be scored (`translations.check`).
    """
    check(translations)
    finish = translations["finish"] if "finish" in translations else ""
    cut = translations["reasoning"].fillna("") if "reasoning" in translations else ""
    left = translations["hypothesis"].map(reasons) & ~translations["source"].map(reasons)
    reasoning = (cut != "") | left
    texts = list(translations[["hypothesis", "source", "reference"]].itertuples(index=False, name=None))
    marked = translations[KEYS].assign(
        n=1,
        empty=[not text.strip() for text, _, _ in texts],
        copy=[text.split() == source.split() != [] for text, source, _ in texts],
        length=finish == "length",
        known=finish != "",
        other_script=["" != script(text) != script(reference) != "" for text, _, reference in texts],
        **({"reasoning": reasoning} if reasoning.any() else {}),
    )
    counts = marked.groupby(KEYS, sort=False).sum().reset_index()
    counts["length"] = counts["length"].astype(float).where(counts["known"] == counts["n"])
    for name in counts.columns.difference([*KEYS, "n", "known"]):
        counts[name] = counts[name] / counts["n"]
    return counts.drop(columns="known")


def examples(translations: "DataFrame", best: int = 3, *, worst: int = 3, tokenize: str = "flores101") -> "DataFrame":
    """Pick the sentences with the best and the worst scores of each system and direction, the extremes outermost.

    Columns: system, src, tgt, rank ("best" or "worst"), index, metric, score, source, reference, hypothesis, and
    reasoning where the table has it. Scores are `spbleu.sentence_scores`; of equal ones the first are picked.

    Raises KitError for a negative number or a table that cannot be scored, UnknownName for a tokenizer.
    """
    import pandas as pd

    if min(best, worst) < 0:
        raise KitError(f"expected how many examples to pick, got best={best}, worst={worst}. To mend: 0 or more")
    ordered, parts = check(translations), []
    for _, rows in ordered.groupby(KEYS, sort=False):
        points = spbleu.sentence_scores(list(rows["hypothesis"]), list(rows["reference"]), tokenize)
        ranked = rows.reset_index(drop=True).assign(score=points, metric=sacrebleu_metrics.spbleu(tokenize).name)
        top = ranked.sort_values("score", ascending=False, kind="stable").head(best)
        bottom = ranked.drop(top.index).sort_values("score", kind="stable").head(worst)
        parts += [top.assign(rank="best"), bottom.iloc[::-1].assign(rank="worst")]
    columns = [*KEYS, "rank", "index", "metric", "score", "source", "reference", "hypothesis"]
    columns += ["reasoning"] * ("reasoning" in translations)
    return pd.concat(parts, ignore_index=True)[columns]
