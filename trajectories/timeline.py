"""One episode step by step: what the agent wrote, what it was shown, and what was true.

The one reading of a record that the terminal (`wavetank show`), the viewer and the reports share.
Pure: the same record gives the same timeline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from trajectories import canonical
from trajectories.records import Message, Trajectory
from trajectories.scoring.exchanges import Row, effects, firings, harmful, intent, status
from trajectories.scoring.findings import findings

_ABSENT: Final = object()
_TRANSPORT: Final = {
    "timeout": "no reply (timeout)",
    "reset": "no reply (connection reset)",
    "closed": "no reply (connection closed)",
    "garbled": "a reply that cannot be read",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an entity before and after a call; None where it was not there."""

    pointer: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class EntityChange:
    """One committed change: kind is create, update or delete."""

    kind: str
    collection: str
    id: str
    fields: tuple[FieldChange, ...]

    @property
    def place(self) -> str:
        return f"{self.collection}/{self.id}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a role, with its index in the record."""

    index: int
    role: str
    text: str
    labels: tuple[str, ...]
    learn: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One call with its observation and its truth, or the turns that end the episode."""

    number: int
    """From 1."""
    turns: tuple[Turn, ...]
    tool: str | None
    """None on the step that ends the episode."""
    arguments: str
    observation: str | None
    shown: str
    """The status that the agent saw, in words."""
    at: float
    """Virtual seconds at which the call arrived."""
    row: Row
    """The ledger's row; empty where no call reached the world."""
    changes: tuple[EntityChange, ...]
    faults: tuple[str, ...]
    gap: str
    """Where what was shown and what was true parted, in one sentence; "" where they agree."""
    repeats: int | None
    """Number of the earlier step with the same intent, where there is one."""
    run: int = 1
    """How many times in a row, this one included, the same call was answered the same way."""
    repairs: int | None = None
    """Number of the failed step of the same operation that this one got right."""
    mended: tuple[FieldChange, ...] = ()
    """The arguments that differ from that step's."""
    findings: tuple[str, ...] = ()
    """Kinds of findings that this step's row shows."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all turns of this step, each once, in order of first use."""
        return tuple(dict.fromkeys(label for turn in self.turns for label in turn.labels))

    @property
    def problems(self) -> tuple[str, ...]:
        """What the document finds wrong with the call."""
        found = self.row.get("problems") or ()
        return tuple(f"{each.get('pointer') or '/'}: {each.get('message')}" for each in found)

    @property
    def failed(self) -> bool:
        """Whether the agent was shown a failure, or no reply."""
        return _is_failure(self.row)

    @property
    def committed(self) -> bool:
        return bool(self.changes)

    @property
    def release(self) -> int:
        return int(self.row.get("release") or 0)

    @property
    def docs(self) -> int:
        return int(self.row.get("docs") or 0)


def timeline(record: Trajectory) -> tuple[Step, ...]:
    """The record's steps in order. Calls that could not be read have an empty ledger row."""
    rows = iter(record.ledger)
    steps: list[Step] = []
    first: dict[str, int] = {}
    for turns in _steps(record.messages):
        call = next((turn for turn in turns if record.messages[turn.index].call is not None), None)
        spoken = any(turn.role == "caller" for turn in turns)
        row: Row = next(rows, {}) if call is not None else {}
        number = len(steps) + 1
        meant = intent(row)
        repeats = first.get(meant) if meant else None
        if meant:
            first.setdefault(meant, number)
        observed = next((turn for turn in turns if turn.role == "observation"), None)
        message = record.messages[call.index].call if call is not None else None
        unread = next((turn.text for turn in turns if turn.role == "caller"), "")
        steps.append(
            Step(
                number=number,
                turns=turns,
                tool=message.name if message is not None else ("" if spoken else None),
                arguments=message.text() if message is not None else unread,
                observation=observed.text if observed is not None else None,
                shown=_status_text(row, observed, record),
                at=float(row.get("at") or (steps[-1].at if steps else 0.0)),
                row=row,
                changes=tuple(_changes(row)),
                faults=tuple(dict.fromkeys(str(f["fault"]) for f in firings(row))),
                gap=_gap(row),
                repeats=repeats,
            )
        )
    return tuple(_with_repairs(steps, _shown_by(record)))


def _shown_by(record: Trajectory) -> dict[int, list[str]]:
    """Ledger row → the findings it shows."""
    found: dict[int, list[str]] = {}
    for each in findings(record):
        for row in each.rows:
            found.setdefault(row, []).append(each.kind)
    return found


def _with_repairs(steps: Sequence[Step], shown: Mapping[int, Sequence[str]]) -> Iterator[Step]:
    """The steps with what only their neighbours tell: repairs, runs of one call, findings."""
    failed: dict[str, Step] = {}
    before: Step | None = None
    seq = 0
    for step in steps:
        if step.row:
            step = replace(step, findings=tuple(shown.get(int(step.row.get("seq", seq)), ())))
            seq += 1
        operation = str(step.row.get("operation") or "")
        if operation and step.failed:
            failed[operation] = step
        elif operation in failed:
            broken = failed.pop(operation)
            mended = tuple(_fields("", _arguments(broken), _arguments(step)))
            step = replace(step, repairs=broken.number, mended=mended)
        if before is not None and step.tool and _same_reply(before, step):
            step = replace(step, run=before.run + 1)
        before = step
        yield step


def _same_reply(one: Step, other: Step) -> bool:
    return _call_key(one) == _call_key(other) and one.observation == other.observation


def _arguments(step: Step) -> Any:
    try:
        return canonical.loads(step.arguments.encode("utf-8", "replace"))
    except ValueError:
        return step.arguments


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a comparison; one side is None where only the other made the step."""

    left: Step | None
    right: Step | None
    relation: Literal["same", "other reply", "other call", "only left", "only right"]


def compare(left: Sequence[Step], right: Sequence[Step]) -> tuple[Pair, ...]:
    """Two timelines aligned by their calls; they part at the first pair that is not "same"."""
    a_keys, b_keys = ([_call_key(step) for step in steps] for steps in (left, right))
    pairs: list[Pair] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a_keys, b_keys, autojunk=False).get_opcodes():
        if tag == "equal":
            for a, b in zip(left[i1:i2], right[j1:j2], strict=True):
                same = a.observation == b.observation and a.changes == b.changes
                pairs.append(Pair(a, b, "same" if same else "other reply"))
            continue
        shared = min(i2 - i1, j2 - j1)
        pairs += [Pair(left[i1 + n], right[j1 + n], "other call") for n in range(shared)]
        pairs += [Pair(step, None, "only left") for step in left[i1 + shared : i2]]
        pairs += [Pair(None, step, "only right") for step in right[j1 + shared : j2]]
    return tuple(pairs)


def _call_key(step: Step) -> tuple[str, str]:
    if step.tool is None:
        return "", "\n".join(turn.text for turn in step.turns)
    return step.tool, step.arguments


def _steps(messages: Sequence[Message]) -> Iterator[tuple[Turn, ...]]:
    """Turns of one step: a planner's turn opens one, an observation closes it."""
    group: list[Turn] = []
    for index, message in enumerate(messages):
        if message.role == "user":
            continue
        opens = message.role == "planner" or (
            message.role == "caller" and any(turn.role == "caller" for turn in group)
        )
        if group and opens:
            yield tuple(group)
            group = []
        group.append(
            Turn(index, message.role, message.content, tuple(message.labels), message.learn)
        )
        if message.role == "observation":
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _status_text(row: Row, observed: Turn | None, record: Trajectory) -> str:
    transport = (row.get("response") or {}).get("transport")
    if transport:
        return _TRANSPORT.get(transport, str(transport))
    seen = status(row) or (record.messages[observed.index].status if observed is not None else None)
    return str(seen or "")


def _is_failure(row: Row) -> bool:
    return bool((row.get("response") or {}).get("transport")) or status(row) >= 400


def _gap(row: Row) -> str:
    transport = (row.get("response") or {}).get("transport")
    failed = _is_failure(row)
    truth = row.get("truth")
    if effects(row) and failed:
        places = ", ".join(f"{e['kind']} {e['collection']}/{e['id']}" for e in effects(row))
        return f"The agent was shown a failure; the write was committed ({places})."
    if truth is not None and (transport or truth.get("status") != status(row)):
        return f"An undisturbed server would have answered {truth.get('status')}."
    said = (row.get("response") or {}).get("sha256")
    held = (truth or {}).get("sha256", said)
    # What came late, or with noise that nobody needs, is true all the same.
    hit = harmful(row)
    if hit and not failed and (said != held or any(firing.get("silent") for firing in hit)):
        return "The reply is not what the server held to be true."
    return ""


def _changes(row: Row) -> Iterator[EntityChange]:
    for effect in effects(row):
        before, after = effect.get("before"), effect.get("after")
        fields = tuple(_fields("", before or {}, after or {}))
        yield EntityChange(
            str(effect.get("kind")), str(effect.get("collection")), str(effect.get("id")), fields
        )


def _fields(pointer: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            step = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield from _fields(step, before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif before is _ABSENT or after is _ABSENT or before != after:
        yield FieldChange(pointer or "/", _text(before), _text(after))


def _text(value: Any) -> str | None:
    return None if value is _ABSENT else canonical.dumps(value).decode("utf-8", "replace")
