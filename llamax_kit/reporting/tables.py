"""A finished table on the page (numbers aligned, a head that stays, scrolling, printed whole), or in files.

Computes nothing.
"""

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.reporting import latex, markup
from llamax_kit.reporting.examples import show_examples as show_examples
from llamax_kit.runs import storage
from llamax_kit.scoring import significance
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas import DataFrame, Series

TALL = 40  # rows; a longer table scrolls on the page
LONG = 50  # characters; longer text is wrapped on the page
OF_SENTENCES = {"system", "metric", "src", "language"}  # a table of scores with one of these counts sentences in n
P_VALUE = r"q|p(_\w+)?"  # columns of probabilities


def formatted(value, column: str = "", digits: int = 2) -> str:
    """Return a cell as text.

    Parameters
    ----------
    value
        A number, text, truth value, or None.
    column : str
        The column's name: p, q, p_… are probabilities; n is a count, whatever its type.
    digits : int
        After the point, of a number that is neither a count nor a probability.

    Returns
    -------
    str
        "" for a missing value.

    Examples
    --------
    >>> formatted(-1.5), formatted(-0.001), formatted(1012), formatted(0.00003, "p_holm")
    ('−1.50', '0.00', '1,012', '<0.0001')
    """
    import pandas as pd

    if value is None or pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if pd.api.types.is_bool(value) or not pd.api.types.is_number(value):
        return str(value)
    if re.fullmatch(P_VALUE, str(column)):
        return "<0.0001" if value < 0.0001 else f"{value:.4f}"
    count = pd.api.types.is_integer(value) or column == "n"
    return f"{value:z,.{0 if count else digits}f}".replace("-", "−")


def captioned(table: "DataFrame", caption: str) -> str:
    """Add to a caption what the intervals of a table are worth, where they are of few sentences.

    Where n counts languages, as in means over groups and in rho, the caption is unchanged: those intervals are
    different.

    Parameters
    ----------
    table : DataFrame
        A finished table.
    caption : str
        Its caption.

    Returns
    -------
    str
        "Scores; with 12 sentences, 88 of …", or the caption alone.
    """
    ends = [name for name in ("ci_low", "ci_low_difference") if name in table]
    of_sentences = {"score", "n"} <= {*table} and {*table} & OF_SENTENCES
    note = significance.caveat_of(table, end=ends[0]) if ends and of_sentences else ""
    return f"{caption}; {note}" if note else caption


def show(table: "DataFrame", caption: str, digits: int = 2) -> "HTML":
    """Return a table as HTML that scrolls within the page, under its caption (`captioned`).

    Parameters
    ----------
    table : DataFrame
        A finished table; one without rows is shown as "none".
    caption : str
        What it shows.
    digits : int
        After the point, as `formatted` takes it.

    Returns
    -------
    HTML
        The last line of a cell puts it on the page.

    Examples
    --------
    ::

        tables.show(scores, "spBLEU by direction")
    """
    from IPython.display import HTML

    text = captioned(table, caption)
    if table.empty:
        return HTML(markup.framed(f"<figcaption>{html.escape(text)}</figcaption><p>none</p>"))
    cells, numbers = _texts(table, digits), _numbers(table)
    kinds = ["number" if at in numbers else _kind(cells.iloc[:, at]) for at in range(cells.shape[1])]
    drawn = markup.table(text, map(str, table), cells.itertuples(index=False, name=None), kinds)
    return HTML(markup.framed(drawn, tall=len(table) > TALL))


def show_prompt(prompt: str, pieces: Sequence[tuple[str, bool]] = (), notes: Iterable[str] = ()) -> "HTML":
    """Return a prompt as HTML: its text, and the tokens that the model sees, control tokens in frames.

    Parameters
    ----------
    prompt : str
        The prompt's text.
    pieces : sequence of (str, bool)
        What an engine's `pieces` returns: a token as written, and whether it is a control token.
    notes : iterable of str
        Sentences about this prompt.

    Returns
    -------
    HTML
        Line ends inside a token are written as ⏎.
    """
    from IPython.display import HTML

    box = "white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 .6em"
    parts = [f'<pre style="{box}">{html.escape(prompt)}</pre>']
    if pieces:
        control = sum(is_control for _, is_control in pieces)
        title = f"What the model sees: {len(pieces)} tokens, {control} of them control tokens (in frames)"
        tokens = " ".join(_token(text, is_control) for text, is_control in pieces)
        parts.append(f'<p style="margin: 0"><b>{title}</b></p>')
        parts.append(f'<div style="{box}; font-family: monospace">{tokens}</div>')
    parts += [f'<p style="margin: 0"><b>Note:</b> {html.escape(note)}</p>' for note in notes]
    return HTML(f'<figure class="{markup.UNTYPESET}" style="margin: 1em 0">{"".join(parts)}</figure>')


def _token(text: str, is_control: bool) -> str:
    written = html.escape(text.replace("\n", "⏎").replace(" ", "▁"))
    if is_control:
        return f'<b style="border: 1px solid currentColor; padding: 0 .2em" title="control token">{written}</b>'
    return f'<span style="background: rgba(128, 128, 128, .15)">{written}</span>'


def save(
    table: "DataFrame", path: Path | str, caption: str, digits: int = 2, columns: Iterable[str] = (), *,
    layout: str = latex.AUTO,
) -> list[Path]:  # fmt: skip
    """Save a table as CSV, every digit of it, and as LaTeX (booktabs) to print, cells as `formatted` returns them.

    In the CSV a text that a spreadsheet would compute, such as "=1+1" or "- Yes", has an apostrophe before it.

    Parameters
    ----------
    table : DataFrame
        A finished table.
    path : path
        Without an ending.
    caption : str
        What it shows; LaTeX has it as `captioned` returns it.
    digits : int
        After the point, in LaTeX.
    columns : iterable of str
        The columns to print, where not all; one without a single entry is never printed.
    layout : str
        In LaTeX: "column" fits into a column of a paper of two, "page" is `table*`; "auto": as the table is wide.

    Returns
    -------
    list of Path
        The CSV and the LaTeX file.

    Raises
    ------
    KitError
        For a table without a caption, or a file that cannot be written.
    UnknownName
        For another layout.

    Examples
    --------
    ::

        tables.save(gains, folder / "gains", "Gains in spBLEU points")  # gains.csv, gains.tex
    """
    if not caption.strip():
        raise KitError(f"the table {Path(path).name} has no caption. To mend: say in a sentence what it shows")
    plain, caption = table.reset_index(drop=True), captioned(table, caption)
    printed = plain[list(columns) or list(plain)]
    texts, numbers = _texts(printed, digits), _numbers(printed)
    heads = latex.heads(list(printed), data=printed.columns.name is not None, layout=layout)  # a pivot's are systems
    cells = [latex.Column(head, list(texts.iloc[:, at]), at in numbers) for at, head in enumerate(heads)]
    target = Path(path).with_name(Path(path).name + ".tex")
    label = re.sub(r"[^\w.-]+", "-", f"{target.parent.name}-{target.stem}", flags=re.ASCII)
    caption = _in_words(caption, dict(zip(map(str, printed), heads, strict=True)))
    written = latex.table(cells, caption, layout=layout, label=f"tab:{label}")
    with whole(target) as scratch:
        scratch.write_text(written, encoding="utf-8", newline="\n")
    return [storage.save_table(plain, Path(path).with_name(Path(path).name + ".csv")), target]


def _texts(table: "DataFrame", digits: int) -> "DataFrame":
    """Return the table with every cell `formatted`."""
    import pandas as pd

    columns = [[formatted(value, name, digits) for value in table.iloc[:, at]] for at, name in enumerate(table)]
    return pd.DataFrame(dict(enumerate(columns)), dtype=object).set_axis(list(table), axis="columns")


def _in_words(caption: str, heads: dict[str, str]) -> str:
    """Name columns in a caption by their heads: "baseline_score" as "baseline score", "ci_low" as "low"."""
    heads = {name: head.removeprefix("95 % CI ") for name, head in heads.items() if "_" in name}
    return re.sub(r"\w+", lambda word: heads.get(word[0], word[0]), caption)


def _numbers(table: "DataFrame") -> list[int]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return [at for at, name in enumerate(table) if is_numeric_dtype(table[name]) and not is_bool_dtype(table[name])]


def _kind(texts: "Series") -> str:
    """Return how a column without numbers is set: "long" text (words, not a signature) wraps, "wide" one in print."""
    return "long" if any(map(_is_long, texts)) else "wide" if any(map(markup.wide, texts)) else ""


def _is_long(text: str) -> bool:
    return len(text) > LONG and " " in text or "\n" in text
