"""Hostile command lines, files and folders, always the same for a seed: what a mistake or an attacker would give."""

import base64
import json
import random
import shutil
from pathlib import Path

import yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = [
    "", " ", "\0", "a\0b", "x\0/y.yml", ".", "..", "../..", "/", "/dev/null", "/dev/zero", "/nowhere/at/all",
    "~nobody/x", "$HOME", "${HOME}", "${NOT_SET}", "{source}", "{src", "%s%n", "\n", "a\nb", "\x1b[31m", "-", "--",
    "---", "en", "en-", "-en", "en-en", "X-X", "en-X", "en-sw", "en-sw,", "en-sw " * 3000, "xx-yy", "*", "**/*", "[",
    "[[", "(", ",", "@", ":", "::", "copy", "copy:", ":copy", "copy@main", "a:b:c", "a/b", "a/b@c", "a/b/c", "x" * 300,
    "x" * 5000, "é" * 200, "nan", "inf", "-1", "0", "1", "1e999", "9" * 400, "9" * 5000, "٣", "0x10", "1_0", "True",
    "None", "auto", "null", "~", "\ud800", "\u202e", "'", '"', "`id`", "; rm -rf", "COM1", "ledger", "Ledger",
    ".hidden", "a.", "hf_" + "A1b2" * 8, "mini-llama", "mini-llamax-alpaca", "cldr", "cldr:dev", "cldr:none",
    "flores101", "flores200:dev", "alpaca", "chat", "greedy", "beam", "paper", "num_beams=0", "num_beams=9999999999",
    "num_beams=x", "=", "a=b=c", "spBLEU", "chrF++ BLEU", "model", "texts", "runs/good", "run.yml", "notebook.ipynb",
    "fifo",
]  # fmt: skip
VALUES = [
    None, True, False, 0, 1, -1, 5, 2**31, 10**12, 10**18, 10**400, 0.5, -0.5, float("nan"), float("inf"), "", "4", "x",
    "a\0b", "../x", "/etc/passwd", [], [1], ["x"], [None], [[]], [{}], {}, {"x": 1}, {"a": {"b": []}}, [0, 1, 2] * 50,
    "\ud800", "x" * 3000, {"type": "weird"}, {"rope_type": 5}, {"": None},
]  # fmt: skip
YAMLS = [
    BOMB, "&a [*a]", "a: &a {b: *a}", "[" * 3000, "{" * 3000, "- " * 3000, "a: !!int x", "!!timestamp x", "!!binary é",
    "a: !!python/object/apply:os.system [x]", "!!set {a}", "? [a]\n: b", "a: 2024-99-99", "a: 1:99:99", "{a: b", "\t",
    "a: b: c", "%YAML 9.9\n---\na", "--- a\n--- b", "5", "null", "~", "[]", "{}", "- 1", "1: 2", "null: 1", "true: 1",
    "a: 9" + "9" * 5000, "run: 007", "run: no", "<<: 5", "<<: [a]", 'model: "a\\0b"', 'run: "\\ud800"',
    "sentences: .nan", "sentences: .inf", "sentences: 1e999", "directions: [en-sw]", "model: {a: b}",
    "model: 2024-01-01", "\x00", "\ufeff", "notebook: 05", "folder: x",
]  # fmt: skip
TEMPLATES = [
    "{% for i in range(10**9) %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}" "{% endfor %}", "{{ 'a' * 10**11 }}",
    "{{ x.y.z }}", "{% if %}", "{{ messages[99] }}", "{{ raise_exception('no') }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ ''.__class__.__mro__ }}", "{% include '/etc/passwd' %}",
]  # fmt: skip
CELLS = [
    "sentences: int = ", "x = 1 +", "def f(:", "x: int = open('y')", "import os", "x = y = 1", "'''", "x = (",
    "\tx = 1", "é = 1", "x: int = 5 # one of: a, b", "x, y = 1, 2", "run = " + "(" * 300 + ")" * 300, "x = '\\ud800'",
    "x = 1\0", "run = 5", "run: str = 'a/b'", "model: str = 5", "sentences: int = 'x'", "a.b = 5", "x += 1",
    "if True:\n  x = 1",
]  # fmt: skip
NUMBERS = ["00", "01", "02", "03", "04", "05", "06", "07", "09", "10", "12"]


def dumped(value) -> str:
    """Write a value as YAML, whatever it is."""
    return yaml.safe_dump(value, allow_unicode=False)


def command(choose: random.Random, place: Path, parameters: dict[str, list[str]], number: int) -> list[str]:
    """Write the hostile files of one trial into a folder, and return its command line."""
    kinds = (_run, _run, _run, _sweep, _sweep, _train, _score, _small, _model, _model, _run_folder, _notebook)
    return choose.choice(kinds)(choose, place / f"{number}", parameters)


def _text(choose, place: Path) -> str:
    return choose.choice(TEXTS) if choose.random() < 0.85 else str(choose.choice(VALUES))


def _file(place: Path, text: str, name: str = "given.yml") -> str:
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return str(place / name)


def _run(choose, place: Path, parameters) -> list[str]:
    stem = choose.choice(NUMBERS) if choose.random() < 0.93 else _text(choose, place)
    names = parameters.get(stem, ["run"])
    words = ["run", stem]
    for _ in range(choose.randint(1, 3)):
        name = choose.choice(names) if choose.random() < 0.9 else _text(choose, place)
        option = choose.choice(["-p", "-p", "-r", "-y", "-f", "-b", "output", "other"])
        value = choose.choice(YAMLS) if choose.random() < 0.5 else dumped({name: choose.choice(VALUES)})
        if option in ("-p", "-r"):
            words += [option, name, _text(choose, place)]
        elif option == "-y":
            words += ["-y", value]
        elif option == "-f":
            words += ["-f", _file(place, value) if choose.random() < 0.8 else _text(choose, place)]
        elif option == "-b":
            coded = base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
            words += ["-b", coded if choose.random() < 0.7 else _text(choose, place)]
        elif option == "output":
            words[2:2] = [
                choose.choice([_text(choose, place), "texts", "model/x.ipynb", "run.yml/x.ipynb", "dir.ipynb"])
            ]
        else:
            words += [choose.choice(["-k", "--start-timeout", "--execution-timeout", "--help-notebook"])]
            words += [_text(choose, place)] * (words[-1] != "--help-notebook")
    return words


def _sweep(choose, place: Path, parameters) -> list[str]:
    if choose.random() < 0.3:
        text = choose.choice(YAMLS)
    else:
        stem = choose.choice(NUMBERS)
        name = choose.choice(parameters[stem])
        block: dict = {"notebook": stem, "run": "fuzz_{" + name + "}"}
        shapes = {
            "values": {name: choose.choice(VALUES)}, "grid": {name: [choose.choice(VALUES), choose.choice(VALUES)]},
            "each": [{name: choose.choice(VALUES)}], "files": choose.choice([["*.yml"], [_text(choose, place)]]),
            "run": _text(choose, place), "notebook": choose.choice([_text(choose, place), choose.choice(VALUES)]),
        }  # fmt: skip
        for key in choose.sample(list(shapes), choose.randint(1, 3)):
            block[key] = shapes[key] if choose.random() < 0.7 else choose.choice(VALUES)
        if choose.random() < 0.1:
            block["grid"] = {f"p{at}": list(range(40)) for at in range(5)}
        text = dumped(choose.choice([[block], block, [block, block], [[block]], {"jobs": block}]))
    file = _file(place, text) if choose.random() < 0.93 else _text(choose, place)
    return ["sweep", file, *choose.choice([[], ["--status"], ["--again"], ["--jobs", _text(choose, place)]])]


def _train(choose, place: Path, parameters) -> list[str]:
    recipe = {
        "folder": str(place / "training"), "mixture": {"texts": "texts", "languages": "en sw"},
        "examples": {"block": 64},
        "plan": {"base": "model", "seed": 1}, "trainer": {"learning_rate": 1e-4, "max_steps": 1},
    }  # fmt: skip
    for _ in range(choose.randint(1, 2)):
        key = choose.choice([*recipe, "launch", "instructions", "strange"])
        if isinstance(recipe.get(key), dict) and choose.random() < 0.7:
            inner = choose.choice([*recipe[key], "max_tokens", "temperature", "x"])
            recipe[key] = recipe[key] | {inner: choose.choice([*VALUES, _text(choose, place)])}
        else:
            recipe[key] = choose.choice([*VALUES, _text(choose, place)])
    text = dumped(recipe) if choose.random() < 0.8 else choose.choice(YAMLS)
    return ["train", _file(place, text) if choose.random() < 0.93 else _text(choose, place)]


def _score(choose, place: Path, parameters) -> list[str]:
    lines = ["", "\n", "a\r\nb\r\n", "\ufeffa\n", "a\nb\n", "a\0b\n", "é\n" * 5, "\ud800\n", "a\u2028b\n", "<think>a"]
    given = [_file(place, choose.choice(lines), f"{at}.txt") if choose.random() < 0.7 else _text(choose, place)
             for at in range(2)]  # fmt: skip
    words = ["score", "--hypotheses", given[0], "--references", given[1]]
    for option in choose.sample(
        ["--tokenize", "--metric", "--references", "--json", "--hypotheses"], choose.randint(0, 2)
    ):
        words += [option] + [_text(choose, place)] * (option != "--json")
    return words


def _small(choose, place: Path, parameters) -> list[str]:
    name = choose.choice(["languages", "fetch", "doctor", "demo", "", "sweep", "train", "score", "run", "--version"])
    if name == "doctor" and choose.random() < 0.8:  # it takes a second
        name = "languages"
    extra = [_text(choose, place) for _ in range(choose.randint(0, 2))]
    known = name == "fetch" and extra and extra[0].startswith("flores")
    return [each for each in [name, *(["x"] if known else extra), *["--strange"] * (name == "demo")] if each or extra]


def folder(choose, source: Path, place: Path) -> Path:
    """Copy a model's folder, and spoil one of its files."""
    place.mkdir(exist_ok=True)
    made = shutil.copytree(source, place / "model")
    name = choose.choice(["config.json"] * 6 + [
        "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "tokenizer.json", "training.json", "chat_template.jinja", "model.safetensors.index.json",
        "adapter_config.json", "model.safetensors", "tokenizer.model",
    ])  # fmt: skip
    path = made / name
    if name == "chat_template.jinja":
        path.write_text(choose.choice(TEMPLATES[3:] if choose.random() < 0.9 else TEMPLATES))
    elif path.suffix in (".safetensors", ".model"):
        path.write_bytes(
            choose.choice([b"", b"\0" * 64, path.read_bytes()[:-9], b"\xff" * 64, b"\x02" + b"\0" * 7 + b"[]"])
        )
    elif choose.random() < 0.15:
        path.write_text(
            choose.choice(["", "[]", "5", "null", "{", "[" * 5000, '{"a": NaN}', "\0", '"x"', '{"a": ' * 3000])
        )
    else:
        facts = json.loads(path.read_text()) if path.is_file() else {}
        keys = {
            "config.json": [*facts, "head_dim", "rope_scaling", "quantization_config", "text_config", "auto_map",
                            "attn_implementation", "architectures", "is_encoder_decoder", "per_layer_config", "dtype"],
            "tokenizer_config.json": ["bos_token", "eos_token", "added_tokens_decoder", "chat_template", "legacy",
                                      "additional_special_tokens", "add_bos_token", "pad_token"],
            "added_tokens.json": ["<x>", "a"], "tokenizer.json": ["added_tokens", "normalizer", "model", "version"],
            "training.json": ["trained", "name"], "model.safetensors.index.json": ["weight_map"],
        }.get(name, [*facts, "eos_token_id", "bos_token", "peft_type", "r", "base_model_name_or_path"])  # fmt: skip
        for key in choose.sample(sorted(set(keys)), min(len(set(keys)), choose.randint(1, 2))):
            if choose.random() < 0.15:
                facts.pop(key, None)
            else:
                facts[key] = choose.choice(VALUES)
        if name.endswith("index.json"):
            (made / "model.safetensors").rename(made / "other.safetensors")
            outside = {
                "a": choose.choice(["../x.safetensors", "/etc/passwd", "other.safetensors", "C:\\x", "", 5, None])
            }
            facts = choose.choice([{"weight_map": outside}, facts])
        path.write_text(json.dumps(facts))
    return made


def _model(choose, place: Path, parameters) -> list[str]:
    made = folder(choose, place.parent / "model", place)
    if choose.random() < 0.3:
        return ["load", str(made)]
    if choose.random() < 0.2:
        return ["run", "04", "-p", "model", "mini-llama", "-p", "adapter", str(made)]
    parameter, stem = choose.choice([("model", "04"), ("before", "02"), ("tokenizer", "07"), ("trained_on", "07")])
    return ["run", stem, "-p", parameter, str(made), *choose.choice([[], ["-p", "prompt", "chat"] * (stem == "04")])]


def _run_folder(choose, place: Path, parameters) -> list[str]:
    import pandas as pd

    made = Path(shutil.copytree(place.parent / "outputs/good", place.parent / f"outputs/spoilt{place.name}"))
    part = choose.choice(["run.json", "run.json", "scores.csv", "parquet", "executed"])
    if part == "run.json":
        facts = json.loads((made / part).read_text())
        facts[choose.choice([*facts, "systems", "training_languages", "added_languages", "signatures", "model"])] = (
            choose.choice(VALUES)
        )
        text = json.dumps(facts) if choose.random() < 0.8 else choose.choice(["[]", "5", "{", "", "null", "[" * 5000])
        (made / part).write_text(text)
    elif part == "scores.csv":
        lines = ["", "\n", "a,b\n1,2\n", "system\n", "system\ncopy\n", "system,src\ncopy", '"', "\0",
                 "system,system\na,b\n", "x" * 200_000,
                 "system,src,tgt,metric,score,ci_low,ci_high,n,signature\na,en,sw,spBLEU,x,y,z,n,s\n"]  # fmt: skip
        (made / part).write_text(choose.choice(lines))
    else:
        path = next(made.glob("translations/*/*.parquet"))
        table = pd.read_parquet(path)
        spoilt = choose.choice([
            pd.DataFrame(), table.head(0), table.drop(columns=choose.choice(list(table))), pd.DataFrame({"a": [1]}),
            table.assign(index="x"), table.assign(hypothesis=5), table.assign(src=None), table.assign(system="other"),
            table.assign(hypothesis=None), table.rename(columns=str.upper), b"", b"PAR1",
        ])  # fmt: skip
        path.write_bytes(spoilt) if isinstance(spoilt, bytes) else spoilt.to_parquet(path, index=False)
    return choose.choice([
        ["gather", made.name], ["gather", made.name],
        ["run", "06", "-p", "system", made.name, "-p", "baseline", "good"],
        ["run", "09", "-p", "runs", f"{made.name} good"],
        ["run", "07", "-p", "system", "good", "-p", "baseline", made.name],
        ["run", "12", "-p", "mine", made.name], ["run", "04", "-p", "run", made.name],
    ])  # fmt: skip


def _notebook(choose, place: Path, parameters) -> list[str]:
    good = {"cell_type": "code", "source": choose.choice(CELLS), "metadata": {"tags": ["parameters"]}, "outputs": []}
    cell = good | {choose.choice([*good, "x"]): choose.choice(VALUES)} if choose.random() < 0.3 else good
    book = {"cells": choose.choice([[cell], [cell], [cell], cell, [[cell]], None, [5]]), "metadata": {}, "nbformat": 4}
    texts = ["", "[]", "5", "{}", '{"cells": [{}]}', "[" * 5000, "\0"]
    text = json.dumps(book) if choose.random() < 0.8 else choose.choice(texts)
    file = _file(place, text, choose.choice(["own.ipynb", "04_translate_and_score.ipynb"]))
    if choose.random() < 0.4:
        return ["sweep", _file(place, dumped([{"notebook": file}])), "--status"]
    return ["run", file, *choose.choice([[], ["-p", "x", "1"], ["--help-notebook"], ["-r", "run", "fuzz"]])]
