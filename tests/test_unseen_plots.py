"""plots of unseen languages: what is drawn is the table, with n, trained and unseen apart, from one language to 140."""

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from llamax_kit.data import languages, relatedness
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import unseen_plots
from llamax_kit.utils.errors import KitError

matplotlib.use("Agg")
CODES = ["de", "sw", "zh", "eus_Latn", "fao_Latn"]


def table(codes=CODES) -> pd.DataFrame:
    known = relatedness.relatedness(codes).rename(columns={"code": "language"})
    known["relatedness"] = known["relatedness"].astype(pd.CategoricalDtype(relatedness.KINDS, ordered=True))
    at = pd.Series(range(len(codes)), dtype=float)
    return known.assign(
        system="mine", baseline="run:copy", direction="en-X", metric="spBLEU", n=1012, gain=3 * (at % 11) - 5,
        unit=["character" if each == "zh" else "word" for each in codes],
        relative_to_english=1.5 + at / 10, tokens_per_word=2 + at,
        script=[languages.find(each).script for each in codes],
    )  # fmt: skip


MEANS = pd.DataFrame(
    [("trained", "en-X", 13, 31.5, 1.5, 30.0), ("unseen", "en-X", 7, 17.0, 1.4, 15.6),
     ("all", "en-X", 20, 26.4, 1.5, 24.9)],
    columns=["value", "direction", "n", "score", "baseline_score", "gain"],
)  # fmt: skip


@pytest.fixture
def axes():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def dots(ax) -> dict[str, list[tuple[float, float]]]:
    return {each.get_label(): [tuple(xy) for xy in each.get_offsets()] for each in ax.collections}


def test_figure_4_joins_baseline_and_system_of_each_group_and_says_n(axes):
    plots.seen_unseen(MEANS, axes, "Mine")
    ends = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert ends == [(1.5, 31.5), (1.4, 17.0)]
    assert [each.get_text() for each in axes.get_yticklabels()] == ["en-X, trained\nn = 13", "en-X, unseen\nn = 7"]
    assert [each.get_text() for each in axes.texts] == ["+30.00", "+15.60"]
    filled = {line.get_markerfacecolor() == "white" for line in axes.lines if line.get_marker() in "os"}
    assert filled == {True, False}


def test_figure_4_begins_at_zero_and_two_on_one_axis_compare_by_eye():
    for order in (1, -1):
        axes = plt.figure().subplots(2, 1, sharex=True)
        for ax, factor in zip(axes[::order], (1, 0.1), strict=True):
            plots.seen_unseen(MEANS.assign(score=factor * MEANS.score), ax, "Mine")
        assert axes[0].get_xlim() == axes[1].get_xlim() and axes[0].get_xlim()[0] == 0
        assert 31.5 < axes[0].get_xlim()[1] < 40
    plt.close("all")


def test_figure_4_has_the_interval_of_the_mean_gain_where_there_is_one(axes):
    plots.seen_unseen(MEANS.assign(ci_low=[28.0, None, 20.0], ci_high=[31.0, None, 29.0]), axes, "Mine")
    (bar,) = [each.lines[2][0].get_segments()[0][:, 0] for each in axes.containers]
    assert bar.tolist() == pytest.approx([29.5, 32.5]) and "bar: 95 % interval of the mean gain" in axes.get_xlabel()
    axes.clear()
    plots.seen_unseen(MEANS.assign(gain=-0.25), axes, "Mine")
    assert not axes.containers and "interval" not in axes.get_xlabel() and axes.texts[0].get_text() == "−0.25"


def test_an_unpublished_n_is_said_not_guessed(axes):
    plots.seen_unseen(MEANS.assign(n=pd.array([101, None, 20], dtype="Int64")), axes, "Paper")
    assert axes.get_yticklabels()[1].get_text() == "en-X, unseen\nn not published"


def test_every_language_is_a_dot_at_its_gain_in_its_group(axes):
    given = table()
    plots.languages_by_group(given, axes, "relatedness")
    names = [each.get_text() for each in axes.get_yticklabels()]
    assert names == ["trained (n = 3)", "unseen, related (n = 1)", "unseen, unrelated (n = 1)"]  # in their own order
    drawn = {(x, names[round(y)].split(" (")[0]) for points in dots(axes).values() for x, y in points}
    assert drawn == set(zip(given["gain"], given["relatedness"].astype(str), strict=True))
    assert set(dots(axes)) == {"trained (n = 3)", "unseen (n = 2)"}
    assert axes.get_title() == "mine over run:copy\ngain by relatedness, en-X, n = 1,012 sentences per direction"


def test_other_groups_come_best_first(axes):
    given = table()
    given.loc[given["language"] == "zh", "gain"] = 0.5  # the others' mean is 1
    plots.languages_by_group(given, axes, "script")
    assert [each.get_text() for each in axes.get_yticklabels()] == ["Latn (n = 4)", "Hans (n = 1)"]
    means = [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 1.5]
    assert means == [1.0]  # and no bar for a group of one


def test_a_language_of_no_known_family_is_drawn_and_said(axes):
    given = table().assign(family=["", "Niger–Congo", "Sino-Tibetan", "", "Indo-European"])
    assert "not known" in plots.languages_by_group(given, axes, "family")
    assert "not known (n = 2)" in [each.get_text() for each in axes.get_yticklabels()]


def test_by_fertility_each_dot_is_a_language_and_words_are_compared_alone(axes):
    given = table()
    plots.languages_by_fertility(given, axes)
    drawn = sorted(xy for points in dots(axes).values() for xy in points)
    assert drawn == sorted(zip(given.relative_to_english, given.gain, strict=True))
    assert axes.get_xscale() == "log" and "logarithmic" in axes.get_xlabel()
    assert "gain by tokens relative to English" in axes.get_title()
    axes.clear()
    plots.languages_by_fertility(given, axes, "tokens_per_word")
    assert sum(map(len, dots(axes).values())) == 4  # not Chinese
    assert "gain by tokens per word" in axes.get_title()


@pytest.mark.parametrize("count", [1, 20, 204])
def test_names_touch_nothing_and_stand_on_the_picture(axes, count):
    given = table([each.code for each in languages.all_languages()][:: max(1, 204 // count)][:count])
    for draw, more in ((plots.languages_by_group, ["relatedness"]), (plots.languages_by_fertility, [])):
        axes.clear()
        draw(given, axes, *more)
        boxes = [matplotlib.text.Text.get_window_extent(text) for text in axes.texts]  # without its line
        assert count > 30 or len(boxes) >= count * 0.8
        assert len(boxes) <= 30
        assert not [1 for at, box in enumerate(boxes) for other in boxes[:at] if box.overlaps(other)]


@pytest.mark.parametrize("count", [20, 140, 204])
def test_a_name_is_within_the_axes_and_nearest_to_its_own_dot_or_has_a_line_to_it(axes, count):
    """Of 20 languages with gains close together, and of many: no reader can give a name to another dot."""
    given = table([each.code for each in languages.all_languages()][:: 204 // count][:count])
    given["gain"] = given["gain"] / 5 + (given.index % 7) / 9
    for draw, more in ((plots.languages_by_group, ["relatedness"]), (plots.languages_by_fertility, [])):
        axes.clear()
        draw(given, axes, *more)
        axes.figure.canvas.draw()
        at = axes.transData.transform([xy for points in dots(axes).values() for xy in points])
        lines = [text for text in axes.texts if text.arrow_patch]
        assert len(axes.texts) > 5 and (count != 140 or lines)
        for text in axes.texts:
            box = matplotlib.text.Text.get_window_extent(text)
            assert axes.bbox.contains(*box.min) and axes.bbox.contains(*box.max), text.get_text()
            own = axes.transData.transform(text.xy)
            from_box = ((at - at.clip(box.min, box.max)) ** 2).sum(axis=1) ** 0.5
            others = from_box[abs(at - own).max(axis=1) > 1e-6]
            distance = (sum((own - own.clip(box.min, box.max)) ** 2)) ** 0.5
            assert text.arrow_patch or others.min() > distance + 3, text.get_text()


def test_of_many_the_farthest_of_both_kinds_are_named(axes):
    given = table([each.code for each in languages.all_languages()][:140])
    given["gain"] = (given.index * 37 % 140) / 10
    inner = given.loc[~given["trained"], "gain"] / 3 + 4  # the unseen lie inside the range of the trained
    given["gain"] = given["gain"].where(given["trained"], inner)
    plots.languages_by_fertility(given, axes)
    named = {text.get_text() for text in axes.texts}
    for _, rows in given.groupby("trained"):
        assert {rows["language"][rows["gain"].idxmax()], rows["language"][rows["gain"].idxmin()]} <= named


def test_trained_and_unseen_differ_in_colour_and_in_marker(axes):
    plots.languages_by_fertility(table(), axes)
    one, other = axes.collections
    assert tuple(one.get_facecolor()[0]) != tuple(other.get_facecolor()[0])
    assert len(one.get_paths()[0].vertices) != len(other.get_paths()[0].vertices)


def test_pictures_are_said_in_words():
    assert unseen_plots.describe_seen_unseen(MEANS).endswith("en-X, trained: 1.5 to 31.5; en-X, unseen: 1.4 to 17.0.")
    said = unseen_plots.describe_languages_by_group(table(), "relatedness")
    assert said.startswith("Gain of 5 languages, en-X, in 3 groups") and "trained -2.0" in said
    said = unseen_plots.describe_languages_by_fertility(table())
    assert "5 languages: gains from -5.0 to 7.0 points, 1.50 to 1.90 tokens" in said


def test_nothing_and_two_directions_are_refused(axes):
    two = pd.concat([table(), table().assign(direction="X-en")])
    for draw in (plots.languages_by_fertility, lambda given, ax: plots.languages_by_group(given, ax, "relatedness")):
        with pytest.raises(KitError, match="nothing to draw"):
            draw(table().iloc[:0], axes)
        with pytest.raises(KitError, match="one picture shows one direction, got en-X, X-en"):
            draw(two, axes)
    with pytest.raises(KitError, match="nothing to draw"):
        plots.languages_by_fertility(table().assign(relative_to_english=float("nan")), axes)
