"""How likely each of several texts is after a prompt, by a Hugging Face model. Plans no batches and keeps nothing.

The prompts of a batch go through the model once, padded on the left; then, behind copies of their keys and values, the
tokens of all their options together. The last token of an option is only looked up, so one-token options take one pass.
"""

import inspect
import json
from collections.abc import Callable, Sequence

from llamax_kit.models.engines.base import Choice, Completion
from llamax_kit.models.tokenizers import Prompt, Tokenizer
from llamax_kit.utils.errors import KitError


def parted(tokenizer: Tokenizer, choice: Choice) -> list[list[int]]:
    """Return the ids that the prompt shares with itself before each option, and then what each option has behind them.

    A token may reach across the border ("Answer: " and "A" are one "▁A"): such belong to the options, all of them.

    Raises KitError where nothing is shared, so that a first token has nothing before it.
    """
    own = tokenizer.encode(choice.prompt)
    wholes = [tokenizer.encode(_followed(choice.prompt, option=option)) for option in choice.options]
    most = min(len(own), *(len(each) - 1 for each in wholes))
    shared = next((at for at in range(most) if any(each[at] != own[at] for each in wholes)), most)
    if shared < 1:
        raise KitError(
            f"expected a token that all options follow, but {choice.prompt[:60]!r} before {choice.options[0]!r} shares "
            f"none with the others, and the model has no BOS: how likely a first token is, nobody can tell. "
            f"To mend: write a prompt that ends in a sign of its own, as in 'Answer:'"
        )
    return [own[:shared], *(each[shared:] for each in wholes)]


def _followed(prompt: str, *, option: str) -> str:
    """Return a prompt with an option behind it, which is text also where it looks like a control token."""
    if not isinstance(prompt, Prompt):
        return prompt + option
    return Prompt.of(prompt + option, [*prompt.protected, (len(prompt), len(prompt) + len(option))])


def length(ids: list[list[int]]) -> int:
    """Return the tokens of a prompt and its longest option, of what `parted` returns."""
    return len(ids[0]) + max(map(len, ids[1:]))


def cost(ids: list[list[int]]) -> int:
    """Return the most tokens whose keys and values are held at once: a prompt's, for each option of several tokens."""
    return length(ids) * max(1, sum(len(option) > 1 for option in ids[1:]))


def score(model, batch: Sequence[list[list[int]]], *, pad: int, check: Callable) -> list[Completion]:
    """Return for each of a batch its options' log-probabilities, as `base` describes it; float32 from the scores on.

    pad: the id that pads; check: is called with None and the scores of each place that counts.
    """
    import torch

    model = model.get_base_model() if hasattr(model, "get_base_model") else model  # an adapter's layers are in it
    rows = [(at, option) for at, (_, *options) in enumerate(batch) for option in options]
    longer = [number for number, (_, option) in enumerate(rows) if len(option) > 1]
    width = max(len(ids[0]) for ids in batch)

    def tensor(lists: list[list[int]]):
        return torch.tensor(lists, device=model.device)

    mask = tensor([[0] * (width - len(ids[0])) + [1] * len(ids[0]) for ids in batch])
    with torch.inference_mode():
        ids = tensor([[pad] * (width - len(ids[0])) + ids[0] for ids in batch])
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        first = _forward(model, ids, mask, positions, use_cache=bool(longer), logits_to_keep=1)
        scores = first.logits[:, -1].float()
        check(None, scores)
        sums = scores.log_softmax(-1)[[at for at, _ in rows], [option[0] for _, option in rows]]
        if longer:
            owner, most = tensor([rows[number][0] for number in longer]), max(len(option) for _, option in rows)
            padded = tensor([rows[number][1] + [pad] * (most - len(rows[number][1])) for number in longer])
            real = tensor([[int(at < len(rows[number][1])) for at in range(1, most)] for number in longer])
            first.past_key_values.batch_select_indices(owner)
            positions = mask.sum(-1)[owner, None] + torch.arange(most - 1, device=model.device)
            mask = torch.cat([mask[owner], real], dim=-1)
            logits = _forward(model, padded[:, :-1], mask, positions, past_key_values=first.past_key_values).logits
            for row, number in enumerate(longer):  # one by one: all of them in float32 may not fit into memory
                end = len(rows[number][1])
                scores = logits[row, : end - 1].float()
                check(None, scores)
                sums[number] += scores.log_softmax(-1).gather(-1, padded[row, 1:end, None]).sum()
    found = iter(sums.tolist())
    return [
        Completion(
            json.dumps([round(next(found), 6) for _ in options]),
            "scored",
            len(prompt) + sum(len(option) - 1 for option in options),
        )
        for prompt, *options in batch
    ]


def _forward(model, ids, mask, positions, **more):
    """Call a model with what its architecture takes; some count positions by themselves."""
    taken = inspect.signature(type(model).forward).parameters
    more = {name: value for name, value in more.items() if name in taken}
    if "position_ids" in taken:
        more["position_ids"] = positions
    return model(input_ids=ids, attention_mask=mask, **more)
