"""Wrong shapes: text that is no JSON, wrong nesting, templates that were never filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import orjson

from sandbox.draws import Draw
from sandbox.tasks.malformed.valid_calls import Broken, Ground


def malformed_json(ground: Ground, draw: Draw) -> Broken | None:
    """K12: a text that looks like JSON and is none."""
    text = orjson.dumps(ground.arguments).decode()
    for name in draw.shuffled(sorted(_SPOILT), "way"):
        made = _SPOILT[name](text, draw)
        if not _parses(made):
            return Broken(name, made)
    return None


def _parses(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _truncate(text: str, draw: Draw) -> str:
    return text[: draw.integer(1, max(1, len(text) - 1), "cut")]


_SPOILT: Final[dict[str, Callable[[str, Draw], str]]] = {
    "an unclosed brace": lambda text, draw: text[:-1],
    "a trailing comma": lambda text, draw: f"{text[:-1]},}}",
    "single quotes": lambda text, draw: text.replace('"', "'"),
    "a comment": lambda text, draw: f"{text[:-1]} // as asked\n}}",
    "Python literals": lambda text, draw: re.sub(
        r"\b(true|false|null)\b",
        lambda m: {"true": "True", "false": "False"}.get(m[0], "None"),
        text,
    ),
    "a fenced block": lambda text, draw: f"```json\n{text}\n```",
    "words before it": lambda text, draw: f"Here are the arguments: {text}",
    "cut off": _truncate,
    "unquoted keys": lambda text, draw: re.sub(r'"(\w+)":', r"\1:", text),
}


def wrong_nesting(ground: Ground, draw: Draw) -> Broken | None:
    """K14: flattened, wrapped once too often, or one level off."""
    for way in draw.shuffled((_wrap_arguments, _flatten_object, _lift_member), "way"):
        found = way(ground, draw)
        if (
            found is not None
            and isinstance(found.arguments, dict)
            and ground.is_broken(found.arguments)
        ):
            return found
    return None


def _wrap_arguments(ground: Ground, draw: Draw) -> Broken | None:
    name = draw.choice(("input", "arguments", "params", "data"), "wrapper")
    if not ground.arguments or name in ground.properties:
        return None
    return Broken(f"everything inside {name}", {name: ground.arguments})


def _flatten_object(ground: Ground, draw: Draw) -> Broken | None:
    objects = [n for n, value in ground.arguments.items() if isinstance(value, dict) and value]
    if not objects:
        return None
    name = draw.choice(objects, "flattened")
    rest = {key: value for key, value in ground.arguments.items() if key != name}
    inner = {key: v for key, v in ground.arguments[name].items() if key not in rest}
    return Broken(f"{name} flattened", {**rest, **inner})


def _lift_member(ground: Ground, draw: Draw) -> Broken | None:
    """One member of an object stands beside it."""
    objects = [n for n, value in ground.arguments.items() if isinstance(value, dict) and value]
    if not objects:
        return None
    name = draw.choice(objects, "object")
    inner: dict[str, Any] = ground.arguments[name]
    key = draw.choice(sorted(inner), "member")
    if key in ground.arguments:
        return None
    left = {member: value for member, value in inner.items() if member != key}
    return Broken(f"{key} one level too high", {**ground.arguments, name: left, key: inner[key]})


def unresolved_template(ground: Ground, draw: Draw) -> Broken | None:
    """K15: `/orders/{id}` as it stands in the document, a doubled slash, a bare blank."""
    operation = ground.tool.operation
    paths = [field for field in ground.fields(deep=False) if field.location == "path"]
    if operation is None or not paths:
        return None
    field = draw.choice(paths, "parameter")
    origin = ground.tool.arguments[field.name][1]
    way = draw.choice(("braces", "colon", "slash"), "way")
    if way == "slash":
        request = ground.request()
        if request is None or not operation.path.endswith("}"):
            return None
        path = request.path.rpartition("/")[0] + "//"
        return Broken("a doubled slash", request=replace(request, path=path))
    value = f"{{{origin}}}" if way == "braces" else f":{origin}"
    return Broken(f"{field.name} never filled in", ground.with_value(field.at, value))
