"""The progress bar of a run: in the page where somebody looks, none in the log of a short batch run."""

import html
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

SHOW = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
import small
from llamax_kit.tasks.translation import translate
class Slow(small.Fake):
    def complete(self, *asked):
        for batch in super().complete(*asked):
            time.sleep(0.06)
            yield batch
translate(Slow(), small.corpus(20), [("en", "de")])
print("done")
"""


def test_executed_by_papermills_client_nothing_but_the_result_is_in_the_notebook():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SHOW)])
    NotebookClient(notebook, kernel_name="python3").execute()
    assert [output.get("text") for output in notebook.cells[0].outputs] == ["done\n"]


def test_in_a_page_the_bar_is_a_widget_that_says_sentences_tokens_and_time_left():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        messages = []
        client.execute_interactive(SHOW, allow_stdin=True, output_hook=messages.append, timeout=120)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    contents = [message["content"] for message in messages]
    assert [each["text"] for each in contents if "text" in each] == ["done\n"]
    assert any("application/vnd.jupyter.widget-view+json" in each.get("data", {}) for each in contents)
    said = [each["data"].get("state", {}).get("value") for each in contents if "comm_id" in each]
    text = html.unescape(" ".join(each for each in said if isinstance(each, str)))
    assert re.search(r"20/20\s\[00:00<00:00,\s+[\d.]+\ssentences/s,\s\d+\stokens/s\]", text)


def test_written_to_a_file_or_pipe_nothing_is_said():
    run = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("done\n", "")
