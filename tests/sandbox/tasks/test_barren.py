"""Documents that seem to hold no task hold one where a person would find one."""

from __future__ import annotations

from sandbox.tasks import generate
from tests.sandbox.world.documents import by, does, thing, world_of

WORD = {"type": "string", "enum": ["open", "shut"]}


def test_a_list_that_needs_an_object_of_one_value_is_counted() -> None:
    target = {**by("target", "query", thing(kind=WORD)), "required": True, "style": "deepObject"}
    surveys = {"type": "array", "items": thing("id", id={"type": "integer"})}
    world = world_of({"/surveys": {"get": does(shows=surveys, parameters=[target])}})
    made = [task for task in generate(world, n=6, seed=1) if task.solution]
    assert made and all("target kind" in task.instruction for task in made)


def test_rows_are_no_entities_and_what_stands_beside_them_is_asked_for() -> None:
    rows = {"type": "array", "items": {"type": "array", "items": WORD}}
    board = thing("winner", "board", winner=WORD, board=rows)
    key = [by("row"), by("column")]
    square = does(shows=WORD, parameters=key)
    paths = {"/board": {"get": does(shows=board)}, "/board/{row}/{column}": {"get": square}}
    made = [task for task in generate(world_of(paths), n=6, seed=1) if task.solution]
    assert any("winner" in task.instruction for task in made)
