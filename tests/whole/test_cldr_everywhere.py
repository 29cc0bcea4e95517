"""CLDR phrases end to end: the same text in another process, nothing given away in any language, the model rebuilt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sentencepiece

import llamax_kit
from llamax_kit.data.corpora import corpus as corpora
from llamax_kit.training.cldr import tokenizer as train_tokenizer

PRINT_HASH = "from llamax_kit import corpora; print(corpora.load('cldr:{split}', {codes}).sha256)"


@pytest.mark.parametrize("split, codes", [("devtest", None), ("train", ["en", "sw", "ar"])])
def test_the_text_does_not_depend_on_the_process(split, codes):
    here = corpora.load(f"cldr:{split}", codes).sha256
    for seed in ("0", "12345"):
        command = [sys.executable, "-c", PRINT_HASH.format(split=split, codes=codes)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.strip() == here


def test_training_text_gives_at_most_one_line_of_devtest_away():
    """Contents never coincide, but a language can have one word for two things ("second" of time and of an angle)."""
    for code in corpora.available("cldr")[::3]:
        seen = set(corpora.load("cldr:train", [code]).texts[code])
        devtest = [text for text in corpora.load("cldr", [code]).texts[code] if text is not None]
        assert sum(text in seen for text in devtest) <= 1, code


def test_the_shipped_tokenizer_is_what_the_command_makes():
    made, shipped = sentencepiece.SentencePieceProcessor(), sentencepiece.SentencePieceProcessor()
    made.load_from_serialized_proto(train_tokenizer.train())
    shipped.load(str(Path(llamax_kit.__file__).parent / "cldr.model"))
    pieces = [{model.id_to_piece(number) for number in range(8000)} for model in (made, shipped)]
    assert len(pieces[0] & pieces[1]) > 7900  # all of them, unless this processor rounds another way


def test_the_coverage_table_is_printed():
    command = [sys.executable, "-m", "llamax_kit.training.cldr.build"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = done.stdout.splitlines()
    assert rows[0].split()[:3] == ["code", "name", "cldr"] and rows[-1] == "CLDR 47 via Babel 2.18.0"
    assert next(row for row in rows if row.split()[0] == "de").split()[-1] == "500"
