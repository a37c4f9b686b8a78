"""The store keeps records byte for byte, once, and finds them again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trajectories.little import finished, malformed
from trajectories.records import Call, Message, Trajectory
from trajectories.rows import prompt
from trajectories.store import Store

TEXTS = st.text(max_size=40) | st.text(min_size=1, max_size=3).map(lambda text: text * 3000)


def test_what_is_added_comes_back_to_the_byte(place: str) -> None:
    records = [finished(number) for number in range(5)]
    with Store.open(place) as store:
        assert store.add_many(records) == 5
    with Store.open(place) as store:
        back = list(store.iterate())
    assert [item.id for item in back] == sorted(item.id for item in records)
    assert {item.digest() for item in back} == {item.digest() for item in records}


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS, max_size=4), st.dictionaries(TEXTS, st.integers(), max_size=3))
def test_any_text_survives(texts: list[str], extra: dict[str, int]) -> None:
    messages = [Message(role="observation", content=text) for text in texts]
    record = finished(messages=messages, options=extra, ledger=[{"body": text} for text in texts])
    with Store.open(":memory:") as store:
        assert store.add(record)
        back = store.get(record.id)
    assert back is not None and back.to_bytes() == record.to_bytes()


def test_an_id_is_stored_once(place: str) -> None:
    with Store.open(place) as store:
        assert store.add(finished())
        assert not store.add(finished())
        assert store.add_many([finished(2), finished(2), finished(1)]) == 1
        assert store.count() == 2
        assert store.get("absent") is None


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"outcome": "success"}, 1),
        ({"outcome": "failure"}, 1),
        ({"outcome": "give_up"}, 1),
        ({"fault": "H01"}, 2),
        ({"fault": "T03"}, 0),
        ({"armed": "H01", "drift": "D03"}, 2),
        ({"operation": "getBook", "tool": "get_book"}, 2),
        ({"role": "summarizer"}, 1),
        ({"agent": "scripted:polite", "document": "Bookshop", "kind": "read", "seed": 1}, 2),
        ({"attribution": "agent"}, 1),
        ({"attribution": "agent:caller"}, 1),
        ({"attribution": "injected"}, 0),
        ({"text": "wrote B1"}, 2),
        ({"text": '"olsen wrote it"'}, 1),
        ({"text": '"wrote olsen"'}, 0),
        ({"text": "429"}, 0),
        ({"text": '!"*'}, 0),
    ],
)
def test_questions_find_what_they_say(place: str, terms: dict[str, str], found: int) -> None:
    with Store.open(place) as store:
        store.add_many([finished(), malformed()])
        assert store.count(**terms) == found  # type: ignore[arg-type]
        assert len(list(store.iterate(**terms))) == found  # type: ignore[arg-type]


def test_an_unknown_question_is_refused() -> None:
    with Store.open(":memory:") as store, pytest.raises(TypeError, match="valid: agent, armed"):
        store.count(colour="red")  # type: ignore[call-arg]


def test_documents_are_kept_by_their_hash(place: str) -> None:
    with Store.open(place) as store:
        name = store.keep(b"openapi: 3.1.0")
        assert store.keep(b"openapi: 3.1.0") == name
        assert store.part(name) == b"openapi: 3.1.0"
        assert store.part("00" * 32) is None


def test_tools_keep_the_order_in_which_the_agent_read_them(place: str) -> None:
    properties = {"zone": {"type": "string"}, "area": {"type": "string"}}
    tool = {"type": "function", "function": {"name": "x", "parameters": {"properties": properties}}}
    record = finished(tools=[tool])
    with Store.open(place) as store:
        store.add(record)
        back = store.get(record.id)
    assert back is not None and str(back.tools) == str([tool])
    assert str(Trajectory.from_bytes(record.to_bytes()).tools) == str([tool])
    assert prompt("planner", tools=back.tools, messages=[]) == prompt(
        "planner", tools=[tool], messages=[]
    )


def test_odd_and_endless_texts_survive(place: str) -> None:
    call = Call(name="\0" + "x" * 5000, arguments=None, raw="\0\x1b" + "0123456789abcdef " * 9000)
    messages = [Message(role="caller", content=f"word{n} " * 4000, call=call) for n in range(80)]
    thoughts = [Message(role="planner", content=f"{n:x} " * 9000) for n in range(80)]
    record = finished(messages=[*messages, *thoughts], seed=2**70)
    with Store.open(place) as store:
        assert store.add(record)
        assert store.get(record.id) == record
        assert store.count(seed=2**70, tool=call.name) == 1


def test_neighbours_are_all_records_seed_by_seed(place: str) -> None:
    records = [finished(number, seed=number % 3) for number in range(9)]
    with Store.open(place) as store:
        store.add_many(records)
        found = list(store.neighbours())
        assert [item.seed for item in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert sorted(item.id for item in found) == sorted(item.id for item in records)
