"""Arguments are copied out of what was read: what a request states, and what replies have shown."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.forms.request_values import distinctive_in, stated_value
from agent.runtime.forms.shown_values import shown_values
from agent.runtime.forms.spans import restrict_to_what_was_read
from trajectories.records import Call, Message

TEXT = {"type": "string"}


def form(name: str, /, *required: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": "", "parameters": parameters}
    return {"type": "function", "function": function}


def held(tool: dict[str, Any], request: str, *replies: str) -> dict[str, Any] | None:
    """The properties of a tool after a request and replies; None where it cannot be called."""
    read = [Message(role="user", content=request)]
    read += [Message(role="observation", content=text, status=200) for text in replies]
    tools = restrict_to_what_was_read([tool], read)
    return tools[0]["function"]["parameters"] if tools else None


@pytest.mark.parametrize(
    ("name", "request_", "values"),
    [
        ("price", "with the dates 2025-01-02 and 2025-01-03 and the price 25", ("25",)),
        ("dates", "with the dates 2025-01-02 and 2025-01-03 and the price 25", None),
        ("eventDescription", 'the event description "A. B."', ("A. B.",)),
        ("startsOn", "Its start date is 2025-01-02.", ("2025-01-02",)),
        ("eventId", "Remove the event with the id ev-1.", ("ev-1",)),
        ("city", "The city should be Lyon.", ("Lyon",)),
        ("title", 'We need a talk called "Ice".', ("Ice",)),
        ("orderId", "Check the order G: is it paid?", ("G",)),
        ("orderId", "The order I made is late.", ()),
        ("created_by", 'with the creator "Kofi Chen".', ("Kofi Chen",)),
        ("dueDateUtc", "with the due date 2025-01-02.", ("2025-01-02",)),
        ("template_key", "with the template key jxwhRtpv.", ("jxwhRtpv",)),
        ("owner", "Its owner is Kofi Chen. Please hurry.", ("Kofi Chen",)),
        ("topic", "The topic is Night of the Bats, as ever.", ("Night of the Bats",)),
        ("time", "at the time 2023-03-19 09:30:00", ("2023-03-19 09:30:00",)),
        ("topic", "The topic is about bats.", ()),
        ("region", "in the city Milan, the region Lombardy and so on", ("Lombardy",)),
        ("name", "What is its name? Thanks.", ()),
        ("city", "What is the city of it?", ()),
        ("team", "Tell me the team hierarchy of x1.", ()),
        ("price", "with the price 2,000,000.50 now", ("2000000.50",)),
        ("size", "with the size 8.5 million now", ("8500000",)),
        ("path", "with the path ~/data/run.csv", ("~/data/run.csv",)),
        ("etag", 'with the etag ""9f a"" now', ('"9f a"',)),
        ("code", 'Use the code "ab12." Thanks', ("ab12",)),
        ("title", 'with the title "All is well." now', ("All is well.",)),
    ],
)
def test_a_value_is_stated_behind_the_name_of_its_argument(
    name: str, request_: str, values: tuple[str, ...] | None
) -> None:
    wanted = ("2025-01-02", "2025-01-03") if values is None else values
    assert stated_value(name, request_).values == wanted


def test_an_id_without_another_name_is_that_of_what_the_tool_is_about() -> None:
    tool = form("delete_policy", "id", id={"type": "integer"})
    kept = held(tool, "Get rid of policy 7.", '{"id": 9}')
    assert kept is not None and kept["properties"]["id"] == {"enum": [7]}
    other = held(tool, "The policies of team 3 can go.", '{"id": 9}')
    assert other is not None and other["properties"]["id"] == {"enum": [3, 9]}


def test_ids_are_read_and_those_of_their_own_name_first() -> None:
    tool = form("get_cat", "cat_id", cat_id=TEXT)
    assert held(tool, "Show me a cat.") is None
    reply = '{"cat_id": "c8", "id": "x1", "mood": "calm"}'
    kept = held(tool, "Show me a cat.", reply)
    assert kept is not None and kept["properties"]["cat_id"] == {"enum": ["c8"]}


def test_an_optional_list_is_given_where_something_is_said_of_it() -> None:
    kinds = {"type": "array", "items": {"enum": ["tame", "wild"], "type": "string"}}
    tool = form("list_cats", "mood", mood=TEXT, tags={"type": "array", "items": TEXT}, kinds=kinds)
    plain = held(tool, 'Count the cats of mood calm called "Tom".')
    assert plain is not None and plain["properties"].keys() == {"mood"}
    kept = held(tool, "Count wild cats of mood calm with the tags old and grey.")
    assert kept is not None and kept["properties"].keys() == {"mood", "tags", "kinds"}
    assert kept["properties"]["kinds"]["items"] == {"enum": ["wild"]}


def test_objects_that_are_all_one_are_held_as_one() -> None:
    parts = [{"properties": {"name": TEXT}}, {"properties": {"note": TEXT}, "required": ["name"]}]
    tool = form("create_cat", "data", data={"allOf": parts})
    kept = held(tool, 'Add a cat called "Tom".')
    assert kept is not None
    data = kept["properties"]["data"]
    assert data["properties"] == {"name": {"enum": ["Tom"]}}
    assert data["required"] == ["name"] and "allOf" not in data


def test_an_id_that_was_missing_twice_is_no_candidate() -> None:
    call = Call(name="get_cat", arguments={"cat_id": "c8"})
    turn = Message(role="caller", content="", call=call)
    gone = Message(role="observation", content="no", status=404)
    read = [Message(role="user", content="Show me cat c8."), turn, gone]
    tools = [form("get_cat", "cat_id", cat_id=TEXT)]
    assert restrict_to_what_was_read(tools, read)
    assert not restrict_to_what_was_read(tools, [*read, turn, gone])


def test_texts_are_copied_and_what_is_said_has_to_be_given() -> None:
    tool = form("update", "id", id=TEXT, color=TEXT, note=TEXT)
    kept = held(tool, "The color of x1 is wrong: its color should be red.")
    assert kept is not None and kept["required"] == ["id", "color"]
    assert kept["properties"]["color"] == {"enum": ["red"]}
    # Nothing is passed along that the request does not speak of.
    assert kept["properties"]["note"] == {"enum": ["x1"]}


def test_lists_hold_what_was_stated_once() -> None:
    tool = form("add", "days", days={"type": "array", "items": TEXT | {"format": "date"}})
    kept = held(tool, "Add it with the days 2025-01-02 and 2025-01-03.")
    assert kept is not None
    days = kept["properties"]["days"]
    assert days["prefixItems"] == [{"const": "2025-01-02"}, {"const": "2025-01-03"}]
    assert (days["items"], days["minItems"], days["maxItems"]) == (False, 2, 2)


def test_formats_and_choices_decide_what_fits() -> None:
    mail, kind = TEXT | {"format": "email"}, TEXT | {"enum": ["IN_USE", "FREE"]}
    kept = held(form("add", "to", "kind", to=mail, kind=kind), "To a@b.org, the kind is FREE.")
    assert kept is not None and kept["properties"]["to"] == {"enum": ["a@b.org"]}
    assert kept["properties"]["kind"] == {"enum": ["FREE"]}
    free = held(form("add", "to", to=mail), "Tell them.")
    assert free is not None and free["properties"]["to"] == mail


def test_credentials_are_not_the_callers_unless_they_were_read() -> None:
    tool = form("find", apiKey=TEXT, floor={"type": "integer"}, q=TEXT)
    kept = held(tool, "Find the owls of x1.")
    assert kept is not None and kept["properties"] == {"floor": {"type": "integer"}, "q": TEXT}
    kept = held(tool, "Find the owls.", '{"apiKey": "k-2"}')
    assert kept is not None and kept["properties"]["apiKey"] == TEXT


def test_a_page_begins_where_a_reply_said() -> None:
    tool = form("list", cursor=TEXT, limit={"type": "integer"})
    kept = held(tool, "List the rooms of s-1.")
    assert kept is not None and not kept["properties"]
    kept = held(tool, "List the rooms of s-1.", '{"next_cursor": "c9", "color": "x-1"}')
    assert kept is not None and kept["properties"]["cursor"] == {"enum": ["c9"]}


def test_a_stated_argument_has_to_be_given_unless_it_says_which_thing_is_meant() -> None:
    tool = form("update", "id", id=TEXT, city=TEXT)
    kept = held(tool, "Update x1 with the city L-1.")
    assert kept is not None and kept["required"] == ["id", "city"]
    kept = held(tool, "Update x1, whose city is Lyon.")
    assert kept is not None and kept["required"] == ["id"]


def test_where_nothing_is_required_nothing_is_known_to_be_optional() -> None:
    other = form("get", "id", id=TEXT)
    read = [Message(role="user", content="Find the owls of Lyon.")]
    alone = held(form("find", kind=TEXT), "Find the owls of Lyon.")
    assert alone is not None and alone["properties"]["kind"] == TEXT
    (tool, *_) = restrict_to_what_was_read([form("find", kind=TEXT), other], read)
    assert tool["function"]["parameters"]["properties"]["kind"] == {"enum": ["Lyon"]}
    read[0] = Message(role="user", content="Find the owls.")
    (tool, *_) = restrict_to_what_was_read([form("find", kind=TEXT), other], read)
    assert tool["function"]["parameters"]["properties"] == {}


def test_what_the_request_states_can_be_left_away() -> None:
    tool = form("add", "n", n={"type": "integer"})
    read = [Message(role="user", content="Add it with the n 4 for room 7.")]
    (kept,) = restrict_to_what_was_read([tool], read)
    assert kept["function"]["parameters"]["properties"]["n"] == {"enum": [4]}
    (kept,) = restrict_to_what_was_read([tool], read, request_states=False)
    assert kept["function"]["parameters"]["properties"]["n"] == {"type": "integer"}


def test_values_and_names_stand_out_of_a_request() -> None:
    found = distinctive_in('Please book "Ice. Age" of c-3 in New York on March 1, 2016, quickly.')
    assert found == ("Ice. Age", "c-3", "1", "2016", "2016-03-01", "New York", "March")


def test_replies_that_are_no_json_still_show_their_pairs() -> None:
    assert shown_values("{'token': 'ab1', 'n': 4} …") == (("token", "ab1"), ("n", "4"))
    assert shown_values('HTTP 201\n\n{"a": [1, {"b": "x"}], "c": true}') == (("a", "1"), ("b", "x"))


def test_a_size_of_pages_is_given_where_it_is_stated() -> None:
    tool = form("list", page={"type": "integer"}, limit={"type": "integer"})
    kept = held(tool, "List the rooms of s-1 with a limit of 5.")
    assert kept is not None and kept["properties"] == {"limit": {"enum": [5]}}


def test_an_id_is_that_of_the_entry_that_the_request_speaks_of() -> None:
    rooms = '[{"id": "r-1", "name": "Attic"}, {"id": "r-2", "name": "Cellar"}]'
    tool = form("lock_room", "room_id", room_id=TEXT)
    kept = held(tool, 'Lock the room called "Cellar".', rooms)
    assert kept is not None and kept["properties"]["room_id"] == {"enum": ["r-2"]}
    lock = held(tool, "Lock room north.", '[{"id": "north"}, {"id": "south"}]')
    assert lock is not None and lock["properties"]["room_id"] == {"enum": ["north"]}
    other = held(tool, "Lock any room.", rooms)
    assert other is not None and other["properties"]["room_id"] == {"enum": ["r-1", "r-2"]}


def test_an_id_is_that_of_the_entry_that_holds_most_of_what_is_spoken_of() -> None:
    rooms = '[{"id": "r-1", "hut": "h-9"}, {"id": "r-2", "hut": "h-9", "name": "Cellar"}]'
    kept = held(form("lock_room", "room_id", room_id=TEXT), 'Lock "Cellar" of hut h-9.', rooms)
    assert kept is not None and "r-1" not in kept["properties"]["room_id"]["enum"]


@pytest.mark.parametrize(("name", "ids"), [("delete_cat", ["c2"]), ("get_cat", ["c1", "c2"])])
def test_what_was_removed_is_not_changed_again(name: str, ids: list[str]) -> None:
    call = Call(name="delete_cat", arguments={"cat_id": "c1"})
    cats = '[{"cat_id": "c1", "mood": "x-1"}, {"cat_id": "c2", "mood": "x-1"}]'
    read = [Message(role="user", content="Remove all cats whose mood is x-1.")]
    read += [Message(role="observation", content=cats, status=200)]
    read += [Message(role="caller", content="", call=call)]
    read = [*read[:1], Message(role="caller", content="", call=Call(name="list")), *read[1:]]
    read.append(Message(role="observation", content="", status=204))
    tool = form(name, "cat_id", cat_id=TEXT)
    [kept] = restrict_to_what_was_read([tool], read, reading={"get_cat"})
    found = kept["function"]["parameters"]["properties"]["cat_id"]["enum"]
    assert [each for each in found if each.startswith("c")] == ids


@pytest.mark.parametrize(
    ("request_", "wild", "mood"),
    [
        ("Add a cat, which should not be wild, with the mood calm.", [False], ["calm"]),
        ("Add a cat with the mood sly. It should be wild.", [True], ["sly"]),
        ("Add a cat that is wild at the mood centre.", None, ["calm", "sly"]),
    ],
)
def test_whether_and_which_of_several_is_stated_in_plain_words(
    request_: str, wild: list[bool] | None, mood: list[str]
) -> None:
    choice = {"anyOf": [{"type": "string", "enum": ["calm", "sly"]}, {"type": "null"}]}
    kept = held(form("add_cat", "x", x={}, wild={"type": "boolean"}, mood=choice), request_)
    assert kept is not None and kept["properties"]["wild"].get("enum") == wild
    assert kept["properties"]["mood"]["enum"] == mood


def test_what_is_stated_deep_inside_has_to_be_given() -> None:
    part = {"type": "object", "properties": {"color": TEXT}, "required": ["color"]}
    tool = form("paint", "id", id=TEXT, parts={"type": "array", "items": part})
    kept = held(tool, "Paint x1, the parts color should be red.")
    assert kept is not None and kept["required"] == ["id", "parts"]
    assert kept["properties"]["parts"]["items"]["properties"]["color"] == {"enum": ["red"]}


def test_an_id_that_all_tools_need_is_not_looked_for() -> None:
    tools = [form(name, "tenant-id", **{"tenant-id": TEXT}) for name in ("list", "get")]
    kept = restrict_to_what_was_read(tools, [Message(role="user", content="List them.")])
    assert [tool["function"]["parameters"]["properties"] for tool in kept] == [
        {"tenant-id": TEXT}
    ] * 2


def test_a_token_is_read_and_what_is_stated_inside_an_object_is_given() -> None:
    tool = form("mend", "token", token=TEXT)
    assert held(tool, "Mend x-1, my password is p-9.") is None
    kept = held(tool, "Mend x-1.", '{"token": "t-7"}')
    assert kept is not None and kept["properties"]["token"] == {"enum": ["t-7"]}
    item = {"type": "object", "properties": {"color": TEXT}}
    nested = held(form("paint", "id", id=TEXT, item=item), "Paint x1: its color should be red.")
    assert nested is not None and nested["required"] == ["id", "item"]


def test_a_longer_name_of_another_argument_is_not_the_shorter_one() -> None:
    tool = form("send", "mode", mode=TEXT, name=TEXT, provider_name=TEXT)
    kept = held(tool, 'Send it with the provider name "Hilltop".')
    assert kept is not None and kept["required"] == ["mode", "provider_name"]
    offers = {"type": "array", "items": {"type": "object", "properties": {"type": TEXT}}}
    tool = form("order", "type", type=TEXT, offers=offers)
    kept = held(tool, "Order it with the type regular and the offer type fast-lane.")
    assert kept is not None and kept["properties"]["type"] == {"enum": ["regular"]}
    owner = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    kept = held(form("mend", owner=owner), 'Set the name to "Ann" for the owner called "Bob".')
    assert kept is not None  # Bob is what the owner is called already.
    assert kept["properties"]["owner"]["properties"]["name"] == {"enum": ["Ann"]}


@pytest.mark.parametrize(
    ("request_", "parts"),
    [
        ("Show the site ann/blog.", ["ann", "blog"]),
        ("Show the site ann/blog/x.", None),
        ('Show the site "ann/my blog".', ["ann", "my blog"]),
        ("Show the site ann / blog-1.", None),
        ("Show the site 2024/05.", None),
        ("Show the site with the owner ann-1 and the topic of/air.", None),
    ],
)
def test_the_parts_of_one_value_go_to_the_texts_that_are_required(
    request_: str, parts: list[str] | None
) -> None:
    tool = form("get_site", "owner", "site", owner=TEXT, site=TEXT, page={"type": "integer"})
    kept = held(tool, request_)
    given = [kept["properties"][name].get("enum") for name in ("owner", "site")] if kept else []
    assert (given == [[part] for part in parts]) if parts else ["ann"] not in given


def test_a_page_begins_where_the_reply_says_and_an_id_is_that_of_the_thing() -> None:
    tool = form("list", marker=TEXT)
    kept = held(tool, "List them.", '{"entries": [{"id": "e-1"}], "next_marker": "m-9"}')
    assert kept is not None and kept["properties"]["marker"] == {"enum": ["m-9"]}
    kept = held(tool, "List them.", '[{"id": "e-1"}]')
    assert kept is not None and kept["properties"]["marker"] == {"enum": ["e-1"]}
    tool = form("get_policy", "id", id={"type": "integer"})
    kept = held(tool, "Whose is the policy of run 7?", '{"id": 7, "policy_id": 9}')
    assert kept is not None and 9 in kept["properties"]["id"]["enum"]
    tool = form("capture", "id", id=TEXT)
    kept = held(tool, "Pay in INR and capture it.", '{"id": "o-1", "units": [{"code": "INR"}]}')
    assert kept is not None and "o-1" in kept["properties"]["id"]["enum"]


def test_an_optional_text_may_be_an_example_of_its_description() -> None:
    diet = TEXT | {"description": "The diet of guests, e.g. vegan or 'Halal'. Meat is usual."}
    tool = form("find", "city", city=TEXT, diet=diet, tags={"type": "array", "items": diet})
    kept = held(tool, "Find a vegan, halal place of usual guests in Lyon.")
    assert kept is not None
    assert kept["properties"]["diet"]["enum"][:2] == ["vegan", "Halal"]
    assert "usual" not in kept["properties"]["diet"]["enum"]
    assert kept["properties"]["tags"]["items"]["enum"] == ["vegan", "Halal"]
    assert kept["properties"]["tags"]["maxItems"] == 2
    assert (held(tool, "Find a quiet place.") or {})["properties"].keys() == {"city"}


def test_an_id_may_be_a_quoted_text_of_several_words() -> None:
    kept = held(form("get_case", "case_id", case_id=TEXT), "Get the 'R vs Adams' legal case.")
    assert kept is not None and "R vs Adams" in kept["properties"]["case_id"]["enum"]


@pytest.mark.parametrize(
    ("reads", "is_change", "request_", "required"),
    [
        (True, False, "Show the room whose mood is calm-1.", ["mood"]),
        (True, False, "Show rooms with the mood calm-1.", ["mood"]),
        (True, True, "Set the mood to calm-1 for a room.", []),
        (True, True, "Lock the room whose mood is calm-1.", ["mood"]),
        (False, True, "Lock the room whose mood is calm-1.", []),
        (False, True, "Set the mood to calm-1 for a room.", ["mood"]),
    ],
)
def test_what_reads_filters_by_what_is_meant_and_not_by_what_shall_be(
    reads: bool, is_change: bool, request_: str, required: list[str]
) -> None:
    tools = [form("rooms", mood=TEXT), form("other", "size", size=TEXT)]
    read = [Message(role="user", content=request_)]
    names = {"rooms"} if reads else ()
    kept = restrict_to_what_was_read(tools, read, reading=names, is_change=is_change)
    assert kept[0]["function"]["parameters"]["required"] == required


def test_a_truth_that_is_stated_by_name_is_given() -> None:
    yes = {"type": "boolean"}
    offers = {"type": "array", "items": {"type": "object", "properties": {"one_way": yes}}}
    tool = form("order", "kind", kind=TEXT, paid=yes, offers=offers)
    kept = held(
        tool,
        'Order it with the kind "x-1", the paid set to false and the offer one way set to true.',
    )
    assert kept is not None and kept["required"] == ["kind", "paid", "offers"]
    assert kept["properties"]["offers"]["items"]["required"] == ["one_way"]
    unsure = held(tool, 'Order it with the kind "x-1" if paid is false.')
    assert unsure is not None and unsure["required"] == ["kind"]


def test_what_is_made_is_called_as_it_is_called() -> None:
    tool = form("create_room", "title", title=TEXT)
    kept = held(tool, 'Create a room called "Blue", and give it a key with the title "Red".')
    assert kept is not None and kept["properties"]["title"] == {"enum": ["Blue"]}


def test_each_of_two_acts_has_its_own_values() -> None:
    asks = (
        'Set up a list called "Honest Anchor" for account acc-1; as soon as it exists, give it an '
        'entry with the friendly name "Island".'
    )
    ids = {"account_id": TEXT, "friendly_name": TEXT}
    for name, value in (("create_list", "Honest Anchor"), ("create_entry", "Island")):
        found = held(form(name, "account_id", **ids), asks)
        assert found is not None
        assert found["properties"]["friendly_name"] == {"enum": [value]}
        assert "acc-1" in found["properties"]["account_id"]["enum"]


def test_a_name_needs_no_quotes() -> None:
    asks = "The category called Books is wrong: it should have the name Health."
    found = held(form("update_category", "name", name=TEXT), asks)
    assert found is not None and found["properties"]["name"] == {"enum": ["Health"]}


def test_a_new_thing_has_its_own_name_not_that_of_what_it_is_for() -> None:
    asks = 'We need a new note for the file called "Open Canvas" called "Early Update".'
    found = held(form("create_note", "name", name=TEXT), asks)
    assert found is not None and found["properties"]["name"] == {"enum": ["Early Update"]}
