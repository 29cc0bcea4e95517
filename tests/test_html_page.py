"""html_page: the HTML of a notebook needs no network and its pictures speak."""

import base64
import struct
import warnings
import zlib
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from llamax_kit.app import html_page
from llamax_kit.utils.errors import KitError

TABLE = """<table border="1" class="dataframe"><thead><tr><th></th><th>system</th><th>score</th></tr></thead>
<tbody><tr><th>0</th><td>copy</td><td>1.25</td></tr><tr><th>1</th><td>tiny</td><td>-10.5</td></tr></tbody></table>"""


def png() -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def picture(alt: str | None):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return new_output("display_data", {"image/png": png(), "text/plain": "<Figure>"}, metadata=metadata)


def html(text: str):
    return new_output("display_data", {"text/html": text, "text/plain": "…"})


def notebook(folder: Path, *outputs) -> Path:
    """An executed notebook with these outputs in one cell."""
    prose = new_markdown_cell(
        "# Sentences & *scores*\n\n**Run.** See [sacreBLEU](https://github.com/mjpost/sacrebleu)."
    )
    cells = [prose, new_code_cell("1 < 2", outputs=list(outputs), execution_count=1)]
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "99_some.ipynb")
    return folder / "99_some.ipynb"


def exported(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", html_page.PageWarning)
        return html_page.export(path).read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_its_pictures_keep_their_texts(tmp_path):
    text = exported(notebook(tmp_path, picture("two dots"), picture('a "line" < 3')))
    assert html_page.loads(text) == []
    assert html_page.without_alt(text) == 0
    images = BeautifulSoup(text, "html.parser").find_all("img")
    assert [image["alt"] for image in images] == ["two dots", 'a "line" < 3']
    assert all(image["src"].startswith("data:image/png;base64,iVBOR") for image in images)


def test_the_stock_template_does_neither(tmp_path):
    from nbconvert.exporters import HTMLExporter

    stock, _ = HTMLExporter().from_filename(str(notebook(tmp_path, picture("two dots"))))
    assert any("require" in address for address in html_page.loads(stock))
    assert any("mathjax" in address.lower() for address in html_page.loads(stock))
    assert "two dots" not in stock
    assert html_page.without_alt(stock) == 1


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://a.example/x.js"></script>', "<link rel=stylesheet href='//a.example/x.css'>",
        '<img alt="x" src="http://a.example/x.png">', "<style>@import 'https://a.example/x.css';</style>",
        "<style>p { background: url( https://a.example/x.png ) }</style>", '<p style="background:url(//a.example/x)">',
        '<img alt="x" srcset="https://a.example/2x.png 2x">', "<script>import('https://a.example/x.js')</script>",
        '<iframe src="https://a.example"></iframe>', '<object data="https://a.example/x.svg"></object>',
    ],
)  # fmt: skip
def test_whatever_a_browser_would_load_is_seen(tag):
    assert len(html_page.loads(f"<p>{tag}</p>")) == 1


def test_a_link_to_follow_is_not_a_load():
    assert html_page.loads('<a href="https://a.example">there</a><img src="data:image/png;base64,AA">') == []


@pytest.mark.parametrize("source, loads, kept", [
    ('<p>kept</p><script src="https://a.example/x.js"></script>', "https://a.example/x.js", "kept"),
    ("<style>@import url('https://a.example/x.css'); .mine { color: red }</style>", "https://a.example/x.css", ".mine"),
])  # fmt: skip
def test_what_an_output_would_load_is_taken_out_and_said(source, loads, kept, tmp_path):
    with pytest.warns(html_page.PageWarning, match=loads):
        text = html_page.export(notebook(tmp_path, html(source))).read_text()
    assert html_page.loads(text) == []
    assert kept in text


@pytest.mark.parametrize("outputs", [[picture(None)], [picture("same"), picture("same")]])
def test_a_picture_without_a_text_of_its_own_is_said(outputs, tmp_path):
    with pytest.warns(html_page.PageWarning, match=r"1 .*alt text.*plots.show"):
        html_page.export(notebook(tmp_path, *outputs))


def test_a_picture_in_both_forms_is_shown_once(tmp_path):
    image = f'<img src="data:image/png;base64,{png()}" alt="once">'
    both = new_output("display_data", {"text/html": image, "image/png": png(), "text/plain": "once"})
    assert exported(notebook(tmp_path, both)).count("<img") == 1


def test_tables_scroll_and_numbers_stand_under_each_other(tmp_path):
    soup = BeautifulSoup(exported(notebook(tmp_path, html(TABLE))), "html.parser")
    table = soup.find("table")
    assert table.parent["class"] == ["scroll"]
    long = TABLE.replace("</tbody>", "<tr><th>2</th><td>x</td><td>1</td></tr>" * 40 + "</tbody>")
    assert BeautifulSoup(html_page.self_contained(long, name="x"), "html.parser").div["class"] == ["scroll", "tall"]
    assert [cell.get_text() for cell in table.select(".number")] == ["score", "1.25", "-10.5"]


def test_a_picture_scrolls_where_the_page_is_narrow(tmp_path):
    image = f'<div class="picture" tabindex="0"><img src="data:image/png;base64,{png()}" alt="b"></div>'
    text = exported(notebook(tmp_path, picture("a"), html(image)))
    shown = BeautifulSoup(text, "html.parser").find_all("img")
    assert [each.parent["class"] for each in shown] == [["picture"]] * 2
    assert ".picture img { max-width: none !important; }" in text.partition("@media (max-width: 40rem)")[2]


def test_code_is_folded_prose_is_not(tmp_path):
    soup = BeautifulSoup(exported(notebook(tmp_path)), "html.parser")
    assert soup.title.get_text() == "Sentences & scores"
    assert "1 < 2" in soup.find("details").get_text()
    assert soup.find("h1").find_parent("details") is None
    assert not soup.find("details").has_attr("open")


@pytest.mark.parametrize(
    ("given", "said"), [({"run": "sw & beam"}, "Sentences & scores · sw & beam"), ({"n": 1}, "Sentences & scores")]
)
def test_the_title_says_which_run_it_is(tmp_path, given, said):
    path = notebook(tmp_path)
    node = nbformat.read(path, 4)
    node.metadata["papermill"] = {"parameters": given}
    nbformat.write(node, path)
    assert BeautifulSoup(exported(path), "html.parser").title.get_text() == said


def test_an_error_and_messages_are_on_the_page(tmp_path):
    text = exported(notebook(
        tmp_path, new_output("error", ename="ValueError", evalue="x", traceback=["\x1b[31mValueError\x1b[0m: <x>"]),
        new_output("stream", name="stderr", text="a & warning"), new_output("stream", name="stdout", text="said"),
    ))  # fmt: skip
    soup = BeautifulSoup(text, "html.parser")
    assert "ValueError: <x>" in soup.select_one(".error").get_text()
    assert "a & warning" in soup.find_all("details")[-1].get_text()
    assert "said" in soup.get_text()


def test_a_progress_bar_of_the_page_leaves_no_script(tmp_path):
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc", "version_major": 2}, "text/plain": "100%"}
    text = exported(notebook(tmp_path, new_output("display_data", widget)))
    assert "<script" not in text
    assert "100%" in text


def test_what_is_not_a_notebook_is_told(tmp_path):
    (tmp_path / "x.ipynb").write_text("cut short {")
    with pytest.raises(KitError, match="x.ipynb.*cut short.*execute it again"):
        html_page.export(tmp_path / "x.ipynb")


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path):
    resource = pytest.importorskip("resource", reason="file-size limits are POSIX")
    path = notebook(tmp_path)
    path.with_suffix(".html").write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(KitError, match="could not write"):
            html_page.export(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.with_suffix(".html").read_text() == "old"


@pytest.mark.parametrize(("kind", "shown"), [("Run", False), ("Learn", True)])
def test_code_is_folded_in_a_report_and_open_where_it_is_taught(tmp_path, kind, shown):
    path = notebook(tmp_path)
    path.write_text(path.read_text().replace("**Run.**", f"**{kind}.**"))
    fold = BeautifulSoup(exported(path), "html.parser").find("details", class_="fold")
    assert "1 < 2" in fold.get_text() and fold.has_attr("open") is shown


def test_what_jupyterlab_keeps_folded_stays_folded_where_code_is_taught(tmp_path):
    path = notebook(tmp_path)
    node = nbformat.read(path, 4)
    next(cell for cell in node.cells if cell.cell_type == "code")["metadata"]["jupyter"] = {"source_hidden": True}
    nbformat.write(node, path)
    path.write_text(path.read_text().replace("**Run.**", "**Learn.**"))
    fold = BeautifulSoup(exported(path), "html.parser").find("details", class_="fold")
    assert "1 < 2" in fold.get_text() and not fold.has_attr("open")
