"""Engines: decoding by name, batches by law, and the same text alone and in a batch."""

import json
import shutil

import pytest
import small

from llamax_kit.data.corpora.loading import load_corpus
from llamax_kit.models import loading
from llamax_kit.models.engines.base import Completion, Decoding, Request, read_decoding
from llamax_kit.models.engines.batches import plan
from llamax_kit.models.engines.opening import open_engine
from llamax_kit.tasks.translation import translate
from llamax_kit.utils.errors import KitError, UnknownName


def requests(texts):
    return [Request(text, "en", "de", text) for text in texts]


def results(engine, asked, how, skip=frozenset()):
    return {at: each for batch in engine.complete(asked, read_decoding(how), skip) for at, each in batch}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small.llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture
def engine(folder):
    return open_engine(str(folder), dtype="float32", device="cpu", batch_tokens=600)


TEXTS = [small.sentence(seed) for seed in range(24)]


# decoding


def test_presets_are_the_papers_protocol():
    assert read_decoding("paper") == Decoding(4, 256, 1.0, False, 1.0)
    assert read_decoding("greedy") == Decoding(1, 256, 1.0, False, 1.0)


def test_overrides_by_spaces_or_commas():
    assert read_decoding("paper max_new_tokens=64, length_penalty=0.6,early_stopping=true") == Decoding(
        4, 64, 0.6, True
    )


def test_overrides_by_a_colon_where_a_second_equals_sign_cannot_be_written():
    assert read_decoding("greedy max_new_tokens:48") == read_decoding("greedy max_new_tokens=48") == Decoding(1, 48)
    assert read_decoding("paper early_stopping:true,length_penalty=0.6") == Decoding(4, 256, 0.6, True)


def test_what_one_beam_ignores_does_not_change_the_key():
    assert read_decoding("greedy length_penalty=2 early_stopping=true") == read_decoding("greedy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gredy", "'gredy'.*greedy, paper"),
        ("greedy max_tokens=3", "'max_tokens'.*num_beams, max_new_tokens"),
        ("greedy max_new_tokens=3.5", "'3.5'.*max_new_tokens=256"),
        ("greedy max_new_tokens:=48", "'=48'.*max_new_tokens=256"),
        ("greedy num_beams=0", "got 0.*num_beams=1"),
        ("greedy 64", "'64'.*max_new_tokens=64"),
        ("paper early_stopping=maybe", "'maybe'.*early_stopping=False"),
        ("paper length_penalty=long", "'long'.*length_penalty=1.0"),
        ("paper length_penalty=inf", "length_penalty.*got inf.*1.0"),
        ("greedy repetition_penalty=nan", "repetition_penalty.*got nan.*1.0"),
        ("", "preset ''.*greedy, paper"),
    ],
)
def test_decoding_errors_teach(text, message):
    with pytest.raises(KitError, match=message.replace("(", r"\(")):
        read_decoding(text)


# where and what


@pytest.mark.parametrize(
    ("gpus", "cuda", "remedy"),
    [
        (0, None, "use auto or cpu; this torch was built without CUDA: for a GPU, install"),
        (0, "13.0", "use auto or cpu; torch finds no GPU here: for one, see whether `nvidia-smi`"),
        (2, "13.0", "use one of auto, cpu, cuda, cuda:0, cuda:1$"),
    ],
)
def test_a_device_that_is_not_there_gets_a_remedy_that_helps(monkeypatch, gpus, cuda, remedy):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", None)
    with pytest.raises(KitError, match=f"got 'cuda:99': .* To mend: {remedy}"):
        loading.placement(device="cuda:99")


def test_a_system_without_weights_is_answered_with_those_that_have_some():
    with pytest.raises(KitError, match="LLaMA2-7B-Alpaca.*tune Llama-2-7b-hf") as caught:
        loading.resolve("LLaMA2-7B-Alpaca")
    named = str(caught.value).partition("name one of ")[2].partition(";")[0].split(", ")
    assert named == [entry.name for entry in loading.catalogue() if entry.hub or entry.folder]


# plan


@pytest.mark.parametrize(("beams", "mixed"), [(1, False), (4, False), (1, True)])
def test_batches_hold_each_prompt_once_within_the_budget_longest_first(beams, mixed):
    lengths = [len(text) for text in TEXTS] * 5
    rooms = [min(50, 200 - length) for length in lengths]
    batches = plan(lengths, rooms=rooms, budget=3000, beams=beams, mixed=mixed)
    assert sorted(at for batch in batches for at in batch) == [at for at, room in enumerate(rooms) if room > 0]
    for batch in batches:
        assert mixed or len({rooms[at] for at in batch}) == 1
        width = max(lengths[at] for at in batch) + max(rooms[at] for at in batch)
        assert width * len(batch) * beams <= 3000 or len(batch) == 1
    order = [lengths[at] for batch in batches for at in batch]
    assert order == sorted(order, reverse=True)


def test_batches_do_not_depend_on_the_order_of_what_was_asked():
    lengths, rooms = [7, 3, 9, 4, 8], [5] * 5
    sizes = [[lengths[at] for at in batch] for batch in plan(lengths, rooms=rooms, budget=30)]
    assert sizes == [[9, 8], [7, 4], [3]]
    assert sizes == [[lengths[::-1][at] for at in batch] for batch in plan(lengths[::-1], rooms=rooms, budget=30)]


def test_without_padding_only_prompts_of_one_length_meet():
    assert plan([4, 3, 4, 3], rooms=[5] * 4, budget=1000, padding=False) == [[0, 2], [1, 3]]


# transformers


def reference(engine, text, how):
    """What transformers itself generates for one prompt alone, without padding or the kit's batches."""
    import torch

    ids = engine.tokenizer.encode(text)
    how = read_decoding(how)
    room = min(how.max_new_tokens, engine.context - len(ids))
    new = engine.model.generate(
        torch.tensor([ids]), do_sample=False, eos_token_id=engine.tokenizer.eos_ids,
        pad_token_id=engine.tokenizer.pad_id, **how._replace(max_new_tokens=room)._asdict(),
    )[0, len(ids) :].tolist()  # fmt: skip
    ended = new[-1] in engine.tokenizer.eos_ids
    text = engine.tokenizer.decode(new[:-1] if ended else new)
    return Completion(text, "stop" if ended else "length", len(new))


HOW = ["greedy max_new_tokens=30", "paper max_new_tokens=30", "greedy max_new_tokens=9 repetition_penalty=1.3"]


@pytest.mark.parametrize("how", HOW)
def test_a_batch_gives_what_transformers_gives_to_each_alone(engine, how):
    found = results(engine, requests(TEXTS), how)
    assert [found[at] for at in range(len(TEXTS))] == [reference(engine, text, how) for text in TEXTS]
    assert {each.finish for each in found.values()} == {"stop", "length"}


@pytest.mark.parametrize("how", ["greedy", "paper"])
def test_new_tokens_end_with_the_context_and_a_prompt_that_does_not_fit_is_listed_not_cut(tmp_path, how):
    folder = small.llama(tmp_path / "short", context=40, eos=[2])
    engine = open_engine(str(folder), dtype="float32", device="cpu")
    lengths = [len(engine.tokenizer.encode(text)) for text in TEXTS]
    assert max(lengths) >= 40 > min(lengths)
    for at, each in results(engine, requests(TEXTS), how).items():
        if lengths[at] >= 40:
            assert each == Completion("", "unfit", 0)
        else:
            assert each == reference(engine, TEXTS[at], how)
            assert each.finish == "stop" or each.tokens == 40 - lengths[at]


def test_the_models_own_generation_config_does_not_leak(folder, tmp_path):
    import shutil

    poisoned = tmp_path / "poisoned"
    shutil.copytree(folder, poisoned)
    leak = dict(do_sample=True, temperature=9.0, top_p=0.5, repetition_penalty=3.0, no_repeat_ngram_size=1)
    (poisoned / "generation_config.json").write_text(json.dumps(leak))
    how, found = "greedy max_new_tokens=20", []
    for each in (folder, poisoned):
        found.append(results(open_engine(str(each), dtype="float32", device="cpu"), requests(TEXTS[:4]), how))
    assert found[0] == found[1]


def test_skipped_sentences_keep_the_others_in_their_batches(engine, monkeypatch):
    asked, how = requests(TEXTS), "greedy max_new_tokens=5"
    whole = [sorted(at for at, _ in batch) for batch in engine.complete(asked, read_decoding(how))]
    gone = frozenset(whole[0] + whole[2][:1])
    rest = [sorted(at for at, _ in batch) for batch in engine.complete(asked, read_decoding(how), gone)]
    assert rest == [left for batch in whole if (left := [at for at in batch if at not in gone])]


def test_no_weights_are_loaded_for_what_is_kept(engine, monkeypatch):
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: pytest.fail("loaded weights"))
    asked = requests(TEXTS)
    assert engine.material(asked[0])[0] == 1
    assert results(engine, asked, "greedy", frozenset(range(len(asked)))) == {}


def test_the_identity_names_all_that_determines_a_completion(engine, folder):
    import torch
    import transformers

    assert engine.identity == {
        "engine": "transformers", "recipe": "1", "transformers": transformers.__version__,
        "torch": torch.__version__.partition("+")[0], "model": loading.resolve(str(folder)).revision, "adapter": "",
        "dtype": "float32", "device": "cpu",
    }  # fmt: skip
    assert engine.name == folder.name


class Refusing:
    """A model whose memory takes only so many prompts at a time; it counts them, and the padding beside them."""

    def __init__(self, model, most=100):
        self.model, self.most, self.tried, self.padding = model, most, [], 0

    def __getattr__(self, name):
        return getattr(self.model, name)

    def generate(self, input_ids, **options):
        import torch

        self.tried.append(len(input_ids))
        self.padding += int((options["attention_mask"] == 0).sum())
        if len(input_ids) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.model.generate(input_ids=input_ids, **options)


def test_a_batch_that_memory_refuses_is_halved_and_the_run_goes_on(engine):
    asked, how = requests(TEXTS), "greedy max_new_tokens=10"
    expected = results(engine, asked, how)
    engine.batch_tokens = 10_000
    engine.model = Refusing(engine.model, most=7)
    assert results(engine, asked, how) == expected
    assert engine.model.tried[:4] == [24, 12, 6, 6]


def test_what_memory_refused_once_is_not_tried_again(engine):
    engine.batch_tokens = 8 * (len(engine.tokenizer.encode(TEXTS[0])) + 10)
    engine.model = Refusing(engine.model, most=4)
    results(engine, requests(TEXTS[:1] * 24), "greedy max_new_tokens=10")
    assert engine.model.tried == [8, 4, 4, 4, 4, 4, 4]


def test_memory_that_takes_not_even_one_sentence_is_said(engine):
    engine.model = Refusing(engine.model, most=0)
    with pytest.raises(KitError, match=r"memory of cpu.*4 beams.*To mend: .*fewer beams"):
        results(engine, requests(TEXTS[:3]), "paper")


def test_nothing_is_padded_under_a_repetition_penalty_which_would_count_it_as_said(engine):
    engine.model = Refusing(engine.model)
    results(engine, requests(TEXTS), "greedy max_new_tokens=2 repetition_penalty=1.3")
    assert engine.model.padding == 0
    results(engine, requests(TEXTS), "greedy max_new_tokens=2")
    assert engine.model.padding > 0


class Saying:
    """A model that answers every prompt with the same new tokens."""

    def __init__(self, model, new):
        self.model, self.new = model, new

    def __getattr__(self, name):
        return getattr(self.model, name)

    def generate(self, input_ids, **options):
        import torch

        return torch.cat([input_ids, torch.tensor([self.new] * len(input_ids))], dim=1)


def answered(engine, new) -> Completion:
    """Return what the engine makes of these new tokens."""
    model, engine.model = engine.model, Saying(engine.model, new)
    (found,) = results(engine, requests(TEXTS[:1]), f"greedy max_new_tokens={len(new)}").values()
    engine.model = model
    return found


def test_padding_is_not_counted_and_the_end_of_text_is(engine):
    assert answered(engine, [7, 8, 40, 2, 2]) == Completion(engine.tokenizer.decode([7, 8]), "stop", 3)
    assert answered(engine, [7, 8, 9]) == Completion(engine.tokenizer.decode([7, 8, 9]), "length", 3)


def test_a_real_checkpoint_continues_as_its_authors_program_does(data):
    checkpoint = data / "checkpoints" / "stories260K"
    engine = open_engine(str(checkpoint), dtype="float32", device="cpu")
    found = results(engine, requests([""]), "greedy max_new_tokens=200")[0]
    assert found == Completion(" " + (checkpoint / "expected_greedy.txt").read_text(), "length", 200)


# open and copy


def test_unknown_models_and_dtypes_are_said():
    with pytest.raises(UnknownName, match="LLaMAX2-7B-Alpaca"):
        open_engine("LLaMAX2-7B-Alpaka")
    with pytest.raises(UnknownName, match="bfloat16"):
        open_engine("copy-not", dtype="bfloat8")
    with pytest.raises(KitError, match="gpu"):
        open_engine("copy-not", device="gpu")


def test_copying_the_source_is_an_engine_like_any_other():
    engine = open_engine("copy")
    asked = requests(["a", "b", "c"])
    assert results(engine, asked, "greedy", {1}) == {0: Completion("a", "stop", 0), 2: Completion("c", "stop", 0)}
    assert engine.material(asked[2]) == "c"


# numbers that are none


def broken(folder, target, kind):
    """A copy of a model that computes NaN: by a weight, a setting of config.json, or an adapter."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, target)
    if kind == "config":
        config = json.loads((target / "config.json").read_text()) | {"rms_norm_eps": -1e6}  # whose root is taken
        (target / "config.json").write_text(json.dumps(config))
    if kind in ("nan", "inf", "zero"):
        weights = load_file(target / "model.safetensors")
        if kind == "zero":
            weights = {name: part * 0 for name, part in weights.items()}
        else:
            weights["model.layers.1.mlp.up_proj.weight"][0, 0] = float(kind)
        save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    if kind == "adapter":
        import peft

        model = peft.get_peft_model(loading.weights.load(target, dtype="float32", device="cpu"), peft.LoraConfig(r=2))
        for name, part in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.constant_(part, float("nan"))
        model.save_pretrained(target / "adapter")
    return target


@pytest.mark.parametrize("how", ["greedy max_new_tokens:8", "paper max_new_tokens:8", "greedy repetition_penalty:1.2"])
@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("nan", "1 of its tensors.* model.layers.1.mlp.up_proj.weight.*fetch or train"),
        ("inf", "1 of its tensors.*fetch or train"),
        ("zero", "one number for all.* all finite.*config.json"),
        ("config", "all finite.*compare config.json.*rms_norm_eps"),
        ("adapter", "4 of its tensors.*lora_B"),
    ],
)
def test_scores_that_are_no_numbers_are_refused_and_nothing_is_kept(folder, tmp_path, kind, where, how):
    model = broken(folder, tmp_path / "model", kind)
    adapter = str(model / "adapter") if kind == "adapter" else ""
    engine = open_engine(str(model), adapter=adapter, dtype="float32", device="cpu")
    with pytest.raises(KitError, match=f"NaN.*{where}"):
        list(engine.complete(requests(TEXTS[:3]), read_decoding(how)))


# the end of a turn


def test_an_answer_stops_at_the_end_of_turn_of_the_chat_template(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "chat")
    added = {"320": {"content": "<|eot_id|>", "special": True}, "321": {"content": "<|im_end|>", "special": True}}
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }}<|eot_id|>{% endfor %}"
    settings = {"eos_token": "</s>", "chat_template": template, "added_tokens_decoder": added}
    (tmp_path / "chat/tokenizer_config.json").write_text(json.dumps(settings))
    engine, plain = open_engine(str(tmp_path / "chat")), open_engine(str(folder))
    assert set(engine.stops) == {*plain.stops, 320} and 320 not in engine.tokenizer.eos_ids
    assert answered(engine, [7, 8, 320, 9]) == Completion(engine.tokenizer.decode([7, 8]), "stop", 3)
    assert answered(engine, [7, 321, 8])[1:] == ("length", 3)  # another role's token ends nothing
    assert engine.notes == [
        "Answers stop at <|eot_id|>, too: with it the model's chat template ends a turn, but the files of the model "
        f"name only {' '.join(map(engine.tokenizer.piece, engine.tokenizer.eos_ids))} as an end"
    ]
    assert engine.identity["stops"].split() == [str(id) for id in engine.stops] and engine.identity["recipe"] == "1"


def test_a_chat_template_with_a_clock_writes_the_same_prompt_every_day(folder, tmp_path):
    """Llama 3.1's asks for the day: a finished run would be generated again tomorrow, and one past midnight mixed."""
    shutil.copytree(folder, tmp_path / "chat")
    template = "{{ strftime_now('%d %b %Y, %H:%M') }} {% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}"
    (tmp_path / "chat/tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>", "chat_template": template}))
    engine = open_engine(str(tmp_path / "chat"))
    assert engine.chat([{"role": "user", "content": "Habari"}]) == "26 Jul 2024, 00:00 user: Habari"
    computed = template.replace("'%d %b %Y, %H:%M'", "form")
    (tmp_path / "chat/tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>", "chat_template": computed}))
    with pytest.raises(KitError, match="change from day to day. To mend: use the prompt template 'alpaca'"):
        open_engine(str(tmp_path / "chat")).chat([{"role": "user", "content": "Habari"}])
    assert ["26 Jul 2024 on every day" in note for note in engine.notes] == [True]
    asked = translate(engine, load_corpus("cldr", "en-sw"), [("en", "sw")], "chat", "greedy max_new_tokens:1", 1,
                      progress=False)  # fmt: skip
    assert asked.attrs["record"]["prompt_rendered"] == (
        "26 Jul 2024, 00:00 user: Translate the following sentences from English to Swahili. Answer with the "
        "translation only.\n{source}"
    )


def test_a_model_without_words_and_other_stops_keeps_its_key(folder):
    engine = open_engine("mini-llamax-alpaca")
    assert engine.identity["recipe"] == "1" and "stops" not in engine.identity and engine.notes == []


def test_what_can_be_mixed_up_is_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        open_engine("mini-llamax-alpaca", "", "cpu", "float32")
    with pytest.raises(TypeError, match="positional"):
        loading.placement("cpu", "float32")
