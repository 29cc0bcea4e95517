"""Slips of a first hour: each message names the true reason, and following its advice works."""

import os
from pathlib import Path

import pytest

from llamax_kit.data import downloads, language_table
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs
from llamax_kit.tasks.translation import translate
from llamax_kit.utils.errors import KitError, UnknownName


def test_outputs_of_a_text_that_was_not_named_are_not_to_be_padded(tmp_path):
    """Twelve lines of one's own, and the default corpus of 500: empty lines would score noise."""
    (tmp_path / "en-sw.txt").write_text("habari\n" * 12)
    with pytest.raises(KitError, match="12 hypotheses, but 500 .*if another text than cldr was translated, name that"):
        read_outputs(find_outputs(tmp_path), load_corpus("cldr", "en sw".split()))


def test_a_table_with_semicolons_is_told_by_them(tmp_path):
    (tmp_path / "semi.csv").write_text("en;sw\nGood day, all.;Habari\n")
    with pytest.raises(KitError, match="semicolons.*To mend: save it with commas"):
        corpus_languages(str(tmp_path / "semi.csv"))
    (tmp_path / "semi.csv").write_text('en,sw\n"Good day; all.",Habari\n')
    assert corpus_languages(str(tmp_path / "semi.csv")) == ["en", "sw"]


def test_a_column_of_no_table_is_named_with_the_nearest(tmp_path):
    (tmp_path / "languages.csv").write_text("code,name,family\nzza,Zazaki,Iranian\n")
    with pytest.raises(UnknownName, match="unknown column of .*languages.csv 'family'. Nearest: family_"):
        language_table.add_beside(tmp_path)


def test_spbleu_without_network_names_the_pieces_that_are_there(tmp_path, monkeypatch):
    def nowhere(*_):
        raise KitError("no address gave the file")

    for name in ("LLAMAX_KIT_DATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("SACREBLEU", raising=False)
    monkeypatch.setattr(downloads, "fetch", nowhere)
    with pytest.raises(KitError, match="no address.*without network.*tokenize cldr"):
        downloads.tokenizer("flores101")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
def test_a_pipe_is_refused_and_is_not_called_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KitError, match="is a pipe.*To mend: write what it gives into a file"):
        text_files.read(tmp_path / "pipe")


def test_translate_takes_directions_as_notebooks_do():
    text = load_corpus({"en": ["Good day."], "sw": ["Habari."]})
    assert translate(open_engine("copy"), text, "en-sw sw-en")[["src", "tgt"]].to_numpy().tolist() == [
        ["en", "sw"], ["sw", "en"]]  # fmt: skip


def test_a_language_that_a_text_lacks_is_told_with_those_it_has():
    text = load_corpus({"en": ["Good day."], "sw": ["Habari."]})
    with pytest.raises(KitError, match="fr is not among the languages that were read from own text: en, sw"):
        translate(open_engine("copy"), text, [("en", "fr")])


def test_make_lab_starts_as_root_too():
    """In a container one is root, and Jupyter's server refuses to start without being told."""
    lines = (Path(__file__).resolve().parents[1] / "Makefile").read_text().split("lab: venv")[1].split("\n\n")[0]
    assert "--allow-root" in lines and "--ip=127.0.0.1" in lines
