"""The miniatures that answer questions: mini-llama and mini-llamax, each tuned on English items of `cldr_questions`.

    python -m llamax_kit.training.miniature.facts write outputs/training/facts.jsonl
    python -m llamax_kit.training.miniature.facts table params/training/mini_facts.yml
    python -m llamax_kit.training.miniature.facts ship params/training/mini_facts.yml llamax_kit/models/miniatures

The first writes the English questions of dev as lines to train on. The second trains both bases on them with three
seeds, unless they are trained, asks them and the bases the questions of devtest in 79 languages, and writes the
table of models/miniatures/README.md, and facts.csv beside the lines. The third ships seed 1 of each. Behind the first
two may stand another of FORMS, inference or numbers: of these the bases are not asked, and nothing is shipped.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from llamax_kit.data.questions import Item
from llamax_kit.models import loading
from llamax_kit.models.checkpoints import read_json
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks import answering, cldr_inference, cldr_numbers, cldr_questions
from llamax_kit.training import recipe
from llamax_kit.training.miniature import shipped
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from pandas import DataFrame, Series

BASES, SEEDS = ("mini-llama", "mini-llamax"), (1, 2, 3)
GROUPS = ("English", "the other five", "added", "held out")
FORMS = {"facts": cldr_questions, "inference": cldr_inference, "numbers": cldr_numbers}
LINES = "outputs/training/{form}.jsonl"


def write(path: Path, task: ModuleType = cldr_questions) -> Path:
    """Write the English questions of dev, prompt and right answer, as `corpus.instructions` reads them; return it."""
    items = task.read_items(None, "en", split="dev")
    told = getattr(task, "worked", lambda item: item.gold)
    asked = [{"prompt": task.ask(item, "named"), "output": told(item)} for item in items]
    with whole(path) as scratch:
        scratch.write_text("".join(f"{json.dumps(each)}\n" for each in asked), encoding="utf-8", newline="\n")
    return path


def train(file: Path, form: str) -> dict[str, Path]:
    """Train both bases with each seed by the recipe, where that is left to do; return the models, "mini-llama 1" …"""
    write(Path(LINES.format(form=form)), FORMS[form])
    found = {}
    for base in BASES:
        for seed in SEEDS:
            os.environ |= {"BASE": base, "SEED": str(seed), "FORM": form}
            found[f"{base} {seed}"] = recipe.run(file)
    return found


def languages() -> dict[str, str]:
    """Return the group of each of the 79 languages that the miniatures' records name."""
    facts = read_json(loading.resolve("mini-llamax").folder / "training.json")
    first, six = GROUPS[0], facts["base_languages"]
    group = {code: GROUPS[1] if code in six else GROUPS[2] for code in facts["trained"]} | {"en": first}
    return group | dict.fromkeys(facts["held_out"], GROUPS[3])


def ask(models: Mapping[str, Path | str], task: ModuleType) -> "DataFrame":
    """Ask models and the baselines all questions: a row a system, seed and language; shares that are right.

    Columns: system (with "before tuning", "overlap", "majority"), seed (0: none), language, group, written (what the
    model generates is the right answer), likeliest (the right option is the most likely after the prompt; as written,
    where an answer reasons first).
    """
    import pandas as pd

    group, rows = languages(), []
    items = {code: task.read_items(None, code) for code in group}
    of_all = [item for each in items.values() for item in each]
    for name, place in models.items():
        told = answering.answer(open_engine(str(place)), task, of_all, progress=False)
        chosen = told.get("likeliest", told.hypothesis)  # what stands behind a reason has none
        told = told.assign(written=told.hypothesis == told.reference, chosen=chosen == told.reference)
        system, _, seed = name.partition(" ")
        system = system if seed else f"{system} before tuning"
        for code, each in told.groupby("src", sort=False)[["written", "chosen"]].mean().iterrows():
            rows.append((system, int(seed or 0), code, group[code], each.written, each.chosen))
    for name, pick in (("overlap", overlap), ("majority", majority)):
        for code, asked in items.items():
            right = sum((best := pick(item, task)).count(item.gold) / len(best) for item in asked) / len(asked)
            rows.append((name, 0, code, group[code], right, right))
    return pd.DataFrame(rows, columns=["system", "seed", "language", "group", "written", "likeliest"])


def overlap(item: Item, task: ModuleType = cldr_questions) -> list[str]:
    """Return the answers by copying: of the days that have most of their runs of three letters in the date."""
    days = item.labels if task is cldr_questions else cldr_questions.DAYS
    date = _threes(item.fields["date"])
    shares = {day: len(_threes(day) & date) / len(_threes(day)) for day in days}
    best = [day for day, share in shares.items() if share == max(shares.values())]
    return best if task is cldr_questions else [task.follows(day, item.fields) for day in best]


def _threes(text: str) -> set[str]:
    text = f" {text.lower()} "
    return {text[at : at + 3] for at in range(len(text) - 2)}


def majority(item: Item, task: ModuleType = cldr_questions) -> list[str]:
    """Return the option or number that is the right one most often in the questions to train on."""
    known = _golds(task)
    return [max(item.labels or known, key=known.get)]


@cache
def _golds(task: ModuleType) -> Counter:
    return Counter(each.gold for each in task.read_items(None, "en", split="dev"))


def table(answers: "DataFrame", how: str = "likeliest", *, options: int = cldr_questions.OPTIONS) -> str:
    """Write the means over languages and seeds of each group as Markdown, in per cent; `how`: a column of `ask`.

    Behind the gain of one tuned model over the other stand its 95 % interval over languages (Student's t, of means
    over seeds) and its least and largest mean of one seed.
    """
    shown = ["majority", "overlap", *(f"{base} before tuning" for base in BASES), *BASES]
    shown = [name for name in shown if name in {*answers.system}]
    heads = ["languages", "chance", *shown, "gain", "over seeds"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 3) + "---|---|"]
    for group in GROUPS:
        rows = answers[answers.group == group]
        means = rows.groupby("system")[how].mean() * 100
        wide = rows[rows.seed > 0].pivot_table(index="language", columns=["system", "seed"], values=how) * 100
        gain = wide[BASES[1]] - wide[BASES[0]]
        each, count = gain.mean(), len(gain)
        cells = [f"{group} ({count})" if count > 1 else group, f"{100 / options:.0f}"]
        cells += [f"{means[name]:.1f}" for name in shown]
        cells += [_signed(each.mean()) + (_interval(gain.mean(axis=1)) if count > 1 else "")]
        lines.append(f"| {' | '.join(cells)} | {_signed(each.min())} to {_signed(each.max())} |")
    return "\n".join(lines)


def _signed(points: float) -> str:
    return f"{points + 0.0:+.1f}".replace("-", "−")


def _interval(values: "Series") -> str:
    """Write Student's 95 % interval of a mean."""
    from scipy import stats

    low, high = stats.t.interval(0.95, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
    return f" [{low:.1f}, {high:.1f}]".replace("-", "−")


def ship(models: Mapping[str, Path], place: Path, answers: "DataFrame") -> list[Path]:
    """Write seed 1 of each tuned model into `place`, "mini-llama-facts" …, in 16 bits with record and card."""
    import jinja2

    here = jinja2.Environment(loader=jinja2.PackageLoader("llamax_kit.training.miniature", ""))
    found = []
    for base in BASES:
        known = read_json(loading.resolve(base).folder / "training.json")
        known = {
            each: known[each] for each in ("trained", "base_languages", "held_out", "size", "parameters", "release")
        }
        trained, name = models[f"{base} {SEEDS[0]}"], f"{base}-facts"
        told = {"name": name, **known, "base": base, "seed": SEEDS[0], "stage": shipped.stage_facts(trained.parent)}
        found.append(shipped.to_float16(trained, place=place / name, facts=told))
        asked = {"questions": len(cldr_questions.read_items(None, "en", split="dev"))}
        asked |= {"prompt": cldr_questions.PROMPTS["named"]}
        asked |= {"table": table(answers), "written": table(answers, "written")}
        with whole(place / name / "README.md") as scratch:
            text = here.get_template("facts.md.j2").render(told | asked)
            scratch.write_text(text + "\n", encoding="utf-8", newline="\n")
    return found


def main(what: str, *paths: str) -> None:
    """Do what the first lines of this file say."""
    path, *more = paths
    form = more[0] if more and what != "ship" else next(iter(FORMS))
    if form not in FORMS:
        raise UnknownName("form", given=form, choices=FORMS, remedy=f"use one of {', '.join(FORMS)}")
    task, kept = FORMS[form], Path(LINES.format(form=form)).with_suffix(".csv")
    if what == "write":
        print(write(Path(path), task))
        return
    models = train(Path(path), form)
    if what == "table" or not kept.is_file():
        bases = BASES if task is cldr_questions else ()  # a base that is not tuned writes no reason
        answers = ask(dict(zip(bases, bases, strict=True)) | models, task)
        with whole(kept) as scratch:
            answers.to_csv(scratch, index=False, lineterminator="\n")
        if task is cldr_questions:
            print(f"The most likely option:\n\n{table(answers)}\n")
        print(f"What is written:\n\n{table(answers, 'written', options=task.OPTIONS)}")
    if what == "ship":
        import pandas as pd

        print(*ship(models, Path(more[0]), pd.read_csv(kept)), sep="\n")


if __name__ == "__main__":
    what, more = "".join(sys.argv[1:2]), sys.argv[3:]
    if len(sys.argv) < 3 or (len(more) != 1 if what == "ship" else what not in ("write", "table") or more[1:]):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KitError as error:
        sys.exit(str(error))
