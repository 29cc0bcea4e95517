"""01_meet_the_languages: runs from any folder, keeps what it shows, and its exercises know right from wrong."""

import csv
from pathlib import Path

import nbformat
import pytest
from executed import papermill

from llamax_kit.data import languages

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "01_meet_the_languages.ipynb"
ANSWERS = {  # cell -> (variable, right answers, wrong answers)
    "exercise-1": ("most", ["zh", "zho_Hans"], ["en", "ar"]),
    "exercise-2": ("arabic", [(6, 16), [6, 16]], [(16, 6), (6, 6)]),
    "exercise-3": ("text", ["kea-en kam-en umb-en luo-en"], ["kea-en kam-en umb-en", "en-kea en-kam en-umb en-luo"]),
    "exercise-4": ("strange", ["sat_Olck", "dzo_Tibt"], ["eus_Latn", "my"]),
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    papermill(NOTEBOOK, folder, "-f", str(PROJECT / "params" / NOTEBOOK.stem / "arabic.yml"))
    return folder


def test_it_shows_four_pictures_each_with_a_text_of_its_own(executed):
    cells = nbformat.read(executed / "out.ipynb", 4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    alts = [output.metadata["image/png"]["alt"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(alts) == len(set(alts)) == 4
    assert alts[:2] == [
        "Bars: 61 of 102 trained languages are in Latin script, 66 of 102 unseen.",
        "Bars: 50 of 102 trained languages are Indo-European, 25 of 102 unseen ones.",
    ]
    assert not [output for output in outputs if output.get("name") == "stderr"]


def test_it_keeps_its_pictures_table_and_record(executed):
    run = executed / "outputs" / "01_meet_the_languages-arabic"
    pictures = [
        f"{name}.{ending}" for name in ("scripts", "families", "training_data", "unseen") for ending in ("png", "pdf")
    ]
    assert {path.name for path in run.iterdir()} == {*pictures, "languages.csv", "languages.tex", "run.json"}
    with open(run / "languages.csv", encoding="utf-8") as file:
        assert [row["code"] for row in csv.DictReader(file)] == [row.code for row in languages.all_languages()]


def test_all_languages_on_the_other_side_of_their_branch_are_named(executed):
    cells = nbformat.read(executed / "out.ipynb", 4).cells
    said = " ".join("".join(each.get("text", "") for cell in cells for each in cell.get("outputs", [])).split())
    assert "high, of another branch: Hungarian, Indonesian, Malay low, Germanic, Romance or Slavic: " in said
    assert "Belarusian, Icelandic, Luxembourgish, Macedonian, Occitan, Slovak, Serbian" in said


@pytest.mark.parametrize("cell", ANSWERS)
def test_exercises_accept_what_is_right_and_refuse_what_is_wrong(cell):
    variable, right, wrong = ANSWERS[cell]
    source = next(one.source for one in nbformat.read(NOTEBOOK, 4).cells if one.id == cell)
    table = languages.table()
    for answer in [None, *right]:
        exec(source.replace(f"{variable} = None", f"{variable} = {answer!r}"), known(table))
    for answer in wrong:
        with pytest.raises(AssertionError):
            exec(source.replace(f"{variable} = None", f"{variable} = {answer!r}"), known(table))


def known(table):
    return {"table": table, "trained": table[table.trained], "languages": languages}
