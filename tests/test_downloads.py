"""downloads: what is fetched is checked and whole. A server of this machine plays the network."""

import hashlib
import io
import os
import tarfile
import threading
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sentencepiece

from llamax_kit.data import downloads, fetching, sources
from llamax_kit.utils.errors import KitError, UnknownName

LINES = {"dev": 3, "devtest": 4}


@pytest.fixture
def web():
    """A server that gives `web.files`, cuts the transfers named in `web.cuts`, and counts its visits."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/")
            server.visits.append(name)
            if name not in server.files:
                return self.send_error(server.status)
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.files[name])))
            self.end_headers()
            cut = name in server.cuts
            if cut and server.cuts[name]:
                server.cuts[name] -= 1
            self.wfile.write(server.files[name][:10] if cut else server.files[name])
            if cut and server.cuts[name] == 0:
                del server.cuts[name]

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.cuts, server.visits, server.status = {}, {}, [], 404
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty data folder, and no other place where a tokenizer could lie."""
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SACREBLEU", raising=False)
    monkeypatch.setattr(sources, "LINES", LINES)
    return tmp_path / "data"


def model(line=sources.SAMPLE):
    """A small SentencePiece model, as bytes."""
    out = io.BytesIO()
    text = [f"{line} number {i}, hello world {i % 7}" for i in range(200)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_writer=out, vocab_size=300, hard_vocab_limit=False, minloglevel=2
    )
    return out.getvalue()


@pytest.fixture(scope="module")
def small():
    return model()


@pytest.fixture
def spm(web, place, small, monkeypatch):
    """`spm-flores101` is the small model at the server's address; gives where it belongs."""
    pieces = sentencepiece.SentencePieceProcessor(model_proto=small)
    monkeypatch.setattr(sources, "PIECES", pieces.get_piece_size())
    monkeypatch.setitem(sources.KNOWN, "spm-flores101", " ".join(pieces.encode(sources.SAMPLE, out_type=str)))
    row = sources.Source("spm-flores101", "tokenizer", "sacrebleu/models/x.model", (f"{web.address}/spm",), "")
    monkeypatch.setattr(downloads, "SOURCES", (row,))
    web.files["spm"] = small
    return place / row.place


def release(languages=("eng", "deu"), lines=LINES, top="flores101_dataset", extra=None, link=""):
    """A tar of the layout of FLORES, as bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        files = {f"./{top}/{s}/{c}.{s}": f"{c} line\n" * n for s, n in lines.items() for c in languages}
        for name, text in {**files, **(extra or {})}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        if link:
            info = tarfile.TarInfo(f"./{top}/dev/link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info)
    return out.getvalue()


@pytest.fixture
def flores(web, place, monkeypatch):
    row = sources.Source("flores101", "corpus", "flores101_dataset", (f"{web.address}/tar",), "", 2)
    monkeypatch.setattr(downloads, "SOURCES", (row,))
    web.files["tar"] = release()
    return place / row.place


def left(folder):
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_tokenizer_is_fetched_once(spm, web, small):
    assert downloads.tokenizer("flores101") == spm
    assert spm.read_bytes() == small
    assert downloads.tokenizer("flores101") == downloads.fetch("spm-flores101") == spm
    assert web.visits == ["spm"]
    assert left(spm.parent) == ["x.model"]


def test_sacrebleus_own_folder_comes_first(spm, web, small, tmp_path, monkeypatch):
    monkeypatch.setenv("SACREBLEU", str(tmp_path / "sacrebleu"))
    own = tmp_path / "sacrebleu/models/x.model"
    own.parent.mkdir(parents=True)
    own.write_bytes(small)
    assert downloads.tokenizer("flores101") == own
    assert web.visits == []


def test_a_cut_transfer_is_tried_again(spm, web, small):
    web.cuts["spm"] = 1
    assert downloads.fetch("spm-flores101").read_bytes() == small
    assert web.visits == ["spm", "spm"]


def test_a_transfer_cut_twice_leaves_nothing(spm, web):
    web.cuts["spm"] = 2
    with pytest.raises(KitError, match="/spm: .*cut.*save it as") as error:
        downloads.fetch("spm-flores101")
    assert str(spm) in str(error.value)
    assert left(spm.parent) == []


def test_a_page_in_place_of_a_model_is_refused(spm, web):
    web.files["spm"] = b"<html>Log in to this network</html>"
    with pytest.raises(KitError, match="/spm: .* 35 bytes.*To mend: llamax-kit fetch"):
        downloads.tokenizer("flores101")
    assert left(spm.parent) == []


def test_another_model_is_refused(spm, web):
    web.files["spm"] = model("something else")
    with pytest.raises(KitError, match=r"72 pieces.* 51.*To mend: llamax-kit fetch"):
        downloads.tokenizer("flores101")
    assert left(spm.parent) == []


def test_a_model_that_cuts_otherwise_is_refused(spm, monkeypatch):
    monkeypatch.setitem(sources.KNOWN, "spm-flores101", "▁Hello")
    with pytest.raises(KitError, match="Hello.*expected '▁Hello"):
        downloads.tokenizer("flores101")


def test_a_damaged_model_on_disk_is_never_used(spm, small):
    spm.parent.mkdir(parents=True)
    spm.write_bytes(small[:1000])
    with pytest.raises(KitError, match="x.model.*spm-flores101.* 1000 bytes.*move it away"):
        downloads.tokenizer("flores101")


def test_a_missing_page_and_a_refused_connection_are_named(spm, monkeypatch, web):
    addresses = (f"{web.address}/nowhere", "http://127.0.0.1:9/refused")
    monkeypatch.setattr(downloads, "SOURCES", (downloads.SOURCES[0]._replace(addresses=addresses),))
    with pytest.raises(KitError, match="/nowhere.*404.*/refused.*To mend: llamax-kit fetch"):
        downloads.tokenizer("flores101")


def test_a_second_address_is_used_when_the_first_fails(spm, web, monkeypatch, small):
    addresses = (f"{web.address}/nowhere", f"{web.address}/spm")
    monkeypatch.setattr(downloads, "SOURCES", (downloads.SOURCES[0]._replace(addresses=addresses),))
    assert downloads.tokenizer("flores101").read_bytes() == small


def test_a_busy_server_is_asked_again(spm, web):
    del web.files["spm"]
    web.status = 503
    with pytest.raises(KitError, match="503.*To mend: llamax-kit fetch"):
        downloads.tokenizer("flores101")
    assert len(web.visits) == 2


def test_a_wrong_hash_is_refused(spm, monkeypatch):
    monkeypatch.setattr(downloads, "SOURCES", (downloads.SOURCES[0]._replace(sha256="0" * 64),))
    with pytest.raises(KitError, match="SHA-256.*expected 000000000000.*To mend"):
        downloads.tokenizer("flores101")


def test_unknown_tokenizer_names_those_there_are():
    with pytest.raises(UnknownName, match="'flores20'.*flores101, flores200"):
        downloads.tokenizer("flores20")


def test_unknown_data_lists_the_names():
    with pytest.raises(UnknownName, match="'flores'.*flores101, flores200, flores_plus"):
        downloads.fetch("flores")


def test_a_release_is_unpacked_whole(flores, web):
    assert downloads.fetch("flores101") == flores
    assert (flores / "devtest/deu.devtest").read_text() == "deu line\n" * 4
    assert downloads.fetch("flores101") == flores
    assert web.visits == ["tar"]
    assert [path.name for path in flores.parent.iterdir()] == ["flores101_dataset"]


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (release(languages=["eng"]), "2 files in dev/.* 1"),
        (release(lines={"dev": 3, "devtest": 5}), "4 lines in devtest/deu.devtest.* 5"),
        (release(top="other"), "flores101_dataset/"),
        (release(extra={"../escaped.txt": "x"}), "cannot be unpacked"),
        (release(extra={"/escaped.txt": "x"}), "cannot be unpacked"),
        (release(link="/etc"), "cannot be unpacked"),
        (release()[:100], "cannot be unpacked"),
        (b"not a tar", "cannot be unpacked"),
    ],
    # not their bytes: gzip's hold the second they were made in, and two workers of xdist would not agree on a name
    ids="file_less line_more another_folder above absolute link cut_off no_archive".split(),
)
def test_a_wrong_archive_leaves_nothing(flores, web, archive, message):
    web.files["tar"] = archive
    with pytest.raises(KitError, match=message) as error:
        downloads.fetch("flores101")
    assert "To mend: llamax-kit fetch flores101" in str(error.value)
    assert list(flores.parent.iterdir()) == []
    assert not (flores.parent.parent / "escaped.txt").exists()


def test_something_else_in_its_place_is_not_touched(flores):
    (flores / "devtest").mkdir(parents=True)
    with pytest.raises(KitError, match="flores101.*2 files in dev/.* 0.*move it away"):
        downloads.fetch("flores101")
    assert (flores / "devtest").is_dir()


def test_a_data_folder_that_cannot_be_written_is_said(flores, spm, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in its place")
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path / "file"))
    with pytest.raises(KitError, match="could not write"):
        downloads.tokenizer("flores101")
    row = sources.Source("flores101", "corpus", "flores101_dataset", ("http://127.0.0.1:9/",), "", 2)
    monkeypatch.setattr(downloads, "SOURCES", (row,))
    with pytest.raises(KitError, match="cannot be written"):
        downloads.fetch("flores101")


def test_a_gated_corpus_says_how_to_get_it():
    with pytest.raises(KitError, match="flores_plus is gated.*https://huggingface.co/datasets/"):
        downloads.fetch("flores_plus")


SCORES = {f"A/{folder}_score/{file}": f"the {folder} in {file}" for folder in ("spBLEU", "comet") for file in "ab"}


@pytest.fixture
def scores(web, place, monkeypatch):
    """Four files stand for the authors' scores, at the server's address; gives the folder where they belong."""
    hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in SCORES.items()}
    for module in (downloads, sources):
        monkeypatch.setattr(module, "score_files", lambda: hashes)
    row = downloads.find("llamax_results")._replace(addresses=(f"{web.address}/c0ffee",))
    monkeypatch.setattr(downloads, "SOURCES", (row,))
    web.files.update({f"c0ffee/{path}": text.encode() for path, text in SCORES.items()})
    return place / row.place


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_authors_scores_are_fetched_whole_and_once(scores, web):
    assert downloads.fetch("llamax_results") == scores
    assert files(scores) == SCORES
    assert downloads.fetch("llamax_results") == scores
    assert web.visits == [f"c0ffee/{path}" for path in SCORES]
    assert [path.name for path in scores.parent.iterdir()] == ["llamax_results"]


def test_the_authors_scores_are_there_whole_or_not_at_all_and_what_came_is_kept(scores, web):
    last = f"c0ffee/{list(SCORES)[-1]}"
    text = web.files.pop(last)
    with pytest.raises(KitError, match=f"llamax_results.*{last}: .*404.*To mend: llamax-kit fetch"):
        downloads.fetch("llamax_results")
    assert not scores.exists()
    assert not downloads.inventory()[0].found
    web.files[last] = text
    assert files(downloads.fetch("llamax_results")) == SCORES
    assert web.visits == [f"c0ffee/{path}" for path in SCORES] + [last]


def test_a_file_of_the_scores_that_was_cut_is_fetched_again(scores, web):
    first, second = (f"c0ffee/{path}" for path in list(SCORES)[:2])
    web.cuts[second] = 2
    with pytest.raises(KitError, match="/b: .*cut.*To mend: llamax-kit fetch"):
        downloads.fetch("llamax_results")
    part = scores.with_name(".llamax_results.part")
    (part / list(SCORES)[0]).write_text("damaged since")
    assert files(downloads.fetch("llamax_results")) == SCORES
    assert web.visits.count(first) == 2


def test_other_scores_than_the_pinned_are_refused(scores, web):
    path = list(SCORES)[0]
    web.files[f"c0ffee/{path}"] = b"corrected since"
    with pytest.raises(KitError, match="15 bytes.*SHA-256.*expected .*at commit f3dc61e00b0aa9a42467"):
        downloads.fetch("llamax_results")
    assert not scores.exists()


def test_scores_altered_in_place_are_said_and_not_touched(scores, web):
    path = downloads.fetch("llamax_results") / list(SCORES)[1]
    path.write_text("mine")
    with pytest.raises(KitError, match="/b .*SHA-256.*move it away"):
        downloads.fetch("llamax_results")
    assert path.read_text() == "mine"


def test_scores_that_another_process_put_there_meanwhile_are_said(scores, monkeypatch):
    def arrive(addresses, path, expected):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SCORES[str(path.relative_to(scores.with_name(".llamax_results.part")))])
        (scores / "A").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(fetching, "download", arrive)
    with pytest.raises(KitError, match="llamax_results.*Directory not empty.*To mend"):
        downloads.fetch("llamax_results")


def test_the_scores_are_pinned_to_a_commit():
    (address,) = downloads.find("llamax_results").addresses
    assert address == f"https://raw.githubusercontent.com/CONE-MT/LLaMAX/{sources.COMMIT}/experiment_results"
    assert len(sources.COMMIT) == 40


def packed(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.fixture
def questions(web, place, monkeypatch):
    """`xnli` is a small archive at the server's address; gives where it belongs."""
    web.files["zip"] = packed(**{"XNLI-1.0/xnli.test.tsv": "language", "../../escaped.txt": "x"})
    known = hashlib.sha256(web.files["zip"]).hexdigest()
    row = downloads.find("xnli")._replace(addresses=(f"{web.address}/zip",), sha256=known)
    monkeypatch.setattr(downloads, "SOURCES", (row,))
    return place / row.place


def test_an_archive_of_questions_is_unpacked_into_its_folder_and_nowhere_else(questions, web):
    assert downloads.fetch("xnli") == downloads.fetch("xnli") == questions
    assert (questions / "XNLI-1.0/xnli.test.tsv").read_text() == "language"
    assert not list(questions.parent.parent.glob("escaped.txt")) and web.visits == ["zip"]
    assert [path.name for path in questions.parent.iterdir()] == ["xnli"]


def test_another_archive_of_questions_or_a_cut_one_leaves_nothing(questions, web, monkeypatch):
    web.files["zip"] = web.files["zip"][:-1] + b"x"
    with pytest.raises(KitError, match="could not fetch xnli: .*SHA-256.*To mend: llamax-kit fetch xnli"):
        downloads.fetch("xnli")
    monkeypatch.setattr(downloads, "SOURCES", (downloads.SOURCES[0]._replace(sha256=""),))
    web.files["zip"] = web.files["zip"][:20]
    with pytest.raises(KitError, match="(?s)cannot be unpacked.*To mend: llamax-kit fetch xnli"):
        downloads.fetch("xnli")
    assert not questions.exists()


def test_what_is_incomplete_or_laid_out_otherwise_is_said_and_not_touched(questions, web, place):
    (questions / "test-de.tsv").parent.mkdir(parents=True)
    (questions / "test-de.tsv").write_text("mine")
    with pytest.raises(KitError, match="xnli is not xnli: it holds no XNLI-1.0/xnli.test.tsv. To mend: move it away"):
        downloads.fetch("xnli")
    assert files(questions) == {"test-de.tsv": "mine"} and web.visits == []
    (place / "mgsm").mkdir()
    assert (
        sources.fault(next(each for each in sources.SOURCES if each.name == "mgsm"), place / "mgsm")
        == "it holds no mgsm_bn.tsv and 10 others"
    )


def test_mgsm_is_fetched_file_by_file_and_each_is_checked(web, place, monkeypatch):
    texts = {code: f"How many in {code}?\t18\n" for code in ("bn", "de")}
    hashes = {code: hashlib.sha256(text.encode()).hexdigest() for code, text in texts.items()}
    monkeypatch.setattr(downloads, "MGSM", hashes)
    monkeypatch.setattr(downloads, "SOURCES", (downloads.find("mgsm")._replace(addresses=(f"{web.address}/m",)),))
    web.files |= {"m/mgsm_bn.tsv": texts["bn"].encode(), "m/mgsm_de.tsv": b"corrected since"}
    with pytest.raises(KitError, match="fetch mgsm: .*mgsm_de.tsv: 15 bytes.*SHA-256.*get mgsm_<code>.tsv of"):
        downloads.fetch("mgsm")
    web.files["m/mgsm_de.tsv"] = texts["de"].encode()
    assert files(downloads.fetch("mgsm")) == {f"mgsm_{code}.tsv": text for code, text in texts.items()}


def test_msvamp_says_how_to_get_it(place):
    with pytest.raises(KitError, match="msvamp is not fetched: no checksum is known. To mend: get test_<language>"):
        downloads.fetch("msvamp")


def test_the_checksums_of_mgsm_are_of_the_files_that_are_here(data):
    if not (data / "mgsm").is_dir():
        pytest.skip("needs mgsm in the data folder")
    for code, known in sources.MGSM.items():
        assert hashlib.sha256((data / "mgsm" / f"mgsm_{code}.tsv").read_bytes()).hexdigest() == known


def test_inventory_says_what_is_there_and_how_to_get_the_rest(place, small):
    before = {row.name: row for row in downloads.inventory()}
    assert not any(row.found for row in before.values())
    assert before["flores200"].how.startswith("llamax-kit fetch flores200; or get https://dl.fbaipublicfiles.com/")
    before["spm-flores200"].where.parent.mkdir(parents=True)
    before["spm-flores200"].where.write_bytes(small)
    assert {row.name for row in downloads.inventory() if row.found} == {"spm-flores200"}


def test_default_folder_is_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("LLAMAX_KIT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert downloads.folder().name == "llamax-kit"


def test_addresses_and_file_names_are_sacrebleus_own():
    from sacrebleu.tokenizers.tokenizer_spm import SPM_MODELS

    for name in ("flores101", "flores200"):
        row, address = downloads.find(f"spm-{name}"), SPM_MODELS[name]["url"]
        assert row.addresses[0] == address
        assert os.path.basename(row.place) == os.path.basename(address)


def test_real_tokenizers_are_sound(data):
    for name in ("flores101", "flores200"):
        assert downloads.tokenizer(name).is_file()


def test_download_to_a_full_disk_is_said(web):
    web.files["x"] = b"x" * 10
    with pytest.raises(KitError, match="could not write"):
        fetching.download((f"{web.address}/x",), "/dev/full/x")
