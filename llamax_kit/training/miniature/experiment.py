"""The experiment of notebook 10 up to the four models: texts, first weights, two stages, tuning, weights in 16 bits.

Each step is one function and writes into the run's folder. A stage that was trained to its end is not trained again.
What the models can do is in `measures`. Every function that asks for `role` takes what `roles.roles` returns.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.models import loading
from llamax_kit.training import settings, stage
from llamax_kit.training.cldr import build
from llamax_kit.training.cldr import texts as cldr_texts
from llamax_kit.training.cldr.phrases import SIZES
from llamax_kit.training.corpus import instructions, mixture
from llamax_kit.training.examples import dataset
from llamax_kit.training.miniature import card, model, shipped
from llamax_kit.training.miniature.roles import ADDED, BASE, HELD_OUT, codes
from llamax_kit.training.miniature.roles import roles as roles
from llamax_kit.utils.words import counted

if TYPE_CHECKING:
    from pandas import DataFrame

BLOCK = 256  # tokens; the paper: 512
THRESHOLD = 200  # lines, below which continual pre-training fills a pair up; the paper: 25,000
MONO = 4  # lines of a language alone for a line of a pair, in pre-training; in continual pre-training a quarter


def write_texts(folder: Path, role: Mapping[str, str], asked: int) -> Path:
    """Write the texts that training reads into folder/texts, with `asked` instructions; return that folder."""
    return cldr_texts.write(folder / "texts", codes(role, BASE), others=codes(role, ADDED), instructions=asked)


def samples(texts: Path, role: Mapping[str, str]) -> "DataFrame":
    """Return the first line of each kind of text, for one language: file, files (how many its folder has), line."""
    import pandas as pd

    code = (codes(role, ADDED) or codes(role, BASE)[1:])[0]
    pair = f"pairs/en-{code}"
    names = (f"mono/{code}.txt", f"{pair}.en", f"{pair}.{code}", f"dictionaries/en-{code}.txt", "instructions.jsonl")
    lines = [(texts / name).read_text(encoding="utf-8").split("\n", 1)[0] for name in names]
    counts = [sum(each.is_file() for each in (texts / name).parent.iterdir()) for name in names]
    return pd.DataFrame({"file": names, "files": counts, "line": lines})


def first_weights(folder: Path, role: Mapping[str, str], *, texts: Path, size: str, seed: int) -> Path:
    """Train the tokenizer on the languages of pre-training and write a Llama with random weights; return its folder."""
    pieces = model.train_tokenizer(folder / "tokenizer.model", folder=texts, base=codes(role, BASE))
    return model.initialise(folder / "first", tokenizer=pieces, size=size, seed=seed)


def arguments(size: str) -> dict:
    """Return the arguments of transformers' Trainer that all stages share; learning rate and warm-up are to be added.

    It computes in bfloat16 where this machine is faster with it.
    """
    return dict(
        lr_scheduler_type="cosine", per_device_train_batch_size=8, adam_beta2=0.95, weight_decay=0.01,
        num_train_epochs=1, bf16=model.bf16(size), save_steps=500, logging_steps=0.01,
    )  # fmt: skip


def pretraining(texts: Path, role: Mapping[str, str], *, pairs: int, seed: int) -> Iterable[mixture.Record]:
    """Read the records of pre-training: the base languages, with up to `pairs` lines of each of their pairs."""
    how = dict(threshold=0, pairs=pairs, mono=MONO * pairs, names=True, seed=seed)
    return mixture.records(texts, codes(role, BASE), held_out=codes(role, HELD_OUT), **how)


def continual(
    texts: Path, role: Mapping[str, str], *, pairs: int, parallel: str, augment: bool, seed: int
) -> list[mixture.Record]:
    """Read the records of continual pre-training: all languages but those held out, pairs as in `mixture.records`."""
    how = dict(parallel=parallel, augment=augment, threshold=THRESHOLD, pairs=pairs, mono=max(1, pairs // MONO))
    trained = codes(role)
    return list(mixture.records(texts, trained, held_out=codes(role, HELD_OUT), names=True, seed=seed, **how))


def tuning(texts: Path) -> list[mixture.Record]:
    """Read the records of tuning, translations within the base languages: `given` is the prompt, `text` the answer."""
    return list(instructions.records(texts / "instructions.jsonl"))


def counts(records: Iterable[mixture.Record]) -> "DataFrame":
    """Count records by language, as the paper's Table 7: see `mixture.table`."""
    return mixture.table(records)


def kinds(records: Sequence[mixture.Record]) -> "DataFrame":
    """Return two records of each kind, in different directions where there are any."""
    import pandas as pd

    return pd.DataFrame(records).groupby(["kind", "tgt"]).head(1).groupby("kind").tail(2)


def train(place: Path, records: Iterable[mixture.Record], *, base: Path, trainer: dict, seed: int) -> Path:
    """Train a stage: make examples of the records, and train `base` on them; return the trained model's folder.

    The examples are in blocks, in an order drawn by `seed`, and see those before them in their block.

    Raises KitError as `stage.plan` does, for other settings than those that the training in `place` was begun with.
    """
    read = place.parent / "examples" / place.name
    tokenizer = loading.load_tokenizer(loading.resolve(str(base)))
    dataset.save(records, tokenizer, read, BLOCK, names=True, apart=False, seed=seed)
    return stage.train(stage.plan(place, base=base, examples=read, trainer=trainer, seed=seed))


def tune(models: Sequence[Path], records: Iterable[mixture.Record], *, trainer: dict, seed: int) -> list[Path]:
    """Tune trained models on the same instructions, with a loss on the answers alone; return the tuned models' folders.

    Raises KitError as `train` does.
    """
    folder = models[0].parents[1]
    read, tokenizer = folder / "examples" / "alpaca", loading.load_tokenizer(loading.resolve(str(models[0])))
    dataset.save(records, tokenizer, read, BLOCK, packed=False, seed=seed)
    plans = [stage.plan(folder / f"{base.parent.name}-alpaca", base=base, examples=read, trainer=trainer, seed=seed)
             for base in models]  # fmt: skip
    return [stage.train(plan) for plan in plans]


def logs(folder: Path) -> "DataFrame":
    """Read how the loss went in all stages: rows of `stage.log` with a column `stage` more."""
    import pandas as pd

    return pd.concat([stage.log(folder / name).assign(stage=name) for name in shipped.NAMES])


def facts(folder: Path) -> dict[str, dict]:
    """Sum the finished stages up, by name: see `shipped.stage_facts`."""
    return {name: shipped.stage_facts(folder / name) for name in shipped.NAMES}


def stages(folder: Path) -> "DataFrame":
    """Return a row a stage: what `facts` says of it, tokens_per_second, examples, and cut (longer than a block)."""
    import pandas as pd

    rows = []
    for name, each in facts(folder).items():
        read = folder / "examples" / ("alpaca" if name.endswith("alpaca") else name) / "counts.csv"
        counts = pd.read_csv(read)[["examples", "cut"]].sum().to_dict()
        told = {key: value for key, value in each.items() if key != "versions"}
        told["learning_rate"] = f"{each['learning_rate']:g}"
        rows.append({"stage": name} | told | {"tokens_per_second": each["tokens"] / each["seconds"]} | counts)
    return pd.DataFrame(rows)


def to_float16(folder: Path, role: Mapping[str, str], *, size: str, seed: int, sentences: int) -> dict[str, Path]:
    """Write the four models with weights in float16 into folder/models; return their folders by name.

    Beside each lies training.json, with what `card.write` needs. sentences: of each direction in the test, 0 for all.
    """
    told = dict(
        base_languages=codes(role, BASE), held_out=codes(role, HELD_OUT), seed=seed, size=size, threshold=THRESHOLD,
        block=BLOCK, sentences=sentences or SIZES["devtest"], release=build.release(),
        parameters=settings.count(folder / "first"), stages=facts(folder),
    )  # fmt: skip
    found = {}
    for name in shipped.NAMES:
        own = dict(name=name, trained=codes(role) if "llamax" in name else codes(role, BASE))
        found[name] = shipped.to_float16(folder / name / "model", place=folder / "models" / name, facts=own | told)
    return found


def write_cards(models: Mapping[str, Path], summary: "DataFrame", parameters: Mapping) -> str:
    """Write the card of each model; return how many models there are and how large, in words.

    summary: of `measures.summary`; parameters: those of the notebook, for the command that makes the models again.
    """
    for place in models.values():
        card.write(place, summary, parameters)
    weight = sum(path.stat().st_size for place in models.values() for path in place.iterdir())
    return f"{counted(len(models), 'model')}, {weight / 1e6:.1f} MB"
