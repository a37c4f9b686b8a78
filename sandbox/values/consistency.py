"""What the fields of one object say about each other: totals, counts, pairs of bounds.

Names promise these relations, schemas do not. So a finished object is set right only where the
corrected value still meets its own schema; otherwise it stays as it was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.values.hints import holds
from sandbox.values.lexicon import tokens
from sandbox.values.nodes import Node

Tidy = Callable[[dict[str, Any], int], None]
Rule = Callable[[dict[str, Any]], tuple[str, Any] | None]
"""From an object to (property, what it should be), or None where nothing can be said."""

_COUNTS: Final = frozenset(("count", "total", "size", "length", "num", "number"))
_SUMS: Final = ("subtotal", "sub_total", "items_total", "total_items_price", "net_total")
_TOTALS: Final = (
    "total",
    "total_price",
    "total_amount",
    "grand_total",
    "amount_total",
    "total_cost",
    "order_total",
)
_LINES: Final = ("items", "lines", "line_items", "order_items", "products", "entries", "positions")
_PRICES: Final = ("unit_price", "price", "unit_amount", "unit_cost", "amount", "cost")
_QUANTITIES: Final = ("quantity", "qty", "count")
_EXTRAS: Final = (
    ("tax", 1),
    ("tax_amount", 1),
    ("vat", 1),
    ("shipping", 1),
    ("shipping_cost", 1),
    ("delivery_fee", 1),
    ("tip", 1),
    ("discount", -1),
    ("discount_amount", -1),
)
_BOUNDS: Final = (("min", "max"), ("minimum", "maximum"), ("start", "end"), ("from", "to"))


def polish(node: Node, usable: Mapping[str, Node]) -> Tidy | None:
    """What to set right in a finished object; None where its names promise nothing."""
    plain = {"_".join(tokens(name)): name for name in usable}
    rules = [*_line_rules(plain), *_sum_rules(plain), *_count_rules(plain, usable)]
    pairs = _pairs(plain)
    if not rules and not pairs:
        return None

    def tidy(made: dict[str, Any], key: int) -> None:
        for rule in rules:
            found = rule(made)
            if found is not None and found[1] != made.get(found[0]):
                name, value = found
                fitting = (each for each in _spellings(value) if holds(usable[name], each))
                made[name] = next(fitting, made[name])
        for low, high in pairs:
            _in_order(made, low, high, usable)

    return tidy


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _first(plain: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((plain[name] for name in names if name in plain), None)


def _line_rules(plain: Mapping[str, str]) -> list[Rule]:
    """One line's total: quantity times price."""
    price = _first(plain, ("unit_price", "price", "unit_amount", "unit_cost"))
    quantity = _first(plain, _QUANTITIES)
    total = _first(plain, ("line_total", "total", "subtotal", "amount", "total_price"))
    if price is None or quantity is None or total is None or total == price:
        return []
    return [lambda made: _product(made, total, price, quantity)]


def _product(
    made: Mapping[str, Any], total: str, price: str, quantity: str
) -> tuple[str, Any] | None:
    if not all(_number(made.get(name)) for name in (total, price, quantity)):
        return None
    return total, float(made[price] * made[quantity])


def _sum_rules(plain: Mapping[str, str]) -> list[Rule]:
    """Subtotals from the lines; totals from the subtotal, tax, shipping and discount."""
    lines = _first(plain, _LINES)
    subtotal, total = _first(plain, _SUMS), _first(plain, _TOTALS)
    extras = [(plain[name], sign) for name, sign in _EXTRAS if name in plain]
    made: list[Rule] = []
    if lines is not None and subtotal is not None:
        made.append(lambda value: _lines_sum(value, lines, subtotal, []))
    if total is not None and subtotal is not None:
        made.append(lambda value: _total(value, total, subtotal, extras))
    elif total is not None and lines is not None:
        made.append(lambda value: _lines_sum(value, lines, total, extras))
    return made


def _lines_sum(
    made: Mapping[str, Any], lines: str, target: str, extras: list[tuple[str, int]]
) -> tuple[str, Any] | None:
    items = made.get(lines)
    if not isinstance(items, list) or not items or not _number(made.get(target)):
        return None
    amounts = [_line(item) for item in items]
    if any(amount is None for amount in amounts):
        return None
    base = sum(amount for amount in amounts if amount is not None)
    return target, float(base + _extra(made, extras))


def _line(item: Any) -> float | None:
    """What one line adds up to."""
    if not isinstance(item, dict):
        return None
    fields = {"_".join(tokens(name)): value for name, value in item.items() if _number(value)}
    for name in ("line_total", "total", "subtotal", "total_price"):
        if name in fields:
            return float(fields[name])
    price = next((fields[name] for name in _PRICES if name in fields), None)
    if price is None:
        return None
    return float(price * next((fields[name] for name in _QUANTITIES if name in fields), 1))


def _total(
    made: Mapping[str, Any], total: str, subtotal: str, extras: list[tuple[str, int]]
) -> tuple[str, Any] | None:
    if not _number(made.get(total)) or not _number(made.get(subtotal)):
        return None
    return total, float(made[subtotal] + _extra(made, extras))


def _extra(made: Mapping[str, Any], extras: list[tuple[str, int]]) -> float:
    return float(sum(sign * made[name] for name, sign in extras if _number(made.get(name))))


def _spellings(value: Any) -> tuple[Any, ...]:
    """A number as it may be written: whole ones without a point, others rounded if they must."""
    if not isinstance(value, float):
        return (value,)
    exact = round(value, 2)
    return (int(exact),) if exact.is_integer() else (exact, round(value))


def _count_rules(plain: Mapping[str, str], usable: Mapping[str, Node]) -> list[Rule]:
    """`comments_count`, `num_comments`, `total`: the length of the list beside it."""
    lists = {name: full for name, full in plain.items() if usable[full].plan.composite}
    made: list[Rule] = []
    for name, full in plain.items():
        words = name.split("_")
        if not set(words) & _COUNTS or full in lists.values():
            continue
        rest = "_".join(word for word in words if word not in _COUNTS and word != "of")
        spellings = (rest, f"{rest}s", f"{rest}es")
        target = next((lists[each] for each in spellings if each in lists), None)
        if target is None and name == "count" and len(lists) == 1:
            target = next(iter(lists.values()))
        if target is not None and target != full:
            made.append(_length_rule(full, target))
    return made


def _length_rule(count: str, target: str) -> Rule:
    def rule(made: dict[str, Any]) -> tuple[str, Any] | None:
        items = made.get(target)
        if not isinstance(items, list) or not isinstance(made.get(count), int):
            return None
        return count, len(items)

    return rule


def _pairs(plain: Mapping[str, str]) -> list[tuple[str, str]]:
    """Properties named as the lower and upper end of the same thing."""
    made = []
    for name, full in plain.items():
        words = name.split("_")
        for low, high in _BOUNDS:
            if low in words:
                other = "_".join(high if word == low else word for word in words)
                if other in plain:
                    made.append((full, plain[other]))
    return made


def _in_order(made: dict[str, Any], low: str, high: str, usable: Mapping[str, Node]) -> None:
    """Exchange the two ends where they stand the wrong way round."""
    if low not in made or high not in made:
        return
    left, right = made[low], made[high]
    same = (_number(left) and _number(right)) or (_is_date(left) and _is_date(right))
    if same and left > right and holds(usable[low], right) and holds(usable[high], left):
        made[low], made[high] = right, left


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and value[:1].isdigit()
