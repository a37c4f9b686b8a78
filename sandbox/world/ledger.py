"""The ledger: what was asked, what was said, and what really happened.

One Exchange is one call. What was committed is kept apart from what was said, so that a timeout
after commit, a silent no-op or a duplicate write can be scored without a judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from sandbox import notebook
from sandbox.messages import ABSENT, Arguments, Problem, Request, Response
from sandbox.world.call_keys import canonical_key, plain_json
from sandbox.world.ledger_spill import Spill

if TYPE_CHECKING:
    from sandbox.conventions.idempotency import Idempotency
    from sandbox.world.callbacks import Delivery


# Rows are named tuples: a frozen dataclass of fifteen fields takes a tenth of a call to make.
class Effect(NamedTuple):
    """One committed change of one entity, or one committed call that no entity shows."""

    kind: str
    """create, update, delete or call."""
    collection: str
    """Path of the collection; of a call, its own path."""
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    """The entity; of a call, its operation and its arguments by location."""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "collection": self.collection,
            "id": self.id,
            "before": self.before,
            "after": self.after,
        }


class Firing(NamedTuple):
    """One fault rule or drift release that touched one exchange."""

    rule: str
    fault: str
    instance: int
    draws: Mapping[str, float]
    params: Mapping[str, Any]
    kind: str = "transient"
    """transient, permanent or benign."""
    silent: bool = False
    """Whether nothing but the content of the reply gives it away."""
    oracle: Any = None
    """What counts as recovery, as JSON."""
    solvable: bool = True
    """Whether a polite client can still reach the goal."""
    evidence: Mapping[str, Any] | None = None
    """The truth that it hid, as far as scoring needs it: planted values, true entries, …"""

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "fault": self.fault,
            "instance": self.instance,
            "draws": dict(self.draws),
            "params": dict(self.params),
            "kind": self.kind,
            "silent": self.silent,
            "oracle": self.oracle,
            "solvable": self.solvable,
            "evidence": dict(self.evidence or {}),
        }


class Exchange(NamedTuple):
    """One row of the ledger. Never visible to the agent."""

    seq: int
    at: float
    """Virtual seconds at which the call arrived."""
    tool: str | None
    """The tool name used, or None for a plain HTTP request."""
    operation: str | None
    """Logical operation: its id in the undrifted document; None for none, and for a meta-tool."""
    arguments: Arguments | None
    """Canonical business arguments in undrifted form, where they could be understood."""
    raw: str | None
    """What the agent wrote, when it was not a well-formed call."""
    request: Request | None
    """The wire request, when one came in or had to be built."""
    problems: tuple[Problem, ...]
    effects: tuple[Effect, ...]
    injected: tuple[Firing, ...]
    response: Response
    """What was sent."""
    truth: Response | None
    """What an undisturbed server would have said, when that differs."""
    state_version: int
    release: int
    """Which release of the document answered; 0 is the document itself."""
    docs: int
    """Which release the agent's tools were taken from."""
    deliveries: tuple[Delivery, ...] = ()
    """The callbacks and webhooks that it set off."""
    keyed: Idempotency | None = None
    """Where the operation takes an idempotency key."""

    @property
    def intent(self) -> str:
        """The same for the same business call, whatever its key and before and after drift; ""
        when not understood."""
        asked = self.arguments
        if self.operation is None or asked is None:
            return ""
        asked = asked if self.keyed is None else self.keyed.without(asked)
        return f"{self.operation}:{canonical_key(self.operation, asked).hex()[:16]}"

    @property
    def idempotency(self) -> str | None:
        """The key under which the world honours the call; None for none."""
        if self.keyed is None or self.arguments is None:
            return None
        return self.keyed.key(self.arguments)

    def as_json(self) -> dict[str, Any]:
        """The row as plain JSON values; bodies by digest, and as text when short."""
        row = {
            "seq": self.seq,
            "at": self.at,
            "tool": self.tool,
            "operation": self.operation,
            "intent": self.intent,
            "idempotency": self.idempotency,
            "arguments": None if self.arguments is None else arguments_json(self.arguments),
            "raw": self.raw,
            "problems": [problem_json(problem) for problem in self.problems],
            "effects": [effect.as_json() for effect in self.effects],
            "injected": [firing.as_json() for firing in self.injected],
            "response": response_json(self.response),
            "truth": None if self.truth is None else response_json(self.truth),
            "state_version": self.state_version,
            "release": self.release,
            "docs": self.docs,
        }
        if self.deliveries:
            row["deliveries"] = [each.as_json() for each in self.deliveries]
        return row


def arguments_json(arguments: Arguments) -> dict[str, Any]:
    """Arguments as a JSON object; empty locations are left out."""
    shown: dict[str, Any] = {
        place: dict(values)
        for place in ("path", "query", "header", "cookie")
        if (values := getattr(arguments, place))
    }
    if arguments.body is not ABSENT:
        shown["body"] = plain_json(arguments.body)
    if arguments.media_type is not None:
        shown["media_type"] = arguments.media_type
    return shown


def problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "pointer": problem.pointer,
        "location": problem.location,
        "keyword": problem.keyword,
        "message": problem.message,
        "name": problem.name,
    }


def response_json(response: Response) -> dict[str, Any]:
    """Status, headers, how the transport ended, and the body's digest and size."""
    return {
        "status": response.status,
        "headers": [list(pair) for pair in response.headers],
        "transport": response.transport,
        "delay": response.delay,
        "size": len(response.body),
        "sha256": sha256(response.body).hexdigest(),
    }


Past = tuple[tuple[Sequence[Exchange], int], ...]
"""Stretches of earlier rows, each with how many of them count; () as rows: they are gone."""


class Ledger(Sequence[Exchange]):
    """Append-only rows. A fork shares its ancestor's rows and copies none of them."""

    __slots__ = ("_past", "_rows", "_settled", "_start")

    def __init__(self, past: Past = ()) -> None:
        self._rows: list[Exchange] = []
        self._follow(past)

    @classmethod
    def after_rows(cls, rows: int) -> Ledger:
        """A ledger after `rows` rows that are not here any more; it counts on from there."""
        return cls((((), rows),)) if rows else cls()

    def _follow(self, past: Past) -> None:
        self._past = past
        self._start = sum(length for _, length in past)
        self._settled = sum(length for rows, length in past if not isinstance(rows, list))

    def __repr__(self) -> str:
        rows = self[self.first :]
        written = sum(bool(row.effects) for row in rows)
        disturbed = sum(bool(row.injected) for row in rows)
        return f"<Ledger: {len(self)} exchanges, {written} of them wrote, {disturbed} with faults>"

    def _repr_html_(self) -> str:
        rows = (
            (
                row.seq,
                row.tool or "",
                row.operation or "",
                row.response.transport or row.response.status,
                ", ".join(firing.fault for firing in row.injected),
                ", ".join(f"{each.kind} {each.collection}/{each.id}" for each in row.effects),
            )
            for row in self[self.first :]
        )
        columns = ("seq", "tool", "operation", "reply", "faults", "really happened")
        return notebook.table(repr(self), columns, rows)

    @property
    def first(self) -> int:
        """The number of the oldest row that is here."""
        return self._past[0][1] if self._past and not self._past[0][0] else 0

    @property
    def loose(self) -> int:
        """How many rows are in memory."""
        return self._start + len(self._rows) - self._settled

    def append(self, exchange: Exchange) -> None:
        self._rows.append(exchange)

    def spill(self, keep: int) -> None:
        """Put all rows but the last `keep` on disk, from where they are read when wanted.

        Raises OSError, and changes nothing, where the disk has no room.
        """
        settled = [each for each in self._past if not isinstance(each[0], list)]
        loose = [row for rows, length in self._past[len(settled) :] for row in rows[:length]]
        loose += self._rows
        cut = len(loose) - keep
        if cut <= 0:
            return
        place, length = settled[-1] if settled else ((), 0)
        if isinstance(place, Spill) and len(place) == length:
            settled.pop()
        else:  # A fork's rows may already follow there.
            place = Spill(Exchange._make)
        place.extend(loose[:cut])
        self._rows = loose[cut:]
        self._follow((*settled, (place, len(place))))

    def fork(self) -> Ledger:
        """A ledger that continues from here; both go on apart from each other."""
        if not self._rows:
            return Ledger(self._past)
        return Ledger((*self._past, (self._rows, len(self._rows))))

    def __len__(self) -> int:
        return self._start + len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        if isinstance(index, slice):
            return list(self)[index]
        position = index if index >= 0 else len(self) + index
        if position >= self._start:
            return self._rows[position - self._start]
        for rows, length in self._past:
            if 0 <= position < length:
                return rows[position]
            position -= length
        raise IndexError(index)

    def __iter__(self) -> Iterator[Exchange]:
        for rows, length in self._past:
            yield from islice(rows, length)
        yield from self._rows
