"""What a fault can find out about the call it meets: which entity, which list, which fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.conventions.inputs import Input, value_at
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.paths import JOINED, id_text, path_value
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import words
from sandbox.faults.context import FaultContext, Proceed, is_success, json_of, with_json
from sandbox.messages import ABSENT, Arguments, Response

Path = tuple[str | int, ...]


def meaning(context: FaultContext) -> Meaning:
    """What the world takes the operation for."""
    found: Meaning = context.session.world.resources.meaning(context.operation)
    return found


def place(context: FaultContext) -> tuple[str, str | None]:
    """(collection path, id or None) that the call is about."""
    found = meaning(context)
    arguments = context.call.arguments or Arguments()
    path = found.place.fill(arguments.path)
    known = found.item is not None and (found.item in arguments.path or JOINED in found.item)
    return path, path_value(arguments.path, found.item) if found.item and known else None


def readable(context: FaultContext) -> bool:
    """Whether the entity that the call is about can be read by some operation."""
    resources = context.session.world.resources
    template = meaning(context).place.template
    item = template + "/{}" if meaning(context).item else template
    return "GET" in resources.operations_at(item)


def items_of(context: FaultContext, value: Any) -> tuple[Path, list[Any]] | None:
    """(where, items) of the list in a reply, or None when there is none."""
    keys = meaning(context).keys
    found = value_at(value, keys)
    return (keys, found) if isinstance(found, list) else None


def entry_ids(context: FaultContext, response: Response) -> set[str]:
    """The ids of the entries of a list reply."""
    listed = items_of(context, json_of(response))
    known = set(context.session.state.ids(place(context)[0]))
    items = listed[1] if listed is not None else []
    return {id_text(leaf) for item in items for _, leaf in leaves(item)} & known


def true_entries(context: FaultContext) -> list[str] | None:
    """The ids that a list without a filter holds; None for one with a filter."""
    arguments = context.call.arguments or Arguments()
    given = {*arguments.query, *body(context)}
    if given - context.facts.listing_parameters - context.facts.shaping:
        return None
    return list(context.session.state.ids(place(context)[0]))


def replace_at(value: Any, path: Path, made: Any) -> Any:
    """`value` with what lies at `path` replaced; the original stays as it was."""
    if not path:
        return made
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return [replace_at(v, rest, made) if i == head else v for i, v in enumerate(value)]
    return {**value, head: replace_at(value[head], rest, made)}


def without(value: Any, path: Path) -> Any:
    """`value` without the member at `path`."""
    if len(path) == 1:
        return {name: member for name, member in value.items() if name != path[0]}
    inner = value[path[0]]
    return replace_at(value, (path[0],), without(inner, path[1:]))


def leaves(value: Any, path: Path = (), depth: int = 5) -> Iterator[tuple[Path, Any]]:
    """(path, scalar) of a JSON value; of a list only the first item is entered."""
    if isinstance(value, Mapping) and depth:
        for name, member in value.items():
            yield from leaves(member, (*path, name), depth - 1)
    elif isinstance(value, list) and depth:
        for index, member in enumerate(value[:1]):
            yield from leaves(member, (*path, index), depth - 1)
    elif path:
        yield path, value


def pick(
    context: FaultContext, value: Any, wanted: Callable[[Path, Any], bool]
) -> tuple[Path, Any] | None:
    """One scalar of a JSON value that is wanted and does not say which entity it is, or None."""
    found = [
        (path, leaf)
        for path, leaf in leaves(value)
        if wanted(path, leaf) and not identifies(context, path[-1])
    ]
    return context.draw.choice(found, "field") if found else None


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def identifies(context: FaultContext, field: object) -> bool:
    """Whether a field says which entity this is, or when: changing it is another fault."""
    name, home = str(field), meaning(context).collection
    if home is not None:
        facts = context.session.world.conventions.about(home)
        if name in facts.identifiers.path or name in facts.timestamps.schemas:
            return True
    parts = words(name)
    return parts[-1:] == ("at",) or not names("identifiers", "fields").isdisjoint(parts[-1:])


def prose(path: Path, value: Any) -> bool:
    """Whether a field holds words that somebody wrote, rather than a code or an id."""
    return isinstance(value, str) and " " in value


def seen_at(context: FaultContext, overlay: Any, proceed: Proceed) -> Response:
    """The reply that an older state of the world would have given."""
    state = context.session.state
    current = state.overlay
    state.overlay = overlay
    response = proceed()
    state.overlay = current
    return response


def asking(context: FaultContext, place: Input, value: Any) -> Arguments:
    """The call's arguments with one input replaced; None takes it out."""
    arguments = context.call.arguments or Arguments()
    made = place.put(place.values_of(arguments), value)
    if place.location == "body":
        return replace(arguments, body=made)
    if place.location == "header":
        return replace(arguments, header=made)
    return replace(arguments, query=made)


def with_body(context: FaultContext, body: Any) -> Arguments:
    """The call's arguments with another body."""
    return replace(context.call.arguments or Arguments(), body=body)


def body(context: FaultContext) -> Mapping[str, Any]:
    """The call's body when it is an object, else an empty one."""
    found = context.call.arguments.body if context.call.arguments else ABSENT
    return found if isinstance(found, Mapping) else {}


def change_field(
    context: FaultContext,
    proceed: Proceed,
    chosen: Callable[[Path, Any], bool],
    change: Callable[[Any], Any],
    canaries: Sequence[str] = (),
) -> Response:
    """The reply with one of the fields that `chosen` accepts changed, in a list's first item.

    `canaries` betray who used it; none: the new value does, a number as a draw. Prose goes before
    codes: what stands in a closed set of values would look out of place there.
    """
    response = proceed()
    value = json_of(response)
    if not is_success(response) or value is None:
        return response
    listed = items_of(context, value)
    shown = listed[1][0] if listed is not None and listed[1] else value
    found = pick(context, shown, lambda path, leaf: chosen(path, leaf) and prose(path, leaf))
    found = found or pick(context, shown, chosen)
    if found is None:
        return response
    inside = (*listed[0], 0) if listed is not None and listed[1] else ()
    made = change(found[1])
    if canaries or not number(made):
        context.record_firing({"canaries": list(canaries or [made])})
    else:
        context.record_firing(canary=float(made))
    return with_json(response, replace_at(value, (*inside, *found[0]), made))
