"""Our verdict on requests against openapi-core's: equal, except for named classes with a reason."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from sandbox.document import (
    Document,
    Match,
    Operation,
    Router,
    canonical,
    decode,
    encode,
    validate,
)
from sandbox.document.referee import Referee
from sandbox.document.security import credentials
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import ABSENT, Arguments, Request
from sandbox.values import Values


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A class of requests on which the two differ, told by the words of the one that refuses."""

    refused_by: str
    words: str
    reason: str


CLASSES: Final = (
    Disagreement(
        "theirs",
        r"EmptyQueryParameterValue",
        "an empty text is a text to us; they hold to allowEmptyValue, which 3.1 deprecates",
    ),
    Disagreement(
        "theirs",
        r"^InvalidParameter.*Value \[?''\]? not valid",
        "an empty list written as `name=` is an empty list to us, a list of one empty text to them",
    ),
    Disagreement(
        "theirs",
        r"\('deepObject', .*not available|deepObject.*primitive",
        "deepObject with lists (Stripe's expand[0]=) is not in the specification; we read it",
    ),
    Disagreement(
        "theirs",
        r"Tried to write read-only property",
        "what is readOnly may come back in a request unharmed; servers ignore it",
    ),
    Disagreement(
        "theirs",
        r"ServerNotFound|PathNotFound",
        "servers of single operations and "
        "paths that end in #something: all are served below the document's base path",
    ),
    Disagreement(
        "theirs",
        r"^referee failed",
        "recursive discriminators do not end, and a discriminator that is no text is not foreseen",
    ),
    Disagreement(
        "theirs",
        r"[Vv]alue b[\"']|b[\"'].* is not of type 'string'|a bytes-like object "
        r"is required|'spaceDelimited'",
        "files and parts: bytes are no text to them, and the styles of a part are for forms only",
    ),
    Disagreement(
        "theirs",
        r"'\d+' is not of type 'integer'|'\d+' is not of type 'number'",
        "a part or text body that holds a number is a number to us where one is wanted",
    ),
    Disagreement("theirs", r"Value .*%[0-9A-F]{2}", "they do not decode a percent-encoded dot"),
    Disagreement(
        "theirs",
        r"Cookie parameter error|Failed to cast value to (object|array)",
        "objects in cookies and nested forms are read by us only",
    ),
    Disagreement(
        "theirs",
        r"Missing required query parameter|Missing required path parameter",
        "an exploded object of free names (form) or in a label or matrix path: they do "
        "not look for it",
    ),
    Disagreement(
        "theirs",
        r"Value .*not valid for schema of type (object|any|array).*is (too "
        "short|not valid under)|non-empty",
        "lists of a form with one member",
    ),
    Disagreement("ours", r"^\w+ format ", "more formats are checked by us (uri, email, ...)"),
    Disagreement(
        "ours",
        r"^body type [{\[]",
        "a name that comes twice, or with brackets, where "
        "one text is wanted: they take the last, or pass it over",
    ),
    Disagreement(
        "theirs",
        r"reference '#/components/schemas/.*' could not be resolved",
        "a discriminator without a mapping whose alternatives are named otherwise",
    ),
    Disagreement(
        "theirs",
        r"header parameter: Authorization",
        "the specification has header parameters of this name ignored",
    ),
)
JUNK: Final[tuple[Any, ...]] = ("x", -1, 10**9, True, [], {}, "2020-13-40", 1.5, [1, "a"], {"a": 1})
GIANTS: Final = {"github.json", "kubernetes2.json", "stripe.yaml", "openai.yaml", "asana.yaml"}


def test_ours_is_the_verdict_of_openapi_core_on_real_documents(corpus: Path) -> None:
    paths = sorted((corpus / "specs" / "public").glob("*31.*")) + [
        corpus / "specs" / "public" / f"{name}"
        for name in (
            "petstore3.yaml",
            "spotify.yml",
            "box.json",
            "twilio-verify.yaml",
            "realworld.yml",
            "readme-params-style.json",
            "readme-polymorphism.json",
            "xero-files.yaml",
            "openeo.yaml",
            "uspto.yaml",
            "paypal-orders-v2.json",
            "star-trek.yaml",
        )
    ]
    verdicts: Counter[str] = Counter()
    unexplained = []
    for path in paths:
        for found in differences(path, operations=8, verdicts=verdicts):
            unexplained.append((path.name, *found))
    assert unexplained == []
    assert verdicts["both accept"] > 200 and verdicts["both refuse"] > 60
    assert verdicts["differ"] < 0.15 * verdicts.total()


@pytest.mark.soak
def test_ours_is_the_verdict_of_openapi_core_on_every_document(corpus: Path) -> None:
    verdicts: Counter[str] = Counter()
    for path in sorted((corpus / "specs" / "public").iterdir()):
        if path.suffix in (".json", ".yaml", ".yml"):
            found = list(differences(path, operations=40, verdicts=verdicts))
            assert found == [], path.name
    assert verdicts["differ"] < 0.15 * verdicts.total()


def differences(
    path: Path, *, operations: int, verdicts: Counter[str]
) -> Iterator[tuple[str, str, Request]]:
    """The (operation, words, request) of every disagreement that no class explains."""
    if b"swagger" in path.read_bytes()[:300]:
        return  # openapi-core reads 2.0 differently altogether
    document = Document.load(path)
    referee, router = Referee(document), Router(document.operations, document.base_path)
    draw = Draw("referee", path.name)
    usable = [it for it in document.operations.values() if it.defect is None]
    for it in draw.shuffled(usable)[:operations]:
        for request in requests(document, it, draw.child(it.id)):
            match = router.match(request.method, request.path)
            if not isinstance(match, Match) or match.operation is not it:
                continue
            arguments, unread = decode(it, request, match.path_values)
            ours = [
                f"{p.location} {p.keyword} {p.message}"
                for p in [*unread, *validate(it, arguments, unknown="ignore")]
            ]
            theirs = refused(referee, request)
            if bool(ours) == bool(theirs):
                verdicts["both refuse" if ours else "both accept"] += 1
                continue
            verdicts["differ"] += 1
            side, words = ("ours", ours) if ours else ("theirs", theirs)
            if not all(explained(side, each) or elsewhere(it, each) for each in words):
                yield it.id, f"{side}: {words[0][:150]} ... {words[0][-450:]}", request


def elsewhere(it: Operation, words: str) -> bool:
    """Whether they judged another operation: of two path templates alike but for the names in
    braces they take the first in the document, we the one whose parameters fit the request."""
    named = re.match(r"InvalidParameter: Invalid path parameter: (\S+)", words)
    return named is not None and named[1] not in {each.name for each in it.parameters}


def explained(side: str, words: str) -> bool:
    return any(each.refused_by == side and re.search(each.words, words) for each in CLASSES)


def refused(referee: Referee, request: Request) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return referee.request_errors(request)


def requests(document: Document, it: Operation, draw: Draw) -> Iterator[Request]:
    """Two good requests of an operation and two that a mutation made worse."""
    values = Values(document.schemas)
    for index in range(4):
        point = draw.child(index)
        try:
            arguments = made(values, it, point)
        except (NoInstance, DocumentError):
            continue
        if index >= 2:
            arguments = worse(arguments, point)
        request = encode(it, canonical(it, arguments), document.base_path)
        query, headers = credentials(it, document)
        yield replace(
            request,
            query="&".join(filter(None, (request.query, query))),
            headers=(*request.headers, *headers),
        )


def made(values: Values, it: Operation, draw: Draw) -> Arguments:
    parts: dict[str, dict[str, Any]] = {name: {} for name in ("path", "query", "header", "cookie")}
    for each in it.parameters:
        if each.required or draw.chance(0.5, each.name):
            parts[each.location][each.name] = values.make(
                each.schema, draw.child(each.name), direction="request"
            )
    body, kind = ABSENT, None
    if it.body is not None and it.body.media:
        kind, media = next(iter(it.body.media.items()))
        schema = True if media.schema is None else media.schema
        body = values.make(schema, draw.child("body"), direction="request")
    return Arguments(**parts, body=body, media_type=kind)


def worse(arguments: Arguments, draw: Draw) -> Arguments:
    """The same call with one value broken somewhere."""
    parts: dict[str, Any] = {
        name: dict(getattr(arguments, name)) for name in ("path", "query", "header")
    }
    places = [name for name, part in parts.items() if part]
    if isinstance(arguments.body, dict) and arguments.body:
        places.append("body")
    if not places:
        return arguments
    place = draw.choice(places, "place")
    if place == "body":
        return replace(arguments, body=broken(arguments.body, draw))
    name = draw.choice(sorted(parts[place]), "name")
    parts[place][name] = broken(parts[place][name], draw) or "x"
    return replace(arguments, **parts)


def broken(value: Any, draw: Draw) -> Any:
    if isinstance(value, dict) and value:
        key = draw.choice(sorted(value), "key")
        if draw.chance(0.3, "drop"):
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: broken(value[key], draw.child(key))}
    if isinstance(value, list) and value and draw.chance(0.7, "into"):
        return [broken(value[0], draw.child(0)), *value[1:]]
    return draw.choice(JUNK, "junk")


SMALL: Final = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://api.test/v1"}],
    "paths": {
        "/things/{id}": {
            "post": {
                "operationId": "it",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {
                        "name": "tags",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                    },
                    {"name": "sort", "in": "query", "schema": {"enum": ["asc", "desc"]}},
                    {
                        "name": "deep",
                        "in": "query",
                        "style": "deepObject",
                        "explode": True,
                        "schema": {
                            "type": "object",
                            "properties": {"min": {"type": "number", "minimum": 0}},
                        },
                    },
                    {"name": "X-Flag", "in": "header", "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {
                                        "type": "string",
                                        "minLength": 2,
                                        "pattern": "^[a-z]+$",
                                    },
                                    "age": {"type": ["integer", "null"], "exclusiveMaximum": 200},
                                    "kind": {"oneOf": [{"const": "a"}, {"type": "integer"}]},
                                },
                            }
                        }
                    },
                },
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


@pytest.mark.parametrize("index", range(60))
def test_ours_is_the_verdict_of_openapi_core_on_every_kind_of_parameter(index: int) -> None:
    document = Document.from_tree(dict(SMALL), source="small")
    it, referee = document.operation("it"), Referee(document)
    for request in requests(document, it, Draw("small", index)):
        match = Router([it], document.base_path).match("POST", request.path)
        assert isinstance(match, Match)
        arguments, unread = decode(it, request, match.path_values)
        ours = [*unread, *validate(it, arguments, unknown="ignore")]
        theirs = refused(referee, request)
        assert bool(ours) == bool(theirs) or all(explained("theirs", each) for each in theirs), (
            request,
            ours,
            theirs,
        )
