"""Lists that were read: their entries, whether they go on, and which entries are meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from agent.runtime.forms.decisions import calls_made, went_well
from agent.runtime.forms.request_values import distinctive_in, request_of
from agent.runtime.forms.request_words import request_words
from agent.runtime.forms.shown_values import parsed_body
from sandbox.conventions.vocabulary import key_of, names
from trajectories.records import Call, Message

COUNTS: Final = re.compile(
    r"\bhow many\b|\bcount (all|the|those|every|them|its|their|his|her)\b", re.IGNORECASE
)
_PAGE: Final = 10
"""Entries that may be a whole page of a list."""


def is_partly_read(messages: Sequence[Message]) -> bool:
    """Whether the list that was read last goes on, and what the request asks for needs all of it:
    a total that is stated answers how many there are, not how many of a kind."""
    made = [(call, reply) for call, reply in calls_made(messages) if went_well(reply)]
    pages = [(call, reply, *list_in(parsed_body(reply.content))) for call, reply in made]
    lists = [page for page in pages if page[2] is not None]
    if not lists:
        return False
    last, reply, _, total = lists[-1]
    parts = {
        (call.raw, reply.content): part for call, reply, part, _ in lists if call.name == last.name
    }
    entries = [entry for part in parts.values() for entry in part or ()]
    request, sent = request_of(messages), frozenset(map(as_text, leaf_values(last.arguments)))
    if total is not None and COUNTS.search(request):
        read = " ".join(f"{call.raw} {reply.content}" for call, reply in made)
        # "How many have Lyon as their city": those of a kind are counted, and none was seen yet.
        is_of_kind = not all(value in read for value in distinctive_in(request))
        if not is_of_kind and not matching_entries(request, entries, sent):
            return False
    headers = reply.content.partition("\n\n")[0]
    goes_on = 'rel="next"' in headers or _names_next_page(parsed_body(reply.content))
    return goes_on if total is None else len(entries) < total


def may_go_on(messages: Sequence[Message]) -> bool:
    """Whether the list that was read last goes on, or is so long that it may, where nothing says
    how many there are."""
    if is_partly_read(messages):
        return True
    lists = [list_in(parsed_body(reply.content)) for _, reply in calls_made(messages)]
    entries, total = next((found for found in reversed(lists) if found[0] is not None), ([], 0))
    return total is None and len(entries or ()) >= _PAGE


def matching_entries(
    request: str, entries: Sequence[Any], sent: frozenset[str] = frozenset()
) -> list[Any]:
    """The entries that have most of the values and words of a request, those that were `sent` to
    get them and what only names a value ("task 7") aside; none where none has any."""
    said = request_words(request)
    labels = {
        word.text
        for word, behind in pairwise(said)
        if behind.is_value and behind.text != "," and word.text.islower()
    }
    spoken = {word.text for word in said if len(word.text) > 2} - labels
    values = {value.lower() for value in {*distinctive_in(request), *spoken} - sent}
    fit = [
        len(values & {as_text(leaf).lower() for leaf in leaf_values(entry)}) for entry in entries
    ]
    most = max(fit, default=0)
    return [entry for entry, each in zip(entries, fit, strict=True) if each == most > 0]


def _names_next_page(value: Any, around: str = "") -> bool:
    if not isinstance(value, dict):
        return False
    for name, part in value.items():
        key = key_of(name)
        if key in names("page_fields", "more") and part is True:
            return True
        nexts = "next" in key and key in names("page_fields", "next")
        if part not in (None, "", False) and not isinstance(part, dict | list):
            if nexts or "next" in around:
                return True
        elif _names_next_page(part, key):
            return True
    return False


def is_list(reply: Message) -> bool:
    """Whether a reply is about a list, be it empty."""
    return list_in(parsed_body(reply.content))[0] is not None


def says_total(reply: Message) -> bool:
    """Whether a list's reply says how many entries there are."""
    return list_in(parsed_body(reply.content))[1] is not None


def entries_of(reply: Message) -> list[Any]:
    """The entries of the list that a reply is about; none for one that is about one thing."""
    entries = list_in(parsed_body(reply.content))[0] or []
    return [entry for entry in entries if isinstance(entry, dict)]


def without_page(call: Call) -> dict[str, Any]:
    """What a call asks for, whatever page of it."""
    given = call.arguments or {}
    return {name: given[name] for name in given if not chooses_page(name)}


def chooses_page(name: str) -> bool:
    """Whether an argument says which part of a list is read, or how large a part."""
    return is_of_paging(name) or is_position(name)


def is_of_paging(name: str) -> bool:
    """Whether an argument chooses a part of a list, which nobody asked for and no reply began."""
    kinds = ("size", "page", "offset")
    return any(key_of(name) in names("paging_parameters", kind) for kind in kinds)


def is_position(name: str) -> bool:
    """Whether an argument or field says where a page of a list begins."""
    return any(key_of(name) in names("paging_parameters", kind) for kind in ("cursor", "after"))


def next_page(tool: str, name: str, messages: Sequence[Message]) -> int | None:
    """The number of the page, or of the entry, where a list goes on that a tool has begun to read;
    None for an argument that says neither, and where nothing was read."""
    made = ((call.name, reply) for call, reply in calls_made(messages) if went_well(reply))
    bodies = [parsed_body(reply.content) for called, reply in made if called == tool]
    lists = [found for body in bodies if (found := list_in(body)[0]) is not None]
    if not lists:
        return None
    if key_of(name) in names("paging_parameters", "page"):
        said = bodies[-1].items() if isinstance(bodies[-1], dict) else ()
        pages = [each for key, each in said if key_of(key) in names("page_fields", "page")]
        return int(pages[0]) + 1 if pages and is_numeric(pages[0]) else len(lists) + 1
    is_offset = key_of(name) in names("paging_parameters", "offset")
    return sum(map(len, lists)) if is_offset else None


def list_in(value: Any) -> tuple[list[Any] | None, int | None]:
    """The list that a reply is about, and the total that stands beside it."""
    if isinstance(value, list):
        return value, None
    if not isinstance(value, dict):
        return None, None
    lists = _lists_in(value)
    totals = names("page_fields", "total")
    spots = [value, *(item for item in value.values() if isinstance(item, dict))]
    total = [v for spot in spots for k, v in spot.items() if key_of(k) in totals and is_numeric(v)]
    if len(lists) == 1:
        return lists[0], total[0] if total else None
    inner = [list_in(item) for item in value.values() if isinstance(item, dict)]
    found = [each for each in inner if each[0] is not None]
    return found[0] if len(found) == 1 and not lists else (None, None)


def _lists_in(value: Mapping[str, Any]) -> list[list[Any]]:
    """The lists in a reply, without those of links where there are others."""
    lists = {key_of(name): item for name, item in value.items() if isinstance(item, list)}
    plain = [item for key, item in lists.items() if key not in names("links", "holders")]
    return plain or list(lists.values())


def leaf_values(value: Any) -> Iterator[Any]:
    """What is in a value and is no list or object."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaf_values(part)
    else:
        yield value


def is_numeric(value: Any) -> bool:
    """Whether a value is a number, and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_text(value: Any) -> str:
    """A plain value as an answer writes it."""
    return value if isinstance(value, str) else json.dumps(value)
