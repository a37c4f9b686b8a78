"""JSON Patch and merge patch, PUT that creates, conditions wherever an ETag is sent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, World
from sandbox.messages import Response
from tests.sandbox.world.documents import by, does, thing, world_of

TEXT = {"type": "string"}
TAGS = {"type": "array", "items": TEXT}
META = {"type": "object", "additionalProperties": TEXT}
BLOB = {**thing("name", id={"type": "integer", "readOnly": True}, name=TEXT, tags=TAGS, meta=META),
        "additionalProperties": False}  # fmt: skip


def blobs(*codes: str, patch_schema: Any = None, shape: Any = BLOB) -> World:
    """Blobs whose replies carry an ETag; the PATCH declares these further statuses."""
    read = does(shows=shape)
    read["responses"]["200"]["headers"] = {"ETag": {"schema": TEXT}}
    more = {code: {"description": code} for code in codes}
    put = does(200, shape, shape, replies={"201": does(201, shape)["responses"]["201"]})
    kinds = ("application/json-patch+json", "application/merge-patch+json")
    patch = does(200, shape, replies=more)
    patch["requestBody"] = {"content": {kind: {"schema": patch_schema or {}} for kind in kinds}}
    one = {"parameters": [by("id", schema={"type": "integer"})], "get": read, "put": put,
           "patch": patch, "delete": {"responses": {"204": {"description": "gone"}}}}  # fmt: skip
    listed = does(shows={"type": "array", "items": shape})
    return world_of(
        {"/blobs": {"get": listed, "post": does(201, shape, shape)}, "/blobs/{id}": one}
    )


class Client:
    def __init__(self, world: World) -> None:
        self.session = world.session(seed=1)
        self.path = f"/blobs/{self.ask('POST', '/blobs', NEW)['id']}"

    def send(
        self, method: str, path: str, body: Any = None, kind: str = "json", **headers: str
    ) -> Response:
        sent = (("content-type", f"application/{kind}"),) if body is not None else ()
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        data = orjson.dumps(body) if body is not None else b""
        return self.session.handle(Request(method, path, "", (*sent, *named), data))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return orjson.loads(self.send(method, path, body).body)


NEW = {"name": "a", "tags": ["x"], "meta": {"k": "v"}}


@pytest.mark.parametrize(("steps", "changes"), [
    ([{"op": "add", "path": "/tags/-", "value": "y"}], {"tags": ["x", "y"]}),
    ([{"op": "move", "from": "/meta/k", "path": "/meta/m"}], {"meta": {"m": "v"}}),
    ([{"op": "copy", "from": "/name", "path": "/meta/n~1o"}], {"meta": {"k": "v", "n/o": "a"}}),
    ([{"op": "test", "path": "/name", "value": "a"}, {"op": "remove", "path": "/tags/0"}],
     {"tags": []}),
])  # fmt: skip
def test_json_patch_does_what_rfc_6902_says(steps: Any, changes: Any) -> None:
    client = Client(blobs())
    before = client.ask("GET", client.path)
    reply = client.send("PATCH", client.path, steps, "json-patch+json")
    assert (reply.status, orjson.loads(reply.body)) == (200, {**before, **changes})


@pytest.mark.parametrize(("last", "codes", "status"), [
    ({"op": "test", "path": "/name", "value": "other"}, (), 409),
    ({"op": "test", "path": "/name", "value": "other"}, ("422",), 422),
    ({"op": "remove", "path": "/nothing"}, ("412",), 412),
    ({"op": "replace", "path": "/name", "value": 7}, (), 422),
    ({"op": "replace", "path": "/id", "value": 7}, (), 422),
    ({"op": "fly", "path": "/name"}, (), 422),
])  # fmt: skip
def test_a_patch_that_fails_at_its_end_changes_nothing(last: Any, codes: Any, status: int) -> None:
    client = Client(blobs(*codes))
    before = client.ask("GET", client.path)
    steps = [{"op": "add", "path": "/tags/-", "value": "y"}, last]
    assert client.send("PATCH", client.path, steps, "json-patch+json").status == status
    assert client.ask("GET", client.path) == before


def test_a_null_in_a_merge_patch_removes() -> None:
    client = Client(blobs())
    before = client.ask("GET", client.path)
    patch = {"tags": None, "meta": {"k": None, "m": "n"}}
    reply = client.send("PATCH", client.path, patch, "merge-patch+json")
    del before["tags"]
    assert orjson.loads(reply.body) == {**before, "meta": {"m": "n"}}
    assert client.send("PATCH", client.path, {"name": None}, "merge-patch+json").status == 422


def test_put_creates_where_201_is_declared_and_replaces_with_200() -> None:
    client = Client(blobs())
    made = client.send("PUT", "/blobs/77", {"name": "new"})
    assert (made.status, made.header("location")) == (201, "/blobs/77")
    assert client.send("PUT", "/blobs/77", {"name": "newer"}).status == 200
    assert client.send("PUT", "/blobs/77", {"name": "n"}, if_none_match="*").status == 412
    assert client.ask("GET", "/blobs/77")["name"] == "newer"


def test_an_etag_that_is_sent_is_one_that_is_heeded() -> None:
    client = Client(blobs())
    tag = client.send("GET", client.path).header("etag") or ""
    assert client.send("GET", client.path, if_none_match=f'W/"x", {tag}').status == 304
    assert client.send("PUT", client.path, {"name": "b"}, if_match=tag).status == 200
    assert client.send("PUT", client.path, {"name": "c"}, if_match=tag).status == 412
    assert client.send("DELETE", client.path, if_match=tag).status == 412
    assert client.ask("GET", client.path)["name"] == "b"
    assert client.send("DELETE", client.path, if_match="*").status == 204


def test_an_object_sent_as_json_patch_is_a_merge() -> None:
    client = Client(blobs())
    reply = client.send("PATCH", client.path, {"name": "new"}, "json-patch+json")
    assert reply.status == 200
    assert orjson.loads(reply.body)["name"] == "new"


@pytest.mark.parametrize("codes, status", [(("400",), 400), (("400", "422"), 422), ((), 422)])
def test_steps_without_op_are_refused_with_a_declared_status(codes: Any, status: int) -> None:
    client = Client(blobs(*codes))
    steps = [{"path": "/name", "value": "new"}]
    assert client.send("PATCH", client.path, steps, "json-patch+json").status == status


@pytest.mark.parametrize("schema, status", [({"type": "string"}, 200), ({}, 422)])
def test_a_patch_declared_as_text_is_accepted_and_changes_nothing(schema: Any, status: int) -> None:
    client = Client(blobs(patch_schema=schema))
    before = client.ask("GET", client.path)
    assert client.send("PATCH", client.path, "some text", "json-patch+json").status == status
    assert client.ask("GET", client.path) == before


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"op": "copy", "from": "/a", "path": f"/a/{n}"} for n in range(40)], "may copy"),
        ([{"op": "add", "path": "/a" * (n + 1), "value": {}} for n in range(250)], "nest deeper"),
        ([{"op": "test", "path": "/name", "value": "x"}] * 5001, "may have 5000 steps"),
    ],
)
def test_a_patch_that_grows_without_end_is_refused_and_changes_nothing(
    steps: list[dict[str, Any]], words: str
) -> None:
    client = Client(blobs("413", shape={**BLOB, "additionalProperties": True}))
    client.send("PATCH", client.path, {"a": {"b": "c" * 50}}, "merge-patch+json")
    before = client.ask("GET", client.path)
    refused = client.send("PATCH", client.path, steps, "json-patch+json")
    assert refused.status == 413 and words in refused.body.decode()
    assert client.ask("GET", client.path) == before
