"""Looking after a write whose reply says nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from agent.runtime.forms.lookbacks import is_done, lookers, with_looks
from tests.agent.test_spans import TEXT, form
from trajectories.records import Call, Message

TOOLS = [
    form("list_cats", mood=TEXT),
    form("get_cat", "cat_id", cat_id=TEXT),
    form("get_toy", "toy_id", toy_id=TEXT),
    form("create_cat", "name", name=TEXT, mood=TEXT),
    form("update_cat", "cat_id", cat_id=TEXT, name=TEXT),
    form("delete_cat", "cat_id", cat_id=TEXT),
]


def exchange(name: str, arguments: dict[str, Any], reply: Any, status: int | None) -> list[Message]:
    """A call and its reply."""
    raw = orjson.dumps(arguments).decode()
    text = reply if isinstance(reply, str) else orjson.dumps(reply).decode()
    call = Call(name=name, arguments=arguments, raw=raw)
    turn = Message(role="caller", content=f"Action: {name}\nAction Input: {raw}", call=call)
    return [turn, Message(role="observation", content=text, status=status)]


LOST = "No response: the request timed out."


@pytest.mark.parametrize(
    ("name", "arguments", "shows"),
    [
        ("delete_cat", {"cat_id": "c-8"}, ["get_cat"]),
        ("update_cat", {"cat_id": "c-8", "name": "Tom"}, ["get_cat"]),
        ("create_cat", {"name": "Tom"}, ["list_cats"]),
        ("delete_hut", {"hut_id": "h-1"}, []),
    ],
)
def test_a_write_is_shown_by_what_reads_the_same_with_what_it_had(
    name: str, arguments: dict[str, Any], shows: list[str]
) -> None:
    found = lookers(TOOLS, Call(name=name, arguments=arguments, raw=""))
    assert [tool["function"]["name"] for tool in found] == shows
    if "get_cat" in shows:
        held = found[0]["function"]["parameters"]["properties"]
        assert held["cat_id"] == {"enum": ["c-8"]}


@pytest.mark.parametrize(
    ("name", "arguments", "shown", "status", "done"),
    [
        ("delete_cat", {"cat_id": "c-8"}, {"error": "gone"}, 404, True),
        ("delete_cat", {"cat_id": "c-8"}, {"cat_id": "c-8"}, 200, False),
        ("delete_cat", {"cat_id": "c-8"}, [{"cat_id": "c-9"}], 200, True),
        ("delete_cat", {"cat_id": "c-8"}, [{"cat_id": "c-8"}], 200, False),
        ("create_cat", {"name": "Tom"}, [{"id": "c-1", "name": "Tom"}], 200, True),
        ("create_cat", {"name": "Tom"}, [{"id": "c-1", "name": "Ann"}], 200, False),
        ("create_cat", {"name": "Tom"}, [], 200, False),
        ("create_cat", {"name": "Tom", "mood": "calm"}, [{"name": "Tom"}], 200, True),
        ("create_cat", {"name": "Tom"}, [{"id": "c-1"}], 200, None),
        ("update_cat", {"cat_id": "c-8", "name": "Tom"}, {"name": "Tom"}, 200, True),
        ("update_cat", {"cat_id": "c-8", "name": "Tom"}, {"name": "Ann"}, 200, False),
        ("update_cat", {"cat_id": "c-8"}, {"name": "Ann"}, 200, None),
    ],
)
def test_a_look_shows_whether_it_was_done(
    name: str, arguments: dict[str, Any], shown: Any, status: int, done: bool | None
) -> None:
    look = Message(role="observation", content=orjson.dumps(shown).decode(), status=status)
    assert is_done(Call(name=name, arguments=arguments, raw=""), look, TOOLS) is done


@pytest.mark.parametrize(("found", "status"), [(404, 200), (200, None)])
def test_a_write_that_is_found_done_counts_as_gone_well(found: int, status: int | None) -> None:
    lost = exchange("delete_cat", {"cat_id": "c-8"}, LOST, None)
    look = exchange("get_cat", {"cat_id": "c-8"}, {"cat_id": "c-8"}, found)
    assert with_looks([*lost, *look], TOOLS)[1].status == status
    between = exchange("create_cat", {"name": "Ann"}, {}, 201)
    assert with_looks([*lost, *between, *look], TOOLS)[1].status is None


def test_what_was_made_is_looked_up_by_the_id_that_its_reply_shows() -> None:
    made = exchange("create_cat", {"name": "Tom"}, {"data": {"id": "c-1"}}, 201)
    assert made[0].call is not None
    found = lookers(TOOLS, made[0].call, made[1])
    assert [tool["function"]["name"] for tool in found] == ["get_cat"]
    assert found[0]["function"]["parameters"]["properties"]["cat_id"] == {"enum": ["c-1"]}


def test_who_verifies_takes_what_is_missing_for_failed() -> None:
    made = exchange("update_cat", {"cat_id": "c-8", "name": "Tom"}, "{}", 200)
    missing = [*made, *exchange("get_cat", {"cat_id": "c-8"}, {"name": "Ann"}, 200)]
    assert with_looks(missing, TOOLS)[1].status == 200
    assert with_looks(missing, TOOLS, verifies=True)[1].status == 503
