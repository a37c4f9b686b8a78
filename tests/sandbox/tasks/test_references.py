"""References into earlier results."""

from __future__ import annotations

import pytest

from sandbox.tasks.references import Unresolved, json_of_observation, resolve

PAGE = {"items": [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}], "total": 2}


def test_a_pointer_is_followed() -> None:
    wanted = {"id": {"$result": 0, "pointer": "/items/1/id"}, "plain": [1, {"a": 2}]}
    assert resolve(wanted, [PAGE]) == {"id": 2, "plain": [1, {"a": 2}]}


def test_an_entry_is_found_wherever_it_stands() -> None:
    wanted = {"$result": 0, "list": "/items", "where": {"/name": "Bob"}, "pointer": "/id"}
    assert resolve(wanted, [PAGE]) == 2
    assert resolve(wanted, [{"items": PAGE["items"][::-1]}]) == 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({"$result": 1, "pointer": "/id"}, "only 1 results"),
        ({"$result": 0, "pointer": "/items/7/id"}, "nothing at '/items/7/id'"),
        ({"$result": 0, "list": "/rows", "where": {}}, "no list at '/rows'"),
        ({"$result": 0, "list": "/items", "where": {"/name": "Eve"}}, "no entry at '/items'"),
    ],
)
def test_what_is_not_there_is_named(reference: dict[str, object], said: str) -> None:
    with pytest.raises(Unresolved, match=said):
        resolve({"id": reference}, [PAGE])


def test_the_head_of_an_observation_is_skipped() -> None:
    assert json_of_observation('HTTP 201 Created\nLocation: /x/1\n\n{"id": 1}', 201) == {"id": 1}
    assert json_of_observation("HTTP 204", 204) is None
    assert json_of_observation("plain words", 200) == "plain words"
