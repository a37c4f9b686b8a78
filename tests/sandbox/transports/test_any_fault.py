"""Any fault of the catalogue over a real socket: its stated bytes to curl, its error to httpx."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from json import JSONDecodeError
from typing import Any

import httpx
import orjson
import pytest

from sandbox.document import encode
from sandbox.faults import faults
from sandbox.messages import Request, Response
from sandbox.tools import bind
from sandbox.transports.server import Background, Server
from sandbox.transports.session_table import Held
from sandbox.world.session import Session
from tests.sandbox.faults.scenes import Pair, arguments, bookshop
from tests.sandbox.faults.test_families import CASES, Check

CURL = shutil.which("curl")
ENDS: dict[str, tuple[int, type[Exception]]] = {
    "T02": (28, httpx.ReadTimeout),
    "T03": (28, httpx.ReadTimeout),
    "T04": (56, httpx.ReadError),
    "T05": (56, httpx.ReadError),
    "T06": (56, httpx.ReadError),
    "T07": (52, httpx.RemoteProtocolError),
    "T08": (1, httpx.RemoteProtocolError),
    "T09": (18, httpx.RemoteProtocolError),
}
"""What a client meets where no reply arrives: curl's exit code, httpx's exception."""
FRAMING = {"content-length", "connection"}
UNREADABLE = {"B01", "B02", "B09"}
"""A good status over a body that is no JSON."""
QUIET = {"T01", "T11", "T15", "H20", "H23", "H24"}
"""Of T, H and A those that no client's error handling meets."""

MORE: dict[str, tuple[list[str], dict[str, Any], Check]] = {
    "H11": (["create", "made"], {}, lambda p: p.got.status == 404),
    "S01": (["item", "update", "item"], {}, lambda p: p.json["price"] != p.clean_json["price"]),
    "S02": (["create", "list"], {}, lambda p: p.json["total"] == p.clean_json["total"] - 1),
    "S03": (["item", "update", "item"], {}, lambda p: ("age", "1") in p.got.headers),
    "S07": (["update", "item"], {}, lambda p: p.json != p.clean_json),
    "M08": (["update", "item"], {}, lambda p: p.json != p.clean_json),
    "T01": (["item"], {"ms": 250.0}, lambda p: p.got.delay >= 0.25),
    "T11": (["item"], {"total_s": 0.6, "n": 3}, lambda p: p.got.delay >= 0.6),
}
"""Faults that take several calls, and those whose point is how long they take."""
SCENES = {**CASES, **MORE}
ON_THE_WIRE = [id for id in faults() if id not in ("S18", "X03")]
pytestmark = pytest.mark.skipif(CURL is None, reason="there is no curl")


@dataclass(frozen=True)
class Scene:
    """One fault armed in two served sessions and one in process; `last` is the call it meets."""

    calm: Session
    twin: Session
    served: tuple[Held, Held]
    before: list[Request]
    last: Request
    check: Check


@pytest.fixture(scope="module")
def app() -> Server:
    return Server({"bookshop": bookshop()}, token="the-token", time_scale=1.0, mcp=False)


@pytest.fixture(scope="module")
def server(app: Server) -> Iterator[Background]:
    with Background(app) as running:
        yield running


def scene(app: Server, fault: str) -> Scene:
    """The calls of the fault's scene, all but the last made."""
    names, params, check = SCENES[fault]
    rule = {"fault": fault, "params": params, "trigger": "always"}
    plan = {"dialect": "rfc9457", "max_consecutive": None, "rules": [rule]}
    if fault in ("S07", "M08"):
        plan = {"rules": [{**rule, "trigger": {"model": "first_n", "n": 1}}]}
    calm, twin = bookshop().session(seed=3), bookshop().session(seed=3, faults=plan)
    first, second = (app.sessions.open("bookshop", seed=3, faults=plan) for _ in range(2))
    requests = []
    for name in names:
        requests.append(request(name, twin))
        calm.handle(requests[-1])
        twin.handle(requests[-1])
    return Scene(calm, twin, (first, second), requests[:-1], requests[-1], check)


def request(name: str, session: Session) -> Request:
    """The wire request of one of the usual calls; "made" reads what was created last."""
    tool, given = ("getBook", {}) if name == "made" else arguments(name)
    if name == "made":
        given = {"book_id": orjson.loads(session.ledger[-1].response.body)["id"]}
    made = bookshop().tools[tool]
    assert made.operation is not None
    sent = encode(made.operation, bind(made, given), bookshop().document.base_path)
    return replace(sent, headers=(*sent.headers, ("authorization", "Bearer any")))


def curl(url: str, sent: Request, held: Held) -> tuple[int, Response]:
    """curl's exit code, and what it printed as a response; `delay` is what curl measured."""
    headers = [*sent.headers, ("x-wavetank-session", held.id)]
    named = [part for name, value in headers for part in ("-H", f"{name}: {value}")]
    body = ["--data-binary", "@-"] if sent.body else []
    timing = ["-w", "%{stderr}%{time_total}"]
    command = [CURL or "curl", "-s", "-i", "-m", "1.5", "-X", sent.method, *named, *body, *timing]
    target = url + sent.path + (f"?{sent.query}" if sent.query else "")
    done = subprocess.run([*command, target], input=sent.body, capture_output=True, timeout=20)
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/1.1 ") else 0
    parts = (line.partition(":") for line in lines[1:])
    fields = tuple((n.lower(), v.strip()) for n, _, v in parts if n.lower() not in FRAMING)
    return done.returncode, Response(status, fields, rest, float(done.stderr or 0))


def ask(client: httpx.Client, sent: Request, held: Held) -> Any:
    """The JSON of a good reply, through httpx as anybody uses it."""
    headers = [*sent.headers, ("x-wavetank-session", held.id)]
    target = sent.path + (f"?{sent.query}" if sent.query else "")
    reply = client.request(sent.method, target, headers=headers, content=sent.body or None)
    return reply.raise_for_status().json()


def unframed(response: Response) -> tuple[int, set[tuple[str, str]], bytes]:
    """Status, headers without the connection's own, body."""
    headers = {pair for pair in response.headers if pair[0] not in FRAMING}
    return response.status, headers, response.body


@pytest.mark.parametrize("fault", ON_THE_WIRE)
def test_curl_is_shown_the_stated_bytes(app: Server, server: Background, fault: str) -> None:
    made = scene(app, fault)
    held = made.served[0]
    for each in made.before:
        held.session.handle(each)
    code, got = curl(server.url, made.last, held)
    stated = made.twin.ledger[-1].response
    assert code == ENDS.get(fault, (0,))[0]
    assert fault in {firing.fault for row in held.session.ledger for firing in row.injected}
    if fault in ENDS and not stated.status:
        assert got.status == 0
        return
    assert unframed(got) == unframed(stated)
    if fault not in ENDS:
        assert made.check(Pair(made.calm.ledger[-1].response, got, made.calm, held.session)), got


@pytest.mark.parametrize("fault", ON_THE_WIRE)
def test_httpx_raises_the_stated_exception(app: Server, server: Background, fault: str) -> None:
    made = scene(app, fault)
    held = made.served[1]
    for each in made.before:
        held.session.handle(each)
    status = made.twin.ledger[-1].response.status
    refused = status >= 300 and fault not in QUIET
    expected: tuple[type[Exception], ...] = ()
    if fault in ENDS:
        expected = (ENDS[fault][1],)
    elif refused:
        expected = (httpx.HTTPStatusError,)
    elif fault in UNREADABLE:
        expected = (JSONDecodeError,)
    with httpx.Client(base_url=server.url, timeout=1.0, trust_env=False) as client:
        if not expected:
            assert ask(client, made.last, held) is not None
            return
        with pytest.raises(expected):
            ask(client, made.last, held)


def test_poisoned_documentation_reaches_curl_as_well(app: Server, server: Background) -> None:
    held = app.sessions.open("bookshop", seed=3, faults="X03")
    url = f"{server.url}/_wavetank/sessions/{held.id}/calls"
    named = ["-H", "authorization: Bearer the-token", "-H", "content-type: application/json"]
    command = [CURL or "curl", "-s", "-m", "5", *named, "-d", '{"tool":"read_docs"}', url]
    done = subprocess.run(command, capture_output=True, timeout=20)
    assert "sandbox_audit_export" in orjson.loads(done.stdout)["text"]


def test_every_refusal_is_an_error_to_httpx() -> None:
    kinds = {id: entry.family for id, entry in faults().items()}
    assert {id for id in kinds if id[0] in "TH"} >= set(ENDS) | QUIET
    assert set(SCENES) == set(kinds) - {"S18", "X03"}
