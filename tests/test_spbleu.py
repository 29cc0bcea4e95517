"""spbleu: sacreBLEU's number to its last digit, whatever the model; errors before sacreBLEU can cut a list."""

import hashlib
import random

import pandas as pd
import pytest
import sacrebleu.tokenizers.tokenizer_spm as theirs
import sentencepiece
from sacrebleu.metrics import BLEU, CHRF, TER

from llamax_kit.data import downloads
from llamax_kit.scoring import sacrebleu_metrics, spbleu
from llamax_kit.utils.errors import KitError, UnknownName

WORDS = (
    "der die das Haus Baum Straße geht steht fällt heute morgen 世界 мир ነው שלום nämlich 12,5 km/h (fast) «Ja!»".split()
)
ODD = [
    "",
    "   ",
    "Ja.\u2028Nein",
    "tab\there ",
    "\u0085x",
    "\u3000weit\u00a0er",
    "a" * 300,
    "�\ufeff",
    "e\u0301é",
    "👩🏽‍💻 ok",
]


def corpus(n=60, seed=7):
    """Hypotheses that lose and swap words of their references, and some odd ones."""
    draw = random.Random(seed)
    references = [" ".join(draw.choices(WORDS, k=draw.randint(1, 14))) + draw.choice([".", " ", "!"]) for _ in range(n)]
    hypotheses = [" ".join(w for w in line.split(" ") if draw.random() > 0.15) for line in references]
    return hypotheses + ODD + references[:3], references + references[: len(ODD)] + ODD[:3]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A SentencePiece model of a few hundred pieces."""
    path = tmp_path_factory.mktemp("spm") / "tiny.model"
    text = [" ".join(random.Random(i).choices(WORDS, k=9)) for i in range(300)]
    with open(path, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(text), model_writer=file, vocab_size=150, hard_vocab_limit=False, minloglevel=2
        )
    return path


@pytest.fixture(params=["flores101", "flores200"])
def pair(request, model, tmp_path, monkeypatch):
    """The same small model, for sacreBLEU under the file name it looks for, for the kit under the tokenizer's name."""
    name = request.param
    file = tmp_path / "models" / theirs.SPM_MODELS[name]["url"].rsplit("/", 1)[-1]
    file.parent.mkdir()
    file.write_bytes(model.read_bytes())
    monkeypatch.setattr(theirs, "SACREBLEU_DIR", str(tmp_path))
    monkeypatch.setattr(downloads, "tokenizer", lambda asked: {name: file}[asked])
    return name, BLEU(tokenize=name, force=True)


def test_score_and_signature_are_sacrebleus(pair):
    name, bleu = pair
    hypotheses, references = corpus()
    expected = bleu.corpus_score(hypotheses, [references])
    ours = spbleu.score(hypotheses, references, name)
    assert ours.score == expected.score > 10
    assert ours.signature == str(bleu.get_signature())
    assert f"tok:{name}|" in ours.signature
    assert ours.n == len(references)
    assert ours.metric == {"flores101": "spBLEU", "flores200": "spBLEU-flores200"}[name]


def test_interval_is_sacrebleus_bootstrap(pair):
    name, bleu = pair
    hypotheses, references = corpus()
    expected = bleu.corpus_score(hypotheses, [references], n_bootstrap=1000)
    ours = spbleu.score(hypotheses, references, name)
    assert (ours.ci_high - ours.ci_low) / 2 == pytest.approx(expected._ci, rel=1e-6)  # theirs is summed in float32
    assert ours.ci_low < ours.score < ours.ci_high


def test_sentence_scores_are_sacrebleus(pair, model):
    hypotheses, references = corpus()
    bleu = BLEU(tokenize=pair[0], effective_order=True)
    expected = [bleu.sentence_score(h, [r]).score for h, r in zip(hypotheses, references, strict=True)]
    assert spbleu.sentence_scores(hypotheses, references, str(model)) == expected
    assert len(set(expected)) > 30


def test_chrf_is_sacrebleus():
    hypotheses, references = corpus()
    chrf = CHRF(word_order=2)
    expected = chrf.corpus_score(hypotheses, [references], n_bootstrap=1000)
    ours = spbleu.chrf(hypotheses, references)
    assert (ours.metric, ours.score) == ("chrF++", expected.score)
    assert (ours.ci_high - ours.ci_low) / 2 == pytest.approx(expected._ci, rel=1e-5)
    assert ours.signature == str(CHRF(word_order=2, references=[references]).get_signature())


@pytest.mark.parametrize("count", [1, 2])
def test_bleu_is_sacrebleus_by_its_own_words(count):
    hypotheses, references = corpus()
    streams, bleu = [references, second(references)][:count], BLEU()
    expected = bleu.corpus_score(hypotheses, streams, n_bootstrap=1000)
    ours = spbleu.score(hypotheses, streams, metric="BLEU")
    assert (ours.metric, ours.score) == ("BLEU", expected.score)
    assert (ours.ci_high - ours.ci_low) / 2 == pytest.approx(expected._ci, rel=1e-5)
    bleu.n_bootstrap = bleu.seed = None  # which its signature would name
    assert ours.signature == str(bleu.get_signature()) and "|tok:13a|" in ours.signature


def test_a_table_has_the_metrics_that_are_asked_for_in_their_order(model):
    table = translations(("a", "en", "de", HAUS), ("b", "en", "de", HAUS))
    found = spbleu.score_table(table, str(model), metrics="BLEU chrF++ BLEU")
    assert list(found["metric"]) == ["BLEU", "chrF++"] * 2
    hypotheses, references = (list(table.loc[table["system"] == "a", side]) for side in ("hypothesis", "reference"))
    for row in found[:2].itertuples():
        ours = spbleu.score(hypotheses, references, metric=row.metric)
        assert (row.score, row.signature) == (ours.score, ours.signature)
    with pytest.raises(UnknownName, match=r"unknown metric 'chrf'. One of: spBLEU, chrF\+\+, BLEU. To mend"):
        spbleu.score_table(table, metrics="spBLEU chrf")
    with pytest.raises(KitError, match="no metric is named. To mend: name some of spBLEU"):
        spbleu.score_table(table, metrics=" ")


def test_real_tokenizers_give_sacrebleus_figure(data, monkeypatch):
    monkeypatch.setattr(theirs, "SACREBLEU_DIR", str(data / "sacrebleu"))
    hypotheses, references = corpus()
    for name in ("flores101", "flores200"):
        bleu = BLEU(tokenize=name)
        ours = spbleu.score(hypotheses, references, name, interval=False)
        assert (ours.score, ours.signature) == (
            bleu.corpus_score(hypotheses, [references]).score,
            str(bleu.get_signature()),
        )


def test_identity_scores_100_and_its_interval_has_no_width(model):
    _, references = corpus()
    for ours in (spbleu.score(references, references, str(model)), spbleu.chrf(references, references)):
        assert ours.score == pytest.approx(100, abs=1e-9)
        assert ours.ci_high - ours.ci_low == pytest.approx(0, abs=1e-9)


def test_nothing_in_common_scores_0(model):
    assert spbleu.score(["", "世界"], ["Haus", "Baum steht"], str(model)).score == 0


def test_a_permutation_changes_nothing(model):
    hypotheses, references = corpus()
    order = random.Random(3).sample(range(len(references)), len(references))
    first = spbleu.score(hypotheses, references, str(model), interval=False)
    again = spbleu.score([hypotheses[i] for i in order], [references[i] for i in order], str(model), interval=False)
    assert first.score == again.score


def test_a_line_end_in_a_hypothesis_is_a_space(model):
    one, two = ["das Haus steht\n\nheute"], ["das Haus steht  heute"]
    references = ["das Haus steht heute"]
    assert spbleu.score(one, references, str(model)) == spbleu.score(two, references, str(model))
    assert spbleu.chrf(one, references) == spbleu.chrf(two, references)


def test_a_model_of_ones_own_is_never_plain_spbleu(model, tmp_path):
    digits = hashlib.sha256(model.read_bytes()).hexdigest()[:8]
    ours = spbleu.score(["das Haus"], ["das Haus"], str(model))
    assert ours.metric == "spBLEU-tiny"
    assert f"|tok:tiny-{digits}|" in ours.signature
    for stem in ("flores200", "cldr"):
        copy = tmp_path / f"{stem}.model"
        copy.write_bytes(model.read_bytes())
        assert spbleu.score(["a"], ["a"], str(copy)).metric == f"spBLEU-{stem}-{digits}"
    odd = tmp_path / "my|model: 1.model"
    odd.write_bytes(model.read_bytes())
    assert f"|tok:my_model_1-{digits}|" in spbleu.score(["a"], ["a"], str(odd)).signature


def test_the_shipped_model_says_so(model, monkeypatch):
    monkeypatch.setattr(sacrebleu_metrics, "CLDR", model.with_name("cldr.model"))
    sacrebleu_metrics.CLDR.write_bytes(model.read_bytes())
    ours = spbleu.score(["das Haus"], ["das Haus"], "cldr")
    assert ours.metric == "spBLEU-cldr"
    assert "|tok:cldr-" in ours.signature


def test_one_metric_object_a_model(model):
    assert sacrebleu_metrics.spbleu(str(model)).metric is sacrebleu_metrics.spbleu(str(model)).metric


def test_a_changed_model_is_read_again(model, tmp_path):
    copy = tmp_path / "mine.model"
    copy.write_bytes(model.read_bytes())
    first = spbleu.score(["a"], ["a"], str(copy)).signature
    text = ["another text altogether, to learn from"] * 50
    with open(copy, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(text), model_writer=file, vocab_size=60, hard_vocab_limit=False, minloglevel=2
        )
    assert spbleu.score(["a"], ["a"], str(copy)).signature != first


def test_unequal_counts_name_both(model):
    with pytest.raises(spbleu.UnequalCounts, match="en-de: 2 hypotheses.* 3 references.*an empty line") as error:
        spbleu.score(["a", "b"], ["a", "b", "c"], str(model), where="en-de")
    assert (error.value.hypotheses, error.value.references) == (2, 3)
    with pytest.raises(spbleu.UnequalCounts, match="3 hypotheses.* 2 references.*an empty line"):
        spbleu.chrf(["a", "b", "c"], ["a", "b"])


def test_no_sentences_is_said(model):
    with pytest.raises(KitError, match="no sentences.*not empty"):
        spbleu.score([], [], str(model))


@pytest.mark.parametrize(("hypotheses", "references", "kind"), [
    (["a", None], ["a", "b"], "hypothesis 2 of 2 is None"),
    (["a", "b"], [None, "b"], "reference 1 of 2 is None"),
    (["a", float("nan")], ["a", "b"], "hypothesis 2 of 2 is nan"),
])  # fmt: skip
def test_what_is_no_text_is_refused(model, hypotheses, references, kind):
    with pytest.raises(KitError, match=f"{kind}.*To mend"):
        spbleu.score(hypotheses, references, str(model))


def test_unknown_tokenizer_names_those_there_are():
    with pytest.raises(UnknownName, match="'flores-200'.*flores101, flores200, cldr.*SentencePiece"):
        spbleu.score(["a"], ["a"], "flores-200")


def test_a_file_that_is_no_model_is_said(tmp_path):
    (tmp_path / "x.model").write_text("no model")
    with pytest.raises(KitError, match="x.model.* 8 bytes.*To mend: name a .model file"):
        spbleu.score(["a"], ["a"], str(tmp_path / "x.model"))


def translations(*systems):
    """Rows of systems (name, src, tgt, {index: (hypothesis, reference)})."""
    return pd.DataFrame([
        {"system": name, "src": src, "tgt": tgt, "index": i, "source": f"s{i}", "hypothesis": h, "reference": r}
        for name, src, tgt, rows in systems for i, (h, r) in rows.items()
    ])  # fmt: skip


HAUS = {0: ("das Haus", "das Haus steht"), 1: ("der Baum", "der Baum fällt heute"), 5: ("", "morgen")}


def test_score_table_scores_each_system_and_direction_in_order(model):
    copy = {i: (r, r) for i, (_, r) in HAUS.items()}
    table = translations(("b", "en", "de", HAUS), ("b", "en", "fr", copy), ("a", "en", "de", copy))
    shuffled = pd.concat([table.iloc[:1], table.iloc[1:].sample(frac=1, random_state=2)])
    scores = spbleu.score_table(shuffled, str(model))
    assert list(scores.columns) == ["system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"]
    assert set(scores["metric"]) == {"spBLEU-tiny", "chrF++"}
    row = scores[(scores.system == "b") & (scores.tgt == "de")].iloc[0]
    alone = spbleu.score(*zip(*HAUS.values(), strict=True), str(model))
    assert pd.Series(list(row[3:])).equals(pd.Series(list(alone)))
    in_order = spbleu.score_table(table, str(model), metrics="spBLEU")
    assert list(in_order.itertuples(index=False, name=None))[0][:3] == ("b", "en", "de")
    assert list(in_order["system"]) == ["b", "b", "a"]
    assert list(in_order["n"]) == [3, 3, 3]


def test_the_order_of_rows_changes_no_interval(model):
    table = translations(("a", "en", "de", dict(enumerate(zip(*corpus(), strict=True)))))
    shuffled = table.sample(frac=1, random_state=5)
    scores = spbleu.score_table(shuffled, str(model))
    assert scores.equals(spbleu.score_table(table, str(model)))
    assert spbleu.Score(*scores.iloc[0, 3:]) == spbleu.score(*corpus(), str(model))


def test_score_table_takes_systems_that_did_fewer_sentences(model):
    table = translations(("a", "en", "de", HAUS), ("b", "en", "de", {0: HAUS[0]}))
    assert list(spbleu.score_table(table, str(model), metrics="spBLEU")["n"]) == [3, 1]


def test_score_table_without_intervals_is_the_same_score(model):
    table = translations(("a", "en", "de", HAUS))
    quick, full = (spbleu.score_table(table, str(model), interval=i) for i in (False, True))
    assert quick[["score", "signature"]].equals(full[["score", "signature"]])
    assert quick[["ci_low", "ci_high"]].isna().to_numpy().all()


def test_references_are_tokenised_once_a_direction(model, monkeypatch):
    tokenizer, seen = sacrebleu_metrics.spbleu(str(model)).metric.tokenizer, []
    encode = tokenizer.encode
    monkeypatch.setattr(tokenizer, "encode", lambda texts, **how: seen.extend(texts) or encode(texts, **how))
    table = translations(*[(name, "en", "de", HAUS) for name in "abcd"])
    spbleu.score_table(table, str(model), metrics="spBLEU")
    assert len(seen) == 3 + 4 * 3


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda t: t.drop(columns="reference"), "missing: reference.*translation.translate"),
    (lambda t: t.iloc[:0], "no rows.*choose directions"),
    (lambda t: t.assign(hypothesis=[None, *t.hypothesis[1:]]), 'sentence 0 of en-de, system a.*hypothesis.*write ""'),
    (lambda t: t.assign(tgt=[None, *t.tgt[1:]]), "sentence 0 .*tgt"),
    (lambda t: pd.concat([t, t.iloc[1:2]]), "sentence 1 of en-de, system a.*twice.*names"),
    (lambda t: pd.concat([t, t.iloc[1:2].assign(system="b", reference="other")]), "1 of en-de, system b.*reference"),
    (lambda t: pd.concat([t, t.iloc[1:2].assign(system="b", source="other")]), "1 of en-de, system b.*source.*tables"),
])  # fmt: skip
def test_a_table_that_cannot_be_scored_is_refused(model, spoil, message):
    with pytest.raises(KitError, match=message):
        spbleu.score_table(spoil(translations(("a", "en", "de", HAUS))), str(model))


@pytest.mark.parametrize("tokenize", ["cldr", "flores101", "flores200"])
def test_a_text_beside_itself_scores_100(tokenize, request):
    if tokenize != "cldr":
        request.getfixturevalue("data")
    text = ["Hallo, schöne Welt!"]
    assert spbleu.score(text, text, tokenize).score == pytest.approx(100, rel=1e-12)


def test_another_metric_of_sacrebleu_is_scored_by_sacrebleu_though_it_has_a_tokenizer(monkeypatch):
    hypotheses, references = corpus()
    expected = TER().corpus_score(hypotheses, [references])
    monkeypatch.setattr(sacrebleu_metrics, "chrf", lambda: sacrebleu_metrics.Named("TER", TER()))
    found, again = (spbleu.chrf(each, references) for each in (hypotheses, references))
    assert (found.metric, found.score, again.score) == ("TER", expected.score, 0)
    assert found.ci_low < found.score < found.ci_high and "tok:tercom" in found.signature


def second(references):
    """Another translation of each: words in another order, some lines empty, some longer and some shorter."""
    draw = random.Random(8)
    return ["" if at % 9 == 4 else " ".join(draw.sample(line.split(" "), len(line.split(" "))) + ["heute"] * (at % 3))
            for at, line in enumerate(references)]  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3])
def test_several_references_are_sacrebleus_score_interval_and_signature(pair, count):
    name, bleu = pair
    hypotheses, references = corpus()
    streams = [references, second(references), second(references[::-1])[::-1]][:count]
    for ours, metric in ((spbleu.score(hypotheses, streams, name), bleu),
                         (spbleu.chrf(hypotheses, streams), CHRF(word_order=2))):  # fmt: skip
        expected = metric.corpus_score(hypotheses, streams, n_bootstrap=1000)
        metric.n_bootstrap = metric.seed = None  # which its signature would name
        assert ours.score == expected.score
        assert ours.signature == str(metric.get_signature()) and f"nrefs:{count}|" in ours.signature
        assert (ours.ci_high - ours.ci_low) / 2 == pytest.approx(expected._ci, rel=1e-5)


def test_the_number_of_references_is_not_remembered(model):
    hypotheses, references = corpus()
    streams = [references, second(references)]
    for function, more in ((spbleu.score, (str(model),)), (spbleu.chrf, ())):
        first = function(hypotheses, references, *more)
        assert "nrefs:2|" in function(hypotheses, streams, *more).signature
        assert function(hypotheses, references, *more) == function(hypotheses, [references], *more) == first
        assert "nrefs:1|" in first.signature
    spbleu.score(hypotheses, streams, str(model))
    table = translations(("a", "en", "de", dict(enumerate(zip(hypotheses, references, strict=True)))))
    rows = spbleu.statistics([hypotheses], references, str(model))[0]
    signatures = {spbleu.from_statistics(rows, str(model)).signature, *spbleu.score_table(table, str(model)).signature}
    assert all("nrefs:1|" in each for each in signatures)


def test_a_reference_that_is_a_copy_of_the_first_changes_the_signature_alone(model):
    hypotheses, references = corpus()
    one, two = (spbleu.score(hypotheses, each, str(model)) for each in (references, [references, list(references)]))
    assert (one.score, one.ci_low, one.ci_high) == (two.score, two.ci_low, two.ci_high)
    assert two.signature == one.signature.replace("nrefs:1", "nrefs:2")


@pytest.mark.parametrize(("streams", "said"), [
    ([["a", "b"], ["a"]], "en-de, references 2 of 2: 2 hypotheses.* 1 reference\\."),
    ([["a", "b", "c"], ["a", "b"]], "en-de, references 1 of 2: 2 hypotheses.* 3 references"),
    ([["a", "b"], ["a", None]], "en-de, references 2 of 2: reference 2 of 2 .*None.*To mend"),
    ([["a", "b"], "ab"], "reference 1 of 2 is"),
])  # fmt: skip
def test_several_references_that_do_not_pair_up_are_named(model, streams, said):
    with pytest.raises(KitError, match=said):
        spbleu.score(["a", "b"], streams, str(model), where="en-de")
    with pytest.raises(KitError, match=said):
        spbleu.chrf(["a", "b"], streams, where="en-de")


def test_statistics_are_of_one_reference(model):
    with pytest.raises(KitError, match="reference 1 of 2 is"):
        spbleu.statistics([["a", "b"]], [["a", "b"], ["a", "c"]], str(model))
