"""What a request states for a tool's arguments: their names, looked for in its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.runtime.environment import ToolForm
from agent.runtime.forms.acts import own_words, parts_of
from agent.runtime.forms.admitted import as_one_object, type_of
from agent.runtime.forms.request_values import (
    StatedValue,
    is_id,
    places_of,
    spoken_name,
    stated_value,
)
from agent.runtime.forms.request_words import request_words, spoken_words
from sandbox.conventions.words import singulars, words
from trajectories.tool_docs import follow_reference

DEPTH: Final = 3
"""Levels of nested objects whose fields are arguments, too."""
_PLAIN_WORDS: Final = r"([a-z][\w-]*(?:(?:, | and )[a-z][\w-]*)*)(?=[,.;?!]|$| and )"


def tool_nouns(tool: str, parameters: Mapping[str, Any], request: str) -> tuple[str, ...]:
    """What a tool is about, as far as the request speaks of it: what an id without another name is
    the id of. Nothing for a tool with two such ids."""
    required = parameters.get("required") or ()
    bare = [name for name in required if is_id(name) and len(words(name)) == 1]
    said, own = spoken_words(request), singulars(tool)
    # "get_order" and "orders_get".
    for nouns in (own[1:], own[:-1]):
        while nouns and not all(noun in said for noun in nouns):
            nouns = nouns[1:]
        if nouns:
            return nouns if len(bare) < 2 else ()
    return ()


def own_part(tool: ToolForm, request: str) -> str:
    """The part of a request for several acts that speaks most of what a tool is about; empty where
    none does more than another."""
    parts = parts_of(request)
    if len(parts) < 2:
        return ""
    own = own_words(tool)
    counts = [len(own & spoken_words(part)) for part in parts]
    most = max(counts)
    return parts[counts.index(most)] if most and counts.count(most) == 1 else ""


def stated_arguments(
    root: Mapping[str, Any], request: str, nouns: tuple[str, ...]
) -> dict[str, frozenset[str]]:
    """Argument, or field of one → what the request states for it."""
    longer = names_of_arguments(root, request)
    found: dict[str, frozenset[str]] = {}
    owners = owners_of_names(root)
    for path in argument_paths(root, root):
        values = stated_at(path, request, nouns, longer, owners).values
        found[path[-1]] = found.get(path[-1], frozenset()).union(values)
    return found


def argument_paths(
    schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The names of arguments, and of fields in them after the names that they stand under."""
    for name, part in (schema.get("properties") or {}).items():
        yield (*path, name)
        own = follow_reference(part, root)
        if isinstance(own, Mapping) and len(path) + 1 < DEPTH:
            inner = follow_reference(own.get("items"), root)
            whole = as_one_object(inner if isinstance(inner, Mapping) else own, root)
            yield from argument_paths(whole, root, (*path, name))


def names_of_arguments(root: Mapping[str, Any], request: str) -> frozenset[tuple[int, int]]:
    """(end, length) of every place of a request's words where the name of an argument stands, with
    or without what it is a field of, that has several words."""
    spoken, said = request_words(request), spoken_words(request)
    labels = {
        label
        for path in argument_paths(root, root)
        for label in (
            spoken_name(path[-1]),
            *(singulars(" ".join(path[-count:])) for count in range(1, DEPTH + 1)),
        )
        if len(label) > 1 and said.issuperset(label)
    }
    return frozenset(
        (at + len(label), len(label)) for label in labels for at in places_of(label, spoken)
    )


def stated_at(
    path: tuple[str, ...],
    request: str,
    nouns: tuple[str, ...],
    longer: frozenset[tuple[int, int]],
    owners: Mapping[tuple[str, ...], int] | None = None,
) -> StatedValue:
    """What a request states for an argument, by its name after as many of those that it stands
    under as are spoken; by the end of its path alone where that is no less nested argument's (see
    `owners_of_names`)."""
    least = owners or {}
    if (f"{path[-1]}__path",) in least:
        return StatedValue()  # It says where the thing is, not where it shall be.
    is_own = least.get(path[-1:], len(path)) == len(path)
    own = stated_value(path[-1], request, nouns, longer) if is_own else StatedValue()
    for start in range(len(path) - 1):
        if least.get(path[start:], len(path)) < len(path):
            continue
        whole = stated_value(" ".join(path[start:]), request, nouns, longer)
        if whole.values and (whole.is_asserted or not own.is_asserted):
            return whole
        if whole.after and start == len(path) - 2:
            # "The offer type regular" says nothing of another type.
            return whole
    return own


def owners_of_names(root: Mapping[str, Any]) -> dict[tuple[str, ...], int]:
    """End of an argument's path → the least length of a path that ends so: "amount" is the
    argument of that name rather than a field of another."""
    found: dict[tuple[str, ...], int] = {}
    for path in argument_paths(root, root):
        for start in range(len(path)):
            found[path[start:]] = min(len(path), found.get(path[start:], DEPTH))
    return found


def plain_values(
    path: tuple[str, ...], request: str, owners: Mapping[tuple[str, ...], int]
) -> tuple[str, ...]:
    """The ordinary words that a request gives as the value of an argument: those behind the
    article and its whole name, up to a comma or the end ("with the kind regular and …")."""
    for start in range(len(path)):
        if owners.get(path[start:], len(path)) < len(path):
            break
        name = singulars(" ".join(path[start:]))
        if not all(word in request for word in name):
            continue  # Spares a search for a pattern of its own.
        label = " ".join(rf"{re.escape(word)}e?s?" for word in name)
        if found := re.search(rf"\bthe {label} {_PLAIN_WORDS}", request):
            given = re.split(r", | and ", found[1])
            return tuple(given) if words(path[-1])[-1:] != singulars(path[-1])[-1:] else (given[0],)
    return ()


def parts_of_value(
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
            and type_of(follow_reference(given.get(name) or {}, root)) == "string"
        ]
        if len(parts) > 1 and len(parts) == len(open_) and all(map(_is_word, parts)):
            return dict(zip(open_, parts, strict=True))
    return {}


def _is_word(text: str) -> bool:
    return text[:1].isalpha() and text == text.strip() and ":" not in text
