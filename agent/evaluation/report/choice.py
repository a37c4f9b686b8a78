"""Which agent a pilot's figures speak for: three roles, one larger model, or none yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TRAINED: Final = "trained α-UMi"
UNTRAINED: Final = "untrained"
BUNDLED: Final = "bundled α-UMi"
"""What the report calls our own models: after training here, the backbone alone, and as shipped."""
ROLES: Final = "three roles"
LARGER: Final = "one larger model"
NOT_YET: Final = "not yet"
"""The choices."""


def choice(result: Mapping[str, Any]) -> dict[str, str] | None:
    """`answer` and `reason`, from whole tasks alone; None where no roles were tried on any.

    Three roles, when they solve more than what stood there before them and no compared agent
    solves more than they do; one larger model, when a compared agent does. More means that the
    95 % interval of the paired difference excludes zero.
    """
    gains: Mapping[str, Any] = result["evaluation"].get("gains") or {}
    if not gains:
        return None
    better = {
        agent: gain for agent, gain in gains.items() if gain["interval"] and gain["interval"][1] < 0
    }
    if better:
        agent, gain = min(better.items(), key=lambda item: item[1]["points"])
        return {"answer": LARGER, "reason": _solves_more(agent, TRAINED, gain, -1)}
    before = BUNDLED if BUNDLED in gains else UNTRAINED
    if before not in gains:
        return {"answer": NOT_YET, "reason": "nothing was tried beside the roles"}
    gain = gains[before]
    if gain["interval"] and gain["interval"][0] > 0:
        return {"answer": ROLES, "reason": _solves_more(TRAINED, before, gain)}
    told = f"{gain['n_tasks']} whole tasks do not tell {TRAINED} from {before}"
    return {"answer": NOT_YET, "reason": f"{told}: {_points(gain)}"}


def _solves_more(one: str, other: str, gain: Mapping[str, Any], sign: int = 1) -> str:
    return f"{one} solves more of {gain['n_tasks']} whole tasks than {other}: {_points(gain, sign)}"


def _points(gain: Mapping[str, Any], sign: int = 1) -> str:
    points, ends = sign * gain["points"], gain["interval"]
    if ends is None:
        return f"{points:+.1f} points"
    low, high = sorted(sign * end for end in ends)
    return f"{points:+.1f} points [{low:.1f}, {high:.1f}]"
