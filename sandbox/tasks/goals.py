"""Goals: what a reference solution did, written down as what must be true in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.conventions.words import words
from sandbox.messages import ABSENT
from sandbox.tasks.judge import at_pointer, changed_pointers, net_effects
from sandbox.tasks.models import Assertion, EffectPattern
from sandbox.world.ledger import Effect

if TYPE_CHECKING:
    from sandbox.world.ledger import Exchange

_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
_KEPT = frozenset({"updated", "modified", "changed", "version", "revision", "etag"})
Key = tuple[str, str]


def goal_of(exchanges: Iterable[Exchange]) -> tuple[list[Assertion], list[EffectPattern]]:
    """State assertions for what the calls were for, and patterns for what came along with it."""
    rows = list(exchanges)
    sent, main = _sent(rows)
    first_made = _first_made(rows)
    stars: dict[str, str] = {}
    assertions: list[Assertion] = []
    allow: list[EffectPattern] = []
    for change in net_effects(effect for row in rows for effect in row.effects):
        key = (change.collection, change.id)
        if key not in main:
            allow.append(_pattern(change))
        elif change.kind == "create":
            star = f"*{len(stars) + 1}" if stars else "*"
            stars[change.id] = star
            assertions += _created(change, sent.get(key, {}), first_made.get(key), stars)
        elif change.kind == "delete":
            assertions.append(_assertion(change, "", "absent", stars=stars))
        else:
            held, loose = _updated(change, sent.get(key, {}), stars)
            assertions += held
            allow += loose
    return assertions, allow


def _sent(rows: Sequence[Exchange]) -> tuple[dict[Key, dict[str, Any]], set[Key]]:
    """What was sent for each entity, and which entities the calls were for."""
    sent: dict[Key, dict[str, Any]] = {}
    for row in rows:
        for effect in row.effects[:1]:
            body = row.arguments.body if row.arguments is not None else ABSENT
            values = body if isinstance(body, Mapping) else {}
            if len(values) == 1 and isinstance(inner := next(iter(values.values())), Mapping):
                values = {**values, **inner}
            sent.setdefault((effect.collection, effect.id), {}).update(values)
    return sent, set(sent)


def _first_made(rows: Sequence[Exchange]) -> dict[Key, Mapping[str, Any]]:
    found: dict[Key, Mapping[str, Any]] = {}
    for row in rows:
        for effect in row.effects:
            if effect.kind == "create" and effect.after is not None:
                found.setdefault((effect.collection, effect.id), effect.after)
    return found


def _created(
    change: Effect,
    sent: Mapping[str, Any],
    made: Mapping[str, Any] | None,
    stars: Mapping[str, str],
) -> list[Assertion]:
    """The new entity has what was sent for it, and what later calls did to it."""
    after = change.after or {}
    pointers = [
        f"/{name}" for name, value in sent.items() if name in after and after[name] == value
    ]
    later = changed_pointers(made, after) if made is not None else ()
    pointers += [at for at in later if not _automatic(at, after) and at not in pointers]
    held = [
        _assertion(change, at, "equals", at_pointer(after, at), stars)
        for at in pointers
        if str(at_pointer(after, at)) not in stars
    ]
    return held or [_assertion(change, "", "exists", stars=stars)]


def _updated(
    change: Effect, sent: Mapping[str, Any], stars: Mapping[str, str]
) -> tuple[list[Assertion], list[EffectPattern]]:
    after = change.after or {}
    held, loose = [], []
    for at in changed_pointers(change.before, after):
        value = at_pointer(after, at)
        name = at.split("/")[1]
        if (name not in sent or sent[name] != after.get(name)) and _automatic(at, after):
            loose.append(at)
        elif value is None and at.rsplit("/", 1)[-1] not in after:
            held.append(_assertion(change, at, "absent", stars=stars))
        else:
            held.append(_assertion(change, at, "equals", value, stars))
    patterns = []
    if loose:
        pointers = [*loose, *(assertion.pointer for assertion in held)]
        patterns.append(
            EffectPattern(
                kind="update", collection=change.collection, id=change.id, pointers=pointers
            )
        )
    return held, patterns


def _automatic(at: str, after: Mapping[str, Any]) -> bool:
    """Whether a field is one that the server sets by itself: moments, versions."""
    value = at_pointer(after, at)
    kept = not _KEPT.isdisjoint(words(at.rsplit("/", 1)[-1]))
    return kept or (isinstance(value, str) and _MOMENT.match(value) is not None)


def _assertion(
    change: Effect,
    pointer: str,
    operator: Any,
    value: Any = None,
    stars: Mapping[str, str] | None = None,
) -> Assertion:
    named = stars or {}
    collection = "/".join(named.get(part, part) for part in change.collection.split("/"))
    return Assertion(
        collection=collection,
        id=named.get(change.id, change.id),
        pointer=pointer,
        operator=operator,
        value=value,
    )


def _pattern(change: Effect) -> EffectPattern:
    pointers = (
        list(changed_pointers(change.before, change.after)) if change.kind == "update" else []
    )
    return EffectPattern(
        kind=change.kind,  # type: ignore[arg-type]
        collection=change.collection,
        id=change.id,
        pointers=pointers,
    )
