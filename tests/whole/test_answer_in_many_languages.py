"""Notebook 11, as an operator and a reader run it: what it saves is what a count of its answers finds."""

import json
from pathlib import Path

import pandas as pd
import pytest
from executed import cells, papermill
from scipy.stats import binomtest

from llamax_kit.app.parameter_checks import check
from llamax_kit.app.sweep import execution, jobs
from llamax_kit.data.questions import Item
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.scoring import significance
from llamax_kit.tasks import answering, question_sets, xcsqa
from llamax_kit.utils.errors import KitError

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "11_answer_in_many_languages.ipynb"
CODES = ("en", "de", "sw")
N = 12
PAIR = {"model": "mini-llamax-alpaca", "beside": "mini-llama-alpaca"}


def item(code: str, at: int) -> str:
    """One question as X-CSQA publishes it, invented: the real files are not to be had without network."""
    choices = [{"label": label, "text": f"{code} {label} {at}"} for label in "ABCDE"]
    question = {"stem": f"{code}: {at} + 1?", "choices": choices}
    return json.dumps({"id": f"q{at}", "lang": code, "question": question, "answerKey": "ABCDE"[at % 5]})


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A data folder with X-CSQA in its official layout, beside the folder of outputs."""
    place = tmp_path_factory.mktemp("answers")
    for code in CODES:
        folder = place / "data/xcsqa/X-CSR_datasets/X-CSQA" / code
        folder.mkdir(parents=True)
        (folder / "dev.jsonl").write_text("".join(item(code, at) + "\n" for at in range(N)), encoding="utf-8")
    return place


@pytest.fixture(scope="module", autouse=True)
def there(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_DATA", str(place / "data"))
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place / "outputs"))
        yield


@pytest.fixture(scope="module")
def run(place) -> Path:
    """The run's folder after the notebook was executed twice, by plain papermill."""
    given = {"task": "X-CSQA", **PAIR, "run": "csqa"}
    words = [word for name, value in given.items() for word in ("-p", name, value)]
    folder = place / "outputs/csqa"
    papermill(NOTEBOOK, place, *words)
    (place / "first.csv").write_bytes((folder / "scores.csv").read_bytes())
    papermill(NOTEBOOK, place, *words)
    return folder


def test_each_accuracy_is_that_of_the_saved_answers_with_wilsons_interval(run):
    scores = pd.read_csv(run / "scores.csv").set_index(["system", "tgt", "metric"])
    assert len(scores) == 2 * 3 * 3
    for (system, code, metric), row in scores.iterrows():
        answers = pd.read_parquet(run / "answers" / system / f"{code}.parquet")
        column = {"accuracy": "hypothesis", "accuracy (likelihood)": "likeliest"}.get(metric, "likeliest_by_length")
        right, wilson = int((answers[column] == answers["reference"]).sum()), {"method": "wilson"}
        ends = binomtest(right, N).proportion_ci(**wilson)
        assert row["score"] == pytest.approx(100 * right / N) and row["n"] == N
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * ends.low, 100 * ends.high))
        assert list(answers["id"]) == [f"q{at}" for at in range(N)]
        assert list(answers["reference"]) == ["ABCDE"[at % 5] for at in range(N)]


def test_running_it_again_asks_nothing_and_changes_no_score(place, run):
    systems = json.loads((run / "run.json").read_text(encoding="utf-8"))["systems"]
    assert [*systems] == [*PAIR.values()]
    for own in systems.values():
        assert (own["timing"]["kept"], own["timing"]["generated"]) == (3 * N, 0)
        assert (own["timing"]["likelihoods"]["kept"], own["timing"]["likelihoods"]["generated"]) == (3 * N, 0)
    assert (place / "first.csv").read_bytes() == (run / "scores.csv").read_bytes()


def test_the_record_names_the_questions_by_their_hash_and_no_place(place, run):
    text = (run / "run.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert record["corpus"]["release"] == "X-CSQA dev" and record["corpus"]["n"] == dict.fromkeys(CODES, N)
    assert record["parameters"]["codes"] == "sw de en" and str(place / "data") not in text
    readings = ("exact", "likelihood", "likelihood-by-length")
    assert set(record["signatures"]) == {f"task:X-CSQA|split:dev|reading:{each}|kit:0.1.0" for each in readings}


def test_06_finds_what_one_gained_over_the_other_on_the_same_questions(run, place):
    cells(NOTEBOOKS / "06_see_language_gains.ipynb", ("trials=100", "trials=5"), metric="likelihood",
          system="csqa:mini-llamax-alpaca", baseline="csqa:mini-llama-alpaca")  # fmt: skip
    table = pd.read_csv(place / "outputs/06_see_language_gains/gains.csv").set_index("tgt")
    for code in CODES:
        one, other = (pd.read_parquet(run / "answers" / system / f"{code}.parquet") for system in PAIR.values())
        a, b = (each["likeliest"] == each["reference"] for each in (one, other))
        assert table.loc[code, "gain"] == pytest.approx(100 * (a.mean() - b.mean()))
        assert table.loc[code, "p"] == significance.mcnemar(a.to_numpy(), b.to_numpy())


def test_a_sweep_asks_before_the_notebook_does(place):
    file = place / "sweep.yml"
    values = {"task": "X-CSQA", "codes": "en de", "items": 5, "beside": "", "model": "mini-llamax-alpaca"}
    file.write_text(json.dumps({"notebook": "11", "values": values, "run": "swept"}))
    (found,) = execution.run(jobs.read(file))
    assert found.state == "done", found.why
    record = json.loads((place / "outputs/swept/run.json").read_text(encoding="utf-8"))
    timing = record["systems"]["mini-llamax-alpaca"]["timing"]
    assert (timing["rows"], timing["kept"], timing["generated"]) == (10, 10, 0)
    assert record["corpus"]["cut"] == f"the first 5 of {N} questions of each language"
    edited = place / "data/xcsqa/X-CSR_datasets/X-CSQA/de/dev.jsonl"
    edited.write_text(edited.read_text().replace("de B", "de b"))
    (changed,) = execution.states(jobs.read(file))
    assert changed.state == "missing" and "task X-CSQA" in changed.why


DEFAULTS = {"model": "mini-llamax-alpaca", "beside": "", "adapter": "", "task": "X-CSQA", "codes": "auto",
            "items": "auto", "prompt": "", "decoding": ""}  # fmt: skip


@pytest.mark.parametrize(("values", "message"), [
    ({"task": "CSQA"}, "parameter 'task' of 11.*unknown test set 'CSQA'"),
    ({"task": "XNLI=nowhere"}, "expected a folder with the files of XNLI behind the sign =, got 'nowhere'"),
    ({"task": "XNLI="}, "expected a folder with the files of XNLI behind the sign =, got ''"),
    ({"task": "MSVAMP"}, "MSVAMP"),
    ({"codes": "en fr"}, "parameter 'codes' of 11.*fr"),
    ({"codes": "klingon"}, "unknown language 'klingon'"),
    ({"items": -1}, r"items must be 0 \(all\) or more, got -1"),
    ({"prompt": "catd"}, "unknown prompt template 'catd'. One of: authors, card, cloze, chat"),
    ({"beside": "mini-llamax-alpaca"}, "model and beside are both called mini-llamax-alpaca"),
    ({"beside": "mini-lama"}, "parameter 'beside' of 11.*unknown model 'mini-lama'"),
])  # fmt: skip
def test_a_wrong_value_is_refused_before_a_kernel_starts(values, message):
    with pytest.raises(KitError, match=message):
        check("11_answer_in_many_languages", DEFAULTS, values=values)


def test_an_engine_that_cannot_score_options_is_refused(place):
    with pytest.raises(KitError, match="copy generates answers, but cannot say how likely the options of X-CSQA are"):
        cells(NOTEBOOK, until="nb11-11", task="X-CSQA", model="copy", beside="", codes="en", items=2, run="copied")


def test_a_part_of_a_set_is_named_where_its_figure_stands(place):
    asked = question_sets.open_set("X-CSQA", codes="en sw", items=3)
    assert asked.size == "3 questions in each of 2 languages" and asked.cut.startswith("the first 3 of 12 questions")
    assert isinstance(asked.items[0], Item) and asked.task is xcsqa and asked.codes == ["en", "sw"]
    assert question_sets.open_set("X-CSQA", codes="en").cut == ""


def test_the_options_of_an_item_share_their_prompt(place):
    asked = question_sets.open_set("X-CSQA", codes="en", items=4)
    engine = open_engine("mini-llamax-alpaca")
    timing = answering.answer(engine, asked.task, asked.items).attrs["timing"]["likelihoods"]
    prompts = [len(engine.tokenizer.encode(answering.ask(engine, asked.task, each))) for each in asked.items]
    assert timing["tokens"] <= sum(prompts) + 5 * len(prompts)
