"""FLORES+: a small folder of the hub's layout is read as the hub's would be; without access, the message helps."""

import json
import shutil

import httpx2
import pyarrow
import pyarrow.parquet
import pytest
from huggingface_hub import errors

from llamax_kit.data.corpora.loading import corpus_languages, load_corpus
from llamax_kit.utils.errors import KitError

COMMIT = "b3a5298db5721c8a682e7ef00a37fcc9ab522757"


def rows(language: str, ids: range | list = range(1, 1013)) -> list[dict]:
    iso, script = language.split("_")
    return [
        {"id": number, "iso_639_3": iso, "iso_15924": script, "glottocode": "stan1293", "text": f"{iso} {number} "}
        | {"url": "https://example.org", "domain": "wikinews", "topic": "none", "has_image": "no"}
        for number in ids
    ]


def write(folder, language: str, table: list[dict], kind: str = "parquet") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table), folder / f"{language}.parquet")
    else:
        (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    return tmp_path / "flores_plus"


def test_rows_are_read_by_id_from_either_format(place):
    write(place / "devtest", "eng_Latn", rows("eng_Latn")[::-1])
    write(place / "devtest", "cmn_Hans", rows("cmn_Hans"), kind="jsonl")
    assert corpus_languages("flores_plus") == ["en", "zh"]
    corpus = load_corpus("flores_plus")
    assert corpus.pairs("zh", "en", 2) == [(0, "cmn 1 ", "eng 1 "), (1, "cmn 2 ", "eng 2 ")]
    assert corpus.release == "FLORES+ devtest, local copy"


def test_the_format_makes_no_difference_to_the_hash(place, tmp_path):
    write(place / "dev", "eng_Latn", rows("eng_Latn", range(1, 998)))
    parquet = load_corpus("flores_plus:dev")
    shutil.rmtree(place)
    write(place / "dev", "eng_Latn", rows("eng_Latn", range(1, 998)), kind="jsonl")
    assert load_corpus("flores_plus:dev").sha256 == parquet.sha256


def test_from_the_hub_the_commit_is_the_release(place, tmp_path, monkeypatch):
    asked = {}

    def snapshot_download(repository, **arguments):
        asked.update(arguments, repository=repository)
        folder = tmp_path / "snapshots" / COMMIT
        write(folder / "devtest", "eng_Latn", rows("eng_Latn"))
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    corpus = load_corpus(f"flores_plus@{COMMIT}", ["en"])
    assert corpus.release == f"FLORES+ devtest, commit {COMMIT}"
    assert asked["repository"] == "openlanguagedata/flores_plus" and asked["repo_type"] == "dataset"
    assert asked["revision"] == COMMIT
    assert asked["allow_patterns"] == ["devtest/eng_Latn.parquet", "devtest/eng_Latn.jsonl"]
    assert corpus_languages("flores_plus") == ["en"] and corpus_languages("flores_plus:dev") == []
    assert asked["allow_patterns"] == ["dev/*"] and asked["revision"] is None


def refusal(kind, status):
    request = httpx2.Request("GET", "https://huggingface.co")
    return kind("refused", response=httpx2.Response(status, request=request))


@pytest.mark.parametrize(
    "error, message",
    [
        (refusal(errors.GatedRepoError, 401), "gated"),
        (refusal(errors.GatedRepoError, 403), "gated"),
        (refusal(errors.HfHubHTTPError, 503), "not in the local cache.*HfHubHTTPError"),
        (errors.LocalEntryNotFoundError("offline"), "not in the local cache"),
        (errors.OfflineModeIsEnabled("offline"), "not in the local cache"),
        (httpx2.ConnectError("no network"), "not in the local cache.*no network"),
        (refusal(errors.RevisionNotFoundError, 404), "'v9'"),
    ],
    ids=["401", "403", "503", "cache", "offline-mode", "no-network", "revision"],
)
def test_without_access_the_message_says_how_to_get_it(place, monkeypatch, error, message):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    for languages in (["en"], None):
        with pytest.raises(KitError, match=message) as caught:
            load_corpus("flores_plus@v9", languages)
        for help_ in ("accept the terms at https://huggingface.co/datasets/openlanguagedata", "hf auth login", place):
            assert str(help_) in str(caught.value)


@pytest.mark.parametrize(
    "table, message",
    [
        (rows("deu_Latn", range(1, 1012)), r"1012.*1011.*deu_Latn\.parquet"),
        (rows("deu_Latn", [1, *range(1, 1012)]), r"deu_Latn\.parquet.*id more than once"),
        (rows("deu_Latn", range(2, 1014)), r"eng_Latn\.parquet.*deu_Latn\.parquet.*different ids"),
        ([row | {"text": None} for row in rows("deu_Latn")], r"deu_Latn\.parquet.*text"),
        ([{"id": row["id"], "sentence": row["text"]} for row in rows("deu_Latn")], r"deu_Latn\.parquet.*damaged"),
    ],
    ids=["missing", "twice", "other-ids", "null", "other-columns"],
)
def test_files_that_do_not_align_are_refused(place, table, message):
    write(place / "devtest", "eng_Latn", rows("eng_Latn"))
    write(place / "devtest", "deu_Latn", table)
    with pytest.raises(KitError, match=message):
        load_corpus("flores_plus", ["en", "de"])


def test_a_damaged_or_missing_file_is_named(place):
    write(place / "devtest", "eng_Latn", rows("eng_Latn"))
    whole = (place / "devtest" / "eng_Latn.parquet").read_bytes()
    (place / "devtest" / "eng_Latn.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(KitError, match=r"eng_Latn\.parquet is damaged"):
        load_corpus("flores_plus", ["en"])
    with pytest.raises(KitError, match=r"no fra_Latn\.parquet or fra_Latn\.jsonl in .*devtest"):
        load_corpus("flores_plus", ["fr"])
