"""Bulk operations: paths that make or change several entities of a collection at once.

`POST /tickets/bulk`, `/tickets:batchCreate` and `/bulk/tickets` make entities of `/tickets`, beside
`POST /tickets`. Their replies say in lists and numbers what became of each entity that was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.envelopes import ENTITY_KEYS, Envelope, body_schema
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import Place
from sandbox.conventions.vocabulary import id_candidates, key_of, names
from sandbox.conventions.words import same, singular, singulars, words
from sandbox.document import Operation
from sandbox.messages import Problem

if TYPE_CHECKING:
    from sandbox.conventions.collection_table import CollectionTable

_ACTS: Final = {"POST": "create", "PUT": "write", "PATCH": "write"}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One list of a reply: an entry for each entity that was sent, made or refused."""

    keys: tuple[str, ...]
    """Where the list lies in the reply; () = it is the reply."""
    about: str
    """Whose entries: "all", "made" or "failed"."""
    schema: Any
    """Schema of an entry."""
    members: Mapping[str, str]
    """Member of an entry → what it tells: index, id, entity, sent, status, error, succeeded or
    failed. {"": "entity"} where the entry is the entity, {"": "id"} where it is its id."""


@dataclass(frozen=True, slots=True)
class BulkReply:
    """What a reply tells about the entities of a bulk operation."""

    lists: tuple[Outcomes, ...]
    counts: Mapping[str, str]
    """Number of the reply → what it counts: all, made, failed or none."""

    @property
    def tells_failures(self) -> bool:
        """Whether some entities may be refused while others are made."""
        telling = {"status", "error", "succeeded", "failed"}
        return "failed" in self.counts.values() or any(
            each.about == "failed" or (each.about == "all" and telling & set(each.members.values()))
            for each in self.lists
        )


def bulk_act(
    table: CollectionTable, operation: Operation, place: Place
) -> tuple[str, Collection, Envelope] | None:
    """The act, the collection and the list in the body of a bulk operation; None for any other."""
    found = _home(table, place.template)
    if found is None:
        return None
    home, act = found
    collection = table.collection(home)
    sent = _list_in_body(table, operation, collection)
    usual = _ACTS.get(table.form(operation).method)
    return (act or usual, collection, sent) if sent is not None and usual else None


def _home(table: CollectionTable, template: str) -> tuple[str, str] | None:
    """The collection that a bulk path is about, and the act that the path names or ""."""
    if template in table.item_templates or "GET" in table.operations_at(template):
        return None
    segments = template.strip("/").split("/")
    for home, spoken in _readings(table, segments):
        if names("bulk", "words").isdisjoint(spoken) or home == "/" or home.endswith("{}"):
            continue
        if home in table.item_templates or table.lists(home):
            acts = (("update", "write"), ("create", "create"))
            said = (act for verb, act in acts if not names("acts", verb).isdisjoint(spoken))
            return home, next(said, "")
    return None


def _readings(table: CollectionTable, segments: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The collections that a bulk path may be about, each with the words besides."""
    verbs = names("bulk", "words") | names("acts", "create") | names("acts", "update")
    spoken: tuple[str, ...] = ()
    above = list(segments)
    while above and above[-1] != "{}" and set(words(above[-1])) <= verbs:
        spoken += words(above.pop())  # `/tickets/bulk`, `/tickets/batch/create`
    yield "/" + "/".join(above), spoken
    if len(segments) > 1 and segments[-2] != "{}" and set(words(segments[-2])) <= verbs:
        yield "/" + "/".join([*segments[:-2], segments[-1]]), words(segments[-2])  # `/bulk/tickets`
    last, head = words(segments[-1]), "/".join(["", *segments[:-1]])
    noun = tuple(singular(word) for word in last if word not in verbs)
    for each in sorted(table.item_templates) if noun and len(noun) < len(last) else ():
        parent, _, own = each.rpartition("/")
        if parent == head and singulars(own) == noun:
            yield each, tuple(word for word in last if word in verbs)  # `/tickets.bulkCreate`


def _list_in_body(
    table: CollectionTable, operation: Operation, collection: Collection
) -> Envelope | None:
    """Where the entities lie in the body; None where no list in it shows such entities."""
    schema = body_schema(operation)
    surface = table.shape(schema) if schema is not None else None
    if surface is None:
        return None
    found = {name: table.shape(inner) for name, inner in surface.properties.items()}
    lists: dict[tuple[str, ...], Any] = {(): surface.items} if surface.type == "array" else {}
    lists |= {(name,): inner.items for name, inner in found.items() if inner.type == "array"}
    known = set(collection.shape.properties)
    maker = table.operations_at(collection.template).get("POST")
    if maker is not None and body_schema(maker) is not None:
        known |= table.shape(body_schema(maker)).properties.keys()
    for keys, items in lists.items():
        entry = table.shape(items) if items is not None else None
        if entry is None or entry.type != "object":
            continue
        own = set(entry.properties)
        if 2 * len(own & known) >= len(own) or not known:
            return Envelope(keys, items, many=True)
    return None


def bulk_reply(table: CollectionTable, meaning: Meaning) -> BulkReply:
    """What the reply of a bulk operation tells; worked out once."""
    known: BulkReply | None = meaning.memo.get("bulk reply")
    if known is None:
        lists = tuple(_lists(table, meaning)) if meaning.schema is not None else ()
        if len(lists) == 1 and not lists[0].keys:
            counts = {}
        else:
            counts = dict(_counts(table, meaning))
        known = meaning.memo["bulk reply"] = BulkReply(lists, counts)
    return known


def _lists(table: CollectionTable, meaning: Meaning) -> Iterator[Outcomes]:
    surface, collection = table.shape(meaning.schema), meaning.collection
    assert collection is not None
    if surface.type == "array":
        yield _outcomes(table, collection, (), surface.items)
        return
    found: dict[tuple[str, ...], Any] = {(name,): it for name, it in surface.properties.items()}
    for name in [name for name in ENTITY_KEYS if name in surface.properties]:
        deeper = table.shape(surface.properties[name])
        found |= {(name, inner): each for inner, each in deeper.properties.items()}
    for keys, inner in found.items():
        shape = table.shape(inner)
        if shape.type == "array" and key_of(keys[-1]) not in ("links", "warnings"):
            yield _outcomes(table, collection, keys, shape.items)


def _outcomes(
    table: CollectionTable, collection: Collection, keys: tuple[str, ...], items: Any
) -> Outcomes:
    schema = True if items is None else items
    entry, about = table.shape(schema), _about(keys[-1]) if keys else ""
    if entry.type not in ("object", ""):
        role = "error" if about == "failed" else "id"
        return Outcomes(keys, about or "made", schema, {"": role})
    if about != "failed" and table.alike(schema, collection):
        return Outcomes(keys, about or "made", schema, {"": "entity"})
    members = dict(_members(table, collection, entry.properties))
    telling = {"status", "error", "succeeded", "failed"} & set(members.values())
    return Outcomes(keys, about or ("all" if telling else "made"), schema, members)


def _members(
    table: CollectionTable, collection: Collection, properties: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    ids = {key_of(each) for each in id_candidates(collection.item_parameter or "id",
                                                  collection.noun)}  # fmt: skip
    for name, schema in properties.items():
        key, shape = key_of(name), table.shape(schema)
        if key in names("bulk", "positions") and shape.type in ("integer", "number", ""):
            yield name, "index"
        elif shape.type == "boolean":
            kind = "failed" if _about(name) == "failed" else "succeeded"
            if key in names("outcome", kind) or _about(name):
                yield name, kind
        elif key in names("bulk", "sent"):
            yield name, "sent"
        elif key in names("outcome", "problems") or _about(name) == "failed":
            yield name, "error"
        elif key in names("outcome", "status") and shape.type in ("string", "integer", ""):
            yield name, "status"
        elif key in names("outcome", "codes") and shape.type == "integer":
            yield name, "status"
        elif shape.type in ("string", "integer") and key in ids:
            yield name, "id"
        elif shape.type in ("object", "") and (
            table.alike(schema, collection) or same(name, collection.noun) or name in ENTITY_KEYS
        ):
            yield name, "entity"


def _counts(table: CollectionTable, meaning: Meaning) -> Iterator[tuple[str, str]]:
    for name, schema in table.shape(meaning.schema).properties.items():
        if table.shape(schema).type in ("integer", "number"):
            about = _about(name)
            if about or not set(words(name)).isdisjoint(names("bulk", "all")):
                yield name, about or "all"


def _about(name: str) -> str:
    """Whether a name speaks of entities that were "made", "failed" or otherwise, "none"."""
    parts = set(words(name))
    kinds = ("failed", "made", "none")
    return next((kind for kind in kinds if not parts.isdisjoint(names("bulk", kind))), "")


def faults_by_entry(
    table: CollectionTable, meaning: Meaning, problems: Sequence[Problem]
) -> Mapping[int, Sequence[Problem]] | None:
    """The violations of a bulk call by the entry at fault; None where the whole call is refused:
    its reply tells no failures, or something beside its entries is wrong."""
    if not meaning.bulk or meaning.act != "create" or not bulk_reply(table, meaning).tells_failures:
        return None
    start = f"/{meaning.body_key}/" if meaning.body_key is not None else "/"
    found: dict[int, list[Problem]] = {}
    for problem in problems:
        number, _, within = problem.pointer.removeprefix(start).partition("/")
        entry = problem.location == "body" and problem.pointer.startswith(start)
        if not entry or not number.isdecimal():
            return None
        pointer = f"/{within}" if within else ""
        found.setdefault(int(number), []).append(replace(problem, pointer=pointer))
    return found
