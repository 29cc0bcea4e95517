"""Whose a run is, where `llamax-kit run` does not start the kernel: JupyterLab says it, papermill does not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import papermill
import pytest
import requests
from jupyter_client import BlockingKernelClient

from llamax_kit.runs import storage

ROOT = Path(__file__).resolve().parents[2]


def test_a_kernel_of_jupyters_server_knows_its_notebook(tmp_path):
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
                                "IPYTHONDIR": str(tmp_path / "ipython")}  # fmt: skip
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
               "--IdentityProvider.token=t", f"--ServerApp.root_dir={tmp_path}"]  # fmt: skip
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = _address(tmp_path)
        asked = {"path": "06_gains.ipynb", "name": "06_gains.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        session = requests.post(f"{address}api/sessions", json=asked, headers={"Authorization": "token t"}, timeout=60)
        client = BlockingKernelClient(connection_file=str(tmp_path / f"kernel-{session.json()['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)  # else what it prints may come before this listens
        said = []
        client.execute_interactive("from llamax_kit.runs import owners; print(owners.notebook())", timeout=60,
                                   output_hook=lambda message: said.append(message["content"].get("text")))  # fmt: skip
        client.stop_channels()
    finally:
        server.terminate()
        server.wait(30)
    assert "06_gains\n" in said


def _address(runtime: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = json.loads(file.read_text())["url"]
                requests.get(f"{address}api", timeout=5)
                return address
            except (ValueError, requests.ConnectionError):
                pass
        time.sleep(0.1)
    raise AssertionError("no server within a minute")


def test_plain_papermill_is_stopped_before_it_writes_over_another_notebooks_run(tmp_path, monkeypatch, lend_example):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(lend_example(tmp_path)))
    before = {path: path.read_bytes() for path in (tmp_path / "demo_mini_llama").rglob("*") if path.is_file()}
    with pytest.raises(papermill.PapermillExecutionError, match="demo_mini_llama is the run of another notebook"):
        papermill.execute_notebook(str(ROOT / "notebooks" / "06_see_language_gains.ipynb"), str(tmp_path / "x.ipynb"),
                                   {"run": "demo_mini_llama"}, progress_bar=False)  # fmt: skip
    assert {path: path.read_bytes() for path in (tmp_path / "demo_mini_llama").rglob("*") if path.is_file()} == before
    assert storage.load("demo_mini_llama").record["notebook"] == "llamax_kit.example"
