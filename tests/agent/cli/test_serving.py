"""Serving as users run it: saved state, files that change, a referee, strictness, many tools."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.agent.cli.running import COMMAND, wavetank

PETS = """
openapi: 3.1.0
info: {{title: {title}, version: "1"}}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {{"200": {{description: all, content: {{application/json: {{schema: {{
        type: array, items: {{type: object, required: [id, {field}],
        properties: {{id: {{type: string}}, {field}: {{type: string}}}}}}}}}}}}}}}}
  /pets/{{id}}:
    delete:
      operationId: dropPet
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
      responses: {{"204": {{description: gone}}}}
"""


@contextmanager
def serving(*arguments: str | Path) -> Iterator[httpx.Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(COMMAND), "serve", *map(str, arguments), "--port", str(port), "--token", "t"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    headers = {"authorization": "Bearer t"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            for _ in range(600):
                try:
                    client.get("/_wavetank/documents")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield client
    finally:
        server.terminate()
        server.communicate(timeout=20)


def write(file: Path, title: str = "one", field: str = "name") -> Path:
    file.write_text(PETS.format(title=title, field=field))
    return file


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


@contextmanager
def two_workers() -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(COMMAND), "serve", "bookshop", "--port", str(port), "--token", "t"]
    server = subprocess.Popen([*command, "--workers", "2"], stderr=subprocess.PIPE, text=True)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    client.headers["authorization"] = "Bearer t"
    try:
        for _ in range(1200):
            try:
                client.get("/_wavetank/documents")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield server, client
    finally:
        client.close()
        server.kill()
        server.communicate(timeout=20)


def ended(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids if alive(pid)):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists()


def test_workers_have_sessions_on_ports_of_their_own_and_end_together() -> None:
    with two_workers() as (server, client):
        opened = [client.post("/_wavetank/sessions", json={}).json() for _ in range(2)]
        bases = [each["base_url"] for each in opened]
        assert len({httpx.URL(base).port for base in bases} | {client.base_url.port}) == 3
        assert all(client.get(f"{base}/books").status_code == 200 for base in bases)
        pids = workers_of(server)
        server.terminate()
        assert server.wait(30) == 0 and len(pids) == 2 and ended(pids)


def test_a_worker_that_dies_is_said_and_ends_the_server() -> None:
    with two_workers() as (server, _):
        first, second = workers_of(server)
        os.kill(second, signal.SIGKILL)
        assert server.wait(30) == 3 and ended([first])
        assert server.stderr is not None
        assert "worker 2 ended (signal 9) and its sessions with it" in server.stderr.read()


def test_what_needs_one_process_is_refused_with_workers(tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state.json", "--workers", "2")
    assert "--state is for one process" in wavetank("serve", "bookshop", *state, check=2).stderr


def test_a_state_file_carries_on(tmp_path: Path) -> None:
    file, state = write(tmp_path / "pets.yaml"), tmp_path / "state.json"
    with serving(file, "--state", state) as client:
        there = client.get("/pets").json()
        assert client.delete(f"/pets/{there[0]['id']}").status_code == 204
    with serving(file, "--state", state, "--referee") as client:
        assert client.get("/pets").json() == there[1:]
        assert client.get("/_wavetank/referee").json()["violations"] == []
    refused = wavetank("serve", file, "--state", state, "--seed", "3", check=2)
    assert "another seed" in refused.stderr


def test_a_watched_file_is_loaded_anew(tmp_path: Path) -> None:
    file = write(tmp_path / "pets.yaml")
    with serving(file, "--watch") as client:
        first = client.get("/pets").json()[0]
        client.delete(f"/pets/{first['id']}")
        write(file, field="nick")
        for _ in range(100):
            shown = client.get("/pets").json()
            if "nick" in shown[0]:
                break
            time.sleep(0.1)
        assert "nick" in shown[0]
        assert first["id"] not in {pet["id"] for pet in shown}


def test_strict_refuses_what_is_imperfect(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    replies = "content: {application/json: {schema: {$ref: '#/no'}}}"
    get = f'get: {{responses: {{"200": {{description: it, {replies}}}}}}}'
    file.write_text(f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{{get}}}}}")
    assert "#/no" in wavetank("serve", file, "--strict", "--port", "0", check=2).stderr


def test_a_port_in_use_is_said_first(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = wavetank("serve", tmp_path / "nothing.yaml", "--port", port, check=2)
    assert f"127.0.0.1:{port}: Address already in use; choose another --port" in refused.stderr
    assert refused.stdout == "" and len(refused.stderr.strip().splitlines()) == 1


def test_only_narrows_what_is_served_and_is_checked_at_start(tmp_path: Path) -> None:
    file = write(tmp_path / "pets.yaml")
    with serving(file, "--only", "op:listPets") as client:
        there = client.get("/pets")
        assert there.status_code == 200
        assert client.delete(f"/pets/{there.json()[0]['id']}").status_code == 404
    refused = wavetank("serve", file, "--only", "op:listPest", "--port", "0", check=2)
    assert "did you mean op:listPets" in refused.stderr


def test_two_documents_with_one_base_path_are_told_apart(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.yaml"), write(tmp_path / "two.yaml", "two", "nick")
    with serving(one, two) as client:
        assert "name" in client.get("/s/one/pets").json()[0]
        assert "nick" in client.get("/s/two/pets").json()[0]


def test_watching_needs_a_file() -> None:
    assert "--watch" in wavetank("serve", "bookshop", "--watch", check=2).stderr


def listed(*arguments: str) -> set[str]:
    asked: list[dict[str, object]] = [
        {"method": "initialize", "id": 1, "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"method": "tools/list", "id": 2},
    ]  # fmt: skip
    lines = "".join(json.dumps({"jsonrpc": "2.0", **one}) + "\n" for one in asked)
    command = [str(COMMAND), "mcp", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mcp:
        assert mcp.stdin is not None and mcp.stdout is not None
        mcp.stdin.write(lines)
        mcp.stdin.flush()
        told: dict[str, Any] = {}
        while told.get("id") != 2:
            told = json.loads(mcp.stdout.readline())
        mcp.stdin.close()
    return {tool["name"] for tool in told["result"]["tools"]}


def test_many_tools_are_searched(tmp_path: Path) -> None:
    assert "listBooks" in listed("bookshop")
    assert {"search_tools", "call_tool"} <= listed("bookshop", "--search")
    replies = {"200": {"description": "it"}}
    paths = {f"/a{n}": {"get": {"operationId": f"a{n}", "responses": replies}} for n in range(101)}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    file = tmp_path / "many.json"
    file.write_text(json.dumps(tree))
    assert "search_tools" in listed(str(file))


def test_a_model_file_changes_what_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_text("operations: {listBooks: {act: compute}}")
    told = wavetank("tools", "bookshop", "--model", "--json", "--model-file", file).stdout
    rows = {row["operation"]: row for row in json.loads(told)}
    assert (rows["listBooks"]["understood as"], rows["getBook"]["item"]) == ("compute", "book_id")
    file.write_text("operations: {listBook: {act: compute}}")
    for words in (("call", "bookshop", "listBooks"), ("tasks", "bookshop")):
        refused = wavetank(*words, "--model-file", file, check=2)
        assert "did you mean listBooks" in refused.stderr
