"""Moves dots apart and sets their names beside them, so that each of many languages can be read. Draws no picture."""

from collections.abc import Sequence
from itertools import product
from math import cos, pi, sin
from typing import TYPE_CHECKING

from llamax_kit.reporting.plots.style import SMALL, fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox
    from numpy import ndarray
    from pandas import DataFrame, Index, Series

LABELLED = 30  # languages; of more, those farthest out are named
FEW = 8  # languages of a group that are all named
ENDS = 3  # of each kind at each end, where not all are named
RADIUS = 3  # points, of a dot
NEAR, FAR = 4.5, (12, 20, 28, 38, 50)  # points from a dot's middle to its name: without a line, and with one
APART = 4  # points by which a name without a line is nearer to its own dot than to any other
ANGLES = [at * pi / 8 for at in (0, 8, 4, 12, 2, 6, 14, 10, 1, 15, 7, 9, 3, 5, 11, 13)]  # right, left, above, below, …


def aside(x, rows, steps: int) -> "ndarray":
    """Return how far up or down each dot of a row moves, so that dots within one of `steps` of x do not overlap."""
    import pandas as pd

    x = pd.Series(x).reset_index(drop=True)
    near = (x / max(x.max() - x.min(), 1e-9) * steps).round()
    place = pd.DataFrame({"row": rows, "near": near}).groupby(["row", "near"]).cumcount()
    step = min(0.15, 0.4 / max(1, (place.max() + 1) // 2))
    return ((place + 1) // 2 * (-1) ** place * step).to_numpy()


def label(table: "DataFrame", ax: "Axes", x, y, along: list[str], *, groups: "Series | None" = None) -> None:
    """Put codes beside dots, those at the ends of `along` first; of more than thirty, only the three at each end.

    Trained and unseen languages have their own ends. Of a small group of `groups` every language is named. A name
    touches no other, stays within the axes, and is clearly nearer to its own dot than to any other, or has a thin line
    to it. Where there is no room, it is left out.

    along: ["x"], or ["x", "y"]. Call it last: it does not avoid what is drawn or rescaled afterwards.
    """
    import pandas as pd

    fit(ax.figure)  # so that axes have the size that they will have
    ax.get_xlim(), ax.get_ylim()  # updates the limits of the axes, which are computed only on request
    points = pd.DataFrame({"code": list(table["language"]), "x": list(x), "y": list(y)})
    of_kind = points.groupby(list(table["trained"]))[along]
    ends = pd.concat([of_kind.rank(), of_kind.rank(ascending=False)], axis=1).min(axis=1).sort_values(kind="stable")
    named = ends <= (ENDS if len(points) > LABELLED else len(points))
    if groups is not None:
        few = groups.map(groups.value_counts()).astype(int).to_numpy() <= FEW
        named |= few[ends.index]
    name(ax, points, ends.index[named])


def name(ax: "Axes", points: "DataFrame", order: "Index", *, taken: "Sequence[Bbox]" = ()) -> None:
    """Name dots (columns code, x, y) in an order, where there is room: clear of all dots and of what is taken.

    They are clear of lines, too, where there is room for that.
    """
    places, taken = ax.transData.transform(points[["x", "y"]]), [*taken]
    lines = [line.get_window_extent() for line in ax.lines]
    for at in order:
        for avoided in ([*taken, *lines], taken):
            if room := _name(ax, points["code"][at], tuple(points.loc[at, ["x", "y"]]), places, at, avoided):
                taken += room
                break


def _name(ax: "Axes", code: str, xy: tuple, places: "ndarray", own: int, taken: "list[Bbox]") -> "list[Bbox]":
    """Write a name where there is room for it, and return the room that it takes."""
    import numpy as np
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    text = ax.annotate(code, xy, fontsize=SMALL)
    size, scale = text.get_window_extent().size, ax.figure.dpi / 72
    text.remove()
    others = np.delete(places, own, axis=0)
    for gap, angle in (*product((NEAR,), ANGLES[:8]), *product(FAR, ANGLES)):
        offset = (gap * scale + size / 2) * (cos(angle), sin(angle))
        box = Bbox([places[own] + offset - size / 2, places[own] + offset + size / 2])
        near = _distance(box, places[own : own + 1])[0] + APART * scale if gap == NEAR else (NEAR + APART) * scale
        line = [Bbox([at - scale, at + scale]) for at in np.linspace(places[own], places[own] + offset, 20)[4:]]
        room = [box.padded(2), *(line if gap != NEAR else [])]
        if (
            ax.bbox.contains(*box.min) and ax.bbox.contains(*box.max) and all(_distance(box, others) > near)
            and not any(each.overlaps(other) for each in room for other in taken)
            and all((_distance(each, others) > RADIUS * scale).all() for each in room)
        ):  # fmt: skip
            drawn = {"arrowstyle": "-", "color": "0.45", "linewidth": 0.6, "shrinkA": 0, "shrinkB": RADIUS}
            ax.annotate(code, xy, offset / scale, textcoords="offset points", fontsize=SMALL, ha="center", va="center",
                        path_effects=[withStroke(linewidth=2, foreground="white")],
                        arrowprops=drawn if gap != NEAR else None)  # fmt: skip
            return room
    return []


def _distance(box: "Bbox", points: "ndarray") -> "ndarray":
    import numpy as np

    return np.linalg.norm(points - np.clip(points, box.min, box.max), axis=1)
