"""Contents: a file that was uploaded is read again, with its name and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from sandbox.conventions.contents import content_fields, content_steps
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.paths import id_text
from sandbox.document.bodies import is_file, is_json
from sandbox.document.data_urls import BINARY, File, read_data_url
from sandbox.document.media_types import form_of
from sandbox.messages import ABSENT, Headers, Response
from sandbox.world.operation_call import Turn
from sandbox.world.rendering.rendering import etag
from sandbox.world.state.state import Entity


def with_content(turn: Turn, response: Response) -> Response:
    """The reply to a call that succeeded, once what it uploads is kept: the kept content itself
    where the call reads one.
    """
    if turn.arguments.body is not ABSENT:
        file = uploaded_file(turn)
        if file is not None:
            _keep(turn, file)
        return response
    if not turn.state.overlay.contents or response.status != 200 or not _gives(turn.meaning):
        return response
    file = turn.state.overlay.contents.get(_content_path(turn))
    if file is None:
        return response
    return replace(response, headers=_headers(turn, response, file), body=file.data)


def uploaded_file(turn: Turn) -> File | None:
    """The file that a call sends: as its whole body, or as the first file among its parts."""
    body, kind = turn.arguments.body, turn.arguments.media_type or ""
    if body is ABSENT or is_json(kind):
        return None
    if isinstance(body, str):
        file = read_data_url(body) or File(body.encode("utf-8", "replace"))
        given = {**turn.arguments.header, **turn.arguments.query}
        said = [str(given[n]) for n, role in content_fields(given).items() if "name" in role]
        return File(file.data, kind or BINARY, said[0] if said else file.name)
    declared = turn.meaning.operation.body
    media = declared.media.get(kind) if declared is not None else None
    if media is None or not isinstance(body, Mapping) or not kind.startswith("multipart/"):
        return None
    shape = turn.world.document.schemas.shape(media.schema if media.schema is not None else True)
    for name, value in body.items():
        single = value[0] if isinstance(value, list) and len(value) == 1 else value
        part = shape.property(name)
        if isinstance(single, str):
            read = read_data_url(single)
            if read is not None or is_file(part):
                return read or File(single.encode("utf-8", "replace"))
    return None


def with_file_facts(
    turn: Turn, collection: Collection, entity: Entity, given: Mapping[str, Any]
) -> Entity:
    """An entity that says the name, size and type of the file that the call uploads.

    What the caller has `given` himself stays.
    """
    file = uploaded_file(turn)
    if file is None:
        return entity
    schemas, shape = turn.world.document.schemas, turn.world.resources.shape
    # What the reply says counts as well: below some paths there is only the content.
    properties = {**shape(turn.meaning.view).properties, **collection.shape.properties}
    fields = content_fields(properties)
    values = {"size": len(file.data), "media_type": file.media_type, "filename": file.name}
    values["name"] = "" if "filename" in fields.values() else file.name
    made = dict(entity)
    for name, role in fields.items():
        value = values[role]
        new = name not in given and value != ""
        for each in (value, str(value)) if new else ():
            if schemas.validator(properties[name], "response").is_valid(each):
                made[name] = each
                break
    return made


def _keep(turn: Turn, file: File) -> None:
    path = _content_path(turn)
    home, _, id = path.rpartition("/")
    collection = turn.world.resources.at(home)
    entity = turn.state.get(home, id) if collection is not None else None
    if collection is not None and entity is not None:
        named = [n for n, role in content_fields(entity).items() if role == "filename"]
        file = file._replace(name=file.name or (str(entity[named[0]]) if named else ""))
        changed = with_file_facts(turn, collection, entity, {})
        written = turn.effects and (turn.effects[-1].collection, turn.effects[-1].id) == (home, id)
        if changed != entity and not written:
            turn.write("update", home, id, entity, changed)
    turn.state.keep_content(path, file)


def _content_path(turn: Turn) -> str:
    """Where a content is kept: the path of its entity, and what follows that says which it is."""
    meaning = turn.meaning
    given = {**turn.arguments.path, **turn.known_as}
    if meaning.act == "create" and turn.effects:
        return f"{turn.effects[-1].collection}/{turn.effects[-1].id}"
    if meaning.item is not None:
        path, id, _ = turn.target()
        base, rest = f"{turn.state.home(path)}/{id}", [meaning.verb]
    elif meaning.parents:
        place, name = meaning.parents[-1]
        above, id = place.fill(given), id_text(given.get(name))
        base = f"{turn.state.home(above)}/{id}"
        rest = meaning.place.fill(given)[len(above) + len(id) + 2 :].split("/")
    else:
        return meaning.place.fill(given)
    return "/".join((base, *content_steps(rest)))


def _gives(meaning: Meaning) -> bool:
    """Whether a read answers with the content of a file."""
    known: bool | None = meaning.memo.get("gives content")
    if known is None:
        kind = meaning.media_type or "application/json"
        plain = isinstance(meaning.schema, bool) or "properties" not in (meaning.schema or {})
        known = meaning.operation.method in ("GET", "HEAD") and meaning.act != "list" and plain
        meaning.memo["gives content"] = known = known and ("*" in kind or form_of(kind) != "json")
    return known


def _headers(turn: Turn, response: Response, file: File) -> Headers:
    """The reply's headers for this very content."""
    success, sent = turn.meaning.operation.success, dict(response.headers)
    declared = success[1].media if success is not None else {}
    if file.media_type in declared or "*" in (turn.meaning.media_type or ""):
        sent["content-type"] = file.media_type
    if "etag" in sent:
        sent["etag"] = etag(file.data)
    if file.name:
        plain = file.name.encode("ascii", "replace").decode().translate(_UNQUOTED)
        exact = "" if plain == file.name else f"; filename*=UTF-8''{quote(file.name, safe='')}"
        sent["content-disposition"] = f'attachment; filename="{plain}"{exact}'
    return tuple(sent.items())


_UNQUOTED = {ord(mark): "_" for mark in '"\\'} | dict.fromkeys(range(32), "_") | {127: "_"}
"""What may not stand in a quoted string of a header."""
