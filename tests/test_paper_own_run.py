"""A run of one's own beside the authors' figures: scores against sacreBLEU's, and every refusal and mark."""

import pandas as pd
import pytest
from sacrebleu.metrics import BLEU

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.paper import own_run, release
from llamax_kit.paper import sentences as findings
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics, spbleu
from llamax_kit.tasks import prompts, system_outputs
from llamax_kit.utils.errors import KitError, UnknownName

THEIRS = "LLaMAX2-7B-Alpaca"
FLORES = {"name": "flores101", "split": "devtest", "release": "FLORES-101 devtest", "sha256": "0" * 64}
SAYINGS = ["The market opens at 10:30 today.", "Rain is expected in the north.", "She wrote two books about birds."]


def answers(*pairs: str, system: str = "mine", count: int = 3) -> pd.DataFrame:
    """Translations of three sayings; the first hypothesis holds a colon, which the authors' scorer cuts at."""
    rows = []
    for pair in pairs:
        src, tgt = pair.split("-")
        for index, text in enumerate((SAYINGS * (count // 3 + 1))[:count]):
            rows.append((system, src, tgt, index, f"{src} {text}", f"{tgt} {text}", f"{tgt} {text} Indeed.", "stop", 9))
    return pd.DataFrame(rows, columns=["system", "src", "tgt", "index", "source", "hypothesis", "reference", "finish",
                                       "tokens"])  # fmt: skip


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Write a run, its scores replaced by three figures of the authors, and the tokenizer by the kit's own."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    monkeypatch.setattr(own_run, "TOKENIZE", "cldr")
    figures = [
        ("en-X", "en", "de", 60.0),
        ("en-X", "en", "sw", 5.0),
        ("X-en", "de", "en", 33.0),
        ("en-X", "en", "fr", 1),
    ]
    table = pd.DataFrame(figures, columns=["direction", "src", "tgt", "score"])
    both = pd.concat([table.assign(system=THEIRS), table.assign(system="NLLB-200", score=2 * table["score"])])
    monkeypatch.setattr(release, "scores", lambda metric="spBLEU": both.assign(metric=metric))

    def written(*tables, corpus=FLORES, **facts) -> str:
        folder = storage.folder("run")
        if tables:
            storage.save_translations(folder, pd.concat(tables))
        storage.record(folder, corpus=corpus, **facts)
        return "run"

    return written


def test_mine_is_sacrebleus_number_in_both_readings(make):
    table = own_run.beside(own_run.load(make(answers("en-de"))), THEIRS).set_index("reading")
    mine = answers("en-de")
    whole = BLEU(tokenize="none")
    whole.tokenizer = sacrebleu_metrics.spbleu("cldr").metric.tokenizer
    cut = ["de The market opens at 10", *mine["hypothesis"][1:]]
    for reading, texts in (("clean", list(mine["hypothesis"])), ("paper", cut)):
        assert table.score[reading] == pytest.approx(whole.corpus_score(texts, [list(mine["reference"])]).score, abs=0)
    assert table.score["paper"] < table.score["clean"]


def test_the_difference_has_the_interval_of_mine(make):
    table = own_run.beside(own_run.load(make(answers("en-de", "en-sw", count=12))), THEIRS)
    assert list(zip(table.src, table.tgt, table.reading, strict=True)) == [
        ("en", "de", "clean"), ("en", "de", "paper"), ("en", "sw", "clean"), ("en", "sw", "paper")]  # fmt: skip
    assert (table["difference"] == table["score"] - table["authors"]).all()
    assert (table["ci_low_difference"] == table["ci_low"] - table["authors"]).all()
    assert table["inside"].equals(table["authors"].between(table["ci_low"].round(2), table["ci_high"].round(2)))
    assert not table["inside"].iloc[2] and (table["authors"] == [60, 60, 5, 5]).all()


def test_a_figure_of_two_decimals_lies_within_an_interval_of_none(make, monkeypatch):
    """An interval that is a point (all sentences alike) holds the figure that rounds to it."""
    same = answers("en-de", count=30)[::3]
    score = spbleu.score(list(same["hypothesis"]), list(same["reference"]), "cldr").score
    figure = pd.DataFrame([(THEIRS, "en-X", "en", "de", "spBLEU", round(score, 2))],
                          columns=["system", "direction", "src", "tgt", "metric", "score"])  # fmt: skip
    monkeypatch.setattr(release, "scores", lambda metric: figure)
    assert own_run.beside(own_run.load(make(same)), THEIRS)["inside"].iloc[0]


def test_few_sentences_and_another_release_are_shown_and_marked(make):
    table = own_run.beside(own_run.load(make(answers("en-de"))), THEIRS)
    assert set(table["comparable"]) == {"no: 3 of 1012 sentences"}
    corpus = FLORES | {"name": "flores200", "release": "FLORES-200 devtest"}
    table = own_run.beside(own_run.load(make(answers("en-de"), corpus=corpus)), THEIRS)
    assert set(table["comparable"]) == {"no: FLORES-200 devtest, not FLORES-101 devtest; 3 of 1012 sentences"}
    assert own_run._comparable(FLORES, 1012) == "yes"


def test_directions_without_a_figure_of_theirs_are_listed(make):
    table = own_run.beside(own_run.load(make(answers("en-de", "sw-de"))), THEIRS)
    assert table.attrs["left_out"] == ["sw-de"] and set(table["src"]) == {"en"}


def test_no_shared_direction_is_refused(make):
    with pytest.raises(KitError, match=r"share no direction: the run has sw-de.*To mend: translate from or into"):
        own_run.beside(own_run.load(make(answers("sw-de"))), THEIRS)


def test_an_unknown_system_of_theirs_is_refused_with_the_nearest(make):
    with pytest.raises(UnknownName, match="LLaMAX2-7B-Alpaca"):
        own_run.beside(own_run.load(make(answers("en-de"))), "LLaMAX2-Alpaca")


@pytest.mark.parametrize("corpus, said", [
    ({"name": "cldr", "split": "devtest", "release": "CLDR 47, devtest"}, "CLDR 47, devtest"),
    (FLORES | {"split": "dev", "release": "FLORES-101 dev"}, "FLORES-101 dev,"),
    ({}, "a text that its record does not name"),
])  # fmt: skip
def test_another_text_is_refused_with_what_to_run(make, corpus, said):
    name = make(answers("en-de"), corpus=corpus)
    with pytest.raises(KitError, match="must not stand beside each other.*-p corpus flores101") as refused:
        own_run.load(name)
    assert said in str(refused.value)


def test_a_run_is_asked_for_by_system_where_it_holds_several(make):
    name = make(answers("en-de"), answers("en-de", system="other"), answers("en-de", system="copy"))
    with pytest.raises(KitError, match="holds 3 systems. To mend: name one of run:copy, run:mine, run:other"):
        own_run.load(name)
    assert own_run.load("run:other").name == "run:other" and set(own_run.load("run:copy").translations["system"]) == {
        "copy"
    }
    with pytest.raises(UnknownName, match="unknown system in the run run 'third'. One of: copy, mine, other"):
        own_run.load("run:third")


def test_a_run_without_translations_or_of_another_name_is_refused(make):
    make()
    with pytest.raises(KitError, match="the run run kept no translations.*notebook 04 or 05"):
        own_run.load("run")
    with pytest.raises(UnknownName, match="unknown run 'rum'"):
        own_run.load("rum")


def test_all_systems_are_averaged_over_the_languages_of_mine(make):
    mine = own_run.load(make(answers("en-de", "en-sw", "de-en")))
    table = own_run.beside(mine, THEIRS)
    means = own_run.table3(mine, table).set_index("system")
    assert set(means["direction"]) == {"en-X"} and set(means["partners"]) == {2}  # one source into en makes no mean
    assert means["score"][THEIRS] == 32.5 and means["score"]["NLLB-200"] == 65  # en-fr, which was not run, is not in it
    clean = table[(table["reading"] == "clean") & (table["src"] == "en")]["score"].mean()
    assert means["score"]["run:mine (clean; 3 of 1,012 sentences, not comparable)"] == pytest.approx(clean, abs=1e-12)


FLORES_200 = FLORES | {"name": "flores200", "release": "FLORES-200 devtest"}


@pytest.mark.parametrize("corpus, sentences, mark", [
    (FLORES_200, 1012, "FLORES-200, not comparable"),
    (FLORES, 3, "3 of 1,012 sentences, not comparable"),
    (FLORES_200, 3, "FLORES-200, 3 of 1,012 sentences, not comparable"),
    (FLORES, 1012, ""),
])  # fmt: skip
def test_what_keeps_a_run_from_being_compared_stands_in_its_name_and_rows(make, monkeypatch, corpus, sentences, mark):
    """A row is copied without the table that marks it, so its name must say what it is."""
    if sentences == 1012:
        monkeypatch.setattr(own_run, "SENTENCES", 3)  # as if three were all
    mine = own_run.load(make(answers("en-de", "en-sw"), corpus=corpus))
    table = own_run.beside(mine, THEIRS)
    assert own_run.named(mine, table) == ("run:mine" + (f" ({mark})" if mark else ""))
    means = own_run.table3(mine, table)
    own = [f"run:mine ({reading}{'; ' if mark else ''}{mark})" for reading in ("clean", "paper")]
    assert list(means["system"]) == ["NLLB-200", THEIRS, *own]  # in Table 3's order, mine last
    assert list(means["comparable"]) == [True, True, not mark, not mark]
    row = own_run.as_printed(means[means["system"].str.startswith(mine.name)])
    assert list(row["system"]) == own
    warned = "may not be compared with the others" in findings.standing(means)
    assert warned == bool(mark) and findings.standing(means).startswith("2 systems of the release, and mine")


def test_directions_of_different_sizes_are_marked_by_both(make):
    mine = own_run.load(make(answers("en-de"), answers("en-sw", count=2)))
    assert own_run.named(mine, own_run.beside(mine, THEIRS)).endswith("(2–3 of 1,012 sentences, not comparable)")


def test_a_run_that_makes_no_mean_has_no_row(make):
    mine = own_run.load(make(answers("en-de")))
    said = findings.standing(own_run.table3(mine, own_run.beside(mine, THEIRS)))
    assert said == "No row for Table 3: a mean takes two directions at least around one of its seven pivots."


def test_a_row_of_table_3_has_a_dash_where_nothing_was_run(make):
    mine = own_run.load(make(answers("en-de", "en-sw")))
    row = own_run.as_printed(own_run.table3(mine, own_run.beside(mine, THEIRS))).set_index("system")
    assert list(row) == own_run.TABLE_3 and row.loc[THEIRS, "en-X"] == "32.50 (2)"
    assert (row.loc[own_run.named(mine, own_run.beside(mine, THEIRS), "clean")].drop("en-X") == "—").all()


def protocols(mine: str, theirs: str = THEIRS) -> dict:
    loaded = own_run.load(mine)
    table = own_run.protocol(loaded, theirs, own_run.beside(loaded, theirs)).set_index("what")
    return table.T.to_dict("list")


def test_the_protocol_says_what_the_record_says(make):
    model = {"engine": "transformers", "model": "abc", "dtype": "bfloat16"}
    facts = dict(model=model, decoding=read_decoding("paper"), parameters={"prompt": "paper"})
    said = protocols(make(answers("en-de"), **facts))
    assert said["decoding"] == ["4 beam(s), 256 new tokens", "4 beam(s), 256 new tokens", "yes"]
    assert said["prompt"][1:] == ["paper", "yes"] and said["test set"][2] == "yes"
    assert said["number format"] == ["bfloat16 weights, float16 autocast", "bfloat16", "no"]
    assert said["sentences a direction"] == ["1012", "3", "no"] and said["sacreBLEU"][0] == "2.4.0"
    assert said["system"] == [f"{THEIRS} (7B), no revision named", "abc", "not known"]


def test_what_a_record_does_not_say_is_not_guessed(make):
    said = protocols(make(answers("en-de")), "NLLB-200")
    for what in ("system", "prompt", "decoding", "number format"):
        assert said[what][1:] == ["not recorded", "not known"]
    assert "(1.3B)" in said["system"][0] and said["prompt"][0] == "the system's own, as in Table 14"


def test_the_copy_baseline_is_not_given_its_neighbours_decoding(make):
    make(answers("en-de"), answers("en-de", system="copy"), decoding=read_decoding("paper"))
    assert protocols("run:copy")["decoding"][1:] == ["not recorded", "not known"]
    assert protocols("run:mine")["decoding"][2] == "yes"


def test_of_a_run_of_several_models_the_protocol_is_the_systems_own(make):
    each = {
        name: {"model": {"model": f"rev-{name}", "dtype": "float32"}, "prompt": prompt}
        for name, prompt in (("mine", prompts.ALPACA), ("other", "{source}"))
    }
    make(answers("en-de"), answers("en-de", system="other"), decoding=read_decoding("paper"), systems=each)
    mine, other = protocols("run:mine"), protocols("run:other")
    assert mine["system"][1] == "rev-mine" and other["system"][1] == "rev-other"
    assert mine["prompt"][1:] == ["Alpaca", "not known"]  # it does not tell by which names of languages
    assert other["prompt"][1:] == ['"{source}"', "no"] and mine["decoding"][2] == other["decoding"][2] == "yes"


def test_greedy_decoding_is_another_condition(make):
    said = protocols(make(answers("en-de"), decoding=read_decoding("greedy")))
    assert said["decoding"][1:] == ["1 beam(s), 256 new tokens", "no"]


def test_real_outputs_of_nllb_beside_the_papers(data, tmp_path, monkeypatch):
    """Igbo from Mozilla's NLLB: 23.93 by sacreBLEU's command line, 25.62 in the release (NLLB-200-1.3B)."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    text = load_corpus("flores101", ["en", "ig"])
    found = system_outputs.find_outputs(data / "system_outputs/mozilla_flores101", directions="en-ig")
    folder = storage.folder("igbo")
    storage.save_translations(folder, system_outputs.read_outputs(found, text))
    storage.record(folder, corpus={"name": text.name, "split": text.split, "release": text.release})
    table = own_run.beside(own_run.load("igbo:nllb"), "NLLB-200").set_index("reading")
    assert table["score"].round(2).tolist() == [23.93, 23.35] and (table["authors"] == 25.62).all()
    assert set(table["comparable"]) == {"yes"} and not table["inside"].any()
    assert table["difference"].round(2).tolist() == [-1.69, -2.27]


def test_the_sentence_names_what_is_not_comparable(make):
    table = own_run.beside(own_run.load(make(answers("en-de", "en-sw", count=40))), THEIRS)
    said = findings.yours(table, THEIRS)
    assert said.startswith(f"Mine less {THEIRS}. clean reading: ") and "of 2 of the authors' figures lie within" in said
    assert said.endswith(" of mine. Not comparable: 40 of 1012 sentences.")
