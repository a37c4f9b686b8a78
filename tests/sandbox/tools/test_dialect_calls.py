"""Every schema of every dialect has an instance, and a call made from it is accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.document import Document
from sandbox.errors import DocumentError
from sandbox.tools import bind, tools
from tests.sandbox.document.documents import document, json_body
from tests.sandbox.tools.dialect_calls import DIALECTS, complaints
from tests.sandbox.world.documents import thing

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
BUNDLED = sorted((Path(__file__).parents[3] / "specs" / "documents").glob("*.yaml"))


def wrong(document: Document, *dialects: str) -> list[str]:
    return [
        f"{dialect}: {each}"
        for tool in tools(document).values()
        for dialect in dialects or DIALECTS
        for each in complaints(document, tool, dialect)
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "anyOf": [thing(user=TEXT), thing(email=TEXT)]},
        {**thing("kind", kind=TEXT, user=TEXT), "anyOf": [thing(user=TEXT), thing(email=TEXT)]},
        {
            **thing("x", before=WHOLE, x=TEXT),
            "anyOf": [{"required": ["before"]}, {"required": ["y"]}],
        },
        {**thing(kind=TEXT), "oneOf": [thing(kind={"enum": ["a"]}), thing(kind={"enum": ["b"]})]},
        {"allOf": [thing(a=TEXT), {"anyOf": [thing(b=WHOLE), thing(c=TEXT)]}]},
        {
            **thing(a=TEXT),
            "anyOf": [thing(b=TEXT), thing(c=TEXT)],
            "oneOf": [thing(d=WHOLE), thing(e=TEXT)],
        },
        {"type": "array", "minItems": 1, "anyOf": [{"items": WHOLE}, {"items": thing(a=WHOLE)}]},
        {"type": ["object", "null"], "anyOf": [thing(a=WHOLE), {"type": "null"}]},
        {"type": "object", "required": ["data"]},
    ],
)
def test_what_stands_beside_alternatives_holds_in_each(schema: Any) -> None:
    for required in (True, False):
        body = json_body(thing(*(["it"] if required else ["id"]), it=schema, id=TEXT))
        paths = {"/things": {"post": {"operationId": "it", "requestBody": body, "responses": {}}}}
        assert not wrong(document(paths))


def test_null_is_left_out_where_only_another_form_requires_the_field() -> None:
    around = {**thing("", before=TEXT, after=TEXT), "required": []}
    around["anyOf"] = [{"required": ["before"]}, {"required": ["after"]}]
    body = json_body(thing(around=around))
    paths = {"/things": {"post": {"operationId": "it", "requestBody": body, "responses": {}}}}
    tool = tools(document(paths))["it"]
    sent = {"around": {"before": None, "after": "x"}}
    assert bind(tool, sent, dialect="openai-strict").body == {"around": {"after": "x"}}


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled_documents_take_calls_of_every_dialect(path: Path) -> None:
    assert not wrong(Document.load(path), "openai", "openai-strict", "gemini")


@pytest.mark.soak
def test_real_documents_take_calls_of_every_dialect(corpus: Path) -> None:
    found: list[str] = []
    contradictory = "readme-schema-types31.json"
    for path in sorted((corpus / "specs" / "public").iterdir()):
        if path.name == contradictory:
            continue
        try:
            document = Document.load(path)
        except DocumentError:
            continue
        found += [f"{path.stem}: {each}" for each in wrong(document, "openai-strict", "gemini")]
    assert not found
