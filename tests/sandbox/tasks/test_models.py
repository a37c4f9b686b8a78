"""Tasks files: read, written, and refused with the place and what would be valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import PlanError
from sandbox.tasks import TaskFile
from sandbox.tasks.generate import generate
from sandbox.world import World

CLOSE = """
document: helpdesk
tasks:
  - id: close
    instruction: Close ticket 4711.
    goal:
      state:
        - {collection: /tickets, id: "4711", pointer: /status, operator: equals, value: closed}
    solution:
      - {tool: close_ticket, arguments: {ticket_id: 4711}}
"""


def test_a_hand_written_file_is_read() -> None:
    found = TaskFile.parse(CLOSE)
    (task,) = found.tasks
    assert task.kind == "written" and task.solvable
    assert task.goal.state[0].value == "closed"
    assert task.solution is not None and task.solution[0].arguments == {"ticket_id": 4711}


def test_generated_tasks_survive_the_file(tmp_path: Path) -> None:
    tasks = list(generate(World.load("bookshop"), n=60, seed=4))
    TaskFile(document="bookshop", tasks=tasks).dump(tmp_path / "tasks.yaml")
    assert TaskFile.load(tmp_path / "tasks.yaml").tasks == tasks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("instruction:", "instructions:"), "unknown word; valid here are"),
        (("operator: equals", "operator: equal"), "'equals'"),
        (("pointer: /status", "pointer: status"), "must be empty or start with '/'"),
        (("ticket_id: 4711", "ticket_id: {$result: 0, pointer: /id}"), "valid are steps before 0"),
        (("collection: /tickets", "collection: tickets"), "tasks/0/goal/state/0/collection"),
        (("- id: close", "- id: [close"), "is not YAML"),
    ],
)
def test_a_fault_in_the_file_is_named(change: tuple[str, str], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        TaskFile.parse(CLOSE.replace(*change), place="close.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("close.yaml: ")


def test_two_tasks_of_one_name_are_refused() -> None:
    twice = CLOSE + CLOSE.partition("tasks:\n")[2]
    with pytest.raises(PlanError, match="two tasks are called 'close'"):
        TaskFile.parse(twice)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read: No such file"):
        TaskFile.load(tmp_path / "none.yaml")
