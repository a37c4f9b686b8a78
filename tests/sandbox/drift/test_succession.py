"""A real next version answers in mid-session, over the state that was left behind."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.document import Document
from sandbox.draws import Draw
from sandbox.drift import drift_plan, releases
from sandbox.errors import PlanError
from sandbox.world.session import Session
from sandbox.world.state.completion import conformed_value
from sandbox.world.world import World

SOURCE = Document.load("bookshop").tree


def next_version(folder: Path) -> str:
    """The bookshop as it might be next year: customers have a nickname, reviews are gone."""
    tree: Any = copy.deepcopy(SOURCE)
    customer = tree["components"]["schemas"]["Customer"]
    customer["properties"]["nickname"] = {"type": "string", "maxLength": 20}
    customer["required"] = [*customer.get("required", ()), "nickname"]
    tree["paths"] = {path: item for path, item in tree["paths"].items() if "review" not in path}
    file = folder / "next.json"
    file.write_bytes(orjson.dumps(tree))
    return str(file)


def session(folder: Path, after: int) -> Session:
    plan = {"releases": [{"to": next_version(folder), "after_calls": after}]}
    return World.load("bookshop").session(seed=1, drift=plan)


def shown(text: str) -> Any:
    return orjson.loads(text[text.index("{") :])


def test_what_was_written_is_still_there_in_the_new_form(tmp_path: Path) -> None:
    one = session(tmp_path, after=2)
    address = {"street": "1 A", "city": "B", "postcode": "123", "country": "NO"}
    new = {"name": "Ada", "email": "ada@example.com", "address": address}
    id = shown(one.call("createCustomer", new).text)["id"]
    before = shown(one.call("getCustomer", {"customer_id": id}).text)
    after = shown(one.call("getCustomer", {"customer_id": id}).text)
    assert "nickname" not in before
    assert after["name"] == "Ada" and "nickname" in after
    assert one.ledger[-1].operation == "getCustomer"


def test_what_is_gone_is_gone_and_named(tmp_path: Path) -> None:
    one = session(tmp_path, after=0)
    assert one.drift is not None
    release = one.drift.releases[0]
    refused = one.call("listReviews", {"book_id": "bk_000000"})
    assert refused.status == 410
    assert "listReviews is gone." in release.note


def test_replies_conform_to_the_new_document(tmp_path: Path) -> None:
    one = session(tmp_path, after=0)
    listed = shown(one.call("listCustomers", {}).text)
    assert listed["items"] and all("nickname" in customer for customer in listed["items"])


def test_a_next_version_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(PlanError, match="nowhere"):
        releases("to:nowhere.yaml", Document.load("bookshop"), 0)
    assert drift_plan("to:new.yaml").releases[0].to == "new.yaml"


def test_what_is_not_there_is_called_what_the_new_document_calls_it(tmp_path: Path) -> None:
    one = session(tmp_path, after=0)
    refused = one.call("getCustomer", {"customer_id": "cu_000000"})
    assert refused.status == 404
    assert "customer" in shown(refused.text)["detail"]


def test_a_member_that_the_new_form_has_no_room_for_is_left_out_and_the_others_stay() -> None:
    text = {"type": "string", "minLength": 2}
    new: Any = {"type": "object", "required": ["name", "city"], "maxProperties": 2}
    new["properties"] = {"name": text, "city": text, "nickname": text}
    before = {"nickname": "Countess", "name": "Ada"}
    made = conformed_value(World.load("bookshop"), new, before, Draw(1))
    assert made["name"] == "Ada" and made.keys() == {"name", "city"}


def test_a_next_version_asks_more_than_an_adapter_knows(tmp_path: Path) -> None:
    plan = {"releases": [{"to": next_version(tmp_path), "after_calls": 1}]}
    found = releases(plan, World.load("bookshop"), seed=1)
    assert found is not None and [each.adapter for each in found.releases] == ["needs-info"]
