"""Hypothesis strategies over a session: calls, broken calls, faults and drift that shrink.

    session = World.load("openapi.yaml").session()

    @given(calls(session), faults())
    def test_my_client(call, plan): ...

A uniquely named module, safe beside a user's own packages.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sandbox import PlanError, malformed_calls
from sandbox.draws import Draw
from sandbox.drift.registry import operators
from sandbox.errors import NoInstance
from sandbox.faults.registry import faults as every_fault
from sandbox.tasks.malformed import Call, Malformed
from sandbox.tasks.malformed.valid_calls import is_valid, schemas_of, values_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sandbox import Session, Tool, World

__all__ = ["broken_calls", "calls", "drift", "faults"]

_DEPTH = 4


def calls(session: Session) -> SearchStrategy[Call]:
    """Valid calls (`.tool`, `.arguments`), about entities that exist in the session now.

    Shrinks to the document's first operation, to fewer arguments and to plainer values.
    """
    usable = [tool for tool in session.tools.values() if tool.operation is not None]
    return st.sampled_from(usable).flatmap(lambda tool: _call(session, tool))


def broken_calls(session: Session) -> SearchStrategy[Malformed]:
    """Calls that break a tool's schema in one of the catalogue's ways: send `.calls` in order."""
    usable = [tool for tool in session.tools.values() if tool.operation is not None]
    return st.sampled_from(usable).flatmap(
        lambda tool: malformed_calls(tool, tools=session.tools).filter(lambda made: made.calls)
    )


def faults(*ids: str, most: int = 3) -> SearchStrategy[Mapping[str, Any]]:
    """Fault plans of at most `most` rules, of the whole catalogue or of some ids; shrinks to none.

    Each rule hits the first call of each intent, single calls by their number, or some by chance.
    """
    triggers = st.one_of(
        st.just({"model": "first_n"}),
        st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True).map(
            lambda numbers: {"model": "at_calls", "calls": sorted(numbers)}
        ),
        st.sampled_from([0.1, 0.3, 0.5]).map(lambda p: {"model": "iid", "p": p}),
    )
    known = st.sampled_from(ids or tuple(every_fault()))
    rule = st.fixed_dictionaries({"fault": known, "trigger": triggers})
    return st.lists(rule, max_size=most).map(lambda rules: {"rules": rules})


def drift(world: World, *ids: str, most: int = 3) -> SearchStrategy[Mapping[str, Any] | None]:
    """Drift of at most `most` operators that the document has places for; shrinks to None."""
    fits: dict[str, bool] = {}

    def applies(operator: str) -> bool:
        if operator not in fits:
            try:
                world.session(drift=operator)
                fits[operator] = True
            except PlanError:
                fits[operator] = False
        return fits[operator]

    one = st.sampled_from(ids or tuple(operators())).filter(applies)
    several = st.lists(one, max_size=most, unique=True)
    return several.map(
        lambda ops: {"releases": [{"operators": [{"op": op} for op in ops]}]} if ops else None
    )


@st.composite
def _call(draw: st.DrawFn, session: Session, tool: Tool) -> Call:
    properties = tool.parameters.get("properties") or {}
    needed = set(tool.parameters.get("required") or ())
    wanted = [n for n in properties if n in needed or draw(st.booleans(), label=f"with {n}")]
    fields = [name for name in properties if tool.arguments.get(name, ("",))[0] == "body"]
    if fields and needed.union(wanted).isdisjoint(fields):
        # A service may ask for at least one field (minProperties), which no tool says.
        wanted.append(draw(st.sampled_from(fields)))
    arguments = dict(_ids(draw, session, tool))
    for name in wanted:
        if name not in arguments:
            arguments[name] = draw(_values(tool, properties[name], name, _DEPTH))
    if not is_valid(tool, arguments):  # what the strategies below do not know: patterns, formats, …
        values, by_seed = values_of(tool), Draw("call", draw(st.integers(0, 2**16)))
        try:
            made = values.make(tool.parameters, by_seed, direction="request")
            if fields and made.keys().isdisjoint(fields):
                name = next(each for each in fields if each in wanted)
                child = by_seed.child(name)
                made[name] = values.make(properties[name], child, name=name, direction="request")
        except NoInstance:
            made = {}
        arguments = {**made, **dict(_ids(draw, session, tool))}
    return Call(tool.name, arguments)


def _ids(draw: st.DrawFn, session: Session, tool: Tool) -> Iterator[tuple[str, Any]]:
    """Path arguments that lead to an entity, as far as there are any."""
    assert tool.operation is not None
    places = {place: argument for argument, place in tool.arguments.items()}
    above = ""
    for part in tool.operation.path.strip("/").split("/"):
        if part[:1] == "{" and part[-1:] == "}":
            known = session.state.ids(above)
            if not known:
                return
            part_id = draw(st.sampled_from(known))
            argument = places.get(("path", part[1:-1]))
            if argument is not None:
                schema = tool.parameters["properties"][argument]
                whole = schemas_of(tool).resolve(schema)
                number = isinstance(whole, dict) and whole.get("type") in ("integer", "number")
                yield argument, int(part_id) if number and part_id.isdigit() else part_id
            part = part_id
        above = f"{above}/{part}"


def _values(tool: Tool, schema: Any, name: str, depth: int) -> SearchStrategy[Any]:
    """Values of a schema, the plainest first; what is not understood here is made by seed."""
    found = schemas_of(tool).resolve(schema)
    plain: Mapping[str, Any] = found if isinstance(found, dict) else {}
    kind = plain.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), None)
    if "const" in plain or "enum" in plain:
        return st.sampled_from(plain.get("enum") or [plain["const"]])
    branches = plain.get("oneOf") or plain.get("anyOf")
    if branches and depth:
        return st.one_of([_values(tool, branch, name, depth - 1) for branch in branches])
    low, high = plain.get("minimum"), plain.get("maximum")
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(low, high)
    if kind == "number":
        return st.floats(low, high, allow_nan=False, allow_infinity=False, width=32)
    if kind == "string" and "pattern" not in plain and "format" not in plain:
        letters = string.ascii_letters + string.digits + " "
        return st.text(letters, min_size=plain.get("minLength", 1), max_size=plain.get("maxLength"))
    if kind == "array" and depth:
        least = plain.get("minItems", 0)
        items = _values(tool, plain.get("items") or {}, name, depth - 1)
        return st.lists(items, min_size=least, max_size=plain.get("maxItems", least + 3))
    if kind == "object" and depth and plain.get("properties"):
        each = {n: _values(tool, s, n, depth - 1) for n, s in plain["properties"].items()}
        needed = set(plain.get("required") or ())
        return st.fixed_dictionaries(
            {n: s for n, s in each.items() if n in needed},
            optional={n: s for n, s in each.items() if n not in needed},
        )
    return _generate(tool, schema, name)


def _generate(tool: Tool, schema: Any, name: str) -> SearchStrategy[Any]:
    values = values_of(tool)

    def make(seed: int) -> Any:
        try:
            return values.make(schema, Draw("value", name, seed), name=name, direction="request")
        except NoInstance:
            return None

    return st.integers(0, 2**16).map(make)
