"""Pictures of the paper's tables and figures, printed or recomputed, and of a run of your own beside them.

Each function draws a finished table on given axes and returns the picture's alt text. Computes no score: a row's order
in the table is its order in the picture.
"""

from llamax_kit.paper.plots.dot_plots import change, counts, strips
from llamax_kit.paper.plots.matrix_plots import differences, systems
from llamax_kit.paper.plots.own_run_plots import answers, beside

__all__ = ["answers", "beside", "change", "counts", "differences", "strips", "systems"]
