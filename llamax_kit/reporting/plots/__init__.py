"""Pictures: each function draws a finished table on given axes, its `describe_` twin says it in words, `show` shows it.

Computes nothing but medians that smooth a line: what a picture shows stands in its table, saved beside it. One file a
kind of picture.
"""

from llamax_kit.reporting.plots.display import show
from llamax_kit.reporting.plots.gain_plots import describe_gains, gains
from llamax_kit.reporting.plots.group_plots import by_group, describe_by_group, describe_significance, significance
from llamax_kit.reporting.plots.heat_plots import describe_heatmap, heatmap
from llamax_kit.reporting.plots.power_plots import describe_power, power
from llamax_kit.reporting.plots.score_plots import describe_scores, describe_shares, scores, shares
from llamax_kit.reporting.plots.training_plots import before_after, curves, describe_before_after, describe_curves
from llamax_kit.reporting.plots.unseen_plots import (
    describe_languages_by_fertility,
    describe_languages_by_group,
    describe_seen_unseen,
    languages_by_fertility,
    languages_by_group,
    seen_unseen,
)

__all__ = [
    "before_after", "by_group", "curves", "describe_before_after", "describe_by_group", "describe_curves",
    "describe_gains", "describe_heatmap", "describe_languages_by_fertility", "describe_languages_by_group",
    "describe_power", "describe_scores", "describe_seen_unseen", "describe_shares", "describe_significance", "gains",
    "heatmap", "languages_by_fertility", "languages_by_group", "power", "scores", "seen_unseen", "shares", "show",
    "significance",
]  # fmt: skip
