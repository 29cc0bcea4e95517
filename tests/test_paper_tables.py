"""tables, sentences: gains of one released system over another, language by language, from scores alone."""

import pytest

from llamax_kit.analysis import groups
from llamax_kit.data import sources
from llamax_kit.paper import recompute, release, sentences, tables
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots.style import sizes
from llamax_kit.utils.errors import UnknownName

PAIR = recompute.MODEL, recompute.BASELINE


def test_gains_by_language_have_no_test_and_average_to_the_authors_own_figures(released):
    table = tables.by_language(*PAIR)
    assert set(table["note"]) == {"published score, no test"} and set(table["verdict"]) == {"not tested"}
    assert table[["ci_low", "ci_high", "p", "p_holm", "q", "n"]].isna().all(axis=None)
    assert not table.duplicated(["src", "tgt"]).any()
    authors = release.summaries().query("metric == 'spBLEU' and partners == 101")
    authors = authors.set_index(["system", "direction"])[["low", "high", "all"]]
    english = table[(table["src"] == "en") | (table["tgt"] == "en")]
    means = groups.by_group(english, "split").set_index(["direction", "value"])
    for direction in ("en-X", "X-en"):
        for value in ("low", "high", "all"):
            theirs = authors.loc[PAIR[0], direction][value] - authors.loc[PAIR[1], direction][value]
            assert means.loc[direction, value]["gain"] == pytest.approx(theirs, abs=0.0101)
    assert list(means["n"]) == [25, 76, 101] * 2


def test_a_direction_between_two_pivots_counts_once(released):
    table = tables.by_language(*PAIR)  # eight pivots both ways: 56 directions stand in two rows
    assert len(table) == 16 * 101 - 8 * 7
    seven = tables.by_language("LLaMAX3-8B-Alpaca", "LLaMA3-8B-Alpaca")
    assert len(seven) == 14 * 101 - 7 * 6


def test_around_one_pivot_is_around_english_unless_a_system_was_not_scored_there(released):
    table = tables.around_one_pivot(tables.by_language(*PAIR))
    assert len(table) == 202 and ((table["src"] == "en") | (table["tgt"] == "en")).all()
    swallow = tables.around_one_pivot(tables.by_language("Swallow-7B-Instruct-v0.1", "LLaMA2-7B-Alpaca"))
    assert len(swallow) == 202 and ((swallow["src"] == "ja") | (swallow["tgt"] == "ja")).all()


def test_the_sentence_says_what_the_table_holds(released):
    table = tables.by_language(*PAIR)
    said = sentences.by_language(table)
    assert "is above LLaMA2-7B-Alpaca in 1,537 of the 1,560 directions around en ar az ceb de ja ne zh." in said
    assert "(en-mt)" in said and (table["gain"] > 0).sum() == 1537


def test_a_loss_on_average_is_said_as_a_difference(released):
    said = sentences.by_language(tables.by_language(PAIR[0], "NLLB-200"))
    assert "in 43 of the 1,372 directions" in said and "The mean difference is −7.03 points" in said


@pytest.mark.parametrize("baseline, lacks, n, directions", [
    ("NLLB-200", "NLLB-200", 188, "ja-X X-ja"),
    ("ChineseLLaMA2-Alpaca", "ChineseLLaMA2-Alpaca", 1358, "en-X X-en de-X X-de"),
])  # fmt: skip
def test_directions_that_one_system_lacks_are_said_by_pivot(released, baseline, lacks, n, directions):
    """1,560 directions of LLaMAX2 around eight pivots, of which NLLB-200 has seven, and ChineseLLaMA2 one."""
    table = tables.lacking(PAIR[0], baseline)
    (row,) = table.itertuples()
    assert (row.lacks, row.n) == (lacks, n) and row.directions.startswith(directions)
    assert len(tables.by_language(PAIR[0], baseline)) + n == 1560
    said = f"Left out, because {lacks} has no score: {n:,} directions, {directions}"
    assert sentences.left_out(table).startswith(said)
    assert tables.lacking(baseline, PAIR[0]).equals(table)  # whichever is named first


def test_nothing_left_out_is_said_too(released):
    assert sentences.left_out(tables.lacking(*PAIR)) == "Both systems have all of these: none is left out."


def test_its_pictures_say_that_nothing_was_tested_and_how_many_directions_they_show(released):
    import matplotlib.pyplot as plt

    table = tables.by_language(*PAIR)
    into = table[table["tgt"] == "en"]
    figure, ax = plt.subplots()
    said = plots.gains(into, ax)
    assert ax.get_title().endswith("n = 101 directions")
    assert sizes(table) == "n = 1,560 directions" and sizes(table[:1]) == "n = 1 direction"
    assert any("no interval, no test" in each.get_xlabel() for each in figure.axes)
    assert "101 not tested" in said
    plt.close(figure)


def test_a_system_that_was_not_released_is_refused_with_the_nearest(released):
    with pytest.raises(UnknownName, match="'LLaMAX2-7B'.*LLaMAX2-7B-Alpaca"):
        tables.by_language("LLaMAX2-7B", PAIR[1])


def test_a_table_as_printed_says_whether_the_release_has_any_of_it():
    assert set(tables.as_printed("table4")["verdict"]) == {recompute.MISSING}
    figure4 = tables.as_printed("figure4").pivot(index=["direction", "languages"], columns="system", values="score")
    gain = (figure4[PAIR[0]] - figure4[PAIR[1]]).round(2)
    assert (gain["en-X", "unseen"], gain["X-en", "unseen"]) == (8.40, 10.25)
    assert set(tables.as_printed("figure4")["verdict"]) == {tables.NOT_READ}


def test_only_columns_that_say_something_are_shown(released):
    facts = ["system", "route", "direction", "metric", "printed"]
    assert tables.filled(tables.table("table6", False)) == facts
    assert tables.filled(tables.table("table6", True)) == [*facts, "recomputed", "difference", "verdict"]


def test_verdicts_are_counted_by_metric_and_kind_of_average(released):
    table = tables.verdicts(tables.table("summaries", True), ["metric", "partners"])
    assert list(table) == ["metric", "partners", "verdict", "cells", "largest"]
    assert table["cells"].to_list() == [677, 19, 676, 20, 685, 11, 686, 10] and table["cells"].sum() == 2784


def test_a_record_says_which_figures_were_read():
    assert tables.published(False) == {"printed": "arXiv 2407.05975v2", "release": None}
    assert tables.published(True)["release"] == sources.COMMIT


def test_the_best_system_that_is_no_llamax_is_named_for_each_test():
    table = tables.as_printed("table4").query("metric == 'spBLEU' and test == 'WMT23'")
    said = sentences.best_others(table.pivot_table("score", "system", "direction", sort=False).reset_index())
    assert said.splitlines() == [
        "en-X: LLaMAX2-7B-Alpaca 23.91, the best LLM that is no LLaMAX 27.15 (Aya-23)",
        "X-en: LLaMAX2-7B-Alpaca 30.30, the best LLM that is no LLaMAX 31.21 (Aya-23)",
    ]
