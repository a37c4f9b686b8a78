"""A server with `--state` that is killed at any moment, its disk full or not, and begun again.

What it said was done is there, once; what it refused is not.
"""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from sandbox.draws import Draw

CLIENTS = 3
NOTES = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    get:
      responses: {"200": {description: all, content: {application/json: {schema: {
        type: array, items: {$ref: '#/components/schemas/Note'}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {
        type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {
        $ref: '#/components/schemas/Note'}}}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    patch:
      requestBody: {required: true, content: {application/json: {schema: {
        type: object, properties: {text: {type: string}}}}}}
      responses: {"200": {description: changed, content: {application/json: {schema: {
        $ref: '#/components/schemas/Note'}}}}}
    delete: {responses: {"204": {description: gone}}}
components:
  schemas:
    Note: {type: object, required: [id, text], properties: {
      id: {type: string, readOnly: true}, text: {type: string}}}
"""


class Client(Thread):
    """Writes and deletes notes of its own until its server is gone, and remembers what it heard."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self.port, self.label = port, name
        self.there: dict[str, str] = {}
        self.gone: set[str] = set()
        self.refused: set[str] = set()
        self.unsure: set[str] = set()
        """Texts and ids of the one request whose reply never came."""
        self.first, self.disk_full = Event(), Event()

    def run(self) -> None:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            self.work(connection)

    def work(self, connection: HTTPConnection) -> None:
        for number in range(10**6):
            draw, text = Draw(self.label, number), f"{self.label} #{number}"
            act = draw.integer(0, 4, "act") if self.there else 0
            id = min(self.there, default="") if act > 2 else ""
            method = "POST" if not id else "PATCH" if act == 3 else "DELETE"
            try:
                status, shown = ask(connection, method, f"/notes/{id}".rstrip("/"), text)
            except (OSError, HTTPException):
                self.unsure = {text, id}
                return
            self.first.set()
            if status == 507:
                self.refused.add(text)
                self.disk_full.set()
            elif method == "DELETE":
                self.gone.add(self.there.pop(id))
            else:
                self.gone |= {self.there[id]} if id else set()
                self.there[shown["id"]] = text


def ask(connection: HTTPConnection, method: str, path: str, text: str = "") -> tuple[int, Any]:
    body = json.dumps({"text": text}) if method in ("POST", "PATCH") else None
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    reply = connection.getresponse()
    data = reply.read()
    assert reply.status in (200, 201, 204, 507), data
    return reply.status, json.loads(data) if data else None


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    end, last = time.monotonic() + 60, b""
    while True:
        server, port = start_server(folder)
        try:
            while server.poll() is None and not is_answering(port):
                assert time.monotonic() < end
                time.sleep(0.02)
            if server.poll() is None:
                yield server, port
                return
            # Somebody else took the port between the look for a free one and the start.
            last = b"".join(server.communicate())
            assert time.monotonic() < end, last
        finally:
            server.kill()
            server.communicate()


def start_server(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = [sys.executable, "-m", "agent.cli", "serve", str(folder / "notes.yaml"), "--quiet"]
    options = ["--port", str(port), "--state", str(folder / "state.json")]
    server = subprocess.Popen([*program, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return server, port


def is_answering(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            ask(connection, "GET", "/notes")
        return True
    except (OSError, HTTPException):
        return False


def kill_again_and_again(folder: Path, kills: int) -> None:
    (folder / "notes.yaml").write_text(NOTES)
    there, gone = dict[str, str](), set[str]()
    unsure, never = set[str](), set[str]()
    for kill in range(kills + 1):
        with serving(folder) as (server, port):
            with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                _, listed = ask(connection, "GET", "/notes")
            texts = [note["text"] for note in listed if "#" in note["text"]]
            found = {note["id"]: note["text"] for note in listed}
            sure = {id: text for id, text in there.items() if id not in unsure}
            assert sure.items() <= found.items(), "lost"
            assert len(texts) == len(set(texts)), "doubled"
            assert not (gone | never) & set(texts), "came back"
            there = {id: text for id, text in found.items() if id in there or text in unsure}
            clients = [Client(port, f"{kill}.{number}") for number in range(CLIENTS)]
            for client in clients:
                client.start()
            assert all(client.first.wait(30) for client in clients)
            full = kill % 3 == 2
            if full:
                time.sleep(Draw("until full", kill).unit() * 0.3)
                # Files may grow no more: the same to a writer as a disk that is full.
                resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
                assert all(client.disk_full.wait(30) for client in clients)
            time.sleep(Draw("kill", kill).unit() * (4.0 if kill % 10 == 9 else 0.4))
            server.kill()
            for client in clients:
                client.join(30)
                there |= client.there
                gone |= client.gone - client.unsure
                never |= client.refused
                unsure |= client.unsure


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="a limit of another process")
@pytest.mark.parametrize("kills", [
    3,
    pytest.param(10, marks=pytest.mark.soak, id="fifth"),
    pytest.param(50, marks=pytest.mark.soak, id="entirely"),
])  # fmt: skip
def test_a_killed_server_has_lost_and_doubled_nothing(tmp_path: Path, kills: int) -> None:
    kill_again_and_again(tmp_path, kills)
