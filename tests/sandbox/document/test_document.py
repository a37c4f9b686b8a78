"""Documents: servers, selection, other files, and leniency that names what it left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.document import Document, status_of, validate
from sandbox.errors import DocumentError, UnknownName
from sandbox.messages import Arguments
from tests.sandbox.document.documents import document, json_body

OK = {"200": {"description": "ok"}}


def test_operations_keep_the_order_and_ids_of_the_document() -> None:
    made = document(
        {
            "/b": {"post": {"operationId": "make"}, "get": {"operationId": "list"}},
            "/a/{id}": {"get": {}, "delete": {"operationId": "list"}},
        }
    )
    assert [(it.id, it.method, it.path) for it in made.operations.values()] == [
        ("list", "GET", "/b"),
        ("make", "POST", "/b"),
        ("get_a_id", "GET", "/a/{id}"),
        ("delete_a_id", "DELETE", "/a/{id}"),
    ]
    assert made.operation("make").pointer == "/paths/~1b/post"
    with pytest.raises(UnknownName, match="did you mean make"):
        made.operation("mak")


@pytest.mark.parametrize(
    ("servers", "urls", "base"),
    [
        ([], ("/",), ""),
        ([{"url": "https://api.test/"}], ("https://api.test/",), ""),
        ([{"url": "/api/v3/"}], ("/api/v3/",), "/api/v3"),
        ([{"url": "api"}], ("api",), "/api"),
        (
            [
                {
                    "url": "https://{host}/{v}",
                    "variables": {"host": {"default": "x.test"}, "v": {"default": "v2"}},
                }
            ],
            ("https://x.test/v2",),
            "/v2",
        ),
        ([{"url": "https://[broken"}], ("https://[broken",), ""),
        ("nonsense", ("/",), ""),
    ],
)
def test_servers_give_the_base_path(servers: Any, urls: tuple[str, ...], base: str) -> None:
    made = document({}, servers=servers)
    assert (made.servers, made.base_path) == (urls, base)


def test_only_selects_by_tag_id_and_path() -> None:
    paths = {
        "/a": {"get": {"operationId": "x", "tags": ["t"]}},
        "/b": {"get": {"operationId": "y"}},
        "/b/c": {"get": {"operationId": "z"}},
        "/bc": {"get": {"operationId": "w"}},
    }
    tree = {"openapi": "3.1.0", "paths": paths}
    for only, kept in (
        (["tag:t"], "x"),
        (["op:y"], "y"),
        (["path:/b"], "yz"),
        (["op:w", "tag:t"], "xw"),
    ):
        made = Document.from_tree(tree, source="it", only=only)
        assert "".join(made.operations) == kept
    for wrong in ("tag:no", "nonsense"):
        with pytest.raises(DocumentError, match="selector"):
            Document.from_tree(tree, source="it", only=[wrong])


BROKEN: dict[str, Any] = {
    "a parameter without a name": {"parameters": [{"in": "query"}]},
    "a parameter nowhere": {"parameters": [{"name": "a", "in": "body"}]},
    "a reference to nothing": {"parameters": [{"$ref": "#/components/parameters/no"}]},
    "a loop of references": {"requestBody": {"$ref": "#/components/requestBodies/Loop"}},
    "a broken success": {"responses": {"200": {"$ref": "#/components/responses/no"}}},
    "a file outside": {
        "parameters": [{"name": "a", "in": "query", "schema": {"$ref": "/etc/passwd"}}]
    },
    "a list": [],
    "a body of a list": {"requestBody": ["x"]},
}
LOOP = {
    "requestBodies": {"Loop": {"$ref": "#/components/requestBodies/Loop"}},
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_bad_operation_costs_one_operation(name: str) -> None:
    paths = {"/bad": {"get": BROKEN[name]}, "/good": {"get": {"responses": OK}}}
    made = document(paths, components=LOOP)
    good, bad = made.operation("get_good"), made.operation("get_bad")
    assert good.defect is None and validate(good, Arguments()) == []
    assert bad.defect
    assert status_of(validate(bad, Arguments())) in (422, 501)


def test_a_broken_error_reply_costs_that_reply_alone() -> None:
    made = document(
        {
            "/a": {
                "get": {
                    "responses": {
                        **OK,
                        "404": {"$ref": "#/components/responses/no"},
                        "4xx": {"description": "x"},
                    }
                }
            }
        }
    )
    it = made.operation("get_a")
    assert it.defect is None and set(it.replies) == {"200", "4XX"}
    assert any("404" in notice.reason for notice in made.warnings)


def test_strict_refuses_what_leniency_mends() -> None:
    tree = {"openapi": "3.1.0", "paths": {"/a/{id}": {"get": {}}}}
    made = Document.from_tree(tree, source="it")
    assert [(p.name, p.required) for p in made.operation("get_a_id").parameters] == [("id", True)]
    with pytest.raises(DocumentError, match="'id' is not declared"):
        Document.from_tree(tree, source="it", strict=True)


def test_parameters_of_the_path_are_shared_and_overridden() -> None:
    made = document(
        {
            "/a": {
                "parameters": [{"name": "x", "in": "query"}, {"name": "y", "in": "query"}],
                "get": {
                    "parameters": [
                        {"name": "y", "in": "query", "required": True},
                        {"name": "Authorization", "in": "header"},
                    ]
                },
            }
        }
    )
    assert [(p.name, p.required) for p in made.operation("get_a").parameters] == [
        ("x", False),
        ("y", True),
    ]


def test_files_below_the_folder_are_read_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("type: string")
    home = tmp_path / "api"
    (home / "parts").mkdir(parents=True)
    (home / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n"
        "  /a: {$ref: 'parts/a.yaml'}\n"
        "  /b: {get: {parameters: [{name: q, in: query, schema: {$ref: '../secret.yaml'}}]}}\n"
    )
    (home / "parts" / "a.yaml").write_text(
        "get:\n  parameters:\n    - {name: n, in: query, schema: {$ref: '#/x-n'}}\n"
        "    - {name: m, in: query, schema: {$ref: './m.json#/deep/m'}}\nx-n: {type: integer}\n"
    )
    (home / "parts" / "m.json").write_text('{"deep": {"m": {"$ref": "../parts/a.yaml#/x-n"}}}')
    made = Document.load(home / "openapi.yaml")
    assert validate(made.operation("get_a"), Arguments(query={"n": 1, "m": 2})) == []
    assert len(validate(made.operation("get_a"), Arguments(query={"n": "1", "m": "2"}))) == 2
    assert "outside the document" in str(made.operation("get_b").defect)
    assert any("outside the document's folder" in notice.reason for notice in made.warnings)


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:9/x.yaml",
        "//host/x.yaml",
        "/etc/passwd",
        "../../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_nothing_outside_is_ever_read(tmp_path: Path, reference: str) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(
        '{"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [{"name": "q",'
        f' "in": "query", "schema": {{"$ref": "{reference}"}}}}]}}}}}}}}'
    )
    made = Document.load(path)
    assert made.operation("get_a").defect
    assert "not read" in made.warnings[0].reason


def test_a_document_from_a_tree_is_the_same_document() -> None:
    tree = {
        "openapi": "3.0.0",
        "info": {"title": "A"},
        "paths": {"/a": {"post": {"requestBody": json_body({"type": "object"})}}},
    }
    first, second = (Document.from_tree(dict(tree), source="it") for _ in range(2))
    assert first.sha256 == second.sha256 and first.tree == second.tree == tree
    assert first.title == "A" and first.version == "3.0"


def test_webhooks_alone_are_a_document_without_operations() -> None:
    assert Document.from_tree({"openapi": "3.1.0", "webhooks": {}}, source="it").operations == {}


def test_a_schema_that_is_not_there_admits_anything_and_is_warned_of() -> None:
    ticket = {"type": "object", "properties": {"extras": {"$ref": "#/components/schemas/No"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Ticket"}}}
    call = {"operationId": "add", "requestBody": {"content": content}, "responses": {"200": {}}}
    tree = {"openapi": "3.1.0", "paths": {"/t": {"post": call}},
            "components": {"schemas": {"Ticket": ticket}}}  # fmt: skip
    made = Document.from_tree(tree, source="desk")
    assert validate(made.operation("add"), Arguments(body={"extras": [1]})) == []
    assert [notice.pointer for notice in made.warnings] == ["$ref #/components/schemas/No"]
    with pytest.raises(DocumentError, match="refers to nothing"):
        Document.from_tree(tree, source="desk", strict=True)
