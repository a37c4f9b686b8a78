"""httpx in process: a client whose requests end in a session instead of on the network.

httpx.Client(transport=session.transport(), base_url="https://api.example")

httpx2 has the same interface, and the SDKs that have moved to it need a transport of its classes.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from sandbox.transports.client_messages import (
    failure,
    read_timeout,
    request_of,
    response_body,
    response_headers,
)

if TYPE_CHECKING:
    from sandbox.world import Session


def session_transport(session: Session, library: ModuleType | None = None) -> Any:
    """One transport for the `Client` and `AsyncClient` of a library alike: httpx, or httpx2.

    Nothing is slept: a delay beyond the client's read timeout raises ReadTimeout at once. Transport
    faults raise what the library raises for them on a real socket.
    """
    if library is None:
        import httpx as library
    base: Any = library

    class SessionTransport(base.BaseTransport, base.AsyncBaseTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            return answer(session, request, request.read(), base)

        async def handle_async_request(self, request: Any) -> Any:
            return answer(session, request, await request.aread(), base)

    return SessionTransport()


def answer(session: Session, request: Any, body: bytes, library: Any) -> Any:
    """The session's response to a request of the library, or its error for a transport fault."""
    response = session.handle(
        request_of(
            method=request.method,
            target=request.url.raw_path,
            headers=request.headers.raw,
            body=body,
        )
    )
    failed = failure(response, read_timeout=read_timeout(request.extensions))
    if failed is not None:
        raise getattr(library, failed[0])(failed[1], request=request)
    return library.Response(
        response.status,
        headers=response_headers(response),
        stream=library.ByteStream(response_body(response, request.method)),
        request=request,
    )
