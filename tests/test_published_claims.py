"""Verdicts on claims, the tables as shown, and the sentence said of each: from printed figures and the release."""

import pandas as pd
import pytest

from llamax_kit.errors import KitError, UnknownName
from llamax_kit.published import claims, findings, recompute, retold, shown


@pytest.fixture(scope="module")
def as_printed():
    return claims.claims(False)


@pytest.fixture(scope="module")
def released(data):
    return claims.claims(True)


def verdict(table, claim: str, found: str = ""):
    row = table[table["claim"].str.contains(claim, regex=False) & table["found"].str.contains(found, regex=False)]
    assert len(row) == 1, f"{claim}: {len(row)} rows"
    return row.iloc[0]


def test_each_claim_has_a_place_a_yardstick_figures_and_a_verdict(as_printed):
    assert list(as_printed) == claims.COLUMNS and len(as_printed) == 12
    assert as_printed.notna().all(axis=None) and (as_printed["n"] > 0).all()
    assert as_printed["verdict"].str.match("holds|does not hold|cannot be told").all()


def test_over_ten_points_holds_on_average_and_not_everywhere(as_printed):
    row = verdict(as_printed, "over LLaMA2-Alpaca")
    assert row.verdict == "holds on average, not everywhere" and row.n == 14
    assert row.found == "mean +12.17; 11 of 14 above +10, not az-X +9.98, X-zh +9.07, X-az +9.64"


def test_single_directions_are_counted_in_the_release(released):
    """A plain count over the CSV rows of the two systems: 14 x 101 less the 42 that stand there twice."""
    assert "928 of 1,372 above +10, 1,353 of 1,372 above 0" in verdict(released, "over LLaMA2-Alpaca").found


def test_other_llms_are_decoders_and_aya_is_told_apart(as_printed, released):
    assert verdict(as_printed, "higher than other LLMs", "Qwen2").verdict == "holds on average, not everywhere"
    assert "least +0.01 (X-zh, Qwen2-7B-Instruct)" in verdict(as_printed, "higher than other LLMs", "Qwen2").found
    assert verdict(released, "higher than other LLMs", "-2.61").found.startswith("0 of 14 above, mean -2.61")
    swap = verdict(as_printed, "higher than other LLMs", "-2.61")
    assert swap.found.startswith("1 of 14 above") and "as printed, exchanged" in swap.yardstick  # its swapped columns


def test_ten_points_above_existing_llms_does_not_hold(as_printed):
    row = verdict(as_printed, "existing open-source LLMs")
    assert row.verdict == "does not hold against 5 of 12 LLMs" and "LLaMA3-8B-Alpaca +5.63" in row.found


def test_m2m_is_judged_over_the_same_86_languages_or_not_at_all(as_printed, released):
    assert verdict(as_printed, "M2M-100-12B").verdict.startswith("cannot be told")
    row = verdict(released, "M2M-100-12B")
    assert row.verdict == "holds" and row.found.startswith("12 of 14 above, 0 of 14 more than 1 behind")
    assert "X-de -0.78" in row.found and "same 86 languages" in row.yardstick


@pytest.mark.parametrize("system, above", [("NLLB-200", "0 of 14 above"), ("MADLAD-400-7B-MT", "4 of 14 above")])
def test_the_strongest_translation_models_stay_ahead(as_printed, system, above):
    row = verdict(as_printed, f"strongest translation models: {system}")
    assert row.verdict == f"does not hold against {system}" and row.found.startswith(above)


def test_unseen_general_ability_tasks_and_pivoting(as_printed):
    assert verdict(as_printed, "not seen").found.startswith("en-X +8.40, X-en +10.25")
    general = verdict(as_printed, "general ability")
    assert general.verdict == "holds on average, not everywhere" and "mean 28.76 to 28.30" in general.found
    assert general.found.endswith("lost NQ -1.11, GSM8K -1.82, HumanEval -2.43, MBPP -2.34")
    assert verdict(as_printed, "5 points more than LLaMA2").found.startswith("mean +5.05")
    assert "not X-zh -1.84" in verdict(as_printed, "through English").found


def test_the_verdict_is_of_parts_and_of_their_mean():
    some = pd.Series([True, False])
    assert claims._verdict(some | True, True) == "holds"
    assert claims._verdict(some, True) == "holds on average, not everywhere"
    assert claims._verdict(some, False, " against X") == "does not hold against X"


def test_the_release_is_read_where_it_is_and_asked_for(data, monkeypatch, tmp_path):
    assert shown.read_release("auto") and shown.read_release("yes") and not shown.read_release("no")
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    assert not shown.read_release("auto")
    with pytest.raises(KitError, match="llamax-kit fetch llamax_results"):
        shown.read_release("yes")


def test_another_word_for_the_release_is_refused_with_the_three():
    with pytest.raises(UnknownName, match="'true'. One of: auto, yes, no"):
        shown.read_release("true")


@pytest.mark.parametrize("name, rows", [("table3", 564), ("table6", 96), ("figure1", 32), ("figure4", 8),
                                        ("figure6", 42), ("figure7", 1212)])  # fmt: skip
def test_without_the_release_a_table_shows_what_was_printed(name, rows):
    table = shown.table(name, False)
    assert len(table) == rows and set(table["verdict"]) == {shown.NOT_READ}
    assert table["recomputed"].isna().all() and (table["value"] == table["printed"]).all()
    assert "was not read" in findings.recomputed(table)


@pytest.mark.parametrize("name, found", [("table3", 452), ("table6", 48), ("figure1", 32), ("figure4", 4),
                                         ("figure6", 42), ("figure7", 1212)])  # fmt: skip
def test_with_it_a_table_shows_what_was_recomputed(data, name, found):
    table = shown.table(name, True)
    assert len(table) == len(shown.table(name, False)) and table["recomputed"].notna().sum() == found
    assert table["value"].notna().all()
    assert findings.recomputed(table).startswith(f"{found:,} of {len(table):,} figures recomputed")


def test_a_sentence_on_table_3_counts_what_differs(data):
    said = findings.recomputed(shown.table("table3", True))
    assert said == ("452 of 564 figures recomputed: 435 equal, 11 apart by rounding, 6 different; "
                    "the largest difference is 7.0630 points.")  # fmt: skip


def test_the_mean_gain_is_said_as_printed_and_from_the_scores(data):
    printed = findings.gains(shown.gains(shown.table("table3", False)))
    assert "gains +12.17 spBLEU points over LLaMA2-7B-Alpaca in the mean of 14 printed averages; from +9.07" in printed
    assert "14 printed averages, +12.16 from the released scores" in findings.gains(
        shown.gains(shown.table("table3", True))
    )


def test_the_dots_of_figure_1_are_the_counts():
    dots = shown.sides(shown.table("figure1", False)).set_index(["system", "language"])
    assert tuple(dots.loc[("LLaMAX2-7B-Alpaca", "English"), ["into_it", "from_it"]]) == (95, 86)
    assert tuple(dots.loc[("LLaMAX2-7B-Alpaca", "Arabic"), ["into_it", "from_it"]]) == (91, 83)
    assert "LLaMAX2-7B-Alpaca and MADLAD-400-7B-MT have most directions above 10 spBLEU, 174 of 202" in findings.sides(
        dots.reset_index()
    )


def test_over_86_leaves_two_small_losses(data):
    both = shown.over_86().set_index("direction")
    lead = both["LLaMAX2-7B-Alpaca"] - both["M2M-100-12B"]
    assert len(lead) == 14 and (lead > 0).sum() == 12 and set(lead.index[lead < 0]) == {"de-X", "X-de"}
    assert both["LLaMAX2-7B-Alpaca"]["en-X"] == pytest.approx(24.81, abs=recompute.ROUNDING)


def test_sentences_say_the_numbers_of_their_tables(data):
    assert "13 of 42 directions (6 into ne, 4 into az, 3 into ceb), and -2.11" in findings.gpt4(
        shown.table("figure6", True)
    )
    said = findings.language_models(shown.means(shown.table("figure7", True)))
    assert "zh-X +11.86 over ChineseLLaMA2-Alpaca" in said
    assert "plots zh-X of LLaMA2-7B-Alpaca with a mean of 0.91, its released scores have 3.80" in said
    detected = findings.detected(retold.detected(), retold.undetectable())
    assert "73.5 % of outputs from Chinese" in detected and "89.5 % and 89.0 % without the 18" in detected
    assert "LLaMAX2-7B-Alpaca +1.46 (12 of 12)" in findings.pivoting(shown.table("table6", True))
