"""Small finished runs for tests, of made-up sentences, as the notebooks leave them."""

import json
import random

import pandas as pd

from llamax_kit.runs import storage
from llamax_kit.scoring import accuracy, spbleu

TEXT = ["On 3 May 1998 it was cold", "Paris and Rome are cities", "seven of them, in Berlin", "a house by the sea"]
CLDR = {"name": "cldr", "split": "devtest", "release": "CLDR 47, devtest", "sha256": "ab"}


def rows(system, directions="en-de en-sw", answer=str, sentences=4):
    """A translations table of made-up sentences; `answer` makes the hypothesis of a reference."""
    table = [
        (system, *pair.split("-"), at, f"{text}?", answer(f"{text} {pair}"), f"{text} {pair}", "", None)
        for pair in directions.split()
        for at, text in enumerate((TEXT * (sentences // len(TEXT) + 1))[:sentences])
    ]
    return pd.DataFrame(table, columns=["system", "src", "tgt", "index", "source", "hypothesis", "reference",
                                        "finish", "tokens"])  # fmt: skip


def save(run, *tables, tokenize="cldr", corpus=CLDR, keep=True, **facts):
    """Make a finished run of translations tables, as the notebooks do."""
    folder, table = storage.folder(run), pd.concat(tables, ignore_index=True)
    scores = spbleu.score_table(table, tokenize, metrics="spBLEU")
    if keep:
        storage.save_translations(folder, table)
    storage.save_table(scores, folder / "scores.csv")
    signatures = sorted(set(scores["signature"]))
    storage.record(folder, parameters={"run": run, "tokenize": tokenize}, corpus=corpus, signatures=signatures, **facts)


def copied(directions="en-de en-sw", sentences=4):
    return rows("copy", directions, sentences=sentences).assign(hypothesis=lambda table: table["source"])


def worse(text):
    """Answer with a few letters wrong."""
    return text.replace("o", "0")


def answers(system, languages="en sw zh", questions=40, right=0.5, seed=0, options="ABCDE"):
    """A table of answers to made-up questions, of which a share is right by chance; read in three ways."""
    draw, table = random.Random(f"{system} {seed}"), []
    for code in languages.split():
        for at in range(questions):
            gold = options[random.Random(at).randrange(len(options))]  # the same in every language
            said = [gold if draw.random() < right else draw.choice([*options]) for _ in range(3)]
            scored = json.dumps({label: -1.0 - at for label in options})
            table.append((system, code, code, at, f"{TEXT[at % 4]} {at} in {code}?", said[0], gold, "stop", 1, f"q{at}",
                          f" {said[0]}\n", said[1], said[2], scored))  # fmt: skip
    return pd.DataFrame(table, columns=["system", "src", "tgt", "index", "source", "hypothesis", "reference", "finish",
                                        "tokens", "id", "completion", "likeliest", "likeliest_by_length",
                                        "log_likelihoods"])  # fmt: skip


def save_answers(run, *tables, task="X-CSQA", split="dev", **facts):
    """Make a finished run of answers, as the notebook does."""
    folder, table = storage.folder(run), pd.concat(tables, ignore_index=True)
    scores = accuracy.score_table(table, task, split=split)
    storage.save_answers(folder, table)
    storage.save_table(scores, folder / "scores.csv")
    corpus = {"name": task, "split": split}
    storage.record(folder, parameters={"run": run, "task": task}, corpus=corpus,
                   signatures=sorted(set(scores["signature"])), **facts)  # fmt: skip
