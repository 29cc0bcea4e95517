"""Algorithm 1: which records come, how many and in which direction; what must never come; the same on every machine."""

import hashlib
import tracemalloc
from collections import Counter

import pytest

from llamax_kit.data import languages
from llamax_kit.training.corpus import mixture, pairs
from llamax_kit.training.corpus.dictionaries import Entry, Lexicon
from llamax_kit.training.corpus.mixture import Record, named, records, table
from llamax_kit.utils.errors import KitError, UnknownName


def lines(path, texts):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def pair(folder, one, other, count):
    """Lines such as "3 house en" beside "3 house lo", whose second word the dictionaries know."""
    for code in (one, other):
        lines(folder / "pairs" / f"{one}-{other}.{code}", (f"{at} house {code}-{one}-{other}" for at in range(count)))


@pytest.fixture
def place(tmp_path):
    """English and German (both high) with 40 lines, Lao with 10 of either, Swahili with 200; and Wolof, unasked for."""
    for code in ("en", "de", "lo", "sw", "wo"):
        lines(tmp_path / "mono" / f"{code}.txt", (f"{code} {at}" for at in range(5)))
    pair(tmp_path, "en", "de", 40)
    pair(tmp_path, "lo", "en", 10)
    pair(tmp_path, "de", "lo", 10)
    pair(tmp_path, "en", "sw", 200)
    pair(tmp_path, "en", "wo", 10)
    for code in ("de", "lo", "sw", "wo"):
        lines(tmp_path / "dictionaries" / f"en-{code}.txt", ["house house", f"house {code}-house"])
    return tmp_path


CODES = "en de lo sw"


def of(found, *codes):
    return [each for each in found if {each.src, each.tgt} == set(codes)]


def kinds(found):
    return Counter(each.kind for each in found)


def test_the_papers_figures_are_the_defaults():
    assert (mixture.THRESHOLD, mixture.REPEAT) == (25_000, 3)
    assert sum(each.split == "high" for each in languages.all_languages()) == 26


def test_each_language_gives_its_lines_together_and_in_order(place):
    found = list(records(place, CODES, parallel="none"))
    assert found[:2] == [Record("mono", "en", "", "", "en 0"), Record("mono", "en", "", "", "en 1")]
    assert [each.text for each in found] == [f"{code} {at}" for code in CODES.split() for at in range(5)]
    assert [each.text for each in records(place, "sw en", parallel="none", mono=2)] == ["sw 0", "sw 1", "en 0", "en 1"]


def test_pairs_are_connected_by_one_space_with_a_loss_on_all_of_it(place):
    found = of(records(place, CODES, threshold=0), "en", "sw")
    assert len(found) == 200
    for at, each in enumerate(found):
        assert each[:1] + each[3:] == ("pair", "", f"{at} house {each.src}-en-sw {at} house {each.tgt}-en-sw")


def test_split_pairs_are_two_texts(place):
    found = [each for each in records(place, CODES, parallel="split", threshold=0) if each.kind == "pair"]
    assert len(found) == 2 * (40 + 10 + 10 + 200)
    assert {each.tgt for each in found} == {""} == {each.given for each in found}
    assert all(each.text.endswith(("-en-de", "-de-lo", "-lo-en", "-en-sw")) for each in found)
    assert all(f"house {each.src}-" in each.text and each.text.count("house") == 1 for each in found)


def test_each_line_goes_either_way_with_probability_one_half_and_never_both():
    drawn = list(pairs.directed(("en", "sw"), (("a", "b") for _ in range(40_000)), pairs.generator(1, "en", "sw")))
    forth = sum(each.src == "en" for each in drawn)
    assert forth == pytest.approx(20_000, abs=4 * (40_000 / 4) ** 0.5)  # four standard errors
    runs = sum(one.src != other.src for one, other in zip(drawn, drawn[1:], strict=False))
    assert runs == pytest.approx(20_000, abs=4 * (40_000 / 4) ** 0.5)  # and no line's tells the next one's
    assert {each for each in drawn} == {("en", "sw", "a", "b", False), ("sw", "en", "b", "a", False)}


def test_in_one_epoch_no_line_goes_both_ways_and_over_epochs_each_does(place):
    ways: dict[int, set] = {}
    for seed in range(12):
        once: dict[tuple, set] = {}
        for each in records(place, CODES, threshold=50, seed=seed):
            if each.kind != "mono":
                at = (each.given or each.text).split(" ")[0]
                once.setdefault((at, *sorted((each.src, each.tgt))), set()).add((each.src, each.tgt))
        assert {len(ways) for ways in once.values()} == {1}
        for key, way in once.items():
            ways.setdefault(key, set()).update(way)
    assert sum(len(way) == 2 for way in ways.values()) >= 258  # of 260, each missing with probability 1 in 2,048


def test_small_pairs_are_repeated_then_filled_up_to_the_threshold_but_between_high_ones_only_repeated(place):
    found = list(records(place, CODES, threshold=150))
    assert kinds(of(found, "en", "lo")) == {"pair": 30, "augmented": 120}
    assert kinds(of(found, "de", "lo")) == {"pair": 30, "augmented": 120}
    assert kinds(of(found, "de", "en")) == {"pair": 120}
    assert kinds(of(found, "en", "sw")) == {"pair": 200}
    assert set(Counter(each.text for each in of(found, "de", "en")).values()) == {3}
    found = list(records(place, CODES, threshold=150, high="", repeat=1))
    assert kinds(of(found, "de", "en")) == {"pair": 40, "augmented": 110}
    assert kinds(records(place, CODES, threshold=150, augment=False)) == {"mono": 20, "pair": 30 + 30 + 120 + 200}


@pytest.mark.parametrize(
    ("size", "repeat", "lack"),
    [(24_999, 3, 0), (8_334, 3, 0), (8_333, 3, 1), (1, 3, 24_997), (24_999, 1, 1), (25_000, 1, 0), (40_000, 1, 0)],
)
def test_what_a_pair_lacks_of_the_papers_threshold(size, repeat, lack):
    assert pairs.missing({("lo", "wo"): size}, 25_000, repeat=repeat).get(("lo", "wo"), 0) == lack
    assert pairs.missing({("lo", "wo"): size}, 25_000, repeat=repeat, high={"lo"}).get(("lo", "wo"), 0) == lack
    assert pairs.missing({("lo", "wo"): size}, 25_000, repeat=repeat, high={"lo", "wo"}) == {}


def test_switched_lines_change_the_source_and_keep_the_target_and_its_language(place):
    found = [each for each in records(place, CODES, threshold=150) if each.kind == "augmented"]
    plain = {each.text for each in records(place, CODES, threshold=0)}
    for each in found:
        at, word, end = each.given.split(" ")
        assert word in {"house", "de-house", "lo-house", "sw-house"} - {f"{each.src}-house"}
        assert f"{at} house {end} {each.text}" in plain and end.startswith(each.src) and f" {each.tgt}-" in each.text
    assert len({each.given for each in of(found, "en", "lo")}) > 20  # switched anew each time: there are 10 lines


def test_without_english_among_its_languages_no_english_word_is_switched_in(place):
    for code in ("de", "lo"):  # the English word of an entry is spelt as none of the others
        lines(place / "dictionaries" / f"en-{code}.txt", ["dwelling house", f"dwelling {code}-house"])
    found = [each for each in records(place, "de lo", threshold=150) if each.kind == "augmented"]
    assert {(each.src, each.given.split(" ")[1]) for each in found} == {("de", "lo-house"), ("lo", "de-house")}
    found = [each for each in records(place, CODES, threshold=150) if each.kind == "augmented"]
    assert {"dwelling", "lo-house"} <= {each.given.split(" ")[1] for each in of(found, "de", "lo")}


def test_a_pair_at_the_threshold_is_no_small_one(place):
    counts = [kinds(of(records(place, "en de", threshold=lines), "de", "en"))["pair"] for lines in (39, 40, 41)]
    assert counts == [40, 40, 120]


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 1, 1), (0.5, 1, 6), (1.0, 6, 6)])
def test_the_share_of_words_switched_is_that_of_the_records(place, share, least, most):
    for code in ("lo", "en"):
        lines(place / "pairs" / f"lo-en.{code}", [f"{at} {' '.join(['house'] * 6)}" for at in range(10)])
    found = [each for each in records(place, "en lo", threshold=150, share=share) if each.kind == "augmented"]
    changed = Counter(sum(word != "house" for word in each.given.split(" ")[1:]) for each in found)
    assert changed.total() == 120 and (min(changed), max(changed)) == (least, most)


def test_a_pair_without_any_known_word_is_left_unfilled():
    drawn = [pairs.Line("en", "lo", "One House", "x"), pairs.Line("lo", "en", "y", "two")] * 3
    lexicon = Lexicon({Entry("house", "en"): ["house"]}, {"house": [Entry("house", "en"), Entry("haus", "de")]})
    found = list(pairs.switched(drawn, 8, lexicon, 0.5, pairs.generator(1)))
    assert found == [("en", "lo", "one haus", "x", True)] * 8
    assert list(pairs.switched(drawn[1::2], 8, lexicon, 0.5, pairs.generator(1))) == []


def test_held_out_languages_occur_nowhere_even_where_the_folder_has_them(place):
    found = list(records(place, CODES, held_out="wo", threshold=500))
    assert kinds(found)["augmented"] > 900
    assert "wo" not in {code for each in found for code in (each.src, each.tgt)}
    assert not [each for each in found if "wo" in each.given + each.text]
    everything = list(records(place, f"{CODES} wo", threshold=500))  # where it is not held out it does occur
    assert any("wo-house" in each.given for each in of(everything, "en", "lo"))


def test_a_language_in_the_mixture_and_held_out_is_refused(place):
    with pytest.raises(
        KitError, match=r"Swahili \(sw\) is in both\. To mend: take sw out of languages or out of held_out"
    ):
        records(place, CODES, held_out=["swh_Latn", "wo"])
    with pytest.raises(KitError, match=r"German \(de\) is in both, and so are 1 more\. To mend: take de sw out"):
        records(place, CODES, held_out="de, sw")


def test_names_stand_before_pairs_and_before_switched_sources(place):
    assert (named("sw"), named("eng", "swh")) == ("Swahili: ", "from English to Swahili.\n")
    for way, kind in (("connected", "pair"), ("split", "pair"), ("connected", "augmented")):
        bare = [each for each in records(place, CODES, parallel=way, threshold=50) if each.kind == kind]
        with_names = [
            each for each in records(place, CODES, parallel=way, threshold=50, names=True) if each.kind == kind
        ]
        for one, other in zip(bare, with_names, strict=True):
            place_of = "given" if kind == "augmented" else "text"
            assert other == one._replace(**{place_of: named(one.src, one.tgt) + getattr(one, place_of)})
    mono = records(place, CODES, parallel="none", names=True)
    assert list(mono) == list(records(place, CODES, parallel="none"))  # blocks have their names from whoever makes them


def test_the_same_seed_gives_the_same_records_on_every_machine(place):
    digest = hashlib.sha256("\n".join(map(repr, records(place, CODES, threshold=150, names=True))).encode()).hexdigest()
    assert digest[:16] == "95edab9b42917be3"
    assert list(records(place, CODES, threshold=150)) != list(records(place, CODES, threshold=150, seed=2))


def test_neither_other_pairs_nor_the_order_of_codes_in_names_change_a_pairs_draws(place):
    before = of(records(place, CODES, threshold=0), "en", "sw")
    assert of(records(place, "sw en", threshold=0), "en", "sw") == before
    for code in ("en", "sw"):
        (place / f"pairs/en-sw.{code}").rename(place / f"pairs/sw-en.{code}")
    assert of(records(place, CODES, threshold=0), "en", "sw") == before


def test_only_so_many_lines_of_each_pair_and_its_size_is_what_is_left(place):
    found = list(records(place, CODES, threshold=100, pairs=20, repeat=2))
    assert kinds(of(found, "en", "sw")) == {"pair": 40, "augmented": 60}
    assert kinds(of(found, "en", "lo")) == {"pair": 20, "augmented": 80}
    assert {each.text.split(" ")[0] for each in of(found, "en", "sw")} == {str(at) for at in range(20)}


def test_a_large_pair_and_a_language_are_streamed(tmp_path):
    for name in ("mono/en.txt", "pairs/en-sw.en", "pairs/en-sw.sw"):
        lines(tmp_path / name, ("x" * 1_000 for _ in range(30_000)))  # 30 MB each
    tracemalloc.start()
    count = sum(1 for _ in records(tmp_path, "en sw"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_000 and peak < 2_000_000  # bytes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda place: lines(place / "pairs/lo-en.lo", ["x"] * 9),
            r"lo-en\.en has 10 and .*lo-en\.lo has 9: they are no",
        ),
        (lambda place: lines(place / "mono/sw.txt", []), r"sw\.txt holds no text"),
        (lambda place: lines(place / "mono/lo.txt", ["", " "]), r"lo\.txt holds no text"),
        (lambda place: lines(place / "dictionaries/en-lo.txt", ["x"]), r"in line 1 of .*en-lo\.txt, but found 'x'"),
    ],
    ids=["shifted", "empty", "blank", "dictionary"],
)
def test_bad_texts_are_refused_before_the_first_record(place, change, message):
    change(place)
    with pytest.raises(KitError, match=message):
        records(place, CODES)


def test_small_pairs_without_dictionaries_are_refused_unless_augment_is_off(place):
    for path in (place / "dictionaries").iterdir():
        path.unlink()
    message = (
        r"expected dictionaries in .*dictionaries to fill 2 small pairs up to 300 lines, the first de-lo.*augment to F"
    )
    with pytest.raises(KitError, match=message):
        records(place, CODES, threshold=300)
    assert kinds(records(place, CODES, threshold=300, augment=False))["augmented"] == 0
    assert len(list(records(place, "en de", threshold=300))) == 10 + 120  # between high ones none is asked for


def test_a_language_without_data_and_arguments_out_of_bounds_are_refused(place):
    with pytest.raises(KitError, match=r"no text of French \(fr\), a language of the mixture"):
        records(place, "en fr")
    with pytest.raises(KitError, match="expected languages of the mixture, but there is none"):
        records(place, " ")
    with pytest.raises(UnknownName, match="unknown way of pairs 'conected'. One of: connected, split, none"):
        records(place, CODES, parallel="conected")
    for wrong in ({"repeat": 0}, {"threshold": -1}, {"mono": -1}, {"pairs": -1}, {"share": 1.5}):
        ((name, value),) = wrong.items()
        with pytest.raises(KitError, match=f"expected repeat from 1.* but got .*{name} {value}[,.]"):
            records(place, CODES, **wrong)


def test_the_table_counts_as_the_papers(place):
    found = table(records(place, CODES, threshold=150)).set_index("code")
    assert list(found.index) == ["de", "en", "lo", "sw"]
    assert found.loc["lo"].to_dict() == {
        "name": "Lao", "mono": 5, "pairs": 60, "directions": 2, "augmented": 240, "instructions": 0, "n": 305,
    }  # fmt: skip
    assert found.loc["en", ["pairs", "directions", "augmented", "n"]].tolist() == [350, 3, 120, 475]
    assert found["pairs"].sum() == 2 * (30 + 30 + 120 + 200)  # each pair counts for both its languages
    assert found["directions"].sum() == 2 * 4  # twice the pairs, as the paper's 9,474 are twice 4,737


def test_split_texts_and_instructions_are_counted_too(place):
    split = table(records(place, CODES, parallel="split", threshold=0)).set_index("code")
    assert split["pairs"].to_dict() == {"de": 50, "en": 250, "lo": 20, "sw": 200} and split["directions"].sum() == 0
    told = [Record("instruction", "en", "sw", "x", "y"), Record("instruction", "", "", "x", "y")]
    found = table(told)
    assert found["code"].tolist() == ["en", "sw", ""]
    assert found["instructions"].tolist() == [1, 1, 1] == found["n"].tolist() and found["directions"].sum() == 0
    assert list(table([]).columns) == list(found.columns)
