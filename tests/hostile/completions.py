"""What a hostile model server writes to the socket: whole HTTP replies, and what is none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

_MESSAGES: dict[str, Any] = {
    "tool_calls: [null]": {"content": "", "tool_calls": [None]},
    "tool_calls of numbers": {"content": "", "tool_calls": [1, 2.5, True]},
    "tool_calls of lists": {"content": "", "tool_calls": [[], [[]]]},
    "tool_calls is an object": {"content": "x", "tool_calls": {"function": {"name": "listBooks"}}},
    "tool_calls is a text": {"content": "x", "tool_calls": "listBooks()"},
    "function is null": {"tool_calls": [{"id": "a", "function": None}]},
    "function is a text": {"tool_calls": [{"id": "a", "function": "listBooks"}]},
    "name is a number": {"tool_calls": [{"function": {"name": 7, "arguments": "{}"}}]},
    "name is an object": {"tool_calls": [{"function": {"name": {}, "arguments": "{}"}}]},
    "name of a megabyte": {"tool_calls": [{"function": {"name": "x" * 10**6}}]},
    "name of controls": {"tool_calls": [{"function": {"name": "\x00\x1b[2J"}}]},
    "arguments are an object": {
        "tool_calls": [{"function": {"name": "listBooks", "arguments": {"limit": {"a": [1]}}}}]
    },
    "arguments are a list": {"tool_calls": [{"function": {"name": "listBooks", "arguments": [1]}}]},
    "arguments are a number": {"tool_calls": [{"function": {"name": "listBooks", "arguments": 3}}]},
    "arguments nest 900 levels": {
        "tool_calls": [
            {"function": {"name": "listBooks", "arguments": '{"a":' * 900 + "1" + "}" * 900}}
        ]
    },
    "arguments hold NaN": {
        "tool_calls": [{"function": {"name": "createBook", "arguments": '{"price": NaN}'}}]
    },
    "arguments hold 10^400": {
        "tool_calls": [
            {"function": {"name": "createBook", "arguments": '{"price": 1%s}' % ("0" * 400)}}
        ]
    },
    "ids of another type": {
        "tool_calls": [{"id": {"a": 1}, "function": {"name": "listBooks", "arguments": "{}"}}]
    },
    "two calls with one id": {
        "tool_calls": [{"id": "a", "function": {"name": "listBooks", "arguments": "{}"}}] * 2
    },
    "a thousand calls": {
        "tool_calls": [
            {"id": f"c{n}", "function": {"name": "listBooks", "arguments": f'{{"x": {n}}}'}}
            for n in range(1000)
        ]
    },
    "content is a list": {"content": [{"type": "text", "text": "x"}]},
    "content is a number": {"content": 5},
    "content is null": {"content": None},
    "content is of controls": {"content": "\x00\x1b]0;x\x07 [bold]"},
    "content of a lone surrogate": {"content": "\ud800"},
    "no content at all": {},
}
_BODIES: dict[str, bytes] = {
    "empty": b"",
    "HTML": b"<html><body>504 Gateway Time-out</body></html>",
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "NaN": b"NaN",
    "invalid UTF-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "cut off": b'{"choices": [{"message": {"cont',
    "choices: []": b'{"choices": []}',
    "choices: {}": b'{"choices": {}}',
    "choices: null": b'{"choices": null}',
    "choices: [null]": b'{"choices": [null]}',
    "message: null": b'{"choices": [{"message": null}]}',
    "message is a list": b'{"choices": [{"message": [1]}]}',
    "deep JSON": b'{"choices": [{"message": {"content": ' + b"[" * 100_000 + b"]" * 100_000,
    "deep content": b'{"choices": [{"message": {"content": ' + b"[" * 900 + b"]" * 900 + b"}}]}",
    "deep arguments": b'{"choices": [{"message": {"tool_calls": [{"function": {"name": "listBooks",'
    b'"arguments": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}}]}}]}",
    "a stream nobody asked for": b'data: {"choices": [{"delta": {"content": "x"}}]}\n\n',
    "an error with status 200": b'{"error": {"message": "out of \x1b[31mmemory"}}',
}


def replies() -> dict[str, bytes]:
    """All that is written, by what it is."""
    made = {f"message: {name}": _completion(message) for name, message in _MESSAGES.items()}
    made |= {f"body: {name}": _http(body) for name, body in _BODIES.items()}
    return {**made, **dict(_odd())}


def _odd() -> Iterator[tuple[str, bytes]]:
    for status in (204, 301, 400, 401, 403, 404, 418, 429, 500, 503):
        yield f"status {status}", _http(b"\x1b[31m no", status)
    yield "status 999", _http(b"x", 999)
    yield "nothing", b""
    yield "no HTTP", b"\x16\x03\x01\x02\x00" * 99
    yield "half a head", b"HTTP/1.1 200 OK\r\ncontent-le"
    yield "a length that is not kept", b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{}"
    yield "a negative length", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"
    yield "broken chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nx"
    yield "no gzip", _http(b"{}", 200, "content-encoding: gzip\r\n")
    bomb = gzip.compress(b" " * 300_000_000, 9)
    yield "300 MB in gzip", _http(bomb, 200, "content-encoding: gzip\r\n")
    yield "headers of a megabyte", _http(b"{}", 200, f"x-a: {'x' * 10**6}\r\n")
    yield "invalid UTF-8 in a charset", _http(b"\xff", 200, "content-type: text/x; charset=?\r\n")
    yield "never waits", _http(b"x", 429, "retry-after: -5\r\n")
    yield "waits for NaN", _http(b"x", 429, "retry-after: nan\r\n")


def _completion(message: Any) -> bytes:
    return _http(json.dumps({"choices": [{"index": 0, "message": message}]}).encode())


def _http(body: bytes, status: int = 200, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Status\r\n{headers}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body
