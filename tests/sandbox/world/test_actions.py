"""Actions on an entity: what they change is seen there, what nothing shows is in the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import Session, World
from sandbox.tasks.judge import net_effects
from sandbox.world.ledger import Effect
from sandbox.world.ledger_rows import row_json
from tests.sandbox.world.documents import by, does, thing, world_of
from tests.sandbox.world.test_one_place import ask

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
BOAT = thing(id=TEXT, name=TEXT, moored=FLAG, likes_count={"type": "integer", "maximum": 99})


def harbour() -> World:
    one, note = [by("id")], thing(text=TEXT)
    paths = {
        "/boats": {"get": does(shows={"type": "array", "items": BOAT})},
        "/boats/{id}": {"get": does(shows=BOAT, parameters=one)},
    }
    for verb, takes in (
        ("moor", None),
        ("like", None),
        ("rename", thing(name=TEXT)),
        ("warn", note),
    ):
        paths[f"/boats/{{id}}/{verb}"] = {"post": does(204, takes=takes, parameters=one)}
    paths["/boats/{id}/warn"]["put"] = does(204, takes=note, parameters=one)
    return world_of(paths)


def effects_of(session: Session, *calls: tuple[str, str, object]) -> Iterator[Effect]:
    boat = next(b for b in ask(session, "GET", "/boats")[1] if not b["moored"])
    for method, verb, body in calls:
        assert ask(session, method, f"/boats/{boat['id']}/{verb}", body)[0] == 204
        yield from session.ledger[-1].effects


def test_a_deed_that_no_field_shows_is_kept_as_a_call() -> None:
    session, said = harbour().session(seed=1), {"text": "Storm!"}
    (effect,) = effects_of(session, ("POST", "warn", said))
    assert effect.kind == "call" and effect.collection.endswith("/warn")
    assert effect.after is not None and effect.after["body"] == said
    assert row_json(session.world, session.ledger[-1])["readbacks"] == []


@pytest.mark.parametrize(("method", "deeds"), [("POST", 2), ("PUT", 1)])
def test_a_repeated_post_is_another_deed_and_a_repeated_put_the_same(
    method: str, deeds: int
) -> None:
    calls = [(method, "warn", {"text": "Storm!"})] * 2
    assert len(net_effects(effects_of(harbour().session(seed=1), *calls))) == deeds


@pytest.mark.parametrize("verb", ["moor", "like", "rename"])
def test_an_action_that_shows_is_an_update_and_the_same_again_is_nothing(verb: str) -> None:
    session, body = harbour().session(seed=1), {"name": "Ada"} if verb == "rename" else None
    kinds = [each.kind for each in effects_of(session, *[("POST", verb, body)] * 2)]
    assert kinds == ["update"] * (2 if verb == "like" else 1)
    readbacks = row_json(session.world, session.ledger[-1])["readbacks"]
    assert [*readbacks] == ["get_boats_id", "get_boats"]
