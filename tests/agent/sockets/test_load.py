"""Many agents at once: over HTTP on one server, and as rollouts in one process."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from agent.sockets.rollout import Rollouts
from tests.agent.worlds import shelf
from tests.bench.load import Server, free_port, started

AGENTS = 64
NOTE: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
}
KEPT = {**NOTE, "properties": {"id": {"type": "integer", "readOnly": True}, **NOTE["properties"]}}


def reply(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "ok", "content": {"application/json": {"schema": schema}}}


BODY = {"required": True, "content": {"application/json": {"schema": NOTE}}}
ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
NOTES: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes": {
            "get": {"responses": {"200": reply({"type": "array", "items": KEPT})}},
            "post": {"requestBody": BODY, "responses": {"201": reply(KEPT)}},
        },
        "/notes/{id}": {
            "parameters": ID,
            "get": {"responses": {"200": reply(KEPT)}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    },
}


async def work(client: httpx.AsyncClient, number: int, end: float) -> int:
    """Write a canary, read it, see nobody else's, delete it; a new session every 50 rounds."""
    rounds, place = 0, ""
    while monotonic() < end:
        if rounds % 50 == 0:
            if place:
                assert (await client.delete(f"/_wavetank/sessions/{place}")).is_success
            opened = await client.post("/_wavetank/sessions", json={"seed": number})
            place = opened.json()["id"]
        canary = f"canary {number}.{rounds}."
        made = await client.post(f"/s/{place}/notes", json={"text": canary})
        assert made.status_code == 201, made.text
        url = f"/s/{place}/notes/{made.json()['id']}"
        assert (await client.get(url)).json()["text"] == canary
        texts = [each["text"] for each in (await client.get(f"/s/{place}/notes")).json()]
        assert [text for text in texts if text.startswith("canary")] == [canary]
        assert (await client.delete(url)).status_code == 204
        assert (await client.get(url)).status_code == 404
        rounds += 1
    return rounds


async def hour(server: Server, seconds: float) -> tuple[int, list[float]]:
    """Rounds of all agents together, and the server's megabytes at ten times of the run."""
    limits = httpx.Limits(max_connections=AGENTS, max_keepalive_connections=AGENTS)
    headers = {"authorization": "Bearer t"}
    url = f"http://127.0.0.1:{server.port}"
    async with httpx.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=60, trust_env=False
    ) as client:
        end = monotonic() + seconds
        agents = [asyncio.ensure_future(work(client, each, end)) for each in range(AGENTS)]
        sizes = []
        for _ in range(10):
            await asyncio.sleep(seconds / 10)
            sizes.append(server.megabytes("VmRSS"))
        return sum(await asyncio.gather(*agents)), sizes


@pytest.mark.parametrize("seconds", [4, pytest.param(600, marks=pytest.mark.soak)])
def test_agents_over_http_see_their_own_world_alone(tmp_path: Path, seconds: int) -> None:
    document = tmp_path / "notes.json"
    document.write_text(json.dumps(NOTES))
    port = free_port()
    words = ["serve", str(document), "--port", str(port), "--token", "t", "--quiet"]
    command = [sys.executable, "-m", "agent.cli", *words]
    with started(command, port, folder=Path.cwd(), path=Path.cwd()) as server:
        rounds, sizes = asyncio.run(hour(server, seconds))
    assert rounds >= AGENTS
    if seconds > 60:
        assert max(sizes[5:]) <= max(sizes[:5]) * 1.1, sizes


def test_256_rollouts_at_once_in_one_process_end_as_they_should() -> None:
    rollouts = Rollouts(shelf(), n=4, seed=3, faults="H01")
    with ThreadPoolExecutor(64) as pool:
        opened = [rollouts.open(n % 4, label=str(n)) for n in range(256)]
        shown = list(pool.map(lambda each: each.call("listBooks", {}).status, opened))
        ended = list(pool.map(lambda each: each.end(None), opened))
    assert shown == [429] * 256
    assert len({each.record.id for each in ended}) == 256
    assert {len(each.record.ledger) for each in ended} == {1}
