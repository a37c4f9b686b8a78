"""Keys and values that replies have shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sandbox import exact_json
from trajectories.records import Message

_PAIR: Final = re.compile(
    r"""["']([^"'\\]*)["']\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)\b)"""
)

_FEW_FIELDS: Final = 4
"""A reply of more is about something."""
_FAILED_WORDS: Final = ("error", "failed", "failure", "fail")
_ENVELOPE: Final = frozenset(
    ("error", "errors", "message", "code", "status", "ok", "success", "data", "result", "detail")
)
"""What a reply that only reports an error has."""


@lru_cache(maxsize=256)
def shown_values(reply: str) -> tuple[tuple[str, str], ...]:
    """The texts and numbers in a reply, each with the key that it stands under."""
    body = parsed_body(reply)
    if body is None:
        return tuple((key, "".join(value)) for key, *value in _PAIR.findall(reply))
    return tuple(leaves_of(body))


def parsed_body(reply: str) -> Any:
    """The JSON of a reply, its headers aside; None where it is none."""
    try:
        return exact_json.loads(reply.rpartition("\n\n")[2])
    except ValueError:
        return None


def admits_failure(body: Any) -> bool:
    """Whether a reply of success says in its body that it is none: {"status": "error"},
    {"ok": false}, {"data": null, "errors": [...]}."""
    if not isinstance(body, dict) or len(body) > _FEW_FIELDS:
        return False
    if body.get("ok") is False or body.get("success") is False:
        return True
    if body.get("status") in _FAILED_WORDS:
        return True
    reports = body.get("error") or body.get("errors")
    holds = body.get("data") or body.get("result")
    return bool(reports) and not holds and _ENVELOPE.issuperset(body)


def leaves_of(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts and numbers in a value, each with the key that it stands under."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves_of(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from leaves_of(part, key)
    elif value is not None and not isinstance(value, bool):
        yield key, value if isinstance(value, str) else json.dumps(value)


def entries_with(values: Sequence[str], messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
    """Keys and values of the entries of lists in replies that hold some values: of each list those
    that hold most of them, not counting what was sent to get it. What is nested in an entry under a
    key that the entry has, too, is another thing's."""
    sent = frozenset[str]()
    for turn in messages:
        if turn.call is not None:
            sent = frozenset(value for _, value in leaves_of(turn.call.arguments))
        if turn.role == "observation" and (turn.status is None or turn.status < 300):
            wanted = frozenset(values) - sent or frozenset(values)
            found = [tuple(_own_leaves(entry)) for entry in _entries(turn.content)]
            counts = [len(wanted.intersection(value for _, value in each)) for each in found]
            most = max(counts, default=0)
            for leaves, count in zip(found, counts, strict=True):
                if count == most > 0:
                    yield from leaves


def _own_leaves(entry: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield from leaves_of(entry)
        return
    plain = {key for key, value in entry.items() if not isinstance(value, dict | list)}
    for name, value in entry.items():
        for key, leaf in leaves_of(value, name):
            if name in plain or key not in plain:
                yield key, leaf


@lru_cache(maxsize=256)
def _entries(reply: str) -> tuple[Any, ...]:
    """The entries of the list that a reply is, or has in one of its fields."""
    found = parsed_body(reply)
    spots = found.values() if isinstance(found, dict) else [found]
    return tuple(entry for spot in spots if isinstance(spot, list) for entry in spot)


def replies_of(messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
    """Keys and values of all replies, the latest reply first; those of errors show no entity."""
    for turn in reversed(messages):
        if turn.role != "observation" or turn.content.startswith("No response"):
            continue
        if turn.status is None or turn.status < 300:
            yield from shown_values(turn.content)
