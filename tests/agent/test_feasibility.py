"""Requests that cannot be done are refused or asked about; those that can be are tried."""

from __future__ import annotations

import pytest

from agent.runtime.environment import ToolForm
from agent.runtime.forms.feasibility import Refusal, has_to_try, refusal_of
from agent.runtime.forms.spans import restrict_to_what_was_read
from agent.runtime.forms.tool_choice import fitting_tools
from tests.agent.test_spans import TEXT, form
from tests.agent.test_tool_choice import FAILED, TOOLS
from trajectories.records import Message

DAY = {"type": "string", "format": "date"}
ROOMS = [
    form("list_rooms", kind=TEXT),
    form("get_room", "room_id", room_id=TEXT),
    form("create_room", "title", "hotel_id", "code", "opened_on", title=TEXT, hotel_id=TEXT,
         code=TEXT, opened_on=DAY),
    form("delete_hotel", "hotel_id", hotel_id=TEXT),
]  # fmt: skip


def asked(request: str) -> list[Message]:
    return [Message(role="user", content=request)]


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ("What is the square root of 5875?", Refusal()),
        ("Update room r-1.", Refusal()),
        ("Something is wrong with room r-1.", None),
        ("Show me room r-1.", None),
        ("", None),
        ("Get rid of room r-1.", None),  # it may be the hotel
        ("Room r-1 can go.", None),
        ("Can you delete one of the rooms, you know which one?", Refusal("Which one do you mean?")),
        ("Room r-1 is wrong in our records: its title should be Blue.", Refusal()),
        ('Add a room with the title "Blue" and the code b7.', Refusal("What is the opened on?")),
        ('Add a room with the title "Blue", opened 2025-01-02.', Refusal("What is the code?")),
        ('Add a room with the title "Blue" and the code b7, opened March 1, 2016.', None),
    ],
)
def test_what_no_tool_does_or_what_is_stated_nowhere_is_not_tried(
    request_: str, refusal: Refusal | None
) -> None:
    assert refusal_of(ROOMS, asked(request_)) == refusal


def test_the_noun_of_a_tool_says_nothing_of_its_arguments() -> None:
    buy = form("buy_ticket", "ticketDate", "ticketType", ticketDate=DAY, ticketType=TEXT)
    offered = [buy, form("list_rooms"), form("get_room", "room_id", room_id=TEXT)]
    assert refusal_of(offered, asked("Buy a ticket with the ticket type basic.")) == Refusal(
        "What is the ticket date?"
    )


def test_a_new_thing_is_not_made_by_a_tool_that_is_only_about_its_place() -> None:
    offered = [
        form("list_guild_sounds", "guild_id", guild_id=TEXT),
        form("update_guild_sound", "sound_id", sound_id=TEXT),
        form("bulk_ban_from_guild", "guild_id", guild_id=TEXT),
    ]
    assert refusal_of(offered, asked("Create a sound for guild 79.")) == Refusal()
    assert refusal_of(offered, asked("Create a ban for guild 79.")) is None


def test_what_can_go_is_refused_where_no_tool_removes() -> None:
    offered = [form(name) for name in ("list_cats", "get_cat", "create_cat")]
    assert refusal_of(offered, asked("The cat c-8 can go, nobody needs it.")) == Refusal()
    assert refusal_of(offered, asked("Add a cat; the old one can go.")) is None
    close = form("close_cat")
    assert refusal_of([*offered, close], asked("The cat c-8 can go, nobody needs it.")) is None


def test_a_noun_of_the_tools_is_no_wish() -> None:
    runs = [form("createRun", "name", name=TEXT), form("getRun", "id", id=TEXT), form("listRuns")]
    assert refusal_of(runs, asked("Can you remove run r-1?")) == Refusal()
    entries = [form("getEntry", "id", id=TEXT), form("listEntries", endDate=DAY)]
    entries.append(form("deleteEntry", "id", id=TEXT))
    assert refusal_of(entries, asked("Add an entry with the end date 2025-12-28.")) == Refusal()


def test_a_question_is_not_what_a_lone_tool_is_meant_for_that_only_creates() -> None:
    order = [form("createFlightOrder", data={"type": "object"})]
    assert refusal_of(order, asked("Does it rain in Quito right now?")) == Refusal()
    assert refusal_of(order, asked("Please make one for me.")) is None
    assert refusal_of([form("weather", city=TEXT)], asked("Does it rain in Quito?")) is None


def test_nothing_is_refused_after_a_call_or_with_few_tools() -> None:
    messages = asked("What is the square root of 5875?")
    assert refusal_of(ROOMS[:2], messages) is None
    assert refusal_of(ROOMS, [*messages, *FAILED]) is None


AREA = form("circle_area", "radius", radius={"type": "number"}, unit=TEXT)


@pytest.mark.parametrize(
    ("tool", "request_", "refused"),
    [
        (AREA, "How large is the area of a circle of radius 5?", False),
        (AREA, "What is the area of a circle of radius two?", False),
        (AREA, "What is the area of a circle?", True),
        (AREA, "Where does train 5 to Lyon leave?", True),
        (AREA, "Which unit makes 5 small?", False),
        (AREA, "5?", False),
        (form("search", "text", text=TEXT), "Where do trains to Lyon leave?", True),
        (form("search", "value", value=TEXT), "Where do trains to Lyon leave?", False),
        (form("circle_area", "area_id", area_id={"type": "integer"}), "Show the circle.", False),
        (form("circle_area", radius={"type": "number"}), "Where do trains leave?", False),
    ],
)
def test_even_a_lone_tool_needs_a_word_and_the_numbers_that_it_requires(
    tool: ToolForm, request_: str, refused: bool
) -> None:
    assert refusal_of([tool], asked(request_)) == (Refusal() if refused else None)
    assert refusal_of([tool, ROOMS[0]], asked(request_)) is None


def test_required_values_inside_an_object_count_too() -> None:
    inner = {"type": "object", "required": ["title"], "properties": {"title": TEXT}}
    offered = [*ROOMS[:2], form("create_room", "room", room=inner)]
    assert refusal_of(offered, asked("Add a room, it is urgent.")) == Refusal("What is the title?")
    assert refusal_of(offered, asked("Add a room with the title b-2.")) is None


@pytest.mark.parametrize(
    ("request_", "tries"),
    [
        ('Remove the cat with the id "c-8".', True),
        ("Show me cats.", True),
        ("Sing to me.", False),
        ("Remove a cat, you know which one.", False),
        ('Add a cat with the mood "wild-2".', False),
        ('Refund the cat with the mood "wild-2".', False),
    ],
)
def test_nobody_gives_up_where_a_tool_does_it_and_takes_what_is_stated(
    request_: str, tries: bool
) -> None:
    messages = asked(request_)
    fitting = fitting_tools(TOOLS, restrict_to_what_was_read(TOOLS, messages), messages)
    assert has_to_try(TOOLS, fitting, messages) is tries
    assert not has_to_try(TOOLS, fitting[:0], [*messages, *FAILED])
