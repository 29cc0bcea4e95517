"""Two finished runs of the shipped miniatures on the embedded text, the defaults of notebooks that compare systems.

`demo_mini_llama` and `demo_mini_llamax` have the same phrases in the same directions, from English and into it. The
first is by `mini-llama-alpaca`, trained on six languages, the second by `mini-llamax-alpaca`, which is that model after
continual pre-training. What the second gains is the paper's experiment in miniature, and no evidence about LLaMAX.

Every completion goes through the ledger: a killed example continues where it stopped, a second one generates nothing.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data import languages, relatedness
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.data.translations import DIRECTION, KEYS
from llamax_kit.models import loading
from llamax_kit.models.engines.base import read_decoding
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.models.training_languages import training_languages_of
from llamax_kit.runs import storage
from llamax_kit.scoring import spbleu
from llamax_kit.tasks import prompts
from llamax_kit.tasks.system_outputs import write_outputs
from llamax_kit.tasks.translation import translate
from llamax_kit.utils import locks, parallel
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

OWNER = "llamax_kit.example"  # the notebook in the records of these runs
RUNS = {"demo_mini_llama": "mini-llama-alpaca", "demo_mini_llamax": "mini-llamax-alpaca"}
DEMO = "de sw tr gl be eus_Latn"  # twelve directions: three languages of mini-llamax's training, three held out
MORE = "fr ru it pl uk fi sk af srd_Latn als_Latn cy kab_Latn el"
SENTENCES = 30  # of each direction; enough for an interval
DECODING = "greedy max_new_tokens:96"
PATIENCE = 900  # seconds to wait for another process that is making the same run
SECONDS = 30  # that a run takes; estimates the work


def directions(listed: str) -> str:
    """Write directions from English and into it: `directions("de sw")` is "en-de de-en en-sw sw-en"."""
    return " ".join(f"en-{code} {code}-en" for code in listed.split())


def make(*names: str) -> list[str]:
    """Make the example's runs that are named and missing; two are made side by side.

    A run made by other weights or of other directions is made again; one that another process is making is waited for.

    Parameters
    ----------
    *names : str
        "run", "run:system" or "name=run:system"; runs that are not the example's are ignored.

    Returns
    -------
    list of str
        The runs that were made here.

    Raises
    ------
    KitError
        When a miniature is missing, the run's folder cannot be written, or another process does not finish it in time.

    Examples
    --------
    `demo.make("demo_mini_llamax", "my_run:google")` makes the first, once.
    """
    wanted = {storage.parted(name)[0] for name in names}
    missing = [run for run in RUNS if run in wanted and not _finished(run)]
    made = parallel.map(_made, missing, SECONDS * len(missing))
    return [run for run, here in zip(missing, made, strict=True) if here]


def hypotheses(folder: Path, corpus: str, sentences: int) -> tuple[Path, int]:
    """Write both models' answers in the demo's directions as files, for notebook 05; return their folder, and n.

    sentences: how many per direction, 0: all that there are, SENTENCES. Raises KitError for another corpus.
    """
    import pandas as pd

    check_corpus(corpus)
    make(*RUNS)
    answers = pd.concat([storage.load(run).translations for run in RUNS])
    answers = answers[(answers["src"] + "-" + answers["tgt"]).isin(directions(DEMO).split())]
    most = min(sentences or SENTENCES, SENTENCES)
    answers = answers[answers.groupby(KEYS).cumcount() < most]
    return write_outputs(answers, folder / "hypotheses"), most


def check_corpus(corpus: str) -> None:
    """Raise KitError for a corpus that the example's outputs are not of."""
    if corpus != "cldr":
        raise KitError(f"the example's outputs are of the corpus cldr, got {corpus!r}. To mend: name a folder of yours")


def printed_tables(gains: "DataFrame") -> "tuple[DataFrame, DataFrame]":
    """Return what the demo prints of a table of gains, largest first: both models' scores, and gains by language.

    Columns of the scores: system, src, tgt, metric, score, ci_low, ci_high, n. Of the gains: src, tgt, language (the
    side that is not English), training ("trained", "unseen, related", …: `relatedness.relatedness`), gain, ci_low,
    ci_high, verdict.
    """
    import pandas as pd

    held = {name: storage.load(name) for name in RUNS}
    gains = gains.sort_values("gain", ascending=False, kind="stable", ignore_index=True)
    scores = pd.concat([run.scores for run in held.values()])
    scores = gains[DIRECTION].merge(scores, on=DIRECTION)  # in the order of the gains
    trained = training_languages_of("", held[list(RUNS)[-1]].record).codes
    language = gains["tgt"].where(gains["src"] == "en", gains["src"])
    known = relatedness.relatedness(language, trained)[["name", "relatedness"]].set_axis(
        ["language", "training"], axis=1
    )
    table = pd.concat([gains[DIRECTION], known, gains[["gain", "ci_low", "ci_high", "verdict"]]], axis=1)
    return scores[[*KEYS, "metric", "score", "ci_low", "ci_high", "n"]], table


def _parameters(run: str) -> dict:
    """Return the parameters of notebook 04 that make the same run."""
    return {"model": RUNS[run], "corpus": "cldr", "directions": directions(f"{DEMO} {MORE}"), "sentences": SENTENCES,
            "prompt": "alpaca", "decoding": DECODING, "tokenize": "cldr", "run": run}  # fmt: skip


def _finished(run: str) -> bool:
    """Check whether a run is there as it would be made now; one of another owner, or damaged, counts as there."""
    path = storage.outputs() / run / "run.json"
    if not path.is_file():
        return False
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["notebook"] != OWNER:
            return True
        revision = record["model"]["model"]
    except (ValueError, KeyError, TypeError):
        return True
    return (revision, record.get("parameters")) == (loading.resolve(RUNS[run]).revision, _parameters(run))


def _made(run: str) -> bool:
    """Make a run; return whether it was made here and not by another process in the meantime."""
    with locks.awaited(storage.made(storage.outputs() / run), PATIENCE):
        if _finished(run):
            return False
        chosen = _parameters(run)
        pairs = languages.directions(chosen["directions"], corpus_languages("cldr"))
        text = load_corpus("cldr", {code for pair in pairs for code in pair})
        engine = open_engine(chosen["model"])
        _write(chosen, text, engine, translate(
            engine, text, pairs, chosen["prompt"], DECODING, SENTENCES, storage.outputs() / "ledger", progress=False
        ))  # fmt: skip
    return True


def _write(chosen: dict, text: Corpus, engine, translations) -> None:
    folder = storage.outputs() / chosen["run"]
    scores = spbleu.score_table(translations, chosen["tokenize"], metrics="spBLEU")
    storage.save_translations(folder, translations)
    storage.save_table(scores, folder / "scores.csv")
    storage.record(
        folder,
        notebook=OWNER,  # and not the one that asked for it
        parameters=chosen,
        corpus={
            "name": text.name,
            "split": text.split,
            "release": text.release,
            "sha256": text.sha256,
            "cut": text.cut(languages.directions(chosen["directions"], text.languages), SENTENCES),
        },
        model=engine.identity,
        decoding=read_decoding(chosen["decoding"]),
        prompt=prompts.template_text(chosen["prompt"]),
        training_languages=engine.training_languages,
        signatures=sorted(set(scores["signature"])),
        timing=translations.attrs["timing"],
    )  # the record comes last: a run without one is made again
