"""Pictures: each function draws a finished table on given axes, its `describe_` twin says it in words, `show` shows it.

Computes nothing: what a picture shows stands in its table, saved beside it. One file a kind of picture.
"""

from llamax_kit.plots.display import show
from llamax_kit.plots.score_plots import describe_scores, describe_shares, scores, shares
from llamax_kit.plots.unseen_plots import (
    describe_gain_by_fertility,
    describe_gain_by_group,
    describe_trained_unseen,
    gain_by_fertility,
    gain_by_group,
    trained_unseen,
)

__all__ = [
    "describe_gain_by_fertility", "describe_gain_by_group", "describe_scores", "describe_shares",
    "describe_trained_unseen", "gain_by_fertility", "gain_by_group", "scores", "shares", "show", "trained_unseen",
]  # fmt: skip
