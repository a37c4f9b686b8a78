"""Wrong on the wire, and wrong in order: methods, credentials, repeats, prerequisites, keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from sandbox.conventions.idempotency import made_key
from sandbox.draws import Draw
from sandbox.tasks.malformed.valid_calls import Broken, Call, Ground
from sandbox.tasks.malformed.wrong_names import missing_required, redundant_argument
from sandbox.tasks.malformed.wrong_values import wrong_type


def wrong_method(ground: Ground, draw: Draw) -> Broken | None:
    """K16: another method, another version, no prefix."""
    request = ground.request()
    if request is None:
        return None
    way = draw.choice(("method", "version", "prefix"), "way")
    if way == "version":
        return Broken("another version", request=replace(request, path=f"/v99{request.path}"))
    if way == "prefix" and ground.base_path not in ("", "/"):
        bare = request.path.removeprefix(ground.base_path.rstrip("/"))
        return Broken("the prefix is missing", request=replace(request, path=bare or "/"))
    method = "TRACE" if request.method == "OPTIONS" else "OPTIONS"
    known = {request.method, *_methods_beside(ground)}
    others = [m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m not in known]
    method = draw.choice(others, "method") if others else method
    return Broken(f"{method} instead of {request.method}", request=replace(request, method=method))


def _methods_beside(ground: Ground) -> Iterator[str]:
    """The methods that other tools have on the same path."""
    mine = ground.tool.operation
    for tool in ground.tools.values():
        if tool.operation is not None and mine is not None and tool.operation.path == mine.path:
            yield tool.operation.method


def misused_credentials(ground: Ground, draw: Draw) -> Broken | None:
    """K17: no credentials at all, or an empty one."""
    operation, request = ground.tool.operation, ground.request()
    if operation is None or request is None or not operation.security:
        return None
    if any(not alternative for alternative in operation.security):
        return None
    bare = tuple(pair for pair in request.headers if pair[0] not in ("authorization", "cookie"))
    if draw.chance(0.4, "empty"):
        headers = (*bare, ("authorization", "Bearer"))
        return Broken("an empty token", request=replace(request, headers=headers))
    return Broken("no credentials", request=replace(request, headers=bare))


_Mutator = Callable[[Ground, Draw], Broken | None]
_FAILING: Final[tuple[_Mutator, ...]] = (missing_required, wrong_type, redundant_argument)


def _failing(ground: Ground, draw: Draw) -> Call | None:
    """A call that certainly fails, to be repeated."""
    for mutate in draw.shuffled(_FAILING, "failing"):
        found = mutate(ground, draw)
        if found is not None and isinstance(found.arguments, dict):
            return Call(ground.tool.name, found.arguments)
    return None


def repeat_call(ground: Ground, draw: Draw) -> Broken | None:
    """K18: the same failing call again and again."""
    call = _failing(ground, draw)
    times = draw.integer(2, 4, "times")
    return Broken(f"the same call {times} times", calls=(call,) * times) if call else None


def nearly_repeated(ground: Ground, draw: Draw) -> Broken | None:
    """K19: the failing call again with a change that changes nothing."""
    call = _failing(ground, draw)
    if call is None or not isinstance(call.arguments, dict):
        return None
    texts = [
        n
        for n, v in call.arguments.items()
        if isinstance(v, str) and v and ground.location(n) == "body"
    ]
    if texts:
        name = draw.choice(texts, "text")
        value = call.arguments[name]
        changed = {**call.arguments, name: draw.choice((f" {value}", f"{value} "), "blank")}
    else:
        changed = dict(reversed(list(call.arguments.items())))
    again = Call(call.tool, changed)
    if not ground.is_broken(changed):
        return None
    return Broken("the same call with a cosmetic change", calls=(call, again))


def wrong_order(ground: Ground, draw: Draw) -> Broken | None:
    """K20: called for an entity that does not exist yet."""
    from sandbox.tasks.malformed.valid_calls import valid_arguments

    paths = [field for field in ground.fields(deep=False) if field.location == "path"]
    if not paths:
        return None
    field = paths[-1]
    for attempt in range(8):
        fresh = valid_arguments(ground.tool, draw.child("order", attempt)).get(field.name)
        if fresh is not None and fresh != field.value and fresh != ground.others.get(field.name):
            made = ground.with_value(field.at, fresh)
            return Broken(f"{field.name} {fresh!r} does not exist yet", made)
    return None


def misused_key(ground: Ground, draw: Draw) -> Broken | None:
    """K23: a new key for a retry, or one key for two different payloads."""
    name = ground.tool.key_argument
    if name is None:
        return None
    schema = ground.resolve(ground.properties.get(name))
    first = {**ground.arguments, name: made_key(schema, draw.child("first"))}
    if draw.chance(0.5, "new"):
        second = {**first, name: made_key(schema, draw.child("second"))}
        detail = "a new idempotency key for the same write"
    else:
        numbers = [
            n
            for n, v in first.items()
            if n != name and isinstance(v, int | float) and not isinstance(v, bool)
        ]
        texts = [
            n
            for n, v in first.items()
            if n != name and isinstance(v, str) and ground.location(n) == "body"
        ]
        if numbers:
            second = {**first, numbers[0]: first[numbers[0]] + 1}
        elif texts:
            second = {**first, texts[0]: f"{first[texts[0]]}2"}
        else:
            return None
        detail = "one idempotency key for two different writes"
    tool = ground.tool.name
    return Broken(detail, calls=(Call(tool, first), Call(tool, second)))
