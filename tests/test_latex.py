"""A saved table compiles in a paper of one column and of two, and is too wide for neither."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import typeset

from llamax_kit.reporting import latex, latex_layout, tables
from llamax_kit.utils.errors import UnknownName

SIGNATURE = "nrefs:1|case:mixed|eff:no|tok:flores101|smooth:exp|version:2.6.0"
SENTENCE = "Continual pre-training on a hundred languages gains more than ten points on all of them. "
PAIRS = {"src": ["en", "eus_Latn"] * 30, "tgt": ["eus_Latn", "en"] * 30}
GAINS = pd.DataFrame(PAIRS).assign(score=12.345, baseline_score=1.2, gain=-11.1, ci_low=-1.5, ci_high=123.4, n=1012,
                                   p_holm=0.00001, verdict="not shown to differ", note="",
                                   signature=SIGNATURE)  # fmt: skip
WIDE = pd.DataFrame(PAIRS | {f"Our_own model {at} (05_mozilla_flores101)": 12.34 for at in range(18)})
SET = [sign for sign in map(chr, range(0xA1, 0x250)) if sign.isprintable() and not latex._foreign(sign)]
HARD = {
    "gains": GAINS,
    "wide": WIDE,
    "many": pd.DataFrame({"direction": [f"en-{at}" for at in range(900)], "value": np.arange(900.0)}),
    "claims": pd.DataFrame({"claim": [3 * SENTENCE] * 20, "where": SENTENCE, "n": 3, "[x]": "*a, 5 % & #1 $x$ {y}\\"}),
    "words": pd.DataFrame({"model": ["a" * 150, "hub-owner/" + "long_name_" * 9], "sha256": ["0a1b2c3d" * 8] * 2}),
    "signature": pd.DataFrame({"run": ["05_mozilla"], "signature": [SIGNATURE], "again": SIGNATURE, "more": SIGNATURE}),
    "none": GAINS.iloc[:0],
    "accents": pd.DataFrame({"language": ["Bokmål ≥ 3 × −1", "Français œuvre", "".join(SET)], "n": [1, 2, 3]}),
}
SCRIPTS = pd.DataFrame({"system": ["日本語のモデル" * 9, "ⵜⴰⵎⴰⵣⵉⵖⵜ", "Ελληνικά και ακόμη μία"], "score": [1.0, 2, 3]})
CAPTION = f"Gains of 'a_b' over \"c|d\", 95 % intervals; {SIGNATURE} and {SIGNATURE.replace('1', '2')}"


def tex(folder, table, name="t", **options) -> str:
    return tables.save(table, folder / name, CAPTION, **options)[1].read_text(encoding="utf-8")


def compiled(folder, program: str) -> list[str]:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here; it compiles the tables of this test")
    found = typeset.faults(sorted(folder.glob("*.tex")), program)
    if any("File `" in each for each in found):
        pytest.skip(f"a package of LaTeX is not installed here: {found[0]}")
    return found


@pytest.mark.parametrize("layout", latex_layout.LAYOUTS)
def test_hard_tables_fit_both_papers(tmp_path, layout):
    for name, table in HARD.items():
        assert "wider than" not in tex(tmp_path, table, name, layout=layout)
        assert typeset.engine(tmp_path / f"{name}.tex") == "pdflatex"
    found = compiled(tmp_path, "pdflatex")
    assert found == []


def test_other_scripts_fit_where_a_font_has_them(tmp_path):
    for layout in latex_layout.LAYOUTS:
        tex(tmp_path, SCRIPTS.iloc[1:], layout, layout=layout)
    assert typeset.engine(tmp_path / "auto.tex") == "xelatex"
    found = compiled(tmp_path, "xelatex")
    if any("DejaVu" in each for each in found):
        pytest.skip("the font DejaVu Serif is not installed here")
    assert [each for each in found if "Missing character" not in each] == []


def test_auto_takes_a_column_where_the_table_fits_one_and_the_page_where_not(tmp_path):
    assert r"\begin{table}" in tex(tmp_path, GAINS[["src", "tgt", "gain"]])
    assert r"\begin{table*}" in tex(tmp_path, GAINS) and r"\begin{table}" not in tex(tmp_path, GAINS)
    assert r"\begin{table*}" in tex(tmp_path, GAINS[["src", "tgt", "gain"]], layout="page")
    assert r"\begin{table*}" not in tex(tmp_path, GAINS, layout="column")


def test_another_layout_is_refused(tmp_path):
    with pytest.raises(UnknownName, match="layout of LaTeX tables.*'colum'"):
        tex(tmp_path, GAINS, layout="colum")


def test_a_cell_that_no_type_makes_narrower_is_said_and_not_refused(tmp_path):
    given = pd.DataFrame({"n": [1e60], "m": [1e60]})
    assert re.search(r"^% about \d+ pt wider than its line", tex(tmp_path, given, layout="column"), re.M)


def test_columns_too_many_for_a_line_stand_in_several_tables_with_what_begins_their_rows(tmp_path):
    text = tex(tmp_path, WIDE)
    assert "% too wide for one: its columns stand in" in text and "latex: page" not in text
    first = [line.split(" & ")[:2] for line in text.splitlines() if line.startswith(("en & ", r"eus\_Latn & "))]
    assert {tuple(each) for each in first} == {("en", r"eus\_Latn"), (r"eus\_Latn", "en")} and len(first) == 2 * 60
    assert "latex: page gives it the width of both columns" in tex(tmp_path, WIDE, layout="column")


def test_a_table_longer_than_a_page_is_several_with_one_number_and_one_label(tmp_path):
    text = tex(tmp_path, HARD["many"], "many")
    count = text.count(r"\begin{table}")
    assert count > 10 and text.count(r"\label{") == 1 and r"-many}" in text
    assert text.count(r"\addtocounter{table}{-1}") == text.count("(continued)}") == count - 1
    assert [line for line in text.splitlines() if line.startswith("en-")] == [
        rf"en-{at} & {at:.2f} \\" for at in range(900)
    ]


def test_heads_are_words_and_the_file_keeps_its_names(tmp_path):
    text = tex(tmp_path, GAINS, columns=["src", "tgt", "baseline_score", "ci_low", "ci_high", "n", "p_holm"])
    assert r"\multicolumn{2}{c}{95 \% CI}" in text and r"\cmidrule(lr){4-5}" in text
    assert r"from & into & \shortstack[r]{baseline\\score} & low & high & sentences & " in text
    assert r" & \shortstack[r]{$p$\\(Holm)} \\" in text
    assert list(pd.read_csv(tmp_path / "t.csv")) == list(GAINS)
    assert latex.heads(["value", "direction", "n", "mean_gain"]) == ["group", "direction", "languages", "mean gain"]
    assert latex.heads(["group", "value", "n_low"]) == ["group", "value", "n low"]


def test_a_column_that_is_called_by_a_system_keeps_its_name(tmp_path):
    wide = GAINS.iloc[:1].assign(system="my_own").pivot_table("score", ["src", "tgt", "n"], "system").reset_index()
    assert r"from & into & sentences & my\_own \\" in tex(tmp_path, wide)


def test_a_signature_breaks_in_caption_and_cell(tmp_path):
    text = tex(tmp_path, HARD["signature"], layout="column")
    assert text.count(r"\textbar{}\allowbreak{}case:\allowbreak{}mixed") == 5


def test_a_caption_names_columns_as_their_heads_do(tmp_path):
    path = tables.save(GAINS, tmp_path / "t", "baseline_score and my_run; ci_low")[1]
    assert "baseline score and my\\_" in path.read_text() and "; low}" in path.read_text()
