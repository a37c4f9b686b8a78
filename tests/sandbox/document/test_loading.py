"""Texts become trees, and hostile texts become one clear sentence within a second."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import Document
from sandbox.document.loading import MAX_BYTES, parse
from sandbox.errors import DocumentError

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"


def chained(rows: str, letters: str = "abcdefghijk") -> str:
    """Anchors that each name the one before nine times: nine to the tenth nodes."""
    first = "a: &a [x, x]\n"
    return first + "".join(rows.format(this=this, last=last) for last, this in pairwise(letters))


NINE = "".join("  - *{last}\n" for _ in range(9))
BOMBS = {
    "flow": chained("{this}: &{this} [" + ",".join(["*{last}"] * 9) + "]\n"),
    "block": chained("{this}: &{this}\n" + NINE),
    "after a tag": chained("{this}: !!seq &{this}\n" + NINE),
    "as values": chained("{this}: &{this}\n" + "".join(f"  {i}: *{{last}}\n" for i in range(9))),
}
DEEP = {
    "braces": '{"a":' * 10_000,
    "closed braces": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "brackets in json": '{"openapi":"3.1.0","x":' + "[" * 900 + "]" * 900 + "}",
    "block": "".join(" " * depth + "a:\n" for depth in range(4000)),
    "few": "".join(" " * depth + "a:\n" for depth in range(300)),
    "dashes": "- " * 10_000 + "a",
    "question marks": "? " * 10_000 + "a",
}
HOSTILE = {
    **{f"bomb {name}": (text, "aliases") for name, text in BOMBS.items()},
    **{f"deep {name}": (text, "254 levels") for name, text in DEEP.items()},
    "50 MB": ("a: " + "x" * 50_000_000, "32 MiB"),
    "NUL": ("a: \x00", "NUL byte at offset 3"),
    "empty": (" \n", "is empty"),
    "a list": ("[1]", "root"),
    "html": ("<!DOCTYPE html><html></html>", "root"),
    "cut JSON": ('{"openapi": "3.1.0", "paths": {', "not valid JSON"),
    "cut YAML": ("a: [", "not valid YAML"),
    "an anchor in itself": ("a: &a\n  b: *a\n", "YAML"),
    "other versions": ("openapi: 4.0.0", "2.0, 3.0 and 3.1"),
    "swagger 1.2": ("swagger: '1.2'", "2.0, 3.0 and 3.1"),
    "something else": ("name: value", "not an OpenAPI document"),
    "a list as key": (f"{HEAD}? [a, b]\n: 1\n", "JSON does not know"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_within_seconds(
    name: str, cpu_seconds: Callable[[], float]
) -> None:
    text, reason = HOSTILE[name]
    data = text.encode()
    start = cpu_seconds()
    with pytest.raises(DocumentError, match=reason) as caught:
        Document.parse(data, source="it.yaml")
    assert cpu_seconds() - start < 3.0
    assert str(caught.value).startswith("it.yaml: ") and len(str(caught.value)) < 300


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(DocumentError, match="byte 3 is invalid"):
        parse(b"a: \xff", "it")


def test_scalars_are_those_of_yaml_1_2_with_text_keys() -> None:
    tree = parse(b"a: NO\nb: 2020-01-01\nc: on\nd: 012\n200: x\ntrue: y\n1.5: z\n", "it").tree
    assert tree == {
        "a": "NO",
        "b": "2020-01-01",
        "c": "on",
        "d": 12,
        "200": "x",
        "true": "y",
        "1.5": "z",
    }


def test_aliases_merge_keys_and_tags_are_read_as_meant() -> None:
    text = "a: &a {k: 1, l: 2}\nb:\n  <<: *a\n  l: 3\nc: !custom text\nd: *a\n"
    assert parse(text.encode(), "it").tree == {
        "a": {"k": 1, "l": 2},
        "b": {"k": 1, "l": 3},
        "c": "text",
        "d": {"k": 1, "l": 2},
    }


def test_json_with_a_mark_and_a_trailing_comma_is_read() -> None:
    assert parse(b'\xef\xbb\xbf{"a": [1, 2,],}', "it").tree == {"a": [1, 2]}


def test_numbers_that_json_does_not_know_do_not_survive() -> None:
    assert Document.parse(f"{HEAD}x: .nan\npaths: {{}}\n".encode(), source="it").operations == {}


def test_places_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for place, reason in (
        (tmp_path / "no.yaml", "no such file"),
        (tmp_path, "is a folder"),
        (huge, "32 MiB"),
        ("a\0b.yaml", "cannot be read"),
        ("no-such-document", "no such file; bundled documents are .*bookshop"),
    ):
        with pytest.raises(DocumentError, match=reason):
            Document.load(place)


def test_a_url_that_does_not_answer_is_named() -> None:
    with pytest.raises(DocumentError, match="cannot be fetched"):
        Document.load("http://127.0.0.1:9/openapi.yaml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_a_document_or_a_document_error(data: bytes) -> None:
    try:
        Document.parse(b"openapi: 3.1.0\n" + data, source="it")
    except DocumentError as error:
        assert error.place


def test_a_bracket_closed_at_its_keys_column_is_read_and_warned_of() -> None:
    text = (
        HEAD
        + 'x-place:\n  n: 1\n  sample: {\n    "lat": "1"\n  }\n  tags: [\n    "a"\n  ]\npaths: {}\n'
    )
    made = Document.parse(text.encode(), source="text")
    assert made.tree["x-place"] == {"n": 1, "sample": {"lat": "1"}, "tags": ["a"]}
    assert [notice.pointer for notice in made.warnings] == ["line 7", "line 10"]
    with pytest.raises(DocumentError, match="closed at its key's column"):
        Document.parse(text.encode(), source="text", strict=True)
    with pytest.raises(DocumentError, match="not valid YAML"):
        parse(text.replace("x-place", "x: [").encode(), "text")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    place = tmp_path / "pipe.yaml"
    os.mkfifo(place)
    with pytest.raises(DocumentError, match="is no regular file"):
        Document.load(place)
