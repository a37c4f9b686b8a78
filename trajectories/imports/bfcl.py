"""Berkeley Function Calling Leaderboard: the data files of the `bfcl-eval` wheel.

Lines of JSON, one question each. Reference calls are read from `possible_answer/` beside the file,
function documents of multi-turn questions from `multi_turn_func_doc/`. Where a reference allows
several values, the first is taken. Nothing is executed: reference calls written as Python are
parsed, never evaluated. A question without a fitting function (irrelevance) ends by giving up. The
memory, web search and format sensitivity files hold no reference calls and are refused.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from trajectories.errors import FormatError
from trajectories.imports.imported import caller, field, kind, planner, read_lines, record
from trajectories.records import Call, Message, Trajectory

_TYPES: Final = {
    "dict": "object", "hashmap": "object", "object": "object",
    "float": "number", "double": "number", "number": "number",
    "integer": "integer", "int": "integer", "long": "integer", "short": "integer",
    "byte": "integer", "bigint": "integer",
    "tuple": "array", "list": "array", "arraylist": "array", "array": "array", "queue": "array",
    "set": "array", "stack": "array", "hashtable": "object",
    "string": "string", "char": "string", "boolean": "boolean", "bool": "boolean",
}  # fmt: skip
_FILES: Final = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}


def read(path: Path) -> Iterator[Trajectory]:
    """One record per question. Raises FormatError naming the line."""
    answers = _answers(path)
    for number, (place, item) in enumerate(read_lines(path)):
        if not isinstance(item, dict):
            raise FormatError(f"{place}: expected an object, found {kind(item)}")
        functions = _functions(item, path, place=place)
        truth = answers.get(field(item, "id", str, place=place))
        yield record(
            format="bfcl", path=path, item=item, number=number,
            messages=list(_messages(item, truth, functions, place=place)),
            tools=[_tool(function) for function in functions],
            task={"id": item["id"]},
            options=_system(item),
        )  # fmt: skip


def _answers(path: Path) -> dict[str, list[Any]]:
    file = path.parent / "possible_answer" / path.name
    if not file.is_file():
        return {}
    return {
        field(item, "id", str, place=place): field(item, "ground_truth", list, place=place)
        for place, item in read_lines(file)
    }


def _functions(item: dict[str, Any], path: Path, *, place: str) -> list[dict[str, Any]]:
    if "function" in item:
        return list(field(item, "function", list, place=place))
    found: list[dict[str, Any]] = []
    for name in item.get("involved_classes") or []:
        if name not in _FILES:
            raise FormatError(
                f"{place}: {name} has no reference calls to import; valid: {', '.join(_FILES)}"
            )
        file = path.parent / "multi_turn_func_doc" / f"{_FILES[name]}.json"
        if not file.is_file():
            raise FormatError(f"{place}: the functions of {name} are not there: {file}")
        found.extend(function for _, function in read_lines(file))
    excluded = set(item.get("excluded_function") or [])
    return [function for function in found if function["name"] not in excluded]


def _messages(
    item: dict[str, Any],
    truth: list[Any] | None,
    functions: list[dict[str, Any]],
    *,
    place: str,
) -> Iterator[Message]:
    turns = field(item, "question", list, place=place)
    nested = truth is not None and all(isinstance(turn, list) for turn in truth)
    for number, turn in enumerate(turns):
        users = [message for message in turn if message.get("role") == "user"]
        yield from (Message(role="user", content=str(message["content"])) for message in users)
        wanted = truth[number] if nested and truth and number < len(truth) else (truth or [])
        for call in wanted:
            yield planner("", "call")
            yield caller(_call(call, functions, place=place))
    if "irrelevance" in item["id"]:
        yield planner("", "give_up")
    elif truth:
        yield planner("", "finish")


def _call(truth: Any, functions: list[dict[str, Any]], *, place: str) -> Call:
    if isinstance(truth, str):
        return _python_call(truth, functions, place=place)
    name, arguments = next(iter(truth.items()))
    chosen = _choose_values(arguments)
    return Call(name=_name(name), arguments=chosen, raw=json.dumps(chosen, ensure_ascii=False))


def _choose_values(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with one value each; those that may be left out and have none are."""
    return {key: _first(allowed) for key, allowed in arguments.items() if not _absent(allowed)}


def _absent(allowed: Any) -> bool:
    return isinstance(allowed, list) and "" in allowed and all(v in ("", None) for v in allowed)


def _first(allowed: Any) -> Any:
    """The first allowed value that is one; "" in such a list means: may be left out."""
    if not isinstance(allowed, list):
        return allowed
    value = next((item for item in allowed if item not in ("", None)), None)
    if isinstance(value, dict):
        return _choose_values(value)
    if isinstance(value, list):
        return [_choose_values(item) if isinstance(item, dict) else item for item in value]
    return "" if value is None and None not in allowed else value


def _python_call(text: str, functions: list[dict[str, Any]], *, place: str) -> Call:
    try:
        tree = ast.parse(text, mode="eval").body
        if not isinstance(tree, ast.Call):
            raise ValueError("not a call")
        name = ast.unparse(tree.func)
        arguments = {
            item.arg: ast.literal_eval(item.value) for item in tree.keywords if item.arg is not None
        }
        names = _parameters(functions, name)
        arguments |= {
            key: ast.literal_eval(value) for key, value in zip(names, tree.args, strict=False)
        }
    except (SyntaxError, ValueError) as error:
        raise FormatError(f"{place}: reference call {text!r} cannot be read: {error}") from None
    plain = json.loads(json.dumps(arguments))
    return Call(name=_name(name), arguments=plain, raw=json.dumps(plain, ensure_ascii=False))


def _parameters(functions: list[dict[str, Any]], name: str) -> list[str]:
    for function in functions:
        if function["name"] == name:
            return list(function["parameters"].get("properties") or {})
    return []


def _name(name: str) -> str:
    """Tool names may hold no dots; the same rule for tools and calls."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    described = {
        "name": _name(function["name"]),
        "description": function.get("description", ""),
        "parameters": _schema(function.get("parameters") or {"type": "dict"}),
    }
    return {"type": "function", "function": described}


def _schema(value: Any) -> Any:
    """The files' Python and Java type names as JSON Schema types."""
    if not isinstance(value, dict):
        return value
    schema = {key: item for key, item in value.items() if key not in ("type", "optional")}
    named = value.get("type")
    known = _TYPES.get(named.lower()) if isinstance(named, str) else None
    if known:
        schema["type"] = known
    for key in ("items", "additionalProperties"):
        if key in schema:
            schema[key] = _schema(schema[key])
    if isinstance(schema.get("properties"), dict):
        schema["properties"] = {key: _schema(item) for key, item in schema["properties"].items()}
    return schema


def _system(item: dict[str, Any]) -> dict[str, Any]:
    texts = [
        str(message["content"])
        for turn in item["question"]
        for message in turn
        if message.get("role") == "system"
    ]
    return {"system": "\n".join(texts)} if texts else {}
