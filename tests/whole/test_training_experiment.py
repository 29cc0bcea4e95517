"""The steps and measures of notebook 10 that need no training: roles, samples, settings, directions, means, prompts."""

import pandas as pd
import pytest

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.training.cldr import phrases
from llamax_kit.training.miniature import experiment, measures, random_llama, shipped
from llamax_kit.utils.errors import KitError, UnknownName

ROLE = experiment.roles("en de", added="sw tr", held_out="nl eus_Latn")


def test_each_language_has_one_role_in_the_order_given():
    roles = ["pre-trained"] * 2 + ["added"] * 2 + ["held out"] * 2
    assert list(ROLE.items()) == list(zip(["en", "de", "sw", "tr", "nl", "eus_Latn"], roles, strict=True))
    assert experiment.codes(ROLE) == ["en", "de", "sw", "tr"] and experiment.codes(ROLE, "held out") == [
        "nl",
        "eus_Latn",
    ]
    assert experiment.roles("eng, deu_Latn") == {"en": "pre-trained", "de": "pre-trained"}


@pytest.mark.parametrize("base", ["en", "de en", ""])
def test_base_is_english_and_others(base):
    with pytest.raises(KitError, match="^base is English first, then others, got .*To mend: write for example en de"):
        experiment.roles(base)


def test_a_language_that_stands_twice_or_is_none_is_named():
    with pytest.raises(KitError, match="got sw more than once.*leave it in one"):
        experiment.roles("en de", added="sw", held_out="swh_Latn")
    with pytest.raises(UnknownName, match="swahilii"):
        experiment.roles("en de", added="swahilii")


def test_the_texts_are_shown_by_an_added_language_or_else_one_of_base(tmp_path):
    base = experiment.roles("en de")
    texts = experiment.write_texts(tmp_path, base, 5)
    table = experiment.samples(texts, base)
    assert list(table.file) == ["mono/de.txt", "pairs/en-de.en", "pairs/en-de.de", "dictionaries/en-de.txt",
                                "instructions.jsonl"]  # fmt: skip
    assert list(table.files) == [2, 2, 2, 1, 1] and table.line.str.len().min() > 0
    asked = experiment.tuning(texts)
    assert len(asked) == 5 and asked[0].given.endswith("### Response:") and asked[0].text


def test_stages_read_their_own_languages_and_as_many_lines_as_asked(tmp_path):
    texts = experiment.write_texts(tmp_path, ROLE, 5)
    first = pd.DataFrame(experiment.pretraining(texts, ROLE, pairs=20, seed=1))
    assert set(first.src) == {"en", "de"} and first.kind.value_counts().to_dict() == {"mono": 160, "pair": 20}
    records = experiment.continual(texts, ROLE, pairs=300, parallel="connected", augment=True, seed=1)
    counted = experiment.counts(records).set_index("code")
    assert set(counted.index) == {"en", "de", "sw", "tr"} and set(counted.mono) == {75}
    assert counted.pairs["en"] == 3 * 300 and counted.augmented["sw"] == 200 - 3 * 50
    shown = experiment.kinds(records)
    assert set(shown.kind) == {"mono", "pair", "augmented"} and shown.kind.value_counts().max() == 2


def test_tiny_models_compute_in_float32():
    assert experiment.arguments("tiny")["bf16"] is False and "learning_rate" not in experiment.arguments("tiny")


def test_directions_go_through_english_and_between_the_second_language_and_the_added():
    assert measures.directions(ROLE)[:4] == [("en", "de"), ("de", "en"), ("en", "sw"), ("sw", "en")]
    assert len(measures.directions(ROLE)) == 10
    assert measures.between(ROLE) == [("de", "sw"), ("sw", "de"), ("de", "tr"), ("tr", "de")]
    assert measures.between(experiment.roles("en de", held_out="sw")) == []


def test_means_are_over_the_other_language_s_role_and_english_has_its_row_of_bits():
    rows = [(name, *pair, 10.0 * at + 4 * (pair[1] in ("tr", "nl"))) for at, name in enumerate(("copy", *shipped.NAMES))
            for pair in measures.directions(ROLE)]  # fmt: skip
    table = measures.means(pd.DataFrame(rows, columns=["system", "src", "tgt", "score"]), ROLE)
    found = table.set_index(["languages", "direction"])
    assert list(table) == ["languages", "direction", "copy", *shipped.NAMES] and len(table) == 6
    assert found.loc[("added", "en-X")].tolist() == [2.0, 12.0, 22.0, 32.0, 42.0]
    assert found.loc[("added", "X-en")].tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]
    bits = pd.DataFrame({"language": ["en", "de", "sw"], "group": ["pre-trained"] * 2 + ["added"],
                         "mini-llama": [1.0, 2.0, 8.0], "mini-llamax": [1.5, 2.5, 3.0]})  # fmt: skip
    assert measures.mean_bits(bits).to_numpy().tolist() == [
        ["English", 1.0, 1.5], ["pre-trained", 1.5, 2.0], ["added", 8.0, 3.0],
    ]  # fmt: skip


def test_languages_below_copying_are_counted_one_by_one():
    """The mean of the added is above copying, one of them is not."""
    points = {("en", "sw"): (20, 5, 10), ("en", "tr"): (20, 30, 60), ("sw", "en"): (20, 19, 20),
              ("en", "de"): (20, 40, 19), ("de", "sw"): (20, 0, 0)}  # fmt: skip
    rows = [(name, *pair, score) for pair, three in points.items()
            for name, score in zip(("copy", *measures.NAMES[2:]), three, strict=True)]  # fmt: skip
    table = measures.beside_copying(pd.DataFrame(rows, columns=["system", "src", "tgt", "score"]), ROLE)
    assert table.set_index(["languages", "direction"]).T.to_dict("list") == {
        ("added", "en-X"): [2, 1, 1], ("added", "X-en"): [1, 1, 0], ("pre-trained", "en-X"): [1, 0, 1],
    }  # fmt: skip
    assert list(table.columns[2:]) == ["n", "mini-llama-alpaca", "mini-llamax-alpaca"]



def test_rows_within_base_have_both_languages_there():
    table = pd.DataFrame([("en", "de"), ("de", "en"), ("en", "sw"), ("sw", "de")], columns=["src", "tgt"])
    assert measures.within_base(table, ROLE).tolist() == [True, True, False, False]


def test_tuned_models_get_the_alpaca_prompt_and_the_others_a_quarter_of_the_phrases(tmp_path):
    """Random weights stand for the four models: what is asked is looked at, not what is answered."""
    role = experiment.roles("en de", added="sw")
    place = tmp_path / "random"
    random_llama.make(place, tokenizer=random_llama.TOKENIZER)
    models = dict.fromkeys(shipped.NAMES, place)
    text = load_corpus("cldr", list(role))
    found = measures.answers(tmp_path, models, text, role, sentences=2, ledger=tmp_path / "ledger")
    assert list(found) == [*shipped.NAMES, "copy"]
    assert {name: len(each) for name, each in found.items()} == dict(zip(found, (4, 4, 12, 12, 12), strict=True))
    record = measures.record(found)
    assert list(record["systems"]) == list(shipped.NAMES) and record["decoding"]["max_new_tokens"] == 160
    begins = [each["prompt"].split("{", 1)[0] for each in record["systems"].values()]
    assert begins[:2] == ["from ", "from "] and all(each.startswith("Below is an instruction") for each in begins[2:])
    assert (tmp_path / "pair.txt").read_text(encoding="utf-8") == "from {src} to {tgt}.\n{source}\n"


def test_one_module_has_what_a_notebook_needs_of_cldr():
    territories = phrases.entries("de").territories
    assert territories["FR"]["other"] == "Frankreich" and phrases.contents("devtest")[0][0] == "date"
