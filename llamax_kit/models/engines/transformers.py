"""Generate with a Hugging Face model, or score options, in batches planned from the whole run.

On a CPU in float32 a resumed run, which keeps its batches, gives the same text to the last character. Other batch mates
change the last bits of a logit: 1 of 1,738 real completions of about 200 tokens in float32, many in bfloat16.
It searches greedily or with beams, never samples, never cuts a prompt, and ignores the model's own generation_config:
Llama 2's asks for sampling.
"""

import logging
from collections.abc import Callable, Iterator, Sequence, Set
from functools import cached_property
from importlib.metadata import version

from llamax_kit.models import loading, runnable, tokenizer_files
from llamax_kit.models.engines import likelihoods
from llamax_kit.models.engines.base import Choice, Completion, Decoding, Request
from llamax_kit.models.engines.batches import halves, plan
from llamax_kit.models.tokenizers import DATE, Prompt
from llamax_kit.models.training_languages import of_folder
from llamax_kit.utils.errors import KitError

RECIPE = "1"  # part of the identity: raise it when this file comes to give other completions
WITH_WORDS = "2"  # the same where added tokens are words: their answers of recipe 1 lack these words


class Transformers:
    """An engine (see `base`) that loads its weights when there is a first sentence to complete."""

    def __init__(
        self, model: str, *, adapter: str = "", dtype: str = "auto", device: str = "auto", batch_tokens: int = 0
    ):
        self.dtype, self.device = loading.placement(dtype=dtype, device=device)
        self.batch_tokens = batch_tokens
        self.resolved = loading.resolve(model, adapter=adapter)
        runnable.check(self.resolved.folder)
        self.name = self.resolved.name
        self.training_languages = of_folder(self.resolved.folder)
        self._fixed = {
            "engine": "transformers",
            "recipe": RECIPE,  # see `identity`
            "transformers": version("transformers"),
            "torch": version("torch").partition("+")[0],  # the same release is built for CPUs and for GPUs
            "model": self.resolved.revision,
            "adapter": self.resolved.adapter_revision,
            "dtype": self.dtype,
            "device": self.device.partition(":")[0],
        }
        self._refused = float("inf")  # the smallest batch, in tokens, that memory has refused

    @cached_property
    def identity(self) -> dict[str, str]:
        """What determines its completions besides prompt and decoding; where answers stop, if not as its files say."""
        found = self._fixed | ({"recipe": WITH_WORDS} if self.tokenizer.words else {})
        return found | ({"stops": " ".join(map(str, self.stops))} if self.stops != self.tokenizer.eos_ids else {})

    @cached_property
    def stops(self) -> list[int]:
        """The ids that end an answer: those of the model's files, and the end of turn of its chat template.

        Early files of Llama 3 for chat name no `<|eot_id|>` as an end, and models run on into the next turn.
        """
        turn = self.tokenizer.end_of_turn
        return sorted({*self.tokenizer.eos_ids, *([] if turn is None else [turn])})

    @property
    def notes(self) -> list[str]:
        """Sentences about its answers, for the page: whose tokenizer it is, where they stop unlike its files say."""
        own = tokenizer_files.owned(self.resolved.adapter) if self.resolved.adapter else []
        whose = [f"The {' and the '.join(own)} are those of the adapter"] if own else []
        extra = [self.tokenizer.piece(id) for id in self.stops if id not in self.tokenizer.eos_ids]
        named = " ".join(self.tokenizer.piece(id) for id in self.tokenizer.eos_ids)
        stops = [f"Answers stop at {each}, too: with it the model's chat template ends a turn, but the files of the "
                 f"model name only {named} as an end" for each in extra]  # fmt: skip
        dated = [f"The model's chat template writes the date: it is {DATE:%d %b %Y} on every day, so that a run can be "
                 f"repeated"] * ("strftime_now" in (self.tokenizer.template or ""))  # fmt: skip
        return whose + stops + dated

    @property
    def control_tokens(self) -> list[str]:
        """The control tokens of the model's tokenizer, as they are written in a prompt."""
        return list(self.tokenizer.special)

    @cached_property
    def tokenizer(self):
        return loading.load_tokenizer(self.resolved)

    @cached_property
    def model(self):
        # It warns when a batch runs past the context, where the longer prompts are cut and the shorter ones go on.
        logging.getLogger("transformers.generation.stopping_criteria").setLevel(logging.ERROR)
        return loading.load_model(self.resolved, dtype=self.dtype, device=self.device)

    def chat(self, messages: list[dict[str, str]], **options) -> Prompt:
        """Write messages as the model's chat template does (see `Tokenizer.chat`). Raises KitError when it has none."""
        return self.tokenizer.chat(messages, **options)

    def pieces(self, prompt: str) -> list[tuple[str, bool]]:
        """Return the tokens of a prompt as the model sees them (see `Tokenizer.pieces`)."""
        return self.tokenizer.pieces(prompt)

    def material(self, request: Request) -> list[int]:
        """Return the ids of the prompt's tokens, one BOS in front."""
        return self.tokenizer.encode(request.prompt)

    def complete(
        self, requests: Sequence[Request], decoding: Decoding, skip: Set[int] = frozenset()
    ) -> Iterator[list[tuple[int, Completion]]]:
        """Generate batch by batch, longest first; a batch that does not fit into memory is halved.

        Raises KitError when memory does not even take one sentence.
        """
        if len(skip) == len(requests):
            return
        prompts = [self.material(request) for request in requests]
        lengths = [len(prompt) for prompt in prompts]
        rooms = [min(decoding.max_new_tokens, self.context - length) for length in lengths]
        if unfit := [at for at, room in enumerate(rooms) if room < 1 and at not in skip]:
            yield [(at, Completion("", "unfit", 0)) for at in unfit]
        # The penalty counts padding as text that was written already, so nothing may be padded under it.
        padding = decoding.repetition_penalty == 1.0
        mixed = decoding.num_beams == 1 and self._endless
        budget, beams = self.batch_tokens or _budget(self.model), decoding.num_beams
        costs = [(length + room) * beams for length, room in zip(lengths, rooms, strict=True)]

        def work(part: list[int]) -> list[Completion]:
            return self._generate([prompts[at] for at in part], [rooms[at] for at in part], decoding)

        def told(at: int) -> str:
            return f"a prompt of {lengths[at]} tokens, {rooms[at]} new ones, {beams} beams"

        for batch in plan(lengths, rooms=rooms, budget=budget, beams=beams, mixed=mixed, padding=padding):
            if todo := [at for at in batch if at not in skip]:
                yield from self._fitting(todo, costs=costs, work=work, told=told)

    def choice_material(self, choice: Choice) -> list[list[int]]:
        """Return the ids that the options share, one BOS in front, and those of each behind them."""
        return likelihoods.parted(self.tokenizer, choice)

    def likelihoods(
        self, choices: Sequence[Choice], skip: Set[int] = frozenset()
    ) -> Iterator[list[tuple[int, Completion]]]:
        """Score batch by batch, the dearest first; a batch that does not fit into memory is halved.

        Raises KitError when memory does not even take one prompt with its options.
        """
        if len(skip) == len(choices):
            return
        asked = [self.choice_material(choice) for choice in choices]
        fits = [likelihoods.length(ids) <= self.context for ids in asked]
        if unfit := [at for at, fit in enumerate(fits) if not fit and at not in skip]:
            yield [(at, Completion("", "unfit", 0)) for at in unfit]
        costs, budget = [likelihoods.cost(ids) for ids in asked], self.batch_tokens or _budget(self.model)

        def work(part: list[int]) -> list[Completion]:
            return self._score([asked[at] for at in part])

        def told(at: int) -> str:
            return f"{len(asked[at]) - 1} options, {likelihoods.length(asked[at])} tokens with the prompt"

        for batch in plan(costs, rooms=[*map(int, fits)], budget=budget):
            if todo := [at for at in batch if at not in skip]:
                yield from self._fitting(todo, costs=costs, work=work, told=told)

    @property
    def context(self) -> int:
        """Tokens the model's context holds, prompt and completion together."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None) or 2**31

    @property
    def _endless(self) -> bool:
        """Return whether positions beyond the context change nothing before them: one sentence may outrun another."""
        rope = getattr(self.model.config.get_text_config(), "rope_parameters", None) or {}
        return rope.get("rope_type") in ("default", "linear", "llama3")  # "dynamic" and "longrope" look at the length

    def _fitting(
        self, batch: list[int], *, costs: list[int], work: Callable[[list[int]], list[Completion]], told: Callable
    ) -> Iterator[list[tuple[int, Completion]]]:
        """Yield the work done for a batch, in parts where memory refuses it; `told`: what one sentence takes."""
        import torch

        waiting = [batch]
        while waiting:
            part = waiting.pop(0)
            cost = len(part) * max(costs[at] for at in part)
            if cost >= self._refused and len(part) > 1:
                waiting[:0] = halves(part)
                continue
            try:
                done = work(part)
            except torch.OutOfMemoryError:
                done = None  # what the failed call held is free only after this block
            if done is not None:
                yield list(zip(part, done, strict=True))
                continue
            torch.cuda.empty_cache()
            if len(part) == 1:
                raise KitError(
                    f"{self.name}: the memory of {self.device} does not take even one sentence ({told(part[0])}, "
                    f"{self.dtype}). To mend: see who else uses it (nvidia-smi), or take dtype bfloat16, fewer beams "
                    f"or new tokens, or a shorter prompt"
                )
            self._refused = min(self._refused, cost)
            waiting.insert(0, part)

    def _score(self, batch: list[list[list[int]]]) -> list[Completion]:
        check = _NotANumber()
        done = likelihoods.score(self.model, batch, pad=self.tokenizer.pad_id, check=check)
        if bool(check.found):
            raise KitError(self._not_a_number())
        return done

    def _generate(self, prompts: list[list[int]], rooms: list[int], decoding: Decoding) -> list[Completion]:
        import torch
        from transformers import GenerationConfig

        width = max(map(len, prompts))
        ids = torch.tensor([[self.tokenizer.pad_id] * (width - len(each)) + each for each in prompts])
        mask = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in prompts])
        config = GenerationConfig(
            **decoding._replace(max_new_tokens=max(rooms))._asdict(),
            do_sample=False,
            eos_token_id=self.stops,
            pad_token_id=self.tokenizer.pad_id,
            use_cache=True,
        )
        check = _NotANumber()
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=ids.to(self.device),
                attention_mask=mask.to(self.device),
                generation_config=config,
                logits_processor=[check],
            )
        if bool(check.found):
            raise KitError(self._not_a_number())
        new = output[:, width:].tolist()
        return [self._completion(each[:room]) for each, room in zip(new, rooms, strict=True)]

    def _not_a_number(self) -> str:
        """Describe where the numbers were lost: in the weights, or in computing with them."""
        broken = [name for name, part in self.model.named_parameters() if not part.isfinite().all()]
        if broken:
            where, remedy = f"{len(broken)} of its tensors hold such, {broken[0]} first", "fetch or train it again"
        else:
            where = f"its weights are all finite, so it comes from config.json or from computing in {self.dtype}"
            other = ", or take dtype float32" * (self.dtype != "float32")
            remedy = f"compare config.json (rms_norm_eps, rope) with the published one{other}"
        return (
            f"expected scores that choose the next token, but {self.name} computes NaN (not a number), or one number "
            f"for all tokens: {where}. Its answers would be empty or noise, so none is kept. To mend: {remedy}"
        )

    def _completion(self, new: list[int]) -> Completion:
        for end, token in enumerate(new):
            if token in self.stops:
                return Completion(self.tokenizer.decode(new[:end]), "stop", end + 1)
        return Completion(self.tokenizer.decode(new), "length", len(new))


class _NotANumber:
    """Notices scores that choose no token: not finite, or all equal; generation takes token 0. Waits for no GPU."""

    found = False

    def __call__(self, input_ids, scores):
        most = scores.amax(-1)  # NaN if any is
        self.found = (~most.isfinite() | (most == scores.amin(-1))).any() | self.found
        return scores


def _budget(model) -> int:
    """Return the tokens whose keys and values take half of a GPU's memory beyond the weights, or 2 GiB on a CPU."""
    import torch  # by the GPU's size and not by what is free just now: a resumed run plans the same batches

    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    each = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    if model.device.type != "cuda":
        return max(1, min(32_768, 2**31 // each))
    memory = torch.cuda.get_device_properties(model.device).total_memory - model.get_memory_footprint()
    return max(1, min(262_144, int(memory / 2) // each))
