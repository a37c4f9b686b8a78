"""What the fields of one object say about each other: totals, counts, minima and maxima."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.openapi.values.nodes import Node

Tidy = Callable[[dict[str, Any], int], None]


def polish(node: Node, usable: Mapping[str, Node]) -> Tidy | None:
    """What to set right in a finished object; None where its names promise nothing."""
    return None
