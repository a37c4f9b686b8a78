"""Numbers: a plausible range for the field's name, cut by the schema's bounds and steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from sandbox.document.json_schema import INTEGER_BOUNDS
from sandbox.errors import NoInstance
from sandbox.values.judge import checker
from sandbox.values.keys import mix
from sandbox.values.lexicon import tokens
from sandbox.values.moments import moment, stage
from sandbox.values.nodes import Impossible, Node, Plan, Scalar
from sandbox.values.people import coordinate
from sandbox.values.run import Make, Run

# Ends of names -> (low, high, digits after the point).
_RANGES: Final[tuple[tuple[frozenset[str], tuple[int, int, int]], ...]] = tuple(
    (frozenset(words.split()), bounds)
    for words, bounds in (
        ("latitude lat", (-90, 90, 5)),
        ("longitude lng lon long", (-180, 180, 5)),
        ("age", (18, 80, 0)),
        ("year", (1995, 2026, 0)),
        ("month", (1, 12, 0)),
        ("day", (1, 28, 0)),
        ("hour", (0, 23, 0)),
        ("minute minutes", (0, 59, 0)),
        ("second seconds", (0, 59, 0)),
        ("rating stars score", (1, 5, 1)),
        ("popularity percent percentage pct progress ratio rate", (0, 100, 1)),
        ("probability confidence temperature", (0, 1, 2)),
        ("quantity qty", (1, 12, 0)),
        ("count total number_of num counts", (0, 60, 0)),
        ("page offset index position", (1, 5, 0)),
        ("limit per_page pagesize page_size", (10, 50, 0)),
        ("price amount cost fee subtotal tax discount salary balance revenue", (5, 500, 2)),
        ("size bytes length", (100, 500_000, 0)),
        ("width height", (100, 2000, 0)),
        ("weight", (1, 80, 1)),
        ("port", (1024, 65535, 0)),
        ("duration timeout ttl interval delay expires_in", (10, 3600, 0)),
        ("status code", (200, 200, 0)),
        ("stock inventory", (0, 400, 0)),
        ("version revision", (1, 9, 0)),
        ("id ids", (1_000, 999_999, 0)),
    )
)
_EXACT: Final = 2**53
"""Beyond this a float is no exact whole number."""
_EPOCHS: Final = frozenset("created updated timestamp at expires started ended date".split())


def number_plan(node: Node, *, whole: bool) -> Plan:
    """How numbers of a node are made."""
    flats = node.parts.flats
    low, high = _bounds(flats, whole)
    steps = [Fraction(str(flat["multipleOf"])) for flat in flats if flat.get("multipleOf")]
    usual_low, usual_high, digits = _usual(node)
    step = _step(steps, whole, digits)
    test = checker({"type": "integer" if whole else "number"}, *flats)
    free = low is None and high is None and not steps
    wide = (low, high)
    low = _least(usual_low, low, high)
    high = _most(usual_high, low, wide[1])
    if wide[0] is not None and wide[1] is not None and wide[0] > wide[1]:
        return Impossible(f"{node.label} wants at least {wide[0]} and at most {wide[1]}")
    while not steps and not whole and 0 < high - low < 8 * step:
        step /= 10
    first, last = ceil(low / step), floor(high / step)
    named = _by_name(node, whole)
    if free and named is not None:
        return Scalar(_plain(named))
    return Scalar(_multiples(node, named, step, (first, last), (low, high), whole, test))


def _bounds(
    flats: tuple[Mapping[str, Any], ...], whole: bool
) -> tuple[Fraction | None, Fraction | None]:
    lows: list[Fraction] = []
    highs: list[Fraction] = []
    for flat in flats:
        lows += [Fraction(str(flat[key])) for key in ("minimum", "exclusiveMinimum") if key in flat]
        highs += [
            Fraction(str(flat[key])) for key in ("maximum", "exclusiveMaximum") if key in flat
        ]
        bounds = INTEGER_BOUNDS.get(str(flat.get("format"))) if whole else None
        if bounds:
            lows.append(Fraction(bounds[0]))
            highs.append(Fraction(bounds[1]))
    return (max(lows) if lows else None), (min(highs) if highs else None)


def _step(steps: list[Fraction], whole: bool, digits: int) -> Fraction:
    made = Fraction(1) if whole else Fraction(1, 10**digits)
    if not steps:
        return made
    made = Fraction(1) if whole else steps[0]
    for each in steps:
        # Least common multiple of two fractions.
        top = made.numerator * each.denominator
        bottom = each.numerator * made.denominator
        made = made * Fraction(bottom, Fraction(top, bottom).numerator and _gcd(top, bottom))
    return made


def _gcd(left: int, right: int) -> int:
    while right:
        left, right = right, left % right
    return left


def _usual(node: Node) -> tuple[Fraction, Fraction, int]:
    parts = tokens(node.name)
    for names, (low, high, digits) in _RANGES:
        if parts and (parts[-1] in names or "_".join(parts[-2:]) in names):
            return Fraction(low), Fraction(high), digits
    if parts and (parts[0] in ("total", "num", "open") or _is_plural(parts[-1])):
        return Fraction(0), Fraction(60), 0
    return Fraction(1), Fraction(1000), 2


def _is_plural(word: str) -> bool:
    """A number called by a plural counts things: forks, watchers, open_issues."""
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))


def _least(usual: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    if low is not None and usual < low:
        return low
    if high is not None and usual > high:
        return low if low is not None else high - 100
    return usual


def _most(usual: Fraction, low: Fraction, high: Fraction | None) -> Fraction:
    if high is not None and usual > high:
        return high
    return usual if usual >= low else (high if high is not None else low + 1000)


def _by_name(node: Node, whole: bool) -> Callable[[int, int], float] | None:
    """Numbers that belong to an entity: its place, its points in time."""
    parts = tokens(node.name)
    last = parts[-1] if parts else ""
    role = "_".join(parts[:-1])
    if not whole and last in ("lat", "latitude"):
        return coordinate("latitude", role)
    if not whole and last in ("lng", "lon", "longitude"):
        return coordinate("longitude", role)
    if whole and (last in _EPOCHS or (last == "time" and stage(node.name) != 0.1)):
        when = moment(node.name)
        return lambda key, owner: int(when(key, owner).timestamp())
    return None


def _plain(named: Callable[[int, int], float]) -> Make:
    return lambda key, owner, run: named(key, owner)


def _multiples(
    node: Node,
    named: Callable[[int, int], float] | None,
    step: Fraction,
    indexes: tuple[int, int],
    bounds: tuple[Fraction, Fraction],
    whole: bool,
    test: Callable[[Any], bool],
) -> Make:
    """Multiples of a step between two indexes, each tested."""
    label, top, bottom = node.name or node.label, step.numerator, step.denominator
    first, last = indexes
    count = last - first + 1
    # Ends last: exclusive bounds and float noise are found there.
    ends = (first, last, first + 1, last - 1)
    others: list[float] = [0, 1, -1]
    if not whole:
        low, high = bounds
        others = [float(low), float(high), float((low + high) / 2), *others]

    def at(index: int) -> float:
        # A whole number is written without a point, whatever its type.
        exact = index * top
        even = whole or (exact % bottom == 0 and abs(exact) < _EXACT * bottom)
        return exact // bottom if even else exact / bottom

    def make(key: int, owner: int, run: Run) -> Any:
        if named is not None:
            value = named(key, owner)
            if test(value):
                return value
        for attempt in range(40 if count > 0 else 0):
            each = key if attempt == 0 else mix(key + attempt)
            value = at(first + each % count if attempt < 36 else ends[attempt - 36])
            if test(value) and _even(value, top, bottom, whole):
                return value
        for value in (at(first), at(last), *others):
            if test(value):
                return value
        raise NoInstance("", f"no number found for {label}")

    return make


def _even(value: float, top: int, bottom: int, whole: bool) -> bool:
    """Whether naive validators that divide floats see the multiple too."""
    if whole or bottom == 1:
        return True
    quotient = value / (top / bottom)
    return quotient.is_integer()
