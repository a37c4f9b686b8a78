"""Arguments that a caller may write: what it has read, in the request or in replies.

Ids are copied, not made up; a tool whose required id has no candidate cannot be called. What the
request states for an argument is the only candidate of it. An optional text is left away where
nothing in the request could be it, lists are short, and signing in is not the caller's. What a
schema's pattern, format or type excludes is no candidate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.runtime.admitted import as_one_object, examples_in, fitting_values, without_null
from agent.runtime.environment import ToolForm, name_of, parameters_of, required_by_all
from agent.runtime.gone_ids import missing_ids, removed_ids
from agent.runtime.request_values import (
    SMALL_WORDS,
    StatedValue,
    distinctive_in,
    entries_with,
    is_id,
    names_in,
    replies_of,
    request_of,
    request_words,
    stated_truth,
    stated_value,
)
from agent.runtime.stated_arguments import (
    DEPTH,
    names_of_arguments,
    stated_arguments,
    stated_at,
    tool_nouns,
)
from agent.runtime.tool_choice import CONDITION
from sandbox.conventions.secrets import is_credential
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import same, singulars, words
from sandbox.world.meta_calls import META
from trajectories.records import Message
from trajectories.tool_docs import follow_reference

MOST: Final = 120
"""Candidates of one argument."""


@dataclass(frozen=True, slots=True)
class _Conversation:
    """What a conversation has shown, and which tool is held."""

    text: str
    """All that the user has said."""
    request: str
    """The same where what it states counts, else empty."""
    distinctive: Sequence[str]
    """Words and quoted texts of the request that can only be values, and proper names in it."""
    seen: Sequence[tuple[str, str]]
    """Keys and values of replies, the latest reply first."""
    nouns: tuple[str, ...]
    root: Mapping[str, Any]
    is_strict: bool
    """Whether the offered tools say what they require, so that the rest is known as optional."""
    missing: frozenset[str]
    """Ids of which the tool has said twice that there is no such thing."""
    everywhere: frozenset[str]
    """Arguments that all tools require: no call could find them out."""
    stated: Mapping[str, frozenset[str]]
    """Argument → what the request states for it, by the arguments' own names."""
    longer: frozenset[tuple[int, int]]
    """Where the request has the names of arguments of several words; see `stated_value`."""
    parts: Mapping[str, str]
    """Required argument → its part of a value such as "owner/name"."""
    is_going_on: bool
    """Whether the tool was called before."""
    removed: frozenset[str]
    """Ids of what was removed in this conversation."""
    meant: Sequence[tuple[str, str]]
    """What was seen in entries of lists that hold a value of the request."""
    reads: bool
    """Whether the tool only reads."""
    is_change: bool
    """Whether the request wants something changed."""


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
    request = request_of(messages)
    distinctive, seen = distinctive_in(request), list(replies_of(messages))
    strict = any(parameters_of(tool).get("required") for tool in tools)
    source = request if request_states else ""
    called = {turn.call.name for turn in messages if turn.call is not None}
    meant = tuple(entries_with(distinctive, messages))
    everywhere, removed = required_by_all(tools), removed_ids(messages)
    held = []
    for tool in tools:
        function, name = tool["function"], name_of(tool)
        if name in META:
            held.append(tool)
            continue
        root = parameters_of(tool)
        nouns = tool_nouns(name, root, request)
        missing = missing_ids(name, messages)
        stated = stated_arguments(root, request, nouns)
        known = _Conversation(
            request, source, distinctive, seen, nouns, root, strict, missing, everywhere, stated,
            names_of_arguments(root, request), _parts(root, stated, distinctive),
            name in called, removed, meant, name in reading, is_change,
        )  # fmt: skip
        found = _object(root, known, 0, ())
        if found is not None:
            held.append({**tool, "function": {**function, "parameters": found[0]}})
    return held


def _object(
    schema: Mapping[str, Any], known: _Conversation, depth: int, path: tuple[str, ...]
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
        own = follow_reference(part, known.root)
        found = _value(own, known, depth, (*path, name), name in needed)
        if found is None:
            if name in needed:
                return None
            continue
        held[name], is_stated = found
        is_any_stated = is_any_stated or is_stated
        if is_stated and known.is_strict and name not in needed:
            required.append(name)
    needs = {"required": required} if required else {}
    return {**schema, "properties": held, **needs}, is_any_stated


def _value(
    schema: Any, known: _Conversation, depth: int, path: tuple[str, ...], required: bool
) -> tuple[Any, bool] | None:
    """The schema of a value, and whether the request states it; None for one without candidate."""
    if not isinstance(schema, Mapping) or "const" in schema:
        return schema, False
    schema = as_one_object(without_null(schema, known.root), known.root)
    kind = _kind(schema)
    if kind == "object" and schema.get("properties") and depth < DEPTH:
        return _object(schema, known, depth + 1, path)
    if kind == "array":
        return _array(schema, known, depth, path, required)
    if kind not in ("string", "integer", "number", "boolean"):
        return schema, False
    wish = _stated_for(path, known)
    if len(path) == 1 and path[0] in known.parts:
        return {"enum": [known.parts[path[0]]]}, False
    fitting = fitting_values(wish.values, schema, kind)
    if not fitting and "enum" in schema and not (known.reads or CONDITION.search(known.text)):
        fitting = fitting_values(wish.after, schema, kind)[:1]
        wish = replace(wish, is_asserted=bool(fitting))
    values = [value for value in fitting if str(value) not in known.missing]
    if values:
        ids = is_id(path[-1]) and required
        more = fitting_values(wish.after, schema, kind) if ids and "enum" not in schema else []
        return {"enum": [*values, *more]}, _has_to_be_given(wish, known) and kind != "boolean"
    if kind == "boolean" and not known.reads:
        truth = stated_truth(path[-1], known.request)
        return (schema, False) if truth is None else ({"enum": [truth]}, True)
    if kind == "boolean" or "enum" in schema:
        return schema, False
    if (is_id(path[-1]) or _is_token(path[-1])) and required:
        found = _id_candidates(path[-1], schema, kind, known, wish.after)
        if found or path[0] not in known.everywhere:
            return ({"enum": found}, False) if found else None
    if not required and is_of_paging(path[-1]) and not known.is_going_on:
        return None
    if not required and is_position(path[-1]):
        positions = [value for key, value in known.seen if _is_next(key)]
        positions = positions or [value for key, value in known.seen if is_id(key)]
        found = fitting_values(positions, schema, kind)[:MOST]
        return ({"enum": found}, False) if found else None
    if kind == "string" and not required and known.is_strict:
        # Nothing is passed along that nobody speaks of.
        opaque = (value for _, value in known.seen if " " not in value and not value.isalpha())
        texts = [*wish.after, *_examples(schema, known), *known.distinctive, *opaque]
        found = fitting_values(texts, schema, kind)[:MOST]
        return ({"enum": found}, False) if found else None
    return schema, False


def _has_to_be_given(wish: StatedValue, known: _Conversation) -> bool:
    if not known.reads:
        return wish.is_asserted
    return wish.is_filter or (wish.is_asserted and not known.is_change)


def _examples(schema: Mapping[str, Any], known: _Conversation) -> list[str]:
    """What the request speaks of and the schema's description gives as an example."""
    spoken = [word.text for word in request_words(known.request)]
    return examples_in(schema, [word for word in spoken if word.lower() not in SMALL_WORDS])


def _is_token(*each: str) -> bool:
    """Whether names are of what a service hands out to know its clients by."""
    return all(words(name)[-1:] == ("token",) for name in each)


def _parts(
    root: Mapping[str, Any], stated: Mapping[str, frozenset[str]], distinctive: Sequence[str]
) -> dict[str, str]:
    """Required texts that nothing else is stated for → their parts of the one value of a request
    that has as many, in their order."""
    given = root.get("properties") or {}
    for value in distinctive:
        parts = value.split("/")
        open_ = [
            name
            for name in root.get("required") or ()
            if stated.get(name, frozenset()) <= {value}
            and _kind(follow_reference(given.get(name) or {}, root)) == "string"
        ]
        if len(parts) > 1 and len(parts) == len(open_) and all(map(_is_word, parts)):
            return dict(zip(open_, parts, strict=True))
    return {}


def _is_word(text: str) -> bool:
    return text[:1].isalpha() and text == text.strip() and ":" not in text


def is_of_paging(name: str) -> bool:
    """Whether an argument chooses a part of a list, which nobody asked for and no reply began."""
    kinds = ("size", "page", "offset")
    return any(key_of(name) in names("paging_parameters", kind) for kind in kinds)


def is_position(name: str) -> bool:
    """Whether an argument or field says where a page of a list begins."""
    return any(key_of(name) in names("paging_parameters", kind) for kind in ("cursor", "after"))


def _is_next(key: str) -> bool:
    """Whether a field of a reply says where the next page begins."""
    return is_position(key) or (
        "next" in words(key) and key_of(key) in names("page_fields", "next")
    )


def _array(
    schema: Mapping[str, Any],
    known: _Conversation,
    depth: int,
    path: tuple[str, ...],
    required: bool,
) -> tuple[Any, bool] | None:
    items = follow_reference(schema.get("items"), known.root)
    kind = _kind(items) if isinstance(items, Mapping) else ""
    most = min(8, schema.get("maxItems", 8))
    if kind == "object" and items.get("properties") and depth < DEPTH:
        inner = _object(as_one_object(items, known.root), known, depth + 1, path)
        if inner is not None and inner[1]:
            return {**schema, "items": inner[0], "minItems": 1, "maxItems": 1}, True
    if kind not in ("string", "integer", "number"):
        return {**schema, "maxItems": most}, False
    wish = _stated_for(path, known)
    values = fitting_values(wish.values, items, kind)
    if values:
        count = min(len(values), schema.get("maxItems", len(values)))
        held = {**schema, "items": {"enum": values}, "minItems": count, "maxItems": count}
        return held, _has_to_be_given(wish, known)
    if not required and known.is_strict:
        found = fitting_values([word.text for word in request_words(known.request)], items, kind)
        if "enum" not in items:
            examples = [*_examples(schema, known), *_examples(items, known)]
            found = fitting_values([*wish.after, *examples], items, kind)
        most = min(most, len(found))
        return ({**schema, "items": {"enum": found}, "maxItems": most}, False) if found else None
    if "enum" in items:
        return {**schema, "maxItems": min(most, len(items["enum"]))}, False
    return {**schema, "maxItems": most}, False


def _was_read(name: str, known: _Conversation) -> bool:
    stated = stated_value(name, known.request).values
    return bool(stated) or any(same(key, name) for key, _ in known.seen)


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "")
    return str(kind)


def _stated_for(path: tuple[str, ...], known: _Conversation) -> StatedValue:
    return stated_at(path, known.request, known.nouns, known.longer)


def _id_candidates(
    name: str, schema: Mapping[str, Any], kind: str, known: _Conversation, after: Sequence[str]
) -> list[Any]:
    """Ids in the request and in replies: under the argument's own name there, else under those of
    identifiers, else anywhere."""
    others = [values for other, values in known.stated.items() if other != name]
    meant = names_in(known.text).union(*others)
    spoken = {word.text for word in request_words(known.text) if word.is_value}
    asked = [text for text in known.distinctive if text in spoken - meant]
    asked = [text for text in asked if " " not in text] or asked
    asked = [] if _is_token(name) else [*asked, *after]
    shown = {value for _, value in known.seen}
    if found := fitting_values([text for text in after if text in shown], schema, kind):
        return found  # An ordinary word that a reply has shown to be one: "process rhbd".
    own = [
        value
        for key, value in known.meant
        if same(key, name) or words(key)[-1:] == words(name)[-1:]
    ]
    seen = known.meant if own else known.seen
    full = (*known.nouns[-1:], *singulars(name))
    named = [
        value
        for key, value in seen
        if same(key, name) or _is_token(name, key) or singulars(key) == full
    ]
    if _is_token(name):
        return fitting_values(named, schema, kind)[:MOST]
    ids = [value for key, value in seen if is_id(key)]
    anything = [value for _, value in seen if " " not in value and len(value) <= 80]
    texts = [*asked, *(named or ids or anything)]
    gone = known.missing if known.reads else known.missing | known.removed
    found = [value for value in fitting_values(texts, schema, kind) if str(value) not in gone]
    return found[:MOST]
