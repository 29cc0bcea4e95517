"""Names in pictures: each as it stands, whatever signs it has, and in letters that the reader sees."""

import warnings

import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure

from llamax_kit.paper import plots as paper_plots
from llamax_kit.reporting import plots
from llamax_kit.reporting.plots import fonts

NAMES = [
    "NA",
    "None",
    "1.10",
    "007",
    "True",
    "_base",
    "__",
    "<b>bold",
    "50%",
    "#9",
    "llama$_$7b",
    r"a\b$x",
    "$",
    "{x}$^$",
]
UNREAD = "日"


def scores(names: list[str]) -> pd.DataFrame:
    rows = [(name, "en", code, "spBLEU", 20 + at, 19 + at, 22 + at, 1012, "sig")
            for at, name in enumerate(names) for code in ("sw", "de")]  # fmt: skip
    columns = ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
    return pd.DataFrame(rows, columns=columns)


def gains(system: str, baseline: str) -> pd.DataFrame:
    rows = [("en", code, "spBLEU", 5.0 + at, 3.0, 7.0, 1012, "gained") for at, code in enumerate(("sw", "de", "fr"))]
    table = pd.DataFrame(rows, columns=["src", "tgt", "metric", "gain", "ci_low", "ci_high", "n", "verdict"])
    table = table.assign(system=system, baseline=baseline, p=0.001, baseline_score=20.0, score=25.0, signature="sig")
    return table.assign(language=table["tgt"], direction="en-X", value="_own", trained=True)


@pytest.fixture
def ax():
    return Figure().subplots()


def drawn(ax) -> list[str]:
    """Render the figure, and return each text that is drawn as it stands, not as mathematics."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.figure.findobj(lambda each: hasattr(each, "get_parse_math"))
            if not text.get_parse_math()]  # fmt: skip


def test_every_system_has_its_name_in_the_legend(ax):
    plots.scores(scores(NAMES), ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == NAMES
    assert {*NAMES} <= {*drawn(ax)}


def test_in_several_columns_too(ax):
    table = pd.concat([scores(NAMES).assign(tgt=f"l{at}") for at in range(60)])
    plots.scores(table, ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == NAMES


def test_names_of_rows_are_drawn_as_they_stand(ax):
    shares = scores(NAMES[:14])[["system", "src", "tgt", "n"]].assign(empty=0.5, copy=0.1, length=0, other_script=0)
    plots.shares(shares, ax)
    assert {f"{name}  en-sw" for name in NAMES[:14]} <= {*drawn(ax)}


@pytest.mark.parametrize("draw", [plots.gains, plots.heatmap, plots.by_group])
def test_a_title_names_both_systems(draw, ax):
    draw(gains("a$x$", "$_$b"), ax)
    assert any(text.startswith("a$x$ over $_$b") for text in drawn(ax))


def test_groups_and_runs_as_well(ax):
    plots.gains(gains("a$x$", "b").assign(value="_$own$"), ax)
    assert "_$own$ (3)" in [text.get_text() for text in ax.get_legend().get_texts()]
    other = Figure().subplots()
    rows = pd.DataFrame({"label": ["$x$ a"], "_before": [1.0], "$a$": [2.0]})
    paper_plots.change(rows, other, "_before", "$a$", title="$t$")
    assert [text.get_text() for text in other.get_legend().get_texts()] == ["_before", "$a$"]
    assert {"$x$ a", "$t$", "$a$"} <= {*drawn(other)}


def test_a_logarithmic_axis_keeps_its_powers(ax):
    log = pd.DataFrame({"stage": "$s$", "tokens": [1e3, 1e5, 1e6], "loss": [3.0, 2.0, 1.0]})
    plots.curves(log, ax)
    ax.figure.canvas.draw()
    powers = [text for text in ax.get_xticklabels() if "10^" in text.get_text()]
    assert powers and all(text.get_parse_math() for text in powers)
    assert ax.get_legend().get_texts()[0].get_text().startswith("$s$ (")


@pytest.mark.parametrize("kind", ["systems", "differences"])
def test_digits_stand_out_from_every_tile_of_the_papers_matrices_and_of_shares(kind, ax):
    if kind == "systems":
        rows = [(f"s{at}", d, "spBLEU", 3.0 * at, 101) for at in range(12) for d in ("en-X", "X-en")]
        table = pd.DataFrame(rows, columns=["system", "direction", "metric", "score", "partners"])
        paper_plots.systems(table, ax, "t")
    else:
        rows = [(a, b, i - j) for i, a in enumerate("abcd") for j, b in enumerate("abcd") if a != b]
        paper_plots.differences(pd.DataFrame(rows, columns=["src", "tgt", "gap"]), ax, "gap", title="t")
    assert min(contrasts(ax)) > 4.5


def test_digits_stand_out_from_shares(ax):
    shares = scores([f"s{at}" for at in range(15)])[["system", "src", "tgt", "n"]]
    plots.shares(shares.assign(empty=[at / 29 for at in range(30)], copy=0, length=0, other_script=0), ax)
    assert min(contrasts(ax)) > 4.5


def contrasts(ax) -> list[float]:
    """Return the contrast of each number to its tile, as WCAG counts it."""
    import numpy as np
    from matplotlib.colors import to_rgb
    from seaborn.utils import relative_luminance

    mesh = ax.collections[0]
    faces = mesh.get_facecolors()[~np.ma.getmaskarray(mesh.get_array()).ravel()]
    found = []
    for text, face in zip(ax.texts, faces, strict=True):
        dark, light = sorted((relative_luminance(to_rgb(text.get_color())), relative_luminance(face)))
        found.append((light + 0.05) / (dark + 0.05))
    return found


@pytest.fixture
def bare(monkeypatch):
    """A machine with no font but matplotlib's own."""
    own = [each for each in font_manager.fontManager.ttflist if "mpl-data" in each.fname.replace("\\", "/")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_, **__: [])
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)


def test_letters_that_no_font_has_are_said_with_the_package_that_brings_one(bare, ax, tmp_path):
    alt = plots.scores(scores(["日本語", "हिन्दी", "ok"]), ax)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        plots.show(ax.figure, tmp_path / "scores", alt)
    assert [each.category for each in said] == [fonts.FontWarning]  # once, and matplotlib's own are not shown
    message = str(said[0].message)
    assert "日" in message and "Debian's fonts-noto-cjk and fonts-noto-core" in message and "ok" not in message
    assert (tmp_path / "scores.png").exists() and (tmp_path / "scores.pdf").exists()


def test_letters_that_matplotlib_has_are_no_matter(bare, ax, tmp_path):
    alt = plots.scores(scores(["Привет", "é", "العربية", "a\u200bb"]), ax)
    with warnings.catch_warnings():
        warnings.simplefilter("error", fonts.FontWarning)
        plots.show(ax.figure, tmp_path / "scores", alt)


def test_an_installed_font_that_has_them_is_used(bare, ax, tmp_path, monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_, **__: [str(font(tmp_path / "my.ttf"))])
    alt = plots.scores(scores([UNREAD, "ok"]), ax)
    with warnings.catch_warnings():
        warnings.simplefilter("error", fonts.FontWarning)
        plots.show(ax.figure, tmp_path / "scores", alt)
    name, other = ax.get_legend().get_texts()
    assert name.get_fontfamily()[-1] == "My Own" and "My Own" not in other.get_fontfamily()
    assert b"MyOwn" in (tmp_path / "scores.pdf").read_bytes()


def font(path):
    """Write a font of one letter."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0)), pen.lineTo((500, 700)), pen.lineTo((900, 0)), pen.closePath()
    built = FontBuilder(1000)
    built.setupGlyphOrder([".notdef", "letter"])
    built.setupCharacterMap({ord(UNREAD): "letter"})
    built.setupGlyf(dict.fromkeys((".notdef", "letter"), pen.glyph()))
    built.setupHorizontalMetrics(dict.fromkeys((".notdef", "letter"), (1000, 0)))
    built.setupHorizontalHeader(ascent=800, descent=-200)
    built.setupNameTable({"familyName": "My Own", "styleName": "Regular", "psName": "MyOwn", "fullName": "My Own"})
    built.setupOS2(usWeightClass=400)
    built.setupPost()
    built.save(path)
    return path
