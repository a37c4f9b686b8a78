"""What an observation says about trouble, and how long it asks to wait. Reading only, no acting."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, Literal

from agent.policies.actions import Seen
from agent.policies.knowledge import Scene, body_of, header_of
from agent.runtime.forms.shown_values import admits_failure

Trouble = Literal[
    "none", "busy", "lost", "broken", "disguised", "garbled", "stale", "locked", "refused"
]  # fmt: skip

REASONS: Final[Mapping[Trouble, str]] = {
    "none": "That went well.",
    "busy": "The server was busy.",
    "lost": "No response arrived.",
    "broken": "The server failed.",
    "disguised": "The reply looks fine but says that it failed.",
    "garbled": "The reply cannot be read.",
    "stale": "Somebody has changed it in the meantime.",
    "locked": "The credentials were not accepted.",
    "refused": "The call was refused.",
}

AMBIGUOUS: Final = frozenset({"lost", "broken", "disguised", "garbled"})
"""After these a write may have happened all the same."""

_LATER: Final = re.compile(r"try again|retry|in progress|locked|too many|rate limit", re.IGNORECASE)

_EPOCH: Final = 1e8
"""A reset above this is a point in time, not a duration."""


def trouble(seen: Seen, *, reads_bodies: bool = False) -> Trouble:
    """What kind of trouble an observation shows; `reads_bodies` looks behind a status of 2xx."""
    if not seen.error:
        if not reads_bodies:
            return "none"
        body = body_of(seen)
        if body is None and seen.text[:1] in ("{", "["):
            return "garbled"
        return "disguised" if admits_failure(body) else "none"
    status = seen.status
    if status is None:
        return "lost"
    if status == 429 or header_of(seen, "retry-after") is not None:
        return "busy"
    if status in (403, 503) and header_of(seen, "x-ratelimit-remaining") == "0":
        return "busy"
    if status in (409, 423, 425):
        return "busy" if _LATER.search(seen.text) else "stale"
    if status in (412, 428):
        return "stale"
    if status == 401 or header_of(seen, "www-authenticate") is not None:
        return "locked"
    return "broken" if status >= 500 else "refused"


def asked_wait(scene: Scene, seen: Seen) -> float | None:
    """The seconds that a reply asks to wait, in any of the usual headers; None when it does not."""
    after = header_of(seen, "retry-after")
    if after is not None:
        number = _number(after)
        return max(0.0, number) if number is not None else scene.seconds_until(after)
    reset = _number(header_of(seen, "x-ratelimit-reset") or "")
    if reset is None:
        return None
    return max(1.0, reset) if reset < _EPOCH else scene.seconds_until_epoch(reset)


def error_summary(seen: Seen) -> str:
    """An error in a few words."""
    if seen.status is None:
        return "no response arrived"
    if not seen.error:
        return "the reply reports a failure"
    return seen.text.partition("\n")[0].removeprefix("HTTP ")[:60]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
