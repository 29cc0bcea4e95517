"""Makes one HTML file of an executed notebook; nothing in it comes from the network, each picture has its alt text.

nbconvert renders the cells; the kit's template (`page.html.j2`) shows prose, tables and pictures first and folds code.
Executes nothing.
"""

import json
import re
import warnings
from pathlib import Path

from llamax_kit.reporting.tables import TALL
from llamax_kit.runs import provenance, storage
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.files import whole

TEMPLATE = Path(__file__).with_name("page.html.j2")
LOADS = {  # what a browser loads by itself when it opens a page; links that a reader may follow are not in it
    "script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "image": "href", "use": "href", "input": "src", "track": "src",
}  # fmt: skip


class PageWarning(UserWarning):
    """Something that a reader of the page will miss: a picture without alt text, a thing from the network removed."""


def export(notebook: Path | str) -> Path:
    """Write the HTML of a notebook beside it, and return its path: `04.html` for `04.ipynb`.

    Warns (PageWarning) of a picture without an alt text of its own, and of anything removed that would have been loaded
    from the network. Raises KitError when it is not a notebook or the file cannot be written.
    """
    import nbformat
    from nbconvert.exporters import HTMLExporter
    from traitlets.config import Config

    notebook = Path(notebook)
    try:
        node = cleaned(nbformat.read(notebook, 4))
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise KitError(f"expected a Jupyter notebook, got {notebook}: {error}. To mend: execute it again") from error
    node.metadata["title"] = title(node)
    shown = Config({"NbConvertBase": {"display_data_priority": SHOWN}})
    exporter = HTMLExporter(template_file=str(TEMPLATE), config=shown, embed_images=True, exclude_anchor_links=True)
    exporter.register_preprocessor("nbconvert.preprocessors.CoalesceStreamsPreprocessor", enabled=True)
    place = {"metadata": {"path": str(notebook.parent), "name": notebook.stem}}
    html, _ = exporter.from_notebook_node(node, resources=place)
    path = notebook.with_suffix(".html")
    with whole(path) as scratch:
        scratch.write_text(self_contained(html, name=notebook.stem), encoding="utf-8", newline="\n")
    return path


def cleaned(node):
    """Return a notebook without access tokens and names of homes: in its cells, outputs, parameters and paths."""
    import nbformat

    return nbformat.from_dict(provenance.clean_texts(node, storage.PROJECT))


def cleaned_text(text: str) -> str:
    """Return the JSON of a notebook, `cleaned`; as it is where there is nothing to clean, which is found fast."""
    import nbformat

    text = provenance.shortened(text, storage.PROJECT)  # most often papermill's paths are all that there is
    held = _joined(json.loads(text))
    if provenance.clean_texts(held, storage.PROJECT) == held:
        return text
    return nbformat.writes(cleaned(nbformat.reads(text, 4)))


def _joined(value):
    """Join the lists of lines that JSON holds of a notebook's texts: what is to be cleaned may run over several."""
    if isinstance(value, dict):
        return {key: _joined(item) for key, item in value.items()}
    if isinstance(value, list):
        return "".join(value) if value and all(isinstance(item, str) for item in value) else list(map(_joined, value))
    return value


# Widgets need a script from the network; without them a progress bar falls back to its text.
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain"]


def title(node) -> str:
    """Return a notebook's first heading, without mark-up, and the run given to papermill: "Score · sw-beam"."""
    text = "\n".join(cell.source for cell in node.cells if cell.cell_type == "markdown")
    found = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
    heading = re.sub(r"[*`_]", "", found[1]).strip() if found else "Notebook"
    run = node.metadata.get("papermill", {}).get("parameters", {}).get("run")
    return f"{heading} · {run}" if run else heading


def loads(html: str) -> list[str]:
    """List the addresses that a browser would load from the network to show this page."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    found = [tag[LOADS[tag.name]] for tag in soup.find_all(list(LOADS)) if tag.get(LOADS[tag.name])]
    found += [part.split()[0] for tag in soup.select("[srcset]") for part in tag["srcset"].split(",") if part.split()]
    styles = [tag.get_text() for tag in soup.find_all("style")] + [tag["style"] for tag in soup.select("[style]")]
    found += re.findall(r"(?:@import\s*(?:url\()?|url\()\s*['\"]?([^'\")\s]+)", "\n".join(styles))
    scripts = [tag.get_text() for tag in soup.find_all("script", src=False)]
    found += re.findall(r"['\"]((?:https?:)?//[\w.-]+\.\w+/[^'\"]+)['\"]", "\n".join(scripts))
    return [address for address in found if _remote(address)]


def without_alt(html: str) -> int:
    """Count pictures without an alt text of their own: with none, nbconvert's placeholder, or another picture's."""
    from bs4 import BeautifulSoup

    texts = [image.get("alt", "").strip() for image in BeautifulSoup(html, "html.parser").find_all("img")]
    own = {text for text in texts if text and not text.startswith("No description has been provided")}
    return len(texts) - len(own)


def self_contained(html: str, *, name: str) -> str:
    """Remove from a page what would be loaded from the network, let its tables scroll, warn of what is missing."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for address in loads(html):
        _warn(f"{name}: removed what loads {address}: the page must not need the network")
    for tag in soup.find_all(list(LOADS)):
        if tag.name in ("script", "iframe", "object", "embed") or _remote(tag.get(LOADS[tag.name]) or ""):
            tag.decompose()
    for tag in soup.select("[srcset]"):
        del tag["srcset"]
    for tag in soup.find_all("style"):
        tag.string = _local_style(tag.get_text())
    for tag in soup.select("[style]"):
        tag["style"] = _local_style(tag["style"])
    for table in soup.find_all("table"):
        if table.find_parent("figure", class_="llamax"):
            continue  # `tables.show` has done it
        _align_numbers(table)
        kind = "scroll tall" if len(table.find_all("tr")) > TALL else "scroll"
        table.wrap(soup.new_tag("div", attrs={"class": kind, "tabindex": "0"}))
    if missing := without_alt(str(soup)):
        _warn(f"{name}: {missing} picture(s) without an alt text of their own. To mend: show them with plots.show")
    return str(soup)


def _local_style(style: str) -> str:
    style = re.sub(r"@import[^;]*;?", "", style)
    return re.sub(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)", "none", style, flags=re.IGNORECASE)


def _align_numbers(table) -> None:
    """Mark the columns that hold only numbers, so that their digits are aligned."""
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    for column in zip(*rows, strict=False) if len({len(row) for row in rows}) == 1 else ():
        body = [cell.get_text(strip=True) for cell in column if cell.name == "td"]
        if body and all(re.fullmatch(r"[-+−]?[\d.,]+ ?%?|NaN|", text) for text in body):
            for cell in column:
                cell["class"] = [*cell.get("class", []), "number"]


def _remote(address: str) -> bool:
    return bool(re.match(r"(?:https?:|ftp:|wss?:)?//", address.strip(), re.IGNORECASE))


def _warn(message: str) -> None:
    warnings.warn(message, PageWarning, stacklevel=3)
