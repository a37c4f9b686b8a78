"""Replies in the form of their media type: streams, XML, tables, files, examples."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import orjson
import pytest
import yaml
from PIL import Image

from sandbox import Document, Request, World
from sandbox.document.xml_values import read_xml, write_xml
from sandbox.messages import Response
from tests.sandbox.world.documents import by, does, thing, world_of

QUOTE = thing(symbol={"type": "string"}, price={"type": "number"})
TEXT = {"type": "string"}


def answering(media_type: str, schema: Any, **more: Any) -> dict[str, Any]:
    content = {media_type: {"schema": schema, **more}}
    return {"responses": {"200": {"description": "ok", "content": content}}}


def get(world: World, path: str, query: str = "", accept: str = "*/*") -> Response:
    return world.session(seed=1).handle(Request("GET", path, query, (("accept", accept),)))


def test_an_event_stream_has_several_events_that_repeat_the_query() -> None:
    stream = answering("text/event-stream", QUOTE, parameters=[])
    world = world_of({"/quotes": {"get": {**stream, "parameters": [by("symbol", "query")]}}})
    reply = get(world, "/quotes", "symbol=ABC")
    events = reply.body.decode().split("\n\n")
    assert reply.header("content-type") == "text/event-stream"
    assert events.pop() == "" and len(events) >= 2
    shown = [orjson.loads(event.removeprefix("data: ")) for event in events]
    assert {event["symbol"] for event in shown} == {"ABC"}
    assert world.session(seed=1).call("get_quotes", {"symbol": "ABC"}).text == reply.body.decode()


def test_a_schema_of_event_fields_is_the_event_itself() -> None:
    event = thing(event={"const": "tick"}, data={"const": "a\nb"}, id={"const": "7"})
    reply = get(world_of({"/ticks": {"get": answering("text/event-stream", event)}}), "/ticks")
    assert reply.body.startswith(b"event: tick\nid: 7\ndata: a\ndata: b\n\n")


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl"])
def test_lines_of_json_are_one_value_each(kind: str) -> None:
    listed = {"type": "array", "items": QUOTE, "minItems": 4}
    for schema, least in ((QUOTE, 2), (listed, 4)):
        reply = get(world_of({"/log": {"get": answering(kind, schema)}}), "/log")
        lines = [orjson.loads(line) for line in reply.body.splitlines()]
        assert len(lines) >= least and all(line.keys() == {"symbol", "price"} for line in lines)


def test_a_body_that_asks_for_a_stream_gets_one() -> None:
    content = {"application/json": {"schema": thing(text=TEXT)},
               "text/event-stream": {"schema": thing(delta=TEXT)}}  # fmt: skip
    chat = does(takes=thing("prompt", prompt=TEXT, stream={"type": "boolean"}))
    chat["responses"]["200"]["content"] = content
    session = world_of({"/chat": {"post": chat}}).session()
    whole = session.call("post_chat", {"prompt": "x", "stream": False}).text
    assert orjson.loads(whole).keys() == {"text"}
    streamed = session.call("post_chat", {"prompt": "x", "stream": True}).text
    assert streamed.count('data: {"delta":') >= 2


def test_xml_follows_the_xml_objects() -> None:
    tags = {"type": "array", "xml": {"name": "tags", "wrapped": True},
            "items": {"type": "string", "xml": {"name": "tag"}}}  # fmt: skip
    book: dict[str, Any] = {
        "type": "object", "xml": {"name": "book", "prefix": "b", "namespace": "urn:books"},
        "properties": {"id": {"type": "integer", "xml": {"attribute": True}}, "tags": tags,
                       "title": {"type": "string"}, "on": {"type": "boolean"}},
    }  # fmt: skip
    schemas = Document.from_tree({"openapi": "3.1.0", "paths": {}}, source="t").schemas
    value = {"id": 7, "title": "A < B & C", "tags": ["x", "y"], "on": True}
    data = write_xml(value, book, schemas)
    root = fromstring(data)
    assert root.tag == "{urn:books}book" and root.attrib == {"id": "7"}
    assert [tag.text for tag in root.find("tags") or ()] == ["x", "y"]
    assert read_xml(data, book, schemas) == value


@pytest.mark.parametrize("doctype", [
    '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
])  # fmt: skip
def test_an_xml_body_is_read_by_its_schema_and_never_expanded(doctype: str) -> None:
    box = thing(size={"type": "integer"})
    body = {"required": True, "content": {"application/xml": {"schema": box}}}
    world = world_of({"/boxes": {"post": {**does(201, thing(id=TEXT)), "requestBody": body}}})

    def post(data: str) -> int:
        headers = (("content-type", "application/xml"),)
        return world.session().handle(Request("POST", "/boxes", "", headers, data.encode())).status

    assert [post("<box><size>3</size></box>"), post("<box><size>x</size></box>")] == [201, 422]
    assert post(f"{doctype}<box><size>&b;</size></box>") in (400, 422)


def test_lists_are_tables_and_yaml_where_they_are_asked_for() -> None:
    listed = {"type": "array", "items": thing(id=TEXT, name=TEXT)}
    content = {"application/json": {"schema": listed}, "text/csv": {"schema": TEXT},
               "application/yaml": {"schema": listed}}  # fmt: skip
    several: Any = {"responses": {"200": {"description": "ok", "content": content}}}
    world = world_of({"/pets": {"get": several, "post": does(201, thing(id=TEXT))}})
    known = orjson.loads(get(world, "/pets").body)
    rows = list(csv.DictReader(io.StringIO(get(world, "/pets", accept="text/csv").body.decode())))
    assert rows == known and len(rows) > 1
    assert yaml.safe_load(get(world, "/pets", accept="application/yaml").body) == known


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "bmp"])
def test_images_are_images(kind: str) -> None:
    binary = {"type": "string", "format": "binary"}
    world = world_of({"/logo": {"get": answering(f"image/{kind}", binary)}})
    first, again = get(world, "/logo"), get(world, "/logo")
    assert first.body == again.body and first.header("content-type") == f"image/{kind}"
    image = Image.open(io.BytesIO(first.body))
    image.load()
    assert image.format == kind.upper()
    text = world.session(seed=1).call("get_logo", {}).text
    assert len(text) < 100 and f"image/{kind}" in text and "no text" in text


def test_other_files_are_of_their_type_too() -> None:
    content: Any = {kind: {} for kind in ("application/pdf", "application/zip", "image/svg+xml")}
    files: Any = {"responses": {"200": {"description": "ok", "content": content}}}
    world = world_of({"/file": {"get": files}})
    pdf = get(world, "/file").body
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    archive = zipfile.ZipFile(io.BytesIO(get(world, "/file", accept="application/zip").body))
    assert archive.testzip() is None and archive.namelist()
    assert fromstring(get(world, "/file", accept="image/*").body).tag.endswith("svg")


def test_a_file_beside_the_document_is_served_and_none_above_it(tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    home = tmp_path / "api"
    home.mkdir()
    (home / "letter.pdf").write_bytes(b"%PDF-1.7 \xff own")

    def served(place: str) -> bytes:
        kinds = answering("application/pdf", TEXT, examples={"real": {"externalValue": place}})
        tree = {"openapi": "3.1.0", "paths": {"/file": {"get": kinds}}}
        (home / "doc.yaml").write_text(yaml.safe_dump(tree))
        return get(World.load(home / "doc.yaml"), "/file").body

    assert served("./letter.pdf") == b"%PDF-1.7 \xff own"
    for place in ("../secret.pdf", "%2e%2e/secret.pdf", str(tmp_path / "secret.pdf"), "none.pdf"):
        assert b"secret" not in served(place) and served(place).startswith(b"%PDF-")


def test_the_example_that_agrees_with_the_call_answers_it() -> None:
    weather = thing("city", "temp", city=TEXT, temp={"type": "number"}, wind=TEXT)
    examples = {"bad": {"value": {"city": 1}}, "sun": {"value": {"city": "Umeå", "temp": 21}},
                "snow": {"value": {"city": "Kiruna", "temp": -11}}}  # fmt: skip
    now = answering("application/json", weather, examples=examples)
    world = world_of({"/now": {"get": {**now, "parameters": [by("city", "query")]}}})
    shown = {
        query: orjson.loads(get(world, "/now", query).body)
        for query in ("city=Kiruna", "", "city=Oslo")
    }
    assert shown["city=Kiruna"] == {"city": "Kiruna", "temp": -11}
    assert shown[""] == {"city": "Umeå", "temp": 21}
    assert shown["city=Oslo"] == {"city": "Oslo", "temp": 21}


def test_an_example_without_a_schema_is_a_reply() -> None:
    content: Any = {"application/json": {"example": {"meta": {"total": 1}}}}
    bare: Any = {"responses": {"200": {"description": "ok", "content": content}}}
    reply = get(world_of({"/log": {"get": bare}}), "/log")
    assert orjson.loads(reply.body) == {"meta": {"total": 1}}


@pytest.mark.parametrize(
    ("media_type", "schema", "starts"),
    [
        ("text/html", TEXT, b"<!DOCTYPE"),
        ("text/html", {**TEXT, "enum": ["plain"]}, b"plain"),
        ("text/csv", TEXT, b"id,text"),
        ("text/csv", {**TEXT, "enum": ["plain"]}, b"plain"),
        ("application/pdf", {**TEXT, "format": "binary", "maxLength": 900000}, b"%PDF"),
    ],
)
def test_a_text_that_its_schema_pins_down_is_sent_as_it_is(
    media_type: str, schema: Any, starts: bytes
) -> None:
    world = world_of({"/note": {"get": answering(media_type, schema)}})
    assert get(world, "/note").body.startswith(starts)


def test_a_text_in_json_is_a_json_text() -> None:
    word = {"type": "string", "enum": ["Slow down."]}
    world = world_of({"/motto": {"get": does(shows=word, operationId="motto")}})
    assert world.session(seed=1).call("motto", {}).text == '"Slow down."'
