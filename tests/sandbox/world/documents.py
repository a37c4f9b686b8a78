"""Little documents, written down as briefly as OpenAPI allows."""

from __future__ import annotations

from typing import Any

from sandbox import Document, World

Json = dict[str, Any]


def world_of(paths: Json, schemas: Json | None = None) -> World:
    """A world of these paths, each method's object written as in OpenAPI 3.1."""
    tree: Json = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    tree["components"] = {"schemas": schemas or {}}
    return World(Document.from_tree(tree, source="t"))


def thing(*required: str, **properties: Any) -> Json:
    """An object's schema; every property is required unless some are named."""
    needed = list(required) or list(properties)
    return {"type": "object", "required": needed, "properties": properties}


def does(
    status: int = 200, shows: Json | None = None, takes: Json | None = None, **more: Any
) -> Json:
    """An operation that answers `status` with a JSON `shows` and takes a JSON body `takes`."""
    reply: Json = {"description": "done"}
    if shows is not None:
        reply["content"] = {"application/json": {"schema": shows}}
    made: Json = {"responses": {str(status): reply, **more.pop("replies", {})}, **more}
    if takes is not None:
        body = {"application/json": {"schema": takes}}
        made["requestBody"] = {"required": True, "content": body}
    return made


def by(name: str, where: str = "path", schema: Json | None = None) -> Json:
    """A parameter, required where it is in the path."""
    shape = schema or {"type": "string"}
    return {"name": name, "in": where, "required": where == "path", "schema": shape}
