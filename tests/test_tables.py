"""A table on the page: whole, escaped, aligned, scrolling."""

import pandas as pd
import pytest

from llamax_kit import tables
from llamax_kit.errors import KitError
from llamax_kit.tables import show

TABLE = pd.DataFrame({"system": ["<b>a", "b"], "n": [1012, 3], "score": [1.23456, float("nan")]})


def test_every_row_is_there_and_the_page_scrolls_instead_of_cutting():
    rows = pd.DataFrame({"n": range(300)})
    html = show(rows, "many").data
    assert html.count("<tr>") == 301 and "overflow: auto" in html and "sticky" in html


def test_text_is_escaped_numbers_are_rounded_and_missing_is_empty():
    html = show(TABLE, "1 < 2").data
    assert "&lt;b&gt;a" in html and "<b>a" not in html and "1 &lt; 2" in html
    assert ">1,012</td>" in html and ">1.23</td>" in html and "nan" not in html


def test_the_table_given_is_not_changed():
    before = TABLE.copy()
    show(TABLE, "as it was")
    pd.testing.assert_frame_equal(TABLE, before)


def test_row_labels_may_come_twice():
    assert show(pd.concat([TABLE, TABLE]), "two tables put together").data.count("<tr>") == 5


def test_long_text_is_wrapped_and_a_signature_is_not():
    signature = "nrefs:1|case:mixed|eff:no|tok:flores101|smooth:exp|version:2.6.0"
    rows = pd.DataFrame({"text": ["word " * 20], "signature": [signature]})
    html = show(rows, "two kinds of text").data
    assert html.count('row0 col0 long"') == 1 and 'col1 long"' not in html


def test_a_saved_table_has_every_digit_as_csv_and_is_ready_to_print_as_latex(tmp_path):
    given = pd.DataFrame({"system": ["a_b & c"], "gain": [1.23456789], "p": [float("nan")]})
    csv, tex = tables.save(given, tmp_path / "gains", "Gains, 95 % interval")
    assert pd.read_csv(csv).equals(given)
    text = tex.read_text()
    assert r"a\_b \& c & 1.23 & --" in text and r"\caption{Gains, 95 \% interval}" in text
    assert r"\toprule" in text and r"\begin{tabular}{lrr}" in text


def test_a_table_without_a_caption_is_refused(tmp_path):
    with pytest.raises(KitError, match="no caption"):
        tables.save(pd.DataFrame({"a": [1]}), tmp_path / "t", " ")
