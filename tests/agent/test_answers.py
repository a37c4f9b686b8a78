"""What an answer has to say: asked values as they were shown, counts and sums calculated."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from agent.runtime.forms.answers import answer_of, calculate
from trajectories.records import Call, Message

CATS = [
    {"id": "c-1", "name": "Tom", "mood": "wild", "weight": 4, "updatedAt": "2025-01-02T00:00:00Z"},
    {"id": "c-2", "name": "Ann", "mood": "calm", "weight": 6, "owner": {"name": "Kim"}},
]


def read(request: str, *replies: Any, tool: str = "list_cats", status: int = 200) -> list[Message]:
    turns = [Message(role="user", content=request)]
    for reply in replies:
        call = Call(name=tool, arguments={}, raw="{}")
        turns.append(Message(role="caller", content="", call=call))
        text = orjson.dumps(reply).decode()
        turns.append(Message(role="observation", content=text, status=status))
    return turns


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        ("What is the mood of cat c-2?", (("calm",),)),
        ("Tell me the weight and mood of cat c-1.", (("4",), ("wild",))),
        ("What is the last update time of the cat?", (("2025-01-02T00:00:00Z",),)),
        ("What is the owner name of cat c-2?", (("Kim",),)),
        ("How many cats are there?", (("2",),)),
        ("How many cats are wild?", (("1",),)),
        ("What is the highest weight?", (("6",),)),
        ("Add up the weight of all cats.", (("10",),)),
        ("Remove the cat whose mood is bad.", ()),
    ],
)
def test_asked_values_are_those_under_the_names_that_a_request_speaks_of(
    request_: str, asked: tuple[tuple[str, ...], ...]
) -> None:
    assert answer_of(read(request_, CATS)).asked == asked


def test_fields_are_asked_for_as_people_say_them() -> None:
    cat = {"id": "c-1", "deleted_at": "2025-03-01", "bornOn": "2019-04-02"}
    said = answer_of(read("I need the deletion time and the birth date of cat c-1.", cat))
    assert said.asked == (("2025-03-01",), ("2019-04-02",))


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        ("When does visit v-1 end?", (("2025-11-28",),)),
        ("Is visit v-1 paid?", (("true",),)),
        ("Has visit v-1 been cancelled? Thanks.", (("false",),)),
        ("What is the name of the paid visit?", (("Tom",),)),
        ("Cancel visit v-1.", ()),
    ],
)
def test_moments_and_whether_a_thing_is_so_are_asked_for_by_their_verbs(
    request_: str, asked: tuple[tuple[str, ...], ...]
) -> None:
    visit = {"id": "v-1", "name": "Tom", "ends_at": "2025-11-28", "paid": True, "cancelled": False}
    assert answer_of(read(request_, visit)).asked == asked


def test_a_total_beside_a_list_is_the_count_and_pages_add_up() -> None:
    page = {"items": CATS, "total": 9}
    assert answer_of(read("How many cats are there?", page)).asked == (("9",),)
    assert answer_of(read("How many cats are there?", CATS, CATS[:1])).asked == (("3",),)


def test_the_last_reply_that_has_a_field_is_asked_about() -> None:
    said = answer_of(read("What is the name of the owner of cat c-1?", CATS[0], {"name": "Kim"}))
    assert said.asked == (("Kim",),) and {"Tom", "c-1"} <= set(said.known)


def test_numbers_are_calculated() -> None:
    found = [calculate(how, [1, 2, 6]) for how in ("highest", "lowest", "sum", "mean")]
    assert found == [6, 1, 9, 3]


@pytest.mark.parametrize(
    ("request_", "calculated"),
    [
        ("How many cats are there?", ("count of list_cats = 2",)),
        ("How many cats are wild?", ("count of list_cats = 1",)),
        ("Add up the weight of all cats.", ("sum of weight of 2 = 10",)),
        ("What is the weight of cat c-1?", ()),
    ],
)
def test_what_is_calculated_is_told_from_what_was_read(
    request_: str, calculated: tuple[str, ...]
) -> None:
    assert answer_of(read(request_, CATS)).calculated == calculated
    assert answer_of(read("How many cats are there?", {"items": [], "total": 9})).calculated == ()


@pytest.mark.parametrize(
    ("request_", "tool", "barred"),
    [
        ("Delete cat c-8.", "delete_cat", {"added", "created", "updated"}),
        ("Add a cat to hut h-2.", "add_cat", {"gone", "updated"}),
        ("Update cat c-8.", "feed_cat", set()),
    ],
)
def test_an_answer_says_nothing_to_be_done_that_was_not(
    request_: str, tool: str, barred: set[str]
) -> None:
    said = set(answer_of(read(request_, {"id": "c-8"}, tool=tool)).words)
    assert {"added", "created", "updated", "gone"} - said >= barred
    assert said and (barred or said >= {"added", "gone"})


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        ("Give me the name of all cats whose mood is calm.", (("Tom",), ("Kim",))),
        ("Give me the name and age of every calm cat.", (("Tom",), ("3",), ("Kim",), ("5",))),
    ],
)
def test_what_is_asked_of_all_is_said_of_each(
    request_: str, asked: tuple[tuple[str, ...], ...]
) -> None:
    cats = [("Tom", 3, "calm"), ("Ann", 4, "wild"), ("Kim", 5, "calm")]
    listed = [{"name": name, "age": age, "mood": mood} for name, age, mood in cats]
    assert answer_of(read(request_, listed)).asked == asked


def test_links_beside_a_list_are_no_list_of_things() -> None:
    page = {"cats": [{"id": "c-1"}, {"id": "c-2"}], "links": [{"href": "/a", "rel": "self"}]}
    assert answer_of(read("How many cats are there?", page)).asked == (("2",),)


def test_nothing_is_claimed_where_nothing_was_changed() -> None:
    claims = {"updated", "changed", "done", "added", "gone"}
    asks = "Please update cat c-8."
    looked = set(answer_of(read(asks, [{"id": "c-7"}], tool="list_cats")).words)
    assert looked and not looked & claims
    lost = read(asks, {}, tool="update_cat")
    lost[-1] = Message(role="observation", content="No response: the request timed out.")
    assert set(answer_of(lost).words) >= claims
    assert set(answer_of(read(asks, {}, tool="update_cat")).words) >= {"updated", "done"}
