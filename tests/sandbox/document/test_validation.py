"""Requests against the document: every violation, where it is, and what would have been valid."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document import canonical, check_security, status_of, validate
from sandbox.document.problems import problem_body
from sandbox.document.security import credentials
from sandbox.messages import Arguments, Problem, Request
from tests.sandbox.document.documents import document, json_body, operation

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}
NAME = {"name": "X-Name", "in": "header", "required": True, "schema": {"type": "string"}}
PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "status": {"type": "string", "enum": ["available", "sold"]},
    },
}


def told(problems: list[Problem]) -> set[tuple[str, str, str]]:
    return {(problem.location, problem.pointer, problem.keyword) for problem in problems}


def test_all_violations_of_all_locations_are_told_at_once() -> None:
    it = operation(ID, LIMIT, NAME, path="/things/{id}", method="put", body=json_body(PET))
    problems = validate(
        it,
        Arguments(
            path={"id": "x"},
            query={"limit": 101, "z": 1},
            body={"status": "lost", "nam": "x"},
            media_type="application/json",
        ),
    )
    assert told(problems) == {
        ("path", "/id", "type"),
        ("query", "/limit", "maximum"),
        ("query", "/z", "additionalProperties"),
        ("header", "/X-Name", "required"),
        ("body", "/name", "required"),
        ("body", "/status", "enum"),
        ("body", "/nam", "additionalProperties"),
    }
    assert {p.name for p in problems} == {"id", "limit", "z", "X-Name", "name", "status", "nam"}


@pytest.mark.parametrize(
    ("schema", "refused"),
    [
        (PET, True),
        ({"allOf": [PET, {"properties": {"x": True}}]}, True),
        ({**PET, "additionalProperties": True}, False),
        ({"type": "object"}, False),
        ({"anyOf": [PET, {"type": "object", "additionalProperties": {}}]}, False),
        ({**PET, "patternProperties": {"^n": True}}, False),
    ],
)
def test_unknown_body_names_are_refused_unless_the_schema_admits_them(
    schema: Any, refused: bool
) -> None:
    it = operation(method="post", body=json_body(schema))
    arguments = Arguments(body={"name": "x", "nope": 1}, media_type="application/json")
    assert bool(validate(it, arguments)) is refused
    assert validate(it, arguments, unknown="ignore") == []


def test_a_name_unknown_to_a_closed_schema_is_told_once() -> None:
    closed = {**PET, "additionalProperties": False}
    it = operation(path="/things", method="post", body=json_body(closed))
    problems = validate(it, Arguments(body={"nam": "x"}, media_type="application/json"))
    assert sorted(problem.pointer for problem in problems) == ["/nam", "/name"]


def test_a_missing_body_and_a_body_too_many() -> None:
    assert told(validate(operation(method="post", body=json_body(PET)), Arguments())) == {
        ("body", "", "required")
    }
    bare = operation(method="post")
    assert validate(bare, Arguments(body={}, media_type="application/json")) == []
    extra = Arguments(body={"x": 1}, media_type="application/json")
    assert status_of(validate(bare, extra)) == 422
    assert validate(bare, extra, unknown="ignore") == []


@pytest.mark.parametrize("value", [float("nan"), "\ud800", ("a",), {1: 2}, 2**90, object()])
def test_values_json_cannot_say_are_judged_too(value: Any) -> None:
    it = operation(
        LIMIT,
        method="post",
        body=json_body({"type": "object", "properties": {"v": {"type": "integer", "maximum": 3}}}),
    )
    arguments = canonical(it, Arguments(query={"limit": value}, body={"v": value}))
    assert ("body", "/v") in {(p.location, p.pointer) for p in validate(it, arguments)}


def test_a_broken_schema_is_a_defect_that_stays() -> None:
    it = operation({"name": "q", "in": "query", "schema": {"$ref": "#/No"}})
    problems = validate(it, Arguments())
    assert status_of(problems) == 501 and it.defect is not None and "No" in it.defect


def test_status_is_422_or_what_the_document_has_for_it() -> None:
    wrong = [Problem("/a", "query", "type", "no")]
    assert status_of(wrong) == 422
    made = document({"/a": {"get": {"responses": {"200": {}, "400": {"description": "no"}}}}})
    assert status_of(wrong, made.operation("get_a")) == 400
    assert status_of([Problem("", "security", "missing", "no"), *wrong]) == 401


def test_helpfulness_grows_from_a_status_to_the_right_spelling() -> None:
    it = operation(LIMIT, method="post", body=json_body(PET))
    problems = validate(
        it, Arguments(body={"name": 1, "statis": "x"}, media_type="application/json")
    )
    bodies = [problem_body(problems, level, 422) for level in range(5)]
    assert set(bodies[0]) == {"type", "title", "status"}
    assert "errors" not in bodies[1] and bodies[1]["detail"]
    assert [e["pointer"] for e in bodies[2]["errors"]] == ["#/statis", "#/name"]
    assert "integer" not in str(bodies[2]) and bodies[3]["errors"][1]["expected"] == ["string"]
    assert bodies[4]["errors"][0]["did_you_mean"] == "status"


SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "token"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "oauth": {"type": "oauth2", "flows": {}},
}
BEARER = (("authorization", "Bearer t"),)
BASIC = (("authorization", "Basic dTpw"),)


@pytest.mark.parametrize(
    ("security", "query", "headers", "keyword"),
    [
        ([], "", (), None),
        ([{}], "", (), None),
        ([{"basic": []}, {}], "", (), None),
        ([{"bearer": []}], "", (), "missing"),
        ([{"bearer": []}], "", BEARER, None),
        ([{"bearer": []}], "", BASIC, "scheme"),
        ([{"basic": []}], "", BASIC, None),
        ([{"basic": []}], "", (("authorization", "Basic nonsense"),), "malformed"),
        ([{"oauth": ["a"]}], "", (("authorization", "Bearer "),), "malformed"),
        ([{"key": []}], "", (("x-key", "k"),), None),
        ([{"key": []}], "", (("x-key", " "),), "missing"),
        ([{"query": []}], "token=a", (), None),
        ([{"query": []}], "token=", (), "missing"),
        ([{"cookie": []}], "", (("cookie", "a=b; sid=1"),), None),
        ([{"key": [], "query": []}], "token=a", (), "missing"),
        ([{"key": []}, {"bearer": []}], "", BEARER, None),
        ([{"undeclared": []}], "", (), None),
    ],
)
def test_absence_and_the_wrong_scheme_are_refused(
    security: Any, query: str, headers: Any, keyword: str | None
) -> None:
    made = document(
        {"/a": {"get": {"security": security}}}, components={"securitySchemes": SCHEMES}
    )
    problem = check_security(made.operation("get_a"), made, Request("GET", "/a", query, headers))
    assert (problem and problem.keyword) == keyword


@pytest.mark.parametrize("name", SCHEMES)
def test_our_own_credentials_are_accepted(name: str) -> None:
    made = document(
        {"/a": {"get": {"security": [{name: []}]}}}, components={"securitySchemes": SCHEMES}
    )
    it = made.operation("get_a")
    query, headers = credentials(it, made)
    assert check_security(it, made, Request("GET", "/a", query, headers)) is None
    assert validate(it, Arguments(query={"token": "t"})) == []
