"""Tasks that add something to a parent or take it out, and who passes them."""

from __future__ import annotations

import pytest

from sandbox import World
from sandbox.tasks import generate
from sandbox.tasks.judge import judge
from sandbox.tasks.models import SolutionStep, Task
from tests.sandbox.world.documents import by, does, thing
from tests.sandbox.world.test_memberships import TEXT, club

ROLE = {**TEXT, "enum": ["admin", "guest"]}
TAKES = thing(user_id=TEXT, role=ROLE)


def membership_task(world: World, tool: str) -> Task:
    made = generate(world, n=40, seed=2, kinds=["act"])
    return next(task for task in made if first_step(task).tool.startswith(tool))


def first_step(task: Task) -> SolutionStep:
    assert task.solution is not None
    return task.solution[0]


@pytest.mark.parametrize("tool", ["put_", "delete_"])
def test_the_asked_call_passes_and_nothing_and_more_than_that_fail(tool: str) -> None:
    world = club().world
    task = membership_task(world, tool)
    done, idle, more = (world.session(seed=task.seed) for _ in range(3))
    step = first_step(task)
    for session in (done, more):
        assert not session.call(step.tool, step.arguments).error
    others = [id for id in more.state.ids("/users") if id != step.arguments["id"]]
    for id in others:
        more.call("put_teams_team_users_id", {**step.arguments, "id": id})
    verdicts = [judge(task, session, task.reference_answer) for session in (done, idle, more)]
    assert [v.success for v in verdicts] == [True, False, False]


def test_what_the_body_says_besides_is_asked_for() -> None:
    add = does(201, takes=TAKES, parameters=[by("team")])
    world = club(post=add).world
    task = membership_task(world, "post_")
    step = first_step(task)
    assert all(step.arguments[name] in task.instruction for name in ("role", "user_id"))
    wrong = {"admin": "guest", "guest": "admin"}[step.arguments["role"]]
    session = world.session(seed=task.seed)
    session.call(step.tool, {**step.arguments, "role": wrong})
    assert not judge(task, session, task.reference_answer).success
