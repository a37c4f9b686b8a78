"""respx: code that calls the document's real server lands in a session, everything else passes.

with session.respx():
    httpx.get("https://api.example/v1/orders")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import respx

from sandbox.transports.inprocess import answer

if TYPE_CHECKING:
    from sandbox.document import Document
    from sandbox.world import Session

LOCAL_HOSTS = ("localhost", "127.0.0.1", "testserver")
"""Where a document is taken to be served whose own server URLs name no host."""


def session_router(session: Session, *, hosts: Sequence[str] = ()) -> respx.MockRouter:
    """A respx router, usable as context manager or decorator.

    Only the document's own hosts (or `hosts`) are routed: an agent's calls to its model go through
    httpx too and must reach the network. httpx2 is not seen by respx: use `session.transport()`.
    """
    mocked = respx.mock(assert_all_called=False, assert_all_mocked=True)
    for host in hosts or document_hosts(session.world.document):
        mocked.route(host=host).mock(
            side_effect=lambda request: answer(session, request, request.content, httpx)
        )
    mocked.route().pass_through()
    return mocked


def document_hosts(document: Document) -> tuple[str, ...]:
    """The host names of the document's servers, or the local ones when it names none."""
    named = (urlsplit(server).hostname for server in document.addresses)
    return tuple(dict.fromkeys(host for host in named if host)) or LOCAL_HOSTS
