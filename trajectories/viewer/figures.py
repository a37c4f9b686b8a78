"""Numbers on a page: curves, bars and tables, drawn without a script and readable on a phone.

Text stands in HTML beside the drawing, never in it, so it keeps its size whatever the width is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

POINTS: Final = 300
"""Points of one curve at most; more are averaged in groups of equal length."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A curve over steps counted from 1, with its running mean where it is long."""

    title: str
    values: Sequence[float]
    x: str = "step"
    y: str = ""

    @property
    def heights(self) -> list[float]:
        """Marks of the upright axis, highest first."""
        values = [value for value in self.values if math.isfinite(value)]
        return _marks(min(values, default=0.0), max(values, default=1.0))[::-1]

    @property
    def path(self) -> str:
        """The curve as points of an SVG polyline in a box of 100 by 100."""
        return self._points(self.values)

    @property
    def mean(self) -> str:
        """The same of the running mean over a twentieth of the steps; "" for a short curve."""
        reach = len(self.values) // 40
        if reach < 1:
            return ""
        around = (
            self.values[max(0, at - reach) : at + reach + 1] for at in range(len(self.values))
        )
        return self._points([sum(part) / len(part) for part in around])

    def _points(self, values: Sequence[float]) -> str:
        top, bottom = self.heights[0], self.heights[-1]
        size = max(1, math.ceil(len(values) / POINTS))
        points = []
        for start in range(0, len(values), size):
            part = values[start : start + size]
            middle = start + (len(part) - 1) / 2
            x = 100 * middle / max(1, len(values) - 1)
            y = 100 * (top - sum(part) / len(part)) / (top - bottom)
            if math.isfinite(y):
                points.append(f"{x:.2f},{y:.2f}")
        return " ".join(points)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its interval, where it has one; None where there is no value."""

    label: str
    value: float | None
    interval: tuple[float, float] | None = None
    group: str = ""
    note: str = ""
    """Stands after the number."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other; bars of one group stand together under its name."""

    title: str
    bars: Sequence[Bar]
    unit: str = ""
    top: float | None = None
    """What a full bar is; the largest value unless given."""

    @property
    def full(self) -> float:
        ends = [each.interval[1] if each.interval else each.value or 0.0 for each in self.bars]
        return self.top or max(ends, default=0.0) or 1.0

    @property
    def groups(self) -> dict[str, list[Bar]]:
        found: dict[str, list[Bar]] = {}
        for each in self.bars:
            found.setdefault(each.group, []).append(each)
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values under their columns; a number stands right, an interval as `low – high`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """A page of numbers."""

    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence[Lines | Bars | Table] = ()
    note: str = ""


def _marks(low: float, high: float) -> list[float]:
    """Three to six round numbers with equal steps that enclose both."""
    span = (high - low) or abs(high) or 1.0
    rough = span / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]
