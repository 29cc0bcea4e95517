"""groups: means over languages as the paper takes them, always with n, an honest interval, and what is left out."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from llamax_kit.analysis import gains, groups
from llamax_kit.analysis.groups import averages
from llamax_kit.data.languages import all_languages, find
from llamax_kit.data.training_languages import trained_on_flores
from llamax_kit.reporting import plots
from llamax_kit.utils.errors import KitError, UnknownName


def table(directions: dict[str, float], baseline=10.0, verdict="gained") -> pd.DataFrame:
    """Gains from made-up scores: direction to gain."""
    sides = [direction.split("-") for direction in directions]
    scores = pd.DataFrame({
        "system": "a", "src": [src for src, _ in sides], "tgt": [tgt for _, tgt in sides], "metric": "spBLEU",
        "score": [baseline + gain for gain in directions.values()], "n": 1012, "signature": "sig",
    })  # fmt: skip
    found = gains.from_scores(scores, scores.assign(system="b", score=baseline))
    return found.assign(verdict=verdict)


def means(found: pd.DataFrame) -> dict:
    return {(row.direction, row.value): (row.gain, row.n) for row in found.itertuples()}


def test_every_language_counts_once_in_the_half_of_its_split_and_in_all():
    found = groups.by_group(table({"en-de": 4, "en-fr": 2, "en-sw": 9, "en-eus_Latn": 1}), "split")
    assert list(found.columns) == groups.COLUMNS
    assert means(found) == {("en-X", "high"): (3, 2), ("en-X", "low"): (9, 1), ("en-X", "all"): (4, 4)}
    assert list(found["baseline_score"]) == [10] * 3 and list(found["score"]) == [13, 19, 14]


def test_means_are_the_papers_averages_on_both_sides_of_every_pivot():
    codes = [language.code for language in all_languages() if language.trained][:30]
    draw = np.random.default_rng(1)
    pairs = [(pivot, code) for pivot in ("en", "de", "zh") for code in codes if code != pivot]
    given = table({f"{a}-{b}": draw.normal(5, 3) for a, b in {*pairs, *((b, a) for a, b in pairs)}})
    found = means(groups.by_group(given, "split"))
    theirs = averages(given)
    assert {direction for direction, _ in found} == set(theirs["direction"]) and len(theirs) == 6
    assert_equal(found, theirs)


def assert_equal(found: dict, theirs: pd.DataFrame) -> None:
    """Means of gains by the split are those of scores, less the baseline's 10, over as many languages."""
    assert {direction for direction, _ in found} == set(theirs["direction"])
    for row in theirs.itertuples():
        for half, n in (("low", row.n_low), ("high", row.n_high), ("all", row.n)):
            expected = (pytest.approx(getattr(row, half) - 10), n) if n else None
            assert found.get((row.direction, half)) == expected


PIVOTS = "en zh de ne ar az ceb".split()
TRAINED = [language.code for language in all_languages() if language.trained]
PAPER = [f"{a}-{b}" for a in TRAINED for b in TRAINED if a != b and (a in PIVOTS or b in PIVOTS)]
LOPSIDED = [*(f"en-{code}" for code in "de fr es it sw zu ja ko ru ar hi".split()), "de-sw", "fr-sw", "es-sw", "it-sw"]


@pytest.mark.parametrize(("directions", "some"), [
    (PAPER, {"X-zh": 101, "en-X": 101}),
    ([each for each in PAPER if each != "luo-zh"], {"X-zh": 100, "X-en": 101, "luo-X": None}),
    (LOPSIDED, {"X-sw": 5, "en-X": 11}),
    *(([PAPER[at] for at in np.random.default_rng(seed).choice(len(PAPER), 40 * (seed + 1), replace=False)], {})
      for seed in range(8)),
])  # fmt: skip
def test_a_missing_direction_leaves_the_two_kinds_of_mean_equal_and_nothing_vanishes(directions, some):
    draw = np.random.default_rng(1)
    given = table({each: draw.normal(5, 3) for each in directions})
    found = groups.by_group(given, "split")
    theirs = averages(given)
    several = found[found["direction"].isin(theirs["direction"])]  # of a single direction there is no average
    assert_equal(means(several), theirs)
    n = found[found["value"] == "all"].set_index("direction")["n"]
    assert (n.drop(theirs["direction"]) == 1).all()
    assert {name: n.get(name) for name in some} == some
    out, grouped = groups.left_out(given, "split"), groups.assign(given, "split")
    listed = {*zip(out["src"], out["tgt"], strict=True), *zip(grouped["src"], grouped["tgt"], strict=True)}
    assert listed == {tuple(each.split("-")) for each in directions}


def test_the_group_is_that_of_the_side_that_is_no_pivot():
    assigned = groups.assign(table({"en-sw": 1, "sw-en": 2, "en-de": 3, "de-en": 4}), "script")
    assert set(zip(assigned["direction"], assigned["language"], strict=True)) == {
        ("en-X", "sw"), ("en-X", "de"), ("X-en", "sw"), ("X-en", "de"),
    }  # fmt: skip


def test_among_five_languages_a_direction_stands_under_both_sides():
    five = "en de sw ja ru".split()
    assigned = groups.assign(table({f"{a}-{b}": 1 for a in five for b in five if a != b}), "family")
    assert len(assigned) == 40
    assert set(assigned[(assigned.src == "sw") & (assigned.tgt == "ja")]["direction"]) == {"sw-X", "X-ja"}


def test_a_single_direction_with_english_is_grouped_and_one_without_is_left_out_with_the_reason():
    assert means(groups.by_group(table({"sw-en": 7}), "split")) == {("X-en", "low"): (7, 1), ("X-en", "all"): (7, 1)}
    lonely = table({"sw-de": 7})
    assert len(groups.by_group(lonely, "split")) == 0
    (row,) = groups.left_out(lonely, "split").itertuples(index=False)
    assert row[:2] == ("sw", "de") and "no pivot" in row.why


@pytest.mark.parametrize(
    "group, values",
    [
        ("trained", {"de": "trained", "eus_Latn": "unseen"}),
        ("script", {"de": "Latn", "ru": "Cyrl"}),
        ("family", {"sw": "Niger–Congo", "eus_Latn": "Isolate"}),
        ("data", {"de": "4 M lines or more", "kea": "under 0.1 M lines", "ln": "0.1 to 1 M lines", "eus_Latn": ""}),
        ("split", {"de": "high", "zh": "low", "eus_Latn": ""}),
    ],
)
def test_groups_are_the_language_tables_facts(group, values):
    assigned = groups.assign(table({f"en-{code}": 1 for code in values}), group)
    assert dict(zip(assigned["language"], assigned["value"], strict=True)) == values


def test_bins_of_data_are_named_by_their_bounds_and_run_from_much_to_little():
    trained = [language.code for language in all_languages() if language.trained and language.code != "en"]
    given = table({f"en-{code}": 1 for code in trained})
    found = groups.by_group(given, "data")
    assert list(zip(found["value"], found["n"], strict=True)) == [
        ("4 M lines or more", 52), ("3 to 4 M lines", 25), ("1 to 3 M lines", 12), ("0.1 to 1 M lines", 7),
        ("under 0.1 M lines", 5), ("all", 101),
    ]  # fmt: skip
    small = groups.assign(given, "data").query("value == 'under 0.1 M lines'")["language"]
    assert all(find(code).para_lines < 100_000 for code in small)


def test_what_is_in_no_group_is_listed_with_the_reason_and_counts_in_all():
    given = table({"en-de": 1, "en-eus_Latn": 2, "en-fao_Latn": 3})
    out = groups.left_out(given, "split")
    assert list(out["tgt"]) == ["eus_Latn", "fao_Latn"] and out["why"].str.startswith("in neither half").all()
    assert len(groups.left_out(given, "trained")) == 0
    assert means(groups.by_group(given, "split"))["en-X", "all"] == (2, 3)


def test_the_interval_is_students_over_languages_and_needs_five_of_them():
    gained = dict(zip("en-de en-fr en-es en-ru en-el en-sw en-zu en-xh en-ln en-ja".split(), range(10), strict=True))
    gained["en-el"] = 9.0
    found = groups.by_group(table(gained), "family").set_index("value")
    theirs = stats.ttest_1samp([0, 1, 2, 3, 9.0], 0).confidence_interval(0.95)
    assert tuple(found.loc["Indo-European", ["ci_low", "ci_high"]]) == pytest.approx(tuple(theirs))
    for small in ("Niger–Congo", "Japonic"):
        assert found.loc[small, ["ci_low", "ci_high"]].isna().all()
    assert (found.loc["Japonic", "gain"], found.loc["Japonic", "n"]) == (9, 1)
    assert found.loc["Niger–Congo", "n"] == 4


def test_verdicts_are_counted():
    given = table({"en-de": 1, "en-fr": -2, "en-es": 0.1}, verdict=["gained", "lost", "not shown to differ"])
    row = groups.by_group(given, "split").iloc[0]
    assert (row.gained, row.lost, row.unclear, row.least, row.most) == (1, 1, 1, -2, 1)


def test_two_comparisons_or_a_missing_gain_have_no_mean():
    given = table({"en-de": 1, "en-fr": 2})
    with pytest.raises(KitError, match="2 .*system.*a, c.*average"):
        groups.by_group(pd.concat([given, given.assign(system="c")]), "split")
    with pytest.raises(KitError, match="NaN.*leave out"):
        groups.by_group(given.assign(gain=[1, float("nan")]), "split")
    with pytest.raises(UnknownName, match="'scripts'.*split, trained, relatedness, .*, data"):
        groups.by_group(given, "scripts")


def test_who_trained_on_flores_is_known_by_name_and_their_english_only_variants_are_not():
    known = ["bigscience/bloomz-7b1-mt", "mT0-13B", "my_run:bloomz", "mt0_xxl", "bigscience/mt0-xl@a1b2c3"]
    others = ["bloomz-7b1-p3", "bigscience/mt0-xxl-p3", "bloom-7b1", "mt5-xxl", "LLaMAX2-7B-Alpaca", "Aya-101", "copy"]
    assert all(map(trained_on_flores, known))
    assert not any(map(trained_on_flores, others))


def test_unseen_languages_part_by_whether_a_relative_was_trained():
    given = table({"en-pt": 9, "en-gl": 4, "en-ast": 2, "en-eus_Latn": 1, "en-ka": -1})
    found = groups.by_group(given, "relatedness", ["en", "pt"]).set_index("value")
    assert list(found.index) == ["trained", "unseen, related", "unseen, unrelated", "all"]
    assert found.gain.tolist() == [9, 3, 0, 3]
    assert found.n.tolist() == [1, 2, 2, 5]


def own(folder, text):
    (folder / "sizes.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder / "sizes.csv")


def test_groups_of_ones_own_have_n_and_list_what_they_leave_out(tmp_path):
    path = own(tmp_path, "code,group\ndeu_Latn,small\nsw,big\nFrench,small\nja,big\n")
    given = table({"en-de": 4, "en-fr": 2, "en-sw": 9, "en-eus_Latn": 1})
    found = groups.by_group(given, path)
    assert means(found) == {("en-X", "small"): (3, 2), ("en-X", "big"): (9, 1), ("en-X", "all"): (4, 4)}
    assert set(found["group"]) == {"sizes"} == {groups.called(path)} and groups.called("split") == "split"
    out = groups.left_out(given, path)
    assert list(zip(out["tgt"], out["why"], strict=True)) == [("eus_Latn", "sizes.csv does not name it")]
    digest = hashlib.sha256((tmp_path / "sizes.csv").read_bytes()).hexdigest()
    assert groups.facts(path) == {"grouping": {"file": "sizes.csv", "sha256": digest}} and not groups.facts("split")
    assert "big" in plots.by_group(groups.assign(given, path), Figure().subplots())


@pytest.mark.parametrize("text", [
    b"\xef\xbb\xbfgroup,code\r\nsmall,de\r\n\"big, or so\",sw\r\n", "code,group\nDE, small \nswh,\"big, or so\"\n",
])  # fmt: skip
def test_groups_are_read_as_spreadsheets_write_them(tmp_path, text):
    assigned = groups.assign(table({"en-de": 1, "en-sw": 2}), own(tmp_path, text))
    assert dict(zip(assigned["language"], assigned["value"], strict=True)) == {"de": "small", "sw": "big, or so"}


@pytest.mark.parametrize(("text", "message"), [
    ("language,size\nde,small\n", "sizes.csv: expected the columns code and group.*'language', 'size' and 1 rows"),
    ("code;group\nde;small\n", "found the columns 'code;group'"),
    ("code,group\n", "a row for each language.*0 rows"),
    ("", "found the columns none"),
    ("code,group\nde,small\nxx,big\n", "row 3: unknown language 'xx'"),
    ("code,group\nde,small\ndeu_Latn,big\n", r"row 3: German \(deu_Latn\) is there twice, in 'small' and in 'big'"),
    ("code,group\nde,\n", "row 2: expected a code and its group"),
    ("code,group\nde\n", "row 2: expected a code and its group"),
    ("code,group\nde,all\n", "row 2.*not 'all'"),
    ("code,group\nde,small,other\n", "row 2: expected a code"),
    (b"code,group\nde,caf\xe9\n", "cannot be read as CSV.*utf-8"),
])  # fmt: skip
def test_groups_that_are_not_said_are_refused_with_the_row(tmp_path, text, message):
    for use in (groups.check, lambda path: groups.left_out(table({"en-de": 1}), path)):
        with pytest.raises(KitError, match=message):
            use(own(tmp_path, text))


def test_a_file_of_groups_that_is_not_there_is_an_unknown_grouping(tmp_path):
    with pytest.raises(UnknownName, match="unknown grouping .*size.csv.*family.*or a CSV file with the columns code"):
        groups.check(str(tmp_path / "size.csv"))
