"""The pictures of the paper's tables: what is drawn is what stands in the table, and what is said too."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from llamax_kit.paper import plots, printed, tables
from llamax_kit.reporting.plots import style
from llamax_kit.utils.errors import KitError


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(scope="module")
def table3():
    table = tables.table("table3", False)
    return table[table["metric"] == "spBLEU"].assign(score=lambda rows: rows["value"])


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_table_3_has_a_cell_for_every_figure_and_the_best_in_bold(table3, ax):
    plots.systems(table3, ax, "Table 3, as printed")
    assert ax.get_title().startswith("Table 3, as printed\n") and ax.get_title().endswith("bold: the best over n")
    assert len(ax.texts) == len(table3) == 282  # 20 systems x 14 directions, and the 2 of ChineseLLaMA2-Alpaca
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    best = table3.groupby("direction", sort=False)["score"].max()
    assert sorted(bold) == sorted(f"{score:.1f}" for score in best)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert "M2M-100-12B (86)" in rows and "NLLB-200" in rows
    assert ax.get_xticklabels()[0].get_text() == "en-X\nn=101"


def test_a_table_of_two_metrics_is_refused(ax):
    both = tables.table("table3", False).assign(score=1.0)
    with pytest.raises(KitError, match="one picture shows one metric"):
        plots.systems(both, ax, "")


def test_the_best_of_each_direction_is_said(table3, ax):
    said = plots.systems(table3, ax, "Table 3, as printed")
    assert said.startswith("Table 3, as printed: mean spBLEU of 21 systems. Best: en-X NLLB-200 (31.8)")
    assert "X-zh Aya-101 (22.5)" in said


def test_a_mean_that_may_not_be_compared_is_never_the_best(ax):
    rows = [("NLLB-200", 30.0, 2, True), ("few", 50.0, 1, True), ("mine", 99.0, 2, False)]
    table = pd.DataFrame(rows, columns=["system", "score", "partners", "comparable"])
    table = table.assign(direction="en-X", metric="spBLEU")
    said = plots.systems(table, ax, "title")
    assert [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"] == ["30.0"]
    assert ax.get_title().replace("\n", " ").endswith("bold: the best that may be compared over n")
    assert said.endswith("Best: en-X NLLB-200 (30.0).")


def test_a_change_shows_its_difference_and_a_loss_is_dotted(ax):
    table = pd.DataFrame({"label": ["MMLU", "NQ"], "one": [44.22, 24.32], "two": [44.60, 23.21]})
    said = plots.change(table, ax, "one", "two", title="Two tests")
    assert texts(ax) == ["+0.38", "−1.11"]
    assert [line.get_linestyle() for line in ax.lines] == ["-", ":"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["MMLU", "NQ"]
    assert said == "Two tests. From one to two: MMLU 44.2 to 44.6; NQ 24.3 to 23.2."


@pytest.mark.parametrize("points, said", [(12.174, "+12.17"), (-1.114, "−1.11"), (-0.001, "0.00"), (0.001, "0.00")])
def test_a_difference_has_one_minus_and_nothing_has_no_sign(points, said):
    assert style.signed(points) == said


def test_counts_are_drawn_where_they_are_counted(ax):
    dots = tables.sides(tables.table("figure1", False))
    said = plots.counts(dots, ax)
    drawn = {round(float(x)) for each in ax.collections if hasattr(each, "get_sizes") for x in each.get_offsets()[:, 0]}
    assert drawn >= {95, 86, 91, 83, 0, 42} and len(ax.get_yticks()) == 8
    assert "LLaMAX2-7B-Alpaca English 95 into, 86 from" in said


def test_differences_run_from_source_to_target_by_the_papers_order(ax):
    table = tables.table("figure6", False)
    said = plots.differences(table, ax, "gap", title="title")
    codes = [label.get_text() for label in ax.get_xticklabels()]
    assert codes == ["en", "zh", "de", "ne", "ar", "az", "ceb"] == [label.get_text() for label in ax.get_yticklabels()]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(cells) == 42 and cells[0.5, 2.5] == "−9.68"  # en to de
    assert said == ("13 of 42 differences above zero, mean −2.11; lowest −9.7 (en-de), highest +4.7 (de-ne).")


def test_what_cannot_be_detected_is_a_cross_and_in_no_mean(ax):
    table = tables.shares().query("table == 'table12'").assign(label=lambda rows: rows["system"])
    said = plots.strips(table, ax, "target_share", title="title", unit="per cent")
    assert texts(ax) == ["38.6", "25.8", "89.5"]  # means over 83; over all 101 they are 31.8, 21.2, 73.5
    dots, crosses = ax.collections[0], ax.collections[1]
    assert (len(dots.get_offsets()), len(crosses.get_offsets())) == (83, 18)
    assert "LLaMAX2-7B-Alpaca mean 89.5 over 83 languages" in said


def test_a_system_has_one_colour_in_all_pictures_of_the_paper(ax):
    first, colours = ("LLaMAX2-7B-Alpaca", "LLaMA2-7B-Alpaca"), {}
    table = printed.table("table12").assign(label=lambda rows: rows["system"], counted=True)
    plots.strips(table, ax, "target_share", title="title", unit="per cent")
    for name, dots in zip(dict.fromkeys(table["system"]), ax.collections[::2], strict=True):
        colours[name] = tuple(dots.get_facecolor()[0][:3])
    ax.clear()
    rows = pd.DataFrame({"label": ["en-X"], first[1]: [9.44], first[0]: [23.17]})
    plots.change(rows, ax, first[1], first[0], title="title")
    before, after = (tuple(dots.get_facecolor()[0][:3]) for dots in ax.collections)
    assert (colours[first[1]], colours[first[0]]) == (before, after)
    assert len(set(colours.values())) == 3


@pytest.mark.parametrize("draw", [
    lambda rows, ax: plots.change(rows, ax, "printed", "value", title=""),
    lambda rows, ax: plots.counts(rows, ax),
    lambda rows, ax: plots.differences(rows, ax, "gap", title=""),
    lambda rows, ax: plots.strips(rows, ax, "value", title="", unit=""),
    lambda rows, ax: plots.systems(rows, ax, ""),
])  # fmt: skip
def test_nothing_to_draw_is_refused(draw, ax):
    with pytest.raises(KitError, match="nothing to draw"):
        draw(tables.table("table3", False).iloc[:0], ax)


def mine() -> pd.DataFrame:
    rows = [("en", "de", "clean", 30.0, 60.0), ("en", "de", "paper", 29.0, 60.0),
            ("en", "sw", "clean", 12.0, 5.0), ("en", "sw", "paper", 11.0, 5.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["src", "tgt", "reading", "score", "authors"])
    table = table.assign(ci_low=table["score"] - 1, ci_high=table["score"] + 1, n=1012)
    return table.assign(difference=table["score"] - table["authors"])


def test_mine_and_theirs_stand_in_one_row_the_furthest_behind_first(ax):
    plots.beside(mine(), ax, "run:mine (FLORES-200, not comparable)", theirs="NLLB-200")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["en-de", "en-sw"]
    authors = ax.collections[-1].get_offsets()
    assert authors.tolist() == [[60.0, 0.0], [5.0, 1.0]]
    assert len(ax.get_legend().get_texts()) == 3
    title = "run:mine (FLORES-200, not comparable) and NLLB-200, n = 1,012 sentences per direction "
    assert ax.get_title().replace("\n", " ") == title + "by difference, the furthest behind first"


def test_mine_less_theirs_is_said_in_the_clean_reading(ax):
    said = plots.beside(mine(), ax, "run:mine", theirs="NLLB-200")
    assert said == ("run:mine less NLLB-200 in 2 directions: mean −11.50 spBLEU points, from −30.00 (en-de) "
                    "to +7.00 (en-sw).")  # fmt: skip
