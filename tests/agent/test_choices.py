"""Choices that a request says, shares of a hundred, and names that it lists."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.forms.choices import listed_names
from agent.runtime.forms.spans import restrict_to_what_was_read
from trajectories.records import Message

TEXT = {"type": "string"}


def argument(
    request: str, schema: dict[str, Any], *, name: str = "kind", needed: bool = False
) -> tuple[Any, bool]:
    """What a search may write for an argument, and whether it has to."""
    parameters = {
        "type": "object",
        "properties": {"city": TEXT, name: schema},
        "required": ["city", name] if needed else ["city"],
    }
    function = {"name": "find_rooms", "description": "", "parameters": parameters}
    read = [Message(role="user", content=request)]
    tools = [{"type": "function", "function": function}]
    (tool,) = restrict_to_what_was_read(tools, read, reading={"find_rooms"})
    found = tool["function"]["parameters"]
    return found["properties"].get(name), name in found["required"]


def test_the_one_choice_that_is_said_has_to_be_given() -> None:
    sizes = {"type": "string", "enum": ["Large", "Small", "room", "all"]}
    assert argument("Find all large rooms in Lyon.", sizes) == ({**sizes, "enum": ["Large"]}, True)
    assert argument("Find large or small rooms in Lyon.", sizes) == (
        {**sizes, "enum": ["Large", "Small"]},
        False,
    )
    assert argument("Find rooms in Lyon.", sizes) == (None, False)


def test_choices_of_how_a_reply_is_sorted_are_not_said_by_chance() -> None:
    fields = {"type": "string", "enum": ["price", "size"]}
    assert argument("What is the price of rooms in Lyon?", fields, name="sort_by")[1] is False


def test_a_list_holds_just_the_choices_that_are_said() -> None:
    sights = {"type": "array", "items": {"type": "string", "enum": ["tolls", "ferries", "parks"]}}
    held, is_needed = argument("Rooms in Lyon near parks, avoiding toll roads", sights)
    assert is_needed and [each["const"] for each in held["prefixItems"]] == ["tolls", "parks"]


def test_alternatives_in_quotes_are_choices_too() -> None:
    level = TEXT | {"description": "Can be 'short view' or 'full'. Default is 'full'."}
    assert argument("Give me a short view of rooms in Lyon.", level) == (
        {"enum": ["short view"]},
        True,
    )
    assert argument('Rooms in Lyon, "x7" please', level) == (None, False)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "number"}, 0.05),
        ({"type": "number", "description": "In percent."}, 5),
        ({"type": "integer"}, 5),
    ],
)
def test_a_share_is_a_fraction_unless_percent_are_asked_for(
    schema: dict[str, Any], value: float
) -> None:
    assert argument("Rooms in Lyon at a discount of 5%", schema, name="discount") == (
        {"enum": [value]},
        True,
    )


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ("Compare Lyon, Nice and Brest for me.", ("Lyon", "Nice", "Brest")),
        ("Compare New York and Los Angeles.", ("New York", "Los Angeles")),
        ('Compare "north wing" and "attic".', ("north wing", "attic")),
        ("from Ann and Bob to Cy and Di", ()),
        ("Compare Lyon with the others.", ()),
    ],
)
def test_names_are_listed_where_there_is_one_list(request_: str, names: tuple[str, ...]) -> None:
    assert listed_names(request_) == names
    held, _ = argument(request_, {"type": "array", "items": TEXT}, name="teams", needed=True)
    assert [each["const"] for each in held.get("prefixItems", ())] == [*names]
