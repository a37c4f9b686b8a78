"""What headers change: each operation asked with many of them, on a session for each set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sandbox import World
from tests.golden.replies import bytes_of, digest, first_ids, request_to

_PREFERRED: Final = (
    "code=404", "code=200", "code=201", "code=503, delay=1.5", "status=429", "code=999",
    'example="whole"', "example=made; code=201", "delay=99999", "code = 400 ;wait=3",
    "return=minimal", "return=representation", "respond-async, wait=10", "handling=strict",
)  # fmt: skip
_ACCEPTED: Final = (
    "application/json", "application/xml", "text/*;q=0.9, application/json;q=0.1", "text/csv",
    "*/*;q=0", "application/*;q=0.5, text/html", "application/vnd.shop.v2+json",
    "application/json;version=2, application/json;version=1;q=0.8", "nonsense", "text/plain",
    "application/problem+json", "text/event-stream", "application/yaml", "image/*", "q=1",
    "application/json;q=x, */*;q=2", "application/hal+json;charset=utf-8",
)  # fmt: skip
_OTHERS: Final = (
    (("range", "bytes=0-4"),),
    (("range", "bytes=-3"),),
    (("range", "bytes=9999-"),),
    (("range", "bytes=4-2"),),
    (("range", "items=0-4"),),
    (("if-none-match", "*"),),
    (("if-match", "*"),),
    (("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),),
    (("if-modified-since", "nonsense"), ("accept", "*/*")),
    (("content-type", "text/plain"),),
    (("content-type", "application/json; charset=latin-1"),),
    (("content-type", "application/x-www-form-urlencoded"),),
    (("accept-language", "de"), ("accept-encoding", "gzip")),
    (("authorization", "Bearer other"),),
    (("idempotency-key", "one"), ("origin", "https://a.example")),
)


def asked_with_headers(world: World, name: str) -> Iterator[tuple[str, str]]:
    """For each set of headers what every operation replies, calm and lenient."""
    sets = [(("prefer", each),) for each in _PREFERRED] + [
        (("accept", each),) for each in _ACCEPTED
    ]
    for headers in (*sets, *_OTHERS):
        for lenient in (False, True):
            session = world.session(seed=1, lenient=lenient)
            ids = first_ids(session.fork())
            texts = []
            for operation in world.document.operations.values():
                request = request_to(world, operation, ids)
                named = {key for key, _ in headers}
                kept = tuple(pair for pair in request.headers if pair[0] not in named)
                made = replace(request, headers=(*kept, *headers))
                texts += [bytes_of(session.handle(made)), str(session.clock.now).encode()]
            yield f"{name}/{headers}{' lenient' * lenient}", digest(texts)
