"""Documents whose parts outside the schemas are wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.hostile.frames import document, tree


def trees() -> Iterator[tuple[str, bytes]]:
    """Documents whose other parts are wrong."""
    odds: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        [None],
        [7],
        {"": None},
        {"a": 7},
        [{"x": 7}],
        True,
        1e308,
    ]
    for key in (
        "openapi",
        "info",
        "paths",
        "components",
        "servers",
        "security",
        "tags",
        "webhooks",
        "swagger",
    ):
        for odd in odds:
            yield f"{key}: {json.dumps(odd)}", tree(**{"paths": {"/a": {"get": {}}}, key: odd})
    for key in (
        "parameters",
        "requestBody",
        "responses",
        "security",
        "servers",
        "tags",
        "callbacks",
        "operationId",
        "summary",
        "description",
        "deprecated",
    ):
        for odd in odds:
            yield (
                f"operation {key}: {json.dumps(odd)}",
                tree(
                    paths={
                        "/a/{id}": {
                            "get": {key: odd},
                            "post": {key: odd, "responses": {"200": {"description": ""}}},
                        }
                    }
                ),
            )
    for key in (
        "name",
        "in",
        "schema",
        "style",
        "explode",
        "required",
        "content",
        "example",
        "examples",
    ):
        for odd in odds:
            parameter = {"name": "q", "in": "query", "schema": {"type": "string"}, key: odd}
            yield (
                f"parameter {key}: {json.dumps(odd)}",
                tree(
                    paths={
                        "/a": {
                            "get": {
                                "operationId": "it",
                                "parameters": [parameter],
                                "responses": {"200": {"description": ""}},
                            }
                        }
                    }
                ),
            )
    for key in ("content", "headers", "links", "description"):
        for odd in odds:
            yield (
                f"reply {key}: {json.dumps(odd)}",
                tree(
                    paths={"/a": {"get": {"operationId": "it", "responses": {"200": {key: odd}}}}}
                ),
            )
    for kind in (
        "",
        "/",
        "application/",
        "*/*",
        "text/event-stream",
        "multipart/form-data",
        "application/xml",
        "a/b;c",
        "\x00",
        "image/png",
        "text/csv",
        "x" * 5000,
        "application/json; charset=x",
    ):
        for odd in (
            None,
            7,
            {},
            {"schema": 7},
            {"schema": {"type": "array", "items": {"type": "object"}}},
            {"example": {"$ref": "#"}},
            {"examples": {"a": {"externalValue": "../../../../etc/passwd"}}},
            {"encoding": 7},
        ):
            yield (
                f"media {kind[:12]!a} {json.dumps(odd)[:40]}",
                tree(
                    paths={
                        "/a": {
                            "get": {
                                "operationId": "it",
                                "responses": {"200": {"description": "", "content": {kind: odd}}},
                            }
                        }
                    }
                ),
            )
    for url in (
        "http://[::1",
        "http://[zz]/",
        "//",
        "http://",
        "http://a:99999/",
        "http://a b/",
        "http://\x00/",
        "{",
        "{x",
        "{x}/{x}",
        "http://\ud800/",
        "javascript:alert(1)",
        "../../..",
        "x" * 100_000,
        "http://{a}{b}{c}/",
    ):
        variables = {
            name: {"default": "x", "enum": [f"v{n}" for n in range(500)]} for name in "abc"
        }
        yield (
            f"server {url[:24]!a}",
            tree(
                servers=[{"url": url, "variables": variables}],
                paths={"/a": {"get": {"operationId": "it", "responses": {}}}},
            ),
        )
    for path in (
        "",
        "a",
        "//",
        "/{",
        "/}",
        "/{}",
        "/{a}{b}",
        "/{a}/{a}",
        "/{a:.*}",
        "/\x00",
        "/\ud800",
        "/" + "a/" * 3000,
        "/" + "{a}/" * 300,
        "/..",
        "/%2e%2e",
        "/a?b=c",
        "/a#b",
        "/(?P<x>.*)",
        "/{" + "x" * 5000 + "}",
        "/_wavetank",
        "/_mcp",
    ):
        yield (
            f"path {path[:24]!a}",
            tree(
                paths={
                    path: {"get": {"operationId": "it", "responses": {"200": {"description": ""}}}}
                }
            ),
        )
    for text in (
        "\x1b[2J\x1b]0;x\x07",
        "[bold]x[/nope]",
        "\u202e",
        "<script>alert(1)</script>",
        "x" * 500_000,
        "\ud800",
        "{{7*7}}",
        "\x00",
        "a\r\nb: c",
        "]]>",
        "$(id)",
        "'; DROP TABLE x; --",
    ):
        yield (
            f"text {text[:16]!a}",
            tree(
                info={"title": text, "version": text, "description": text},
                paths={
                    "/a": {
                        "get": {
                            "operationId": text,
                            "summary": text,
                            "description": text,
                            "tags": [text],
                            "responses": {
                                "200": {
                                    "description": text,
                                    "content": {
                                        "application/json": {
                                            "schema": {
                                                "type": "object",
                                                "required": [text[:50]],
                                                "description": text,
                                                "properties": {text[:50]: {"enum": [text]}},
                                            }
                                        }
                                    },
                                }
                            },
                        }
                    }
                },
            ),
        )
    for reference in (
        "../../../../etc/passwd",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "//x/y",
        "/etc/passwd",
        "#",
        "#/",
        "#x",
        "#/paths",
        "#/components/schemas/%",
        "~",
        "",
        "\x00",
        "..%2f..%2fetc/passwd",
        "x" * 10_000,
        ".",
        "http://[",
        "\ud800",
        "#/" + "a/" * 5000,
    ):
        yield f"reference {reference[:24]!a}", document({"$ref": reference})
        yield (
            f"path reference {reference[:24]!a}",
            tree(
                paths={
                    "/a": {"$ref": reference},
                    "/b": {
                        "get": {
                            "operationId": "it",
                            "parameters": [{"$ref": reference}],
                            "requestBody": {"$ref": reference},
                            "responses": {"200": {"$ref": reference}},
                        }
                    },
                }
            ),
        )
    yield (
        "the same operationId a thousand times",
        tree(
            paths={f"/a{n}": {"get": {"operationId": "it", "responses": {}}} for n in range(1000)}
        ),
    )
    yield (
        "ten thousand operations",
        tree(paths={f"/a{n}": {"get": {"responses": {}}} for n in range(10_000)}),
    )
    yield (
        "a thousand parameters",
        tree(
            paths={
                "/a": {
                    "get": {
                        "operationId": "it",
                        "parameters": [
                            {
                                "name": f"p{n}",
                                "in": "query",
                                "required": True,
                                "schema": {"type": "string"},
                            }
                            for n in range(1000)
                        ],
                        "responses": {},
                    }
                }
            }
        ),
    )
    yield (
        "callback to itself",
        tree(
            paths={
                "/a": {
                    "post": {
                        "operationId": "it",
                        "responses": {"201": {"description": ""}},
                        "callbacks": {"x": {"{$request.body#/url}": {"$ref": "#/paths/~1a"}}},
                    }
                }
            }
        ),
    )
    yield (
        "links in a circle",
        tree(
            paths={
                "/a": {
                    "get": {
                        "operationId": "it",
                        "responses": {
                            "200": {
                                "description": "",
                                "links": {"x": {"operationRef": "#/paths/~1a/get"}},
                            }
                        },
                    }
                }
            }
        ),
    )
    yield (
        "swagger 2 of wrong types",
        json.dumps(
            {
                "swagger": "2.0",
                "info": 7,
                "host": 7,
                "schemes": 7,
                "consumes": 7,
                "definitions": 7,
                "paths": {
                    "/a": {
                        "post": {
                            "parameters": [
                                {"in": "body", "schema": 7},
                                {"in": "formData", "name": 7, "type": 7},
                            ],
                            "responses": 7,
                        }
                    }
                },
            }
        ).encode(),
    )
    for key in (
        "host",
        "basePath",
        "schemes",
        "consumes",
        "produces",
        "definitions",
        "parameters",
        "responses",
        "securityDefinitions",
    ):
        for odd in odds:
            yield (
                f"swagger {key}: {json.dumps(odd)}",
                json.dumps(
                    {
                        "swagger": "2.0",
                        "info": {"title": "t", "version": "1"},
                        key: odd,
                        "paths": {
                            "/a": {
                                "post": {
                                    "parameters": [
                                        {"in": "body", "name": "b", "schema": {"type": "object"}}
                                    ],
                                    "responses": {"200": {"description": ""}},
                                }
                            }
                        },
                    }
                ).encode(),
            )
