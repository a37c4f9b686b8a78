"""Goals: what a reference solution did, written down as what must be true in the end.

Each value that was sent is asserted in the entity where it is kept, or else in the call that was
committed: a goal that leaves one out would take a wrong value for a right one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.conventions.paths import JOINED, id_text
from sandbox.messages import ABSENT
from sandbox.tasks.assertions import at_pointer, same_value
from sandbox.tasks.judge import NEW, changed_pointers, net_effects
from sandbox.tasks.models import Assertion, EffectPattern, Goal, SentValue
from sandbox.tasks.sayable import Rejected
from sandbox.tasks.value_phrases import leaves
from sandbox.world.ledger import Effect

if TYPE_CHECKING:
    from sandbox.world.ledger import Exchange
    from sandbox.world.session import Session

_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
_READING = frozenset({"read", "list", "singleton", "compute"})
_MISSING = object()
Key = tuple[str, str]


def goal_of(session: Session, unstated: Collection[str] = ()) -> tuple[Goal, list[EffectPattern]]:
    """What must be true after the session's calls, and which side effects they may have.

    `unstated` names parameters that the instruction does not speak of. Raises Rejected for a
    writing call that leaves no trace.
    """
    writing = _Writing(session, frozenset(unstated))
    for change in writing.changes.values():
        key = (change.collection, change.id)
        if key in writing.rows:
            writing.assert_change(change)
        else:
            writing.allow.append(writing.pattern(change))
    for key, rows in writing.rows.items():
        if key in writing.changes and writing.changes[key].kind == "call":
            continue  # All that was sent is in the call that was committed.
        for row in rows:
            writing.assert_sent(key, row)
    return Goal(state=writing.distinct(), sent=writing.sent), writing.allow


@dataclass(slots=True)
class _Writing:
    """A goal while it is written."""

    session: Session
    unstated: frozenset[str]
    rows: dict[Key, list[Exchange]] = field(default_factory=dict)
    """The calls that were for an entity: a call is for the first one it touches."""
    changes: dict[Key, Effect] = field(default_factory=dict)
    stars: dict[str, str] = field(default_factory=dict)
    """Id of a new entity → the star that stands for it."""
    state: dict[tuple[str, str, str], Assertion] = field(default_factory=dict)
    sent: list[SentValue] = field(default_factory=list)
    allow: list[EffectPattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        resources = self.session.world.resources
        for row in self.session.ledger:
            if row.effects:
                first = row.effects[0]
                self.rows.setdefault((first.collection, first.id), []).append(row)
            elif row.operation and resources.meaning_of_id(row.operation).act not in _READING:
                raise Rejected("what is asked leaves no trace")
        effects = (effect for row in self.session.ledger for effect in row.effects)
        for change in net_effects(effects):
            key = (change.collection, change.id)
            self.changes[key] = change
            new = change.kind in NEW and key in self.rows
            if new and (change.kind == "call" or not self._is_chosen_id(key)):
                self.stars[change.id] = f"*{len(self.stars) + 1}" if self.stars else "*"

    def _is_chosen_id(self, key: Key) -> bool:
        """Whether the caller chose the id of a new entity."""
        arguments = self.rows[key][0].arguments
        if arguments is None:
            return False
        body = {} if arguments.body is ABSENT else arguments.body
        values = [*arguments.path.values(), *(value for _, value in leaves(body))]
        return {*map(id_text, values)}.issuperset(key[1].split(JOINED))

    # -- what changed ------------------------------------------------------------------------

    def assert_change(self, change: Effect) -> None:
        if change.kind == "call":
            self._assert_committed_call(change)
        elif change.kind == "delete":
            self._assert(change, "", "absent")
        elif change.kind == "create":
            self._assert_new(change)
        else:
            self._assert_update(change)

    def _assert_committed_call(self, change: Effect) -> None:
        """A call that no read shows was made, with each value that the instruction speaks of."""
        for location, given in (change.after or {}).items():
            members = given.items() if isinstance(given, Mapping) else ()
            for name, value in members:
                if name not in self.unstated and value != {}:
                    self._assert(change, f"/{location}{_step(name)}", "equals", value)
            if not members and given != {}:
                self._assert(change, f"/{location}", "equals", given)

    def _assert_new(self, change: Effect) -> None:
        """A new entity exists, and has what calls after the first one did to it."""
        self._assert(change, "", "exists")
        after = change.after or {}
        made = self.rows[change.collection, change.id][0].effects[0].after
        for at in changed_pointers(made, after):
            if not self._automatic(change, at):
                self._assert(change, at, "equals", at_pointer(after, at))

    def _assert_update(self, change: Effect) -> None:
        after = change.after or {}
        loose = []
        for at in changed_pointers(change.before, after):
            value = at_pointer(after, at, _MISSING)
            if self._automatic(change, at) and not self._was_sent(change, at, value):
                loose.append(at)
            elif value is _MISSING:
                self._assert(change, at, "absent")
            else:
                self._assert(change, at, "equals", value)
        if loose:
            held = [
                a.pointer for key, a in self.state.items() if key[:2] == self._key_of_effect(change)
            ]
            self.allow.append(
                EffectPattern(
                    kind="update",
                    collection=change.collection,
                    id=change.id,
                    pointers=[*loose, *held],
                )
            )

    def _was_sent(self, change: Effect, at: str, value: Any) -> bool:
        rows = self.rows[change.collection, change.id]
        return any(same_value(at_pointer(self._entity(row), at, _MISSING), value) for row in rows)

    # -- what was sent -----------------------------------------------------------------------

    def assert_sent(self, key: Key, row: Exchange) -> None:
        """Each value of a call, in the entity or else in the call."""
        arguments = row.arguments
        if arguments is None:
            return
        change = self.changes.get(key)
        after = change.after if change is not None else row.effects[0].after
        for name, value in arguments.path.items():
            self._assert_parent(key, name, value, after)
        for location in ("query", "header", "cookie"):
            for name, value in getattr(arguments, location).items():
                if name not in self.unstated:
                    self._assert_call(key, location, _step(name), value)
        if arguments.body is not ABSENT:
            inner = self._key(row)
            self._place(key, arguments.body, inner, "", after)

    def _assert_parent(self, key: Key, name: str, value: Any, after: Any) -> None:
        """A path value names the place or the entity; else the entity says its parent."""
        text = id_text(value)
        if text in (*key[0].split("/"), key[1]):
            return
        fields = (at for at, leaf in leaves(after or {}) if at and id_text(leaf) == text)
        at = next(fields, None)
        if at is None:
            self._assert_call(key, "path", _step(name), value)
        else:
            self._assert(Effect("", *key, None, None), at, "equals", at_pointer(after, at))

    def _place(self, key: Key, value: Any, envelope: str, at: str, after: Any) -> None:
        """Assert a body value at its pointer `at`, member by member where it is kept in part; no
        object without members, which no instruction can state."""
        if at and value == {}:
            return
        effect = Effect("", *key, None, None)
        inside = at.removeprefix(envelope) if at.startswith(envelope) else None
        kept = at_pointer(after, inside, _MISSING) if inside and after is not None else _MISSING
        if (
            inside
            and kept is not _MISSING
            and same_value(kept, value)
            and not self._holds_own_id(key, inside)
        ):
            self._assert(effect, inside, "equals", value)
        elif isinstance(value, Mapping) and value:
            for name, member in value.items():
                if at or name not in self.unstated:
                    self._place(key, member, envelope, f"{at}{_step(name)}", after)
        else:
            self._assert_call(key, "body", at, value)

    def _holds_own_id(self, key: Key, inside: str) -> bool:
        """Whether it holds the id of an entity that exists, which no body changes."""
        change = self.changes.get(key)
        home = self.session.world.resources.meaning_of_id(
            self.rows[key][0].operation or ""
        ).collection
        if home is None or (change is not None and change.kind == "create"):
            return False
        own = "".join(map(_step, home.id_path))
        return bool(own) and (own == inside or own.startswith(f"{inside}/"))

    def _entity(self, row: Exchange) -> Any:
        """What a call sent for the entity, without the envelope."""
        body = row.arguments.body if row.arguments is not None else ABSENT
        return at_pointer(body, self._key(row), body)

    def _key(self, row: Exchange) -> str:
        """Pointer to the entity in a call's body."""
        key = self.session.world.resources.meaning_of_id(row.operation or "").body_key
        body = row.arguments.body if row.arguments is not None else None
        return _step(key) if key is not None and isinstance(body, Mapping) and key in body else ""

    def distinct(self) -> list[Assertion]:
        """The assertions without those that another one implies."""
        found = []
        for (collection, id, at), assertion in self.state.items():
            others = [o for c, i, o in self.state if (c, i) == (collection, id) and o != at]
            implied = bool(others) and assertion.operator == "exists"
            if not implied and not any(o and at.startswith(f"{o}/") for o in others):
                found.append(assertion)
        return found

    # -- one assertion -----------------------------------------------------------------------

    def _key_of_effect(self, about: Effect) -> Key:
        collection = "/".join(self.stars.get(part, part) for part in about.collection.split("/"))
        return collection, self.stars.get(about.id, about.id)

    def _assert(self, about: Effect, at: str, operator: Any, value: Any = None) -> None:
        # The id of something new is another one in each session, so it cannot be asserted.
        if isinstance(value, str | int) and str(value) in self.stars:
            return
        collection, id = self._key_of_effect(about)
        self.state[collection, id, at] = Assertion(
            collection=collection, id=id, pointer=at, operator=operator, value=value
        )

    def _assert_call(self, key: Key, location: Any, at: str, value: Any) -> None:
        if isinstance(value, str | int) and str(value) in self.stars:
            return
        collection, id = self._key_of_effect(Effect("", *key, None, None))
        self.sent.append(
            SentValue(collection=collection, id=id, location=location, pointer=at, value=value)
        )

    def _automatic(self, change: Effect, at: str) -> bool:
        """Whether a field is one that the server sets by itself: moments, versions."""
        value = at_pointer(change.after, at)
        kept = self.session.state.population.changes_by_itself(change.collection, at)
        return kept or (isinstance(value, str) and _MOMENT.match(value) is not None)

    def pattern(self, change: Effect) -> EffectPattern:
        """A change that came along with what was asked."""
        updated = change.kind == "update"
        return EffectPattern(
            kind=change.kind,  # type: ignore[arg-type]
            collection=change.collection,
            id=change.id,
            pointers=list(changed_pointers(change.before, change.after)) if updated else [],
        )


def _step(name: str) -> str:
    return f"/{name.replace('~', '~0').replace('/', '~1')}"
