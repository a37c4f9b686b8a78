"""What a person should know of a document before it is used, in one block that fits a screen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sandbox import World

_LINES: Final = 20
_WIDTH: Final = 150
_MANY: Final = 400
"""Operations from which on finding those without state takes longer than a start may."""


def load_notes(world: World, *, whole: bool = False) -> list[str]:
    """Operations that cannot be used or keep no state, then what was left out or mended.

    `whole`: look for operations without state in large documents too.
    """
    operations = world.offered_operations
    offered = {each.id for each in operations}
    defects = {each.pointer: each.defect for each in operations if each.defect is not None}
    unusable = [(each.id, each.defect) for each in operations if each.defect is not None]
    lines = []
    if unusable:
        lines.append(f"{_count(len(unusable), 'operation')} cannot be used and answer 501:")
        lines += [_shorten(f"  {name}: {reason}") for name, reason in unusable[:6]]
        if more := [name for name, _ in unusable[6:]]:
            lines.append(_names("  also ", more, len(more)))
    if whole or len(operations) <= _MANY:
        stateless = [name for name, _ in world.resources.stateless() if name in offered]
        if stateless:
            count = _count(len(stateless), "operation")
            lines.append(_names(f"{count} without state: ", stateless, len(stateless)))
    lines += world.data.notes if world.data is not None else ()
    places: dict[str, list[str]] = {}
    for notice in world.document.warnings:
        if not notice.reason.endswith(defects.get(notice.pointer) or "\0"):
            places.setdefault(notice.reason, []).append(notice.pointer)
    for reason, pointers in places.items():
        lines.append(_names(f"{reason}: ", pointers, len(pointers)))
    if len(lines) > _LINES:
        hidden = len(lines) - _LINES + 1
        lines = [*lines[: _LINES - 1], f"and {hidden} more kinds of notes"]
    return lines


def service_notes(world: World, home: str = "") -> list[str]:
    """What is served or sent beside the operations: signing in, callbacks and webhooks."""
    signing_in, callbacks = world.authorization, world.callbacks
    lines = [
        f"token endpoint: {home}{path}  ({', '.join(sorted(endpoint.grants))})"
        for path, endpoint in signing_in.tokens.items()
    ]
    lines += [f"authorization page: {home}{path}" for path in sorted(signing_in.authorizations)]
    lines += [f"OpenID discovery: {home}{path}" for path in signing_in.discoveries]
    if callbacks.has_any:
        sent = {each.name: None for each in callbacks.webhooks}
        for operation in islice(world.document.operations.values(), _MANY):
            sent |= {each.name: None for each in callbacks.of(operation)}
        start = "callbacks and webhooks, sent to loopback and --deliver hosts: "
        lines.append(_names(start, sent, len(sent)))
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _names(start: str, names: Iterable[str], count: int) -> str:
    """As many names as fit a line, and how many are left."""
    line, used = start, 0
    for name in islice(names, 40):
        if used and len(line) + len(name) > _WIDTH:
            break
        line, used = f"{line}{', ' if used else ''}{_shorten(name)}", used + 1
    return line if used == count else f"{line} and {count - used} more"


def _shorten(text: str) -> str:
    text = " ".join(text.split()) if not text.startswith("  ") else text.replace("\n", " ")
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 2]} …"
