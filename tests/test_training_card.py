"""The model card: what the hub reads loads, every fact stands in it, and a fact that is missing is an error."""

import json
import math
import re
import shlex

import pandas as pd
import pytest
import yaml

from llamax_kit.data.languages import find
from llamax_kit.training.miniature import card, shipped
from llamax_kit.utils.files import sha256

BASE, ADDED, HELD_OUT = ["en", "de", "ru"], ["no", "sw", "zhtrad"], ["gl", "eus_Latn"]
PARAMETERS = {"size": "mini", "base": "en de ru", "added": "", "parallel": "connected", "augment": True, "seed": 7}
STAGES = {
    name: {"tokens": 1_234_560 + at, "steps": 2_345 + at, "learning_rate": rate, "batch": 8 * 4**at,
           "seconds": 90.0 + 60 * at, "versions": {"torch": "2.13.0"}}
    for at, (name, rate) in enumerate(zip(shipped.NAMES, (2e-3, 1.5e-3, 5e-4, 4e-4), strict=True))
}  # fmt: skip
SCORES = pd.DataFrame([
    ("relatedness", "trained", "en-X", 3, 41.26, 10.04, 31.22, 28.94, 33.46, 12.0, 40.0, 3, 0, 0),
    ("relatedness", "unseen, unrelated", "X-en", 1, 9.96, 11.02, -1.06, math.nan, math.nan, -1.06, -1.06, 0, 0, 1),
], columns=["group", "value", "direction", "n", "score", "baseline_score", "gain", "ci_low", "ci_high", "least", "most",
            "gained", "lost", "unclear"])  # fmt: skip


def facts(name="mini-llamax-alpaca", **changes):
    return {
        "name": name, "base_languages": BASE, "trained": BASE + ADDED * ("llamax" in name), "held_out": HELD_OUT,
        "seed": 7, "size": "mini", "threshold": 211, "block": 256, "sentences": 98, "parameters": 2_217_216,
        "release": "CLDR 47 via Babel 2.18.0", "stages": STAGES,
    } | changes  # fmt: skip


def put(place, facts, scores=SCORES, **changes):
    (place / "training.json").write_text(json.dumps(facts), encoding="utf-8")
    return card.write(place, scores, PARAMETERS | changes)


@pytest.fixture
def write(tmp_path):
    def write(scores=SCORES, **changes):
        path = put(tmp_path, facts(**changes), scores)
        assert path == tmp_path / "README.md"
        return path.read_text(encoding="utf-8")

    return write


def head(text):
    """What the hub reads: the YAML in front."""
    empty, front, rest = text.split("---\n", 2)
    assert empty == "" and rest.startswith("\n# ")
    return yaml.safe_load(front)


def tables(text):
    """The rows of each table, as lists of cells, without the line below the heading."""
    found = [block.split("\n") for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    return [[line.split("|")[1:-1] for line in block if line] for block in found]


@pytest.mark.parametrize("name", shipped.NAMES)
def test_what_the_hub_reads_loads(write, name):
    front = head(write(name=name))
    assert {key: value for key, value in front.items() if key != "language"} == {
        "license": "other", "license_name": "unicode-3.0", "license_link": "../LICENSE",
        "library_name": "transformers", "pipeline_tag": "translation",
    }  # fmt: skip
    assert len(front["language"]) == 3 * (1 + ("llamax" in name))
    assert front["language"][:3] == BASE


def test_every_language_is_a_text(write):
    assert head(write())["language"] == BASE + ADDED


@pytest.mark.parametrize("name", shipped.NAMES)
def test_every_fact_stands_in_the_text(write, name):
    text = write(name=name)
    said = " ".join(text.split())
    assert f"\n# {name}\n" in text and card.WHAT[name] in said
    for expected in (
        "A Llama of 2.2 million parameters, ", "Phrases that the kit makes from CLDR 47 via Babel 2.18.0, and nothing",
        "- Pre-trained on: English, German, Russian.", "- Held out of everything: Galician, Basque.",
        "A pair is small below 211 lines, not 25,000.", "**Blocks** have 256 tokens, not 512",
        "on the first 98 phrases of devtest each, greedy", "Seed 7;", "arXiv 2407.05975", "evidence of the mechanism",
    ):  # fmt: skip
        assert expected in said, expected
    given = shlex.split(text.split("come again by\n\n")[1].split("\n\n")[0].replace("\\\n", ""))
    assert given[:3] == ["llamax-kit", "run", "10"] and given[3::3] == ["-p"] * len(PARAMETERS)
    assert dict(zip(given[4::3], given[5::3], strict=True)) == {name: str(value) for name, value in PARAMETERS.items()}


@pytest.mark.parametrize("name", shipped.NAMES)
def test_added_languages_stand_in_the_cards_of_those_that_read_them(write, name):
    text = write(name=name)
    added = "- Added by continual pre-training: Norwegian Bokmål, Swahili, Chinese (Traditional).\n"
    assert find("zhtrad").name in added
    assert (added in text) == ("llamax" in name)
    assert ("Added by continual pre-training" in text) == ("llamax" in name)
    assert "\n\n\n" not in text and text.endswith(".\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("name", shipped.NAMES)
def test_the_recipe_has_the_stages_of_this_model_in_order(write, name):
    heading, line, *rows = tables(write(name=name))[0]
    assert len({len(row) for row in (heading, line, *rows)}) == 1 and set("".join(line)) <= set("-:")
    assert [row[0].strip() for row in rows] == card.STAGES[name]
    at = {stage: index for index, stage in enumerate(shipped.NAMES)}
    for stage, tokens, steps, rate, batch, minutes in ([cell.strip() for cell in row] for row in rows):
        assert tokens == f"1,234,56{at[stage]}" and steps == f"2,34{5 + at[stage]}"
        assert float(rate) == STAGES[stage]["learning_rate"] and int(batch) == STAGES[stage]["batch"]
        assert float(minutes) == 1.5 + at[stage]


def test_scores_are_those_given_and_a_row_without_interval_says_none(write):
    text = write()
    heading, _, *rows = tables(text)[1]
    assert [cell.strip() for cell in heading] == [
        "group", "direction", "languages", "mini-llama-alpaca", "mini-llamax-alpaca", "gain",
        "95 % interval over languages",
    ]  # fmt: skip
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["trained", "en-X", "3", "10.0", "41.3", "+31.2", "+28.9 to +33.5"],
        ["unseen, unrelated", "X-en", "1", "11.0", "10.0", "-1.1", ""],
    ]
    assert len(tables(text)) == 2 and "nan" not in re.findall(r"\w+", text.lower()) and "None" not in text


GIVEN = ["base_languages", "held_out", "seed", "threshold", "block", "sentences", "parameters", "release"]


@pytest.mark.parametrize("lacking", GIVEN)
def test_a_fact_that_is_missing_is_an_error_and_leaves_the_old_card(write, tmp_path, lacking):
    import jinja2

    write()
    before = sha256(tmp_path / "README.md")
    given = facts()
    del given[lacking]
    with pytest.raises((jinja2.UndefinedError, KeyError), match=lacking):
        put(tmp_path, given)
    assert sha256(tmp_path / "README.md") == before
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "training.json"}


def test_a_column_or_a_figure_that_is_missing_is_an_error(tmp_path):
    import jinja2

    stages = STAGES | {"mini-llama": {name: value for name, value in STAGES["mini-llama"].items() if name != "steps"}}
    with pytest.raises((jinja2.UndefinedError, TypeError), match="steps|StrictUndefined"):
        put(tmp_path, facts(stages=stages))
    with pytest.raises(jinja2.UndefinedError, match="baseline_score"):
        put(tmp_path, facts(), SCORES.drop(columns="baseline_score"))
    with pytest.raises(KeyError, match="mini-llamax"):
        put(tmp_path, facts(stages={"mini-llama": STAGES["mini-llama"]}))


@pytest.mark.parametrize(("changes", "said", "unsaid"), [
    ({}, "code-switched through dictionaries", "There is none."),
    ({"augment": False}, "**Augmentation.** There is none.", "code-switched"),
    ({"parallel": "none"}, "**Pairs** are not read in continual pre-training: an ablation.", "through dictionaries"),
    ({"parallel": "split"}, "**Pairs** are two texts there, not one: an ablation.", "There is none."),
])  # fmt: skip
def test_an_ablation_says_what_it_left_out(tmp_path, changes, said, unsaid):
    text = put(tmp_path, facts(), **changes).read_text(encoding="utf-8")
    assert said in text and unsaid not in text and "\n\n\n" not in text
