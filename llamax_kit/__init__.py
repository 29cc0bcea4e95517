"""Translate, score spBLEU, and see what a multilingual model gained, language by language.

The names below are what notebooks and scripts use; each is loaded when it is first used. `help(llamax_kit.gains)` shows
more of one. A first example:

    from llamax_kit import gains, languages, load_corpus, open_engine, spbleu, translate

    text = load_corpus("cldr", "en-de en-sw")                      # or flores101, …, a folder, a table, a dict
    pairs = languages.directions("en-de en-sw", text.languages)    # [("en", "de"), ("en", "sw")]
    engine = open_engine("mini-llamax-alpaca")                     # or LLaMAX2-7B-Alpaca, a hub id, a folder, "copy"
    answers = translate(engine, text, pairs, sentences=20)         # a table with one row per sentence
    scores = spbleu.score_table(answers, "cldr")                   # one row per direction and metric
    print(scores[["tgt", "metric", "score", "n"]])                 # de, spBLEU-cldr, 42.2, 20; …

The text and the models
    languages       every language by all its codes; directions such as "en-de X-en"
    load_corpus     parallel text by name, or your own: a folder, a table, lists
    open_engine     a model that answers, by its name
    prompts         the authors' prompt and chat prompts, or your own text file
    defaults        what "auto" stands for in a notebook's parameters, by the corpus
    translate       a model, a corpus and directions in; a table of translations out
    system_outputs  the same table from files of any other system
    questions       test sets with right answers: X-CSQA, XNLI, MGSM, MSVAMP, and the embedded one
    answering       a model and questions in; a table of answers out

The figures
    spbleu          scores with interval and signature, equal to sacreBLEU's to the last digit
    accuracy        the share of right answers, with interval and signature
    output_checks   the shares of empty, copied, cut outputs; the best and worst sentences
    significance    the bootstrap, the paired tests, corrections for many tests
    gains           two systems of finished runs, direction by direction, tested and corrected
    groups          means over groups of languages
    unseen          gains on languages that a model was trained on, and on others
    fertility       how many tokens a language takes
    power           how many sentences are needed to find a gain of a given size
    comparison      several runs in one table, what changed between them, what each gained

What you see and keep
    plots           pictures; each function draws a table and returns its alt text
    tables          a table on the page
    Run             the folder of one execution: shows and saves in one call
    load_run        a finished run, by its name: translations, scores, record
    demo            makes two finished runs of the models that ship with the kit
    KitError        what is raised when you can mend it; says what to do

The paper's own tables and figures are in `llamax_kit.paper`, the training recipe in `llamax_kit.training`. From a
shell, `llamax-kit --help`.
"""

import os
import sys
from pkgutil import resolve_name

__version__ = "0.1.0"

_FACE = {
    "languages": "data.languages", "load_corpus": "data.corpora.loading.load_corpus",
    "open_engine": "models.engines.opening.open_engine", "prompts": "tasks.prompts", "defaults": "tasks.defaults",
    "translate": "tasks.translation.translate", "system_outputs": "tasks.system_outputs",
    "questions": "tasks.question_sets", "answering": "tasks.answering",
    "spbleu": "scoring.spbleu", "accuracy": "scoring.accuracy", "output_checks": "scoring.output_checks",
    "significance": "scoring.significance",
    "gains": "analysis.gains", "groups": "analysis.groups", "unseen": "analysis.unseen",
    "fertility": "analysis.fertility", "power": "analysis.power", "comparison": "analysis.comparison",
    "plots": "reporting.plots", "tables": "reporting.tables", "Run": "reporting.run.Run",
    "load_run": "runs.storage.load", "demo": "app.demo", "KitError": "utils.errors.KitError",
}  # fmt: skip
__all__ = list(_FACE)

# Torch's threads wait for each other by spinning. Where anything else wants the CPU (a browser, a second run), each
# small matrix product then waits for a time slice of 16 ms; asleep, they wake in microseconds. torch reads this when it
# is imported; where it was imported before the kit, `models.weights.load` has a remedy.
SPINNING = "torch" in sys.modules and "OMP_WAIT_POLICY" not in os.environ
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str):
    """Load a name of the face when it is first used (PEP 562)."""
    if name not in _FACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; help({__name__}) lists what it has")
    globals()[name] = found = resolve_name(f"{__name__}.{_FACE[name]}")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
