"""Calls on the bookshop with and without one fault, for the tests of the families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from sandbox.messages import Response
from sandbox.world.session import Session
from sandbox.world.world import World


@cache
def bookshop() -> World:
    return World.load("bookshop")


@cache
def first(collection: str) -> Mapping[str, Any]:
    """The first entity of a collection in the tests' world."""
    session = bookshop().session(seed=3)
    state = session.state
    session.call({"/books": "listBooks", "/customers": "listCustomers"}[collection], {})
    entity = state.get(collection, state.ids(collection)[0])
    assert entity is not None
    return entity


def arguments(name: str) -> tuple[str, dict[str, Any]]:
    """(tool, arguments) of one of the usual calls."""
    book = first("/books")
    new = {"title": "New", "author_id": book["author_id"], "genre": "crime", "price": 9.5}
    lines = [{"book_id": book["id"], "quantity": n} for n in (1, 2)]
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "list": ("listBooks", {}),
        "page": ("listBooks", {"page": 2, "per_page": 4}),
        "big": ("listBooks", {"per_page": 10}),
        "filter": ("listBooks", {"genre": book["genre"]}),
        "item": ("getBook", {"book_id": book["id"]}),
        "create": ("createBook", new),
        "update": ("updateBook", {"book_id": book["id"], "price": 7.25, "stock": 1}),
        "order": ("createOrder", {"customer_id": first("/customers")["id"], "items": lines}),
    }
    return calls[name]


@dataclass(frozen=True)
class Pair:
    """The same calls without and with the fault; `clean` and `got` are the last replies."""

    clean: Response
    got: Response
    calm: Session
    session: Session

    @property
    def json(self) -> Any:
        return orjson.loads(self.got.body)

    @property
    def clean_json(self) -> Any:
        return orjson.loads(self.clean.body)

    @property
    def fired(self) -> list[str]:
        return [firing.fault for row in self.session.ledger for firing in row.injected]


def pair(fault: str, calls: Sequence[str], *, params: Mapping[str, Any] | None = None) -> Pair:
    """Make the calls in a calm session and in one whose last call may meet the fault."""
    rule: dict[str, Any] = {"fault": fault, "params": dict(params or {}), "trigger": "always"}
    plan = {"dialect": "rfc9457", "max_consecutive": None, "rules": [rule]}
    calm, session = bookshop().session(seed=3), bookshop().session(seed=3, faults=plan)
    for name in calls:
        for one in (calm, session):
            one.call(*arguments(name))
    return Pair(calm.ledger[-1].response, session.ledger[-1].response, calm, session)


def detail(words: str, status: int, title: str) -> bytes:
    """The RFC 9457 body of an injected error without further members."""
    return orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": words})
