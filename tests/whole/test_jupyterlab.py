"""The tour in a real JupyterLab, in a real browser: all its cells run, its table and its picture are on the page."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
TOUR = "00_take_the_tour"
SHOW = """said = pd.DataFrame({"text": ["from $12 to $15", "ارتفع السعر من $12 إلى $15"]})
tables.show(said, "a $2 caption and a $3 one")"""
DOLLARS = [{"cell_type": "code", "id": "dollars", "metadata": {}, "execution_count": None, "outputs": [],
            "source": SHOW},
           {"cell_type": "markdown", "id": "typeset", "metadata": {}, "source": "this is $x^2$"}]  # fmt: skip
ERROR = ".jp-OutputArea-output:has-text('Traceback (most recent call last)')"
PATIENCE = 300  # seconds for all cells; about 30 on two free cores

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address, with its token, of a JupyterLab on loopback whose every folder is a fresh one."""
    home = tmp_path_factory.mktemp("lab")
    (home / "notebooks").mkdir()
    tour = json.loads((ROOT / "notebooks" / f"{TOUR}.ipynb").read_text(encoding="utf-8"))
    tour["cells"] += DOLLARS
    (home / "notebooks" / f"{TOUR}.ipynb").write_text(json.dumps(tour), encoding="utf-8")
    quiet = home / "SETTINGS" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    folders = {f"JUPYTER_{name}_DIR": home / name for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {f"JUPYTERLAB_{name}_DIR": home / name for name in ("SETTINGS", "WORKSPACES")}
    environment = os.environ | {name: str(path) for name, path in folders.items()}
    environment |= {"LLAMAX_KIT_OUTPUTS": str(home / "outputs"), "IPYTHONDIR": str(home / "ipython")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
               f"--ServerApp.root_dir={home / 'notebooks'}"]  # fmt: skip
    with open(home / "log", "w+") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=home)
        try:
            yield _address(home, server)
        finally:
            server.terminate()
            server.wait(30)


def _address(home: Path, server: subprocess.Popen) -> str:
    for _ in range(600):
        said = (home / "log").read_text()
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", said):
            return found[0]
        assert server.poll() is None, said
        time.sleep(0.1)
    raise AssertionError(f"no address within a minute: {said}")


@pytest.fixture(scope="module")
def page(lab, tmp_path_factory):
    """The tour, opened and run to its end by the menu; `asked` has the addresses that the browser asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        look = {"executable_path": BROWSER, "args": FLAGS, "viewport": {"width": 1280, "height": 900}}
        browser = playwright.chromium.launch_persistent_context(tmp_path_factory.mktemp("browser"), **look)
        page, page.asked = browser.pages[0], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(lab.replace("/lab?", f"/lab/tree/{TOUR}.ipynb?"))
        page.get_by_text("Python 3").first.wait_for(timeout=60_000)
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        ended = page.locator(".jp-CodeCell .jp-InputPrompt").get_by_text(f"[{_code_cells()}]:", exact=True)
        ended.or_(page.locator(ERROR)).first.wait_for(state="attached", timeout=PATIENCE * 1000)
        if folder := os.environ.get("LLAMAX_KIT_SCREENSHOTS"):
            _photograph(page, Path(folder))
        yield page
        browser.close()


def _code_cells() -> int:
    cells = json.loads((ROOT / "notebooks" / f"{TOUR}.ipynb").read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in [*cells, *DOLLARS])


def _photograph(page, folder: Path) -> None:
    for number, cell in enumerate(page.locator(".jp-Notebook .jp-Cell").all()):
        cell.scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{number:02}.png")


def test_no_cell_failed(page):
    assert page.locator(ERROR).all_text_contents() == []


def test_the_score_table_is_on_the_page_and_scrolls_in_itself(page):
    figure = page.locator(".jp-OutputArea-output figure", has_text="Scores, three systems").first
    page.locator(".jp-Notebook .jp-Cell", has=figure).scroll_into_view_if_needed()  # what is out of sight has no text
    table = figure.locator("table")
    table.scroll_into_view_if_needed()
    table.wait_for(state="visible", timeout=10_000)
    assert {"system", "src", "tgt", "score", "ci_low", "ci_high", "n"} <= set(table.locator("th").all_inner_texts())
    assert table.locator("td", has_text="copy").count()
    box = table.locator("xpath=..")
    assert box.evaluate("box => getComputedStyle(box).overflowX") == "auto"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_dollars_of_a_sentence_are_no_mathematics(page):
    figure = page.locator(".jp-OutputArea-output figure", has_text="a $2 caption")
    page.locator(".jp-MarkdownCell mjx-container").last.wait_for(timeout=30_000)  # what is mathematics, is typeset
    assert page.locator(".jp-OutputArea-output mjx-container").count() == 0
    assert figure.locator("td").all_text_contents() == ["from $12 to $15", "ارتفع السعر من $12 إلى $15"]
    assert [each.get_attribute("dir") for each in figure.locator("td").all()] == [None, "rtl"]


def test_the_picture_is_on_the_page_and_says_what_it_shows(page):
    picture = page.locator(".jp-OutputArea-output img[alt*='spBLEU-cldr by direction']")
    assert picture.count() == 1
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 500")
    assert all(image.get_attribute("alt") for image in page.locator(".jp-OutputArea-output img").all())


def test_printed_lines_do_not_break_inside_words(page):
    printed = page.locator(".jp-OutputArea-output pre").first
    assert printed.evaluate("each => getComputedStyle(each).wordBreak") == "normal"


def test_the_progress_bar_lives_in_the_page(page):
    assert page.locator(".jp-OutputArea-output .jupyter-widgets", has_text="sentences/s").count() >= 3


def test_the_browser_asked_no_machine_but_this_one(page):
    asked = {urlsplit(address) for address in page.asked}
    assert {one.hostname for one in asked if one.scheme not in ("data", "blob")} == {"127.0.0.1"}
