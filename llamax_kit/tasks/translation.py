"""Model × directions × sentences → one table of translations. Scores nothing and saves nothing but the ledger."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data import reasoning
from llamax_kit.data.translations import COLUMNS
from llamax_kit.models.engines.base import Completion, Decoding, Request
from llamax_kit.models.engines.base import read_decoding as read_decoding
from llamax_kit.models.ledger import Ledger, key
from llamax_kit.tasks import prompts
from llamax_kit.utils.progress import Lines, kernel

if TYPE_CHECKING:
    from pandas import DataFrame


def translate(
    engine,
    corpus,
    directions: Sequence[tuple[str, str]],
    template: str = "alpaca",
    decoding: str | Decoding = "greedy",
    sentences: int = 0,
    ledger: Path | str | None = None,
    fresh: bool = False,
    *,
    progress: bool = True,
) -> "DataFrame":
    """Translate a corpus in all directions together; interrupted, the same call continues.

    Parameters
    ----------
    engine, corpus
        What `open_engine` and `load_corpus` return.
    directions : sequence of (str, str)
        Pairs of codes, [("en", "de"), ...], as `languages.directions` returns them.
    template : str
        alpaca, paper (the authors' spellings), chat, chat_no_thinking, or a text file with {source}.
    decoding : str
        greedy or paper (4 beams), each 256 new tokens unless said: "greedy max_new_tokens:96".
    sentences : int
        Only the first n of each direction; 0 for all.
    ledger : path
        The folder where completions are kept and found; None to keep nothing.
    fresh : bool
        Ask the model again for what is kept, and keep the new answer.

    Returns
    -------
    DataFrame
        One row per sentence, in the order of `directions`: system, src, tgt, index (position in the corpus), source,
        hypothesis, reference, finish ("stop", "length" or "unfit"), tokens; and, where a model reasons before it
        answers, reasoning, which is cut from the hypothesis.

    Raises
    ------
    KitError
        For what is wrong with the decoding, the template, the ledger or the model. Warns of what looks like a control
        token but is none of the model's (`prompts.lookalikes`).

    Notes
    -----
    `attrs["timing"]` counts rows, unique (different prompts), kept (found in the ledger), generated, unfit (rows whose
    prompt is longer than the context), reasoned (rows whose answer has reasoning, which was cut), tokens (generated
    now), seconds (of generating, loading the model included), tokens_per_second, torn and damaged (of the ledger).
    `attrs["record"]` holds what a run's record says: model, decoding, prompt (and prompt_rendered, as the model's chat
    template writes it for the first direction), training_languages, timing.
    """
    plan = read_decoding(decoding)
    rows, requests = _requests(engine, corpus, directions, template, sentences)
    if requests:
        prompts.warn_of_lookalikes(engine, requests[0].prompt)
    keys = [key(engine.identity, plan, engine.material(request)) for request in requests]
    unique = list(dict(zip(keys, requests, strict=True)).items())
    book = None if ledger is None else Ledger(ledger, engine.identity)
    kept = book.find(keys) if book and not fresh else {}
    done, seconds = _complete(engine, unique, plan, kept, book, progress)
    table = _table(engine.name, rows, requests, [done[each] for each in keys])
    new = sum(each.tokens for name, each in done.items() if name not in kept)
    timing = {
        "rows": len(rows), "unique": len(unique), "kept": len(kept), "generated": len(unique) - len(kept),
        "unfit": int((table["finish"] == "unfit").sum()),
        "reasoned": int((table["reasoning"] != "").sum()) if "reasoning" in table else 0,
        "tokens": new, "seconds": round(seconds, 3), "tokens_per_second": round(new / seconds, 1) if seconds else 0.0,
        "torn": book.torn if book else 0, "damaged": [each.name for each in book.damaged] if book else [],
    }  # fmt: skip
    trained = getattr(engine, "training_languages", None)
    languages = trained and {"whose": trained.whose, "codes": sorted(trained.codes)}
    facts = {"model": engine.identity, "decoding": plan._asdict(), "prompt": prompts.template_text(template)}
    if template in prompts.CHATS and directions:
        src, tgt = directions[0]
        facts["prompt_rendered"] = prompts.rendered(engine, template, src=src, tgt=tgt)
    table.attrs |= {"timing": timing, "record": facts | {"training_languages": languages, "timing": timing}}
    return table


def _table(system: str, rows: list[tuple], requests: list[Request], completions: list[Completion]) -> "DataFrame":
    """Return the translations table, reasoning cut from the answers and kept in a column where there is any."""
    import pandas as pd

    answers = [
        reasoning.parted(each.text, opened=reasoning.begins_at_the_end(request.prompt), source=request.source)
        for each, request in zip(completions, requests, strict=True)
    ]
    parts = zip(rows, requests, completions, answers, strict=True)
    table = pd.DataFrame(
        [
            (system, src, tgt, at, request.source, hypothesis, reference, finish, tokens)
            for (src, tgt, at, reference), request, (_, finish, tokens), (_, hypothesis) in parts
        ],
        columns=COLUMNS,
    )
    return table.assign(reasoning=[cut for cut, _ in answers]) if any(cut for cut, _ in answers) else table


def _requests(engine, corpus, directions, template, sentences):
    rows, requests = [], []
    for src, tgt in directions:
        for at, source, reference in corpus.pairs(src, tgt, sentences):
            prompt = prompts.build(template, source=source, src=src, tgt=tgt, chat=getattr(engine, "chat", None))
            rows.append((src, tgt, at, reference))
            requests.append(Request(source, src, tgt, prompt))
    return rows, requests


def _complete(
    engine, unique: list[tuple[str, Request]], plan: Decoding, kept: dict[str, Completion], book, progress: bool
) -> tuple[dict[str, Completion], float]:
    """Return all completions by key, and the seconds that generating the missing ones took."""
    done = dict(kept)
    skip = frozenset(at for at, (name, _) in enumerate(unique) if name in kept)
    if len(skip) == len(unique):
        return done, 0.0
    start = time.perf_counter()
    with _bar(engine.name, len(unique), kept=len(skip), show=progress) as bar:
        tokens = 0
        for batch in engine.complete([request for _, request in unique], plan, skip):
            named = [(unique[at][0], completion) for at, completion in batch]
            if book:
                book.add(named)
            done.update(named)
            tokens += sum(each.tokens for _, each in named)
            bar.set_postfix_str(f"{tokens / (time.perf_counter() - start):.0f} tokens/s", refresh=False)
            bar.update(len(named))
    return done, time.perf_counter() - start


def _bar(name: str, total: int, *, kept: int, show: bool):
    """Return a progress bar: in the page where someone looks, else one plain line a minute in the log."""
    from tqdm.auto import tqdm as page
    from tqdm.std import tqdm as plain

    look = {"desc": name, "total": total, "initial": kept, "unit": " sentences", "disable": not show}
    if _watched():
        return page(**look)
    return plain(**look, file=Lines(), mininterval=60, maxinterval=60, delay=60, ascii=True)


def _watched() -> bool:
    """Return whether somebody can see the bar move: a terminal, or a notebook in a front end."""
    if page := kernel():  # papermill and nbconvert send with each cell that nobody can be asked for input
        return bool(page.get_parent().get("content", {}).get("allow_stdin"))
    return sys.stderr.isatty()
