"""A session kept as JSON goes on as if nothing had happened in between."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import Session, World
from sandbox.errors import PlanError
from sandbox.world.state.kept_changes import change_of, make_change
from sandbox.world.state.snapshot import from_json, to_json
from specs import names
from tests.bench.explorer import Explorer
from tests.golden.walks import Client

HOME = {"street": "A 1", "city": "Ulm", "postcode": "89073", "country": "DE"}
ORDER = {"name": "Ida", "email": "ida@example.test", "address": HOME}


def kept(session: Session) -> dict[str, Any]:
    text = json.dumps(to_json(session))
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def busy(world: World) -> Session:
    session = world.session(seed=4)
    session.call("createCustomer", ORDER)
    session.call("deleteBook", {"book_id": session.state.ids("/books")[0]})
    session.call("wait", {"seconds": 90})
    session.call("authenticate", {})
    return session


def test_a_kept_session_goes_on() -> None:
    world = World.load("bookshop")
    session, twin = busy(world), world.session(seed=4)
    from_json(twin, kept(session))
    assert kept(twin) == kept(session)
    for tool, arguments in (("listCustomers", {}), ("createCustomer", {**ORDER, "email": "b@c.de"}),
                            ("listBooks", {"per_page": 50})):  # fmt: skip
        assert twin.call(tool, arguments) == session.call(tool, arguments)
    assert (twin.clock.now, twin.credential, len(twin.ledger)) == (90.0, 1, len(session.ledger))
    assert twin.ledger[-1].seq == session.ledger[-1].seq == twin.ledger.first + 2


def test_idempotency_keys_are_kept() -> None:
    world = World.load("bookshop")
    session, twin = world.session(), world.session()
    session.state.remember("key", b"payload", session.world.error_responses.refuse(None, 409))
    from_json(twin, kept(session))
    assert twin.state.overlay.answered["key"] == session.state.overlay.answered["key"]


def test_files_and_great_numbers_are_kept() -> None:
    world = World.load("bookshop")
    session, twin = world.session(), world.session()
    session.state.put("/books", "b", {"cover": b"\x00\xff", "n": 2**80, "": [b"x"]})
    from_json(twin, kept(session))
    assert twin.state.get("/books", "b") == session.state.get("/books", "b")


@pytest.mark.parametrize("other", ["document", "seed", "label", "form", "items"])
def test_what_does_not_fit_is_refused_clearly(other: str) -> None:
    world = World.load("bookshop")
    record = {**kept(world.session()), other: "other"}
    with pytest.raises(PlanError, match="kept session") as caught:
        from_json(world.session(), record)
    assert other in str(caught.value) or other == "items"


@pytest.mark.parametrize("name", names())
def test_every_change_is_told_and_made_again(name: str) -> None:
    world = World.load(name)
    session, again = world.session(seed=4), world.session(seed=4)
    client = Client(Explorer(world, session))
    for operation in world.document.operations.values():
        before, known = session.state.overlay, len(session.ledger)
        list(client.calls(operation, 0))
        change = change_of(session, before, session.ledger[known:])
        assert change is not None
        if change:
            make_change(again, json.loads(json.dumps(change)))
        assert again.state.overlay == session.state.overlay
    assert session.state.version > 1 and kept(again)["counts"] == kept(session)["counts"]


def test_faults_draw_on_after_a_pause() -> None:
    rule = {"fault": "T05", "trigger": {"model": "iid", "p": 0.5}}
    faults = {"rules": [rule], "max_consecutive": None}
    world = World.load("bookshop")
    whole, twin = (world.session(seed=4, faults=faults) for _ in range(2))
    seen = [whole.call("listBooks", {}).error for _ in range(30)]
    assert [twin.call("listBooks", {}).error for _ in range(15)] == seen[:15]
    later = world.session(seed=4, faults=faults)
    from_json(later, kept(twin))
    assert [later.call("listBooks", {}).error for _ in range(15)] == seen[15:]
