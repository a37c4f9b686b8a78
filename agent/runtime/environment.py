"""Where an agent acts: a list of tools and a way to call them. A session in-process is one; a
session behind a socket is another, and both must show the same observations."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.messages import Observation
from sandbox.tools import Tool, as_dialect
from sandbox.world.meta_calls import META

if TYPE_CHECKING:
    from sandbox.world import Session

ToolForm = dict[str, Any]
"""A tool as agents see it: {"type": "function", "function": {name, description, parameters}}."""


class Environment(Protocol):
    """One episode's surroundings."""

    @property
    def tools(self) -> list[ToolForm]:
        """What is offered now, meta-tools included, in the openai form. Drift may change it."""
        ...

    def call(
        self, name: str, arguments: Mapping[str, Any] | str
    ) -> Observation | Awaitable[Observation]:
        """Call a tool; a text is sent as it was written, even when it is not JSON."""
        ...


class Forms:
    """Tools in the openai form, each converted once however many episodes it is shown in."""

    def __init__(self) -> None:
        self._forms: dict[int, tuple[Tool, ToolForm]] = {}

    def of(self, tool: Tool) -> ToolForm:
        """The form of one tool."""
        found = self._forms.get(id(tool))
        # The tool is kept beside its form: an id is only as good as the life of its object.
        if found is None or found[0] is not tool:
            found = (tool, as_dialect(tool, "openai"))
            self._forms[id(tool)] = found
        return found[1]


class SessionEnvironment:
    """A session in this process. `offered` restricts the document's tools; empty offers all."""

    def __init__(
        self, session: Session, *, offered: Iterable[str] = (), forms: Forms | None = None
    ) -> None:
        self.session = session
        self._offered = frozenset(offered)
        self._forms = forms or Forms()
        self._shown: tuple[int, list[ToolForm]] | None = None

    @property
    def tools(self) -> list[ToolForm]:
        """The session's tools as of the documentation that the agent has read last."""
        release = self.session.docs
        if self._shown is None or self._shown[0] != release:
            known = self.session.tools
            self._shown = (release, [self._forms.of(known[name]) for name in self._names(known)])
        return self._shown[1]

    def fork(self) -> SessionEnvironment:
        """The same offer of a session that goes on from here by itself."""
        return SessionEnvironment(self.session.fork(), offered=self._offered, forms=self._forms)

    def call(self, name: str, arguments: Mapping[str, Any] | str) -> Observation:
        """A call to the session; a tool that is not offered still answers, as a server would."""
        return self.session.call(name, arguments)

    def _names(self, known: Mapping[str, Tool]) -> list[str]:
        names = list(known)
        if not self._offered:
            return names
        home = self.session.world.tools
        # A release may have renamed a tool: what is no old name is shown, what is must be offered.
        return [name for name in names if name in self._offered or name not in home]


def name_of(tool: ToolForm) -> str:
    """The name of a tool in openai form."""
    return str(tool["function"]["name"])


def parameters_of(tool: ToolForm) -> Any:
    """The schema of a tool's arguments; empty for a tool that says nothing of them."""
    return tool["function"].get("parameters") or {}


def with_parameters(tool: ToolForm, parameters: Mapping[str, Any]) -> ToolForm:
    """The tool with another schema of its arguments."""
    return {**tool, "function": {**tool["function"], "parameters": parameters}}


def held_to(tool: ToolForm, values: Mapping[str, Any]) -> ToolForm:
    """The tool with these values for these arguments, which have to be given."""
    parameters = parameters_of(tool)
    held = {name: {"enum": [value]} for name, value in values.items()}
    required = list(dict.fromkeys([*(parameters.get("required") or ()), *held]))
    properties = {**(parameters.get("properties") or {}), **held}
    needs = {"required": required} if required else {}
    return with_parameters(tool, {**parameters, "properties": properties, **needs})


def required_by_all(tools: Iterable[ToolForm]) -> frozenset[str]:
    """The arguments that each of several tools requires, meta-tools aside: no call could find them
    out. None of a single tool."""
    needs = [
        frozenset[str](parameters_of(tool).get("required") or ())
        for tool in tools
        if name_of(tool) not in META
    ]
    return frozenset.intersection(*needs) if len(needs) > 1 else frozenset()


def tool_names(tools: Iterable[ToolForm]) -> frozenset[str]:
    """The names offered by a list of tools in the openai form."""
    return frozenset(name_of(tool) for tool in tools)
