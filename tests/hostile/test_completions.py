"""Hostile model servers: the episode's failure with its text, never our traceback, never a hang."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic, sleep

import pytest

from agent.backends.openai import Chat
from agent.collect.collect import Invalid, collect
from agent.runtime.tool_calling import ToolCallingAgent
from tests.agent.worlds import add_book, shelf
from tests.hostile.completions import replies
from trajectories import Store

REPLIES = replies()
NAMES = sorted(REPLIES)
ENDS = {"error", "give_up", "steps", "tokens", "repeats", "finish"}


@contextmanager
def saying(reply: bytes, pause: float = 0.0) -> Iterator[str]:
    """The base URL of a server that writes the bytes whatever it is asked; `pause` after each."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer, suppress(OSError):
                    peer.settimeout(5)
                    while b"}" not in peer.recv(1 << 16)[-9:]:
                        pass
                    for piece in [reply] if not pause else [reply[n : n + 1] for n in range(999)]:
                        peer.sendall(piece)
                        sleep(pause)

    Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        listener.close()


def problem(reply: bytes, pause: float = 0.0) -> str:
    """What went wrong with an episode beyond what the model did; "" for nothing."""
    start = monotonic()
    with saying(reply, pause) as url, Store.open(":memory:") as store:
        agent = ToolCallingAgent("hostile", Chat("m", url, timeout=1.0, retries=0))
        news = list(collect([shelf()], agent, store, n=1, tasks=[add_book()]))
        texts = [each.reason for each in news if isinstance(each, Invalid)]
        for run in store.iterate():
            assert not run.outcome.success and run.outcome.end in ENDS
            if run.outcome.end == "error":
                assert (run.outcome.attribution or "").startswith("agent:")
    if any("Traceback" in text or len(text) > 600 for text in texts):
        return texts[0][:300]
    took = monotonic() - start
    return f"{took:.1f} s" if took > 5 else ""


def check(names: list[str]) -> None:
    found = {name: said for name in names if (said := problem(REPLIES[name]))}
    assert not found


def test_there_are_enough_of_them() -> None:
    assert len(REPLIES) >= 60


def test_a_share_of_hostile_model_servers() -> None:
    check(NAMES[::5])


def test_a_model_server_that_drips_is_not_waited_for() -> None:
    assert not problem(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" + b" " * 999, pause=0.1)


@pytest.mark.soak
def test_all_hostile_model_servers() -> None:
    check(NAMES)
