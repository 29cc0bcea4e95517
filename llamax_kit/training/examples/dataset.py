"""Encoded records (`encoding`) as a memory-mapped data set of `datasets`, in a folder of their own. Trains nothing.

A folder of examples holds examples.arrow, counts.csv (examples and tokens by kind and language, as the paper's Tables 7
and 8) and examples.json (what `stage` checks), and is written whole or not at all.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from llamax_kit.training.examples.blocks import IGNORED, Example, pack
from llamax_kit.training.examples.encoding import encoded
from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import abandoned, sound

ROWS = 1000  # that are written at once
PROBE = "Hello, world! 42\nHabari ya dunia; привет, 世界, مرحبا, नमस्ते, สวัสดี"  # by which tokenizers differ


def save(
    records: Iterable,
    tokenizer,
    folder: Path | str,
    block: int = 512,
    packed: bool = True,
    *,
    names: bool = False,
    apart: bool = True,
    seed: int = 1,
) -> Path:
    """Write the examples of `records` (see `mixture.Record`) into `folder`, in place of what was there; return it.

    Lines of one language that follow each other as mono records are joined by "\\n" and cut into blocks of `block`
    tokens (paper, Section 3.1); `names`: with the language's name in front of each, without loss (`mixture.named`). Any
    other record is one example, cut at `block` tokens; the tokens of its `given` have no loss, and one left without any
    loss is left out. `packed`: rows of exactly `block` tokens, filled with whole examples in an order drawn by
    `seed`, so that neighbours are of any languages; unless `apart`, an example sees those before it in its block (see
    `blocks.pack`). Otherwise a row an example, padded in its batch. What killed processes left is removed.

    Raises KitError when there is nothing to write, when `block` is below 8, when the folder holds something else, or
    when it cannot be written.
    """
    folder = Path(folder)
    if block < 8:
        raise KitError(f"expected a block of 8 tokens or more, got {block}. To mend: 512 is the paper's")
    if folder.exists() and not (folder / "examples.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise KitError(
            f"expected a folder of examples, or none yet, at {folder}, but it holds something else. "
            f"To mend: name a folder of their own"
        )
    counts: Counter = Counter()
    rows = map(_unpacked, encoded(records, tokenizer, block, names, counts))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        prefix = f".{folder.name}-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as scratch, locks.held(Path(scratch)):
            whole = Path(scratch) / "new"
            whole.mkdir()
            if packed:
                mixed = _mixed(rows, Path(scratch) / "mixed.arrow", seed)
                rows = pack(mixed, block, pad=tokenizer.pad_id, apart=apart)
            known = {"block": block, "packed": packed, "apart": apart, "seed": seed}
            known |= {"pad": tokenizer.pad_id, "tokenizer": fingerprint(tokenizer)}
            _fill(whole, rows, known, named=folder)
            _table(counts).to_csv(whole / "counts.csv", index=False, lineterminator="\n")
            if folder.exists():
                folder.rename(Path(scratch) / "old")
            whole.rename(folder)
    except OSError as error:
        raise KitError(
            f"could not write {folder}: {error}. Nothing of it was kept. To mend: free some space, or name a folder "
            f"that can be written"
        ) from error
    return folder


def _fill(whole: Path, rows: Iterable, known: dict, *, named: Path) -> None:
    """Write the rows and what is known of them into an empty folder. Raises KitError for no rows."""
    facts = _write(rows, whole / "examples.arrow", known["packed"])
    if not facts["rows"]:
        raise KitError(
            f"expected records to make examples of for {named}, but there are none (or their `given` alone "
            f"fills {known['block']} tokens). To mend: look at the mixture's table, or take a longer block"
        )
    (whole / "examples.json").write_text(json.dumps(facts | known, indent=1) + "\n", encoding="utf-8", newline="\n")


def load(folder: Path | str):
    """Open the examples of a folder, memory-mapped: a `datasets.Dataset` with numpy rows.

    Raises KitError when the folder holds none, or they are damaged.
    """
    import datasets

    facts(folder)
    mapped = sound(Path(folder) / "examples.arrow", lambda path: datasets.Dataset.from_file(str(path)), "save it again")
    return mapped.with_format("numpy")


def facts(folder: Path | str) -> dict:
    """Read what examples a folder holds: rows, tokens (of packed rows with their padding), highest (id), sha256, block,
    packed, apart, seed, pad, tokenizer (its fingerprint).

    Raises KitError when the folder holds none.
    """
    path = Path(folder) / "examples.json"
    if not path.is_file():
        raise KitError(
            f"expected a folder of examples, but {folder} has no examples.json. To mend: write it with "
            f"llamax_kit.training.examples.dataset.save"
        )
    return sound(path, lambda path: json.loads(path.read_text(encoding="utf-8")), "save the examples again")


def fingerprint(tokenizer) -> str:
    """Hash of the ids of a text in six scripts, and of those that begin and end: two tokenizers rarely share it."""
    ids = [tokenizer.encode(PROBE), tokenizer.eos_ids, tokenizer.pad_id]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:16]


def collate(rows: list[dict], pad: int) -> dict:
    """Make a batch of rows: int64 tensors of shape (rows, longest row). Shorter rows are padded on the right."""
    import torch

    longest = max(len(row["input_ids"]) for row in rows)
    names = [name for name in ("input_ids", "labels", "position_ids") if name in rows[0]]
    batch = {name: torch.full((len(rows), longest), IGNORED if name == "labels" else pad) for name in names}
    for name, tensor in batch.items():
        for at, row in enumerate(rows):
            tensor[at, : len(row[name])] = torch.as_tensor(row[name])
    if "position_ids" not in batch:  # beside position ids a mask would hide where packed examples begin
        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        batch["attention_mask"] = (torch.arange(longest) < lengths[:, None]).long()
    return batch


def _sweep(folder: Path) -> None:
    """Remove the scratch folders of `save` whose process is dead. Of another machine's process that cannot be seen."""
    for path in folder.parent.glob(f".{folder.name}-*"):
        if re.fullmatch(re.escape(f".{folder.name}-") + r"[a-z0-9_]{8}", path.name) and path.is_dir():
            marked = any(path.glob(".running-*"))
            if not locks.holder(path) if marked else abandoned(path):
                shutil.rmtree(path, ignore_errors=True)


def _unpacked(example: Example) -> dict:
    return {"input_ids": example.ids, "labels": example.labels, "length": len(example.ids)}


def _mixed(rows: Iterator[dict], path: Path, seed: int) -> Iterator[Example]:
    """Yield all examples in an order drawn by `seed`, by way of a file, as they may be more than memory holds."""
    import datasets

    if not _write(rows, path, packed=False)["rows"]:
        return
    mapped = datasets.Dataset.from_file(str(path)).shuffle(seed=seed, keep_in_memory=True)
    for batch in mapped.iter(ROWS):
        yield from map(Example, batch["input_ids"], batch["labels"])


def _write(rows: Iterator[dict], path: Path, packed: bool) -> dict:
    """Write rows as an Arrow file that `datasets` maps; return their number, their tokens, highest id and hash."""
    from datasets import Features, List, Value
    from datasets.arrow_writer import ArrowWriter

    columns = {name: List(Value("int32")) for name in ("input_ids", "labels")}
    columns |= {"position_ids": List(Value("int32"))} if packed else {"length": Value("int32")}
    digest, count, tokens, highest = hashlib.sha256(), 0, 0, 0
    with ArrowWriter(path=str(path), features=Features(columns)) as writer:
        while batch := list(islice(rows, ROWS)):
            columns = {name: [row[name] for row in batch] for name in batch[0]}
            digest.update(json.dumps(columns).encode())
            count += len(batch)
            tokens += sum(map(len, columns["input_ids"]))
            highest = max(highest, *map(max, columns["input_ids"]))
            writer.write_batch(columns)
        writer.finalize()
    return {"rows": count, "tokens": tokens, "highest": highest, "sha256": digest.hexdigest()}


def _table(counts: Counter):
    """Make a table of counts: kind, src, tgt, examples, tokens, cut (examples longer than a block)."""
    import pandas as pd

    keys = dict.fromkeys(key[:3] for key in counts)
    names = ("examples", "tokens", "cut")
    rows = [(*key, *(counts[*key, name] for name in names)) for key in keys]
    return pd.DataFrame(rows, columns=["kind", "src", "tgt", *names])
