"""paper.printed, tables: the printed figures load without data, and agree with themselves."""

import pytest

from llamax_kit.data import languages
from llamax_kit.paper import detectors, printed, release, sentences, tables
from llamax_kit.utils.errors import UnknownName

SIZES = {"figure1": 32, "table3": 564, "figure3": 100, "figure4": 8, "table4": 130, "table5": 20, "table6": 104,
         "figure6": 42, "figure7": 1212, "table12": 303, "table13": 303}  # fmt: skip


@pytest.fixture(autouse=True)
def without_data(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", SIZES)
def test_every_table_loads_and_says_where_it_is_from(name):
    table = printed.table(name)
    assert len(table) == SIZES[name]
    assert table.notna().all().all()
    assert table["section"].str.match(r"Section \d|Appendix [A-I]").all()
    assert table["source"].str.contains("Table|Figure|model card").all()


def test_all_tables_are_listed():
    listed = printed.tables()
    assert set(listed["name"]) == set(SIZES) == {path.stem for path in printed.FOLDER.glob("*.csv")} - {"printed"}
    assert listed["what"].str.len().gt(20).all()


def test_unknown_table():
    with pytest.raises(UnknownName, match="unknown printed table 'table33'. Nearest: table3"):
        printed.table("table33")


def test_systems_have_the_names_of_the_release():
    names = set(printed.table("table3")["system"])
    assert names - set(release.systems()) == {"M2M-100-418M", "M2M-100-1.2B", "M2M-100-12B", "Lego-MT"}
    assert set(release.systems()) - names == {"Swallow-7B-Instruct-v0.1"}


def test_table3_is_complete():
    table = printed.table("table3")
    assert not table.duplicated(["system", "direction", "metric"]).any()
    assert table.groupby("system").size().drop("ChineseLLaMA2-Alpaca").eq(28).all()
    assert table.groupby("partners")["system"].nunique().to_dict() == {86: 4, 101: 17}
    assert table["score"].between(0, 100).all()


def test_the_mean_gain_follows_from_printed_table3():
    table = printed.table("table3").query("metric == 'spBLEU'")
    wide = table.pivot(index="direction", columns="system", values="score")
    gain = wide["LLaMAX2-7B-Alpaca"] - wide["LLaMA2-7B-Alpaca"]
    assert (len(gain), round(gain.mean(), 2)) == (14, 12.17)
    assert sorted(gain[gain < 10].index) == ["X-az", "X-zh", "az-X"]


def sums(table, *by) -> dict:
    return table.groupby(list(by), sort=False)["score"].sum().round(2).to_dict()


def test_every_cell_of_table4_is_as_printed():
    """Nothing recomputes it: sums by column and by system, made from the paper, which a typo breaks in two places."""
    table = printed.table("table4")
    assert sums(table, "test", "direction", "metric") == {
        ("TED", "en-X", "COMET"): 794.20, ("TED", "en-X", "spBLEU"): 113.37,
        ("TED", "X-en", "COMET"): 865.22, ("TED", "X-en", "spBLEU"): 161.98,
        ("TICO", "en-X", "COMET"): 642.90, ("TICO", "en-X", "spBLEU"): 132.09,
        ("WMT23", "en-X", "COMET"): 884.80, ("WMT23", "en-X", "spBLEU"): 203.15,
        ("WMT23", "X-en", "COMET"): 938.72, ("WMT23", "X-en", "spBLEU"): 294.01,
    }  # fmt: skip
    rows = sums(table, "system", "metric")
    assert {name: (rows[name, "COMET"], rows[name, "spBLEU"]) for name, _ in rows} == {
        "LLaMA2-7B": (270.55, 33.28), "LLaMA2-13B": (182.10, 2.36), "LLaMA3-8B": (240.92, 23.40),
        "LLaMA2-7B-Alpaca": (324.38, 72.62), "LLaMA2-13B-Alpaca": (340.83, 87.00),
        "LLaMA3-8B-Alpaca": (364.23, 99.32), "PolyLM": (277.52, 49.69), "Yayi2-30B": (320.76, 61.77),
        "TowerInstruct-7B-v0.2": (340.33, 82.10), "Qwen2-7B-Instruct": (346.26, 78.15), "Aya-23": (358.66, 98.47),
        "LLaMAX2-7B-Alpaca": (379.81, 107.93), "LLaMAX3-8B-Alpaca": (379.49, 108.51),
    }  # fmt: skip


def test_figure4s_seen_languages_are_table3s_averages():
    table = printed.table("figure4").query("languages == 'seen'").set_index(["system", "direction"])["score"]
    averages = printed.table("table3").query("metric == 'spBLEU'").set_index(["system", "direction"])["score"]
    assert (table == averages.reindex(table.index)).all()


def test_table6s_direct_columns_are_table3s():
    direct = printed.table("table6").query("route == 'direct' and direction != 'average'")
    both = direct.merge(printed.table("table3"), on=["system", "direction", "metric"])
    assert len(both) == 48
    assert (both["score_x"] == both["score_y"]).all()


def test_figure6s_gaps_follow_from_its_scores():
    table = printed.table("figure6")
    assert (table["llamax2"] - table["gpt4"] - table["gap"]).abs().max() < 0.0501


def test_averages_that_agree():
    averages = detectors.averages().set_index("place")
    for place in ("Table 5", "Table 6"):
        assert set(averages.loc[place, "said"]) == {"equal"}
    table5 = averages.loc["Table 5"]
    assert dict(zip(table5["system"], table5["mean"].round(2), strict=True)) == {
        "LLaMA2-7B-Alpaca": 28.76, "LLaMAX2-7B-Alpaca": 28.30,
    }  # fmt: skip


def test_a_tie_may_be_rounded_either_way():
    """Table 6's 11.19 is the mean 11.185 of its twelve cells."""
    table = detectors.averages().query("place == 'Table 6'").set_index(["system", "route", "metric"])
    row = table.loc["LLaMA3-8B-Alpaca", "through English", "spBLEU"]
    assert (row["printed"], round(row["mean"], 6), row["said"]) == (11.19, 11.185, "equal")


def test_figure3_differs_from_the_card_in_mgsm_alone():
    table = tables.figure3().set_index(["task", "system"])
    assert list(table.index[table["beside_cards"] == "differs"]) == [("MGSM", "LLaMAX2-Task")]
    row = table.loc["MGSM", "LLaMAX2-Task"]
    assert (row["printed"], round(row["from_cards"], 2), row["n"]) == (43.70, 44.28, 10)
    assert set(table["verdict"]) == {"printed, not recomputable"}  # model cards are not the release
    assert table["without_english"].round(1).to_list() == [49.1, 53.8, 69.3, 75.3, 34.9, 41.9]


def test_the_languages_that_cannot_be_detected_are_found():
    assert " ".join(tables.undetectable()) == "ff ha ig kam kea lg ln luo mi ns ny om sn umb wo xh zhtrad zu"


def test_tables_12_and_13_over_all_and_over_the_detectable_languages():
    table = tables.detected().set_index(["table", "system", "languages"]).drop(columns="verdict").round(2)
    ours, theirs, chinese = "LLaMAX2-7B-Alpaca", "LLaMA2-7B-Alpaca", "ChineseLLaMA2-Alpaca"
    assert table.loc["table12", ours, "all"].to_list() == [101, 1.25, 73.53]
    assert table.loc["table12", theirs, "all"].to_list() == [101, 2.56, 31.76]
    assert table.loc["table12", chinese, "all"].to_list() == [101, 42.84, 21.17]
    assert table.loc["table13", ours, "all"].to_list() == [101, 1.05, 73.18]
    assert table.loc["table13", "Swallow-7B-Instruct-v0.1", "all"].to_list() == [101, 69.08, 5.31]
    over83 = table.xs("detectable", level="languages")
    assert set(over83["n"]) == {83}
    assert over83["target_share"].round(1).to_list() == [38.6, 25.8, 89.5, 50.9, 6.5, 89.0]


@pytest.mark.parametrize(("name", "source"), [("table12", "zh"), ("table13", "ja")])
def test_shares_are_of_1012_outputs_in_all_languages(name, source):
    table = printed.table(name)
    trained = {each.code for each in languages.all_languages() if each.trained}
    assert set(table["src"]) == {source}
    assert table.groupby("system")["tgt"].agg(set).eq(trained - {source}).all()
    outputs = table[["source_share", "target_share"]] * 10.12
    assert (outputs - outputs.round()).abs().max().max() < 0.052  # 0.005 % of 1,012, as printed


def test_accuracies_by_language_are_a_score_table_and_their_means_the_printed_ones_but_for_mgsm():
    """Figure 3 has 43.70 for LLaMAX2 on MGSM, the model's card 44.28."""
    said = {"X-CSQA": (16, 50.93, 55.11), "XNLI": (15, 70.62, 76.24), "MGSM": (10, 38.32, 44.28)}
    for task, (n, *means) in said.items():
        table = tables.task_accuracies(task)
        assert list(table.columns) == ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
        assert (table["src"] == table["tgt"]).all() and set(table["metric"]) == {"accuracy"} and len(table) == 2 * n
        assert table.groupby("system")["score"].mean().round(2).to_list() == pytest.approx(means, abs=0.011)
    with pytest.raises(UnknownName, match="unknown task of Figure 3 'xnli'. One of: X-CSQA, XNLI, MGSM"):
        tables.task_accuracies("xnli")


def test_gains_on_tasks_with_and_without_english():
    table = tables.task_gains().set_index("task").round(2)
    assert table["printed"].to_dict() == {"X-CSQA": 4.18, "XNLI": 5.60, "MGSM": 5.38}
    assert table["without_english"].round(1).to_dict() == {"X-CSQA": 4.7, "XNLI": 6.0, "MGSM": 7.0}
    said = sentences.without_english(tables.task_gains())
    assert "MGSM +5.38 as printed, +5.96 from the cards, +6.98 without English" in said
