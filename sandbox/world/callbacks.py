"""Callbacks and webhooks: what a service sends of its own accord, told by the document.

A call that succeeds sets off its operation's callbacks, and the webhooks that speak of what it
changed. They are records of the ledger; a server delivers them to hosts that it was allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from sandbox import exact_json
from sandbox.conventions.words import singulars, words
from sandbox.document import Operation, encode
from sandbox.document.media_types import form_of
from sandbox.document.operations import METHODS, Media
from sandbox.document.url_texts import text
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Arguments, Request, Response

if TYPE_CHECKING:
    from sandbox.world.ledger import Effect
    from sandbox.world.world import World

_EXPRESSION: Final = re.compile(r"\{(\$[^{}]+)\}")
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "create": frozenset({"create", "created", "new", "added", "add", "opened", "placed"}),
    "update": frozenset({"update", "updated", "changed", "change", "modified", "edited", "moved"}),
    "delete": frozenset({"delete", "deleted", "removed", "remove"}),
}  # fmt: skip
_SUBSCRIPTIONS: Final = frozenset({"subscription", "webhook", "hook", "callback", "listener"})
_ADDRESSES: Final = ("url", "callback_url", "target_url", "webhook_url", "endpoint", "callback")


class Delivery(NamedTuple):
    """One request that the service would send."""

    name: str
    """The callback's or webhook's name."""
    kind: str
    """callback or webhook."""
    method: str
    url: str
    """"" where nobody has said where to send it."""
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind, "method": self.method, "url": self.url,
                "body": self.body.decode("utf-8", "replace")}  # fmt: skip


class Outgoing(NamedTuple):
    """A declared callback or webhook."""

    name: str
    address: str
    """A runtime expression (OpenAPI §4.8.20.4); "" for a webhook."""
    method: str
    media_type: str
    media: Media | None


class Callbacks:
    """What one document says that its service sends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._about: dict[tuple[str, str], tuple[tuple[Outgoing, bool], ...]] = {}
        """(last word of a collection's path, kind of change) → the webhooks that go with it."""

    @cached_property
    def has_any(self) -> bool:
        """Whether there are any: asked at every call."""
        return bool(self.webhooks) or any(map(self.of, self._world.document.operations.values()))

    @cached_property
    def webhooks(self) -> tuple[Outgoing, ...]:
        """The document's webhooks (3.1), also those under `x-webhooks`."""
        tree = self._world.document.tree
        found = tree.get("webhooks") or tree.get("x-webhooks")
        return tuple(self._items({"": found})) if isinstance(found, dict) else ()

    def of(self, operation: Operation) -> tuple[Outgoing, ...]:
        """The callbacks of an operation."""
        known: tuple[Outgoing, ...] | None = operation.memo.get("callbacks")
        if known is None:
            try:
                raw = operation.schemas.references.at(f"#{operation.pointer}")
            except DocumentError:
                raw = {}
            found = raw.get("callbacks") if isinstance(raw, dict) else None
            known = tuple(self._items(found)) if isinstance(found, dict) else ()
            operation.memo["callbacks"] = known
        return known

    def _items(self, raw: Mapping[str, Any]) -> Iterator[Outgoing]:
        """The requests of named callbacks; for webhooks the path items have the names."""
        for name, entry in raw.items():
            items = self._resolve_node(entry)
            for address, item in items.items() if isinstance(items, dict) else ():
                item = self._resolve_node(item)
                for method in METHODS if isinstance(item, dict) else ():
                    if isinstance(item.get(method), dict):
                        media_type, media = self._content(item[method].get("requestBody"))
                        yield Outgoing(name or address, address if name else "", method.upper(),
                                       media_type, media)  # fmt: skip

    def _resolve_node(self, node: Any) -> Any:
        try:
            return self._world.document.schemas.references.follow(node)
        except DocumentError:
            return None

    def _content(self, raw: Any) -> tuple[str, Media | None]:
        from sandbox.document.reading import OperationReader

        if not isinstance(raw, dict):
            return "application/json", None
        schemas = self._world.document.schemas
        try:
            body = OperationReader(schemas.references, schemas).body(raw, "callbacks")
        except DocumentError:
            return "application/json", None
        usable = [name for name in body.media if form_of(name) == "json"]
        return (usable[0], body.media[usable[0]]) if usable else ("application/json", None)

    def deliveries_of(
        self,
        operation: Operation,
        arguments: Arguments,
        request: Request | None,
        response: Response,
        effects: Sequence[Effect],
        written: Mapping[tuple[str, str], Any],
        draw: Draw,
    ) -> tuple[Delivery, ...]:
        """What a call sets off. `written` are the entities by path and id; webhooks go to the
        addresses that subscribers among them have given."""
        found, callbacks = [], self.of(operation)
        shown, asked = None, request
        if callbacks:
            shown = _json_or_none(response.body)
            asked = request or encode(operation, arguments, self._world.document.base_path)
        for index, each in enumerate(callbacks):
            assert asked is not None
            url = _evaluate_expression(each.address, asked, arguments, response, shown)
            found.append(self._delivery(each, "callback", url, shown, draw.child(index)))
        addresses: tuple[str, ...] | None = None
        for hook, entity in self._fitting(effects):
            addresses = subscriber_addresses(written) if addresses is None else addresses
            for url in addresses or ("",):
                child = draw.child(hook.name, url)
                found.append(self._delivery(hook, "webhook", url, entity, child))
        return tuple(found)

    def _fitting(self, effects: Sequence[Effect]) -> Iterator[tuple[Outgoing, Any]]:
        """The webhooks that speak of a change; where none speaks of anything known, all go with any
        creation."""
        for effect in effects:
            noun, kind = effect.collection.rpartition("/")[2], effect.kind
            known = self._about.get((noun, kind))
            if known is None:
                known = self._about[noun, kind] = tuple(self._hooks_about(noun, kind))
            for hook, about in known:
                yield hook, (effect.after or effect.before) if about else effect.after

    def _hooks_about(self, noun: str, kind: str) -> Iterator[tuple[Outgoing, bool]]:
        """The webhooks that go with a change of a kind, and whether they speak of its noun."""
        parts = set(singulars(noun))
        for hook, spoken, kinds in self._subjects:
            about = bool(parts) and parts <= spoken
            if about and (not kinds or kind in kinds):
                yield hook, True
            elif not about and kind == "create" and self._unspecific:
                yield hook, False

    @cached_property
    def _subjects(self) -> list[tuple[Outgoing, set[str], set[str]]]:
        """The webhooks with the nouns and the kinds of change that their names speak of."""
        return [
            (
                hook,
                set(singulars(hook.name)),
                {kind for kind, verbs in _KINDS.items() if verbs & set(words(hook.name))},
            )
            for hook in self.webhooks
        ]

    @cached_property
    def _unspecific(self) -> bool:
        """Whether no webhook names a collection of the document."""
        listed = (t.rpartition("/")[2] for t in self._world.resources.templates)
        nouns = [set(singulars(noun)) for noun in listed if words(noun)]
        return not any(noun <= spoken for _, spoken, _ in self._subjects for noun in nouns)

    def _delivery(self, each: Outgoing, kind: str, url: str, like: Any, draw: Draw) -> Delivery:
        if each.media is None or each.media.schema is None:
            return Delivery(each.name, kind, each.method, url, (), b"")
        values, schema = self._world.values, each.media.schema
        body = values.example(each.media, direction="request")
        try:
            if body is None:  # Who is called back wants to see all that may be said.
                body = values.make(schema, draw, direction="request", optional=1.0)
        except (NoInstance, DocumentError):
            body = {}
        valid = self._world.document.schemas.validator(schema, "request").is_valid
        if isinstance(body, dict) and isinstance(like, Mapping):
            declared = self._world.resources.shape(schema).properties
            for name in declared:
                value = like.get(name, like if name in ("data", "object", "resource") else None)
                trial = {**body, name: value}
                body = trial if value is not None and valid(trial) else body
        kinds = (("content-type", each.media_type),)
        return Delivery(each.name, kind, each.method, url, kinds, exact_json.dumps(body))


def subscriber_addresses(written: Mapping[tuple[str, str], Any]) -> tuple[str, ...]:
    """The addresses in what was written to collections of subscriptions, each once."""
    found: dict[str, None] = {}
    for key in sorted(key for key in written if _holds_subscriptions(key[0].rpartition("/")[2])):
        entity = written[key]
        for name in _ADDRESSES if isinstance(entity, Mapping) else ():
            if isinstance(entity.get(name), str):
                found.setdefault(entity[name])
    return tuple(found)


@lru_cache(maxsize=4096)
def _holds_subscriptions(noun: str) -> bool:
    return not _SUBSCRIPTIONS.isdisjoint(singulars(noun))


def _json_or_none(body: bytes) -> Any:
    try:
        return exact_json.loads(body)
    except ValueError:
        return None


def _evaluate_expression(
    address: str, request: Request, arguments: Arguments, response: Response, shown: Any
) -> str:
    """A runtime expression with its values; "" where one of them is missing."""
    if address.startswith("$"):
        address = f"{{{address}}}"
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        found = _value(match[1], request, arguments, response, shown)
        missing = missing or found is None
        if found is None:
            return ""
        # A whole address stays as it is; a part of one is encoded.
        return text(found) if match.start() == 0 else quote(text(found), safe="")

    url = _EXPRESSION.sub(value, address)
    return "" if missing else url


def _value(
    expression: str, request: Request, arguments: Arguments, response: Response, shown: Any
) -> Any:
    fixed = {"$method": request.method, "$statusCode": response.status, "$url": request.path}
    if expression in fixed:
        return fixed[expression]
    side, _, source = expression.partition(".")
    place, _, name = source.partition(".")
    if place.startswith("body"):
        body = arguments.body if side == "$request" else shown
        return _value_at(body, source.partition("#")[2])
    if place == "header":
        message = request if side == "$request" else response
        return message.header(name.lower())
    given = {"query": arguments.query, "path": arguments.path}.get(place, {})
    return given.get(name) if side == "$request" else None


def _value_at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value
