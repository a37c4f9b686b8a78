"""All that `sandbox.conventions` works out of a document, and what it says of each of its names.

The facts that people see (`wavetank model`) are a part of it. Values become JSON: an operation is
its id, a schema what is written, a set its sorted members.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

from sandbox import World
from sandbox.conventions import words
from sandbox.conventions.actions import counts_action, is_shown
from sandbox.conventions.bulk import bulk_reply
from sandbox.conventions.counts import counted_noun, counts_of
from sandbox.conventions.entity_links import entity_links
from sandbox.conventions.envelopes import list_envelope, outcome_members
from sandbox.conventions.error_forms import error_form, places
from sandbox.conventions.filters import filter_of, shapes, spellings
from sandbox.conventions.foreign_keys import link_plan
from sandbox.conventions.idempotency import identifies
from sandbox.conventions.rest_forms import act_of, names_its_act, rest_forms
from sandbox.conventions.schema_surface import branches, declared_properties, shape
from sandbox.conventions.schema_views import views
from sandbox.conventions.secrets import is_credential, is_tenant
from sandbox.conventions.server_kept import keeps
from sandbox.conventions.vocabulary import begins_with_deed, id_candidates, key_of, stem
from sandbox.document import Operation
from sandbox.errors import DocumentError


def understanding_of(world: World) -> Iterator[str]:
    """One JSON text for each operation, collection, schema of a reply, and name."""
    resources, conventions = world.resources, world.conventions
    look, schemas = resources.shape, world.document.schemas
    yield _text(rest_forms(world.document))
    seen: list[Any] = []
    for operation in world.document.operations.values():
        meaning = resources.meaning(operation)
        yield _text((_all_of(conventions.of(operation)), is_shown(resources, meaning)))
        yield _text((names_its_act(operation.path), act_of(meaning.verb)))
        if meaning.collection is not None and meaning.bulk:
            yield _text(bulk_reply(resources, meaning))
        noun = meaning.place.template.rpartition("/")[2]
        bodies = operation.body.media.values() if operation.body is not None else ()
        replies = [m for reply in operation.replies.values() for m in reply.media.values()]
        for schema in (media.schema for media in (*bodies, *replies)):
            if schema is None or any(schema is each for each in seen):
                continue
            seen.append(schema)
            try:
                told = list_envelope(look, schema, noun), outcome_members(look, schema)
                yield _text((error_form(schemas, schema), places(schemas, schema, 3), *told))
                yield _text((shape(schemas, schema), views(schemas, schema)))
                yield _text((branches(schemas, schema), declared_properties(schemas, schema)))
            except DocumentError as error:
                yield str(error)
    for template in resources.templates:
        home = resources.collection(template)
        about = (link_plan(resources, home), counts_of(resources, home))
        yield _text(
            (home, _all_of(conventions.about(home)), *about, [*resources.views_of(template)])
        )
        yield _text(list(entity_links(resources, home, home.schema)))
    yield from map(_text, _of_names(world, seen))


def _of_names(world: World, schemas: list[Any]) -> Iterator[Any]:
    """What each name of a parameter or field, and each segment of a path, is taken for."""
    about: dict[str, str] = {}
    for operation in world.document.operations.values():
        about |= dict.fromkeys(filter(None, operation.path.split("/")), "")
        about |= {each.name: each.description for each in operation.parameters}
    for schema in schemas:
        for name, inner in world.resources.shape(schema).properties.items():
            about[name] = str(world.resources.shape(inner).keywords.get("description", ""))
    for name, text in about.items():
        yield name, words.words(name), words.singular(name), words.singulars(name)
        yield words.entity_noun(name), stem(name), key_of(name), begins_with_deed(name)
        yield counted_noun(name), keeps(name), is_credential(name), is_tenant(name), shapes(name)
        yield filter_of(name, text), spellings((name,)), identifies(name, text)
        yield id_candidates(name, "item"), counts_action(name, "open")


def _all_of(facts: Any) -> dict[str, Any]:
    """Every fact that is worked out on first use."""
    named = sorted(n for n, each in vars(type(facts)).items() if isinstance(each, cached_property))
    return {name: getattr(facts, name) for name in named if not name.startswith("_")}


def _text(value: Any) -> str:
    return json.dumps(_plain(value), default=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, Operation):
        return value.id
    if is_dataclass(value) and not isinstance(value, type):
        shown = (each.name for each in fields(value) if each.repr)
        return [type(value).__name__, {name: _plain(getattr(value, name)) for name in shown}]
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Set):
        return sorted(map(_plain, value), key=repr)
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
