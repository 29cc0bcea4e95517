"""09_compare_runs, executed: on its defaults, on real systems that two runs hold, and on what does not compare."""

import csv
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import sacrebleu
from bs4 import BeautifulSoup
from executed import cells, papermill

from llamax_kit.app import demo, html_page
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.runs import storage
from llamax_kit.scoring import spbleu
from llamax_kit.tasks import system_outputs
from llamax_kit.utils.errors import KitError

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = PROJECT / "notebooks" / "09_compare_runs.ipynb"
N = len(demo.directions(f"{demo.DEMO} {demo.MORE}").split())


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, lend_example):
    """The outputs folder of this file's runs."""
    place = tmp_path_factory.mktemp("outputs")
    lend_example(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place))
        yield place


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save(run, table, **facts):
    """Make a finished run on the embedded text or FLORES-101."""
    folder, scores = storage.folder(run), spbleu.score_table(table, facts.pop("tokenize", "cldr"), metrics="spBLEU")
    storage.save_translations(folder, table)
    storage.save_table(scores, folder / "scores.csv")
    storage.record(folder, signatures=sorted(set(scores["signature"])), **facts)


@pytest.fixture(scope="module")
def default(outputs):
    papermill(NOTEBOOK, outputs, LLAMAX_KIT_OUTPUTS=str(outputs))
    return outputs / "09_compare_runs"


def test_the_default_compares_the_miniatures_and_reports_them(default):
    gains = rows(default / "gains.csv")
    assert len(gains) == N and {row["baseline"] for row in gains} == {"mini-llama-alpaca"}
    best = sorted(gains, key=lambda row: -float(row["gain"]))[:4]
    assert {row["verdict"] for row in best} == {"gained"}
    for row in gains[::20]:
        assert float(row["gain"]) == pytest.approx(float(row["score"]) - float(row["baseline_score"]), abs=1e-9)
    text = (default / "report/index.html").read_text(encoding="utf-8")
    assert html_page.loads(text) == [] and html_page.without_alt(text) == 0
    shown = BeautifulSoup(text, "html.parser")
    assert len(shown.find_all("img")) == 2 and "model.model" in shown.select_one("#table-changes").get_text()
    assert "training_languages.whose" in shown.select_one("#table-changes").get_text()
    changed = [[cell.get_text() for cell in row.find_all("td")] for row in shown.select("#table-changes tr")]
    assert ["training_languages.codes", "6 languages", "62 languages"] in changed
    assert not shown.select("#table-effects")
    assert str(default.parent) not in text


def test_its_own_page_says_nothing_aside_and_its_pictures_speak(default):
    cells = nbformat.read(default.parent / "out.ipynb", 4).cells
    told = [each for cell in cells for each in cell.get("outputs", [])]
    assert not [each for each in told if each.get("name") == "stderr"]
    alts = [each.metadata["image/png"]["alt"] for each in told if "image/png" in each.get("data", {})]
    assert len(alts) == 2 and all(alts)


def test_a_paper_gets_what_it_prints_and_one_order_of_languages(default):
    for place in (default, default / "report/tables"):
        text = (place / "gains.tex").read_text(encoding="utf-8")
        assert text.count("nrefs") == text.count("\\caption{")  # in the caption of each sheet, in no row
        assert f"& {N / 10_001:.4f} & gained" in text and "(continued)" in text
    assert "signature" in rows(default / "gains.csv")[0]
    order = [(row["src"], row["tgt"]) for row in rows(default / "side_by_side.csv")]
    found = [(row["src"], row["tgt"]) for row in rows(default / "gains.csv")]
    assert sorted(found) == sorted(order) and len(order) == N
    for side in (0, 1):  # from English, into English
        assert [pair for pair in found if pair[side] == "en"] == [pair for pair in order if pair[side] == "en"]


def test_a_report_outside_of_its_run_is_refused_before_any_work(outputs, default):
    with pytest.raises(KitError, match="must be one plain folder name, got '../x'"):
        cells(NOTEBOOK, report="../x", run="bad")
    assert not (outputs / "x").exists() and not list((outputs / "bad").iterdir())


def test_what_does_not_compare_stops_it_with_both_values_and_the_remedy(default):
    half = storage.load("demo_mini_llama")
    save("half", half.translations[half.translations["index"] % 2 == 0], corpus=half.record["corpus"])
    told = rf"llamax:mini-llamax-alpaca has {demo.SENTENCES}; half:mini-llama-alpaca has.*To mend: choose the same"
    with pytest.raises(KitError, match=told):
        cells(NOTEBOOK, runs="demo_mini_llamax half", run="unlike")


def test_real_systems_are_compared_with_sacrebleus_scores(data, outputs):
    found = system_outputs.find_outputs(data / "system_outputs/mozilla_flores101", directions="en-af en-cy")
    text = load_corpus("flores101", ["en", "af", "cy"])
    facts = {"name": text.name, "split": text.split, "release": text.release, "sha256": text.sha256}
    table = system_outputs.read_outputs(found, text)
    silent = (table["system"] == "microsoft") & (table["tgt"] == "af") & (table["index"] % 10 == 0)
    table.loc[silent, "hypothesis"] = ""
    for run, names in (("two", ["google", "microsoft"]), ("more", ["google", "nllb"])):
        save(run, table[table["system"].isin(names)], tokenize="flores101", corpus=facts,
             parameters={"tokenize": "flores101"})  # fmt: skip
    options = ("-p", "runs", "two more", "-p", "baseline", "two:google", "-p", "run", "real")
    papermill(NOTEBOOK, outputs, *options, LLAMAX_KIT_OUTPUTS=str(outputs))
    told = [each for cell in nbformat.read(outputs / "out.ipynb", 4).cells for each in cell.get("outputs", [])]
    said = " ".join("".join(each["text"] for each in told if each.get("name") == "stdout").split())
    assert "microsoft: Note: 10 % of the outputs of microsoft are empty in 1 of 2 directions (en-af)." in said
    gains = {(row["system"], row["tgt"]): row for row in rows(outputs / "real/gains.csv")}
    assert {system for system, _ in gains} == {"microsoft", "google (more)", "nllb"}
    same = gains["google (more)", "cy"]
    assert (float(same["gain"]), float(same["p"]), same["verdict"]) == (0, 1, "not shown to differ")
    for (system, tgt), row in gains.items():
        name = system.removesuffix(" (more)")
        own = table[(table["system"] == name) & (table["tgt"] == tgt)]
        bleu = sacrebleu.corpus_bleu(list(own["hypothesis"]), [list(own["reference"])], tokenize="flores101")
        assert float(row["score"]) == bleu.score
    shared = pd.read_csv(outputs / "real/summary.csv").set_index("system")
    assert shared["directions"].to_dict() == {"microsoft": 2, "google (more)": 2, "nllb": 2}
    assert shared["shared_gain"].equals(shared["mean_gain"].rename("shared_gain"))
    effects = pd.read_csv(outputs / "real/report/tables/effects.csv")
    assert effects["differ"].tolist() == [0, 0] and effects["difference"].tolist() == [0, 0]
    changed = pd.read_csv(outputs / "real/report/tables/changes.csv", keep_default_na=False)
    assert {each for each in changed["what"] if not each.startswith("git.")} <= {"nothing that determines a score"}
    method = (outputs / "real/report/method.txt").read_text()
    assert "FLORES-101 devtest, 1,012 sentences" in method and "over all 6 tests together" in method
