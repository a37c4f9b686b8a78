"""Which operations a rule touches: filters that users write, and what a fault itself needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sandbox.document.url_texts import text

if TYPE_CHECKING:
    from sandbox.conventions.conventions import OperationFacts
    from sandbox.document.operations import Operation
    from sandbox.messages import Arguments
    from sandbox.world.hooks import CallContext


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[str, ...] | str)
]

Suit = Literal[
    "any", "read", "write", "list", "paged", "item", "create", "update", "change", "delete",
    "secured",
]  # fmt: skip


class Match(BaseModel):
    """Calls by their operation (globs on id, tag, method, path, tool, and what it does) and by
    what they carry: headers, arguments, the agent's name, the session's label. Empty means all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Names = ()
    tag: Names = ()
    method: Names = ()
    path: Names = ()
    does: Annotated[
        tuple[Suit, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[Suit, ...] | Suit)
    ] = ()
    tool: Names = ()
    """The names under which agents are offered the operation."""
    header: dict[str, str] = Field(default_factory=dict)
    """Request header → glob of its value; a header that is not sent has the value ""."""
    argument: dict[str, Any] = Field(default_factory=dict)
    """Argument, or dotted path into the body → its value, or a glob of it."""
    agent: Names = ()
    """The User-Agent of a request over HTTP; the session's label otherwise."""
    session: Names = ()
    """The label that the session was opened with."""

    def takes(
        self, operation: Operation, facts: OperationFacts | None = None, tool: str = ""
    ) -> bool:
        """Whether the operation passes every filter that is set; `facts` as in `suits`."""
        return (
            _any(self.op, (operation.id,))
            and _any(self.tag, operation.tags)
            and _any(tuple(method.upper() for method in self.method), (operation.method,))
            and _any(self.path, (operation.path,))
            and _any(self.tool, (tool,))
            and (not self.does or any(suits(name, operation, facts) for name in self.does))
        )

    @property
    def of_calls(self) -> bool:
        """Whether single calls are told apart, and not operations alone."""
        return bool(self.header or self.argument or self.agent or self.session)

    def admits(self, context: CallContext) -> bool:
        """Whether a call of such an operation passes the filters on what it carries."""
        label = context.session.label
        if not _any(self.session, (label,)):
            return False
        if self.header or self.agent:
            sent = dict(reversed(context.request().headers))
            if not _any(self.agent, (sent.get("user-agent", label),)):
                return False
            for name, glob in self.header.items():
                if not fnmatchcase(sent.get(name.lower(), ""), glob):
                    return False
        return all(_carries(context.arguments, *pair) for pair in self.argument.items())


def _carries(arguments: Arguments | None, name: str, wanted: Any) -> bool:
    """Whether a call has an argument of that value."""
    if arguments is None:
        return False
    for place in (arguments.path, arguments.query, arguments.header, arguments.body):
        value: Any = place
        for part in (name,) if isinstance(place, Mapping) and name in place else name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            glob = isinstance(wanted, str) and fnmatchcase(text(value), wanted)
            return glob or value == wanted or text(value) == text(wanted)
    return False


def _any(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, glob) for glob in patterns for name in names)


def _item(operation: Operation) -> bool:
    return operation.path.rstrip("/").endswith("}")


_BY_ACT: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("list",),
    "paged": ("list",),
    "item": ("read", "singleton"),
    "create": ("create",),
    "update": ("replace", "merge", "write", "add", "action", "toggle"),
    "change": ("replace", "merge", "write"),
    "delete": ("delete", "clear", "remove"),
}
"""What the world understood an operation as, by our words for it."""

_BY_METHOD: Final[Mapping[str, Callable[[Operation], bool]]] = {
    "any": lambda operation: True,
    "read": lambda operation: operation.method in ("GET", "HEAD"),
    "write": lambda operation: operation.method in ("POST", "PUT", "PATCH", "DELETE"),
    "list": lambda operation: operation.method == "GET" and not _item(operation),
    "paged": lambda operation: operation.method == "GET" and not _item(operation),
    "item": lambda operation: operation.method == "GET" and _item(operation),
    "create": lambda operation: operation.method == "POST" and not _item(operation),
    "update": lambda operation: operation.method in ("PUT", "PATCH"),
    "change": lambda operation: operation.method in ("PUT", "PATCH"),
    "delete": lambda operation: operation.method == "DELETE",
    "secured": lambda operation: bool(operation.security),
}


def suits(name: str, operation: Operation, facts: OperationFacts | None = None) -> bool:
    """Whether an operation is of the named sort, by its facts; without a world by its method."""
    if facts is None:
        return _BY_METHOD[name](operation)
    if name in _BY_ACT:
        right = facts.meaning.act in _BY_ACT[name]
        return right and (name != "paged" or facts.paging is not None)
    # A search by POST reads, whatever its method says.
    reads = name == "write" and facts.meaning.act in ("list", "compute")
    return _BY_METHOD[name](operation) and not reads
