"""The meta-tools over plain HTTP, below `/_meta/` in a session: for programs, which have no tools.

GET  /_meta/openapi.json   the OpenAPI document as it is documented now: counts as `read_docs`
POST /_meta/NAME           `wait`, `read_docs` or `authenticate`; its arguments as a JSON object
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.messages import Response
from sandbox.transports.asgi_messages import Refused
from sandbox.world.meta_calls import META, OPENAPI

if TYPE_CHECKING:
    from sandbox.world import Session

PREFIX: Final = "/_meta/"
_DOCUMENT: Final = "openapi.json"


def answer(session: Session, method: str, path: str, body: bytes) -> Response:
    """The reply to a request below `PREFIX`, which is a call on the ledger like that of the tool.

    Raises Refused for other methods and names.
    """
    name = path.removeprefix(PREFIX)
    allowed = ("GET", "HEAD") if name == _DOCUMENT else ("POST",) if name in META else ()
    if not allowed:
        raise Refused(404, f"Here are GET {_DOCUMENT} and POST {', '.join(META)}.")
    if method not in allowed:
        raise Refused(405, f"{path} takes {allowed[0]}.")
    kind, arguments = (name, body.decode("utf-8", "replace") or "{}")
    if name == _DOCUMENT:
        kind, arguments = "read_docs", OPENAPI
    tools = session.world.meta_tools.values()
    session.call(next(tool.name for tool in tools if tool.meta == kind), arguments)
    return session.ledger[-1].response
