"""A run of yours beside the authors' released scores: by direction, as rows of Table 3, and what determines the scores.

Mine is scored again, from the run's translations, with the tokenizer of the paper, whatever the run itself used; twice,
as the kit reads an answer ("clean") and as the authors' scorer would have read it ("paper"). Theirs are figures of two
decimals without sentences, so there is no paired test. The interval is that of my score. It is no test of a difference:
both answered the same sentences, so the choice of sentences does not explain it. Translates nothing.
"""

from typing import TYPE_CHECKING

from llamax_kit.analysis import groups
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.paper import own_answers, printed, release
from llamax_kit.paper.authors_scorer import paper_extraction
from llamax_kit.paper.own_answers import beside as answers_beside
from llamax_kit.paper.own_answers import means as mean_accuracies
from llamax_kit.paper.own_answers import named as named_answers
from llamax_kit.paper.own_answers import task as task
from llamax_kit.runs import storage
from llamax_kit.runs.storage import SavedSystem
from llamax_kit.scoring import spbleu
from llamax_kit.tasks import prompts
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["answers_beside", "as_printed", "beside", "check", "check_name", "load", "mean_accuracies", "named",
           "named_answers", "of_mine", "on_flores", "protocol", "table3", "task"]  # fmt: skip
TOKENIZE, SENTENCES, RELEASE = "flores101", 1012, "FLORES-101 devtest"
OTHERS = ("flores200", "flores_plus")  # the same sentences, but corrected: shown, and marked
PIVOTS = ("en", "zh", "de", "ne", "ar", "az", "ceb")
TABLE_3 = [*(f"{pivot}-X" for pivot in PIVOTS), *(f"X-{pivot}" for pivot in PIVOTS)]
NOT_SAID = "not recorded"
PAPER = read_decoding("paper")._asdict()
PLAN = "{num_beams} beam(s), {max_new_tokens} new tokens"


def load(mine: str) -> SavedSystem:
    """Read a system of a run by "run" (its only system besides "copy") or "run:system"; "name=…" is how it is shown.

    Raises UnknownName for a run or system, KitError for a run without translations or one that holds several systems,
    for the name of one of theirs, and as `check` does.
    """
    shown, (name, _) = storage.named(mine)[0], storage.parted(mine)
    check_name(shown)
    own = storage.system(mine)
    check(name, own.run.record)
    return own._replace(name=shown or f"{name}:{own.own}")


def check_name(name: str) -> None:
    """Raise KitError where mine would be shown by the name of a system of the paper or of the release."""
    tables = printed.table("table3"), printed.table("figure3")
    if name.rstrip("*") in {*release.systems(), *(each for table in tables for each in table["system"])}:
        raise KitError(
            f"{name!r} is a system of the authors', so mine cannot be shown by that name. "
            f"To mend: write another before the sign =, as in {name}, mine=run:system"
        )


def beside(mine: SavedSystem, theirs: str) -> "DataFrame":
    """Compare mine with the authors' figures, two rows for each direction of both: reading "clean", then "paper".

    Columns: src, tgt, reading, n, score, ci_low, ci_high (mine, spBLEU points, 95 % interval), authors (theirs),
    difference, ci_low_difference, ci_high_difference (score and both ends less theirs), inside (theirs lies between the
    ends; missing below 10 sentences, which have no interval), comparable ("yes", or why not), signature.
    `attrs["left_out"]` lists my directions for which they have no figure.

    Raises UnknownName for a system that is not in the release, KitError for no shared direction or no release.
    """
    import pandas as pd

    figures = _figures(theirs)
    asked = list(dict.fromkeys(zip(mine.translations["src"], mine.translations["tgt"], strict=True)))
    shared = [pair for pair in asked if pair in figures.index]
    if not shared:
        raise KitError(
            f"{mine.name} and {theirs} share no direction: the run has {_listed(asked)}, and the authors released "
            f"only those from and into {', '.join(_pivots(figures))}. To mend: translate from or into one of these"
        )
    rows = pd.concat([_read(mine.translations, pair) for pair in shared], ignore_index=True)
    table = spbleu.score_table(rows, TOKENIZE, metrics="spBLEU").rename(columns={"system": "reading"})
    table["authors"] = [figures[pair] for pair in zip(table["src"], table["tgt"], strict=True)]
    differences = {"difference": "score", "ci_low_difference": "ci_low", "ci_high_difference": "ci_high"}
    table = table.assign(**{name: table[column] - table["authors"] for name, column in differences.items()})
    inside = table["authors"].between(table["ci_low"].round(2), table["ci_high"].round(2))
    known = table["ci_low"].notna()
    table["inside"] = inside if known.all() else inside.astype("boolean").where(known)
    table["comparable"] = [_comparable(mine.record["corpus"], n) for n in table["n"]]
    table = table[["src", "tgt", "reading", "n", "score", "ci_low", "ci_high", "authors", *differences, "inside",
                   "comparable", "signature"]]  # fmt: skip
    table.attrs["left_out"] = [f"{src}-{tgt}" for src, tgt in asked if (src, tgt) not in figures.index]
    return table


def named(mine: SavedSystem, table: "DataFrame", reading: str = "") -> str:
    """Return the name of mine with what forbids a comparison: "05_gpt:gpt (clean; FLORES-200, not comparable)".

    table: what `beside` returned, which tells whether mine is on all of their sentences; if so, nothing is added.
    """
    n = sorted({*table["n"]})
    counts = "–".join(f"{each:,}" for each in dict.fromkeys((n[0], n[-1])))
    marks = [mine.record["corpus"]["release"].replace(" devtest", "")] * (mine.record["corpus"]["name"] != "flores101")
    marks += [f"{counts} of {SENTENCES:,} sentences"] * (n != [SENTENCES])
    said = "; ".join(filter(None, [reading, ", ".join([*marks, "not comparable"] if marks else [])]))
    return f"{mine.name} ({said})" if said else mine.name


def table3(mine: SavedSystem, table: "DataFrame") -> "DataFrame":
    """Average as Table 3 does, every system of the release and mine over the very languages that mine was run on.

    A row a system and direction ("en-X", …): system, direction, metric, score, partners (languages in the mean),
    comparable (False: mine is not on the authors' sentences, or not on all of them, and its name says so). Systems
    come as in Table 3, mine last and twice, in the clean and the paper reading. A mean needs two languages, and one of
    the table's seven pivots: other directions have no row.
    """
    import pandas as pd

    same = table[table["reading"] == "clean"][["src", "tgt"]]
    theirs = release.scores("spBLEU").drop_duplicates(["system", "src", "tgt"]).merge(same, on=["src", "tgt"])
    names = table["reading"].map(lambda reading: named(mine, table, reading))
    scored = pd.concat([theirs, table.assign(system=names, metric="spBLEU")], ignore_index=True).assign(signature="")
    means = groups.averages(scored).rename(columns={"all": "score", "n": "partners"})
    means = means[means["direction"].isin(TABLE_3)]
    order = list(dict.fromkeys([*printed.table("table3")["system"], *release.systems(), *names]))
    means = means.sort_values("system", key=lambda systems: systems.map(order.index), kind="stable")
    means["comparable"] = ~means["system"].isin(set(names)) | (table["comparable"] == "yes").all()
    return means[["system", "direction", "metric", "score", "partners", "comparable"]].reset_index(drop=True)


def of_mine(means: "DataFrame", mine: SavedSystem) -> "DataFrame":
    """Keep the rows of `table3` that are mine, in its two readings."""
    return means[means["system"].str.startswith(f"{mine.name} (")]


def as_printed(means: "DataFrame") -> "DataFrame":
    """Return means of `table3` laid out like the paper, each with its n, "29.94 (13)"; a dash where nothing was run."""
    cells = means.assign(cell=[f"{row.score:.2f} ({row.partners})" for row in means.itertuples()])
    wide = cells.pivot(index="system", columns="direction", values="cell").reindex(columns=TABLE_3).astype(object)
    return wide.loc[list(dict.fromkeys(means["system"]))].fillna("—").rename_axis(columns=None).reset_index()


def protocol(mine: SavedSystem, theirs: str, table: "DataFrame") -> "DataFrame":
    """List what determines a score, for theirs and for mine: what, paper, mine, same ("yes", "no", "not known").

    The paper's side is its appendix A and the authors' evaluation scripts, mine is what the run's record says: what it
    does not say is not guessed. table: what `beside` returned for the two.
    """
    import pandas as pd

    record = {} if mine.own == "copy" else mine.record  # what it says of a model is another system's
    identity, plan, corpus = record.get("model") or {}, record.get("decoding") or {}, mine.record["corpus"]
    text = record.get("prompt")
    asked = (record.get("parameters") or {}).get("prompt") or (prompts.called(text) if text else NOT_SAID)
    counts = sorted({*table["n"]})
    tokenizer, version = (_part(table["signature"].iloc[0], name=name) for name in ("tok", "version"))
    rows = [
        ("test set", RELEASE, corpus["release"], corpus["release"] == RELEASE),
        ("sentences a direction", f"{SENTENCES}", _range(counts), counts == [SENTENCES]),
        ("tokenizer of the score", "flores101, called spm", tokenizer, tokenizer == "flores101"),
        ("sacreBLEU", "2.4.0", version, version == "2.4.0"),
        ("reading", "the authors' scorer", "clean and paper, a row each", theirs.startswith("LLaMA") or None),
        ("system", f"{theirs}{_size(theirs)}, no revision named", (identity.get("model") or NOT_SAID)[:40], None),
        ("prompt", *_prompts(theirs, asked=asked)),
        ("decoding", PLAN.format(**PAPER), PLAN.format(**plan) if plan else NOT_SAID, plan == PAPER if plan else None),
        ("number format", "bfloat16 weights, float16 autocast", identity.get("dtype", NOT_SAID),
         False if "dtype" in identity else None),
    ]  # fmt: skip
    said = {True: "yes", False: "no", None: "not known"}
    return pd.DataFrame([(*row[:3], said[row[3]]) for row in rows], columns=["what", "paper", "mine", "same"])


def _read(translations: "DataFrame", pair: tuple[str, str]) -> "DataFrame":
    """Return a direction's answers twice, the reading in place of the system."""
    import pandas as pd

    rows = translations[(translations["src"] == pair[0]) & (translations["tgt"] == pair[1])]
    texts = zip(rows["hypothesis"], rows["source"], strict=True)
    extracted = [paper_extraction(hypothesis, source=source) for hypothesis, source in texts]
    return pd.concat([rows.assign(system="clean"), rows.assign(system="paper", hypothesis=extracted)])


def _figures(theirs: str):
    """The authors' spBLEU of a system by (src, tgt)."""
    scores = release.scores("spBLEU")
    found = scores[scores["system"] == release.known_system(theirs)]
    return found.drop_duplicates(["src", "tgt"]).set_index(["src", "tgt"])["score"]  # two pivots stand there twice


def check(name: str, record: dict) -> None:
    """Check by a run's record that its scores may stand beside the authors'.

    Raises KitError for translations of another text than FLORES devtest, and answers to another task than the paper's.
    """
    (own_answers.check if task(record) else on_flores)(name, record)


def on_flores(name: str, record: dict) -> None:
    """Check the text of a run. Raises KitError where its record names another than FLORES devtest, or none."""
    corpus = record.get("corpus") or {}
    if corpus.get("name") not in ("flores101", *OTHERS) or corpus.get("split") != "devtest":
        raise KitError(
            f"run {name} is on {corpus.get('release', 'a text that its record does not name')}, the authors' figures "
            f"are on {RELEASE}: scores on different texts must not stand beside each other. To mend: translate "
            f"{RELEASE}, as in llamax-kit run 04 -p corpus flores101"
        )


def _comparable(corpus: dict, n: int) -> str:
    reasons = [f"{corpus['release']}, not {RELEASE}"] * (corpus["name"] != "flores101")
    reasons += [f"{n} of {SENTENCES} sentences"] * (n != SENTENCES)
    return "no: " + "; ".join(reasons) if reasons else "yes"


def _pivots(figures) -> list[str]:
    sides = figures.reset_index()
    return [code for code in (*PIVOTS, "ja") if (sides[["src", "tgt"]] == code).sum().sum() > 100]


def _listed(pairs: list[tuple[str, str]]) -> str:
    return " ".join(f"{src}-{tgt}" for src, tgt in pairs[:8]) + (" …" if len(pairs) > 8 else "")


def _prompts(theirs: str, *, asked: str) -> tuple[str, str, bool | None]:
    if not theirs.startswith("LLaMA"):
        return "the system's own, as in Table 14", asked, None
    same = None if asked in (NOT_SAID, prompts.called(prompts.ALPACA)) else asked == "paper"
    return "Alpaca, the authors' spellings of languages", asked, same


def _range(counts: list[int]) -> str:
    return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _size(theirs: str) -> str:
    table = printed.table("table3").set_index("system")["size"]
    return f" ({table[theirs].iloc[0]})" if theirs in table.index else ""


def _part(signature: str, *, name: str) -> str:
    return dict(part.split(":", 1) for part in signature.split("|"))[name]
