"""One world for the room's tests, a server of it, and requests built from tool calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox import World
from sandbox.document import encode
from sandbox.messages import Request
from sandbox.tools import bind
from sandbox.transports.server import Background, Server


@pytest.fixture(scope="session")
def world() -> World:
    return World.load("bookshop")


@pytest.fixture
def options() -> dict[str, Any]:
    """How every session of a test is opened; a module may have its own."""
    return {"seed": 7}


@pytest.fixture
def app(world: World, options: dict[str, Any]) -> Server:
    return Server({"bookshop": world}, token="the-token", time_scale=1.0, options=options)


@pytest.fixture
def served(app: Server) -> Iterator[str]:
    with Background(app) as running:
        yield running.url


@pytest.fixture
def request_for(world: World) -> Callable[[str, dict[str, Any]], Request]:
    """The wire request of a tool call, signed as any client would."""

    def build(tool: str, arguments: dict[str, Any]) -> Request:
        made = world.tools[tool]
        assert made.operation is not None
        request = encode(made.operation, bind(made, arguments), world.document.base_path)
        return replace(request, headers=(*request.headers, ("authorization", "Bearer any")))

    return build
