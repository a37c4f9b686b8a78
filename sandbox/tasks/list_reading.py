"""Lists as a client reads them: the largest page, the entries of a reply, the page after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.conventions.inputs import Input, value_at
from sandbox.conventions.paging import Paging
from sandbox.tools import Tool


def paging_of(tool: Tool) -> Paging | None:
    """How the tool's list is paged; None for what is not paged."""
    return tool.facts.paging if tool.facts is not None else None


def _entries(tool: Tool, found: Any) -> list[Any] | None:
    """The entries of a list reply; None where there is no list."""
    meaning = tool.facts.meaning if tool.facts is not None else None
    if meaning is None or meaning.act != "list":
        return None
    listed = value_at(found, meaning.keys)
    return listed if isinstance(listed, list) else None


def with_input(
    tool: Tool, arguments: Mapping[str, Any], place: Input | None, value: Any
) -> dict[str, Any] | None:
    """The arguments with one input set (None takes it out); None where the tool lacks it."""
    if place is None:
        return None
    names = {o: a for a, (location, o) in tool.arguments.items() if location == place.location}
    name = names.get(place.name)
    if name is None:
        return None
    given = {place.name: arguments[name]} if name in arguments else {}
    made = {key: kept for key, kept in arguments.items() if key != name}
    given = place.put(given, value)
    return made | ({name: given[place.name]} if given else {})


def largest_page(tool: Tool) -> dict[str, Any]:
    """The size argument at its maximum, where the document declares one."""
    paging = paging_of(tool)
    if paging is None or paging.largest_size is None:
        return {}
    return with_input(tool, {}, paging.size, paging.largest_size) or {}


def next_page(
    tool: Tool, arguments: Mapping[str, Any], found: Any, link: str = ""
) -> dict[str, Any] | None:
    """The arguments of the page after `found`, whose Link header is `link`; None for no page."""
    paging, shown = paging_of(tool), _entries(tool, found)
    if paging is None or paging.position is None or not shown or tool.facts is None:
        return None
    place, home = paging.position, tool.facts.meaning.collection
    given = {
        origin: arguments[name]
        for name, (location, origin) in tool.arguments.items()
        if location == place.location and name in arguments
    }
    id_path = home.shown_id_path if home is not None else ()
    value = paging.following(place.read(given), found, shown, id_path, link)
    return None if value is None else with_input(tool, arguments, place, value)
