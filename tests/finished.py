"""Small finished runs for tests, of made-up sentences, as the notebooks leave them."""

import pandas as pd

from llamax_kit.runs import storage
from llamax_kit.scoring import spbleu

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
