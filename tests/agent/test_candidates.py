"""Which values an argument may have, where the request has several or replies have shown some."""

from __future__ import annotations

from typing import Any

import pytest

from agent.runtime.forms.request_values import attributes_in, stated_value
from agent.runtime.forms.shown_values import entries_with
from agent.runtime.forms.spans import restrict_to_what_was_read
from agent.runtime.forms.used_ids import looked_up_ids
from tests.agent.test_answers import read
from tests.agent.test_decisions import made
from tests.agent.test_spans import TEXT, form, held
from trajectories.records import Call, Message


def properties(tool: dict[str, Any], request: str, *replies: str) -> dict[str, Any]:
    """The arguments that a tool has after a request and replies."""
    kept = held(tool, request, *replies)
    assert kept is not None
    found: dict[str, Any] = kept["properties"]
    return found


@pytest.mark.parametrize(
    ("request_", "values"),
    [
        ("Delete the log with the user name x7 of account a-1.", {"x7"}),
        ("Delete the log with the id x7.", set()),
        ("Delete log x7.", set()),
        ("Show the cats whose chip is c-8.", {"c-8"}),
    ],
)
def test_what_tells_a_thing_from_others_is_no_id_of_it(request_: str, values: set[str]) -> None:
    assert attributes_in(request_) == values
    tool = form("delete_log", "account_id", "log_id", account_id=TEXT, log_id=TEXT)
    if "user name" in request_:
        assert held(tool, request_) is None


def test_what_is_stated_for_one_argument_is_no_candidate_of_another() -> None:
    tool = form("edit_cat", "cat_id", cat_id=TEXT, name=TEXT, note=TEXT)
    kept = properties(tool, 'Cat c-8 should have the note "Very old".')
    assert kept.keys() == {"cat_id", "note"} and kept["note"] == {"enum": ["Very old"]}


def test_what_something_is_called_is_only_a_name_or_what_is_searched_for() -> None:
    tool = form("list_cats", "size", size=TEXT, home=TEXT, title=TEXT, q=TEXT)
    kept = properties(tool, 'Show the cat called "Old Tom".')
    assert kept.keys() == {"size", "title", "q"}


def test_nothing_optional_is_passed_along_that_nobody_speaks_of() -> None:
    mood = TEXT | {"enum": ["calm", "very_wild"]}
    toys = {"type": "array", "items": {"type": "object", "properties": {"sort": TEXT}}}
    home = {"type": "object", "properties": {"street": TEXT}}
    rest = {"mood": mood, "is_old": {"type": "boolean"}, "legs": {"type": "integer"}}
    tool = form("create_cat", "name", name=TEXT, toys=toys, home=home, **rest)
    assert properties(tool, 'A cat called "Tom", please.').keys() == {"name"}
    spoken = properties(tool, 'A cat called "Tom" with legs and toys, very wild and old.')
    assert spoken.keys() == {"name", "toys", "mood", "is_old", "legs"}


def test_an_ordinary_word_is_the_value_where_a_name_and_an_end_enclose_it() -> None:
    offers = {"type": "array", "items": {"type": "object", "properties": {"type": TEXT}}}
    tool = form("create_order", "type", type=TEXT, offers=offers, kind=TEXT)
    kept = properties(tool, "An order with the type plain, the offer type bulk and the kind of x.")
    assert kept["type"] == {"enum": ["plain"]}
    assert kept["offers"]["items"]["properties"]["type"] == {"enum": ["bulk"]}
    days = form("create_plan", "x", x=TEXT, days={"type": "array", "items": TEXT})
    listed = properties(days, "A plan with the days odd and even.")["days"]
    assert listed["prefixItems"] == [{"const": "odd"}, {"const": "even"}]


def test_a_field_is_not_meant_where_an_argument_has_its_name() -> None:
    inner = {"type": "object", "properties": {"version": TEXT, "owner": TEXT}}
    tool = form("create_set", "version", version=TEXT, meta=inner)
    assert properties(tool, "A set with the version 2.8.1, please.").keys() == {"version"}
    kept = properties(tool, "A set with the version 2.8.1 and the meta version 3.0.")
    assert kept["meta"]["properties"]["version"] == {"enum": ["3.0"]}


def test_a_new_thing_is_called_what_the_request_calls_it() -> None:
    tool = form("create_user", "mail", mail=TEXT, name=TEXT)
    kept = held(tool, 'A new user called "Kim" with the mail k@x.org.')
    assert kept is not None and set(kept["required"]) == {"mail", "name"}
    other = held(tool, 'A user with the mail k@x.org for the team called "Kim".')
    assert other is not None and other["required"] == ["mail"]


def test_an_entry_is_known_by_its_own_id() -> None:
    listed = [{"id": 15, "name": "Tom", "home": {"id": 50, "city": "Rome"}}]
    found = list(entries_with(["Tom"], read("Remove Tom.", listed)))
    assert found == [("id", "15"), ("name", "Tom"), ("city", "Rome")]


def test_what_was_looked_up_is_not_looked_up_again_before_another() -> None:
    tool = form("get_cat", "cat_id", cat_id=TEXT)
    asks = Message(role="user", content="Compare cat c-1 and cat c-2.")
    call = Call(name="get_cat", arguments={"cat_id": "c-1"}, raw="")
    seen = [turn.model_copy(update={"call": turn.call and call}) for turn in made("", "", 200)]
    kept = restrict_to_what_was_read([tool], [asks, *seen], reading={"get_cat"})
    assert kept[0]["function"]["parameters"]["properties"]["cat_id"] == {"enum": ["c-2"]}
    assert looked_up_ids("get_cat", [*seen, *made("edit_cat", "{}", 200)]) == {}


def test_a_word_behind_with_is_no_value() -> None:
    assert stated_value("log", "the log with the user name x7").after == ()
    assert stated_value("process", "run process rhbd now").after == ("rhbd",)


def test_what_was_looked_for_and_not_found_is_none_of_what_was_listed() -> None:
    tool = form("delete_cat", "cat_id", cat_id=TEXT)
    assert held(tool, 'Delete the cat called "Tom".', '[{"id": "c-1", "name": "Ann"}]') is None
    kept = properties(tool, 'Delete the cat called "Tom".', '[{"id": "c-1", "name": "Tom"}]')
    assert kept["cat_id"] == {"enum": ["c-1"]}


def test_where_arguments_are_named_the_others_get_nothing() -> None:
    tool = form("create_cat", "x", x=TEXT, mood=TEXT, size=TEXT, note=TEXT)
    labelled = properties(tool, 'A cat with the mood "very calm", the size "xl-2" and "c-8".')
    assert labelled.keys() == {"x", "mood", "size"}
    assert "note" in properties(tool, 'A cat "c-8", please.')


def test_a_name_in_two_words_is_one_where_there_is_no_other() -> None:
    said = 'We need a new list called "Jolly".'
    kept = held(form("create_list", "x", x=TEXT, friendly_name=TEXT), said)
    assert kept is not None and "friendly_name" in kept["required"]
    kept = held(form("create_list", "x", x=TEXT, name=TEXT, job_title=TEXT), said)
    assert kept is not None and kept["required"] == ["x", "name"]


@pytest.mark.parametrize(
    ("reply", "page"),
    [
        ('{"cats": [{"id": "c-1"}], "has_more": true}', 2),
        ('{"cats": [{"id": "c-1"}], "has_more": true, "page": 0}', 1),
        ('{"cats": [{"id": "c-1"}], "has_more": false}', None),
    ],
)
def test_a_list_that_goes_on_is_read_on(reply: str, page: int | None) -> None:
    tool = form("list_cats", page={"type": "integer"})
    call = Call(name="list_cats", arguments={}, raw="{}")
    asks = Message(role="user", content="Count all cats.")
    read_ = Message(role="observation", content=reply, status=200)
    turns = [asks, Message(role="caller", content="", call=call), read_]
    kept = restrict_to_what_was_read([tool, form("get_cat", "id", id=TEXT)], turns)
    shown = kept[0]["function"]["parameters"]["properties"]
    assert shown["page"] == ({"type": "integer"} if page is None else {"enum": [page]})
