"""`serve --workers N`: the worker processes, and the port that they share."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Thread
from typing import Any

import orjson
import typer

from agent.cli.console import BROKEN, note

_GRACE = 5.0
"""Wall seconds that workers have to end in."""
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker process is told: which one it is, and where it listens."""

    number: int
    listener: socket.socket
    """Listens already: the front opened it."""
    token: str

    @property
    def address(self) -> str:
        """Where this worker alone is reached."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @classmethod
    def read(cls) -> Place:
        """This process's place, from its standard input; when that ends, so does the process."""
        told = orjson.loads(sys.stdin.buffer.readline())
        Thread(target=_end_with_front, daemon=True).start()
        return cls(told["number"], socket.socket(fileno=told["descriptor"]), told["token"])


def _end_with_front() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def run_workers(count: int, *, host: str, port: int, token: str, arguments: Sequence[str]) -> None:
    """Run the command in `count` processes behind one port until a signal, or until one ends.

    Exits with the code of a worker that could not start, else 3 when one ended by itself.
    """
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    workers: list[Popen[bytes]] = []
    try:
        for number, listener in enumerate(listeners, 1):
            workers.append(_start_worker(Place(number, listener, token), arguments))
            if number == 1:
                # What is wrong with a document is said once, by the first worker.
                _await_first(workers[0], listener.getsockname()[1])
        ports = [listener.getsockname()[1] for listener in listeners]
        for listener in listeners:
            listener.close()
        asyncio.run(_front(workers, ports, host, port))
    finally:
        _end(workers)


def _start_worker(place: Place, arguments: Sequence[str]) -> Popen[bytes]:
    command = [sys.executable, "-m", "agent.cli", *arguments, "--workers", "1", "--worker"]
    # A group of its own: Ctrl-C reaches the front, which ends the workers in order.
    descriptor = place.listener.fileno()
    worker = Popen(command, stdin=PIPE, pass_fds=[descriptor], start_new_session=True)
    assert worker.stdin is not None
    told = {"number": place.number, "descriptor": descriptor, "token": place.token}
    worker.stdin.write(orjson.dumps(told) + b"\n")
    worker.stdin.flush()
    return worker


def _await_first(worker: Popen[bytes], port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as probe:
        probe.sendall(b"GET /_wavetank/documents HTTP/1.1\r\nhost: localhost\r\n\r\n")
        probe.settimeout(_LOOK)
        while worker.poll() is None:
            try:
                probe.recv(1)
                return
            except TimeoutError:
                continue
    raise typer.Exit(worker.returncode)


async def _front(workers: Sequence[Popen[bytes]], ports: list[int], host: str, port: int) -> None:
    from sandbox.transports.workers import Front

    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    async with Front(ports).serving(host, port):
        while not stopped.is_set():
            for number, worker in enumerate(workers, 1):
                if worker.poll() is not None:
                    note(
                        f"wavetank: worker {number} ended ({_ending(worker.returncode)}) and its "
                        "sessions with it; the server stops"
                    )
                    raise typer.Exit(BROKEN)
            try:
                async with asyncio.timeout(_LOOK):
                    await stopped.wait()
            except TimeoutError:
                pass


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _end(workers: Sequence[Popen[Any]]) -> None:
    """End all, gently first; wait for every one."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(_GRACE)
        except TimeoutExpired:
            worker.kill()
            worker.wait()
