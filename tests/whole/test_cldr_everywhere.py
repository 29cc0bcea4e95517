"""CLDR phrases end to end: the same text in another process, nothing given away in any language, the model rebuilt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sentencepiece
from pyarrow import parquet

import llamax_kit
from llamax_kit.data.corpora import cldr
from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.training.cldr import build, tokenizer

PRINT_HASH = "from llamax_kit.training.cldr import build; print(build.corpus('{split}', {codes}).sha256)"


@pytest.mark.parametrize("split, codes", [("devtest", None), ("train", ["en", "sw", "ar"])])
def test_the_text_does_not_depend_on_the_process(split, codes):
    codes = codes or corpus_languages("cldr")
    here = build.corpus(split, codes).sha256
    for seed in ("0", "12345"):
        command = [sys.executable, "-c", PRINT_HASH.format(split=split, codes=codes)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.strip() == here


def test_training_text_gives_at_most_one_line_of_devtest_away():
    """Contents never coincide, but a language can have one word for two things ("second" of time and of an angle)."""
    for code in corpus_languages("cldr")[::3]:
        seen = set(build.corpus("train", [code]).texts[code])
        devtest = [text for text in load_corpus("cldr", [code]).texts[code] if text is not None]
        assert sum(text in seen for text in devtest) <= 1, code


def test_the_shipped_tokenizer_is_what_the_command_makes():
    made, shipped = sentencepiece.SentencePieceProcessor(), sentencepiece.SentencePieceProcessor()
    made.load_from_serialized_proto(tokenizer.train())
    shipped.load(str(Path(llamax_kit.__file__).parent / "scoring/cldr.model"))
    pieces = [{model.id_to_piece(number) for number in range(8000)} for model in (made, shipped)]
    assert len(pieces[0] & pieces[1]) > 7900  # all of them, unless this processor rounds another way


def test_the_command_writes_what_ships(tmp_path):
    """The whole of it; of another Babel's CLDR it would be another text, and another release in its name."""
    subprocess.run([sys.executable, "-m", "llamax_kit.training.cldr.build", str(tmp_path)], check=True)
    for name in ("cldr_dev.parquet", "cldr_devtest.parquet"):
        made, shipped = (parquet.read_table(folder / name) for folder in (tmp_path, cldr.HERE))
        assert made.equals(shipped, check_metadata=True) and made.num_rows == 500 and made.num_columns == 142
    coverage = "cldr_coverage.csv"
    assert (tmp_path / coverage).read_bytes() == (cldr.HERE / coverage).read_bytes()
    assert len((tmp_path / coverage).read_text(encoding="utf-8").splitlines()) == 1 + 154
