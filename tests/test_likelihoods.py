"""How likely options are: against one plain forward of transformers for each, and as few tokens as it promises."""

import json
import random
from os.path import commonprefix

import pytest
import small
import twins
from test_engines import broken

from llamax_kit.models import loading, tokenizer_files
from llamax_kit.models.engines import likelihoods
from llamax_kit.models.engines.base import Choice, Completion
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.models.ledger import key
from llamax_kit.models.tokenizers import Prompt
from llamax_kit.utils.errors import KitError

LABELS = (" Entailment", " Neutral", " Contradiction")
LETTERS = (" A", " B", " C", " D", " E")


def choice(seed: int, options=None) -> Choice:
    """A made-up question of some length; its options are a few words each, or those that are given."""
    prompt = f"{small.sentence(seed)}\n{random.Random(seed).choice(twins.TEXT)}\nAnswer:"
    made = tuple(f" {small.sentence(100 * seed + at, most=4)}" for at in range(2 + seed % 4))
    return Choice(prompt, options or made, "en")


def found(engine, asked, skip=frozenset()) -> dict[int, Completion]:
    return {at: each for batch in engine.likelihoods(asked, skip) for at, each in batch}


def numbers(done: dict[int, Completion]) -> list[list[float]]:
    return [json.loads(done[at].text) for at in sorted(done)]


def plain(model, before: list[int], after: list[int]) -> float:
    """The logarithm of the probability of ids after others, by one forward of transformers on all of them."""
    import torch

    with torch.no_grad():
        scores = model(torch.tensor([before + after])).logits[0].log_softmax(-1)
    return sum(float(scores[len(before) - 1 + at, id]) for at, id in enumerate(after))


def expected(engine, asked: list[Choice]) -> list[list[float]]:
    """The same of choices, by transformers' own model of the folder and the ids of whole texts."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(engine.resolved.folder, dtype="float32")
    answers = []
    for each in asked:
        wholes = [engine.tokenizer.encode(each.prompt + option) for option in each.options]
        shared = len(commonprefix([engine.tokenizer.encode(each.prompt), *wholes]))
        answers.append([plain(model, whole[:shared], whole[shared:]) for whole in wholes])
    return answers


def close(found: list[list[float]], wanted: list[list[float]], within: float = 1e-4) -> bool:
    return [len(each) for each in found] == [len(each) for each in wanted] and all(
        abs(one - other) < within for a, b in zip(found, wanted, strict=True) for one, other in zip(a, b, strict=True)
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny Llama with a tokenizer of SentencePiece, and one with Llama 3's kind."""
    root = tmp_path_factory.mktemp("twins")
    pieces, ranks = twins.train_sentencepiece(root / "pieces.model"), twins.train_ranks(root / "ranks")
    return {"sentencepiece": twins.make("bare pickle", root / "two", pieces),
            "tiktoken": twins.make("no pad", root / "three", ranks)}  # fmt: skip


def opened(folder, batch_tokens=2000):
    return open_engine(str(folder), dtype="float32", device="cpu", batch_tokens=batch_tokens)


@pytest.fixture(params=["sentencepiece", "tiktoken"])
def engine(request, folders):
    return opened(folders[request.param])


@pytest.fixture
def llama(folders):
    return opened(folders["sentencepiece"])


ASKED = [*(choice(seed) for seed in range(8)), *(choice(seed, LABELS) for seed in range(8, 11)),
         *(choice(seed, LETTERS) for seed in range(11, 14))]  # fmt: skip


def test_every_option_has_the_probability_of_a_plain_forward(engine):
    done = found(engine, ASKED)
    assert {each.finish for each in done.values()} == {"scored"}
    assert close(numbers(done), expected(engine, ASKED))


def test_the_miniatures_and_a_real_checkpoint_have_those_too(data):
    for name in ("mini-llamax-alpaca", str(data / "checkpoints" / "stories260K")):
        engine = opened(name)
        asked = [choice(seed) for seed in range(3)] + [Choice("Once upon a", (" time", " tree", " dog"))]
        assert close(numbers(found(engine, asked)), expected(engine, asked))
    assert max(numbers(found(engine, asked[-1:]))[0]) == numbers(found(engine, asked[-1:]))[0][0] > -0.1  # stories


def test_batch_mates_padding_and_the_order_of_options_change_nothing(engine):
    whole = numbers(found(engine, ASKED))
    engine.batch_tokens = 1  # each alone
    assert close(numbers(found(engine, ASKED)), whole, within=2e-5)
    turned = [each._replace(options=each.options[::-1]) for each in ASKED]
    engine.batch_tokens = 2000
    assert close([each[::-1] for each in numbers(found(engine, turned))], whole, within=2e-5)


class Counting:
    """Counts the tokens that go through a model's forward, without padding, and its calls."""

    def __init__(self, model):
        self.calls, self.tokens = 0, 0
        self.hook = model.register_forward_pre_hook(self.count, with_kwargs=True)

    def count(self, _, args, given):
        ids, mask = given["input_ids"], given["attention_mask"]
        self.calls, self.tokens = self.calls + 1, self.tokens + int(mask[:, -ids.shape[1] :].sum())


def test_a_prompt_is_computed_once_whatever_its_options(engine):
    ids = [engine.choice_material(each) for each in ASKED]
    counting = Counting(engine.model)
    done = found(engine, ASKED)
    once = sum(len(prompt) + sum(map(len, options)) for prompt, *options in ids)
    looked_up = sum(len(each.options) for each in ASKED)  # the last token of each
    assert counting.tokens == sum(each.tokens for each in done.values()) == once - looked_up
    again = sum(len(prompt) * len(options) + sum(map(len, options)) for prompt, *options in ids)
    assert again / once > 2  # what one forward for each option would take


def test_options_of_one_token_take_one_forward(llama):
    one = [each for each in ASKED if each.options == LETTERS]
    ids = [llama.choice_material(each) for each in one]
    assert {len(option) for _, *options in ids for option in options} == {2}  # "▁A" is no piece of it: "▁", "A"
    single = [[[*prompt, options[0][0]], *(option[1:] for option in options)] for prompt, *options in ids]
    wanted = [[plain(llama.model, prompt, option) for option in options] for prompt, *options in single]
    counting = Counting(llama.model)
    done = likelihoods.score(llama.model, single, pad=2, check=lambda *_: None)
    assert counting.calls == 1 and counting.tokens == sum(len(prompt) for prompt, *_ in single)
    assert close([json.loads(each.text) for each in done], wanted)
    long = [each for each in ASKED if each.options != LETTERS]
    counting.calls = 0
    assert len(list(llama.likelihoods(long))) * 2 == counting.calls


# where prompt and option meet


def test_tokens_that_reach_across_the_border_belong_to_the_options():
    engine = opened("mini-llamax-alpaca")
    library, prompt = engine.tokenizer.ordinary, "Wednesday: "
    ids = engine.choice_material(Choice(prompt, ("Friday", "1973", "Mittwoch")))
    own = engine.tokenizer.encode(prompt)
    assert len(ids[0]) < len(own)  # the blank is a token of its own only while nothing follows it
    for option, rest in zip(("Friday", "1973", "Mittwoch"), ids[1:], strict=True):
        assert ids[0] + rest == [engine.tokenizer.bos_id, *library(prompt + option)] and rest
    asked = [Choice(prompt, ("Friday", "1973", "Mittwoch"))]
    assert close(numbers(found(engine, asked)), expected(engine, asked))


def test_letters_are_one_token_each_for_the_real_tokenizers_and_white_space_does_not_change_them(data, tmp_path):
    for layout, number in (("bare pickle", 2), ("no pad", 3)):
        file = data / f"tokenizers/llama{number}/tokenizer.model"
        tokenizer = tokenizer_files.load(twins.make(layout, tmp_path / layout, file, hidden_size=8))
        for line in twins.TEXT:
            asked = Choice(f"{line}\nOptions:A. so\tB. no\nAnswer:", LETTERS)
            prompt, *options = likelihoods.parted(tokenizer, asked)
            assert prompt == tokenizer.encode(asked.prompt) and {len(option) for option in options} == {1}
            blank = Choice(asked.prompt + " ", tuple(letter.strip() for letter in LETTERS))
            assert likelihoods.parted(tokenizer, blank) == [prompt, *options]


def test_an_option_that_another_begins_with_and_one_that_adds_no_token(engine):
    asked = [Choice("The ferry", (" leaves", " leaves at", " leaves at 10:30")), Choice("The", ("", " ferry"))]
    for each in asked:
        prompt, *options = engine.choice_material(each)
        assert prompt and all(options)
    assert close(numbers(found(engine, asked[:1])), expected(engine, asked[:1]))
    first, second, third = numbers(found(engine, asked))[0]
    assert first > second > third


def test_a_prompt_of_nothing_is_the_bos_and_without_one_it_is_refused(engine):
    assert engine.choice_material(Choice("", ("Feri", "The")))[0] == [engine.tokenizer.bos_id]
    object.__setattr__(engine.tokenizer, "bos_id", None)
    with pytest.raises(KitError, match="a token that all options follow.*no BOS.*To mend: .*'Answer:'"):
        engine.choice_material(Choice("", ("Feri", "The")))


def test_options_are_text_where_control_tokens_of_the_prompt_are_control_tokens(folders):
    engine = opened(folders["tiktoken"])
    prompt = Prompt.of("<|start_header_id|>a<|eot_id|>b", [(30, 31)])
    ids = engine.choice_material(Choice(prompt, ("<|eot_id|>", " c")))
    control = set(engine.tokenizer.special.values())
    assert [id in control for id in ids[0]].count(True) == 3  # BOS and two
    assert not any(id in control for option in ids[1:] for id in option)


# batches, memory, context


def test_the_context_is_prompt_and_longest_option_together(tmp_path):
    engine = opened(small.llama(tmp_path / "short", context=24))
    for extra in range(12):
        asked = [Choice("one" + " two" * extra, (" walks", " seven because of"))]
        ids, done = engine.choice_material(asked[0]), found(engine, asked)[0]
        if len(ids[0]) + max(map(len, ids[1:])) > 24:
            assert done == Completion("", "unfit", 0)
        else:
            assert close([json.loads(done.text)], expected(engine, asked))
    assert done.finish == "unfit"


def test_skipped_choices_keep_the_others_in_their_batches(engine):
    engine.batch_tokens = 700
    whole = [[at for at, _ in batch] for batch in engine.likelihoods(ASKED)]
    assert len(whole) > 2
    gone = frozenset(whole[0] + whole[1][:1])
    rest = [[at for at, _ in batch] for batch in engine.likelihoods(ASKED, gone)]
    assert rest == [left for batch in whole if (left := [at for at in batch if at not in gone])]


def test_no_weights_are_loaded_for_what_is_kept(engine, monkeypatch):
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: pytest.fail("loaded weights"))
    assert found(engine, ASKED, frozenset(range(len(ASKED)))) == {}


def test_a_batch_that_memory_refuses_is_halved_and_not_tried_again(llama):
    import torch

    wanted, tried = numbers(found(llama, ASKED)), []

    def refuse(_, args, given):
        tried.append(len(given["input_ids"]))
        if len(given["input_ids"]) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")

    llama.batch_tokens = 10**6
    llama.model.register_forward_pre_hook(refuse, with_kwargs=True)
    one = [each._replace(options=each.options[:2]) for each in ASKED]
    halved = numbers(found(llama, one))
    assert close(halved, [each[:2] for each in wanted], within=2e-5)
    assert tried[:3] == [14, 7, 4] and max(tried[3:]) <= 8
    with pytest.raises(KitError, match=r"memory of cpu.*5 options, \d+ tokens with the prompt, float32.*shorter pro"):
        found(llama, [each for each in ASKED if len(each.options) == 5])


@pytest.mark.parametrize(("kind", "where"), [("nan", "1 of its tensors.*up_proj.*fetch or train"), ("zero", "all fin")])
def test_scores_that_are_no_numbers_are_refused(tmp_path, kind, where):
    engine = opened(broken(small.llama(tmp_path / "whole"), tmp_path / "model", kind))
    with pytest.raises(KitError, match=f"NaN.*{where}"):
        found(engine, [Choice("one two", (" three", " river"))])


def test_an_adapter_counts(folders, tmp_path):
    import peft
    import torch

    base = opened(folders["sentencepiece"])
    model = peft.get_peft_model(loading.load_model(base.resolved, dtype="float32", device="cpu"), peft.LoraConfig(r=2))
    for name, part in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(part)
    model.save_pretrained(tmp_path / "adapter")
    engine = open_engine(str(folders["sentencepiece"]), adapter=str(tmp_path / "adapter"), dtype="float32",
                         device="cpu")  # fmt: skip
    ids = [engine.choice_material(each) for each in ASKED]
    wanted = [[plain(engine.model, prompt, option) for option in options] for prompt, *options in ids]
    done = numbers(found(engine, ASKED))
    assert close(done, wanted) and not close(done, numbers(found(base, ASKED)), within=0.1)


@pytest.mark.parametrize("kind", ["mistral", "gemma2", "gemma3_text", "qwen2", "gpt2", "gpt_neox", "opt", "bloom"])
def test_other_architectures_with_positions_and_windows_of_their_own(kind):
    """Windows of 6 tokens over prompts of up to 30; learnt positions; positions by distance, which none are given."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    shape = dict(hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, vocab_size=90,
                 num_key_value_heads=1, head_dim=16, sliding_window=6, ffn_dim=32, word_embed_proj_dim=32,
                 use_sliding_window=True, max_window_layers=1, n_positions=64, max_position_embeddings=64,
                 pad_token_id=0, bos_token_id=1, eos_token_id=2, initializer_range=0.4)  # fmt: skip
    own = {"gpt2": ("n_embd", "n_layer", "n_head"), "bloom": ("hidden_size", "n_layer", "n_head")}
    named = AutoConfig.for_model(kind).to_dict().keys()
    shape |= dict(zip(own.get(kind, ()), (32, 2, 2), strict=False))
    config = AutoConfig.for_model(kind, **{name: value for name, value in shape.items() if name in named or name in
                                           own.get(kind, ())})  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config).eval()
    choose = random.Random(1)

    def ids(most):
        return choose.choices(range(3, 90), k=choose.randint(1, most))

    batch = [[ids(30), *(ids(9) for _ in range(2 + at % 3))] for at in range(6)]
    done = likelihoods.score(model, batch, pad=0, check=lambda *_: None)
    wanted = [[plain(model, prompt, option) for option in options] for prompt, *options in batch]
    assert close([json.loads(each.text) for each in done], wanted)


def test_the_key_of_a_likelihood_is_none_of_a_completion(engine):
    material = engine.choice_material(ASKED[0])
    assert len({key(engine.identity, how, material) for how in ("likelihood", "likelihood 2")}) == 2
