"""Examples: the engine's own ids, blocks whose examples see no neighbour, losses where the paper has them."""

import json
import os
import platform
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest
from small import sentence

from llamax_kit.models import tokenizer_files
from llamax_kit.training.corpus.mixture import Record
from llamax_kit.training.examples import blocks, dataset, encoding
from llamax_kit.training.examples.blocks import IGNORED, Example
from llamax_kit.training.miniature import random_llama
from llamax_kit.utils import locks
from llamax_kit.utils.errors import KitError

SHAPE = {"hidden_size": 32, "intermediate_size": 64}
PAIR = [Record("pair", "en", "sw", "", f"{sentence(at, 8)} {sentence(at + 99, 8)}") for at in range(20)]
TOLD = [Record("instruction", "en", "sw", f"Translate {sentence(at, 5)}\n### Response:", "Jibu.") for at in range(9)]
LINES = [Record("mono", "sw", "", "", sentence(at)) for at in range(10)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    place = tmp_path_factory.mktemp("base")
    random_llama.make(place, tokenizer=random_llama.TOKENIZER, seed=1, **SHAPE)
    return place


@pytest.fixture(scope="module")
def tokenizer(base):
    return tokenizer_files.load(base)


def saved(tmp_path, tokenizer, records, **how):
    return [dict(row) for row in dataset.load(dataset.save(records, tokenizer, tmp_path / "made", **how))]


def parts(row):
    """The examples of a packed row, without padding: (ids, labels)."""
    starts = [at for at, position in enumerate(row["position_ids"]) if position == 0] + [len(row["input_ids"])]
    found = [(row["input_ids"][a:b].tolist(), row["labels"][a:b].tolist()) for a, b in zip(starts, starts[1:])]  # noqa: B905
    return [(ids, labels) for ids, labels in found if ids[0] == 1]


def test_examples_lie_whole_in_blocks_of_one_length(tmp_path, tokenizer):
    rows = saved(tmp_path, tokenizer, PAIR, block=64)
    assert {len(row[name]) for row in rows for name in row} == {64}
    found = sorted(ids for row in rows for ids, _ in parts(row))
    assert found == sorted([1, *tokenizer.ordinary(record.text), 2][:64] for record in PAIR)
    assert len(rows) < len(PAIR)


def test_loss_is_on_what_follows_given_and_never_on_the_first_token(tmp_path, tokenizer):
    rows = saved(tmp_path, tokenizer, [*PAIR[:3], *TOLD], block=128)
    for ids, labels in [part for row in rows for part in parts(row)]:
        lost = [id for id, label in zip(ids, labels, strict=True) if label == IGNORED]
        text = tokenizer.text(lost)
        assert lost == [1] or text.startswith("Translate") and text.endswith("### Response:")
        assert [label for label in labels if label != IGNORED] == ids[len(lost) :]
        assert ids == [*tokenizer.encode(tokenizer.text(ids[1:-1])), 2]  # as the engine would ask


class Merging:
    """A tokenizer of words without BOS that makes one token of "x y", so that a border may fall into a token."""

    bos_id, pad_id, words = None, 0, "say x y z xy".split()

    def __init__(self, eos=2, pad=0):
        self.eos_ids, self.pad_id = [eos], pad

    def encode(self, text):
        return [10 + self.words.index(word) if word in self.words else 9 for word in text.replace("x y", "xy").split()]


def test_a_token_that_given_and_text_share_has_a_loss():
    tokenizer = Merging()
    say, x, y, z, merged = range(10, 15)
    for given, text, ids, lost in (
        ("say x", "y z", [say, merged, z, 2], 1), ("say x", "z", [say, x, z, 2], 2), ("", "y z", [y, z, 2], 0),
    ):  # fmt: skip
        found = encoding.encode(Record("instruction", "en", "sw", given, text), tokenizer, 16)
        assert found == Example(ids, [IGNORED] * lost + ids[lost:])


def test_no_example_of_a_block_is_predicted_from_the_one_before_it_not_even_without_bos(tmp_path):
    texts = ["x z", "y z z", "z", "say z"] * 3
    records = [Record("pair", "en", "sw", "", text) for text in texts]
    starts = 0
    for row in saved(tmp_path, Merging(), records, block=16):
        for at, (position, label) in enumerate(zip(row["position_ids"], row["labels"], strict=True)):
            assert label == (row["input_ids"][at] if position and row["input_ids"][at] else IGNORED)
            starts += position == 0 and row["input_ids"][at] != 0
    assert starts == len(records)


def test_tokenizers_that_end_or_pad_otherwise_have_other_fingerprints():
    assert len({dataset.fingerprint(Merging(*each)) for each in ((), (3,), (2, 1), (3, 1))}) == 4
    assert dataset.fingerprint(Merging()) == dataset.fingerprint(Merging())


def test_packed_examples_see_none_of_their_neighbours(base, tokenizer):
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(base).eval()
    model.config.use_cache = False
    alone = [encoding.encode(record, tokenizer, 64) for record in PAIR[:6]]
    (row, *_) = blocks.pack(alone, 256, pad=tokenizer.pad_id)
    batch = dataset.collate([row], tokenizer.pad_id)
    assert "attention_mask" not in batch
    with torch.no_grad():
        packed, at = model(**batch).logits[0], 0
        for example in alone:
            own = model(torch.tensor([example.ids])).logits[0]
            torch.testing.assert_close(packed[at : at + len(own)], own, rtol=0, atol=1e-5)
            at += len(own)


def test_rows_of_several_kinds_come_mixed_in_an_order_that_the_seed_draws(tmp_path, tokenizer):
    mono = [Record("mono", code, "", "", sentence(at)) for code in ("sw", "en") for at in range(6)]
    pairs = [Record("pair", "en", code, "", sentence(at) * 9) for code in ("sw", "de") for at in range(100, 140)]
    orders, hashes = [], []
    for seed in (1, 2, 1):
        rows = saved(tmp_path, tokenizer, [*mono, *pairs], block=16, seed=seed)
        orders.append([tuple(ids) for row in rows for ids, _ in parts(row)])
        hashes.append(dataset.facts(tmp_path / "made")["sha256"])
    of_pairs = {tuple(encoding.encode(each, tokenizer, 16).ids) for each in pairs}
    assert {row in of_pairs for row in orders[0][:20]} == {True, False}
    assert hashes[0] == hashes[2] != hashes[1] and orders[0] == orders[2] != orders[1]
    assert Counter(orders[0]) == Counter(orders[1])


def test_unless_apart_positions_run_through_a_block(tmp_path, tokenizer):
    rows = saved(tmp_path, tokenizer, PAIR, block=64, apart=False)
    assert [row["position_ids"].tolist() for row in rows] == [list(range(64))] * len(rows) and len(rows) < len(PAIR)
    assert dataset.facts(tmp_path / "made")["apart"] is False
    together = [row["input_ids"].tolist() for row in rows]
    assert together == [row["input_ids"].tolist() for row in saved(tmp_path, tokenizer, PAIR, block=64)]


@pytest.mark.parametrize("at", [0, 3, 6])
def test_the_highest_id_is_that_of_all_rows(tmp_path, monkeypatch, at):
    monkeypatch.setattr(dataset, "ROWS", 2)
    texts = ["z"] * at + ["x y"] + ["z"] * (6 - at)
    saved(tmp_path, Merging(), [Record("pair", "en", "sw", "", text) for text in texts], packed=False)
    assert dataset.facts(tmp_path / "made")["highest"] == 14


def test_running_lines_are_joined_and_cut_where_a_block_is_full(tmp_path, tokenizer):
    found = [row["input_ids"].tolist() for row in saved(tmp_path, tokenizer, LINES, block=32, packed=False)]
    text = [id for ids in found for id in ids[1:]]
    assert text == [*tokenizer.ordinary("\n".join(record.text for record in LINES)), 2]
    assert all(len(ids) == 32 for ids in found[:-1]) and len(found) > 3


def test_many_lines_are_given_to_the_tokenizer_some_at_a_time(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr(encoding, "LINES", 4)
    rows = saved(tmp_path, tokenizer, LINES, block=2048)
    ((ids, _),) = parts(rows[0])
    assert "".join(tokenizer.text(ids[1:-1]).split()) == "".join("".join(line.text for line in LINES).split())
    assert tokenizer.text(ids[1:-1]).count("\n") == len(LINES) - 1


def test_each_block_of_a_language_begins_with_its_name_if_asked(tmp_path, tokenizer):
    rows = saved(tmp_path, tokenizer, LINES, block=32, names=True)
    head = tokenizer.encode("Swahili:")
    for ids, labels in [part for row in rows for part in parts(row)]:
        assert ids[: len(head)] == head and labels[: len(head)] == [IGNORED] * len(head)
        assert labels[len(head) :] == ids[len(head) :]
    with pytest.raises(KitError, match="heading of at most 4 tokens in front of blocks of 8, got .*Swahili"):
        dataset.save(LINES, tokenizer, tmp_path / "short", block=8, names=True)


def test_rows_of_one_example_are_padded_in_their_batch(tmp_path, tokenizer):
    rows = saved(tmp_path, tokenizer, PAIR, packed=False)
    assert [row["input_ids"].tolist() for row in rows] == [[*tokenizer.encode(each.text), 2] for each in PAIR]
    assert [row["length"] for row in rows] == [len(row["input_ids"]) for row in rows]
    batch = dataset.collate(rows[:3], pad=7)
    for row, ids, labels, mask in zip(
        rows, *(batch[n] for n in ("input_ids", "labels", "attention_mask")), strict=False
    ):
        n = row["length"]
        assert ids[:n].tolist() == row["input_ids"].tolist() and set(ids[n:].tolist()) <= {7}
        assert set(labels[n:].tolist()) <= {IGNORED} and mask.tolist() == [1] * n + [0] * (len(mask) - n)


def test_counts_stand_beside_the_examples(tmp_path, tokenizer):
    folder = dataset.save([*LINES, *PAIR, *TOLD], tokenizer, tmp_path / "made", block=24)
    counts = pd.read_csv(folder / "counts.csv", keep_default_na=False).set_index("kind")
    facts = dataset.facts(folder)
    full = sum(sum(ids >= 0 for ids in row["labels"]) for row in dataset.load(folder))
    assert counts.loc["pair", ["src", "tgt", "examples"]].tolist() == ["en", "sw", 20]
    assert counts.loc["pair", "cut"] == sum(len(tokenizer.encode(each.text)) >= 24 for each in PAIR) > 0
    assert counts.loc["instruction", "examples"] + counts.loc["instruction", "cut"] >= 9  # some lost all of their loss
    assert full < counts.tokens.sum() <= facts["tokens"] == 24 * facts["rows"]


def test_the_file_is_mapped_not_read_into_memory(tmp_path, tokenizer):
    folder = dataset.save(PAIR, tokenizer, tmp_path / "made")
    assert [file["filename"] for file in dataset.load(folder).cache_files] == [str(folder / "examples.arrow")]


def test_the_same_records_have_the_same_hash_and_others_another(tmp_path, tokenizer):
    hashes = [
        dataset.facts(dataset.save(records, tokenizer, tmp_path / "made"))["sha256"] for records in (PAIR, PAIR, TOLD)
    ]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("packed", [True, False])
def test_the_same_tokens_with_a_loss_elsewhere_have_another_hash(tmp_path, tokenizer, packed):
    texts = [("", "one two three"), ("one", "two three"), ("one two", "three")]
    facts = []
    for given, text in texts:
        record = Record("instruction", "en", "sw", given, text)
        rows = saved(tmp_path, tokenizer, [record], packed=packed, block=16)
        facts.append((rows[0]["input_ids"].tolist(), dataset.facts(tmp_path / "made")["sha256"]))
    assert facts[0][0] == facts[1][0] == facts[2][0] and len({digest for _, digest in facts}) == 3


def test_examples_are_written_whole_or_not_at_all(tmp_path, tokenizer):
    def breaking():
        yield from PAIR
        raise RuntimeError("the text broke off")

    folder = dataset.save(TOLD, tokenizer, tmp_path / "made")
    before = dataset.facts(folder)
    with pytest.raises(RuntimeError):
        dataset.save(breaking(), tokenizer, folder)
    assert dataset.facts(folder) == before and [path.name for path in tmp_path.iterdir()] == ["made"]


def test_what_a_killed_save_left_is_removed_but_not_what_a_living_one_is_at_work_on(tmp_path, tokenizer):
    import psutil

    def scratch(name, *marked):
        (tmp_path / name / "new").mkdir(parents=True)
        (tmp_path / name / "mixed.arrow").write_bytes(b"x" * 100)
        for mark in marked:
            (tmp_path / name / mark).touch()
        return name

    here, parent = platform.node(), psutil.Process(os.getppid())
    dead, old = scratch(".made-killed_1", f".running-{here}-{parent.pid}-7"), scratch(".made-killed_2")
    os.utime(tmp_path / old, (0, 0))  # nobody has marked it
    kept = [
        scratch(".made-living_1", f".running-{here}-{parent.pid}-{int(parent.create_time())}"),
        scratch(".made-distant1", ".running-elsewhere-1-7"),  # whether it lives cannot be seen from here
        scratch(".made-new_born"),
        scratch(".made-up-killed_3", f".running-{here}-{parent.pid}-7"),  # of another folder, made-up
        scratch(".made-mine", f".running-{here}-{parent.pid}-7"),
    ]
    dataset.save(PAIR, tokenizer, tmp_path / "made")
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "made"} and dead and old


def test_a_save_marks_what_it_is_at_work_on(tmp_path, tokenizer):
    def breaking_in():
        yield from PAIR
        (scratch,) = tmp_path.glob(".made-*")
        found.append((scratch.name, locks.holder(scratch).process))
        dataset.save(TOLD, tokenizer, tmp_path / "made")  # another of the same folder
        found.append([each.name for each in tmp_path.glob(".made-*")])

    found = []
    dataset.save(breaking_in(), tokenizer, tmp_path / "made")
    assert found[0][1] == os.getpid() and found[1] == [found[0][0]]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_bad_input_is_told(tmp_path, tokenizer):
    with pytest.raises(KitError, match="expected records to make examples of for .*made, but there are none"):
        dataset.save([], tokenizer, tmp_path / "made")
    with pytest.raises(KitError, match="there are none"):  # prompts that leave no room for an answer
        dataset.save(TOLD, tokenizer, tmp_path / "made", block=8)
    with pytest.raises(KitError, match="expected a block of 8 tokens or more, got 2"):
        dataset.save(PAIR, tokenizer, tmp_path / "made", block=2)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/mine.txt").write_text("keep me")
    with pytest.raises(KitError, match="none yet, at .*letters, but it holds something else"):
        dataset.save(PAIR, tokenizer, tmp_path / "letters")
    with pytest.raises(KitError, match="letters has no examples.json"):
        dataset.load(tmp_path / "letters")
    folder = dataset.save(PAIR, tokenizer, tmp_path / "made")
    (folder / "examples.arrow").write_bytes((folder / "examples.arrow").read_bytes()[:100])
    with pytest.raises(KitError, match="examples.arrow is damaged.*save it again"):
        dataset.load(folder)


def test_the_worked_values_of_blocks():
    assert [each.ids for each in blocks.cut([5, 6, 7, 8], [1], 2, block=3)] == [[1, 5, 6], [1, 7, 8], [1, 2]]
    (row,) = blocks.pack([Example([1, 5, 2], [-100, 5, 2]), Example([1, 6], [-100, 6])], block=6, pad=0)
    assert row["position_ids"] == [0, 1, 2, 0, 1, 0] and row["labels"] == [-100, 5, 2, -100, 6, -100]


def test_writing_and_mapping_are_silent_and_leave_nothing_elsewhere(tmp_path, base):
    program = (
        "import sys; from llamax_kit.models import tokenizer_files\n"
        "from llamax_kit.training.examples import dataset as examples\n"
        "from llamax_kit.training.corpus.mixture import Record\n"
        "records = [Record('pair', 'en', 'sw', '', 'one moja')]\n"
        "examples.load(examples.save(records, tokenizer_files.load(sys.argv[1]), sys.argv[2]))[0]"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_"))}
    command = [sys.executable, "-c", program, str(base), str(tmp_path / "made")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment | {"HOME": str(home)}, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert list(home.rglob("*")) == []
    assert json.loads((tmp_path / "made/examples.json").read_text())["rows"] == 1
