"""A stream is sent item by item, each with its end, and what has no end comes last."""

from __future__ import annotations

import pytest

from sandbox.world.rendering.media.event_streams import pieces

EVENTS, LINES = "text/event-stream", "application/x-ndjson"


@pytest.mark.parametrize(
    ("kind", "body", "sent"),
    [
        (EVENTS, b"data: 1\n\ndata: 2\n\n", [b"data: 1\n\n", b"data: 2\n\n"]),
        (EVENTS, b"data: 1\ndata: 2", [b"data: 1\ndata: 2"]),
        (LINES, b"1\n2\n3", [b"1\n", b"2\n", b"3"]),
        (LINES, b"\n", [b"\n"]),
        (LINES, b"", []),
    ],
)
def test_a_stream_is_sent_item_by_item(kind: str, body: bytes, sent: list[bytes]) -> None:
    assert pieces(kind, body) == sent and b"".join(sent) == body
