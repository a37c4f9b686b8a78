"""Read-backs at work: what reads show of what a write has done, so that its absence is noticed.

A silent fault is fair only where the caller can find out. Which reads there are is a fact of the
operation; what they show of one entity is seen by rendering it, and only when a fault is about to
fire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox import exact_json
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.paths import JOINED, id_text
from sandbox.conventions.server_kept import keeps
from sandbox.conventions.words import words
from sandbox.document import Operation
from sandbox.draws import Draw
from sandbox.messages import Arguments, Response
from sandbox.world.ledger import Effect
from sandbox.world.revealed_ids import ids_are_revealed

if TYPE_CHECKING:
    from sandbox.conventions.readbacks import ReadBacks
    from sandbox.world.ledger import Exchange
    from sandbox.world.session import Session

_DEEP = 4


def is_revealed(
    session: Session,
    operation: Operation,
    arguments: Arguments,
    effects: list[Effect],
    reply: Response | None,
) -> bool:
    """Whether a read tells these effects of a call from their absence.

    `reply` is what the caller was shown of them: it names the new entity, and what was set. None
    when nothing arrived; then an idempotency key does as well as a look.
    """
    if not effects:
        return True
    facts = session.world.conventions.of(operation)
    meaning, found = facts.meaning, facts.readbacks
    if reply is None and facts.idempotency is not None:
        return True
    effect = effects[0]
    if len([each for each in effects if each.collection == effect.collection]) > 1:
        # Of several at once one look shows one: whether all were done cannot be told.
        return False
    view = _Views(session, found, effect)
    known = _expected_values(meaning, arguments, reply, effect.id)
    if effect.kind == "delete":
        return found.item is not None or view.lists_id(effect.before)
    if effect.kind == "create":
        return _shows_new(view, effect, meaning, arguments, known, reply)
    if effect.kind == "call":
        return False
    replied = _entity(meaning, reply)
    if meaning.verb and reply is not None and not _mentions(_json(reply), effect.id):
        # Nothing says that the action was about this entity at all.
        return False
    # A field that is missing where nobody has ever seen it is not missed.
    return any(
        shown.get(name) == value != before.get(name) and (name in before or name in replied)
        for before, shown in view.changes()
        for name, value in known.items()
    )


def is_recognisable(session: Session, operation: Operation, row: Exchange) -> bool:
    """Whether what a call created is found by whoever reads the list, where there is a list."""
    listed = session.world.conventions.of(operation).readbacks.listed
    if listed is None or row.arguments is None:
        return True
    return is_revealed(session, operation, row.arguments, list(row.effects), row.response)


def is_stable_field(name: str) -> bool:
    """Whether a field of a reply should read the same later: not one that the clock keeps.

    What a leading underscore marks (as in HAL) is about the reply, not about the entity.
    """
    return not (keeps(name) or words(name)[-1:] in (("at",), ("on",)) or name.startswith("_"))


def is_removable(session: Session, operation: Operation) -> bool:
    """Whether what an operation creates can be found in a list and deleted again."""
    facts = session.world.conventions.of(operation)
    found = facts.readbacks
    return facts.idempotency is not None or (found.removes and found.listed is not None)


def _shows_new(
    view: _Views,
    effect: Effect,
    meaning: Meaning,
    arguments: Arguments,
    known: Mapping[str, Any],
    reply: Response | None,
) -> bool:
    chosen = {id_text(value) for value in (*arguments.path.values(), *known.values())}
    if reply is not None:
        place = reply.header("location") or ""
        chosen |= {id_text(leaf) for leaf in _leaves(_json(reply))} | {place.rpartition("/")[2]}
    if _is_named(effect.id, chosen) and (view.finds() or view.lists_id(effect.after)):
        return True
    shown = view.as_list_entry(effect.after)
    # What any other entry might have as well, such as a flag, proves nothing.
    seen = view.columns()
    telling = {n: v for n, v in known.items() if not isinstance(v, bool) and n in seen}
    whole = all(shown.get(name) == value for name, value in telling.items())
    return bool(telling) and whole and not view.alike(telling)


@dataclass(frozen=True, slots=True)
class _Views:
    """One changed entity as the reads show it."""

    session: Session
    reads: ReadBacks
    effect: Effect

    def changes(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """(before, after) as each read shows them."""
        before, after = self.effect.before, self.effect.after
        if self.reads.item is not None:
            yield self._item(before), self._item(after)
        elif self.lists_id(after):
            yield self.as_list_entry(before), self.as_list_entry(after)

    def _item(self, entity: Any) -> Mapping[str, Any]:
        meaning = self.reads.item
        assert meaning is not None
        if entity is None:
            return {}
        draw = Draw(self.session.seed, "view", meaning.operation.id, self.effect.collection)
        return _object(self._project(meaning, entity, draw.child(self.effect.id)))

    def finds(self) -> bool:
        """Whether reading the item tells a new entity from none: it names it, and others 404."""
        home = self.reads.item.collection if self.reads.item is not None else None
        if home is None or not ids_are_revealed(self.session.world, home):
            return False
        return _mentions(self._item(self.effect.after), self.effect.id)

    def as_list_entry(self, entity: Any) -> Mapping[str, Any]:
        """The entity as an entry of its list; {} when there is no list."""
        meaning = self.reads.listed
        if meaning is None or entity is None:
            return {}
        draw = Draw(self.session.seed, "view", meaning.operation.id, self.effect.collection)
        return _object(self._project(meaning, entity, draw.child(self.effect.id)))

    def columns(self) -> frozenset[str]:
        """The fields that entries of the list may have in plain."""
        meaning = self.reads.listed
        if meaning is None:
            return frozenset()
        known: frozenset[str] | None = meaning.memo.get("columns")
        if known is None:
            look = self.session.world.resources.shape
            fields = look(meaning.view).properties if meaning.view is not None else {}
            known = frozenset(
                n for n, s in fields.items() if look(s).type not in ("object", "array")
            )
            meaning.memo["columns"] = known
        return known

    def lists_id(self, entity: Any) -> bool:
        """Whether the list shows the id."""
        return _mentions(self.as_list_entry(entity), self.effect.id)

    def alike(self, values: Mapping[str, Any]) -> bool:
        """Whether another entity of the collection shows the same values."""
        state, path = self.session.state, self.effect.collection
        others = (state.get(path, id) for id in state.ids(path) if id != self.effect.id)
        return any(
            other is not None and all(other.get(name) == value for name, value in values.items())
            for other in others
        )

    def _project(self, meaning: Meaning, entity: Any, draw: Draw) -> Any:
        return self.session.world.renderer.projection.project(
            meaning.collection, meaning.view, entity, draw
        )


def _expected_values(
    meaning: Meaning, arguments: Arguments, reply: Response | None, id: str
) -> dict[str, Any]:
    """The plain values that should show: those sent, or else those of the reply."""
    body = arguments.body
    if meaning.body_key is not None and isinstance(body, Mapping):
        body = body.get(meaning.body_key, body)
    sent = _plain(body)
    shown = _entity(meaning, reply)
    if reply is not None and _mentions(_json(reply), id):
        return sent or {n: v for n, v in _plain(shown).items() if is_stable_field(n)}
    # A reply about something else shows which of the fields mean something else there.
    return {n: v for n, v in sent.items() if shown.get(n, v) == v}


def _entity(meaning: Meaning, reply: Response | None) -> Mapping[str, Any]:
    """The entity that a reply shows; {} when it shows none."""
    inner = _json(reply) if reply is not None else None
    for key in meaning.keys:
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    return _object(inner)


def _plain(value: Any) -> dict[str, Any]:
    return {n: v for n, v in _object(value).items() if isinstance(v, str | int | float | bool)}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _json(reply: Response) -> Any:
    try:
        return exact_json.loads(reply.body) if reply.body else None
    except ValueError:
        return None


def _mentions(value: Any, id: str) -> bool:
    return _is_named(id, {id_text(leaf) for leaf in _leaves(value)})


def _is_named(id: str, texts: Set[str]) -> bool:
    """Whether an id is among some texts, or each part of a composite key is."""
    return id in texts or (JOINED in id and texts >= set(id.split(JOINED)))


def _leaves(value: Any, depth: int = _DEEP) -> Iterator[Any]:
    if isinstance(value, Mapping) and depth:
        for member in value.values():
            yield from _leaves(member, depth - 1)
    elif isinstance(value, list) and depth:
        for member in value:
            yield from _leaves(member, depth - 1)
    elif isinstance(value, str | int | float):
        yield value
