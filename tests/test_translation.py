"""Translating: one table in the order asked, each prompt generated once, what is kept never asked for again."""

import io
import os
import platform
import sys
from collections import Counter

import pytest
import small

from llamax_kit.models import ledger_files
from llamax_kit.models.engines.base import Completion
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.models.ledger import Ledger
from llamax_kit.tasks.translation import translate as run
from llamax_kit.utils import processes
from llamax_kit.utils.errors import KitError, UnknownName

DIRECTIONS = [("en", "de"), ("sw", "en")]
COLUMNS = ["system", "src", "tgt", "index", "source", "hypothesis", "reference", "finish", "tokens"]


@pytest.fixture
def corpus():
    return small.corpus(lines=10)


def test_the_table_has_one_row_a_sentence_in_the_order_asked(corpus):
    table = run(small.Fake(), corpus, DIRECTIONS, progress=False)
    assert list(table.columns) == COLUMNS
    assert list(zip(table.src, table.tgt, table["index"], strict=True)) == [
        (src, tgt, at) for src, tgt in DIRECTIONS for at in range(10)
    ]
    assert list(table.source) == corpus.texts["en"] + corpus.texts["sw"]
    assert list(table.reference) == corpus.texts["de"] + corpus.texts["en"]
    assert list(table.hypothesis) == [source[::-1] for source in table.source]  # white space around it is gone
    assert set(table.system) == {"fake"} and set(table.finish) == {"stop"} and set(table.tokens) == {3}


def test_sentences_limits_each_direction(corpus):
    table = run(small.Fake(), corpus, DIRECTIONS, sentences=3, progress=False)
    assert list(table["index"]) == [0, 1, 2] * 2


def test_copying_goes_the_same_way(corpus, tmp_path):
    for _ in range(2):
        table = run(open_engine("copy"), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
        assert list(table.hypothesis) == list(table.source) and set(table.tokens) == {0}


def test_equal_prompts_are_generated_once(corpus):
    corpus.texts["en"][3] = corpus.texts["en"][7]
    engine = small.Fake()
    table = run(engine, corpus, [("en", "de"), ("en", "de")], progress=False)
    assert set(engine.asked.values()) == {1} and len(engine.asked) == 9
    assert table.attrs["timing"]["rows"] == 20 and table.attrs["timing"]["unique"] == 9


def test_a_finished_run_asks_the_model_for_nothing(corpus, tmp_path):
    first = run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    engine = small.Fake()
    second = run(engine, corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    assert engine.asked == Counter()
    assert second.equals(first)
    assert (first.attrs["timing"]["kept"], first.attrs["timing"]["generated"]) == (0, 20)
    assert (second.attrs["timing"]["kept"], second.attrs["timing"]["generated"]) == (20, 0)
    assert first.attrs["timing"]["tokens"] == 60 and second.attrs["timing"]["tokens"] == 0


def test_only_what_changed_is_computed_again(corpus, tmp_path):
    run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    engine = small.Fake()
    run(engine, corpus, [*DIRECTIONS, ("en", "sw")], ledger=tmp_path, progress=False)
    assert sum(engine.asked.values()) == 10
    for changed in (dict(decoding="paper"), dict(template="paper", directions=[("en", "af")])):
        engine = small.Fake()
        corpus.texts["af"] = corpus.texts["de"]
        run(engine, corpus, **{"directions": DIRECTIONS, "ledger": tmp_path, "progress": False} | changed)
        assert sum(engine.asked.values()) == 10 * len(changed.get("directions", DIRECTIONS))
    engine = small.Fake(model="another")
    run(engine, corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    assert sum(engine.asked.values()) == 20


def test_fresh_asks_again_and_keeps_the_new_answer(corpus, tmp_path):
    run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    engine = small.Fake()
    engine.complete = lambda requests, *_: iter([[(at, Completion("new", "stop", 1)) for at in range(len(requests))]])
    assert set(run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=True, progress=False).hypothesis) == {"new"}
    assert set(run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, progress=False).hypothesis) == {"new"}


@pytest.mark.parametrize("name", [True, "run"])
def test_a_fresh_run_that_is_interrupted_goes_on_and_one_that_ended_begins_again(corpus, tmp_path, name):
    run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    asked = Counter()
    for batches in (2, 1):
        engine = small.Fake()
        engine.fail_after = batches
        with pytest.raises(KeyboardInterrupt):
            run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False)
        asked += engine.asked
    engine = small.Fake()
    other = run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh="another", progress=False)
    assert sum(engine.asked.values()) == 20 and other.attrs["timing"]["kept"] == 0
    engine = small.Fake()
    table = run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False)
    assert table.attrs["timing"]["kept"] == 12 and set((asked + engine.asked).values()) == {1}
    for _ in range(2):
        if name == "run":  # until its record is written, it has not ended
            engine = small.Fake()
            assert run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False).equals(table)
            assert sum(engine.asked.values()) == 0
            ledger_files.end_run(tmp_path, name)
        engine = small.Fake()
        again = run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False)
        assert again.attrs["timing"]["kept"] == 0 and sum(engine.asked.values()) == 20


@pytest.mark.parametrize("host, start, name, kept", [
    (platform.node(), "7", True, 20), (platform.node(), "7", "run", 20),  # dead
    (platform.node(), None, True, 0), (platform.node(), None, "run", 0),  # alive: another run of the kind, at once
    ("elsewhere", "7", True, 0), ("elsewhere", "7", "run", 20),  # by its name it is this run, which moved
])  # fmt: skip
def test_whose_fresh_answers_are_taken(corpus, tmp_path, host, start, name, kept):
    engine = small.Fake()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Ledger, "end_fresh", lambda _: None)
        run(engine, corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False)
    (file,) = tmp_path.glob("*/*.fresh-*.jsonl")
    whose = processes.Process(host, os.getppid(), start or processes._start(os.getppid()))
    file.rename(file.with_name(file.name.replace(str(processes.own()), str(whose))))
    table = run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path, fresh=name, progress=False)
    assert table.attrs["timing"]["kept"] == kept


def test_an_interrupted_run_loses_the_batch_in_flight_alone(corpus, tmp_path):
    whole = run(small.Fake(), corpus, DIRECTIONS, progress=False)
    asked = Counter()
    for batches in (2, 1):
        engine = small.Fake()
        engine.fail_after = batches
        with pytest.raises(KeyboardInterrupt):
            run(engine, corpus, DIRECTIONS, ledger=tmp_path, progress=False)
        asked += engine.asked
    engine = small.Fake()
    table = run(engine, corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    assert table.attrs["timing"]["kept"] == 12
    assert table.equals(whole)
    assert set((asked + engine.asked).values()) == {1}


def test_prompts_that_do_not_fit_are_counted(corpus):
    engine = small.Fake()
    engine.complete = lambda requests, *_: iter([[(at, Completion("", "unfit", 0)) for at in range(len(requests))]])
    table = run(engine, corpus, DIRECTIONS, progress=False)
    assert table.attrs["timing"]["unfit"] == 20 and set(table.finish) == {"unfit"} and set(table.hypothesis) == {""}


def test_the_timing_survives_a_parquet_file(corpus, tmp_path):
    import pandas

    table = run(small.Fake(), corpus, DIRECTIONS, ledger=tmp_path / "ledger", progress=False)
    table.to_parquet(tmp_path / "table.parquet")
    assert pandas.read_parquet(tmp_path / "table.parquet").equals(table)
    assert table.attrs["timing"]["damaged"] == [] and table.attrs["timing"]["seconds"] > 0


def test_wrong_names_are_said_before_anything_is_generated(corpus):
    with pytest.raises(UnknownName, match="gredy.*greedy"):
        run(small.Fake(), corpus, DIRECTIONS, decoding="gredy")
    with pytest.raises(UnknownName, match="alpacca.*alpaca"):
        run(small.Fake(), corpus, DIRECTIONS, template="alpacca")
    with pytest.raises(KitError, match="'chat'.*'alpaca'"):
        run(small.Fake(), corpus, DIRECTIONS, template="chat")


def test_a_batch_log_stays_quiet(corpus, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    run(small.Fake(), corpus, DIRECTIONS)
    assert log.getvalue() == ""


def test_a_terminal_sees_sentences_tokens_a_second_and_time_left(corpus, monkeypatch):
    log = io.StringIO()
    log.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", log)
    run(small.Fake(), corpus, DIRECTIONS)
    assert "fake: 100%" in log.getvalue() and "20/20" in log.getvalue()
    assert "sentences/s" in log.getvalue() and "tokens/s" in log.getvalue() and "<00:00" in log.getvalue()


class Thinking(small.Fake):
    """Reasons before it answers, except about the first sentence of each direction."""

    def complete(self, requests, decoding, skip=frozenset()):
        for batch in super().complete(requests, decoding, skip):
            yield [(at, each._replace(text=f"<think>so</think>{each.text}" if at % 10 else each.text))
                   for at, each in batch]  # fmt: skip


def test_reasoning_is_cut_kept_apart_and_counted(corpus, tmp_path):
    plain = run(small.Fake(), corpus, DIRECTIONS, progress=False)
    table = run(Thinking(), corpus, DIRECTIONS, ledger=tmp_path, progress=False)
    assert list(table.columns) == [*COLUMNS, "reasoning"] and table[COLUMNS].equals(plain)
    assert table["reasoning"].tolist() == ["", *["so"] * 9] * 2
    assert (plain.attrs["timing"]["reasoned"], table.attrs["timing"]["reasoned"]) == (0, 18)
    assert run(Thinking(), corpus, DIRECTIONS, ledger=tmp_path, progress=False).equals(table)


def test_control_tokens_of_another_model_are_warned_of(corpus, tmp_path):
    template = tmp_path / "chatml.txt"
    template.write_text("<|im_start|>user\n{source}<|eot_id|>")
    engine = small.Fake()
    engine.control_tokens = ["<s>", "<|eot_id|>"]
    with pytest.warns(UserWarning, match=r"<\|im_start\|>.*fake.*<s>, <\|eot_id\|>"):
        run(engine, corpus, DIRECTIONS, str(template), progress=False)
