"""B10–B16: the body can be read, and says too much, too little, or in another type."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.draws import Draw
from sandbox.faults.context import FaultContext, Proceed, is_success, json_of, with_json
from sandbox.faults.oracles import BUDGET, CHANGED, DISCLOSED, SUCCEEDED
from sandbox.faults.registry import fault
from sandbox.faults.targets import identifies, items_of, number, pick, replace_at, without
from sandbox.messages import Response


@fault("B10", "oversize body", oracle=CHANGED | SUCCEEDED, params={"kib": 256}, suits="read")
def oversize(context: FaultContext, proceed: Proceed) -> Response:
    """The right content buried under `kib` KiB of diagnostics."""
    response = proceed()
    value = json_of(response)
    if not is_success(response) or not isinstance(value, (dict, list)):
        return response
    line = {"level": "debug", "trace": context.draw.hex(160, "trace")}
    count = max(1, int(context.params["kib"]) * 1024 // len(orjson.dumps(line)))
    noise = [{**line, "n": index} for index in range(count)]
    context.record_firing()
    made = {**value, "_debug": noise} if isinstance(value, dict) else [*value, {"_debug": noise}]
    return with_json(response, made)


@fault(
    "B11",
    "unknown extra fields",
    kind="benign",
    oracle=BUDGET(0),
    params={"n": 2},
    trigger={"model": "always"},
    group=None,
    silent=True,
)
def extra_fields(context: FaultContext, proceed: Proceed) -> Response:
    """Harmless additions that no document mentions: a control for false alarms."""
    response = proceed()
    value = json_of(response)
    if not is_success(response) or not isinstance(value, dict):
        return response
    extras = (
        ("_links", {"self": {"href": _address(context, response)}}),
        ("_region", context.draw.choice(("eu-1", "eu-2", "us-1"), "region")),
        ("_schema", 3),
        ("_cache", "hit"),
    )
    context.record_firing()
    chosen = dict(extras[: max(1, int(context.params["n"]))])
    return with_json(response, {**value, **{k: v for k, v in chosen.items() if k not in value}})


def _address(context: FaultContext, response: Response) -> str:
    """Where what the reply shows can be found again."""
    sent = context.call.request()
    asked = f"{sent.path}?{sent.query}" if sent.query else sent.path
    return response.header("location") or asked


@fault(
    "B12",
    "null or another type",
    oracle=SUCCEEDED | DISCLOSED,
    params={"how": "null"},
    choices={"how": ("null", "type")},
    suits="read",
    silent=True,
)
def wrong_field_type(context: FaultContext, proceed: Proceed) -> Response:
    """One field is null, or a number came as text."""
    response = proceed()
    value = json_of(response)
    how = context.params["how"]

    def is_wanted(path: tuple[str | int, ...], leaf: Any) -> bool:
        return number(leaf) if how == "type" else leaf is not None

    found = (
        pick(context, _first_entity(context, value), is_wanted) if is_success(response) else None
    )
    if found is None:
        return response
    path, leaf = found
    context.record_firing()
    made = None if how == "null" else str(leaf)
    return with_json(response, replace_at(value, _inside(context, value, path), made))


@fault("B14", "encoded twice", oracle=SUCCEEDED, suits="read")
def encoded_twice(context: FaultContext, proceed: Proceed) -> Response:
    """A JSON text inside a JSON string."""
    response = proceed()
    if not is_success(response) or json_of(response) is None:
        return response
    context.record_firing()
    return with_json(response, response.body.decode())


@fault(
    "B16",
    "required fields missing",
    oracle=SUCCEEDED | DISCLOSED,
    params={"n": 1},
    suits="read",
    silent=True,
)
def leave_out_fields(context: FaultContext, proceed: Proceed) -> Response:
    """A degraded service leaves out `n` fields of the entity (of each item of a list)."""
    response = proceed()
    value = json_of(response)
    if not is_success(response) or value is None:
        return response
    found = items_of(context, value)
    path, entities = found if found is not None else ((), [value])
    if not entities or not isinstance(entities[0], dict):
        return response
    names = [name for name in entities[0] if not identifies(context, name)]
    lost = _fields_to_drop(context.draw, names, int(context.params["n"]))
    if not lost:
        return response
    context.record_firing()
    made = [_lacking(entity, lost) for entity in entities]
    return with_json(response, replace_at(value, path, made) if found is not None else made[0])


def _fields_to_drop(draw: Draw, names: list[str], count: int) -> list[str]:
    return draw.shuffled(names, "lost")[:count] if len(names) > count else []


def _lacking(entity: Any, lost: list[str]) -> Any:
    for name in lost:
        if isinstance(entity, dict) and name in entity:
            entity = without(entity, (name,))
    return entity


def _first_entity(context: FaultContext, value: Any) -> Any:
    """The entity that a fault should spoil: the first item of a list, or the reply itself."""
    found = items_of(context, value)
    if found is None:
        return value
    return found[1][0] if found[1] else None


def _inside(
    context: FaultContext, value: Any, path: tuple[str | int, ...]
) -> tuple[str | int, ...]:
    found = items_of(context, value)
    return path if found is None else (*found[0], 0, *path)
