"""cli: answers at once, says what a user can mend in red, and gives the rooms' own figures."""

import json
import os
import re
import subprocess
import sys

import heavy
import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook

from llamax_kit.app import cli, doctor, notebooks, terminal
from llamax_kit.utils.errors import KitError


def call(*words: str):
    return CliRunner().invoke(cli.main, list(words))


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["sweep", "--help"], ["score", "--help"],
                                   ["languages"], ["ledger"], ["--version"]])  # fmt: skip
def test_what_needs_no_library_loads_none(words):
    assert heavy.loaded(*words) == []


def test_help_names_every_command_in_one_whole_line():
    said = call("--help").output
    for command in ("demo", "run", "sweep", "score", "languages", "fetch", "ledger", "doctor"):
        (line,) = [line for line in said.splitlines() if line.startswith(f"  {command} ")]
        assert line.endswith(".") and not line.endswith("...")


def test_what_a_user_can_mend_is_said_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "llamax_kit.app.cli", "languages", "swahilli"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.search("'swahilli'.*Swahili.*llamax-kit languages", done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_it_is_said_in_red(monkeypatch):
    monkeypatch.setattr(notebooks, "find", lambda name: (_ for _ in ()).throw(KitError("mend me")))
    done = CliRunner().invoke(cli.main, ["run", "x"], color=True)
    assert (done.exit_code, done.stderr) == (1, "\x1b[31mmend me\x1b[0m\n")


def test_a_defect_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(notebooks, "find", lambda name: 1 / 0)
    assert isinstance(call("run", "x").exception, ZeroDivisionError)


@pytest.mark.parametrize("words", [["nosuch"], ["score"], ["run"], ["run", "04", "--nosuch"]])
def test_wrong_usage_is_exit_2(words):
    assert call(*words).exit_code == 2


def test_languages_are_found_by_any_part_of_a_row():
    assert len(call("languages").output.splitlines()) == 205
    said = call("languages", "swahili").output.splitlines()
    assert said[0].split()[:3] == ["code", "FLORES-101", "FLORES-200"]
    assert said[1].split()[:4] == ["sw", "swh", "swh_Latn", "Swahili"]
    assert said[0].split()[-1] == "split"  # the paper's two halves are no level of resources


@pytest.mark.parametrize("word, code", [("ar", "ar"), ("ARB_Arab", "ar"), ("Bokmal", "no"), ("Lao", "lo")])
def test_an_exact_match_comes_first_whatever_its_accents(word, code):
    assert call("languages", word).output.splitlines()[1].split()[0] == code


def test_run_hands_papermills_options_on(monkeypatch, tmp_path):
    seen = {}

    def run(source, output, values, kernel, start_timeout, *, execution_timeout, written):
        seen.update(source=source.stem, output=output, values=values, kernel=kernel)
        return tmp_path / "x.html"

    nbformat.write(new_notebook(), tmp_path / "04_some.ipynb")
    monkeypatch.setattr(notebooks, "find", lambda name: tmp_path / "04_some.ipynb")
    monkeypatch.setattr(notebooks, "execute", run)
    (tmp_path / "a.yml").write_text("directions: en-de\nsentences: 1\n")
    done = call("run", "04", "out.ipynb", "-f", str(tmp_path / "a.yml"), "-p", "sentences", "5", "-r", "run", "5",
                "-y", "model: copy", "-k", "other")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert seen == {
        "source": "04_some", "output": "out.ipynb", "kernel": "other",
        "values": {"directions": "en-de", "sentences": 5, "run": "5", "model": "copy"},
    }  # fmt: skip
    assert done.output.splitlines()[0] == f"The page: {tmp_path / 'x.html'}"


@pytest.mark.parametrize("words", [["languages"], ["run", "4", "-p", "\u8a9e", "x"]])
def test_an_old_code_page_of_a_file_or_pipe_stops_nothing(words):
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "llamax_kit.app.cli", *words]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="cp1252")
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 205 or "unknown parameter" in done.stderr and "'?'" in done.stderr


@pytest.fixture(scope="module")
def pieces(tmp_path_factory) -> str:
    """The path of a small SentencePiece model, trained on the spot."""
    import sentencepiece

    path = tmp_path_factory.mktemp("model") / "small"
    words = ["the cat sat on the mat", "a dog slept", "number one two three four"] * 20
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words), model_prefix=str(path), vocab_size=40, hard_vocab_limit=False, minloglevel=2
    )
    return f"{path}.model"


@pytest.fixture
def texts(tmp_path, pieces) -> list[str]:
    """Two files of five sentences; U+2028 and U+0085 stand inside lines, and end none."""
    lines = [f"The cat number {number} sat\u2028on\u0085the mat." for number in range(5)]
    (tmp_path / "ref").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    (tmp_path / "hyp").write_text("\n".join(["A dog slept.", *lines[1:]]) + "\n", encoding="utf-8", newline="\n")
    return ["--hypotheses", str(tmp_path / "hyp"), "--references", str(tmp_path / "ref"), "--tokenize", pieces]


def test_score_prints_score_signature_and_interval(texts):
    done = call("score", *texts)
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.output.splitlines()] == ["score", "interval", "signature"]


def test_score_prints_json_with_all_digits(texts, tmp_path, pieces):
    from llamax_kit.scoring import spbleu

    said = json.loads(call("score", *texts, "--json").output)
    hypotheses, references = ((tmp_path / name).read_text().split("\n")[:-1] for name in ("hyp", "ref"))
    result = spbleu.score(hypotheses, references, pieces)._asdict()
    assert said.pop("note") == "no interval: 5 sentences are too few (10 at least)"
    assert said == result | {"ci_low": None, "ci_high": None}


def test_score_refuses_unequal_counts(texts, tmp_path):
    with open(tmp_path / "hyp", "a") as file:
        file.write("one more\n")
    done = call("score", *texts)
    assert done.exit_code == 1
    assert "6 hypotheses" in done.stderr and "5 references" in done.stderr


def test_score_with_several_references_is_that_of_sacrebleus_command_line(tmp_path, data):
    """The second references are another system's outputs, one line of them empty."""
    folder = data / "system_outputs/mozilla_flores101/en-is"
    lines = {"hyp": (folder / "google.txt").read_text(encoding="utf-8").splitlines()[:60],
             "ref": (data / "flores101_dataset/devtest/isl.devtest").read_text(encoding="utf-8").splitlines()[:60],
             "two": (folder / "nllb.txt").read_text(encoding="utf-8").splitlines()[:60]}  # fmt: skip
    lines["two"][7] = ""
    for name, texts in lines.items():
        (tmp_path / name).write_text("\n".join(texts) + "\n", encoding="utf-8", newline="\n")
    files = [str(tmp_path / name) for name in ("ref", "two", "hyp")]
    theirs = subprocess.run(
        [sys.executable, "-m", "sacrebleu", *files[:2], "-i", files[2], "--tokenize", "flores101", "--confidence",
         "-w", "10"], capture_output=True, text=True, check=True,
        env=os.environ | {"SACREBLEU": str(data / "sacrebleu")},
    ).stdout  # fmt: skip
    theirs = json.loads(theirs)
    done = call("score", "--hypotheses", files[2], "--references", files[0], "--references", files[1], "--json")
    ours = json.loads(done.output)
    assert round(ours["score"], 10) == theirs["score"] and ours["n"] == 60 and ours["note"] == ""
    assert ours["signature"] == theirs["signature"].replace("|bs:1000|seed:12345", "")
    assert ours["signature"].startswith("nrefs:2|")
    assert (ours["ci_high"] - ours["ci_low"]) / 2 == pytest.approx(float(theirs["confidence_var"]), rel=1e-5)


@pytest.mark.parametrize(("metric", "options"), [
    ("chrF++", ["-m", "chrf", "--chrf-word-order", "2"]), ("BLEU", ["-m", "bleu"])])  # fmt: skip
def test_score_by_another_metric_is_that_of_sacrebleus_command_line(metric, options, texts):
    hypotheses, references = texts[1], texts[3]
    command = [sys.executable, "-m", "sacrebleu", references, "-i", hypotheses, *options, "-w", "10"]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = json.loads(call("score", *texts, "--metric", metric, "--json").output)
    assert (round(ours["score"], 10), ours["signature"]) == (theirs["score"], theirs["signature"])
    assert ours["metric"] == metric and f" {metric} (points" in call("score", *texts, "--metric", metric).output
    assert "'chrf'" in call("score", *texts, "--metric", "chrf").stderr


def test_score_names_the_references_that_do_not_pair_up(texts, tmp_path):
    (tmp_path / "two").write_text("one line\n")
    done = call("score", *texts, "--references", str(tmp_path / "two"))
    assert done.exit_code == 1 and re.search(f"hyp, {tmp_path / 'two'}: 5 hypotheses.* 1 reference[.]", done.stderr)
    (tmp_path / "two").write_bytes((tmp_path / "ref").read_bytes())
    done = call("score", *texts, "--references", str(tmp_path / "two"))
    assert done.exit_code == 0 and "nrefs:2|" in done.output and "nrefs:1|" in call("score", *texts).output


@pytest.mark.parametrize("words, option", [
    (["score", "--hypotheses", "a", "--references", "b", "--hypotheses", "c"], "--hypotheses"),
    (["score", "--hypotheses=a", "--references", "b", "--tokenize", "cldr", "--tokenize=flores101"], "--tokenize"),
    (["run", "04", "-k", "a", "--kernel", "b"], "--kernel"),
    (["run", "04", "--start-timeout", "1", "--start-timeout", "2"], "--start-timeout"),
    (["sweep", "x.yml", "-j", "1", "--jobs=2"], "--jobs"),
])  # fmt: skip
def test_an_option_that_holds_one_value_is_not_taken_twice(words, option):
    done = call(*words)
    assert done.exit_code == 2
    assert re.search(f"{option} .*2 times.*To mend: keep", done.stderr)


def test_a_flag_twice_is_a_flag_and_help_is_still_help(texts):
    assert call("score", *texts, "--json", "--json").output == call("score", *texts, "--json").output
    assert call("score", "-h").exit_code == call("run", "--help").exit_code == 0


def test_score_refuses_an_empty_file_and_an_unknown_tokenizer(texts, tmp_path):
    assert "unknown tokenizer" in call("score", *texts[:4], "--tokenize", "flores11").stderr
    (tmp_path / "hyp").write_text("")
    done = call("score", *texts)
    assert done.exit_code == 1
    assert "hyp" in done.stderr and "empty" in done.stderr


def test_doctor_says_what_is_here_and_how_to_get_what_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    monkeypatch.delenv("SACREBLEU", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    done = call("doctor")
    assert done.exit_code == 0
    assert f"torch {doctor.locked()['torch']}" in done.output
    assert "kernel python3" in done.output
    missing = [line for line in done.output.splitlines() if line.startswith("  missing")]
    assert any("flores101" in line and "llamax-kit fetch" in line for line in missing)
    assert all(":" in line for line in missing)
    for name in ("CLDR phrases, spBLEU-cldr", "the model mini-llama", "the model mini-llamax-alpaca"):
        assert f"  found    built in: {name}" in done.output.splitlines()
    assert "for the browser test" in done.output


def test_doctor_finds_what_is_altered_and_says_what_it_did_not_look_into(monkeypatch, tmp_path):
    from llamax_kit.data import sources

    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    monkeypatch.setattr(sources, "score_files", lambda: {"a.csv": "2d711642b726b04401627ca9fbac32f5"
                                                                  "c8530fb1903cc4db02258717921a4881"})  # fmt: skip
    for folder in ("llamax_results", "flores200_dataset"):
        (tmp_path / folder).mkdir()
    said = []
    for text in ("x", "y"):
        (tmp_path / "llamax_results" / "a.csv").write_text(text)
        lines = list(doctor.report())
        said += [line.strip() for line in lines if "scores llamax_results" in line]
    assert said[0].startswith("found ") and said[0].endswith(f"checked: {tmp_path / 'llamax_results'}")
    assert re.match("damaged .*a.csv is altered.*Move it away, then llamax-kit fetch llamax_results", said[1])
    (unread,) = [line for line in lines if "corpus flores200" in line]
    assert unread.startswith("  found ") and "not checked" in unread
    assert unread.endswith(str(tmp_path / "flores200_dataset"))


def test_doctor_says_what_of_the_hub_is_cached_and_never_the_login(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def hub() -> list[str]:
        lines = list(doctor.report())
        return [line.strip() for line in lines[lines.index("\nHub") + 1 :]]

    none = hub()
    assert none[0].startswith("none     of the 11 models") and none[1].startswith("none     login")
    kept = tmp_path / "hub" / "models--LLaMAX--LLaMAX2-7B"
    (kept / "snapshots" / ("0" * 40)).mkdir(parents=True)
    (kept / "snapshots" / ("0" * 40) / "config.json").write_text("x" * 1500)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0" * 40)
    monkeypatch.setenv("HF_TOKEN", "correct-horse")
    assert hub() == [
        f"found    LLaMAX2-7B: 1.5K in {tmp_path / 'hub'}", "found    a login, for gated models and FLORES+"
    ]  # fmt: skip


def test_score_says_that_reasoning_is_scored_as_it_stands(tmp_path):
    (tmp_path / "h").write_text("<think>so</think>Guten Tag.\nHallo.\n", encoding="utf-8")
    (tmp_path / "r").write_text("Guten Tag.\nHallo.\n", encoding="utf-8")
    asked = ("score", "--hypotheses", str(tmp_path / "h"), "--references", str(tmp_path / "r"), "--tokenize", "cldr")
    assert "1 of 2 hypotheses hold reasoning" in call(*asked).output
    assert "1 of 2 hypotheses hold reasoning" in json.loads(call(*asked, "--json").output)["note"]
    same = ("score", "--hypotheses", str(tmp_path / "h"), "--references", str(tmp_path / "h"), "--tokenize", "cldr")
    assert "reasoning" not in call(*same).output  # it is text, and the reference has it


STEERS = "a\x1b]0;title\x07\x1b[31m\u202eb\x9bc"
WRITTEN = r"a\x1b]0;title\x07\x1b[31m\u202eb\x9bc"


@pytest.mark.parametrize("words", [
    ["score", "--hypotheses", f"{STEERS}.txt", "--references", "r.txt"], ["fetch", STEERS], ["languages", STEERS],
    ["run", f"{STEERS}.ipynb"], ["sweep", f"{STEERS}.yml"], [STEERS], [f"--{STEERS}"], ["run", "04", f"--{STEERS}"],
])  # fmt: skip
def test_no_name_steers_the_terminal(words):
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code and isinstance(done.exception, SystemExit)
    assert WRITTEN in done.output and not {*STEERS} & {*done.output} - {*WRITTEN}


def test_no_cell_of_a_table_steers_the_terminal():
    assert terminal.table([("run",), (f"x\n{STEERS}",)]).splitlines() == ["run", rf"x\n{WRITTEN}"]


def test_no_warning_steers_the_terminal():
    code = (
        "import warnings; from llamax_kit.app import cli; cli.main(['languages', 'swahili'], standalone_mode=False); "
    )
    code += f"warnings.warn({STEERS!r})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert said == f"UserWarning: {WRITTEN}\n"


def test_json_stays_json(tmp_path):
    for name in ("h", "r"):
        (tmp_path / name).write_text("a b c d – e\n", encoding="utf-8")
    done = call(
        "score",
        "--hypotheses",
        str(tmp_path / "h"),
        "--references",
        str(tmp_path / "r"),
        "--tokenize",
        "cldr",
        "--json",
    )
    assert json.loads(done.stdout)["score"] == pytest.approx(100) and done.stdout.isascii()
