"""Pictures of gains: what is drawn is the table, at 5, 17 and 140 languages, and said in words."""

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from llamax_kit.analysis import groups
from llamax_kit.data.languages import all_languages
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import gain_plots, group_plots, heat_plots
from llamax_kit.utils.errors import KitError

matplotlib.use("Agg")
CODES = [language.code for language in all_languages() if language.code != "en"]
UNCLEAR = "not shown to differ"


def table(count: int, pairs=None) -> pd.DataFrame:
    """Gains from +10 downwards by 0.25; every third is not shown to differ."""
    pairs = pairs or [("en", code) for code in CODES[:count]]
    rows = [
        ("run:mine", "run:theirs", src, tgt, "spBLEU", 10 - at / 4, 9 - at / 4, 12 - at / 4,
         UNCLEAR if at % 3 == 0 else "gained" if at < 40 else "lost", 1012)
        for at, (src, tgt) in enumerate(pairs)
    ]  # fmt: skip
    columns = ["system", "baseline", "src", "tgt", "metric", "gain", "ci_low", "ci_high", "verdict", "n"]
    return pd.DataFrame(rows, columns=columns).assign(score=30.0, baseline_score=20.0, signature="sig")


def draw(function, given, *options):
    ax = Figure().subplots()
    function(given, ax, *options)
    ax.figure.canvas.draw()
    return ax


def dots(figure) -> dict[str, tuple]:
    """What is on the axes: direction to (gain, hollow)."""
    found = {}
    for ax in figure.axes:
        names = {round(label.get_position()[1]): label.get_text() for label in ax.get_yticklabels()}
        for bars in ax.containers:
            line = bars.lines[0]
            hollow = line.get_markerfacecolor() == "white"
            found |= {names[round(y)]: (x, hollow) for x, y in zip(*line.get_data(), strict=True)}
    return found


@pytest.mark.parametrize("count", [1, 5, 17, 140])
def test_every_dot_stands_at_its_gain_hollow_where_nothing_was_shown(count):
    given = table(count)
    found = dots(draw(plots.gains, groups.assign(given, "family")).figure)
    assert found == {f"en-{row.tgt}": (row.gain, row.verdict == UNCLEAR) for row in given.itertuples()}


@pytest.mark.parametrize("count, columns", [(17, 1), (50, 1), (51, 2), (140, 3), (203, 3)])
def test_many_directions_are_folded_on_one_scale_and_no_label_touches_another(count, columns):
    figure = draw(plots.gains, table(count)).figure
    panels = [ax for ax in figure.axes if ax.containers]
    assert len(panels) == columns and len({ax.get_xlim() for ax in panels}) == 1
    for ax in panels:
        boxes = [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()]
        assert all(upper.y0 >= lower.y1 for upper, lower in zip(boxes, boxes[1:], strict=False))
    assert figure.get_size_inches()[0] <= 7.2 and figure.get_size_inches()[1] < 12
    assert all(label.get_fontsize() >= 8 for ax in panels for label in ax.get_yticklabels())


def test_bars_are_the_paired_interval_and_without_one_it_is_said():
    ax = draw(plots.gains, table(2))
    ends = {tuple(sorted(segment[:, 0])) for bars in ax.containers for segment in bars.lines[2][0].get_segments()}
    assert ends == {(9.0, 12.0), (8.75, 11.75)}
    assert "bars: paired 95 % interval" in ax.get_xlabel()
    none = float("nan")
    untested = draw(plots.gains, table(2).assign(ci_low=none, ci_high=none, verdict="not tested"))
    assert "no interval, no test" in untested.get_xlabel()
    assert set(dots(untested.figure).values()) == {(10, False), (9.75, False)}


def test_groups_have_colours_and_markers_of_their_own_and_the_rarest_are_grey():
    ax = draw(plots.gains, groups.assign(table(140), "family"))
    said = [text.get_text() for axes in ax.figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()]
    assert sum("(" in each for each in said) == 6 and any(each.startswith("other (") for each in said)
    assert said[-2:] == ["filled: gained or lost", f"hollow: {UNCLEAR}"]
    looks = {(matplotlib.colors.to_hex(bars.lines[0].get_color()), bars.lines[0].get_marker())
             for axes in ax.figure.axes for bars in axes.containers}  # fmt: skip
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks}) == len(looks) == 6


def test_trained_and_unseen_have_the_same_colours_whichever_are_more():
    one, other = (pd.Series(["trained"] * few + ["unseen, unrelated"] * many) for few, many in ((3, 1), (1, 3)))
    first, second = (gain_plots.colours(values) for values in (one, other))
    assert first == second and first["trained"] != first["unseen, unrelated"]
    both = gain_plots.colours(pd.Series(["unseen, related", *one]))
    assert {name: both[name] for name in first} == first and both["unseen, related"] not in first.values()


def test_the_title_says_what_all_directions_share():
    pairs = {"from English": None, "into English": [("de", "en"), ("sw", "en")]}
    for way, given in pairs.items():
        assert f"gain by direction {way}, n = 1,012" in draw(plots.gains, table(2, given)).get_title()
    for given in ([("en", "de"), ("de", "en")], [("en", "de")]):
        assert "gain by direction, n = 1,012" in draw(plots.gains, table(2, given)).get_title()


def test_a_language_in_no_group_is_still_drawn():
    given = groups.assign(table(0, [("en", "de"), ("en", "eus_Latn")]), "split")
    assert set(dots(draw(plots.gains, given).figure)) == {"en-de", "en-eus_Latn"}


def heat(given) -> tuple:
    ax = draw(plots.heatmap, given)
    values = ax.collections[0].get_array()
    return ax, values.reshape(values.shape[0], -1) if values.ndim == 1 else values


@pytest.mark.parametrize("count", [5, 17, 140])
def test_with_one_pivot_each_language_is_a_tile_with_its_code_and_number(count):
    given = table(count)
    ax, values = heat(given)
    assert np.ma.count(values) == count
    written = {text.get_text().replace("\n", " ") for text in ax.texts if text.get_text()}
    for row in given.itertuples():
        number = f"{row.gain:+.1f}".replace("-", "−").replace("+0.0", "0.0")
        written.remove(f"{row.tgt.replace('_', ' ')} {f'({number})' if row.verdict == UNCLEAR else number}")
    assert not written
    assert "en-X" in ax.get_title() and "in brackets" in ax.get_title()


def test_the_scale_is_centred_at_zero_and_blue_is_a_gain():
    ax, _ = heat(table(17))
    mesh = ax.collections[0]
    assert mesh.get_clim() == (-10, 10)
    (loss_red, _, loss_blue, _), (gain_red, _, gain_blue, _) = mesh.to_rgba([-10, 10])
    assert loss_red > gain_red and gain_blue > loss_blue


@pytest.mark.parametrize("count", [17, 140])
def test_every_number_stands_out_from_its_cell(count):
    """WCAG's contrast of 4.5 to 1, computed here from its definition."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in matplotlib.colors.to_rgb(colour)]
        return np.dot(parts, [0.2126, 0.7152, 0.0722])

    ax = draw(plots.heatmap, table(count))
    mesh = ax.collections[0]
    here = ~np.ma.getmaskarray(mesh.get_array()).ravel()
    assert len(ax.texts) == here.sum() == count
    for text, face in zip(ax.texts, mesh.get_facecolors()[here], strict=True):
        light, dark = sorted((luminance(text.get_color()), luminance(face)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 4.5, text.get_text()


def test_next_to_nothing_looks_like_it():
    ax, _ = heat(table(17).assign(gain=0.0))
    assert ax.collections[0].get_clim() == (-1, 1)
    ax.figure.canvas.draw()
    assert not ax.figure.axes[1].yaxis.get_offset_text().get_text()
    nothing = table(17).assign(gain=0.001, ci_low=0.0, ci_high=0.002)
    for ax in (draw(plots.gains, nothing), draw(plots.by_group, groups.assign(nothing, "trained"))):
        assert ax.get_xlim()[0] <= -1 and ax.get_xlim()[1] >= 1


def test_among_many_languages_cells_are_sources_by_targets_and_pivots_both_ways_are_columns():
    five = ["en", "de", "sw", "ja", "ru"]
    ax, values = heat(table(0, [(a, b) for a in five for b in five if a != b]))
    assert values.shape == (5, 5) and np.ma.count(values) == 20
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("from", "into") and "grey: no such direction" in ax.get_title()
    both = [("en", code) for code in CODES[:30]] + [(code, "en") for code in CODES[:30]]
    ax, values = heat(table(0, both))
    assert values.shape == (30, 2) and [label.get_text() for label in ax.get_xticklabels()] == ["en-X", "X-en"]
    names = [label.get_text() for label in ax.get_yticklabels()]
    row = table(0, both).query("src == 'en'").set_index("tgt")["gain"]
    assert [float(each) for each in values[:, 0]] == [row[name] for name in names]
    written = [text.get_text().strip("()").replace("−", "-") for text in ax.texts]
    assert [float(each) for each in written] == pytest.approx([float(each) for each in values.ravel()], abs=0.051)


def test_every_language_is_a_dot_in_its_group_with_n():
    given = table(140)
    ax = draw(plots.by_group, groups.assign(given, "trained"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["trained (n = 101)", "unseen (n = 39)"]
    drawn = sorted(x for each in ax.collections if len(each.get_offsets()) > 1 for x in each.get_offsets()[:, 0])
    assert drawn == sorted(given["gain"])
    assert "run:mine over run:theirs" in ax.get_title() and "hollow: not shown to differ" in ax.get_xlabel()


def test_groups_of_one_and_two_are_drawn_without_a_box():
    given = groups.assign(table(0, [("en", "sw"), ("en", "ja"), ("en", "zu")]), "family")
    ax = draw(plots.by_group, given)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Niger–Congo (n = 2)", "Japonic (n = 1)"]
    assert {text.get_text() for text in ax.texts} == {"sw", "zu", "ja"}


def test_strips_hold_the_counts_and_fill_the_line():
    given = groups.by_group(table(17), "split")
    ax = draw(plots.significance, given)
    counted = [text.get_text() for text in ax.texts if text.get_text()]
    told = given[["gained", "unclear", "lost"]].to_numpy().ravel()
    assert sorted(map(int, counted)) == sorted(each for each in told if each)
    ends = {}
    for bar in ax.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0), bar.get_x() + bar.get_width())
    assert list(ends.values()) == pytest.approx([100] * len(given))
    with pytest.raises(KitError, match="nothing was tested here"):
        plots.significance(given.assign(gained=0, lost=0, unclear=0), Figure().subplots())


def test_sizes_are_said_with_the_number_of_sentences():
    for n, said in (([1], "n = 1 sentence"), ([1012], "n = 1,012 sentences"), ([1, 60], "n = 1–60 sentences")):
        assert plots.style.sizes(pd.DataFrame({"n": n})) == f"{said} per direction"


def test_the_texts_say_the_numbers():
    given = table(5)
    assert gain_plots.describe_gains(given) == (
        "Gain of run:mine over run:theirs in spBLEU points, 5 directions: from +9.0 (en-ast) to +10.0 (en-af); "
        "3 gained, 2 not shown to differ."
    )
    assert gain_plots.describe_gains(given.iloc[:1]).endswith("1 direction: +10.0 (en-af); 1 not shown to differ.")
    assert heat_plots.describe_heatmap(given).endswith(": each tile is one language, en-X; 5 above zero.")
    assert "trained: mean +9.5, +9.0 to +10.0 (n = 5)" in group_plots.describe_by_group(groups.assign(given, "trained"))
    strips = group_plots.describe_significance(groups.by_group(given, "split"))
    assert "en-X, high (n = 2): 1 gained, 0 lost, 1 not shown" in strips


@pytest.mark.parametrize("function", [plots.gains, plots.heatmap, plots.by_group])
def test_nothing_and_two_comparisons_are_refused(function):
    given = groups.assign(table(5), "trained")
    with pytest.raises(KitError, match="nothing to draw"):
        function(given.iloc[:0], Figure().subplots())
    with pytest.raises(KitError, match="one picture shows one baseline, got run:theirs, other"):
        function(pd.concat([given, given.assign(baseline="other")]), Figure().subplots())


def test_halves_say_whose_they_are_alone():
    given = table(0, [("en", "de"), ("en", "sw")])
    placed = groups.assign(given, "split")
    legend = [text.get_text() for text in draw(plots.gains, placed).get_legend().get_texts()]
    assert legend[:2] == ["the paper's high half (1)", "the paper's low half (1)"]
    rows = [label.get_text() for label in draw(plots.by_group, placed).get_yticklabels()]
    assert rows == ["the paper's high half (n = 1)", "the paper's low half (n = 1)"]
    strips = draw(plots.significance, groups.by_group(given, "split"), "mine over theirs")
    assert strips.get_yticklabels()[0].get_text() == "en-X, the paper's high half (n = 1)"
    own = draw(plots.gains, placed.assign(value=["low", "high"]))  # somebody's own groups
    assert {text.get_text() for text in own.get_legend().get_texts()[:2]} == {"low (1)", "high (1)"}


def test_strips_name_what_is_compared():
    ax, given = Figure().subplots(), groups.by_group(table(17), "trained")
    alt = plots.significance(given, ax, "mine over theirs")
    assert ax.get_title().startswith("mine over theirs\n") and alt.startswith("mine over theirs. Languages that")


def test_what_filled_and_hollow_mean_is_on_the_axis():
    ax = draw(plots.by_group, groups.assign(table(17), "family"))
    assert "filled: gained or lost; hollow: not shown to differ" in ax.get_xlabel()
