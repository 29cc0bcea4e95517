"""paper.release: the authors' scores as they are, and what a damaged copy of them is told."""

import hashlib
import math
import shutil

import pytest

from llamax_kit.data import downloads, languages, sources
from llamax_kit.paper import release
from llamax_kit.utils.errors import KitError, UnknownName

SCORES = "direct,en,de,sw\r\nen-x,/,30.00,20.00\r\nx-en,/,40.00,25.50\r\n"
SUMMARY = "direct,low,high,all\r\nen-x,20.00,30.00,25.00\r\nx-en,25.50,40.00,32.75\r\n"
FOLDERS = {"spBLEU_score": "spBLEU_score.csv", "comet_score": "comet_score.csv"}


def texts():
    """A release of two systems in one pivot: {path: text}."""
    files = {}
    for system in ("A", "B"):
        for folder, file in FOLDERS.items():
            files[f"{system}/{folder}/{file}"] = SCORES
            files |= {f"{system}/{folder}/summary_{n}.csv": SUMMARY for n in (101, 85)}
    return files


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with a small release, whose checksums the kit knows."""
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts().items()}
    for module in (sources, release, downloads):
        monkeypatch.setattr(module, "score_files", lambda: hashes)
    release._scores.cache_clear()
    for path, text in texts().items():
        (tmp_path / "llamax_results" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "llamax_results" / path).write_bytes(text.encode())
    yield tmp_path / "llamax_results"
    release._scores.cache_clear()


def test_scores_are_tidy(small):
    table = release.scores()
    assert list(table) == ["system", "direction", "src", "tgt", "metric", "score"]
    rows = [tuple(row) for row in table[table["system"] == "B"].drop(columns="metric").itertuples(index=False)]
    assert rows == [
        ("B", "en-X", "en", "de", 30), ("B", "en-X", "en", "sw", 20),
        ("B", "X-en", "de", "en", 40), ("B", "X-en", "sw", "en", 25.5),
    ]  # fmt: skip


def test_what_was_read_belongs_to_its_reader(small):
    mine = release.scores()
    mine["score"] = 0
    assert release.scores()["score"].sum() == 2 * (30 + 20 + 40 + 25.5)


def test_summaries_are_tidy(small):
    table = release.summaries()
    assert list(table) == ["system", "metric", "partners", "direction", "low", "high", "all"]
    assert len(table) == 2 * 2 * 2 * 2
    assert tuple(table.iloc[0]) == ("A", "spBLEU", 101, "en-X", 20, 30, 25)


def test_no_release_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    with pytest.raises(KitError, match="scores are not in .*llamax_results. To mend: llamax-kit fetch llamax_results"):
        release.scores()


def test_a_missing_file_is_named(small):
    (small / "B/comet_score/summary_85.csv").unlink()
    message = "expected 12 files, missing is B/comet_score/summary_85.csv. To mend: move it away, then llamax-kit fetch"
    with pytest.raises(KitError, match=message):
        release.scores()
    shutil.rmtree(small / "A")
    with pytest.raises(KitError, match="missing is A/spBLEU_score/spBLEU_score.csv and 6 more"):
        release.summaries()


def test_an_altered_file_is_named_with_what_was_expected(small):
    path = small / "A/comet_score/comet_score.csv"
    path.write_bytes(SCORES.replace("25.50", "25.51").encode())
    with pytest.raises(KitError) as error:
        release.scores()
    came = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    expected = hashlib.sha256(SCORES.encode()).hexdigest()[:12]
    assert f"A/comet_score/comet_score.csv is altered: expected SHA-256 {expected}…, came {came}…" in str(error.value)
    assert "To mend: move it away, then llamax-kit fetch llamax_results" in str(error.value)


def test_a_file_altered_between_two_readings_is_not_read_from_memory(small):
    release.scores()
    (small / "A/spBLEU_score/spBLEU_score.csv").write_bytes(SCORES.replace("30.00", "31.00").encode())
    with pytest.raises(KitError, match="is altered"):
        release.scores()


@pytest.mark.parametrize("cell", ["nan", "NaN", "", "/", "inf", "3,5", "zero"])
def test_a_cell_that_is_no_number_is_named_by_row_and_column(small, cell):
    quoted = f'"{cell}"' if "," in cell else cell
    (small / "B/spBLEU_score/spBLEU_score.csv").write_bytes(SCORES.replace("25.50", quoted).encode())
    with pytest.raises(KitError) as error:
        release.scores()
    said = f"spBLEU_score.csv: expected a number in row x-en, column sw, came {cell!r}. To mend: move"
    assert f"B/spBLEU_score/{said}" in str(error.value)


def test_a_cut_row_is_a_cell_without_a_number(small):
    (small / "A/spBLEU_score/summary_101.csv").write_bytes(SUMMARY[:-11].encode())
    with pytest.raises(KitError, match=r"summary_101.csv: expected a number in row x-en, column"):
        release.check()


def test_unknown_metric(small):
    with pytest.raises(UnknownName, match="unknown metric 'BLEU'. One of: spBLEU, COMET"):
        release.scores("BLEU")


def test_the_list_of_files_is_whole():
    files = sources.score_files()
    assert len(files) == 108 == 6 * len(release.systems())
    assert all(len(sha) == 64 for sha in files.values())
    for file in release.FILES.values():
        assert {f"{system}/{file}" for system in release.systems()} <= set(files)


def test_the_real_release_is_whole_and_complete(released):
    assert release.check() == released
    trained = {each.code for each in languages.all_languages() if each.trained}
    for metric in release.FILES:
        table = release.scores(metric)
        assert (len(table), table["score"].isna().sum()) == (232 * 101, 0)
        assert table.groupby(["system", "direction"]).size().eq(101).all()
        assert set(table["src"]) | set(table["tgt"]) == trained
    assert len(release.summaries()) == 4 * 232


def test_real_cells(released):
    scores = release.scores().set_index(["system", "direction", "src", "tgt"])["score"].sort_index()
    assert scores["LLaMAX2-7B-Alpaca", "en-X", "en", "de"] == 35.83
    assert scores["LLaMAX2-7B-Alpaca", "X-ja", "ko", "ja"] == 3.19
    assert math.isclose(scores["NLLB-200", "X-en"].mean(), 38.60, abs_tol=0.005)
