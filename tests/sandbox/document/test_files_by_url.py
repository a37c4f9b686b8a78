"""A document by URL: files of its own origin are read like files beside it, others are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox import World
from sandbox.document import Document
from sandbox.errors import DocumentError

HEAD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"
REPLY = "responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '%s'}}}}}"
USER = (
    "type: object\nrequired: [name]\nproperties: {name: {type: string}, boss: {$ref: user.yaml}}\n"
)


def document(reference: str) -> str:
    me = f"{{get: {{operationId: me, {REPLY % reference}}}}}"
    return f"{HEAD}paths: {{/me: {me}, /x: {{get: {{operationId: x}}}}}}\n"


@contextmanager
def site(**files: str) -> Iterator[tuple[str, list[str]]]:
    """A server of these files by path ("_" stands for "/"); and the paths it is asked for."""
    asked: list[str] = []

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            text = files.get(self.path.strip("/").replace("/", "_").partition(".")[0])
            to = (text or "").removeprefix("to ")
            self.send_response(404 if text is None else 200 if to == text else 302)
            self.send_header("location", to.partition("\n")[0])
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.parametrize(
    "reference", ["../shared/user.yaml", "/shared/user.yaml", "./../shared/user.yaml#"]
)
def test_relative_references_are_followed_within_the_origin(reference: str) -> None:
    with site(api_doc=document(reference), shared_user=USER) as (url, asked):
        world = World.load(f"{url}/api/doc.yaml")
    assert not world.document.warnings
    assert sorted(asked) == ["/api/doc.yaml", "/shared/user.yaml"]
    assert '"name"' in world.session(seed=1).call("me", {}).text


def test_another_port_is_another_origin() -> None:
    with site(user=USER) as (other, unasked), site(doc=document(f"{other}/user.yaml")) as (url, _):
        made = Document.load(f"{url}/doc.yaml")
    assert "another origin" in (made.operation("me").defect or "")
    assert not unasked


def test_what_is_not_there_costs_its_operation_and_says_what_the_server_said() -> None:
    with site(doc=document("gone.yaml#/a")) as (url, _):
        made = Document.load(f"{url}/doc.yaml")
        with pytest.raises(DocumentError, match="404"):
            Document.load(f"{url}/doc.yaml", strict=True)
    assert "the server answers 404" in (made.operation("me").defect or "")
    assert made.operation("x").defect is None


def test_no_redirect_and_no_file_scheme_leads_out_of_the_origin() -> None:
    for reference in ("user.yaml", "file:///etc/hosts", "//example.test/user.yaml"):
        with site(doc=document(reference), user="to http://127.0.0.1:9/x") as (url, asked):
            made = Document.load(f"{url}/doc.yaml")
        assert made.operation("me").defect
        assert set(asked) <= {"/doc.yaml", "/user.yaml"}


def test_files_by_url_have_the_caps_of_files() -> None:
    with site(doc=document("user.yaml"), user="a: " + "[" * 400 + "]" * 400) as (url, _):
        made = Document.load(f"{url}/doc.yaml")
    assert "254 levels" in (made.operation("me").defect or "")
