"""Meta-tools: waiting, reading the documentation and signing in, which no operation offers.

Each takes the session and the arguments as the agent gave them, and returns (text, whether it
failed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from sandbox.errors import UnknownName
from sandbox.messages import Arguments, Observation, Response
from sandbox.tools import as_dialect
from sandbox.tools.tool import Tool
from sandbox.world.ledger import Exchange, Firing

if TYPE_CHECKING:
    from sandbox.world.session import Session


OPENAPI: Final = '{"form": "openapi"}'
"""The arguments with which `read_docs` gives the OpenAPI document instead of tools."""


def wait(session: Session, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    seconds = arguments.get("seconds")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= 86_400
    ):
        return "wait needs `seconds`, a number from 0 to 86400.", True
    session.clock.advance(float(seconds))
    return f"Waited {seconds:g} s.", False


def read_docs(session: Session, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    if session.drift is not None:
        session.docs = session.drift.docs(session.live)
    shown = session.release_world(session.docs)
    if arguments.get("form") == "openapi":
        return str(_info(shown.document.tree).get("description") or ""), False
    catalogue = shown.tools
    name = arguments.get("tool")
    if name is None:
        lines = [f"{tool.name}: {tool.description}" for tool in catalogue.values()]
        return "\n".join(lines), False
    if name not in catalogue:
        return str(UnknownName("tool", str(name), catalogue)), True
    return orjson.dumps(as_dialect(catalogue[name], "openai")).decode(), False


def _info(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    info = tree.get("info")
    return info if isinstance(info, Mapping) else {}


def authenticate(session: Session, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    session.credential += 1
    return "Signed in. Fresh credentials are in use from now on.", False


META: Mapping[str, Callable[[Session, Mapping[str, Any]], tuple[str, bool]]] = {
    "wait": wait,
    "read_docs": read_docs,
    "authenticate": authenticate,
}


def call_meta(session: Session, tool: Tool, arguments: Mapping[str, Any]) -> Observation:
    """Carry out a meta-tool; faults that speak through it have the last word."""
    kind = tool.meta or tool.name
    text, error = META[kind](session, arguments)
    firings: tuple[Firing, ...] = ()
    if session.faults is not None:
        text, error, firings = session.faults.meta_reply(session, kind, text, error)
    status, media_type = 422 if error else 200, "text/plain"
    if kind == "read_docs" and arguments.get("form") == "openapi":
        # Whatever the documentation is made to say stands in the document's own description.
        tree = session.release_world(session.docs).document.tree
        described = {**_info(tree), "description": text} if text else _info(tree)
        text = orjson.dumps({**tree, "info": described}, default=str).decode()
        media_type = "application/json"
    return _observe(
        session, tool.name, text, status, arguments=arguments, firings=firings,
        media_type=media_type,
    )  # fmt: skip


def tell_unreadable(session: Session, tool: str, raw: str) -> Observation:
    """Arguments that are no JSON object."""
    return _observe(session, tool, "The arguments are not a JSON object.", 400, raw=raw)


def tell_unknown(session: Session, tool: str, raw: str | None) -> Observation:
    """A tool that does not exist; near names are given at full helpfulness only."""
    error = UnknownName("tool", tool, session.tools)
    text = str(error) if session.helpfulness >= 4 else f"no tool {tool!r}"
    return _observe(session, tool, text, 404, raw=raw)


def _observe(
    session: Session,
    tool: str,
    text: str,
    status: int,
    *,
    raw: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    firings: tuple[Firing, ...] = (),
    media_type: str = "text/plain",
) -> Observation:
    """Show a text and put it on the ledger."""
    row = Exchange(
        seq=len(session.ledger),
        at=session.clock.now,
        tool=tool,
        operation=None,
        arguments=Arguments(query=dict(arguments)) if arguments is not None else None,
        raw=raw,
        request=None,
        problems=(),
        effects=(),
        injected=firings,
        response=Response(status, (("content-type", media_type),), text.encode()),
        truth=None,
        state_version=session.state.version,
        release=session.live,
        docs=session.docs,
    )
    session.ledger.append(row)
    return Observation(text=text, status=status, error=status >= 400)
