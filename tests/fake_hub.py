"""A Hugging Face hub of one's own on loopback, for tests: one commit a repository, some of them gated."""

import json
import threading
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(repositories: dict[str, Path], gated: set[str] = frozenset()):
    """Serve folders as repositories at COMMIT, under main and v1; yields (address, list of the files asked for)."""
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self):
            path = self.path.partition("?")[0].strip("/")
            parts = path.removeprefix("api/models/").split("/")
            name, folder = "/".join(parts[:2]), repositories.get("/".join(parts[:2]))
            if folder is None:
                return self.answer(401, X_Error_Code="RepoNotFound")
            if parts[2] == "resolve":
                return self.file(name, folder, "/".join(parts[4:]))
            if parts[3] not in ("main", "v1", COMMIT):
                return self.answer(404, X_Error_Code="RevisionNotFound")
            if parts[2] == "tree":
                files = [{"type": "file", "path": each.name, **facts(each)} for each in sorted(folder.iterdir())]
                return self.answer(200, json.dumps(files).encode(), Content_Type="application/json")
            about = {
                "id": name,
                "sha": COMMIT,
                "siblings": [],
                "private": False,
                "tags": [],
                "downloads": 0,
                "likes": 0,
            }
            return self.answer(200, json.dumps(about).encode(), Content_Type="application/json")

        do_HEAD = do_GET

        def file(self, name, folder, path):
            if name in gated:
                return self.answer(403, X_Error_Code="GatedRepo")
            if not (folder / path).is_file():
                return self.answer(404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
            if self.command == "GET":
                asked.append(path)
            body = (folder / path).read_bytes()
            head = {"ETag": f'"{sha1(body).hexdigest()}"', "X_Repo_Commit": COMMIT, "Accept_Ranges": "bytes"}
            return self.answer(200, body, Content_Length=str(len(body)), **head)

    def facts(path):
        return {"size": path.stat().st_size, "oid": sha1(path.read_bytes()).hexdigest()}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
