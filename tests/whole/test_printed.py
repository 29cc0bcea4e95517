"""A page in print, in a real browser: every row and column of its tables is on the paper, and no sentence is hidden."""

import shutil

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from llamax_kit.app import html_page
from llamax_kit.reporting import tables

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
A4 = {"width": 703, "height": 1032}  # CSS pixels, within margins of 12 mm

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    from playwright.sync_api import sync_playwright

    long = pd.DataFrame({"code": [f"c{at}" for at in range(204)], "name": "Modern Standard Arabic (Romanized)", "n": 1})
    wide = pd.DataFrame({f"column_of_number_{at}": ["not shown to differ", "a" * 30] for at in range(9)} | {"n": 1012})
    said = pd.DataFrame({"system": ["a", "b"], "src": "en", "tgt": "sw", "metric": "spBLEU", "score": 1.0,
                         "rank": "best", "index": 0, "source": "s", "reference": "r",
                         "hypothesis": ["h", "last one"]})  # fmt: skip
    shown = [tables.show(long, "Long"), tables.show(wide, "Wide"), tables.show_examples(said)]
    outputs = [new_output("execute_result", {"text/html": each.data}) for each in shown]
    plain = f"<table><tbody>{'<tr><td>plain</td></tr>' * 60}</tbody></table>"  # any library's, as pandas' own
    outputs.append(new_output("execute_result", {"text/html": plain}))
    path = tmp_path_factory.mktemp("print") / "page.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("", outputs=[each]) for each in outputs]), path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=A4)
        page.goto(html_page.export(path).as_uri())
        yield page
        browser.close()


def hidden(page) -> list[str]:
    """What a reader does not see without scrolling or opening: the text of such cells."""
    return page.evaluate("""() => [...document.querySelectorAll("td, th")].filter(cell => {
        const at = cell.getBoundingClientRect();
        if (!at.width || !cell.checkVisibility({contentVisibilityAuto: true}) || at.right > innerWidth + 1) return true;
        for (let box = cell.parentElement; box; box = box.parentElement)
            if (getComputedStyle(box).overflowY != "visible" && at.bottom > box.getBoundingClientRect().bottom + 1)
                return true;
        return false;
    }).map(cell => cell.textContent)""")


def test_on_the_screen_tables_scroll(page):
    page.emulate_media(media="screen")
    assert {"c203", "last one", "plain"} <= {*hidden(page)}


def test_in_print_every_cell_is_there(page):
    page.emulate_media(media="print")
    assert page.locator("td").count() == 204 * 3 + 2 * 10 + 2 * 4 + 60 and hidden(page) == []
