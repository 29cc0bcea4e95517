"""Pictures: each function draws a finished table on given axes, its `describe_` twin says it in words, `show` shows it.

Computes nothing: what a picture shows stands in its table, saved beside it. One file a kind of picture.
"""

from llamax_kit.plots.display import show
from llamax_kit.plots.score_plots import describe_scores, describe_shares, scores, shares

__all__ = ["describe_scores", "describe_shares", "scores", "shares", "show"]
