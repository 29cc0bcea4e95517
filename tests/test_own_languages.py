"""languages.csv beside one's own data: merged with the kit's table in every room, and never in place of its rows."""

import hashlib
import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from llamax_kit.analysis import gains, groups, pairs
from llamax_kit.app import run_checks
from llamax_kit.app.cli import main
from llamax_kit.data import language_table, languages
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.data.relatedness import kind
from llamax_kit.data.training_languages import LLAMAX
from llamax_kit.models.engines.copy import Copy
from llamax_kit.reporting import plots
from llamax_kit.reporting.run import Run
from llamax_kit.runs import storage
from llamax_kit.scoring import spbleu
from llamax_kit.tasks import prompts
from llamax_kit.tasks.translation import translate
from llamax_kit.utils.errors import KitError, UnknownName

TABLE = "code,name,script,family_1,family_2\nxal,Kalmyk,Cyrl,Mongolic,Central\ngsw_Latn,Swiss German,,,\n"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, tmp_path):
    """A process that knows no added language, before and after, and an empty data folder."""
    def forget():
        language_table._tables.clear()
        language_table._recorded.clear()
        language_table._changed()

    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "data"))
    forget()
    yield forget
    monkeypatch.undo()
    forget()


def corpus(folder, table=TABLE, names=("en", "de", "xal", "gsw_Latn")):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.txt").write_text("".join(f"{name} sentence {n} of five\n" for n in range(5)))
    if table:
        (folder / "languages.csv").write_text(table, encoding="utf-8")
    return folder


def test_a_table_in_the_folder_of_a_corpus_counts_when_it_is_read(tmp_path):
    folder = str(corpus(tmp_path / "set"))
    with pytest.raises(UnknownName, match="unknown language 'xal'.*languages.csv in your corpus or data folder"):
        languages.find("xal")
    assert corpus_languages(folder) == ["de", "en", "xal", "gsw_Latn"]
    assert load_corpus(folder, ["xal"]).languages == ["xal"]
    assert load_corpus(folder, "en-Xal en-gsw_latn").languages == ["en", "xal", "gsw_Latn"]
    assert languages.directions("X-xal", ["en", "gsw_Latn"] + ["xal"]) == [("en", "xal"), ("gsw_Latn", "xal")]
    assert languages.find("kalmyk").code == "xal" and len(languages.table()) == 206
    assert "Kalmyk" in prompts.build("paper", source="a", src="en", tgt="xal")
    assert kind("xal") == "unseen, related" and kind("gsw_Latn") == "unseen, unclassified"
    assert len(LLAMAX.codes) == 102


def test_a_table_beside_a_file_or_a_beginning_counts(tmp_path):
    (tmp_path / "languages.csv").write_text(TABLE)
    (tmp_path / "test.tsv").write_text("en\tKalmyk\na\tb\n")
    (tmp_path / "dev.xal").write_text("b\n")
    (tmp_path / "dev.en").write_text("a\n")
    assert corpus_languages(str(tmp_path / "test.tsv")) == corpus_languages(str(tmp_path / "dev")) == ["en", "xal"]


def test_a_table_in_the_data_folder_counts_in_every_process(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "languages.csv").write_text(TABLE, encoding="utf-8-sig")
    program = "from llamax_kit import languages; print(languages.find('Kalmyk').code)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ)
    assert found.stdout == "xal\n", found.stderr
    shown = CliRunner().invoke(main, ["languages", "kalm"]).output
    assert "xal" in shown and "Mongolic" in shown and "unseen" in shown
    (tmp_path / "data" / "languages.csv").write_text("code\nxal\n")
    asked = [sys.executable, "-m", "llamax_kit.app.cli", "languages"]
    refused = subprocess.run(asked, capture_output=True, text=True, env=os.environ)
    assert refused.returncode and "Traceback" not in refused.stderr and "code and name at least" in refused.stderr


def test_a_table_is_read_anew_when_it_changed_and_forgotten_when_it_is_gone(tmp_path):
    folder = corpus(tmp_path / "set")
    corpus_languages(str(folder))
    (folder / "languages.csv").write_text(TABLE.replace("Kalmyk", "Kalmyk Oirat"))
    load_corpus(folder)
    assert languages.find("xal").name == "Kalmyk Oirat"
    (folder / "languages.csv").write_text("code,name\nsw,Mine\n")
    with pytest.raises(KitError, match="not replaced"):
        load_corpus(folder)
    assert languages.find("xal").name == "Kalmyk Oirat" and languages.find("sw").name == "Swahili"
    (folder / "languages.csv").unlink()
    assert corpus_languages(str(folder)) == ["de", "en"]
    with pytest.raises(UnknownName):
        languages.find("xal")


@pytest.mark.parametrize(("table", "message"), [
    ("code,name\nsw,Mine\n", r"languages\.csv: the row sw \(Mine\) has 'sw' in common with sw \(Swahili\) of the k"),
    ("code,name\nmine,Swahili\n", "'swahili' in common with sw"),
    ("code,name,cldr\nmine,Mine,de\n", "'de' in common with de"),
    ("code,name\nxal,Kalmyk\nxal,Oirat\n", r"'xal' in common with xal \(Kalmyk\) of .*languages\.csv"),
    ("code,name,trained,split\nxal,Kalmyk,True,low\n", "split, trained of xal must be empty.*trained_on"),
    ("code,name\nen-gsw,Mine\n", "row 2: expected a code of letters.*'en-gsw'.*direction"),
    ("code,name\nX,Mine\n", "not X, got 'X'"),
    ("code,name\nxal,\n", "row 2: xal has no name.*English name"),
    ("code,name\n,Kalmyk\n", "row 2: expected a code"),
    ("code,name\nxal,Kalmyk,Oirat\n", "row 2 has more cells.*in quotes"),
    ("code,name,para_lines\nxal,Kalmyk,many\n", "row 2: expected a code, and whole numbers.*many"),
    ("code;name\nxal;Kalmyk\n", "expected columns among code, llamax.*found 'code;name'"),
    ("code,name,iso\nxal,Kalmyk,x\n", "unknown column of .*languages.csv 'iso'.*columns code and name"),
    ("", "found none.*columns code and name"),
])  # fmt: skip
def test_a_table_that_cannot_be_added_is_refused(tmp_path, table, message):
    folder = corpus(tmp_path / "set", TABLE)
    (folder / "languages.csv").write_text(table)
    with pytest.raises(KitError, match=message):
        load_corpus(folder)
    assert len(languages.all_languages()) == 204


def test_rows_of_the_kit_that_are_repeated_add_nothing(tmp_path):
    rows = languages.table().to_csv(index=False)
    folder = corpus(tmp_path / "set", rows + "xal,,,,,Kalmyk,,,,,,,,,,,,\n")
    assert len(corpus_languages(str(folder))) == 3 and len(languages.table()) == 205
    assert corpus_languages(str(corpus(tmp_path / "short", "code,name\nsw,Swahili\n", ["sw"]))) == ["sw"]
    assert [len(table.languages) for table in language_table.added()] == [1]


def test_two_tables_may_agree_and_must_not_differ(tmp_path):
    load_corpus(corpus(tmp_path / "one"))
    load_corpus(corpus(tmp_path / "same"))
    other = corpus(tmp_path / "other", "code,name\nxal,Oirat\n")
    with pytest.raises(KitError, match=r"other/languages\.csv: the row xal \(Oirat\).*Kalmyk.*one/languages\.csv"):
        load_corpus(other)
    assert load_corpus(tmp_path / "one", ["xal"]).languages == ["xal"]


def made(tmp_path, monkeypatch):
    """Two runs of a system on the user's corpus, as notebook 04 makes them."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    text = load_corpus(corpus(tmp_path / "set"))
    pairs_ = languages.directions("en-X X-en", text.languages)
    for name in ("one", "other"):
        results = Run(name, {"__annotations__": {"run": str}, "run": name})
        table = translate(Copy(), text, pairs_, "alpaca", "greedy", progress=False)
        table = table.assign(system=name, hypothesis=table["reference"] if name == "one" else table["source"])
        results.save_translations(table)
        results.save("scores", spbleu.score_table(table, "cldr", interval=False))
        results.record(corpus=text.facts())
    return tmp_path / "set" / "languages.csv"


def test_the_record_keeps_what_was_added_and_later_notebooks_know_it(tmp_path, monkeypatch, forgotten):
    path = made(tmp_path, monkeypatch)
    record = json.loads((storage.outputs() / "one" / "run.json").read_text())
    (table,) = record["added_languages"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (table["table"], table["sha256"]) == ("set/languages.csv", digest)
    assert table["rows"][1] == {"code": "gsw_Latn", "name": "Swiss German"}

    forgotten()
    path.unlink()
    run_checks.check_system({}, "one", None)  # before a kernel starts
    assert languages.find("xal").name == "Kalmyk"
    forgotten()
    pair = pairs.pair("one", "other", directions="en-X", tokenize="cldr")
    gained = gains.verdicts(gains.gains(pair, "cldr", 200), "holm")
    means = groups.by_group(gained, "script")
    assert dict(zip(means["value"], means["n"], strict=True)) == {"Cyrl": 1, "Latn": 1, "all": 3}
    out = groups.left_out(gained, "split")
    assert dict(zip(out["tgt"], out["why"], strict=True))["xal"].startswith("in neither half")
    assert groups.left_out(gained, "family")["tgt"].tolist() == ["gsw_Latn"]
    assert "en-gsw_Latn" in plots.gains(groups.assign(gained, "trained"), Figure().subplots())
    again = Run("later", {"__annotations__": {"run": str}, "run": "later"})
    again.record()
    assert json.loads((storage.outputs() / "later" / "run.json").read_text())["added_languages"] == [table]


def test_a_table_on_disk_comes_before_what_a_record_says(tmp_path, monkeypatch, forgotten):
    path = made(tmp_path, monkeypatch)
    forgotten()
    path.write_text(TABLE.replace("Kalmyk", "Oirat"))
    load_corpus(path.parent)
    pairs.pair("one", "other", tokenize="cldr")
    assert languages.find("xal").name == "Oirat" and len(languages.table()) == 206


def test_a_run_without_added_languages_says_nothing_of_them(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    Run("plain", {"__annotations__": {"run": str}, "run": "plain"}).record()
    assert "added_languages" not in json.loads((tmp_path / "outputs" / "plain" / "run.json").read_text())
    assert isinstance(languages.table(), pd.DataFrame)
