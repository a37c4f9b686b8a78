"""What a mutator works on: a valid call, the tool's schema, and a check that nothing escapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.document import Schemas, canonical, encode, validate
from sandbox.document.references import References
from sandbox.draws import Draw
from sandbox.messages import Request
from sandbox.tools import Tool, bind
from sandbox.values import Values

if TYPE_CHECKING:
    from sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A call as an agent writes it; arguments as a text are no JSON object."""

    tool: str
    arguments: dict[str, Any] | str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A broken call, what is wrong with it, and the call it should have been."""

    id: str
    """K01-K23; two ids joined by "+" when two things are wrong."""
    detail: str
    calls: tuple[Call, ...]
    """What to send, in this order; empty when `request` says it."""
    corrected: Call
    request: Request | None = None
    """The broken request, where only the wire can show what is wrong."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What a mutator returns."""

    detail: str
    arguments: dict[str, Any] | str | None = None
    tool: str | None = None
    calls: tuple[Call, ...] = ()
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A value somewhere in the arguments, with its schema and where it travels."""

    at: tuple[str, ...]
    value: Any
    schema: Mapping[str, Any]
    location: str
    """path, query, header, cookie or body."""
    required: bool

    @property
    def name(self) -> str:
        return self.at[-1]


@dataclass(frozen=True, slots=True)
class Ground:
    """A valid call with everything that a mutator may look at."""

    tool: Tool
    arguments: dict[str, Any]
    tools: Mapping[str, Tool] = field(default_factory=dict)
    """The other tools, for mutators that confuse them."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """Argument → another value that exists, for mutators that pick the wrong entity."""
    base_path: str = ""
    schemas: Schemas | None = None
    """The document's schemas; with them a call counts as broken only if the server says so."""

    @classmethod
    def of(
        cls,
        world: World,
        tool: str,
        arguments: dict[str, Any],
        others: Mapping[str, Any] | None = None,
    ) -> Ground:
        """The ground of a call in a world."""
        tools, document = world.tools, world.document
        base_path, schemas = document.base_path, document.schemas
        return cls(tools[tool], arguments, tools, others or {}, base_path, schemas)

    @property
    def call(self) -> Call:
        return Call(self.tool.name, self.arguments)

    @property
    def properties(self) -> Mapping[str, Any]:
        found = self.tool.parameters.get("properties", {})
        return found if isinstance(found, dict) else {}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.tool.parameters.get("required", ()))

    def location(self, argument: str) -> str:
        return self.tool.arguments.get(argument, ("", ""))[0]

    def resolve(self, schema: Any) -> Mapping[str, Any]:
        """A schema inside the tool's, its reference followed; {} for anything goes."""
        found = schemas_of(self.tool).resolve(schema)
        return found if isinstance(found, dict) else {}

    def is_broken(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the arguments break the tool's schema, and the server would say so."""
        if is_valid(self.tool, dict(arguments)):
            return False
        if self.schemas is None or self.tool.operation is None:
            return True
        bound = canonical(self.tool.operation, bind(self.tool, arguments))
        return bool(validate(self.tool.operation, bound, self.schemas))

    def fields(self, *, deep: bool = True) -> Iterator[Field]:
        """Every given value that has a schema; `deep` goes into objects."""
        for name, value in self.arguments.items():
            if name not in self.properties:
                continue
            location, must = self.location(name), name in self.required
            yield from self._below((name,), value, self.properties[name], location, must, deep)

    def _below(
        self, at: tuple[str, ...], value: Any, schema: Any, location: str, must: bool, deep: bool
    ) -> Iterator[Field]:
        resolved = self.resolve(schema)
        yield Field(at, value, resolved, location, must)
        inner = resolved.get("properties")
        if deep and isinstance(value, dict) and isinstance(inner, dict) and len(at) < 4:
            needed = resolved.get("required", ())
            for name, item in value.items():
                if name in inner:
                    below = (*at, name)
                    yield from self._below(below, item, inner[name], location, name in needed, deep)

    def pick(self, draw: Draw, fits: Callable[[Field], bool]) -> Iterator[Field]:
        """The fields that fit, in a keyed order."""
        yield from draw.shuffled([each for each in self.fields() if fits(each)], "field")

    def with_value(self, at: tuple[str, ...], value: Any) -> dict[str, Any]:
        """The arguments with one value replaced."""
        made: dict[str, Any] = _set_at(self.arguments, at, value)
        return made

    def request(self) -> Request | None:
        """The valid call as it would stand on the wire."""
        operation = self.tool.operation
        if operation is None:
            return None
        return encode(operation, bind(self.tool, self.arguments), self.base_path)


def _set_at(tree: Any, at: tuple[str, ...], value: Any) -> Any:
    if not at:
        return value
    return {**tree, at[0]: _set_at(tree.get(at[0], {}), at[1:], value)}


_SCHEMAS: dict[int, tuple[Tool, Schemas, Values]] = {}
_KEPT = 4096


def schemas_of(tool: Tool) -> Schemas:
    """The schemas inside a tool's parameters, kept while the tool lives in the cache."""
    return _compile_tool(tool)[1]


def values_of(tool: Tool) -> Values:
    """What makes values of these schemas; kept with them, and so is what it compiled."""
    return _compile_tool(tool)[2]


def _compile_tool(tool: Tool) -> tuple[Tool, Schemas, Values]:
    known = _SCHEMAS.get(id(tool))
    if known is None or known[0] is not tool:
        if len(_SCHEMAS) >= _KEPT:
            _SCHEMAS.clear()
        schemas = Schemas(References(tool.parameters), legacy=False)
        known = _SCHEMAS[id(tool)] = (tool, schemas, Values(schemas))
    return known


def is_valid(tool: Tool, arguments: Any) -> bool:
    """Whether arguments fit the tool's schema."""
    return schemas_of(tool).validator(tool.parameters, "request").is_valid(arguments)


def valid_arguments(tool: Tool, draw: Draw, *, optional: float = 0.5) -> dict[str, Any]:
    """Arguments that fit the tool's schema. Raises NoInstance when none do."""
    values = values_of(tool)
    made = values.make(tool.parameters, draw, direction="request", optional=optional)
    return made if isinstance(made, dict) else {}
