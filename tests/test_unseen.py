"""unseen: each gain beside its language, whichever side it is on; differences and correlations over languages."""

import math

import pandas as pd
import pytest
from scipy import stats

from llamax_kit.analysis import fertility, gains, groups, unseen
from llamax_kit.data import relatedness


def gained(rows: dict[tuple[str, str], tuple[float, float]]) -> pd.DataFrame:
    """A table of gains of two systems' scores by direction."""
    scores = [
        pd.DataFrame([(name, src, tgt, "spBLEU", both[at]) for (src, tgt), both in rows.items()],
                     columns=["system", "src", "tgt", "metric", "score"])
        for at, name in enumerate(("mine", "theirs"))
    ]  # fmt: skip
    return gains.from_scores(*scores)


TRAINED, UNSEEN = ["de", "sw", "zh", "am"], ["eus_Latn", "fao_Latn", "sin_Sinh"]
TABLE = gained({("en", code): (20.0 - at, 10.0) for at, code in enumerate(TRAINED + UNSEEN)}
               | {(code, "en"): (30.0, 12.0 + at) for at, code in enumerate(TRAINED + UNSEEN)})  # fmt: skip
TEXTS = {"en": "a b", "de": "ab cd", "sw": "a bc", "zh": "中文字", "am": "ሰላም ነ", "eus_Latn": "abcd ef",
         "fao_Latn": "ð b", "sin_Sinh": "සි ං"}  # fmt: skip
WORDS = fertility.fertility(str.encode, {code: [text] for code, text in TEXTS.items()})


def test_a_gain_stands_beside_its_language_on_either_side():
    table = unseen.by_language(TABLE).set_index(["direction", "language"])
    assert len(table) == len(TABLE) and set(table.index.get_level_values(0)) == {"en-X", "X-en"}
    row = table.loc[("X-en", "fao_Latn")]
    assert (row.score, row.baseline_score, row.gain) == (30, 17, 13)
    assert (row.script, row.branch, row.relatedness) == ("Latn", "Indo-European > Germanic", relatedness.RELATED)
    assert table.loc[("en-X", "eus_Latn")].relatedness == relatedness.UNRELATED
    assert list(table["relatedness"].cat.categories) == list(relatedness.KINDS)


def test_fertility_joins_and_n_stays_that_of_the_scores():
    table = unseen.by_language(TABLE, WORDS)
    assert len(table) == len(TABLE) and table["n"].isna().all()  # published scores do not say theirs
    row = table[(table.direction == "en-X") & (table.language == "zh")].iloc[0]
    assert (row.unit, row.tokens_per_word, row.relative_to_english) == ("character", 3, 3)


def test_the_difference_is_that_of_the_two_groups_means():
    found = unseen.differences(unseen.by_language(TABLE)).set_index("direction")
    means = groups.by_group(TABLE, "trained").set_index(["direction", "value"])["gain"]
    for direction in ("en-X", "X-en"):
        row = found.loc[direction]
        assert (row.trained, row.unseen) == (means[direction, "trained"], means[direction, "unseen"])
        assert row.difference == pytest.approx(row.trained - row.unseen)
        assert (row.n_trained, row.n_unseen) == (4, 3)
        assert row.ci_low < row.difference < row.ci_high


def test_with_one_unseen_language_or_none_the_difference_has_no_interval():
    for codes, n in ((["de", "sw", "eus_Latn"], 1), (["de", "sw"], 0)):
        table = gained({("en", code): (20.0 + at, 10.0) for at, code in enumerate(codes)})
        (row,) = unseen.differences(unseen.by_language(table)).itertuples()
        assert row.n_unseen == n and math.isnan(row.ci_low) and math.isnan(row.p)
        assert math.isnan(row.difference) == (n == 0)


def test_a_single_direction_has_its_language():
    (row,) = unseen.by_language(gained({("en", "eus_Latn"): (20.0, 10.0)})).itertuples()
    assert (row.direction, row.language, row.gain) == ("en-X", "eus_Latn", 10)


def test_correlations_are_spearmans_over_languages_whose_figures_compare():
    table = unseen.by_language(TABLE, WORDS)
    found = unseen.correlations(table).set_index(["direction", "measure", "languages"])
    here = table[table.direction == "en-X"]
    assert found.loc[("en-X", "relative_to_english", "all"), "rho"] == pytest.approx(
        stats.spearmanr(here.relative_to_english, here.gain).statistic
    )
    assert found.loc[("en-X", "relative_to_english", "all"), "n"] == 7
    assert found.loc[("en-X", "tokens_per_word", "all"), "n"] == 6  # Chinese characters are no words
    words = here[here.unit == "word"]
    assert found.loc[("en-X", "tokens_per_word", "all"), "rho"] == pytest.approx(
        stats.spearmanr(words.tokens_per_word, words.gain).statistic
    )
    assert found.loc[("X-en", "relative_to_english", "unseen"), "n"] == 3
