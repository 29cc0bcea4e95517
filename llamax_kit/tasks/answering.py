"""Model × questions of a task × languages → one table of answers. Scores nothing and saves nothing but the ledger.

A task is a module of this room: NAME, SPLIT, LANGUAGES, AVERAGED, PROMPTS (texts by name, the default first),
NEW_TOKENS, and
    read_items  (folder, language) -> list[Item]
    ask         (item, prompt) -> str: the prompt, by a name of PROMPTS or by a template's text
    options     (item, prompt) -> tuple[str, ...]: what may follow the prompt, one text a label; () where nothing can
    answer      (completion, item) -> str: the answer in what was generated, a label or a number; "" for none
"""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from llamax_kit.data import reasoning
from llamax_kit.data.questions import Item
from llamax_kit.data.translations import COLUMNS
from llamax_kit.models.engines.base import Choice, Completion, Decoding, Request, read_decoding
from llamax_kit.models.ledger import key
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.tasks import asking, prompts
from llamax_kit.utils.errors import KitError

if TYPE_CHECKING:
    from pandas import DataFrame

UNSCORED = Completion("", "", 0)  # of a question without options, among others with some
LIKELIHOOD = "likelihood"  # part of the ledger's keys: another word when the engines come to give other numbers


def answer(
    engine,
    task: ModuleType,
    items: Sequence[Item],
    prompt: str = "",
    decoding: str | Decoding = "",
    ledger: Path | str | None = None,
    fresh: bool | str = False,
    *,
    likelihood: bool = True,
    progress: bool = True,
) -> "DataFrame":
    """Ask a task's questions in all languages together; interrupted, the same call continues.

    Parameters
    ----------
    engine, task
        What `open_engine` returns; a module of `tasks`, such as `xnli`.
    items : sequence of Item
        Questions, of any number of languages.
    prompt : str
        A name of the task's PROMPTS, "" for the first; chat or chat_no_thinking: the first one as a user's message
        through the model's chat template; or a text file with the task's fields in braces.
    decoding : str
        As `translate` takes it; "" is greedy with as many new tokens as the task asks for.
    ledger, fresh
        As `translate` takes them.
    likelihood : bool
        Where the task has options, ask also how likely each is after the prompt.

    Returns
    -------
    DataFrame
        One row per question, in their order, with the columns of a translations table: system, src and tgt (the
        question's language), index (position among those of its language), source (the question, whatever the prompt
        is), hypothesis (the answer as read, "" for none), reference (the right one), finish, tokens; and id,
        completion (all that was generated); with likelihoods also likeliest (the label of the most likely option),
        likeliest_by_length (of that with the largest log-likelihood per character, white space around it removed),
        log_likelihoods (natural logarithms, a JSON list in the order of the options; "[]" where they do not fit into
        the context); and, where a model reasons before it answers, reasoning.

    Raises
    ------
    KitError
        For no items, an engine that cannot score options, a prompt that begins with reasoning, and as `translate`.

    Notes
    -----
    `attrs["timing"]` is as that of `translate`, with endless (rows cut by the limit of new tokens), unanswered (rows
    without an answer) and likelihoods: unique, kept, generated, unfit, tokens, seconds, tokens_per_second of these.
    `attrs["record"]` holds task, split, model, decoding, prompt (and prompt_rendered, as the model's chat template
    writes it), training_languages, timing.
    """
    if not items:
        raise KitError(f"expected questions of {task.NAME}, got none. To mend: choose languages that its files hold")
    plan = read_decoding(decoding or f"greedy max_new_tokens={task.NEW_TOKENS}")
    text = template_text(task, prompt)
    asked = [ask(engine, task, item, prompt) for item in items]
    prompts.warn_of_lookalikes(engine, asked[0])
    requests = [
        Request(_question(item), item.language, item.language, each) for item, each in zip(items, asked, strict=True)
    ]
    choices = _choices(engine, task, items, asked, text) if likelihood else {}
    keys = [key(engine.identity, plan, engine.material(request)) for request in requests]
    names = {at: key(engine.identity, LIKELIHOOD, engine.choice_material(each)) for at, each in choices.items()}
    with asking.opened(engine, [*keys, *names.values()], ledger, fresh) as book:
        work = getattr(engine, "likelihoods", None)
        likely = asking.ask(book, [*names.values()], [*choices.values()], work, unit="likelihoods", progress=progress)
        told = asking.ask(book, keys, requests, asking.completing(engine, plan), unit="questions", progress=progress)
    table = _table(engine.name, task, items, requests, [told.done[each] for each in keys])
    if choices:
        scored = [(choices.get(at), likely.done.get(names.get(at, ""), UNSCORED)) for at in range(len(items))]
        found = [_likeliest(item, *each) for item, each in zip(items, scored, strict=True)]
        table[["likeliest", "likeliest_by_length", "log_likelihoods"]] = found
    timing = {
        "rows": len(items), **told.counts, "unfit": int((table["finish"] == "unfit").sum()),
        "endless": int((table["finish"] == "length").sum()), "unanswered": int((table["hypothesis"] == "").sum()),
        "reasoned": int((table["reasoning"] != "").sum()) if "reasoning" in table else 0, **told.speed, **book.damage,
        "likelihoods": {**likely.counts, "unfit": sum(each.finish == "unfit" for _, each in scored), **likely.speed}
        if choices else {},
    }  # fmt: skip
    facts = {"task": task.NAME, "split": task.SPLIT, **asking.facts(engine, plan, text)}
    if prompt in prompts.CHATS:
        facts["prompt_rendered"] = str(prompts.asked_in_chat(prompt, engine.chat, text=text))
    table.attrs |= {"timing": timing, "record": facts | {"timing": timing}}
    return table


def template_text(task: ModuleType, prompt: str) -> str:
    """Return the text of a prompt of a task, as `answer` takes it. Raises as `prompts.template_text` does."""
    first = next(iter(task.PROMPTS))
    of_each = [prompts.fields(each) for each in task.PROMPTS.values()]
    known = tuple(dict.fromkeys(chain(*of_each)))
    needed = tuple(field for field in known if all(field in each for each in of_each))
    named = {**task.PROMPTS, **dict.fromkeys(prompts.CHATS, task.PROMPTS[first])}
    return prompts.template_text(prompt or first, named, fields=known, needed=needed)


def ask(engine, task: ModuleType, item: Item, prompt: str = "") -> Prompt:
    """Return what an engine's model is asked for an item, by a prompt as `answer` takes it. Raises as it does."""
    asked = task.ask(item, template_text(task, prompt))
    if prompt in prompts.CHATS:
        chat, plain = getattr(engine, "chat", None), next(iter(task.PROMPTS))
        return prompts.asked_in_chat(prompt, chat, text=str(asked), plain=plain)
    return asked


def _question(item: Item) -> str:
    """Return a question as it stands in a table, whatever the prompt is; labels that are the options are left out."""
    return "\n".join([*item.fields.values(), *(f"{label}. {text}" for label, text in item.options if text != label)])


def _choices(engine, task: ModuleType, items: Sequence[Item], asked: list[str], text: str) -> dict[int, Choice]:
    """Return what is to be scored, by position; behind white space an option has none of its own.

    Raises KitError for an engine that cannot, or where an answer would not stand right behind the prompt.
    """
    options = [task.options(item, text) for item in items]
    if any(options) and not hasattr(engine, "likelihoods"):
        raise KitError(
            f"{engine.name} generates answers, but cannot say how likely the options of {task.NAME} are. "
            f"To mend: ask with likelihood=False, or take a model instead of {engine.name}"
        )
    if any(reasoning.begins_at_the_end(prompt) for prompt, each in zip(asked, options, strict=True) if each):
        raise KitError(
            f"the prompt ends where {engine.name} begins to reason, so that no option of {task.NAME} follows it. "
            f"To mend: ask with likelihood=False, or use the prompt 'chat_no_thinking'"
        )
    return {
        at: Choice(prompt, tuple(text.lstrip() if prompt[-1:].isspace() else text for text in each), item.language)
        for at, (item, prompt, each) in enumerate(zip(items, asked, options, strict=True)) if each
    }  # fmt: skip


def _table(
    system: str, task: ModuleType, items: Sequence[Item], requests: list[Request], completions: list[Completion]
) -> "DataFrame":
    """Return the table of answers as they were generated and read, reasoning cut."""
    import pandas as pd

    rows, seen = [], Counter()
    for item, request, told in zip(items, requests, completions, strict=True):
        opened = reasoning.begins_at_the_end(request.prompt)
        cut, said = reasoning.parted(told.text, opened=opened, source=request.source)
        read = task.answer(said, item) if told.finish != "unfit" else ""
        place = (system, item.language, item.language, seen[item.language])
        rows.append((*place, request.source, read, item.gold, told.finish, told.tokens, item.id, told.text, cut))
        seen[item.language] += 1
    table = pd.DataFrame(rows, columns=[*COLUMNS, "id", "completion", "reasoning"])
    return table if (table["reasoning"] != "").any() else table.drop(columns="reasoning")


def _likeliest(item: Item, choice: Choice | None, scored: Completion) -> tuple[str, str, str]:
    """Return the labels of the likeliest option, and of the likeliest for its length, and all log-likelihoods."""
    numbers = json.loads(scored.text or "[]")
    if not numbers:
        return "", "", "[]"
    by_label = dict(zip(item.labels, numbers, strict=True))
    lengths = [max(1, len(option.strip())) for option in choice.options]
    shares = {label: number / length for (label, number), length in zip(by_label.items(), lengths, strict=True)}
    return max(by_label, key=by_label.get), max(shares, key=shares.get), scored.text
