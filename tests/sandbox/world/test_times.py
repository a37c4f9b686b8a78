"""One clock: what the server dates lies between its creation and the session's now."""

from __future__ import annotations

import json
from typing import Any

from sandbox import Document, World

_TIME = {"type": "string", "format": "date-time", "readOnly": True}
_NOTE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "text", "created_at", "updated_at"],
    "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"},
                   "created_at": _TIME, "updated_at": _TIME},
}  # fmt: skip


def _world() -> World:
    media = {"content": {"application/json": {"schema": _NOTE}}}
    many = {"content": {"application/json": {"schema": {"type": "array", "items": _NOTE}}}}

    def replies(status: str, content: Any) -> dict[str, Any]:
        return {"responses": {status: {"description": "it", **content}}}

    note = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/notes": {
            "get": {"operationId": "listNotes", **replies("200", many)},
            "post": {"operationId": "addNote", "requestBody": media, **replies("201", media)},
        },
        "/notes/{id}": {
            "parameters": [note],
            "patch": {"operationId": "editNote", "requestBody": media, **replies("200", media)},
        },
    }
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return World(Document.from_tree(tree, source="notes"))


def test_created_is_before_updated_and_both_before_now() -> None:
    for seed in range(6):
        session = _world().session(seed=seed)
        session.call("addNote", {"text": "new"})
        session.clock.advance(90)
        for note in json.loads(session.call("listNotes", {}).text):
            edited = json.loads(session.call("editNote", {"id": note["id"], "text": "x"}).text)
            now = session.clock.instant().strftime("%Y-%m-%dT%H:%M:%SZ")
            assert note["created_at"] == edited["created_at"]
            assert note["created_at"] <= note["updated_at"] <= edited["updated_at"] <= now
        assert edited["updated_at"] > "2026-01-15T12:01:00Z"
