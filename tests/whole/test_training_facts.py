"""The miniatures that answer questions: what they are tuned on, the baselines beside them, and the table of figures."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from llamax_kit.data.questions import Item
from llamax_kit.tasks import cldr_questions as task
from llamax_kit.training import recipe
from llamax_kit.training.corpus import instructions
from llamax_kit.training.miniature import facts

RECIPE = Path(__file__).parents[2] / "params/training/mini_facts.yml"


def test_lines_are_the_english_questions_of_dev_with_their_answers(tmp_path):
    path = facts.write(tmp_path / "facts.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    items = task.read_items(None, "en", split="dev")
    assert lines == [{"prompt": task.ask(item, "named"), "output": item.gold} for item in items]
    assert all("\nfrom English to English.\n" in line["prompt"] for line in lines)
    tested = {item.fields["date"] for item in task.read_items(None, "en")}
    assert not any(date in line["prompt"] for line in lines for date in tested)
    assert [(each.given, each.text) for each in instructions.records(path)] == [(*line.values(),) for line in lines]


def test_the_recipe_is_one_and_reads_these_lines(monkeypatch):
    monkeypatch.setenv("BASE", "mini-llamax")
    monkeypatch.setenv("SEED", "3")
    monkeypatch.setenv("FORM", "facts")
    read = recipe.read(RECIPE)
    assert (
        read["plan"] == {"base": "mini-llamax", "seed": 3} and read["folder"] == "outputs/training/mini-llamax-facts-3"
    )
    assert read["instructions"]["path"] == facts.LINES.format(form="facts")


def test_languages_are_those_of_the_miniatures_each_in_one_group():
    counts = pd.Series(facts.languages()).value_counts()
    assert counts.to_dict() == {"English": 1, "the other five": 5, "added": 56, "held out": 17}
    assert set(facts.languages()) <= set(task.LANGUAGES)


@pytest.mark.parametrize("date, best", [
    ("Friday, May 1, 1987", ["Friday"]), ("1987年5月1日", ["Friday", "Monday"]), ("Frida, 1", ["Friday"]),
])  # fmt: skip
def test_overlap_answers_by_letters_alone(date, best):
    days = (("Friday", "Friday"), ("Monday", "Monday"))
    assert facts.overlap(Item("1", "en", {"date": date}, "Friday", days)) == best


def test_the_majority_is_of_the_questions_trained_on():
    days = tuple((day, day) for day in ("Friday", "Monday", "Wednesday"))  # 8, 14 and 13 of 76
    assert facts.majority(Item("1", "en", {"date": "x"}, "Friday", days)) == ["Monday"]


def test_the_table_has_means_gains_and_both_intervals():
    two = dict.fromkeys(("de", "fr"), "the other five")
    rows, languages = [], {"en": "English", **two, "sw": "added", "tr": "added",
                           "gl": "held out", "cy": "held out"}  # fmt: skip
    for at, (code, group) in enumerate(languages.items()):
        for system in ("overlap", "majority", "mini-llama before tuning", "mini-llamax before tuning"):
            rows.append((system, 0, code, group, 0.2, 0.25))
        for seed in (1, 2, 3):
            rows.append(("mini-llama", seed, code, group, 0.1, 0.3))
            rows.append(("mini-llamax", seed, code, group, 0.1, 0.4 + 0.01 * seed + 0.01 * (at % 2)))
    table = pd.DataFrame(rows, columns=["system", "seed", "language", "group", "written", "likeliest"])
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in facts.table(table).splitlines()]
    assert lines[0][0] == "languages" and {len(line) for line in lines} == {10}
    assert lines[2] == ["English", "20", "25.0", "25.0", "25.0", "25.0", "30.0", "42.0", "+12.0", "+11.0 to +13.0"]
    # two languages, 12 and 13 points: 12.5 ± 12.706 × 0.5
    assert lines[4][:1] + lines[4][7:] == ["added (2)", "42.5", "+12.5 [6.1, 18.9]", "+11.5 to +13.5"]


def test_the_recipe_is_a_small_one():
    assert yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["trainer"]["num_train_epochs"] == 12  # 120 steps
