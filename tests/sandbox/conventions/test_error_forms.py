"""Errors say what was wrong, in whatever form the document has for them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox import Request, World
from sandbox.conventions.schema_surface import shape
from sandbox.document import Document

TEXT = {"type": "string"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def refused(
    form: Any,
    arguments: Any,
    *,
    status: str = "422",
    helpfulness: int = 3,
    required: tuple[str, ...] = ("name",),
) -> Any:
    """The body of a refused create whose errors have the form."""
    body = {"type": "object", "properties": {"name": TEXT, "n": {"type": "integer"}}}
    body["required"] = list(required)
    reply = {"description": "no", "content": {"application/json": {"schema": form}}}
    post = {
        "operationId": "make",
        "requestBody": {"content": {"application/json": {"schema": body}}, "required": True},
        "responses": {"201": {"description": "made"}, status: reply},
    }
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"post": post}},
    }
    session = World(Document.from_tree(tree, source="t.yaml")).session(helpfulness=helpfulness)
    session.call("make", arguments)
    return orjson.loads(session.ledger[-1].response.body)


BOTH = {"n": "x"}
ROW = thing(field=TEXT, message=TEXT)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (thing(error=TEXT), {"error": "name is missing; n must be an integer"}),
        (thing(errors={"type": "array", "items": TEXT}),
         {"errors": ["name is missing", "n must be an integer"]}),
        (thing(error=thing(message=TEXT, status={"type": "integer"})),
         {"error": {"message": "name is missing; n must be an integer", "status": 422}}),
        (thing(errors={"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}),
         {"errors": {"name": ["name is missing"], "n": ["n must be an integer"]}}),
        (thing(failures={"type": "array", "items": ROW}),
         {"failures": [{"field": "name", "message": "name is missing"},
                       {"field": "n", "message": "n must be an integer"}]}),
        (TEXT, "name is missing; n must be an integer"),
    ],
)  # fmt: skip
def test_every_violation_is_told_in_the_declared_form(form: Any, said: Any) -> None:
    assert refused(form, BOTH) == said


def test_optional_members_and_references_through_alternatives_are_used() -> None:
    path = {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]}}
    row = {"type": "object", "properties": {"loc": path, "msg": TEXT}}
    rows = {"type": "array", "items": row}
    form = {"type": "object", "properties": {"detail": {"anyOf": [TEXT, rows]}}}
    told = refused(form, BOTH, status="default")["detail"]
    assert [row["loc"] for row in told] == [["body", "name"], ["body", "n"]]
    assert told[0]["msg"] == "name is missing"


def test_a_path_of_steps_begins_with_where_the_value_was_sent() -> None:
    path = {"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]}}
    rows = {"type": "array", "items": thing(loc=path, msg=TEXT)}
    reply = {"description": "", "content": {"application/json": {"schema": thing(detail=rows)}}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    read = {"operationId": "read", "parameters": [limit], "responses": {"422": reply}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    tree["paths"] = {"/a": {"get": read}}
    session = World(Document.from_tree(tree, source="t.yaml")).session()
    session.call("read", {"limit": "many"})
    told = orjson.loads(session.ledger[-1].response.body)["detail"]
    assert [row["loc"] for row in told] == [["query", "limit"]]


def test_json_api_sources_point_at_the_member() -> None:
    source = {
        "type": "object",
        "properties": {"pointer": TEXT, "parameter": TEXT},
        "maxProperties": 1,
    }
    row = {"type": "object", "properties": {"detail": TEXT, "source": source, "status": TEXT}}
    told = refused(thing(errors={"type": "array", "items": row}), {})
    said = {"detail": "name is missing", "source": {"pointer": "/name"}, "status": "422"}
    assert told == {"errors": [said]}


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        (["RATE_LIMITED", "NOT_FOUND", "VALIDATION_FAILED"], "VALIDATION_FAILED"),
        (["no_longer_needed", "invalid_request"], "invalid_request"),
        ([401, 404, 422], 422),
    ],
)
def test_a_code_of_an_enum_fits_the_status(choices: list[Any], code: Any) -> None:
    assert refused(thing(code={"enum": choices}, message=TEXT), {})["code"] == code


def test_a_code_that_fits_nothing_is_left_out_and_no_prose_is_made() -> None:
    form = {"type": "object", "properties": {"code": {"type": "string", "enum": ["card_expired"]},
        "message": TEXT, "hint": TEXT}, "required": ["message", "hint"]}  # fmt: skip
    assert refused(form, {}) == {"message": "name is missing", "hint": "Unprocessable Entity"}


def test_helpfulness_grows_inside_the_form() -> None:
    told = [refused(thing(message=TEXT), {"name": 3}, helpfulness=level) for level in (1, 2, 3)]
    assert "name" not in told[0]["message"]
    assert told[1]["message"] == "name has the wrong type"
    assert told[2]["message"] == "name must be a string"


def test_a_short_text_is_cut_and_stays_valid() -> None:
    told = refused(thing(message={"type": "string", "maxLength": 40}), {"name": 1, "n": "x"})
    assert told["message"].startswith("n") and len(told["message"]) <= 40


def test_a_fault_and_a_retired_operation_speak_the_document_s_form() -> None:
    error = {"content": {"application/json": {"schema": thing(oops=thing(message=TEXT))}}}
    get = {"operationId": "look", "responses": {"200": {"description": "x"}, "404": error}}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": get}},
    }
    world = World(Document.from_tree(tree, source="t.yaml"))
    rule = {"fault": "H06", "trigger": "always"}
    seen = world.session(faults={"rules": [rule]}).call("look", {})
    assert seen.text.endswith('{"oops":{"message":"An internal error occurred."}}')


@pytest.mark.parametrize("size", [500, 255, 200, 128, 100, 64, 50, 32])
def test_a_text_that_is_too_long_is_cut_to_what_the_form_holds(size: int) -> None:
    names = tuple(f"thing_number_{number}" for number in range(40))
    shown = refused(thing(detail={**TEXT, "maxLength": size}), {}, required=names)
    assert size - 1 <= len(shown["detail"]) <= size  # a space at the cut is left out


def test_a_form_with_a_pointer_names_the_field_of_a_violation_beside_it() -> None:
    row = thing(message=TEXT, pointer=TEXT, field=TEXT)
    said = refused(thing(errors={"type": "array", "items": row}), {"n": "x", "name": "a"})
    assert said["errors"][0]["pointer"] == "/n" and said["errors"][0]["field"] == "n"
    whole = refused(thing(message=TEXT, pointer=TEXT, field=TEXT), {"n": "x", "name": "a"})
    assert whole["pointer"] == "/n" and whole["field"] != "n"


def test_words_may_lie_in_an_optional_member_of_any_name() -> None:
    form = {
        "type": "object",
        "properties": {"grumble": {"type": "object", "properties": {"why": TEXT}}},
    }
    body = refused(form, {"name": "a", **BOTH})
    assert "integer" in body["grumble"]["why"]


def test_a_refusal_names_one_thing_in_the_singular() -> None:
    session = World.load("inventory").session(seed=1)
    text = session.call("get_purchase_order", {"purchase_order_id": 99999}).text
    assert "There is no purchase order '99999'." in text


def test_an_error_of_plain_text_is_the_text() -> None:
    content = {"text/plain": {"schema": TEXT}}
    body = {"content": {"application/json": {"schema": thing(name=TEXT)}}, "required": True}
    replies = {"201": {"description": "made"}, "422": {"description": "no", "content": content}}
    paths = {"/a": {"post": {"operationId": "make", "requestBody": body, "responses": replies}}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    session = World(Document.from_tree(tree, source="t")).session(seed=1)
    sent = Request("POST", "/a", "", (("content-type", "application/json"),), b"{}")
    reply = session.handle(sent)
    assert reply.header("content-type") == "text/plain" and b"name" in reply.body


def test_a_type_said_in_a_branch_is_the_type() -> None:
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    schemas = Document.from_tree(tree, source="t").schemas
    assert shape(schemas, {"allOf": [TEXT, {"minLength": 2}]}).type == "string"


def test_a_text_is_cut_to_what_its_form_takes() -> None:
    form = thing(detail={"type": "string", "maxLength": 35})
    said = refused(form, {"n": "not a number"}, required=("name", "n"))["detail"]
    assert said.startswith("name is missing") and 15 <= len(said) <= 35
