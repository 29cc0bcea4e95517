"""training_languages: whose languages count as trained, and what follows for relatives, groups and differences."""

import json

import pandas as pd
import pytest

from llamax_kit.analysis import gains, groups, unseen
from llamax_kit.data import relatedness
from llamax_kit.data.training_languages import LLAMAX
from llamax_kit.models import loading, training_languages
from llamax_kit.models.engines.transformers import Transformers
from llamax_kit.models.training_languages import of_folder, training_languages_of
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils.errors import KitError, UnknownName

SIX = ["en", "de", "fr", "es", "pt", "ru"]
HELD_OUT = {"gl": 3, "be": 1, "af": 2, "ur": 0, "eus_Latn": 0, "als_Latn": 0, "ko": 0, "fao_Latn": 2}  # with relatives


def told(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "training.json").write_text(text if isinstance(text, str) else json.dumps(text))
    return folder


@pytest.fixture
def model(tmp_path):
    """A folder with a model that tells its training languages."""
    random_llama.make(tmp_path / "mine", tokenizer=random_llama.TOKENIZER)
    return told(tmp_path / "mine", {"name": "mini-six", "trained": ["eng_Latn", *SIX[1:]], "held_out": [*HELD_OUT]})


def test_a_folder_that_tells_is_read_by_any_code_and_one_that_does_not_says_nothing(tmp_path, model):
    assert of_folder(model) == ("mini-six", frozenset(SIX))
    assert of_folder(told(tmp_path / "unnamed", {"trained": ["swh_Latn"]})) == ("unnamed", frozenset(["sw"]))
    assert of_folder(tmp_path) is None


@pytest.mark.parametrize("said", [{"trained": []}, {"trained": "en de"}, {"name": "x"}, {"trained": [1]}])
def test_a_file_without_a_list_of_codes_is_refused(tmp_path, said):
    with pytest.raises(KitError, match='expected "trained", a list of language codes, in .*training.json.* To mend: '):
        of_folder(told(tmp_path, said))
    with pytest.raises(UnknownName, match="unknown language 'xx'"):
        of_folder(told(tmp_path, {"trained": ["en", "xx"]}))
    with pytest.raises(KitError, match="expected JSON in"):
        of_folder(told(tmp_path, "{"))


def test_who_counts_is_the_record_else_llamax_and_what_is_asked_for_comes_first(tmp_path, model):
    record = {"training_languages": {"whose": "mini-six", "codes": SIX}}
    assert training_languages_of("", record) == ("mini-six", frozenset(SIX))
    assert training_languages_of("", {}) == LLAMAX == training_languages_of("LLaMAX", record)
    assert training_languages_of(" sw, deu_Latn ", record) == ("", frozenset(["sw", "de"]))
    assert training_languages_of(str(model), {}) == ("mini-six", frozenset(SIX))
    assert (len(LLAMAX.codes), str(LLAMAX)) == (102, "the 102 training languages of LLaMAX")
    with pytest.raises(UnknownName, match="unknown language 'mini-llamay'"):
        training_languages_of("mini-llamay", record)
    (model / "training.json").unlink()
    with pytest.raises(KitError, match="expected training.json in the folder of the model .*/mine, but it has none"):
        training_languages_of(str(model), record)


def test_a_shipped_model_is_asked_by_its_name(model, monkeypatch):
    monkeypatch.setattr(training_languages, "locate", lambda name: loading.Resolved(name, model))
    assert training_languages_of("mini-llama", {}) == ("mini-six", frozenset(SIX))


def test_an_engine_tells_them_and_no_completion_depends_on_them(model):
    before = Transformers(str(model), device="cpu")
    assert before.training_languages == ("mini-six", frozenset(SIX))
    (model / "training.json").unlink()
    after = Transformers(str(model), device="cpu")
    assert after.training_languages is None and after.identity == before.identity


def test_held_out_languages_of_llamax_are_unseen_by_another_model():
    found = relatedness.relatedness([*HELD_OUT, "ru"], SIX).set_index("code")
    assert found["relatives"].to_dict() == HELD_OUT | {"ru": 0}
    kinds = found["relatedness"].to_dict()
    assert kinds == {code: relatedness.RELATED if n else relatedness.UNRELATED for code, n in HELD_OUT.items()} | {
        "ru": relatedness.TRAINED
    }
    assert found["trained"].sum() == 1
    assert (
        relatedness.kind("gl") == relatedness.TRAINED and relatedness.kind("fao_Latn") == relatedness.RELATED
    )  # LLaMAX's, unasked


SCORES = {"de": 30, "ru": 26, "gl": 22, "be": 18, "eus_Latn": 12, "ko": 11}


def table() -> pd.DataFrame:
    rows = [("mine", "en", code, "spBLEU", score) for code, score in SCORES.items()]
    scores = pd.DataFrame(rows, columns=["system", "src", "tgt", "metric", "score"])
    return gains.from_scores(scores, scores.assign(system="theirs", score=10.0))


def test_means_and_differences_are_over_the_languages_of_the_model_that_counts():
    means = groups.by_group(table(), "trained", SIX).set_index("value")
    assert means["gain"].to_dict() == {"trained": 18, "unseen": 5.75, "all": 59 / 6}
    assert means["n"].to_dict() == {"trained": 2, "unseen": 4, "all": 6}
    by_language = unseen.by_language(table(), trained=SIX)
    (row,) = unseen.differences(by_language).itertuples()
    assert (row.trained, row.unseen, row.n_trained, row.n_unseen) == (18, 5.75, 2, 4)
    related_gain = by_language.groupby("relatedness", observed=True)["gain"].mean()
    assert related_gain.to_dict() == {relatedness.TRAINED: 18, relatedness.RELATED: 10, relatedness.UNRELATED: 1.5}
    unasked = groups.by_group(table(), "trained").set_index("value")["n"]
    assert unasked.to_dict() == {"trained": 5, "unseen": 1, "all": 6}
