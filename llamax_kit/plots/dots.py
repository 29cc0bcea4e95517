"""Sets dots aside and their names beside them, so that each of many languages can be told apart. Draws no picture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy import ndarray
    from pandas import DataFrame

LABELLED = 30  # languages; of more, those farthest out are named
OFFSETS = ((5, 0), (-5, 0), (0, 5), (0, -5), (4, 6), (-4, 6), (4, -6), (-4, -6), (0, 12), (0, -12),
           (9, 12), (-9, 12), (9, -12), (-9, -12), (0, 19), (0, -19))  # points, of a name from its dot  # fmt: skip


def aside(x, rows, steps: int) -> "ndarray":
    """Say how far up or down each dot of a row moves, so that dots in one of so many steps of x lie over each other."""
    import pandas as pd

    x = pd.Series(x).reset_index(drop=True)
    near = (x / max(x.max() - x.min(), 1e-9) * steps).round()
    place = pd.DataFrame({"row": rows, "near": near}).groupby(["row", "near"]).cumcount()
    step = min(0.15, 0.4 / max(1, (place.max() + 1) // 2))
    return ((place + 1) // 2 * (-1) ** place * step).to_numpy()


def label(table: "DataFrame", ax: "Axes", x, y, along: list[str]) -> None:
    """Put codes beside dots wherever one touches nothing else; of more than thirty, those at the ends of `along`.

    along: ["x"], or ["x", "y"]. Call it last: what is drawn or rescaled afterwards is not kept clear of.
    """
    import pandas as pd
    from matplotlib.transforms import Bbox

    points = pd.DataFrame({"code": list(table["language"]), "x": list(x), "y": list(y)})
    radius = 2.5 * ax.figure.dpi / 72
    taken = [Bbox([at - radius, at + radius]) for at in ax.transData.transform(points[["x", "y"]])]
    taken += [line.get_window_extent() for line in ax.lines]
    if len(points) > LABELLED:
        ranks = pd.concat([points[along].rank(), points[along].rank(ascending=False)], axis=1)
        points = points[ranks.min(axis=1) <= 4]
    for row in points.itertuples():
        for across, up in OFFSETS:
            text = ax.annotate(row.code, (row.x, row.y), (across, up), textcoords="offset points", fontsize=8,
                               ha=("center", "left", "right")[(across > 0) - (across < 0)],
                               va=("center", "bottom", "top")[(up > 0) - (up < 0)])  # fmt: skip
            box = text.get_window_extent().padded(3)
            if not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()
