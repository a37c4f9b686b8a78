"""How one list operation is paged, worked out of its inputs and its success reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.conventions.inputs import Input, Look, Pointer
from sandbox.conventions.paging import Paging
from sandbox.conventions.paging_fields import PageFields
from sandbox.conventions.paging_parameters import PagingParameters, page_sizes, token_of
from sandbox.document.operations import Parameter


def paging_of(
    inputs: Iterable[tuple[Input, Any, str]],
    look: Look,
    reply: Any,
    headers: Mapping[str, Parameter],
    list_keys: Pointer,
    id_path: Pointer,
) -> Paging | None:
    """The paging of a list operation, or None where it has none.

    `inputs` are (place, schema, description), `reply` is the success schema, `list_keys` say
    where the list lies in it and `id_path` where an entry shows its id.
    """
    found = PagingParameters(look, inputs)
    fields = PageFields(look, reply, list_keys, headers, takes_tokens=found.takes_tokens)
    hands_out_cursors = any(each.kind == "cursor" for each in fields.next if not each.header)
    positions = found.positions(hands_out_cursors, by_id=bool(id_path))
    main, schema = positions[0] if positions else (None, None)
    position = main.place if main is not None else None
    size, size_schema = found.size()
    if position is None and size is None and not fields.says_anything:
        return None
    default_size, largest = page_sizes(look, size_schema, goes_on=position is not None)
    pointers = (*(each.pointer for each in fields.next), *fields.more, *fields.last)
    pointers += (*fields.total, *fields.counts)
    evidence = [f"`{'.'.join(place.path)}`" for place in (position, size) if place is not None]
    evidence += [f"`{'.'.join(pointer)}` in the reply" for pointer in pointers]
    evidence += [f"header `{fields.link_header}`"] if fields.link_header else []
    if (
        main is not None
        and main.style == "cursor"
        and not (fields.next or fields.link_list or fields.link_header)
        and _is_list(look, reply, list_keys)
    ):
        # Nobody could go on: RFC 8288 says where a next page is told when nothing else does.
        fields.link_header = "Link"
        evidence.append("no other place for the next page than a Link header")
    return Paging(
        style=main.style if main is not None else "size",
        size=size,
        position=position,
        first=main.first if main is not None else 0,
        default_size=default_size,
        largest_size=largest,
        token=token_of(look, schema, fields.next),
        others=tuple(each for each, _ in positions[1:]),
        before=found.parameter_for("before") if position is not None else None,
        evidence=tuple(evidence),
        **fields.facts(),
    )


def _is_list(look: Look, reply: Any, keys: Pointer) -> bool:
    """Whether a reply declares a list of things, not of lists, at the keys."""
    for key in keys:
        reply = look(reply).properties.get(key)
    surface = look(reply)
    return surface.type == "array" and look(surface.items).type != "array"
