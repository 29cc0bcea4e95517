"""Pictures of a training: what is drawn is the log, or the table of languages, and both are said in words."""

import matplotlib
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from llamax_kit.data import languages
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import training_plots
from llamax_kit.utils.errors import KitError

matplotlib.use("Agg")
STAGES = {"mini-llama": 40, "mini-llamax": 12, "mini-llama-alpaca": 3, "mini-llamax-alpaca": 1}
BEFORE, AFTER, UNIT = "mini-llama", "mini-llamax", "bits per byte"


def log(stages=STAGES) -> pd.DataFrame:
    """A log that falls from 6 nats, with an outlier in the fourth row of a stage."""
    rows = [
        (stage, 50 * (at + 1), 102_400 * (at + 1), 99.0 if at == 3 else 6 / (at + 1) + 1)
        for stage, count in stages.items()
        for at in range(count)
    ]
    return pd.DataFrame(rows, columns=["stage", "step", "tokens", "loss"])


def table(count=20) -> pd.DataFrame:
    codes = [each.code for each in languages.all_languages()][:: max(1, 204 // count)][:count]
    at = pd.Series(range(count), dtype=float)
    group = ["pre-trained" if each % 3 == 0 else "added" if each % 3 == 1 else "held out" for each in range(count)]
    return pd.DataFrame({"language": codes, BEFORE: 2 + at * 7 % 5 + at / 50, AFTER: 1 + at * 3 % 4 + at / 50,
                         "group": group, "trained": [each != "held out" for each in group], "n": 100})  # fmt: skip


def drawn(function, *given, **named):
    ax = FigureCanvasAgg(Figure()).figure.subplots()
    function(given[0], ax, *given[1:], **named)
    ax.figure.canvas.draw()
    return ax


def dots(ax) -> dict[str, list[tuple[float, float]]]:
    return {each.get_label(): [tuple(xy) for xy in each.get_offsets()] for each in ax.collections}


def test_each_stage_is_drawn_as_logged_and_as_its_running_median():
    given = log()
    lines = drawn(plots.curves, given).lines
    assert len(lines) == 2 * len(STAGES)
    for stage, thin, thick in zip(STAGES, lines[::2], lines[1::2], strict=True):
        rows = given[given.stage == stage].reset_index(drop=True)
        assert thin.get_xdata().tolist() == thick.get_xdata().tolist() == rows.tokens.tolist()
        assert thin.get_ydata().tolist() == rows.loss.tolist()
        medians = [rows.loss.iloc[max(0, at - 4) : at + 5].median() for at in range(len(rows))]
        assert thick.get_ydata().tolist() == pytest.approx(medians)
        assert thin.get_color() == thick.get_color() and thin.get_linewidth() < thick.get_linewidth()
    assert max(lines[0].get_ydata()) == 99 and max(lines[1].get_ydata()) < 7  # one bad batch bends the thin one alone
    assert len({line.get_color() for line in lines}) == len(STAGES)


def test_the_legend_says_how_many_tokens_and_the_axes_what_they_are():
    ax = drawn(plots.curves, log())
    assert [each.get_text() for each in ax.get_legend().get_texts()] == [
        "mini-llama (4.1 M tokens)", "mini-llamax (1.2 M tokens)", "mini-llama-alpaca (0.3 M tokens)",
        "mini-llamax-alpaca (0.1 M tokens)",
    ]  # fmt: skip
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tokens seen in the stage", "loss (nats per token)")
    assert ax.get_xscale() == "log"
    assert ax.get_title() == "Loss of 4 stages; thick: running median" and ax.get_ylim()[0] == 0
    assert drawn(plots.curves, log({"one": 5})).get_title() == "Loss of 1 stage; thick: running median"


def test_the_course_of_the_loss_is_said_with_its_numbers():
    falling = [6.333, *[2.0] * 20, 1.786, 1.786, 1.786, 1.786, 1.786, 1.5, 1.6, 1.9, 2.9]
    tokens = [80_000 * (at + 1) for at in range(len(falling))]
    given = pd.DataFrame({"stage": "pre-training", "tokens": tokens, "loss": falling})
    two = pd.concat([given, pd.DataFrame({"stage": "tuning", "tokens": [50_000], "loss": [3.456]})])
    assert training_plots.describe_curves(given) == (
        "Loss in nats per token. pre-training: from 6.33 to 1.79 over 2.4 M tokens."
    )  # the example in its docstring
    assert training_plots.describe_curves(two).endswith("M tokens. tuning: from 3.46 to 3.46 over 0.1 M tokens.")
    assert training_plots.describe_curves(given) in training_plots.describe_curves.__doc__


@pytest.mark.parametrize("count", [1, 4, 20, 85, 204])
def test_each_language_is_a_dot_before_and_after(count):
    given = table(count)
    ax = drawn(plots.before_after, given, BEFORE, AFTER, unit=UNIT)
    expected = {
        f"{name} (n = {len(rows)})": list(zip(rows[BEFORE], rows[AFTER], strict=True))
        for name, rows in given.groupby("group", sort=False)
    }
    assert {name: [pytest.approx(xy) for xy in points] for name, points in dots(ax).items()} == expected
    assert [each.get_text() for each in ax.get_legend().get_texts()] == list(expected)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mini-llama (bits per byte)", "mini-llamax (bits per byte)")
    assert ax.get_title() == f"Bits per byte of {count} language{'s' * (count > 1)}, before and after"


def test_on_the_line_nothing_changed_and_both_axes_are_one_scale():
    given = table()
    ax = drawn(plots.before_after, given, BEFORE, AFTER, unit=UNIT)
    (line,) = ax.lines
    assert list(line.get_xdata()) == list(line.get_ydata()) == list(ax.get_xlim()) == list(ax.get_ylim())
    assert ax.get_xlim() == pytest.approx((0, 1.06 * given[[BEFORE, AFTER]].max().max()))
    below = drawn(plots.before_after, given.assign(**{AFTER: given[AFTER] - 9}), BEFORE, AFTER, unit=UNIT)
    assert below.get_xlim()[0] == pytest.approx(given[AFTER].min() - 9)  # scores may be negative, dots are not cut off


def test_groups_differ_in_colour_and_in_marker():
    ax = drawn(plots.before_after, table(), BEFORE, AFTER, unit=UNIT)
    assert len({tuple(each.get_facecolor()[0]) for each in ax.collections}) == 3
    assert len({each.get_paths()[0].vertices.tobytes() for each in ax.collections}) == 3


@pytest.mark.parametrize("count", [1, 85])
def test_names_touch_nothing_stand_on_the_axes_and_beside_their_own_dot(count):
    given = table(count)
    ax = drawn(plots.before_after, given, BEFORE, AFTER, unit=UNIT)
    where = dict(zip(given.language, zip(given[BEFORE], given[AFTER], strict=True), strict=True))
    assert min(count, 6) <= len(ax.texts) <= 30
    boxes = [matplotlib.text.Text.get_window_extent(text) for text in ax.texts]
    assert not [1 for at, box in enumerate(boxes) for other in boxes[:at] if box.overlaps(other)]
    for text, box in zip(ax.texts, boxes, strict=True):
        assert text.xy == pytest.approx(where[text.get_text()])
        assert ax.bbox.contains(*box.min) and ax.bbox.contains(*box.max)


def test_what_changed_is_said_with_the_means_of_each_group():
    given = pd.DataFrame({
        "language": ["en", "de", "sw", "tr", "gl"], "group": ["pre-trained"] * 2 + ["added"] * 2 + ["held out"],
        BEFORE: [1.0, 2.0, 6.0, 7.0, 4.0], AFTER: [1.25, 2.25, 2.0, 3.008, 3.5],
    })  # fmt: skip
    assert training_plots.describe_before_after(given, BEFORE, AFTER, unit=UNIT) == (
        "Bits per byte, mini-llama against mini-llamax, each dot is one language. Means: pre-trained: from 1.50 to "
        "1.75; added: from 6.50 to 2.50; held out: from 4.00 to 3.50."
    )


def test_nothing_to_draw_is_refused():
    with pytest.raises(KitError, match="^there is nothing to draw: the table has no rows"):
        drawn(plots.curves, log().iloc[:0])
    with pytest.raises(KitError, match="^there is nothing to draw: the table has no rows"):
        drawn(plots.before_after, table().iloc[:0], BEFORE, AFTER, unit=UNIT)
