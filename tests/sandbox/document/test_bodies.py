"""Bodies: JSON, forms, multipart, text and bytes; what is malformed is said, never raised."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import canonical, decode, encode, status_of, validate
from sandbox.document.operations import Operation
from sandbox.messages import ABSENT, Arguments, Request
from tests.sandbox.document.documents import json_body, operation

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def taking(media_type: str, schema: Any, **media: Any) -> Operation:
    content = {media_type: {"schema": schema, **media}}
    return operation(method="post", body={"content": content})


def sent(it: Operation, kind: str, body: bytes) -> tuple[Any, list[str]]:
    request = Request("POST", "/things", headers=(("content-type", kind),), body=body)
    arguments, problems = decode(it, request, {})
    return arguments.body, [problem.keyword for problem in problems]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(st.characters(codec="utf-8"))
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["application/json", "application/merge-patch+json", "text/json"]))
def test_json_comes_back(value: Any, kind: str) -> None:
    it = taking(kind, True)
    arguments = Arguments(body=value, media_type=kind)
    assert decode(it, encode(it, arguments), {}) == (arguments, [])
    assert canonical(it, arguments) == arguments


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
NESTED = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer"},
        "live": {"type": "boolean"},
        "name": {"type": "string"},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"price": {"type": "string"}, "quantity": {"type": "integer"}},
            },
        },
        "expand": {"type": "array", "items": {"type": "string"}},
    },
}
KEY = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=5)
INT64 = st.integers(-(2**63), 2**64 - 1)
STRIPE = st.fixed_dictionaries(
    {},
    optional={
        "amount": INT64,
        "live": st.booleans(),
        "name": st.text(st.characters(codec="utf-8")),
        "metadata": st.dictionaries(KEY, TEXT, min_size=1, max_size=3),
        "items": st.lists(
            st.fixed_dictionaries({"price": TEXT, "quantity": INT64}), min_size=1, max_size=3
        ),
        "expand": st.lists(TEXT, min_size=1, max_size=3),
    },
).filter(bool)
DEEP = {name: {"style": "deepObject", "explode": True} for name in ("metadata", "items", "expand")}


@given(STRIPE, st.sampled_from([{}, DEEP]))
def test_nested_forms_come_back(value: Any, encoding: Any) -> None:
    it = taking(FORM, NESTED, encoding=encoding)
    arguments = Arguments(body=value, media_type=FORM)
    assert decode(it, encode(it, arguments), {}) == (arguments, [])
    assert canonical(it, arguments) == arguments


def test_a_form_as_stripe_clients_write_it() -> None:
    it = taking(FORM, NESTED, encoding=DEEP)
    raw = b"amount=5&metadata[order_id]=6735&items[0][price]=p+1&items[0][quantity]=2&expand[]=a"
    assert sent(it, FORM, raw) == (
        {
            "amount": 5,
            "metadata": {"order_id": "6735"},
            "items": [{"price": "p 1", "quantity": 2}],
            "expand": ["a"],
        },
        [],
    )


@given(STRIPE)
def test_multipart_comes_back(value: Any) -> None:
    it = taking(MULTIPART, NESTED)
    request = encode(it, Arguments(body=value, media_type=MULTIPART))
    assert decode(it, request, {})[0].body == value


def test_multipart_as_httpx_writes_it() -> None:
    it = taking(
        MULTIPART,
        {
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "binary"},
                "n": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    )
    request = httpx.Request(
        "POST",
        "http://x",
        data={"n": "5", "tags": ["a", "b"]},
        files={"file": ("a.bin", b"\xff\x00")},
    )
    body, problems = sent(it, request.headers["content-type"], request.read())
    assert (
        body
        == {
            "n": 5,
            "tags": ["a", "b"],
            "file": "data:application/octet-stream;name=a.bin;base64,/wA=",
        }
        and not problems
    )


@given(st.binary(min_size=1))
def test_bytes_come_back(data: bytes) -> None:
    it = taking("application/octet-stream", {"type": "string", "format": "binary"})
    value, problems = sent(it, "application/octet-stream", data)
    request = encode(it, Arguments(body=value, media_type="application/octet-stream"))
    assert request.body == data and not problems


@pytest.mark.parametrize(
    ("kind", "body", "keyword", "status"),
    [
        ("application/json", b'{"a":', "json", 400),
        ("application/json", b"{'a': 1}", "json", 400),
        ("application/json", b'{"a": NaN}', "json", 400),
        ("application/json", b"\xff", "json", 400),
        ("application/json", b"[" * 5000, "json", 400),
        ("text/csv", b"a,b", "mediaType", 415),
        (MULTIPART, b"--x\r\n", "form", 400),
        (f"{MULTIPART}; boundary=x", b"junk", "form", 400),
        (FORM, b"a=\xff", "encoding", 400),
        ("", b"{}", "mediaType", 415),
    ],
)
def test_what_cannot_be_read_is_said(kind: str, body: bytes, keyword: str, status: int) -> None:
    content = {
        name: {"schema": {"type": "object"}} for name in ("application/json", FORM, MULTIPART)
    }
    it = operation(method="post", body={"content": content})
    request = Request("POST", "/things", headers=(("content-type", kind),), body=body)
    arguments, problems = decode(it, request, {})
    assert arguments.body is ABSENT
    assert [problem.keyword for problem in problems] in ([keyword], ["encoding"])
    assert status_of(problems) == status


@given(
    st.binary(),
    st.sampled_from(
        [
            FORM,
            f"{MULTIPART}; boundary=b",
            "application/json",
            "text/plain",
            "image/png",
            "multipart/",
            ";;",
            "\xff",
        ]
    ),
)
def test_any_bytes_are_read_without_a_crash(data: bytes, kind: str) -> None:
    content = {name: {"schema": NESTED} for name in (FORM, MULTIPART, "*/*")}
    it = operation(method="post", body={"content": content})
    value, _ = sent(it, kind, data)
    validate(it, Arguments(body=value, media_type=kind))


DEEP_BODIES = {
    "application/json": b'{"a":' * 300 + b"1" + b"}" * 300,
    FORM: b"a" + b"[b]" * 100_000 + b"=1",
    f"{FORM}; wide": b"&".join(b"a%d=1" % index for index in range(20_000)),
}


@pytest.mark.parametrize("kind", DEEP_BODIES)
def test_deep_and_wide_bodies_are_answered(kind: str) -> None:
    content = {name: {"schema": NESTED} for name in (FORM, "application/json")}
    it = operation(method="post", body={"content": content})
    value, problems = sent(it, kind, DEEP_BODIES[kind])
    assert problems == ["json"] or validate(it, Arguments(body=value, media_type=FORM))


def test_values_that_never_end_are_written_without_a_crash() -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    deep: Any = 1
    for _ in range(5000):
        deep = {"a": deep}
    it = operation(
        {
            "name": "q",
            "in": "query",
            "style": "deepObject",
            "explode": True,
            "schema": {"type": "object"},
        },
        method="post",
        body=json_body(NESTED),
    )
    for value in (endless, deep):
        encode(it, Arguments(query={"q": value}, body=value))
        assert canonical(it, Arguments(query={"q": value})).query


def test_ranges_of_media_types_match_and_json_is_preferred() -> None:
    content = {"text/*": {"schema": {"type": "string"}}, "application/json": {"schema": NESTED}}
    it = operation(method="post", body={"content": content})
    assert sent(it, "text/markdown; charset=utf-8", b"# hi") == ("# hi", [])
    assert encode(it, Arguments(body={"amount": 1})).header("content-type") == "application/json"


def test_a_body_without_content_type_is_of_the_preferred_type() -> None:
    it = operation(method="post", body=json_body(NESTED))
    arguments, problems = decode(it, Request("POST", "/things", body=b'{"amount": 1}'), {})
    assert arguments == Arguments(body={"amount": 1}, media_type="application/json")
    assert not problems


def test_canonical_makes_of_values_what_a_server_reads() -> None:
    it = operation(
        {"name": "n", "in": "query", "schema": {"type": "integer"}},
        {"name": "s", "in": "query", "schema": {"type": "string"}},
        {"name": "none", "in": "query", "schema": {"type": "string"}},
    )
    made = canonical(it, Arguments(query={"n": "5", "s": 5, "none": None, "extra": 1.0}))
    assert made.query == {"n": 5, "s": "5", "extra": "1"}
    same = Arguments(query={"n": 5, "s": "x"})
    assert canonical(it, same) is same


@pytest.mark.parametrize("kind", ["application/form-data", "application/vnd.acme.v2"])
def test_a_media_type_of_ones_own_still_carries_an_object(kind: str) -> None:
    it = taking(kind, {"type": "object", "properties": {"name": {"type": "string"}}})
    given = Arguments({}, {}, {}, {}, {"name": "Ada"}, kind)
    back, problems = decode(it, encode(it, given, ""), {})
    assert problems == [] and back.body == {"name": "Ada"}
