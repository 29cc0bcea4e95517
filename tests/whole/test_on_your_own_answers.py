"""Notebook 11's "On your own", carried out; and what its defaults show, which its prose relies on."""

import re
from pathlib import Path

import pandas as pd
import pytest
from executed import cells

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "11_answer_in_many_languages.ipynb"
TUNED = ["mini-llamax-facts", "mini-llama-facts"]
FEW = {"codes": "en de hu id tr ka", "beside": "", "until": "nb11-17"}  # to the table of scores


@pytest.fixture(scope="module", autouse=True)
def outputs(tmp_path_factory):
    place = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place))
        patch.delenv("LLAMAX_KIT_DATA", raising=False)
        yield place


@pytest.fixture(scope="module")
def defaults(outputs) -> dict:
    return cells(NOTEBOOK)


def scores(outputs: Path, run: str, metric: str = "accuracy") -> pd.DataFrame:
    table = pd.read_csv(outputs / run / "scores.csv")
    return table[table["metric"] == metric].set_index("tgt")


def test_11_shows_the_claim_in_miniature(defaults):
    found = defaults["by_training"].set_index(["metric", "system", "trained"])["accuracy"]
    llamax, llama = (found.sort_index()["accuracy", each] for each in TUNED)
    assert (llamax["English"], llama["English"]) == (100, 100)
    assert llamax["mini-llamax-facts"] > llama["mini-llamax-facts"] + 30  # read by the first alone
    assert abs(llamax["none"] - llama["none"]) < 15  # by neither
    likely = {name: points.max() for name, points in defaults["levels"].items()}
    assert likely["chance"] == 20 and llama["mini-llamax-facts"] < 20 < llamax["mini-llamax-facts"]


def test_11_speaks_of_its_pictures_in_words(defaults, outputs):
    page = re.sub(r"\s+", " ", " ".join(str(part.alt) for part in defaults["results"].parts if hasattr(part, "alt")))
    assert "accuracy" in page and "Chance: 20.0." in page and "Majority: " in page


def test_11_more_questions_make_narrower_intervals(outputs):
    widths = {}
    for items in (10, 75):
        cells(NOTEBOOK, **FEW, items=items, run=f"items_{items}")
        table = scores(outputs, f"items_{items}")
        widths[items] = (table["ci_high"] - table["ci_low"])["tr"]
        assert set(table["n"]) == {items}
    assert 1.8 < widths[10] / widths[75] < 3.3  # the root of 7.5 is 2.7; Wilson's interval of few is narrower than that


def test_11_without_tuning_no_day_is_written_but_many_are_found_likely(outputs):
    cells(NOTEBOOK, **FEW, model="mini-llamax-alpaca", run="untuned")
    assert scores(outputs, "untuned")["score"].max() <= 10
    likely = scores(outputs, "untuned", "accuracy (likelihood)")["score"]
    assert likely["en"] > 60 and likely["hu"] > 60


def test_11_the_gain_survives_where_the_second_model_alone_has_read(defaults, outputs, capsys):
    command = defaults["both"].split()
    given = dict(zip(command[4::3], command[5::3], strict=True))
    assert command[:3] == ["llamax-kit", "run", "06"] and [*given] == ["system", "baseline"]
    cells(NOTEBOOKS / "06_see_language_gains.ipynb", ("trials=100", "trials=5"), **given)
    gains = pd.read_csv(outputs / "06_see_language_gains/gains.csv").set_index("tgt")
    gained = {code for code, verdict in gains["verdict"].items() if verdict == "gained"}
    assert {"hu", "id", "tr", "sw"} <= gained and not gained & {"en", "ka", "eus_Latn"} and len(gains) == 22


def test_11_by_another_prompt_no_day_is_written_but_most_are_still_likely(defaults, outputs):
    cells(NOTEBOOK, **FEW, prompt="plain", run="plain")
    assert scores(outputs, "answer_in_many_languages").loc["en", "score"].min() == 100
    written = scores(outputs, "plain")["score"]
    assert written["en"] == 0 and written.mean() <= 10
    likely = scores(outputs, "plain", "accuracy (likelihood)")["score"]
    assert likely["en"] >= 80 and likely["hu"] > 40
