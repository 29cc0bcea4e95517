"""12_reproduce_the_paper, executed: on the printed figures alone, on the release, and with a run beside theirs."""

import contextlib
import csv
import io
import json
from pathlib import Path

import nbformat
import pytest
from executed import papermill
from PIL import Image

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.runs import storage
from llamax_kit.tasks import system_outputs
from llamax_kit.utils.errors import KitError, UnknownName

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "12_reproduce_the_paper.ipynb"
PICTURES = {"table3", "gains", "figure1", "figure4", "figure6", "figure7", "detected", "table6", "table5", "figure3"}


def rows(path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def said(folder) -> str:
    """All that the executed notebook printed, in one line."""
    outputs = [each for cell in nbformat.read(folder / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    assert not [each for each in outputs if each.get("name") == "stderr"]
    return " ".join("".join(each.text for each in outputs if each.get("name") == "stdout").split())


def pictures(folder) -> list[str]:
    """What each picture of the executed notebook says to those who do not see it."""
    outputs = [each for cell in nbformat.read(folder / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    return [each.data["text/plain"] for each in outputs if "image/png" in each.get("data", {})]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    papermill(NOTEBOOK, folder, LLAMAX_KIT_DATA=str(folder / "nothing"))
    return folder


def keep(folder, name: str, text, found) -> None:
    """Keep outputs of others as a run of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(folder / "outputs"))
        run = storage.folder(name)
        storage.save_translations(run, system_outputs.read_outputs(found, text))
        storage.record(run, corpus={"name": text.name, "split": text.split, "release": text.release})


@pytest.fixture(scope="module")
def released(data, tmp_path_factory):
    """The release read, and Igbo by Mozilla's NLLB beside the paper's."""
    folder = tmp_path_factory.mktemp("released")
    found = system_outputs.find_outputs(data / "system_outputs/mozilla_flores101", directions="en-ig en-is")
    keep(folder, "05_mozilla", load_corpus("flores101", ["en", "ig", "is"]), found)
    variant = PROJECT / "params" / NOTEBOOK.stem / "mozilla_nllb.yml"
    papermill(NOTEBOOK, folder, "-f", str(variant), "-p", "run", "released")
    return folder


def test_it_opens_on_the_papers_numbers_without_data(printed):
    run, text = printed / "outputs/12_reproduce_the_paper", said(printed)
    assert "the release is not read. To have it: llamax-kit fetch llamax_results" in text and "`mine` is empty" in text
    assert text.count("left out: it needs the release, which is not read.") == 4  # once a section
    assert "gains +12.17 spBLEU points over LLaMA2-7B-Alpaca in the mean of 14 printed averages" in text
    assert "above GPT-4 in 13 of 42 directions" in text and "in 89.5 % and 89.0 % without the 18 languages" in text
    verdicts = {row["verdict"] for row in rows(run / "claims.csv")}
    assert verdicts == {
        "holds",
        "holds on average, not everywhere",
        "does not hold",
        "cannot be told without the release",
    }
    assert len(rows(run / "table3.csv")) == 564 and len(rows(run / "detected.csv")) == 606


def test_what_needs_the_release_is_neither_kept_nor_shown_empty_without_it(printed):
    run = printed / "outputs/12_reproduce_the_paper"
    assert not [path for name in ("summaries", "contradictions", "gains_", "m2m") for path in run.glob(f"{name}*")]
    outputs = [each for cell in nbformat.read(printed / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    tables = [each.data["text/html"] for each in outputs if "<table" in each.get("data", {}).get("text/html", "")]
    assert len(tables) == 16 and not any(">recomputed</th>" in table for table in tables)


def test_what_the_release_does_not_hold_says_so_in_every_file(printed):
    for name in ("table4", "table5", "detected", "detected_means", "figure3"):
        table = rows(printed / f"outputs/12_reproduce_the_paper/{name}.csv")
        assert {row["verdict"] for row in table} == {"printed, not recomputable"} and "recomputed" not in table[0]


@pytest.mark.parametrize("name", ["table3", "table3_spBLEU", "table3_COMET", "table6", "figure4", "figure6", "figure7"])
def test_a_table_says_whose_figures_it_shows(name, printed, released):
    captions = [(folder / f"outputs/{run}/{name}.tex").read_text().split("\\caption")[1].splitlines()[0]
                for folder, run in ((printed, "12_reproduce_the_paper"), (released, "released"))]  # fmt: skip
    assert "as printed" in captions[0] and "recomputed" not in captions[0] and "recomputed" in captions[1]


def test_a_picture_says_whose_figures_it_shows(printed, released):
    before, after = pictures(printed)[0], next(each for each in pictures(released) if each.startswith("Table 3"))
    assert before.startswith("Table 3, as printed: mean spBLEU") and "X-zh Aya-101 (22.5)" in before
    assert after.startswith("Table 3, recomputed; * as printed: mean spBLEU") and "X-zh MADLAD-400-7B-MT" in after


def test_every_picture_has_its_table_beside_it(printed):
    names = {path.name for path in (printed / "outputs/12_reproduce_the_paper").iterdir()}
    assert {path.removesuffix(".png") for path in names if path.endswith(".png")} == PICTURES
    assert {f"{name}.{ending}" for name in PICTURES for ending in ("pdf", "csv", "tex")} <= names


def test_every_average_of_the_release_comes_out_again(released):
    run = released / "outputs/released"
    cells = rows(run / "summaries_all.csv")
    assert len(cells) == 464 * 3 * 2
    assert max(abs(float(cell["difference"])) for cell in cells) <= 0.0101
    assert "2,784 of 2,784 figures recomputed: 2,724 equal, 60 apart by rounding" in said(released)


def test_the_release_contradicts_what_it_contradicts(released):
    found = rows(released / "outputs/released/contradictions.csv")
    assert any("Aya-101" in row["where"] and "swapped" in row["what"] for row in found)
    assert any("Figure 7" in row["where"] and "LLaMA2-7B" in row["evidence"] for row in found)
    text = said(released)
    assert "435 equal, 11 apart by rounding, 6 different" in text
    assert "LLaMAX2-7B-Alpaca is above M2M-100-12B in 12 of 14" in text
    looked = {row["what"]: row for row in rows(released / "outputs/released/looked.csv")}
    assert looked["two scores for one direction"]["findings"] == "0" and len(looked) == 11


def test_a_run_stands_beside_theirs_and_in_table_3(released):
    run = released / "outputs/released"
    side = {(row["tgt"], row["reading"]): row for row in rows(run / "yours.csv")}
    assert {key: (round(float(row["score"]), 2), float(row["authors"])) for key, row in side.items()} == {
        ("ig", "clean"): (23.93, 25.62), ("ig", "paper"): (23.35, 25.62),
        ("is", "clean"): (22.18, 29.31), ("is", "paper"): (21.62, 29.31)}  # fmt: skip
    assert all(row["comparable"] == "yes" and row["inside"] == "False" for row in side.values())
    means = {row["system"]: row for row in rows(run / "yours_table3.csv")}
    assert float(means["NLLB-200"]["score"]) == pytest.approx((25.62 + 29.31) / 2)
    assert means["05_mozilla:nllb (clean)"]["partners"] == "2" and list(means)[:2] == ["NLLB-200", "MADLAD-400-7B-MT"]
    assert "16 systems of the release, and mine in two readings: en-X." in said(released)
    table3 = rows(run / "table3_spBLEU.csv")
    assert [row["system"] for row in table3[-2:]] == ["05_mozilla:nllb (clean)", "05_mozilla:nllb (paper)"]
    assert [row["languages"] for row in table3[3:5] + table3[-1:]] == ["86", "101", "2"] and len(table3) == 21 + 2
    row = rows(run / "yours_row.csv")[0]
    assert row["en-X"] == "23.05 (2)" and row["X-en"] == "—"
    record = json.loads((run / "run.json").read_text())
    assert record["published"]["release"] and record["corpus"]["release"] == "FLORES-101 devtest"
    assert record["signatures"] == ["nrefs:1|case:mixed|eff:no|tok:flores101|smooth:exp|version:2.6.0"]


def test_gains_by_language_are_those_of_the_release_untested(released):
    run = released / "outputs/released"
    assert "LLaMAX2-7B-Alpaca is above LLaMA2-7B-Alpaca in 1,537 of the 1,560 directions" in said(released)
    assert "Both systems have all of these: none is left out." in said(released)
    for direction, mean in (("en-X", 13.73), ("X-en", 14.18)):
        table = rows(run / f"gains_{direction}.csv")
        assert len(table) == 101 and {row["verdict"] for row in table} == {"not tested"}
        assert not any(row[name] for row in table for name in ("ci_low", "ci_high", "p", "p_holm", "q"))
        assert sum(float(row["gain"]) for row in table) / 101 == pytest.approx(mean, abs=0.005)
    grouped = {(row["group"], row["value"], row["direction"]): row for row in rows(run / "gains_by_group.csv")}
    assert [grouped["split", value, "en-X"]["n"] for value in ("high", "low", "all")] == ["25", "76", "101"]
    assert {group for group, *_ in grouped} == {"split", "data", "family", "script"}
    heat = rows(run / "gains_heatmap.csv")
    assert len(heat) == 102 and sum(bool(value) for row in heat for value in row.values()) - 102 == 1560 + 56


def test_with_the_release_there_are_its_pictures_too(released):
    names = {path.name for path in (released / "outputs/released").iterdir()}
    more = {"gains_en-X", "gains_X-en", "gains_by_group", "gains_heatmap", "m2m", "yours", "yours_table3"}
    assert {path.removesuffix(".png") for path in names if path.endswith(".png")} == PICTURES | more
    assert {f"{name}.{ending}" for name in more for ending in ("pdf", "csv", "tex")} <= names


LAST = "nb12-06"  # the cell that reads what the parameters name


def opened(*cells: str, **parameters) -> None:
    """Execute the notebook here as far as it reads what its parameters name, and of the rest the cells named."""
    known, reading = {}, True
    for cell in nbformat.read(NOTEBOOK, 4).cells:
        if cell.cell_type == "code" and (reading or cell.id in cells):
            exec(cell.source, known)
            if "parameters" in cell.metadata.get("tags", []):
                known |= parameters
        reading = reading and cell.id != LAST


@pytest.fixture(scope="module")
def other(data, tmp_path_factory):
    """A run on FLORES-200, whose sentences are not the authors', and gains over a system that lacks a pivot."""
    folder = tmp_path_factory.mktemp("other")
    text = load_corpus("flores200", ["en", "am", "hi"])
    found = system_outputs.find_outputs(
        data / "system_outputs/chatgpt_flores200", source="en", directions="en-am en-hi"
    )
    keep(folder, "05_gpt", text, found)
    cells = ("nb12-g1", "nb12-55", "nb12-59", "nb12-60", "nb12-62", "nb12-63", "nb12-65")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(folder / "outputs"))
        opened(*cells, mine="05_gpt", theirs="NLLB-200", baseline="NLLB-200", run="other")
    return folder / "outputs/other", out.getvalue()


def test_a_run_that_may_not_be_compared_is_marked_wherever_it_stands(other):
    (run, said), mark = other, "FLORES-200, not comparable)"
    own = [row for row in rows(run / "yours_table3.csv") if row["system"].startswith("05_gpt")]
    assert len(own) == 2 and all(row["system"].endswith(mark) and row["comparable"] == "False" for row in own)
    assert all(row["system"].endswith(mark) for row in rows(run / "yours_row.csv"))
    for name in ("yours", "yours_table3", "yours_row"):
        assert mark in (run / f"{name}.tex").read_text().split("\\caption")[1].splitlines()[0]
    for name in ("yours", "yours_table3"):
        assert mark in Image.open(run / f"{name}.png").text["Title"]
    assert "Mine may not be compared with the others, as its name says." in " ".join(said.split())


def test_directions_that_one_system_lacks_are_said(other):
    assert "Left out, because NLLB-200 has no score: 188 directions, ja-X X-ja." in other[1]


def test_a_run_on_another_text_stops_it_with_what_to_do(tmp_path, monkeypatch, lend_example):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(lend_example(tmp_path / "outputs")))
    with pytest.raises(KitError, match="must not stand beside each other. To mend: translate FLORES-101"):
        opened(mine="demo_mini_llamax")


@pytest.mark.parametrize("name", ["system", "baseline", "theirs"])
def test_a_wrong_name_stops_it_without_the_release_and_leaves_no_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    with pytest.raises(UnknownName, match="system of the authors' release 'nonsense'"):
        opened(**{name: "nonsense"})
    assert not (tmp_path / "outputs").exists()
