"""A server ends when it is told to, and no call keeps it for ever."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from sandbox.transports.call_limit import CallLimit, CallTooLong

SERVE = """
import sys
from sandbox import World
from sandbox.transports.server import Server, serve
options = {"seed": 1, "faults": sys.argv[2] or None}
app = Server({"d": World.load("bookshop")}, mcp=False, options=options, time_scale=0.01)
serve(app, port=int(sys.argv[1]))
"""
GET = b"GET /v1/books HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n\r\n"
LIVE = b"GET /_mcp HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n"


@contextmanager
def server(faults: str = "") -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(port), faults]
    root = str(Path(__file__).parents[3])
    child = subprocess.Popen(
        command, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    )
    try:
        yield child, port
    finally:
        child.kill()
        child.communicate()


def connected(port: int) -> socket.socket:
    end = monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            assert monotonic() < end


@pytest.mark.parametrize(("faults", "requests"), [("", 20_000), ("T01", 1), ("T11", 1)])
def test_sigterm_ends_a_server_whose_replies_hang_without_a_traceback(
    faults: str, requests: int
) -> None:
    with server(faults) as (child, port), connected(port) as peer:
        # Nobody reads: what waits to be sent would wait for ever.
        peer.sendall(GET) if requests == 1 else _flood(peer, requests)
        child.send_signal(signal.SIGTERM)
        _, complaint = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGTERM
    assert b"Traceback" not in complaint


def _flood(peer: socket.socket, requests: int) -> None:
    peer.settimeout(1)
    try:
        for _ in range(requests):
            peer.sendall(GET)
    except TimeoutError:
        pass


def test_a_call_that_never_ends_is_ended() -> None:
    limit = CallLimit(0.1)
    before = signal.getsignal(signal.SIGALRM)
    limit.start()
    try:
        with limit:
            pass
        with pytest.raises(CallTooLong, match=r"more than 0\.1 s"), limit:
            while True:
                pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
