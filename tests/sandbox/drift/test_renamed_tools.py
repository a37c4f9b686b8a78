"""A tool that a release renames is called by either name, whatever documentation was read."""

from __future__ import annotations

import orjson

from sandbox import World


def test_a_renamed_tool_answers_to_its_old_and_its_new_name() -> None:
    plan = {"visibility": "silent", "releases": [{"operators": [{"op": "D34"}]}]}
    session = World.load("bookshop").session(seed=1, drift=plan)
    customer = orjson.loads(session.call("listCustomers", {}).text)["items"][0]["id"]
    for name in ("updateCustomer", "modifyCustomer"):
        kept = session.call(name, {"customer_id": customer, "name": name})
        assert kept.status == 200 and orjson.loads(kept.text)["name"] == name
        assert session.ledger[-1].operation == "updateCustomer"
    assert session.call("alterCustomer", {"customer_id": customer}).status == 404
