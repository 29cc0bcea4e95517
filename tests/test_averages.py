"""Means over directions: by hand, and against the authors' own averages of their per-language scores."""

import math

import pandas as pd
import pytest

from llamax_kit.analysis.groups import averages
from llamax_kit.utils.errors import KitError


def table(*rows, signature="s"):
    columns = ["system", "src", "tgt", "metric", "score"]
    return pd.DataFrame(rows, columns=columns).assign(signature=signature)


def test_a_mean_worked_by_hand():
    rows = [("a", "en", tgt, "spBLEU", score) for tgt, score in (("de", 30.0), ("sw", 20.0), ("eus_Latn", 1.0))]
    (row,) = averages(table(*rows)).itertuples(index=False)
    assert (row.direction, row.high, row.n_high, row.low, row.n_low, row.n) == ("en-X", 30, 1, 20, 1, 3)
    assert row.all == pytest.approx(17)


def test_each_side_of_a_direction_is_a_pivot_and_one_direction_is_no_average():
    scores = table(("a", "en", "de", "spBLEU", 1.0), ("a", "en", "fr", "spBLEU", 3.0), ("a", "sw", "fr", "spBLEU", 5.0))
    found = averages(scores)
    assert dict(zip(found["direction"], found["all"], strict=True)) == {"en-X": 2.0, "X-fr": 4.0}
    assert math.isnan(found["low"][0]) and found["n_low"][0] == 0


def test_a_few_sources_into_a_language_are_no_average_where_each_has_more_targets():
    rows = [("a", src, tgt, "spBLEU", 1.0) for src in ("en", "zh") for tgt in ("de", "fr", "sw")]
    assert list(averages(table(*rows))["direction"]) == ["en-X", "zh-X"]


def test_different_signatures_have_no_common_mean():
    scores = table(("a", "en", "de", "spBLEU", 1.0), ("a", "en", "fr", "spBLEU", 3.0), signature=["s", "t"])
    with pytest.raises(KitError, match="en-X.*signatures.*s and t.*To mend: score"):
        averages(scores)


@pytest.mark.parametrize("system", ["LLaMAX2-7B-Alpaca", "LLaMA2-7B-Alpaca", "NLLB-200"])
def test_the_authors_averages_come_out(data, system):
    """low, high and all of summary_101.csv, from per-language scores: equal but for the rounding of these (0.0062)."""
    folder = data / "llamax_results" / system / "spBLEU_score"
    wide = pd.read_csv(folder / "spBLEU_score.csv", na_values="/").set_index("direct")
    summary = pd.read_csv(folder / "summary_101.csv").set_index("direct")
    rows = []
    for direction, scores in wide.iterrows():
        src, tgt = direction.split("-")
        for code, score in scores.dropna().items():
            rows.append((system, code if src == "x" else src, code if tgt == "x" else tgt, "spBLEU", score))
    means = averages(table(*rows).drop_duplicates()).set_index("direction")
    assert set(means.index) == {direction.replace("x", "X") for direction in wide.index}
    for direction in wide.index:
        found = means.loc[direction.replace("x", "X")]
        for half in ("low", "high", "all"):
            assert abs(found[half] - summary.loc[direction, half]) < 0.0101, (direction, half)
        assert found["n"] == 101
