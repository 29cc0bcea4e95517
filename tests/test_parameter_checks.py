"""parameter_checks: what a value means is checked by `run` and `sweep` alike, before any kernel starts."""

import json
import re
import shutil
from pathlib import Path

import finished
import heavy
import papermill
import pytest
import tokenizers
import yaml
from click.testing import CliRunner

from llamax_kit.app import cli, demo, notebooks, parameter_checks
from llamax_kit.app.parameters import check, given_values, parameters
from llamax_kit.app.sweep import checks, execution, jobs, state
from llamax_kit.data import languages
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.tasks import msvamp, xcsqa
from llamax_kit.utils.errors import KitError, UnknownName

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Finished runs, and files of a user's own, some as they should be and some not."""
    place = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLAMAX_KIT_OUTPUTS", str(place / "outputs"))
        finished.save("several", finished.rows("google"), finished.rows("nllb"), finished.copied())
        finished.save("alone", finished.rows("owner/model"), finished.copied())
        finished.save("only_copy", finished.copied())
        finished.save("scores_only", finished.rows("google"), keep=False)
        finished.save("flores", finished.rows("google"), corpus={"name": "flores101", "split": "devtest"})
        (storage.folder("begun") / "04.partial.ipynb").touch()
    for folder, files in {
        "texts": {"en.txt": "one\ntwo\n", "de.txt": "eins\nzwei\n", "sw.txt": "moja\nmbili\n"},
        "shifted": {"en.txt": "one\ntwo\n", "de.txt": "eins\n"},
        "nothing": {"notes.md": "x\n"},
        "said": {"en-de/google.txt": "eins\nzwei\n"},
        "by_target": {"de.txt": "eins\nzwei\n"},
        "bare": {"config.json": '{"model_type": "llama"}'},
        "remote": {"config.json": '{"auto_map": {"AutoModel": "x"}}'},
        "listed": {"config.json": "[1]"},
        "cut": {"config.json": '{"model_type": "llama"}', "model.safetensors": "short"},
        "home": {"mine.txt": "{source}"},
        "lora": {"adapter_config.json": "{}"},
        "nllb": {"config.json": '{"model_type": "m2m_100", "is_encoder_decoder": true}'},
        "packed": {"config.json": '{"model_type": "llama", "quantization_config": {"quant_method": "spqr"}}'},
        "ggufs": {"config.json": '{"model_type": "llama"}', "x.gguf": "GGUF"},
        "pointers": {"en.txt": POINTER, "de.txt": POINTER},
        "pointed": {"en-de/s.txt": POINTER},
        "prompts": {"good.txt": "{src}: {source}", "without.txt": "{src}", "other.txt": "{source} {text}",
                    "groups.csv": "code,group\nde,a\nxx,b\n"},
    }.items():
        for name, text in files.items():
            (place / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (place / folder / name).write_text(text)
    whole = shutil.copytree(ROOT / "llamax_kit/models/miniatures/mini-llama", place / "whole")
    (whole / "tokenizer.model").unlink()
    tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0}, [])).save(str(whole / "tokenizer.json"))
    shutil.copyfile(sacrebleu_metrics.CLDR, place / "home/pieces.model")
    shutil.copytree(place / "outputs/alone", place / "home/runs/afar")
    return place


@pytest.fixture(autouse=True)
def nothing_starts(place, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(place / "outputs"))
    monkeypatch.setenv("HOME", str(place / "home"))
    monkeypatch.chdir(place)
    monkeypatch.setattr(papermill, "execute_notebook", lambda *_, **__: pytest.fail("started a kernel"))
    monkeypatch.setattr(execution, "in_processes", lambda *_: pytest.fail("started a process"))


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 9000\n"
WRONG = [  # notebook, values, the parameter that is told, what else the message names
    ("04", {"model": "LLaMAX2-7B-Alpaka"}, "model", "unknown model 'LLaMAX2-7B-Alpaka'.*Nearest: LLaMAX2-7B-Alpaca"),
    ("04", {"model": "LLaMA2-7B-Alpaca"}, "model", "no weights"),
    ("04", {"model": "mini-llama@v1"}, "model", "revision.*name mini-llama alone"),
    ("04", {"model": "bare"}, "model", "weights .*bare"),
    ("04", {"model": "cut"}, "model", "cut/model.safetensors"),
    ("04", {"model": "remote"}, "model", "auto_map"),
    ("04", {"model": "texts"}, "model", "config.json.*texts"),
    ("04", {"model": ""}, "model", "unknown model ''"),
    ("04", {"model": "nllb"}, "model", "model_type 'm2m_100'.*encoder–decoder.*run 05 -p hypotheses"),
    ("04", {"model": "lora"}, "model", "lora is an adapter.*-p model BASE -p adapter lora"),
    ("04", {"model": "ggufs"}, "model", "x.gguf.*GGUF"),
    ("04", {"model": "ggufs/x.gguf"}, "model", "x.gguf.*GGUF"),
    ("04", {"model": "packed"}, "model", "quantised by spqr.*pip install spqr_quant"),
    ("04", {"adapter": "whole"}, "adapter", "whole is a model"),
    ("04", {"corpus": "pointers", "directions": "en-de"}, "corpus", "Git LFS pointer.*git lfs pull"),
    ("05", {"hypotheses": "pointed"}, "hypotheses", "Git LFS pointer.*git lfs pull"),
    ("02", {"before": "mini-lama"}, "before", "Nearest: mini-llama"),
    ("04", {"adapter": "nowhere"}, "adapter", "LoRA adapter.*nowhere"),
    ("04", {"adapter": "lora"}, "adapter", "adapter_model.safetensors"),
    ("04", {"device": "gpu"}, "device", "unknown device 'gpu'.*cuda"),
    ("04", {"device": "cuda:x"}, "device", "unknown device 'cuda:x'"),
    ("04", {"dtype": "bf16"}, "dtype of", "unknown dtype.*bfloat16"),
    ("04", {"corpus": "flores110"}, "corpus", "unknown corpus 'flores110'.*flores101"),
    ("04", {"corpus": "flores101:test"}, "corpus", "unknown split of flores101 'test'"),
    ("04", {"corpus": "nothing", "directions": "en-de"}, "corpus", "nothing.*notes.md"),
    ("04", {"corpus": "shifted", "directions": "en-de"}, "corpus", "de has 1 line.*en has 2"),
    ("04", {"corpus": "texts", "directions": "en-fr"}, "directions", "no text in French"),
    ("04", {"directions": "en-swa"}, "directions", "unknown language 'swa'.*Nearest: .*sw"),
    ("04", {"directions": "en-umb"}, "directions", "no text in Umbundu"),
    ("04", {"directions": "english to german"}, "directions", "en-X.*english to german"),
    ("04", {"directions": "en-en"}, "directions", "'en-en'"),
    ("04", {"directions": ""}, "directions", "en-X.*got ''"),
    ("04", {"sentences": -3}, "sentences", "got -3.*write 0"),
    ("04", {"prompt": "alpacca"}, "prompt", "unknown prompt template 'alpacca'.*alpaca"),
    ("04", {"prompt": "prompts/without.txt"}, "prompt", "without.txt.*write {source}"),
    ("04", {"prompt": "prompts/other.txt"}, "prompt", "found {text}"),
    ("04", {"prompt": "chat"}, "prompt", "chat template.*To mend: .*'alpaca'"),
    ("04", {"model": "listed"}, "model", "JSON.*listed"),
    ("04", {"prompt": "x" * 300}, "prompt", "could not look at|unknown prompt template"),
    ("04", {"decoding": "gredy"}, "decoding", "unknown decoding preset 'gredy'.*greedy"),
    ("04", {"decoding": "greedy num_beam=2"}, "decoding", "unknown decoding field 'num_beam'.*num_beams"),
    ("04", {"decoding": "paper num_beams=0"}, "decoding", "num_beams.*got 0"),
    ("04", {"decoding": "greedy num_beams:4 num_beams:2"}, "decoding", "num_beams is given 2 times in 'greedy .*:2'"),
    ("04", {"model": "mini-llama "}, "model", "without blanks around it, got 'mini-llama '.*write 'mini-llama'"),
    ("04", {"corpus": " cldr"}, "corpus", "without blanks around it.*write 'cldr'"),
    ("04", {"prompt": "~/none.txt"}, "prompt", "unknown prompt template '~/none.txt'"),
    ("04", {"prompt": "~nobody-is-called-so/x"}, "prompt", "could not look at '~nobody"),
    ("04", {"sentences": 2**32}, "sentences", "must be 4294967295 or less"),
    ("04", {"tokenize": "flores11"}, "tokenize", "unknown tokenizer 'flores11'.*flores101"),
    ("04", {"tokenize": "texts/en.txt"}, "tokenize", "SentencePiece"),
    ("04", {"tokenize": ""}, "tokenize", "unknown tokenizer ''"),
    ("04", {"run": "../up"}, "run", "'../up'"),
    ("00", {"directions": "en-dee"}, "directions", "unknown language 'dee'"),
    ("01", {"closer": "sw swahilli"}, "closer", "unknown language 'swahilli'.*Swahili"),
    ("01", {"closer": " "}, "closer", "unknown language ''"),
    ("01", {"few": -1}, "few", "must be 0 or more, got -1"),
    ("02", {"src": "eng_Latin"}, "src", "unknown language 'eng_Latin'.*eng_Latn"),
    ("02", {"tgt": "en de"}, "tgt", "unknown language 'en de'"),
    ("02", {"others": "ru, swa"}, "others", "unknown language 'swa'"),
    ("02", {"src": False}, "src of", "got bool False.*put text in quotes, as in src: 'no'.*-r src no"),
    ("02", {"tgt": True}, "tgt of", "put text in quotes, as in tgt: 'yes'"),
    ("02", {"src": "de", "tgt": "deu"}, "tgt", "de is src, and among tgt and others too"),
    ("02", {"src": "sw", "others": "ru swh"}, "tgt", "sw is src, and among tgt and others too"),
    ("02", {"sentences": 5}, "sentences", "must be 20 or more, got 5"),
    ("02", {"max_new_tokens": 7}, "max_new_tokens", "must be 8 or more, got 7"),
    ("02", {"model": "copy"}, "model", "this notebook looks into a model"),
    ("02", {"model": "whole"}, "model", "tokenizer.model.*whole"),
    ("02", {"model": "mini-llama", "before": "mini-llama"}, "model", "both called mini-llama"),
    ("02", {"neighbours": "umb"}, "neighbours", "CLDR has too little of"),
    ("02", {"max_new_tokens": 0}, "max_new_tokens", "must be 8 or more"),
    ("03", {"target": "ptt"}, "target", "unknown language 'ptt'"),
    ("03", {"relative": "umb"}, "relative", "CLDR has too little of"),
    ("03", {"target": "es", "relative": "spa"}, "relative", "target and relative are both es"),
    ("03", {"rule": "y"}, "rule", "expected two words.*got 'y'"),
    ("03", {"positions": "0, 4"}, "positions", "expected whole numbers from 0 with spaces.*got '0, 4'"),
    ("03", {"positions": "0 4000"}, "positions", "there are 500 phrases, 0 to 499, but no 4000"),
    ("05", {"hypotheses": "nowhere"}, "hypotheses", "no folder of outputs at .*nowhere"),
    ("05", {"hypotheses": "prompts/.."}, "hypotheses", "no direction|holds no outputs"),
    ("05", {"hypotheses": "nothing"}, "hypotheses", "holds no outputs"),
    ("05", {"hypotheses": "by_target"}, "hypotheses", "Then say the source language"),
    ("05", {"hypotheses": "by_target", "source": "engl"}, "source", "unknown language 'engl'"),
    ("05", {"hypotheses": "said", "directions": "en-sw"}, "directions", "no text in Swahili"),
    ("05", {"directions": "en-ja"}, "directions", "no text in Japanese"),
    ("05", {"corpus": "texts"}, "corpus", "the example's outputs are of the corpus cldr, got 'texts'"),
    ("05", {"hypotheses": "said", "corpus": "shifted"}, "corpus", "de has 1 line.*en has 2"),
    ("05", {"examples": -1}, "examples", "must be 0 or more"),
    ("06", {"system": "severall"}, "system", "unknown run 'severall'.*several"),
    ("06", {"system": "demo_mini_lamax"}, "system", "unknown run 'demo_mini_lamax'.*demo_mini_llamax"),
    ("06", {"system": "several"}, "system", "holds 3 systems. To mend: name one of several:copy"),
    ("06", {"system": "several:gogle"}, "system", "unknown system in the run several 'gogle'.*google"),
    ("06", {"system": "alone:other"}, "system", "unknown system in the run alone 'other'.*owner/model"),
    ("06", {"system": "demo_mini_llamax:mini-llama"}, "system", "unknown system in the run demo_mini_llamax"),
    ("06", {"system": ""}, "system", "unknown run ''"),
    ("06", {"system": "begun"}, "system", "unknown run 'begun'"),
    ("06", {"system": "./several"}, "system", "unknown run './several'"),
    ("06", {"system": "alone", "baseline": "scores_only"}, "baseline", "kept no translations"),
    ("06", {"system": "alone", "baseline": "several:google", "directions": "en-fr"}, "directions", "no text in French"),
    ("06", {"system": "alone", "baseline": "alone"}, "baseline", "alone and alone are one system of one run"),
    ("06", {"system": "alone", "baseline": "alone:owner/model"}, "baseline", "one system of one run"),
    ("06", {"system": "only_copy", "baseline": "only_copy:copy"}, "baseline", "one system of one run"),
    ("06", {"system": "alone", "baseline": "outputs/alone"}, "baseline", "one system of one run"),
    ("07", {"baseline": "demo_mini_llamax:mini-llamax-alpaca"}, "baseline", "one system of one run"),
    ("06", {"group": "famly"}, "group", "unknown group.*family.*or a CSV file"),
    ("06", {"group": "prompts/groups.csv"}, "group", "row 3: unknown language 'xx'"),
    ("06", {"correction": "hlom"}, "correction of", "unknown correction.*holm"),
    ("06", {"trained_on": "en swa"}, "trained_on", "unknown language 'swa'"),
    ("06", {"trained_on": "bare"}, "trained_on", "bare.*training.json|training.json.*bare"),
    ("06", {"samples": -1}, "samples", "must be 0 or more"),
    ("07", {"tokenizer": "lama2"}, "tokenizer", "unknown tokenizer 'lama2'.*llama2"),
    ("07", {"tokenizer": "llama2 "}, "tokenizer", "without blanks around it.*write 'llama2'"),
    ("07", {"tokenizer": "prompts/good.txt"}, "tokenizer", "SentencePiece"),
    ("09", {"runs": ""}, "runs", "no runs are named"),
    ("09", {"runs": "several severall"}, "runs", "unknown run 'severall'"),
    ("09", {"runs": "several begun"}, "runs", "run 'begun' is not finished"),
    ("09", {"runs": "several several"}, "runs", "is named twice"),
    ("09", {"runs": "alone outputs/alone"}, "runs", "run 'alone' is named twice, also by a path"),
    ("09", {"runs": "several, alone"}, "runs", "unknown run 'several,'.*by spaces and not by commas"),
    ("09", {"runs": "several,alone"}, "runs", "unknown run 'several,alone'.*by spaces and not by commas"),
    ("09", {"runs": "alone"}, "runs", "two systems or more, but alone holds owner/model alone"),
    ("09", {"runs": "several:nllb several:copy"}, "runs", "two systems or more"),
    ("09", {"runs": "demo_mini_llama"}, "runs", "demo_mini_llama holds mini-llama-alpaca alone"),
    ("09", {"runs": "several:gogle alone"}, "runs", "unknown system in the run several:?.* 'gogle'"),
    ("09", {"runs": "alone several", "baseline": "aloen"}, "baseline", "unknown system of these runs 'aloen'.*alone"),
    ("09", {"runs": "alone several", "baseline": "several"}, "baseline", "unknown system of these runs 'several'"),
    ("09", {"baseline": "demo_mini_lama"}, "baseline", "unknown system of these runs.*demo_mini_llama:mini-llama"),
    ("09", {"report": "a/b"}, "report", "must be one plain folder name"),
    ("10", {"base": "de en"}, "base", "English first"),
    ("10", {"base": "en dee"}, "base", "unknown language 'dee'"),
    ("10", {"added": "sw de"}, "base", "expected each language once.*got de more than once"),
    ("10", {"held_out": "umb"}, "held_out", "CLDR has too little of"),
    ("10", {"pretrain_pairs": -1}, "pretrain_pairs", "must be 0 or more"),
    ("10", {"asked": 0}, "asked", "must be 1 or more"),
    ("10", {"seed": 99999999999999999999}, "seed", "must be 4294967295 or less"),
    ("10", {"size": "tinny"}, "size of", "unknown size.*tiny"),
    ("12", {"system": "LLaMAX2-7B-Alpaka"}, "system", "system of the authors' release.*LLaMAX2-7B-Alpaca"),
    ("12", {"theirs": "NLLB"}, "theirs", "system of the authors' release 'NLLB'"),
    ("12", {"baseline": "LLaMAX2-7B-Alpaca"}, "baseline", "system and baseline are both LLaMAX2-7B-Alpaca"),
    ("12", {"mine": "severall"}, "mine", "unknown run 'severall'"),
    ("12", {"mine": "several:google"}, "mine", "run several is on CLDR 47, devtest"),
    ("12", {"mine": "demo_mini_llamax"}, "mine", "unknown run 'demo_mini_llamax'"),
]


def named(case) -> str:
    return f"{case[0]}-" + ",".join(f"{name}={value!s:.30}" for name, value in case[1].items())


def command(*words: str) -> str:
    """Run the command line here; return what it says when it refuses."""
    done = CliRunner().invoke(cli.main, [str(word) for word in words])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.exception or done.output
    return done.output


def written(place: Path, *blocks: dict) -> Path:
    (place / "s.yml").write_text(yaml.safe_dump(list(blocks)))
    return place / "s.yml"


@pytest.mark.parametrize("case", WRONG, ids=named)
def test_a_wrong_value_is_told_by_each_command_before_a_kernel_starts(case, place):
    notebook, values, parameter, said = case
    before = sorted(path.name for path in (place / "outputs").iterdir())
    told = command("run", notebook, "-y", json.dumps(values))
    file = written(place, {"notebook": "03", "run": "first"}, {"notebook": notebook, "values": values})
    for words in ([], ["--status"]):
        again = command("sweep", file, *words)
        assert again.startswith(f"{file}, block 2")
        assert parameter == "run" or parameter.endswith(" of") or f"job {jobs.read(file)[1].run}: parameter" in again
        told += again
    lines = [line for line in told.splitlines() if parameter.removesuffix(" of") in line]
    assert len(lines) == 3 and all("To mend" in line and re.search(said, line) for line in lines), told
    assert sorted(path.name for path in (place / "outputs").iterdir()) == before


RIGHT = [
    ("04", {"model": "LLaMAX2-7B-Alpaca", "adapter": "me/lora", "device": "cuda:1", "dtype": "bfloat16"}),
    ("04", {"model": "owner/model@main", "prompt": "chat"}),
    ("04", {"model": "mini-llama", "prompt": "prompts/good.txt"}),
    ("04", {"prompt": "~/mine.txt", "tokenize": "~/pieces.model"}),
    ("06", {"system": "several:google", "baseline": "~/runs/afar", "tokenize": "~/pieces.model"}),
    ("07", {"tokenizer": "~/pieces.model"}),
    ("09", {"runs": "several ~/runs/afar"}),
    ("04", {"model": "copy", "prompt": "chat", "device": "mps"}),
    ("04", {"corpus": "texts", "directions": "X-en, eng_Latn-deu", "sentences": 1}),
    ("04", {"corpus": "cldr:dev", "directions": "en-X"}),
    ("04", {"corpus": "flores_plus@4b0c2d1", "directions": "en-X"}),  # only the hub knows
    ("04", {"tokenize": "auto", "decoding": "auto", "sentences": "auto"}),
    ("04", {"tokenize": "flores101", "decoding": "paper, num_beams:8"}),
    ("02", {"model": str(ROOT / "llamax_kit/models/miniatures/mini-llama"), "others": "sw"}),
    ("02", {"src": "eng", "tgt": "deu_Latn", "others": "ru, sw", "neighbours": "nl,fr", "sentences": 20}),
    ("02", {"model": "mini-llama", "before": "copy", "max_new_tokens": 8}),
    ("03", {"positions": "499", "rule": "e y", "target": "por"}),
    ("01", {"closer": "sw, ku"}),
    ("05", {"hypotheses": "said", "corpus": "texts", "directions": "en-X"}),
    ("05", {"hypotheses": "by_target", "corpus": "texts", "source": "eng"}),
    ("05", {"directions": "en-X", "sentences": 0}),
    ("06", {"system": "several:nllb", "baseline": "several:copy", "directions": "en-sw"}),
    ("06", {"system": "alone", "baseline": "alone:copy", "trained_on": "LLaMAX", "tokenize": "cldr"}),
    ("06", {"system": "alone:owner/model", "baseline": "outputs/several:google", "trained_on": "mini-llama"}),
    ("06", {"system": "demo_mini_llamax:mini-llamax-alpaca"}),
    ("07", {"tokenizer": "LLaMAX2-7B"}),
    ("07", {"tokenizer": str(ROOT / "llamax_kit/scoring/cldr.model")}),
    ("09", {"runs": "several:google alone", "baseline": "alone"}),
    ("09", {"runs": "several alone", "baseline": "nllb"}),
    ("09", {"runs": "several alone", "baseline": "several:copy"}),
    ("09", {"runs": "several"}),
    ("09", {"runs": "alone", "baseline": "alone:copy"}),
    ("09", {"runs": "alone only_copy"}),
    ("09", {"baseline": "demo_mini_llama"}),
    ("10", {"added": "", "held_out": "sw", "seed": 2**32 - 1}),
    ("10", {"base": "en, de", "added": "sw,tr"}),
    ("12", {"mine": "flores:google", "theirs": "NLLB-200"}),
]


def checked(notebook: str, values: dict, made=None) -> None:
    source = notebooks.find(notebook)
    parameter_checks.check(
        source.stem, {each.name: each.default for each in parameters(source)}, values=values, made=made
    )


@pytest.mark.parametrize("case", RIGHT, ids=named)
def test_a_right_value_passes(case):
    checked(*case)


@pytest.mark.parametrize("notebook", notebooks.notebooks(), ids=lambda path: path.stem)
def test_every_notebooks_defaults_pass(notebook):
    checked(str(notebook), {})


MADE = {"05_mozilla", "05_chatgpt", "greedy", "beam", "paper-LLaMAX2-7B-Alpaca", "flores200-LLaMAX2-7B-Alpaca",
        "flores200-LLaMA2-7B-Alpaca"}  # which the files' first lines ask for  # fmt: skip
OUTPUTS = {"mozilla.yml": "mozilla_flores101", "chatgpt.yml": "chatgpt_flores200"}


UNPUBLISHED = ("LLaMA2-7B-X-CSQA.yml", "LLaMA2-7B-XNLI.yml")  # models that a user has to train


@pytest.fixture
def all_data(data, tmp_path, monkeypatch):
    """The real data, and beside it one invented question a language of the test sets that are not in it."""
    for each in data.iterdir():
        (tmp_path / each.name).symlink_to(each)
    question = {"stem": "?", "choices": [{"label": label, "text": label} for label in "ABCDE"]}
    line = json.dumps({"id": "1", "question": question, "answerKey": "A"})
    for code in xcsqa.LANGUAGES:
        file = tmp_path / "xcsqa" / {"ja": "jap"}.get(code, code) / "dev.jsonl"
        file.parent.mkdir(parents=True)
        file.write_text(line + "\n")
    (tmp_path / "msvamp").mkdir()
    for code in msvamp.LANGUAGES:
        name = languages.find(code).name.split(" (")[0]
        (tmp_path / f"msvamp/test_{name}.json").write_text('[{"m_query": "1 + 1?", "response": "2"}]')
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("path", sorted(ROOT.glob("params/[0-9]*/*.yml")), ids=lambda path: f"{path.parent.name[:2]}-{path.name}")  # fmt: skip  # noqa: E501
def test_the_kits_own_parameter_files_pass(path, all_data):
    values = given_values(parameters_file=[path])
    if path.name in UNPUBLISHED:
        with pytest.raises(KitError, match="has no weights to load: .* never published: tune Llama-2-7b-hf by params/"):
            checked(path.parent.name, values)
        values["model"] = "mini-llama"
    if path.parent.name.startswith("05"):
        values["hypotheses"] = str(all_data / "system_outputs" / OUTPUTS[path.name])
    check(notebooks.find(path.parent.name), values)
    checked(path.parent.name, values, dict.fromkeys(MADE, {}))


@pytest.mark.parametrize("path", sorted(ROOT.glob("params/sweeps/*.yml")), ids=lambda path: path.name)
def test_the_kits_own_sweeps_pass(path, all_data):
    checks.check(path, state.states(jobs.read(path)))


def test_what_an_earlier_block_makes_is_there_and_what_nothing_makes_before_is_not(place):
    first = {"notebook": "10", "run": "trained"}
    own = place / "outputs" / "trained"
    later = [
        {"notebook": "06", "values": {"system": "trained:mini-llamax", "baseline": "trained:copy", "run": "a"}},
        {"notebook": "09", "values": {"runs": "trained alone", "baseline": "trained:mini-llama", "run": "b"}},
        {"notebook": "04", "values": {"model": str(own / "models/mini-llama"), "prompt": str(own / "pair.txt"),
                                      "tokenize": str(own / "tokenizer.model"), "run": "c"}},
        {"notebook": "07", "values": {"system": "alone", "baseline": "alone:copy", "run": "d",
                                      "tokenizer": str(own / "tokenizer.model")}},
    ]  # fmt: skip
    file = written(place, first, *later)
    found = state.states(jobs.read(file))
    checks.check(file, found)
    assert [each.needs for each in found] == ["", "trained", "trained", "", ""]
    with pytest.raises(UnknownName) as caught:
        file = written(place, first, {"notebook": "06", "values": {"system": "traind", "run": "a"}})
        checks.check(file, state.states(jobs.read(file)))
    said = f"{file}, block 2, job a: parameter 'system' of 06_see_language_gains: unknown run 'traind'."
    assert str(caught.value).startswith(said) and "trained" in caught.value.nearest
    for blocks in (
        [later[0], first],
        [
            {
                "notebook": "06",
                "each": [
                    {"system": "alone", "baseline": "several:nllb", "run": "trained"},
                    {"system": "trained", "run": "e"},
                ],
            }
        ],
    ):
        file = written(place, *blocks)
        with pytest.raises(UnknownName, match="'trained'.*block .: put what reads"):
            checks.check(file, state.states(jobs.read(file)))


LATER = [  # what a job reads of the run e1, which notebook 04 makes in block 1 with these values, and what it is told
    ({"corpus": "texts", "directions": "en-de"}, "12", {"mine": "e1"}, "run e1 is on texts, the authors' figures are"),
    ({"corpus": "flores200:dev", "directions": "en-de"}, "12", {"mine": "e1"}, "run e1 is on flores200:dev"),
    ({}, "12", {"mine": "e1:mini-llamax-alpaca"}, "run e1 is on cldr"),
    ({"corpus": "flores200", "directions": "en-de"}, "12", {"mine": "e1"}, ""),
    ({}, "06", {"system": "e1:google"}, "unknown system in the run e1 'google'. One of: mini-llamax-alpaca, copy"),
    ({}, "07", {"baseline": "e1:google"}, "unknown system in the run e1 'google'"),
    ({}, "07", {"system": "e1", "baseline": "e1:mini-llamax-alpaca"}, "one system of one run"),
    ({}, "06", {"system": "e1", "baseline": "e1:copy"}, ""),
    ({"model": "owner/model@main"}, "06", {"system": "e1:model"}, ""),
    ({"adapter": "me/lora"}, "06", {"system": "e1:mini-llamax-alpaca+lora"}, ""),
    ({}, "09", {"runs": "e1"}, "two systems or more, but e1 holds mini-llamax-alpaca alone"),
    ({}, "09", {"runs": "e1 alone", "baseline": "e1:x"}, "unknown system of these runs 'e1:x'"),
    ({}, "09", {"runs": "e1 alone", "baseline": "e1"}, ""),
]


@pytest.mark.parametrize("case", LATER, ids=lambda case: f"{named(case[1:])}-of-{case[0]}")
def test_the_values_of_an_earlier_block_tell_what_its_run_will_hold(case, place):
    makes, notebook, reads, said = case
    first = {"notebook": "04", "values": makes | {"run": "e1"}}
    file = written(place, first, {"notebook": notebook, "values": reads | {"run": "b"}})
    found = state.states(jobs.read(file))
    found[0] = found[0]._replace(state="running")  # so its own corpus need not be here
    try:
        checks.check(file, found)
        told = ""
    except KitError as error:
        told = str(error)
    assert "block 2, job b: parameter" in told and said in told if said else not told


def test_of_a_notebook_of_ones_own_no_value_tells_what_its_run_will_hold(place):
    own = shutil.copyfile(notebooks.find("04"), place / "own.ipynb")
    first = {"notebook": str(own), "values": {"run": "e1"}}
    file = written(place, first, {"notebook": "06", "values": {"system": "e1:google", "run": "b"}})
    checks.check(file, state.states(jobs.read(file)))


def test_a_sweep_file_may_name_files_from_the_home(place):
    shutil.copyfile(notebooks.find("04"), place / "home/own.ipynb")
    (place / "home/own.yml").write_text("run: mine\n")
    (job,) = jobs.read(written(place, {"notebook": "~/own.ipynb", "files": ["~/own.yml"]}))
    assert (job.notebook, job.run) == (place / "home/own.ipynb", "mine")


@pytest.mark.parametrize("name", ["model", "prompt"])
def test_of_a_file_that_a_later_block_makes_it_is_told(name, place):
    reads = {"notebook": "04", "values": {name: str(place / "outputs/trained/models/mini-llama"), "run": "e"}}
    file = written(place, reads, {"notebook": "10", "run": "trained"})
    with pytest.raises(KitError, match=f"{name}.*block 2: put what reads it into a later block"):
        checks.check(file, state.states(jobs.read(file)))


def test_a_job_that_is_done_or_running_is_not_asked_again(place):
    file = written(place, {"notebook": "05", "values": {"hypotheses": "moved_away"}})
    (found,) = state.states(jobs.read(file))
    for settled in ("done", "running"):
        checks.check(file, [found._replace(state=settled)])
    with pytest.raises(KitError, match="moved_away.*name a folder"):
        checks.check(file, [found._replace(state="failed")])


def test_one_parameter_has_one_meaning_in_all_notebooks():
    """Rules go by name; a new parameter has a rule, a closed list in its comment, or is listed here as free."""
    ruled = {rule[0] for rule in parameter_checks.RULES}
    free = {"run", "fresh", "augment"}
    names: dict[str, set[str]] = {}
    for notebook in notebooks.notebooks():
        for each in parameters(notebook):
            names.setdefault(each.name, set()).add(each.type)
            assert each.name in ruled or each.name in free or "one of: " in each.help, each
    mixed = {name for name, types in names.items() if len(types) > 1}
    assert mixed <= {*parameter_checks.FOLLOW}


JUNK = ["", " ", ".", "..", "/", "~", "x\0y", "x" * 300, "ü", "X", "X-X", "en-", "a/b/c", "begun", "several:",
        ":google", "said", "listed", "lora", "prompts/good.txt", "cut/model.safetensors", "cldr:train", "cpu:x", "-",
        "*", "~nobody-is-called-so/x", "%s", "{source}", "None", "http://x/y", " alpaca", "flores101 "]  # fmt: skip


@pytest.mark.parametrize("notebook", notebooks.notebooks(), ids=lambda path: path.stem)
def test_whatever_stands_in_a_parameter_is_taken_or_refused_in_words(notebook):
    for parameter in (each.name for each in parameters(notebook) if each.type == "str"):
        for value in JUNK:
            try:
                checked(str(notebook), {parameter: value})
            except KitError as error:
                assert f"parameter {parameter!r} of {notebook.stem}" in str(error) or parameter in str(error)
                assert "To mend" in str(error)


def test_a_hundred_jobs_are_checked_without_a_heavy_library(place):
    grid = {"directions": [f"en-{code}" for code in "de fr es sw gl ja ru hi af ka".split()],
            "decoding": [f"greedy max_new_tokens:{most}" for most in range(10, 20)]}  # fmt: skip
    file = written(place, {"notebook": "04", "grid": grid, "run": "{directions}_{decoding}"})
    found = state.states(jobs.read(file))
    checks.check(file, found)
    assert len(found) == 100
    assert heavy.loaded("sweep", str(file), "--status") == ["sentencepiece"]  # which reads the kit's own pieces


def test_no_hub_is_asked(monkeypatch, place):
    import socket

    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("asked the network"))
    for values in ({"model": "owner/model"}, {"model": "LLaMAX2-7B"}, {"corpus": "flores_plus", "directions": "en-X"}):
        checked("04", values)
    checked("07", {"tokenizer": "owner/model"})
    assert demo.RUNS  # which are made by the notebooks that read them, never here
    assert not (place / "outputs" / "demo_mini_llama").exists()


@pytest.mark.parametrize("value", [0.5, True, False, 7, "x"])
def test_a_rule_is_asked_whatever_the_type_of_its_parameter(value, monkeypatch):
    def refuse(made, value):
        raise KitError(f"refused {value!r}")

    monkeypatch.setattr(parameter_checks, "RULES", (("mine", refuse),))
    with pytest.raises(KitError, match=f"parameter 'mine' of own: refused {value!r}"):
        parameter_checks.check("own", {"mine": 1.0}, values={"mine": value})


@pytest.mark.parametrize(("notebook", "values", "said"), [
    ("06", {"metric": "chrF"}, r"metric of 06_see_language_gains 'chrF'. One of: spBLEU, chrF\+\+, BLEU"),
    ("09", {"metric": "bleu"}, "metric of 09_compare_runs 'bleu'. One of: spBLEU"),
    ("05", {"metrics": "spBLEU chrf"}, "parameter 'metrics' of 05_score_hypotheses: unknown metric 'chrf'"),
    ("05", {"metrics": " "}, "no metric is named. To mend: name some of spBLEU"),
    ("05", {"chrf": False}, 'To mend: name the metrics instead, as in metrics: "spBLEU chrF'),
])  # fmt: skip
def test_a_metric_is_one_of_those_that_there_are(notebook, values, said):
    with pytest.raises(KitError, match=said):
        check(notebooks.find(notebook), values)
        checked(notebook, values)


def test_metrics_are_taken_by_name():
    for notebook, values in (("05", {"metrics": "BLEU"}), ("06", {"metric": "chrF++"}), ("09", {"metric": "BLEU"})):
        checked(notebook, values)
