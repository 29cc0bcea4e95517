"""Gains by language, beside what is known of each language, and what trained and unseen ones differ by. Draws nothing.

"Trained" are the languages that are named as such, LLaMAX's 102 where none are (`data.training_languages`), "unseen"
the other varieties of FLORES-200: on which of these the authors evaluated was never published. A language counts once
in each direction, "en-X" or "X-en". Averages by trained, script and family are those of `groups`.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from llamax_kit.analysis import groups, language_statistics
from llamax_kit.data import languages, relatedness
from llamax_kit.data.training_languages import LLAMAX

if TYPE_CHECKING:
    from pandas import DataFrame

MEASURES = ("relative_to_english", "tokens_per_word")  # those that compare between languages, the second in part
SCORES = ["system", "baseline", "direction", "language", "metric", "score", "baseline_score", "gain", "ci_low",
          "ci_high", "n"]  # fmt: skip


def by_language(
    gains: "DataFrame", fertility: "DataFrame | None" = None, trained: Collection[str] = LLAMAX.codes
) -> "DataFrame":
    """Set each gain beside what is known of its language: a row a direction, of the language that is not the pivot.

    Columns: system, baseline, direction ("en-X"), language (its code), metric, score, baseline_score, gain, ci_low,
    ci_high, n (sentences), script, those of `relatedness.relatedness`, and those of a fertility table (but its n) if
    one is given. Directions without a pivot have no row (`groups.left_out` lists them).

    Raises UnknownName for a language that the kit does not know.
    """
    import pandas as pd

    scores = groups.assign(gains, "script").rename(columns={"value": "script"})[[*SCORES, "script"]]
    known = relatedness.relatedness(dict.fromkeys(scores["language"]), trained)
    known["relatedness"] = known["relatedness"].astype(pd.CategoricalDtype(relatedness.KINDS, ordered=True))
    if fertility is not None:
        known = known.merge(fertility.drop(columns="n"), on="code", how="left")
    return scores.merge(known.rename(columns={"code": "language"}), on="language", how="left")


def varieties(gains: "DataFrame", trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """List the 204 varieties of FLORES-200: `languages.table`, and kind ("trained" or "unseen") and at_hand.

    at_hand: whether the table of gains has a direction from or into it.
    """
    known = languages.table()
    kind = known["code"].isin(trained).map({True: "trained", False: "unseen"})
    return known.assign(kind=kind, at_hand=known["code"].isin({*gains["src"], *gains["tgt"]}))


def by_relatedness(table: "DataFrame") -> "DataFrame":
    """Average gains by how a language stands to the training languages: direction, relatedness, n, gain, least, most.

    table: of `by_language`; gains in points, n counts languages.
    """
    gain = table.groupby(["direction", "relatedness"], observed=True)["gain"]
    return gain.agg(n="size", gain="mean", least="min", most="max").reset_index()


def differences(table: "DataFrame") -> "DataFrame":
    """Compare the mean gains of trained and unseen languages: a row a direction; the uncertainty is over languages.

    table: of `by_language`. Columns: direction, trained, unseen (mean gains, points), difference, ci_low, ci_high, p,
    n_trained, n_unseen (languages), by `language_statistics.difference`: without interval and p where a group has fewer
    than two languages.
    """
    import pandas as pd

    rows = []
    for direction, group in table.groupby("direction", sort=False):
        trained, unseen = group.loc[group["trained"], "gain"], group.loc[~group["trained"], "gain"]
        rows.append((direction, trained.mean(), unseen.mean(), *language_statistics.difference(trained, unseen)))
    columns = ["direction", "trained", "unseen", "difference", "ci_low", "ci_high", "p", "n_trained", "n_unseen"]
    return pd.DataFrame(rows, columns=columns)


def correlations(table: "DataFrame") -> "DataFrame":
    """Correlate gain with fertility by rank (Spearman): over all languages, over trained ones, over unseen ones.

    table: of `by_language` with a fertility table. Columns: direction, measure, languages, rho, ci_low, ci_high, p, n,
    by `language_statistics.rank_correlation`. Tokens per word are compared only among languages that part words by
    spaces (unit "word"), hence a smaller n.
    """
    import pandas as pd

    comparable = table.assign(tokens_per_word=table["tokens_per_word"].where(table["unit"] == "word"))
    rows = []
    for direction, group in comparable.groupby("direction", sort=False):
        parts = {"all": group, "trained": group[group["trained"]], "unseen": group[~group["trained"]]}
        for measure in MEASURES:
            for name, part in parts.items():
                rows.append(
                    (direction, measure, name, *language_statistics.rank_correlation(part[measure], part["gain"]))
                )
    return pd.DataFrame(rows, columns=["direction", "measure", "languages", *language_statistics.Correlation._fields])
