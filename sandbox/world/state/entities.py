"""Entities: what a write makes of what was there and what was given, always valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.conventions.entity_links import entity_links
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.paths import id_text
from sandbox.conventions.schema_surface import branches
from sandbox.conventions.schema_surface import declared_properties as every_property
from sandbox.conventions.vocabulary import ranked_names
from sandbox.document.discriminators import NamedBranches
from sandbox.document.json_schema import ANNOTATIONS
from sandbox.draws import Draw
from sandbox.world.state.completion import complete
from sandbox.world.state.ids import identity, typed_id
from sandbox.world.state.population import Population, set_at
from sandbox.world.state.state import Entity

if TYPE_CHECKING:
    from sandbox.world.world import World


def compose(
    world: World,
    collection: Collection,
    path: str,
    id: str,
    given: Mapping[str, Any],
    draw: Draw,
    population: Population,
    *,
    before: Entity | None = None,
    replacing: bool = False,
) -> dict[str, Any]:
    """The entity after a write: `given` over `before` (or a fresh one), field by field valid."""
    if collection.schema is None:
        return {**(before or {}), **given}
    form: _Form = collection.memo.get("form") or _compile_form(world, collection)
    made = _apply(world, collection, form, path, id, given, draw, population, before, replacing)
    if collection.key:
        made = _with_key(world, collection, id, made)
    if not form.linked:
        return made
    linked = world.urls.with_urls(collection, collection.schema, path, id, made)
    # An address that the caller may send is what was sent.
    sent = {name: made[name] for name in linked if name in given and name in made}
    return {**linked, **sent}


def _apply(
    world: World,
    collection: Collection,
    form: _Form,
    path: str,
    id: str,
    given: Mapping[str, Any],
    draw: Draw,
    population: Population,
    before: Entity | None,
    replacing: bool,
) -> dict[str, Any]:
    schemas, plain = world.document.schemas, None
    wanted = _visible(collection, form, given)
    if form.named is not None:
        wanted = form.named.rename_branch(wanted, None)
    if before is None:
        wanted = {**form.defaults, **wanted}
        plain = _as_given(world, collection, form.needed, id, wanted)
    valid = schemas.validator(collection.schema, "response").is_valid
    if before is None:
        if plain is not None and valid(plain):
            return plain
        sent = _as_sent(world, collection, id, wanted, draw)
        if sent is not None:
            linked = {**population.settle(path, collection, id, sent), **wanted}
            return linked if valid(linked) else sent
        made = world.values.make(
            collection.schema, draw.child("entity"), name=collection.noun, sparse=True
        )
        base = population.settle(path, collection, id, made) if isinstance(made, dict) else {}
    else:
        base = dict(before)
    if replacing and before is not None:
        base = _base_of_replacement(world, collection, base, wanted)
    whole = (
        _merge_fields(base, wanted) if before is not None and not replacing else {**base, **wanted}
    )
    result = whole
    if not valid(whole):
        wanted = _completed_members(world, collection, wanted, draw)
        result = _overlay(base, wanted, valid, merging=not replacing)
    if len(collection.id_path) < 2:
        return result
    # The given fields may have replaced the object that holds the id.
    kept = set_at(result, collection.id_path, identity(schemas, world.values, collection).parse(id))
    return kept if valid(kept) else result


def _with_key(
    world: World, collection: Collection, id: str, entity: dict[str, Any]
) -> dict[str, Any]:
    """The entity with each part of its composite key that it can carry."""
    valid = world.document.schemas.validator(collection.schema, "response").is_valid
    for place, value in identity(world.document.schemas, world.values, collection).parts(id):
        trial = set_at(entity, place, value)
        entity = trial if valid(trial) else entity
    return entity


def _as_sent(
    world: World,
    collection: Collection,
    id: str,
    wanted: Mapping[str, Any],
    draw: Draw,
) -> dict[str, Any] | None:
    """A new entity of the one branch of its schema that was sent; None where there is but one."""
    schemas = world.document.schemas
    if not branches(schemas, collection.schema):
        return None
    sent: dict[str, Any] = dict(wanted)
    if collection.id_path:
        typed = identity(schemas, world.values, collection).parse(id)
        sent = set_at(sent, collection.id_path, typed)
    found = complete(world, collection.schema, sent, draw.child("branch"))
    return found if isinstance(found, dict) else None


def _completed_members(
    world: World, collection: Collection, wanted: Mapping[str, Any], draw: Draw
) -> dict[str, Any]:
    """What was sent, with what the server owns of the objects and lists inside filled in.

    An entity that was named by its id alone is an object with that id where it is shown as one.
    """
    made = dict(wanted)
    for name, sent in wanted.items():
        schema = collection.shape.properties.get(name)
        value = sent if schema is None else _as_shown(world, schema, sent)
        made[name] = value
        if isinstance(value, dict | list) and schema is not None:
            whole = complete(world, schema, value, draw.child("member", name))
            made[name] = value if whole is None else whole
    return made


def _as_shown(world: World, schema: Any, sent: Any) -> Any:
    """An id, or a list of ids, as the object or objects that a schema shows for them."""
    schemas, shape = world.document.schemas, world.resources.shape(schema)
    if isinstance(sent, dict) or schemas.validator(schema, "response").is_valid(sent):
        return sent
    if isinstance(sent, list) and shape.type == "array" and shape.items is not None:
        return [_as_shown(world, shape.items, each) for each in sent]
    if shape.type != "object" or not isinstance(sent, str | int) or isinstance(sent, bool):
        return sent
    ids = (name for name in ranked_names("identifiers", "usual") if name in shape.properties)
    name = next(ids, None)
    value = typed_id(schemas, shape.properties[name], str(sent)) if name else None
    return sent if value is None else {name: value}


def _as_given(
    world: World,
    collection: Collection,
    needed: tuple[str, ...] | None,
    id: str,
    wanted: Mapping[str, Any],
) -> dict[str, Any] | None:
    """A new entity that needs nothing made for it but its id; None where it may need more.

    It is what filling in, linking and overlaying would come to, field order included.
    """
    if needed is None:
        return None
    key = collection.id_path[0] if collection.id_path else None
    entity: dict[str, Any] = {}
    for name in needed:
        # A given object is laid over one that was made; only the whole way knows how.
        if name not in wanted or isinstance(wanted[name], dict):
            if name != key:
                return None
            entity[name] = None
        else:
            entity[name] = wanted[name]
    if key is not None:
        entity[key] = identity(world.document.schemas, world.values, collection).parse(id)
    return {**entity, **wanted}


class _Form(NamedTuple):
    """What the schema of a collection's entities says of a write."""

    declared: Mapping[str, Any]
    """Every property that it declares, in any branch."""
    hidden: frozenset[str]
    """Those that no reply shows, or that the server alone sets."""
    defaults: Mapping[str, Any]
    """What a new entity has where the caller says nothing."""
    needed: tuple[str, ...] | None
    """What every entity has, in the document's order; None where the schema is no plain object."""
    named: NamedBranches | None
    linked: bool
    """Whether it has fields that hold addresses of entities."""


def _compile_form(world: World, collection: Collection) -> _Form:
    schemas = world.document.schemas
    declared = every_property(schemas, collection.schema)
    hidden = {
        name
        for name, schema in declared.items()
        if isinstance(resolved := schemas.resolve(schema), dict)
        and (resolved.get("writeOnly") or resolved.get("readOnly"))
    }
    defaults = {}
    for name, schema in collection.shape.properties.items():
        both = [each for each in (schema, schemas.resolve(schema)) if isinstance(each, Mapping)]
        said = next((each["default"] for each in both if "default" in each), None)
        shown = not any(each.get("writeOnly") for each in both)
        if said is not None and shown and (name,) != collection.id_path:
            defaults[name] = said
    form = collection.memo["form"] = _Form(
        declared,
        frozenset(hidden),
        defaults,
        _always_present(world, collection),
        schemas.names_in(collection.schema),
        bool(entity_links(world.resources, collection, collection.schema)),
    )
    return form


_PLAIN = ANNOTATIONS | {
    "type", "properties", "required", "additionalProperties", "example", "xml", "externalDocs"
}  # fmt: skip


def _always_present(world: World, collection: Collection) -> tuple[str, ...] | None:
    resolved = world.document.schemas.resolve(collection.schema)
    if len(collection.id_path) > 1 or not isinstance(resolved, dict):
        return None
    said = {name for name in resolved if not name.startswith("x-")}
    if resolved.get("type") != "object" or not said <= _PLAIN:
        return None
    if isinstance(resolved.get("additionalProperties"), Mapping):
        return None
    properties, required = resolved.get("properties", {}), resolved.get("required", ())
    return tuple(dict.fromkeys([*(n for n in properties if n in required), *sorted(required)]))


def _visible(collection: Collection, form: _Form, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields that an entity can show: declared, not write-only, not the server's own."""
    declared, hidden, shape = form.declared, form.hidden, collection.shape
    # Some documents require what they forget to declare.
    return {
        name: value
        for name, value in given.items()
        if (name,) != collection.id_path
        and (
            name not in hidden
            if name in declared or not declared
            else shape.open or name in shape.required
        )
    }


def _base_of_replacement(
    world: World, collection: Collection, base: dict[str, Any], wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """What is left of an entity that is replaced: what the document or the server needs."""
    kept = {}
    for name, value in base.items():
        if (
            name in wanted
            or name in collection.shape.required
            or read_only(world, collection, name)
            or name == collection.id_field
        ):
            kept[name] = value
    return kept


def _overlay(
    base: dict[str, Any], wanted: Mapping[str, Any], valid: Any, *, merging: bool
) -> dict[str, Any]:
    """All wanted fields at once where valid, else one by one, as text where only text fits."""
    whole = _merge_fields(base, wanted) if merging else {**base, **wanted}
    if valid(whole):
        return whole
    result = base
    for name, value in wanted.items():
        for form in (value, id_text(value)) if isinstance(value, int | float) else (value,):
            trial = _merge_fields(result, {name: form}) if merging else {**result, name: form}
            if valid(trial):
                result = trial
                break
        else:
            without = {key: kept for key, kept in result.items() if key != name}
            if value is None and valid(without):
                result = without
    return result


def _merge_fields(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396), except that a null stays a null: schemas decide about it."""
    result = dict(base)
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(old := result.get(name), Mapping):
            result[name] = _merge_fields(old, value)
        else:
            result[name] = value
    return result


def read_only(world: World, collection: Collection, name: str) -> bool:
    """Whether the document leaves a property to the server alone."""
    resolved = world.document.schemas.resolve(collection.shape.properties.get(name, True))
    return isinstance(resolved, dict) and bool(resolved.get("readOnly"))
