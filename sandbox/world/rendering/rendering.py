"""Replies: an entity, a list or a plain value in the exact form of one operation's reply.

A reply is checked against the document before it is sent. What the checks cost is paid once per
entity and operation: rendered replies are kept as long as the entity has not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import exact_json
from sandbox.conventions.envelopes import preferred_media
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.paths import id_text
from sandbox.conventions.resources import Resources
from sandbox.document import Document
from sandbox.document.media_types import concrete, form_of, is_stream
from sandbox.document.operations import Media, Reply
from sandbox.draws import Draw
from sandbox.messages import Arguments, Headers, Response, compact
from sandbox.values import Values
from sandbox.world.rendering.examples import examples_of, fitting, repeating
from sandbox.world.rendering.media import write
from sandbox.world.rendering.projection import Projection, same_schema
from sandbox.world.rendering.reply_envelopes import Envelopes
from sandbox.world.rendering.response_headers import (
    WAITING,
    declared_headers,
    http_date,
    waiting,
)
from sandbox.world.state.entity_urls import EntityUrls

_KEPT_BYTES = 24_000_000
BODILESS = frozenset({204, 205, 304})
EVENTS = 3
"""How many events a stream has that no list and no example fills."""


class ReplyRenderer:
    """Renders replies for one world; shared by its sessions."""

    __slots__ = ("_document", "_envelopes", "_kept", "_resources", "_size", "_values", "projection")

    def __init__(
        self, document: Document, resources: Resources, values: Values, urls: EntityUrls
    ) -> None:
        self._document = document
        self._resources = resources
        self._values = values
        self.projection = Projection(document.schemas, resources, values, urls)
        self._envelopes = Envelopes(document.schemas, resources, values)
        self._kept: dict[tuple[Any, ...], tuple[Any, Response]] = {}
        self._size = 0

    # -- replies ------------------------------------------------------------------------------

    def entity(
        self, meaning: Meaning, path: str, id: str, seed: int, entity: Any, location: str = ""
    ) -> Response:
        """One entity as the operation's reply."""
        key = (meaning.operation.id, meaning.media_type, meaning.status, path, id, seed)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is entity:
            return kept[1]
        location = location or (f"{path}/{id}" if id else path)
        held = entity
        if meaning.act == "singleton" and not meaning.keys:
            entity = self._envelopes.successful(meaning, entity)
        response = self._bare(meaning, entity, location)
        if response is None:
            draw = Draw(seed, "view", meaning.operation.id, path, id)
            shown = self.projection.project(
                meaning.collection, meaning.view, entity, draw, at=(path, id)
            )
            listed = [shown] if meaning.many else shown
            headers = self._last_modified(meaning, entity)
            response = self.reply(meaning, listed, draw, headers=headers, location=location)
        self._size += len(response.body)
        if self._size > _KEPT_BYTES:
            self._kept.clear()
            self._size = len(response.body)
        self._kept[key] = (held, response)
        return response

    def _last_modified(self, meaning: Meaning, entity: Any) -> Headers:
        """The declared Last-Modified header, where the entity says when it was changed."""
        names: tuple[str, ...] | None = meaning.memo.get("last modified")
        if names is None:
            success, names = meaning.operation.success, ()
            declared = success[1].headers if success is not None else {}
            if meaning.collection is not None and "last-modified" in map(str.lower, declared):
                times = self._resources.timestamps(meaning.collection)
                names = (*times.updated, *times.created)
            meaning.memo["last modified"] = names
        moments = (http_date(entity.get(name)) for name in names)
        found = next(filter(None, moments), None)
        return (("last-modified", found),) if found is not None else ()

    def _bare(self, meaning: Meaning, entity: Any, location: str) -> Response | None:
        """The reply of an operation that shows entities as they are, as JSON without envelope."""
        headers: Headers | None = meaning.memo.get("bare", ())
        if headers == ():
            named = ("content-type", content_type(meaning.media_type))
            headers = meaning.memo["bare"] = (named,) if self._is_bare(meaning) else None
        if headers is None or (type(entity) is dict and "" in entity):
            return None
        if not self._document.schemas.validator(meaning.schema, "response").is_valid(entity):
            return None
        if meaning.status == 201 and location:
            headers = (*headers, ("location", self._document.base_path + location))
        return Response(meaning.status, headers, compact(exact_json.dumps(entity)))

    def _is_bare(self, meaning: Meaning) -> bool:
        success, home = meaning.operation.success, meaning.collection
        if home is None or meaning.schema is None or meaning.status in BODILESS:
            return False
        if form_of(meaning.media_type or "application/json") != "json":
            return False
        if meaning.keys or meaning.many or success is None or success[1].headers:
            return False
        return meaning.view is None or same_schema(meaning.view, home.schema)

    def reply(
        self,
        meaning: Meaning,
        shown: Any,
        draw: Draw,
        *,
        extras: Mapping[str, Any] | None = None,
        headers: Headers = (),
        location: str = "",
    ) -> Response:
        """A value inside its envelope; `extras` are envelope fields such as totals and cursors."""
        if meaning.schema is None or meaning.status in BODILESS:
            return self._response(meaning, draw, headers, location)
        whole = self._envelopes.wrap(meaning, shown, draw, extras or {})
        body = self._encode(meaning.media_type, whole, meaning.schema)
        return self._response(meaning, draw, headers, location, body)

    def fresh(
        self,
        meaning: Meaning,
        draw: Draw,
        *,
        location: str = "",
        like: Mapping[str, Any] | None = None,
        arguments: Arguments | None = None,
        example: str | None = None,
    ) -> Response:
        """A reply that is no entity's view: the document's example, else made from the schema.

        Fields that it shares with an entity it is `like`, or with the call's `arguments`, are
        theirs. `example` names the one that is wanted.
        """
        headers = (("location", self._document.base_path + location),) if location else ()
        if meaning.schema is None or meaning.status in BODILESS:
            return self._response(meaning, draw, headers, location)
        media = meaning.media
        body = self._file(media) if media is not None and not media.examples else None
        if body is None:
            value = self._fresh_value(meaning, draw, arguments, example)
            if like is not None and isinstance(value, dict):
                value = self._copy_members(meaning.schema, value, like)
            body = self._encode(meaning.media_type, value, meaning.schema)
        return self._response(meaning, draw, headers, location, body)

    def _fresh_value(
        self, meaning: Meaning, draw: Draw, arguments: Arguments | None, example: str | None
    ) -> Any:
        schema, media = meaning.schema, meaning.media
        valid = self._document.schemas.validator(schema, "response").is_valid
        examples = self.examples(meaning)
        if example is not None and example in examples:
            return examples[example]
        if examples and not (media is not None and is_stream(meaning.media_type)):
            return fitting(examples, arguments, valid)
        given = {**arguments.query, **arguments.path} if arguments is not None else {}
        made: Any = list(examples.values())
        if not is_stream(meaning.media_type) or self._resources.shape(schema).type == "array":
            if made:
                return repeating(made[0], given, valid)
            made = self._envelopes.successful(meaning, self._values.make(schema, draw))
            return repeating(made, given, valid)
        missing = range(max(0, EVENTS - len(made)))
        made += [self._values.make(schema, draw.child("event", index)) for index in missing]
        return [repeating(each, given, valid) for each in made]

    def examples(self, meaning: Meaning) -> Mapping[str, Any]:
        """The valid examples of an operation's reply by name; looked for once."""
        found: Mapping[str, Any] | None = meaning.memo.get("examples")
        if found is None:
            media = meaning.media
            found = {} if media is None else examples_of(media, self._values)
            meaning.memo["examples"] = found
        return found

    def _file(self, media: Media) -> bytes | None:
        """The first of a media type's examples that is a file beside the document."""
        return next(filter(None, map(self._document.file, media.files)), None)

    def has_illustration(self, meaning: Meaning) -> bool:
        """Whether an operation without state answers by itself: with an example or a stream."""
        known: bool | None = meaning.memo.get("illustrated")
        if known is None:
            media, methods = meaning.media, self._resources.operations_at(meaning.place.template)
            shown = media is not None and (bool(media.files) or bool(self.examples(meaning)))
            known = is_stream(meaning.media_type) or (shown and methods.keys() <= {"GET", "HEAD"})
            meaning.memo["illustrated"] = known
        return known

    def illustrated_ids(self, meaning: Meaning) -> frozenset[str]:
        """The ids of which an example of a read tells the entity, where nothing lists, makes or
        changes such entities."""
        known: frozenset[str] | None = meaning.memo.get("illustrated ids")
        if known is None:
            template, at = meaning.place.template, self._resources.operations_at
            alone = not at(template) and at(f"{template}/{{}}").keys() <= {"GET", "HEAD"}
            samples = self.examples(meaning).values() if alone else ()
            values = (
                value for each in samples if isinstance(each, dict) for value in each.values()
            )
            plain = (value for value in values if isinstance(value, str | int))
            known = meaning.memo["illustrated ids"] = frozenset(map(id_text, plain))
        return known

    def _copy_members(self, schema: Any, value: dict[str, Any], like: Mapping[str, Any]) -> Any:
        valid = self._document.schemas.validator(schema, "response").is_valid
        known = self._resources.shape(schema).properties
        for name in [name for name in known if name in like]:
            trial = {**value, name: like[name]}
            value = trial if valid(trial) else value
        return value

    def render_declared(
        self, reply: Reply, status: int, draw: Draw, example: str | None = None
    ) -> Response:
        """Any reply of the document, generated whole: its own example where that is valid."""
        media_type = preferred_media(reply.media)
        if media_type is None or reply.media[media_type].schema is None or status in BODILESS:
            return Response(status, self.reply_headers(reply, status, draw))
        media = reply.media[media_type]
        body = self._file(media) if not media.examples else None
        if body is None:
            examples = examples_of(media, self._values)
            value = examples.get(example or "", next(iter(examples.values()), None))
            if value is None:
                value = self._values.make(media.schema, draw)
            body = self._encode(media_type, value, media.schema)
        headers = self.reply_headers(reply, status, draw, body)
        body = waiting(body, headers) if form_of(media_type) == "json" else body
        return Response(status, (("content-type", content_type(media_type)), *headers), body)

    def reply_headers(self, reply: Reply, status: int, draw: Draw, body: bytes = b"") -> Headers:
        """The declared headers of a reply; one that says to come back later says when."""
        found = self._declared_headers(reply.headers, draw, body, "", {})
        awaited = status in WAITING and any(name.lower() == "retry-after" for name in reply.headers)
        if awaited and not any(name == "retry-after" for name, _ in found):
            found = (*found, ("retry-after", str(draw.integer(1, 30, "retry-after"))))
        return found

    # -- bytes and headers --------------------------------------------------------------------

    def _encode(self, media_type: str | None, value: Any, schema: Any) -> bytes:
        if media_type is None or form_of(media_type) == "json":
            return compact(exact_json.dumps(value))
        return write(media_type, value, schema, self._document.schemas)

    def _response(
        self,
        meaning: Meaning,
        draw: Draw,
        headers: Headers,
        location: str,
        body: bytes | None = None,
    ) -> Response:
        """A reply with the declared headers, then those of the `headers` that are not declared."""
        facts: tuple[str, Mapping[str, Any] | None] | None = meaning.memo.get("reply headers")
        if facts is None:
            success = meaning.operation.success
            facts = content_type(meaning.media_type), success[1].headers if success else None
            meaning.memo["reply headers"] = facts
        kind, declared = facts
        found: Headers = () if body is None else (("content-type", kind),)
        if declared is not None and location and meaning.status == 201:
            if "location" not in map(str.lower, declared):
                found = (*found, ("location", self._document.base_path + location))
        if declared:
            given = dict(headers)
            found += self._declared_headers(declared, draw, body or b"", location, given)
        if headers:
            known = {name for name, _ in found}
            found += tuple(pair for pair in headers if pair[1] and pair[0] not in known)
        return Response(meaning.status, found, body or b"")

    def _declared_headers(
        self,
        declared: Mapping[str, Any],
        draw: Draw,
        body: bytes,
        location: str,
        given: Mapping[str, str],
    ) -> Headers:
        if not declared:
            return ()
        known = dict(given)
        for name in declared:
            if name.lower() == "etag":
                known.setdefault("etag", etag(body))
            elif name.lower() == "location" and location:
                known.setdefault("location", self._document.base_path + location)
        return declared_headers(declared, self._document.schemas, self._values, draw, known)


def content_type(media_type: str | None) -> str:
    """What stands in the Content-Type of a reply of that declared media type."""
    if media_type is None:
        return "application/json"
    return concrete(media_type) if "*" in media_type else media_type


def etag(body: bytes) -> str:
    """A strong validator of a representation (RFC 9110 §8.8.3)."""
    return f'"{Draw(body).hex(12)}"'
