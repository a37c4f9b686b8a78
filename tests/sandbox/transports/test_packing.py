"""A reply as the bytes of HTTP/1.1."""

from __future__ import annotations

from sandbox.messages import Response
from sandbox.transports.socket_faults import http_bytes


def test_headers_that_differ_every_time_do_not_change_those_that_come_again() -> None:
    kind = ("content-type", "application/json")
    made = [
        http_bytes(Response(201, (kind, ("location", f"/a/{n}")), b"{}"), "POST") for n in (1, 2)
    ]
    wanted = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nlocation: /a/%d\r\n"
    assert made == [wanted % n + b"content-length: 2\r\n\r\n{}" for n in (1, 2)]


def test_no_header_value_begins_another_header() -> None:
    headers = (("x-note", "a\r\nx-evil: 1"), ("location", "/a\r\nx-evil: 1"))
    assert b"\r\nx-evil" not in http_bytes(Response(200, headers, b""), "GET")
