"""Composite keys: entities that two or more path parameters address together.

`/repos/{owner}/{repo}` is one repository where nothing is at or below `/repos/{owner}` alone. In a
template its parameters are one, named "owner,repo", and an id joins their values: "ann,site".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.conventions.envelopes import list_envelope, success
from sandbox.conventions.paths import JOINED, Place, noun_of
from sandbox.conventions.rest_forms import RestForm
from sandbox.conventions.schema_surface import shape
from sandbox.document import Document, Operation

_SCALAR: Final = ("string", "integer", "number", "boolean", "")


@dataclass(frozen=True, slots=True)
class CompositeKeys:
    """How many parameters address one entity below a path, where it is more than one."""

    sizes: Mapping[str, int]

    def join(self, place: Place) -> Place:
        """The place with the parameters of each composite key made one."""
        segments, names = place.template.split("/"), list(place.names)
        made: list[str] = []
        joined: list[str] = []
        at = 0
        while at < len(segments):
            size = self.sizes.get("/".join(segments[:at]), 1) if segments[at] == "{}" else 1
            if segments[at : at + size] != ["{}"] * size:
                size = 1
            made.append(segments[at])
            for count in [size] if size > 1 else [1] * segments[at].count("{}"):
                joined.append(JOINED.join(names[:count]))
                del names[:count]
            at += size
        return Place("/".join(made), tuple(joined)) if len(made) < len(segments) else place


def composite_keys(document: Document, forms: Mapping[str, RestForm]) -> CompositeKeys:
    """The composite keys of a document, from what lies at and below its paths."""
    found: dict[str, int] = {}
    places = {forms[o.id].place.template: o for o in document.operations.values()}
    following = _following(places)
    for template, operation in places.items():
        for prefix, size in _runs(template):
            first = f"{prefix}/{{}}"
            if prefix not in found and following.get(first) == {"{}"}:
                names = forms[operation.id].place.names[prefix.count("{}") :][:size]
                own = next((n for n in range(2, size) if _ends(following, prefix, n)), size)
                if first not in places and _are_scalar(document, operation, names[:own]):
                    found[prefix] = own
    return CompositeKeys(found)


def partial_lists(document: Document, forms: Mapping[str, RestForm]) -> dict[str, RestForm]:
    """Operation id → form of each list of the entities that share the first part of their key.

    `GET /taxonomies/{space}` beside `POST /taxonomies` and `GET /taxonomies/{space}/{name}`.
    """
    at: dict[str, dict[str, Operation]] = {}
    for operation in document.operations.values():
        at.setdefault(forms[operation.id].place.template, {})[operation.method] = operation
    found = {}
    for template, own in at.items():
        home = template.removesuffix("/{}")
        lister = own.get("GET")
        if home == template or lister is None or len(own) > 1 or "{}" in home:
            continue
        around, below = at.get(home, {}), at.get(template + "/{}", {})
        if "POST" not in around or "GET" in around or "GET" not in below:
            continue
        _, _, schema = success(lister)

        def look(value: Any) -> Any:
            return shape(document.schemas, value)

        if schema is not None and list_envelope(look, schema, noun_of(home)) is not None:
            name = forms[lister.id].place.names[-1]
            why = f"`{lister.path}` lists what `{{{name}}}` is the first part of the key of"
            found[lister.id] = RestForm("GET", Place(home, ()), why, part=name)
    return found


def _runs(template: str) -> Iterator[tuple[str, int]]:
    """(path before, length) of each run of parameters that follow each other after a word."""
    segments = template.split("/")
    start = 1
    while start < len(segments):
        end = start
        while end < len(segments) and segments[end] == "{}":
            end += 1
        if end - start > 1 and "{}" not in segments[start - 1] and segments[start - 1]:
            yield "/".join(segments[:start]), end - start
        start = max(end, start + 1)


def _following(templates: Iterable[str]) -> dict[str, set[str]]:
    """Path → the segments that follow it in some path; "" where one ends there."""
    found: dict[str, set[str]] = {}
    for template in templates:
        segments = [*template.split("/"), ""]
        for end in range(1, len(segments)):
            found.setdefault("/".join(segments[:end]), set()).add(segments[end])
    return found


def _ends(following: Mapping[str, set[str]], prefix: str, size: int) -> bool:
    """Whether something lies at, or on a fixed path below, so many parameters."""
    return bool(following.get(prefix + "/{}" * size, set()) - {"{}"})


def _are_scalar(document: Document, operation: Operation, names: Iterable[str]) -> bool:
    schemas = {p.name: p.schema for p in operation.parameters if p.location == "path"}
    kinds = (shape(document.schemas, schemas.get(name, True)).type for name in names)
    return all(kind in _SCALAR for kind in kinds)
