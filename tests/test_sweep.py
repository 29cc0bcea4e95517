"""sweep: a file becomes checked jobs, what is done is read from the executed notebooks, a model is loaded once."""

import json
import os
import platform
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
import small
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from llamax_kit.app import inputs
from llamax_kit.app.parameters import WrongValue, given_values
from llamax_kit.app.sweep import execution
from llamax_kit.app.sweep import jobs as sweep_jobs
from llamax_kit.app.sweep import state as sweep_state
from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.runs import manifest, storage
from llamax_kit.tasks.translation import translate
from llamax_kit.utils import locks, processes
from llamax_kit.utils.errors import KitError, UnknownName

ROOT = Path(__file__).resolve().parents[1]
CELL = """\
system: str = "demo_mini_llama"  # a run
baseline: str = ""  # another
samples: int = 10  # how many
by: str = "holm"  # one of: holm, bh
run: str = "gains"  # the folder
"""
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def notebook(source: str = CELL, *more: str, prose: str = "# Gains"):
    cells = [new_code_cell(source, metadata={"tags": ["parameters"]}), *map(new_code_cell, more)]
    return new_notebook(cells=[new_markdown_cell(prose), *cells])


@pytest.fixture(autouse=True)
def house(tmp_path, monkeypatch) -> Path:
    """A checkout with one notebook, and an output folder of its own."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setattr(storage, "PROJECT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook(CELL, "print(samples)"), tmp_path / "notebooks" / "06_gains.ipynb")
    return tmp_path


@pytest.fixture
def read(house):
    def read(text: str):
        (house / "s.yml").write_text(text, encoding="utf-8")
        return sweep_jobs.read(house / "s.yml")

    return read


# The file


def test_a_grid_is_every_combination_each_in_a_run_of_its_own(read):
    jobs = read("""
notebook: 06
values: {samples: 5}
grid: {system: ["05_moz:nllb", "05_moz:opus"], baseline: [hub/a, b]}
run: "06_{system}_{baseline}_{samples}"
""")
    assert [job.run for job in jobs] == [
        "06_05_moz-nllb_hub-a_5", "06_05_moz-nllb_b_5", "06_05_moz-opus_hub-a_5", "06_05_moz-opus_b_5"
    ]  # fmt: skip
    assert jobs[1].values == {"samples": 5, "system": "05_moz:nllb", "baseline": "b", "run": jobs[1].run}
    assert jobs[1].output == storage.outputs() / jobs[1].run / "06_gains.ipynb"


def test_parameter_files_give_a_job_each_and_what_stands_nearer_the_job_counts(read, house):
    (house / "params").mkdir()
    (house / "params" / "b.yml").write_text("run: b\nsamples: 1\nsystem: x\n")
    (house / "params" / "a.yml").write_text("run: a\nsamples: 2\nsystem: y\nbaseline: 2026-05-01\n")
    jobs = read("notebook: 06\nfiles: [params/*.yml]\nvalues: {samples: 9}\neach: [{system: s}]\nrun: '{run}_x'")
    assert [job.values for job in jobs] == [
        {"run": "a_x", "samples": 9, "system": "s", "baseline": "2026-05-01"},
        {"run": "b_x", "samples": 9, "system": "s"},
    ]


def test_parameter_files_may_be_named_by_absolute_paths_and_patterns(read, house):
    (house / "[x]").mkdir()
    for name in "ab":
        (house / "[x]" / f"{name}.yml").write_text(f"run: {name}\n")
    for files in (f"{house}/[[]x]/*.yml", f"{house}/**/[ab].yml"):
        assert [job.run for job in read(f"notebook: 06\nfiles: ['{files}']")] == ["a", "b"]
    assert [job.run for job in read(f"notebook: 06\nfiles: ['{house / '[[]x]' / 'b.yml'}']")] == ["b"]


def test_blocks_come_one_after_another_and_names_may_come_from_the_values(read):
    jobs = read("- {notebook: 06}\n- {notebook: 06_gains, each: [{run: a}, {run: b}]}")
    assert [(job.block, job.run) for job in jobs] == [(1, "gains"), (2, "a"), (2, "b")]


def test_a_notebook_may_be_named_by_its_path_from_the_file(read, house):
    nbformat.write(notebook("n: int = 1  # n"), house / "own.ipynb")
    (job,) = read("notebook: own.ipynb\nvalues: {n: 2}")
    assert (job.notebook, job.run) == (house / "own.ipynb", "own")


def test_a_value_may_name_the_environment(read, monkeypatch):
    monkeypatch.setenv("W_PLACE", "/data")
    (job,) = read('notebook: 06\nvalues: {system: "${W_PLACE}/x", baseline: $W_PLACE}')
    assert (job.values["system"], job.values["baseline"]) == ("/data/x", "$W_PLACE")


@pytest.mark.parametrize("text, kind, said", [
    ("notebook: 06\nvalues: {sampels: 5}", UnknownName, "06_gains 'sampels'.*samples.*--help-notebook"),
    ("notebook: 06\ngrid: {sampels: [5]}", UnknownName, "06_gains 'sampels'.*samples.*--help-notebook"),
    ("notebook: 06\nvalues: {samples: '5'}", WrongValue, "'samples' of 06_gains .*int.*got str '5'.*10"),
    ("notebook: 06\nvalues: {by: hlom}", UnknownName, "by of 06_gains 'hlom'.*holm, bh"),
    ("notebook: 06_gians", UnknownName, "'06_gians'.*06_gains"),
    ("notebook: 06\nvalue: {}", UnknownName, "'value'.*values"),
    ("values: {}", KitError, "got .*values.*notebook: 05"),
    ("notebook: 06\ngrid: {samples: 5}", KitError, r"grid: samples .*got 5.*write \[a, b\]"),
    ("notebook: 06\ngrid: {samples: []}", KitError, r"grid: samples .*got \[\].*write \[a, b\]"),
    ("notebook: 06\neach: {run: a}", KitError, r"each .*run.*write \[a, b\]"),
    ("notebook: 06\nvalues: [run]", KitError, r"values .*\['run'\].*write \{name: value\}"),
    ("notebook: 06\nfiles: [nosuch/*.yml]", KitError, "files: 'nosuch/.*looked from.*To mend"),
    ("notebook: 06\nfiles: ['']", KitError, "files: ''.*looked from.*To mend"),
    ("notebook: 06\nfiles: [/nosuch/*.yml]", KitError, "files: '/nosuch/.*To mend"),
    ("notebook: 06\nvalues: {system: '${W_NOSUCH}'}", KitError, "environment.* W_NOSUCH.*export"),
    ("notebook: 06\nrun: '{sistem}'", UnknownName, "`run` 'sistem'.*system.*braces"),
    ("notebook: 06\nrun: 5", KitError, "run .*got 5.*in quotes"),
    ("notebook: 06\nrun: ledger", KitError, "'ledger'.*give it another"),
    ("notebook: 06\nvalues: {run: ../up}", KitError, "'../up'.*give it another"),
    ("a: [", KitError, "YAML"),
])  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(read, house, text, kind, said):
    with pytest.raises(KitError, match=said) as raised:
        read("- {notebook: 06}\n- " + text.replace("\n", "\n  "))
    assert type(raised.value) is kind
    assert "s.yml" in str(raised.value) and ("block 2" in str(raised.value) or "YAML" in said)
    assert not (house / "outputs").exists()


@pytest.mark.parametrize("text, named", [
    ("notebook: 06\ngrid: {samples: [1, 2]}", "as in {samples}"),
    ("notebook: 06\neach: [{run: a}, {run: A}]", "a name of its own"),
    ("- {notebook: 06}\n- {notebook: 06, values: {samples: 1}}", "as in {samples}"),
    ("notebook: 06\ngrid: {system: ['a:b', a/b]}\nrun: '{system}'", "as in {system}"),
])  # fmt: skip
def test_two_jobs_of_one_folder_are_refused(read, text, named):
    with pytest.raises(KitError, match="the run '.*06_gains and 06_gains.*To mend") as raised:
        read(text)
    assert named in str(raised.value)


@pytest.mark.parametrize("text", ["", "# not yet written", "[]", "---"])
def test_an_empty_file_is_called_empty(read, text):
    with pytest.raises(KitError, match="s.yml is empty.*`- notebook: 05`"):
        read(text)


def test_a_file_that_is_not_there_is_told(house):
    with pytest.raises(KitError, match="nosuch.yml.*name a file"):
        sweep_jobs.read(house / "nosuch.yml")


@pytest.mark.parametrize("path", sorted(ROOT.glob("params/[0-9]*/*.yml")), ids=lambda path: path.name)
def test_a_parameter_file_is_read_as_papermill_reads_it(path, read):
    (job,) = read(f"notebook: {ROOT / 'notebooks' / path.parent.name}.ipynb\nfiles: [{path}]")
    assert job.values == given_values(parameters_file=[path])


@pytest.mark.parametrize("path", sorted(ROOT.glob("params/sweeps/*")), ids=lambda path: path.name)
def test_the_kits_own_sweeps_fit_its_notebooks(path, monkeypatch):
    monkeypatch.setattr(storage, "PROJECT", ROOT)
    monkeypatch.setenv("LLAMAX_KIT_DATA", "/data")
    assert len(sweep_jobs.read(path)) > 1


# The states


def execute(job, ending="", values=None, source=None, output=None, end=NOW):
    """Write what papermill leaves of a job."""
    values = job.values if values is None else values
    node = source or nbformat.read(job.notebook, 4)
    node.cells.insert(2, new_code_cell("injected = 1", metadata={"tags": ["injected-parameters"]}))
    node.cells[-1].outputs = [output] if output else []
    node.metadata["papermill"] = {"parameters": values, "end_time": end.isoformat()}
    path = job.output.with_suffix(f"{ending}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, path)
    if not ending:
        path.with_suffix(".html").write_text("the page")
        manifest.write(path, inputs.of(job.parameters))


def state(job):
    (found,) = sweep_state.states([job])
    return found.state, found.why


@pytest.fixture
def job(read):
    return read("notebook: 06\nvalues: {samples: 5, run: one}")[0]


def test_a_job_is_missing_then_begun_then_done(job):
    assert state(job) == ("missing", "not run yet")
    execute(job, ".partial")
    assert state(job) == ("missing", "begun, not finished: interrupted")
    job.output.with_suffix(".partial.ipynb").rename(job.output)
    assert state(job) == ("missing", "its page was not written, or by a kit that kept no manifest")
    execute(job)
    assert state(job) == ("done", "")


def test_a_job_that_a_living_process_is_at_work_on_is_running(job):
    execute(job)
    with locks.held(job.folder):
        now, why = state(job)
        assert now == "running" and why.startswith(f"by process {os.getpid()} of this machine since 20")
        waiting = sweep_jobs.Job(2, job.notebook, job.defaults, {"system": job.run, "run": "x"}, "x")
        found = sweep_state.states([job, waiting])
        assert found[1].why == f"needs {job.run}, which is running"
        assert sweep_state.summary(found) == "0 done, 1 running, 1 missing"
    assert state(job) == ("done", "")


def test_a_mark_of_another_machine_is_said_of_what_was_begun(job):
    execute(job, ".partial")
    (job.folder / ".running-node7-11-22").touch()
    now, why = state(job)
    assert now == "missing" and "run by process 11 of another machine, node7, since" in why


def test_another_notebooks_run_is_refused_before_anything_starts(read, house, monkeypatch):
    jobs = read("- {notebook: 06, each: [{run: a}, {run: victim}]}")
    (house / "outputs" / "victim").mkdir(parents=True)
    (house / "outputs" / "victim" / "run.json").write_text('{"notebook": "04_translate", "parameters": {}}')
    found = sweep_state.states(jobs)
    assert [each.state for each in found] == ["missing", "missing"]
    assert re.search("victim.*04_translate.*another name", found[1].why)
    monkeypatch.setattr(execution, "in_processes", lambda *given: pytest.fail("started something"))
    with pytest.raises(KitError, match="victim.*04_translate.*another name"):
        execution.run(jobs)
    assert not (house / "outputs" / "a").exists()


def test_an_outputs_folder_that_cannot_be_made_is_told_before_anything_starts(read, house, monkeypatch):
    jobs = read("notebook: 06")
    (house / "outputs").write_text("a file")
    monkeypatch.setattr(execution, "in_processes", lambda *given: pytest.fail("started something"))
    with pytest.raises(KitError, match="outputs.*LLAMAX_KIT_OUTPUTS"):
        execution.run(jobs)


def test_a_later_attempt_that_was_broken_off_may_have_changed_the_tables(job):
    execute(job)
    execute(job, ".partial")
    assert state(job)[0] == "missing"


def test_a_failed_job_says_the_last_line_of_its_error(job):
    execute(job)
    execute(job, ".failed", output=new_output("error", ename="KitError", evalue="first\nno FLORES there\n"))
    failed = job.output.with_suffix(".failed.html")
    assert state(job) == ("failed", f"KitError: no FLORES there; to read: {failed}")
    execute(job, ".failed", output=new_output("error", ename="ZeroDivisionError", evalue=""))
    assert state(job)[1].startswith("ZeroDivisionError: ;")
    execute(job, ".failed")
    assert "a cell did not end" in state(job)[1]


@pytest.mark.parametrize("ending", ["", ".failed"])
def test_other_parameters_or_other_code_make_it_missing(job, ending):
    execute(job, ending, values={"samples": 4, "run": "one", "system": "x"})
    assert state(job) == ("missing", "parameters changed: system was 'x', samples was 4")
    execute(job, ending, source=notebook(CELL, "print(samples, 2)"))
    assert state(job) == ("missing", "notebook changed")
    execute(job, ending, source=notebook(CELL.replace("10", "11"), "print(samples)"))
    assert state(job) == ("missing", "notebook changed")


def test_a_default_that_is_written_out_and_prose_that_changed_leave_it_done(job):
    execute(job, values=job.values | {"system": "demo_mini_llama"})
    assert state(job) == ("done", "")
    execute(job, source=notebook(CELL, "print(samples)", prose="# Gains, by language"))
    assert state(job) == ("done", "")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": [], "metadata": {}}'])
def test_what_papermill_did_not_make_is_missing(job, text):
    job.output.parent.mkdir(parents=True)
    job.output.write_text(text)
    assert state(job) in [("missing", "06_gains.ipynb was not made by papermill, or is damaged"),
                          ("missing", "notebook changed")]  # fmt: skip


def record(run, scores="score\n1\n", written=NOW):
    """Write a run that others read."""
    folder = storage.folder(run)
    (folder / "run.json").write_text(json.dumps({"written": written.isoformat(), "parameters": {}}))
    (folder / "scores.csv").write_text(scores)


@pytest.mark.parametrize("value", ["other", "other:nllb", "demo_mini_llama, other", "demo_mini_llama other:x"])
def test_a_run_of_other_content_makes_the_job_that_read_it_missing(read, value):
    (job,) = read(f"notebook: 06\nvalues: {{baseline: '{value}'}}")
    record("other")
    execute(job)
    record("other", written=NOW + timedelta(days=1))  # made again, alike: whatever the clock says
    assert state(job) == ("done", "")
    record("other", "score\n2\n")
    assert state(job) == ("missing", "changed since: baseline other")
    execute(job)
    assert state(job) == ("done", "")


DAMAGES = {
    "06_gains.html is gone": lambda folder: (folder / "06_gains.html").unlink(),
    "scores.csv is gone": lambda folder: (folder / "scores.csv").unlink(),
    "scores.csv was changed since": lambda folder: (folder / "scores.csv").write_text("score\n9\n"),
    "report/index.html was changed since": lambda folder: (folder / "report/index.html").write_text("<p"),
    "06_gains.html, report/index.html, scores.csv are gone": lambda folder: [
        path.unlink() for path in (folder / "06_gains.html", folder / "scores.csv", folder / "report/index.html")
    ],
    "its page was not written, or by a kit that kept no manifest": lambda folder: manifest.path(
        folder / "06_gains.ipynb"
    ).write_text("{"),
}


@pytest.mark.parametrize("why", DAMAGES)
def test_a_result_that_is_gone_cut_or_changed_makes_the_job_missing(job, why):
    (job.folder / "report").mkdir(parents=True)
    (job.folder / "scores.csv").write_text("score\n1\n")
    (job.folder / "report/index.html").write_text("<p>")
    execute(job)
    (job.folder / "notes.txt").write_text("of a user's own, later")
    for path in job.folder.rglob("*.csv"):
        os.utime(path, (0, 0))  # as a copy of the outputs has other times
    assert state(job) == ("done", "")
    DAMAGES[why](job.folder)
    assert state(job) == ("missing", why)


@pytest.mark.parametrize("made", [
    "[]", "{", '{"files": {}, "inputs": {}}', '{"files": {"scores.csv": 5}, "inputs": {}, "kit": "k"}',
    '{"files": {"scores.csv": []}, "inputs": {}, "kit": "k"}', '{"files": {"/gone": ["a"]}, "inputs": {}, "kit": "k"}',
])  # fmt: skip
def test_a_manifest_of_another_shape_counts_as_none(job, made):
    execute(job)
    manifest.path(job.output).write_text(made)
    assert state(job) == ("missing", "its page was not written, or by a kit that kept no manifest")


def test_hypotheses_a_text_or_a_model_that_was_changed_makes_what_read_it_missing(read, house):
    source = notebook('''\
hypotheses: str = ""  # h
corpus: str = "cldr"  # c
directions: str = "en-de"  # d
model: str = "copy"  # m
prompt: str = ""  # p
run: str = "r"  # r
''', "print(1)")  # fmt: skip
    nbformat.write(source, house / "notebooks/05_own.ipynb")
    small.llama(house / "tiny", context=64)
    for name, text in {"hyps/en-de.txt": "a\n", "hyps/en-sw.txt": "b\n", "texts/en.txt": "c\n", "texts/de.txt": "d\n",
                       "prompt.txt": "{source}"}.items():  # fmt: skip
        (house / name).parent.mkdir(exist_ok=True)
        (house / name).write_text(text)
    values = {"hypotheses": "hyps", "corpus": "texts", "model": "tiny", "prompt": "prompt.txt"}
    named = ", ".join(f"{name}: {house / value}" for name, value in values.items())
    (job,) = read(f"notebook: 05_own\nvalues: {{{named}}}")
    execute(job)
    (house / "hyps/en-sw.txt").write_text("of a direction that is not asked for\n")
    assert state(job) == ("done", "")
    for name, file in {"hypotheses": "hyps/en-de.txt", "corpus": "texts/de.txt", "model": "tiny/config.json",
                       "prompt": "prompt.txt"}.items():  # fmt: skip
        before = (house / file).read_text()
        (house / file).write_text(before.replace("64", "63") if name == "model" else before[:-1] + "!\n")
        assert state(job) == ("missing", f"changed since: {name} {house / values[name]}")
        (house / file).write_text(before)
        assert state(job) == ("done", "")
    (house / "texts").rename(house / "moved")
    assert state(job) == ("done", "")  # what is not there any more cannot be read again


def test_another_version_of_the_kit_is_named_and_makes_anew_only_what_is_asked_for(job, monkeypatch):
    execute(job)
    monkeypatch.setattr(manifest, "kit", lambda: "another")
    assert state(job) == ("done", sweep_state.OTHER_KIT)
    found = sweep_state.states([job])
    assert sweep_state.summary(found) == "1 done (1 by another version of the kit; --again makes it anew)"
    (found,) = sweep_state.states([job], again=True)
    assert (found.state, found.why) == ("missing", "made by another version of the kit")


def test_a_run_whose_results_are_gone_is_the_cause_and_is_made_before_the_job_that_reads_it(read):
    jobs = read("- {notebook: 06, values: {run: a}}\n- {notebook: 06, values: {run: b, system: a}}")
    for each in jobs:
        record(each.run)
        execute(each)
    assert [each.state for each in sweep_state.states(jobs)] == ["done", "done"]
    (storage.outputs() / "a/scores.csv").unlink()
    cause, dependant = sweep_state.states(jobs)
    assert (cause.state, cause.why) == ("missing", "scores.csv is gone")
    assert (dependant.state, dependant.why) == ("missing", "needs a, which is missing")
    record("a")
    execute(jobs[0])
    assert [each.state for each in sweep_state.states(jobs)] == ["done", "done"]  # made again, alike


def test_a_job_waits_for_the_runs_of_earlier_blocks_that_it_reads(read):
    jobs = read(
        "- {notebook: 06, each: [{run: a}, {run: b}]}\n"
        "- {notebook: 06, each: [{run: c, system: 'b:nllb'}, {run: d, system: a}, {run: e, system: d}]}"
    )
    for each in jobs:
        execute(each, ".failed" if each.run == "b" else "")
    found = {each.job.run: each for each in sweep_state.states(jobs)}
    assert {run: each.state for run, each in found.items()} == {
        "a": "done", "b": "failed", "c": "missing", "d": "done", "e": "done"}  # fmt: skip
    assert (found["c"].why, found["c"].needs) == ("needs b, which is failed", "b")
    assert sweep_state.summary(list(found.values()), 2) == "3 done (2 new), 1 failed: b, 1 missing"


# The ledger


TRANSLATING = """\
model: str = "mini-llama"  # m
adapter: str = ""  # a
device: str = "auto"  # d
dtype: str = "auto"  # d
corpus: str = "cldr"  # c
directions: str = "en-de"  # d
sentences: int = 3  # s
prompt: str = "alpaca"  # p
decoding: str = "greedy max_new_tokens:4"  # d
fresh: bool = False  # f
run: str = "translated"  # r
"""


@pytest.fixture
def served(monkeypatch) -> list:
    """Make a sweep fill the ledger in this process and execute no job; return what it gives to processes to do."""
    given = []

    def here(work, items, most, *_):
        for item in items:
            given.append(([job.run for job in item] if isinstance(item, list) else item.run, most))
            if isinstance(item, list):
                with pytest.raises(SystemExit) as ended:
                    work(item)
                yield item, ended.value.code, 0

    monkeypatch.setattr(execution, "in_processes", here)
    return given


@pytest.fixture
def translating(house, read):
    nbformat.write(notebook(TRANSLATING), house / "notebooks" / "04_translate.ipynb")
    each = (
        "{run: a}, {run: b, directions: en-de en-sw}, {run: c, decoding: 'greedy max_new_tokens:5'}, "
        "{run: d, prompt: nosuch}, {run: e, directions: sw-en}, {run: f, fresh: true}, {run: g, model: copy}"
    )
    values = f"{{model: {house / 'tiny'}, dtype: float32, device: cpu}}"  # unlike each other: they may be mixed up
    return read(f"notebook: '04'\nvalues: {values}\neach: [{each}]")


def test_one_engine_fills_the_ledger_for_all_its_jobs_and_each_then_generates_nothing(
    translating, house, served, monkeypatch, capsys
):
    small.llama(house / "tiny", context=1024)
    loaded, load = [], loading.load_model
    monkeypatch.setattr(loading, "load_model", lambda *asked, **how: loaded.append(how) or load(*asked, **how))
    execution.run(translating[:5])
    assert loaded == [{"dtype": "float32", "device": "cpu"}]
    assert re.search("unfilled  d: .*'nosuch'", capsys.readouterr().err)
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: pytest.fail("loaded weights"))
    for job in (*translating[:3], translating[4]):
        asks, pairs = job.parameters, [tuple(pair.split("-")) for pair in job.parameters["directions"].split()]
        engine = open_engine(asks["model"], dtype=asks["dtype"], device=asks["device"])  # as notebook 04 does
        table = translate(engine, load_corpus("cldr", ["en", "de", "sw"]), pairs, asks["prompt"],
                          asks["decoding"], asks["sentences"], storage.outputs() / "ledger")  # fmt: skip
        assert (table.attrs["timing"]["kept"], table.attrs["timing"]["generated"]) == (3 * len(pairs), 0)


def test_what_follows_the_corpus_is_filled_and_named_as_the_notebook_takes_it(house, read, served, monkeypatch):
    auto = TRANSLATING.replace("sentences: int = 3", 'sentences: int | str = "auto"')
    auto = auto.replace('"en-de"', '"auto"').replace('"greedy max_new_tokens:4"', '"auto"')
    nbformat.write(notebook(f'{auto}tokenize: str = "auto"  # t\n'), house / "notebooks" / "04_translate.ipynb")
    (house / "own").mkdir()
    for code in ("en", "sw"):
        (house / "own" / f"{code}.txt").write_text("one\ntwo\n")
    asked = []
    monkeypatch.setattr(execution, "translate", lambda engine, text, pairs, *rest: asked.append(
        (text.name, len(pairs), *rest[1:3])))  # fmt: skip
    jobs = read(
        f"notebook: '04'\nvalues: {{model: copy}}\ngrid: {{corpus: [cldr, {house / 'own'}]}}\n"
        "run: 'of_{sentences}_{tokenize}_{device}'"
    )
    assert [job.run for job in jobs] == ["of_40_cldr_auto", "of_0_flores101_auto"]
    execution.run(jobs)
    assert asked == [("cldr", 6, "greedy max_new_tokens:96", 40), ("own", 2, "greedy", 0)]
    assert jobs[0].parameters["sentences"] == "auto"  # as papermill notes it, by which a job is known to be done


def test_while_the_ledger_is_filled_its_jobs_are_running_and_those_of_another_are_left_to_it(
    translating, house, served, monkeypatch
):
    small.llama(house / "tiny", context=1024)
    (storage.folder("b") / f".running-{platform.node()}-1-0").touch()
    monkeypatch.setattr(processes.Process, "lives", lambda _: True)
    asked = []
    monkeypatch.setattr(execution, "translate", lambda engine, text, pairs, *rest: asked.append(
        (len(pairs), [each.state for each in sweep_state.states(translating[:3])])))  # fmt: skip
    execution.run(translating[:3])
    assert asked == [(1, ["running"] * 3)] * 2  # of a and c
    assert [state(job)[0] for job in translating[:3]] == ["missing", "running", "missing"]


def test_jobs_are_served_by_engine_and_those_that_cannot_be_run_alone(translating, served, house):
    small.llama(house / "tiny", context=1024)
    execution.run(translating, 3)
    assert served[:2] == [(["a", "b", "c", "d", "e"], 1), (["g"], 1)]  # f asks for fresh completions
    assert served[2:] == [("g", 3), *((run, 1) for run in "abcdef")]  # d could not be filled, nor so its engine


def test_a_model_of_a_runs_name_is_no_run(translating):
    job = translating[0]._replace(values=translating[0].values | {"model": "other"})
    execute(job)
    record("other")
    assert state(job) == ("done", "")
