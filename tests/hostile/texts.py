"""Bytes that are no document, or cost more to read than they weigh."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hostile.frames import Made, yaml


def texts() -> Iterator[tuple[str, Made]]:
    """(name, what makes the bytes)."""
    yield (
        "bomb of aliases",
        lambda: yaml(
            "x0: &x0 [1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 12))
            + "paths: {}\n"
        ),
    )
    yield (
        "bomb of merge keys",
        lambda: yaml(
            "x0: &x0 {a: 1}\n"
            + "".join(
                f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 9)}]}}\n" for n in range(1, 9)
            )
            + "paths: {}\n"
        ),
    )
    yield "an alias of itself", lambda: yaml("x: &x [*x]\npaths: {}\n")
    yield "a megabyte of short lists", lambda: yaml("x: [" + "[]," * 350_000 + "]\npaths: {}\n")
    yield "a megabyte of numbers", lambda: yaml("x: [" + "1," * 500_000 + "]\npaths: {}\n")
    yield "a megabyte of dashes", lambda: yaml("x:\n" + "- a\n" * 250_000 + "paths: {}\n")
    yield (
        "a megabyte of keys",
        lambda: yaml("x:\n" + "".join(f" k{n}: 1\n" for n in range(100_000)) + "paths: {}\n"),
    )
    yield "thirty megabytes of lists", lambda: yaml("x: [" + "[]," * 9_000_000 + "]\npaths: {}\n")
    yield (
        "eight megabytes of JSON lists",
        lambda: b'{"openapi": "3.1.0", "x": [' + b"[]," * 2_600_000 + b"[]]}",
    )
    yield "deep flow", lambda: yaml("x: " + "[" * 100_000)
    yield "deep blocks", lambda: yaml("".join(" " * n + "a:\n" for n in range(2000)))
    yield "deep dashes", lambda: yaml("x:\n" + "- " * 100_000 + "a\n")
    yield "deep JSON", lambda: b'{"openapi": "3.1.0", "a":' * 1 + b"[" * 100_000
    yield "long key", lambda: yaml(f"? {'x' * 2_000_000}\n: 1\npaths: {{}}\n")
    yield "complex keys", lambda: yaml("? [a, b]\n: 1\n? {c: d}\n: 2\npaths: {}\n")
    yield (
        "tags",
        lambda: yaml("x: !!python/object/apply:os.system ['id']\ny: !!binary x\npaths: {}\n"),
    )
    yield "many documents", lambda: yaml("paths: {}\n" + "---\na: 1\n" * 50_000)
    yield "NUL", lambda: b"openapi: 3.1.0\x00"
    yield "UTF-16", lambda: "openapi: 3.1.0\n".encode("utf-16")
    yield "no UTF-8", lambda: b"openapi: \xff\xfe"
    yield "empty", lambda: b""
    yield "blank", lambda: b" \n\t \n"
    yield "a number", lambda: b"7"
    yield "a list", lambda: b"[1, 2]"
    yield "null", lambda: b"null"
    yield "HTML", lambda: b"<!DOCTYPE html><html><body>404</body></html>"
    yield "PNG", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    yield "a long line", lambda: yaml("x: '" + "a" * 3_000_000 + "'\npaths: {}\n")
    yield "tabs", lambda: yaml("x:\n\t- a\n")
    yield "NaN and infinities", lambda: yaml("x: [.nan, .inf, -.inf, 1e999]\npaths: {}\n")
    yield "a number of a million digits", lambda: yaml("x: " + "9" * 1_000_000 + "\npaths: {}\n")
    yield (
        "JSON number of a million digits",
        lambda: b'{"openapi": "3.1.0", "x": ' + b"9" * 1_000_000 + b"}",
    )
    yield (
        "anchors without end",
        lambda: yaml("x: [" + ", ".join(f"&a{n} 1" for n in range(100_000)) + "]\npaths: {}\n"),
    )
    yield "comments", lambda: yaml("# x\n" * 400_000 + "paths: {}\n")
    yield "quotes that never close", lambda: yaml("x: '" + "a\n" * 200_000)
    yield (
        "brackets closed at a key, fifty times",
        lambda: yaml("".join(f"a{n}: {{\n  b: 1,\n}}\n" for n in range(400)) + "paths: {}\n"),
    )
