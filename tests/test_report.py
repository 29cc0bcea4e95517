"""report, method_text: a folder that opens anywhere, whose every figure leads to a file."""

import csv
import json

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from finished import copied, rows, save

from llamax_kit.analysis import comparison, method_text
from llamax_kit.app import html_page
from llamax_kit.reporting import layout, report
from llamax_kit.runs import storage
from llamax_kit.tasks import prompts
from llamax_kit.utils import files
from llamax_kit.utils.errors import KitError

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "0000000500015ea5d6a30000000049454e44ae426082"
)


@pytest.fixture
def gathered(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    save("run_copy", copied("en-de en-sw en-ar"), model={"engine": "copy"})
    save("run_spanish", rows("only-es", "en-de en-sw en-ar"), model={"engine": "only-es"})
    return comparison.gather("run_copy run_spanish")


@pytest.fixture
def parts(gathered, tmp_path):
    (tmp_path / "dots.png").write_bytes(PIXEL)
    (tmp_path / "dots.pdf").write_bytes(b"%PDF")
    wide = gathered.scores.pivot_table("score", ["src", "tgt", "n"], "system", sort=False).reset_index()
    gains = {"system": ["run_spanish:only-es"], "gain": [1.234567], "p": [0.00012345], "note": ["a & <b>"]}
    return [report.Table("scores", wide, "Scores, 50 % of them"), report.Table("gains", pd.DataFrame(gains), "Gains"),
            report.Picture(tmp_path / "dots", 'dots "rise" & fall', "scores")]  # fmt: skip


@pytest.fixture
def written(gathered, parts, tmp_path):
    report.write(tmp_path / "report", "Two runs", gathered, method_text.method(gathered), parts)
    return tmp_path / "report"


def soup(folder):
    return BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_loads_nothing_and_its_links_lead_somewhere(written):
    text = (written / "index.html").read_text(encoding="utf-8")
    assert html_page.loads(text) == [] and html_page.without_alt(text) == 0
    assert all(image["src"].startswith("data:") for image in soup(written).find_all("img"))
    assert not soup(written).find_all(["script", "link"])
    ids = {tag["id"] for tag in soup(written).select("[id]")}
    for link in soup(written).find_all("a"):
        href = link["href"]
        assert href[1:] in ids if href.startswith("#") else (written / href).is_file(), href
    assert soup(written).find("meta", attrs={"name": "viewport"})


def test_the_folder_holds_what_the_page_shows(written):
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert names == {
        "index.html", "method.txt", "method.tex", "sources.csv", "tables/scores_and_sources.csv",
        "tables/scores.csv", "tables/scores.tex", "tables/gains.csv", "tables/gains.tex",
        "pictures/dots.png", "pictures/dots.pdf", "runs/run_copy.json", "runs/run_copy.scores.csv",
        "runs/run_spanish.json", "runs/run_spanish.scores.csv",
    }  # fmt: skip
    assert soup(written).find("img")["alt"] == 'dots "rise" & fall'
    assert read(written / "tables/gains.csv")[0]["gain"] == "1.234567"
    cells = [cell.get_text() for cell in soup(written).select("#table-gains td")]
    assert cells == ["run_spanish:only-es", "1.23", "0.0001", "a & <b>"]


def test_every_figure_is_traced_to_a_file_whose_hash_is_its_own(written, gathered):
    for score in read(written / "tables/scores_and_sources.csv"):
        assert files.sha256(written / f"runs/{score['run']}.scores.csv") == score["sha256"]
        assert files.sha256(storage.outputs() / score["run"] / score["file"]) == score["sha256"]
        own = [each for each in read(written / f"runs/{score['run']}.scores.csv") if each["tgt"] == score["tgt"]]
        assert float(own[0]["score"]) == float(score["score"])
        git = gathered.runs[score["run"]].record["git"]
        assert score["commit"] == git["commit"] and score["dirty"] == str(git["dirty"])
    sources = read(written / "sources.csv")
    assert len(sources) == 2 * (3 + 2)
    for source in sources:
        assert files.sha256(storage.outputs() / source["run"] / source["file"]) == source["sha256"]
    records = {source["run"]: source["sha256"] for source in sources if source["file"] == "run.json"}
    assert records == {run: files.sha256(written / f"runs/{run}.json") for run in records}
    head = soup(written).select("#table-scores th a")
    links = {link.get_text(): link["href"] for link in head}
    assert links == {"copy": "#run-run_copy", "only-es": "#run-run_spanish"}
    assert soup(written).select_one("#table-gains td a")["href"] == "#run-run_spanish"
    shown = soup(written).find(id="run-run_copy").get_text()
    assert files.sha256(storage.outputs() / "run_copy/scores.csv") in shown
    assert gathered.runs["run_copy"].record["git"]["commit"] in shown


def test_a_score_that_was_computed_for_the_report_is_not_said_to_be_of_a_file(gathered, tmp_path):
    found = comparison.gather("run_copy run_spanish", metric="chrF++")
    folder = report.write(tmp_path / "report", "By chrF++", found, method_text.method(found), []).parent
    scores = read(folder / "tables/scores_and_sources.csv")
    assert {(score["metric"], score["file"], score["sha256"]) for score in scores} == {("chrF++", "translations", "")}
    listed = {(source["run"], source["file"].split("/")[0]) for source in read(folder / "sources.csv")}
    assert {(score["run"], "translations") for score in scores} <= listed
    assert "Those of run_copy and run_spanish were computed here" in (folder / "method.txt").read_text()


def test_no_token_and_no_home_come_in_with_an_old_record(gathered, parts, tmp_path):
    record = gathered.runs["run_copy"].record
    record["parameters"]["hypotheses"] = "/home/jane/outs hf_abcdefghijklmnopqrstuv"
    parts[1].frame["note"] = "from /home/jane/outs"
    method = [*method_text.method(gathered), "Kept in /Users/jane/x."]
    folder = report.write(tmp_path / "report", "/home/jane/it", gathered, method, parts).parent
    endings = (".html", ".txt", ".tex", ".csv", ".json")
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in endings)
    assert "jane" not in text and "hf_abc" not in text and "~/outs" in text and "[token removed]" in text
    assert json.loads((folder / "runs/run_copy.json").read_text())["parameters"]["hypotheses"].startswith("~")


def test_a_long_table_is_cut_on_the_page_alone_and_says_so(gathered, tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "SHOWN", 4)
    folder = report.write(tmp_path / "r", "t", gathered, ["m"], [report.Table("long", gathered.scores, "c")]).parent
    assert len(soup(folder).select("#table-long tbody tr")) == 4
    assert "The first 4 of 6 rows; all of them: CSV" in " ".join(soup(folder).get_text().split())
    assert len(read(folder / "tables/long.csv")) == 6


def test_a_table_of_forty_rows_is_not_boxed(gathered, tmp_path):
    for rows_shown, box in ((40, ["scroll"]), (41, ["scroll", "tall"])):
        long = report.Table("long", pd.DataFrame({"n": range(rows_shown)}), "c")
        folder = report.write(tmp_path / "r", "t", gathered, ["m"], [long]).parent
        assert soup(folder).select_one("#table-long div")["class"] == box


def test_chosen_columns_are_shown_and_printed_and_the_file_keeps_all(gathered, parts, tmp_path):
    part = parts[1]._replace(columns=("system", "p"))
    folder = report.write(tmp_path / "r", "t", gathered, ["m"], [part]).parent
    assert [head.get_text() for head in soup(folder).select("#table-gains th")] == ["system", "p"]
    assert "1.23" not in (folder / "tables/gains.tex").read_text()
    assert list(read(folder / "tables/gains.csv")[0]) == ["system", "gain", "p", "note"]


def test_a_new_report_takes_the_place_of_the_old_one_and_a_failed_one_does_not(written, gathered, parts, monkeypatch):
    before = {path: path.read_bytes() for path in written.rglob("*") if path.is_file()}
    (written.parent / "dots.pdf").unlink()
    with pytest.raises(KitError, match="could not write the report report.*Nothing of it was kept"):
        report.write(written, "Again", gathered, ["m"], parts)
    assert {path: path.read_bytes() for path in written.rglob("*") if path.is_file()} == before
    report.write(written, "Again", gathered, ["m"], parts[:1])
    assert soup(written).h1.get_text() == "Again" and not (written / "tables/gains.csv").exists()
    assert [path.name for path in written.parent.glob(".*")] == []


def test_a_folder_that_is_no_report_is_left_alone(gathered, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("years of work")
    for place in (tmp_path / "thesis", storage.outputs() / "run_copy", tmp_path / "thesis/chapter.tex"):
        with pytest.raises(KitError, match="holds something that is no report.*To mend: name another"):
            report.write(place, "t", gathered, ["m"], [])
    assert (tmp_path / "thesis/chapter.tex").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    assert report.write(tmp_path / "empty", "t", gathered, ["m"], []).is_file()


def test_a_report_is_named_within_its_run_before_any_work(tmp_path):
    assert report.place(tmp_path, "report") == tmp_path / "report"
    for name in ("../x", "/tmp/x", "a/b", "", ".", "..", "~", "a b"):
        with pytest.raises(KitError, match="must be one plain folder name, got .*To mend: letters"):
            report.place(tmp_path, name)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/a.png").write_text("x")
    with pytest.raises(KitError, match="pictures holds something that is no report"):
        report.place(tmp_path, "pictures")
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_parts_that_would_not_read_are_refused(gathered, parts, tmp_path):
    wrong = {
        "has no alt text": report.Picture(tmp_path / "dots2", " "),
        "there is no picture none.png": report.Picture(tmp_path / "none", "x"),
        "two tables called gains": parts[1],
        "table bare has no caption": report.Table("bare", parts[1].frame, ""),
    }
    for message, part in wrong.items():
        with pytest.raises(KitError, match=f"{message}.*To mend"):
            report.write(tmp_path / "report", "t", gathered, ["m"], [*parts, part])
    assert not (tmp_path / "report").exists() and not list(tmp_path.glob(".report*"))


def test_the_method_says_what_a_paper_must(gathered):
    gains = pd.DataFrame({"system": "s", "baseline": "b", "p": [0.1, 0.2], "ci_low": 1.0, "n": 40})
    said = " ".join(method_text.method(gathered, gains))
    for needed in ("We compare copy and only-es in 3 directions of CLDR 47", "4 sentences per direction", "spBLEU-cldr",
                   gathered.scores["signature"][0], "1,000 resamples", "10,000 shuffles", "over all 2 tests together",
                   "copy repeats the source", "llamax-kit 0.1.0 (commit "):  # fmt: skip
        assert needed in said
    assert "paired" not in " ".join(method_text.method(gathered))
    untested = gains.assign(p=float("nan"))
    assert "not tested, because no sentences were kept" in " ".join(method_text.method(gathered, untested))


def test_the_method_says_that_a_corpus_was_cut(gathered):
    gathered.runs["run_copy"].record["corpus"]["cut"] = "the first 4 of 9 sentences of each direction"
    told = "4 sentences per direction (the first 4 of 9 sentences of each direction)."
    assert told in method_text.method(gathered)[0]
    assert gathered.cuts == ["Note: the first 4 of 9 sentences of each direction (run_copy)."]


def test_the_method_names_model_revision_decoding_and_prompt(gathered):
    run = gathered.runs["run_spanish"]
    run.record.update(
        model={"engine": "transformers", "model": "0123456789abcdef", "dtype": "bfloat16", "transformers": "5.1"},
        decoding={"num_beams": 4, "max_new_tokens": 256}, git={"commit": "feedbeef12", "dirty": True},
        parameters={"prompt": "paper"})  # fmt: skip
    said = " ".join(method_text.method(gathered))
    assert "only-es (revision 0123456789ab; bfloat16, transformers 5.1) translated by beam search (4 beams), " \
           "at most 256 new tokens, prompt paper." in said  # fmt: skip
    assert "commit feedbeef12 with uncommitted changes)" in said
    del run.record["model"]
    assert "of only-es were read from files (run run_spanish)" in " ".join(method_text.method(gathered))


def test_the_method_says_of_each_model_of_a_run_how_it_translated(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    model = {"engine": "transformers", "dtype": "float32", "transformers": "5.1"}
    systems = {
        "mini": {"model": model | {"model": "sha256:0123456789abcdef"}, "prompt": prompts.ALPACA},
        "first": {"model": model | {"model": "sha256:fedcba9876543210"}, "prompt": "from {src} to {tgt}.\n{source}"},
    }
    decoding = {"num_beams": 1, "max_new_tokens": 160}
    save("trained", rows("mini"), rows("first"), rows("late"), copied(), decoding=decoding, systems=systems)
    save("again", rows("mini"))
    said = method_text.method(comparison.gather("trained again"))
    made = "float32, transformers 5.1) translated greedily, at most 160 new tokens, prompt"
    assert said[1:6] == [
        f"mini (trained) (content hash 0123456789ab; {made} Alpaca.",
        f'first (content hash fedcba987654; {made} "from {{src}} to {{tgt}}.\\n{{source}}".',
        "How the hypotheses of late were made is not on record (run trained).",
        "The hypotheses of mini (again) were read from files (run again), with no record of how they were made.",
        "copy repeats the source.",
    ]


def test_the_method_in_latex_compiles_its_special_characters(gathered, tmp_path):
    folder = report.write(tmp_path / "r", "t", gathered, ["95 % of a_b & c|d"], []).parent
    assert (folder / "method.tex").read_text() == "95 \\% of a\\_\\allowbreak{}b \\& c\\textbar{}\\allowbreak{}d\n"
