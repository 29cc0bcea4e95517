"""auto: what follows the corpus or the runs that are compared, and that nothing changes what a user set."""

import pytest
from finished import CLDR, rows, save

from llamax_kit.analysis import gains
from llamax_kit.analysis.pairs import Pair
from llamax_kit.data import languages
from llamax_kit.data.corpora.corpus import Corpus
from llamax_kit.data.corpora.loading import corpus_languages
from llamax_kit.runs import provenance
from llamax_kit.scoring import comparability, sacrebleu_metrics, spbleu
from llamax_kit.tasks import defaults
from llamax_kit.utils.errors import UnknownName

AUTO = dict.fromkeys(("directions", "sentences", "decoding", "tokenize"), "auto")
DEMO = {"directions": "en-de en-sw en-gl en-eus_Latn de-en sw-en", "sentences": 40,
        "decoding": "greedy max_new_tokens:96", "tokenize": "cldr"}  # fmt: skip
REAL = {"sentences": 0, "decoding": "greedy", "tokenize": "flores101"}
FLORES101 = {"name": "flores101", "split": "devtest", "release": "FLORES-101 devtest"}


@pytest.fixture
def folder(tmp_path):
    """Makes a folder of made-up text in these languages, which may be called like a corpus."""

    def make(name: str, *codes: str) -> str:
        (tmp_path / name).mkdir()
        for code in codes:
            (tmp_path / name / f"{code}.txt").write_text(f"one {code}\ntwo {code}\nthree {code}\n", encoding="utf-8")
        return str(tmp_path / name)

    return make


@pytest.mark.parametrize("corpus", ["cldr", "cldr:dev", "cldr:train"])
def test_on_the_embedded_text_it_is_a_laptops_share(corpus):
    assert defaults.resolved({"corpus": corpus, **AUTO}) == {"corpus": corpus, **DEMO}


@pytest.mark.parametrize("corpus", ["flores101", "flores200:dev", "flores_plus", "flores_plus@4b0c2d1:dev"])
def test_on_real_text_it_is_all_of_it_with_room_to_answer_and_the_papers_pieces(corpus, monkeypatch):
    monkeypatch.setattr(defaults, "corpus_languages", lambda spec: ["en", "de", "sw", "gl", "fr"])
    expected = {"corpus": corpus, "directions": "en-de en-sw en-gl de-en sw-en", **REAL}
    assert defaults.resolved({"corpus": corpus, **AUTO}) == expected


@pytest.mark.parametrize("codes, directions, pairs", [
    (("en", "sw"), "en-X X-en", [("en", "sw"), ("sw", "en")]),
    (("de", "en", "fr"), "en-X X-en", [("en", "de"), ("en", "fr"), ("de", "en"), ("fr", "en")]),
    (("de", "fr"), "X-X", [("de", "fr"), ("fr", "de")]),
])  # fmt: skip
def test_on_a_folder_it_is_all_that_is_there(folder, codes, directions, pairs):
    place = folder("cldr", *codes)  # a path, and no name of a corpus
    assert defaults.resolved({"corpus": place, **AUTO}) == {"corpus": place, "directions": directions, **REAL}
    assert set(languages.directions(directions, corpus_languages(place))) == {*pairs}


def test_what_is_set_stays_on_any_corpus(folder):
    given = {"directions": "en-sw", "sentences": 7, "decoding": "paper", "tokenize": "flores200"}
    for corpus in ("cldr", "flores101", folder("mine", "en", "sw")):
        assert defaults.resolved({"corpus": corpus, **given}) == {"corpus": corpus, **given}
    whole = {"corpus": "cldr", "sentences": 0, "device": "auto", "dtype": "auto"}
    assert defaults.resolved(whole) == whole  # these follow the machine
    assert defaults.resolved({"tokenize": "auto", "system": "a"}) == {"tokenize": "auto", "system": "a"}


def test_a_corpus_that_is_not_there_is_said():
    with pytest.raises(UnknownName, match="'flores11'.*flores101"):
        defaults.directions("auto", corpus="flores11")


def test_a_part_of_a_corpus_is_said_and_the_whole_is_not():
    text = Corpus("x", "", "X", {"en": list("abcdef"), "de": list("ABCDEF"), "sw": [*"uvwx", None, None]})
    assert text.cut([("en", "de"), ("de", "en")], 4) == "the first 4 of 6 sentences of each direction"
    assert text.cut([("en", "de"), ("en", "sw")], 3) == "the first 3 of 4–6 sentences of each direction"
    assert text.cut([("en", "de"), ("en", "sw")], 4) == "the first 4 of 6 sentences of 1 of 2 directions"
    assert [text.cut([("en", "de")], n) for n in (0, 6, 7)] == [""] * 3


# Runs that are compared


def test_runs_are_compared_as_they_were_scored_else_as_fits_their_corpus():
    tokenizer, signature = {"parameters": {"tokenize": "flores200"}}, {"signatures": ["nc:6|nw:2", "x|tok:flores200|y"]}
    flores, own = {"corpus": FLORES101}, {"corpus": {"name": "cldr", "split": "", "release": 'own text "cldr"'}}
    assert defaults.of_runs("auto", [tokenizer | flores, signature | flores]) == "flores200"
    assert defaults.of_runs("auto", [tokenizer | flores, flores]) == "flores200"
    assert defaults.of_runs("auto", [flores, flores]) == defaults.of_runs("auto", [own]) == "flores101"
    assert defaults.of_runs("auto", [{"corpus": CLDR}]) == "cldr"
    assert defaults.of_runs("auto", [{"parameters": {"tokenize": "cldr"}}, tokenizer]) == ""
    assert defaults.of_runs("auto", [{}, {"parameters": None, "corpus": None}]) == ""
    assert defaults.of_runs("flores101", [tokenizer]) == "flores101" and defaults.of_runs("", [tokenizer]) == ""


def test_a_signature_names_the_tokenizer_that_it_was_made_with(tmp_path):
    own = tmp_path / "own.model"
    own.write_bytes(sacrebleu_metrics.CLDR.read_bytes())
    for name, called in (("cldr", "cldr"), (str(own), f"own-{sacrebleu_metrics.sha256(own)[:8]}")):
        assert sacrebleu_metrics.tokenizer(spbleu.score(["one"], ["one"], name, interval=False).signature) == called
    assert sacrebleu_metrics.tokenizer("nrefs:1|case:mixed|eff:no|tok:cldr-00000000|smooth:exp") == "cldr-00000000"
    for metric in ("chrF++", "BLEU"):  # which have no pieces
        assert sacrebleu_metrics.tokenizer(spbleu.score(["one"], ["one"], metric=metric).signature) == ""


def test_a_pair_that_nobody_scored_follows_its_corpus():
    one, other = rows("one"), rows("other")
    records = ({"corpus": CLDR | {"cut": "the first 4 of 9 sentences of each direction"}}, {"corpus": CLDR})
    pair = Pair(one, other, one[:0], records, [])
    assert pair.tokenize == "cldr"
    assert pair.cuts == ["Note: the first 4 of 9 sentences of each direction (one)."]
    assert provenance.cuts({"a": records[0], "b": records[0], "c": {}}) == [
        "Note: the first 4 of 9 sentences of each direction (a, b)."]  # fmt: skip


def test_auto_compares_signatures_as_no_tokenizer_does(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    own = tmp_path / "own.model"
    own.write_bytes(sacrebleu_metrics.CLDR.read_bytes())
    save("mine", rows("a"))
    save("other", rows("b"), tokenize=str(own))
    for named in ("", "auto"):
        with pytest.raises(comparability.NotComparable, match="signature.*tok:cldr.*tok:own.*tokenize"):
            gains.pair("mine", "other", tokenize=named)
    assert len(gains.pair("mine", "other", tokenize="cldr").system) == 8
