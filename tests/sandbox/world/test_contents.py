"""Files: what was uploaded is downloaded again, byte by byte, with its name and size."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, Session, World
from sandbox.document import encode
from sandbox.document.data_urls import File, from_bytes, read_data_url, to_bytes, write_data_url
from sandbox.messages import Arguments, Response
from sandbox.world.state.snapshot import from_json, to_json
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
BINARY: Json = {"type": "string", "format": "binary"}
DATA = bytes(range(256))


def sends(kind: str, schema: Json, **operation: Any) -> Json:
    operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    return operation


def gives(kind: str, **headers: Json) -> Json:
    reply = {"description": "", "headers": headers, "content": {kind: {"schema": BINARY}}}
    return {"responses": {"200": reply}}


def attic() -> World:
    paper = thing("id", "file_name", id=TEXT, file_name=TEXT, size={"type": "integer"},
                  mime_type=TEXT, note=TEXT)  # fmt: skip
    form = {"type": "object", "properties": {"upload": BINARY, "note": TEXT}}
    item = {"parameters": [by("id")]}
    return world_of({
        "/papers": {"post": sends("multipart/form-data", form, **does(201, paper)),
                    "get": does(shows={"type": "array", "items": paper})},
        "/papers/{id}": {**item, "get": does(shows=paper), "delete": does(204)},
        "/papers/{id}/download": {**item, "get": gives("application/octet-stream")},
        "/papers/{id}/content": {**item, "put": sends("image/png", BINARY, **does(204))},
        "/papers/{id}/preview": {**item, "get": gives("image/png")},
        "/stamps/{id}": {**item, "put": sends("image/*", BINARY, **does(204)),
                         "get": gives("image/*", ETag={"schema": TEXT})},
        "/logo": {"put": sends("text/plain", TEXT, **does(204)), "get": gives("text/plain")},
    })  # fmt: skip


def ask(session: Session, method: str, path: str, body: bytes = b"", kind: str = "") -> Response:
    headers = (("content-type", kind),) if kind else ()
    return session.handle(Request(method, path, "", headers, body))


def upload(session: Session, name: str = "a b.txt", data: bytes = DATA) -> Any:
    part = f'--x\r\nContent-Disposition: form-data; name="upload"; filename="{name}"\r\n'
    part += "Content-Type: text/x-odd\r\n\r\n"
    body = part.encode() + data + b"\r\n--x--\r\n"
    return orjson.loads(
        ask(session, "POST", "/papers", body, "multipart/form-data; boundary=x").body
    )


def test_a_part_comes_back_with_its_name_size_and_type() -> None:
    session = attic().session()
    made = upload(session)
    assert (made["file_name"], made["size"], made["mime_type"]) == ("a b.txt", 256, "text/x-odd")
    got = ask(session, "GET", f"/papers/{made['id']}/download")
    assert got.body == DATA and got.header("content-type") == "application/octet-stream"
    assert got.header("content-disposition") == 'attachment; filename="a b.txt"'
    assert ask(session, "GET", f"/papers/{made['id']}/preview").body != DATA
    other = upload(session, data=b"plain text")
    assert ask(session, "GET", f"/papers/{other['id']}/download").body == b"plain text"
    assert ask(session, "DELETE", f"/papers/{made['id']}").status == 204
    assert ask(session, "GET", f"/papers/{made['id']}/download").status == 404


def test_a_new_content_changes_what_its_entity_says_and_survives_keeping() -> None:
    world = attic()
    session = world.session(seed=2)
    made = upload(session)
    fork = session.fork()
    assert (
        ask(session, "PUT", f"/papers/{made['id']}/content", b"\x00\xff", "image/png").status == 204
    )
    shown = orjson.loads(ask(session, "GET", f"/papers/{made['id']}").body)
    assert (shown["size"], shown["mime_type"], shown["file_name"]) == (2, "image/png", "a b.txt")
    assert ask(fork, "GET", f"/papers/{made['id']}/download").body == DATA
    again = world.session(seed=2)
    from_json(again, orjson.loads(orjson.dumps(to_json(session))))
    got = ask(again, "GET", f"/papers/{made['id']}/download")
    assert (got.body, got.header("content-disposition")) == (
        b"\x00\xff", 'attachment; filename="a b.txt"'
    )  # fmt: skip


@pytest.mark.parametrize(("path", "kind", "data"), [
    ("/stamps/7", "image/png", DATA), ("/stamps/7", "image/gif", b"GIF89a"),
    ("/logo", "text/plain", b"hello"),
    ("/logo", "text/plain", b"data:application/octet-stream;base64,aGk="),
    ("/logo", "text/plain", b"data:text/plain;name=x;base64,aGk="),
])  # fmt: skip
def test_a_whole_body_comes_back_byte_by_byte(path: str, kind: str, data: bytes) -> None:
    session = attic().session()
    before = ask(session, "GET", path)
    assert before.status == 200
    assert ask(session, "PUT", path, data, kind).status == 204
    got = ask(session, "GET", path)
    assert (got.body, got.header("content-type")) == (data, kind)
    assert path == "/logo" or got.header("etag") != before.header("etag")


def test_an_agents_text_is_a_file_too_and_says_the_same_over_http() -> None:
    world = attic()
    session, other = world.session(), world.session()
    seen = session.call("post_papers", {"upload": "hello", "note": "n"})
    operation = world.document.operations["post_papers"]
    arguments = Arguments(body={"upload": "hello", "note": "n"}, media_type="multipart/form-data")
    reply = other.handle(encode(operation, arguments, ""))
    assert orjson.loads(reply.body)["size"] == 5
    assert reply.body.decode() in seen.text


@pytest.mark.parametrize("file", [
    File(b"", "image/png", "x"), File(DATA, "text/csv", 'a";b,%.csv'), File(DATA),
    File(b"a", "no type", "ü"),
])  # fmt: skip
def test_a_data_url_holds_what_a_file_is(file: File) -> None:
    read = read_data_url(write_data_url(file))
    assert read is not None and (read.data, read.name) == (file.data, file.name)
    assert to_bytes(from_bytes(file.data)) == file.data


@pytest.mark.parametrize(
    "text", ["data:image/png;base64,aGk=", "data:,x", "data:a/b;name=x;base64,!"]
)
def test_data_urls_of_others_stay_text(text: str) -> None:
    assert read_data_url(text) is None and to_bytes(text) == text.encode()


def test_a_text_sent_as_json_is_a_value_and_no_file() -> None:
    session = world_of({
        "/motto": {"put": sends("application/vnd.motto+json", TEXT, **does(204)),
                   "get": gives("application/octet-stream")},
    }).session(seed=1)  # fmt: skip
    assert ask(session, "PUT", "/motto", b'"Onward"', "application/vnd.motto+json").status == 204
    found = ask(session, "GET", "/motto")
    assert found.status == 200 and found.body not in (b"Onward", b'"Onward"')
