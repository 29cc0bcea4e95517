"""paper.recompute: the paper's figures from the released scores, as they were found by hand."""

import pytest

from llamax_kit.paper import printed, recompute, tables

pytestmark = pytest.mark.usefixtures("released")
MODEL, BASE = "LLaMAX2-7B-Alpaca", "LLaMA2-7B-Alpaca"


def verdicts(table):
    return table["verdict"].value_counts().to_dict()


@pytest.mark.parametrize(
    ("apart", "verdict"),
    [(0, "equal"), (-0.005, "equal"), (0.0051, "rounding"), (0.0100, "rounding"), (-0.0102, "differs"),
     (float("nan"), "printed, not recomputable")],
)  # fmt: skip
def test_verdicts(apart, verdict):
    import pandas as pd

    table = recompute.beside(pd.DataFrame({"printed": [20 + apart], "recomputed": [20.0]}))
    assert verdicts(table) == {verdict: 1}


def test_every_cell_of_the_summaries_is_reproduced():
    table = recompute.summaries()
    assert len(table) == 2 * 464 * 3
    assert table["difference"].abs().max() < 0.0062
    counts = table.groupby(["partners", "verdict"]).size().to_dict()
    assert counts == {(101, "equal"): 1362, (101, "rounding"): 30, (85, "equal"): 1362, (85, "rounding"): 30}
    rounded = (table["printed"] - table["recomputed"].round(2)).abs() < 0.005  # ties one way only
    assert rounded.groupby(table["partners"]).sum().to_dict() == {101: 1354, 85: 1351}


def test_the_numbers_of_languages_behind_the_summaries():
    n = recompute.summaries().groupby(["partners", "average"])["n"].agg(lambda each: sorted(set(each))).to_dict()
    assert n == {(101, "all"): [101], (101, "high"): [25, 26], (101, "low"): [75, 76],
                 (85, "all"): [86], (85, "high"): [25, 26], (85, "low"): [60, 61]}  # fmt: skip


def test_table3():
    table = recompute.table3()
    assert verdicts(table) == {"equal": 435, "rounding": 11, "differs": 6, "printed, not recomputable": 112}
    missing = table[table["verdict"] == "printed, not recomputable"]
    assert set(missing["partners"]) == {86}
    wrong = table[table["verdict"] == "differs"]
    assert sorted(set(wrong["system"] + " " + wrong["direction"])) == [
        "Aya-101 X-de", "Aya-101 X-zh", "Aya-23 X-de", "Aya-23 ceb-X",
    ]  # fmt: skip


def test_the_gain_over_llama2_alpaca():
    table = tables.gains(tables.table("table3", True)).set_index("direction")
    table.loc["mean"] = table.mean()
    gain = table["printed_gain"].round(2).to_dict()
    assert gain == {
        "en-X": 13.73, "zh-X": 10.37, "de-X": 12.14, "ne-X": 13.18, "ar-X": 12.98, "az-X": 9.98, "ceb-X": 12.84,
        "X-en": 14.19, "X-zh": 9.07, "X-de": 10.25, "X-ne": 14.44, "X-ar": 13.14, "X-az": 9.64, "X-ceb": 14.38,
        "mean": 12.17,
    }  # fmt: skip
    assert round(table.loc["mean", "gain"], 2) == 12.16
    beside = recompute.beside(table.rename(columns={"printed_gain": "printed", "gain": "recomputed"}))
    assert "differs" not in set(beside["verdict"])


def test_figure1s_counts():
    table = recompute.figure1().set_index(["system", "direction"])
    counts = {system: table.loc[system, "recomputed"].to_list() for system in table.index.levels[0]}
    assert counts[MODEL] == [86, 95, 83, 91]
    assert counts["MADLAD-400-7B-MT"] == [85, 96, 84, 90]
    assert counts["NLLB-200"] == [97, 101, 96, 98]
    assert counts["LLaMA3-8B-Alpaca"] == [68, 84, 58, 63]
    kept = printed.table("figure1").set_index(["system", "direction"])["count"]
    assert (table["recomputed"].reindex(kept.index) == kept).all()
    assert table["drawn"].sum() == 32


def test_figure4_is_of_flores101_where_the_languages_were_seen():
    table = recompute.figure4()
    assert verdicts(table) == {"equal": 4, "printed, not recomputable": 4}
    assert set(table[table["verdict"] == "equal"]["languages"]) == {"seen"}


def test_figure6_and_its_wins_over_gpt4():
    table = recompute.figure6()
    assert verdicts(table) == {"equal": 42}
    assert ((table["gap"] > 0).sum(), round(table["gap"].mean(), 2)) == (13, -2.11)
    assert (table[table["tgt"] == "ne"]["gap"] > 0).all()
    assert (table["gap"] - table["printed_gap"]).abs().max() < 0.0501


def test_figure7_draws_eleven_of_twelve_curves_right():
    table = recompute.beside(tables.means(recompute.figure7()))
    assert verdicts(table) == {"equal": 11, "differs": 1}
    wrong = table[table["verdict"] == "differs"].iloc[0]
    assert (wrong["system"], wrong["direction"]) == (BASE, "zh-X")
    assert (round(wrong["printed"], 3), round(wrong["recomputed"], 2)) == (0.906, 3.80)
    means = table.set_index(["system", "direction"])["recomputed"].round(2)
    assert means["ChineseLLaMA2-Alpaca"].to_list() == [2.31, 6.15]
    assert means["Swallow-7B-Instruct-v0.1"].to_list() == [0.68, 2.19]
    assert means[MODEL].to_dict() == {"zh-X": 14.17, "ja-X": 13.06, "X-zh": 13.53, "X-ja": 15.37}


def test_table6_is_recomputable_where_it_is_direct():
    table = recompute.table6()
    assert verdicts(table[table["route"] == "direct"]) == {"equal": 48}
    assert verdicts(table[table["route"] != "direct"]) == {"printed, not recomputable": 48}
