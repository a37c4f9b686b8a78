"""A release renames, moves and adapts; old calls become new ones and come back unchanged."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.document.document import Document
from sandbox.drift import drift_plan, releases
from sandbox.drift.rewriting import replace_at
from sandbox.errors import PlanError, UnknownName
from sandbox.messages import Arguments, Request
from sandbox.world import World
from tests.sandbox.drift.properties import drifted

TREE = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/orders": {
            "parameters": [{"name": "status", "in": "query", "schema": {"type": "string"}}],
            "get": {"operationId": "listOrders", "responses": {"200": {"description": ""}}},
            "post": {
                "operationId": "createOrder",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                    }
                },
                "responses": {"201": {"description": ""}},
            },
        }
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["customer_id"],
                "properties": {"customer_id": {"type": "integer"}, "note": {"type": "string"}},
            }
        }
    },
}


def shop() -> Document:
    return Document.from_tree(TREE, source="shop")


def one(op: str, **step: object) -> dict[str, object]:
    return {"releases": [{"operators": [{"op": op, **step}]}]}


def test_a_renamed_parameter_is_renamed_for_one_operation_only() -> None:
    plan = one("D01", target={"op": "listOrders"}, params={"new_name": "state"})
    release = releases(plan, shop(), 0).releases[0]
    names = {
        id: [parameter.name for parameter in operation.parameters]
        for id, operation in release.document.operations.items()
    }
    assert names == {"listOrders": ["state"], "createOrder": ["status"]}
    old = Arguments(query={"status": "open"})
    assert release.forward("listOrders", old)[1].query == {"state": "open"}
    assert release.backward("listOrders", Arguments(query={"state": "open"}))[1] == old


def test_a_renamed_body_field_leaves_the_shared_component_alone() -> None:
    plan = one("D03", target={"pointer": "/customer_id"}, params={"new_name": "customerRef"})
    release = releases(plan, shop(), 0).releases[0]
    body = release.document.operations["createOrder"].body
    assert body is not None
    schema = body.media["application/json"].schema
    assert isinstance(schema, dict)
    assert schema["required"] == ["customerRef"]
    assert release.document.tree["components"] is TREE["components"]
    new = release.forward("createOrder", Arguments(body={"customer_id": 7}))[1]
    assert new.body == {"customerRef": 7}
    assert release.findings == (
        ("createOrder", "request-property-removed"),
        ("createOrder", "new-required-request-property"),
    )


@pytest.mark.parametrize(
    ("signal", "status", "header"), [("redirect", 308, "location"), ("gone", 410, "link")]
)
def test_a_moved_path_tells_old_callers_where_it_went(
    signal: str, status: int, header: str
) -> None:
    release = releases(one("D15", params={"signal": signal}), shop(), 0).releases[0]
    said = release.refuse(Request("GET", "/orders", "status=open"), World(shop()))
    assert said is not None
    assert said.status == status
    assert "/purchases?status=open" in (said.header(header) or "")
    assert release.refuse(Request("GET", "/books"), World(shop())) is None


def test_a_bare_move_says_nothing() -> None:
    release = releases(one("D15", params={"signal": "bare"}), shop(), 0).releases[0]
    assert release.refuse(Request("GET", "/orders"), World(shop())) is None


def test_a_chain_adapts_from_the_original_to_the_last() -> None:
    stages = [
        {"operators": [{"op": "D01", "params": {"new_name": "state"}, "target": {"op": "list*"}}]},
        {"operators": [{"op": "D01", "params": {"new_name": "phase"}, "target": {"op": "list*"}}]},
    ]
    drift = releases({"releases": stages}, shop(), 0)
    last = drift.releases[1]
    assert last.forward("listOrders", Arguments(query={"status": "x"}))[1].query == {"phase": "x"}
    assert [made.operator for made in last.changes] == ["D01"]
    assert len(last.made) == 2


def test_the_same_seed_drifts_the_same_way() -> None:
    first, second = releases("D01,D03", shop(), 5), releases("D01,D03", shop(), 5)
    assert first.releases[0].note == second.releases[0].note
    assert first.releases[0].document.sha256 == second.releases[0].document.sha256


def test_when_and_who_knows_depend_on_the_mode() -> None:
    base = {"releases": [{"operators": [{"op": "D15"}], "after_calls": 4}]}
    lag = releases({**base, "visibility": "docs_lag"}, shop(), 0)
    lead = releases({**base, "visibility": "docs_lead"}, shop(), 0)
    silent = releases({**base, "visibility": "silent", "rollback_after": 9}, shop(), 0)
    assert [lag.live(n, {}) for n in (0, 3, 4, 20)] == [0, 0, 1, 1]
    assert (lag.documented_release(), lead.documented_release()) == (0, 1)
    assert (lag.docs(1), lead.docs(0), silent.docs(1)) == (1, 1, 0)
    assert [silent.live(n, {}) for n in (3, 5, 9)] == [0, 1, 0]
    assert silent.accepts_old(1) and not lag.accepts_old(1)


def test_one_brain_of_two_answers_with_the_release_before() -> None:
    stages = [{"operators": [{"op": "D15"}]}, {"operators": [{"op": "D01"}], "after_calls": 5}]
    plan = {"visibility": "split_brain", "strict": False, "releases": stages}
    drift = releases(plan, shop(), 0)
    answers = [drift.live(n, {}) for n in range(40)]
    assert set(answers[:5]) == {0, 1} and set(answers[5:]) == {1, 2}
    assert answers == [drift.live(n, {}) for n in range(40)]
    never = releases({**plan, "share": 0}, shop(), 0)
    assert [never.live(n, {}) for n in (0, 6)] == [0, 1]


def test_what_was_written_brings_a_release() -> None:
    cause = {"collection": "/books", "count": 2}
    stage = {"operators": [{"op": "D03", "count": 3}], "when": cause}
    session = World.load("bookshop").session(seed=1, drift={"releases": [stage]})
    first, second, third = session.state.ids("/books")[:3]
    seen = []
    for id in (first, second, third):
        session.call("updateBook", {"book_id": id, "stock": 7})
        seen.append(session.live)
    assert seen == [0, 1, 1]


def test_announced_changes_come_with_headers_first() -> None:
    plan = {"visibility": "announced", "sunset_calls": 2, "releases": [{"operators": []}]}
    drift = releases(plan, shop(), 0)
    names = [name for name, _ in drift.headers(0, 0)]
    assert names == ["api-version", "deprecation", "sunset", "link"]
    assert [drift.live(n, {}) for n in (0, 1, 2)] == [0, 0, 1]
    assert [dict(drift.headers(live, 0))["api-version"] for live in (0, 1)] == ["v1", "v2"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("D99", "no drift operator 'D99'"),
        (one("D01", params={"newname": "x"}), "did you mean new_name"),
        ({"releases": [{"operatrs": []}]}, "did you mean operators"),
        ({"visibility": "quiet"}, "docs_lag"),
    ],
)
def test_a_typo_names_what_would_be_valid(source: object, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        drift_plan(source)  # type: ignore[arg-type]


def test_an_operation_of_another_release_has_no_form_here() -> None:
    release = releases("D15", shop(), 0).releases[0]
    assert release.backward("no_such", Arguments())[0] == ""
    with pytest.raises(UnknownName):
        release.forward("no_such", Arguments())


@pytest.mark.parametrize(
    ("op", "words"),
    [("D05", "`true` is now `yes`, `false` is now `no`"), ("D26", "to `true`, no longer `false`")],
)
def test_a_note_shows_values_as_json_does(op: str, words: str) -> None:
    flag = {"type": "boolean", "default": False}
    body = {"content": {"application/json": {"schema": {"properties": {"draft": flag}}}}}
    post = {
        "operationId": "addNote",
        "parameters": [{"name": "loud", "in": "query", "schema": flag}],
        "requestBody": body,
        "responses": {"201": {"description": ""}},
    }
    tree = {**TREE, "paths": {"/notes": {"post": post}}}
    release = releases(one(op), Document.from_tree(tree, source="notes"), 0).releases[0]
    assert words in release.note.replace("defaults ", "")


def test_a_narrowed_world_stays_narrow_and_its_own_tools_drift() -> None:
    world = World.load("bookshop", only=["op:listOrders", "op:createPayment"])
    session = world.session(drift="D01,D03")
    shown = set(session.tools)
    for _ in range(4):
        session.call("read_docs", {})
    made = releases("D01,D03", world, seed=0).releases[-1].made
    assert {one.target.operation for one in made} <= {"listOrders", "createPayment"}
    assert set(session.tools) == shown == {*world.tools, "wait", "read_docs", "authenticate"}


@pytest.mark.parametrize(("required", "kind"), [(["n"], "required"), ([], "optional")])
def test_a_renamed_reply_field_is_reported_as_required_or_optional(
    required: list[str], kind: str
) -> None:
    shape = {"type": "object", "required": required, "properties": {"n": {"type": "string"}}}
    media = {"application/json": {"schema": shape}}
    get = {"operationId": "read", "responses": {"200": {"description": "d", "content": media}}}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    document = Document.from_tree({**tree, "paths": {"/thing": {"get": get}}}, source="t")
    release = drifted(document, "D04", count=1)
    assert release is not None
    found = [name for _, name in release.findings]
    assert found == [f"response-{kind}-property-{what}" for what in ("removed", "added")]


def test_documentation_that_leads_is_what_a_session_shows_first() -> None:
    step = {"op": "D01", "target": {"op": "listOrders"}, "params": {"new_name": "state"}}
    plan = {"releases": [{"operators": [step], "after_calls": 4}], "visibility": "docs_lead"}
    tool = World(shop()).session(drift=plan).tools["listOrders"]
    assert list(tool.parameters["properties"]) == ["state"]


@pytest.mark.parametrize(("severity", "releases"), [(0, 0), (1, 1)])
def test_a_severity_of_zero_is_no_drift(severity: int, releases: int) -> None:
    plan = {"severity": severity, "releases": [{"operators": [{"op": "D03", "count": 1}]}]}
    session = World.load("bookshop").session(seed=1, drift=plan)
    assert session.drift is not None and len(session.drift.releases) == releases


@pytest.mark.parametrize(
    ("operator", "required"), [("D01", True), ("D01", False), ("D31", True), ("D31", False)]
)
def test_a_parameter_that_goes_and_comes_is_reported_as_required_or_optional(
    operator: str, required: bool
) -> None:
    by_name = {"name": "colour", "in": "query", "required": required, "schema": {"type": "string"}}
    get = {"operationId": "r", "responses": {"200": {"description": "d"}}, "parameters": [by_name]}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    document = Document.from_tree({**tree, "paths": {"/thing": {"get": get}}}, source="t")
    release = drifted(document, operator, count=1)
    assert release is not None
    kind = "required" if required else "optional"
    assert release.findings[-1] == ("r", f"new-{kind}-request-parameter")


def test_one_node_is_replaced_and_all_else_is_shared() -> None:
    tree: dict[str, Any] = {"a": {"x": {"b": 1}, "y": {"b": 2}}, "c": {}}
    made = replace_at(tree, ("a", "y", "b"), 3)
    assert made == {"a": {"x": {"b": 1}, "y": {"b": 3}}, "c": {}} and tree["a"]["y"] == {"b": 2}
    assert made["c"] is tree["c"] and made["a"]["x"] is tree["a"]["x"]


@pytest.mark.parametrize(("other", "possible"), [("colours", True), ("{id}", False)])
def test_an_operation_moves_only_where_its_path_is_its_own(other: str, possible: bool) -> None:
    done = {"responses": {"200": {"description": "d"}}}
    paths = {"/lamps/{lamp}": {"get": {"operationId": "a", **done}},
             f"/lamps/{other}": {"post": {"operationId": "b", **done}}}  # fmt: skip
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    document = Document.from_tree(tree, source="t")
    assert (drifted(document, "D15", count=1) is not None) is possible
