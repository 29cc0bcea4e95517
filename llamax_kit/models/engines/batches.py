"""Which sentences are generated together. Plans by numbers alone; generates nothing."""

from collections.abc import Sequence


def plan(
    lengths: Sequence[int],
    *,
    rooms: Sequence[int],
    budget: int,
    beams: int = 1,
    mixed: bool = False,
    padding: bool = True,
) -> list[list[int]]:
    """Divide prompts into batches, longest first, each as full as a budget of tokens allows and never empty.

    lengths: tokens of each prompt; rooms: new tokens each may get (below 1: the prompt is in no batch);
    budget: tokens a batch may hold, (longest prompt + most new tokens) × beams × prompts;
    mixed: whether prompts with different rooms may meet: a beam search cut short is not the search it would have been
    alone, a greedy one is; padding: False where padding would change results, so that only prompts of one length meet.

    >>> plan([5, 9, 5, 2], rooms=[3, 3, 3, 1], budget=24)
    [[1, 0], [2], [3]]
    """

    batches: list[list[int]] = []
    for at in sorted((at for at, room in enumerate(rooms) if room > 0), key=lambda at: -lengths[at]):
        if batches and _fits(at, batches[-1], lengths, rooms, budget // beams, mixed, padding=padding):
            batches[-1].append(at)
        else:
            batches.append([at])
    return batches


def _fits(at: int, batch: list[int], lengths, rooms, budget: int, mixed: bool, *, padding: bool) -> bool:
    first = batch[0]  # the longest of them
    if not mixed and rooms[at] != rooms[first] or not padding and lengths[at] != lengths[first]:
        return False
    room = max(rooms[at], rooms[batch[-1]])  # a shorter prompt has no less room, so the last has the most
    return (lengths[first] + room) * (len(batch) + 1) <= budget


def halves(batch: Sequence[int]) -> list[list[int]]:
    """Split a batch that did not fit into memory, the longer half for a batch of odd length first."""
    middle = (len(batch) + 1) // 2
    return [list(batch[:middle]), list(batch[middle:])]
