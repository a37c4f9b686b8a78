"""Conditions: ETag, If-Match and If-None-Match as RFC 9110 §13 has them.

They hold where they are declared, and over HTTP wherever an ETag or their outcome is.

The current tag is the one in the read reply's ETag header, or the entity's own `etag` property.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.vocabulary import names
from sandbox.document import Operation
from sandbox.messages import Request, Response
from sandbox.world.operation_call import Turn
from sandbox.world.rendering.rendering import etag
from sandbox.world.state.state import Entity

if TYPE_CHECKING:
    from sandbox.world.world import World

_TAG: Final = re.compile(r'(?:W/)?"[^"]*"|[^\s,]+')
_CONDITIONS: Final = {
    "if-match": "If-Match",
    "if-none-match": "If-None-Match",
    "if-modified-since": "If-Modified-Since",
}
_VALIDATORS: Final = ("etag", "last-modified")


def conditions(
    world: World, operation: Operation, request: Request, *, needed: bool = False
) -> dict[str, str]:
    """The conditions of a request to an operation that sends ETags or declares their outcome.

    `needed`: an If-Match that 428 asks for and that is not sent is "" (a tool that has no such
    argument could not send it).
    """
    given = {
        name: value for raw, value in request.headers if (name := _CONDITIONS.get(raw)) is not None
    }
    if needed and not given and "428" in operation.replies:
        given["If-Match"] = ""
    if not given or not _conditional(world, operation):
        return {}
    declared = {parameter.name.lower() for parameter in operation.parameters}
    return {name: value for name, value in given.items() if name.lower() not in declared}


def _conditional(world: World, operation: Operation) -> bool:
    known: bool | None = operation.memo.get("conditional")
    if known is None:
        siblings = world.resources.operations_at(world.resources.place(operation).template)
        tagged = any(
            name.lower() in _VALIDATORS
            for each in siblings.values()
            for reply in each.replies.values()
            for name in reply.headers
        )
        known = tagged or bool(operation.replies.keys() & {"304", "412", "428"})
        operation.memo["conditional"] = known
    return known


def not_modified(turn: Turn, response: Response, entity: Entity | None = None) -> Response | None:
    """304 when the caller has this very representation already (§13.1.2)."""
    wanted = _header(turn, "if-none-match")
    if wanted is None:
        since, changed = _header(turn, "if-modified-since"), response.header("last-modified")
        if since is None or changed is None or not _is_at_most(changed, since):
            return None
        return Response(304, (("last-modified", changed),))
    current = _tags(response, entity or {})
    if wanted != "*" and not current & _entity_tags(wanted):
        return None
    tag = response.header("etag")
    return Response(304, (("etag", tag),) if tag is not None else ())


def stale(turn: Turn, path: str, id: str, before: Entity | None) -> Response | None:
    """412 when the call names a representation that is not the current one (§13.1.1)."""
    if _header(turn, "if-none-match") == "*" and before is not None:
        return turn.refuse(412, "The entity exists already.")
    wanted = _header(turn, "if-match")
    if not wanted and before is not None and "428" in turn.meaning.operation.replies:
        declared = (it.name.lower() for it in turn.meaning.operation.parameters)
        if wanted == "" or "if-match" in declared:
            return turn.refuse(428, "The header If-Match is required: the ETag that was read.")
    if not wanted or (wanted == "*" and before is not None):
        return None
    if before is not None and _current(turn, path, id, before) & _entity_tags(wanted):
        return None
    return turn.refuse(412, "The entity has changed since it was read.")


def _is_at_most(date: str, other: str) -> bool:
    """Whether a date of a header is not after another one; no date is none to compare with."""
    try:
        return parsedate_to_datetime(date) <= parsedate_to_datetime(other)
    except (ValueError, TypeError):
        return False


def _current(turn: Turn, path: str, id: str, before: Entity) -> set[str]:
    template = turn.meaning.place.template + ("/{}" if id else "")
    reader = turn.world.resources.operations_at(template).get("GET")
    if reader is None:
        return _tags(None, before)
    meaning = turn.world.resources.meaning(reader)
    shown = turn.world.renderer.entity(meaning, path, id, turn.seed, before)
    return _tags(shown, before) or {_bare(etag(shown.body))}


def _tags(response: Response | None, entity: Entity) -> set[str]:
    header = response.header("etag") if response is not None else None
    found = {_bare(header)} if header is not None else set()
    own = (entity.get(name) for name in names("server_kept", "tags"))
    return found | {_bare(str(tag)) for tag in own if tag is not None}


def _header(turn: Turn, name: str) -> str | None:
    given = turn.arguments.header
    value: Any = next((v for n, v in given.items() if n.lower() == name), None) if given else None
    return None if value is None else str(value).strip()


def _entity_tags(text: str) -> set[str]:
    return {_bare(tag) for tag in _TAG.findall(text)}


def _bare(tag: str) -> str:
    """Weak and strong validators compare alike, with or without their quotes."""
    return tag.removeprefix("W/").strip('"')
