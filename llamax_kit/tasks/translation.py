"""Model × directions × sentences → one table of translations. Scores nothing and saves nothing but the ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data import languages, reasoning
from llamax_kit.data.translations import COLUMNS
from llamax_kit.models.engines.base import Completion, Decoding, Request
from llamax_kit.models.engines.base import read_decoding as read_decoding
from llamax_kit.models.ledger import key
from llamax_kit.tasks import asking, prompts

if TYPE_CHECKING:
    from pandas import DataFrame


def translate(
    engine,
    corpus,
    directions: Sequence[tuple[str, str]] | str,
    template: str = "alpaca",
    decoding: str | Decoding = "greedy",
    sentences: int = 0,
    ledger: Path | str | None = None,
    fresh: bool | str = False,
    *,
    progress: bool = True,
) -> "DataFrame":
    """Translate a corpus in all directions together; interrupted, the same call continues.

    Parameters
    ----------
    engine, corpus
        What `open_engine` and `load_corpus` return.
    directions : sequence of (str, str), or str
        Pairs of codes, [("en", "de"), ...], as `languages.directions` returns them; or what it takes, "en-de en-sw".
    template : str
        alpaca, paper (the authors' spellings), chat, chat_no_thinking, or a text file with {source}.
    decoding : str
        greedy or paper (4 beams), each 256 new tokens unless said: "greedy max_new_tokens:96".
    sentences : int
        Only the first n of each direction; 0 for all.
    ledger : path
        The folder where completions are kept and found; None to keep nothing.
    fresh : bool or str
        Ask the model again for what is kept, and keep the new answer; interrupted, the same call continues here, too.
        A text is the name of a run, which continues until it is recorded (`Run.record`), on another machine too, and
        never with the answers of a run of another name.

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
    if isinstance(directions, str):
        directions = languages.directions(directions, corpus.languages)
    rows, requests = _requests(engine, corpus, directions, template, sentences)
    if requests:
        prompts.warn_of_lookalikes(engine, requests[0].prompt)
    keys = [key(engine.identity, plan, engine.material(request)) for request in requests]
    with asking.opened(engine, keys, ledger, fresh) as book:
        asked = asking.ask(book, keys, requests, asking.completing(engine, plan), unit="sentences", progress=progress)
    table = _table(engine.name, rows, requests, [asked.done[each] for each in keys])
    timing = {
        "rows": len(rows), **asked.counts,
        "unfit": int((table["finish"] == "unfit").sum()),
        "reasoned": int((table["reasoning"] != "").sum()) if "reasoning" in table else 0,
        **asked.speed, **book.damage,
    }  # fmt: skip
    facts = asking.facts(engine, plan, prompts.template_text(template))
    if template in prompts.CHATS and directions:
        src, tgt = directions[0]
        facts["prompt_rendered"] = prompts.rendered(engine, template, src=src, tgt=tgt)
    table.attrs |= {"timing": timing, "record": facts | {"timing": timing}}
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
