"""What calls changed since the state file was written: kept before they answer, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox import World
from sandbox.messages import Request, Response
from sandbox.transports.journal import NotKept
from sandbox.transports.session_file import Saving
from sandbox.transports.session_table import Sessions
from tests.sandbox.world.documents import Json, by, does, thing, world_of

TEXT = {"type": "string"}
NOTE = thing("id", "text", id={**TEXT, "readOnly": True}, text=TEXT)
LINE = thing("id", "text", id={**TEXT, "readOnly": True}, text=TEXT)
JOB = thing("id", "status", id=TEXT, status={"enum": ["queued", "running", "done"]})


def little() -> World:
    def many(of: Json) -> Json:
        return {"type": "array", "items": of}

    new, key = thing(text=TEXT), by("Idempotency-Key", "header")
    one, at = [by("id")], "/notes/{id}"
    return world_of({
        "/notes": {"get": does(shows=many(NOTE)), "post": does(201, NOTE, new, parameters=[key])},
        at: {"get": does(shows=NOTE), "patch": does(200, NOTE, new), "delete": does(204),
             "parameters": one},
        f"{at}/lines": {"get": does(shows=many(LINE)), "post": does(201, LINE, new),
                        "parameters": one},
        "/lines/{id}": {"get": does(shows=LINE), "parameters": one},
        "/exports": {"post": does(202, JOB)},
        "/exports/{id}": {"get": does(shows=JOB), "parameters": one},
    })  # fmt: skip


def ask(sessions: Sessions, method: str, path: str, text: str = "", key: str = "") -> Response:
    session = sessions["t"].session
    body = orjson.dumps({"text": text}) if text else b""
    headers = [("content-type", "application/json")] if text else []
    headers += [("idempotency-key", key)] if key else []
    with sessions.call(session, len(body)):
        return session.handle(Request(method, path, "", tuple(headers), body))


def shown(sessions: Sessions, *paths: str) -> list[Any]:
    return [orjson.loads(ask(sessions, "GET", path).body) for path in paths]


def begun(file: Path) -> tuple[Sessions, Saving]:
    sessions = Sessions({"t": little()})
    saving = Saving(sessions, file)
    saving.load()
    return sessions, saving


def work(sessions: Sessions) -> list[str]:
    """Of everything that a call may change; the paths that show it."""
    made = [
        orjson.loads(ask(sessions, "POST", "/notes", text, key=text).body)["id"]
        for text in ("a", "a", "b", "c")
    ]
    assert made[0] == made[1]
    ask(sessions, "PATCH", f"/notes/{made[2]}", "bb")
    line = orjson.loads(ask(sessions, "POST", f"/notes/{made[2]}/lines", "of b").body)["id"]
    ask(sessions, "POST", f"/notes/{made[3]}/lines", "of c")
    ask(sessions, "DELETE", f"/notes/{made[3]}")
    job = orjson.loads(ask(sessions, "POST", "/exports").body)["id"]
    return ["/notes", f"/notes/{made[2]}/lines", f"/lines/{line}", f"/exports/{job}"]


def test_a_server_that_is_gone_is_where_its_last_call_left_it(tmp_path: Path) -> None:
    sessions, _ = begun(tmp_path / "state.json")
    paths = work(sessions)
    before, kept = shown(sessions, *paths), sessions["t"].session.state.overlay
    again, _ = begun(tmp_path / "state.json")
    resumed = again["t"].session
    assert resumed.state.overlay._replace(jobs=kept.jobs) == kept
    assert shown(again, *paths) == before
    same = ask(again, "POST", "/notes", "b", key="b").body, ask(sessions, "POST", "/notes", "d")
    assert same[0] == ask(sessions, "POST", "/notes", "b", key="b").body
    assert ask(again, "POST", "/notes", "d").body == same[1].body


def test_a_start_clears_the_journal_and_half_a_line_is_none(tmp_path: Path) -> None:
    sessions, saving = begun(tmp_path / "state.json")
    ask(sessions, "POST", "/notes", "whole")
    before = shown(sessions, "/notes")
    log = next(tmp_path.glob("state.json.*.log"))
    data = log.read_bytes().rstrip(b"\0")
    log.write_bytes(data + data[: len(data) // 2] + bytes(5000))
    again, saving = begun(tmp_path / "state.json")
    assert shown(again, "/notes") == before
    assert len([*tmp_path.glob("state.json.*.log")]) == 1
    saving.close()
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


def test_an_older_record_is_not_written_over_a_newer_one(tmp_path: Path) -> None:
    sessions, saving = begun(tmp_path / "state.json")
    older = saving._record()
    ask(sessions, "POST", "/notes", "later")
    saving.save()
    saving._write(older)
    again, _ = begun(tmp_path / "state.json")
    assert shown(again, "/notes") == shown(sessions, "/notes")


def test_what_finds_no_room_is_refused_and_nothing_of_it_stays(tmp_path: Path) -> None:
    import resource

    sessions, _ = begun(tmp_path / "state.json")
    ask(sessions, "POST", "/notes", "kept")
    before, limit = shown(sessions, "/notes"), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        for text in ("x", "y" * 2_000_000):
            with pytest.raises(NotKept, match="no room to keep"):
                ask(sessions, "POST", "/notes", text)
        assert shown(sessions, "/notes") == before
        asked = [row.request for row in sessions["t"].session.ledger if row.request]
        assert not any(len(each.body) > 1_000_000 for each in asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert ask(sessions, "POST", "/notes", "room again").status == 201
    again, _ = begun(tmp_path / "state.json")
    assert shown(again, "/notes") == shown(sessions, "/notes")


@pytest.mark.parametrize("change", [
    lambda sessions: sessions["t"].change_plans(faults="H01"),
    lambda sessions: sessions["t"].session.give({"collection": "/notes", "id": "g", "values": {}}),
    lambda sessions: sessions.open(seed=7),
])  # fmt: skip
def test_what_is_no_call_is_kept_with_the_next_save(
    tmp_path: Path, change: Callable[[Sessions], Any]
) -> None:
    sessions, saving = begun(tmp_path / "state.json")
    change(sessions)
    saving.save()
    again, _ = begun(tmp_path / "state.json")
    armed = [held.session.faults is not None for held in sessions.values()]
    assert [held.session.faults is not None for held in again.values()] == armed
    assert [h.session.state.overlay for h in again.values()] == [
        h.session.state.overlay for h in sessions.values()
    ]
