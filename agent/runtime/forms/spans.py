"""Arguments that a caller may write: what it has read, in the request or in replies.

Ids are copied, not made up; a tool whose required id has no candidate cannot be called. What the
request states for an argument is the only candidate of it. An optional text is left away where
nothing in the request could be it, lists are short, and signing in is not the caller's. What a
schema's pattern, format or type excludes is no candidate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.runtime.environment import (
    ToolForm,
    name_of,
    with_parameters,
)
from agent.runtime.forms.admitted import as_one_object, fitting_values, type_of, without_null
from agent.runtime.forms.candidates import (
    MOST,
    id_candidates,
    is_spoken_of,
    is_token,
    not_looked_up,
    optional_texts,
    spoken_examples,
)
from agent.runtime.forms.choices import listed_names, quoted_alternatives, said_choices
from agent.runtime.forms.conversation import Conversation, conversations
from agent.runtime.forms.lists_read import is_of_paging, is_position
from agent.runtime.forms.request_values import (
    StatedValue,
    called_in,
    is_id,
    is_number,
    names_in,
    new_names,
    own_names,
    stated_truth,
    stated_value,
)
from agent.runtime.forms.request_words import request_words
from agent.runtime.forms.stated_arguments import (
    DEPTH,
    plain_values,
    stated_at,
)
from agent.runtime.forms.tool_choice import CONDITION
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import same, words
from trajectories.records import Message
from trajectories.tool_docs import follow_reference


def restrict_to_what_was_read(
    tools: Sequence[ToolForm],
    messages: Sequence[Message],
    *,
    request_states: bool = True,
    reading: Collection[str] = (),
    is_change: bool = False,
) -> list[ToolForm]:
    """The tools that can be called, their arguments restricted to what was read.

    With `request_states`, what the request states for an argument is its only candidate. The tools
    in `reading` have to filter by what it says of the things that are meant; where `is_change`, by
    nothing else, which says how they shall be.
    """
    known_for = conversations(
        tools,
        messages,
        request_states=request_states,
        reading=reading,
        is_change=is_change,
    )
    held = []
    for tool in tools:
        known = known_for.get(name_of(tool))
        if known is None:
            held.append(tool)  # a meta-tool
        elif found := _object(known.tool.root, known, 0, ()):
            held.append(with_parameters(tool, found[0]))
    return held


def _object(
    schema: Mapping[str, Any], known: Conversation, depth: int, path: tuple[str, ...]
) -> tuple[dict[str, Any], bool] | None:
    """The schema of an object with its properties held, and whether the request states any of them;
    None where a required id has no candidate."""
    given = schema.get("properties") or {}
    needed = schema.get("required") or ()
    required, is_any_stated = list(needed), False
    held = {}
    for name, part in given.items():
        if is_credential(name) and name not in needed and not _was_read(name, known):
            continue  # signing in is not the caller's
        own = follow_reference(part, known.tool.root)
        found = _value(own, known, depth, (*path, name), name in needed)
        if found is None:
            if name in needed:
                return None
            continue
        held[name], is_stated = found
        is_any_stated = is_any_stated or is_stated
        if is_stated and known.tool.is_strict and name not in needed:
            required.append(name)
    needs = {"required": required} if required else {}
    return {**schema, "properties": held, **needs}, is_any_stated


def _value(
    schema: Any, known: Conversation, depth: int, path: tuple[str, ...], required: bool
) -> tuple[Any, bool] | None:
    """The schema of a value, and whether the request states it; None for one without candidate."""
    request, replies, tool = known.request, known.replies, known.tool
    if not isinstance(schema, Mapping) or "const" in schema:
        return schema, False
    schema = as_one_object(without_null(schema, tool.root), tool.root)
    kind = type_of(schema)
    is_passed_over = not required and tool.is_strict and not is_spoken_of(path[-1], schema, known)
    if not required and (f"{path[-1]}__path",) in tool.owners:
        return None
    if kind == "object" and required and not {"properties", "additionalProperties"} & schema.keys():
        return {"const": {}}, False  # Nothing is known of what it could hold.
    if kind == "object" and schema.get("properties") and depth < DEPTH:
        if not required and _stated_for(path, known).values:
            return schema, False
        inner = _object(schema, known, depth + 1, path)
        return None if is_passed_over and inner and not inner[1] else inner
    if kind == "array":
        return _array(schema, known, depth, path, required)
    if kind not in ("string", "integer", "number", "boolean"):
        stated = _stated_for(path, known).values if not kind else ()
        if len(stated) == 1 and not is_number(stated[0]):
            return {"enum": [stated[0]]}, True
        return schema, bool(stated)
    wish = _stated_for(path, known)
    if not (wish.values or tool.reads or CONDITION.search(request.text)):
        plain = plain_values(path, request.states, tool.owners)
        wish = replace(wish, values=plain, is_asserted=True) if plain else wish
    is_own = tool.owners.get(path[-1:]) == len(path) and (
        len(words(path[-1])) == 1 or not {("name",), ("title",)} & {*map(words, request.stated)}
    )
    if request.is_named and is_own:
        is_name = not names_in(request.states).isdisjoint(wish.values)
        # "A room called Blue, and for it a key with the name Red".
        called = own_names(request.nouns, request.states) or called_in(request.states)
        own = tuple(value for value in wish.values if value in called)
        wish = replace(wish, values=own or wish.values, is_asserted=wish.is_asserted or is_name)
    if len(path) == 1 and path[0] in request.parts_of_value:
        return {"enum": [request.parts_of_value[path[0]]]}, False
    fitting = fitting_values(
        new_names(wish.values, request.text) if tool.renames else wish.values,
        schema,
        kind,
    )
    if not fitting and "enum" in schema and not (tool.reads or CONDITION.search(request.text)):
        fitting = fitting_values(wish.after, schema, kind)[:1]
        wish = replace(wish, is_asserted=bool(fitting))
    values = [value for value in fitting if str(value) not in replies.missing]
    if values:
        ids = is_id(path[-1]) and required
        more = fitting_values(wish.after, schema, kind) if ids and "enum" not in schema else []
        if ids:
            values = not_looked_up(path[-1], values, known)
        is_plain = kind != "boolean" or not (tool.reads or CONDITION.search(request.text))
        return {"enum": [*values, *more]}, _has_to_be_given(wish, known) and is_plain
    if kind == "boolean" and not tool.reads:
        truth = stated_truth(path[-1], request.states)
        if truth is not None:
            return {"enum": [truth]}, True
    if "enum" in schema and known.is_search and (said := said_choices(schema, path[-1], known)):
        return {**schema, "enum": said}, len(said) == 1
    if kind == "boolean" or "enum" in schema:
        return None if is_passed_over else (schema, False)
    is_numbered = kind == "integer" and len(path[-1]) == 3 and path[-1].endswith("id")  # `mid`
    if (is_id(path[-1]) or is_token(path[-1]) or is_numbered) and required:
        found = id_candidates(path[-1], schema, kind, known, wish.after)
        if found or path[0] not in tool.everywhere:
            return ({"enum": found}, False) if found else None
    if not required and is_of_paging(path[-1]) and not replies.is_going_on:
        return None
    if len(path) == 1 and path[0] in replies.next_page and kind in ("integer", "number"):
        return {"enum": [replies.next_page[path[0]]]}, True
    if not required and is_position(path[-1]):
        positions = [value for key, value in replies.seen if _is_next(key)]
        positions = positions or [value for key, value in replies.seen if is_id(key)]
        found = fitting_values(positions, schema, kind)[:MOST]
        return ({"enum": found}, False) if found else None
    if kind != "string" and is_passed_over and not (replies.is_going_on and is_of_paging(path[-1])):
        return None
    if kind == "string" and not required and tool.is_strict:
        said = said_choices({"enum": quoted_alternatives(schema)}, path[-1], known)
        if known.is_search and len(said) == 1:
            return {"enum": said}, True
        # Nothing is passed along that nobody speaks of.
        texts = [*wish.after, *optional_texts(path[-1], schema, known)]
        found = fitting_values(texts, schema, kind)[:MOST]
        return ({"enum": found}, False) if found else None
    return schema, False


def _has_to_be_given(wish: StatedValue, known: Conversation) -> bool:
    if not known.tool.reads:
        return wish.is_asserted
    return wish.is_filter or (wish.is_asserted and not known.request.is_change)


def _is_next(key: str) -> bool:
    """Whether a field of a reply says where the next page begins."""
    return is_position(key) or (
        "next" in words(key) and key_of(key) in names("page_fields", "next")
    )


def _array(
    schema: Mapping[str, Any],
    known: Conversation,
    depth: int,
    path: tuple[str, ...],
    required: bool,
) -> tuple[Any, bool] | None:
    request, tool = known.request, known.tool
    items = follow_reference(schema.get("items"), tool.root)
    kind = type_of(items) if isinstance(items, Mapping) else ""
    most = min(8, schema.get("maxItems", 8))
    if kind == "object" and items.get("properties") and depth < DEPTH:
        inner = _object(as_one_object(items, tool.root), known, depth + 1, path)
        if inner is not None and inner[1]:
            return {**schema, "items": inner[0], "minItems": 1, "maxItems": 1}, True
    if kind not in ("string", "integer", "number"):
        if not required and tool.is_strict and not is_spoken_of(path[-1], schema, known):
            return None
        return {**schema, "maxItems": most}, False
    wish = _stated_for(path, known)
    if not tool.reads and "enum" not in items:
        plain = plain_values(path, request.states, tool.owners)
        if len(plain) > len(wish.values):
            wish = replace(wish, values=plain, is_asserted=True)
    values = fitting_values(wish.values, items, kind)
    if not values and "enum" in items and known.is_search:
        values = said_choices(items, path[-1], known)
        wish = replace(wish, is_asserted=True)
    if values:
        count = min(len(values), schema.get("maxItems", len(values)))
        some = {**schema, "items": {"enum": values}, "minItems": count, "maxItems": count}
        held = _just(values, schema) if count == len(values) > 1 else some
        return held, _has_to_be_given(wish, known)
    if not required and tool.is_strict:
        found = fitting_values([word.text for word in request_words(request.states)], items, kind)
        if "enum" not in items:
            examples = [*spoken_examples(schema, known), *spoken_examples(items, known)]
            found = fitting_values([*wish.after, *examples], items, kind)
        most = min(most, len(found))
        return ({**schema, "items": {"enum": found}, "maxItems": most}, False) if found else None
    if "enum" in items:
        return {**schema, "maxItems": min(most, len(items["enum"]))}, False
    listed = fitting_values(listed_names(request.states), items, kind)
    return _just(listed, schema) if listed else {**schema, "maxItems": most}, False


def _just(values: Sequence[Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A list of these values in this order."""
    each = [{"const": value} for value in values]
    size = len(values)
    return {**schema, "items": False, "prefixItems": each, "minItems": size, "maxItems": size}


def _was_read(name: str, known: Conversation) -> bool:
    stated = stated_value(name, known.request.states).values
    return bool(stated) or any(same(key, name) for key, _ in known.replies.seen)


def _stated_for(path: tuple[str, ...], known: Conversation) -> StatedValue:
    request, owners = known.request, known.tool.owners
    if request.part:
        own = stated_at(path, request.part, request.nouns, request.longer_in_part, owners)
        if own.values:
            return own
    return stated_at(path, request.states, request.nouns, request.longer, owners)
