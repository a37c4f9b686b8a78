"""A teacher may rephrase; what it may not do is change what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent.collect.paraphrase import objection, paraphrase, teacher_from
from agent.errors import UnknownAgent
from sandbox.tasks import Task, generate
from sandbox.world import World
from tests.agent.conftest import ModelServer, Reply, chat

Start = Callable[[Reply], tuple[ModelServer, str]]


def price() -> Task:
    step = {"tool": "getBook", "arguments": {"book_id": "bk_41", "shelf": "crime"}}
    return Task.model_validate(
        {
            "id": "price",
            "instruction": 'What does "Dune Messiah" (bk_41, crime) cost?',
            "solution": [step],
            "goal": {"answer": {"required": [9.5]}},
            "template": "read/price/plain",
        }
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('How much is "Dune Messiah", the crime book bk_41?', None),
        ('How much is "Dune", the crime book bk_41?', '"Dune Messiah" is missing'),
        ('How much is "Dune Messiah", bk_41?', "crime is missing"),
        ('How much is "Dune Messiah", the crime book bk_41, in 2024?', "2024 was not asked for"),
        ('Use getBook for "Dune Messiah", the crime book bk_41.', "technical name"),
        ('Does "Dune Messiah", the crime book bk_41, cost 9.5?', "9.5"),
        ("", "said nothing"),
        ('"Dune Messiah" bk_41 crime ' * 20, "too much"),
    ],
)
def test_values_stay_and_nothing_is_added(text: str, reason: str | None) -> None:
    found = objection(price(), text)
    assert found is None if reason is None else reason in str(found)


def test_a_good_teacher_is_followed(model_server: Any) -> None:
    def reply(asked: dict[str, Any]) -> tuple[int, Any]:
        original = asked["messages"][0]["content"].rpartition("\n\n")[2]
        return chat(f"Could somebody help me? {original}")

    start: Start = model_server
    app, url = start(reply)
    tasks = list(generate(World.load("bookshop"), n=10, seed=1))
    found = paraphrase(tasks, teacher_from(f"tutor@{url}"))
    assert all(not each.refused for each in found) and len(app.heard) == 10
    assert found[0].task.instruction == f"Could somebody help me? {tasks[0].instruction}"
    assert found[0].task.template.endswith("/paraphrased")
    assert found[0].task.solution == tasks[0].solution


def test_a_teacher_that_talks_nonsense_changes_nothing(model_server: Any) -> None:
    _, url = model_server(lambda asked: chat("As a language model I like 42 turtles."))
    found = paraphrase([price(), price()], teacher_from(f"tutor@{url}"))
    assert [each.task for each in found] == [price(), price()]
    assert "is missing" in found[0].refused


def test_a_teacher_whose_replies_are_garbage_is_asked_once(model_server: Any) -> None:
    app, url = model_server(lambda asked: (200, "<html>"))
    found = paraphrase([price()] * 5, teacher_from(f"tutor@{url}"))
    assert {each.task.instruction for each in found} == {price().instruction}
    assert "no chat completion" in found[4].refused and len(app.heard) == 1


def test_a_dead_teacher_is_a_clear_note() -> None:
    found = paraphrase([price()] * 3, teacher_from("tutor@http://127.0.0.1:9/v1"))
    assert len(found) == 3 and "no answer from the model server" in found[2].refused
    with pytest.raises(UnknownAgent, match="MODEL@BASE_URL"):
        teacher_from("tutor")
