"""Pictures: each function draws a finished table on given axes and returns the picture's alt text; `show` shows it.

Computes nothing but medians that smooth a line: what a picture shows is in its table, saved with it. One file per kind
of picture.
"""

from llamax_kit.reporting.plots.accuracy_plots import accuracies
from llamax_kit.reporting.plots.display import show
from llamax_kit.reporting.plots.gain_plots import gains
from llamax_kit.reporting.plots.group_plots import by_group, significance
from llamax_kit.reporting.plots.heat_plots import heatmap
from llamax_kit.reporting.plots.power_plots import power
from llamax_kit.reporting.plots.score_plots import scores, shares
from llamax_kit.reporting.plots.style import PALETTE, axes, direction, ink, legend
from llamax_kit.reporting.plots.training_plots import before_after, curves
from llamax_kit.reporting.plots.unseen_plots import (
    beside_figure4,
    languages_by_fertility,
    languages_by_group,
    seen_unseen,
)
from llamax_kit.utils.words import counted

__all__ = [
    "PALETTE", "accuracies", "axes", "before_after", "beside_figure4", "by_group", "counted", "curves", "direction",
    "gains", "heatmap", "ink", "languages_by_fertility", "languages_by_group", "legend", "power", "scores",
    "seen_unseen", "shares", "show", "significance",
]  # fmt: skip
