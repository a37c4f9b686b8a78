"""httpx2 in process: the same as `inprocess` for the SDKs that have moved to httpx2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from sandbox.transports.client_messages import (
    failure,
    read_timeout,
    request_of,
    response_body,
    response_headers,
)

if TYPE_CHECKING:
    from sandbox.world import Session


class Session2Transport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """One transport for `httpx2.Client` and `httpx2.AsyncClient` alike."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return _answer(self._session, request, request.read())

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return _answer(self._session, request, await request.aread())


def _answer(session: Session, request: httpx2.Request, body: bytes) -> httpx2.Response:
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
        error: type[httpx2.TransportError] = getattr(httpx2, failed[0])
        raise error(failed[1], request=request)
    return httpx2.Response(
        response.status,
        headers=response_headers(response),
        stream=httpx2.ByteStream(response_body(response, request.method)),
        request=request,
    )
