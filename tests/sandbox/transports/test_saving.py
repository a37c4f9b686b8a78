"""A server's sessions outlive it; a referee stands beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import World
from sandbox.errors import PlanError
from sandbox.messages import Response
from sandbox.transports.refereeing import Refereeing
from sandbox.transports.server import Background, Server
from sandbox.transports.session_file import Saving
from sandbox.transports.session_table import Sessions

AUTH = {"authorization": "Bearer the-token"}


def served(world: World, **options: Any) -> Server:
    return Server({"bookshop": world}, token="the-token", mcp=False, **options)


def test_the_next_start_goes_on(world: World, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with Background(served(world, state=file)) as server:
        books = httpx.get(f"{server.url}/v1/books", headers=AUTH).json()["items"]
        gone = f"/v1/books/{books[0]['id']}"
        assert httpx.delete(server.url + gone, headers=AUTH).status_code == 204
        opened = httpx.post(f"{server.url}/_wavetank/sessions", headers=AUTH, json={"seed": 9})
        assert opened.json()["id"] == "s1"
    with Background(served(world, state=file)) as server:
        assert httpx.get(server.url + gone, headers=AUTH).status_code == 404
        again = httpx.get(f"{server.url}/_wavetank/sessions/s1", headers=AUTH).json()
        rows = httpx.get(f"{server.url}/_wavetank/sessions/bookshop/ledger", headers=AUTH).json()
    assert (again["seed"], [row["seq"] for row in rows]) == (9, [2])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"document": "0"}, "another document"),
        ({"seed": 5}, "another seed"),
        ({"clock": None}, "not a kept session"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    world: World, tmp_path: Path, wrong: dict[str, Any], words: str
) -> None:
    file = tmp_path / "state.json"
    with Background(served(world, state=file)) as server:
        httpx.get(f"{server.url}/v1/books", headers=AUTH)
    record = json.loads(file.read_bytes())
    record["sessions"][0]["session"].update(wrong)
    file.write_text(json.dumps(record))
    with pytest.raises(PlanError, match=words):
        served(world, state=file)


@pytest.mark.parametrize("text", ["", "[]", '{"sessions": [{"id": "x"}]}', "\x00"])
def test_what_is_no_state_file_is_refused(world: World, tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(PlanError, match="is not a state file"):
        served(world, state=file)


def test_the_referee_agrees(world: World) -> None:
    with Background(served(world, referee=True)) as server:
        for query in ("", "?per_page=3", "?per_page=none"):
            httpx.get(f"{server.url}/v1/books{query}", headers=AUTH)
        call = {"tool": "listOrders", "arguments": {}}
        httpx.post(f"{server.url}/_wavetank/sessions/bookshop/calls", headers=AUTH, json=call)
        told = httpx.get(f"{server.url}/_wavetank/referee", headers=AUTH).json()
    assert told == {"running": True, "judged": 4, "unjudged": 0, "violations": []}


def test_the_referee_objects(world: World) -> None:
    sessions = Sessions({"bookshop": world})
    ledger = sessions["bookshop"].session.ledger
    sessions["bookshop"].session.call("listBooks", {})
    bad = Response(200, (("content-type", "application/json"),), b'{"items": 5}')
    ledger.append(ledger[0]._replace(seq=1, response=bad))
    found = Refereeing(sessions).report()
    assert [(one["seq"], one["about"]) for one in found["violations"]] == [(1, "reply")]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A state file that cannot be written: where it is put together there is a folder."""
    blocker = tmp_path / "state.json.new"
    blocker.mkdir()
    yield tmp_path / "state.json"


def test_a_file_that_cannot_be_written_is_reported_once_and_tried_again(
    world: World, full: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        full.write_text("{}")
        sessions = Sessions({"bookshop": world})
        saving = Saving(sessions, full)
        keeping = asyncio.create_task(saving.keep(every=0.01))
        sessions["bookshop"].session.call("listBooks", {})
        while not caplog.messages:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        with pytest.raises(OSError, match="what its journal does not hold is lost"):
            saving.close()
        full.with_name("state.json.new").rmdir()
        while len(caplog.messages) < 2:
            await asyncio.sleep(0.02)
        keeping.cancel()

    asyncio.run(work())
    assert [message.partition(": the sessions ")[2][:15] for message in caplog.messages] == [
        "cannot be kept:",
        "are kept again",
    ]
    assert json.loads(full.read_bytes())["sessions"][0]["session"]["calls"] == 1


def test_a_place_that_cannot_be_written_is_refused_at_the_start(world: World, full: Path) -> None:
    with pytest.raises(PlanError, match=r"state\.json: cannot be written: Is a directory"):
        served(world, state=full)


def test_a_state_that_nests_too_deep_is_refused(world: World, tmp_path: Path) -> None:
    for levels in (400, 100_000):
        file = tmp_path / "state.json"
        file.write_text(f'{{"sessions": {"[" * levels}{"]" * levels}}}')
        with pytest.raises(PlanError, match=r"is not a state file: (it nests|list)"):
            served(world, state=file)
