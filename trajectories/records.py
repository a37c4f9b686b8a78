"""The record of one episode: everything needed to show it, replay it and learn from it.

A record holds no wall time and no host name, so the same seed gives the same bytes.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trajectories import canonical
from trajectories.errors import RecordError

VERSION: Final = 2
"""Of the record. Version 1 had no claim, and no intent, key or oracle in its ledger."""

Role = Literal["user", "planner", "caller", "observation", "summarizer"]
Claim = Literal["done", "not_done", "cannot", "asks", "uncertain", "unclear"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Which document the world was made from."""

    sha256: str = ""
    source: str = ""
    title: str = ""


class Call(_Frozen):
    """A tool call as the agent wrote it."""

    name: str
    arguments: dict[str, Any] | None = None
    """None when `raw` is not a JSON object: the call is malformed and `raw` is all there is."""
    raw: str = ""
    """The arguments' text exactly as written."""

    def text(self) -> str:
        """The arguments as text: what was written, else the canonical form of the values."""
        if self.raw or self.arguments is None:
            return self.raw
        return canonical.dumps(self.arguments).decode()


class Message(_Frozen):
    """One turn."""

    role: Role
    content: str = ""
    """What was written or shown: thought and tag, action text, observation, answer."""
    call: Call | None = None
    """Only on a caller's turn."""
    status: int | None = None
    """Only on an observation: its HTTP status; None also when no response arrived."""
    labels: list[str] = Field(default_factory=list)
    """mistake, fault, drift, recovery, clean; see `trajectories.labels`."""
    learn: bool = True
    """Whether training may take this turn as a target."""


class Outcome(_Frozen):
    """How it ended, judged by the state and never by the agent's own words."""

    success: bool
    end: str
    """finish, give_up, steps, tokens, repeats or error."""
    answer: str | None = None
    claim: Claim | None = None
    """What the user was told; None where nobody has judged it, as in a record of version 1."""
    kind: str | None = None
    """The outcome in a word, see `trajectories.scoring.outcomes`; None in a record of version 1."""
    failures: list[str] = Field(default_factory=list)
    attribution: str | None = None
    """Whose failure it was: agent:ROLE, injected:FAULT, drift:OPERATOR, ours."""
    metrics: dict[str, Any] = Field(default_factory=dict)


class Trajectory(_Frozen):
    """One agent's attempt at one task in one session, self-contained and replayable."""

    version: int = VERSION
    id: str
    document: Source = Field(default_factory=Source)
    task: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    label: str = ""
    faults: Any = None
    """The plan as given; firings are in the ledger."""
    drift: Any = None
    options: dict[str, Any] = Field(default_factory=dict)
    """The session's other options (helpfulness, unknown_ids, …)."""
    agent: str = ""
    tools: list[dict[str, Any]] = Field(default_factory=list)
    """As shown to the agent, in the openai form."""
    messages: list[Message] = Field(default_factory=list)
    ledger: list[dict[str, Any]] = Field(default_factory=list)
    """The truth, one object per exchange."""
    outcome: Outcome
    provenance: dict[str, Any] = Field(default_factory=dict)
    """Versions of what made the record."""

    def __repr__(self) -> str:
        end = "success" if self.outcome.success else f"no success ({self.outcome.end})"
        calls, fired = len(self.ledger), ", ".join(self.fired) or "no fault"
        return f"<Trajectory {self.id}: {self.agent}, {calls} calls, {fired}, {end}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        turns = (f"<b>{turn.role}</b><pre>{escape(turn.content)}</pre>" for turn in self.messages)
        return f"<p><b>{escape(repr(self))}</b></p>{''.join(turns)}"

    @property
    def instruction(self) -> str:
        """What the agent was asked to do."""
        text = self.task.get("instruction")
        if isinstance(text, str):
            return text
        return next((turn.content for turn in self.messages if turn.role == "user"), "")

    @property
    def fired(self) -> list[str]:
        """Ids of the faults that were injected, sorted, each once."""
        firings = (fact for exchange in self.ledger for fact in exchange.get("injected") or ())
        return sorted({str(fact["fault"]) for fact in firings if fact.get("fault")})

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, UTF-8, no spaces, no newline.

        Inside `tools` the keys keep their order: the agent read them in it, and prompts depend
        on it.
        """
        return canonical.record(self.model_dump(), keep=("tools",))

    def digest(self) -> str:
        """The sha256 of the canonical bytes; two equal records have equal digests."""
        return canonical.digest(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes, *, place: str = "record") -> Trajectory:
        """Read canonical bytes back. Raises RecordError naming `place` and the field."""
        try:
            value = canonical.loads(data)
        except ValueError as error:
            raise RecordError(f"{place}: not JSON: {error}") from None
        return cls.from_value(value, place=place)

    @classmethod
    def from_value(cls, value: Any, *, place: str = "record") -> Trajectory:
        """A record from its JSON value. Raises RecordError naming `place` and the field."""
        if not isinstance(value, dict):
            raise RecordError(f"{place}: a trajectory is a JSON object, not {type(value).__name__}")
        version = value.get("version", VERSION)
        if isinstance(version, int) and version > VERSION:
            raise RecordError(
                f"{place}: record version {version} is newer than {VERSION}, the newest this "
                "wavetank reads: upgrade wavetank"
            )
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "record"
            raise RecordError(f"{place}: {field}: {first['msg']}") from None


def identity(**parts: Any) -> str:
    """A trajectory id that is known before the episode runs: 24 hex digits of its parts.

    Give everything that makes the episode what it is (document sha256, task, seed, label, agent,
    faults, drift, options): then a collection that was cut short knows what it still lacks.
    """
    return canonical.digest(canonical.dumps(parts))[:24]
