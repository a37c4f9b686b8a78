"""M: well formed, and wrong. Each says how it can be noticed, and plants a value to trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.conventions.paths import id_text, key_parts
from sandbox.conventions.words import words as split_words
from sandbox.faults.context import FaultContext, Proceed, is_success, json_of
from sandbox.faults.fairness import reveals
from sandbox.faults.oracles import AUTHORITY, CLEAN, DISCLOSED, FILTERED, READBACK, SUCCEEDED
from sandbox.faults.registry import fault
from sandbox.faults.targets import (
    Path,
    change_field,
    entry_ids,
    leaves,
    meaning,
    number,
    place,
    prose,
    with_body,
)
from sandbox.messages import ABSENT, Arguments, Response

_AMOUNTS = ("price", "amount", "total", "stock", "quantity", "count", "cost", "fee", "balance",
            "rating", "size", "length", "weight", "age", "duration", "subtotal")  # fmt: skip
_MONEY = ("price", "amount", "total", "cost", "fee", "balance", "subtotal", "distance", "weight")


def _has_word(path: Path, words: tuple[str, ...]) -> bool:
    return not set(words).isdisjoint(split_words(str(path[-1])))


def _amount(path: Path, value: Any) -> bool:
    return number(value) and value > 0 and _has_word(path, _AMOUNTS)


def _money(path: Path, value: Any) -> bool:
    return number(value) and value > 0 and _has_word(path, _MONEY)


@fault(
    "M01",
    "a value that cannot be",
    oracle=CLEAN & (SUCCEEDED | DISCLOSED),
    suits="read",
    silent=True,
)
def impossible(context: FaultContext, proceed: Proceed) -> Response:
    """An amount below zero. Noticed by: amounts of this kind are never negative."""
    return change_field(context, proceed, _amount, lambda value: -abs(value) - 1)


@fault(
    "M02",
    "two sources disagree",
    oracle=AUTHORITY,
    params={"factor": 1.3},
    suits="list",
    silent=True,
)
def disagreeing(context: FaultContext, proceed: Proceed) -> Response:
    """The list shows another amount than the item. Noticed by: reading the item."""
    factor = context.params["factor"]
    if not _has_item(context):
        return proceed()
    return change_field(context, proceed, _amount, lambda value: _scale(value, factor))


@fault("M04", "unit slip", oracle=CLEAN, params={"factor": 100.0}, suits="read", silent=True)
def unit_slip(context: FaultContext, proceed: Proceed) -> Response:
    """Cents where the document says euros. Noticed by: reading again, or the other operation."""
    factor = context.params["factor"]
    return change_field(context, proceed, _money, lambda value: _scale(value, factor))


@fault("M06", "wrong entity", oracle=CLEAN & SUCCEEDED, suits="item", silent=True)
def wrong_entity(context: FaultContext, proceed: Proceed) -> Response:
    """Another entity of the collection. Noticed by: the id in the reply is not the one asked."""
    return other_entity(context, proceed)


def other_entity(context: FaultContext, proceed: Proceed) -> Response:
    """The reply about a neighbour of the entity that was asked for."""
    response = proceed()
    path, id = place(context)
    found = meaning(context)
    others = [other for other in context.session.state.ids(path) if other != id]
    if not is_success(response) or not others or found.item is None or id is None:
        return response
    other = context.draw.choice(others, "other")
    arguments = context.call.arguments or Arguments()
    named = {
        name: int(text) if isinstance(arguments.path[name], int) and text.isdigit() else text
        for name, text in key_parts(found.item, other).items()
    }
    answer = context.call.answer(replace(arguments, path={**arguments.path, **named}))
    shown = {id_text(value) for _, value in leaves(json_of(answer))}
    if not is_success(answer) or (
        context.injector.plan.fair and not {id_text(v) for v in named.values()} <= shown
    ):
        return response
    context.record_firing({"canaries": [other]})
    return answer


@fault("M07", "ignored filter", oracle=FILTERED | DISCLOSED, suits="list", silent=True)
def ignore_filters(context: FaultContext, proceed: Proceed) -> Response:
    """Filters are not applied. Noticed by: items that show another value than the one asked."""
    response = proceed()
    arguments = context.call.arguments or Arguments()
    filters = {each.name for each in context.facts.filters} & set(arguments.query)
    if not filters or not is_success(response):
        return response
    query = {name: value for name, value in arguments.query.items() if name not in filters}
    answer = context.call.answer(replace(arguments, query=query))
    if not is_success(answer) or answer.body == response.body:
        return response
    aliens = entry_ids(context, answer) - entry_ids(context, response)
    context.record_firing({"canaries": sorted(aliens)})
    return answer


@fault(
    "M08", "ignored field", oracle=READBACK & (SUCCEEDED | DISCLOSED), suits="change", silent=True
)
def field_ignored(context: FaultContext, proceed: Proceed) -> Response:
    """One field of a change is accepted and not stored. Noticed by: reading back."""
    body = context.call.arguments.body if context.call.arguments else ABSENT
    if not isinstance(body, dict):
        return proceed()
    known = len(context.call.effects)
    overlay = context.session.state.overlay
    true = proceed()
    effects = context.call.effects[known:]
    names = sorted(
        name
        for name in body
        if effects and (effects[0].before or {}).get(name) != (effects[0].after or {}).get(name)
    )
    if not is_success(true) or not names:
        return true
    context.session.state.overlay = overlay
    del context.call.effects[known:]
    lost = context.draw.choice(names, "lost")
    rest = {name: value for name, value in body.items() if name != lost}
    answer = context.call.answer(with_body(context, rest))
    kept = context.call.effects[known:]
    missing = [effects[0]._replace(before=kept[0].after)] if kept else effects
    if not is_success(answer) or not reveals(context, missing, answer):
        context.session.state.overlay = overlay
        del context.call.effects[known:]
        return proceed()
    context.record_firing()
    return answer


def _scale(value: Any, factor: float) -> Any:
    made = value * factor
    return round(made) if isinstance(value, int) else round(made, 2)


def _has_item(context: FaultContext) -> bool:
    resources = context.session.world.resources
    return "GET" in resources.operations_at(meaning(context).place.template + "/{}")


@fault("M11", "placeholder data", oracle=CLEAN, params={"text": "N/A"}, suits="read", silent=True)
def placeholder(context: FaultContext, proceed: Proceed) -> Response:
    """A text field holds a placeholder. Noticed by: the placeholder itself."""
    return change_field(context, proceed, prose, lambda old: context.params["text"])
