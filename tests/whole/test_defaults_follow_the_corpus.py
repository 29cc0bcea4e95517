"""Notebooks that are told a corpus, or runs, and nothing else: what follows these, on record and in figures."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import sacrebleu
from executed import cells

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.runs import storage

BOOKS = {path.name[:2]: path for path in (Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb")}
FOLLOW = ("directions", "sentences", "decoding", "tokenize")


def scores(run: str) -> pd.DataFrame:
    return pd.read_csv(storage.outputs() / run / "scores.csv")


def record(run: str) -> dict:
    return json.loads((storage.outputs() / run / "run.json").read_text(encoding="utf-8"))


def followed(run: str) -> dict:
    return {name: record(run)["parameters"][name] for name in FOLLOW}


@pytest.fixture(scope="module", autouse=True)
def outputs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path_factory.mktemp("outputs")))
        yield


@pytest.fixture(scope="module")
def mozilla(data) -> str:
    """A run of published outputs that was told no more than where they lie and what they answer to."""
    place = data / "system_outputs/mozilla_flores101"
    cells(BOOKS["05"], corpus="flores101", hypotheses=str(place), directions="en-tr", metrics="spBLEU", run="mozilla")
    return "mozilla"


def test_published_outputs_are_scored_as_in_the_paper(mozilla, data):
    table = scores(mozilla).set_index("system")
    assert set(table["metric"]) == {"spBLEU"} and set(table["n"]) == {1012}
    assert table["score"].round(2)[["google", "nllb"]].tolist() == [40.83, 30.23]  # by cldr's pieces 60.76 and 52.25
    text = (data / "system_outputs/mozilla_flores101/en-tr/google.txt").read_text(encoding="utf-8")
    (references,) = load_corpus("flores101", ["tr"]).texts.values()
    bleu = sacrebleu.corpus_bleu(text.removesuffix("\n").split("\n"), [references], tokenize="flores101")
    assert table["score"]["google"] == bleu.score
    known = record(mozilla)
    assert (known["parameters"]["tokenize"], known["parameters"]["sentences"]) == ("flores101", 0)
    assert known["corpus"]["cut"] == ""


def test_its_systems_are_compared_as_they_were_scored(mozilla):
    pair = {"system": f"{mozilla}:google", "baseline": f"{mozilla}:nllb"}
    cells(BOOKS["06"], **pair, run="gains")
    (gain,) = pd.read_csv(storage.outputs() / "gains/gains.csv").to_dict("records")
    assert (round(gain["score"], 2), round(gain["gain"], 2), gain["metric"]) == (40.83, 10.60, "spBLEU")
    cells(BOOKS["07"], **pair, run="unseen")
    cells(BOOKS["09"], runs=mozilla, run="side_by_side")
    assert {record(run)["parameters"]["tokenize"] for run in ("gains", "unseen", "side_by_side")} == {"flores101"}
    assert record("unseen")["parameters"]["tokenizer"] == "flores101"  # files do not say whose tokens they are


def test_a_folder_is_translated_whole_in_the_languages_that_it_has(data, tmp_path, capsys):
    for code, words in (("en", "seven boats under the bridge"), ("sw", "mashua saba chini ya daraja")):
        (tmp_path / f"{code}.txt").write_text("".join(f"{words} {at}\n" for at in range(60)), encoding="utf-8")
    cells(BOOKS["04"], corpus=str(tmp_path), model="copy", run="folder")
    table = scores("folder").query("metric == 'spBLEU'")
    assert table[["src", "tgt", "n"]].to_numpy().tolist() == [["en", "sw", 60], ["sw", "en", 60]]
    assert followed("folder") == {
        "directions": "en-X X-en", "sentences": 0, "decoding": "greedy", "tokenize": "flores101"}  # fmt: skip
    assert record("folder")["decoding"] == read_decoding("greedy")._asdict()  # 256 new tokens
    assert "all sentences of each direction; answers greedy, scored by flores101\n" in capsys.readouterr().out


def test_the_embedded_text_stays_a_laptops_share_and_says_that_it_is_cut(capsys):
    cells(BOOKS["04"], model="copy", run="embedded")
    assert followed("embedded") == {
        "directions": "en-de en-sw en-gl en-eus_Latn de-en sw-en", "sentences": 40,
        "decoding": "greedy max_new_tokens:96", "tokenize": "cldr"}  # fmt: skip
    table = scores("embedded").query("metric == 'spBLEU-cldr'")
    assert len(table) == 6 and set(table["n"]) == {40}
    cut = r"the first 40 of (\d+–)?500 sentences of each direction"
    assert re.fullmatch(cut, record("embedded")["corpus"]["cut"])
    printed = " ".join(capsys.readouterr().out.split())
    assert re.search(rf"devtest, {cut}; answers greedy max_new_tokens:96, scored by cldr ", printed)


def test_what_is_set_is_not_changed(tmp_path):
    given = {"directions": "en-sw", "sentences": 5, "decoding": "paper", "tokenize": "cldr"}
    for code in ("en", "sw", "de"):
        (tmp_path / f"{code}.txt").write_text("".join(f"{code} {at} is one\n" for at in range(9)), encoding="utf-8")
    cells(BOOKS["04"], corpus=str(tmp_path), model="copy", run="given", **given)
    assert followed("given") == given and set(scores("given")["n"]) == {5}
    assert record("given")["corpus"]["cut"] == "the first 5 of 9 sentences of each direction"
