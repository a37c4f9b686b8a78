"""An override file says what operations mean; its mistakes are refused with what is valid."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import orjson
import pytest

from sandbox import Document, World
from sandbox.conventions.overrides import Act
from sandbox.errors import SandboxError
from sandbox.world.handlers.handlers import ACTS
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT: Json = {"type": "string"}
BOOK = thing(isbn=TEXT, title=TEXT)
RPC: Json = {
    "/findBooks": {"get": does(200, {"type": "array", "items": BOOK}, operationId="find")},
    "/fetchBook": {"get": does(200, BOOK, operationId="fetch", parameters=[by("code", "query")])},
    "/addBook": {"post": does(200, BOOK, thing(title=TEXT), operationId="add")},
    "/dropBook": {"post": does(204, None, thing(code=TEXT), operationId="drop")},
}
SAID = """
operations:
  find: {act: list, collection: /books}
  fetch: {act: read, collection: /books, item: code, id: isbn}
  add: {act: create, collection: /books}
  drop: {act: delete, collection: /books, item: code}
"""


def world(said: str, tmp_path: Path) -> World:
    file = tmp_path / "model.yaml"
    file.write_text(said)
    return World(world_of(RPC).document, overrides=file)


def test_rpc_becomes_a_resource(tmp_path: Path) -> None:
    session = world(SAID, tmp_path).session()
    made = orjson.loads(session.call("add", {"title": "Emma"}).text)
    assert orjson.loads(session.call("fetch", {"code": made["isbn"]}).text) == made
    assert made in orjson.loads(session.call("find", {}).text)
    assert session.call("drop", {"code": made["isbn"]}).status == 204
    assert session.call("fetch", {"code": made["isbn"]}).status == 404
    assert made not in orjson.loads(session.call("find", {}).text)


def test_one_word_changes_one_thing() -> None:
    document = Document.load("bookshop")
    said = {"operations": {"getBook": {"act": "compute"}}}
    changed, usual = World(document, overrides=said), World(document)
    for operation in document.operations.values():
        meaning = changed.resources.meaning(operation)
        known = usual.resources.meaning(operation)
        expected = "compute" if operation.id == "getBook" else known.act
        assert meaning.act == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("operations: {find: {act: browse}}", "find/act.*'read', 'list'"),
        ("operations: {find: {acts: list}}", "valid are act, collection, item, id"),
        ("tools: {}", "valid are operations"),
        ("operations: {fnd: {act: list}}", "no operation 'fnd'; did you mean .*find"),
        ("operations: {fetch: {act: read, collection: /books, item: kode}}", "did you mean code"),
        ("operations: {fetch: {act: read, collection: /books}}", "needs an item; there are code"),
        ("operations: {find: {act: list, collection: '/a/{x}/b'}}", "too few parameters"),
        ("operations: {find: {act: list, collection: /}}", "a path such as /books"),
        ("operations: {find: {act: list, collection: /books, id: nr}}", "no id property 'nr'"),
        ("operations: [", "is not YAML"),
    ],
)
def test_what_makes_no_sense_is_refused(said: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=words):
        world(said, tmp_path)


def test_every_act_can_be_said() -> None:
    assert set(get_args(Act)) == set(ACTS)


def test_a_next_version_means_what_was_said(tmp_path: Path) -> None:
    tree = world_of({**RPC, "/more": {"get": does(204)}}).document.tree
    (tmp_path / "next.json").write_bytes(orjson.dumps(tree))
    drift = {"releases": [{"to": str(tmp_path / "next.json"), "after_calls": 1}]}
    session = world(SAID, tmp_path).session(drift=drift)
    made = orjson.loads(session.call("add", {"title": "Emma"}).text)
    found = session.call("find", {})
    assert session.ledger[-1].release == 1
    assert made in orjson.loads(found.text[found.text.index("[") :])


def test_a_session_may_have_its_own(tmp_path: Path) -> None:
    said = world(SAID, tmp_path)
    plain = World(said.document)
    alone = plain.session(seed=2, overrides=said.overrides)
    assert alone.call("find", {}) == said.session(seed=2).call("find", {})
    assert alone.call("find", {}) != plain.session(seed=2).call("find", {})
    assert alone.world is plain.session(overrides=said.overrides).world
