"""plots: what is drawn is the table, every picture has a text, and nothing is drawn of nothing."""

import base64

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import score_plots
from llamax_kit.utils.errors import KitError

matplotlib.use("Agg")


def table(systems: int = 2, languages: int = 5) -> pd.DataFrame:
    rows = [
        (f"system {s}", "en", f"l{i}", "spBLEU", 10.0 * s + i, 10.0 * s + i - 1, 10.0 * s + i + 2, 1012, "sig")
        for s in range(systems)
        for i in range(languages)
    ]
    return pd.DataFrame(
        rows, columns=["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
    )


@pytest.fixture
def axes():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def dots(ax) -> dict[str, list[tuple[float, str]]]:
    """What is on the axes: for each system, (score, direction) of each dot."""
    names = [label.get_text() for label in ax.get_yticklabels()]
    return {
        bars.get_label(): [(x, names[round(y)]) for x, y in zip(*bars.lines[0].get_data(), strict=True)]
        for bars in ax.containers
    }


def test_every_dot_stands_at_its_score_in_its_direction(axes):
    given = table()
    plots.scores(given, axes)
    for system, rows in given.groupby("system"):
        assert sorted(dots(axes)[system]) == sorted(zip(rows.score, "en-" + rows.tgt, strict=True))


def test_the_bars_are_the_interval_and_a_score_without_one_has_none(axes):
    given = table(1, 2)
    given.loc[1, ["ci_low", "ci_high"]] = float("nan")
    plots.scores(given, axes)
    first, second = axes.containers[0].lines[2][0].get_segments()
    assert sorted(first[:, 0]) in ([-1.0, 2.0], [1.0, 1.0])
    assert {tuple(sorted(ends[:, 0])) for ends in (first, second)} == {(-1.0, 2.0), (1.0, 1.0)}


def test_the_best_direction_is_on_top_and_the_title_names_metric_and_sample(axes):
    plots.scores(table(), axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["en-l4", "en-l3", "en-l2", "en-l1", "en-l0"]
    assert axes.yaxis_inverted()
    assert axes.get_title() == "spBLEU by direction, highest first, n = 1,012 sentences per direction"
    assert "0–100" in axes.get_xlabel()


def test_systems_differ_in_colour_and_in_marker(axes):
    plots.scores(table(systems=10), axes)
    lines = [bars.lines[0] for bars in axes.containers]
    assert len({line.get_color() for line in lines}) == len({line.get_marker() for line in lines}) == 10


def test_a_hundred_and_forty_directions_are_all_drawn_and_have_room(axes):
    given = table(languages=140)
    plots.scores(given, axes)
    axes.figure.canvas.draw()
    panels = axes.figure.axes[1:]
    assert len(panels) == 3 and axes.figure.get_figwidth() == pytest.approx(7.2)
    for system, rows in given.groupby("system"):
        drawn = [dot for panel in panels for dot in dots(panel)[system]]
        assert sorted(drawn) == sorted(zip(rows.score, "en-" + rows.tgt, strict=True))
    for panel in panels:
        boxes = [label.get_window_extent() for label in panel.get_yticklabels()]
        assert all(upper.y0 >= lower.y1 for upper, lower in zip(boxes, boxes[1:], strict=False))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["system 0", "system 1"]


def test_what_one_picture_has_no_room_for_is_said(axes):
    given = table(systems=1, languages=301)
    plots.scores(given, axes)
    assert axes.get_title().startswith("spBLEU by direction, the first 300 of 301, highest first, n = 1,012 sentences")
    assert "en-l300" not in [label.get_text() for each in axes.figure.axes for label in each.get_yticklabels()]
    assert score_plots.describe_scores(given).startswith("spBLEU by direction, the first 300 of 301. system 0: 300 ")


def test_shares_are_drawn_in_per_cent(axes):
    given = table(2, 1)[["system", "src", "tgt", "n"]].assign(empty=0.25, copy=0.0, length=1.0, other_script=0.5)
    plots.shares(given, axes)
    assert [text.get_text() for text in axes.texts] == ["25", "0", "100", "50"] * 2
    assert axes.get_yticklabels()[1].get_text() == "system 1  en-l0"


def test_the_largest_shares_come_first_and_of_many_rows_these_alone_as_the_title_says(axes):
    given = table(1, 40)[["system", "src", "tgt", "n"]].assign(empty=0.0, copy=0.0, length=0.0, other_script=0.0)
    given.loc[35, "copy"], given.loc[7, "empty"] = 0.9, 0.5
    plots.shares(given, axes)
    drawn = [label.get_text() for label in axes.get_yticklabels()]
    assert drawn[:3] == ["en-l35", "en-l7", "en-l0"] and len(drawn) == 30
    title = axes.get_title().replace("\n", " ")
    assert title.startswith("Outputs that are …, in per cent, the 30 largest of 40, n = 1,012")


def test_a_share_that_is_not_known_is_no_zero(axes):
    given = table(1, 2)[["system", "src", "tgt", "n"]].assign(empty=0.5, copy=0.0, length=float("nan"), other_script=0)
    plots.shares(given, axes)
    assert [text.get_text() for text in axes.texts] == ["50", "0", "0"] * 2
    assert axes.get_xlabel() == "grey: not known"
    assert "cut at the limit: not known" in score_plots.describe_shares(given)


@pytest.mark.parametrize("draw", [plots.scores, plots.shares])
def test_nothing_is_drawn_of_nothing(draw, axes):
    with pytest.raises(KitError, match="nothing to draw"):
        draw(table().iloc[:0], axes)


def test_two_metrics_are_never_one_picture(axes):
    given = pd.concat([table(), table().assign(metric="chrF++")])
    with pytest.raises(KitError, match=r"one picture shows one metric, got spBLEU, chrF\+\+"):
        plots.scores(given, axes)


def test_the_text_of_a_picture_says_its_numbers():
    assert score_plots.describe_scores(table(2, 3)) == (
        "spBLEU by direction. system 0: 3 directions, from 0.0 (en-l0) to 2.0 (en-l2). "
        "system 1: 3 directions, from 10.0 (en-l0) to 12.0 (en-l2)."
    )
    shares = table(1, 2)[["system", "src", "tgt", "n"]].assign(empty=[0, 0.5], copy=0.0, length=0.0, other_script=1.0)
    assert score_plots.describe_shares(shares) == (
        "Shares of outputs by direction: empty at most 50 % (system 0 en-l1); none copies of the source; "
        "none cut at the limit; in another script at most 100 % (system 0 en-l0)."
    )
    assert "empty at most 1 % (" in score_plots.describe_shares(shares.assign(empty=[0, 0.001]))


def test_showing_saves_both_files_and_puts_one_picture_with_its_text_on_the_page(tmp_path, axes, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: shown.append((data, metadata)))
    plots.show(axes.figure, tmp_path / "scores", 'dots, "en" < "de"')
    (data, metadata), png = shown[0], (tmp_path / "scores.png").read_bytes()
    assert base64.b64decode(data["image/png"]) == png
    assert 'alt="dots, &quot;en&quot; &lt; &quot;de&quot;"' in data["text/html"]
    assert data["text/html"].startswith('<div class="picture" tabindex="0"><img ')  # it scrolls on a narrow page
    assert metadata == {"image/png": {"alt": 'dots, "en" < "de"'}}
    assert axes.figure.number not in plt.get_fignums()


def test_the_pdf_holds_fonts_that_publishers_take(tmp_path, axes, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    plots.show(axes.figure, tmp_path / "scores", "dots")
    pdf = (tmp_path / "scores.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"/Type3" not in pdf and b"/CIDFontType2" in pdf


def test_a_picture_without_a_text_is_refused(tmp_path, axes):
    with pytest.raises(KitError, match="the picture scores has no alt text"):
        plots.show(axes.figure, tmp_path / "scores", "  ")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path, axes):
    (tmp_path / "file").write_text("")
    with pytest.raises(KitError, match="could not write"):
        plots.show(axes.figure, tmp_path / "file" / "scores", "dots")
