"""Two small finished runs on the embedded text, which the notebooks that compare systems open with. Loads no model.

`demo_copy` hands the English source back as its answer; `demo_spanish` answers everything in Spanish, correctly.
Neither translates, and the difference is real all the same: a language gains from Spanish as it is close to it.
"""

from llamax_kit import corpora, hypotheses, marks, runs, spbleu

RUNS = {"demo_copy": "copy", "demo_spanish": "only-es"}
SENTENCES = 60  # of each language; seconds to score, and enough for an interval
PATIENCE = 300  # seconds to wait for another process that is making the same run


def make(*names: str) -> list[str]:
    """Make those of the example's runs that are named ("run" or "run:system") and not there yet; name those made.

    `make("demo_spanish", "my_run:google")` makes the first, once, and leaves the other to its owner. Each has 60
    phrases from English into every other language of the embedded text but Spanish. What another process is making
    meanwhile is waited for.

    Raises KitError when the run's folder cannot be written, or another process does not come to an end with it.
    """
    wanted = {runs.parted(name)[0] for name in names}
    return [run for run in RUNS if run in wanted and not _finished(run) and _made(run)]


def _finished(run: str) -> bool:
    return (runs.outputs() / run / "run.json").is_file()


def _made(run: str) -> bool:
    """Make a run, alone; tell whether it was made here and not by another process meanwhile."""
    with marks.awaited(runs.made(runs.outputs() / run), PATIENCE):
        if _finished(run):
            return False
        text = corpora.load("cldr")
        directions = [("en", "es"), *(("en", code) for code in text.languages if code not in ("en", "es"))]
        table = hypotheses.baselines(text, directions)
        first = table.groupby(["system", "tgt"]).cumcount() < SENTENCES
        table = table[first & (table["tgt"] != "es")]
        _write(run, text, table[table["system"] == RUNS[run]])
    return True


def _write(run: str, text: corpora.Corpus, translations) -> None:
    folder, system = runs.folder(run), RUNS[run]
    scores = spbleu.score_table(translations, "cldr", chrf=False)
    runs.save_translations(folder, translations)
    runs.save_table(scores, folder / "scores.csv")
    runs.record(
        folder,
        notebook="llamax_kit.example",  # and not the one that asked for it
        parameters={"run": run, "directions": "en-X", "sentences": SENTENCES, "corpus": "cldr", "tokenize": "cldr"},
        corpus={"name": text.name, "split": text.split, "release": text.release, "sha256": text.sha256},
        model={"engine": system},
        signatures=sorted(set(scores["signature"])),
    )  # the record comes last: a run without one is made again
