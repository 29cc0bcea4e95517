"""A table on the page: whole, escaped, aligned, scrolling. In files: every digit as CSV, fit for a paper as LaTeX."""

import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from llamax_kit.reporting import tables
from llamax_kit.reporting.latex import text as latex
from llamax_kit.reporting.tables import formatted, show
from llamax_kit.utils.errors import KitError

TABLE = pd.DataFrame({"system": ["<b>a", "b"], "n": [1012, 3], "score": [1.23456, float("nan")]})
SENTENCE = "Continual pre-training on a hundred languages gains more than ten points on all of them."


def tex(folder, table: pd.DataFrame, caption: str = "c", **options) -> str:
    return tables.save(table, folder / "t", caption, **options)[1].read_text(encoding="utf-8")


def test_every_row_is_there_and_the_page_scrolls_instead_of_cutting():
    html = show(pd.DataFrame({"n": range(300)}), "many").data
    assert html.count("<tr>") == 301 and 'class="box tall"' in html and "sticky" in html
    assert re.search(r"\.box { overflow: auto; }", html) and re.search(r"\.tall { max-height: \d+em; }", html)


def test_a_table_of_forty_rows_is_not_boxed():
    html = show(pd.DataFrame({"n": range(40)}), "some").data
    assert 'class="box"' in html and "overflow: auto" in html


def test_the_caption_is_the_tables_and_stays_where_the_table_scrolls_sideways():
    page = BeautifulSoup(show(TABLE, "1 < 2").data, "html.parser")
    assert page.table.caption.get_text() == "1 < 2"
    assert [head["scope"] for head in page.table.find_all("th")] == ["col"] * 3
    assert "caption div { position: sticky; left: 0; width: calc(100cqw" in page.style.get_text()


@pytest.mark.parametrize("text", ["from $12 to $15", r"\(x\) \[y\]", "$$a$$", r"\begin{align}x\end{align}"])
def test_nothing_of_a_table_is_typeset(text):
    """Pages of Jupyter look for mathematics in all but these classes (MathJax 3 and 2)."""
    page = BeautifulSoup(show(pd.DataFrame({text: [text]}), text).data, "html.parser")
    for each in page.find_all(string=text):
        assert {"mathjax_ignore", "tex2jax_ignore"} <= {*each.find_parent("figure")["class"]}
    assert len(page.find_all(string=text)) == 3


def test_a_cell_has_the_direction_of_its_letters():
    given = pd.DataFrame({"text": ["ارتفع السعر من $12", "from $12", "א", "12"], "n": [1, 2, 3, 4]})
    cells = BeautifulSoup(show(given, "c").data, "html.parser").find_all("td")
    assert [cell.get("dir") for cell in cells[::2]] == ["rtl", None, "auto", None]
    assert not any(cell.get("dir") for cell in cells[1::2])


def test_a_printed_table_is_whole():
    style = BeautifulSoup(show(TABLE, "c").data, "html.parser").style.get_text()
    printed = style.partition("@media print {")[2]
    assert ".box { max-height: none; overflow: visible; }" in printed and "tr { break-inside: avoid; }" in printed
    assert "style=" not in show(TABLE, "c").data  # nothing that a style sheet for print could not change


def test_long_words_alone_may_break_in_print():
    given = pd.DataFrame({"verdict": ["not shown to differ"], "model": ["a" * 30], "of_the_system": ["mini-llama"]})
    page = BeautifulSoup(show(given, "c").data, "html.parser")
    assert [cell.get("class") for cell in page.find_all("td")] == [None, ["wide"], None]
    assert page.find_all("th")[2].get_text() == "of_the_system" and "of_<wbr>the_<wbr>system" in show(given, "c").data


def test_a_table_without_rows_is_its_caption_and_none():
    html = show(TABLE.iloc[:0], "0 directions left out").data
    assert "0 directions left out" in html and ">none<" in html and "<th" not in html


def test_text_is_escaped_numbers_are_rounded_and_missing_is_empty():
    html = show(TABLE, "1 < 2").data
    assert "&lt;b&gt;a" in html and "<b>a" not in html and "1 &lt; 2" in html
    assert ">1,012</td>" in html and ">1.23</td>" in html and "nan" not in html


@pytest.mark.parametrize(
    ("value", "column", "read"),
    [
        (-0.001, "gain", "0.00"), (-1.5, "gain", "−1.50"), (0.0, "gain", "0.00"), (float("nan"), "p", ""),
        (0.0047, "p_holm", "0.0047"), (0.00004, "p", "<0.0001"), (1.0, "q", "1.0000"), (0.0047, "power", "0.00"),
        (1012, "sentences", "1,012"), (1012.0, "n", "1,012"), (pd.NA, "n", ""), (-3, "change", "−3"),
        (True, "dirty", "True"), ("-0.00", "text", "-0.00"), (None, "text", ""), (12345.6, "gain", "12,345.60"),
    ],
)  # fmt: skip
def test_a_cell_is_said_in_one_way(value, column, read):
    assert formatted(value, column) == read


def test_the_page_and_the_paper_say_the_same_number(tmp_path):
    given = pd.DataFrame({"gain": [-1.5, -0.001], "p_holm": [0.00469, 0.00001], "n": pd.array([60, None], "Int64")})
    shown = [cell.get_text() for cell in BeautifulSoup(show(given, "c").data, "html.parser").find_all("td")]
    assert shown == ["−1.50", "0.0047", "60", "0.00", "<0.0001", ""]
    text = tex(tmp_path, given)
    assert r"$-$1.50 & 0.0047 & 60 \\" in text and r"0.00 & \textless{}0.0001 & -- \\" in text


def test_the_table_given_is_not_changed(tmp_path):
    before = TABLE.copy()
    show(TABLE, "as it was")
    tex(tmp_path, TABLE)
    pd.testing.assert_frame_equal(TABLE, before)


def test_row_labels_may_come_twice():
    assert show(pd.concat([TABLE, TABLE]), "two tables put together").data.count("<tr>") == 5


def test_long_text_is_wrapped_and_a_signature_is_not():
    signature = "nrefs:1|case:mixed|eff:no|tok:flores101|smooth:exp|version:2.6.0"
    rows = pd.DataFrame({"text": ["word " * 20], "signature": [signature]})
    html = show(rows, "two kinds of text").data
    cells = BeautifulSoup(html, "html.parser").find_all("td")
    assert [cell["class"] for cell in cells] == [["long"], ["wide"]]


def test_a_saved_table_has_every_digit_as_csv_and_is_ready_to_print_as_latex(tmp_path):
    given = pd.DataFrame({"system": ["a_b & c", "d"], "gain": [1.23456789, 2], "p": [float("nan"), 0.5]})
    csv, path = tables.save(given, tmp_path / "gains", "Gains, 95 % interval")
    assert pd.read_csv(csv).equals(given)
    text = path.read_text()
    assert r"a\_b \& c & 1.23 & --" in text and r"\caption{Gains, 95 \% interval}" in text
    assert r"\toprule" in text and r"\begin{tabular}{@{}lrr@{}}" in text
    assert re.fullmatch(r"% needs \\usepackage\{booktabs\}", text.splitlines()[0])


def test_signs_that_latex_reads_otherwise_are_written_out():
    assert latex(r"a_b & 5 % #1 $x$ {y} \z") == r"a\_b \& 5 \% \#1 \$x\$ \{y\} \textbackslash{}z"
    assert latex("x^2 ~ <a|b> `c`") == (
        r"x\textasciicircum{}2 \textasciitilde{} \textless{}a\textbar{}b\textgreater{} "
        r"\textasciigrave{}c\textasciigrave{}")  # fmt: skip
    assert latex('the "low" half ("high")') == "the ``low'' half (``high'')"
    assert latex("−1 to 5–7, a--b…") == r"$-$1 to 5--7, a-{}-b\dots{}"


def test_a_row_that_begins_with_an_option_or_a_star_is_text(tmp_path):
    """Behind the `\\\\` of the row before, LaTeX reads [x] as a length and a star as a form of the command."""
    text = tex(tmp_path, pd.DataFrame({"system": ["[x]", "*a", "[2em] b"], "[long_name_of_it]": ["[1]", "*", "]"]}))
    assert "{[}x{]} & {[}1{]}" in text and "{*}a & {*}" in text and "{[}2em{]} b & {]}" in text
    assert not re.search(r"(\\\\|rule)\s*[\[*]", text)


def test_signs_that_latex_joins_or_cannot_read_are_kept_apart_or_written_out():
    assert latex("a,,b ''c'' d---e") == "a,{},b '{}'c'{}' d-{}-{}-e"
    assert latex("a\x1b[31mb\tc\r\nd\u200be") == r"a\textbackslash{}x1b{[}31mb c  de"


def test_a_table_with_other_letters_says_which_latex_sets_them(tmp_path):
    assert "LuaLaTeX" in tex(tmp_path, pd.DataFrame({"system": ["日本語"]})).splitlines()[1]
    assert "LuaLaTeX" not in tex(tmp_path, pd.DataFrame({"system": ["Bokmål ≥ 3 × −1"]}))


def test_caption_head_and_cells_are_escaped_by_the_same_rule(tmp_path):
    text = tex(tmp_path, pd.DataFrame({"a|b": ["c|d"], "x<y": ["low_1 > 2"]}), "nrefs:1|case ^ x < y")
    assert r"\caption{nrefs:\allowbreak{}1\textbar{}\allowbreak{}case \textasciicircum{} x \textless{} y}" in text
    assert r"a\textbar{}b & x\textless{}y \\" in text and r"c\textbar{}d & low\_1 \textgreater{} 2 \\" in text


def test_chosen_columns_are_printed_the_file_keeps_all_and_an_empty_one_is_not_printed(tmp_path):
    given = pd.DataFrame({"src": ["en"], "gain": [1.0], "note": [""], "p": [float("nan")], "signature": ["nrefs:1"]})
    text = tex(tmp_path, given, columns=["src", "gain", "note", "p"])
    assert r"from & gain \\" in text and "note" not in text and "nrefs" not in text
    assert list(pd.read_csv(tmp_path / "t.csv")) == list(given)


def test_sentences_stand_in_a_column_that_wraps_and_a_signature_may_break(tmp_path):
    given = pd.DataFrame({"claim": [SENTENCE], "n": [3], "signature": ["nrefs:1|case:mixed|eff:no|tok:flores101"]})
    text = tex(tmp_path, given, layout="column")
    wraps = r">\{\\hsize=\d\.\d\d\\hsize\\raggedright\\arraybackslash\}X"
    assert re.search(rf"\\begin{{tabularx}}{{\\linewidth}}{{@{{}}{wraps}r{wraps}@{{}}}}", text)
    assert r"\textbar{}\allowbreak{}case:\allowbreak{}mixed" in text
    assert "+9.45, 1,012" in tex(tmp_path, pd.DataFrame({"found": [f"{SENTENCE} +9.45, 1,012"]}))


def test_a_table_longer_than_a_sheet_runs_over_several(tmp_path):
    short, long = (tex(tmp_path, pd.DataFrame({"n": range(rows)})) for rows in (45, 60))
    assert short.count(r"\begin{table}") == 1 and long.count(r"\begin{table}") == 2
    assert long.count(r"\caption{") == 2 and long.count(r"\caption{c (continued)}") == long.count(r"\addtocounter") == 1


def test_rows_of_many_lines_count_as_many(tmp_path):
    text = tex(tmp_path, pd.DataFrame({"claim": [3 * SENTENCE] * 20, "where": [SENTENCE] * 20}))
    assert text.count(r"\begin{table*}") > 2


def test_a_saved_table_without_rows_says_none(tmp_path):
    assert "none" in tex(tmp_path, TABLE.iloc[:0])


def test_a_table_without_a_caption_is_refused(tmp_path):
    with pytest.raises(KitError, match="no caption"):
        tables.save(pd.DataFrame({"a": [1]}), tmp_path / "t", " ")
