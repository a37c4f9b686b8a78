"""OpenAI-compatible servers, met over a real socket: role texts and tool calling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agent.agents import agent_from
from agent.backends import RoleRequest
from agent.backends.openai import Chat, OpenAIBackend
from agent.collect.collect import collect
from agent.errors import BackendError
from tests.agent.conftest import ModelServer, Reply, chat
from tests.agent.worlds import add_book, read_price, shelf
from trajectories import Store, Trajectory

Start = Callable[[Reply], tuple[ModelServer, str]]


def texts(url: str, prompts: list[str], *tried: str, **options: Any) -> list[str]:
    backend = OpenAIBackend(Chat("tiny", url, **options))

    async def ask() -> list[str]:
        try:
            return await backend.generate(
                [RoleRequest("planner", p, ("</s>",), 9, tried=tried) for p in prompts]
            )
        finally:
            await backend.chat.close()

    return asyncio.run(ask())


def attempt(agent: Any, task: Any) -> Trajectory:
    with Store.open(":memory:") as store:
        list(collect([shelf()], agent, store, n=1, tasks=[task]))
        return next(store.iterate())


def test_a_prompt_goes_out_whole_and_its_text_comes_back(model_server: Start) -> None:
    app, url = model_server(lambda asked: chat(asked["messages"][0]["content"].upper()))
    assert texts(url, ["a", "b"], key="secret") == ["A", "B"]
    assert app.heard[0] | {"messages": []} == {
        "model": "tiny",
        "messages": [],
        "max_tokens": 9,
        "temperature": 0.0,
        "stop": ["</s>"],
        "seed": 0,
    }
    assert app.keys == ["Bearer secret"] * 2


def test_what_was_tried_is_said_in_a_message_of_its_own(model_server: Start) -> None:
    app, url = model_server(lambda asked: chat(asked["messages"][-1]["content"]))
    (said,) = texts(url, ["Cats?"], "Call listCats.", "Call getCat.")
    assert said.splitlines()[1:] == ["- Call listCats.", "- Call getCat."]
    assert [turn["content"] for turn in app.heard[0]["messages"]] == ["Cats?", said]


def test_no_content_is_an_empty_text(model_server: Start) -> None:
    _, url = model_server(lambda asked: chat(None))
    assert texts(url, ["a"]) == [""]


def test_a_busy_server_is_waited_for(model_server: Start) -> None:
    said = iter([(429, {}), (503, "busy"), chat("ok")])
    app, url = model_server(lambda asked: next(said))
    assert texts(url, ["a"]) == ["ok"]
    assert len(app.heard) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((404, "no such model"), "HTTP 404: no such model"),
        ((200, "<html>"), "no chat completion"),
        ((200, {"choices": []}), "no chat completion"),
        ((200, {"choices": [{"message": "hm"}]}), "no chat completion"),
    ],
)
def test_what_is_no_completion_is_said(
    model_server: Start, reply: tuple[int, Any], words: str
) -> None:
    _, url = model_server(lambda asked: reply)
    with pytest.raises(BackendError, match=words):
        texts(url, ["a"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "nonsense://x", "http://"])
def test_a_server_that_is_not_there_is_said(url: str) -> None:
    with pytest.raises(BackendError, match="no answer from the model server"):
        texts(url, ["a"], retries=0)


def test_three_roles_can_be_one_server(model_server: Start) -> None:
    def reply(asked: dict[str, Any]) -> tuple[int, Any]:
        prompt = asked["messages"][0]["content"]
        if prompt.endswith("planner:"):
            done = "observation:" in prompt
            return chat("Done. Next: conclusion." if done else "I add it. Next: caller.")
        if prompt.endswith("caller:"):
            return chat('Action: createBook\nAction Input: {"title": "Tides", "price": 9.5}')
        return chat("It was added.")

    _, url = model_server(reply)
    part = f"openai:tiny@{url}"
    agent = agent_from(f"umi:planner={part},caller={part},summarizer=scripted:perfect")
    assert attempt(agent, add_book()).outcome.success


def test_a_tool_calling_model_acts_and_answers(model_server: Start) -> None:
    world = shelf()
    task = read_price(world)
    assert task.solution
    book = task.solution[0].arguments["book_id"]

    def reply(asked: dict[str, Any]) -> tuple[int, Any]:
        last = asked["messages"][-1]
        if last["role"] == "tool":
            return chat(f"I see: {last['content']}")
        return chat("I look.", [("getBook", f'{{"book_id": "{book}"}}')])

    app, url = model_server(reply)
    trajectory = attempt(agent_from(f"openai:tiny@{url}"), task)
    assert trajectory.outcome.success
    assert [turn.role for turn in trajectory.messages] == [
        "user",
        "planner",
        "caller",
        "observation",
        "planner",
        "summarizer",
    ]
    names = [tool["function"]["name"] for tool in app.heard[0]["tools"]]
    assert {"getBook", "wait", "read_docs", "authenticate"} <= set(names)


def test_a_broken_tool_call_is_an_observation(model_server: Start) -> None:
    said = iter(
        [chat("", [("createBook", '{"title": '), ("nothing", "[]")]), chat("I give up: sorry")]
    )
    _, url = model_server(lambda asked: next(said))
    trajectory = attempt(agent_from(f"openai:tiny@{url}"), add_book())
    shown = [turn.status for turn in trajectory.messages if turn.role == "observation"]
    assert shown == [400, 400]
    assert [row["raw"] for row in trajectory.ledger] == ['{"title": ', "[]"]
    assert trajectory.outcome.end == "give_up"


def test_a_model_that_says_nothing_has_failed(model_server: Start) -> None:
    _, url = model_server(lambda asked: chat(""))
    trajectory = attempt(agent_from(f"openai:tiny@{url}"), add_book())
    assert (trajectory.outcome.end, trajectory.outcome.attribution) == ("error", "agent:summarizer")


def test_a_model_that_never_stops_is_stopped(model_server: Start) -> None:
    _, url = model_server(lambda asked: chat("", [("listBooks", "{}")]))
    trajectory = attempt(agent_from(f"openai:tiny@{url}"), add_book())
    assert trajectory.outcome.end == "repeats"
