"""Questions over the embedded text: one set in all languages, right by the calendar, balanced, apart from training."""

import re
from collections import Counter
from datetime import datetime

import pytest

from llamax_kit.data.corpora import cldr
from llamax_kit.tasks import cldr_questions as task
from llamax_kit.tasks import question_sets
from llamax_kit.utils.errors import KitError


@pytest.fixture(scope="module")
def english():
    return {split: task.read_items(None, "en", split=split) for split in ("dev", "devtest")}


def test_days_are_those_of_the_calendar(english):
    for item in english["dev"] + english["devtest"]:
        date = datetime.strptime(item.fields["date"].split(", ", 1)[1], "%B %d, %Y")
        assert item.gold == task.DAYS[date.weekday()]


@pytest.mark.parametrize("split, n", [("dev", 76), ("devtest", 75)])
def test_every_language_has_the_same_questions(english, split, n):
    assert len(task.LANGUAGES) == 141 and set(cldr.available()) - set(task.LANGUAGES) == {"nno_Latn"}
    assert len(english[split]) == n
    known = [(item.id, item.gold, item.options) for item in english[split]]
    for code in task.LANGUAGES:
        items = task.read_items(None, code, split=split)
        assert [(item.id, item.gold, item.options) for item in items] == known
        assert {item.language for item in items} == {code}


def test_the_date_is_the_phrase_of_its_language():
    texts = cldr.load("devtest", ["sw"]).texts["sw"]
    for item in task.read_items(None, "sw"):
        assert item.fields == {"language": "Swahili", "date": texts[int(item.id) - 1]}


def test_options_are_five_days_and_the_right_one_stands_in_each_place_as_often(english):
    for items in english.values():
        assert all(len(set(item.labels)) == 5 and set(item.labels) <= set(task.DAYS) for item in items)
        places = Counter(item.labels.index(item.gold) for item in items)
        assert max(places.values()) - min(places.values()) <= 1
    golds = Counter(item.gold for item in english["devtest"])
    assert golds.most_common(1) == [("Friday", 15)]  # one day for all would be right as often as chance, in 15 of 75


def test_no_date_of_the_test_is_one_to_train_on(english):
    told = [{re.split(", ", item.fields["date"], maxsplit=1)[1] for item in items} for items in english.values()]
    assert not told[0] & told[1]


def test_a_question_is_asked_and_its_answer_read():
    item = task.read_items(None, "de")[0]
    said = item.fields["date"]
    assert task.ask(item, "named") == f"Which day of the week is it?\nfrom German to English.\n{said}"
    assert task.ask(item, "plain") == f"Which day of the week is it?\n{said}"
    assert task.options(item, "named") == tuple(f" {day}" for day in item.labels)
    assert task.answer(f" {item.gold}\n", item) == item.gold
    left = next(day for day in task.DAYS if day not in item.labels)
    assert [task.answer(each, item) for each in (left, item.gold.lower(), f"{item.gold}.", "")] == [""] * 4


def test_the_set_is_found_by_its_name_and_needs_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    few = question_sets.open_set("CLDR", codes="en sw")
    assert (few.release, few.size) == ("CLDR devtest", "40 questions in each of 2 languages")
    assert few.cut == "the first 40 of 75 questions of each language"
    assert few.facts()["files"] == {"en": ["cldr_devtest.parquet"], "sw": ["cldr_devtest.parquet"]}
    assert len(question_sets.open_set("cldr", codes=" ".join(task.LANGUAGES), items=0).items) == 75 * 141
    assert question_sets.open_set("cldr").codes == task.SOME and {*task.SOME} < {*task.LANGUAGES}


def test_a_language_without_dates_is_refused():
    with pytest.raises(KitError, match="CLDR has no dates of .* To mend: choose another language"):
        task.read_items(None, "nno_Latn")
