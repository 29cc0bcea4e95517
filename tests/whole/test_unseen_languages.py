"""07_test_unseen_languages, executed: on the built-in example, on a few directions, and on published outputs."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from executed import cells, papermill
from finished import CLDR, save

from llamax_kit.app import demo
from llamax_kit.data import relatedness
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.models.training_languages import of_folder
from llamax_kit.tasks import system_outputs

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "07_test_unseen_languages.ipynb"
LANGUAGES = f"{demo.DEMO} {demo.MORE}".split()
UNSEEN = 10  # of the example's languages, those held out of the miniature's training


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, lend_example):
    """The defaults, executed."""
    place = tmp_path_factory.mktemp("unseen")
    lend_example(place / "outputs")
    papermill(NOTEBOOK, place)
    return place


def test_unseen_are_the_languages_that_the_miniature_never_saw(folder):
    run = folder / "outputs/07_test_unseen_languages"
    told = of_folder(loading.resolve("mini-llamax-alpaca").folder)
    kinds = Counter(relatedness.kind(code, told.codes) for code in LANGUAGES)
    found = {(row["direction"], row["relatedness"]): int(row["n"]) for row in rows(run / "relatedness.csv")}
    assert found == {(direction, kind): n for direction in ("en-X", "X-en") for kind, n in kinds.items()}
    difference = {row["direction"]: row for row in rows(run / "difference.csv")}
    for row in difference.values():
        assert (int(row["n_trained"]), int(row["n_unseen"])) == (kinds[relatedness.TRAINED], UNSEEN)
        assert float(row["difference"]) == pytest.approx(float(row["trained"]) - float(row["unseen"]))
    assert len(rows(run / "correlations.csv")) == 12


def test_it_keeps_every_table_twice_every_picture_twice_and_a_record(folder):
    run = folder / "outputs/07_test_unseen_languages"
    tables = ["languages", "trained_unseen", "figure4_of_the_paper", "difference", "relatedness", "script", "family",
              "fertility", "correlations", "left_out"]  # fmt: skip
    pictures = ["figure4", *(f"{kind}_{direction}" for kind in ("relatedness", "script", "family", "fertility")
                              for direction in ("en-X", "X-en"))]  # fmt: skip
    expected = {f"{name}.{end}" for name in tables for end in ("csv", "tex")} | {"gains.csv", "run.json"}
    expected |= {f"{name}.{end}" for name in pictures for end in ("png", "pdf")}
    assert {path.name for path in run.iterdir()} == expected
    record = json.loads((run / "run.json").read_text())
    assert record["parameters"]["system"] == "demo_mini_llamax" and record["unseen_at_hand"] == UNSEEN
    followed = [record["parameters"][name] for name in ("tokenize", "tokenizer")]
    assert followed == ["cldr", "mini-llamax-alpaca"]
    assert record["corpus"]["name"] == "cldr"


def test_it_says_what_is_not_known_and_nothing_is_said_aside(folder):
    notebook = nbformat.read(folder / "out.ipynb", 4)
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    alts = [each.metadata["image/png"]["alt"] for each in outputs if "image/png" in each.get("data", {})]
    assert len(alts) == 9 and "en-X, unseen: 6.0 to 14.4" in alts[0]
    assert "Below, demo_mini_llamax over demo_mini_llama: " in alts[0]
    printed = "".join(each["text"] for each in outputs if each.get("name") == "stdout")
    trained = len(of_folder(loading.resolve("mini-llamax-alpaca").folder).codes)
    assert f"{204 - trained - UNSEEN} of {204 - trained}: " in printed
    assert f"{2 * len(LANGUAGES)} directions of {demo.SENTENCES} sentences\n" in printed
    assert not [each for each in outputs if each.get("name") == "stderr"]


def test_records_that_name_no_corpus_are_no_hindrance(folder, tmp_path, monkeypatch, capsys):
    """The cells that read the two runs, in this process."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    for run in demo.RUNS:
        shutil.copytree(folder / "outputs" / run, tmp_path / run)
        record = json.loads((tmp_path / run / "run.json").read_text())
        del record["corpus"]
        (tmp_path / run / "run.json").write_text(json.dumps(record))
    code = [cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    exec("\n".join(code[: next(at for at, cell in enumerate(code) if "gains.pair(" in cell) + 1]), {})
    told = f"demo_mini_llamax over demo_mini_llama on a corpus not on record: {2 * len(LANGUAGES)} directions"
    assert told in capsys.readouterr().out


def test_groups_of_one_pass_without_interval(folder, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(folder / "outputs"))
    cells(NOTEBOOK, directions="en-eus_Latn en-sw", run="few")
    (difference,) = rows(folder / "outputs/few/difference.csv")
    assert (difference["p"], difference["n_trained"], difference["n_unseen"]) == ("", "1", "1")


def test_gpt_35_over_copying_on_13_trained_and_7_unseen_languages(data, tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    outputs = system_outputs.find_outputs(data / "system_outputs/chatgpt_flores200", "en")
    text = load_corpus("flores200", ["en", *(each.tgt for each in outputs)])
    table = system_outputs.read_outputs(outputs, text, 100)
    copied = table.assign(system="copy", hypothesis=table["source"])
    save("05_chatgpt", table, copied, tokenize="flores101", corpus=CLDR | {"release": text.release})
    papermill(NOTEBOOK, tmp_path, "-f", str(PROJECT / "params/07_test_unseen_languages/chatgpt.yml"))
    run = tmp_path / "outputs/07_chatgpt"
    (difference,) = rows(run / "difference.csv")
    assert (difference["n_trained"], difference["n_unseen"]) == ("13", "7")
    assert float(difference["ci_low"]) > 0
    related = {row["relatedness"]: int(row["n"]) for row in rows(run / "relatedness.csv")}
    assert related == {"trained": 13, "unseen, related": 5, "unseen, unrelated": 2}
    found = {(row["measure"], row["languages"]): float(row["rho"]) for row in rows(run / "correlations.csv")}
    assert found["relative_to_english", "trained"] < -0.7
