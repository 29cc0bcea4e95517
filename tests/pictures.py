"""Inputs of every kind for every picture: one direction and a hundred, short names and names of forty letters."""

from functools import partial

import pandas as pd

from llamax_kit.analysis import groups
from llamax_kit.data import languages, relatedness
from llamax_kit.paper import plots as paper_plots
from llamax_kit.paper import tables
from llamax_kit.reporting import plots
from llamax_kit.scoring.corrections import GAINED, LOST, UNCLEAR

CODES = [each.code for each in languages.all_languages() if each.code != "en"]
SHORT = "mine", "theirs", "other"
LONG = ("a_system_with_a_name_of_forty_letters_aa", "another-one-with-as-many-as-forty-bbbbbb",
        "run_of_the_third:and_its_system_of_forty")  # fmt: skip
BOTH = [pair for code in CODES[:101] for pair in (("en", code), (code, "en"))]
PIVOTS = [pair for code in CODES[:101] for pivot in ("en", "de", "sw", "zh", "fr", "es", "ar") if pivot != code
          for pair in ((pivot, code), (code, pivot))]  # fmt: skip


def out_of_english(count: int) -> list[tuple[str, str]]:
    return [("en", code) for code in CODES[:count]]


def many_to_many(count: int) -> list[tuple[str, str]]:
    return [(one, other) for one in CODES[:count] for other in CODES[:count] if one != other]


def scores(pairs, names=SHORT, count=1) -> pd.DataFrame:
    rows = [(name, *pair, "spBLEU", 40 - at % 37 + place, 1012)
            for place, name in enumerate(names[:count]) for at, pair in enumerate(pairs)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["system", "src", "tgt", "metric", "score", "n"])
    return table.assign(ci_low=table["score"] - 1, ci_high=table["score"] + 1, signature="sig")


def shares(pairs, names=SHORT, count=1) -> pd.DataFrame:
    table = scores(pairs, names, count)[["system", "src", "tgt", "n"]]
    at = pd.Series(range(len(table))) % 21 / 20
    return table.assign(empty=at, copy=0.01, length=1 - at, other_script=at**2, reasoning=0)


def gains(pairs, names=SHORT) -> pd.DataFrame:
    at = pd.Series(range(len(pairs)))
    gain = 13.4 - (at * 7 % 52) / 2
    verdict = [UNCLEAR if place % 3 == 0 else GAINED if each > 0 else LOST for place, each in enumerate(gain)]
    return pd.DataFrame(pairs, columns=["src", "tgt"]).assign(
        system=names[0], baseline=names[1], metric="spBLEU", gain=gain, ci_low=gain - 1, ci_high=gain + 1, n=1012,
        verdict=verdict, score=30 + gain, baseline_score=30.0, signature="sig", p=0.01,
    )  # fmt: skip


def unseen(count: int, names=SHORT) -> pd.DataFrame:
    table = gains(out_of_english(count), names).assign(language=lambda rows: rows["tgt"], direction="en-X")
    known = relatedness.relatedness(list(table["language"])).rename(columns={"code": "language"})
    known["relatedness"] = known["relatedness"].astype(pd.CategoricalDtype(relatedness.KINDS, ordered=True))
    at = pd.Series(range(count), dtype=float)
    described = known.assign(unit="word", relative_to_english=1.2 + at * 5 % 17 / 8, tokens_per_word=2 + at)
    described["script"] = [languages.find(each).script for each in described["language"]]
    return table.merge(described, on="language")


def power(sizes: int) -> pd.DataFrame:
    rows = [(100 * 2**at, gain, min(1, 0.05 + gain * (at + 1) / 6)) for at in range(sizes) for gain in (0, 1, 2, 4)]
    return pd.DataFrame(rows, columns=["n", "gain", "power"]).assign(trials=200, directions=101, src="en", tgt="sw",
                                                                     metric="spBLEU")  # fmt: skip


def log(names) -> pd.DataFrame:
    rows = [(name, 1e5 * (at + 1), 6 / (at + 1) + 1) for name in names for at in range(60)]
    return pd.DataFrame(rows, columns=["stage", "tokens", "loss"])


def bits(count: int, names) -> pd.DataFrame:
    at = pd.Series(range(count), dtype=float)
    kinds = [("pre-trained", "added", "held out")[place % 3] for place in range(count)]
    return pd.DataFrame({"language": CODES[:count], names[0]: 2 + at * 7 % 11 / 4, names[1]: 1 + at * 3 % 7 / 3,
                         "group": kinds, "trained": [each != "held out" for each in kinds]})  # fmt: skip


def means(pairs: int) -> pd.DataFrame:
    rows = [(value, f"{way}-X", 50, 30.0 + at, 4.0, 26.0 + at, 25.0 + at, 27.0 + at)
            for at, way in enumerate(CODES[:pairs]) for value in ("trained", "unseen")]  # fmt: skip
    columns = ["value", "direction", "n", "score", "baseline_score", "gain", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def changes(count: int, names) -> pd.DataFrame:
    at = pd.Series(range(count), dtype=float)
    return pd.DataFrame({"label": [f"{code}-X, unseen" for code in CODES[:count]], names[0]: 9 + at, names[1]: 20 - at})


def table3(directions: int, names) -> pd.DataFrame:
    ways = [way for pivot in CODES[: (directions + 1) // 2] for way in (f"{pivot}-X", f"X-{pivot}")][:directions]
    rows = [(name, way, "spBLEU", 34.5 - 11 * at, 101 - at) for at, name in enumerate(names) for way in ways]
    return pd.DataFrame(rows, columns=["system", "direction", "metric", "score", "partners"])


def dots(names) -> pd.DataFrame:
    rows = [(name, language, 100 - 40 * at, 5 + 30 * at) for at, name in enumerate(names) for language in ("en", "ar")]
    return pd.DataFrame(rows, columns=["system", "language", "from_it", "into_it"])


def strips(names, count: int) -> pd.DataFrame:
    rows = [(name, name, 30.0 - at % 30, at % 5 > 0) for name in names for at in range(count)]
    return pd.DataFrame(rows, columns=["label", "system", "value", "counted"])


def beside(pairs) -> pd.DataFrame:
    both = pd.concat([scores(pairs).assign(reading=reading) for reading in ("clean", "paper")])
    return both.assign(authors=25.0, difference=both["score"] - 25)


def systems3() -> pd.DataFrame:
    table = tables.table("table3", False)
    return table[table["metric"] == "spBLEU"].assign(score=lambda rows: rows["value"])


def square(count: int) -> pd.DataFrame:
    rows = [(a, b, (i - j) * 1.37) for i, a in enumerate(CODES[:count]) for j, b in enumerate(CODES[:count]) if a != b]
    return pd.DataFrame(rows, columns=["src", "tgt", "gap"])


def drawings() -> dict:
    """Return a function of axes for each picture: it draws, and returns the alt text."""
    shown = {}
    for size, names, kind in ((1, SHORT, ""), (8, LONG, "_long"), (40, LONG, "_long"), (101, SHORT, "")):
        for name, drawing in _of_directions(size, names).items():
            shown[f"{name}_{size}{kind}"] = drawing
    for size, names, kind in ((1, SHORT, ""), (3, LONG, "_long")):
        for name, drawing in _others(size, names).items():
            shown[f"{name}_{size}{kind}"] = drawing
    for size in (3, 16, 24, 101):
        shown[f"heatmap_square_{size}"] = partial(plots.heatmap, gains(many_to_many(size)))
    return shown | {
        "heatmap_both_ways": partial(plots.heatmap, gains(BOTH, LONG)),
        "heatmap_pivots": partial(plots.heatmap, gains(PIVOTS)),
        "table3_printed": lambda ax: paper_plots.systems(systems3(), ax, "Table 3, as printed"),
        "differences_7": lambda ax: paper_plots.differences(square(7), ax, "gap", title="Figure 6"),
    }


def _of_directions(count: int, names) -> dict:
    pairs, compared = out_of_english(count), f"{names[0]} over {names[1]}"
    one, grouped = gains(pairs, names), groups.assign(gains(pairs, names), "family")
    return {
        "scores": partial(plots.scores, scores(pairs, names)),
        "scores_3_systems": partial(plots.scores, scores(pairs, names, 3)),
        "shares": partial(plots.shares, shares(pairs, names)),
        "shares_3_systems": partial(plots.shares, shares(pairs, names, 3)),
        "gains": partial(plots.gains, one),
        "gains_family": partial(plots.gains, grouped),
        "heatmap": partial(plots.heatmap, one),
        "by_group": partial(plots.by_group, grouped),
        "significance": lambda ax: plots.significance(groups.by_group(one, "family"), ax, compared),
        "by_relatedness": lambda ax: plots.languages_by_group(unseen(count, names), ax, "relatedness"),
        "by_script": lambda ax: plots.languages_by_group(unseen(count, names), ax, "script"),
        "by_fertility": lambda ax: plots.languages_by_fertility(unseen(count, names), ax),
        "before_after": lambda ax: plots.before_after(bits(count, names), ax, *names[:2], unit="bits per byte"),
        "beside": lambda ax: paper_plots.beside(beside(pairs), ax, names[0], theirs=names[1]),
    }


def _others(count: int, names) -> dict:
    compared, some = f"{names[0]} over {names[1]}", names[:count]
    return {
        "power": lambda ax: plots.power(power(count), ax, compared),
        "figure4": lambda ax: plots.beside_figure4(means(count), ax, means(2), compared),
        "change": lambda ax: paper_plots.change(changes(count**2, names), ax, *names[:2], title="Figure 4, as printed"),
        "curves": lambda ax: plots.curves(log(some), ax),
        "table3": lambda ax: paper_plots.systems(table3(2 * count, some), ax, names[0]),
        "counts": lambda ax: paper_plots.counts(dots(some), ax),
        "strips": lambda ax: paper_plots.strips(strips(some, 9), ax, "value", title=compared, unit="spBLEU"),
    }
