"""A write whose outcome no read reveals: to say that one cannot tell is right exactly then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from agent.agents import agent_from
from agent.collect.collect import collect
from agent.evaluation.stress import Scenario, Scorecard, stress
from sandbox import World
from sandbox.tasks import Task
from tests.sandbox.world.documents import by, does, thing, world_of
from trajectories import Store
from trajectories.exports import export

NOTE = thing("id", "text", id={"type": "string", "readOnly": True}, text={"type": "string"})
LOST = {"fair": False, "rules": [{"fault": "T03", "trigger": "always", "match": {"op": "send"}}]}


def notes(*, readable: bool) -> World:
    paths: dict[str, Any] = {"/notes": {"post": does(201, NOTE, NOTE, operationId="send")}}
    if readable:
        paths["/notes"]["get"] = does(200, {"type": "array", "items": NOTE}, operationId="list")
        paths["/notes/{id}"] = {
            "parameters": [by("id")],
            "get": does(200, NOTE, operationId="read"),
        }
    return world_of(paths)


def send() -> Task:
    sent = {"collection": "/notes", "id": "*", "pointer": "/text", "value": "Hello"}
    return Task.model_validate(
        {
            "id": "send",
            "instruction": "Send the note Hello.",
            "goal": {"state": [{**sent, "operator": "equals"}]},
            "solution": [{"tool": "send", "arguments": {"text": "Hello"}}],
            "reference_answer": "Sent.",
        }
    )


@pytest.mark.parametrize(
    ("readable", "kind"), [(False, "uncertain_and_said"), (True, "done_and_said")]
)
def test_a_script_says_that_it_cannot_tell_where_nothing_tells(
    tmp_path: Path, readable: bool, kind: str
) -> None:
    agent = agent_from("scripted:perfect")
    with Store.open(f"sqlite:///{tmp_path}/store.db") as store:
        list(collect([notes(readable=readable)], agent, store, n=1, tasks=[send()], faults=LOST))
        (record,) = store.iterate(outcome="success")
        assert (record.outcome.kind, record.outcome.success) == (kind, True)
        assert sum(len(row["effects"]) for row in record.ledger) == 1
        export([record], "native", tmp_path / "rows.jsonl")
    assert kind in (tmp_path / "rows.jsonl").read_text()


def test_a_scorecard_counts_it_as_right() -> None:
    news = stress(
        [notes(readable=False)],
        [agent_from("scripted:perfect"), agent_from("scripted:fabricator")],
        n=1,
        tasks=[send()],
        scenarios=[Scenario("lost", faults=LOST)],
    )
    cards = [orjson.loads(orjson.dumps(c.as_json())) for c in news if isinstance(c, Scorecard)]
    assert cards[0]["outcomes"] == {"uncertain_and_said": 1}
    assert [cards[0][name]["percent"] for name in ("right_end", "goal_success")] == [100.0, 0.0]
