"""Published outputs of real systems: their published figures come out, and sacreBLEU's command line agrees.

ChatGPT: gpt-3.5-turbo from English into 20 languages, FLORES-200 devtest. Its published figures were computed with
hypothesis and reference swapped, and a missing output scored as the text "nan". Mozilla: four systems, 17 directions,
FLORES-101 devtest, published in sacreBLEU's default BLEU (13a).
"""

import csv
import json
import os
import subprocess
import sys

import pytest

from llamax_kit.data import languages
from llamax_kit.data.corpora import text_files
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.scoring import spbleu
from llamax_kit.tasks.system_outputs import find_outputs, read_outputs

CODES = ("als_Latn amh_Ethi arb_Arab deu_Latn eus_Latn fao_Latn fra_Latn hin_Deva jpn_Jpan mal_Mlym rus_Cyrl scn_Latn "
         "sin_Sinh swh_Latn tat_Cyrl tha_Thai tur_Latn vie_Latn yue_Hant zho_Hans").split()  # fmt: skip
COLUMNS = {"flores101": "BLEU", "flores200": "spBLEU200"}  # of published_scores.tsv


@pytest.fixture(scope="module")
def chatgpt(data):
    """The folder, and its published figures by language."""
    folder = data / "system_outputs/chatgpt_flores200"
    with open(folder / "published_scores.tsv", encoding="utf-8", newline="") as file:
        rows = {row[""]: row for row in csv.DictReader(file, delimiter="\t")}
    assert sorted(rows) == CODES
    return folder, rows


@pytest.fixture(scope="module")
def outputs(chatgpt):
    """The translations table of all 20 languages, as `05_score_hypotheses` reads it."""
    found = find_outputs(chatgpt[0], source="eng_Latn")
    return read_outputs(found, load_corpus("flores200", ["en", *CODES]))


@pytest.mark.parametrize("tokenize", COLUMNS)
@pytest.mark.parametrize("code", CODES)
def test_the_published_figure_comes_out_to_two_decimals(chatgpt, code, tokenize):
    folder, rows = chatgpt
    answers = [json.loads(line) for line in text_files.read(folder / f"{code}.jsonl")]
    texts = ["nan" if answer is None else answer for answer in answers]
    (references,) = load_corpus("flores200", [code]).texts.values()
    swapped = spbleu.score(references, texts, tokenize, interval=False)
    assert f"{swapped.score:.2f}" == f"{float(rows[code][COLUMNS[tokenize]]):.2f}"


def command_line(folder, hypotheses, references, tokenize):
    """What `sacrebleu references -i hypotheses -tok …` says: its figure to ten decimals, and its signature."""
    files = {"hypotheses": hypotheses, "references": references}
    for name, texts in files.items():
        (folder / name).write_bytes("".join(f"{text}\n" for text in texts).encode())
    command = [sys.executable, "-m", "sacrebleu", "references", "-i", "hypotheses", "-tok", tokenize, "-w", "10"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=os.environ)
    answer = json.loads(said.stdout)
    return answer["score"], answer["signature"]


@pytest.fixture
def sacrebleu_models(data, monkeypatch):
    monkeypatch.setenv("SACREBLEU", str(data / "sacrebleu"))


@pytest.mark.parametrize(("code", "tokenize"), [
    ("deu_Latn", "flores101"), ("tha_Thai", "flores101"), ("yue_Hant", "flores200"), ("tat_Cyrl", "flores200"),
])  # fmt: skip
def test_the_right_way_round_it_is_what_sacrebleus_command_line_says(
    outputs, sacrebleu_models, tmp_path, code, tokenize
):
    rows = outputs[outputs.tgt == languages.find(code).code]
    texts = [text.replace("\n", " ") for text in rows.hypothesis]  # the command line takes one line each
    score, signature = command_line(tmp_path, texts, rows.reference, tokenize)
    ours = spbleu.score_table(rows, tokenize, metrics="spBLEU", interval=False).iloc[0]
    assert round(ours.score, 10) == score
    assert signature.removeprefix(" ") == ours.signature


def test_the_command_line_counts_the_lines_that_chatgpt_left_out(outputs):
    empty = (outputs.hypothesis == "").groupby(outputs.tgt).sum()
    assert empty[["de", "fr", "tat_Cyrl"]].tolist() == [96, 0, 99]


@pytest.mark.parametrize("name", [
    "cy-en/nllb", "en-ar/google", "en-is/opusmt", "en-mr/opusmt", "en-th/microsoft", "en-tl/nllb", "ig-en/google",
])  # fmt: skip
def test_mozillas_outputs_are_aligned_as_their_published_bleu_says(data, name):
    """A shift by one line would score near 0: the 13a figure of sacreBLEU is the published one, to its one decimal."""
    from sacrebleu.metrics import BLEU

    folder = data / "system_outputs/mozilla_flores101"
    with open(folder / "manifest.tsv", encoding="utf-8", newline="") as file:
        published = {row["file"]: row["published_bleu_13a"] for row in csv.DictReader(file, delimiter="\t")}
    found = [output for output in find_outputs(folder) if output.path == folder / f"{name}.txt"]
    rows = read_outputs(found, load_corpus("flores101", found[0][1:3]))
    assert len(rows) == 1012
    bleu = BLEU(force=True).corpus_score(list(rows.hypothesis), [list(rows.reference)])
    assert f"{bleu.score:.1f}" == published[f"{name}.txt"]
