"""Error replies say what was wrong, in the form that the document declares for them."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox import World
from sandbox.document import Operation
from sandbox.errors import SandboxError
from sandbox.messages import Problem
from sandbox.tools import Tool
from tests.proofs.tally import Tally

_WRONG: tuple[Any, ...] = ("no such value", {"no": {"such": "value"}}, [[["no"]]], -(10**12))


def measure(world: World, name: str) -> tuple[Tally, Tally]:
    """(refusals that name each violation, declared forms with words that say them)."""
    named, valid = Tally(), Tally()
    for tool in world.tools.values():
        operation = tool.operation
        if operation is None or operation.defect is not None:
            continue
        try:
            refused = _refused(world, tool)
        except SandboxError:
            continue
        if refused is None:
            continue
        status, body, media, problems = refused
        schema, declared = _declared(operation, status)
        if schema is None:
            continue
        where = f"{name}: {operation.id} {status}"
        fits = media == declared and world.document.schemas.validator(schema, "response").is_valid(
            body
        )
        valid.count(fits, f"{where} is not in the declared form")
        if _takes_words(world, schema, 0):
            said = orjson.dumps(body).decode()
            silent = [place for p in problems if (place := _place(p)) and place not in said]
            named.count(not silent, f"{where} does not name {silent[:3]}: {said[:120]}")
    return named, valid


def _refused(world: World, tool: Tool) -> tuple[int, Any, str, list[Problem]] | None:
    """(status, body, media type, violations) of a call that is refused for its arguments."""
    parameters = tool.parameters.get("properties", {})
    wrongs: list[dict[str, Any]] = [{"no_such_argument": "x"}, {}]
    for value in _WRONG:
        wrongs.insert(0, dict.fromkeys(list(parameters)[:3], value))
    for wrong in wrongs:
        session = world.session(seed=3, helpfulness=3)
        session.call(tool.name, wrong)
        row = session.ledger[-1]
        response = row.response
        if not row.problems or response.status not in (400, 404, 422):
            continue
        try:
            body = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            body = response.body.decode()
        return response.status, body, response.header("content-type") or "", list(row.problems)
    return None


def _declared(operation: Operation, status: int) -> tuple[Any, str]:
    reply = operation.reply(status)
    media = reply.media if reply is not None else {}
    for name, each in media.items():
        if "json" in name and each.schema is not None:
            return each.schema, name
    return None, ""


def _place(problem: Problem) -> str:
    return problem.pointer.rsplit("/", 1)[-1] or problem.name


def _takes_words(world: World, schema: Any, depth: int) -> bool:
    """Whether a schema has a string of any words, looked for without the product's own eyes."""
    found = world.document.schemas.resolve(schema)
    if not isinstance(found, dict) or depth > 5:
        return False
    parts = [part for key in ("allOf", "oneOf", "anyOf") for part in found.get(key) or ()]
    members = [*(found.get("properties") or {}).values()]
    inner = [found["items"]] if "items" in found else []
    kinds = found.get("type")
    plain = kinds == "string" or (isinstance(kinds, list) and "string" in kinds)
    if plain and not ({"enum", "const", "format", "pattern"} & found.keys()):
        return True
    return any(_takes_words(world, each, depth + 1) for each in (*parts, *members, *inner))
