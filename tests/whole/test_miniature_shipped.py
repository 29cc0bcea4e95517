"""The miniatures as they ship: there, light, float16, of one shape and tokenizer, with their cards and records."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
import yaml

from llamax_kit import load_corpus, open_engine, spbleu, translate
from llamax_kit.data.languages import find
from llamax_kit.models import loading
from llamax_kit.tasks import answering, cldr_questions
from llamax_kit.training import settings
from llamax_kit.training.miniature import card, facts, shipped
from llamax_kit.utils.files import sha256

PLACE = Path(str(files("llamax_kit") / "models" / "miniatures"))
RELATED = ["gl", "be", "sk", "mk", "af", "ur", "fao_Latn", "srd_Latn"]
UNRELATED = ["eus_Latn", "als_Latn", "cy", "ga", "ka", "hy", "ko", "el", "kab_Latn"]
BASE = ["en", "de", "fr", "es", "pt", "ru"]
PARAMETERS = 2_217_216
FACTS = {f"{base}-facts": base for base in facts.BASES}
ROW = r"^\| (.+?) \| (en-X|X-en) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([+-][\d.]+) \| (.*?) \|$"  # of the scores


@pytest.fixture(scope="module")
def places():
    """The four folders; while they are not there, each test says which file is missing, and how it comes there."""
    lacking = [PLACE / name / file for name in shipped.NAMES for file in shipped.FILES]
    lacking = [str(path) for path in lacking if not path.is_file()]
    remedy = "python -m llamax_kit.training.miniature.shipped outputs/mini llamax_kit/models/miniatures"
    assert not lacking, f"{len(lacking)} files of the miniatures are missing, {lacking[0]} first; to mend: {remedy}"
    return {name: PLACE / name for name in shipped.NAMES}


@pytest.fixture(scope="module")
def records(places):
    return {name: json.loads((place / "training.json").read_text(encoding="utf-8")) for name, place in places.items()}


def test_there_are_four_with_these_files_and_a_licence_and_they_are_light(places):
    here = {path.name for path in PLACE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert here == {*places, *FACTS}  # the last two: see below
    for place in places.values():
        assert {path.name for path in place.iterdir()} == set(shipped.FILES)
    assert sum(path.stat().st_size for place in places.values() for path in place.iterdir()) <= 20_000_000
    assert "UNICODE LICENSE" in (PLACE / "LICENSE").read_text(encoding="utf-8").upper()


def test_one_shape_and_one_tokenizer_but_four_sets_of_weights(places):
    for file in ("config.json", "tokenizer.model"):
        assert len({sha256(place / file) for place in places.values()}) == 1, file
    assert len({sha256(place / "model.safetensors") for place in places.values()}) == 4
    config = json.loads((places["mini-llama"] / "config.json").read_text())
    known = {"architectures": ["LlamaForCausalLM"], "vocab_size": 2_000, "hidden_size": 256, "num_hidden_layers": 2,
             "tie_word_embeddings": True, "max_position_embeddings": 2_048, "dtype": "float16"}  # fmt: skip
    assert {name: config[name] for name in known} == known


def test_weights_are_float16_and_finite_and_as_many_as_said(places, records):
    import torch
    from safetensors.torch import load_file

    for name, place in places.items():
        tensors = load_file(place / "model.safetensors")
        assert {each.dtype for each in tensors.values()} == {torch.float16}
        assert all(torch.isfinite(each).all() for each in tensors.values())
        assert sum(each.numel() for each in tensors.values()) == settings.count(place) == PARAMETERS
        assert records[name]["parameters"] == PARAMETERS


def test_each_goes_by_its_name_and_loads(places):
    for name, place in places.items():
        found = loading.resolve(name)
        assert (found.folder, found.hub) == (place, "")
        assert loading.load_model(found).num_parameters() == PARAMETERS
        assert loading.load_tokenizer(found).eos_ids == [2]


def test_the_records_are_of_one_run_and_their_languages_are_those_of_the_project(records):
    for name, record in records.items():
        assert record["name"] == name and record["size"] == "mini" and record["base_languages"] == BASE
        assert sorted(record["held_out"]) == sorted(RELATED + UNRELATED)
        assert record["trained"][:6] == BASE and len(set(record["trained"])) == len(record["trained"])
        assert len(record["trained"]) > 50 if "llamax" in name else record["trained"] == BASE
        assert not set(record["trained"]) & set(record["held_out"])
        assert [find(code).code for code in record["trained"]] == record["trained"]
        assert re.fullmatch(r"CLDR \d+ via Babel [\d.]+", record["release"])
    same = [{key: value for key, value in each.items() if key not in ("name", "trained")} for each in records.values()]
    assert same[0] == same[1] == same[2] == same[3]
    assert records["mini-llamax"]["trained"] == records["mini-llamax-alpaca"]["trained"]
    languages = yaml.safe_load((Path(__file__).parents[2] / "params/10_train_a_miniature/mini.yml").read_text())
    assert [languages["base"].split(), languages["base"].split() + languages["added"].split()] == [
        records["mini-llama"]["trained"], records["mini-llamax"]["trained"],
    ]  # fmt: skip
    assert languages["held_out"].split() == records["mini-llama"]["held_out"]


def test_every_stage_is_on_record_and_both_were_tuned_alike(records):
    stages = records["mini-llama"]["stages"]
    assert set(stages) == set(shipped.NAMES)
    assert all(each["steps"] > 100 and each["tokens"] > 100_000 and each["versions"] for each in stages.values())
    one, other = ({**stages[name], "seconds": 0} for name in ("mini-llama-alpaca", "mini-llamax-alpaca"))
    assert one == other


def test_the_cards_load_and_hold_the_figures(places, records):
    for name, place in places.items():
        text = (place / "README.md").read_text(encoding="utf-8")
        assert yaml.safe_load(text.split("---\n")[1])["language"] == records[name]["trained"]
        for stage in card.STAGES[name]:
            facts = records[name]["stages"][stage]
            assert f"| {stage} | {facts['tokens']:,} | {facts['steps']:,} |" in text
        rows = re.findall(ROW, text, re.MULTILINE)
        count = {(group, direction): int(n) for group, direction, n, *_ in rows}
        for direction in ("en-X", "X-en"):
            added = len(records["mini-llamax"]["trained"]) - len(BASE)
            assert count["trained", direction] == added
            assert (count["unseen, related", direction], count["unseen, unrelated", direction]) == (8, 9)
            assert count["all", direction] == added + 17
        for *_, before, after, gain, _ in rows:
            assert float(after) - float(before) == pytest.approx(float(gain), abs=0.11)  # each is rounded
        assert "nan" not in re.findall(r"\w+", text.lower())


def test_continual_pre_training_brought_what_the_cards_say_it_did(places):
    """The mechanism itself: the added languages gain, and not by chance."""
    text = (places["mini-llamax-alpaca"] / "README.md").read_text(encoding="utf-8")
    found = {(row[0], row[1]): row[6] for row in re.findall(ROW, text, re.MULTILINE)}
    for direction in ("en-X", "X-en"):
        assert float(found["trained", direction].split(" to ")[0]) > 0


def test_its_readme_says_where_a_mean_hides_a_language_below_copying():
    """40 phrases, as notebook 10 asks for them: the model's score into English, and that of the source itself."""
    text = load_corpus("cldr", ["en", "ml"])
    engines, how = map(open_engine, ("mini-llamax-alpaca", "copy")), "greedy max_new_tokens:160"
    asked = [translate(engine, text, [("ml", "en")], "alpaca", how, 40, progress=False) for engine in engines]
    scores = spbleu.score_table(pd.concat(asked), "cldr", metrics="spBLEU", interval=False)["score"].round(1).to_list()
    said = " ".join((PLACE / "README.md").read_text(encoding="utf-8").split())
    assert f"(Malayalam {scores[0]}, copying {scores[1]}; Hindi " in said


@pytest.fixture(scope="module")
def readme():
    """The figures of README's table on questions: group → cells, the first that of the most likely option."""
    text = (PLACE / "README.md").read_text(encoding="utf-8").split("## Questions")[1].split("\n### ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


@pytest.mark.parametrize("name", FACTS)
def test_what_answers_questions_is_light_whole_and_as_its_base_but_for_the_weights(name, places):
    import torch
    from safetensors.torch import load_file

    place, base = PLACE / name, places[FACTS[name]]
    assert {path.name for path in place.iterdir()} == set(shipped.FILES)
    assert sum(path.stat().st_size for path in place.iterdir()) <= 5_000_000
    for file in ("config.json", "tokenizer.model"):
        assert sha256(place / file) == sha256(base / file)
    tensors, before = load_file(place / "model.safetensors"), load_file(base / "model.safetensors")
    assert {each.dtype for each in tensors.values()} == {torch.float16} and tensors.keys() == before.keys()
    assert all(torch.isfinite(each).all() and not torch.equal(each, before[key]) for key, each in tensors.items())
    assert loading.load_model(loading.resolve(name)).num_parameters() == PARAMETERS
    record = json.loads((place / "training.json").read_text(encoding="utf-8"))
    of_base = json.loads((base / "training.json").read_text(encoding="utf-8"))
    for same in ("trained", "base_languages", "held_out", "size", "parameters", "release"):
        assert record[same] == of_base[same]
    assert (record["name"], record["base"], record["seed"]) == (name, FACTS[name], 1)


def test_both_that_answer_questions_were_tuned_alike():
    stages = [json.loads((PLACE / name / "training.json").read_text(encoding="utf-8"))["stage"] for name in FACTS]
    assert {**stages[0], "seconds": 0} == {**stages[1], "seconds": 0} and stages[0]["steps"] == 120


@pytest.mark.parametrize("name", FACTS)
def test_their_cards_have_the_tables_of_the_readme(name, readme):
    text = (PLACE / name / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(text.split("---\n")[1])["license_name"] == "unicode-3.0"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert rows == readme and len(rows) == 12


def test_the_gain_in_the_added_languages_is_not_by_chance(readme):
    for rows in (readme[2:6], readme[8:12]):
        gains = {row[0]: row[-2:] for row in rows}
        gain, seeds = gains["added (56)"]
        assert float(re.search(r"\[([−\d.]+),", gain)[1].replace("−", "-")) > 0 and "−" not in seeds


def test_one_seed_answers_about_as_the_readme_says(readme):
    """English as tuned; Indonesian and Chinese by the base that read them alone."""
    items = [item for code in ("en", "id", "zh") for item in cldr_questions.read_items(None, code)]
    right = {}
    for name in FACTS:
        told = answering.answer(open_engine(name), cldr_questions, items, progress=False)
        right[name] = told.likeliest.eq(told.reference).groupby(told.src).mean()
    assert right["mini-llama-facts"]["en"] == right["mini-llamax-facts"]["en"] == 1
    assert (right["mini-llamax-facts"][["id", "zh"]] > 0.8).all()
    assert (right["mini-llama-facts"][["id", "zh"]] < 0.4).all()
