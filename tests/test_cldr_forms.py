"""Two more forms of questions over the embedded dates: three labels and a number; aligned, balanced, apart, right."""

import re
from datetime import datetime

import pytest

from llamax_kit.tasks import cldr_inference, cldr_numbers, cldr_questions, question_sets, xnli
from llamax_kit.training.miniature import facts

FORMS = {cldr_inference: (75, 75), cldr_numbers: (76, 75)}


def day_of(item):
    return datetime.strptime(item.fields["date"].split(", ", 1)[1], "%B %d, %Y").weekday()


@pytest.mark.parametrize("task", FORMS)
def test_every_language_has_the_same_questions_in_english_and_the_dates_of_its_own(task):
    for split, n in zip(("dev", "devtest"), FORMS[task], strict=True):
        known = [(item.id, item.gold, item.options) for item in task.read_items(None, "en", split=split)]
        assert len(known) == n
        for code in task.LANGUAGES:
            items = task.read_items(None, code, split=split)
            assert [(item.id, item.gold, item.options) for item in items] == known
            assert {item.language for item in items} == {code}
    dates = {item.id: item.fields["date"] for item in cldr_questions.read_items(None, "sw")}
    assert all(item.fields["date"] == dates[item.id] for item in task.read_items(None, "sw"))


@pytest.mark.parametrize("task", FORMS)
def test_no_date_of_the_test_is_one_to_train_on(task):
    told = [{re.split(", ", item.fields["date"], maxsplit=1)[1] for item in task.read_items(None, "en", split=split)}
            for split in ("dev", "devtest")]  # fmt: skip
    assert not told[0] & told[1]


def test_numbers_are_those_of_the_calendar_and_no_digits_of_the_date():
    items = [item for split in ("dev", "devtest") for item in cldr_numbers.read_items(None, "en", split=split)]
    assert [item.gold for item in items] == [str(day_of(item) + 1) for item in items]
    named = [item.gold in re.findall(r"\d+", item.fields["date"]) for item in items]
    assert (sum(named), len(named)) == (8, 151)
    assert cldr_numbers.worked(items[0]) == "Tuesday: 2"
    said = ("Tuesday: 2\n", "It is 2.", "Tuesday", "")
    assert [cldr_numbers.answer(each, items[0]) for each in said] == ["2", "2", "", ""]


def test_labels_are_balanced_and_right_by_the_calendar():
    for split in ("dev", "devtest"):
        items = cldr_inference.read_items(None, "en", split=split)
        assert [item.gold for item in items] == [*xnli.LABELS] * 25  # those of the first 40 are, too
        assert {item.labels for item in items} == {xnli.LABELS}
        for item in items:
            late = item.fields["hypothesis"] == "It is late in the week."
            assert item.gold == (xnli.LABELS[0 if day_of(item) >= 3 else 2] if late else "Neutral")


def test_a_pair_is_asked_and_its_label_read_behind_the_reason():
    item = cldr_inference.read_items(None, "de")[0]
    date = item.fields["date"]
    assert cldr_inference.ask(item, "named") == f"It is late in the week.\nfrom German to English.\n{date}"
    english = [cldr_inference.worked(each) for each in cldr_inference.read_items(None, "en")[:3]]
    assert english == ["Friday: Entailment", "Wednesday: Neutral", "Wednesday: Contradiction"]
    said = ("Friday: Entailment\n", "Neutral", "Friday: entailment", "Friday: Contradict", "Entailment: no", "")
    assert [cldr_inference.answer(each, item) for each in said] == ["Entailment", "Neutral", "", "", "", ""]


@pytest.mark.parametrize(("task", "left"), [(cldr_inference, 2 / 3), (cldr_numbers, 1 / 7)])
def test_letters_alone_answer_in_english_and_leave_chance_without_them(task, left):
    def share(code):
        return sum((best := facts.overlap(item, task)).count(item.gold) / len(best)
                   for item in task.read_items(None, code)) / 75  # fmt: skip

    assert share("en") == 1
    assert share("ja") == pytest.approx(left, abs=0.03)


def test_the_sets_are_found_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    for name, task in (("CLDR-NLI", cldr_inference), ("cldr-numbers", cldr_numbers)):
        few = question_sets.open_set(name, codes="en sw")
        assert few.task is task and few.cut == "the first 40 of 75 questions of each language"
        assert few.facts()["files"] == {"en": ["cldr_devtest.parquet"], "sw": ["cldr_devtest.parquet"]}


@pytest.mark.parametrize(("form", "line"), [("inference", "Thursday: Entailment"), ("numbers", "Tuesday: 2")])
def test_lines_to_train_on_reason_first(tmp_path, form, line):
    path = facts.write(tmp_path / "lines.jsonl", facts.FORMS[form])
    assert path.read_text(encoding="utf-8").splitlines()[0].endswith(f'"output": "{line}"}}')
