"""Envelopes of replies: what stands around an entity or a list, and what it says of success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.conventions.envelopes import fill_envelope, outcome_members
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.resources import Resources
from sandbox.document.schemas import Schemas
from sandbox.draws import Draw
from sandbox.messages import ABSENT
from sandbox.values import Values

_KEPT: Final = 256
"""Made envelopes that are kept for one operation."""


class Envelopes:
    """Makes the envelopes of one world's replies."""

    __slots__ = ("_resources", "_schemas", "_values")

    def __init__(self, schemas: Schemas, resources: Resources, values: Values) -> None:
        self._schemas = schemas
        self._resources = resources
        self._values = values

    def wrap(self, meaning: Meaning, shown: Any, draw: Draw, extras: Mapping[str, Any]) -> Any:
        valid = self._schemas.validator(meaning.schema, "response").is_valid
        if not meaning.keys:
            return shown if valid(shown) else self._nearest(meaning, shown, draw)
        frame, rest = self._frame(meaning)
        if rest <= extras.keys():
            trial = fill_envelope(frame, meaning.keys, shown, extras)
            if valid(trial):
                return trial
        whole = self._around(meaning, draw)
        trial = fill_envelope(whole, meaning.keys, shown, extras)
        if valid(trial):
            return trial
        trial = fill_envelope(whole, meaning.keys, shown, {})
        for name, value in extras.items():
            better = fill_envelope(trial, meaning.keys, shown, {name: value})
            trial = better if valid(better) else trial
        return trial if valid(trial) else self._nearest(meaning, trial, draw)

    def _frame(self, meaning: Meaning) -> tuple[dict[str, Any], frozenset[str]]:
        """(an envelope's members in their order, those of them that a reply has yet to fill).

        Members that every good reply says alike are filled; the one that is shown needs nothing.
        """
        found: tuple[dict[str, Any], frozenset[str]] | None = meaning.memo.get("envelope frame")
        if found is None:
            surface, first = self._resources.shape(meaning.schema), meaning.keys[0]
            names = [name for name in surface.properties if name in surface.required]
            names += sorted(surface.required.difference(names))
            frame = self.successful(meaning, dict.fromkeys(names))
            same = self._outcome_members(meaning).keys() | (
                {first} if len(meaning.keys) == 1 else ()
            )
            found = meaning.memo["envelope frame"] = frame, frozenset(frame) - same
        return found

    def _around(self, meaning: Meaning, draw: Draw) -> dict[str, Any]:
        """The required members of an envelope, made; the latest ones are kept."""
        kept: dict[int, dict[str, Any]] = meaning.memo.setdefault("envelopes", {})
        key = draw.bits("envelope")
        if key not in kept:
            if len(kept) >= _KEPT:
                kept.clear()
            made = self._values.make(meaning.schema, draw.child("envelope"))
            required = self._resources.shape(meaning.schema).required
            whole = made if isinstance(made, dict) else {}
            whole = {name: value for name, value in whole.items() if name in required}
            if len(meaning.keys) == 1 and meaning.keys[0] in whole:
                whole[meaning.keys[0]] = None
            kept[key] = self.successful(meaning, whole)
        return kept[key]

    def successful(self, meaning: Meaning, made: Any) -> Any:
        """A made reply whose flags and lists of errors say that the call went well."""
        members = self._outcome_members(meaning)
        if not members or not isinstance(made, dict) or members.keys().isdisjoint(made):
            return made
        kept = {name: members.get(name, value) for name, value in made.items()}
        return {name: value for name, value in kept.items() if value is not ABSENT}

    def _outcome_members(self, meaning: Meaning) -> Mapping[str, Any]:
        found: Mapping[str, Any] | None = meaning.memo.get("outcome")
        if found is None:
            found = meaning.memo["outcome"] = dict(self._outcome(meaning))
        return found

    def _outcome(self, meaning: Meaning) -> Iterator[tuple[str, Any]]:
        """What the outcome members of a reply say when all went well; ABSENT for nothing."""
        surface, schemas = self._resources.shape(meaning.schema), self._schemas
        methods = self._resources.operations_at(meaning.place.template).keys()
        if meaning.act == "singleton" and not methods <= {"GET", "HEAD"}:
            return  # Somebody writes it: it says what it was told.
        for name, good in outcome_members(self._resources.shape, meaning.schema).items():
            valid = schemas.validator(surface.properties[name], "response").is_valid
            value = next(filter(valid, good), ABSENT)
            if name not in meaning.keys and (value is not ABSENT or name not in surface.required):
                yield name, value

    def _nearest(self, meaning: Meaning, wanted: Any, draw: Draw) -> Any:
        """A valid reply that keeps as much of the wanted one as the schema allows."""
        valid = self._schemas.validator(meaning.schema, "response").is_valid
        made = self._values.make(meaning.schema, draw.child("nearest"))
        if isinstance(wanted, Mapping) and isinstance(made, dict):
            for name, value in wanted.items():
                trial = {**made, name: value}
                if valid(trial):
                    made = trial
        if isinstance(wanted, Sequence) and isinstance(made, list) and not isinstance(wanted, str):
            item_schema = self._resources.shape(meaning.schema).items
            if item_schema is not None:
                good = self._schemas.validator(item_schema, "response").is_valid
                kept = [value for value in wanted if good(value)]
                made = kept if valid(kept) else made
        return made
