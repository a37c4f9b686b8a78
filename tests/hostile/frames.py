"""The frames of hostile documents: one operation, one schema, one chain of components."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Made = Callable[[], bytes]


def document(schema: Any = True, *, version: str = "3.1.0", **more: Any) -> bytes:
    """One operation that takes and answers the schema."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "it",
        "requestBody": {"content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    return tree(
        paths={"/it": {"post": operation, "get": {**operation, "operationId": "them"}}},
        openapi=version,
        **more,
    )


def tree(**parts: Any) -> bytes:
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, **parts}
    ).encode()


def yaml(text: str) -> bytes:
    return f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\n{text}".encode(
        "utf-8", "surrogatepass"
    )


def nested(depth: int, wrap: Callable[[Any], Any], inner: Any = True) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


def chain(count: int, link: Callable[[Json], Any]) -> Json:
    """Components S0 … where each says `link` of a reference to the next."""
    made = {f"S{n}": link({"$ref": f"#/components/schemas/S{n + 1}"}) for n in range(count)}
    return {"schemas": {**made, f"S{count}": {"type": "string"}}}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
