"""One thing, one place: what is made through one path is found through every other, and an id that
nobody could know is 404. An outsider looks: paths and schemas only, none of the sandbox's facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import World
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.errors import SandboxError
from sandbox.messages import ABSENT
from tests.bench.crud import disagreement, shows
from tests.bench.explorer import Explorer, candidate_ids, json_first, located, read_json, text
from tests.proofs.tally import Tally

_IMPOSSIBLE = (999_999_937, "zzz", "zzz-nobody-knows-this", 31, 2)


@dataclass(frozen=True, slots=True)
class _Path:
    """The parts of one path that matter: the noun of its collection and its parameters."""

    collection: str
    item: str | None

    @property
    def noun(self) -> str:
        fixed = [part for part in self.collection.split("/") if part and "{" not in part]
        return fixed[-1].lower().removesuffix("s").removesuffix("e") if fixed else ""


def other_door(world: World, name: str) -> Tally:
    """Create through one path; read, list and refuse through every other path of the same thing."""
    tally = Tally()
    operations = [o for o in world.document.operations.values() if o.defect is None]
    for creator in operations:
        here = _path(creator.path)
        if creator.method != "POST" or here.item is not None or not here.noun:
            continue
        for reader in operations:
            there = _path(reader.path)
            if _is_own(reader.path) and not _is_own(creator.path):
                continue  # what was made for somebody else need not be there
            apart = there.noun == here.noun and _one_in_the_other(here.collection, there.collection)
            if reader.method == "GET" and apart and _kin(world, creator, reader):
                _try(world, creator, reader, there, tally, name)
    return tally


def unknown_ids(world: World, name: str) -> Tally:
    """Reads of one entity by an id that no reply shows; good are the 404s."""
    tally = Tally()
    operations = [o for o in world.document.operations.values() if o.defect is None]
    for reader in operations:
        path = _path(reader.path)
        if reader.method != "GET" or path.item is None or _lists_below(operations, reader):
            continue
        if not any(_tells(world, other, reader, path) for other in operations):
            continue
        explorer = Explorer(world, world.session(seed=1))
        try:
            values = explorer.path_values(reader.path)
            bad = _impossible(world, reader, path.item)
            if values is None or bad is None or _empty(explorer, operations, reader, path, values):
                continue
            status = explorer.call(reader, {**values, path.item: bad}).status
        except SandboxError:
            continue
        if status != 501:
            tally.count(status == 404, f"{name}: GET {reader.path} with {bad!r} is {status}")
    return tally


def _try(
    world: World, creator: Operation, reader: Operation, there: _Path, tally: Tally, name: str
) -> None:
    explorer = Explorer(world, world.session(seed=1))
    label = f"{name}: POST {creator.path}, GET {reader.path}"
    try:
        values = explorer.path_values(creator.path)
        if values is None:
            return
        body = explorer.arguments(creator, values, ABSENT, 0).body
        parents = explorer.path_values(there.collection) or {}
        if isinstance(body, dict):
            # The parents that it names are there.
            body |= {name: parents[name] for name in body.keys() & parents.keys()}
        if isinstance(body, dict) and {there.item, there.collection.rpartition("/")[2]} & set(body):
            return  # it names what there is already: a `role_id`, a list of `labels`
        reply = explorer.call(creator, values, body)
        made = read_json(reply)
        if reply.status >= 300 or (made is None and not located(reply)):
            return
        shared = dict(values)
        for parameter in _parameters(there.collection):
            if parameter not in shared:
                found = _said(made, parameter)
                if found is None:
                    return  # the reply does not say which parent it has there
                shared[parameter] = found
        if there.item is None:
            tally.count(_lists(explorer, reader, shared, made, reply), f"{label}: not listed")
            return
        ids = list(dict.fromkeys([*located(reply), *candidate_ids(made, there.item)]))[:12]
        replies = [explorer.call(reader, {**shared, there.item: id}) for id in ids]
        shown = next((read_json(r) for r in replies if r.status < 300), None)
        wrong = disagreement(body, shown) if shown is not None and shows(reader) else None
        tally.count(shown is not None and wrong is None, f"{label}: {wrong or 'not found'}")
    except SandboxError:
        return


def _lists(
    explorer: Explorer, reader: Operation, values: Mapping[str, str], made: Any, reply: Any
) -> bool:
    ids = {*located(reply), *list(candidate_ids(made, "id"))[:3]}
    shown = read_json(explorer.call(reader, values))
    listed = isinstance(shown, list) or any(isinstance(v, list) for v in dict(shown or {}).values())
    return not listed or bool(ids & set(candidate_ids(shown, "id")))


def _said(made: Any, parameter: str) -> str | None:
    found = made.get(parameter) if isinstance(made, dict) else None
    return text(found) if isinstance(found, str | int) else None


def _path(path: str) -> _Path:
    segments = path.removesuffix(".json").split("/")
    if len(segments) > 2 and segments[-1].startswith("{") and segments[-1].endswith("}"):
        return _Path("/".join(segments[:-1]), segments[-1][1:-1])
    return _Path(path, None)


def _is_own(path: str) -> bool:
    """Whether a path shows what is the caller's alone, such as `/users/@me/orders`."""
    return not {"me", "@me", "self", "~"}.isdisjoint(path.split("/"))


def _parameters(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _one_in_the_other(left: str, right: str) -> bool:
    """Whether one path is the other without some of its segments."""
    mine, other = (re.sub(r"\{[^}]*\}", "{}", path).split("/") for path in (left, right))
    shorter, longer = sorted((mine, other), key=len)
    rest = iter(longer)
    return mine != other and all(part in rest for part in shorter)


def _kin(world: World, creator: Operation, reader: Operation) -> bool:
    """Whether two replies speak of the same component."""
    left, right = set(_components(world, creator)), set(_components(world, reader))
    return bool(left & right)


def _lists_below(operations: list[Operation], reader: Operation) -> bool:
    """Whether a path that ends in a parameter lists what lies below it: `/keys/{set}`."""
    resolved = reader.schemas.resolve(_schema(reader))
    if not isinstance(resolved, dict):
        return False
    inner = [reader.schemas.resolve(each) for each in resolved.get("properties", {}).values()]
    listed = [each for each in inner if isinstance(each, dict) and each.get("type") == "array"]
    many = resolved.get("type") == "array" or len(listed) == len(inner) == 1
    return many and any(other.path.startswith(reader.path + "/{") for other in operations)


def _tells(world: World, other: Operation, reader: Operation, path: _Path) -> bool:
    """Whether an operation lists, creates or shows what another reads one by one."""
    there = _path(other.path)
    if there.item is not None and there.collection == path.collection:
        return False
    if other.method == "GET" and there.item is None and not _shows_id(world, other, path.item):
        return False
    beside = there.collection == path.collection and other.method in ("GET", "POST")
    if beside and _schema(other) is not None:
        return bool(set(_components(world, other)) & set(_components(world, reader)))
    same = there.noun == path.noun and other.method in ("GET", "POST")
    return same and _kin(world, other, reader)


def _shows_id(world: World, teller: Operation, item: str | None) -> bool:
    """Whether a read without an id has a list of what may have ids, or a member that may be one."""
    schemas, schema = world.document.schemas, _schema(teller)
    named = {"id", "uuid", "gid", "sid", *re.findall(r"[a-z]+", (item or "").lower())}
    for _ in range(3):
        resolved = schemas.resolve(schema) if schema is not None else None
        if isinstance(resolved, dict) and resolved.get("type") == "array":
            return not _are_figures(world, resolved.get("items"))
        if not isinstance(resolved, dict) or "properties" not in resolved:
            return True
        members = resolved["properties"]
        kinds = [schemas.resolve(each) for each in members.values()]
        if any(isinstance(kind, dict) and kind.get("type") == "array" for kind in kinds):
            return True
        if any(set(re.findall(r"[a-z]+", name.lower())) & named for name in members):
            return True
        if len(members) != 1:
            return False
        schema = next(iter(members.values()))
    return True


def _are_figures(world: World, entry: Any) -> bool:
    """Whether the entries of a list are a time and numbers: a series, which tells no ids."""
    resolved = world.document.schemas.resolve(entry)
    members = resolved.get("properties") if isinstance(resolved, dict) else None
    if not members or {"id", "number", "key", "code"} & members.keys():
        return False
    kinds = {name: world.document.schemas.resolve(each) for name, each in members.items()}
    texts = {n for n, k in kinds.items() if not isinstance(k, dict) or k.get("type") == "string"}
    return texts <= {"timestamp", "time", "date"} and len(texts) < len(members)


def _empty(
    explorer: Explorer, operations: list[Operation], reader: Operation, path: _Path, values: Any
) -> bool:
    """Whether nothing of the kind can be read at all (its schema has no instance)."""
    assert path.item is not None
    return all(
        explorer.call(reader, {**values, path.item: id}).status == 501
        for id in explorer.ids(path.collection, path.item, values)[:1]
    )


def _impossible(world: World, reader: Operation, item: str) -> Any:
    schema = next((p.schema for p in reader.parameters if p.name == item), True)
    resolved = world.document.schemas.resolve(schema)
    if isinstance(resolved, dict) and ("enum" in resolved or "const" in resolved):
        return None
    valid = world.document.schemas.validator(schema, "request").is_valid
    for value in _IMPOSSIBLE[:3]:
        if valid(value):
            return value
    made = world.values.make(schema, Draw("nobody", reader.id), name="nobody")
    return made if isinstance(made, str) and len(made) > 7 else None


def _schema(operation: Operation) -> Any:
    if operation.success is None or not operation.success[1].media:
        return None
    media = operation.success[1].media
    return media[json_first(list(media))].schema


def _components(world: World, operation: Operation) -> Iterator[str]:
    """The components that a reply is, holds or lists, not those deep inside."""
    yield from _refs(world, _schema(operation), 3)


def _several(world: World, properties: Mapping[str, Any]) -> bool:
    """Whether lists of several kinds stand side by side: no envelope of one list."""
    resolved = map(world.document.schemas.resolve, properties.values())
    lists = [it for it in resolved if isinstance(it, dict) and it.get("type") == "array"]
    return len(lists) > 1


def _refs(world: World, schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or not depth:
        return
    ref = schema.get("$ref")
    if isinstance(ref, str):
        yield ref
        inner = world.document.schemas.resolve(schema)
        wrapped = isinstance(inner, dict) and len(inner.get("properties", {})) <= 3
        if wrapped or (isinstance(inner, dict) and inner.get("type") == "array"):
            yield from _refs(world, inner, depth - 1)
        return
    yield from _refs(world, schema.get("items"), depth)
    properties = schema.get("properties")
    if isinstance(properties, dict) and len(properties) <= 4 and not _several(world, properties):
        for each in properties.values():
            yield from _refs(world, each, depth - 1)
