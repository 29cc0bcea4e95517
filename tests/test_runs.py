"""storage: what is written is whole and reads back the same; what cannot be written says so and leaves nothing."""

import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from llamax_kit.runs import provenance, run_names, storage
from llamax_kit.utils import files
from llamax_kit.utils.errors import KitError, UnknownName

COLUMNS = ["system", "src", "tgt", "index", "source", "hypothesis", "reference", "finish", "tokens"]


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


def translations(*directions: tuple[str, str, str]) -> pd.DataFrame:
    rows = [
        (system, src, tgt, index, f"source {index}", "two\nlines" if index else "", "no \u2028 end", "stop", index)
        for system, src, tgt in directions
        for index in range(2)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_run_reads_back_as_it_was_saved(outputs):
    table = translations(("copy", "en", "no"), ("hub/model", "en", "no"))
    scores = pd.DataFrame([("copy", "en", "no", "spBLEU", 1 / 3, np.nan, 0.5, 2, "a|b")], columns=[
        "system", "src", "tgt", "metric", "score", "ci_low", "ci_high", "n", "signature"])  # fmt: skip
    folder = storage.folder("first")
    storage.save_translations(folder, table)
    storage.save_table(scores, folder / "scores.csv")
    storage.record(folder, parameters={"sentences": 2})
    run = storage.load("first")
    pd.testing.assert_frame_equal(run.scores, scores)
    pd.testing.assert_frame_equal(
        run.translations.sort_values(["system", "index"], ignore_index=True), table, check_dtype=False
    )
    assert run.record["parameters"] == {"sentences": 2}
    assert storage.load(str(folder)).folder == folder


def test_codes_that_look_like_nothing_stay_codes(outputs):
    scores = pd.DataFrame([("NA", "nan", "null", "spBLEU", 1.0)], columns=["system", "src", "tgt", "metric", "score"])
    folder = storage.folder("codes")
    storage.save_table(scores, folder / "scores.csv")
    storage.record(folder)
    assert storage.load("codes").scores.iloc[0].tolist() == ["NA", "nan", "null", "spBLEU", 1.0]


def test_translations_lie_one_file_a_direction_and_older_ones_go():
    folder = storage.folder("again")
    storage.save_translations(folder, translations(("copy", "en", "de"), ("copy", "en", "sw")))
    paths = storage.save_translations(folder, translations(("copy", "en", "sw")))
    assert paths == [folder / "translations" / "copy" / "en-sw.parquet"]
    assert list(folder.rglob("*.parquet")) == paths


@pytest.mark.parametrize("torn", [True, False])
def test_what_a_killed_process_left_of_a_file_is_no_part_of_the_run(torn):
    """Written as `files.whole` does it, until the process is killed: a hidden file beside the one it was to become."""
    folder = storage.folder("killed")
    paths = storage.save_translations(folder, translations(("copy", "en", "af"), ("copy", "en", "sw")))
    storage.record(folder)
    left = paths[0].with_name(f".{paths[0].name}.a1b2c3d4.parquet")
    whole = paths[1].read_bytes()
    left.write_bytes(whole[:100] if torn else whole)
    assert len(storage.load("killed").translations) == 4
    assert storage.translation_files(folder) == paths
    storage.save_translations(folder, translations(("copy", "en", "af")))
    assert left.exists()  # it may be another process's, which is at work on it now
    os.utime(left, (0, time.time() - files.ABANDONED - 60))
    paths = storage.save_translations(folder, translations(("copy", "en", "af")))
    assert [path for path in folder.rglob("*.parquet")] == paths


def test_systems_whose_names_differ_never_share_a_folder():
    names = ["a/b", "a--b", "a_b", "/a/b", "a b", "../a", "..", "LLaMAX2-7B-Alpaca", "ü", "a:b",
             "foo.", "foo", "x" * 300, "x" * 301]  # fmt: skip
    folders = [run_names.path_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert run_names.path_name("LLaMAX2-7B-Alpaca") == "LLaMAX2-7B-Alpaca"
    assert not any(set(folder) & set("/\\: ") or folder.startswith(".") for folder in folders)
    assert not any(folder.endswith(".") for folder in folders)
    assert max(map(len, folders)) <= run_names.LONGEST


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "a\\b", "/root", "a\n", "a:b", "end.", "\udc80"])
def test_a_run_is_named_by_one_plain_folder_name(name, outputs):
    with pytest.raises(KitError, match="folder name, got .*To mend: give it another"):
        storage.folder(name)
    assert not outputs.exists()


@pytest.mark.parametrize("name, said", [
    ("r" * 300, "150 bytes.* 300.*'rrr"), ("語" * 51, "150 bytes.* 153"),
])  # fmt: skip
def test_a_name_that_some_disk_or_system_does_not_take_is_refused_everywhere(name, said, outputs):
    with pytest.raises(KitError, match=f"{said}.*To mend"):
        storage.folder(name)
    assert not outputs.exists()
    storage.folder("r" * 150), storage.folder("console"), storage.folder("com")


@pytest.mark.parametrize("name", ["ledger", "Ledger"])
def test_the_folder_of_completions_is_no_run(name, outputs):
    with pytest.raises(KitError, match="edger'.*completions.*To mend: give it another"):
        storage.folder(name)
    assert not outputs.exists()


def test_a_file_in_the_place_of_the_folder_is_said(outputs):
    outputs.mkdir()
    (outputs / "taken").write_text("mine")
    with pytest.raises(KitError, match="outputs/taken.*LLAMAX_KIT_OUTPUTS"):
        storage.folder("taken")
    assert (outputs / "taken").read_text() == "mine"


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_full_disk_leaves_the_table_as_it_was(name, tmp_path):
    resource = pytest.importorskip("resource", reason="file-size limits are POSIX")
    old, new = pd.DataFrame({"a": ["old"]}), pd.DataFrame({"a": [f"new {i}" * 50 for i in range(20_000)]})
    path = storage.save_table(old, tmp_path / name)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(KitError, match="Nothing of it was kept.*To mend"):
            storage.save_table(new, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_a_table_is_csv_or_parquet(tmp_path):
    with pytest.raises(KitError, match=".csv or .parquet.*'table.xlsx'.*To mend"):
        storage.save_table(pd.DataFrame({"a": [1]}), tmp_path / "table.xlsx")


def test_an_unknown_run_names_those_there_are():
    storage.record(storage.folder("sw-greedy"))
    with pytest.raises(UnknownName, match="'sw-gredy'.*sw-greedy.*run.json"):
        storage.load("sw-gredy")


@pytest.mark.parametrize("name, content", [
    ("run.json", b'{"run": "hurt", "para'), ("run.json", b"[]"), ("run.json", b"\xff"), ("scores.csv", b""),
    ("scores.csv", b"\xff\xfe"), ("translations/copy/en-de.parquet", None), ("translations/copy/en-de.parquet", b""),
])  # fmt: skip
def test_a_damaged_file_is_named_with_its_run(name, content):
    folder = storage.folder("hurt")
    storage.save_table(pd.DataFrame({"system": ["copy"], "score": [1.0]}), folder / "scores.csv")
    storage.save_translations(folder, translations(("copy", "en", "de")))
    storage.record(folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(KitError, match=f"outputs/hurt/{name} .*run its notebook again"):
        storage.load("hurt")


def test_a_folder_of_the_same_name_where_one_stands_hides_no_run(tmp_path, monkeypatch):
    storage.record(storage.folder("params"))
    (tmp_path / "here" / "params").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert storage.load("params").folder == tmp_path / "outputs" / "params"
    assert storage.load("../outputs/params").folder.resolve() == tmp_path / "outputs" / "params"
    with pytest.raises(UnknownName, match="'./params'.*run.json"):
        storage.load("./params")


@pytest.mark.parametrize("spec, run, system", [
    ("05_mozilla:nllb", "05_mozilla", "nllb"), ("05_mozilla", "05_mozilla", ""), ("a:hub/model:x", "a", "hub/model:x"),
    ("a/b:nllb", "a/b", "nllb"), (r"C:\runs\a", r"C:\runs\a", ""), (r"C:\runs\a:nllb", r"C:\runs\a", "nllb"),
    ("a:", "a", ""),
])  # fmt: skip
def test_a_system_is_parted_from_its_run_and_a_drive_from_neither(spec, run, system):
    assert storage.parted(spec) == (run, system)


def test_a_path_with_a_colon_that_is_there_is_a_run(tmp_path):
    (tmp_path / "a:b").mkdir()
    assert storage.parted(f"{tmp_path}/a:b") == (f"{tmp_path}/a:b", "")


def test_a_record_says_what_the_run_stood_on():
    record = json.loads(storage.record(storage.folder("facts"), decoding={"num_beams": 4}).read_text(encoding="utf-8"))
    head = subprocess.run(["git", "-C", storage.PROJECT, "rev-parse", "HEAD"], capture_output=True, text=True)
    if head.returncode == 0:
        assert record["git"]["commit"] == head.stdout.strip()
        assert isinstance(record["git"]["dirty"], bool)
    assert record["run"] == "facts"
    assert record["decoding"] == {"num_beams": 4}
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["pandas"] == pd.__version__
    assert all(record["versions"].values())
    assert record["platform"]["cpus"] == os.cpu_count()


def test_a_record_refuses_a_fact_it_finds_by_itself():
    with pytest.raises(KitError, match="git, versions .*another name"):
        storage.record(storage.folder("clash"), versions={}, git="abc")


def test_a_tree_with_a_change_is_dirty(tmp_path):
    def git(*words):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "one")
    assert provenance.git(tmp_path)["dirty"] is False
    (tmp_path / "new").write_text("x")
    assert provenance.git(tmp_path)["dirty"] is True
    assert provenance.git(tmp_path / "none") is None


def test_the_outputs_that_jupyterlab_saves_into_a_notebook_do_not_make_a_tree_dirty(tmp_path):
    def git(*words):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    def save(source, outputs, **metadata):
        cell = {"cell_type": "code", "source": source, "outputs": outputs, "execution_count": len(outputs) or None}
        (tmp_path / "ä b.ipynb").write_text(json.dumps({"cells": [cell], "metadata": metadata}))

    git("init")
    save(["a = 1\n", "a"], [])
    git("add", ".")
    git("commit", "-m", "one")
    save("a = 1\na", [{"output_type": "stream", "text": "1"}], widgets={"x": 1})
    assert provenance.git(tmp_path)["dirty"] is False
    save("a = 2\na", [])
    assert provenance.git(tmp_path)["dirty"] is True
    git("rm", "-q", "--cached", "ä b.ipynb")
    assert provenance.git(tmp_path)["dirty"] is True


def test_no_token_and_no_home_path_reaches_a_record(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN", "correct-horse-battery")
    monkeypatch.setenv("LLAMAX_KIT_DATA", "/srv/corpora")
    monkeypatch.setenv("HOME", "/home/zoe")
    given = {
        "url": "https://correct-horse-battery@hub.example/x",
        "token": "hf_" + "a" * 34,
        "paths": [Path("/home/zoe/models/mine"), "/Users/grace/x", r"C:\Users\alan\y"],
        "data": ["/srv/corpora/flores", "/srv/corpora2"],
        "tool": str(storage.PROJECT / "notebooks"),
    }
    text = storage.record(storage.folder("quiet"), given=given).read_text(encoding="utf-8")
    for secret in ("correct-horse", "hf_aaa", "zoe", "grace", "alan", str(storage.PROJECT)):
        assert secret not in text
    assert json.loads(text)["given"] == {
        "url": "https://[token removed]@hub.example/x",
        "token": "[token removed]",
        "paths": ["~/models/mine", "~/x", r"~\y"],
        "data": ["$LLAMAX_KIT_DATA/flores", "/srv/corpora2"],
        "tool": "./notebooks",
    }


def test_a_record_takes_numbers_of_numpy_and_says_none_for_what_is_not_a_number():
    given = {"n": np.int64(3), "share": np.float32(0.5), "high": float("nan"), "set": {"b", "a"}, "pair": (1, 2)}
    record = json.loads(storage.record(storage.folder("numbers"), given=given).read_text())
    assert record["given"] == {"n": 3, "share": 0.5, "high": None, "set": ["a", "b"], "pair": [1, 2]}


def test_scores_of_runs_of_before_are_read_with_the_names_of_now(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path))
    folder = storage.folder("old")
    (folder / "scores.csv").write_text("system,src,tgt,metric,score,low,high,n,signature\na,en,de,spBLEU,5,4,,30,x\n")
    storage.record(folder)
    scores = storage.load("old").scores
    assert list(scores)[4:7] == ["score", "ci_low", "ci_high"]
    assert scores["ci_low"].tolist() == [4] and scores["ci_high"].isna().all()
