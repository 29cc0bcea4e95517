"""What a system gained over a baseline, direction by direction, and how sure that is. Pairs, groups and draws nothing.

A gain is the difference of two scores on the same sentences, in points. Its interval and p-value cover only the choice
of sentences. They do not cover other texts, other languages, or another training run.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llamax_kit.analysis.pairs import Pair, beside, lacking, pair, size
from llamax_kit.data.training_languages import trained_on_flores
from llamax_kit.data.translations import DIRECTION, answers, label, labels, nouns
from llamax_kit.scoring import accuracy, corrections, significance, spbleu
from llamax_kit.scoring.corrections import ALPHA, corrected, shuffles, verdicts
from llamax_kit.tasks import defaults
from llamax_kit.utils import parallel
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Pair", "beside", "from_scores", "gains", "lacking", "method", "notes", "p_column", "pair",
           "resampling", "verdicts"]  # fmt: skip

PUBLISHED = "published score, no test"
COLUMNS = ["system", "baseline", *DIRECTION, "metric", "score", "baseline_score", "gain", "ci_low", "ci_high",
           "p", *(each.column for each in corrections.CORRECTIONS.values()), "n", "signature", "verdict",
           "note"]  # fmt: skip
ADJUSTED_WALD = "of the paired difference (adjusted Wald; Bonett and Price, 2012)"
MCNEMAR = "McNemar's exact test (1947)"
NAMED = 20  # directions listed in a note; gains.csv has them all
EMPTY = 0.01  # a direction with this share of empty outputs, or more, has a note
SECONDS = 2e-4  # per sentence, counted, resampled and shuffled 10,000 times; estimates the work


def gains(pair: Pair, tokenize: str = "", samples: int = 0, *, metric: str = defaults.AUTO) -> "DataFrame":
    """Compare a pair direction by direction.

    Parameters
    ----------
    pair : Pair
        Two systems on the same sentences, as `pair` returns them.
    tokenize : str
        The pieces of spBLEU, as `spbleu.score` takes them; "": those that both runs were scored with.
    samples : int
        Shuffles per direction; 0: as many as are needed (`corrections.shuffles`), 10,000 up to 50 directions.
    metric : str
        spBLEU, chrF++ or BLEU. Both systems are scored here, from their translations. Of answers to questions accuracy,
        likelihood or by_length (`accuracy.METRICS`), by their runs' signature. "auto": as `defaults.metric`
        says. What an accuracy has in place of resamples and shuffles, `tokenize` and `samples` do not matter to.

    Returns
    -------
    DataFrame
        One row per direction, in the order of the pair:

        - score, baseline_score: sacreBLEU's to the last digit, in points (0–100)
        - gain: score - baseline_score
        - ci_low, ci_high: its paired 95 % bootstrap interval (1000 resamples); missing below 10 sentences
        - p: approximate randomisation, two-sided, of this direction alone
        - of accuracies: Bonett and Price's adjusted Wald interval, of any number of questions; McNemar's exact test
        - p_holm, q: p corrected over all rows, by Holm and by Benjamini and Hochberg
        - n: sentences; verdict: by p_holm (see `verdicts`); note: what a reader must know

    Raises
    ------
    KitError
        When the records do not name one tokenizer, or `samples` is too small to find anything; for answers that were
        not read by this metric, or whose record names no signature of it.
    UnknownName
        For an unknown tokenizer or metric, or one of the other kind.

    Examples
    --------
    ::

        gains.gains(gains.pair("05_mozilla:nllb", "05_mozilla:google"))
    """
    import pandas as pd

    metric = defaults.metric(metric, pair.system)
    if answers(pair.system):
        table = pd.DataFrame(_answered(pair, metric)).assign(system=pair.names[0], baseline=pair.names[1])
        return _finished(table, pair.trained_on_flores)
    if not (tokenize := tokenize or pair.tokenize) and metric == "spBLEU":
        raise KitError("the two runs do not name one tokenizer. To mend: name it, flores101 for spBLEU as in the paper")
    jobs = []
    for (src, tgt), rows in pair.system.groupby(DIRECTION, sort=False):
        texts = rows["hypothesis"].tolist(), pair.baseline.loc[rows.index, "hypothesis"].tolist()
        jobs.append((src, tgt, pair.names, texts, rows["reference"].tolist(), tokenize, metric))
    samples = shuffles(len(jobs), asked=samples)
    work = len(pair.system) * samples * SECONDS / significance.SHUFFLES
    tested = parallel.map(_tested, [(*job, samples) for job in jobs], work)
    table = pd.DataFrame(tested).assign(system=pair.names[0], baseline=pair.names[1])
    return _finished(table, pair.trained_on_flores)


def from_scores(
    scores: "DataFrame", baseline_scores: "DataFrame", note: str = PUBLISHED, trained: Sequence[str] = ()
) -> "DataFrame":
    """Compare two score tables, of one system and one metric each: gains without intervals and tests.

    Only the directions of both are compared: show `lacking(scores, baseline_scores)` with the result.

    Parameters
    ----------
    scores, baseline_scores : DataFrame
        Score tables, as published.
    note : str
        Why there is no test.
    trained : sequence of str
        Systems that trained on FLORES, besides those that are known by name.

    Returns
    -------
    DataFrame
        The columns of `gains`; ci_low, ci_high, p, p_holm and q are missing, n and signature where no table has them.

    Raises
    ------
    KitError
        For several systems or metrics in a table, a missing score, a direction twice, different metrics, signatures or
        numbers of sentences, or no direction in common.
    """
    both = [_scored(table) for table in (scores, baseline_scores)]
    lacking(*both)  # raises when nothing is shared
    table = both[0].merge(both[1], on=DIRECTION, suffixes=("", "_b"))
    for column in ("metric", "signature", "n"):
        _agree(table, column)
    table["signature"] = table["signature"].where(table["signature"] != "", table["signature_b"])
    table["n"] = table["n"].fillna(table["n_b"])
    table = table.assign(baseline=table["system_b"], baseline_score=table["score_b"], note=note)
    unknown = dict.fromkeys(("ci_low", "ci_high", "p"), float("nan"))
    table = table.assign(gain=table["score"] - table["score_b"], **unknown)
    names = (each["system"].iloc[0] for each in both)
    return _finished(table, [name for name in names if name in trained or trained_on_flores(name)])


def method(table: "DataFrame", release: str, *, correction: str = "holm", samples: int = 0) -> str:
    """Describe in sentences, for a paper, how a table of gains was made.

    Parameters
    ----------
    table : DataFrame
        A table of `gains`.
    release : str
        The release of the corpus.
    correction : str
        "holm" or "bh", as `verdicts` takes it.
    samples : int
        The shuffles per direction that `gains` was called with.

    Returns
    -------
    str
        Metric, signature, corpus, sizes, intervals, tests and correction.

    Raises
    ------
    UnknownName
        For another correction.
    """
    note = significance.caveat_of(table)
    by = corrections.find(correction).cited
    count, answered, named = len(table), answers(table), table["metric"].iloc[0]
    intervals = f"95 % intervals by paired bootstrap ({significance.SAMPLES:,} resamples; Koehn, 2004); "
    tests = f"approximate randomisation ({samples or shuffles(count):,} shuffles; Riezler and Maxwell, 2005)"
    if answered:
        intervals, tests = f"95 % intervals {ADJUSTED_WALD}; ", MCNEMAR
    return (
        f"{named.capitalize() if answered else f'{named} by sacreBLEU'} ({table['signature'].iloc[0]}) on {release}, "
        f"{size(table['n'], nouns(table))}. Gains of {table['system'].iloc[0]} over "
        f"{table['baseline'].iloc[0]}: {intervals * bool(table['ci_low'].notna().any())}"
        f"two-sided p-values by {tests}, corrected over {count:,} test{'s' * (count > 1)} by {by}, significant below "
        f"{ALPHA}{'' if answered else f'; seed {significance.SEED}'}{note and f'; {note}'}."
    )


def p_column(correction: str) -> str:
    """Return the column of a correction: "p_holm" for "holm", "q" for "bh". Raises UnknownName for another."""
    return corrections.find(correction).column


def resampling(table: "DataFrame", samples: int = 0) -> dict:
    """Return what a run's record holds about the intervals and tests of a table of gains.

    Parameters
    ----------
    table : DataFrame
        A table of `gains`.
    samples : int
        The shuffles per direction that `gains` was called with.

    Returns
    -------
    dict
        samples (bootstrap and shuffles: how many) and seed; nothing of answers, where nothing is drawn.
    """
    if answers(table):
        return {}
    counts = {"bootstrap": significance.SAMPLES, "shuffles": shuffles(len(table), asked=samples)}
    return {"samples": counts, "seed": significance.SEED}


def notes(table: "DataFrame") -> list[str]:
    """Return sentences with the notes of a table of gains and the directions that each applies to; [] for none.

    Parameters
    ----------
    table : DataFrame
        A table of `gains`.

    Returns
    -------
    list of str
        One sentence per note. Shares are put together.

    Examples
    --------
    "Note: identical outputs in 2 of 140 directions (en-de, en-sw).", or "Note: 7–10 % of the outputs of chatgpt are
    empty in 9 of 20 directions (en-af, …).".
    """
    directions, what = labels(table).tolist(), nouns(table)[0]
    found: dict[str, list[str]] = {}
    shares: dict[str, list[int]] = {}
    for where, note in zip(directions, table["note"], strict=True):
        for each in filter(None, note.split("; ")):
            share, note = re.fullmatch(r"(\d+(?= % of the (?:outputs|answers) ))?(.*)", each).groups()
            found.setdefault(note, []).append(where)
            shares.setdefault(note, []).extend([int(share)] if share else [])
    ranges = {note: "–".join(map(str, sorted({min(each), max(each)}))) if each else "" for note, each in shares.items()}
    return [f"Note: {ranges[note]}{note} in {_where(where, len(directions), what)}." for note, where in found.items()]


def _where(some: list[str], of: int, what: str) -> str:
    if len(some) == of:
        return f"all {of:,} {what}s" if of > 1 else f"the only {what}"
    return f"{len(some):,} of {of:,} {what}s ({', '.join(some[:NAMED])}{', …' * (len(some) > NAMED)})"


def _tested(job: tuple) -> dict:
    """Score and test one direction, possibly in another process."""
    src, tgt, names, texts, references, tokenize, metric, samples = job
    a, b = spbleu.statistics(texts, references, tokenize, where=f"{src}-{tgt}", metric=metric)
    ours, theirs = (spbleu.from_statistics(rows, tokenize, interval=False, metric=metric) for rows in (a, b))
    points = spbleu.points(metric)
    ci_low, ci_high = significance.paired_interval(a, b, points)
    notes = [_empty(name, each) for name, each in zip(names, texts, strict=True)]
    notes += ["identical outputs"] * (texts[0] == texts[1])
    return {
        "src": src, "tgt": tgt, "metric": ours.metric, "score": ours.score, "baseline_score": theirs.score,
        "gain": ours.score - theirs.score, "ci_low": ci_low, "ci_high": ci_high,
        "p": significance.randomisation(a, b, points, samples), "n": ours.n, "signature": ours.signature,
        "note": "; ".join(filter(None, notes)),
    }  # fmt: skip


def _answered(pair: Pair, metric: str) -> list[dict]:
    """Compare two systems' answers, language by language."""
    signed = [each for each in pair.records[0].get("signatures") or () if
              accuracy.part(each, name="reading") == accuracy.READINGS[metric]]  # fmt: skip
    if not signed:
        raise KitError(
            f"the record of {pair.names[0]} names no signature of {accuracy.NAMES[metric]}, so nobody could compare "
            f"it. To mend: run its notebook again (11), or compare by another metric"
        )
    return [
        _asked(metric, (rows, pair.baseline.loc[rows.index])) | {"signature": signed[0]}
        for _, rows in pair.system.groupby("tgt", sort=False)
    ]


def _asked(metric: str, sides: "tuple[DataFrame, DataFrame]") -> dict:
    """Score and test the answers of two systems in one language."""
    (ours, theirs), column = sides, accuracy.COLUMNS[metric]
    a, b = (accuracy.right(rows, metric) for rows in sides)
    low, high = significance.difference_interval(a, b)
    notes = [_empty(rows["system"].iloc[0], rows[column].tolist(), what="answers") for rows in sides]
    notes += ["identical answers"] * bool((ours[column] == theirs[column]).all())
    return {
        "src": ours["src"].iloc[0], "tgt": ours["tgt"].iloc[0], "metric": accuracy.NAMES[metric],
        "score": 100 * a.sum() / len(a), "baseline_score": 100 * b.sum() / len(b),
        "gain": 100 * (int(a.sum()) - int(b.sum())) / len(a),
        "ci_low": low, "ci_high": high, "p": significance.mcnemar(a, b), "n": len(a),
        "note": "; ".join(filter(None, notes)),
    }  # fmt: skip


def _empty(name: str, texts: list[str], *, what: str = "outputs") -> str:
    """Return "9 % of the outputs of … are empty", from 1 % on, or that all are; "" otherwise."""
    share = sum(not text.strip() for text in texts) / len(texts)
    empty = f"of {name} are empty{' (no answer)' * (what == 'answers')}"
    if share == 1:
        return f"all {what} {empty}"
    return f"{min(99, round(100 * share))} % of the {what} {empty}" if share >= EMPTY else ""


def _finished(table: "DataFrame", trained: list[str]) -> "DataFrame":
    """Correct over all directions, and add a note for the systems known to have trained on FLORES."""
    for name in trained:
        table["note"] = (table["note"] + f"; {name} trained on FLORES").str.removeprefix("; ")
    return corrected(table)[COLUMNS]


def _scored(table: "DataFrame") -> "DataFrame":
    """Check a score table of one system and metric; a missing signature is "", a missing n is not-a-number."""
    if missing := [name for name in ("system", *DIRECTION, "metric", "score") if name not in table]:
        raise KitError(f"expected a score table, missing: {', '.join(missing)}. To mend: see spbleu.score_table")
    for column in ("system", "metric"):
        values = list(dict.fromkeys(table[column]))
        if len(values) != 1:
            raise KitError(
                f"gains are of one {column} over one, got {len(values)}: {', '.join(map(str, values[:8]))}. "
                f"To mend: give the rows of one, as in scores[scores.{column} == {str(values[:1])[1:-1]}]"
            )
    for fault, wrong in (("is missing (NaN)", table["score"].isna()), ("is there twice", table.duplicated(DIRECTION))):
        if wrong.any():
            row = table[wrong].iloc[0]
            raise KitError(
                f"{label(row['src'], row['tgt'])}: the {row['metric']} score of {row['system']} {fault}; so in "
                f"{int(wrong.sum())} of {len(table)} rows. To mend: leave out what was not scored, and keep one of two"
            )
    return table.assign(signature=table.get("signature", ""), n=table.get("n", float("nan"))).fillna({"signature": ""})


def _agree(table: "DataFrame", column: str) -> None:
    """Raise KitError for two scores that differ in `column`, so do not compare; missing values are skipped."""
    a, b = table[column], table[f"{column}_b"]
    differ = (a != b) & ~(a.isin([""]) | a.isna() | b.isin([""]) | b.isna())
    if differ.any():
        row = table[differ].iloc[0]
        raise KitError(
            f"{label(row['src'], row['tgt'])}: {row['system']} has {column} {row[column]}, {row['system_b']} has "
            f"{row[f'{column}_b']} ({int(differ.sum())} of {len(table)} {nouns(table)[0]}s), so there is no gain "
            f"to compute. To mend: score both on the same sentences with one tokenizer and one sacreBLEU"
        )
