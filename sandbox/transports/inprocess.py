"""httpx in process: a client whose requests end in a session instead of on the network.

httpx.Client(transport=session.transport(), base_url="https://api.example")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from sandbox.transports.client_messages import (
    failure,
    read_timeout,
    request_of,
    response_body,
    response_headers,
)

if TYPE_CHECKING:
    from sandbox.world import Session


class SessionTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """One transport for `httpx.Client` and `httpx.AsyncClient` alike.

    Nothing is slept: a delay beyond the client's read timeout raises ReadTimeout at once. Transport
    faults raise what httpx raises for them on a real socket.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return answer(self._session, request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return answer(self._session, request, await request.aread())


def answer(session: Session, request: httpx.Request, body: bytes) -> httpx.Response:
    """The session's response to an httpx request; raises httpx errors for transport faults."""
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
        error: type[httpx.TransportError] = getattr(httpx, failed[0])
        raise error(failed[1], request=request)
    return httpx.Response(
        response.status,
        headers=response_headers(response),
        stream=httpx.ByteStream(response_body(response, request.method)),
        request=request,
    )
