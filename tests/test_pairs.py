"""pairs: two systems stand beside each other sentence by sentence, or are refused with what differs."""

import pandas as pd
import pytest
from finished import CLDR, copied, rows, save, worse

from llamax_kit.analysis import gains, groups, pairs
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.runs import provenance, storage
from llamax_kit.utils.errors import KitError, UnknownName


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))


def test_rows_pair_by_direction_and_index_whatever_their_order():
    save("mine", rows("m").iloc[::-1])
    save("theirs", rows("t", "en-sw en-de", worse))
    pair = pairs.pair("mine", "theirs")
    keys = ["src", "tgt", "index", "source", "reference"]
    assert pair.system[keys].equals(pair.baseline[keys])
    assert pair.names == ("mine", "theirs") and pair.tokenize == "cldr"
    assert [record["run"] for record in pair.records] == ["mine", "theirs"]
    assert len(pair.left_out) == 0


def test_a_system_is_named_by_its_run_or_by_both_and_the_copied_source_only_on_demand():
    save("mine", rows("m"), copied())
    save("several", rows("a"), rows("b", answer=worse), copied())
    assert set(pairs.pair("mine", "several:b").system["hypothesis"]) == set(rows("m")["hypothesis"])
    both = pairs.pair("several:a", "several:copy")
    assert both.names == ("several:a", "several:copy")
    assert set(both.baseline["hypothesis"]) == set(rows("m")["source"])


def test_two_systems_of_one_run_are_read_once(monkeypatch):
    save("several", rows("a"), rows("b", answer=worse), copied())
    read, load = [], storage.load
    monkeypatch.setattr(storage, "load", lambda name: read.append(name) or load(name))
    assert pairs.pair("several:a", "several:copy").names == ("several:a", "several:copy") and read == ["several"]


def test_a_run_of_several_systems_wants_one_of_them():
    save("several", rows("a"), rows("b"))
    with pytest.raises(KitError, match="several .* 2 .*name one of several:a, several:b"):
        pairs.pair("several", "several:b")
    with pytest.raises(UnknownName, match="several 'c'.*a, b.*several:a"):
        pairs.pair("several:a", "several:c")
    with pytest.raises(UnknownName, match="'absent'.*several.*run.json"):
        pairs.pair("several:a", "absent")


def test_one_system_is_no_pair_however_it_is_named():
    save("mine", rows("m"), copied())
    with pytest.raises(KitError, match="mine and mine:m .*name two"):
        pairs.pair("mine", "mine:m")


def test_a_direction_that_one_lacks_is_listed_with_who_lacks_it():
    save("mine", rows("m", "en-de en-sw en-fr"))
    save("theirs", rows("t", "en-de en-ja"))
    pair = pairs.pair("mine", "theirs")
    assert list(pair.left_out.itertuples(index=False, name=None)) == [
        ("en", "fr", "theirs"), ("en", "sw", "theirs"), ("en", "ja", "mine"),
    ]  # fmt: skip
    assert set(pair.system["tgt"]) == set(pair.baseline["tgt"]) == {"de"}


def test_chosen_directions_are_kept_and_the_others_are_not_missing():
    save("mine", rows("m", "en-de en-sw de-en"))
    save("theirs", rows("t", "en-de de-en"))
    pair = pairs.pair("mine", "theirs", directions="en-X")
    assert set(zip(pair.system["src"], pair.system["tgt"], strict=True)) == {("en", "de")}
    assert list(pair.left_out["tgt"]) == ["sw"]
    with pytest.raises(UnknownName, match="'qqq'.*llamax-kit languages"):
        pairs.pair("mine", "theirs", directions="en-qqq")


def test_no_shared_direction_says_what_each_has():
    save("mine", rows("m", "en-de en-sw"))
    save("theirs", rows("t", "de-en sw-en"))
    with pytest.raises(KitError, match=r"mine .*2 \(en-de, en-sw\).*theirs .*2 \(de-en, sw-en\).*To mend"):
        pairs.pair("mine", "theirs")
    with pytest.raises(KitError, match=r"theirs .*en-X.*To mend: .* 2 \(de-en, sw-en\)"):
        pairs.pair("mine", "theirs", directions="en-X")


def test_two_releases_are_refused_by_name():
    save("mine", rows("m"))
    save("theirs", rows("t"), corpus=CLDR | {"release": "FLORES-200 devtest"})
    with pytest.raises(KitError, match="release.*mine has CLDR 47, devtest; theirs has FLORES-200.*one release"):
        pairs.pair("mine", "theirs")


def test_other_languages_of_one_release_may_differ_in_hash():
    save("mine", rows("m", "en-de"))
    save("theirs", rows("t", "en-de en-sw"), corpus=CLDR | {"sha256": "cd"})
    assert len(pairs.pair("mine", "theirs").system) == 4


def test_two_signatures_are_refused_though_the_sentences_agree(tmp_path):
    save("mine", rows("m"))
    save("theirs", rows("t"))
    kept = tmp_path / "theirs/scores.csv"
    kept.write_text(kept.read_text().replace("version:2", "version:1"))
    with pytest.raises(KitError, match=r"spBLEU.*mine has \S+ nrefs.*version:2\S*; theirs has .*version:1"):
        pairs.pair("mine", "theirs")


def test_sentences_that_are_scored_again_may_have_been_scored_otherwise_before():
    save("mine", rows("m"))
    save("otherwise", rows("t"))
    kept = storage.folder("otherwise") / "scores.csv"
    kept.write_text(kept.read_text().replace("version:2", "version:1"))
    with pytest.raises(KitError, match="version:2.*version:1.*-p tokenize flores101"):
        pairs.pair("mine", "otherwise")
    assert len(pairs.pair("mine", "otherwise", tokenize="cldr").system) == 8
    save("otherwise", rows("t"), corpus=CLDR | {"release": "FLORES-200 devtest"})
    with pytest.raises(KitError, match="release.*CLDR 47.*FLORES-200.*one release"):
        pairs.pair("mine", "otherwise", tokenize="cldr")
    save("otherwise", other("reference"))
    with pytest.raises(KitError, match="reference of 1 of 4 .*en-sw.*To mend"):
        pairs.pair("mine", "otherwise", tokenize="cldr")


def test_its_size_is_told_by_direction():
    save("mine", rows("m"))
    save("theirs", rows("t"))
    assert pairs.pair("mine", "theirs").size == "2 directions of 4 sentences"
    assert pairs.pair("mine", "theirs", directions="en-sw").size == "1 direction of 4 sentences"
    assert pairs.size(pd.Series([57, 1012, 60])) == "3 directions of 57–1,012 sentences"
    assert pairs.size(pd.Series([1])) == "1 direction of 1 sentence"


def other(column, at=2):
    """The second run's rows in en-sw with another text at one index."""
    table = rows("t")
    table.loc[(table["tgt"] == "sw") & (table["index"] == at), column] = "something else"
    return table


@pytest.mark.parametrize(
    "theirs, said",
    [
        (other("source"), r"source of 1 of 4 .*en-sw .*2\b"),
        (other("reference"), r"reference of 1 of 4 .*en-sw .*2\b"),
        (rows("t", sentences=3), "en-de.*mine has 4; theirs has 3, of which 3 "),
        (rows("t").assign(index=lambda table: table["index"] + 1), "en-de.*mine has 4; theirs has 4, of which 3 "),
    ],
)
def test_other_sentences_are_refused_with_direction_number_and_first(theirs, said):
    save("mine", rows("m"))
    save("theirs", theirs)
    with pytest.raises(KitError, match=said):
        pairs.pair("mine", "theirs")


def test_a_run_without_translations_says_what_can_be_done_with_its_scores():
    save("mine", rows("m"))
    save("theirs", rows("t"), keep=False)
    with pytest.raises(KitError, match="theirs .*no translations.*gains.from_scores"):
        pairs.pair("mine", "theirs")


def test_of_a_run_of_several_models_each_has_its_own_model_prompt_and_training_languages():
    six, added = ["en", "de"], ["en", "de", "sw", "tr"]
    known = {"whose": "mini-llama", "codes": six}, {"whose": "mini-llamax", "codes": added}
    systems = {
        name: {"model": {"model": f"sha256:{name}"}, "prompt": prompt, "training_languages": trained}
        for name, prompt, trained in zip(("small", "large"), ("{source}", "{src}: {source}"), known, strict=True)
    }
    save("both", rows("small", answer=worse), rows("large"), copied(), decoding={"num_beams": 1}, systems=systems)
    pair = pairs.pair("both:large", "both:small")
    told = [[record[name] for name in ("run", "prompt", "decoding")] for record in pair.records]
    assert told == [["both", "{src}: {source}", {"num_beams": 1}], ["both", "{source}", {"num_beams": 1}]]
    assert [record["model"]["model"] for record in pair.records] == ["sha256:large", "sha256:small"]
    assert pair.tokenize == "cldr" and not any("systems" in record for record in pair.records)
    large, small = (training_languages_of("", record) for record in pair.records)
    assert (large, small) == (("mini-llamax", frozenset(added)), ("mini-llama", frozenset(six)))
    assert str(small) == "the 2 training languages of mini-llama"
    assert list(groups.by_group(gains.gains(pair), "trained", small.codes)["n"]) == [1, 1, 2]
    assert list(groups.by_group(gains.gains(pair), "trained", large.codes)["n"]) == [2, 2]
    copy = pairs.pair("both:copy", "both:small").records[0]  # of what stands in no part, the common part alone is known
    assert copy["decoding"] == {"num_beams": 1} and not {"model", "prompt", "training_languages"} & copy.keys()


def test_systems_that_are_but_named_take_nothing_from_a_record():
    save("mine", rows("system"), systems={"system": "a:b", "baseline": "c"}, model={"model": "abc"})
    assert provenance.of_system(storage.load("mine").record, "system") == storage.load("mine").record


def test_who_trained_on_flores_is_known_by_the_systems_name_or_the_model_of_its_run(tmp_path):
    save("mine", rows("m"))
    save("theirs", rows("mt0-xxl"))
    record = tmp_path / "mine/run.json"
    record.write_text(record.read_text().replace('"tokenize": "cldr"', '"tokenize": "cldr", "model": "x/bloomz"'))
    assert pairs.pair("mine", "theirs").trained_on_flores == ["mine", "theirs"]
