"""Swagger 2.0 is read as the 3.0 document its author would write today."""

from __future__ import annotations

from typing import Any

from sandbox.document import Document, decode, encode, validate
from sandbox.messages import Arguments, Request


def swagger(operation: dict[str, Any], **more: Any) -> Document:
    tree = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "integer"}],
                "post": {"operationId": "it", **operation},
            }
        },
        **more,
    }
    return Document.from_tree(tree, source="test")


def test_hosts_schemes_and_base_path_become_servers() -> None:
    made = swagger({}, host="x.test", basePath="/v1", schemes=["http", "https"])
    assert made.servers == ("http://x.test/v1", "https://x.test/v1")
    assert (made.version, made.base_path) == ("3.0", "/v1")


def test_a_body_parameter_becomes_the_body_in_every_consumed_type() -> None:
    made = swagger(
        {
            "parameters": [{"$ref": "#/parameters/Body"}],
            "consumes": ["application/xml", "application/json"],
        },
        parameters={
            "Body": {
                "name": "thing",
                "in": "body",
                "required": True,
                "schema": {"$ref": "#/definitions/Thing"},
            }
        },
        definitions={
            "Thing": {
                "type": "object",
                "required": ["n"],
                "properties": {"n": {"type": "integer", "x-nullable": True}},
            }
        },
    )
    it = made.operation("it")
    assert it.body is not None and list(it.body.media) == ["application/xml", "application/json"]
    good = Arguments(path={"id": 1}, body={"n": None}, media_type="application/json")
    assert validate(it, good) == []
    assert [
        p.pointer
        for p in validate(it, Arguments(path={"id": 1}, body={}, media_type="application/json"))
    ] == ["/n"]


def test_form_fields_become_one_form() -> None:
    made = swagger(
        {
            "parameters": [
                {"name": "a", "in": "formData", "type": "integer", "required": True},
                {
                    "name": "b",
                    "in": "formData",
                    "type": "array",
                    "items": {"type": "string"},
                    "collectionFormat": "multi",
                },
                {"name": "c", "in": "formData", "type": "array", "items": {"type": "string"}},
            ]
        }
    )
    it = made.operation("it")
    arguments = Arguments(
        path={"id": 1},
        body={"a": 5, "b": ["x", "y"], "c": ["u", "v"]},
        media_type="application/x-www-form-urlencoded",
    )
    request = encode(it, arguments)
    assert request.body == b"a=5&b=x&b=y&c=u,v"
    assert decode(it, request, {"id": "1"}) == (arguments, [])
    assert [
        p.pointer
        for p in validate(
            it, Arguments(path={"id": 1}, body={}, media_type=("application/x-www-form-urlencoded"))
        )
    ] == ["/a"]


def test_files_travel_as_multipart() -> None:
    made = swagger({"parameters": [{"name": "f", "in": "formData", "type": "file"}]})
    body = made.operation("it").body
    assert body is not None and list(body.media) == ["multipart/form-data"]


def test_collection_formats_become_styles() -> None:
    raw = [
        {
            "name": name,
            "in": "query",
            "type": "array",
            "items": {"type": "integer"},
            "collectionFormat": name,
        }
        for name in ("csv", "ssv", "pipes", "multi")
    ]
    it = swagger({"parameters": raw}).operation("it")
    query = "csv=1,2&ssv=1%202&pipes=1|2&multi=1&multi=2"
    read, _ = decode(it, Request("POST", "/a/1", query), {})
    assert read.query == {name: [1, 2] for name in ("csv", "ssv", "pipes", "multi")}


def test_responses_examples_and_headers_are_kept() -> None:
    made = swagger(
        {"produces": ["application/json"], "responses": {"200": {"$ref": "#/responses/Ok"}}},
        responses={
            "Ok": {
                "description": "ok",
                "schema": {"type": "array", "items": {"type": "string"}},
                "examples": {"application/json": ["x"]},
                "headers": {"X-N": {"type": "integer"}},
            }
        },
        produces=["application/json"],
    )
    success = made.operation("it").success
    assert success is not None and success[0] == 200
    assert success[1].media["application/json"].examples == (["x"],)
    assert success[1].headers["X-N"].schema == {"type": "integer"}


def test_security_definitions_become_schemes() -> None:
    made = swagger(
        {},
        securityDefinitions={
            "b": {"type": "basic"},
            "k": {"type": "apiKey", "in": "query", "name": "key"},
            "o": {
                "type": "oauth2",
                "flow": "accessCode",
                "tokenUrl": "https://x.test",
                "scopes": {},
            },
        },
        security=[{"b": []}],
    )
    assert made.security_schemes["b"] == {"type": "http", "scheme": "basic"}
    assert made.security_schemes["k"] == {"type": "apiKey", "in": "query", "name": "key"}
    assert "authorizationCode" in made.security_schemes["o"]["flows"]
    assert made.operation("it").security == ({"b": ()},)
