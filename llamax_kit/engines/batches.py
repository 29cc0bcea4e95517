"""Which sentences are generated together. Plans by numbers alone; generates nothing."""

from collections.abc import Sequence


def plan(
    lengths: Sequence[int], rooms: Sequence[int], budget: int, beams: int = 1, padding: bool = True
) -> list[list[int]]:
    """Divide prompts into batches, longest first, each as full as a budget of tokens allows and never empty.

    lengths: tokens of each prompt; rooms: new tokens each may get (below 1: the prompt is in no batch);
    budget: tokens a batch may hold, (longest prompt + new tokens) × beams × prompts; padding: False where padding
    would change results, so that only prompts of one length meet.

    >>> plan([5, 9, 5, 2], rooms=[3, 3, 3, 1], budget=24)
    [[1, 0], [2], [3]]

    Only prompts with the same room meet: a search cut short for one is not the search it would have had alone.
    """

    def order(at: int) -> tuple[int, int, int]:
        return -(lengths[at] + rooms[at]), -lengths[at], at

    batches: list[list[int]] = []
    group, width = None, 0
    for at in sorted((at for at, room in enumerate(rooms) if room > 0), key=order):
        if group == (rooms[at], padding or lengths[at]) and width * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(at)
        else:
            batches.append([at])
            group, width = (rooms[at], padding or lengths[at]), (lengths[at] + rooms[at]) * beams
    return batches


def halves(batch: Sequence[int]) -> list[list[int]]:
    """Split a batch that did not fit into memory, the longer half for a batch of odd length first."""
    middle = (len(batch) + 1) // 2
    return [list(batch[:middle]), list(batch[middle:])]
