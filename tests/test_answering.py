"""Answering: one table in the order asked, what is kept never asked for again, likelihoods beside what was said."""

import json
import re
from collections import Counter
from types import SimpleNamespace

import pandas as pd
import pytest
import small

from llamax_kit.data import translations
from llamax_kit.data.questions import Item
from llamax_kit.models import loading
from llamax_kit.models.engines.base import Completion
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.runs import storage
from llamax_kit.tasks.answering import answer as run
from llamax_kit.utils.errors import KitError, UnknownName

COLUMNS = [*translations.COLUMNS, "id", "completion"]
SCORED = [*COLUMNS, "likeliest", "likeliest_by_length", "log_likelihoods"]


def filled(task, item, prompt):
    return task.PROMPTS.get(prompt, prompt).format(**item.fields, listed=" ".join(text for _, text in item.options))


def letter(completion, item):
    return next((label for label in completion.split() if label in item.labels), "")


def made(**facts):
    """A task as a module of `tasks` is one."""
    task = SimpleNamespace(NAME="Rivers", SPLIT="dev", LANGUAGES=("en", "sw"), AVERAGED=("sw",), NEW_TOKENS=5,
                           PROMPTS={"plain": "{asked}\nOptions: {listed}\nAnswer:", "short": "{asked}"})  # fmt: skip
    task.ask = lambda item, prompt: filled(task, item, prompt)
    task.options = lambda item, prompt: tuple(f" {label}" for label in item.labels)
    task.answer = letter
    vars(task).update(facts)
    return task


def question(at, language="en", labels="AB"):
    options = tuple((label, f"{small.WORDS[at]} {small.WORDS[ord(label) % 16]}") for label in labels)
    asked = f"{small.sentence(at, most=6)} {language}?"
    return Item(str(at), language, {"asked": asked}, labels[at % len(labels)], options)


CHOICES = [question(at, language, "AB" if at % 2 else "ABC") for language in ("en", "sw") for at in range(5)]
NUMBERS = [Item(str(at), "sw", {"asked": f"{at} + {at} ="}, str(2 * at)) for at in range(4)]
SUMS = dict(PROMPTS={"plain": "{asked}"}, options=lambda item, prompt: (),
            answer=lambda completion, item: next(iter(re.findall(r"\d+", completion)), ""))  # fmt: skip


class Fake(small.Fake):
    """Says "B", and finds the last option the likeliest, for its length the first; counts both kinds of questions."""

    says = " B\n"

    def complete(self, requests, decoding, skip=frozenset()):
        self.decoding = decoding
        for batch in super().complete(requests, decoding, skip):
            yield [(at, each._replace(text=self.says)) for at, each in batch]

    def choice_material(self, choice):
        return [choice.prompt, *choice.options]

    def likelihoods(self, choices, skip=frozenset()):
        self.choices = choices
        for at, choice in enumerate(choices):
            if at in skip:
                continue
            if self.fail_after == 0:
                raise KeyboardInterrupt
            self.asked["scored " + choice.prompt] += 1
            numbers = [-9.0 + at for at in range(len(choice.options))]
            yield [(at, Completion(json.dumps(numbers), "scored", 10))]


def asked(engine, task, items, **how):
    return run(engine, task, items, **{"progress": False} | how)


def test_one_row_a_question_in_the_order_asked():
    engine, task = Fake(), made()
    table = asked(engine, task, CHOICES)
    assert list(table.columns) == SCORED
    assert list(zip(table.src, table.tgt, table["index"], table.id, strict=True)) == [
        (language, language, at, str(at)) for language in ("en", "sw") for at in range(5)
    ]
    assert table.source[0] == "\n".join([CHOICES[0].fields["asked"], *(f"{a}. {b}" for a, b in CHOICES[0].options)])
    assert list(table.reference) == [item.gold for item in CHOICES] == [*"ABCBB"] * 2
    assert set(table.hypothesis) == {"B"} and set(table.completion) == {" B\n"} and set(table.system) == {"fake"}
    assert engine.decoding == (1, 5, 1.0, False, 1.0)
    assert [choice.options for choice in engine.choices][:2] == [(" A", " B", " C"), (" A", " B")]
    assert engine.choices[0].prompt == filled(task, CHOICES[0], "plain") and engine.choices[0].language == "en"


def test_the_likeliest_option_and_the_likeliest_for_its_length():
    long = {"A": " a", "B": " bb", "C": " c" + "c" * 30}
    table = asked(Fake(), made(options=lambda item, prompt: tuple(long[label] for label in item.labels)), CHOICES[:2])
    assert json.loads(table.log_likelihoods[0]) == [-9.0, -8.0, -7.0]
    assert list(table.likeliest) == ["C", "B"]
    assert list(table.likeliest_by_length) == ["C", "B"]  # -9/1, -8/2, -7/31
    first = {"A": " a" * 20, "B": " bb", "C": " c"}
    table = asked(Fake(), made(options=lambda item, prompt: tuple(first[label] for label in item.labels)), CHOICES[:2])
    assert list(table.likeliest) == ["C", "B"] and list(table.likeliest_by_length) == ["A", "A"]


def test_numbers_have_no_likelihoods_and_need_no_engine_that_has_some():
    table = asked(small.Fake(), made(**SUMS), NUMBERS)
    assert list(table.columns) == COLUMNS and table.attrs["timing"]["likelihoods"] == {}
    assert list(table.hypothesis) == ["0", "1", "2", "3"] and list(table.reference) == ["0", "2", "4", "6"]
    assert list(table.source) == [item.fields["asked"] for item in NUMBERS]


def test_questions_with_options_and_without_meet_in_one_table():
    table = asked(Fake(), made(PROMPTS={"plain": "{asked}"}), [*NUMBERS[:1], *CHOICES[:1]])
    assert list(table.likeliest) == ["", "C"] and list(table.log_likelihoods) == ["[]", "[-9.0, -8.0, -7.0]"]


def test_fixed_labels_are_not_said_twice_in_the_source():
    item = Item("1", "en", {"premise": "It rains.", "hypothesis": "It is wet."}, "Yes", (("Yes", "Yes"), ("No", "No")))
    table = asked(Fake(), made(PROMPTS={"plain": "{premise} {hypothesis}"}), [item])
    assert list(table.source) == ["It rains.\nIt is wet."]


def test_unanswered_endless_and_unfit_are_counted():
    engine, task = Fake(), made()
    kinds = [(" B", "stop", 2), (" none of", "length", 5), ("", "unfit", 0), ("<think>it is B", "length", 5)]
    engine.complete = lambda requests, *_: iter([[(at, Completion(*kinds[at])) for at in range(len(requests))]])
    engine.likelihoods = lambda choices, *_: iter(
        [[(at, Completion("", "unfit", 0) if at == 2 else Completion("[-1, -2]", "scored", 9)) for at in (1, 2, 3, 0)]]
    )
    items = [question(at) for at in range(4)]
    table = asked(engine, task, items)
    assert list(table.hypothesis) == ["B", "", "", ""] and list(table.reasoning) == ["", "", "", "it is B"]
    assert list(table.likeliest) == ["A", "A", "", "A"] and table.log_likelihoods[2] == "[]"
    timing = table.attrs["timing"]
    counted = ("rows", "unique", "kept", "generated", "unfit", "endless", "unanswered", "reasoned", "tokens")
    assert [timing[name] for name in counted] == [4, 4, 0, 4, 1, 2, 3, 1, 12]
    counted = ("unique", "kept", "generated", "unfit", "tokens")
    assert [timing["likelihoods"][name] for name in counted] == [4, 0, 4, 1, 27]


def test_reasoning_is_cut_before_the_answer_is_read():
    engine = Fake()
    engine.says = "<think>A or B? A.</think> B"
    table = asked(engine, made(), CHOICES)
    assert set(table.hypothesis) == {"B"} and set(table.reasoning) == {"A or B? A."}
    assert set(table.completion) == {engine.says} and table.attrs["timing"]["reasoned"] == 10


def test_a_finished_run_asks_for_nothing_and_gives_the_same(tmp_path):
    first = asked(Fake(), made(), CHOICES, ledger=tmp_path)
    engine = Fake()
    second = asked(engine, made(), CHOICES, ledger=tmp_path)
    assert engine.asked == Counter() and second.equals(first)
    for table, kept, new in ((first, 0, 10), (second, 10, 0)):
        for counts in (table.attrs["timing"], table.attrs["timing"]["likelihoods"]):
            assert (counts["unique"], counts["kept"], counts["generated"]) == (10, kept, new)
    engine = Fake()
    asked(engine, made(), [*CHOICES, question(7, "de")], ledger=tmp_path)
    assert sum(engine.asked.values()) == 2
    engine = Fake()  # another decoding changes no likelihood
    asked(engine, made(), CHOICES, decoding="paper", ledger=tmp_path)
    assert sum(engine.asked.values()) == 10 and not any(each.startswith("scored") for each in engine.asked)
    engine = Fake()
    asked(engine, made(), CHOICES, ledger=tmp_path, likelihood=False)
    assert engine.asked == Counter()


@pytest.mark.parametrize("fresh", [False, True, "run"])
def test_an_interrupted_run_loses_the_batch_in_flight_alone(tmp_path, fresh):
    whole, total = asked(Fake(), made(), CHOICES, ledger=tmp_path / "whole"), Counter()
    if fresh:
        asked(Fake(), made(), CHOICES, ledger=tmp_path)
    engine = Fake()
    engine.fail_after = 1
    with pytest.raises(KeyboardInterrupt):
        asked(engine, made(), CHOICES, ledger=tmp_path, fresh=fresh)
    total += engine.asked
    engine = Fake()
    table = asked(engine, made(), CHOICES, ledger=tmp_path, fresh=fresh)
    assert table.equals(whole) and set((total + engine.asked).values()) == {1}
    assert (table.attrs["timing"]["kept"], table.attrs["timing"]["likelihoods"]["kept"]) == (4, 10)


def test_equal_questions_are_asked_once():
    engine = Fake()
    table = asked(engine, made(), [*CHOICES, *CHOICES])
    assert set(engine.asked.values()) == {1} and table.attrs["timing"]["unique"] == 10 and len(table) == 20
    assert list(table["index"])[10:15] == [5, 6, 7, 8, 9]


def test_the_table_goes_the_way_of_translations(tmp_path):
    table = asked(Fake(), made(), CHOICES, ledger=tmp_path / "ledger")
    assert translations.check(table)["index"].is_monotonic_increasing
    files = storage.save_translations(tmp_path / "run", table)
    assert [file.name for file in files] == ["en-en.parquet", "sw-sw.parquet"]
    storage.record(tmp_path / "run", **table.attrs["record"])
    read = storage.load(f"{tmp_path}/run")
    pd.testing.assert_frame_equal(read.translations, table)
    record = read.record
    assert (record["task"], record["split"], record["prompt"]) == ("Rivers", "dev", made().PROMPTS["plain"])
    assert record["decoding"]["max_new_tokens"] == 5 and record["model"] == {"engine": "fake"}
    assert record["timing"]["likelihoods"]["generated"] == 10 and record["training_languages"] is None


# prompts


def test_a_prompt_by_name_by_file_and_by_chat(tmp_path):
    engine, task = Fake(), made()
    template = tmp_path / "mine.txt"
    template.write_text("{listed} {{x}}\n{asked} \n")
    engine.chat = lambda messages, thinking=True: Prompt(f"<{messages[0]['content']}|{thinking}>\n")
    item = question(0, labels="ABC")
    plain = filled(task, item, "plain")
    for prompt, wanted, recorded in (
        ("", plain, "plain"), ("plain", plain, "plain"), ("short", item.fields["asked"], "short"),
        ("chat", f"<{plain}|True>\n", "plain"), ("chat_no_thinking", f"<{plain}|False>\n", "plain"),
        (str(template), f"{' '.join(text for _, text in item.options)} {{x}}\n{item.fields['asked']} ", ""),
    ):  # fmt: skip
        engine.asked.clear()
        record = asked(engine, task, [item], prompt=prompt).attrs["record"]
        assert {each.removeprefix("scored ") for each in engine.asked} == {wanted}
        assert record["prompt"] == task.PROMPTS.get(recorded, "{listed} {{x}}\n{asked} ")
        rendered = "<{asked}\nOptions: {listed}\nAnswer:|True>\n"
        assert record.get("prompt_rendered", "") == {
            "chat": rendered, "chat_no_thinking": rendered.replace("True", "False")
        }.get(prompt, "")  # fmt: skip
        bare = wanted[-1].isspace()
        assert engine.choices[0].options == (("A", "B", "C") if bare else (" A", " B", " C"))


@pytest.mark.parametrize(("text", "message"), [
    ("{listed}", r"expected \{asked\} in the prompt template .*mine\.txt.*write \{asked\} where"),
    ("{asked} {question}", r"expected only \{asked\} and \{listed\} in .*mine\.txt, found \{question\}.*remove it"),
])  # fmt: skip
def test_a_file_that_cannot_be_filled_in(tmp_path, text, message):
    (tmp_path / "mine.txt").write_text(text)
    with pytest.raises(KitError, match=message):
        asked(Fake(), made(), CHOICES, prompt=str(tmp_path / "mine.txt"))


def test_wrong_names_are_said_before_anything_is_asked():
    engine = Fake()
    with pytest.raises(UnknownName, match=r"'plan'.*plain, short, chat, chat_no_thinking.*text file with \{asked\}"):
        asked(engine, made(), CHOICES, prompt="plan")
    with pytest.raises(KitError, match="'chat'.*chat template.*To mend: use the prompt template 'plain'"):
        asked(engine, made(), CHOICES, prompt="chat")
    with pytest.raises(UnknownName, match="gredy.*greedy"):
        asked(engine, made(), CHOICES, decoding="gredy")
    with pytest.raises(KitError, match="expected questions of Rivers, got none. To mend: choose languages"):
        asked(engine, made(), [])
    assert engine.asked == Counter()


def test_an_engine_that_cannot_score_is_said_and_answers_without():
    with pytest.raises(KitError, match="copy generates answers, but cannot say.*Rivers.*To mend: .*likelihood=False"):
        asked(open_engine("copy"), made(), CHOICES)
    table = asked(open_engine("copy"), made(), CHOICES, likelihood=False)
    assert list(table.columns) == COLUMNS and list(table.completion) == list(table.source)


def test_no_option_follows_a_prompt_that_begins_to_reason():
    engine = Fake()
    engine.chat = lambda messages, **_: Prompt(f"{messages[0]['content']}\nassistant: <think>\n")
    with pytest.raises(KitError, match="where fake begins to reason.*likelihood=False.*'chat_no_thinking'"):
        asked(engine, made(), CHOICES, prompt="chat")
    engine.says = "A? no</think> B"
    assert set(asked(engine, made(), CHOICES, prompt="chat", likelihood=False).hypothesis) == {"B"}


# a model


def test_a_model_answers_and_once_finished_is_not_loaded_again(tmp_path, monkeypatch):
    folder = small.llama(tmp_path / "llama")
    how = dict(decoding="greedy max_new_tokens:4", ledger=tmp_path / "ledger")
    table = asked(open_engine(str(folder), dtype="float32", device="cpu"), made(), CHOICES, **how)
    assert set(table.finish) <= {"stop", "length"} and len(table) == 10
    for row, item in zip(table.itertuples(), CHOICES, strict=True):
        numbers = json.loads(row.log_likelihoods)
        assert len(numbers) == len(item.options) and all(number < 0 for number in numbers)
        assert row.likeliest == item.labels[numbers.index(max(numbers))] == row.likeliest_by_length  # of one length
    assert table.attrs["timing"]["likelihoods"]["tokens"] > 0
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: pytest.fail("loaded weights"))
    again = asked(open_engine(str(folder), dtype="float32", device="cpu"), made(), CHOICES, **how)
    assert again.equals(table)
