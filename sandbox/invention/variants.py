"""Variants of a document: what it might have become, by one to three drift operators each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.draws import Draw
from sandbox.drift import releases
from sandbox.drift.catalogue import catalogue
from sandbox.errors import PlanError


def variants(world: Any, n: int, *, seed: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Up to `n` variants as (operators, OpenAPI document).

    Operators that a document gives no place for are left out; none is tried more than four times
    as often as there are documents wanted.
    """
    ids = [str(row["id"]) for row in catalogue()]
    seen: set[str] = set()
    for index in range(4 * n):
        draw = Draw("variants", seed, index)
        plan = ",".join(sorted(draw.child("ids").shuffled(ids)[: draw.integer(1, 3, "count")]))
        try:
            last = releases(plan, world, seed=seed + index).releases[-1]
        except (PlanError, IndexError):
            continue
        text = repr(last.document.tree)
        if text not in seen:
            seen.add(text)
            yield plan, last.document.tree
        if len(seen) == n:
            return
