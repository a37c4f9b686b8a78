"""Steps scored per CPU minute by a local agent, with what was written, for one checkout.

PYTHONPATH=CHECKOUT WAVETANK_CORPUS=… python tests/bench/decoding.py AGENT STEPS [OUT.json]

Run it in turn for two checkouts on one machine: the texts of both must be equal.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from agent.backends import RoleRequest
from agent.backends.local import role_backends
from agent.evaluation import evaluate_roles, read_steps


class Recording:
    """A backend that keeps what was written."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.texts: list[str] = []

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        texts: list[str] = await self.backend.generate(requests)
        self.texts += texts
        return texts


def main(agent: str, count: int) -> dict[str, Any]:
    place = Path(os.environ["WAVETANK_CORPUS"]) / "toolbench" / "out_of_domain.json"
    steps = read_steps(place)[:count]
    backends = role_backends(agent)
    recording = Recording(next(iter(backends.values())))
    roles: Any = dict.fromkeys(backends, recording)
    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(evaluate_roles(steps, roles, max_tokens=96))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    costs = getattr(recording.backend, "costs", None)
    return {
        "agent": agent,
        "steps": count,
        "cpu_seconds": round(cpu, 1),
        "wall_seconds": round(wall, 1),
        "steps_per_cpu_minute": round(60 * count / cpu, 1),
        "costs": None if costs is None else {n: getattr(costs, n) for n in costs.__slots__},
        "texts": recording.texts,
    }


if __name__ == "__main__":
    found = json.dumps(main(sys.argv[1], int(sys.argv[2])), indent=1)
    if len(sys.argv) > 3:
        Path(sys.argv[3]).write_text(found + "\n", encoding="utf-8")
    else:
        sys.stdout.write(found + "\n")
