"""Draws a finished table on given axes, and shows a figure with a text for those who do not see it.

Computes nothing: what a picture shows stands in its table, saved beside it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.errors import KitError
from llamax_kit.files import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

MARKERS = "osD^vPX*<>"
PALETTE = "colorblind"  # seaborn's; markers differ too, so that no colour needs to be told apart


def scores(table: "DataFrame", ax: "Axes") -> None:
    """Draw a score table of one metric: a dot a system and direction, with its 95 % interval where it has one.

    Directions run downwards, the best first; the figure is made tall enough to read them all.

    Raises KitError when the table is empty or holds two metrics.
    """
    metric = _only(table, "metric")
    order = table.groupby(_direction(table))["score"].max().sort_values(ascending=False, kind="stable").index
    systems = list(dict.fromkeys(table["system"]))
    for place, (system, style) in enumerate(zip(systems, _styles(len(systems)), strict=True)):
        rows = table[table["system"] == system]
        y = order.get_indexer(_direction(rows)) + 0.6 * ((place + 0.5) / len(systems) - 0.5)
        below, above = (rows["score"] - rows["low"]).fillna(0), (rows["high"] - rows["score"]).fillna(0)
        ax.errorbar(rows["score"], y, xerr=[below.clip(0), above.clip(0)], label=system, **style)
    _grow(ax, len(order), len(systems))
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(len(order) - 0.5, -0.5)
    most = max(1.0, table[["score", "high"]].max(axis=None))
    ax.set_xlim(-0.015 * most, 1.03 * most)  # a dot at zero is seen whole
    ax.set(xlabel=f"{metric} (points, 0–100; bars: 95 % interval)", title=f"{metric} by direction, {_sizes(table)}")
    ax.tick_params(axis="x", labeltop=len(order) > 30, length=0)
    _finish(ax, len(systems))


def shares(table: "DataFrame", ax: "Axes") -> None:
    """Draw the shares of `diagnose.shares` (per cent of a direction's outputs) as a small heat map.

    Raises KitError when the table is empty.
    """
    import seaborn as sns

    _only(table, None)
    columns = {"empty": "empty", "copy": "copy of\nthe source", "length": "cut at\nthe limit",
               "other_script": "in another\nscript"}  # fmt: skip
    several = table["system"].nunique() > 1
    labels = table["system"] + "  " + _direction(table) if several else _direction(table)
    percent = 100 * table[list(columns)].astype(float).set_axis(labels)
    _grow(ax, len(percent), 1)
    sns.heatmap(percent, ax=ax, vmin=0, vmax=100, cmap="Blues", annot=True, fmt=".0f", linewidths=0.5,
                linecolor="0.85", cbar=False, xticklabels=list(columns.values()))  # fmt: skip
    ax.set(ylabel="", title=f"Outputs that are …, in per cent, {_sizes(table)}")
    ax.tick_params(axis="y", labelrotation=0, length=0)
    ax.tick_params(axis="x", length=0, labeltop=len(percent) > 30)
    if percent.isna().any(axis=None):  # a system that did not say how its outputs ended
        ax.set_facecolor("0.9")
        ax.set_xlabel("grey: not known")


def describe_scores(table: "DataFrame") -> str:
    """Say a score table of one metric in a sentence a system, for the picture's alt text.

    "spBLEU by direction. copy: 5 directions, from 0.4 (en-am) to 6.2 (en-de)."
    """
    said = []
    for system, rows in table.groupby("system", sort=False):
        rows = rows.reset_index(drop=True)
        worst, best = rows.loc[rows["score"].idxmin()], rows.loc[rows["score"].idxmax()]
        if len(rows) == 1:
            said.append(f"{system}: {best.score:.1f} ({best.src}-{best.tgt}).")
        else:
            said.append(f"{system}: {len(rows)} directions, from {worst.score:.1f} ({worst.src}-{worst.tgt}) "
                        f"to {best.score:.1f} ({best.src}-{best.tgt}).")  # fmt: skip
    return f"{_only(table, 'metric')} by direction. " + " ".join(said)


def describe_shares(table: "DataFrame") -> str:
    """Say in a sentence how large each share gets, for the picture's alt text."""
    _only(table, None)
    said = []
    for column in ("empty", "copy", "length", "other_script"):
        if table[column].isna().all():
            said.append(f"{column.replace('_', ' ')} not known")
            continue
        most = table.loc[table[column].astype(float).idxmax()]
        where = f"{most.system} {most.src}-{most.tgt}"
        said.append(f"{column.replace('_', ' ')} at most {100 * most[column]:.0f} % ({where})")
    return "Shares of outputs by direction: " + "; ".join(said) + "."


def show(figure: "Figure", path: Path | str, alt: str) -> None:
    """Save a figure as PNG and PDF beside each other, put it on the page with its alt text, and close it.

    `show(figure, folder / "scores", "spBLEU by direction: …")` writes scores.png and scores.pdf.

    Raises KitError when `alt` says nothing, or a file cannot be written.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if not alt.strip():
        raise KitError(f"the picture {Path(path).name} has no alt text. To mend: say in a sentence what it shows")
    paths = [Path(path).with_name(Path(path).name.removesuffix(".png") + ending) for ending in (".png", ".pdf")]
    for target in paths:
        with whole(target) as scratch:
            figure.savefig(scratch, dpi=192, bbox_inches="tight", metadata={"Title": alt[:200]})
    plt.close(figure)  # before IPython draws it a second time, without its alt text
    display(_bundle(paths[0].read_bytes(), alt), raw=True, metadata={"image/png": {"alt": alt}})


def _bundle(png: bytes, alt: str) -> dict:
    """Give a picture in both forms that pages read: JupyterLab takes no alt text from metadata, but HTML as it is."""
    import base64
    import html
    import struct

    data = base64.b64encode(png).decode()
    width = struct.unpack(">I", png[16:20])[0] // 2  # saved at twice the size it is shown at, for sharp screens
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" width="{width}" style="max-width:100%">'
    return {"text/html": image, "image/png": data, "text/plain": alt}


def _direction(table: "DataFrame"):
    return table["src"] + "-" + table["tgt"]


def _only(table: "DataFrame", column: str | None) -> str:
    """Check that there is something to draw, and give the only value of a column."""
    if table.empty:
        raise KitError("there is nothing to draw: the table has no rows. To mend: choose directions that it holds")
    values = list(dict.fromkeys(table[column])) if column else [""]
    if len(values) > 1:
        raise KitError(
            f"one picture shows one {column}, got {', '.join(map(str, values))}. "
            f"To mend: draw table[table.{column} == {values[0]!r}]"
        )
    return values[0]


def _styles(count: int) -> list[dict]:
    import seaborn as sns

    colours, markers = sns.color_palette(PALETTE, count), len(MARKERS)  # beyond ten, colours repeat with other markers
    return [
        {"fmt": MARKERS[(i + i // 10) % markers], "color": colour, "markersize": 5, "elinewidth": 1.3, "capsize": 2}
        for i, colour in enumerate(colours)
    ]


def _sizes(table: "DataFrame") -> str:
    few, many = int(table["n"].min()), int(table["n"].max())
    return f"n = {few if few == many else f'{few}–{many}'} sentences a direction"


def _grow(ax: "Axes", rows: int, systems: int) -> None:
    """Make a figure of one pair of axes tall enough for its rows; a page scrolls, a row does not."""
    if len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(7.2, max(2.2, 1.3 + rows * (0.2 + 0.06 * systems)))


def _finish(ax: "Axes", systems: int) -> None:
    import seaborn as sns

    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    if systems > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0)
