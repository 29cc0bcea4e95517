"""power: a null is found 5 times in 100, larger gains and more sentences more often; what is drawn is the table."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from finished import rows as rows_of
from finished import worse
from scipy import stats

from llamax_kit.analysis import gains, power
from llamax_kit.analysis.gains import Pair
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import power_plots
from llamax_kit.scoring import ngram_counts, sacrebleu_metrics, significance
from llamax_kit.utils import parallel
from llamax_kit.utils.errors import KitError

matplotlib.use("Agg")


@pytest.fixture(scope="module", autouse=True)
def here():
    """Work in this process: little work would not pay for another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "processors", lambda: 1)
        yield


@pytest.fixture(scope="module")
def rows():
    """Statistics of two systems on 200 German phrases: one loses a word in three, one a word in five."""
    references = [text for text in load_corpus("cldr", ["de"]).texts["de"] if text][:200]
    draw = np.random.default_rng(4)
    lossy = [[" ".join(w for w in text.split() if draw.random() > lost) for text in references] for lost in (0.2, 0.33)]
    return ngram_counts.count(sacrebleu_metrics.spbleu("cldr").metric.tokenizer.encode, lossy, references)


@pytest.fixture(scope="module")
def table(rows):
    return power.power(*rows, sizes=(40, 160), trials=150)


def points(rows):
    return ngram_counts.points(rows.sum(axis=0)[None])[0]


def test_gains_run_from_none_to_found_or_to_the_whole_gain(table, rows):
    assert list(table.columns) == ["n", "gain", "power", "trials", "directions"]
    whole = points(rows[0]) - points(rows[1])
    for n, part in table.groupby("n"):
        assert part.gain.iloc[0] == 0 and part.gain.is_monotonic_increasing
        assert part.gain.max() <= whole + 1e-9
        assert part.power.max() > 0.85 or part.gain.max() == pytest.approx(whole), n
    assert set(table.trials) == {150} and set(table.directions) == {1}


def test_no_gain_is_found_five_times_in_a_hundred(rows):
    """800 trials: 40 expected, 21 to 62 within what chance allows 99.9 times of 100."""
    every_other = np.arange(len(rows[0]))[:, None] % 2 == 0  # so that even the whole gain is small, and tried once
    pair = np.where(every_other, *rows), np.where(every_other, *rows[::-1])
    none = power.power(*pair, sizes=(60,), trials=800).iloc[0]
    assert none.gain == 0 and 21 <= 800 * none.power <= 62


def test_with_nothing_exchanged_the_pair_is_the_two_systems(rows, monkeypatch):
    a, b = rows
    seen = []
    monkeypatch.setattr(significance, "randomisation", lambda *pair: seen.append(pair[:2]) or 1.0)
    table = power.power(a, b, sizes=(50,), trials=1, seed=1)
    assert table.gain.iloc[-1] == points(a) - points(b)  # the last gain that is tried is the whole one
    (first, second), drawn = seen[-1], np.random.default_rng([1, 50]).integers(len(a), size=50)
    assert np.array_equal(first, a[drawn]) and np.array_equal(second, b[drawn])


def test_the_gain_of_a_row_is_that_of_its_pairs(rows, monkeypatch):
    """Drawn and exchanged over and over, the mean gain of the pairs that are tested is the gain that the row says."""
    made = []
    monkeypatch.setattr(significance, "randomisation", lambda a, b, *_: made.append(points(a) - points(b)) or 1.0)
    table = power.power(*rows, sizes=(200,), trials=1500)
    assert len(table) > 4
    for said, each in zip(table.gain, np.reshape(made, (len(table), 1500)), strict=True):
        assert np.mean(each) == pytest.approx(said, abs=4 * np.std(each) / 1500**0.5 + 0.01)


def test_larger_gains_and_more_sentences_are_found_more_often(table):
    few, many = (part for _, part in table.groupby("n"))
    at = np.linspace(0, min(few.gain.max(), many.gain.max()), 5)[1:]
    assert (np.interp(at, many.gain, many.power) > np.interp(at, few.gain, few.power)).all()
    for part in (few, many):
        assert part.power.iloc[-1] > part.power.iloc[len(part) // 2] > part.power.iloc[0]


def test_one_of_many_directions_needs_a_larger_gain(table, rows):
    corrected = power.power(*rows, sizes=(160,), directions=20, trials=100)
    one, many = (power.smallest(each[each.n == 160]).gain.iloc[0] for each in (table, corrected))
    assert np.isnan(many) or many > 1.15 * one
    assert corrected.power.iloc[0] <= 0.03


def test_the_order_of_the_systems_and_a_second_run_change_nothing(rows):
    ways = [power.power(*pair, sizes=(30,), trials=20) for pair in (rows, rows, rows[::-1])]
    assert ways[0].equals(ways[1])
    assert ways[2].gain.tolist() == pytest.approx(ways[0].gain.tolist())


def test_as_many_sentences_as_there_are_is_a_size_too(rows):
    few = [each[:60] for each in rows]
    assert sorted(set(power.power(*few, trials=2).n)) == [60, 100, 250, 1012]


def test_identical_systems_have_no_gain_to_find(rows):
    table = power.power(rows[0], rows[0], sizes=(50,), trials=5)
    assert table[["gain", "power"]].to_numpy().tolist() == [[0, 0]]
    assert np.isnan(power.smallest(table).gain.iloc[0])
    assert "80 % not reached" in power_plots.describe_power(table)


@pytest.mark.parametrize(("wrong", "said"), [
    (lambda a, b: power.power(a[:5], b), "5 and 200 "),
    (lambda a, b: power.power(a[:0], b[:0]), "0 and 0 "),
    (lambda a, b: power.power(a, b, sizes=(0, 100)), "sizes 0, 100"),
    (lambda a, b: power.power(a, b, directions=0), "0 directions"),
])  # fmt: skip
def test_what_cannot_be_simulated_is_said(rows, wrong, said):
    with pytest.raises(KitError, match=f"{said}.*To mend"):
        wrong(*rows)


def paired(answers):
    """The rooms' real path: a pair of two runs whose outputs differ as said, and its table of gains."""
    sides = [rows_of(name, "en-de en-sw", answer).assign(system=name) for name, answer in answers.items()]
    pair = Pair(*sides, pd.DataFrame(), ({"parameters": {"tokenize": "cldr"}},) * 2, [])
    return pair, gains.gains(pair, samples=200)


def test_a_pair_is_asked_in_the_direction_whose_gain_is_larger_than_three_quarters(monkeypatch):
    pair, table = paired({"mine": str, "theirs": worse})
    monkeypatch.setattr(power, "SIZES", (4,))
    for told, asked in (([1.0, -3.0], "sw"), ([-3.0, 1.0], "de"), ([0.0, 0.5], "sw")):  # of two, the larger
        found = power.of_pair(pair, table.assign(gain=told), trials=3)
        assert list(found.columns) == ["src", "tgt", "metric", *power.COLUMNS]
        assert set(found["src"]) == {"en"} and set(found["tgt"]) == {asked} and set(found["n"]) == {4}
    assert found["gain"].max() == pytest.approx(table["gain"].iloc[1])


def test_power_is_of_the_metric_of_the_gains(monkeypatch):
    pair, _ = paired({"mine": str, "theirs": worse})
    table = gains.gains(pair, samples=200, metric="chrF++")
    monkeypatch.setattr(power, "SIZES", (4,))
    found = power.of_pair(pair, table, trials=3)
    asked = table["tgt"].eq(found["tgt"].iloc[0])
    assert found["gain"].max() == pytest.approx(table.loc[asked, "gain"].iloc[0])


def test_where_no_direction_has_a_gain_nothing_is_simulated(monkeypatch):
    monkeypatch.setattr(power, "power", lambda *given, **more: pytest.fail("there is nothing to find"))
    found = power.of_pair(*paired({"mine": str, "theirs": str}))
    assert found.empty and list(found.columns) == ["src", "tgt", "metric", *power.COLUMNS]
    assert power.smallest(found).empty


def made(powers, n=100, gains=(0.0, 1.0, 2.0, 4.0), directions=1):
    return pd.DataFrame({"n": n, "gain": gains, "power": powers, "trials": 200, "directions": directions})


@pytest.mark.parametrize(("powers", "gain"), [
    ((0.05, 0.6, 0.9, 1.0), 1 + 0.2 / 0.3),
    ((0.05, 0.3, 0.8, 1.0), 2.0),
    ((0.05, 0.85, 0.7, 1.0), 0.75 / 0.8),
    ((0.05, 0.3, 0.4, 0.7), np.nan),
])  # fmt: skip
def test_the_smallest_gain_is_read_between_two_dots(powers, gain):
    found = power.smallest(made(powers))
    assert found.columns.tolist() == ["n", "gain", "ci_low", "ci_high", "largest", "power", "directions"]
    assert found.drop(columns=["ci_low", "ci_high"]).iloc[0].tolist() == pytest.approx(
        [100, gain, 4.0, 0.8, 1], nan_ok=True
    )


def test_the_interval_of_a_power_is_wilsons():
    for share, trials in ((0.8, 100), (0.05, 200), (1.0, 40), (0.0, 3)):
        expected = stats.binomtest(round(share * trials), trials).proportion_ci(method="wilson")
        low, high = power.wilson([share], trials=[trials])
        assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_smallest_gain_is_as_well_known_as_its_powers():
    """Of 200 trials, 0.6 and 0.9 lie in 0.531 to 0.665 and 0.851 to 0.934: 0.8 is crossed from 1.50 to 1.84."""
    found = power.smallest(made((0.05, 0.6, 0.9, 1.0))).iloc[0]
    assert (found.ci_low, found.ci_high) == pytest.approx((1.50, 1.84), abs=0.005)
    fewer = power.smallest(made((0.05, 0.6, 0.9, 1.0)).assign(trials=50)).iloc[0]
    assert fewer.ci_low < found.ci_low and fewer.ci_high > found.ci_high
    bounded = power.smallest(made((0.05, 0.3, 0.5, 0.82))).iloc[0]  # the largest gain may be found less often
    assert np.isnan(bounded.ci_high) and bounded.ci_low < bounded.gain < 4


def test_the_smallest_gain_of_new_trials_lies_in_its_interval():
    """Powers drawn a thousand times from a known line: the interval holds the gain of the line in 95 of 100."""
    gains, true = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.05, 0.6, 0.9, 1.0])
    drawn = np.random.default_rng(5).binomial(100, true, size=(1000, 4)) / 100
    found = [power.smallest(made(each, gains=gains).assign(trials=100)).iloc[0] for each in drawn[:300]]
    inside = [each.ci_low <= 1 + 0.2 / 0.3 <= each.ci_high for each in found]
    assert np.mean(inside) > 0.93


def test_a_p_at_the_threshold_itself_is_not_found(rows, monkeypatch):
    for p, share in ((0.05, 0), (np.nextafter(0.05, 0), 1)):
        monkeypatch.setattr(significance, "randomisation", lambda *_, p=p: p)
        assert set(power.power(*rows, sizes=(20,), trials=2).power) == {share}


@pytest.fixture
def axes():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_the_picture_is_the_table(axes):
    both = pd.concat([made((0.05, 0.6, 0.9, 1.0)), made((0.04, 0.9, 1.0, 1.0), n=1012)])
    plots.power(both, axes)
    lines = axes.get_lines()
    assert [line.get_label() for line in lines[:2]] == ["100 sentences", "1,012 sentences"]
    assert lines[0].get_xdata().tolist() == [0, 1, 2, 4]
    assert lines[0].get_ydata().tolist() == pytest.approx([5, 60, 90, 100])
    assert list(lines[2].get_ydata()) == [80, 80]
    band = axes.collections[0].get_paths()[0].vertices[:, 1]  # the shaded interval of the first line
    assert (band.min(), band.max()) == pytest.approx((2.7, 100), abs=0.1)
    assert "(points)" in axes.get_xlabel() and "p < 0.05 (per cent)" in axes.get_ylabel()
    assert "200 trials" in axes.get_title()


def test_the_text_of_the_picture_says_its_numbers(axes):
    corrected = made((0.05, 0.6, 0.9, 1.0), directions=17)
    plots.power(corrected, axes)
    assert "p < 0.05 / 17" in axes.get_ylabel()
    assert power_plots.describe_power(corrected) == (
        "Share of trials with p < 0.05 / 17, by gain in points. "
        "100 sentences: from 5 % at 0.0 to 100 % at 4.0; 80 % reached at 1.67 (1.50 to 1.84)."
    )
    assert f"{power.smallest(corrected).gain.iloc[0]:.2f}" == "1.67"  # as notebook 06 has it in its table


def test_nothing_and_two_corrections_are_not_drawn(axes):
    with pytest.raises(KitError, match="no rows.*To mend"):
        plots.power(made((0.05, 0.6, 0.9, 1.0)).iloc[:0], axes)
    with pytest.raises(KitError, match="directions, got 1, 17.*draw table"):
        plots.power(pd.concat([made((0, 0, 0, 1)), made((0, 0, 0, 1), directions=17)]), axes)


def test_the_picture_names_what_is_compared_and_where(axes):
    given = made((0.05, 0.6, 0.9, 1.0), n=1).assign(src="en", tgt="sw")
    alt = plots.power(given, axes, "mine over theirs")
    assert axes.get_title().startswith("mine over theirs, en-sw\nHow small a gain is found")
    plots.power(given.assign(metric="chrF++"), axes)
    assert axes.get_xlabel() == "gain between the two systems (chrF++ points)"
    assert alt.startswith("mine over theirs, en-sw. Share of trials")
    assert axes.get_lines()[0].get_label() == "1 sentence" and " 1 sentence: " in alt
