"""Changes of a call between the old form and the new one, each with its inverse.

A call change works on a `Call`: the decoded arguments laid open by place. Body changes are the
changes of sandbox.drift.changes applied to the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.drift.body_changes import Change, Form, rename_key
from sandbox.messages import ABSENT, Arguments


@dataclass(slots=True)
class Call:
    """Arguments being rewritten, by place."""

    places: dict[str, dict[str, Any]]
    body: Any
    media_type: str | None

    @classmethod
    def of(cls, arguments: Arguments) -> Call:
        places = {
            "path": dict(arguments.path),
            "query": dict(arguments.query),
            "header": dict(arguments.header),
            "cookie": dict(arguments.cookie),
        }
        return cls(places, arguments.body, arguments.media_type)

    def arguments(self) -> Arguments:
        places = self.places
        return Arguments(
            path=places["path"],
            query=places["query"],
            header=places["header"],
            cookie=places["cookie"],
            body=self.body,
            media_type=self.media_type,
        )


class CallChange(Protocol):
    """One replayable change of a call: `new` from the old form to the new one, `old` back."""

    def new(self, call: Call) -> None: ...

    def old(self, call: Call) -> None: ...


@dataclass(frozen=True, slots=True)
class InBody:
    """A change of the body's JSON value."""

    change: Change

    def new(self, call: Call) -> None:
        if call.body is not ABSENT:
            call.body = self.change.new(call.body)

    def old(self, call: Call) -> None:
        if call.body is not ABSENT:
            call.body = self.change.old(call.body)


@dataclass(frozen=True, slots=True)
class RenameArgument:
    """A parameter is called `to`."""

    place: str
    name: str
    to: str

    def new(self, call: Call) -> None:
        call.places[self.place] = rename_key(call.places[self.place], self.name, self.to)

    def old(self, call: Call) -> None:
        call.places[self.place] = rename_key(call.places[self.place], self.to, self.name)


@dataclass(frozen=True, slots=True)
class AlterArgument:
    """A parameter's value has another form."""

    place: str
    name: str
    form: Form

    def new(self, call: Call) -> None:
        values = call.places[self.place]
        if self.name in values:
            values[self.name] = self.form.new(values[self.name])

    def old(self, call: Call) -> None:
        values = call.places[self.place]
        if self.name in values:
            values[self.name] = self.form.old(values[self.name])


@dataclass(frozen=True, slots=True)
class MoveArgument:
    """A parameter is given in another place; "body" is a member of the body object."""

    name: str
    place: str
    to_place: str
    to_name: str

    def new(self, call: Call) -> None:
        _move(call, self.place, self.name, self.to_place, self.to_name)

    def old(self, call: Call) -> None:
        _move(call, self.to_place, self.to_name, self.place, self.name)


def _move(call: Call, place: str, name: str, to_place: str, to_name: str) -> None:
    if place == "body":
        if not isinstance(call.body, dict) or name not in call.body:
            return
        value = call.body[name]
        call.body = {key: member for key, member in call.body.items() if key != name}
        if not call.body and to_place != "body":
            call.body, call.media_type = ABSENT, None
    else:
        if name not in call.places[place]:
            return
        value = call.places[place].pop(name)
    if to_place == "body":
        if call.body is ABSENT:
            call.body, call.media_type = {}, "application/json"
        if isinstance(call.body, dict):
            call.body = {**call.body, to_name: value}
    else:
        call.places[to_place][to_name] = value


@dataclass(frozen=True, slots=True)
class NewDefault:
    """Leaving a parameter out means another value than before: calls say which one they mean."""

    place: str
    name: str
    before: Any
    after: Any

    def new(self, call: Call) -> None:
        _supply(call, self.place, self.name, self.before)

    def old(self, call: Call) -> None:
        _supply(call, self.place, self.name, self.after)


def _supply(call: Call, place: str, name: str, value: Any) -> None:
    """Give a value where the call gives none; a missing body stays missing."""
    if place != "body":
        call.places[place].setdefault(name, value)
    elif isinstance(call.body, dict) and name not in call.body:
        call.body = {**call.body, name: value}


@dataclass(frozen=True, slots=True)
class Need:
    """A value must be given that the old form did not have."""

    place: str
    name: str
    value: Any
    known: bool = False
    """The old form had the input too, optionally: going back keeps it."""

    def new(self, call: Call) -> None:
        if self.place == "body" and call.body is ABSENT:
            call.body, call.media_type = {}, "application/json"
        _supply(call, self.place, self.name, self.value)

    def old(self, call: Call) -> None:
        if self.known:
            return
        if self.place != "body":
            call.places[self.place].pop(self.name, None)
        elif isinstance(call.body, dict):
            call.body = {key: value for key, value in call.body.items() if key != self.name}
