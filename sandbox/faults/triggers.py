"""When a rule fires: models of time, each a small validated value.

Rules that count arrivals depend on the order of calls and say so (`order_sensitive`); the others
draw from a key made of the call itself and do not care who came first.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scope = Literal["global", "client", "connection", "operation", "wire", "intent"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0.0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Always(_Model):
    """Fires on every call: a permanent fault."""

    model: Literal["always"] = "always"


class Iid(_Model):
    """Fires with probability `p`, independently; `sticky` draws once per intent or operation."""

    model: Literal["iid"] = "iid"
    p: Probability = 0.2
    sticky: Literal["no", "intent", "operation"] = "no"


class FirstN(_Model):
    """Fires on the first `n` calls of the scope: recovers on attempt n + 1."""

    model: Literal["first_n"] = "first_n"
    n: Count = 1
    scope: Scope = "intent"


class EveryNth(_Model):
    """Fires on calls offset, offset + n, … of the scope (counted from 0)."""

    model: Literal["every_nth"] = "every_nth"
    n: Annotated[int, Field(ge=1)] = 3
    offset: Count = 0
    scope: Scope = "operation"


class AtCalls(_Model):
    """Fires on these calls of the scope, counted from 0; `after`: on every call from there."""

    model: Literal["at_calls"] = "at_calls"
    calls: tuple[Count, ...] = ()
    after: Count | None = None
    scope: Scope = "global"


class Window(_Model):
    """Fires in [from_s, to_s) of virtual time, or in calls [from_call, to_call) of the scope."""

    model: Literal["window"] = "window"
    from_s: Seconds | None = None
    to_s: Seconds | None = None
    from_call: Count | None = None
    to_call: Count | None = None
    scope: Scope = "global"

    @model_validator(mode="after")
    def _check_bounds(self) -> Window:
        if all(bound is None for bound in (self.from_s, self.to_s, self.from_call, self.to_call)):
            raise ValueError("a window needs from_s/to_s (virtual seconds) or from_call/to_call")
        return self


class Burst(_Model):
    """Gilbert–Elliott: a good and a bad state, one chain step per call of the scope.

    Stationary share of bad steps p_gb / (p_gb + p_bg), mean burst 1 / p_bg calls.
    """

    model: Literal["burst"] = "burst"
    p_gb: Probability = 0.02
    p_bg: Probability = 0.3
    h_good: Probability = 0.0
    h_bad: Probability = 1.0
    scope: Scope = "operation"


class TokenBucket(_Model):
    """Fires when the bucket of the scope is empty; the wait until the next token is known."""

    model: Literal["token_bucket"] = "token_bucket"
    capacity: Annotated[int, Field(ge=1)] = 5
    refill_per_s: Annotated[float, Field(gt=0)] = 0.2
    cost: Annotated[float, Field(gt=0)] = 1.0
    scope: Scope = "global"


class Concurrency(_Model):
    """Fires while `max_inflight` calls of the scope began less than `hold_s` ago."""

    model: Literal["concurrency"] = "concurrency"
    max_inflight: Annotated[int, Field(ge=1)] = 1
    hold_s: Seconds = 0.5
    scope: Scope = "global"


class StateGuard(_Model):
    """Fires while the state fits: at least `count` entities in the collection, all its fields."""

    model: Literal["state_guard"] = "state_guard"
    collection: str
    count: Count = 1
    written: bool = True
    """Count entities written in this session only."""
    where: dict[str, Any] = Field(default_factory=dict)
    n: Count | None = 1
    """Firings per intent; None: as long as the state fits."""


class TwoStage(_Model):
    """Armed for the whole session with `p_arm`, then fires with `p` on each call."""

    model: Literal["two_stage"] = "two_stage"
    p_arm: Probability = 0.5
    p: Probability = 0.25


class Schedule(_Model):
    """The fault of call k of the scope is `steps[k]` (null: none); afterwards nothing."""

    model: Literal["schedule"] = "schedule"
    steps: tuple[str | None, ...]
    scope: Scope = "global"
    last_sticks: bool = False


class Adaptive(_Model):
    """Fires with a probability that follows the agent: `p` at first, in the scope.

    Whoever comes back within `within_s` virtual seconds of a firing raises it by `up`, whoever
    waits longer lowers it by `down`; at 0 it is over. Agents meet different faults under it, so
    it is for stress and never for comparing them.
    """

    model: Literal["adaptive"] = "adaptive"
    p: Probability = 0.2
    up: Probability = 0.2
    down: Probability = 0.2
    within_s: Seconds = 1.0
    scope: Scope = "operation"


Trigger = Annotated[
    Always | Iid | FirstN | EveryNth | AtCalls | Window | Burst | TokenBucket | Concurrency
    | StateGuard | TwoStage | Schedule | Adaptive,
    Field(discriminator="model"),
]  # fmt: skip


ModelName = Literal[
    "always", "iid", "first_n", "every_nth", "at_calls", "burst", "token_bucket",
    "concurrency", "two_stage", "adaptive",
]  # fmt: skip
"""Models that a bare name stands for, with their defaults."""


def order_sensitive(trigger: Trigger) -> bool:
    """Whether the order in which different calls arrive decides which of them is hit."""
    if isinstance(trigger, (Always, Iid, TwoStage)):
        return False
    if isinstance(trigger, (FirstN, Burst, EveryNth, AtCalls)):
        return trigger.scope != "intent"
    if isinstance(trigger, Window):
        return trigger.from_call is not None or trigger.to_call is not None
    return True
