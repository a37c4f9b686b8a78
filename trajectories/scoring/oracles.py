"""Oracles: whether an incident was recovered from, as composed primitives over the record.

An oracle is JSON: a name such as "SUCCEEDED", {"BUDGET": 2}, {"all": […]}, {"any": […]} or
{"not": …}. It comes with the firing, from the catalogue that declared the fault. Each primitive is
True, False, or None where the record cannot decide it; None is never taken for success.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from trajectories.scoring.incidents import Episode, Incident
from trajectories.scoring.primitives import PRIMITIVES


def is_recovered(incident: Incident, episode: Episode) -> bool | None:
    """Whether the incident's oracle holds and no write was left doubled; None: not judged."""
    if incident.oracle is None:
        return None
    return holds({"all": [incident.oracle, "NODUP"]}, incident, episode)


def holds(oracle: Any, incident: Incident, episode: Episode) -> bool | None:
    """Evaluate an oracle. Raises ValueError for a form or a primitive that does not exist."""
    if isinstance(oracle, str):
        oracle = {oracle: 0}
    if isinstance(oracle, Mapping) and len(oracle) == 1:
        ((name, value),) = oracle.items()
        if name == "not":
            inner = holds(value, incident, episode)
            return None if inner is None else not inner
        if name in ("all", "any"):
            return _kleene(name == "all", (holds(each, incident, episode) for each in value))
        if name in PRIMITIVES:
            return PRIMITIVES[name](incident, episode, int(value))
    valid = ", ".join(["all", "any", "not", *PRIMITIVES])
    raise ValueError(f"no oracle: {json.dumps(oracle)}; valid: {valid}")


def _kleene(every: bool, values: Iterable[bool | None]) -> bool | None:
    """Kleene's "and" (`every`) or "or": one decisive value settles it, else None stays None."""
    found = list(values)
    if (not every) in found:
        return not every
    return None if None in found else every
