"""Pictures in a paper: wide as a column or a page, every letter legible there, whatever is drawn."""

import warnings

import numpy as np
import pictures
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from llamax_kit.analysis import groups
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import style

CENTIMETRE = 72 / 2.54  # points
LEAST = 5  # points
DRAWINGS = pictures.drawings()


def draw(drawing):
    ax = Figure().subplots()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The set_bad function", PendingDeprecationWarning)  # of seaborn
        drawing(ax)
    ax.figure.draw_without_rendering()
    return ax


@pytest.fixture(scope="module", params=DRAWINGS)
def drawn(request):
    """The axes of a drawing; all tests of one drawing follow each other, and it is drawn once."""
    return draw(DRAWINGS[request.param])


def written(texts) -> list[Text]:
    return [each for each in texts if each.get_text().strip() and each.get_visible()]


def test_text_is_legible_in_a_column_or_on_a_page_and_overlaps_nothing(drawn):
    figure = drawn.figure
    printed = style.PRINTED[figure.get_figwidth()] * CENTIMETRE
    saved = 72 * figure.get_tightbbox().padded(0.1).width  # as `show` saves it
    sizes = {each.get_text(): each.get_fontsize() * printed / saved for each in written(figure.findobj(Text))}
    assert min(sizes.values()) > LEAST, min(sizes.items(), key=lambda each: each[1])
    assert saved == pytest.approx(72 * figure.get_figwidth(), rel=0.01)
    for ax in figure.axes:  # what is above and below the axes is not cut
        for text in (ax.title, ax.xaxis.label):
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
        places = sorted((box.y0, box.y1) for box in map(Text.get_window_extent, written(ax.get_yticklabels())))
        assert all(upper[0] >= lower[1] - 1 for lower, upper in zip(places, places[1:], strict=False))
        if legend := ax.get_legend():
            labels = map(Text.get_window_extent, written(other.xaxis.label for other in figure.axes))
            assert not any(box.overlaps(legend.get_window_extent()) for box in labels)


@pytest.mark.parametrize("drawn", ["heatmap_40_long", "heatmap_pivots", "shares_3_systems_8_long", "table3_printed",
                                   "differences_7"], indirect=True)  # fmt: skip
def test_every_number_stands_out_from_its_tile(drawn):
    mesh = drawn.collections[0]
    faces = mesh.get_facecolors()[~np.ma.getmaskarray(mesh.get_array()).ravel()]
    assert all(contrast(text.get_color(), face) > 4.5 for text, face in zip(drawn.texts, faces, strict=True))


def test_on_every_colour_black_or_white_is_readable():
    """WCAG's 4.5 to 1, on all of the maps that heat maps use, and on the bars of `significance`."""
    import seaborn as sns

    faces = [sns.color_palette(name, as_cmap=True)(at / 1000) for name in ("RdBu", "Blues") for at in range(1001)]
    grey = [(at / 1000,) * 3 for at in range(1001)]
    assert min(contrast(style.readable(face), face) for face in (*faces, *grey)) > 4.5
    ax = draw(lambda ax: plots.significance(groups.by_group(pictures.gains(pictures.out_of_english(40)), "family"), ax))
    bars = [(bar.get_facecolor(), text) for bar, text in zip(ax.patches, ax.texts, strict=True) if text.get_text()]
    assert len({face for face, _ in bars}) == 3
    assert all(contrast(text.get_color(), face) > 4.5 for face, text in bars)


def contrast(one, other) -> float:
    """Return the contrast of two colours by WCAG's definition."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return np.dot(parts, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("count", [1, 8, 40, 101])
def test_each_language_of_a_small_group_is_named(count):
    given = groups.assign(pictures.gains(pictures.out_of_english(count)), "family")
    named = {text.get_text() for text in draw(lambda ax: plots.by_group(given, ax)).texts}
    sizes = given.groupby("value")["language"].transform("size")
    assert set(given["language"][sizes <= 8]) <= named
    scripts = pictures.unseen(count)
    named = {text.get_text() for text in draw(lambda ax: plots.languages_by_group(scripts, ax, "script")).texts}
    small = scripts["language"][scripts.groupby("script")["language"].transform("size") <= 8]
    assert len(set(small) & named) >= 0.95 * len(small)  # one is left out where there is no room for it
