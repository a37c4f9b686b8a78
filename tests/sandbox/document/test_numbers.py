"""Integers keep their digits, and those of a format their bounds; patterns of any dialect count."""

from __future__ import annotations

import json

import httpx
import pytest

from sandbox import World
from sandbox.document import validate
from sandbox.document.regular_expressions import enforceable
from sandbox.faults.context import json_of, with_json
from sandbox.messages import Arguments, Response
from tests.sandbox.document.documents import json_body, operation
from tests.sandbox.world.documents import by, does, thing, world_of

HUGE = 123456789012345678901234567890


def accounts() -> World:
    account = thing("id", id={"type": "string", "readOnly": True}, units={"type": "integer"})
    return world_of(
        {
            "/accounts": {"post": does(201, account, account, operationId="open")},
            "/accounts/{id}": {
                "get": does(200, account, parameters=[by("id")], operationId="read")
            },
        }
    )


@pytest.mark.parametrize(
    ("format", "good", "bad", "bound"),
    [
        ("int32", 2**31 - 1, 2**31, "2147483647"),
        ("int32", -(2**31), -(2**31) - 1, "-2147483648"),
        ("int64", 2**63 - 1, 2**63, "9223372036854775807"),
        ("uint32", 2**32 - 1, HUGE, "4294967295"),
    ],
)
def test_a_format_of_integers_has_its_bounds(format: str, good: int, bad: int, bound: str) -> None:
    schema = {"type": "integer", "format": format}
    it = operation(
        method="post", body=json_body({"properties": {"n": schema, "m": {"items": schema}}})
    )
    for body in ({"n": good}, {"m": [good]}):
        assert not validate(it, Arguments(body=body, media_type="application/json"))
    for body in ({"n": bad}, {"m": [bad]}):
        (problem,) = validate(it, Arguments(body=body, media_type="application/json"))
        assert str(problem.expected) == bound


def test_a_bound_of_the_document_within_the_format_stays() -> None:
    schema = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9}
    it = operation({"name": "n", "in": "query", "schema": schema})
    found = [validate(it, Arguments(query={"n": number})) for number in (0, 1, 9, 10)]
    assert [bool(problems) for problems in found] == [True, False, False, True]


def test_long_integers_keep_every_digit_through_every_transport() -> None:
    session = accounts().session(seed=1)
    made = json.loads(session.call("open", {"units": HUGE}).text)
    assert f'"units":{HUGE}' in session.call("read", {"id": made["id"]}).text
    with httpx.Client(transport=session.transport(), base_url="http://localhost") as client:
        sent = f'{{"units": {HUGE}{HUGE}}}'.encode()
        reply = client.post("/accounts", content=sent, headers={"content-type": "application/json"})
        assert f'"units":{HUGE}{HUGE}' in client.get(f"/accounts/{reply.json()['id']}").text


def test_long_integers_survive_a_fault_that_rewrites_the_reply() -> None:
    response = Response(200, (), f'{{"units":{HUGE}}}'.encode())
    assert with_json(response, json_of(response)) == response


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^(?<y>\d{2})-\k<y>$", "12-12", "12-13"),
        (r"^(?:x)?(?P<a>[ab])(c)(?P=a)0$", "aca0", "acb0"),
        (r"^(a|b)\1$", "aa", "ab"),
        (r"^(?=.*[A-Z])(?!.*__)\w+(?<!-)$", "aB", "ab"),
        (r"\A[^]{2}\Z", "a\n", "a"),
        (r"^{id}$", "{id}", "id"),
        (r"^[\w-.]+$", "a-.", "a/"),
    ],
)
def test_patterns_of_any_dialect_are_enforced(pattern: str, good: str, bad: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    it = operation({"name": "q", "in": "query", "schema": schema})
    assert not validate(it, Arguments(query={"q": good}))
    assert [each.keyword for each in validate(it, Arguments(query={"q": bad}))] == ["pattern"]


@pytest.mark.parametrize(
    "pattern", ["[a", "a\\", "(", "^a{1000000}$", r"[\ud800-\udfff]", "\ud800"]
)
def test_what_nothing_can_enforce_is_known_to_be_so(pattern: str) -> None:
    assert enforceable(pattern) is None
