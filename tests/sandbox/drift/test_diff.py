"""The differ: oasdiff's ids, levels under several policies, real version pairs without a crash."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from sandbox.document import Document
from sandbox.drift.diff import diff, summary
from sandbox.drift.severity import level
from tests.sandbox.drift.test_release import TREE

PAIRS = (
    "adyen-checkout", "box", "camara-qod", "digitalocean", "github", "meilisearch31", "microcks",
    "stripe",
)  # fmt: skip


def changed(edit: Any) -> set[str]:
    """Ids found after an edit of the little shop."""
    tree: Any = copy.deepcopy(TREE)
    edit(tree)
    old = Document.from_tree(copy.deepcopy(TREE), source="old")
    return {finding.id for finding in diff(old, Document.from_tree(tree, source="new"))}


def order(tree: Any) -> Any:
    return tree["components"]["schemas"]["Order"]


def test_nothing_changed_is_nothing_found() -> None:
    assert changed(lambda tree: None) == set()


@pytest.mark.parametrize(
    ("edit", "id"),
    [
        (lambda t: t["paths"].pop("/orders"), "api-path-removed-without-deprecation"),
        (lambda t: t["paths"]["/orders"].pop("get"), "api-removed-without-deprecation"),
        (lambda t: t["paths"].update({"/new": {"get": {"responses": {}}}}), "endpoint-added"),
        (lambda t: t["paths"]["/orders"].pop("parameters"), "request-parameter-removed"),
        (lambda t: order(t)["properties"].pop("note"), "request-property-removed"),
        (lambda t: order(t)["required"].append("note"), "request-property-became-required"),
        (
            lambda t: order(t)["properties"].update({"tax": {}}),
            "new-optional-request-property",
        ),
        (
            lambda t: order(t)["properties"]["customer_id"].update({"type": "string"}),
            "request-property-type-changed",
        ),
        (
            lambda t: order(t)["properties"]["note"].update({"maxLength": 5}),
            "request-property-max-length-set",
        ),
        (
            lambda t: t["paths"]["/orders"]["post"].update({"operationId": "placeOrder"}),
            "api-operation-id-removed",
        ),
    ],
)
def test_one_change_has_one_name(edit: Any, id: str) -> None:
    assert changed(edit) == {id}


def test_policies_disagree() -> None:
    id = "new-optional-request-parameter"
    assert (level(id), level(id, "azure")) == ("INFO", "ERR")
    assert level("api-operation-id-removed", "agent") == "ERR"
    assert level("request-property-removed") == "WARN"


@pytest.mark.parametrize("name", PAIRS)
def test_real_versions_are_compared(name: str, corpus: Path) -> None:
    folder = corpus / "specs" / "versions" / name
    files = {file.stem: file for file in folder.iterdir()}
    new = files.get("new", corpus / "specs" / "public" / "github.json")
    found = diff(Document.load(files["old"]), Document.load(new))
    counts = summary(found)
    assert counts["ERR"] > 0
    assert counts["ERR"] + counts["WARN"] + counts["INFO"] == len(found)


def test_changes_inside_alternatives_are_found_in_both_directions() -> None:
    def shop(label: bool) -> Document:
        disc = {"required": ["label"] if label else [], "properties": {"label": {}}}
        content = {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/D"}]}}}
        call = {"operationId": "put", "requestBody": {"content": content},
                "responses": {"200": {"description": "", "content": content}}}  # fmt: skip
        tree = {"openapi": "3.1.0", "paths": {"/d": {"put": call}},
                "components": {"schemas": {"D": {"type": "object", **disc}}}}  # fmt: skip
        return Document.from_tree(tree, source="shop")

    found = {(f.id, f.pointer) for f in diff(shop(False), shop(True))}
    assert ("request-property-became-required", "body/oneOf/D/label") in found
    assert diff(shop(True), shop(True)) == []


JSON: dict[str, Any] = {"application/json": {}}


@pytest.mark.parametrize(
    ("old", "new", "id"),
    [
        (None, {"content": JSON}, "request-body-added-optional"),
        (None, {"content": JSON, "required": True}, "request-body-added-required"),
        ({"content": JSON}, None, "request-body-removed"),
        ({"content": JSON}, {"content": JSON, "required": True}, "request-body-became-required"),
        ({"content": JSON, "required": True}, {"content": JSON}, "request-body-became-optional"),
        (
            {"content": JSON},
            {"content": {**JSON, "text/csv": {}}},
            "request-body-media-type-added",
        ),
        (
            {"content": {**JSON, "text/csv": {}}},
            {"content": JSON},
            "request-body-media-type-removed",
        ),
    ],
)
def test_what_becomes_of_a_body_as_a_whole_is_found(old: Any, new: Any, id: str) -> None:
    def of(body: Any) -> Document:
        post = {"operationId": "add", "responses": {}} | ({"requestBody": body} if body else {})
        tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
        return Document.from_tree(tree | {"paths": {"/a": {"post": post}}}, source="t")

    assert [finding.id for finding in diff(of(old), of(new))] == [id]
