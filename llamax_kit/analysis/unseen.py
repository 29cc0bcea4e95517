"""Gains by language, with what is known of each language, and how trained and unseen ones differ. Draws nothing.

"Trained" are the languages that are named as such, else LLaMAX's 102 (`data.training_languages`); "unseen" are the
other varieties of FLORES-200. Which of these the authors evaluated was never published. A language counts once in each
direction, "en-X" or "X-en". Averages by trained, script and family are those of `groups`.
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
    """Join each gain with what is known of its language, the one that is not the pivot.

    Parameters
    ----------
    gains : DataFrame
        A table of gains.
    fertility : DataFrame, optional
        A table of `fertility.fertility`.
    trained : collection of str
        Codes of the languages that count as trained.

    Returns
    -------
    DataFrame
        One row per direction: system, baseline, direction ("en-X"), language (code), metric, score, baseline_score,
        gain (points), ci_low, ci_high, n (sentences), script, the columns of `relatedness.relatedness`, and those of
        `fertility` but its n. Directions without a pivot have no row (`groups.left_out` lists them).

    Raises
    ------
    UnknownName
        For an unknown language.
    """
    import pandas as pd

    scores = groups.assign(gains, "script").rename(columns={"value": "script"})[[*SCORES, "script"]]
    known = relatedness.relatedness(dict.fromkeys(scores["language"]), trained)
    known["relatedness"] = known["relatedness"].astype(pd.CategoricalDtype(relatedness.KINDS, ordered=True))
    if fertility is not None:
        known = known.merge(fertility.drop(columns="n"), on="code", how="left")
    return scores.merge(known.rename(columns={"code": "language"}), on="language", how="left")


def varieties(gains: "DataFrame", trained: Collection[str] = LLAMAX.codes) -> "DataFrame":
    """List the 204 varieties of FLORES-200.

    Parameters
    ----------
    gains : DataFrame
        A table of gains.
    trained : collection of str
        Codes of the languages that count as trained.

    Returns
    -------
    DataFrame
        `languages.table` with kind ("trained" or "unseen") and at_hand (whether a direction of `gains` has it).
    """
    known = languages.table().query("flores200 != ''")  # a language that a user added is none of them
    kind = known["code"].isin(trained).map({True: "trained", False: "unseen"})
    return known.assign(kind=kind, at_hand=known["code"].isin({*gains["src"], *gains["tgt"]}))


def by_relatedness(table: "DataFrame") -> "DataFrame":
    """Average gains by how each language is related to the training languages.

    Parameters
    ----------
    table : DataFrame
        A table of `by_language`.

    Returns
    -------
    DataFrame
        direction, relatedness, n (languages), gain (mean, in points), least, most.
    """
    gain = table.groupby(["direction", "relatedness"], observed=True)["gain"]
    return gain.agg(n="size", gain="mean", least="min", most="max").reset_index()


def differences(table: "DataFrame") -> "DataFrame":
    """Compare the mean gains of trained and unseen languages; the uncertainty is over languages.

    Parameters
    ----------
    table : DataFrame
        A table of `by_language`.

    Returns
    -------
    DataFrame
        One row per direction: trained, unseen (mean gains, points), difference, ci_low, ci_high, p, n_trained, n_unseen
        (languages), by `language_statistics.difference`. Without interval and p where a group has fewer than two
        languages.
    """
    import pandas as pd

    rows = []
    for direction, group in table.groupby("direction", sort=False):
        trained, unseen = group.loc[group["trained"], "gain"], group.loc[~group["trained"], "gain"]
        rows.append((direction, trained.mean(), unseen.mean(), *language_statistics.difference(trained, unseen)))
    columns = ["direction", "trained", "unseen", "difference", "ci_low", "ci_high", "p", "n_trained", "n_unseen"]
    return pd.DataFrame(rows, columns=columns)


def correlations(table: "DataFrame") -> "DataFrame":
    """Correlate gain with fertility by rank (Spearman): over all, over trained and over unseen languages.

    Parameters
    ----------
    table : DataFrame
        A table of `by_language` with a fertility table.

    Returns
    -------
    DataFrame
        direction, measure, languages, rho, ci_low, ci_high, p, n, by `language_statistics.rank_correlation`. Tokens per
        word use only languages that write spaces between words (unit "word"), hence a smaller n.
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
